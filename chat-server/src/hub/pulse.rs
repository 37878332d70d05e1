//! Whether a connection is still alive.

use std::cell::Cell;

use protocol::limits::SERVER_PATIENCE;

/// A frame may take so many seconds from its first byte to its last.
const FRAME_SECONDS: u64 = 30;

/// When a connection was last heard of, in the shard's seconds; written by its reader.
#[derive(Debug)]
pub(crate) struct Pulse {
    heard: Cell<u64>,
    /// Since when bytes have come without completing a frame.
    unfinished: Cell<Option<u64>>,
    /// Whether bytes are waited for: whoever is not being read from cannot be heard.
    reading: Cell<bool>,
}

impl Pulse {
    /// Of a connection that was opened in this second.
    pub(super) fn new(second: u64) -> Self {
        Self { heard: Cell::new(second), unfinished: Cell::new(None), reading: Cell::new(false) }
    }

    /// Bytes are waited for from now on; the time since the last ones counts for nothing.
    pub(crate) fn begin_reading(&self, second: u64) {
        let unread = second - self.heard.get();
        self.heard.set(second);
        self.unfinished.set(self.unfinished.get().map(|since| since + unread));
        self.reading.set(true);
    }

    pub(crate) fn end_reading(&self) {
        self.reading.set(false);
    }

    pub(super) fn is_silent(&self, now: u64) -> bool {
        self.reading.get() && now - self.heard.get() > SERVER_PATIENCE.as_secs()
    }

    pub(super) fn is_stuck(&self, now: u64) -> bool {
        self.reading.get() && self.unfinished.get().is_some_and(|since| now - since > FRAME_SECONDS)
    }

    /// Bytes have come; whether they completed a frame.
    pub(crate) fn beat(&self, second: u64, completed: bool) {
        self.heard.set(second);
        let since = self.unfinished.get().unwrap_or(second);
        self.unfinished.set((!completed).then_some(since));
    }
}
