//! The client's side of a connection as a machine without clock, randomness or IO.
//!
//! A [`Session`] lives as long as its client and outlives its links: it says hello, resumes, follows each room's log
//! without hole or repeat, keeps the outbox until it is acknowledged, and decides when to dial.
//! The *shell* around it owns the socket, the disk and the clock:
//!
//! 1. it feeds inputs: `handle_*`, and the commands (`send`, `join`, …);
//! 2. after each it does all that [`poll_action`](Session::poll_action) says; then, as the socket takes them, it sends
//!    the frames of [`poll_transmit`](Session::poll_transmit); then it MUST drain [`poll_event`](Session::poll_event),
//!    which also tells what was sent. So each queue holds what one input made, and no more;
//! 3. it calls [`handle_timeout`](Session::handle_timeout) when [`poll_timeout`](Session::poll_timeout) is reached.
//!
//! A time (`now`) is the duration since any moment that the shell chose, by a clock that never goes back.
//!
//! ```
//! use std::time::Duration;
//! use protocol::ids::{Id, RoomKey};
//! use protocol::session::{Action, OutboxChange, Saved, Session, SessionConfig, SessionEvent};
//!
//! let config = SessionConfig {
//!     client: "example/1.0".into(),
//!     conn: Id::new("01JC0000000000000000000000").unwrap(),
//!     name: Some("ana".into()),
//!     token: None,
//!     seed: 42,
//! };
//! let now = Duration::ZERO;
//! let mut session = Session::new(config, Saved::default(), now);
//!
//! // The shell dials, and tells that it got through.
//! assert_eq!(session.poll_action(), Some(Action::Connect));
//! session.handle_connected(now);
//! assert!(session.poll_transmit().unwrap().starts_with(r#"{"type":"hello""#));
//!
//! // A line may be said at any time. It is on disk before it is sent.
//! session.send(RoomKey::lobby(), Id::new("01JE").unwrap(), "Hello".into()).unwrap();
//! session.handle_text(now, r#"{"type":"welcome","server":"s/1","epoch":"01JD","token":"t",
//!     "user":{"user":"g-1","name":"ana","guest":true},"heartbeat_ms":10000,
//!     "limits":{"message_bytes":65536,"history":200,"resume":10000},
//!     "rooms":[{"room":"lobby","title":"Lobby","kind":"public","first":1,"head":7}]}"#);
//! assert_eq!(session.poll_transmit(), None);
//! while let Some(event) = session.poll_event() {
//!     if let SessionEvent::Outbox(OutboxChange::Put(entry)) = event {
//!         // … write the entry to disk …
//!         session.handle_persisted(&entry.id);
//!     }
//! }
//! let frame = session.poll_transmit().unwrap();
//! assert_eq!(frame, r#"{"type":"message","room":"lobby","message":"Hello","id":"01JE"}"#);
//! assert_eq!(session.poll_timeout(), Some(Duration::from_secs(20)));
//! ```

mod answers;
mod backoff;
mod change;
mod commands;
mod frames;
mod link;
mod outbox;
mod output;
mod people;
mod room;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crate::ids::{Epoch, Id, Ref, RoomKey, Seq, UserId};
use crate::limits::{CLIENT_PATIENCE, HISTORY_EVENTS, MESSAGE_BYTES, RESUME_EVENTS};
use crate::signal::PresenceState;

use backoff::{Backoff, Rng};
use commands::Asked;
use link::State;
use outbox::Outbox;
use room::Room;

pub use change::{Change, Line, Target};
pub use commands::{AskError, SendError};
pub use outbox::{OUTBOX_BYTES, Outgoing};
pub use output::{
    Action, Failure, Gap, Link, OutboxChange, OutgoingState, Page, Place, RoomEvent, RoomReset, SessionEvent,
    Stopped,
};

/// Who the client is.
#[derive(Debug, Clone)]
pub struct SessionConfig {
    /// The client's name and version, for the server's log.
    pub client: String,
    /// Made anew by each process or tab, at random; kept over reconnects.
    pub conn: Id,
    /// The name that a guest asks for.
    pub name: Option<String>,
    /// The last `welcome`'s token.
    pub token: Option<String>,
    /// Seeds the jitter; SHOULD be random, or all clients of a restarted server come back together.
    pub seed: u64,
}

/// What the client kept on its disk for this server.
#[derive(Debug, Clone, Default)]
pub struct Saved {
    /// The last `welcome`'s epoch.
    pub epoch: Option<Epoch>,
    /// The last `welcome`'s user.
    pub user: Option<UserId>,
    /// The rooms to be in, each with the last `seq` up to which the client holds the newest stretch of its log without
    /// a hole; `None` where it holds nothing: events then start at the head of the moment of joining. With `@self`
    /// among them the session follows it too: what is kept there comes from its beginning, as events.
    pub rooms: BTreeMap<RoomKey, Option<Seq>>,
    /// The disk outbox, oldest first.
    pub outbox: Vec<Outgoing>,
}

/// The bytes of events that are kept back, over all rooms, while earlier ones are missing; what does not fit is fetched
/// again when its turn comes.
pub const HELD_BYTES: usize = 1024 * 1024;

/// The client's side of the protocol, over any number of links.
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    rng: Rng,
    backoff: Backoff,
    link: Link,
    state: State,
    /// When the last dial began.
    dialled: Duration,
    patience: Duration,
    /// How long the server asked to spread the next attempt over.
    goaway: Option<Duration>,
    going_away: bool,

    user: Option<UserId>,
    epoch: Option<Epoch>,
    message_bytes: usize,
    history_limit: u32,
    resume_limit: u64,

    rooms: BTreeMap<RoomKey, Room>,
    /// The rooms of this link's `resume`.
    resumed: BTreeSet<RoomKey>,
    /// Rooms that are wanted and were not in this link's `resume`; joined from `join_at` on.
    unjoined: VecDeque<RoomKey>,
    join_at: Duration,
    outbox: Outbox,
    questions: BTreeMap<Ref, Asked>,
    next_ref: Ref,
    typing: Option<((RoomKey, Option<Seq>), Duration)>,
    presence: PresenceState,

    actions: VecDeque<Action>,
    out: VecDeque<SessionEvent>,
    /// Frames that go out before any line: bounded by the questions that may be open.
    control: VecDeque<String>,
    pong: Option<String>,
}

impl Session {
    /// A session that wants to be connected: the first [`poll_action`](Self::poll_action) is [`Action::Connect`].
    pub fn new(config: SessionConfig, saved: Saved, now: Duration) -> Self {
        // A cursor means nothing without the history it belongs to.
        let cursor = |seq: Option<Seq>| seq.filter(|_| saved.epoch.is_some());
        let room = |(key, seq): (RoomKey, Option<Seq>)| (key.clone(), Room::new(key, cursor(seq)));
        let mut session = Self {
            rng: Rng::new(config.seed),
            config,
            backoff: Backoff::default(),
            link: Link::Connecting,
            state: State::Stopped,
            dialled: now,
            patience: CLIENT_PATIENCE,
            goaway: None,
            going_away: false,
            user: saved.user,
            message_bytes: MESSAGE_BYTES,
            history_limit: HISTORY_EVENTS,
            resume_limit: RESUME_EVENTS,
            rooms: saved.rooms.into_iter().map(room).collect(),
            epoch: saved.epoch,
            resumed: BTreeSet::new(),
            unjoined: VecDeque::new(),
            join_at: now,
            outbox: Outbox::new(saved.outbox),
            questions: BTreeMap::new(),
            next_ref: 0,
            typing: None,
            presence: PresenceState::Online,
            actions: VecDeque::new(),
            out: VecDeque::new(),
            control: VecDeque::new(),
            pong: None,
        };
        session.dial(now);
        session
    }

    // Getters

    /// The state of the link, as last told by [`SessionEvent::Link`].
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Who this session is; known from the first `welcome` on, or from [`Saved`].
    pub fn user(&self) -> Option<&UserId> {
        self.user.as_ref()
    }

    /// The history that all cursors belong to.
    pub fn epoch(&self) -> Option<&Epoch> {
        self.epoch.as_ref()
    }

    /// The rooms this session is in or will join, each with its cursor: the `seq` of the last event told.
    pub fn rooms(&self) -> impl Iterator<Item = (&RoomKey, Option<Seq>)> {
        self.rooms.iter().map(|(key, room)| (key, room.cursor()))
    }

    /// The outbox, oldest first, with the state of each line.
    pub fn outbox(&self) -> impl Iterator<Item = (&Outgoing, OutgoingState)> {
        self.outbox.iter()
    }

    /// The outbox entry of an [`OutboxChange::Put`] is on disk: it may be sent.
    pub fn handle_persisted(&mut self, id: &Id) {
        self.outbox.persisted(id);
    }

    /// The outbox entry of an [`OutboxChange::Put`] could not be written to disk, for this reason. The line is failed
    /// and not sent; its text stays in memory until [`retry`](Self::retry), which asks for a `Put` again, or `discard`.
    pub fn handle_not_persisted(&mut self, id: &Id, reason: &str) {
        let failure = Failure { code: None, reason: reason.to_owned() };
        if self.outbox.not_persisted(id, failure.clone()) {
            self.line_changed(id.clone(), OutgoingState::Failed(failure));
            self.fail_orphans();
        }
    }

    // Outputs

    /// What to do with the socket.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// The next text frame to send; to be asked when the socket can take one. What was polled and is lost with the
    /// link is sent again where that matters.
    pub fn poll_transmit(&mut self) -> Option<String> {
        if !matches!(self.state, State::Greeting { .. } | State::Up { .. }) {
            return None;
        }
        if let Some(frame) = self.pong.take().or_else(|| self.control.pop_front()) {
            return Some(frame);
        }
        // What a leaving server gets may stay unanswered; the next one answers.
        let user = self.user.as_ref().filter(|_| self.is_up() && !self.going_away)?;
        let line = self.outbox.next(user)?;
        let frame = line.frame()?;
        let id = line.id.clone();
        self.line_changed(id, OutgoingState::Sent);
        Some(frame.encode())
    }

    /// What to show and to write to disk.
    pub fn poll_event(&mut self) -> Option<SessionEvent> {
        self.out.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.next_timeout()
    }
}
