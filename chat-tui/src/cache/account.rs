//! Whom this device is signed in as.

use std::fs;
use std::io;

use protocol::http::SignedIn;
use protocol::ids::UserId;
use serde::{Deserialize, Serialize};

use super::{Profile, Unsent, read_if_there, set_aside, sync_name, write_whole};
use crate::api::Hidden;

/// An account that this device is signed in to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Who.
    pub user: UserId,
    /// Under which name, when they signed in.
    pub name: String,
    /// Proves it to the server.
    pub token: Hidden,
    /// Makes the next time of signing in easier: others' wrong passwords do not slow this device down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Hidden>,
}

impl Account {
    /// What the server answered to somebody who signed in; `None` where it gave no token.
    pub fn of(signed_in: SignedIn) -> Option<Self> {
        let SignedIn { me, token, known } = signed_in;
        Some(Self { user: me.user, name: me.name, token: Hidden(token?), known: known.map(Hidden) })
    }
}

impl Profile {
    /// The account, where this device is signed in.
    pub fn load_account(&self) -> io::Result<Option<Account>> {
        let path = self.dir().join("account.json");
        let Some(bytes) = read_if_there(&path)? else { return Ok(None) };
        if let Ok(account) = serde_json::from_slice(&bytes) {
            return Ok(Some(account));
        }
        if self.is_owner() {
            set_aside(&path)?;
        }
        Ok(None)
    }

    /// Signs in: keeps the account, in a file for its person alone. Somebody else who was signed in here is signed out
    /// first. A guest that became it is no guest any more. What its person left here unsent comes back.
    pub fn sign_in(&self, account: &Account) -> io::Result<()> {
        if self.load_account()?.is_some_and(|other| other.user != account.user) {
            self.sign_out()?;
        }
        write_whole(&self.dir().join("account.json"), &serde_json::to_vec(account)?)?;
        let mut state = self.load_state()?;
        if state.user.as_ref() == Some(&account.user) {
            state.token = None;
        }
        state.user = Some(account.user.clone());
        state.name = Some(account.name.clone());
        self.save_state(&state)?;
        self.take_back(&account.user, &mut state)
    }

    /// Signs out: forgets the account and all that it saw. What was written and not sent is kept for its person alone,
    /// until they sign in here again; returned is what that is.
    pub fn sign_out(&self) -> io::Result<Unsent> {
        let mut unsent = Unsent::default();
        if let Some(account) = self.load_account()? {
            unsent = self.unsent_of(&account.user)?;
            self.put_aside(&account.user, unsent.clone())?;
        }
        let state = self.load_state()?;
        self.save_state(&super::State { token: state.token, ..super::State::default() })?;
        for dir in ["rooms", "tail"] {
            match fs::remove_dir_all(self.dir().join(dir)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        // Files that are sent again begin anew.
        match fs::remove_file(self.dir().join("uploads.json")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        match fs::remove_file(self.dir().join("account.json")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => sync_name(&self.dir().join("account.json"))?,
        }
        // Copies that could not be read, or were not finished: they may hold its secret and its drafts.
        for entry in fs::read_dir(self.dir())?.flatten() {
            let path = entry.path();
            let of = |start: &str| entry.file_name().to_string_lossy().starts_with(start);
            let is_new = path.extension().is_some_and(|ending| ending == "new");
            if of("account.damaged") || of("state.damaged") || (of("account.") && is_new) {
                fs::remove_file(path)?;
            }
        }
        Ok(unsent)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use protocol::ids::RoomKey;

    use super::*;
    use crate::cache::{KeptRoom, State};

    fn account(user: &str) -> Account {
        let user = UserId::new(user).unwrap();
        Account { user, name: "ana".to_owned(), token: Hidden("chat_s_x".to_owned()), known: None }
    }

    #[test]
    fn an_account_is_for_its_person_alone_and_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        assert_eq!(profile.load_account().unwrap(), None);
        let mut state = State { token: Some("guest".to_owned()), ..State::default() };
        state.rooms.insert(RoomKey::lobby(), KeptRoom { title: "mine".to_owned(), ..KeptRoom::default() });
        profile.save_state(&state).unwrap();
        profile.sign_in(&account("u-1")).unwrap();
        let path = dir.path().join("account.json");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(profile.load_account().unwrap(), Some(account("u-1")));
        assert_eq!(
            profile.load_state().unwrap().token.as_deref(),
            Some("guest"),
            "another one stays a guest"
        );

        fs::create_dir(dir.path().join("rooms")).unwrap();
        fs::write(dir.path().join("rooms/r-1.jsonl"), "secret").unwrap();
        for copy in ["account.damaged-1", "account.77.new", "state.damaged-1"] {
            fs::write(dir.path().join(copy), "secret").unwrap();
        }
        profile.sign_out().unwrap();
        profile.sign_out().unwrap();
        let names =
            fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let left: Vec<String> = names
            .filter(|name| !["lock", "state.json", "outbox.jsonl", "unsent"].contains(&name.as_str()))
            .collect();
        assert_eq!(left, [] as [&str; 0]);
        assert_eq!(profile.load_account().unwrap(), None);
        assert!(!dir.path().join("rooms").exists() && !path.exists());
        let state = profile.load_state().unwrap();
        assert_eq!((state.user, state.rooms.len(), state.token.as_deref()), (None, 0, Some("guest")));
    }

    #[test]
    fn a_guest_that_registered_is_no_guest_any_more() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        let user = Some(UserId::new("g-1").unwrap());
        let state = State { token: Some("guest".to_owned()), user, ..State::default() };
        profile.save_state(&state).unwrap();
        profile.sign_in(&account("g-1")).unwrap();
        assert_eq!(profile.load_state().unwrap().token, None);
    }
}
