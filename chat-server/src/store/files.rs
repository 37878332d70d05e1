//! Files in the store: whose they are, which message has them, and which blobs are needed.
//!
//! What a file consists of is on the disk beside the database, under the hash of its content ([`crate::files`]); a row
//! that names a blob is written after the blob is on disk, and a blob is deleted after no row names it.

use protocol::error::Refusal;
use protocol::ids::{Id, RoomKey};
use protocol::messages::File;

use super::deeds::{Author, Seen, Undone};
use super::sqlite::files as sql;
use super::{ReadError, Store, WorkError};

/// The SHA-256 of a file's content.
pub(crate) type Digest = [u8; 32];

/// A file to be uploaded; what is asked was checked.
#[derive(Debug, Clone)]
pub(crate) struct NewUpload {
    pub(crate) id: Id,
    pub(crate) room: RoomKey,
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) wanted: Option<Digest>,
    /// The bytes of all files that its uploader may have.
    pub(crate) quota: u64,
}

/// A file as its uploader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upload {
    pub(crate) size: u64,
    pub(crate) wanted: Option<Digest>,
    /// Bytes that are on the disk for sure.
    pub(crate) synced: u64,
    /// It is whole.
    pub(crate) file: Option<File>,
}

/// What was found out about a file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) hash: Digest,
    pub(crate) size: u64,
    pub(crate) kind: String,
    /// Of a picture: its width and height.
    pub(crate) pixels: Option<(u32, u32)>,
    pub(crate) thumb: bool,
}

/// A file that somebody may fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fetched {
    pub(crate) name: String,
    pub(crate) content: Content,
}

impl Store {
    /// Makes room for a file of the author's.
    pub(crate) async fn announce(&self, author: Author, new: NewUpload) -> Result<(), Undone> {
        let bytes = new.name.len();
        self.handle.deed(author, bytes, move |deed| sql::announce(deed, &new)).await
    }

    /// A file that the author uploads, or has uploaded, to a room where they may say something.
    pub(crate) async fn upload(&self, author: Author, id: Id) -> Seen<Option<Upload>> {
        let guests = self.handle.guests();
        self.handle.read(move |reader| sql::upload(reader, &author, guests, &id)).await
    }

    /// So many bytes of an upload are on the disk.
    pub(crate) async fn uploaded(&self, id: Id, synced: u64) -> Result<(), WorkError<Refusal>> {
        let work = move |turn: &mut sql::Turn<'_, '_>| {
            turn.leave_facts();
            sql::uploaded(turn, &id, synced).map(Ok)
        };
        self.handle.work(64, work).await
    }

    /// An upload is whole, and its blob is on the disk.
    pub(crate) async fn complete(&self, id: Id, content: Content) -> Result<File, WorkError<Refusal>> {
        let work = move |turn: &mut sql::Turn<'_, '_>| {
            turn.leave_facts();
            sql::complete(turn, &id, &content)
        };
        self.handle.work(256, work).await
    }

    /// Forgets an upload that came to nothing.
    pub(crate) async fn discard(&self, id: Id) -> Result<(), WorkError<Refusal>> {
        let work = move |turn: &mut sql::Turn<'_, '_>| {
            turn.leave_facts();
            sql::discard(turn.db(), &id).map(Ok)
        };
        self.handle.work(64, work).await
    }

    /// Takes a file of the author's back, unless a message has it.
    pub(crate) async fn cancel(&self, author: Author, id: Id) -> Result<(), Undone> {
        self.handle.deed(author, 0, move |deed| sql::cancel(deed, &id)).await
    }

    /// A whole file, for somebody who may fetch it: whoever may read its room, once a message has it, and before that
    /// its uploader.
    pub(crate) async fn fetch(&self, author: Author, id: Id) -> Seen<Option<Fetched>> {
        let guests = self.handle.guests();
        self.handle.read(move |reader| sql::fetch(reader, &author, guests, &id)).await
    }

    /// What is known of a blob; `None` where no file has it.
    pub(crate) async fn content(&self, hash: Digest) -> Result<Option<Content>, ReadError> {
        self.handle.read(move |reader| Ok(sql::content(reader.db(), &hash)?)).await
    }

    /// The blobs that files have whose hashes begin with this byte.
    pub(crate) async fn blobs(&self, first: u8) -> Result<Vec<Digest>, ReadError> {
        self.handle.read(move |reader| Ok(sql::blobs(reader.db(), first)?)).await
    }

    /// The uploads that are not whole.
    pub(crate) async fn uploads(&self) -> Result<Vec<Id>, ReadError> {
        self.handle.read(move |reader| Ok(sql::uploads(reader.db())?)).await
    }

    /// Forgets what no message took and nothing came of for so many milliseconds, and uploads of which nothing came at
    /// all for so many; says which uploads were not whole.
    pub(crate) async fn forget_stale(
        &self,
        age_ms: i64,
        empty_ms: i64,
    ) -> Result<Vec<Id>, WorkError<Refusal>> {
        let work = move |turn: &mut sql::Turn<'_, '_>| {
            turn.leave_facts();
            sql::forget_stale(turn, age_ms, empty_ms).map(Ok)
        };
        self.handle.work(64, work).await
    }

    /// Blobs that a file was taken away from, and whether no other has them; at most `limit`.
    pub(crate) async fn garbage(&self, limit: u32) -> Result<Vec<(Digest, bool)>, ReadError> {
        self.handle.read(move |reader| Ok(sql::garbage(reader.db(), limit)?)).await
    }

    /// These were looked at, and are gone from the disk or needed. What was needed and is no more by now is looked at
    /// again.
    pub(crate) async fn swept(&self, looked_at: Vec<(Digest, bool)>) -> Result<(), WorkError<Refusal>> {
        let work = move |turn: &mut sql::Turn<'_, '_>| {
            turn.leave_facts();
            sql::swept(turn.db(), &looked_at).map(Ok)
        };
        self.handle.work(64, work).await
    }
}
