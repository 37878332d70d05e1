//! Follows one room's log: in order, each event once, no silent hole.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::SELF_ROOM;
use crate::ids::{Ref, RoomKey, Seq};
use crate::server::HistoryPage;
use crate::session::{Gap, RoomEvent, SessionEvent};

/// Between two questions for the same missing events.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// A question for missing events that is not answered on a live link is asked again.
pub(super) const ANSWER_PATIENCE: Duration = Duration::from_secs(15);
/// Questions without progress after which the missing events are given up.
const MAX_STALLS: u8 = 4;

/// A room that this session is in, or is to join.
#[derive(Debug)]
pub(super) struct Room {
    key: RoomKey,
    /// Of the own room `@self`: places in it may be empty, which means nothing.
    sparse: bool,
    /// The last event told; none until joined.
    cursor: Option<Seq>,
    hole: Option<Hole>,
    /// Events behind the hole, with their sizes.
    held: BTreeMap<Seq, (RoomEvent, usize)>,
    held_bytes: usize,
    /// `synced` came while events were missing.
    synced: bool,
}

/// Missing events, from the cursor on.
#[derive(Debug)]
struct Hole {
    gap: Gap,
    /// Up to where the log is known to go.
    target: Seq,
    asking: Asking,
    stalls: u8,
}

#[derive(Debug, Clone, Copy)]
enum Asking {
    /// The link is new: resuming brings the events.
    Resume,
    /// Ask at this time.
    At(Duration),
    /// Asked; again at this time.
    Asked(Ref, Duration),
}

impl Room {
    pub(super) fn new(key: RoomKey, cursor: Option<Seq>) -> Self {
        let sparse = key.as_str() == SELF_ROOM;
        Self { key, sparse, cursor, hole: None, held: BTreeMap::new(), held_bytes: 0, synced: false }
    }

    pub(super) fn cursor(&self) -> Option<Seq> {
        self.cursor
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// Whether places between two of its events may be empty.
    pub(super) fn is_sparse(&self) -> bool {
        self.sparse
    }

    /// How far behind what is known of its log this room is.
    pub(super) fn behind(&self, head: Seq) -> u64 {
        head.saturating_sub(self.cursor.unwrap_or(head))
    }

    /// Moves the cursor without telling what is before it.
    pub(super) fn reset(&mut self, cursor: Seq) {
        *self = Self::new(self.key.clone(), Some(cursor));
    }

    /// The link is gone.
    pub(super) fn unlink(&mut self) {
        self.held.clear();
        self.held_bytes = 0;
        self.synced = false;
        if let Some(hole) = &mut self.hole {
            hole.asking = Asking::Resume;
            hole.stalls = 0;
        }
    }

    /// An event arrived; it is kept if it is out of order and its `bytes` fit in `budget`.
    pub(super) fn take(
        &mut self,
        event: RoomEvent,
        bytes: usize,
        budget: usize,
        now: Duration,
        out: &mut VecDeque<SessionEvent>,
    ) {
        let (Some(cursor), seq) = (self.cursor, event.event.seq()) else { return };
        if seq <= cursor {
            return;
        }
        // What is being fetched comes before what is newer, there too.
        if seq == cursor + 1 || (self.sparse && self.hole.is_none()) {
            self.tell(event, out);
            self.go_on(out);
            return;
        }
        self.miss(seq - 1, seq, now, out);
        // What does not fit is fetched again with the hole.
        if self.held_bytes + bytes <= budget && self.held.insert(seq, (event, bytes)).is_none() {
            self.held_bytes += bytes;
        }
    }

    /// The log is known to go to `head`, and all of it should have arrived.
    pub(super) fn expect(&mut self, head: Seq, now: Duration, out: &mut VecDeque<SessionEvent>) {
        if self.cursor.is_some_and(|cursor| head > cursor) {
            self.miss(head, head, now, out);
        }
    }

    /// Resuming is over.
    pub(super) fn synced(&mut self, head: Seq, now: Duration, out: &mut VecDeque<SessionEvent>) {
        self.expect(head, now, out);
        if let Some(Hole { asking: asking @ Asking::Resume, .. }) = &mut self.hole {
            *asking = Asking::At(now);
        }
        self.synced = true;
        self.go_on(out);
    }

    /// The question to ask now for missing events: after which place, and how many.
    pub(super) fn wants(&self, now: Duration) -> Option<(Seq, u64)> {
        let (hole, cursor) = (self.hole.as_ref()?, self.cursor?);
        match hole.asking {
            Asking::At(at) | Asking::Asked(_, at) if at <= now => Some((cursor, hole.target - cursor)),
            _ => None,
        }
    }

    pub(super) fn asked(&mut self, reference: Ref, now: Duration) {
        if let Some(hole) = &mut self.hole {
            hole.asking = Asking::Asked(reference, now + ANSWER_PATIENCE);
        }
    }

    pub(super) fn next_question(&self) -> Option<Duration> {
        match self.hole.as_ref()?.asking {
            Asking::Resume => None,
            Asking::At(at) | Asking::Asked(_, at) => Some(at),
        }
    }

    /// The answer to a question for missing events. The server promises every event of the page's range: what is not
    /// there cannot be had.
    pub(super) fn heal(
        &mut self,
        reference: Ref,
        page: &HistoryPage,
        events: Vec<RoomEvent>,
        now: Duration,
        out: &mut VecDeque<SessionEvent>,
    ) {
        let (Some(hole), Some(before)) = (&mut self.hole, self.cursor) else { return };
        if !matches!(hole.asking, Asking::Asked(asked, _) if asked == reference) {
            return;
        }
        let target = hole.target;
        hole.asking = Asking::At(now);
        self.lose(page.first.saturating_sub(1).min(target), out);
        for event in events {
            let seq = event.event.seq();
            if seq <= target && self.cursor.is_some_and(|cursor| seq > cursor) {
                self.lose(seq - 1, out);
                self.tell(event, out);
            }
        }
        self.lose(page.last.min(target), out);
        let progress = self.cursor > Some(before);
        if let Some(hole) = &mut self.hole
            && progress
        {
            hole.stalls = 0;
        }
        self.go_on(out);
        if !progress {
            self.stall(now + ASK_AGAIN, out);
        }
    }

    /// The question for missing events was refused; `again` is when it may be asked again.
    pub(super) fn refused(
        &mut self,
        reference: Ref,
        again: Option<Duration>,
        now: Duration,
        out: &mut VecDeque<SessionEvent>,
    ) {
        if let Some(Hole { asking: Asking::Asked(asked, _), .. }) = self.hole
            && asked != reference
        {
            return;
        }
        match again {
            // What is temporary is waited for, however long it takes.
            Some(at) => {
                if let Some(hole) = &mut self.hole {
                    hole.asking = Asking::At(at.max(now + ASK_AGAIN));
                }
            }
            None => self.stall(now + ASK_AGAIN, out),
        }
    }

    fn stall(&mut self, again: Duration, out: &mut VecDeque<SessionEvent>) {
        let Some(hole) = &mut self.hole else { return };
        hole.stalls += 1;
        hole.asking = Asking::At(again);
        if hole.stalls >= MAX_STALLS {
            let upto = self.held.keys().next().map_or(hole.target, |&seq| seq - 1);
            self.lose(upto, out);
            self.go_on(out);
        }
    }

    fn miss(&mut self, to: Seq, target: Seq, now: Duration, out: &mut VecDeque<SessionEvent>) {
        if let Some(hole) = &mut self.hole {
            hole.target = hole.target.max(target);
            if matches!(hole.asking, Asking::Resume) {
                hole.asking = Asking::At(now);
            }
            return;
        }
        let gap = Gap { room: self.key.clone(), from: self.cursor.map_or(1, |cursor| cursor + 1), to };
        if !self.sparse {
            out.push_back(SessionEvent::Gap(gap.clone()));
        }
        self.hole = Some(Hole { gap, target, asking: Asking::At(now), stalls: 0 });
    }

    fn tell(&mut self, event: RoomEvent, out: &mut VecDeque<SessionEvent>) {
        self.cursor = Some(event.event.seq());
        out.push_back(SessionEvent::Event(event));
    }

    /// The events up to `upto` that were not told cannot be had.
    fn lose(&mut self, upto: Seq, out: &mut VecDeque<SessionEvent>) {
        let Some(cursor) = self.cursor.filter(|&cursor| cursor < upto) else { return };
        self.cursor = Some(upto);
        if self.sparse {
            return;
        }
        let gap = Gap { room: self.key.clone(), from: cursor + 1, to: upto };
        out.push_back(SessionEvent::GapLost(gap));
    }

    /// Tells what is held and now in order, and closes the hole if that was all.
    fn go_on(&mut self, out: &mut VecDeque<SessionEvent>) {
        while let Some(entry) = self.held.first_entry() {
            let cursor = self.cursor.unwrap_or_default();
            let nothing_between = self.sparse && self.hole.as_ref().is_none_or(|hole| hole.target <= cursor);
            if *entry.key() > cursor + 1 && !nothing_between {
                break;
            }
            let (seq, (event, bytes)) = entry.remove_entry();
            self.held_bytes -= bytes;
            if seq > cursor {
                self.tell(event, out);
            }
        }
        let head = self.cursor.unwrap_or_default();
        if let Some(hole) = self.hole.take_if(|hole| hole.target <= head)
            && !self.sparse
        {
            out.push_back(SessionEvent::GapHealed(hole.gap));
        }
        if self.hole.is_none() && std::mem::take(&mut self.synced) {
            out.push_back(SessionEvent::Synced { room: self.key.clone(), head });
        }
    }
}
