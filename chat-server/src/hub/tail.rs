//! A room's newest events in wire form: written once, sent to every member from where that member is.

use std::collections::VecDeque;

use protocol::ids::Seq;

/// The newest stretch of a room's log as one run of WebSocket frames.
///
/// Bounded to `bound` bytes (at least one frame is kept): beyond it the older half is cut off, and whoever has not yet
/// been sent that far reads the store instead. Positions count bytes since the tail was made and never restart, so a
/// position stays meaningful when the front is cut.
#[derive(Debug)]
pub(crate) struct Tail {
    bytes: Vec<u8>,
    /// The position of `bytes[0]`.
    start: u64,
    /// The end position of each frame held, oldest first.
    ends: VecDeque<u64>,
    /// From where to where frames stand that plain connections are not sent, oldest first.
    hidden: VecDeque<(u64, u64)>,
    /// The `seq` that the next event must have; `None` until the room's head is known.
    next: Option<Seq>,
    bound: usize,
}

/// What [`Tail::push`] did with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// It is the newest event now.
    Appended,
    /// It was here before, or is older than the tail: nothing to do.
    Old,
    /// Events before it are missing; the tail starts anew behind the hole, which the store fills.
    AfterHole,
}

impl Tail {
    pub(crate) fn new(bound: usize) -> Self {
        Self {
            bytes: Vec::new(),
            start: 0,
            ends: VecDeque::new(),
            hidden: VecDeque::new(),
            next: None,
            bound,
        }
    }

    /// Says what the log's head is, as the store told; ignored where events have told it already.
    pub(crate) fn anchor(&mut self, head: Seq) {
        self.next.get_or_insert(head + 1);
    }

    /// The newest event's `seq`; 0 where nothing is known of the log.
    pub(crate) fn head(&self) -> Seq {
        self.next.map_or(0, |next| next - 1)
    }

    /// The `seq` of the oldest event held; `head + 1` if none is.
    pub(crate) fn first(&self) -> Seq {
        self.head() + 1 - self.ends.len() as Seq
    }

    /// The position behind the newest event.
    pub(crate) fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    /// The position of the oldest event held: members before it must read the store.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// Appends the event's frame, which `encode` writes.
    pub(crate) fn push(&mut self, seq: Seq, encode: impl FnOnce(&mut Vec<u8>)) -> Pushed {
        let mut pushed = Pushed::Appended;
        match self.next {
            Some(next) if seq < next => return Pushed::Old,
            Some(next) if seq > next => {
                // Whoever was at the end is before the hole now, and must not take the new start for where it is.
                self.start = self.end() + 1;
                self.bytes.clear();
                self.ends.clear();
                self.hidden.clear();
                pushed = Pushed::AfterHole;
            }
            _ => {}
        }
        encode(&mut self.bytes);
        self.next = Some(seq + 1);
        self.ends.push_back(self.end());
        if self.bytes.len() > self.bound {
            self.cut(self.bound / 2);
        }
        pushed
    }

    /// The same for a frame that plain connections are not sent.
    pub(crate) fn push_hidden(&mut self, seq: Seq, encode: impl FnOnce(&mut Vec<u8>)) -> Pushed {
        let before = self.end();
        let pushed = self.push(seq, encode);
        // Behind a hole the tail begins anew, one place further.
        let start = if pushed == Pushed::AfterHole { self.start } else { before };
        if pushed != Pushed::Old {
            self.hidden.push_back((start, self.end()));
        }
        pushed
    }

    /// What a plain connection is sent of what stands from a position to the end; `None` where that is all of it, or
    /// where the front was cut beyond it.
    pub(crate) fn shown_from(&self, position: u64) -> Option<Vec<u8>> {
        if self.hidden.back().is_none_or(|&(_, end)| end <= position) {
            return None;
        }
        self.from(position)?;
        let mut shown = Vec::new();
        let mut at = position;
        for &(start, end) in self.hidden.iter().filter(|&&(_, end)| end > position) {
            shown.extend_from_slice(self.between(at, start));
            at = end.max(at);
        }
        shown.extend_from_slice(self.between(at, self.end()));
        Some(shown)
    }

    /// Forgets an event and all before it, as far as they are held; the newest one stays.
    pub(crate) fn forget(&mut self, seq: Seq) {
        if let Some(position) = self.position(seq + 1) {
            self.cut(usize::try_from(self.end() - position).unwrap_or(usize::MAX));
        }
    }

    /// Forgets the oldest events until at most `keep` bytes are held (or one event).
    pub(crate) fn cut(&mut self, keep: usize) {
        let mut to = self.start;
        while self.ends.len() > 1 && self.end() - to > keep as u64 {
            let Some(end) = self.ends.pop_front() else { break };
            to = end;
        }
        self.bytes.drain(..usize::try_from(to - self.start).unwrap_or(usize::MAX));
        self.start = to;
        while self.hidden.front().is_some_and(|&(_, end)| end <= to) {
            self.hidden.pop_front();
        }
        self.bytes.shrink_to(keep.max(self.bytes.len()));
    }

    /// The bytes from a position to the end, or `None` where the front was cut beyond it.
    pub(crate) fn from(&self, position: u64) -> Option<&[u8]> {
        let offset = position.checked_sub(self.start)?;
        self.bytes.get(usize::try_from(offset).ok()?..)
    }

    /// The bytes between two positions, none where they are not held.
    pub(crate) fn between(&self, from: u64, to: u64) -> &[u8] {
        let length = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
        self.from(from).and_then(|bytes| bytes.get(..length)).unwrap_or_default()
    }

    /// The position before the event of this `seq`, or `None` where the tail does not hold it; `head + 1` is the end.
    pub(crate) fn position(&self, seq: Seq) -> Option<u64> {
        let index = usize::try_from(seq.checked_sub(self.first())?).ok()?;
        if index == 0 { Some(self.start) } else { self.ends.get(index - 1).copied() }
    }

    /// The end of the frame that a position is in, or the position itself where it is between two frames.
    pub(crate) fn frame_end(&self, position: u64) -> u64 {
        if position <= self.start {
            return self.start;
        }
        let index = self.ends.partition_point(|&end| end < position);
        self.ends.get(index).copied().unwrap_or(position)
    }

    /// The `seq` of the last event that ends at or before a position.
    pub(crate) fn seq_before(&self, position: u64) -> Seq {
        let complete = self.ends.partition_point(|&end| end <= position);
        (self.first() + complete as Seq).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(seq: Seq) -> Vec<u8> {
        format!("<{seq}>").into_bytes()
    }

    fn push(tail: &mut Tail, seq: Seq) -> Pushed {
        tail.push(seq, |bytes| bytes.extend(frame(seq)))
    }

    #[test]
    fn events_are_held_in_order_and_once() {
        let mut tail = Tail::new(1000);
        tail.anchor(6);
        assert_eq!((tail.head(), tail.first()), (6, 7));
        assert_eq!(push(&mut tail, 7), Pushed::Appended);
        assert_eq!(push(&mut tail, 7), Pushed::Old);
        assert_eq!(push(&mut tail, 6), Pushed::Old);
        assert_eq!(push(&mut tail, 8), Pushed::Appended);
        assert_eq!(tail.from(0), Some(&b"<7><8>"[..]));
        assert_eq!(tail.from(tail.position(8).unwrap()), Some(&b"<8>"[..]));
        assert_eq!(tail.position(9), Some(tail.end()));
        assert_eq!((tail.position(6), tail.position(10)), (None, None));
    }

    #[test]
    fn a_hole_starts_the_tail_anew() {
        let mut tail = Tail::new(1000);
        push(&mut tail, 1);
        let before = tail.end();
        assert_eq!(push(&mut tail, 4), Pushed::AfterHole);
        assert_eq!((tail.first(), tail.head(), tail.start()), (4, 4, before + 1));
        assert_eq!(tail.from(0), None);
    }

    #[test]
    fn plain_connections_are_sent_only_what_is_shown() {
        let mut tail = Tail::new(1000);
        push(&mut tail, 1);
        tail.push_hidden(2, |bytes| bytes.extend(frame(2)));
        push(&mut tail, 3);
        tail.push_hidden(4, |bytes| bytes.extend(frame(4)));
        assert_eq!(tail.shown_from(0).as_deref(), Some(&b"<1><3>"[..]));
        assert_eq!(tail.shown_from(tail.position(2).unwrap()).as_deref(), Some(&b"<3>"[..]));
        assert_eq!(tail.shown_from(tail.end()), None, "there is nothing to leave out");
        push(&mut tail, 5);
        assert_eq!(tail.shown_from(tail.position(5).unwrap()), None);
        tail.forget(2);
        assert_eq!((tail.first(), tail.from(tail.start())), (3, Some(&b"<3><4><5>"[..])));
        assert_eq!(tail.shown_from(tail.start()).as_deref(), Some(&b"<3><5>"[..]));
        tail.forget(5);
        assert_eq!((tail.first(), tail.head()), (5, 5), "the newest stays");
    }

    proptest::proptest! {
        /// Whatever is cut: what is held is a suffix of what was written, and positions keep their meaning.
        #[test]
        fn cutting_keeps_positions(bound in 3_usize..60, count in 1_u64..80, probe in 0_u64..400) {
            let mut tail = Tail::new(bound);
            let mut all = Vec::new();
            for seq in 1..=count {
                push(&mut tail, seq);
                all.extend(frame(seq));
            }
            proptest::prop_assert_eq!(tail.end(), all.len() as u64);
            proptest::prop_assert_eq!(tail.head(), count);
            let start = usize::try_from(tail.start()).unwrap();
            proptest::prop_assert_eq!(tail.from(tail.start()), Some(&all[start..]));
            for seq in tail.first()..=count {
                let position = tail.position(seq).unwrap();
                proptest::prop_assert!(tail.from(position).unwrap().starts_with(&frame(seq)));
                proptest::prop_assert_eq!(tail.seq_before(position), seq - 1);
                proptest::prop_assert_eq!(tail.frame_end(position), position);
                proptest::prop_assert_eq!(tail.frame_end(position + 1), position + frame(seq).len() as u64);
            }
            if probe <= tail.end() {
                let end = tail.frame_end(probe);
                proptest::prop_assert!(end >= probe.max(tail.start()));
            }
        }
    }
}
