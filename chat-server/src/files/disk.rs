//! Where files are on the disk, and that they are there for sure.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use protocol::error::Refusal;
use protocol::ids::Id;
use sha2::{Digest as _, Sha256};

use super::storage_full;
use crate::store::directory::{BLOBS, UPLOADS};
use crate::store::files::Digest;

/// What stands behind the name of a blob in that of its small picture.
pub(super) const THUMB: &str = ".thumb";

/// The data directory, as far as files are concerned.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    root: Arc<Path>,
}

impl Disk {
    pub(super) fn new(data_dir: &Path) -> Self {
        Self { root: data_dir.into() }
    }

    /// Refuses so many bytes where they would leave less free than `keep_free`.
    pub(super) fn has_room(&self, bytes: u64, keep_free: u64) -> Result<(), Refusal> {
        match rustix::fs::statvfs(&*self.root) {
            Ok(space) if space.f_bavail.saturating_mul(space.f_frsize) < bytes.saturating_add(keep_free) => {
                Err(storage_full())
            }
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::debug!(%error, "how much is free on the disk is not known");
                Ok(())
            }
        }
    }

    pub(super) fn upload(&self, id: &Id) -> PathBuf {
        self.root.join(UPLOADS).join(id.as_str())
    }

    pub(super) fn uploads(&self) -> PathBuf {
        self.root.join(UPLOADS)
    }

    fn blobs(&self) -> PathBuf {
        self.root.join(BLOBS)
    }

    /// Where the blobs are whose hashes begin with this byte.
    pub(super) fn shelf(&self, first: u8) -> PathBuf {
        shelf(&self.blobs(), first)
    }

    pub(super) fn blob(&self, hash: &Digest) -> PathBuf {
        blob(&self.blobs(), hash)
    }

    fn thumb(&self, hash: &Digest) -> PathBuf {
        self.shelf(hash[0]).join(hex(hash) + THUMB)
    }

    /// Opens an upload for writing behind its first `synced` bytes; what came after them is cut off. `None` where it is
    /// shorter than that.
    pub(super) fn open_upload(&self, id: &Id, synced: u64) -> io::Result<Option<File>> {
        make(&self.uploads(), &self.root)?;
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(self.upload(id))?;
        let there = file.metadata()?;
        if there.len() < synced {
            return Ok(None);
        }
        if there.nlink() > 1 && there.len() > synced {
            // It was whole and is a blob as well: that is not written to. A failing disk had its row say less since.
            delete(&self.upload(id))?;
            return Ok(None);
        }
        file.set_len(synced)?;
        if synced == 0 {
            // Its bytes are synced later, and then the name must be there.
            sync_directory(&self.uploads())?;
        }
        Ok(Some(file))
    }

    pub(super) async fn remove_upload(&self, id: &Id) {
        let path = self.upload(id);
        let removed = tokio::task::spawn_blocking(move || fs::remove_file(path)).await;
        if let Ok(Err(error)) = removed
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "an upload stays on the disk until the next start");
        }
    }

    /// Gives the content of a whole upload its place, unless it is there already; whether it did. The upload is there as
    /// well until its row is written: a process that dies before that has lost nothing of it.
    pub(super) fn put(&self, id: &Id, hash: &Digest, size: u64) -> io::Result<bool> {
        let (upload, blob) = (self.upload(id), self.blob(hash));
        if fs::metadata(&blob).is_ok_and(|there| there.len() == size) {
            return Ok(false);
        }
        self.make_shelf(hash[0])?;
        self.remove_blob(hash)?;
        // Where the file system has no links it goes there at once, and after such a death it has to be sent anew.
        fs::hard_link(&upload, &blob).or_else(|_| fs::rename(&upload, &blob))?;
        sync_directory(&self.shelf(hash[0]))?;
        Ok(true)
    }

    /// Undoes [`Self::put`].
    pub(super) fn put_back(&self, id: &Id, hash: &Digest) -> io::Result<()> {
        let upload = self.upload(id);
        if !upload.exists() {
            fs::rename(self.blob(hash), upload)?;
            sync_directory(&self.uploads())?;
        }
        self.remove(hash)
    }

    /// Puts a small picture beside its blob. Before the blob, so that whoever finds that finds both.
    pub(super) fn put_thumb(&self, hash: &Digest, image: &[u8]) -> io::Result<()> {
        self.make_shelf(hash[0])?;
        let mut file = tempfile::NamedTempFile::new_in(self.shelf(hash[0]))?;
        file.write_all(image)?;
        file.as_file().sync_all()?;
        file.persist(self.thumb(hash)).map_err(|error| error.error)?;
        Ok(())
    }

    pub(super) fn has_thumb(&self, hash: &Digest) -> bool {
        self.thumb(hash).is_file()
    }

    /// Deletes a blob and its small picture.
    pub(super) fn remove(&self, hash: &Digest) -> io::Result<()> {
        self.remove_blob(hash)?;
        delete(&self.thumb(hash))
    }

    fn remove_blob(&self, hash: &Digest) -> io::Result<()> {
        delete(&self.blob(hash))
    }

    /// A blob or its small picture, and its size.
    pub(super) async fn open_blob(&self, hash: &Digest, thumb: bool) -> io::Result<(File, u64)> {
        let path = if thumb { self.thumb(hash) } else { self.blob(hash) };
        let open = move || {
            let file = File::open(path)?;
            let size = file.metadata()?.len();
            Ok((file, size))
        };
        tokio::task::spawn_blocking(open).await.map_err(io::Error::other)?
    }

    fn make_shelf(&self, first: u8) -> io::Result<()> {
        let blobs = self.blobs();
        make(&blobs, &self.root)?;
        make(&self.shelf(first), &blobs)
    }
}

/// Where the blobs in a directory of them are whose hashes begin with this byte.
pub(super) fn shelf(blobs: &Path, first: u8) -> PathBuf {
    blobs.join(format!("{first:02x}"))
}

/// Where a blob is in a directory of them.
pub(super) fn blob(blobs: &Path, hash: &Digest) -> PathBuf {
    shelf(blobs, hash[0]).join(hex(hash))
}

pub(super) fn hex(hash: &Digest) -> String {
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The hash of a file's content, a piece at a time.
pub(super) fn hash(file: &mut File) -> io::Result<Digest> {
    let mut sum = Sha256::new();
    let mut piece = vec![0; 256 << 10];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(sum.finalize().into()),
            read => sum.update(&piece[..read]),
        }
    }
}

/// Deletes a file, if it is there.
pub(super) fn delete(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes a directory for its owner alone, if it is absent, so that it is there for sure.
pub(super) fn make(path: &Path, parent: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => sync_directory(parent),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Whether an error is that there is no room, so that it may work later.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_its_row_is_written_an_upload_is_there() {
        let directory = tempfile::tempdir().unwrap();
        let disk = Disk::new(directory.path());
        let (id, hash) = (Id::new("upload").unwrap(), [7; 32]);
        disk.open_upload(&id, 0).unwrap().unwrap().write_all(b"whole").unwrap();
        assert!(disk.put(&id, &hash, 5).unwrap());
        assert!(!disk.put(&id, &hash, 5).unwrap(), "it is there");
        assert_eq!(fs::read(disk.upload(&id)).unwrap(), b"whole");
        assert!(disk.open_upload(&id, 5).unwrap().is_some(), "it can be tried again");
        disk.put_back(&id, &hash).unwrap();
        assert!(!disk.blob(&hash).exists());
        assert_eq!(fs::read(disk.upload(&id)).unwrap(), b"whole");

        assert!(disk.put(&id, &hash, 5).unwrap());
        assert!(disk.open_upload(&id, 2).unwrap().is_none(), "a blob is not written to");
        assert_eq!(fs::read(disk.blob(&hash)).unwrap(), b"whole");
    }
}
