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
use crate::core::policy::InRoom;
use crate::core::presence::Change;
use crate::hub::{Audience, Shared};
use crate::store::accounts::NewProfile;
use crate::store::deeds::Author;

/// Between two tellings that the same person is still typing.
const TYPING_PACE: Duration = Duration::from_secs(1);

/// What a room was last told of this connection's typing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    on: bool,
    thread: Option<Seq>,
    at: Duration,
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
        if self.with_shard(|shard| shard.head_of(self.link, &typing.room)).is_none() {
            return;
        }
        let is_known = |before: &Told| {
            (before.on, before.thread) == (typing.on, typing.thread) && now < before.at + TYPING_PACE
        };
        if self.typing.get(&typing.room).is_some_and(is_known) {
            return;
        }
        self.typing.insert(typing.room.clone(), Told { on: typing.on, thread: typing.thread, at: now });
        self.keep_pace(super::COMMAND_RATE).await;
        if self.may(user, &typing.room, InRoom::Type).await.is_err() {
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

    /// Tells a room, if it is to be told, up to where somebody has read it.
    pub(super) fn tell_seen(shared: &Shared, room: RoomKey, author: &Author, upto: Seq) {
        let (user, sender) = (author.user.clone(), author.name.to_string());
        let told = Seen { room: room.clone(), user: user.clone(), sender, upto };
        shared.signal(&room, &ServerFrame::Seen(told), Audience::Full, Some(user));
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
