//! `golden/{client,server}/*.json`: one frame each, as it is on the wire; both clients' and the server's tests read them.
//!
//! `UPDATE_GOLDEN=1 cargo test -p protocol` writes the files anew from the values here; read their difference: a
//! changed file is a changed protocol.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod errors;
mod events;
mod lenient;
mod messages;
mod sentences;
mod server;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use protocol::ids::{Epoch, Id, RoomKey, UserId};

/// Each frame's file parses to the frame, and the frame encodes to what is in the file; no file is without a frame.
fn check<F: PartialEq + Debug, E: Debug>(
    folder: &str,
    frames: Vec<(&'static str, F)>,
    parse: impl Fn(&str) -> Result<F, E>,
    encode: impl Fn(&F) -> String,
) {
    let folder = golden(folder);
    let mut names = BTreeSet::new();
    for (name, frame) in frames {
        let path = folder.join(name).with_extension("json");
        assert!(names.insert(path.clone()), "{name} is there twice");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, encode(&frame) + "\n").unwrap();
        }
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(parse(&text).unwrap(), frame, "{name}");
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&encode(&frame)), value(&text), "{name}");
        assert_eq!(parse(&encode(&frame)).unwrap(), frame, "{name}");
    }
    let files: BTreeSet<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    assert_eq!(files, names);
}

fn golden(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(folder)
}

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

fn room(text: &str) -> RoomKey {
    RoomKey::new(text).unwrap()
}

fn user(text: &str) -> UserId {
    UserId::new(text).unwrap()
}

fn epoch(text: &str) -> Epoch {
    Epoch::new(text).unwrap()
}
