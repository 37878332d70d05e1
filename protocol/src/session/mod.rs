//! The client's side of a connection as a machine without clock, randomness or IO.
//!
//! A [`Session`] lives as long as its client and outlives its links: it says hello, resumes, follows each room's log
//! without hole or repeat, keeps the outbox until it is acknowledged, and decides when to dial.
//! The *shell* around it owns the socket, the disk and the clock:
//!
//! 1. it feeds inputs: `handle_*`, and the commands (`send`, `join`, …);
//! 2. after each it drains the outputs: [`poll_action`](Session::poll_action), [`poll_event`](Session::poll_event),
//!    and, as the socket takes them, [`poll_transmit`](Session::poll_transmit);
//! 3. it calls [`handle_timeout`](Session::handle_timeout) when [`poll_timeout`](Session::poll_timeout) is reached.
//!
//! A time (`now`) is the duration since any moment that the shell chose, by a clock that never goes back.

mod backoff;
mod commands;
mod outbox;
mod output;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::ids::{Epoch, Id, RoomKey, Seq, UserId};

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
    /// a hole; `None` where it holds nothing: events then start at the head of the moment of joining.
    pub rooms: BTreeMap<RoomKey, Option<Seq>>,
    /// The disk outbox, oldest first.
    pub outbox: Vec<Outgoing>,
}

/// The client's side of the protocol, over any number of links.
#[derive(Debug)]
pub struct Session {
    link: Link,
    user: Option<UserId>,
    epoch: Option<Epoch>,
}

impl Session {
    /// A session that wants to be connected: the first [`poll_action`](Self::poll_action) is [`Action::Connect`].
    pub fn new(config: SessionConfig, saved: Saved, now: Duration) -> Self {
        let _ = (config, now);
        Self { link: Link::Connecting, user: saved.user, epoch: saved.epoch }
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
        std::iter::empty()
    }

    /// The outbox, oldest first, with the state of each line.
    pub fn outbox(&self) -> impl Iterator<Item = (&Outgoing, OutgoingState)> {
        std::iter::empty()
    }

    // Inputs

    /// The dial succeeded.
    pub fn handle_connected(&mut self, now: Duration) {
        let _ = now;
    }

    /// A text frame arrived. What is not understood does no harm.
    pub fn handle_text(&mut self, now: Duration, text: &str) {
        let _ = (now, text);
    }

    /// The dial failed (`None`), or the link ended, with the close code if there was one.
    pub fn handle_closed(&mut self, now: Duration, code: Option<u16>) {
        let _ = (now, code);
    }

    /// The machine woke, the network is back, or the person looks at the chat again: dials at once if the link is down,
    /// and makes sure that it lives if it is up.
    pub fn handle_wake(&mut self, now: Duration) {
        let _ = now;
    }

    /// The time of [`poll_timeout`](Self::poll_timeout) came. Harmless at any other time.
    pub fn handle_timeout(&mut self, now: Duration) {
        let _ = now;
    }

    /// The outbox entry of an [`OutboxChange::Put`] is on disk: it may be sent.
    pub fn handle_persisted(&mut self, id: &Id) {
        let _ = id;
    }

    // Outputs

    /// What to do with the socket; to be asked before all other outputs.
    pub fn poll_action(&mut self) -> Option<Action> {
        None
    }

    /// What to show and to write to disk.
    pub fn poll_event(&mut self) -> Option<SessionEvent> {
        None
    }

    /// The next text frame to send; to be asked when the socket can take one. What was polled and is lost with the
    /// link is sent again where that matters.
    pub fn poll_transmit(&mut self) -> Option<String> {
        None
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next.
    pub fn poll_timeout(&self) -> Option<Duration> {
        None
    }
}
