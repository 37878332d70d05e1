//! The thread that fills the index.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use protocol::ids::Epoch;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use thiserror::Error;

use super::{FORMAT, Index, SCHEMA, connect, prepared};
use crate::store::StoreError;
use crate::store::directory::Directory;
use crate::store::sqlite::{kinds, rows, schema};

/// What one transaction of the index holds at most: so many rows, and texts of so many bytes (one more may go over).
const SLICE_ROWS: usize = 4096;
const SLICE_BYTES: usize = 2 << 20;

/// How long the indexer waits for more after a first commit: many rows in one transaction cost much less than each in
/// its own, and nobody searches for what was said a moment ago.
const GATHER: Duration = Duration::from_millis(200);

/// How much this thread stands back where all cores are busy: it gets a third of what another one gets.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// How long it waits after a failure, at first and at most.
const RETRY: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_mins(1);

/// The thread's own state.
pub(in crate::store::sqlite) struct Indexer {
    /// The database, for reading.
    log: Connection,
    path: PathBuf,
    epoch: Epoch,
    shared: Arc<Index>,
    /// Held until the last slice is done.
    _directory: Arc<Directory>,
}

/// An open index file.
struct Writing {
    db: Connection,
    indexed: i64,
}

/// Rows of the log with what they are found by; `None` where that is nothing.
type Slice = Vec<(i64, Change)>;

/// What an event of the log changes in the index.
enum Change {
    Nothing,
    /// It is found by these tokens.
    Put(String),
    /// The event of this row is found no more.
    Take(i64),
}

/// Why the index does not follow the log.
#[derive(Debug, Error)]
enum IndexError {
    #[error("the database cannot be read: {0}")]
    Log(rusqlite::Error),
    #[error("{0}")]
    File(#[from] rusqlite::Error),
    #[error("{0}")]
    Remove(io::Error),
    #[error("{0}")]
    Protect(StoreError),
    #[error("it is of {0}")]
    Misfit(&'static str),
    #[error("something else wrote it")]
    Stranger,
}

impl Indexer {
    /// An indexer of the database in `directory`; its file there need not exist.
    pub(in crate::store::sqlite) fn new(
        directory: Arc<Directory>,
        epoch: Epoch,
        shared: Arc<Index>,
    ) -> Result<Self, StoreError> {
        let log = schema::open_for_reading(&directory.database())?;
        Ok(Self { log, path: directory.index(), epoch, shared, _directory: directory })
    }

    /// Works until it is closed.
    pub(in crate::store::sqlite) fn run(self) {
        self.shared.thread.get_or_init(thread::current);
        // Whoever waits for a message comes first. (On other systems this would be the priority of the whole process.)
        #[cfg(target_os = "linux")]
        let _ = rustix::process::setpriority_process(None, NICENESS);
        let mut retry = RETRY;
        let mut spoilt = false;
        while !self.is_closing() {
            let Err(error) = self.follow(spoilt, &mut retry) else { return };
            tracing::warn!(%error, "the search index cannot be written for now; new messages are not found");
            #[cfg(test)]
            self.shared.failed.send_modify(|failed| *failed += 1);
            spoilt = error.is_damage();
            self.pause(retry);
            retry = (retry * 2).min(RETRY_MAX);
        }
    }

    /// Follows the log until it is closed or fails.
    fn follow(&self, anew: bool, retry: &mut Duration) -> Result<(), IndexError> {
        let mut writing = if anew { self.create()? } else { self.open()? };
        self.shared.indexed.send_replace(Some(writing.indexed));
        while !self.is_closing() {
            #[cfg(test)]
            match self.shared.pages.load(Ordering::SeqCst) {
                0 => {}
                pages => writing.db.pragma_update(None, "max_page_count", pages)?,
            }
            // Read before the transaction begins: no snapshot of the database is held while the index is written.
            let slice = self.next(writing.indexed).map_err(IndexError::Log)?;
            let rows = slice.len();
            if rows == 0 {
                self.wait_for_a_commit(writing.indexed).map_err(IndexError::Log)?;
            } else {
                writing.add(&slice)?;
                *retry = RETRY;
                self.shared.indexed.send_replace(Some(writing.indexed));
            }
            if rows < SLICE_ROWS {
                self.pause(GATHER);
            }
        }
        Ok(())
    }

    /// What comes next in the log.
    fn next(&self, indexed: i64) -> rusqlite::Result<Slice> {
        let mut statement = self.log.prepare_cached(
            "SELECT n, room, kind, sender, text, reply FROM events WHERE n > ?1 ORDER BY n LIMIT ?2",
        )?;
        let mut found = statement.query(params![indexed, i64::try_from(SLICE_ROWS).unwrap_or(i64::MAX)])?;
        let mut slice = Vec::new();
        let mut bytes = 0;
        while bytes < SLICE_BYTES
            && let Some(row) = found.next()?
        {
            // What cannot be read is found by nothing; so is what an event of another kind says.
            let text = |column: usize| row.get_ref(column).ok().and_then(|value| value.as_str().ok());
            let change = match (text(2), text(4)) {
                (Some(rows::MESSAGE), Some(said)) if !said.is_empty() => {
                    bytes += said.len();
                    Change::Put(prepared(row.get(1).unwrap_or(0), text(3).unwrap_or_default(), said))
                }
                (Some(kinds::DELETE), _) => {
                    let target = row.get::<_, Option<i64>>(5).ok().flatten().unwrap_or(0);
                    self.row_at(row.get(1).unwrap_or(0), target)?.map_or(Change::Nothing, Change::Take)
                }
                _ => Change::Nothing,
            };
            slice.push((row.get(0)?, change));
        }
        Ok(slice)
    }

    /// The row of the event at a place.
    fn row_at(&self, room: i64, seq: i64) -> rusqlite::Result<Option<i64>> {
        self.log
            .prepare_cached(&format!("SELECT n FROM events WHERE {}", rows::AT_PLACE))?
            .query_row([room, seq], |row| row.get(0))
            .optional()
    }

    /// Opens the file, and makes it anew if it does not fit.
    fn open(&self) -> Result<Writing, IndexError> {
        if self.path.exists() {
            match self.open_as_it_is() {
                Err(error) if error.is_damage() => tracing::info!(%error, "the search index is made anew"),
                opened => return opened,
            }
        }
        self.create()
    }

    fn open_as_it_is(&self) -> Result<Writing, IndexError> {
        let newest = newest(&self.log).map_err(IndexError::Log)?;
        let db = prepare(connect(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?)?;
        let format: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if format != FORMAT {
            return Err(IndexError::Misfit("another format"));
        }
        let (epoch, indexed): (String, i64) =
            db.query_row("SELECT epoch, indexed FROM meta", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if epoch != self.epoch.as_str() {
            return Err(IndexError::Misfit("another history"));
        }
        if indexed > newest {
            // With `--durability normal` the machine went down: what it knows too much will be other messages.
            return Err(IndexError::Misfit("more than happened"));
        }
        Ok(Writing { db, indexed })
    }

    fn create(&self) -> Result<Writing, IndexError> {
        self.shared.indexed.send_replace(None);
        for suffix in ["", "-wal", "-shm"] {
            let mut name = self.path.clone().into_os_string();
            name.push(suffix);
            match fs::remove_file(PathBuf::from(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(IndexError::Remove(error));
                }
                _ => {}
            }
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let db = connect(&self.path, flags)?;
        schema::protect(&self.path).map_err(IndexError::Protect)?;
        let mut db = prepare(db)?;
        let transaction = db.transaction()?;
        transaction.execute_batch(SCHEMA)?;
        transaction.execute("INSERT INTO meta VALUES (1, ?1, 0)", [self.epoch.as_str()])?;
        transaction.pragma_update(None, "user_version", FORMAT)?;
        transaction.commit()?;
        self.shared.made.fetch_add(1, Ordering::SeqCst);
        Ok(Writing { db, indexed: 0 })
    }

    /// Waits until there is something after `indexed`.
    fn wait_for_a_commit(&self, indexed: i64) -> rusqlite::Result<()> {
        self.shared.idle.store(true, Ordering::SeqCst);
        // What was committed before the flag was up woke nobody.
        while newest(&self.log)? <= indexed && !self.is_closing() {
            thread::park();
        }
        self.shared.idle.store(false, Ordering::SeqCst);
        Ok(())
    }

    /// Waits, but not longer than until the end.
    fn pause(&self, time: Duration) {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now())
            && !self.is_closing()
        {
            thread::park_timeout(left);
        }
    }

    fn is_closing(&self) -> bool {
        self.shared.closing.load(Ordering::SeqCst)
    }
}

impl Writing {
    /// Puts a slice into the index, and moves the watermark with it.
    fn add(&mut self, slice: &Slice) -> Result<(), IndexError> {
        let Some(&(last, _)) = slice.last() else { return Ok(()) };
        let transaction = self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        {
            // Nothing is put in twice, whoever else may have written the file.
            let indexed: i64 =
                transaction.prepare_cached("SELECT indexed FROM meta")?.query_row([], |row| row.get(0))?;
            if indexed != self.indexed {
                return Err(IndexError::Stranger);
            }
            // In the order of the log and with the watermark, each change happens once.
            let mut insert =
                transaction.prepare_cached("INSERT INTO search (rowid, text) VALUES (?1, ?2)")?;
            let mut delete = transaction.prepare_cached("DELETE FROM search WHERE rowid = ?1")?;
            for (n, change) in slice {
                match change {
                    Change::Nothing => 0,
                    Change::Put(tokens) => insert.execute(params![n, tokens])?,
                    Change::Take(target) => delete.execute([target])?,
                };
            }
            transaction.prepare_cached("UPDATE meta SET indexed = ?1")?.execute([last])?;
        }
        transaction.commit()?;
        self.indexed = last;
        Ok(())
    }
}

impl IndexError {
    /// Whether the file is of no use; otherwise it may be written again later.
    fn is_damage(&self) -> bool {
        use rusqlite::ErrorCode as Code;
        match self {
            Self::Misfit(_) => true,
            Self::File(error) => !matches!(
                error.sqlite_error_code(),
                Some(
                    Code::DiskFull
                        | Code::DatabaseBusy
                        | Code::DatabaseLocked
                        | Code::OutOfMemory
                        | Code::SystemIoFailure
                        | Code::CannotOpen
                        | Code::PermissionDenied
                        | Code::ReadOnly
                )
            ),
            Self::Log(_) | Self::Remove(_) | Self::Protect(_) | Self::Stranger => false,
        }
    }
}

/// The newest row of the log.
pub(in crate::store::sqlite) fn newest(log: &Connection) -> rusqlite::Result<i64> {
    log.prepare_cached("SELECT coalesce(max(n), 0) FROM events")?.query_row([], |row| row.get(0))
}

fn prepare(db: Connection) -> rusqlite::Result<Connection> {
    db.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // What a power failure takes is indexed again, for the watermark goes with it.
    db.pragma_update(None, "synchronous", "normal")?;
    db.pragma_update(None, "wal_autocheckpoint", 4000)?;
    db.pragma_update(None, "journal_size_limit", 16 << 20)?;
    db.pragma_update(None, "cache_size", -8192)?;
    Ok(db)
}
