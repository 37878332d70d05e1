//! Blobs from one directory to another, for backups.

use std::fs::{self, File};
use std::io::{self, Seek as _, Write as _};
use std::path::Path;

use super::disk::{THUMB, blob, hash, hex, make, shelf, sync_directory};
use crate::store::files::Digest;

/// What came of copying a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copied {
    /// It is there, on the disk, and is what its hash says.
    Whole,
    /// It was not where it should be copied from.
    Missing,
    /// It is not what its hash says.
    Damaged,
}

/// Copies a blob, and its small picture, unless it is there already.
pub(crate) fn copy_blob(from: &Path, to: &Path, digest: &Digest) -> io::Result<Copied> {
    let mut source = match File::open(blob(from, digest)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Copied::Missing),
        source => source?,
    };
    let target = blob(to, digest);
    let size = source.metadata()?.len();
    if fs::metadata(&target).is_ok_and(|there| there.len() == size) {
        return Ok(Copied::Whole);
    }
    if hash(&mut source)? != *digest {
        return Ok(Copied::Damaged);
    }
    source.rewind()?;
    let into = shelf(to, digest[0]);
    fs::create_dir_all(to)?;
    make(&into, to)?;
    let thumb = hex(digest) + THUMB;
    if let Ok(small) = File::open(shelf(from, digest[0]).join(&thumb)) {
        put(small, &into, &thumb)?;
    }
    put(source, &into, &hex(digest))?;
    sync_directory(&into)?;
    Ok(Copied::Whole)
}

/// Writes a file under another name first, so that its own name is only there with all of it.
fn put(mut source: impl io::Read, into: &Path, name: &str) -> io::Result<()> {
    let mut copy = tempfile::NamedTempFile::new_in(into)?;
    let mut piece = vec![0; 256 << 10];
    loop {
        match source.read(&mut piece)? {
            0 => break,
            read => copy.write_all(&piece[..read])?,
        }
    }
    copy.as_file().sync_all()?;
    copy.persist(into.join(name)).map_err(|error| error.error)?;
    Ok(())
}
