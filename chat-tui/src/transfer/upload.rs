//! Up: announced with its hash, sent in pieces, gone on with where the server has it.

use std::fmt::Write as _;
use std::io::SeekFrom;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderValue;
use protocol::error::ErrorCode;
use protocol::http::{Call, NewFile, Upload, Uploaded};
use protocol::ids::{Id, RoomKey};
use protocol::limits::UPLOAD_BYTES;
use protocol::messages::File;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::fs;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::{Patience, Server, Trouble};
use crate::api::{Failure, Request};
use crate::picture::typed;

/// A file on this machine, as it was when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Where it is, from the root.
    pub path: PathBuf,
    /// Its bytes.
    pub size: u64,
    /// When it was last changed.
    pub changed: Option<SystemTime>,
}

/// How far an upload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The server knows it under this id: with it, it can be gone on with later.
    Begun(Id),
    /// So many bytes are there.
    At(u64),
}

/// Why a file did not come to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotSent {
    /// The way there broke, or the server does not know any more who asks: it can be gone on with later.
    Yet(Failure),
    /// It will not be taken, or is not what it was.
    Ever(Failure),
}

impl NotSent {
    /// What went wrong.
    pub fn failure(self) -> Failure {
        match self {
            Self::Yet(failure) | Self::Ever(failure) => failure,
        }
    }
}

impl From<Trouble> for NotSent {
    fn from(trouble: Trouble) -> Self {
        let is_over = !trouble.is_temporary() && trouble.code() != Some(ErrorCode::SignIn);
        let failure = trouble.failure();
        if is_over { Self::Ever(failure) } else { Self::Yet(failure) }
    }
}

impl Source {
    /// Looks at a file; `~/` stands for the home directory.
    pub fn look(path: &str) -> Result<Self, String> {
        let looked =
            std::fs::canonicalize(typed(path)).and_then(|path| Ok((std::fs::metadata(&path)?, path)));
        let (metadata, path) = looked.map_err(|error| format!("cannot read {path}: {error}"))?;
        if !metadata.is_file() {
            return Err(format!("{} is not a file", path.display()));
        }
        Ok(Self { path, size: metadata.len(), changed: metadata.modified().ok() })
    }

    /// What it is called.
    pub fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

/// Brings a file to the server for a room's members, from where an earlier upload of it (`begun`) ended if the server
/// still has that.
pub async fn upload(
    server: &Server,
    room: &RoomKey,
    source: &Source,
    begun: Option<Id>,
    mut told: impl FnMut(Step),
) -> Result<File, NotSent> {
    let mut begun = begun;
    let mut patience = Patience::default();
    let hash = hash(&source.path).await.map_err(|error| NotSent::Ever(unreadable(source, &error)))?;
    loop {
        let tried = go_on(server, room, source, &hash, &mut begun, &mut patience, &mut told).await;
        let trouble = match tried {
            Ok(file) => return Ok(file),
            Err(Stop::Here(failure)) => return Err(NotSent::Ever(failure)),
            Err(Stop::There(trouble)) => trouble,
        };
        match trouble.code() {
            // It was too old, or never there: from the beginning, once in a row.
            Some(ErrorCode::NotFound) if begun.take().is_some() && patience.tries == 0 => patience.tries += 1,
            Some(ErrorCode::BadOffset) if patience.tries < 3 => patience.tries += 1,
            _ => patience.wait(trouble).await?,
        }
    }
}

enum Stop {
    /// This machine's file.
    Here(Failure),
    There(Trouble),
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::There(trouble)
    }
}

async fn go_on(
    server: &Server,
    room: &RoomKey,
    source: &Source,
    hash: &str,
    begun: &mut Option<Id>,
    patience: &mut Patience,
    told: &mut impl FnMut(Step),
) -> Result<File, Stop> {
    let (id, mut offset, chunk) = if let Some(id) = begun {
        let request = Request::new(Call::UploadOffset).with(&*id).quietly();
        let there: Uploaded = server.answer(&request, &[]).await?;
        if let Some(file) = there.file {
            return Ok(file);
        }
        (id.clone(), there.offset, UPLOAD_BYTES as u64)
    } else {
        let (name, sha256) = (source.name(), Some(hash.to_owned()));
        let new = NewFile { room: room.clone(), name, size: source.size, sha256 };
        let upload: Upload = server.answer(&Request::new(Call::Announce).saying(&new), &[]).await?;
        *begun = Some(upload.upload.clone());
        told(Step::Begun(upload.upload.clone()));
        (upload.upload, upload.offset, upload.chunk)
    };
    let here = |error: std::io::Error| Stop::Here(unreadable(source, &error));
    let mut file = fs::File::open(&source.path).await.map_err(here)?;
    file.seek(SeekFrom::Start(offset)).await.map_err(here)?;
    loop {
        told(Step::At(offset));
        let piece = read(&mut file, chunk.min(source.size.saturating_sub(offset))).await.map_err(here)?;
        let end = offset + piece.len() as u64;
        let request = Request::new(Call::SendPiece).with(&id).carrying(piece).quietly();
        // All of it may have gone before the server has it: that it is whole is not told before it is.
        let most = end.min(source.size.saturating_sub(1)).max(offset);
        let gone = |bytes: u64| told(Step::At((offset + bytes).min(most)));
        let there = server.send_piece(&request, HeaderValue::from(offset), gone).await?;
        if let Some(file) = there.file {
            told(Step::At(source.size));
            return Ok(file);
        }
        if there.offset <= offset {
            return Err(Stop::Here(Failure::new("the server does not take the file")));
        }
        if there.offset >= source.size {
            return Err(Stop::Here(Failure::new(format!(
                "{} grew or shrank meanwhile",
                source.path.display()
            ))));
        }
        if there.offset != end {
            file.seek(SeekFrom::Start(there.offset)).await.map_err(here)?;
        }
        offset = there.offset;
        patience.renew();
    }
}

async fn read(file: &mut fs::File, most: u64) -> std::io::Result<Bytes> {
    let mut piece = Vec::with_capacity(usize::try_from(most).unwrap_or(UPLOAD_BYTES).min(UPLOAD_BYTES));
    file.take(most.min(UPLOAD_BYTES as u64)).read_to_end(&mut piece).await?;
    if (piece.len() as u64) < most.min(UPLOAD_BYTES as u64) {
        return Err(std::io::Error::other("it became shorter meanwhile"));
    }
    Ok(piece.into())
}

async fn hash(path: &Path) -> std::io::Result<String> {
    let mut file = fs::File::open(path).await?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer).await? {
            0 => break,
            length => hasher.update(&buffer[..length]),
        }
    }
    let mut text = String::new();
    for byte in hasher.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

fn unreadable(source: &Source, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot read {}: {error}", source.path.display()))
}
