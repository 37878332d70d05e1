//! What is kept on disk between two starts: one directory per profile, written by one process at a time.
//!
//! ```text
//! $XDG_STATE_HOME/chat-tui/PROFILE/
//!   lock            held by the one process that writes
//!   state.json      who we are, the rooms, what was read
//!   account.json    whom this device is signed in as, with the secret that proves it
//!   outbox.jsonl    own lines that the server has not acknowledged; synced to disk before a line is first sent
//!   unsent/USER.json what somebody who signed out wrote and did not send
//!   rooms/KEY.jsonl the newest stretch of a room's log; a convenience, it may be lost
//!   sending.json    messages whose files are on their way
//!   uploads.json    files that were begun to be sent, and where the server has them
//!   tail/KEY.json   where `chat-tui tail` stopped
//! ```
//!
//! What cannot be read is set aside under another name, told, and begun anew: a damaged file never stops the chat.

mod account;
mod log;
mod outbox;
mod sending;
mod state;
mod unsent;
mod uploads;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

pub use account::Account;
pub use log::RoomLogs;
pub use outbox::Outbox;
pub use sending::Sending;
pub use state::{KeptDraft, KeptRoom, KeptThread, State, TailCursor};
pub use unsent::{Unsent, UnsentDraft};

/// A profile's directory. Only the owner of its lock may write what two processes would spoil.
#[derive(Debug)]
pub struct Profile {
    dir: PathBuf,
    lock: Option<File>,
}

impl Profile {
    /// Opens the directory without its lock, made if absent for its person alone.
    pub fn look(dir: PathBuf) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
        Ok(Self { dir, lock: None })
    }

    /// Opens the directory and takes the lock if nobody holds it.
    pub fn open(dir: PathBuf) -> io::Result<Self> {
        let Self { dir, .. } = Self::look(dir)?;
        let lock = private().write(true).create(true).truncate(false).open(dir.join("lock"))?;
        let lock = match lock.try_lock() {
            Ok(()) => Some(lock),
            Err(fs::TryLockError::WouldBlock) => None,
            Err(fs::TryLockError::Error(error)) => return Err(error),
        };
        Ok(Self { dir, lock })
    }

    /// Whether this process writes here; otherwise another one does.
    pub fn is_owner(&self) -> bool {
        self.lock.is_some()
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Who we are and what was read; a state that cannot be read is set aside and begun anew.
    pub fn load_state(&self) -> io::Result<State> {
        let path = self.dir.join("state.json");
        let Some(bytes) = read_if_there(&path)? else { return Ok(State::default()) };
        if let Ok(state) = serde_json::from_slice(&bytes) {
            return Ok(state);
        }
        if self.is_owner() {
            set_aside(&path)?;
        }
        Ok(State::default())
    }

    /// Keeps who we are and what was read. The old state stays whole until the new one is.
    pub fn save_state(&self, state: &State) -> io::Result<()> {
        write_whole(&self.dir.join("state.json"), &serde_json::to_vec(state)?)
    }

    /// Where `tail` of a room stopped.
    pub fn load_tail(&self, room: &str) -> io::Result<Option<TailCursor>> {
        let bytes = read_if_there(&self.tail_path(room))?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// Keeps where `tail` of a room stopped.
    pub fn save_tail(&self, room: &str, cursor: &TailCursor) -> io::Result<()> {
        let path = self.tail_path(room);
        if let Some(dir) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        }
        write_whole(&path, &serde_json::to_vec(cursor)?)
    }

    fn tail_path(&self, room: &str) -> PathBuf {
        self.dir.join("tail").join(format!("{room}.json"))
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Replaces a file's content: after a crash it holds the old or the new one, never a part.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, bytes)?;
    // The new name too is to outlive a power cut.
    sync_name(path)
}

/// Replaces a file's content and returns the new file; only its name may not outlive a power cut yet.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<File> {
    // Named after the process: two `tail`s may write their cursors at once.
    let temporary = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = private().write(true).create(true).truncate(true).open(&temporary)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_data());
    if let Err(error) = written.and_then(|()| fs::rename(&temporary, path)) {
        // A full disk is not to hold a part of it as well.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    Ok(file)
}

fn sync_name(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

fn set_aside(path: &Path) -> io::Result<()> {
    fs::rename(path, aside(path))
}

/// The next free name for what is set aside of a file.
fn aside(path: &Path) -> PathBuf {
    let mut names = (1..1_000).map(|n| path.with_extension(format!("damaged-{n}")));
    names.find(|aside| !aside.exists()).unwrap_or_else(|| path.with_extension("damaged"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn one_process_writes_and_nobody_else_reads() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/profile");
        let first = Profile::open(path.clone()).unwrap();
        let second = Profile::open(path.clone()).unwrap();
        assert!(first.is_owner());
        assert!(!second.is_owner());
        first.save_state(&State::default()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&path.join("state.json"))), (0o700, 0o600));
        drop(first);
        assert!(Profile::open(path).unwrap().is_owner(), "the lock goes with its process");
    }

    #[test]
    fn a_damaged_state_is_set_aside() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        let state = State { name: Some("ana".to_owned()), ..State::default() };
        profile.save_state(&state).unwrap();
        assert_eq!(profile.load_state().unwrap(), state);
        fs::write(dir.path().join("state.json"), b"{\"name\":").unwrap();
        assert_eq!(profile.load_state().unwrap(), State::default());
        assert!(dir.path().join("state.damaged-1").exists());
    }
}
