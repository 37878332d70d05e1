//! Reads the store for whoever is behind the tail, at their own speed, until the tail takes over.

use std::rc::Rc;

use protocol::error::close;
use protocol::event::Event;
use protocol::ids::{RoomKey, Seq};
use protocol::limits::HISTORY_EVENTS;
use tokio::sync::Notify;

use super::Replies;
use super::frame::{self, EventRef};
use super::shard::{Shard, ShardRef};
use crate::core::presence::Link;
use crate::store::{At, Page, ReadError};

/// Bytes of text read at once.
const READ_BYTES: usize = 128 * 1024;

/// What a connection that is behind needs next.
enum Step {
    /// Read the store after this place.
    Read(usize, RoomKey, Seq),
    /// Its socket must take some first.
    Wait(Rc<Notify>),
    /// It is live everywhere, or gone.
    Done,
}

/// Brings all of a connection's rooms to the tail, one after another.
pub(super) async fn run(shard: ShardRef, link: Link) {
    loop {
        let step = shard.borrow_mut().next_step(link);
        match step {
            Step::Done => return,
            Step::Wait(eased) => eased.notified().await,
            Step::Read(room, key, seq) => {
                let store = shard.borrow().shared.store.clone();
                let page = store.page(key.clone(), At::After(seq), HISTORY_EVENTS, READ_BYTES).await;
                shard.borrow_mut().push_page(link, room, &key, seq, page);
            }
        }
    }
}

impl Shard {
    fn next_step(&mut self, link: Link) -> Step {
        let Some(&at) = self.by_link.get(&link) else { return Step::Done };
        if self.connections[at].closing.is_some() {
            return Step::Done;
        }
        for slot in 0..self.connections[at].places.len() {
            let connection = &mut self.connections[at];
            let place = connection.places[slot];
            let room = place.room;
            if connection.replies.len() > Replies::HIGH {
                return Step::Wait(connection.eased());
            }
            let entry = &mut self.rooms[room];
            let key = entry.key.clone();
            let (first, head, end) = (entry.tail.first(), entry.tail.head(), entry.tail.end());
            let member = &mut entry.members[place.index];
            if member.live {
                continue;
            }
            if member.seq > head {
                // Ahead of what this shard has heard of; the flush makes it live when the commits are here.
                self.pay_synced(at, place);
            } else if member.seq + 1 < first {
                return Step::Read(room, key, member.seq);
            } else {
                if let Some(position) = entry.tail.position(member.seq + 1)
                    && let Some(rest) = entry.tail.from(position)
                {
                    let shown = if connection.full { None } else { entry.tail.shown_from(position) };
                    self.connections[at].replies.push(shown.as_deref().unwrap_or(rest));
                }
                (member.live, member.position, member.seq) = (true, end, head);
                self.pay_synced(at, place);
                self.mark_connection(at);
            }
        }
        self.connections[at].catching_up = false;
        self.flush_connection(at);
        Step::Done
    }

    /// Takes a page that was asked for from behind `after`, as far as this shard has heard of its events: of what was
    /// committed later, it is not known here yet whether the connection may still have it.
    pub(super) fn push_page(
        &mut self,
        link: Link,
        room: usize,
        key: &RoomKey,
        after: Seq,
        page: Result<Option<Page>, ReadError>,
    ) {
        let Some(&at) = self.by_link.get(&link) else { return };
        let page = match page {
            Ok(Some(page)) if page.first <= page.last => page,
            Ok(_) => return self.fail_catching_up(link, "the store has not what the room's log should have"),
            Err(error) => return self.fail_catching_up(link, &error.to_string()),
        };
        // The connection may have left meanwhile, and the place in the slab may be another room's by now.
        let Some(entry) = self.rooms.get_mut(room).filter(|entry| entry.key == *key) else { return };
        let Some(place) = self.connections[at].place(room) else { return };
        let member = &mut entry.members[place.index];
        // It was put out and let in again meanwhile, or moved: the next step asks from where it is now.
        if member.live || member.seq != after {
            return;
        }
        if after + 1 != page.first {
            return self.fail_catching_up(link, "the store has not what the room's log should have");
        }
        let last = page.last.min(entry.tail.head());
        member.seq = last;
        let connection = &mut self.connections[at];
        let mut frames = Vec::new();
        for event in page.events.iter().take_while(|event| event.seq() <= last) {
            if connection.full || matches!(event, Event::Message(_)) {
                frame::push_event(&mut frames, EventRef::from(event));
            }
        }
        connection.replies.push(&frames);
        self.mark_connection(at);
    }

    fn fail_catching_up(&mut self, link: Link, reason: &str) {
        tracing::error!(conn.id = link, reason, "catching up failed");
        self.close(link, close::INTERNAL, "the history cannot be read now");
    }
}
