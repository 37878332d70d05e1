//! Writing: one thread, one transaction for all that waits, acknowledged after the commit.

mod append;
mod attach;
mod grants;
mod heads;
mod job;
mod orders;
mod pace;
mod settle;
mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use protocol::messages::File;
use protocol::people::Guests;
use rusqlite::{Connection, ErrorCode as SqlError};
use tokio::sync::mpsc::UnboundedReceiver;

use self::append::Appender;
pub(in crate::store) use self::append::{Appended, NewEvent};
use self::grants::{Denial, Grants};
use self::heads::Heads;
use self::job::size;
pub(super) use self::job::{Job, append_bytes};
use self::orders::Orders;
pub(super) use self::pace::Pace;
use self::settle::Told;
#[cfg(test)]
pub(in crate::store) use self::work::Changed;
pub(in crate::store) use self::work::{Asked, Turn};
use super::clock;
use super::index::Index;
use super::scrub::cut_log;
use crate::store::OnCommit;
use crate::store::directory::Directory;

/// What one transaction holds at most: so many jobs, and appends of so many bytes (one more may go over).
const BATCH_JOBS: usize = 256;
const BATCH_BYTES: usize = 1 << 20;

/// How often the writer tries to get the write lock from a foreign process, each for [`super::schema::BUSY`].
const BUSY_TRIES: u32 = 30;

/// The writer's own state.
pub(super) struct Writer {
    db: Connection,
    on_commit: OnCommit,
    index: Arc<Index>,
    pace: Pace,
    flags: Flags,
    heads: Heads,
    grants: Grants,
    orders: Orders,
    /// Held until the last commit is done.
    directory: Arc<Directory>,
}

/// What the writer and the rest of the store tell each other at any time.
pub(super) struct Flags {
    /// False once the writer must not write any more.
    pub(super) healthy: Arc<AtomicBool>,
    /// The store is being closed: nobody is waited for.
    pub(super) closing: Arc<AtomicBool>,
}

/// What the transaction made of a job.
enum Decision {
    /// With the files that the message has.
    Append(Appended, Vec<File>),
    /// The sender may not say this here, or not now.
    Denied(Denial),
    /// An earlier message of the sender must come first.
    OutOfOrder,
    Work(work::Done),
    Nothing,
}

/// Why a write came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Failure {
    /// The disk is full; it may work again later.
    Full,
    /// Another process holds the lock, or there is no memory; it may work again later.
    Busy,
    /// It is not known what the disk holds.
    Broken,
}

impl Writer {
    /// A writer on a database that nothing else of this process writes.
    pub(super) fn new(
        db: Connection,
        directory: Arc<Directory>,
        on_commit: OnCommit,
        index: Arc<Index>,
        pace: Pace,
        flags: Flags,
        guests: Guests,
    ) -> Self {
        Self {
            db,
            on_commit,
            index,
            pace,
            flags,
            heads: Heads::default(),
            grants: Grants::new(guests),
            orders: Orders::default(),
            directory,
        }
    }

    /// Works until there is nothing more to come.
    pub(super) fn run(mut self, mut jobs: UnboundedReceiver<Job>) {
        let _unhealthy_if_it_panics = Unwinding(Arc::clone(&self.flags.healthy));
        while let Some(first) = jobs.blocking_recv() {
            self.pace.gather();
            let mut batch = Vec::with_capacity(16);
            let mut bytes = size(&first);
            batch.push(first);
            while batch.len() < BATCH_JOBS && bytes < BATCH_BYTES {
                let Ok(job) = jobs.try_recv() else { break };
                bytes += size(&job);
                batch.push(job);
            }
            if batch.iter().any(|job| matches!(job, Job::Close)) {
                // What was submitted meanwhile is still stored; nothing more can be.
                jobs.close();
            }
            let scrubs: Vec<Job> = batch.extract_if(.., |job| matches!(job, Job::Scrub(_))).collect();
            let jobs = batch.len();
            if jobs > 0 {
                self.store(batch);
                self.pace.committed(jobs);
            }
            if !scrubs.is_empty() {
                let done = cut_log(&self.db);
                for scrub in scrubs {
                    scrub.answer(done);
                }
            }
        }
        if let Err(error) = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
            tracing::warn!(%error, "the write-ahead log stays beside the database");
        }
        let Self { db, directory, .. } = self;
        drop(db);
        drop(directory);
    }

    /// Carries out a batch in one transaction, then tells everybody what became of it.
    fn store(&mut self, mut batch: Vec<Job>) {
        let decisions = if self.flags.healthy.load(Ordering::Relaxed) {
            self.transact(&mut batch).map_err(|error| self.fail(&error))
        } else {
            Err(Failure::Broken)
        };
        let mut told = Told::default();
        match decisions {
            Ok(decisions) => {
                for (job, decision) in batch.into_iter().zip(decisions) {
                    told.settle(job, decision);
                }
            }
            Err(failure) => {
                self.orders.refuse(&batch);
                for job in batch {
                    told.refuse(job, failure);
                }
            }
        }
        told.tell(&mut self.on_commit);
        self.index.committed();
    }

    fn transact(&mut self, batch: &mut [Job]) -> rusqlite::Result<Vec<Decision>> {
        self.begin()?;
        if self.heads.refresh(&self.db)? {
            self.grants.forget();
        }
        let now = clock::now_ms();
        let mut decisions = Vec::with_capacity(batch.len());
        let mut appender = Appender::new(&self.db, &mut self.heads, now)?;
        for job in batch {
            decisions.push(match job {
                Job::Append(message, _) if !self.orders.admit(message) => Decision::OutOfOrder,
                Job::Append(message, _) => match self.grants.admit(&self.db, message, now)? {
                    Ok(()) => {
                        let decision = attach::append(&mut appender, message)?;
                        if matches!(decision, Decision::Append(Appended::Stored { .. }, _)) {
                            self.grants.said(message, now);
                        }
                        decision
                    }
                    Err(denial) => {
                        if denial.retry_ms.is_some() {
                            self.orders.refuse_one(message);
                        }
                        Decision::Denied(denial)
                    }
                },
                Job::Work(work, _) => {
                    let done = work::run(&mut appender, work.as_mut())?;
                    if let Some(changed) = done.changed() {
                        self.grants.forget_changed(changed);
                    }
                    Decision::Work(done)
                }
                Job::Close | Job::Scrub(_) => Decision::Nothing,
                #[cfg(test)]
                Job::Sql(sql) => {
                    self.db.execute_batch(sql)?;
                    Decision::Nothing
                }
            });
        }
        drop(appender);
        self.heads.save(&self.db)?;
        self.db.prepare_cached("COMMIT")?.execute([])?;
        Ok(decisions)
    }

    /// Takes the write lock, waiting for a foreign process that has it.
    fn begin(&self) -> rusqlite::Result<()> {
        let mut tries = BUSY_TRIES;
        loop {
            match self.db.prepare_cached("BEGIN IMMEDIATE")?.execute([]) {
                Ok(_) => return Ok(()),
                Err(error) if failure(&error) == Failure::Busy && tries > 1 => {
                    if tries == BUSY_TRIES {
                        tracing::warn!("another process holds the database's write lock; waiting for it");
                    }
                    // When the server stops, whoever waits is told rather than kept.
                    tries = if self.flags.closing.load(Ordering::Relaxed) { 1 } else { tries - 1 };
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Undoes what a transaction began, and decides whether there may be another.
    fn fail(&mut self, error: &rusqlite::Error) -> Failure {
        self.heads.forget();
        self.grants.forget();
        let mut failure = failure(error);
        if !self.db.is_autocommit()
            && let Err(error) = self.db.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a failed transaction could not be undone");
            failure = Failure::Broken;
        }
        match failure {
            Failure::Full => {
                tracing::warn!(%error, "the disk is full: nothing is stored until there is room");
            }
            Failure::Busy => tracing::warn!(%error, "the database could not be written for now"),
            Failure::Broken => {
                self.flags.healthy.store(false, Ordering::Relaxed);
                tracing::error!(
                    %error,
                    "writing the database failed: nothing more is stored or acknowledged until a restart"
                );
            }
        }
        failure
    }
}

fn failure(error: &rusqlite::Error) -> Failure {
    // The index of the write-ahead log could not grow: the disk is full there.
    const SHARED_MEMORY_SIZE: i32 = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
    let rusqlite::Error::SqliteFailure(error, _) = error else { return Failure::Broken };
    match (error.code, error.extended_code) {
        (SqlError::DiskFull, _) | (_, SHARED_MEMORY_SIZE) => Failure::Full,
        (SqlError::DatabaseBusy | SqlError::DatabaseLocked | SqlError::OutOfMemory, _) => Failure::Busy,
        _ => Failure::Broken,
    }
}

/// Says that the store is broken if its writer panics.
struct Unwinding(Arc<AtomicBool>);

impl Drop for Unwinding {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(false, Ordering::Relaxed);
        }
    }
}
