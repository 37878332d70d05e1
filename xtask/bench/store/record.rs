//! A large record, made once and kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use chat_server::store::{
    Append, Commit, Durability, Options, Origin, Outcome, Store, directory as store_directory,
};
use protocol::ids::{Id, RoomKey, UserId};
use rusqlite::{Connection, OptionalExtension};
use tokio::runtime::Runtime;

use crate::texts::{Numbers, Ranks, Texts};

/// Changed with whatever is made here: an older record is made anew.
const FORMAT: u32 = 2;
pub(crate) const ROOMS: usize = 1000;
const USERS: u64 = 500;
const SEED: u64 = 0x00C0_FFEE;
/// Of so many messages one is written in a thread, of one of the room's latest.
const THREAD_EVERY: u64 = 25;
const THREAD_REACH: u64 = 100;

/// What a record is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Its messages.
    pub(crate) size: usize,
    /// So many of a hundred are in the first room alone, beside its share of the others.
    pub(crate) giant: u64,
}

/// An open record.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) store: Store,
    pub(crate) runtime: Runtime,
    pub(crate) shape: Shape,
}

/// Where a record is.
pub(crate) fn path(directory: &Path, shape: Shape) -> PathBuf {
    directory.join(format!("record-{}-{}.format-{FORMAT}", shape.size, shape.giant))
}

/// Opens the record below `directory`, and makes what is missing of it, for `patience` at most. `None` where more is
/// missing: the next time goes on there.
pub(crate) fn open(directory: &Path, shape: Shape, patience: Duration) -> Result<Option<Record>> {
    let path = path(directory, shape);
    let end = Instant::now() + patience;
    let runtime = runtime()?;
    let there = stored(&path)?;
    if there < shape.size {
        println!("making a record of {} messages in {}; {there} are there", shape.size, path.display());
        let store = Store::open(&path, options(Durability::Normal), Box::new(|commit| check(&commit)))?;
        runtime.block_on(async {
            if there == 0 {
                make_rooms(&store).await?;
            }
            for append in appends(shape).skip(there).take_while(|_| Instant::now() < end) {
                store.append(append).await?;
            }
            anyhow::Ok(())
        })?;
        runtime.block_on(store.close());
    }
    let there = stored(&path)?;
    if there < shape.size {
        println!("{there} messages are there now");
        return Ok(None);
    }
    crate::keep_to_one_core()?;
    let store = Store::open(&path, options(Durability::Full), Box::new(|_| {}))?;
    let left = end.saturating_duration_since(Instant::now());
    let indexed = runtime.block_on(async { tokio::time::timeout(left, store.indexed()).await });
    if let Ok(indexed) = indexed {
        indexed?;
        return Ok(Some(Record { store, runtime, shape }));
    }
    println!("not all of them are in the index yet");
    runtime.block_on(store.close());
    Ok(None)
}

pub(crate) fn close(record: Record) {
    let Record { store, runtime, .. } = record;
    runtime.block_on(store.close());
}

pub(crate) fn runtime() -> Result<Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_time().build()?)
}

pub(crate) fn options(durability: Durability) -> Options {
    Options { durability, ..Options::default() }
}

/// A store's directory with all that is in it.
pub(crate) fn remove(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", path.display()))
        }
        _ => Ok(()),
    }
}

pub(crate) async fn make_rooms(store: &Store) -> Result<()> {
    for room in 0..ROOMS {
        store.create_room(key(room), format!("Room {room}")).await?;
    }
    Ok(())
}

pub(crate) fn key(room: usize) -> RoomKey {
    RoomKey::new(format!("room-{room}")).expect("a valid key")
}

fn user(number: u64) -> UserId {
    UserId::new(format!("g-{number:026}")).expect("a valid user")
}

/// How many messages are stored: they are numbered, and stored in that order.
fn stored(path: &Path) -> Result<usize> {
    let database = store_directory::database(path);
    if !database.exists() {
        return Ok(0);
    }
    let db = Connection::open(database)?;
    let newest: Option<String> = db
        .query_row("SELECT id FROM events WHERE kind = 'message' ORDER BY n DESC LIMIT 1", [], |row| {
            row.get(0)
        })
        .optional()?;
    newest.map_or(Ok(0), |id| Ok(id.parse::<usize>().context("a number")? + 1))
}

/// The messages of a record: the same ones every time.
fn appends(shape: Shape) -> impl Iterator<Item = Append> {
    let rooms = Ranks::new(ROOMS, 0.8);
    let (mut numbers, mut texts) = (Numbers(SEED), Texts::new(SEED));
    let mut heads = vec![0_u64; ROOMS];
    (0..shape.size).map(move |number| {
        let room = if numbers.below(100) < shape.giant { 0 } else { rooms.draw(&mut numbers) };
        let mut message = append(number, room, numbers.below(USERS), texts.next());
        let back = numbers.below(THREAD_REACH);
        if numbers.below(THREAD_EVERY) == 0 && heads[room] > back {
            message.thread = Some(heads[room] - back);
        }
        heads[room] += 1;
        message
    })
}

/// Message `number`; its id begins with its place in time, as those of real clients do.
pub(crate) fn append(number: usize, room: usize, speaker: u64, text: String) -> Append {
    Append {
        origin: Origin { shard: 0, connection: speaker },
        room: key(room),
        id: Id::new(format!("{number:026}")).expect("a valid id"),
        ordered: false,
        user: user(speaker),
        sender: Arc::from(format!("speaker {speaker}")),
        guest: true,
        text,
        reply: None,
        thread: None,
        mentions: Vec::new(),
        everyone: None,
        here: None,
        files: Vec::new(),
    }
}

/// A message that was refused would make the measurement wrong.
pub(crate) fn check(commit: &Commit) {
    for (_, outcome) in &commit.outcomes {
        assert!(matches!(outcome, Outcome::Stored(_)), "the store refused a message: {outcome:?}");
    }
}
