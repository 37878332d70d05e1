//! Receiving a piece of an upload: to the disk as it comes, and counted only when it is synced.

use std::fs::File;
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use protocol::error::{ErrorCode, Refusal};
use protocol::http::Uploaded;
use protocol::ids::Id;
use protocol::limits::UPLOAD_BYTES;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::{Active, Files, Hashed, disk, no_file, nothing_hashed, storage_full, unreadable};
use crate::command::accounts::unwritten;
use crate::core::policy::Denied;
use crate::store::deeds::Author;
use crate::store::files::Upload;

/// Bytes that are gathered before they are written.
const BUFFER: usize = 256 << 10;
/// A body has a second more for each so many bytes that came.
const BYTES_PER_SECOND: u64 = 4096;
/// How long an earlier request for the same upload has to make way.
const MAKE_WAY: Duration = Duration::from_secs(10);

/// A part of a request's body. Where they end without [`Piece::End`] the body broke off.
#[derive(Debug)]
pub(crate) enum Piece {
    Bytes(Bytes),
    End,
}

/// A request with a piece.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) author: Author,
    pub(crate) address: IpAddr,
    pub(crate) id: Id,
    /// Where it begins.
    pub(crate) offset: u64,
    /// The bytes that it says it has.
    pub(crate) length: Option<u64>,
}

/// Why no more is taken of a body.
enum Stop {
    /// It is complete.
    End,
    /// It broke off, or another request goes on with the upload; what came is kept.
    Broken(&'static str),
    /// There is more of it than there may be.
    TooLong,
    Failed(io::Error),
}

impl Files {
    /// Takes a piece. To be run in a task of its own: it ends in good order also where whoever asked is gone.
    pub(crate) async fn receive(
        self,
        asked: Received,
        body: mpsc::Receiver<Piece>,
    ) -> Result<Uploaded, Refusal> {
        let _turn = self.inner.turns.take(&asked.author.user, asked.address)?;
        self.own(&asked).await?;
        let active = Arc::clone(self.active().entry(asked.id.clone()).or_default());
        let mut mine = 0;
        active.requests.send_modify(|count| {
            *count += 1;
            mine = *count;
        });
        let waiting = timeout(MAKE_WAY, Arc::clone(&active.hashed).lock_owned()).await;
        let mut hashed = waiting.map_err(|_| {
            Refusal::new(ErrorCode::RateLimited, "this upload goes on elsewhere").with_retry_ms(1000)
        })?;
        let upload = match self.own(&asked).await {
            Ok(upload) => upload,
            Err(refusal) => {
                self.active().remove(&asked.id);
                return Err(refusal);
            }
        };
        if let Some(file) = upload.file.clone() {
            self.active().remove(&asked.id);
            // Whoever has not heard that it is whole asks with nothing more to send.
            return if asked.length == Some(0) {
                Ok(Uploaded { offset: file.size, file: Some(file) })
            } else {
                Err(bad_offset(file.size))
            };
        }
        let Some(mut sink) = self.open(&asked, &upload, hashed.take()).await? else {
            self.inner.store.uploaded(asked.id, 0).await.map_err(unwritten)?;
            return Err(bad_offset(0));
        };
        let most = (upload.size - upload.synced).min(UPLOAD_BYTES as u64);
        let stop = sink.fill(body, most, self.inner.limits.patience, &active, mine).await;
        let broken = match stop {
            Stop::End => None,
            Stop::Broken(reason) => Some(Refusal::new(ErrorCode::BadFrame, reason)),
            Stop::TooLong => {
                sink.cut_back(upload.synced).await;
                return Err(too_long(&upload));
            }
            Stop::Failed(error) => return Err(self.failed(&asked.id, sink, &upload, &error).await),
        };
        let (at, sum) = match sink.sync().await {
            Ok(synced) => synced,
            Err((sink, error)) => return Err(self.failed(&asked.id, sink, &upload, &error).await),
        };
        self.inner.store.uploaded(asked.id.clone(), at).await.map_err(unwritten)?;
        *hashed = sum;
        match broken {
            Some(refusal) => Err(refusal),
            None if at == upload.size => self.finish(&asked.id, &upload, hashed).await,
            None => Ok(Uploaded { offset: at, file: None }),
        }
    }

    /// The upload that is asked for, as it is now.
    async fn own(&self, asked: &Received) -> Result<Upload, Refusal> {
        let found = self.inner.store.upload(asked.author.clone(), asked.id.clone()).await;
        found.map_err(|error| unreadable(&error))?.map_err(Denied::refusal)?.ok_or_else(no_file)
    }

    /// Makes ready to write; `None` where less is on the disk than there should be.
    async fn open(
        &self,
        asked: &Received,
        upload: &Upload,
        hashed: Option<Hashed>,
    ) -> Result<Option<Sink>, Refusal> {
        if asked.offset != upload.synced {
            return Err(bad_offset(upload.synced));
        }
        let left = upload.size - upload.synced;
        if asked.length.is_some_and(|length| length > left.min(UPLOAD_BYTES as u64)) {
            return Err(too_long(upload));
        }
        self.inner.disk.has_room(left, self.inner.limits.keep_free)?;
        let (disk, id, synced) = (self.inner.disk.clone(), asked.id.clone(), upload.synced);
        let opened = tokio::task::spawn_blocking(move || disk.open_upload(&id, synced)).await;
        let opened = opened.map_err(io::Error::other).flatten().map_err(|error| disk_failed(&error))?;
        let hashed = hashed.filter(|hashed| hashed.bytes == synced);
        let hashed = hashed.or_else(|| (synced == 0).then(nothing_hashed));
        Ok(opened.map(|file| Sink { file: Arc::new(file), at: synced, buffer: Vec::new(), hashed }))
    }

    /// What is to be said where the disk failed. A full one gives up only what came of this piece.
    async fn failed(&self, id: &Id, sink: Sink, upload: &Upload, error: &io::Error) -> Refusal {
        if disk::is_full(error) {
            sink.cut_back(upload.synced).await;
        } else {
            // It is not known what the disk holds.
            self.discard(id).await;
        }
        disk_failed(error)
    }

    /// Forgets an upload that cannot become whole.
    pub(super) async fn discard(&self, id: &Id) {
        if let Err(error) = self.inner.store.discard(id.clone()).await {
            tracing::warn!(%error, "an upload that came to nothing stays for a day");
        }
        self.active().remove(id);
        self.inner.disk.remove_upload(id).await;
    }
}

/// An upload's file, being written.
struct Sink {
    file: Arc<File>,
    /// Where `buffer` belongs.
    at: u64,
    buffer: Vec<u8>,
    /// `None` where what was there before is not hashed.
    hashed: Option<Hashed>,
}

impl Sink {
    /// Writes what comes, up to so many bytes, until it ends.
    async fn fill(
        &mut self,
        mut body: mpsc::Receiver<Piece>,
        most: u64,
        patience: Duration,
        active: &Active,
        mine: u64,
    ) -> Stop {
        let mut newer = active.requests.subscribe();
        let begun = Instant::now();
        let mut came = 0;
        loop {
            let deadline = begun + patience + Duration::from_secs(came / BYTES_PER_SECOND);
            let piece = tokio::select! {
                piece = timeout_at(deadline, body.recv()) => piece,
                _ = newer.wait_for(|count| *count > mine) => {
                    return Stop::Broken("another request goes on with this upload");
                }
            };
            let bytes = match piece {
                Ok(Some(Piece::Bytes(bytes))) => bytes,
                Ok(Some(Piece::End)) => return Stop::End,
                Ok(None) => return Stop::Broken("the body broke off"),
                Err(_) => return Stop::Broken("the body came too slowly"),
            };
            came += bytes.len() as u64;
            if came > most {
                return Stop::TooLong;
            }
            self.buffer.extend_from_slice(&bytes);
            if self.buffer.len() >= BUFFER
                && let Err(error) = self.write().await
            {
                return Stop::Failed(error);
            }
        }
    }

    /// Brings what was gathered to the disk. What is written belongs to this upload until it is written, whatever
    /// becomes of whoever waits for it.
    async fn write(&mut self) -> io::Result<()> {
        let (file, at) = (Arc::clone(&self.file), self.at);
        let (buffer, hashed) = (std::mem::take(&mut self.buffer), self.hashed.take());
        let write = move || {
            let written = file.write_all_at(&buffer, at);
            let hashed = hashed.map(|Hashed { mut sum, bytes }| {
                sha2::Digest::update(&mut sum, &buffer);
                Hashed { sum, bytes: bytes + buffer.len() as u64 }
            });
            (buffer, hashed, written)
        };
        let (mut buffer, hashed, written) =
            tokio::task::spawn_blocking(write).await.map_err(io::Error::other)?;
        self.at += buffer.len() as u64;
        buffer.clear();
        (self.buffer, self.hashed) = (buffer, hashed);
        written
    }

    /// Makes sure that all that came is on the disk; says up to where, and its hash.
    async fn sync(mut self) -> Result<(u64, Option<Hashed>), (Self, io::Error)> {
        let written = if self.buffer.is_empty() { Ok(()) } else { self.write().await };
        let file = Arc::clone(&self.file);
        let synced = match written {
            Ok(()) => {
                let synced = tokio::task::spawn_blocking(move || file.sync_data()).await;
                synced.map_err(io::Error::other).flatten()
            }
            Err(error) => Err(error),
        };
        match synced {
            Ok(()) => Ok((self.at, self.hashed)),
            Err(error) => Err((self, error)),
        }
    }

    /// Gives back the room of what came and does not count.
    async fn cut_back(self, synced: u64) {
        let cut = tokio::task::spawn_blocking(move || self.file.set_len(synced)).await;
        if let Ok(Err(error)) = cut {
            tracing::debug!(%error, "what came of an upload stays until its next piece");
        }
    }
}

fn bad_offset(synced: u64) -> Refusal {
    let reason = format!("{synced} bytes of this file are there: the next piece begins behind them");
    Refusal::new(ErrorCode::BadOffset, reason)
}

fn too_long(upload: &Upload) -> Refusal {
    let left = upload.size - upload.synced;
    let reason = format!("a piece has at most {UPLOAD_BYTES} bytes, and of this file {left} are missing");
    Refusal::new(ErrorCode::TooBig, reason)
}

pub(super) fn disk_failed(error: &io::Error) -> Refusal {
    if disk::is_full(error) {
        tracing::warn!("the disk is full: files are not taken until there is room");
        return storage_full();
    }
    tracing::error!(%error, "a file could not be written");
    Refusal::new(ErrorCode::Unavailable, "the server cannot store files now")
}
