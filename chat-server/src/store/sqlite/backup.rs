//! A copy of the record while it is in use, and a new record from a copy.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::Backup;
use tempfile::TempPath;

pub use super::backup_files::Blobs;
use super::{backup_files, schema};
use crate::store::StoreError;
use crate::store::directory::{self, BLOBS, Directory, database};

/// How the names of copies begin that are not finished yet.
pub(in crate::store) const PARTIAL: &str = ".chat-partial-";

/// Copies the database of `data_dir` to the new file `to`, as it is at one moment: everything acknowledged before is
/// in it; and the files that it names. May run while a server uses the database, and does not hold it up. Nothing is
/// overwritten, and `to` is there only when it is whole, checked and on disk, with its files.
pub fn backup(data_dir: &Path, to: &Path, blobs: &Blobs) -> Result<(), StoreError> {
    let from = database(data_dir);
    if to.exists() {
        return Err(StoreError::Exists { path: to.into() });
    }
    schema::inspect(&from)?;
    let copy = copy(&from, parent(to))?;
    check(&copy, &from)?;
    backup_files::save(&copy, &data_dir.join(BLOBS), to, blobs)?;
    finish(copy, to)
}

/// Makes the database and the files of the new or empty directory `data_dir` from the backup `from`.
///
/// It gets an epoch of its own: clients that saw what came after the backup learn that their cursors are of another
/// history, instead of taking new events for those.
pub fn restore(from: &Path, data_dir: &Path, blobs: &Blobs) -> Result<(), StoreError> {
    schema::inspect(from)?;
    let directory = Directory::hold(data_dir)?;
    let to = directory.database();
    if to.exists() {
        return Err(StoreError::Exists { path: to });
    }
    let copy = copy(from, directory.path())?;
    check(&copy, from)?;
    let failed = |error: rusqlite::Error| schema::explain(from, &error);
    let epoch = schema::new_epoch().map_err(|error| StoreError::Database {
        path: to.clone(),
        reason: format!("no randomness: {error}"),
    })?;
    let db = Connection::open(&copy).map_err(failed)?;
    let changed = db.execute("UPDATE meta SET epoch = ?1", [epoch.as_str()]).map_err(failed)?;
    if changed != 1 {
        return Err(StoreError::Damaged { path: from.into(), reason: "its identity is missing".into() });
    }
    // Who was signed out and what was withdrawn since the backup would be back: everybody signs in anew, and bots get
    // new tokens.
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
    if version >= schema::ACCOUNTS {
        db.execute_batch("DELETE FROM sessions; DELETE FROM links; DELETE FROM tokens;").map_err(failed)?;
    }
    drop(db);
    backup_files::bring(&copy, from, &data_dir.join(BLOBS), blobs)?;
    finish(copy, &to)
}

/// Copies a database in one read transaction to a temporary file, removed again unless it is finished.
fn copy(from: &Path, parent: &Path) -> Result<TempPath, StoreError> {
    let copy = tempfile::Builder::new()
        .prefix(PARTIAL)
        .tempfile_in(parent)
        .map_err(|error| unusable(parent, &error))?
        .into_temp_path();
    let source = schema::open_for_reading(from)?;
    let run = || -> rusqlite::Result<()> {
        let mut target = Connection::open(&copy)?;
        {
            // All pages in one step: in smaller ones the copy begins anew whenever the server has written.
            let backup = Backup::new(&source, &mut target)?;
            let mut result = backup.step(-1)?;
            while result != rusqlite::backup::StepResult::Done {
                std::thread::sleep(std::time::Duration::from_millis(50));
                result = backup.step(-1)?;
            }
        }
        // One file that needs no other beside it.
        target.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))
    };
    run().map_err(|error| schema::explain(from, &error))?;
    Ok(copy)
}

fn check(copy: &Path, from: &Path) -> Result<(), StoreError> {
    let damaged = |reason: String| StoreError::Damaged { path: from.into(), reason };
    let verdict: String = Connection::open(copy)
        .and_then(|db| db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)))
        .map_err(|error| damaged(error.to_string()))?;
    if verdict == "ok" { Ok(()) } else { Err(damaged(verdict)) }
}

/// Gives a whole copy its name, without overwriting, in a way that a power failure does not undo.
fn finish(copy: TempPath, to: &Path) -> Result<(), StoreError> {
    File::open(&copy).and_then(|file| file.sync_all()).map_err(|error| unusable(to, &error))?;
    copy.persist_noclobber(to).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => StoreError::Exists { path: to.into() },
        _ => unusable(to, &error.error),
    })?;
    File::open(parent(to)).and_then(|parent| parent.sync_all()).map_err(|error| unusable(to, &error))
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

pub(super) fn unusable(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Directory { path: PathBuf::from(path), reason: directory::reason(error) }
}
