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
        if self.owners.get(&skeleton).is_some_and(|owner| owner != user) {
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
        let numbers = (2..SMALL).chain(hint..=hint + self.owners.len() as u64);
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

    /// Gives a user's name back.
    pub(super) fn release(&mut self, user: &UserId) {
        if let Some(skeleton) = self.taken.remove(user) {
            self.owners.remove(&skeleton);
        }
    }
}
