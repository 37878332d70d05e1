//! Files: taken in pieces, kept under the hash of their content, given out again.
//!
//! In the data directory `uploads/` holds what is not whole, each under its id, and `files/ab/…` what is, each under the
//! hash of its content: a *blob*, which never changes and is there once, however many messages have it. No name that
//! somebody gave ever reaches the disk. What a file is called, whose it is and which message has it are rows of the
//! database; whoever asks is decided there.
//!
//! A blob and its directory are on the disk before the row that names it, and a blob goes after the last row that named
//! it; both under one lock. What a death in between leaves is swept up at the next start. Of an upload only those bytes
//! count that were synced: a server that was killed goes on from there.

mod copy;
mod disk;
mod finish;
mod keep;
mod picture;
mod receive;
mod send;
mod turns;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::error::{ErrorCode, Refusal};
use protocol::file_name;
use protocol::http::{NewFile, Upload, Uploaded};
use protocol::ids::Id;
use protocol::limits::UPLOAD_BYTES;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Notify, Semaphore, watch};

pub(crate) use self::copy::{Copied, copy_blob};
use self::disk::Disk;
pub(crate) use self::receive::{Piece, Received};
pub(crate) use self::send::{Still, send};
use self::turns::Turns;
use crate::core::policy::Denied;
use crate::store::deeds::{Author, refusal};
use crate::store::files::{Fetched, NewUpload};
use crate::store::{OnCommit, ReadError, Store};

/// How many uploads are checked and put in their place at a time; others wait.
const FINISHING: usize = 2;

/// What files may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file; 0: no files are taken.
    pub file: u64,
    /// Bytes of all files of one person. All guests count as one.
    pub per_user: u64,
    /// Bytes that uploads leave free on the disk.
    pub keep_free: u64,
    /// A piece of an upload may take so long, and a second more for each 4 KiB that came.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file: 100 << 20, per_user: 2 << 30, keep_free: 256 << 20, patience: Duration::from_secs(15) }
    }
}

/// All that is done with files; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    disk: Disk,
    limits: Limits,
    /// Uploads that something came for since the start.
    active: Mutex<HashMap<Id, Arc<Active>>>,
    turns: Turns,
    finishing: Semaphore,
    /// One picture at a time is made small.
    pictures: Semaphore,
    /// Held while a blob is put in its place and its row written, and while one is found needless and deleted.
    blobs: tokio::sync::Mutex<()>,
    stirred: Arc<Notify>,
}

/// An upload that is being received, or was lately.
#[derive(Debug, Default)]
struct Active {
    /// Counted up by each request with a piece: an earlier one makes way, because its connection is probably dead.
    requests: watch::Sender<u64>,
    /// Whoever holds it is the only one to write.
    hashed: Arc<tokio::sync::Mutex<Option<Hashed>>>,
}

/// The hash of an upload's first bytes, so that they need not be read again.
#[derive(Debug, Clone)]
struct Hashed {
    sum: Sha256,
    bytes: u64,
}

/// A file to be given out.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) fetched: Fetched,
    pub(crate) file: std::fs::File,
    /// Its bytes on the disk.
    pub(crate) size: u64,
}

impl Found {
    /// The media type of the small picture, whose first byte tells it.
    pub(crate) fn thumb_kind(&self) -> &'static str {
        use std::os::unix::fs::FileExt as _;
        let mut first = [0];
        match self.file.read_exact_at(&mut first, 0) {
            Ok(()) if first[0] == 0x89 => "image/png",
            _ => "image/jpeg",
        }
    }
}

/// Has what messages leave behind looked at as soon as one is deleted.
pub(crate) fn watch_commits(mut on_commit: OnCommit, stirred: Arc<Notify>) -> OnCommit {
    Box::new(move |commit| {
        let deletes = commit.facts.iter().any(|event| matches!(event, protocol::event::Event::Delete(_)));
        on_commit(commit);
        if deletes {
            stirred.notify_one();
        }
    })
}

impl Files {
    pub(crate) fn new(store: Store, data_dir: &Path, limits: Limits, stirred: Arc<Notify>) -> Self {
        let inner = Inner {
            store,
            disk: Disk::new(data_dir),
            limits,
            active: Mutex::default(),
            turns: Turns::default(),
            finishing: Semaphore::new(FINISHING),
            pictures: Semaphore::new(1),
            blobs: tokio::sync::Mutex::default(),
            stirred,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Makes room for a file.
    pub(crate) async fn announce(&self, author: Author, asked: NewFile) -> Result<Upload, Refusal> {
        let limit = self.inner.limits.file;
        if asked.size > limit || limit == 0 {
            let reason = if limit == 0 {
                "this chat takes no files".to_owned()
            } else {
                format!("a file has at most {limit} bytes; this one has {}", asked.size)
            };
            return Err(Refusal::new(ErrorCode::TooBig, reason));
        }
        let wanted = asked.sha256.as_deref().map(digest).transpose()?;
        self.inner.disk.has_room(asked.size, self.inner.limits.keep_free)?;
        let id = crate::command::new_id();
        let new = NewUpload {
            id: id.clone(),
            room: asked.room,
            name: file_name::safe(&asked.name),
            size: asked.size,
            wanted,
            quota: self.inner.limits.per_user,
        };
        self.inner.store.announce(author, new).await.map_err(refusal)?;
        Ok(Upload { upload: id, offset: 0, chunk: UPLOAD_BYTES as u64 })
    }

    /// How much is there of a file of the author's own.
    pub(crate) async fn offset(&self, author: Author, id: Id) -> Result<Uploaded, Refusal> {
        let found = self.inner.store.upload(author, id).await.map_err(|error| unreadable(&error))?;
        let upload = found.map_err(Denied::refusal)?.ok_or_else(no_file)?;
        Ok(Uploaded {
            offset: upload.file.as_ref().map_or(upload.synced, |file| file.size),
            file: upload.file,
        })
    }

    /// Takes a file back that no message has yet.
    pub(crate) async fn cancel(&self, author: Author, id: Id) -> Result<(), Refusal> {
        self.inner.store.cancel(author, id.clone()).await.map_err(refusal)?;
        let Some(active) = self.active().remove(&id) else {
            self.inner.disk.remove_upload(&id).await;
            self.inner.stirred.notify_one();
            return Ok(());
        };
        // Whoever writes to it makes way first.
        active.requests.send_modify(|count| *count += 1);
        let _alone = active.hashed.lock().await;
        self.inner.disk.remove_upload(&id).await;
        self.inner.stirred.notify_one();
        Ok(())
    }

    /// A file, for somebody who may fetch it; or its small picture.
    pub(crate) async fn find(&self, author: Author, id: Id, thumb: bool) -> Result<Found, Refusal> {
        let found = self.inner.store.fetch(author, id).await.map_err(|error| unreadable(&error))?;
        // Whatever the reason is: it is not there.
        let fetched =
            found.ok().flatten().filter(|found| !thumb || found.content.thumb).ok_or_else(no_file)?;
        let opened = self.inner.disk.open_blob(&fetched.content.hash, thumb).await;
        let (file, size) = opened.map_err(|error| {
            // As it is where a message is deleted at this very moment.
            tracing::warn!(%error, "a file is not on the disk, or cannot be read");
            no_file()
        })?;
        Ok(Found { fetched, file, size })
    }

    /// Whether somebody may still fetch a file.
    pub(crate) async fn may_fetch(&self, author: Author, id: Id) -> bool {
        matches!(self.inner.store.fetch(author, id).await, Ok(Ok(Some(_))))
    }

    fn active(&self) -> MutexGuard<'_, HashMap<Id, Arc<Active>>> {
        // Whole after every statement.
        self.inner.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A hash as it is written.
fn digest(text: &str) -> Result<[u8; 32], Refusal> {
    let wrong = || Refusal::new(ErrorCode::BadFrame, "`sha256` is 64 hexadecimal digits");
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let mut digest = [0; 32];
    for (byte, place) in digest.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[place..place + 2], 16).map_err(|_| wrong())?;
    }
    Ok(digest)
}

/// The hash of no bytes yet.
fn nothing_hashed() -> Hashed {
    Hashed { sum: Sha256::new(), bytes: 0 }
}

pub(crate) fn no_file() -> Refusal {
    Refusal::new(ErrorCode::NotFound, "there is no such file")
}

fn unreadable(error: &ReadError) -> Refusal {
    tracing::warn!(%error, "a question about files could not be answered");
    Refusal::new(ErrorCode::Unavailable, "the store cannot be read now")
}

fn storage_full() -> Refusal {
    Refusal::new(ErrorCode::StorageFull, "the server's disk is full")
}
