//! What the writer is asked to do.

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::work::Work;
use crate::store::Append;

/// Each with its share of the queue, given back when the job is done.
pub(in crate::store) enum Job {
    /// Stores a message.
    Append(Append, #[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit),
    /// Stores anything else.
    Work(Box<dyn Work>, #[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit),
    /// Cuts the write-ahead log, and says whether it could.
    Scrub(oneshot::Sender<bool>),
    Close,
    /// Changes the writer's own connection, so that tests can make it fail.
    #[cfg(test)]
    Sql(&'static str),
}

impl Job {
    /// Answers one that scrubs; whoever asked may be gone.
    pub(super) fn answer(self, done: bool) {
        if let Self::Scrub(asked) = self {
            let _ = asked.send(done);
        }
    }
}

/// The bytes that an append counts for in the queue and in a batch.
pub(in crate::store) fn append_bytes(append: &Append) -> usize {
    256 + append.text.len() + 256 * append.files.len() + 64 * append.here.as_ref().map_or(0, Vec::len)
}

pub(super) fn size(job: &Job) -> usize {
    match job {
        Job::Append(append, _) => append_bytes(append),
        _ => 0,
    }
}
