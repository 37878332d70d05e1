//! What was taken out is no longer in the files either.
//!
//! In the database its bytes are overwritten at once (`secure_delete`). The write-ahead log beside it holds what pages were
//! before: soon after something was taken out it is copied into the database and cut to nothing. Most of it is copied
//! beside the writer, which then has little left to do: what is said meanwhile does not wait for it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};

use super::writer::Job;
use super::{Handle, Read, Reader, lock};

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
        // Not held while it is slept: the store is closed when nobody can ask the readers any more.
        let reads = lock(&self.reads).as_ref().map(mpsc::Sender::downgrade);
        tokio::spawn(async move {
            let mut wait = SOON;
            loop {
                tokio::time::sleep(wait).await;
                // What is taken out from now on may come too late for this time.
                scrubbing.store(false, Ordering::SeqCst);
                if let Some(reads) = reads.as_ref().and_then(mpsc::WeakSender::upgrade) {
                    copy(reads).await;
                }
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

/// Has a reader's thread copy the log, and waits for it.
async fn copy(reads: mpsc::Sender<Read>) {
    let (done, told) = oneshot::channel();
    let work: Read = Box::new(move |reader| {
        copy_log(reader);
        // Nobody waits where the server ends.
        let _ = done.send(());
    });
    if reads.send(work).await.is_ok() {
        drop(reads);
        let _ = told.await;
    }
}

/// Copies of the write-ahead log into the database what nobody reads from it any more, and syncs both, beside the writer.
/// Where it cannot, the writer has the more to do.
fn copy_log(reader: &Reader) {
    let copy = |path: &str| -> rusqlite::Result<()> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)?;
        db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
    };
    if let Some(Err(error)) = reader.db().path().map(copy) {
        tracing::debug!(%error, "the write-ahead log could not be copied beside the writer");
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
