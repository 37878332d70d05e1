//! Keeping order: what nobody needs any more is deleted from the disk.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::Files;
use super::disk::{THUMB, delete, hex};
use crate::store::files::Digest;

/// How often it is looked for what became old.
const ROUND: Duration = Duration::from_hours(1);
/// After which time an upload is forgotten for which nothing came, and a file that no message took.
const STALE_MS: i64 = 24 * 3600 * 1000;
/// The same of an upload that was only announced: it takes of its uploader's share, of a guest that of all guests. Longer
/// than a first piece may take.
const EMPTY_MS: i64 = 3600 * 1000;
/// Blobs that are looked at in one step.
const STEP: u32 = 64;
/// How long to wait after something failed.
const PAUSE: Duration = Duration::from_secs(5);

impl Files {
    /// Keeps order from now on, until the task is aborted: first what an earlier server left, then what is left behind
    /// each time that a message with files is deleted or an upload taken back.
    pub(crate) fn keep(&self) -> JoinHandle<()> {
        let files = self.clone();
        tokio::spawn(async move {
            if let Err(error) = files.sweep().await {
                tracing::warn!(%error, "what earlier uploads left stays until the next start");
            }
            loop {
                let wait = match files.tidy().await {
                    Ok(()) => ROUND,
                    Err(error) => {
                        tracing::warn!(%error, "needless files are not deleted yet");
                        PAUSE
                    }
                };
                // Whether the time is over or something happened: it is looked after.
                let _ = tokio::time::timeout(wait, files.inner.stirred.notified()).await;
            }
        })
    }

    /// Forgets what became old, and deletes the blobs that nothing needs.
    async fn tidy(&self) -> io::Result<()> {
        let store = &self.inner.store;
        for id in store.forget_stale(STALE_MS, EMPTY_MS).await.map_err(io::Error::other)? {
            self.active().remove(&id);
            self.inner.disk.remove_upload(&id).await;
        }
        loop {
            // Looked at and deleted under the lock: no upload of the same content comes in between.
            let _alone = self.inner.blobs.lock().await;
            let garbage = store.garbage(STEP).await.map_err(io::Error::other)?;
            if garbage.is_empty() {
                return Ok(());
            }
            let gone: Vec<Digest> =
                garbage.iter().filter_map(|(hash, needless)| needless.then_some(*hash)).collect();
            let disk = self.inner.disk.clone();
            let remove = move || gone.iter().try_for_each(|hash| disk.remove(hash));
            tokio::task::spawn_blocking(remove).await.map_err(io::Error::other)??;
            store.swept(garbage).await.map_err(io::Error::other)?;
        }
    }

    /// Deletes what is on the disk and in no row: a server died between the two.
    async fn sweep(&self) -> io::Result<()> {
        let listed = {
            let path = self.inner.disk.uploads();
            list(path).await?
        };
        if !listed.is_empty() {
            let _turn = self.inner.finishing.acquire().await.map_err(io::Error::other)?;
            let known = self.inner.store.uploads().await.map_err(io::Error::other)?;
            let known: HashSet<&str> = known.iter().map(protocol::ids::Id::as_str).collect();
            self.remove(listed.into_iter().filter(|(name, _)| !known.contains(name.as_str()))).await;
        }
        for first in 0..=u8::MAX {
            let shelf = self.inner.disk.shelf(first);
            if list(shelf.clone()).await?.is_empty() {
                continue;
            }
            let _alone = self.inner.blobs.lock().await;
            let listed = list(shelf).await?;
            let known = self.inner.store.blobs(first).await.map_err(io::Error::other)?;
            let known: HashSet<String> = known.iter().map(hex).collect();
            let is_known = |name: &str| known.contains(name.strip_suffix(THUMB).unwrap_or(name));
            self.remove(listed.into_iter().filter(|(name, _)| !is_known(name))).await;
        }
        Ok(())
    }

    async fn remove(&self, needless: impl Iterator<Item = (String, PathBuf)>) {
        let paths: Vec<PathBuf> = needless.map(|(_, path)| path).collect();
        let count = paths.len();
        let removed =
            tokio::task::spawn_blocking(move || paths.iter().try_for_each(|path| delete(path))).await;
        match removed {
            Ok(Ok(())) if count == 0 => {}
            Ok(Ok(())) => tracing::info!(count, "deleted what was left of uploads"),
            Ok(Err(error)) => tracing::warn!(%error, "something left of uploads stays on the disk"),
            Err(error) => tracing::warn!(%error, "something left of uploads stays on the disk"),
        }
    }
}

/// The names and paths of the files in a directory; none where there is no such directory.
async fn list(path: PathBuf) -> io::Result<Vec<(String, PathBuf)>> {
    let read = move || {
        let entries = match fs::read_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        entries
            .map(|entry| entry.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())))
            .collect()
    };
    tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
}
