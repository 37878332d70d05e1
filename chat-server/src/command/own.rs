//! What belongs to one person alone: read markers, drafts, what to be told of, whom to hide.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use protocol::ids::{RoomKey, Seq, UserId};
use protocol::own::{Block, Draft, Notify, Read};

use super::Client;

/// Between two writings of the same marker or draft.
const PACE: Duration = Duration::from_secs(2);
/// Rooms of which a connection's last writing is remembered.
const REMEMBERED: usize = 1000;

/// What a connection writes of its person's own. Made with the first of it: most connections never do.
#[derive(Debug, Default)]
pub(super) struct Own {
    marks: Latest<Seq>,
    drafts: Latest<Draft>,
}

/// When something was written last, and what is to be written next, per room: of all that comes in between, only the
/// newest is.
#[derive(Debug)]
struct Latest<T>(RefCell<Rooms<T>>);

type Rooms<T> = HashMap<RoomKey, (Duration, Option<T>)>;

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

/// What to do about something that is to be written.
#[derive(Debug, PartialEq, Eq)]
enum Due<T> {
    Now(T),
    /// After this time, [`Latest::take`] it.
    After(Duration),
    /// Somebody waits already, and takes this instead.
    Later,
}

impl<T> Latest<T> {
    fn put(&self, room: &RoomKey, value: T, now: Duration) -> Due<T> {
        let mut rooms = self.0.borrow_mut();
        if rooms.len() >= REMEMBERED {
            rooms.retain(|_, (at, waiting)| waiting.is_some() || now < *at + PACE);
        }
        match rooms.get_mut(room) {
            Some((at, waiting)) if now < *at + PACE => {
                let is_first = waiting.replace(value).is_none();
                if is_first { Due::After((*at + PACE).saturating_sub(now)) } else { Due::Later }
            }
            _ => {
                rooms.insert(room.clone(), (now, None));
                Due::Now(value)
            }
        }
    }

    fn take(&self, room: &RoomKey, now: Duration) -> Option<T> {
        let mut rooms = self.0.borrow_mut();
        let (at, waiting) = rooms.get_mut(room)?;
        *at = now;
        waiting.take()
    }
}

impl Client {
    fn own(&mut self) -> Rc<Own> {
        Rc::clone(self.own.get_or_insert_default())
    }

    pub(super) async fn read(&mut self, user: &UserId, asked: &Read) {
        let (shared, author) = (self.shared.clone(), self.author(user));
        let own = self.own();
        let (room, now) = (asked.room.clone(), shared.now());
        match own.marks.put(&room, asked.seq, now) {
            Due::Now(seq) => drop(shared.store.read_upto(author, room, seq).await),
            Due::After(wait) => drop(tokio::task::spawn_local(async move {
                tokio::time::sleep(wait).await;
                if let Some(seq) = own.marks.take(&room, shared.now()) {
                    // Not answered: a marker that is not written is said again with the next one.
                    let _ = shared.store.read_upto(author, room, seq).await;
                }
            })),
            Due::Later => {}
        }
    }

    pub(super) async fn draft(&mut self, user: &UserId, asked: Draft) {
        let (shared, author) = (self.shared.clone(), self.author(user));
        let own = self.own();
        let (room, now) = (asked.room.clone(), shared.now());
        match own.drafts.put(&room, asked, now) {
            Due::Now(draft) => drop(shared.store.draft(author, draft).await),
            Due::After(wait) => drop(tokio::task::spawn_local(async move {
                tokio::time::sleep(wait).await;
                if let Some(draft) = own.drafts.take(&room, shared.now()) {
                    // Not answered: the client has it on its own disk.
                    let _ = shared.store.draft(author, draft).await;
                }
            })),
            Due::Later => {}
        }
    }

    pub(super) async fn notify(&mut self, user: &UserId, asked: Notify) {
        let reference = asked.reference;
        let done = self.shared.store.notify(self.author(user), asked).await;
        self.done(done, reference);
    }

    pub(super) async fn block(&mut self, user: &UserId, asked: Block) {
        let reference = asked.reference;
        let done = self.shared.store.block(self.author(user), asked).await;
        self.done(done, reference);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_comes_too_fast_only_the_newest_is_written() {
        let latest = Latest::default();
        let (lobby, ops) = (RoomKey::lobby(), RoomKey::new("ops").unwrap());
        let s = Duration::from_secs;
        assert_eq!(latest.put(&lobby, 1, s(10)), Due::Now(1));
        assert_eq!(latest.put(&ops, 7, s(10)), Due::Now(7));
        assert_eq!(latest.put(&lobby, 2, s(11)), Due::After(s(1)));
        assert_eq!(latest.put(&lobby, 3, s(11)), Due::Later);
        assert_eq!(latest.take(&lobby, s(12)), Some(3));
        assert_eq!(latest.put(&lobby, 4, s(13)), Due::After(s(1)));
        assert_eq!(latest.take(&lobby, s(14)), Some(4));
        assert_eq!(latest.put(&lobby, 5, s(16)), Due::Now(5));
        assert_eq!(latest.take(&lobby, s(18)), None);
    }
}
