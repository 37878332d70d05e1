//! What belongs to one person alone: read markers, drafts, what to be told of, whom to hide.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;
use std::time::Duration;

use protocol::ids::{RoomKey, Seq, UserId};
use protocol::own::{Block, Draft, Notify, Prefs, Read, ReadThread};

use super::Client;
use crate::hub::Shared;
use crate::store::deeds::Author;

/// Between two writings of the same marker or draft: on one's other devices it is there within a second.
const PACE: Duration = Duration::from_millis(900);
/// Rooms and threads of which a connection's last writing is remembered.
const REMEMBERED: usize = 1000;

/// What a connection writes of its person's own. Made with the first of it: most connections never do.
#[derive(Debug, Default)]
pub(super) struct Own {
    marks: Latest<Place, Mark>,
    drafts: Latest<Place, Draft>,
}

/// A room, or the thread of one of its messages.
type Place = (RoomKey, Option<Seq>);

/// When something was written last, and what is to be written next, for each key: of all that comes in between, only
/// what it comes to is.
#[derive(Debug)]
struct Latest<K, T>(RefCell<Kept<K, T>>);

type Kept<K, T> = HashMap<K, (Duration, Option<T>)>;

impl<K, T> Default for Latest<K, T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

/// What may be written instead of two of it.
pub(super) trait Join {
    /// What the second comes to after the first.
    fn after(self, first: Self) -> Self;
}

/// Up to where a room or a thread was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    seq: Seq,
    /// It may move back.
    back: bool,
}

impl Join for Mark {
    fn after(self, first: Self) -> Self {
        if self.back { self } else { Self { seq: self.seq.max(first.seq), back: first.back } }
    }
}

impl Join for Draft {
    fn after(self, _: Self) -> Self {
        self
    }
}

/// What to do about something that is to be written.
#[derive(Debug, PartialEq, Eq)]
enum Due<T> {
    Now(T),
    /// After this time, [`Latest::take`] it.
    After(Duration),
    /// Somebody waits already, and takes this with it.
    Later,
}

impl<K: Eq + Hash + Clone, T: Join> Latest<K, T> {
    fn put(&self, key: &K, value: T, now: Duration) -> Due<T> {
        let mut kept = self.0.borrow_mut();
        if kept.len() >= REMEMBERED {
            kept.retain(|_, (at, waiting)| waiting.is_some() || now < *at + PACE);
        }
        match kept.get_mut(key) {
            Some((at, waiting)) if now < *at + PACE || waiting.is_some() => {
                if let Some(first) = waiting.take() {
                    *waiting = Some(value.after(first));
                    return Due::Later;
                }
                *waiting = Some(value);
                Due::After((*at + PACE).saturating_sub(now))
            }
            _ => {
                kept.insert(key.clone(), (now, None));
                Due::Now(value)
            }
        }
    }

    fn take(&self, key: &K, now: Duration) -> Option<T> {
        let mut kept = self.0.borrow_mut();
        let (at, waiting) = kept.get_mut(key)?;
        *at = now;
        waiting.take()
    }
}

/// Writes a marker, and tells the room of it where it is to be told. Not answered: a marker that is not written is said
/// again with the next one.
async fn mark(shared: &Shared, author: Author, (room, thread): Place, mark: Mark) {
    if let Some(thread) = thread {
        return drop(shared.store.read_thread(author, room, thread, mark.seq, mark.back).await);
    }
    let told = shared.store.read_upto(author.clone(), room.clone(), mark.seq, mark.back).await;
    if let Ok(Some(upto)) = told {
        Client::tell_seen(shared, &room, &author, upto);
    }
}

impl Client {
    fn own(&mut self) -> Rc<Own> {
        Rc::clone(self.own.get_or_insert_default())
    }

    pub(super) async fn read(&mut self, user: &UserId, asked: Read) {
        let Read { room, seq, back } = asked;
        self.mark(user, (room, None), Mark { seq, back }).await;
    }

    pub(super) async fn read_thread(&mut self, user: &UserId, asked: ReadThread) {
        let ReadThread { room, thread, seq, back } = asked;
        self.mark(user, (room, Some(thread)), Mark { seq, back }).await;
    }

    async fn mark(&mut self, user: &UserId, place: Place, to: Mark) {
        let (shared, author) = (self.shared.clone(), self.author(user));
        let (own, now) = (self.own(), shared.now());
        match own.marks.put(&place, to, now) {
            Due::Now(due) => mark(&shared, author, place, due).await,
            Due::After(wait) => drop(tokio::task::spawn_local(async move {
                tokio::time::sleep(wait).await;
                if let Some(due) = own.marks.take(&place, shared.now()) {
                    mark(&shared, author, place, due).await;
                }
            })),
            Due::Later => {}
        }
    }

    pub(super) async fn draft(&mut self, user: &UserId, asked: Draft) {
        let (shared, author) = (self.shared.clone(), self.author(user));
        let own = self.own();
        let (key, now) = ((asked.room.clone(), asked.thread), shared.now());
        match own.drafts.put(&key, asked, now) {
            Due::Now(draft) => drop(shared.store.draft(author, draft).await),
            Due::After(wait) => drop(tokio::task::spawn_local(async move {
                tokio::time::sleep(wait).await;
                if let Some(draft) = own.drafts.take(&key, shared.now()) {
                    // Not answered: the client has it on its own disk.
                    let _ = shared.store.draft(author, draft).await;
                }
            })),
            Due::Later => {}
        }
    }

    pub(super) async fn prefs(&mut self, user: &UserId, asked: Prefs) {
        let reference = asked.reference;
        let done = self.shared.store.set_prefs(self.author(user), asked).await;
        self.done(done, reference);
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

    impl Join for u32 {
        fn after(self, _: Self) -> Self {
            self
        }
    }

    #[test]
    fn of_what_comes_too_fast_only_the_newest_is_written() {
        let latest = Latest::<RoomKey, u32>::default();
        let (lobby, ops) = (RoomKey::lobby(), RoomKey::new("ops").unwrap());
        let at = |count: u32| PACE * count;
        let half = PACE / 2;
        assert_eq!(latest.put(&lobby, 1, at(10)), Due::Now(1));
        assert_eq!(latest.put(&ops, 7, at(10)), Due::Now(7));
        assert_eq!(latest.put(&lobby, 2, at(10) + half), Due::After(half));
        assert_eq!(latest.put(&lobby, 3, at(10) + half), Due::Later);
        assert_eq!(latest.put(&lobby, 4, at(11)), Due::Later, "whoever waits is a little late");
        assert_eq!(latest.take(&lobby, at(11)), Some(4));
        assert_eq!(latest.put(&lobby, 5, at(11) + half), Due::After(half));
        assert_eq!(latest.take(&lobby, at(12)), Some(5));
        assert_eq!(latest.put(&lobby, 6, at(14)), Due::Now(6));
        assert_eq!(latest.take(&lobby, at(15)), None);
    }

    proptest::proptest! {
        /// Several markers written as one leave it where they would have, one after another.
        #[test]
        fn markers_come_to_the_same_together(
            begin in 0..10_u64,
            marks in proptest::collection::vec((0..10_u64, proptest::bool::ANY), 1..6),
        ) {
            let write = |at: u64, mark: Mark| if mark.back { mark.seq } else { at.max(mark.seq) };
            let marks: Vec<Mark> = marks.into_iter().map(|(seq, back)| Mark { seq, back }).collect();
            let apart = marks.iter().fold(begin, |at, mark| write(at, *mark));
            let joined = marks.into_iter().reduce(|first, second| second.after(first)).unwrap();
            proptest::prop_assert_eq!(write(begin, joined), apart);
        }
    }
}
