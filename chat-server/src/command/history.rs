//! `history`: a page of a room's log.

use protocol::client::History;
use protocol::error::{ErrorCode, Refusal};
use protocol::ids::UserId;
use protocol::limits::{HISTORY_BYTES, HISTORY_DEFAULT, HISTORY_EVENTS};
use protocol::server::{HistoryPage, ServerFrame};

use super::rooms::own_or;
use super::{Client, unreadable};
use crate::clock;
use crate::store::At;

impl Client {
    pub(super) async fn history(&mut self, user: &UserId, asked: History) {
        let reference = Some(asked.reference);
        let room = asked.room;
        let at = match (asked.before, asked.after, asked.around, asked.at.as_deref()) {
            (Some(seq), ..) => At::Before(seq),
            (_, Some(seq), ..) => At::After(seq),
            (_, _, Some(seq), _) => At::Around(seq),
            (.., Some(at)) => {
                let Some(ms) = clock::ms(at) else {
                    let reason = "`at` is a time as in 2025-11-25T10:00:00Z";
                    let refusal = Refusal::new(ErrorCode::BadFrame, reason).with_ref(reference);
                    return self.refuse(refusal.with_room(Some(room)));
                };
                At::Since(ms)
            }
            _ => At::Newest,
        };
        let limit = asked.limit.unwrap_or(HISTORY_DEFAULT).clamp(1, HISTORY_EVENTS);
        let key = own_or(user, room.clone());
        let read = || self.shared.store.page_for(self.author(user), key.clone(), at, limit, HISTORY_BYTES);
        match self.steadily(user, read).await {
            Ok(Ok(page)) => self.reply(&ServerFrame::History(HistoryPage {
                reference,
                room,
                events: page.events,
                first: page.first,
                last: page.last,
                head: page.head,
                as_of: page.head,
                more: page.more,
            })),
            Ok(Err(denied)) => self.refuse(denied.refusal().with_ref(reference).with_room(Some(room))),
            Err(error) => self.refuse(unreadable(&error).with_ref(reference).with_room(Some(room))),
        }
    }
}
