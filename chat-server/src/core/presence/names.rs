//! Which names are taken: unique by how they look.

use std::collections::HashMap;
use std::sync::Arc;

use protocol::ids::UserId;
use protocol::limits::NAME_CHARS;
use protocol::names::{adapt, skeleton};

/// The names in use, each by its skeleton.
#[derive(Debug, Default)]
pub(super) struct Names {
    owners: HashMap<Arc<str>, UserId>,
    taken: HashMap<UserId, Arc<str>>,
    /// What accounts are and were called, whether they are there or not.
    reserved: HashMap<Arc<str>, UserId>,
    /// Where to go on counting, for names that very many want.
    next_number: HashMap<String, u64>,
}

/// Numbers below this are given anew as soon as they are free.
const SMALL: u64 = 10;
/// Names whose count is remembered.
const NUMBERED: usize = 1000;

impl Names {
    /// Takes a name exactly as given; whether it was free.
    pub(super) fn take(&mut self, user: &UserId, name: &str) -> bool {
        let skeleton: Arc<str> = skeleton(name).into();
        let others =
            |owners: &HashMap<Arc<str>, UserId>| owners.get(&skeleton).is_some_and(|owner| owner != user);
        if others(&self.owners) || others(&self.reserved) {
            return false;
        }
        self.release(user);
        self.owners.insert(Arc::clone(&skeleton), user.clone());
        self.taken.insert(user.clone(), skeleton);
        true
    }

    /// Takes the nearest allowed and free name: a number is put behind it where it is taken.
    pub(super) fn take_nearest(&mut self, user: &UserId, wanted: &str, fallback: &str) -> String {
        let base = adapt(wanted).or_else(|| adapt(fallback)).unwrap_or_else(|| "guest".to_owned());
        if self.take(user, &base) {
            return base;
        }
        let base_skeleton = skeleton(&base);
        let hint = self.next_number.get(&base_skeleton).copied().unwrap_or(SMALL);
        // More candidates than there are names in use: one of them is free.
        let in_use = self.owners.len() + self.reserved.len();
        let numbers = (2..SMALL).chain(hint..=hint + in_use as u64);
        for number in numbers {
            let digits = number.to_string();
            let kept: String = base.chars().take(NAME_CHARS - digits.len()).collect();
            let name = kept + &digits;
            if self.take(user, &name) {
                if number >= SMALL {
                    if self.next_number.len() > NUMBERED {
                        self.next_number.clear();
                    }
                    self.next_number.insert(base_skeleton, number + 1);
                }
                return name;
            }
        }
        unreachable!("there are more candidates than names in use")
    }

    /// Keeps a name for an account, by how it looks; whether it was free.
    pub(super) fn reserve(&mut self, user: &UserId, skeleton: &str) -> bool {
        let others =
            |owners: &HashMap<Arc<str>, UserId>| owners.get(skeleton).is_some_and(|owner| owner != user);
        if others(&self.owners) || others(&self.reserved) {
            return false;
        }
        self.reserved.insert(skeleton.into(), user.clone());
        true
    }

    /// Whether this name is kept for this account.
    pub(super) fn is_reserved(&self, user: &UserId, skeleton: &str) -> bool {
        self.reserved.get(skeleton) == Some(user)
    }

    /// Whose a name is, by how it looks.
    pub(super) fn owner(&self, skeleton: &str) -> Option<&UserId> {
        self.owners.get(skeleton).or_else(|| self.reserved.get(skeleton))
    }

    /// Keeps it no longer.
    pub(super) fn give_up(&mut self, user: &UserId, skeleton: &str) {
        if self.is_reserved(user, skeleton) {
            self.reserved.remove(skeleton);
        }
    }

    /// Gives a user's name back.
    pub(super) fn release(&mut self, user: &UserId) {
        if let Some(skeleton) = self.taken.remove(user) {
            self.owners.remove(&skeleton);
        }
    }
}
