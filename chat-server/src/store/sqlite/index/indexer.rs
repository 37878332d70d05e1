//! The thread that fills the index.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use protocol::ids::Epoch;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use thiserror::Error;

use super::{FORMAT, Index, SCHEMA, Said, connect, row_of};
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

/// The kind of a row that changes the text of the message that it answers.
const EDIT: &str = "edit";

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
    /// The write-ahead log may still hold what was taken out.
    unscrubbed: bool,
    /// Whether what is taken out is overwritten, where that is known. While nothing is, filling is faster without.
    secure: Option<bool>,
}

/// What a stretch of the log changes in the index.
#[derive(Default)]
struct Slice {
    rows: usize,
    /// Its last row.
    last: i64,
    /// What each message's row is found by from now on, in the order of the index; `None`: by nothing any more.
    changes: BTreeMap<Reverse<i64>, Option<String>>,
    /// Something may be taken out.
    takes: bool,
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
            if slice.rows == 0 {
                self.wait_for_a_commit(&writing).map_err(IndexError::Log)?;
            } else {
                writing.add(&slice)?;
                *retry = RETRY;
                self.shared.indexed.send_replace(Some(writing.indexed));
            }
            if slice.rows < SLICE_ROWS {
                self.pause(GATHER);
            }
            writing.scrub()?;
        }
        Ok(())
    }

    /// What comes next in the log.
    fn next(&self, indexed: i64) -> rusqlite::Result<Slice> {
        let mut statement = self.log.prepare_cached(
            "SELECT n, room, kind, sender, text, reply, files FROM events WHERE n > ?1 ORDER BY n LIMIT ?2",
        )?;
        let mut found = statement.query(params![indexed, i64::try_from(SLICE_ROWS).unwrap_or(i64::MAX)])?;
        let mut slice = Slice::default();
        let mut bytes = 0;
        while bytes < SLICE_BYTES
            && let Some(row) = found.next()?
        {
            // What cannot be read is found by nothing; so is what an event of another kind says.
            let text = |column: usize| row.get_ref(column).ok().and_then(|value| value.as_str().ok());
            let (n, room) = (row.get(0)?, row.get(1).unwrap_or(0));
            match (text(2), text(4)) {
                (Some(rows::MESSAGE), Some(said)) => {
                    bytes += said.len();
                    let said = Said { room, sender: text(3).unwrap_or_default(), text: said, files: text(6) };
                    if let Some(tokens) = said.tokens() {
                        slice.changes.insert(Reverse(n), Some(tokens));
                    }
                }
                (Some(kind @ (EDIT | kinds::DELETE)), Some(said)) => {
                    let target = row.get::<_, Option<i64>>(5).ok().flatten().unwrap_or(0);
                    let said = (kind == EDIT).then_some(said);
                    bytes += said.map_or(0, str::len);
                    if let Some((target, tokens)) = self.changed(room, target, said)? {
                        slice.changes.insert(Reverse(target), tokens);
                        slice.takes = true;
                    }
                }
                _ => {}
            }
            (slice.rows, slice.last) = (slice.rows + 1, n);
        }
        Ok(slice)
    }

    /// The row of the message at a place, and by what it is found since it says this; taken out, it says nothing.
    fn changed(
        &self,
        room: i64,
        seq: i64,
        text: Option<&str>,
    ) -> rusqlite::Result<Option<(i64, Option<String>)>> {
        self.log
            .prepare_cached(&format!("SELECT n, sender, files FROM events WHERE {}", rows::AT_PLACE))?
            .query_row([room, seq], |row| {
                let sender = row.get_ref(1)?.as_str().unwrap_or_default();
                let files = row.get_ref(2)?.as_str().ok();
                let tokens = text.and_then(|text| Said { room, sender, text, files }.tokens());
                Ok((row.get(0)?, tokens))
            })
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
        // Whoever was killed may not have come to it.
        Ok(Writing { db, indexed, unscrubbed: true, secure: None })
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
        Ok(Writing { db, indexed: 0, unscrubbed: false, secure: None })
    }

    /// Waits until there is something that is not indexed; not long where there is something to be scrubbed.
    fn wait_for_a_commit(&self, writing: &Writing) -> rusqlite::Result<()> {
        self.shared.idle.store(true, Ordering::SeqCst);
        // What was committed before the flag was up woke nobody.
        while newest(&self.log)? <= writing.indexed && !self.is_closing() {
            if writing.unscrubbed {
                thread::park_timeout(GATHER);
                break;
            }
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
        let transaction = self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        {
            // Nothing is put in twice, whoever else may have written the file.
            let indexed: i64 =
                transaction.prepare_cached("SELECT indexed FROM meta")?.query_row([], |row| row.get(0))?;
            if indexed != self.indexed {
                return Err(IndexError::Stranger);
            }
            if self.secure.replace(slice.takes) != Some(slice.takes) {
                let sql = "INSERT INTO search (search, rank) VALUES ('secure-delete', ?1)";
                transaction.prepare_cached(sql)?.execute([slice.takes])?;
            }
            let mut insert =
                transaction.prepare_cached("INSERT INTO search (rowid, text) VALUES (?1, ?2)")?;
            let mut delete = transaction.prepare_cached("DELETE FROM search WHERE rowid = ?1")?;
            for (Reverse(n), tokens) in &slice.changes {
                let row = row_of(*n);
                if slice.takes {
                    delete.execute([row])?;
                }
                if let Some(tokens) = tokens {
                    insert.execute(params![row, tokens])?;
                }
            }
            transaction.prepare_cached("UPDATE meta SET indexed = ?1")?.execute([slice.last])?;
        }
        transaction.commit()?;
        self.indexed = slice.last;
        self.unscrubbed |= slice.takes;
        Ok(())
    }

    /// Empties the write-ahead log, whose older pages hold what was taken out; later, where somebody is reading it now.
    fn scrub(&mut self) -> rusqlite::Result<()> {
        if self.unscrubbed {
            let busy: bool = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
            self.unscrubbed = busy;
        }
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
    db.pragma_update(None, "secure_delete", true)?;
    Ok(db)
}
