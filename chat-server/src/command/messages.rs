//! What is done to messages, and asking for those that something was done with.

use std::time::Duration;

use protocol::error::{ErrorCode, Refusal};
use protocol::ids::{Id, Ref, RoomKey, UserId};
use protocol::limits::{
    EMOJI_BYTES, HISTORY_BYTES, HISTORY_DEFAULT, HISTORY_EVENTS, MENTIONS, MESSAGE_BYTES,
};
use protocol::messages::{Edit, Edits, EditsOf, Everyone, OfRoom, Pin, Pins, React, ThreadOf, ThreadPage};
use protocol::names::skeleton;
use protocol::rooms::Delete;
use protocol::server::{Ack, ServerFrame};

use super::{Client, new_id, unreadable};
use crate::core::mentions;
use crate::core::policy::Denied;
use crate::hub::Admitted;
use crate::store::ReadError;
use crate::store::deeds::{Named, Undone, refusal};

/// Up to so many people who are in a room are each called by `@here`; of more, everybody is.
const HERE: u32 = 100;
/// The bytes of text of pinned messages that one answer holds.
const PINS_BYTES: usize = 4 * HISTORY_BYTES;

impl Client {
    pub(super) async fn edit(&mut self, user: &UserId, asked: Edit) {
        let (room, id) = (asked.room.clone(), asked.id.clone());
        let fits = if asked.text.len() > MESSAGE_BYTES { Err(too_long(asked.text.len())) } else { Ok(()) };
        let Some(id) = self.begin(user, &room, id, fits).await else { return };
        let named = self.named(&room, &asked.text);
        let is_named = asked.id.is_some();
        let done = self.shared.store.edit(self.author(user), asked, named, id.clone()).await;
        self.end(room, id, is_named, done);
    }

    pub(super) async fn delete(&mut self, user: &UserId, asked: Delete) {
        let (room, is_named) = (asked.room.clone(), asked.id.is_some());
        let Some(id) = self.begin(user, &room, asked.id.clone(), Ok(())).await else { return };
        let done = self.shared.store.delete(self.author(user), asked, id.clone()).await;
        self.end(room, id, is_named, done);
    }

    pub(super) async fn react(&mut self, user: &UserId, mut asked: React) {
        let (room, is_named) = (asked.room.clone(), asked.id.is_some());
        // In its one full form: what looks alike is one reaction.
        let emoji = Some(&asked.emoji).filter(|emoji| emoji.len() <= EMOJI_BYTES);
        let known = match emoji.and_then(|emoji| emojis::get(emoji)) {
            Some(emoji) => {
                asked.emoji = emoji.as_str().to_owned();
                Ok(())
            }
            None => Err(Refusal::new(ErrorCode::BadEmoji, "one reacts with one emoji")),
        };
        let Some(id) = self.begin(user, &room, asked.id.clone(), known).await else { return };
        let done = self.shared.store.react(self.author(user), asked, id.clone()).await;
        self.end(room, id, is_named, done);
    }

    pub(super) async fn pin(&mut self, user: &UserId, asked: Pin) {
        let (room, is_named) = (asked.room.clone(), asked.id.is_some());
        let Some(id) = self.begin(user, &room, asked.id.clone(), Ok(())).await else { return };
        let done = self.shared.store.pin(self.author(user), asked, id.clone()).await;
        self.end(room, id, is_named, done);
    }

    pub(super) async fn thread(&mut self, user: &UserId, asked: ThreadOf) {
        let ThreadOf { reference, room, root, before, limit } = asked;
        let limit = limit.unwrap_or(HISTORY_DEFAULT).clamp(1, HISTORY_EVENTS);
        let read = || {
            let store = &self.shared.store;
            store.thread_for(self.author(user), room.clone(), root, before, limit, HISTORY_BYTES)
        };
        let found = self.steadily(user, read).await;
        let found = found.map(|seen| seen.map(|thread| thread.ok_or_else(no_message)));
        if let Some(thread) = self.found(found, reference, &room) {
            self.reply(&ServerFrame::Thread(ThreadPage {
                reference,
                room,
                root: Box::new(thread.root),
                messages: thread.messages,
                more: thread.more,
                as_of: thread.head,
            }));
        }
    }

    pub(super) async fn pins(&mut self, user: &UserId, asked: OfRoom) {
        let OfRoom { reference, room } = asked;
        let read = || self.shared.store.pins_for(self.author(user), room.clone(), PINS_BYTES);
        let found = self.steadily(user, read).await;
        if let Some(messages) = self.found(found.map(|seen| seen.map(Ok)), reference, &room) {
            self.reply(&ServerFrame::Pins(Pins { reference, room, messages }));
        }
    }

    pub(super) async fn edits(&mut self, user: &UserId, asked: EditsOf) {
        let EditsOf { reference, room, target } = asked;
        let read = || self.shared.store.versions_for(self.author(user), room.clone(), target, HISTORY_BYTES);
        let found = self.steadily(user, read).await;
        let some = |versions: Vec<_>| if versions.is_empty() { Err(no_message()) } else { Ok(versions) };
        if let Some(versions) = self.found(found.map(|seen| seen.map(some)), reference, &room) {
            self.reply(&ServerFrame::Edits(Edits { reference, room, target, versions }));
        }
    }

    /// Whom a text that is said in a room names, of all who have or had a name here, and whom it calls.
    pub(super) fn named(&self, room: &RoomKey, text: &str) -> Named {
        let mentions::Names { people, everyone } = mentions::names(text);
        let mut mentions: Vec<UserId> = Vec::new();
        if !people.is_empty() {
            let skeletons: Vec<_> = people.into_iter().map(skeleton).collect();
            let presence = self.shared.presence();
            for user in skeletons.iter().filter_map(|skeleton| presence.called(skeleton)) {
                if mentions.len() < MENTIONS && !mentions.contains(user) {
                    mentions.push(user.clone());
                }
            }
        }
        let here = match everyone {
            Some(Everyone::Here) => self.shared.presence().those_in(room, HERE),
            _ => None,
        };
        Named { mentions, everyone, here }
    }

    /// Takes up what is to be done to a message: checked, at its sender's rate, and behind what was refused before it.
    /// Its id, or nothing where it is refused here.
    async fn begin(
        &mut self,
        user: &UserId,
        room: &RoomKey,
        id: Option<Id>,
        checked: Result<(), Refusal>,
    ) -> Option<Id> {
        let is_named = id.is_some();
        let id = id.unwrap_or_else(new_id);
        if let Err(refusal) = checked.and_then(|()| self.in_order(room, &id)) {
            self.refuse(refusal.with_id(Some(id)).with_room(Some(room.clone())));
            return None;
        }
        match self.shared.admit(user, self.peer) {
            Admitted::After(Duration::ZERO) => {}
            Admitted::After(wait) => tokio::time::sleep(wait).await,
            Admitted::Not(wait) => {
                self.hold_back(room.clone(), id, is_named, wait);
                return None;
            }
        }
        self.show(user);
        Some(id)
    }

    /// Answers with what came of it. Where the same may come again, later ones of the room wait for it.
    fn end(&self, room: RoomKey, id: Id, is_named: bool, done: Result<Ack, Undone>) {
        match done {
            Ok(ack) => self.reply(&ServerFrame::Ack(ack)),
            Err(undone) => {
                let refusal = refusal(undone);
                if refusal.retry && is_named {
                    self.await_again(&room, &id);
                }
                self.refuse(refusal.with_id(Some(id)).with_room(Some(room)));
            }
        }
    }

    /// What was found in a room; nothing where the question was refused here.
    fn found<T>(
        &self,
        found: Result<Result<Result<T, Refusal>, Denied>, ReadError>,
        reference: Ref,
        room: &RoomKey,
    ) -> Option<T> {
        let refusal = match found {
            Ok(Ok(Ok(found))) => return Some(found),
            Ok(Ok(Err(refusal))) => refusal,
            Ok(Err(denied)) => denied.refusal(),
            Err(error) => unreadable(&error),
        };
        self.refuse_ref(refusal.with_room(Some(room.clone())), reference);
        None
    }
}

/// What to answer where a text has too many bytes.
pub(super) fn too_long(bytes: usize) -> Refusal {
    let reason = format!("a message has at most {MESSAGE_BYTES} bytes; this one has {bytes}");
    Refusal::new(ErrorCode::TooLong, reason)
}

fn no_message() -> Refusal {
    Refusal::new(ErrorCode::NotFound, "there is no such message")
}
