//! What `SQLite` does without the store: the same tables, the same rows, the same commits.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use chat_server::store::{Append, directory as store_directory};
use rusqlite::{Connection, params};

use crate::accept::{Round, messages};
use crate::record::remove;

/// The store's file of the index.
const INDEX: &str = "search.db";

/// Rows of the index in one transaction, as the store's indexer has it at most.
const SLICE: usize = 4096;

/// Takes the tables of the store that was in `directory`, and fills new ones. What the store does beside is left out:
/// looking for repeats, room heads, acknowledgements, reading what is to be indexed, cutting it into words.
pub(crate) fn run(directory: &Path, count: usize, batches: &[usize]) -> Result<Round> {
    let database = store_directory::database(directory);
    let index = directory.join(INDEX);
    let tables = [schema(&database)?, schema(&index)?];
    remove(directory)?;
    std::fs::create_dir_all(directory)?;
    let log = create(&database, &tables[0], "full")?;
    let mut index = create(&index, &tables[1], "normal")?;
    let messages = messages(count);
    let rooms = messages.iter().map(room).max().unwrap_or(0) + 1;
    let mut heads = vec![0_i64; rooms];
    let begin = Instant::now();
    let mut rest = messages.as_slice();
    let mut n = 0;
    for &batch in batches {
        let (now, later) = rest.split_at(batch.min(rest.len()));
        rest = later;
        log.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let mut insert = log.prepare_cached(
            "INSERT INTO events (n, room, seq, id, user, sender, guest, kind, text, reply, thread, timestamp_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'message', ?8, ?9, ?10, ?11)",
        )?;
        for message in now {
            n += 1;
            let room = room(message);
            heads[room] += 1;
            insert.execute(params![
                n,
                room as i64,
                heads[room],
                message.id.as_str(),
                message.user.as_str(),
                &*message.sender,
                message.guest,
                message.text,
                message.reply.map(|seq| seq as i64),
                message.thread.map(|seq| seq as i64),
                1_700_000_000_000_i64 + n,
            ])?;
        }
        log.prepare_cached("COMMIT")?.execute([])?;
    }
    let durable = begin.elapsed();
    for (number, slice) in messages.chunks(SLICE).enumerate() {
        let transaction = index.transaction()?;
        let mut insert = transaction.prepare_cached("INSERT INTO search (rowid, text) VALUES (?1, ?2)")?;
        // Newest first, as the store has it.
        for (place, message) in slice.iter().enumerate().rev() {
            let text = format!("{} \u{E001}{} \u{E000}{}", message.text, message.sender, room(message));
            insert.execute(params![-((number * SLICE + place + 1) as i64), text])?;
        }
        drop(insert);
        transaction.commit()?;
    }
    Ok(Round { durable, indexed: begin.elapsed() })
}

fn room(message: &Append) -> usize {
    let number = message.room.as_str().rsplit('-').next();
    number.and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// What made a database's tables and indexes; those that others make by themselves are not asked for.
fn schema(path: &Path) -> Result<Vec<String>> {
    let db = Connection::open(path).with_context(|| format!("opening {}", path.display()))?;
    let mut statement = db.prepare(
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'search\\_%' ESCAPE '\\'",
    )?;
    let found = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(found)
}

fn create(path: &Path, schema: &[String], synchronous: &str) -> Result<Connection> {
    let db = Connection::open(path)?;
    db.pragma_update(None, "page_size", 4096)?;
    db.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    db.pragma_update(None, "synchronous", synchronous)?;
    db.pragma_update(None, "wal_autocheckpoint", 4000)?;
    db.pragma_update(None, "cache_size", -8192)?;
    for sql in schema {
        db.execute_batch(sql)?;
    }
    Ok(db)
}
