//! An upload that has come to its end: verified, looked at, and put in its place.

use std::fs;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::time::Duration;

use protocol::error::{ErrorCode, Refusal};
use protocol::http::Uploaded;
use protocol::ids::Id;
use protocol::messages::File;
use sha2::Digest as _;
use tokio::sync::OwnedMutexGuard;
use tokio::time::timeout;

use super::receive::disk_failed;
use super::{Files, Hashed, disk, picture, unreadable};
use crate::command::accounts::unwritten;
use crate::core::sniff;
use crate::store::files::{Content, Digest, Upload};

/// How long whoever uploads waits for others' pictures before there is no small one of theirs.
const PATIENCE: Duration = Duration::from_secs(20);

impl Files {
    /// Verifies an upload whose last byte is synced, and makes it a file.
    pub(super) async fn finish(
        &self,
        id: &Id,
        upload: &Upload,
        mut hashed: OwnedMutexGuard<Option<Hashed>>,
    ) -> Result<Uploaded, Refusal> {
        let unavailable = || Refusal::new(ErrorCode::Unavailable, "the server is closing");
        let turn = self.inner.finishing.acquire().await.map_err(|_| unavailable())?;
        let path = self.inner.disk.upload(id);
        let hash: Digest = match hashed.take() {
            Some(hashed) if hashed.bytes == upload.size => hashed.sum.finalize().into(),
            _ => {
                let path = path.clone();
                blocking(move || disk::hash(&mut fs::File::open(path)?))
                    .await
                    .map_err(|error| disk_failed(&error))?
            }
        };
        drop(turn);
        if upload.wanted.is_some_and(|wanted| wanted != hash) {
            self.discard(id).await;
            let reason = "what arrived is not what was announced: its SHA-256 is another one";
            return Err(Refusal::new(ErrorCode::BadFile, reason));
        }
        let known = self.inner.store.content(hash).await.map_err(|error| unreadable(&error))?;
        let (content, thumb) = match known {
            Some(known) => (known, None),
            None => self.look(hash, upload.size, path).await.map_err(|error| disk_failed(&error))?,
        };
        let file = self.place(id, content, thumb).await?;
        self.active().remove(id);
        Ok(Uploaded { offset: file.size, file: Some(file) })
    }

    /// Puts an upload's content where it belongs, then writes its row, and lets go of the upload. Where the row cannot be
    /// written, or the process dies before it is, the upload stays one: nothing has to be sent again.
    async fn place(&self, id: &Id, mut content: Content, thumb: Option<Vec<u8>>) -> Result<File, Refusal> {
        let _alone = self.inner.blobs.lock().await;
        let (hash, size) = (content.hash, content.size);
        let put = {
            let (disk, id) = (self.inner.disk.clone(), id.clone());
            move || {
                if let Some(thumb) = thumb {
                    disk.put_thumb(&hash, &thumb)?;
                }
                Ok((disk.put(&id, &hash, size)?, disk.has_thumb(&hash)))
            }
        };
        let (moved, has_thumb) = blocking(put).await.map_err(|error| disk_failed(&error))?;
        // Of content that was known the small picture may have gone meanwhile, with the last file that had it.
        content.thumb &= has_thumb;
        let completed = self.inner.store.complete(id.clone(), content).await.map_err(unwritten);
        let disk = self.inner.disk.clone();
        match (&completed, moved) {
            (Ok(_), _) => disk.remove_upload(id).await,
            (Err(_), true) => {
                let id = id.clone();
                if let Err(error) = blocking(move || disk.put_back(&id, &hash)).await {
                    tracing::warn!(%error, "an upload has to begin anew");
                }
            }
            (Err(_), false) => {}
        }
        completed
    }

    /// Finds out what content is; and its small picture, where one can be made in time.
    async fn look(&self, hash: Digest, size: u64, path: PathBuf) -> io::Result<(Content, Option<Vec<u8>>)> {
        let head = {
            let path = path.clone();
            blocking(move || {
                let mut head = Vec::with_capacity(sniff::HEAD);
                fs::File::open(path)?.take(sniff::HEAD as u64).read_to_end(&mut head)?;
                Ok(head)
            })
        };
        let kind = sniff::kind(&head.await?, size);
        let mut content = Content { hash, size, kind: kind.to_owned(), pixels: None, thumb: false };
        if !sniff::is_picture(kind) {
            return Ok((content, None));
        }
        let Ok(Ok(turn)) = timeout(PATIENCE, self.inner.pictures.acquire()).await else {
            return Ok((content, None));
        };
        // A decoder that panics has read no picture.
        let read = tokio::task::spawn_blocking(move || picture::read(&path, size)).await.ok().flatten();
        drop(turn);
        let Some(picture) = read else { return Ok((content, None)) };
        content.pixels = Some(picture.pixels);
        content.thumb = picture.thumb.is_some();
        Ok((content, picture.thumb))
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
