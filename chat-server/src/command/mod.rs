//! What a client may ask, one file per thing: decide, write, answer.
//!
//! A [`Client`] is a connection as the commands see it. Commands of one connection are carried out one after another,
//! in the order in which they came; a command that has to wait holds up only its own connection.

pub(crate) mod accounts;
mod hello;
mod history;
mod messages;
mod moderation;
mod own;
mod plain;
mod proof;
mod rooms;
mod say;
mod search;
mod signals;

use std::future::Future;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use protocol::client::ClientFrame;
use protocol::error::{ErrorCode, Refusal, close};
use protocol::ids::{Id, RoomKey, UserId};
use protocol::server::ServerFrame;

use crate::core::few::Few;
use crate::core::identity::Identity;
use crate::core::limiter::{Bucket, Rate};
use crate::core::policy::Reaches;
use crate::core::presence::Link;
use crate::core::secret::Secret;
use crate::hub::{Shard, ShardRef, Shared};
use crate::store::ReadError;
use crate::store::deeds::{Author, Measure};

/// Frames of any kind from one connection.
const FRAME_RATE: Rate = Rate { per_second: 100.0, burst: 300.0 };
/// Messages and questions from one connection.
const COMMAND_RATE: Rate = Rate { per_second: 20.0, burst: 100.0 };

/// What is to become of the connection after a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// It goes on.
    Go,
    /// It has said `hello`: larger frames are allowed from now on.
    Greeted,
    /// It is being closed.
    Stop,
}

/// One connection as the commands see it.
#[derive(Debug)]
pub(crate) struct Client {
    shard: ShardRef,
    shared: Arc<Shared>,
    link: Link,
    peer: IpAddr,
    /// Known after `hello`; always known in plain mode.
    user: Option<UserId>,
    /// How that was proved.
    identity: Option<Identity>,
    /// A guest whom this connection made: the record can hold nothing of them.
    is_new: bool,
    /// A browser's, said at the handshake; forgotten once it is proved.
    cookie: Option<Secret>,
    /// Plain mode: where a message goes that names no room.
    current: Option<RoomKey>,
    frames: Bucket,
    commands: Bucket,
    typing: Few<RoomKey, signals::Told>,
    own: Option<Rc<own::Own>>,
}

impl Client {
    pub(crate) fn new(shard: ShardRef, link: Link, peer: IpAddr, cookie: Option<Secret>) -> Self {
        let shared = Arc::clone(&shard.borrow().shared);
        let now = shared.now();
        Self {
            shard,
            shared,
            link,
            peer,
            user: None,
            identity: None,
            is_new: false,
            cookie,
            current: None,
            frames: Bucket::new(FRAME_RATE, now),
            commands: Bucket::new(COMMAND_RATE, now),
            typing: Few::default(),
            own: None,
        }
    }

    /// Carries out a text frame.
    pub(crate) async fn handle_text(&mut self, text: &str) -> Next {
        self.keep_pace(FRAME_RATE).await;
        if self.shard.borrow().going_away {
            // Not taken, so not acknowledged: the client sends it again to the server's successor.
            return Next::Go;
        }
        let Some(user) = self.user.clone() else { return self.hello(text).await };
        if self.current.is_some() && !text.trim_start().starts_with('{') {
            self.say_bare(&user, text).await;
            return Next::Go;
        }
        match ClientFrame::parse(text) {
            Ok(frame) => self.carry_out(&user, frame).await,
            Err(refusal) => self.refuse(*refusal),
        }
        Next::Go
    }

    async fn carry_out(&mut self, user: &UserId, frame: ClientFrame) {
        match frame {
            ClientFrame::Message(say) => return self.say(user, say).await,
            ClientFrame::Typing(typing) => return self.typing(user, &typing).await,
            ClientFrame::Pong(_) => return,
            ClientFrame::Hello(_) => {
                let reason = "`hello` is said once, at the start";
                return self.refuse(Refusal::new(ErrorCode::UnexpectedHello, reason));
            }
            _ => self.keep_pace(COMMAND_RATE).await,
        }
        match frame {
            ClientFrame::Message(_)
            | ClientFrame::Typing(_)
            | ClientFrame::Pong(_)
            | ClientFrame::Hello(_) => {}
            ClientFrame::Presence(presence) => self.presence(user, presence.state),
            ClientFrame::History(history) => self.history(user, history).await,
            ClientFrame::Create(create) => self.create(user, create).await,
            ClientFrame::Direct(direct) => self.direct(user, direct).await,
            ClientFrame::Join(join) => self.join(user, join).await,
            ClientFrame::Leave(leave) => self.leave(user, &leave).await,
            ClientFrame::Decline(decline) => self.decline(user, &decline).await,
            ClientFrame::Change(change) => self.change(user, change).await,
            ClientFrame::Invite(invite) => self.moderate(user, Measure::Invite, invite).await,
            ClientFrame::Kick(kick) => self.moderate(user, Measure::Kick, kick).await,
            ClientFrame::Ban(ban) => self.moderate(user, Measure::Ban, ban).await,
            ClientFrame::Unban(unban) => self.moderate(user, Measure::Unban, unban).await,
            ClientFrame::Mute(mute) => self.moderate(user, Measure::Mute, mute).await,
            ClientFrame::Unmute(unmute) => self.moderate(user, Measure::Unmute, unmute).await,
            ClientFrame::Role(role) => self.set_role(user, role).await,
            ClientFrame::Edit(edit) => self.edit(user, edit).await,
            ClientFrame::Delete(delete) => self.delete(user, delete).await,
            ClientFrame::React(react) => self.react(user, react).await,
            ClientFrame::Pin(pin) => self.pin(user, pin).await,
            ClientFrame::Thread(thread) => self.thread(user, thread).await,
            ClientFrame::Pins(pins) => self.pins(user, pins).await,
            ClientFrame::Edits(edits) => self.edits(user, edits).await,
            ClientFrame::Report(report) => self.report(user, report).await,
            ClientFrame::Reports(reports) => self.reports(user, &reports).await,
            ClientFrame::Resolve(resolve) => self.resolve(user, &resolve).await,
            ClientFrame::Audit(audit) => self.audit(user, &audit).await,
            ClientFrame::Members(members) => self.members(user, members).await,
            ClientFrame::Rooms(rooms) => self.rooms(user, rooms).await,
            ClientFrame::Nick(nick) => self.nick(user, &nick).await,
            ClientFrame::Read(read) => self.read(user, read).await,
            ClientFrame::ReadThread(read) => self.read_thread(user, read).await,
            ClientFrame::Notify(notify) => self.notify(user, notify).await,
            ClientFrame::Block(block) => self.block(user, block).await,
            ClientFrame::Draft(draft) => self.draft(user, draft).await,
            ClientFrame::Prefs(prefs) => self.prefs(user, prefs).await,
            ClientFrame::Search(search) => self.search(user, search).await,
            ClientFrame::Mentions(mentions) => self.mentions(user, &mentions).await,
            ClientFrame::Readers(readers) => self.readers(user, readers).await,
        }
    }

    /// This connection's person as the author of a deed.
    fn author(&self, user: &UserId) -> Author {
        let name = self.shared.presence().name(user).unwrap_or_else(|| "guest".to_owned());
        let reaches = self.identity.as_ref().map_or(Reaches::FULL, Identity::reaches);
        Author { user: user.clone(), name: Arc::from(name), guest: self.is_guest(), reaches, server: false }
    }

    fn is_guest(&self) -> bool {
        self.identity.as_ref().is_none_or(Identity::is_guest)
    }

    /// Changes whenever this person may have been put out of something.
    fn stamp(&self, user: &UserId) -> u64 {
        self.with_shard(|shard| shard.cuts.of(user))
    }

    /// Reads something for this person, anew where they were put out of something meanwhile: what is answered then was
    /// read after that.
    async fn steadily<T, F: Future<Output = T>>(&self, user: &UserId, read: impl Fn() -> F) -> T {
        loop {
            let stamp = self.stamp(user);
            let found = read().await;
            if self.stamp(user) == stamp {
                return found;
            }
        }
    }

    /// Over the rate, the connection is not read from for a while: nothing is refused, and order is kept.
    async fn keep_pace(&mut self, rate: Rate) {
        if !self.shared.limited {
            return;
        }
        let now = self.shared.now();
        let bucket = if rate == FRAME_RATE { &mut self.frames } else { &mut self.commands };
        if let Ok(wait) = bucket.take(rate, now, Duration::MAX)
            && !wait.is_zero()
        {
            tokio::time::sleep(wait).await;
        }
    }

    /// Pings and pongs count as frames: a flood of them is read no faster than any other.
    pub(crate) async fn pace_controls(&mut self, count: u32) {
        if !self.shared.limited {
            return;
        }
        let now = self.shared.now();
        let waits = (0..count).map(|_| self.frames.take(FRAME_RATE, now, Duration::MAX));
        if let Some(Ok(wait)) = waits.last()
            && !wait.is_zero()
        {
            tokio::time::sleep(wait).await;
        }
    }

    fn reply(&self, frame: &ServerFrame) {
        self.shard.borrow_mut().reply(self.link, frame);
    }

    fn refuse(&self, refusal: Refusal) {
        self.reply(&ServerFrame::Error(refusal));
    }

    fn close(&self, code: u16, reason: &str) -> Next {
        self.shard.borrow_mut().close(self.link, code, reason);
        Next::Stop
    }

    fn with_shard<T>(&self, act: impl FnOnce(&mut Shard) -> T) -> T {
        act(&mut self.shard.borrow_mut())
    }
}

/// A new id: a ULID, ordered by the time of its making.
pub(crate) fn new_id() -> Id {
    Id::new(ulid::Ulid::generate().to_string()).expect("a ULID is 26 letters and digits")
}

pub(crate) fn new_account() -> UserId {
    UserId::new(format!("u-{}", ulid::Ulid::generate())).expect("a ULID is 26 letters and digits")
}

fn new_guest() -> UserId {
    UserId::new(format!("g-{}", ulid::Ulid::generate())).expect("a ULID is 26 letters and digits")
}

/// What to answer where the store could not be read.
fn unreadable(error: &ReadError) -> Refusal {
    tracing::warn!(%error, "a question could not be answered");
    Refusal::new(ErrorCode::Unavailable, "the store cannot be read now")
}

/// What to answer about a room that is not there, or not for whoever asks.
fn no_room() -> Refusal {
    Refusal::new(ErrorCode::NoRoom, "there is no such room")
}

impl Client {
    /// Closes a connection that did not begin with `hello`.
    fn expect_hello(&self, refusal: Option<Refusal>) -> Next {
        let expected = Refusal::new(ErrorCode::HelloExpected, "the first frame must be `hello`");
        self.refuse(refusal.unwrap_or(expected));
        self.close(close::BAD_PROTOCOL, "the first frame must be `hello`")
    }
}
