//! What was read of a room's threads, here and on the person's other devices.

use std::collections::{BTreeMap, BTreeSet};

use protocol::ids::{Seq, UserId};

use super::Room;
use super::timeline::Entry;

/// Threads with unseen answers that are remembered of one room.
const THREADS: usize = 200;
/// Unseen answers that are counted of one thread.
const UNSEEN: usize = 100;

/// What was read of a room's threads, by the message each began with.
#[derive(Debug, Clone, Default)]
pub struct Threads(BTreeMap<Seq, Mark>);

#[derive(Debug, Clone, Default)]
struct Mark {
    /// Up to where it was read here.
    read: Seq,
    /// Up to where all devices know that it was.
    shared: Seq,
    /// Up to where they were told.
    told: Seq,
    /// It is to be told that what comes behind `read` is unread again.
    back: bool,
    /// Answers that were not seen, in threads that one takes part in.
    unseen: BTreeSet<Seq>,
}

impl Threads {
    /// Notes an answer that nobody has seen yet, as far as is known.
    pub fn note(&mut self, root: Seq, seq: Seq) {
        let mark = self.0.entry(root).or_default();
        if seq <= mark.read {
            return;
        }
        mark.unseen.insert(seq);
        if mark.unseen.len() > UNSEEN {
            mark.unseen.pop_first();
        }
        if self.unseen().count() > THREADS {
            let oldest = self.unseen().next().map(|(root, _)| root);
            self.0.extract_if(.., |root, _| Some(*root) == oldest).for_each(drop);
        }
    }

    /// Threads with unseen answers, and which these are.
    pub fn unseen(&self) -> impl Iterator<Item = (Seq, &BTreeSet<Seq>)> {
        let marks = self.0.iter().filter(|(_, mark)| !mark.unseen.is_empty());
        marks.map(|(root, mark)| (*root, &mark.unseen))
    }

    /// Unseen answers of a thread.
    pub fn unseen_of(&self, root: Seq) -> usize {
        self.0.get(&root).map_or(0, |mark| mark.unseen.len())
    }

    /// Behind this place of a thread its unseen answers begin; `None` where there are none.
    pub fn mark(&self, root: Seq) -> Option<Seq> {
        self.0.get(&root)?.unseen.first().map(|first| first.saturating_sub(1))
    }

    /// It was read here up to a place; says whether that changed anything.
    pub fn read(&mut self, root: Seq, upto: Seq) -> bool {
        let mark = self.0.entry(root).or_default();
        let changed = upto > mark.read;
        mark.read = mark.read.max(upto);
        mark.unseen.retain(|seq| *seq > mark.read);
        changed
    }

    /// What the other devices do not know yet: the thread, up to where it was read, and whether that leads back.
    pub fn untold(&self) -> Vec<(Seq, Seq, bool)> {
        let untold = self.0.iter().filter(|(_, mark)| mark.back || mark.read > mark.told.max(mark.shared));
        untold.map(|(root, mark)| (*root, mark.read, mark.back)).collect()
    }

    /// That was told.
    pub fn told(&mut self, root: Seq) {
        if let Some(mark) = self.0.get_mut(&root) {
            (mark.told, mark.back) = (mark.read, false);
        }
    }

    /// Other devices know nothing of it: somebody else is here, or it is another history.
    pub fn forget_told(&mut self) {
        self.0.values_mut().for_each(|mark| (mark.told, mark.shared) = (0, 0));
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What is kept over an end of the program: up to where each thread was read, and what was not seen of it. Other
    /// markers are told anew.
    pub fn kept(&self) -> impl Iterator<Item = (Seq, Seq, &BTreeSet<Seq>)> {
        let marks = self.0.iter().filter(|(_, mark)| mark.read > mark.shared || !mark.unseen.is_empty());
        marks.map(|(root, mark)| (*root, mark.read, &mark.unseen))
    }

    /// Takes up what was kept.
    pub fn take_up(&mut self, root: Seq, read: Seq, unseen: BTreeSet<Seq>) {
        self.0.insert(root, Mark { read, unseen, ..Mark::default() });
    }
}

impl Room {
    /// Marks a message of a thread and what came after it as unread.
    pub fn unread_thread_from(&mut self, root: Seq, seq: Seq, me: Option<&UserId>) {
        let read = seq.saturating_sub(1);
        let unseen = self.answers_after(root, read, me);
        let mark = self.answers.0.entry(root).or_default();
        (mark.read, mark.back, mark.unseen) = (read, true, unseen);
    }

    /// Learns up to where all devices know that a thread was read. Only marking as unread leads back.
    pub fn learn_thread_read(&mut self, root: Seq, upto: Seq, me: Option<&UserId>) {
        let mark = self.answers.0.entry(root).or_default();
        let leads_back = upto < mark.shared && !mark.back;
        let was_back = mark.back;
        mark.shared = upto;
        if leads_back && upto < mark.read {
            let unseen = self.answers_after(root, upto, me);
            let mark = self.answers.0.entry(root).or_default();
            (mark.read, mark.told, mark.unseen) = (upto, upto, unseen);
            if let Some(thread) = self.threads.get_mut(&root) {
                thread.kept_unread = true;
            }
        } else if !was_back {
            self.answers.read(root, upto);
        }
    }

    /// Answers of others behind a place of a thread, as far as they are here.
    fn answers_after(&self, root: Seq, read: Seq, me: Option<&UserId>) -> BTreeSet<Seq> {
        let here = |timeline: &super::timeline::Timeline| {
            let of_others = |(seq, entry): (Seq, &Entry)| match entry {
                Entry::Said(said) if said.thread == Some(root) && Some(&said.user) != me => Some(seq),
                _ => None,
            };
            timeline.events_after(read).filter_map(of_others).collect::<BTreeSet<Seq>>()
        };
        let mut unseen = here(&self.timeline);
        unseen.extend(self.threads.get(&root).map(|thread| here(&thread.timeline)).unwrap_or_default());
        while unseen.len() > UNSEEN {
            unseen.pop_first();
        }
        unseen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unseen(threads: &Threads) -> Vec<(Seq, Vec<Seq>)> {
        threads.unseen().map(|(root, unseen)| (root, unseen.iter().copied().collect())).collect()
    }

    #[test]
    fn what_was_read_on_any_device_is_seen_and_told_once() {
        let mut room = Room::new(protocol::ids::RoomKey::lobby());
        for seq in [4, 5, 9] {
            room.answers.note(1, seq);
        }
        room.answers.note(2, 7);
        assert_eq!(unseen(&room.answers), [(1, vec![4, 5, 9]), (2, vec![7])]);
        assert_eq!(
            (room.answers.unseen_of(1), room.answers.mark(1), room.answers.mark(3)),
            (3, Some(3), None)
        );
        // Another device read some of it.
        room.learn_thread_read(1, 5, None);
        assert_eq!(unseen(&room.answers), [(1, vec![9]), (2, vec![7])]);
        assert_eq!(room.answers.untold(), [], "they know it");
        // What it read comes from the log behind its marker, too.
        room.learn_thread_read(2, 8, None);
        room.answers.note(2, 8);
        assert_eq!(unseen(&room.answers), [(1, vec![9])]);
        assert!(room.answers.read(1, 9) && !room.answers.read(1, 9));
        assert_eq!(room.answers.untold(), [(1, 9, false)]);
        room.answers.told(1);
        assert_eq!(room.answers.untold(), []);
        // What was told earlier comes back late, and leads nowhere.
        room.answers.read(1, 12);
        room.answers.told(1);
        room.learn_thread_read(1, 9, None);
        assert_eq!(room.answers.untold(), []);
        room.learn_thread_read(1, 12, None);
        assert_eq!(unseen(&room.answers), []);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut threads = Threads::default();
        for root in 0..=THREADS as Seq {
            for n in 0..=UNSEEN as Seq {
                threads.note(root * 1000, root * 1000 + n + 1);
            }
        }
        assert_eq!(threads.unseen().count(), THREADS);
        assert!(threads.unseen().all(|(_, unseen)| unseen.len() == UNSEEN));
        assert_eq!(threads.unseen_of(0), 0, "the oldest thread went");
    }
}
