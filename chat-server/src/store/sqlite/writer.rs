//! Writing: one thread, one transaction for all that waits, acknowledged after the commit.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use protocol::error::ErrorCode;
use protocol::ids::{RoomKey, Seq, UserId};
use protocol::names;
use protocol::server::Ack;
use rusqlite::{Connection, ErrorCode as SqlError, OptionalExtension, params};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::rows::{self, from_sql, to_sql};
use super::{clock, reader};
use crate::core::send_order::SendOrder;
use crate::store::directory::Directory;
use crate::store::{Append, Commit, CreateError, OnCommit, Origin, Outcome, RoomRecord};

/// What one transaction holds at most: so many jobs, and appends of so many bytes (one more may go over).
const BATCH_JOBS: usize = 256;
const BATCH_BYTES: usize = 1 << 20;

/// How often the writer tries to get the write lock from a foreign process, each for [`super::schema::BUSY`].
const BUSY_TRIES: u32 = 30;

/// How many rooms the writer remembers; beyond that it forgets all and reads anew whichever it needs.
const ROOMS_REMEMBERED: usize = 20_000;

/// How many connections with refused messages the writer remembers.
const CONNECTIONS_REMEMBERED: usize = 20_000;

/// What the writer is asked to do.
#[derive(Debug)]
pub(super) enum Job {
    /// With its share of the queue, given back when the job is done.
    Append(Append, #[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit),
    Create(Create, oneshot::Sender<Result<RoomRecord, CreateError>>),
    Close,
    /// Changes the writer's own connection, so that tests can make it fail.
    #[cfg(test)]
    Sql(&'static str),
}

/// A room to make.
#[derive(Debug)]
pub(super) struct Create {
    pub(super) key: RoomKey,
    pub(super) title: String,
    pub(super) creator: UserId,
}

/// The writer's own state.
pub(super) struct Writer {
    pub(super) db: Connection,
    pub(super) on_commit: OnCommit,
    pub(super) healthy: Arc<AtomicBool>,
    pub(super) closing: Arc<AtomicBool>,
    pub(super) heads: Heads,
    pub(super) orders: Orders,
    /// Held until the last commit is done.
    pub(super) directory: Directory,
}

/// What the writer remembers of rooms, so that it need not read them for each event.
#[derive(Debug, Default)]
pub(super) struct Heads {
    rooms: HashMap<RoomKey, Head>,
    /// Whose head the transaction moved.
    changed: Vec<RoomKey>,
    /// Changes when another process wrote: then nothing remembered holds.
    data_version: i64,
}

#[derive(Debug, Clone, Copy)]
struct Head {
    row: i64,
    seq: Seq,
    last_ms: i64,
    changed: bool,
}

/// Which message each connection must send again before later ones of the room are stored.
///
/// Without it a message could be stored while an earlier one, refused because the disk was full, waits for its retry.
#[derive(Debug, Default)]
pub(super) struct Orders(HashMap<Origin, SendOrder>);

/// What the transaction made of a job.
enum Decision {
    Stored { seq: Seq, timestamp: String },
    Repeated(Ack),
    Refused(ErrorCode, &'static str),
    Created(Result<RoomRecord, CreateError>),
}

/// Why a whole transaction came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// The disk is full; it may work again later.
    Full,
    /// Another process holds the lock, or there is no memory; it may work again later.
    Busy,
    /// It is not known what the disk holds.
    Broken,
}

impl Writer {
    /// Works until there is nothing more to come.
    pub(super) fn run(mut self, mut jobs: UnboundedReceiver<Job>) {
        let _unhealthy_if_it_panics = Unwinding(Arc::clone(&self.healthy));
        while let Some(first) = jobs.blocking_recv() {
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
            self.store(batch);
        }
        if let Err(error) = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
            tracing::warn!(%error, "the write-ahead log stays beside the database");
        }
        let Self { db, directory, .. } = self;
        drop(db);
        drop(directory);
    }

    /// Carries out a batch in one transaction, then tells everybody what became of it.
    fn store(&mut self, batch: Vec<Job>) {
        let decisions = if self.healthy.load(Ordering::Relaxed) {
            self.transact(&batch).map_err(|error| self.fail(&error))
        } else {
            Err(Failure::Broken)
        };
        let mut commit = Commit::default();
        let mut answers = Vec::new();
        match decisions {
            Ok(decisions) => {
                for (job, decision) in batch.into_iter().zip(decisions) {
                    settle(job, decision, &mut commit, &mut answers);
                }
            }
            Err(failure) => {
                self.orders.refuse(&batch);
                for job in batch {
                    refuse(job, failure, &mut commit, &mut answers);
                }
            }
        }
        if !commit.outcomes.is_empty() {
            (self.on_commit)(Arc::new(commit));
        }
        for (answer, created) in answers {
            // Whoever asked may be gone.
            let _ = answer.send(created);
        }
    }

    fn transact(&mut self, batch: &[Job]) -> rusqlite::Result<Vec<Decision>> {
        self.begin()?;
        self.heads.refresh(&self.db)?;
        let now = clock::now_ms();
        let mut decisions = Vec::with_capacity(batch.len());
        for job in batch {
            decisions.push(match job {
                Job::Append(append, _) if !self.orders.admit(append) => Decision::Refused(
                    ErrorCode::Unavailable,
                    "an earlier message of yours was refused and must come first",
                ),
                Job::Append(append, _) => insert(&self.db, &mut self.heads, append, now)?,
                Job::Create(create, _) => Decision::Created(create_room(&self.db, create, now)?),
                Job::Close => Decision::Refused(ErrorCode::Unavailable, ""),
                #[cfg(test)]
                Job::Sql(sql) => {
                    self.db.execute_batch(sql)?;
                    Decision::Refused(ErrorCode::Unavailable, "")
                }
            });
        }
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
                    tries = if self.closing.load(Ordering::Relaxed) { 1 } else { tries - 1 };
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Undoes what a transaction began, and decides whether there may be another.
    fn fail(&mut self, error: &rusqlite::Error) -> Failure {
        self.heads.forget();
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
                self.healthy.store(false, Ordering::Relaxed);
                tracing::error!(
                    %error,
                    "writing the database failed: nothing more is stored or acknowledged until a restart"
                );
            }
        }
        failure
    }
}

impl Orders {
    fn admit(&mut self, append: &Append) -> bool {
        self.0.get_mut(&append.origin).is_none_or(|order| order.admit(&append.room, &append.id))
    }

    /// Takes note of what was refused for now. Connections are forgotten when there are too many: some may be gone.
    fn refuse(&mut self, batch: &[Job]) {
        if self.0.len() > CONNECTIONS_REMEMBERED {
            self.0.clear();
        }
        for job in batch {
            if let Job::Append(append, _) = job
                && append.ordered
            {
                self.0.entry(append.origin).or_default().refuse(append.room.clone(), append.id.clone());
            }
        }
    }
}

impl Heads {
    /// Forgets what may no longer hold. Called at the start of each transaction.
    fn refresh(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let version = db.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if version != self.data_version || self.rooms.len() > ROOMS_REMEMBERED {
            self.forget();
            self.data_version = version;
        }
        Ok(())
    }

    fn forget(&mut self) {
        self.rooms.clear();
        self.changed.clear();
    }

    fn get(&mut self, db: &Connection, key: &RoomKey) -> rusqlite::Result<Option<&mut Head>> {
        if !self.rooms.contains_key(key) {
            // The room's row and its events are written together; should they ever differ, no place is given twice.
            let head = db
                .prepare_cached(
                    "SELECT id, max(head, coalesce((SELECT max(seq) FROM events WHERE room = rooms.id), 0)), used_ms
                     FROM rooms WHERE key = ?1",
                )?
                .query_row([key.as_str()], |row| {
                    Ok(Head {
                        row: row.get(0)?,
                        seq: from_sql(row.get(1)?),
                        last_ms: row.get(2)?,
                        changed: false,
                    })
                })
                .optional()?;
            if let Some(head) = head {
                self.rooms.insert(key.clone(), head);
            }
        }
        Ok(self.rooms.get_mut(key))
    }

    /// Writes the heads that the transaction moved.
    fn save(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let mut update = db.prepare_cached("UPDATE rooms SET head = ?2, used_ms = ?3 WHERE id = ?1")?;
        for key in self.changed.drain(..) {
            let Some(head) = self.rooms.get_mut(&key) else { continue };
            update.execute(params![head.row, to_sql(head.seq), head.last_ms])?;
            head.changed = false;
        }
        Ok(())
    }
}

fn insert(db: &Connection, heads: &mut Heads, append: &Append, now: i64) -> rusqlite::Result<Decision> {
    let Some(head) = heads.get(db, &append.room)? else {
        return Ok(Decision::Refused(ErrorCode::NoRoom, "there is no such room"));
    };
    let seq = head.seq + 1;
    let ms = clock::stamp(head.last_ms, now);
    let inserted = db
        .prepare_cached(
            "INSERT INTO events (room, seq, id, user, sender, guest, kind, text, reply, thread, timestamp_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (id, user) DO NOTHING",
        )?
        .execute(params![
            head.row,
            to_sql(seq),
            append.id.as_str(),
            append.user.as_str(),
            append.sender.as_ref(),
            append.guest,
            rows::MESSAGE,
            append.text,
            append.reply.map(to_sql),
            append.thread.map(to_sql),
            ms,
        ])?;
    if inserted == 0 {
        return repeated(db, head.row, append);
    }
    let first_change = !head.changed;
    *head = Head { row: head.row, seq, last_ms: ms, changed: true };
    if first_change {
        heads.changed.push(append.room.clone());
    }
    Ok(Decision::Stored { seq, timestamp: clock::rfc3339(ms) })
}

/// An `id` that its user has used before: the same command again, or another one.
fn repeated(db: &Connection, room: i64, append: &Append) -> rusqlite::Result<Decision> {
    let (seq, ms, same): (i64, i64, bool) = db
        .prepare_cached(
            "SELECT seq, timestamp_ms, room = ?3 AND kind = ?4 AND text = ?5 AND reply IS ?6 AND thread IS ?7
             FROM events WHERE id = ?1 AND user = ?2",
        )?
        .query_row(
            params![
                append.id.as_str(),
                append.user.as_str(),
                room,
                rows::MESSAGE,
                append.text,
                append.reply.map(to_sql),
                append.thread.map(to_sql),
            ],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
    if !same {
        return Ok(Decision::Refused(ErrorCode::IdReused, "this id was used before for another message"));
    }
    let (id, room) = (append.id.clone(), append.room.clone());
    Ok(Decision::Repeated(Ack { id, room, seq: from_sql(seq), timestamp: clock::rfc3339(ms), dup: true }))
}

fn create_room(
    db: &Connection,
    create: &Create,
    now: i64,
) -> rusqlite::Result<Result<RoomRecord, CreateError>> {
    if let Some((_, record)) = reader::find_room(db, &create.key)? {
        return Ok(Err(CreateError::Exists(record)));
    }
    let skeleton = names::skeleton(create.key.as_str());
    let alike: Option<String> = db
        .prepare_cached("SELECT key FROM rooms WHERE skeleton = ?1")?
        .query_row([&skeleton], |row| row.get(0))
        .optional()?;
    if let Some(alike) = alike {
        // A key that is none cannot be told; what was asked looks like it and is at least a key.
        return Ok(Err(CreateError::LooksLike(RoomKey::new(alike).unwrap_or_else(|_| create.key.clone()))));
    }
    db.prepare_cached(
        "INSERT INTO rooms (key, skeleton, title, kind, creator, created_ms, used_ms)
         VALUES (?1, ?2, ?3, 'public', ?4, ?5, ?5)",
    )?
    .execute(params![create.key.as_str(), skeleton, create.title, create.creator.as_str(), now])?;
    let (_, record) = reader::find_room(db, &create.key)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    Ok(Ok(record))
}

type Answers = Vec<(oneshot::Sender<Result<RoomRecord, CreateError>>, Result<RoomRecord, CreateError>)>;

/// Files what the committed transaction made of a job.
fn settle(job: Job, decision: Decision, commit: &mut Commit, answers: &mut Answers) {
    match (job, decision) {
        (Job::Append(append, _), decision) => {
            let origin = append.origin;
            let outcome = match decision {
                Decision::Stored { seq, timestamp } => {
                    let (id, room) = (append.id.clone(), append.room.clone());
                    let ack = Ack { id, room, seq, timestamp: timestamp.clone(), dup: false };
                    commit.events.push(rows::stored(append, seq, timestamp));
                    Outcome::Stored(ack)
                }
                Decision::Repeated(ack) => Outcome::Stored(ack),
                Decision::Refused(code, reason) => Outcome::Refused(rows::refusal(&append, code, reason)),
                Decision::Created(_) => unreachable!("an append is not decided as a room"),
            };
            commit.outcomes.push((origin, outcome));
        }
        (Job::Create(_, answer), Decision::Created(created)) => answers.push((answer, created)),
        _ => {}
    }
}

/// Files that nothing came of a job.
fn refuse(job: Job, failure: Failure, commit: &mut Commit, answers: &mut Answers) {
    let (code, reason, created) = match failure {
        Failure::Full => (
            ErrorCode::StorageFull,
            "the server's disk is full; nothing was stored",
            CreateError::StorageFull,
        ),
        Failure::Busy | Failure::Broken => {
            (ErrorCode::Unavailable, "the server cannot store messages now", CreateError::Unavailable)
        }
    };
    match job {
        Job::Append(append, _) => {
            let outcome = Outcome::Refused(rows::refusal(&append, code, reason));
            commit.outcomes.push((append.origin, outcome));
        }
        Job::Create(_, answer) => answers.push((answer, Err(created))),
        Job::Close => {}
        #[cfg(test)]
        Job::Sql(_) => {}
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

/// The bytes that an append counts for in the queue and in a batch.
pub(super) fn append_bytes(append: &Append) -> usize {
    256 + append.text.len()
}

fn size(job: &Job) -> usize {
    match job {
        Job::Append(append, _) => append_bytes(append),
        _ => 0,
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
