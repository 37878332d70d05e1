//! `history`: a page of a room's log.

use protocol::client::History;
use protocol::limits::{HISTORY_BYTES, HISTORY_DEFAULT, HISTORY_EVENTS};
use protocol::server::{HistoryPage, ServerFrame};

use super::{Client, no_room, unreadable};
use crate::store::At;

impl Client {
    pub(super) async fn history(&mut self, asked: History) {
        let reference = Some(asked.reference);
        let room = asked.room;
        let at = match (asked.before, asked.after, asked.around) {
            (Some(seq), _, _) => At::Before(seq),
            (_, Some(seq), _) => At::After(seq),
            (_, _, Some(seq)) => At::Around(seq),
            _ => At::Newest,
        };
        let limit = asked.limit.unwrap_or(HISTORY_DEFAULT).clamp(1, HISTORY_EVENTS);
        let page = if room.is_open() {
            self.shared.store.page(room.clone(), at, limit, HISTORY_BYTES).await
        } else {
            Ok(None)
        };
        match page {
            Ok(Some(page)) => self.reply(&ServerFrame::History(HistoryPage {
                reference,
                room,
                events: page.events,
                first: page.first,
                last: page.last,
                head: page.head,
                as_of: page.head,
                more: page.more,
            })),
            Ok(None) => self.refuse(no_room().with_ref(reference).with_room(Some(room))),
            Err(error) => self.refuse(unreadable(&error).with_ref(reference).with_room(Some(room))),
        }
    }
}
