//! Who a connection or a request has proved to be.
//!
//! What they are (their role, whether their account is active) is a fact of the database, which may change while they
//! are connected, and is read where something is decided.

use std::sync::Arc;

use protocol::ids::{Id, RoomKey, UserId};
use protocol::people::Scope;

use super::policy::Reaches;

/// Somebody, and how that was proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) user: UserId,
    pub(crate) proof: Proof,
}

/// How somebody proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Not at all, or by a guest's token.
    Guest,
    /// By the token of a device that is signed in.
    Session(Id),
    /// By a bot's token, which is good for only so much.
    Token {
        /// Names it.
        id: Id,
        /// What it is good for.
        reaches: Reaches,
    },
}

impl Identity {
    /// Somebody who is not signed in.
    pub(crate) fn guest(user: UserId) -> Self {
        Self { user, proof: Proof::Guest }
    }

    /// Not signed in.
    pub(crate) fn is_guest(&self) -> bool {
        self.proof == Proof::Guest
    }

    /// The session or token, which may end before the connection does.
    pub(crate) fn session(&self) -> Option<&Id> {
        match &self.proof {
            Proof::Guest => None,
            Proof::Session(id) | Proof::Token { id, .. } => Some(id),
        }
    }

    /// How far what was proved reaches.
    pub(crate) fn reaches(&self) -> Reaches {
        match &self.proof {
            Proof::Guest | Proof::Session(_) => Reaches::FULL,
            Proof::Token { reaches, .. } => reaches.clone(),
        }
    }
}

/// How far a bot's token reaches; words of other versions are good for nothing.
pub(crate) fn reaches_of(scopes: &[Scope], rooms: Option<Vec<RoomKey>>) -> Reaches {
    Reaches {
        read: scopes.contains(&Scope::Read),
        write: scopes.contains(&Scope::Write),
        person: false,
        rooms: rooms.map(|rooms| Arc::new(rooms.into_iter().collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_that_is_not_known_is_good_for_nothing() {
        let ops = RoomKey::new("ops").unwrap();
        let reaches = reaches_of(&[Scope::Other, Scope::Read], Some(vec![ops.clone()]));
        assert!(reaches.read && !reaches.write && !reaches.person);
        assert!(reaches.at(&ops).here && !reaches.at(&RoomKey::lobby()).here);
        assert!(reaches_of(&[], None).at(&ops).here);
    }
}
