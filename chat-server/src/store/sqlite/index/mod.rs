//! The full-text index: a file of its own beside the database, filled behind the commits by a thread of its own.
//!
//! * **It holds nothing up.** No message waits for it: it takes no lock of the database and shares no transaction.
//! * **It follows the log.** Its watermark, the newest row of `events` that it knows, is in the same file and moves in
//!   the same transactions. So a process that is killed at any moment loses and doubles nothing, a database from
//!   before there was an index is caught up with like one that ran ahead, and whatever changes what can be found is
//!   to be an event ([`indexer`] is the place).
//! * **It can be lost.** It is made of the log alone: a file that is missing, damaged, of another format or of another
//!   history is made anew. It is no part of backups. Where it cannot be written, it falls behind, and says so.
//! * **It is not believed.** What it finds is read from the database, which decides whether it may be shown.

mod indexer;
mod search;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::watch;

pub(super) use self::indexer::{Indexer, newest};
pub(super) use self::search::Searcher;
use crate::core::search::query::Has;
use crate::core::search::tokens;

/// The number of what is in the index, and how. Another one in the file: it is made anew.
const FORMAT: i64 = 1;

/// Contentless: the texts are in the database. Rows can be taken out by their number alone. The tokens are made by
/// [`tokens`] and only parted here.
const SCHEMA: &str = "
    CREATE TABLE meta (
        one     INTEGER PRIMARY KEY CHECK (one = 1),
        epoch   TEXT NOT NULL,   -- the history that it is of
        indexed INTEGER NOT NULL -- the newest row of events that is in it
    ) STRICT;
    CREATE VIRTUAL TABLE search USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'ascii');
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

/// Tokens that no text has: they begin with a character that is neither letter nor digit.
fn room_token(row: i64) -> String {
    format!("\u{E000}{row}")
}

/// See [`room_token`].
fn sender_token(name: &str) -> String {
    format!("\u{E001}{name}")
}

/// See [`room_token`].
fn has_token(has: Has) -> &'static str {
    match has {
        Has::Link => "\u{E002}link",
    }
}

/// All that a message is found by, as the index wants it: with spaces between.
fn prepared(room: i64, sender: &str, text: &str) -> String {
    let mut prepared = String::with_capacity(text.len() + text.len() / 4 + 48);
    tokens::tokens(text, |token| {
        prepared.push_str(token);
        prepared.push(' ');
    });
    if text.contains("http://") || text.contains("https://") {
        prepared.push_str(has_token(Has::Link));
        prepared.push(' ');
    }
    prepared.push_str(&sender_token(&tokens::name(sender)));
    prepared.push(' ');
    prepared.push_str(&room_token(room));
    prepared
}
