//! One room's log as far as this client has it, in display form: all text in here is safe to draw.

mod folding;
mod said;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use protocol::event::Event;
use protocol::ids::{Seq, UserId};
use protocol::messages::Replies;
use time::OffsetDateTime;

use super::told;
use folding::Folding;
pub use folding::Watch;
use said::Change;
pub use said::Said;

/// Notices kept behind one event; older ones go first.
const NOTICES: usize = 40;
/// Events kept while nobody looks at older ones.
const EVENTS: usize = 3_000;
/// Bytes of text kept while nobody looks at older ones.
const BYTES: usize = 8 * 1024 * 1024;
/// Events kept while somebody looks at older ones.
const MOST_EVENTS: usize = 4 * EVENTS;
/// Bytes of text kept while somebody looks at older ones.
const MOST_BYTES: usize = 4 * BYTES;

/// A room's events by `seq`, with the holes between them, and what was noticed meanwhile.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    events: BTreeMap<Seq, Entry>,
    notices: BTreeMap<Seq, Vec<Notice>>,
    bytes: usize,
    first: Seq,
    head: Seq,
    lost: Vec<(Seq, Seq)>,
    /// What was done to messages.
    folding: Folding,
    /// Whom messages are to call,
    watch: Arc<Watch>,
    /// and those that do.
    calls: BTreeSet<Seq>,
    /// It is a thread: places between two of its messages are not missing.
    sparse: bool,
    /// Whose messages are not shown.
    hidden: Arc<BTreeSet<UserId>>,
}

/// What stands at one place of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Something said.
    Said(Box<Said>),
    /// A message that was taken out.
    Deleted(Box<Deleted>),
    /// What happened to the room or its people.
    Told(Box<Told>),
    /// An event that this version cannot read.
    Unreadable,
    /// A change of another message; it has a place, but nothing is drawn there.
    Change,
}

/// What is left of a message that was taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// Who had said it.
    pub user: UserId,
    /// Their name at that moment.
    pub name: String,
    /// When it was stored.
    pub at: Option<OffsetDateTime>,
    /// Who took it out, where that is known.
    pub by: Option<String>,
    /// The message whose thread it was in.
    pub thread: Option<Seq>,
    /// What was answered in its own thread.
    pub replies: Option<Replies>,
}

/// What happened, in words that are safe to draw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// What.
    pub text: String,
    /// Until when it holds.
    pub until: Option<OffsetDateTime>,
    /// Why, as its author says.
    pub reason: Option<String>,
}

/// A passing remark between events; never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// People came (`true`) or went.
    ComeAndGo {
        /// Came, or went.
        came: bool,
        /// Their names; empty in a crowd.
        names: Vec<String>,
        /// How many.
        count: u32,
    },
    /// Something this client tells its person.
    Info(String),
    /// Something that went wrong.
    Trouble(String),
}

impl Timeline {
    /// Puts events in their places, whatever their order.
    ///
    /// `as_of` is a history page's, up to which changes are folded into its messages; 0 for live events. The view is
    /// the same however a log is split into pages and live events.
    pub fn insert(&mut self, events: impl IntoIterator<Item = Event>, as_of: Seq) {
        for event in events {
            let seq = event.seq();
            if seq == 0 {
                // The place before the first event; nothing can be there.
                continue;
            }
            self.head = self.head.max(seq);
            let change = Change::of(&event);
            match event {
                Event::Message(message) => self.put(seq, Said::new(message, as_of)),
                // Of a room's other events a thread holds only what is done to its messages.
                _ if self.sparse => {}
                other => {
                    if !self.events.contains_key(&seq) {
                        let entry = entry(&other);
                        self.bytes += weight(&entry);
                        self.events.insert(seq, entry);
                    }
                }
            }
            if let Some((target, change)) = change {
                self.note(target, seq, change);
            }
        }
    }

    /// Adds a remark behind the newest event.
    pub fn notice(&mut self, notice: Notice) {
        let place = self.last();
        let notices = self.notices.entry(place).or_default();
        notices.push(notice);
        if notices.len() > NOTICES {
            notices.remove(0);
        }
        while self.notices.len() > NOTICES {
            self.notices.pop_first();
        }
    }

    /// Learns the bounds of the server's log: the oldest event kept, and the newest.
    pub fn set_bounds(&mut self, first: Seq, head: Seq) {
        self.first = first;
        self.head = self.head.max(head);
    }

    /// Learns that the events `from..=to` cannot be had any more.
    pub fn lose(&mut self, from: Seq, to: Seq) {
        self.head = self.head.max(to);
        self.lost.push((from, to));
    }

    /// Whether the events just before a place are gone for good.
    pub fn is_lost(&self, before: Seq) -> bool {
        before <= self.first
            || self.lost.iter().any(|&(from, to)| (from..=to).contains(&before.saturating_sub(1)))
    }

    /// Forgets all: the `seq`s now belong to another history.
    pub fn clear(&mut self) {
        *self = Self {
            hidden: Arc::clone(&self.hidden),
            watch: Arc::clone(&self.watch),
            sparse: self.sparse,
            ..Self::default()
        };
    }

    /// Hides what these people say.
    pub fn hide(&mut self, people: &Arc<BTreeSet<UserId>>) {
        if !Arc::ptr_eq(&self.hidden, people) {
            self.hidden = Arc::clone(people);
        }
    }

    /// Whether what somebody says is hidden.
    pub fn is_hidden(&self, user: &UserId) -> bool {
        self.hidden.contains(user)
    }

    /// Drops the oldest events beyond what is worth keeping in memory. They can be loaded again.
    pub fn trim(&mut self) {
        while self.events.len() > EVENTS || (self.bytes > BYTES && self.events.len() > 50) {
            let oldest = self.events.pop_first();
            self.dropped(oldest);
        }
    }

    /// Drops the events farthest from `seq`, at which somebody looks, beyond what memory may hold. It shows as a gap and
    /// can be loaded again.
    pub fn trim_around(&mut self, seq: Seq) {
        if self.events.len() <= MOST_EVENTS && self.bytes <= MOST_BYTES {
            return;
        }
        let mut above = self.events.range(..=seq).count();
        // A good part at once, so that it is not done for each event.
        let (events, bytes) = (MOST_EVENTS / 4 * 3, MOST_BYTES / 4 * 3);
        while self.events.len() > events || (self.bytes > bytes && self.events.len() > 50) {
            if above > self.events.len() - above {
                above -= 1;
                let oldest = self.events.pop_first();
                self.dropped(oldest);
            } else {
                let newest = self.events.pop_last();
                self.dropped(newest);
            }
        }
    }

    fn dropped(&mut self, event: Option<(Seq, Entry)>) {
        if let Some((seq, entry)) = event {
            self.bytes -= weight(&entry);
            self.notices.remove(&seq);
            self.forget(seq);
        }
    }

    /// The events in order.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = (Seq, &Entry)> {
        self.events.iter().map(|(&seq, entry)| (seq, entry))
    }

    /// The events behind a place, in order.
    pub fn events_after(&self, seq: Seq) -> impl Iterator<Item = (Seq, &Entry)> {
        self.events.range((Bound::Excluded(seq), Bound::Unbounded)).map(|(&seq, entry)| (seq, entry))
    }

    /// The events before a place, the latest first.
    pub fn events_before(&self, seq: Seq) -> impl Iterator<Item = (Seq, &Entry)> {
        self.events.range(..seq).rev().map(|(&seq, entry)| (seq, entry))
    }

    /// What stands at a place.
    pub fn get(&self, seq: Seq) -> Option<&Entry> {
        self.events.get(&seq)
    }

    /// The remarks behind a place.
    pub fn notices(&self, seq: Seq) -> &[Notice] {
        self.notices.get(&seq).map_or(&[], Vec::as_slice)
    }

    /// Remarks that stand before the oldest event: behind places that are not loaded.
    pub fn early_notices(&self) -> impl Iterator<Item = &Notice> {
        let end = self.events.keys().next().map_or(Bound::Unbounded, |&oldest| Bound::Excluded(oldest));
        self.notices.range((Bound::Unbounded, end)).flat_map(|(_, notices)| notices)
    }

    /// The newest event here; 0 if none.
    pub fn last(&self) -> Seq {
        self.events.keys().next_back().copied().unwrap_or(0)
    }

    /// The oldest event here.
    pub fn oldest(&self) -> Option<Seq> {
        self.events.keys().next().copied()
    }

    /// The oldest event that the server keeps; 0 if not known.
    pub fn first(&self) -> Seq {
        self.first
    }

    /// The newest event that is known to exist.
    pub fn head(&self) -> Seq {
        self.head
    }

    /// Whether the server has events older than the ones here.
    pub fn has_older(&self) -> bool {
        match self.oldest() {
            Some(oldest) => oldest > self.first.max(1),
            None => self.head > 0 && self.head >= self.first,
        }
    }

    /// Messages of others after a place, outside threads, as far as known; events that are not here count as messages.
    pub fn unread_after(&self, seq: Seq) -> u64 {
        let silent = self
            .events
            .range((Bound::Excluded(seq), Bound::Unbounded))
            .filter(|(_, entry)| match entry {
                Entry::Said(said) => {
                    self.is_hidden(&said.user)
                        || said.thread.is_some()
                        || self.watch.me.as_ref() == Some(&said.user)
                }
                Entry::Change | Entry::Deleted(_) | Entry::Told(_) => true,
                Entry::Unreadable => false,
            })
            .count() as u64;
        self.head.saturating_sub(seq.max(self.first.saturating_sub(1))).saturating_sub(silent)
    }
}

fn entry(event: &Event) -> Entry {
    match event {
        Event::Unknown(_) => Entry::Unreadable,
        Event::Member(event) => Entry::Told(Box::new(told::member(event))),
        Event::Changed(event) => Entry::Told(Box::new(told::changed(event))),
        _ => Entry::Change,
    }
}

fn weight(entry: &Entry) -> usize {
    match entry {
        Entry::Said(said) => said.text.len() + 300,
        Entry::Told(told) => told.text.len() + told.reason.as_ref().map_or(0, String::len) + 100,
        _ => 100,
    }
}

/// A time for people, with its day.
pub(super) fn moment(at: OffsetDateTime) -> String {
    let month = at.month().to_string();
    let month = month.get(..3).unwrap_or_default();
    format!("{} {month} {:02}:{:02}", at.day(), at.hour(), at.minute())
}
