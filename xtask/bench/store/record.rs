//! A large record, made once and kept.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use chat_server::store::{Append, Commit, Durability, Options, Origin, Outcome, Store};
use protocol::ids::{Id, RoomKey, UserId};
use tokio::runtime::Runtime;

use crate::texts::{Numbers, Ranks, Texts};

/// Changed with whatever is made here: an older record is made anew.
const FORMAT: u32 = 1;
pub(crate) const ROOMS: usize = 1000;
const USERS: u64 = 500;
const SEED: u64 = 0x00C0_FFEE;

/// An open record.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) store: Store,
    pub(crate) runtime: Runtime,
    pub(crate) size: usize,
}

/// Opens the record of `size` messages below `directory`, and makes it if it is not there.
pub(crate) fn open(directory: &Path, size: usize) -> Result<Record> {
    let path = directory.join(format!("record-{size}"));
    let complete = directory.join(format!("record-{size}.format-{FORMAT}"));
    let runtime = runtime()?;
    if !complete.exists() {
        remove(&path)?;
        println!("making a record of {size} messages in {}", path.display());
        let store = Store::open(&path, options(Durability::Normal), Box::new(|commit| check(&commit)))?;
        runtime.block_on(async {
            make_rooms(&store).await?;
            let rooms = Ranks::new(ROOMS, 0.8);
            let mut numbers = Numbers(SEED);
            let mut texts = Texts::new(SEED);
            for number in 0..size {
                let room = rooms.draw(&mut numbers);
                store.append(append(number, room, numbers.below(USERS), texts.next())).await?;
            }
            anyhow::Ok(store.indexed().await?)
        })?;
        runtime.block_on(store.close());
        fs::write(&complete, b"")?;
    }
    let store = Store::open(&path, options(Durability::Full), Box::new(|_| {}))?;
    runtime.block_on(store.indexed())?;
    Ok(Record { store, runtime, size })
}

pub(crate) fn close(record: Record) {
    let Record { store, runtime, .. } = record;
    runtime.block_on(store.close());
}

pub(crate) fn runtime() -> Result<Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().build()?)
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
