//! The files of a backup: blobs, called by their hashes, in a directory beside the copy of the database.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::schema;
use crate::files::{Copied, copy_blob};
use crate::store::StoreError;
use crate::store::files::Digest;

/// Where the files of a backup are. Several backups may share a directory: what is there is not copied again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Blobs {
    /// In a directory called like the backup with `.files` behind it.
    #[default]
    Beside,
    /// In this one.
    In(PathBuf),
    /// Nowhere: they are left out.
    Without,
}

impl Blobs {
    fn directory(&self, backup: &Path) -> Option<PathBuf> {
        match self {
            Self::Beside => {
                let mut name = backup.as_os_str().to_owned();
                name.push(".files");
                Some(name.into())
            }
            Self::In(directory) => Some(directory.clone()),
            Self::Without => None,
        }
    }
}

/// Copies what a copied database names from `blobs`, the data directory's own. What was deleted meanwhile is taken out of
/// the copy, too.
pub(super) fn save(copy: &Path, blobs: &Path, to: &Path, how: &Blobs) -> Result<(), StoreError> {
    let Some(directory) = how.directory(to) else { return Ok(()) };
    let failed = |error: rusqlite::Error| schema::explain(copy, &error);
    let db = Connection::open(copy).map_err(failed)?;
    for hash in hashes(&db).map_err(failed)? {
        match copy_blob(blobs, &directory, &hash) {
            Ok(Copied::Whole) => {}
            Ok(Copied::Missing) => {
                db.execute("DELETE FROM files WHERE hash = ?1", [hash]).map_err(failed)?;
            }
            Ok(Copied::Damaged) => {
                let reason = "the content of a file in it is not what it was".to_owned();
                return Err(StoreError::Damaged { path: blobs.into(), reason });
            }
            Err(error) => return Err(super::backup::unusable(&directory, &error)),
        }
    }
    Ok(())
}

/// Copies what a database that is being restored names into `blobs`. Uploads that were not whole are forgotten.
pub(super) fn bring(copy: &Path, from: &Path, blobs: &Path, how: &Blobs) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| schema::explain(from, &error);
    let db = Connection::open(copy).map_err(failed)?;
    let hashes = hashes(&db).map_err(failed)?;
    if !hashes.is_empty() || has_files(&db).map_err(failed)? {
        db.execute("DELETE FROM files WHERE hash IS NULL", []).map_err(failed)?;
    }
    let Some(directory) = how.directory(from) else { return Ok(()) };
    let mut missing = 0;
    for hash in &hashes {
        match copy_blob(&directory, blobs, hash) {
            Ok(Copied::Whole) => {}
            Ok(Copied::Missing) => missing += 1,
            Ok(Copied::Damaged) => {
                let reason = "the content of a file in it is not what it was".to_owned();
                return Err(StoreError::Damaged { path: directory, reason });
            }
            Err(error) => return Err(super::backup::unusable(&directory, &error)),
        }
    }
    if missing == 0 {
        return Ok(());
    }
    let reason = format!(
        "{missing} of the {} files of the backup are not there; say where they are with --files, or leave files out with \
         --without-files",
        hashes.len()
    );
    Err(StoreError::Directory { path: directory, reason })
}

fn has_files(db: &Connection) -> rusqlite::Result<bool> {
    db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'files'")?.exists([])
}

fn hashes(db: &Connection) -> rusqlite::Result<Vec<Digest>> {
    if !has_files(db)? {
        // Of a version before there were any.
        return Ok(Vec::new());
    }
    let mut statement = db.prepare("SELECT DISTINCT hash FROM files WHERE hash IS NOT NULL")?;
    statement.query_map([], |row| row.get(0))?.collect()
}
