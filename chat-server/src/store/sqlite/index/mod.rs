//! The full-text index: a file of its own beside the database, filled behind the commits by a thread of its own.
//!
//! * **It holds nothing up.** No message waits for it: it takes no lock of the database and shares no transaction.
//! * **It follows the log.** Its watermark, the newest row of `events` that it knows, is in the same file and moves in
//!   the same transactions. So a process that is killed at any moment loses and doubles nothing, a database from
//!   before there was an index is caught up with like one that ran ahead, and whatever changes what can be found is
//!   to be an event ([`indexer`] is the place).
//! * **It can be lost.** It is made of the log alone: a file that is missing, damaged, of another format or of another
//!   history is made anew. It is no part of backups. Where it cannot be written, it falls behind, and says so.
//! * **What was taken out is gone.** It holds the texts' words, so that those of an edited or deleted message can be
//!   taken out of it one by one; freed bytes are overwritten, also those of its write-ahead log ([`indexer`]).
//! * **It is not believed.** What it finds is read from the database, which decides whether it may be shown.

mod indexer;
mod named;
mod search;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;

use protocol::messages::File;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::watch;

pub(super) use self::indexer::{Indexer, newest};
pub(super) use self::search::Searcher;
use crate::core::search::query::Has;
use crate::core::search::tokens;

/// The number of what is in the index, and how. Another one in the file: it is made anew.
const FORMAT: i64 = 2;

/// The tokens are made by [`tokens`] and only parted here. They are kept beside the index, too, because a row can only
/// be taken out by what it was put in with. Numbers of rows are negative ([`row_of`]). Beginnings of two letters, which
/// nearly everything has, are indexed by themselves; longer ones are rare enough to be put together when asked for.
const SCHEMA: &str = "
    CREATE TABLE meta (
        one     INTEGER PRIMARY KEY CHECK (one = 1),
        epoch   TEXT NOT NULL,   -- the history that it is of
        indexed INTEGER NOT NULL -- the newest row of events that is in it
    ) STRICT;
    CREATE VIRTUAL TABLE search USING fts5 (text, columnsize = 0, prefix = '2', tokenize = 'ascii');
";

/// What the threads know of each other.
#[derive(Debug)]
pub(super) struct Index {
    /// The watermark; `None` until the file is open.
    indexed: watch::Sender<Option<i64>>,
    /// How often the file was made anew: whoever reads it must open it again.
    made: AtomicU64,
    /// The indexer waits for a commit.
    idle: AtomicBool,
    closing: AtomicBool,
    thread: OnceLock<Thread>,
    /// How often it failed.
    #[cfg(test)]
    failed: watch::Sender<u32>,
    /// How large the file may become, in pages, so that tests can make it fail; 0 where they do not.
    #[cfg(test)]
    pub(super) pages: std::sync::atomic::AtomicU32,
    /// Searching has no patience at all.
    #[cfg(test)]
    pub(super) impatient: AtomicBool,
}

impl Index {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            indexed: watch::Sender::new(None),
            made: AtomicU64::new(0),
            idle: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            thread: OnceLock::new(),
            #[cfg(test)]
            failed: watch::Sender::new(0),
            #[cfg(test)]
            pages: 0.into(),
            #[cfg(test)]
            impatient: AtomicBool::new(false),
        })
    }

    /// Something was committed. Costs next to nothing where the indexer is at work already.
    pub(super) fn committed(&self) {
        if self.idle.load(Ordering::SeqCst) {
            self.wake();
        }
    }

    /// Ends the indexer after the slice that it is at.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
        self.wake();
    }

    /// Waits until every row up to `n` is in the index. Forever, where it cannot be written or was closed.
    pub(super) async fn reaches(&self, n: i64) {
        let mut indexed = self.indexed.subscribe();
        // The sender lives as long as this.
        let _ = indexed.wait_for(|indexed| indexed.is_some_and(|indexed| indexed >= n)).await;
    }

    #[cfg(test)]
    pub(super) fn failures(&self) -> watch::Receiver<u32> {
        self.failed.subscribe()
    }

    fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}

fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let db = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(super::schema::BUSY)?;
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "cell_size_check", true)?;
    Ok(db)
}

/// The row of the index that the `n`-th event is in: newest first is then the order in which lists of rows are read
/// fastest. It is its own inverse.
fn row_of(n: i64) -> i64 {
    -n
}

/// Tokens that no text has: they begin with a character that is neither letter nor digit.
fn room_token(row: i64) -> String {
    format!("\u{E000}{row}")
}

/// See [`room_token`].
fn sender_token(name: &str) -> String {
    format!("\u{E001}{name}")
}

/// See [`room_token`].
fn has_token(has: Has) -> String {
    format!("\u{E002}{}", has.word())
}

/// A message, as far as it is found by it.
#[derive(Debug, Clone, Copy)]
struct Said<'a> {
    /// The room's row.
    room: i64,
    sender: &'a str,
    /// As it is now.
    text: &'a str,
    /// Its files, as they are told (JSON).
    files: Option<&'a str>,
}

impl Said<'_> {
    /// All that a message is found by, as the index wants it: with spaces between. `None` where it was taken out.
    fn tokens(self) -> Option<String> {
        let Said { room, sender, text, files } = self;
        if text.is_empty() && files.is_none() {
            return None;
        }
        let mut tokens = String::with_capacity(text.len() + text.len() / 4 + 48);
        tokens::tokens(text, |token| {
            tokens.push_str(token);
            tokens.push(' ');
        });
        for has in all_of(text, files) {
            tokens.push_str(&has_token(has));
            tokens.push(' ');
        }
        tokens.push_str(&sender_token(&tokens::name(sender)));
        tokens.push(' ');
        tokens.push_str(&room_token(room));
        Some(tokens)
    }
}

/// What a message has beside words.
fn all_of(text: &str, files: Option<&str>) -> Vec<Has> {
    let mut all = Vec::new();
    if text.contains("http://") || text.contains("https://") {
        all.push(Has::Link);
    }
    // Files that cannot be read are files all the same.
    let files: Option<Vec<File>> = files.map(|files| serde_json::from_str(files).unwrap_or_default());
    if let Some(files) = files {
        all.push(Has::File);
        if files.iter().any(|file| file.kind.starts_with("image/")) {
            all.push(Has::Image);
        }
    }
    all
}
