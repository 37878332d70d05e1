//! Down: beside its name until it is whole, gone on with where the connection broke.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use http::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_RANGE, RANGE};
use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use protocol::file_name;
use protocol::http::Call;
use protocol::messages::File;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::{PATIENCE, Patience, Server, Trouble, silent};
use crate::api::{Failure, Request};

/// Names that are tried for one file.
const NAMES: u32 = 1000;

/// A file to fetch.
#[derive(Debug, Clone)]
pub struct Download {
    /// Which.
    pub file: File,
    /// Where to: a directory that is there.
    pub directory: PathBuf,
}

/// Fetches a file to where nothing is overwritten, under its own name or one with a number; returns its path. `told`
/// hears how many bytes are here.
pub async fn download(
    server: &Server,
    wanted: &Download,
    mut told: impl FnMut(u64),
) -> Result<PathBuf, Failure> {
    let name = file_name::safe(&wanted.file.name);
    let mut part = Part::create(&wanted.directory, &name)
        .map_err(|error| Failure::new(format!("cannot write to {}: {error}", wanted.directory.display())))?;
    let mut patience = Patience::default();
    let mut tag = None;
    loop {
        told(part.length);
        match go_on(server, wanted, &mut part, &mut tag, &mut patience, &mut told).await {
            Ok(()) => break,
            Err(Stop::Here(error)) => {
                return Err(Failure::new(format!("cannot write {}: {error}", part.path.display())));
            }
            Err(Stop::There(trouble)) => patience.wait(trouble).await.map_err(Trouble::failure)?,
        }
    }
    if part.length != wanted.file.size {
        return Err(Failure::new(format!(
            "{name} came with {} bytes instead of {}",
            part.length, wanted.file.size
        )));
    }
    let directory = wanted.directory.clone();
    let failed = format!("cannot write {name} to {}", directory.display());
    // A slow disk takes a while to have all of a large file.
    let finished =
        spawn_blocking(move || part.finish(&directory, &name, |from, to| fs::hard_link(from, to))).await;
    let finished = finished.unwrap_or_else(|error| Err(io::Error::other(error)));
    finished.map_err(|error| Failure::new(format!("{failed}: {error}")))
}

enum Stop {
    Here(io::Error),
    There(Trouble),
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::There(trouble)
    }
}

async fn go_on(
    server: &Server,
    wanted: &Download,
    part: &mut Part,
    tag: &mut Option<HeaderValue>,
    patience: &mut Patience,
    told: &mut impl FnMut(u64),
) -> Result<(), Stop> {
    let mut headers = Vec::new();
    if let (Some(tag), 1..) = (&*tag, part.length) {
        let range = HeaderValue::try_from(format!("bytes={}-", part.length)).expect("digits are a header");
        headers.extend([(RANGE, range), (IF_RANGE, tag.clone())]);
    }
    let request = Request::new(Call::Fetch).with(&wanted.file.file).quietly();
    let (status, head, mut body) = server.ask(&request, &headers).await?;
    *tag = head.get(ETAG).cloned();
    let begins = format!("bytes {}-", part.length);
    let goes_on = status == StatusCode::PARTIAL_CONTENT
        && head.get(CONTENT_RANGE).is_some_and(|range| range.as_bytes().starts_with(begins.as_bytes()));
    if !goes_on {
        part.begin_anew().map_err(Stop::Here)?;
    }
    let announced = head.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let end = announced.map_or(wanted.file.size, |length| part.length.saturating_add(length));
    while let Some(bytes) = next(&mut body).await? {
        if part.length + bytes.len() as u64 > wanted.file.size {
            return Err(Stop::Here(io::Error::other("it is longer than it was announced")));
        }
        part.write(&bytes).map_err(Stop::Here)?;
        patience.renew();
        told(part.length);
    }
    if part.length < end {
        return Err(Trouble::Broken(Failure::new("the connection broke")).into());
    }
    Ok(())
}

async fn next(body: &mut Incoming) -> Result<Option<bytes::Bytes>, Trouble> {
    loop {
        let frame = timeout(PATIENCE, body.frame()).await.map_err(|_| silent())?;
        match frame {
            None => return Ok(None),
            Some(Err(error)) => {
                return Err(Trouble::Broken(Failure::new(format!("the connection broke: {error}"))));
            }
            Some(Ok(frame)) => {
                if let Ok(bytes) = frame.into_data() {
                    return Ok(Some(bytes));
                }
            }
        }
    }
}

/// What is here of a file, beside the name that it will have; gone with this unless it was finished.
struct Part {
    path: PathBuf,
    file: fs::File,
    length: u64,
    finished: bool,
}

impl Part {
    fn create(directory: &Path, name: &str) -> io::Result<Self> {
        for n in 0..NAMES {
            let path = directory.join(format!(".{n}-{}.part", cut(name, 200)));
            // Only a name that is not there: also no link that leads elsewhere.
            match fs::OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(Self { path, file, length: 0, finished: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("too many parts of files of this name"))
    }

    fn begin_anew(&mut self) -> io::Result<()> {
        use std::io::Seek;
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.length = 0;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Gives it its name, or the next one that is free. `link` gives a file a further name, if that is free.
    fn finish(
        mut self,
        directory: &Path,
        name: &str,
        link: impl Fn(&Path, &Path) -> io::Result<()>,
    ) -> io::Result<PathBuf> {
        self.file.sync_all()?;
        for n in 1..NAMES {
            let path = directory.join(numbered(name, n));
            match link(&self.path, &path) {
                Ok(()) => {
                    self.finished = true;
                    fs::remove_file(&self.path)?;
                    return Ok(path);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                // Not all file systems know further names.
                Err(_) if self.take_the_place_of_nothing(&path)? => return Ok(path),
                Err(_) => {}
            }
        }
        Err(io::Error::other("too many files of this name"))
    }

    /// Takes the place of an empty file that is made for it; `false` where the name is taken.
    fn take_the_place_of_nothing(&mut self, path: &Path) -> io::Result<bool> {
        match fs::OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            Err(error) => return Err(error),
        }
        if let Err(error) = fs::rename(&self.path, path) {
            let _ = fs::remove_file(path);
            return Err(error);
        }
        self.finished = true;
        Ok(true)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.finished {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// `a.tar.gz`, `a (2).tar.gz`, …
fn numbered(name: &str, n: u32) -> String {
    if n == 1 {
        return name.to_owned();
    }
    let dot = name.find('.').filter(|&dot| dot > 0).unwrap_or(name.len());
    let (stem, ending) = if name.len() - dot > 16 { (name, "") } else { name.split_at(dot) };
    format!("{} ({n}){ending}", cut(stem, 230))
}

fn cut(name: &str, most: usize) -> &str {
    let mut end = name.len().min(most);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten_and_no_link_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        let directory = dir.path();
        let elsewhere = directory.join("elsewhere");
        fs::write(directory.join("a.tar.gz"), "mine").unwrap();
        std::os::unix::fs::symlink(&elsewhere, directory.join("a (2).tar.gz")).unwrap();
        let mut part = Part::create(directory, "a.tar.gz").unwrap();
        part.write(b"theirs").unwrap();
        let link = |from: &Path, to: &Path| fs::hard_link(from, to);
        let path = part.finish(directory, "a.tar.gz", link).unwrap();
        assert_eq!(path, directory.join("a (3).tar.gz"));
        assert_eq!(fs::read(path).unwrap(), b"theirs");
        assert_eq!(fs::read(directory.join("a.tar.gz")).unwrap(), b"mine");
        assert!(!elsewhere.exists());
        assert_eq!(fs::read_dir(directory).unwrap().count(), 3, "no part is left");
    }

    #[test]
    fn a_file_gets_its_name_also_where_there_are_no_further_ones() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.txt"), "mine").unwrap();
        let mut part = Part::create(dir.path(), "a.txt").unwrap();
        part.write(b"theirs").unwrap();
        let none = |_: &Path, _: &Path| Err(io::Error::from(io::ErrorKind::Unsupported));
        let path = part.finish(dir.path(), "a.txt", none).unwrap();
        assert_eq!(path, dir.path().join("a (2).txt"));
        assert_eq!(fs::read(path).unwrap(), b"theirs");
        assert_eq!(fs::read(dir.path().join("a.txt")).unwrap(), b"mine");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "no part is left");
    }

    #[test]
    fn what_was_given_up_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut part = Part::create(dir.path(), &"é".repeat(127)).unwrap();
        part.write(b"x").unwrap();
        drop(part);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        assert!(numbered(&"é".repeat(127), 2).len() <= 255);
        assert_eq!(numbered(".profile", 2), ".profile (2)");
    }
}
