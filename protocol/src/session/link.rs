//! The life of the link: dialling, greeting, silence, backing off, stopping.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::client::{ClientFrame, Hello, Pong, Resume};
use crate::error::close;
use crate::ids::RoomKey;
use crate::limits::{BACKOFF_BASE, BACKOFF_HEALTHY, CLIENT_PATIENCE, HELLO_BYTES};
use crate::session::commands::{Asker, history};
use crate::session::{Action, Link, OutgoingState, Place, Session, SessionEvent, Stopped};

/// From `Connect` to its outcome.
pub(super) const DIAL_PATIENCE: Duration = Duration::from_secs(10);
/// From waking to any frame of a link that seemed to be up.
pub(super) const WAKE_PATIENCE: Duration = Duration::from_secs(5);
/// From `goaway` to the server's close.
const GOAWAY_PATIENCE: Duration = Duration::from_secs(10);
/// Open questions beyond which wanted rooms wait to be joined.
const JOINS_AT_ONCE: usize = 32;
/// The longest wait that a server may ask for.
pub(super) const MAX_WAIT: Duration = Duration::from_mins(5);

#[derive(Debug, Clone, Copy)]
pub(super) enum State {
    Dialling {
        since: Duration,
    },
    /// `hello` is under way.
    Greeting {
        silent_until: Duration,
    },
    Up {
        since: Duration,
        silent_until: Duration,
    },
    Waiting {
        until: Duration,
    },
    Stopped,
}

/// Inputs.
impl Session {
    /// The dial succeeded.
    pub fn handle_connected(&mut self, now: Duration) {
        if !matches!(self.state, State::Dialling { .. }) {
            return;
        }
        self.state = State::Greeting { silent_until: now + CLIENT_PATIENCE };
        let hello = self.hello();
        self.control.push_back(hello);
    }

    /// The dial failed (`None`), or the link ended, with the close code if there was one.
    pub fn handle_closed(&mut self, now: Duration, code: Option<u16>) {
        if !matches!(self.state, State::Dialling { .. } | State::Greeting { .. } | State::Up { .. }) {
            return;
        }
        self.unlink(now);
        match code.filter(|&code| close::is_final(code)) {
            Some(code) => {
                self.state = State::Stopped;
                self.link_changed(Link::Stopped(Stopped { code, reason: reason(code) }));
            }
            None => self.wait(now),
        }
    }

    /// The machine woke, the network is back, or the person looks at the chat again: dials at once if the link is down,
    /// and makes sure that it lives if it is up.
    pub fn handle_wake(&mut self, now: Duration) {
        match &mut self.state {
            State::Waiting { until } => {
                // However often it wakes, it does not knock faster than a first reconnect may.
                let soon = (self.dialled + BACKOFF_BASE).max(now);
                if soon < *until {
                    *until = soon;
                    self.link_changed(Link::WaitingUntil(soon));
                }
                self.handle_timeout(now);
            }
            State::Up { silent_until, .. } if now + WAKE_PATIENCE < *silent_until => {
                *silent_until = now + WAKE_PATIENCE;
                // Any frame shows that the link lives; this question always has a small answer.
                let lobby = RoomKey::lobby();
                let after = Place::After(self.rooms.get(&lobby).and_then(super::Room::cursor).unwrap_or(0));
                let _ = self.ask_as(Asker::Session, |reference| {
                    ClientFrame::History(history(reference, &lobby, after, 1))
                });
            }
            _ => {}
        }
    }

    /// The time of [`poll_timeout`](Self::poll_timeout) came. Harmless at any other time.
    pub fn handle_timeout(&mut self, now: Duration) {
        match self.state {
            State::Waiting { until } if until <= now => self.dial(now),
            State::Dialling { since } if since + DIAL_PATIENCE <= now => self.give_up(now),
            State::Greeting { silent_until } | State::Up { silent_until, .. } if silent_until <= now => {
                self.give_up(now);
            }
            State::Up { .. } => {
                self.outbox.release(now);
                self.ask_due(now);
            }
            _ => {}
        }
    }
}

impl Session {
    /// The next time at which [`handle_timeout`](Self::handle_timeout) does something.
    pub(super) fn next_timeout(&self) -> Option<Duration> {
        match self.state {
            State::Stopped => None,
            State::Waiting { until } => Some(until),
            State::Dialling { since } => Some(since + DIAL_PATIENCE),
            State::Greeting { silent_until } => Some(silent_until),
            State::Up { silent_until, .. } => {
                let rooms = self.rooms.values().filter_map(super::Room::next_question).min();
                let due = [Some(silent_until), self.outbox.next_release(), rooms, self.next_join()];
                due.into_iter().flatten().min()
            }
        }
    }

    /// When the next wanted room may be joined; none while enough questions are open.
    pub(super) fn next_join(&self) -> Option<Duration> {
        let may_ask = !self.unjoined.is_empty() && self.questions.len() < JOINS_AT_ONCE;
        may_ask.then_some(self.join_at)
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(self.state, State::Up { .. })
    }

    /// A frame came: the link lives.
    pub(super) fn heard(&mut self, now: Duration) {
        let patience = self.patience;
        match &mut self.state {
            State::Up { silent_until, .. } | State::Greeting { silent_until } if !self.going_away => {
                *silent_until = now + patience;
            }
            _ => {}
        }
    }

    pub(super) fn goaway(&mut self, now: Duration, after: Duration) {
        self.goaway = Some(after.min(MAX_WAIT));
        self.going_away = true;
        if let State::Up { silent_until, .. } | State::Greeting { silent_until } = &mut self.state {
            *silent_until = now + GOAWAY_PATIENCE;
        }
    }

    pub(super) fn pong(&mut self) {
        self.pong = Some(ClientFrame::Pong(Pong {}).encode());
    }

    pub(super) fn dial(&mut self, now: Duration) {
        self.state = State::Dialling { since: now };
        self.dialled = now;
        self.actions.push_back(Action::Connect);
        self.link_changed(Link::Connecting);
    }

    /// Drops the link and dials at once.
    pub(super) fn redial(&mut self, now: Duration) {
        self.close();
        self.unlink(now);
        self.dial(now);
    }

    fn give_up(&mut self, now: Duration) {
        self.close();
        self.unlink(now);
        self.wait(now);
    }

    fn close(&mut self) {
        match self.actions.back() {
            // The shell has not begun to dial.
            Some(Action::Connect) => {
                self.actions.pop_back();
            }
            _ => self.actions.push_back(Action::Close),
        }
    }

    fn wait(&mut self, now: Duration) {
        let wait = match self.goaway.take() {
            Some(spread) => self.rng.below(spread),
            None => self.backoff.wait(&mut self.rng),
        };
        self.state = State::Waiting { until: now + wait };
        self.link_changed(Link::WaitingUntil(now + wait));
    }

    /// Forgets what belonged to the link.
    fn unlink(&mut self, now: Duration) {
        if matches!(self.state, State::Up { since, .. } if since + BACKOFF_HEALTHY <= now) {
            self.backoff.reset();
        }
        self.going_away = false;
        self.typing = None;
        self.pong = None;
        self.control.clear();
        self.unjoined.clear();
        for id in self.outbox.unsend() {
            self.line_changed(id, OutgoingState::Queued);
        }
        for room in self.rooms.values_mut() {
            room.unlink();
        }
        for (reference, asked) in std::mem::take(&mut self.questions) {
            if asked.asker == Asker::Person {
                let question = Box::new(asked.frame);
                self.out.push_back(SessionEvent::Unanswered { question, reference });
            }
        }
    }

    pub(super) fn link_changed(&mut self, link: Link) {
        if self.link != link {
            self.link = link.clone();
            self.out.push_back(SessionEvent::Link(link));
        }
    }

    fn hello(&mut self) -> String {
        let mut hello = Hello {
            client: self.config.client.clone(),
            conn: self.config.conn.clone(),
            token: self.config.token.clone(),
            name: self.config.name.clone(),
            resume: None,
        };
        self.resumed.clear();
        if let Some(epoch) = self.epoch.clone() {
            // Rooms beyond the bound of a `hello` are joined after `welcome`; what they miss is fetched as a hole.
            let mut budget = HELLO_BYTES - 4 * 1024;
            let mut rooms = BTreeMap::new();
            for (key, room) in &self.rooms {
                let cost = key.as_str().len() + 24;
                if let Some(cursor) = room.cursor()
                    && cost <= budget
                {
                    budget -= cost;
                    rooms.insert(key.clone(), cursor);
                    self.resumed.insert(key.clone());
                }
            }
            if !rooms.is_empty() {
                hello.resume = Some(Resume { epoch, rooms });
            }
        }
        ClientFrame::Hello(hello).encode()
    }
}

fn reason(code: u16) -> &'static str {
    match code {
        close::SIGN_IN => "the server asks to sign in",
        close::REPLACED => "this connection was taken over by another one of the same window",
        _ => "this client and the server do not understand each other",
    }
}
