//! One room's log as far as this client has it, in display form: all text in here is safe to draw.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use protocol::event::{Event, Message};
use protocol::ids::{Id, Seq, UserId};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::written::Written;
use super::{safe, told};

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
    /// Who took messages out, as far as it was told, by the message; their names are safe to draw.
    deleters: BTreeMap<Seq, String>,
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

/// Something said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The sender's name for it.
    pub id: Id,
    /// Who said it.
    pub user: UserId,
    /// Their name at that moment.
    pub name: String,
    /// The newest text.
    pub text: Written,
    /// When it was stored; `None` where the server's time could not be read.
    pub at: Option<OffsetDateTime>,
    /// The sender was not signed in.
    pub guest: bool,
    /// The text is not the first one.
    pub edited: bool,
    /// Changes up to this place are in the text already.
    as_of: Seq,
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
    /// Puts events in their places, whatever their order; ones already there are kept as they are.
    ///
    /// `as_of` is a history page's, up to which changes are folded into its messages; 0 for live events.
    pub fn insert(&mut self, events: impl IntoIterator<Item = Event>, as_of: Seq) {
        for event in events {
            let seq = event.seq();
            if seq == 0 {
                // The place before the first event; nothing can be there.
                continue;
            }
            self.head = self.head.max(seq);
            match &event {
                Event::Edit(edit) => self.change(edit.target, seq, |said| {
                    said.text = Written::new(&edit.text);
                    said.edited = true;
                }),
                Event::Delete(delete) => self.delete(delete.target, safe::line(&delete.sender)),
                _ => {}
            }
            if self.events.contains_key(&seq) {
                continue;
            }
            let mut entry = entry(event, as_of);
            if let Entry::Deleted(deleted) = &mut entry {
                deleted.by = self.deleters.get(&seq).cloned();
            }
            self.bytes += weight(&entry);
            self.events.insert(seq, entry);
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
        *self = Self { hidden: Arc::clone(&self.hidden), ..Self::default() };
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

    /// Messages after a place, as far as known; events that are not here count as messages.
    pub fn unread_after(&self, seq: Seq) -> u64 {
        let silent = self
            .events
            .range((Bound::Excluded(seq), Bound::Unbounded))
            .filter(|(_, entry)| match entry {
                Entry::Said(said) => self.is_hidden(&said.user),
                Entry::Change | Entry::Deleted(_) | Entry::Told(_) => true,
                Entry::Unreadable => false,
            })
            .count() as u64;
        self.head.saturating_sub(seq.max(self.first.saturating_sub(1))).saturating_sub(silent)
    }

    fn change(&mut self, target: Seq, seq: Seq, apply: impl FnOnce(&mut Said)) {
        if let Some(Entry::Said(said)) = self.events.get_mut(&target)
            && said.as_of < seq
        {
            self.bytes -= said.text.len();
            apply(said);
            said.as_of = seq;
            self.bytes += said.text.len();
        }
    }

    fn delete(&mut self, target: Seq, by: String) {
        if let Some(entry) = self.events.get_mut(&target) {
            self.bytes -= weight(entry);
            match entry {
                Entry::Said(said) => {
                    let (user, name) = (said.user.clone(), std::mem::take(&mut said.name));
                    let (at, by) = (said.at, Some(by.clone()));
                    *entry = Entry::Deleted(Box::new(Deleted { user, name, at, by }));
                }
                Entry::Deleted(deleted) => deleted.by = Some(by.clone()),
                _ => {}
            }
            self.bytes += weight(entry);
        }
        self.deleters.insert(target, by);
        if self.deleters.len() > MOST_EVENTS {
            self.deleters.pop_first();
        }
    }
}

fn entry(event: Event, as_of: Seq) -> Entry {
    match event {
        Event::Message(message) => said(message, as_of),
        Event::Unknown(_) => Entry::Unreadable,
        Event::Member(event) => Entry::Told(Box::new(told::member(&event))),
        Event::Changed(event) => Entry::Told(Box::new(told::changed(&event))),
        Event::Edit(_)
        | Event::Delete(_)
        | Event::React(_)
        | Event::Pin(_)
        | Event::Prefs(_)
        | Event::Read(_)
        | Event::Notify(_)
        | Event::Block(_)
        | Event::Draft(_)
        | Event::Invited(_)
        | Event::Joined(_) => Entry::Change,
    }
}

fn said(message: Message, as_of: Seq) -> Entry {
    let folded = message.folded.unwrap_or_default();
    let (name, at) = (safe::line(&message.sender), OffsetDateTime::parse(&message.timestamp, &Rfc3339).ok());
    if folded.deleted {
        return Entry::Deleted(Box::new(Deleted { user: message.user, name, at, by: None }));
    }
    Entry::Said(Box::new(Said {
        name,
        text: Written::new(folded.text.as_deref().unwrap_or(&message.message)),
        at,
        guest: message.guest,
        edited: folded.text.is_some(),
        as_of: as_of.max(message.seq),
        id: message.id,
        user: message.user,
    }))
}

fn weight(entry: &Entry) -> usize {
    match entry {
        Entry::Said(said) => said.text.len() + 200,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::message_at;

    #[test]
    fn events_find_their_place_in_any_order_and_only_once() {
        let mut timeline = Timeline::default();
        timeline.set_bounds(1, 5);
        timeline.insert([message_at(5, "bo", "five"), message_at(4, "bo", "four")], 0);
        timeline.insert([message_at(5, "bo", "again")], 0);
        let seqs: Vec<Seq> = timeline.events().map(|(seq, _)| seq).collect();
        assert_eq!(seqs, [4, 5]);
        assert!(matches!(timeline.get(5), Some(Entry::Said(said)) if said.text == "five"));
        assert!(timeline.has_older());
        assert_eq!(timeline.unread_after(2), 3);
    }

    #[test]
    fn an_edit_older_than_the_page_changes_nothing() {
        let mut timeline = Timeline::default();
        timeline.insert([message_at(1, "bo", "newest")], 9);
        let edit = |seq: Seq, text: &str| {
            Event::parse(&format!(
                r#"{{"type":"edit","room":"lobby","seq":{seq},"id":"e{seq}","target":1,"user":"u","sender":"bo","text":"{text}","timestamp":""}}"#
            ))
            .unwrap()
        };
        timeline.insert([edit(8, "old")], 0);
        assert!(matches!(timeline.get(1), Some(Entry::Said(said)) if said.text == "newest"));
        timeline.insert([edit(10, "newer")], 0);
        assert!(matches!(timeline.get(1), Some(Entry::Said(said)) if said.text == "newer"));
    }

    #[test]
    fn a_deletion_leaves_a_stone_that_says_by_whom_whichever_comes_first() {
        let delete = Event::parse(
            r#"{"type":"delete","room":"lobby","seq":3,"id":"d","target":1,"user":"u-9","sender":"ana","timestamp":""}"#,
        )
        .unwrap();
        let by = |timeline: &Timeline| match timeline.get(1) {
            Some(Entry::Deleted(deleted)) => (deleted.name.clone(), deleted.by.clone()),
            other => panic!("{other:?}"),
        };
        let mut live = Timeline::default();
        live.insert([message_at(1, "bo", "regrets"), delete.clone()], 0);
        assert_eq!(by(&live), ("bo".to_owned(), Some("ana".to_owned())));
        let Event::Message(mut page) = message_at(1, "bo", "") else { panic!("a message") };
        page.folded = Some(protocol::event::Folded { deleted: true, ..Default::default() });
        let mut paged = Timeline::default();
        paged.insert([delete], 0);
        paged.insert([Event::Message(page.clone())], 3);
        assert_eq!(by(&paged), by(&live));
        let mut alone = Timeline::default();
        alone.insert([Event::Message(page)], 3);
        assert_eq!(by(&alone).1, None);
    }

    #[test]
    fn memory_is_bounded() {
        let mut timeline = Timeline::default();
        timeline.insert((1..=5_000).map(|seq| message_at(seq, "bo", "x")), 0);
        timeline.trim();
        assert_eq!((timeline.oldest(), timeline.last()), (Some(2_001), 5_000));
        let long = "y".repeat(60_000);
        timeline.insert((5_001..=5_300).map(|seq| message_at(seq, "bo", &long)), 0);
        timeline.trim();
        assert!(timeline.bytes <= BYTES);
    }

    #[test]
    fn memory_is_bounded_around_the_place_somebody_looks_at() {
        for (looks_at, left) in [(100, (1, 9_000)), (12_001, (3_002, 12_001))] {
            let mut timeline = Timeline::default();
            timeline.insert((1..=12_000).map(|seq| message_at(seq, "bo", "x")), 0);
            timeline.trim_around(looks_at);
            assert_eq!(timeline.events.len(), 12_000);
            timeline.insert([message_at(12_001, "bo", "x")], 0);
            timeline.trim_around(looks_at);
            assert_eq!((timeline.oldest(), timeline.last()), (Some(left.0), left.1));
            assert_eq!(timeline.head(), 12_001, "what is dropped below shows as a gap");
        }
    }
}
