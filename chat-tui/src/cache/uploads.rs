//! Uploads that were begun and not ended, so that the same file is gone on with.

use std::io;

use protocol::ids::{Id, RoomKey};
use serde::{Deserialize, Serialize};

use super::{Profile, read_if_there, write_whole};
use crate::transfer::Source;

/// So many are remembered, the newest; the server keeps one for a day.
const REMEMBERED: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Begun {
    room: RoomKey,
    source: Source,
    upload: Id,
}

impl Profile {
    /// The upload of this very file to this room that did not end.
    pub fn upload_of(&self, room: &RoomKey, source: &Source) -> Option<Id> {
        let begun = self.uploads().into_iter().rev();
        let mut same = begun.filter(|begun| begun.room == *room && begun.source == *source);
        same.next().map(|begun| begun.upload)
    }

    /// Remembers an upload that begins.
    pub fn keep_upload(&self, room: &RoomKey, source: &Source, upload: Id) -> io::Result<()> {
        let mut all = self.uploads();
        all.retain(|begun| begun.room != *room || begun.source != *source);
        all.push(Begun { room: room.clone(), source: source.clone(), upload });
        let first = all.len().saturating_sub(REMEMBERED);
        self.save_uploads(&all[first..])
    }

    /// Forgets an upload that has ended.
    pub fn forget_upload(&self, room: &RoomKey, source: &Source) -> io::Result<()> {
        let mut all = self.uploads();
        let before = all.len();
        all.retain(|begun| begun.room != *room || begun.source != *source);
        if all.len() < before { self.save_uploads(&all) } else { Ok(()) }
    }

    /// What cannot be read is begun anew: at worst a file is sent from its beginning.
    fn uploads(&self) -> Vec<Begun> {
        let bytes = read_if_there(&self.dir.join("uploads.json")).ok().flatten();
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    fn save_uploads(&self, all: &[Begun]) -> io::Result<()> {
        write_whole(&self.dir.join("uploads.json"), &serde_json::to_vec(all)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_file_for_the_same_room_is_gone_on_with() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::look(dir.path().join("p")).unwrap();
        let path = dir.path().join("a.txt");
        std::fs::write(&path, "abc").unwrap();
        let source = Source::look(path.to_str().unwrap()).unwrap();
        let (lobby, ops) = (RoomKey::lobby(), RoomKey::new("ops").unwrap());
        profile.keep_upload(&lobby, &source, Id::new("u1").unwrap()).unwrap();
        profile.keep_upload(&lobby, &source, Id::new("u2").unwrap()).unwrap();
        assert_eq!(profile.upload_of(&lobby, &source), Some(Id::new("u2").unwrap()));
        assert_eq!(profile.upload_of(&ops, &source), None);
        let longer = Source { size: 4, ..source.clone() };
        assert_eq!(profile.upload_of(&lobby, &longer), None, "it is another file now");
        profile.forget_upload(&lobby, &source).unwrap();
        assert_eq!(profile.upload_of(&lobby, &source), None);
        std::fs::write(dir.path().join("p/uploads.json"), "{").unwrap();
        assert_eq!(profile.upload_of(&lobby, &source), None);
    }
}
