//! What was taken out is no longer in the files either.
//!
//! In the database its bytes are overwritten at once (`secure_delete`). The write-ahead log beside it holds what pages were
//! before: soon after something was taken out it is copied into the database and cut to nothing.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::Handle;
use super::writer::Job;

/// How soon: what is taken out meanwhile goes with it.
const SOON: Duration = Duration::from_secs(2);
/// How long to wait, at most, where somebody reads what was before, as a backup does.
const LATER: Duration = Duration::from_mins(1);
/// How long the writer waits for those who read at the moment.
const READERS: Duration = Duration::from_millis(50);

impl Handle {
    /// Has the write-ahead log cut to nothing soon.
    pub(in crate::store) fn scrub_soon(&self) {
        if self.scrubbing.swap(true, Ordering::SeqCst) {
            return;
        }
        let (jobs, scrubbing) = (self.jobs.clone(), Arc::clone(&self.scrubbing));
        tokio::spawn(async move {
            let mut wait = SOON;
            loop {
                tokio::time::sleep(wait).await;
                // What is taken out from now on may come too late for this time.
                scrubbing.store(false, Ordering::SeqCst);
                // When the store is closed, its log is cut anyway.
                if scrub(&jobs).await.unwrap_or(true) || scrubbing.swap(true, Ordering::SeqCst) {
                    return;
                }
                wait = (2 * wait).min(LATER);
            }
        });
    }

    /// The same at once; whether it could be done.
    #[cfg(test)]
    pub(in crate::store) async fn scrub(&self) -> bool {
        scrub(&self.jobs).await.unwrap_or(false)
    }
}

/// Whether it could be done; `None` where the store is closed.
async fn scrub(jobs: &mpsc::UnboundedSender<Job>) -> Option<bool> {
    let (done, told) = oneshot::channel();
    jobs.send(Job::Scrub(done)).ok()?;
    told.await.ok()
}

/// Cuts the write-ahead log to nothing, unless somebody still reads from it.
pub(super) fn cut_log(db: &Connection) -> bool {
    let cut = || -> rusqlite::Result<bool> {
        db.busy_timeout(READERS)?;
        let is_busy: bool = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(!is_busy)
    };
    let done = cut().unwrap_or_else(|error| {
        tracing::warn!(%error, "the write-ahead log could not be cut");
        false
    });
    db.busy_timeout(super::schema::BUSY).is_ok() && done
}
