//! Which names are taken: unique by how they look.

use std::collections::HashMap;

use protocol::ids::UserId;
use protocol::limits::NAME_CHARS;
use protocol::names::{adapt, skeleton};

/// The names in use, each by its skeleton.
#[derive(Debug, Default)]
pub(super) struct Names {
    owners: HashMap<String, UserId>,
    taken: HashMap<UserId, String>,
}

impl Names {
    /// Takes a name exactly as given; whether it was free.
    pub(super) fn take(&mut self, user: &UserId, name: &str) -> bool {
        let skeleton = skeleton(name);
        if self.owners.get(&skeleton).is_some_and(|owner| owner != user) {
            return false;
        }
        self.release(user);
        self.owners.insert(skeleton.clone(), user.clone());
        self.taken.insert(user.clone(), skeleton);
        true
    }

    /// Takes the nearest allowed and free name: a number is put behind it where it is taken.
    pub(super) fn take_nearest(&mut self, user: &UserId, wanted: &str, fallback: &str) -> String {
        let base = adapt(wanted).or_else(|| adapt(fallback)).unwrap_or_else(|| "guest".to_owned());
        if self.take(user, &base) {
            return base;
        }
        // One more candidate than there are names in use: one of them is free.
        let last = self.owners.len() as u64 + 2;
        let numbered = (2..=last).map(|number| {
            let number = number.to_string();
            let kept: String = base.chars().take(NAME_CHARS - number.len()).collect();
            kept + &number
        });
        let free = numbered.into_iter().find(|name| self.take(user, name));
        free.expect("there are more candidates than names in use")
    }

    /// Gives a user's name back.
    pub(super) fn release(&mut self, user: &UserId) {
        if let Some(skeleton) = self.taken.remove(user) {
            self.owners.remove(&skeleton);
        }
    }
}
