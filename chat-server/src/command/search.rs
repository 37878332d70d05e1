//! `search`, `mentions` and `readers`: what was said somewhere, what names oneself, and who has read what.

use protocol::error::{ErrorCode, Refusal};
use protocol::ids::{Ref, UserId};
use protocol::messages::{Found, Mentioned, OfRoom, Readers, Search, SearchOrder};
use protocol::rooms::Browse;
use protocol::server::ServerFrame;

use super::{Client, unreadable};
use crate::core::cursor;
use crate::hub::Admitted;
use crate::store::deeds::Asked;
use crate::store::{Order, Query, ReadError};

/// Hits of an answer whose question gives no `limit`.
const HITS: u32 = 20;
/// Up to here it is counted how many of the newest events cannot be found yet: how many there are in all is nobody's
/// business.
const BEHIND: u64 = 1000;

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
        let asked = Asked { query, order, before: self.opened(before), limit: limit.unwrap_or(HITS) };
        match self.steadily(user, || self.shared.store.find(self.author(user), asked.clone())).await {
            Ok(Ok(finds)) => {
                let (hits, before, behind) =
                    (finds.hits, self.sealed(finds.before), finds.behind.min(BEHIND));
                self.reply(&ServerFrame::Found(Found { reference, hits, before, behind }));
            }
            Ok(Err(denied)) => self.refuse_ref(denied.refusal(), reference),
            Err(ReadError::TooMuch) => {
                let reason = "this asks for too much at once: fewer words, or more letters before `*`";
                self.refuse_ref(Refusal::new(ErrorCode::BadQuery, reason), reference);
            }
            Err(error) => self.refuse_ref(unreadable(&error), reference),
        }
    }

    pub(super) async fn mentions(&mut self, user: &UserId, asked: &Browse) {
        let (reference, limit) = (asked.reference, asked.limit.unwrap_or(HITS));
        if !self.may_search(user, reference).await {
            return;
        }
        let before = self.opened(asked.before);
        let read = || self.shared.store.mentioned(self.author(user), before, limit);
        match self.steadily(user, read).await {
            Ok(Ok(finds)) => {
                let (hits, before) = (finds.hits, self.sealed(finds.before));
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

    /// Where an answer ended, as it is told.
    fn sealed(&self, row: Option<u64>) -> Option<u64> {
        row.map(|row| cursor::seal(self.shared.store.secret(), row))
    }

    /// The same as it was told; where nothing is told like that, the newest.
    fn opened(&self, before: Option<u64>) -> Option<u64> {
        before.and_then(|before| cursor::open(self.shared.store.secret(), before))
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
