//! What is told and not stored: names, typing, idleness.

use std::time::Duration;

use protocol::client;
use protocol::error::{ErrorCode, Refusal};
use protocol::ids::{Ref, RoomKey, Seq, UserId};
use protocol::names;
use protocol::server::{Done, ServerFrame};
use protocol::signal::{Presence, PresenceState, Renamed, Seen, Typing};

use super::{Client, accounts};
use crate::core::identity::Proof;
use crate::core::limiter::{Bucket, Rate};
use crate::core::policy::InRoom;
use crate::core::presence::Change;
use crate::hub::{Audience, Shared};
use crate::store::accounts::NewProfile;
use crate::store::deeds::Author;

/// Between two tellings that the same person is still typing.
const TYPING_PACE: Duration = Duration::from_secs(1);

/// Tellings of one connection in one room whatever they say: who stops, or goes on in a thread, is told of at once; who
/// goes back and forth is not told of each time.
const TYPING_RATE: Rate = Rate { per_second: 1.0, burst: 10.0 };

/// How long an answer of the policy holds for typing, if nothing changes before: whatever changes without being told of
/// in the room (a role on the server, a mute that is over) shows after that.
const TYPING_GRANT: Duration = Duration::from_secs(10);

/// What a room was last told of this connection's typing.
#[derive(Debug, Clone)]
pub(super) struct Told {
    on: bool,
    thread: Option<Seq>,
    at: Duration,
    /// What may still be told.
    left: Bucket,
    /// Whether it may be told.
    granted: Option<Grant>,
}

/// What the policy said of typing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Grant {
    may: bool,
    read: Duration,
    /// What it was decided on.
    basis: Basis,
}

/// Changes with whatever is decided about somebody or their room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Basis {
    /// That of the person: they were put out of something.
    stamp: u64,
    /// That of the room: its rules changed, or what somebody is in it.
    decisions: u64,
}

impl Told {
    /// What is to be told after this, if it is to be: not the same again so soon, and nothing over the rate.
    fn next(before: Option<Self>, on: bool, thread: Option<Seq>, now: Duration) -> Option<Self> {
        let Some(before) = before else {
            let mut left = Bucket::new(TYPING_RATE, now);
            return left.take(TYPING_RATE, now, Duration::ZERO).ok().map(|_| Self {
                on,
                thread,
                at: now,
                left,
                granted: None,
            });
        };
        if (before.on, before.thread) == (on, thread) && now < before.at + TYPING_PACE {
            return None;
        }
        let mut left = before.left;
        left.take(TYPING_RATE, now, Duration::ZERO).ok()?;
        Some(Self { on, thread, at: now, left, granted: before.granted })
    }
}

impl Grant {
    /// What it still says.
    fn holds(self, basis: Basis, now: Duration) -> Option<bool> {
        (self.basis == basis && now < self.read + TYPING_GRANT).then_some(self.may)
    }
}

impl Client {
    pub(super) async fn nick(&mut self, user: &UserId, asked: &client::Nick) {
        let name = match names::name(&asked.name) {
            Ok(name) => name,
            Err(error) => {
                return self.refuse_ref(Refusal::new(ErrorCode::BadName, error.to_string()), asked.reference);
            }
        };
        if !self.is_guest() {
            return self.rename_account(name, asked.reference).await;
        }
        let change = self.shared.presence().rename(user, &name);
        let Some(change) = change else {
            let reason = "somebody has this name, or one that looks like it";
            return self.refuse_ref(Refusal::new(ErrorCode::NameTaken, reason), asked.reference);
        };
        self.tell_renamed(user, change);
        self.show(user);
        self.reply(&ServerFrame::Ok(Done { reference: asked.reference, room: None, name: Some(name) }));
    }

    /// An account's name is in the database, and unique there.
    async fn rename_account(&self, name: String, reference: Ref) {
        let Some(Proof::Session(session)) = self.identity.as_ref().map(|identity| &identity.proof) else {
            let reason = "a bot's token is not good for this";
            return self.refuse_ref(Refusal::new(ErrorCode::Forbidden, reason), reference);
        };
        let Some(user) = self.user.clone() else { return };
        let change = NewProfile { name: Some(name), ..NewProfile::default() };
        match accounts::change_profile(&self.shared, &user, session, change).await {
            Ok(me) => self.reply(&ServerFrame::Ok(Done { reference, room: None, name: Some(me.name) })),
            Err(refusal) => self.refuse_ref(refusal, reference),
        }
    }

    /// Has the others see whoever has not said how to be called.
    pub(super) fn show(&self, user: &UserId) {
        let mut presence = self.shared.presence();
        if !presence.is_seen(user) {
            presence.show(user, self.shared.now());
            drop(presence);
            self.shared.stir();
        }
    }

    /// Tells the people in a person's rooms of the new name.
    pub(super) fn tell_renamed(&self, user: &UserId, change: Change<String>) {
        for room in change.rooms {
            let (from, to) = (change.value.clone(), change.name.clone());
            let told = Renamed { room: room.clone(), user: user.clone(), from, to };
            self.shared.signal(&room, &ServerFrame::Renamed(told), Audience::Full, None);
        }
    }

    pub(super) async fn typing(&mut self, user: &UserId, typing: &client::Typing) {
        let now = self.shared.now();
        if self.typing_basis(user, &typing.room).is_none() {
            return;
        }
        let before = self.typing.get(&typing.room).cloned();
        let Some(told) = Told::next(before, typing.on, typing.thread, now) else { return };
        let mut granted = told.granted;
        self.typing.insert(typing.room.clone(), told.clone());
        self.keep_pace(super::COMMAND_RATE).await;
        let Some(basis) = self.typing_basis(user, &typing.room) else { return };
        if granted.and_then(|granted| granted.holds(basis, now)).is_none() {
            let may = self.may(user, &typing.room, InRoom::Type).await.is_ok();
            // The basis is that of before the reading: what changed meanwhile has it read anew the next time.
            granted = Some(Grant { may, read: now, basis });
            self.typing.insert(typing.room.clone(), Told { granted, ..told });
        }
        if !granted.is_some_and(|granted| granted.may) {
            return;
        }
        self.show(user);
        let Some(sender) = self.shared.presence().name(user) else { return };
        let told = Typing {
            room: typing.room.clone(),
            user: user.clone(),
            sender,
            on: typing.on,
            thread: typing.thread,
        };
        self.shared.signal(&typing.room, &ServerFrame::Typing(told), Audience::Full, Some(user.clone()));
    }

    /// `None` where this connection is not in the room.
    fn typing_basis(&self, user: &UserId, room: &RoomKey) -> Option<Basis> {
        self.with_shard(|shard| {
            let decisions = shard.decisions_of(self.link, room)?;
            Some(Basis { stamp: shard.cuts.of(user), decisions })
        })
    }

    /// Tells a room, if it is to be told, up to where somebody has read it.
    pub(super) fn tell_seen(shared: &Shared, room: &RoomKey, author: &Author, upto: Seq) {
        let (user, sender) = (author.user.clone(), author.name.to_string());
        let told = Seen { room: room.clone(), user: user.clone(), sender, upto };
        shared.signal(room, &ServerFrame::Seen(told), Audience::Full, Some(user));
    }

    pub(super) fn forget_typing(&mut self, room: &RoomKey) {
        self.typing.remove(room);
    }

    pub(super) fn presence(&mut self, user: &UserId, state: PresenceState) {
        let change = self.shared.presence().set_idle(self.link, state != PresenceState::Online);
        if let Some(Change { rooms, name, value: state }) = change {
            for room in rooms {
                let told = Presence { room: room.clone(), user: user.clone(), sender: name.clone(), state };
                self.shared.signal(&room, &ServerFrame::Presence(told), Audience::Full, None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_policy_said_holds_until_something_is_decided_or_it_is_old() {
        let s = Duration::from_secs;
        let basis = Basis { stamp: 3, decisions: 5 };
        let granted = Grant { may: true, read: s(100), basis };
        assert_eq!(granted.holds(basis, s(101)), Some(true));
        assert_eq!(Grant { may: false, ..granted }.holds(basis, s(109)), Some(false));
        assert_eq!(granted.holds(basis, s(110)), None);
        assert_eq!(granted.holds(Basis { stamp: 4, ..basis }, s(101)), None);
        assert_eq!(granted.holds(Basis { decisions: 6, ..basis }, s(101)), None);
    }

    #[test]
    fn who_goes_back_and_forth_is_told_of_at_a_pace() {
        let s = Duration::from_secs;
        let mut last: Option<Told> = None;
        let mut tell = |on, thread, now| {
            let next = Told::next(last.clone(), on, thread, now);
            let is_told = next.is_some();
            last = next.or(last.take());
            is_told
        };
        assert!(tell(true, None, s(10)) && tell(true, Some(1), s(10)) && tell(false, Some(1), s(10)));
        assert!(!tell(false, Some(1), s(10)), "the same again");
        let told = (0..100).filter(|n| tell(n % 2 == 0, Some(n % 7), s(10))).count();
        assert_eq!(told, 7, "however they do it");
        let told =
            (0..100).filter(|n| tell(true, Some(n % 2), s(11) + Duration::from_millis(100 * n))).count();
        assert_eq!(told, 10, "one a second");
        assert!(tell(true, None, s(100)), "who types on is told of");
    }
}
