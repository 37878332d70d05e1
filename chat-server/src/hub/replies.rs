//! The frames that are for one connection alone, waiting for its socket.

/// A connection's own frames: acks, answers, errors, signals, control frames, and the rest of a room's frame that the
/// socket took only in part.
///
/// Whole frames are appended; bytes leave at the front in any amount. It is bounded by who fills it: a connection whose
/// replies exceed [`Replies::HIGH`] is not read from and gets no signals until they have drained below it.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    bytes: Vec<u8>,
    sent: usize,
}

impl Replies {
    /// Above this many waiting bytes, nothing that can wait is added.
    pub(crate) const HIGH: usize = 256 * 1024;
    /// Above this many waiting bytes, the connection is cut.
    pub(crate) const MOST: usize = 8 * 1024 * 1024;
    /// Above this many waiting bytes, signals are left out.
    pub(crate) const SIGNALS: usize = 16 * 1024;
    /// An empty buffer over this capacity gives its memory back.
    const KEEP: usize = 256;

    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.sent
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn waiting(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    /// Appends whole frames.
    pub(crate) fn push(&mut self, frames: &[u8]) {
        self.bytes.extend_from_slice(frames);
    }

    /// Takes note that the socket took so many bytes.
    pub(crate) fn advance(&mut self, bytes: usize) {
        self.sent += bytes;
        if self.sent >= self.bytes.len() {
            self.sent = 0;
            self.bytes.clear();
            if self.bytes.capacity() > Self::KEEP {
                self.bytes = Vec::new();
            }
        } else if self.sent > Self::HIGH {
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn bytes_leave_in_the_order_they_came(chunks in proptest::collection::vec((0_usize..300_000, 0_usize..400_000), 1..20)) {
            let mut replies = Replies::default();
            let byte = |n: usize| u8::try_from(n % 251).unwrap();
            let (mut written, mut read) = (0_usize, 0_usize);
            for (push, take) in chunks {
                let frame: Vec<u8> = (written..written + push).map(byte).collect();
                replies.push(&frame);
                written += push;
                let take = take.min(replies.len());
                proptest::prop_assert!(replies.waiting()[..take].iter().enumerate().all(|(i, &b)| b == byte(read + i)));
                replies.advance(take);
                read += take;
                proptest::prop_assert_eq!(replies.len(), written - read);
            }
        }
    }
}
