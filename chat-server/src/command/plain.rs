//! Plain mode: what a ten-line script needs.

use protocol::PLAIN_GREETING;
use protocol::client::Say;
use protocol::error::{ErrorCode, Refusal, close};
use protocol::ids::{RoomKey, UserId};
use protocol::limits::MESSAGE_BYTES;

use super::{Client, Next, new_guest};
use crate::core::policy::{Denied, InRoom, Reaches};
use crate::hub::{Admitted, Audience, Loaded, Signal, at_hand, binary_frame, load};
use crate::store::ReadError;

impl Client {
    /// Opens a plain connection: greets it and puts it into a room as a guest.
    pub(crate) async fn open_plain(&mut self, room: Option<String>, name: Option<String>) -> Next {
        // Nobody but a guest speaks plainly.
        self.cookie = None;
        if let Err(next) = self.admit_guest() {
            return next;
        }
        let wanted = room.as_deref().map_or(Ok(RoomKey::lobby()), RoomKey::new);
        let key = wanted.ok().filter(RoomKey::is_open);
        let user = new_guest();
        let found = match &key {
            Some(key) => self.find_plain(&user, key).await,
            None => Ok(Err(Denied::NotThere)),
        };
        let loaded = match found {
            Ok(Ok(loaded)) => loaded,
            Ok(Err(denied)) => {
                self.refuse(denied.refusal());
                return self.close(close::BAD_PROTOCOL, denied.reason());
            }
            Err(error) => {
                self.refuse(super::unreadable(&error));
                return self.close(close::INTERNAL, "the store cannot be read now");
            }
        };
        self.connect(&user, None, Some(name.as_deref().unwrap_or("guest")), None).await;
        self.current = key;
        let mut shard = self.shard.borrow_mut();
        shard.identify(self.link, user, None, &Reaches::FULL);
        shard.reply_text(self.link, PLAIN_GREETING);
        shard.enter(self.link, &loaded, None, 0);
        shard.flush_now(self.link);
        drop(shard);
        Next::Go
    }

    /// The room that a guest asks for in the query, if it is for them.
    async fn find_plain(&self, user: &UserId, key: &RoomKey) -> Result<Result<Loaded, Denied>, ReadError> {
        // A new guest was never put out of anything: what is read now holds.
        if let Some((loaded, record)) = at_hand(&self.shard, key) {
            return Ok(self.newcomer_may_read(&record).map(|()| loaded));
        }
        if let Err(denied) = self.shared.store.may(self.author(user), key.clone(), InRoom::Read).await? {
            return Ok(Err(denied));
        }
        Ok(load(&self.shard, key, None).await?.ok_or(Denied::NotThere))
    }

    /// A line of text that is no JSON object is a message.
    pub(super) async fn say_bare(&mut self, user: &UserId, text: &str) {
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        self.say(user, Say { message: line.to_owned(), ..Say::default() }).await;
    }

    /// Relays a binary frame to the room's plain members; it is not stored.
    pub(crate) async fn handle_binary(&mut self, bytes: &[u8]) -> Next {
        self.keep_pace(super::FRAME_RATE).await;
        self.keep_pace(super::COMMAND_RATE).await;
        let Some(room) = self.current.clone() else {
            if self.user.is_none() {
                return self.expect_hello(None);
            }
            self.refuse(Refusal::new(ErrorCode::BadFrame, "chat.v1 has no binary frames"));
            return Next::Go;
        };
        if bytes.len() > MESSAGE_BYTES {
            let reason = format!("a binary frame has at most {MESSAGE_BYTES} bytes");
            self.refuse(Refusal::new(ErrorCode::TooLong, reason));
            return Next::Go;
        }
        let Some(user) = self.user.clone() else { return Next::Go };
        match self.shared.admit(&user, self.peer) {
            Admitted::After(wait) => tokio::time::sleep(wait).await,
            Admitted::Not(_) => {
                self.refuse(Refusal::new(ErrorCode::RateLimited, "too much from you or from your address"));
                return Next::Go;
            }
        }
        if let Err(denied) = self.may(&user, &room, InRoom::Say).await {
            self.refuse(denied.refusal().with_room(Some(room)));
            return Next::Go;
        }
        let frame = binary_frame(bytes);
        self.shared.hub.signal(Signal { room, frame, audience: Audience::Plain, except: None });
        Next::Go
    }
}
