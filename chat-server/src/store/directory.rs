//! The data directory: all that must survive is in it, and one process at a time holds it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::StoreError;

const DATABASE: &str = "chat.db";
const INDEX: &str = "search.db";
const LOCK: &str = "lock";
/// What files consist of, and what is being uploaded.
pub(crate) const BLOBS: &str = "files";
pub(crate) const UPLOADS: &str = "uploads";

/// What may be there although there is no database: traces of a start or restore that did not get to its end, and
/// what file systems put at their root.
const HARMLESS: [&str; 2] = [LOCK, "lost+found"];

/// A data directory that this process holds; let go of when dropped.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// Takes the directory, and makes it (for its owner alone) if it is absent.
    ///
    /// Refuses one that another process holds, and one that holds other things but no database of ours; the latter
    /// is left as it is.
    pub fn hold(path: &Path) -> Result<Self, StoreError> {
        let failed = |error: io::Error| StoreError::Directory { path: path.into(), reason: reason(&error) };
        if path.exists() && !path.is_dir() {
            return Err(failed(io::ErrorKind::NotADirectory.into()));
        }
        make(path).map_err(failed)?;
        if !path.join(DATABASE).exists()
            && let Some(stranger) = stranger(path).map_err(failed)?
        {
            let reason = format!("it holds {stranger:?} but no database");
            return Err(StoreError::Foreign { path: path.into(), reason });
        }
        let lock = lock(path)?;
        Ok(Self { path: path.into(), _lock: lock })
    }

    /// Where the database is, or is to be.
    pub fn database(&self) -> PathBuf {
        database(&self.path)
    }

    /// Where the search index is, or is to be: nothing in it must survive.
    pub fn index(&self) -> PathBuf {
        self.path.join(INDEX)
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Where the database of a data directory is.
pub fn database(directory: &Path) -> PathBuf {
    directory.join(DATABASE)
}

/// An I/O error in words for a person, without the error number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

fn make(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn stranger(path: &Path) -> io::Result<Option<String>> {
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let harmless = HARMLESS.contains(&name.as_str()) || name.starts_with(super::backup::PARTIAL);
        if !(harmless || name == BLOBS && is_ours(&path.join(BLOBS))?) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Whether a directory is one of blobs, as a restore leaves it that did not get to its end.
fn is_ours(blobs: &Path) -> io::Result<bool> {
    let is_shelf = |name: &str| name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    for entry in fs::read_dir(blobs)? {
        if !is_shelf(&entry?.file_name().to_string_lossy()) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn lock(path: &Path) -> Result<File, StoreError> {
    let failed = |error: io::Error| StoreError::Directory { path: path.into(), reason: reason(&error) };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path.join(LOCK))
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {
            // Only for the message of whoever comes second: not worth failing for.
            let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut process = String::new();
            let _ = file.read_to_string(&mut process);
            let holder =
                process.parse::<u32>().map_or_else(|_| String::new(), |id| format!(" (process {id})"));
            Err(StoreError::Locked { path: path.into(), holder })
        }
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/b");
        let held = Directory::hold(&path).unwrap();
        let error = Directory::hold(&path).unwrap_err().to_string();
        assert!(error.contains("in use") && error.contains(&std::process::id().to_string()), "{error}");
        drop(held);
        Directory::hold(&path).unwrap();
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.txt"), "years of work").unwrap();
        let error = Directory::hold(dir.path()).unwrap_err();
        assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
        let names: Vec<_> =
            fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["thesis.txt"]);
        let error = Directory::hold(&dir.path().join("thesis.txt")).unwrap_err().to_string();
        assert!(error.contains("not a directory"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn it_is_made_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let _held = Directory::hold(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
