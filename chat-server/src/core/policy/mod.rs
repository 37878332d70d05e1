//! Who may do what: one pure function, which denies whatever no rule allows.
//!
//! It decides on facts, which its callers read in the transaction that acts on them. A private room that somebody may
//! not know of and a room that does not exist are the same facts ([`RoomFacts::absent`]), and so get the same answer.
//! `matrix` shows the whole of it as a table, `docs/PERMISSIONS.md`.

#![allow(clippy::trivially_copy_pass_by_ref, reason = "facts are handed on alike, whatever their size")]
#![expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and all combinations occur")]

#[cfg(test)]
pub(crate) mod matrix;
mod rooms;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use protocol::error::{ErrorCode, Refusal};
use protocol::ids::RoomKey;
use protocol::people::{Guests, Role};
use protocol::rooms::{RoomKind, RoomRole};

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Actor {
    /// On the whole server; [`Role::Guest`] without an account.
    pub(crate) role: Role,
    /// The account was not deactivated; always so of guests.
    pub(crate) active: bool,
    /// What guests may do here.
    pub(crate) guests: Guests,
    /// How far what they proved to be reaches.
    pub(crate) reach: Reach,
}

impl Actor {
    /// Somebody without an account.
    pub(crate) fn guest(guests: Guests) -> Self {
        Self { role: Role::Guest, active: true, guests, reach: Reach::FULL }
    }
}

/// How far what somebody proved to be reaches: a bot's token may be good for less than its account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    /// May follow and read rooms.
    pub(crate) read: bool,
    /// May say and change something.
    pub(crate) write: bool,
    /// Is good for the room in question.
    pub(crate) here: bool,
    /// Is a person's own, not a token for a script.
    pub(crate) person: bool,
}

impl Reach {
    /// That of a person's own device.
    pub(crate) const FULL: Self = Self { read: true, write: true, here: true, person: true };
}

/// [`Reach`] in all rooms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reaches {
    pub(crate) read: bool,
    pub(crate) write: bool,
    pub(crate) person: bool,
    /// Only these rooms; `None`: all.
    pub(crate) rooms: Option<Arc<BTreeSet<RoomKey>>>,
}

impl Reaches {
    /// That of a person's own device.
    pub(crate) const FULL: Self = Self { read: true, write: true, person: true, rooms: None };

    /// In one room.
    pub(crate) fn at(&self, room: &RoomKey) -> Reach {
        Reach { here: self.rooms.as_ref().is_none_or(|rooms| rooms.contains(room)), ..self.anywhere() }
    }

    /// Where no room is meant.
    pub(crate) fn anywhere(&self) -> Reach {
        Reach { read: self.read, write: self.write, here: true, person: self.person }
    }
}

/// A room, as the actor has to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RoomFacts {
    pub(crate) kind: RoomKind,
    pub(crate) announce: bool,
    pub(crate) archived: bool,
    /// The room where everybody starts.
    pub(crate) lobby: bool,
    /// A conversation of two.
    pub(crate) pair: bool,
    /// What the actor is there.
    pub(crate) standing: Standing,
}

impl RoomFacts {
    /// A room that is not there: the same as a private one that one may not know of.
    pub(crate) fn absent() -> Self {
        Self {
            kind: RoomKind::Private,
            announce: false,
            archived: false,
            lobby: false,
            pair: false,
            standing: Standing::default(),
        }
    }
}

/// What somebody is in a room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) role: Option<RoomRole>,
    pub(crate) invited: bool,
    pub(crate) banned: bool,
    pub(crate) muted: bool,
}

/// Whom something is done to, in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PersonFacts {
    /// The actor.
    pub(crate) me: bool,
    pub(crate) role: Role,
    pub(crate) active: bool,
    pub(crate) standing: Standing,
}

/// A message that something is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MessageFacts {
    /// The actor said it.
    pub(crate) own: bool,
    /// What its author is now.
    pub(crate) author: Role,
    pub(crate) author_standing: Standing,
}

/// An account that an admin has to do with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AccountFacts {
    pub(crate) me: bool,
    pub(crate) role: Role,
    pub(crate) bot: bool,
}

/// What is asked to be done, and to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action<'a> {
    /// To be here at all.
    Connect,
    /// What concerns nobody but oneself: presence, nickname, blocks, and the room of one's own.
    Own,
    CreatePublic,
    CreatePrivate,
    /// A conversation with these people, all of whom are active or not.
    OpenDirect {
        active: bool,
    },
    ListRooms,
    /// The messages that were reported, from everywhere.
    Reports,
    /// What was decided, everywhere.
    Audit,
    Room(InRoom, &'a RoomFacts),
    Person(ToPerson, &'a RoomFacts, &'a PersonFacts),
    Message(ToMessage, &'a RoomFacts, &'a MessageFacts),
    /// Something about one's own account.
    Self_(OfSelf),
    /// Something about accounts as such.
    Accounts(OfAccounts),
    /// Something about one account.
    Account(ToAccount, &'a AccountFacts),
}

/// What is done in or to a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum InRoom {
    /// Following it, its history, searching it, its people.
    Read,
    Join,
    Leave,
    Decline,
    Say,
    /// Calling everybody at once: `@here`, `@room`.
    Call,
    Type,
    SetTitle,
    SetTopic,
    SetSlow,
    SetAnnounce,
    /// Whether its members see who has read up to where.
    SetSeen,
    Archive,
}

/// What is done to somebody in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ToPerson {
    Invite,
    Kick,
    Ban,
    Unban,
    Mute,
    Unmute,
    SetRole(RoomRole),
}

/// What is done to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ToMessage {
    Edit,
    Delete,
    React,
    Pin,
    Report,
}

/// What is done to one's own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum OfSelf {
    #[cfg_attr(not(test), expect(dead_code, reason = "what proves who somebody is tells it, too"))]
    See,
    /// Name, profile, picture, password, sessions, tokens.
    Change,
}

/// What is done to accounts as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum OfAccounts {
    /// Names, roles and profiles.
    List,
    /// Also when they were last seen, and who is deactivated.
    ListDetails,
    SeePictures,
    Add,
    Invites,
}

/// What is done to one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ToAccount {
    /// A link for a new password.
    Reset,
    Deactivate,
    Reactivate,
    EndSessions,
    /// Of a bot.
    Tokens,
    SetRole(Role),
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Denied {
    /// For this one must be signed in.
    SignIn,
    /// It is not there, or not for whoever asks.
    NotThere,
    /// Known, but not allowed.
    Forbidden,
    Muted,
    Banned,
    Archived,
    AnnounceOnly,
}

impl Denied {
    pub(crate) fn code(self) -> ErrorCode {
        match self {
            Self::SignIn => ErrorCode::SignIn,
            Self::NotThere => ErrorCode::NoRoom,
            Self::Forbidden => ErrorCode::Forbidden,
            Self::Muted => ErrorCode::Muted,
            Self::Banned => ErrorCode::Banned,
            Self::Archived => ErrorCode::Archived,
            Self::AnnounceOnly => ErrorCode::AnnounceOnly,
        }
    }

    /// One sentence for people.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::SignIn => "for this you must be signed in",
            Self::NotThere => "there is no such room",
            Self::Forbidden => "you may not do this",
            Self::Muted => "you are muted in this room",
            Self::Banned => "you are banned from this room",
            Self::Archived => "this room is archived: nothing changes in it any more",
            Self::AnnounceOnly => "only owners and moderators say something in this room",
        }
    }

    pub(crate) fn refusal(self) -> Refusal {
        Refusal::new(self.code(), self.reason())
    }
}

/// Whether `actor` may do this.
pub(crate) fn decide(actor: &Actor, action: Action<'_>) -> Result<(), Denied> {
    let is_guest = actor.role == Role::Guest;
    if !actor.active || actor.role == Role::Other || (is_guest && actor.guests == Guests::Off) {
        return Err(Denied::SignIn);
    }
    match action {
        Action::Connect => Ok(()),
        // The room of one's own is reached by what reaches all rooms: it tells of all of them.
        Action::Own if !actor.reach.here => Err(Denied::NotThere),
        Action::Own | Action::ListRooms => allow(actor.reach.read),
        Action::CreatePublic if is_guest && actor.guests != Guests::On => Err(Denied::SignIn),
        Action::CreatePrivate | Action::OpenDirect { .. } | Action::Reports | Action::Audit if is_guest => {
            Err(Denied::SignIn)
        }
        Action::CreatePublic | Action::CreatePrivate => allow(actor.reach.write && actor.reach.person),
        Action::OpenDirect { active } => allow(active && actor.reach.write && actor.reach.person),
        Action::Reports => allow(actor.role >= Role::Moderator && actor.reach.person),
        Action::Audit => allow(actor.role >= Role::Admin && actor.reach.person),
        Action::Room(deed, room) => rooms::in_room(actor, deed, room),
        Action::Person(deed, room, person) => rooms::to_person(actor, deed, room, person),
        Action::Message(deed, room, message) => rooms::to_message(actor, deed, room, message),
        Action::Self_(_) | Action::Accounts(_) | Action::Account(..) => account(actor, action),
    }
}

/// Everything about accounts: for people who have one, never by a bot's token.
fn account(actor: &Actor, action: Action<'_>) -> Result<(), Denied> {
    if let Action::Accounts(OfAccounts::SeePictures) = action {
        return Ok(());
    }
    if actor.role < Role::Member {
        return Err(Denied::SignIn);
    }
    if let Action::Self_(OfSelf::See) = action {
        return Ok(());
    }
    if !actor.reach.person {
        return Err(Denied::Forbidden);
    }
    let is_admin = actor.role >= Role::Admin;
    // Admins are made and unmade by owners alone; owners are equals, of whom the last one stays by another rule.
    let outranks = |role: Role| actor.role == Role::Owner || role < actor.role;
    allow(match action {
        Action::Self_(OfSelf::See | OfSelf::Change) | Action::Accounts(OfAccounts::List) => true,
        Action::Accounts(_) => is_admin,
        Action::Account(ToAccount::Tokens, account) => is_admin && account.bot && outranks(account.role),
        Action::Account(ToAccount::SetRole(to), account) => {
            is_admin && outranks(account.role) && outranks(to) && to >= Role::Member && !account.bot
        }
        Action::Account(ToAccount::Deactivate, account) => is_admin && outranks(account.role) && !account.me,
        Action::Account(ToAccount::Reset | ToAccount::EndSessions, account) => {
            is_admin && (outranks(account.role) || account.me)
        }
        Action::Account(ToAccount::Reactivate, account) => is_admin && outranks(account.role),
        _ => false,
    })
}

fn allow(allowed: bool) -> Result<(), Denied> {
    if allowed { Ok(()) } else { Err(Denied::Forbidden) }
}
