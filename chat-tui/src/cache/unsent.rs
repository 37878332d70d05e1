//! What somebody wrote here and did not send before they signed out: it waits until they sign in again, and nobody else
//! sees it.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use protocol::ids::{RoomKey, Seq, UserId};
use protocol::session::{OutboxChange, Outgoing};
use serde::{Deserialize, Serialize};

use super::{KeptDraft, Outbox, Profile, Sending, State, read_if_there, set_aside, sync_name, write_whole};

/// What somebody did not send.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unsent {
    /// Whole lines, oldest first.
    pub lines: Vec<Outgoing>,
    /// What was being written.
    pub written: Vec<UnsentDraft>,
    /// Messages whose files were on their way.
    pub sending: Vec<Sending>,
}

/// A text that was not said yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsentDraft {
    /// Where.
    pub room: RoomKey,
    /// In whose message's thread.
    pub thread: Option<Seq>,
    /// What.
    pub text: String,
    /// The message that it answers.
    pub reply: Option<Seq>,
}

impl Unsent {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// How many things it is.
    pub fn count(&self) -> usize {
        self.lines.len() + self.sending.len() + self.written.len()
    }

    /// How much it is, for people.
    pub fn told(&self) -> String {
        let count = |n: usize, what: &str| match n {
            0 => None,
            1 => Some(format!("1 {what}")),
            n => Some(format!("{n} {what}s")),
        };
        let parts = [
            count(self.lines.len(), "unsent line"),
            count(self.sending.len(), "upload"),
            count(self.written.len(), "draft"),
        ];
        match parts.into_iter().flatten().collect::<Vec<_>>().as_slice() {
            [parts @ .., last] if !parts.is_empty() => format!("{} and {last}", parts.join(", ")),
            parts => parts.concat(),
        }
    }

    /// Adds what was left later; a line that is there already is the newer one.
    fn add(&mut self, later: Self) {
        for line in later.lines {
            match self.lines.iter_mut().find(|other| other.id == line.id) {
                Some(other) => *other = line,
                None => self.lines.push(line),
            }
        }
        for sending in later.sending {
            self.sending.retain(|other| other.id != sending.id);
            self.sending.push(sending);
        }
        for draft in later.written {
            self.written.retain(|other| (&other.room, other.thread) != (&draft.room, draft.thread));
            self.written.push(draft);
        }
    }
}

impl Profile {
    /// What `user` wrote here and the server does not have, as it lies in the outbox and the drafts.
    pub fn unsent_of(&self, user: &UserId) -> io::Result<Unsent> {
        let state = self.load_state()?;
        let drafts = state.rooms.into_iter().flat_map(|(room, kept)| {
            let threads = kept.thread_drafts.into_iter().map(|(root, draft)| (Some(root), draft));
            let drafts = std::iter::once((None, kept.draft)).chain(threads);
            drafts.filter(|(_, draft)| draft.is_unshared()).map(move |(thread, draft)| {
                let KeptDraft { text, reply, .. } = draft;
                UnsentDraft { room: room.clone(), thread, text, reply }
            })
        });
        let entries = Outbox::open(self)?.entries().to_vec();
        let lines = entries.into_iter().filter(|line| line.user.as_ref().is_none_or(|owner| owner == user));
        let is_theirs = |sending: &Sending| sending.user.as_ref().is_none_or(|owner| owner == user);
        let sending = self.sendings().into_iter().filter(is_theirs).collect();
        Ok(Unsent { lines: lines.collect(), written: drafts.collect(), sending })
    }

    /// Keeps for `user` what they did not send, beside what they left before, and takes it out of the outbox.
    pub fn put_aside(&self, user: &UserId, unsent: Unsent) -> io::Result<()> {
        if unsent.is_empty() {
            return Ok(());
        }
        let mut kept = self.aside(user)?;
        kept.add(unsent);
        for line in &mut kept.lines {
            line.user = Some(user.clone());
        }
        for sending in &mut kept.sending {
            sending.user = Some(user.clone());
        }
        let path = self.aside_path(user);
        DirBuilder::new().recursive(true).mode(0o700).create(self.dir().join("unsent"))?;
        sync_name(&self.dir().join("unsent"))?;
        write_whole(&path, &serde_json::to_vec(&kept)?)?;
        // On disk there before they are gone here: after a crash between the two they are in both, under one id.
        let mut outbox = Outbox::open(self)?;
        for line in &kept.lines {
            outbox.apply(&OutboxChange::Remove(line.id.clone()))?;
        }
        kept.sending.iter().try_for_each(|sending| self.forget_sending(&sending.id))
    }

    /// Takes back what `user` left here: lines into the outbox, drafts into the state.
    pub(super) fn take_back(&self, user: &UserId, state: &mut State) -> io::Result<()> {
        let unsent = self.aside(user)?;
        if unsent.is_empty() {
            return Ok(());
        }
        let mut outbox = Outbox::open(self)?;
        for line in unsent.lines {
            outbox.apply(&OutboxChange::Put(line))?;
        }
        for sending in &unsent.sending {
            self.keep_sending(sending)?;
        }
        for UnsentDraft { room, thread, text, reply } in unsent.written {
            let room = state.rooms.entry(room).or_default();
            let draft = match thread {
                Some(root) => room.thread_drafts.entry(root).or_default(),
                None => &mut room.draft,
            };
            if draft.text.is_empty() {
                (draft.text, draft.reply) = (text, reply);
            }
        }
        self.save_state(state)?;
        fs::remove_file(self.aside_path(user))?;
        sync_name(&self.aside_path(user))
    }

    fn aside(&self, user: &UserId) -> io::Result<Unsent> {
        let path = self.aside_path(user);
        let Some(bytes) = read_if_there(&path)? else { return Ok(Unsent::default()) };
        if let Ok(unsent) = serde_json::from_slice(&bytes) {
            return Ok(unsent);
        }
        set_aside(&path)?;
        Ok(Unsent::default())
    }

    fn aside_path(&self, user: &UserId) -> PathBuf {
        self.dir().join("unsent").join(format!("{user}.json"))
    }
}

#[cfg(test)]
mod tests {
    use protocol::ids::Id;

    use super::*;
    use crate::api::Hidden;
    use crate::cache::{Account, KeptRoom};

    fn account(user: &str) -> Account {
        let (user, token) = (UserId::new(user).unwrap(), Hidden(format!("chat_s_{user}")));
        Account { user, name: "somebody".to_owned(), token, known: None }
    }

    fn line(id: &str, user: Option<&str>) -> Outgoing {
        Outgoing {
            id: Id::new(id).unwrap(),
            room: RoomKey::lobby(),
            text: format!("text of {id}"),
            reply: None,
            thread: None,
            files: Vec::new(),
            change: None,
            user: user.map(|user| UserId::new(user).unwrap()),
            failed: None,
        }
    }

    fn sending(id: &str) -> Sending {
        let (id, room, since) = (Id::new(id).unwrap(), RoomKey::lobby(), std::time::SystemTime::UNIX_EPOCH);
        Sending { id, user: None, room, thread: None, sources: Vec::new(), since }
    }

    fn put(profile: &Profile, line: Outgoing) {
        Outbox::open(profile).unwrap().apply(&OutboxChange::Put(line)).unwrap();
    }

    fn ids(profile: &Profile) -> Vec<String> {
        Outbox::open(profile).unwrap().entries().iter().map(|line| line.id.to_string()).collect()
    }

    fn draft(profile: &Profile, text: &str, shared: &str) {
        let mut state = profile.load_state().unwrap();
        let draft = KeptDraft { text: text.into(), shared: shared.into(), ..KeptDraft::default() };
        let thread = KeptDraft { text: format!("{text} in a thread"), reply: Some(8), ..draft.clone() };
        let thread_drafts = [(7, thread)].into();
        let room = KeptRoom { draft, thread_drafts, ..KeptRoom::default() };
        state.rooms.insert(RoomKey::lobby(), room);
        profile.save_state(&state).unwrap();
    }

    #[test]
    fn whoever_signs_in_over_somebody_else_sees_nothing_of_theirs_and_nothing_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        profile.sign_in(&account("u-1")).unwrap();
        put(&profile, line("a", Some("u-1")));
        put(&profile, line("early", None));
        profile.keep_sending(&sending("files")).unwrap();
        fs::write(dir.path().join("uploads.json"), "[]").unwrap();
        draft(&profile, "half", "");
        assert_eq!(
            profile.unsent_of(&account("u-1").user).unwrap().told(),
            "2 unsent lines, 1 upload and 2 drafts"
        );
        fs::create_dir(dir.path().join("rooms")).unwrap();
        fs::write(dir.path().join("rooms/r-1.jsonl"), "secret").unwrap();

        profile.sign_in(&account("u-2")).unwrap();
        assert_eq!(profile.load_account().unwrap(), Some(account("u-2")));
        assert!(!dir.path().join("rooms").exists(), "the other one's history is gone");
        assert!(profile.sendings().is_empty() && !dir.path().join("uploads.json").exists());
        assert_eq!((ids(&profile), profile.load_state().unwrap().rooms.len()), (vec![], 0));
        put(&profile, line("b", Some("u-2")));

        profile.sign_in(&account("u-1")).unwrap();
        assert_eq!(ids(&profile), ["a", "early"]);
        let lines = profile.unsent_of(&account("u-1").user).unwrap();
        assert!(lines.lines.iter().all(|line| line.user == Some(account("u-1").user)));
        let files = Sending { user: Some(account("u-1").user), ..sending("files") };
        assert_eq!(lines.sending, [files]);
        let drafts: Vec<_> =
            lines.written.iter().map(|draft| (draft.thread, &*draft.text, draft.reply)).collect();
        assert_eq!(drafts, [(None, "half", None), (Some(7), "half in a thread", Some(8))]);
        profile.sign_out().unwrap();
        assert_eq!(ids(&profile), Vec::<String>::new());
        profile.sign_in(&account("u-2")).unwrap();
        assert_eq!(ids(&profile), ["b"]);
    }

    #[test]
    fn the_same_person_keeps_everything_where_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        profile.sign_in(&account("u-1")).unwrap();
        put(&profile, line("a", Some("u-1")));
        draft(&profile, "half", "half");
        let again = Account { token: Hidden("chat_s_new".to_owned()), ..account("u-1") };
        profile.sign_in(&again).unwrap();
        assert_eq!(profile.load_account().unwrap(), Some(again));
        assert_eq!((ids(&profile), profile.load_state().unwrap().rooms.len()), (vec!["a".to_owned()], 1));
        let unsent = profile.unsent_of(&account("u-1").user).unwrap();
        let threads: Vec<_> = unsent.written.iter().map(|draft| draft.thread).collect();
        assert_eq!(threads, [Some(7)], "the server has what was written in the room");
    }

    #[test]
    fn what_was_left_twice_and_what_a_crash_left_in_both_places_comes_back_once() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        profile.sign_in(&account("u-1")).unwrap();
        put(&profile, line("a", Some("u-1")));
        profile.sign_out().unwrap();
        // As if the machine had stopped before the line was out of the outbox.
        put(&profile, line("a", Some("u-1")));
        profile.sign_in(&account("u-1")).unwrap();
        put(&profile, line("b", Some("u-1")));
        profile.sign_out().unwrap();
        profile.sign_in(&account("u-1")).unwrap();
        assert_eq!(ids(&profile), ["a", "b"]);
        assert!(!dir.path().join("unsent/u-1.json").exists());
    }
}
