//! What `benches/` measures one at a time: thin handles to parts that are nobody else's business.

use std::time::Duration;

use protocol::event::Message;
use protocol::ids::{Id, RoomKey};

use crate::core::limiter::{Bucket, Rate};
use crate::core::send_order::SendOrder;
use crate::hub::frame::{EventRef, push_event};
use crate::hub::tail;

/// Writes a message behind `out` as the frame that every member gets.
pub fn encode(out: &mut Vec<u8>, message: &Message) {
    push_event(out, EventRef::Message(message));
}

/// A room's newest events in wire form.
#[derive(Debug)]
pub struct Tail(tail::Tail);

impl Tail {
    /// An empty one, of at most about `bound` bytes.
    pub fn new(bound: usize) -> Self {
        Self(tail::Tail::new(bound))
    }

    /// Adds a message, which is encoded once.
    pub fn push(&mut self, message: &Message) {
        self.0.push(message.seq, |out| encode(out, message));
    }

    /// Where a member is who has everything.
    pub fn end(&self) -> u64 {
        self.0.end()
    }

    /// What a member at `position` is owed, and where it is when its socket took `taken` bytes of that: the steps of a
    /// flush but for the write itself. `None`: that member has to read the store.
    pub fn visit(&self, position: u64, taken: impl FnOnce(&[u8]) -> usize) -> Option<(u64, u64)> {
        let owed = self.0.from(position)?;
        let end = self.0.frame_end(position + taken(owed) as u64);
        Some((end, self.0.seq_before(end)))
    }
}

/// What decides whether somebody may say one more message: the rate, and the order behind a refusal.
#[derive(Debug)]
pub struct Rules {
    rate: Rate,
    bucket: Bucket,
    order: SendOrder,
}

impl Rules {
    /// For one who has said nothing yet.
    pub fn new(per_second: f64, burst: f64) -> Self {
        let rate = Rate { per_second, burst };
        Self { rate, bucket: Bucket::new(rate, Duration::ZERO), order: SendOrder::default() }
    }

    /// Whether a message may be taken at this time since the start.
    pub fn admit(&mut self, room: &RoomKey, id: &Id, now: Duration) -> bool {
        self.bucket.take(self.rate, now, Duration::ZERO).is_ok() && self.order.admit(room, id)
    }
}
