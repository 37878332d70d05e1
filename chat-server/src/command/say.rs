//! `message`: checked, put into the store's queue, and answered when it is on disk.

use std::sync::Arc;
use std::time::Duration;

use protocol::client::Say;
use protocol::error::{ErrorCode, Refusal, close};
use protocol::ids::{Id, RoomKey, Seq, UserId};
use protocol::limits::{FILES_PER_MESSAGE, MESSAGE_BYTES};

use super::messages::too_long;
use super::{COMMAND_RATE, Client, new_id};
use crate::core::policy::{Denied, Reach};
use crate::hub::Admitted;
use crate::store::deeds::Named;
use crate::store::{Append, Origin};

impl Client {
    pub(super) async fn say(&mut self, user: &UserId, say: Say) {
        let Some(room) = say.room.clone().or_else(|| self.current.clone()) else {
            return self.refuse(Refusal::new(ErrorCode::BadFrame, "`room` is missing").with_id(say.id));
        };
        let id = say.id.clone().unwrap_or_else(new_id);
        if let Err(refusal) = self.check(&room, &id, &say) {
            return self.refuse(refusal.with_id(Some(id)).with_room(Some(room)));
        }
        let reaches = self.identity.as_ref().map_or(Reach::FULL, |identity| identity.reaches().at(&room));
        if !(reaches.write && reaches.here) {
            let refusal = Denied::Forbidden.refusal();
            return self.refuse(refusal.with_id(Some(id)).with_room(Some(room)));
        }
        self.keep_pace(COMMAND_RATE).await;
        match self.shared.admit(user, self.peer) {
            Admitted::After(Duration::ZERO) => {}
            Admitted::After(wait) => tokio::time::sleep(wait).await,
            Admitted::Not(wait) => return self.hold_back(room, id, say.id.is_some(), wait),
        }
        if let (Some(_), Some(wanted)) = (&self.current, &say.sender) {
            self.go_by(user, wanted);
        }
        self.show(user);
        let Some(sender) = self.shared.presence().name(user) else {
            // Not to be seen while the connection lives; closed, the client comes back and sends it again.
            tracing::error!(conn.id = self.link, "somebody who is connected has no name");
            self.close(close::INTERNAL, "the server lost who you are");
            return;
        };
        let (origin, named) = self.with_shard(|shard| {
            shard.submitted(self.link);
            let named = self.current.is_some() && say.id.is_some();
            (Origin { shard: shard.index, connection: self.link }, named)
        });
        if named {
            self.with_shard(|shard| {
                if let Some(connection) = shard.connection(self.link) {
                    connection.named.push(id.clone());
                }
            });
        }
        let Named { mentions, everyone, here } = self.named(&room, &say.message);
        let append = Append {
            origin,
            room: room.clone(),
            id: id.clone(),
            ordered: say.id.is_some(),
            user: user.clone(),
            sender: Arc::from(sender),
            guest: self.is_guest(),
            text: say.message,
            reply: say.reply,
            thread: say.thread,
            mentions,
            everyone,
            here,
            files: say.files,
        };
        if self.shared.store.append(append).await.is_err() {
            let refusal = Refusal::new(ErrorCode::Unavailable, "the server is closing");
            self.refuse(refusal.with_id(Some(id)).with_room(Some(room)));
        }
    }

    fn check(&self, room: &RoomKey, id: &Id, say: &Say) -> Result<(), Refusal> {
        if say.message.len() > MESSAGE_BYTES {
            return Err(too_long(say.message.len()));
        }
        if say.files.len() > FILES_PER_MESSAGE {
            let reason = format!("a message has at most {FILES_PER_MESSAGE} files");
            return Err(Refusal::new(ErrorCode::TooBig, reason));
        }
        if say.files.iter().enumerate().any(|(index, file)| say.files[..index].contains(file)) {
            return Err(Refusal::new(ErrorCode::BadFile, "a message has each of its files once"));
        }
        if say.message.trim().is_empty() && say.files.is_empty() {
            return Err(Refusal::new(ErrorCode::Empty, "there is nothing in this message"));
        }
        self.with_shard(|shard| {
            let Some(head) = shard.head_of(self.link, room) else {
                return Err(Refusal::new(ErrorCode::NotJoined, "you are not in this room"));
            };
            let in_log = |seq: Seq| (1..=head).contains(&seq);
            if !say.reply.is_none_or(in_log) || !say.thread.is_none_or(in_log) {
                return Err(Refusal::new(
                    ErrorCode::BadFrame,
                    "`reply` and `thread` name messages of the room",
                ));
            }
            Ok(())
        })?;
        self.in_order(room, id)
    }

    /// Whether nothing that was refused before must come first.
    pub(super) fn in_order(&self, room: &RoomKey, id: &Id) -> Result<(), Refusal> {
        let admitted = self.with_shard(|shard| {
            shard.connection(self.link).is_none_or(|connection| connection.order.admit(room, id))
        });
        if admitted {
            return Ok(());
        }
        let reason = "an earlier message of yours was refused and must come first";
        Err(Refusal::new(ErrorCode::RateLimited, reason).with_retry_ms(1000))
    }

    /// Has later ones of a room wait until the refused one comes again. Where the connection is not in the room, nothing
    /// is kept of it.
    pub(super) fn await_again(&self, room: &RoomKey, id: &Id) {
        self.with_shard(|shard| {
            let is_in = shard.head_of(self.link, room).is_some();
            if let Some(connection) = shard.connection(self.link).filter(|_| is_in) {
                connection.order.refuse(room.clone(), id.clone());
            }
        });
    }

    /// Refuses what comes too fast; later ones of the room wait for it, if it can come again: an id that the server
    /// made cannot.
    pub(super) fn hold_back(&self, room: RoomKey, id: Id, ordered: bool, wait: Duration) {
        if ordered {
            self.await_again(&room, &id);
        }
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let refusal = Refusal::new(ErrorCode::RateLimited, "too many messages from you or from your address");
        self.refuse(refusal.with_retry_ms(wait_ms).with_id(Some(id)).with_room(Some(room)));
    }

    /// Plain mode: the nickname that comes with a message, adapted where it is taken or not allowed.
    fn go_by(&self, user: &UserId, wanted: &str) {
        let present = self.shared.presence().name(user);
        if present.as_deref() == Some(wanted) {
            return;
        }
        let change = self.shared.presence().rename_near(user, wanted);
        if let Some(change) = change {
            self.tell_renamed(user, change);
        }
    }
}
