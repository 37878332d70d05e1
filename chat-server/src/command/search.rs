//! `search`, `mentions` and `readers`: what was said somewhere, what names oneself, and who has read what.

use protocol::error::{ErrorCode, Refusal};
use protocol::ids::{Ref, UserId};
use protocol::messages::{Found, Mentioned, OfRoom, Readers, Search, SearchOrder};
use protocol::rooms::Browse;
use protocol::server::ServerFrame;

use super::{Client, unreadable};
use crate::hub::Admitted;
use crate::store::deeds::Asked;
use crate::store::{Order, Query};

/// Hits of an answer whose question gives no `limit`.
const HITS: u32 = 20;

impl Client {
    pub(super) async fn search(&mut self, user: &UserId, asked: Search) {
        let Search { reference, query, order, before, limit } = asked;
        let query = match Query::parse(&query) {
            Ok(query) => query,
            Err(error) => {
                return self.refuse_ref(Refusal::new(ErrorCode::BadQuery, error.to_string()), reference);
            }
        };
        if !self.may_search(user, reference).await {
            return;
        }
        let order = match order {
            SearchOrder::Newest => Order::Newest,
            SearchOrder::Rank => Order::Rank,
        };
        let asked = Asked { query, order, before, limit: limit.unwrap_or(HITS) };
        match self.steadily(user, || self.shared.store.find(self.author(user), asked.clone())).await {
            Ok(Ok(finds)) => {
                let (hits, before, behind) = (finds.hits, finds.before, finds.behind);
                self.reply(&ServerFrame::Found(Found { reference, hits, before, behind }));
            }
            Ok(Err(denied)) => self.refuse_ref(denied.refusal(), reference),
            Err(error) => self.refuse_ref(unreadable(&error), reference),
        }
    }

    pub(super) async fn mentions(&mut self, user: &UserId, asked: &Browse) {
        let (reference, limit) = (asked.reference, asked.limit.unwrap_or(HITS));
        if !self.may_search(user, reference).await {
            return;
        }
        let read = || self.shared.store.mentioned(self.author(user), asked.before, limit);
        match self.steadily(user, read).await {
            Ok(Ok(finds)) => {
                let (hits, before) = (finds.hits, finds.before);
                self.reply(&ServerFrame::Mentioned(Mentioned { reference, hits, before }));
            }
            Ok(Err(denied)) => self.refuse_ref(denied.refusal(), reference),
            Err(error) => self.refuse_ref(unreadable(&error), reference),
        }
    }

    pub(super) async fn readers(&mut self, user: &UserId, asked: OfRoom) {
        let OfRoom { reference, room } = asked;
        let read = || self.shared.store.readers_of(self.author(user), room.clone());
        match self.steadily(user, read).await {
            Ok(Ok(mut readers)) => {
                let presence = self.shared.presence();
                for reader in readers.iter_mut().filter(|reader| reader.name.is_empty()) {
                    // A guest's name is known only where they are there.
                    reader.name = presence.name(&reader.user).unwrap_or_else(|| "guest".to_owned());
                }
                drop(presence);
                self.reply(&ServerFrame::Readers(Readers { reference, room, readers }));
            }
            Ok(Err(denied)) => self.refuse_ref(denied.refusal().with_room(Some(room)), reference),
            Err(error) => self.refuse_ref(unreadable(&error).with_room(Some(room)), reference),
        }
    }

    /// Holds back whoever searches too fast, whatever the number of their connections; refuses where that would take
    /// too long.
    async fn may_search(&self, user: &UserId, reference: Ref) -> bool {
        match self.shared.admit_search(user, self.peer) {
            Admitted::After(wait) => {
                if !wait.is_zero() {
                    tokio::time::sleep(wait).await;
                }
                true
            }
            Admitted::Not(wait) => {
                let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                let refusal = Refusal::new(ErrorCode::RateLimited, "too many searches");
                self.refuse_ref(refusal.with_retry_ms(wait_ms), reference);
                false
            }
        }
    }
}
