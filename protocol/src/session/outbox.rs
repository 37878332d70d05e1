//! What this client said and the server has not acknowledged.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{Id, RoomKey, Seq, UserId};
use crate::session::{Change, Failure, OutgoingState, Target};

/// The bytes of text that may wait in the outbox; beyond it [`send`](super::Session::send) refuses.
pub const OUTBOX_BYTES: usize = 16 * 1024 * 1024;
/// What each entry counts beside its text.
const ENTRY_BYTES: usize = 256;
/// Sent and unanswered lines, at most; further ones wait for answers.
const IN_FLIGHT: usize = 64;

/// One entry of the outbox, as it is kept on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// Names it to the server, over all repeats.
    pub id: Id,
    /// Where it is said.
    pub room: RoomKey,
    /// The text of a message, or the new one of an edit; else empty.
    pub text: String,
    /// The message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Seq>,
    /// The message whose thread it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Seq>,
    /// Its files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Id>,
    /// What it does to another message; none: it is a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Who says it; none until the server first told who this client is. It is never sent as somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Why it is not tried any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Failure>,
}

/// The outbox, oldest first.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    entries: VecDeque<Entry>,
    /// Rooms for which the server said "later", until when.
    holds: BTreeMap<RoomKey, Duration>,
    bytes: usize,
    in_flight: usize,
}

#[derive(Debug)]
struct Entry {
    outgoing: Outgoing,
    /// Versions of it that are not known to be on disk.
    unsaved: u32,
    sent: bool,
    /// The server refused it on this link for now, and refuses all that is behind it in its room until it comes again.
    awaited: bool,
    /// Stored, as its event told; kept for the answer that is still due on this link. If that is a refusal for now (an
    /// earlier link's try was stored), the server awaits it, and it is sent once more.
    settled: bool,
}

/// What became of a wish to discard.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Discarded {
    /// There is no such entry, or it is under way.
    No,
    Yes,
    /// Yes, and on this link the server will wait for it in vain.
    Awaited,
}

impl Outbox {
    pub(super) fn new(saved: Vec<Outgoing>) -> Self {
        let mut outbox = Self::default();
        for outgoing in saved {
            outbox.bytes += cost(&outgoing.text);
            outbox.entries.push_back(Entry::new(outgoing, 0));
        }
        outbox
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Outgoing, OutgoingState)> {
        let kept = self.entries.iter().filter(|entry| !entry.settled);
        kept.map(|entry| (&entry.outgoing, entry.state()))
    }

    pub(super) fn contains(&self, id: &Id) -> bool {
        self.entries.iter().any(|entry| entry.outgoing.id == *id)
    }

    /// Whether it holds a line that has no place yet.
    pub(super) fn awaits_place(&self, id: &Id) -> bool {
        self.entries.iter().any(|entry| entry.outgoing.id == *id && !entry.settled)
    }

    pub(super) fn has_room_for(&self, text: &str) -> bool {
        self.bytes + cost(text) <= OUTBOX_BYTES
    }

    /// Adds a line whose writing to disk the caller asks for.
    pub(super) fn push(&mut self, outgoing: Outgoing) {
        self.bytes += cost(&outgoing.text);
        self.entries.push_back(Entry::new(outgoing, 1));
    }

    pub(super) fn persisted(&mut self, id: &Id) {
        if let Some(entry) = self.get_mut(id) {
            entry.unsaved = entry.unsaved.saturating_sub(1);
        }
    }

    /// A version of the line could not be written to disk. Unless a newer one is on its way there, the line has failed,
    /// so that it does not hold up the later ones of its room. Returns whether it has.
    pub(super) fn not_persisted(&mut self, id: &Id, failure: Failure) -> bool {
        let Some(entry) = self.get_mut(id) else { return false };
        entry.unsaved = entry.unsaved.saturating_sub(1);
        let fails = entry.unsaved == 0 && !entry.sent && !entry.settled && entry.outgoing.failed.is_none();
        if fails {
            entry.outgoing.failed = Some(failure);
        }
        fails
    }

    /// Takes the next line that may be sent to `user` and marks it as sent.
    pub(super) fn next(&mut self, user: &UserId) -> Option<&Outgoing> {
        if self.in_flight >= IN_FLIGHT {
            return None;
        }
        // A line that must wait makes the later ones of its room wait: a sender's order holds.
        let mut waiting: Vec<&RoomKey> = self.holds.keys().collect();
        let place = self.entries.iter().position(|entry| {
            if entry.sent || entry.outgoing.failed.is_some() || waiting.contains(&&entry.outgoing.room) {
                return false;
            }
            let ready = entry.unsaved == 0
                && entry.outgoing.user.as_ref() == Some(user)
                && entry.outgoing.waits_for().is_none();
            if !ready {
                waiting.push(&entry.outgoing.room);
            }
            ready
        })?;
        let entry = self.entries.get_mut(place)?;
        entry.sent = true;
        entry.awaited = false;
        self.in_flight += 1;
        Some(&entry.outgoing)
    }

    /// The line is stored, as its answer says. Returns whether that is news.
    pub(super) fn acknowledged(&mut self, id: &Id) -> bool {
        self.remove(id).is_some_and(|entry| !entry.settled)
    }

    /// The line is stored, as its event says. Returns whether that is news.
    pub(super) fn seen(&mut self, id: &Id) -> bool {
        match self.get_mut(id) {
            Some(entry) if entry.sent || entry.awaited => !std::mem::replace(&mut entry.settled, true),
            Some(_) => self.acknowledged(id),
            None => false,
        }
    }

    /// A line has its place: what is to be done to it can be. Returns what to keep on disk, before the line itself is
    /// taken from there.
    pub(super) fn placed(&mut self, id: &Id, seq: Seq) -> Vec<Outgoing> {
        let mut changed = Vec::new();
        for entry in self.entries.iter_mut().filter(|entry| entry.outgoing.waits_for() == Some(id)) {
            if let Some(change) = &mut entry.outgoing.change {
                *change.target_mut() = Target::Stored(seq);
            }
            entry.unsaved += 1;
            changed.push(entry.outgoing.clone());
        }
        changed
    }

    /// Of what waits for lines that will have no place, that which has not failed yet: fails it. Returns what to keep
    /// on disk.
    pub(super) fn fail_orphans(&mut self) -> Vec<Outgoing> {
        let waits = |entry: &Entry| entry.outgoing.failed.is_none() && entry.outgoing.waits_for().is_some();
        if !self.entries.iter().any(waits) {
            return Vec::new();
        }
        let lines: BTreeSet<Id> = self
            .entries
            .iter()
            .filter(|entry| entry.outgoing.failed.is_none())
            .map(|entry| entry.outgoing.id.clone())
            .collect();
        let mut changed = Vec::new();
        for entry in &mut self.entries {
            let outgoing = &mut entry.outgoing;
            let is_orphan = outgoing.waits_for().is_some_and(|id| !lines.contains(id));
            if is_orphan && outgoing.failed.is_none() {
                let reason = "the message it is about was not sent".to_owned();
                outgoing.failed = Some(Failure { code: None, reason });
                entry.unsaved += 1;
                changed.push(outgoing.clone());
            }
        }
        changed
    }

    fn remove(&mut self, id: &Id) -> Option<Entry> {
        let place = self.entries.iter().position(|entry| entry.outgoing.id == *id)?;
        let entry = self.entries.remove(place)?;
        self.bytes -= cost(&entry.outgoing.text);
        self.in_flight -= usize::from(entry.sent);
        Some(entry)
    }

    /// The line is refused for good: returns what to keep on disk.
    pub(super) fn fail(&mut self, id: &Id, failure: Failure) -> Option<Outgoing> {
        if self.get_mut(id)?.settled {
            self.remove(id);
            return None;
        }
        let entry = self.get_mut(id)?;
        let was_sent = std::mem::replace(&mut entry.sent, false);
        entry.outgoing.failed = Some(failure);
        entry.unsaved += 1;
        let outgoing = entry.outgoing.clone();
        self.in_flight -= usize::from(was_sent);
        Some(outgoing)
    }

    /// The line is refused for now: it and the later ones of its room wait until `until`, and are then sent from it on.
    /// Returns those that are not sent any more.
    pub(super) fn hold(&mut self, id: &Id, until: Duration) -> Vec<Id> {
        let Some(first) = self.entries.iter().position(|entry| entry.outgoing.id == *id && entry.sent) else {
            // Refused behind a line that was refused before.
            return Vec::new();
        };
        self.entries[first].awaited = true;
        let room = self.entries[first].outgoing.room.clone();
        let mut unsent = Vec::new();
        for entry in self.entries.range_mut(first..).filter(|entry| entry.sent && entry.outgoing.room == room)
        {
            entry.sent = false;
            self.in_flight -= 1;
            if !entry.settled {
                unsent.push(entry.outgoing.id.clone());
            }
        }
        self.holds.insert(room, until);
        unsent
    }

    /// Lets rooms go on whose wait is over.
    pub(super) fn release(&mut self, now: Duration) {
        self.holds.retain(|_, until| *until > now);
    }

    pub(super) fn next_release(&self) -> Option<Duration> {
        self.holds.values().min().copied()
    }

    /// The link is gone: everything is to be sent again. Returns what was under way.
    pub(super) fn unsend(&mut self) -> Vec<Id> {
        self.holds.clear();
        self.in_flight = 0;
        self.entries.retain(|entry| !entry.settled);
        self.bytes = self.entries.iter().map(|entry| cost(&entry.outgoing.text)).sum();
        for entry in &mut self.entries {
            entry.awaited = false;
        }
        let unsend = |entry: &mut Entry| std::mem::take(&mut entry.sent).then(|| entry.outgoing.id.clone());
        self.entries.iter_mut().filter_map(unsend).collect()
    }

    /// The server told who this client is: gives nobody's lines to `user`, and fails somebody else's. Returns the
    /// lines that changed.
    pub(super) fn bind(&mut self, user: &UserId) -> Vec<Outgoing> {
        let mut changed = Vec::new();
        for entry in &mut self.entries {
            let outgoing = &mut entry.outgoing;
            match &outgoing.user {
                None => outgoing.user = Some(user.clone()),
                Some(owner) if owner != user && outgoing.failed.is_none() => {
                    let reason = "it was written as another user, and may have been sent then".to_owned();
                    outgoing.failed = Some(Failure { code: None, reason });
                }
                Some(_) => continue,
            }
            entry.unsaved += 1;
            changed.push(outgoing.clone());
        }
        changed
    }

    /// In another history other events have the places beyond `upto`, of one room or (`None`) of all: what is about such
    /// a place is about nothing any more, and fails. Returns what to keep on disk.
    pub(super) fn displace(&mut self, room: Option<&RoomKey>, upto: Seq) -> Vec<Outgoing> {
        let mut changed = Vec::new();
        for entry in &mut self.entries {
            let outgoing = &mut entry.outgoing;
            if entry.sent || entry.settled || room.is_some_and(|room| outgoing.room != *room) {
                continue;
            }
            if outgoing.forget_places(upto) {
                let reason =
                    "the server was restored from a backup: what this is about is another message now";
                let failure = Failure { code: None, reason: reason.to_owned() };
                outgoing.failed.get_or_insert(failure);
                entry.unsaved += 1;
                changed.push(outgoing.clone());
            }
        }
        changed
    }

    /// Makes a failed line wait again, as `user`'s. Returns what to keep on disk.
    pub(super) fn retry(&mut self, id: &Id, user: Option<&UserId>) -> Option<Outgoing> {
        let entry = self.get_mut(id).filter(|entry| entry.outgoing.failed.is_some())?;
        entry.outgoing.failed = None;
        entry.outgoing.user = user.cloned();
        entry.unsaved += 1;
        Some(entry.outgoing.clone())
    }

    pub(super) fn discard(&mut self, id: &Id) -> Discarded {
        if self.get_mut(id).is_none_or(|entry| entry.sent || entry.settled) {
            return Discarded::No;
        }
        match self.remove(id) {
            Some(entry) if entry.awaited => Discarded::Awaited,
            _ => Discarded::Yes,
        }
    }

    #[cfg(test)]
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    fn get_mut(&mut self, id: &Id) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.outgoing.id == *id)
    }
}

impl Entry {
    fn new(outgoing: Outgoing, unsaved: u32) -> Self {
        Self { outgoing, unsaved, sent: false, awaited: false, settled: false }
    }

    fn state(&self) -> OutgoingState {
        match &self.outgoing.failed {
            Some(failure) => OutgoingState::Failed(failure.clone()),
            None if self.sent => OutgoingState::Sent,
            None => OutgoingState::Queued,
        }
    }
}

fn cost(text: &str) -> usize {
    text.len() + ENTRY_BYTES
}
