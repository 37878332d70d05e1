//! A picture on this machine, to be sent.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use bytes::Bytes;
use protocol::limits::PICTURE_BYTES;

/// What the files begin with that the server can make small: PNG, JPEG, GIF. WebP is told below.
const BEGINNINGS: [&[u8]; 3] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8"];

/// The file that a person means: `~/` stands for the home directory.
pub(crate) fn typed(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}

/// Reads a picture; what is none is not sent anywhere. `~/` stands for the home directory.
pub fn read(path: &str) -> Result<Bytes, String> {
    let bytes = read_file(typed(path)).map_err(|error| format!("cannot read {path}: {error}"))?;
    if bytes.len() > PICTURE_BYTES {
        return Err(format!(
            "{path} is too large: a picture has at most {} MiB",
            PICTURE_BYTES / 1024 / 1024
        ));
    }
    let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    if !webp && !BEGINNINGS.iter().any(|beginning| bytes.starts_with(beginning)) {
        return Err(format!("{path} is no picture (PNG, JPEG, GIF or WebP)"));
    }
    Ok(bytes.into())
}

fn read_file(path: PathBuf) -> io::Result<Vec<u8>> {
    // A pipe without a writer must not hold us up.
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut bytes = Vec::new();
    file.take(PICTURE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_of_a_good_size_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path.to_str().unwrap().to_owned()
        };
        for (name, bytes) in [
            ("a.png", &b"\x89PNG\r\n\x1a\nrest"[..]),
            ("a.jpg", b"\xff\xd8\xff\xe0"),
            ("a.gif", b"GIF89a"),
            ("a.webp", b"RIFF\x04\0\0\0WEBP"),
        ] {
            assert_eq!(read(&put(name, bytes)).unwrap(), bytes);
        }
        let large = [b"GIF89a", &vec![0; PICTURE_BYTES][..]].concat();
        for (path, why) in [
            (put("id_ed25519", b"-----BEGIN OPENSSH PRIVATE KEY-----"), "is no picture"),
            (put("large.gif", &large), "too large"),
            (dir.path().to_str().unwrap().to_owned(), "not a file"),
            ("/nowhere/a.png".to_owned(), "cannot read"),
        ] {
            let error = read(&path).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
