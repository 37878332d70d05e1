//! Messages whose files are still on their way, so that the next start goes on with them.

use std::io;
use std::time::{Duration, SystemTime};

use protocol::ids::{Id, RoomKey, Seq, UserId};
use serde::{Deserialize, Serialize};

use super::{Profile, read_if_there, write_whole};
use crate::transfer::Source;

/// So many are kept, the newest.
const KEPT: usize = 100;
/// So long the server keeps what came of a file, and its person expects it to go out by itself.
const DAY: Duration = Duration::from_hours(24);

/// A message that is said as soon as its files are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// The message's name, for life: it is said once, however often this program ends before.
    pub id: Id,
    /// Whose it is; none: of whoever was here before the server first said who that is.
    pub user: Option<UserId>,
    /// Where it is to be said.
    pub room: RoomKey,
    /// In whose message's thread.
    pub thread: Option<Seq>,
    /// Its files.
    pub sources: Vec<Source>,
    /// When it was begun.
    pub since: SystemTime,
}

impl Sending {
    /// Whether it brings this very file to this room.
    pub fn has(&self, room: &RoomKey, source: &Source) -> bool {
        self.room == *room && self.sources.contains(source)
    }

    /// Why it is not gone on with at `now`, if so.
    pub fn obstacle(&self, now: SystemTime) -> Option<&'static str> {
        let is_same = |source: &Source| {
            source.path.to_str().and_then(|path| Source::look(path).ok()).is_some_and(|now| now == *source)
        };
        // A clock that was set back is not held against it.
        if now.duration_since(self.since).is_ok_and(|age| age >= DAY) {
            Some("it was begun more than a day ago")
        } else if !self.sources.iter().all(is_same) {
            Some("it was changed or removed meanwhile")
        } else {
            None
        }
    }
}

impl Profile {
    /// What was on its way, of all who were here; oldest first. What cannot be read is forgotten.
    pub fn sendings(&self) -> Vec<Sending> {
        let bytes = read_if_there(&self.dir().join("sending.json")).ok().flatten();
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Keeps a message whose files begin their way.
    pub fn keep_sending(&self, sending: &Sending) -> io::Result<()> {
        let mut all = self.sendings();
        all.retain(|other| other.id != sending.id);
        all.push(sending.clone());
        let first = all.len().saturating_sub(KEPT);
        self.save_sendings(&all[first..])
    }

    /// Forgets one that is in the outbox by now, or is not to be sent.
    pub fn forget_sending(&self, id: &Id) -> io::Result<()> {
        let mut all = self.sendings();
        let before = all.len();
        all.retain(|other| other.id != *id);
        if all.len() < before { self.save_sendings(&all) } else { Ok(()) }
    }

    fn save_sendings(&self, all: &[Sending]) -> io::Result<()> {
        write_whole(&self.dir().join("sending.json"), &serde_json::to_vec(all)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_its_way_is_kept_and_gone_on_with_while_it_is_what_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().join("p")).unwrap();
        let path = dir.path().join("a.txt");
        std::fs::write(&path, "abc").unwrap();
        let sending = Sending {
            id: Id::new("m1").unwrap(),
            user: None,
            room: RoomKey::lobby(),
            thread: Some(7),
            sources: vec![Source::look(path.to_str().unwrap()).unwrap()],
            since: SystemTime::now(),
        };
        profile.keep_sending(&sending).unwrap();
        profile.keep_sending(&sending).unwrap();
        assert_eq!(profile.sendings(), std::slice::from_ref(&sending));
        let later = sending.since + Duration::from_mins(1);
        assert_eq!(sending.obstacle(later), None);
        assert_eq!(sending.obstacle(sending.since - DAY), None, "the clock was set back");
        assert!(sending.obstacle(later + DAY).is_some_and(|why| why.contains("a day")));
        std::fs::write(&path, "abcd").unwrap();
        assert!(sending.obstacle(later).is_some_and(|why| why.contains("changed")));
        profile.forget_sending(&sending.id).unwrap();
        assert_eq!(profile.sendings(), []);
        std::fs::write(dir.path().join("p/sending.json"), "{").unwrap();
        assert_eq!(profile.sendings(), []);
    }
}
