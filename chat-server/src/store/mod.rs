//! The record: what happened in every room, on disk before anybody is told.
//!
//! # Contract
//!
//! * **Order.** [`Store::append`] puts an event at the end of one queue. Events are stored in the order in which they
//!   entered it, and a room's events get the next `seq` of that room, without holes, in the transaction that stores
//!   them. `on_commit` hears of every append exactly once, in that order, and only when the transaction is on disk
//!   (or was refused): nothing is acknowledged before that.
//! * **Exactly once.** An (`id`, `user`) is stored at most once, ever. A repeat with the same room and body gives the
//!   first acknowledgement again with `dup`; with another room or body it is refused as `id_reused`.
//! * **Visibility.** A read begun after `on_commit` was called (or [`Store::create_room`] returned) sees what was
//!   committed. Reads never wait for writes.
//! * **Bounds.** Waiting appends are bounded in bytes ([`Options::queue`]); at the bound [`Store::append`] waits and
//!   [`Store::try_append`] gives the append back. Waiting reads are bounded in number; at the bound they wait.
//! * **Failure.** A full disk refuses what was being stored with `storage_full`, stores nothing of it and heals by
//!   itself. Another process that holds the database's write lock is waited for. Any other failure to write or
//!   sync means that it is unknown what the disk holds: every later append is refused as `unavailable`,
//!   [`Store::healthy`] is false, and only a restart, which reads the disk anew, helps. Reads go on.
//! * **Search.** What was committed is found soon after, in bounded steps that say whether there is more. The index
//!   is beside the record and made of it; where it is lost or behind, less is found, and nothing else suffers.
//! * **Poison.** A row that cannot be read is served as [`Event::Unknown`] in its place, and so is a missing one.
//!
//! Everything is in one directory, which one process at a time may hold (see [`directory`]).

pub(crate) mod accounts;
pub(crate) mod deeds;
pub mod directory;
mod error;
pub(crate) mod files;
mod idle;
mod search;
mod sqlite;

use std::path::Path;
use std::sync::Arc;

use protocol::error::Refusal;
use protocol::event::{Event, Message};
use protocol::ids::{Epoch, Id, RoomKey, Seq, UserId};
use protocol::messages::Everyone;
use protocol::people::Guests;
use protocol::rooms::Rules;
use protocol::server::{Ack, RoomKind};

use self::deeds::{Author, NewRoom};
pub use self::error::{Closed, ReadError, StoreError, TryAppendError, WorkError};
pub(crate) use self::idle::Idle;
pub use self::search::{
    Found, Has, Hit, Order, QUERY_BYTES, QUERY_TERMS, Query, QueryError, Readable, Search,
};
use self::sqlite::Handle;
pub use self::sqlite::backup;

/// Where an append came from: opaque to the store, given back with its outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Which of the loops that own connections.
    pub shard: u32,
    /// Which connection of it.
    pub connection: u64,
}

/// A message to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// Given back with the outcome.
    pub origin: Origin,
    /// Where.
    pub room: RoomKey,
    /// The sender's name for it.
    pub id: Id,
    /// The sender chose that name: refused for now, it comes again, and later ones of the room wait for it.
    pub ordered: bool,
    /// Who says it.
    pub user: UserId,
    /// Their name now.
    pub sender: Arc<str>,
    /// They are not signed in.
    pub guest: bool,
    /// What they say; the caller checked its size.
    pub text: String,
    /// The message it answers.
    pub reply: Option<Seq>,
    /// The message whose thread it is in, or another one of that thread.
    pub thread: Option<Seq>,
    /// Whom its text names.
    pub mentions: Vec<UserId>,
    /// Whom it calls beside those, if its sender may.
    pub everyone: Option<Everyone>,
    /// Who is there, where that is whom it calls; `None`: too many to be kept one by one.
    pub here: Option<Vec<UserId>>,
    /// Files of the sender's that were uploaded to this room; no two are the same.
    pub files: Vec<Id>,
}

/// What became of an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is on disk, now or (`dup`) since before.
    Stored(Ack),
    /// It is not stored; the refusal names its `id` and room.
    Refused(Refusal),
}

/// What one transaction did, or a stretch of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    /// The new messages: of each room in the order of `seq`.
    pub events: Vec<Message>,
    /// New events that rarer jobs made; they come after `events`, and of each room in the order of `seq`.
    pub facts: Vec<Event>,
    /// New events of the users' own rooms (`@self`), of each in the order of `seq`.
    pub own: Vec<(UserId, Event)>,
    /// Who may no longer be in what: carried out after all of the above, and before anything of a later commit.
    pub cuts: Vec<Cut>,
    /// What became of each append, in the order in which they were submitted.
    pub outcomes: Vec<(Origin, Outcome)>,
}

/// What somebody may be in no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// One room, with all their connections.
    Room {
        /// Who.
        user: UserId,
        /// Which room.
        room: RoomKey,
        /// The event by which it was decided.
        at: Seq,
    },
    /// The server: all their connections are closed.
    User(UserId),
    /// The connections that one session (or a bot's token) proved.
    Session(Id),
}

/// A room as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomRecord {
    /// Its key, never reassigned.
    pub key: RoomKey,
    /// What is shown.
    pub title: String,
    /// Who may join.
    pub kind: RoomKind,
    /// What it is about.
    pub topic: Option<String>,
    /// The oldest event still kept; `head + 1` where the log is empty.
    pub first: Seq,
    /// The newest event; 0 where nothing was ever said.
    pub head: Seq,
    /// How it is to be used.
    pub rules: Rules,
}

/// Which stretch of a room's log to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The one that ends at the head.
    Newest,
    /// The one that ends just before this place.
    Before(Seq),
    /// The one that begins just after this place.
    After(Seq),
    /// The one with this place in its middle.
    Around(Seq),
    /// The one with the first event of this time (milliseconds since 1970) or later in its middle; the newest one where
    /// there is none.
    Since(i64),
}

/// A stretch of a room's log: every event of `first..=last`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In the order of `seq`, without holes.
    pub events: Vec<Event>,
    /// The first place covered; `last + 1` on an empty page.
    pub first: Seq,
    /// The last place covered.
    pub last: Seq,
    /// The room's newest event when the page was read.
    pub head: Seq,
    /// There is more in the direction that was asked: before the page, or after it for [`At::After`].
    pub more: bool,
    /// The oldest event that the room still keeps.
    pub room_first: Seq,
}

/// When a commit counts as done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// When it is on the disk: nothing acknowledged is lost, not even when the power fails.
    #[default]
    Full,
    /// When the operating system has it: survives the death of this process, but not of the machine.
    Normal,
}

/// How a store works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// When a commit counts as done.
    pub durability: Durability,
    /// Threads that read.
    pub readers: usize,
    /// Bytes of appends that may wait to be stored.
    pub queue: usize,
    /// What guests may do.
    pub guests: Guests,
}

impl Default for Options {
    fn default() -> Self {
        Self { durability: Durability::Full, readers: 2, queue: 8 << 20, guests: Guests::On }
    }
}

/// Hears of every commit, on the writer's thread.
pub type OnCommit = Box<dyn FnMut(Arc<Commit>) + Send>;

/// A handle to the store; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    handle: Arc<Handle>,
}

impl Store {
    /// Opens the database in `dir`, makes both if they are absent, and brings an older schema up to date.
    ///
    /// Blocks for the time it takes. Refuses a directory that another process holds or that is not ours, and a
    /// database of another application or of a newer version, without touching them.
    pub fn open(dir: &Path, options: Options, on_commit: OnCommit) -> Result<Self, StoreError> {
        Ok(Self { handle: Arc::new(Handle::open(dir, options, on_commit)?) })
    }

    /// Submits a message; waits while the queue is full. `on_commit` tells what became of it.
    pub async fn append(&self, append: Append) -> Result<(), Closed> {
        self.handle.append(append).await
    }

    /// Submits a message unless that would have to wait.
    #[expect(clippy::result_large_err, reason = "a full queue gives the append back, which is the point")]
    pub fn try_append(&self, append: Append) -> Result<(), TryAppendError> {
        self.handle.try_append(append)
    }

    /// Makes a public room that belongs to the server. Its key is unique, and so is what it looks like
    /// ([`protocol::names::skeleton`]).
    pub async fn create_room(
        &self,
        key: RoomKey,
        title: String,
    ) -> Result<RoomRecord, WorkError<Box<Refusal>>> {
        let made = NewRoom { key: key.clone(), title, kind: RoomKind::Public, topic: None };
        let id = Id::new("room").expect("it is an id");
        self.make_room(Author::server(), made, id).await?;
        self.room(key).await.ok().flatten().ok_or(WorkError::Unavailable)
    }

    /// A room, or `None` where there is none of this key.
    pub async fn room(&self, key: RoomKey) -> Result<Option<RoomRecord>, ReadError> {
        self.handle.read(move |reader| reader.room(&key)).await
    }

    /// All rooms of all kinds, most recently used first (to the second), at most `limit`: for whoever runs the server.
    pub async fn rooms(&self, limit: usize) -> Result<Vec<RoomRecord>, ReadError> {
        self.handle.read(move |reader| reader.rooms(limit)).await
    }

    /// A stretch of a room's log of at most `limit` events and about `max_bytes` bytes of text, but at least one
    /// event where there is one; `None` where there is no such room. The events are as they happened: of what later ones
    /// did to messages only deletions show.
    pub async fn page(
        &self,
        room: RoomKey,
        at: At,
        limit: u32,
        max_bytes: usize,
    ) -> Result<Option<Page>, ReadError> {
        self.handle.read(move |reader| reader.page(&room, at, limit, max_bytes)).await
    }

    /// What answers a question. Takes up to about 250 ms; of several, some wait, so that [`Store::page`] does not.
    pub async fn search(&self, search: Search) -> Result<Found, ReadError> {
        self.handle.search(search).await
    }

    /// Waits until everything that is committed now can be found; forever, where the index cannot be written.
    pub async fn indexed(&self) -> Result<(), ReadError> {
        self.handle.indexed().await
    }

    /// The history that all `seq`s belong to: made with the database, made anew when a backup is restored.
    pub fn epoch(&self) -> &Epoch {
        self.handle.epoch()
    }

    /// The key under which guests' tokens are hashed; made with the database.
    pub fn secret(&self) -> &[u8; 32] {
        self.handle.secret()
    }

    /// Where the threads that feed the store say when they have nothing to do.
    pub(crate) fn idle(&self) -> &Arc<Idle> {
        self.handle.idle()
    }

    /// False after a write failed in a way that only a restart can clear.
    pub fn healthy(&self) -> bool {
        self.handle.healthy()
    }

    /// Stores what was submitted before, then ends the threads and lets go of the directory. Later calls on other
    /// clones give [`Closed`].
    pub async fn close(self) {
        self.handle.close().await;
    }
}
