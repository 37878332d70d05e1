//! The session's shell: the socket, the clock and the disk outbox around `protocol::session`.

mod address;
mod id;
mod wire;

use std::future;
use std::time::{Duration, Instant};

use protocol::session::{Action, OutboxChange, Saved, Session, SessionConfig, SessionEvent};
use tokio::time::{sleep_until, timeout};

pub use address::{Address, AddressError};
pub use id::{fresh_id, random};
pub use wire::install_crypto;
use wire::{Wire, WireEvent};

use crate::cache::Outbox;

/// How long a polite end may take.
const GOODBYE: Duration = Duration::from_millis(500);

/// A session with its socket. Feed it by commands on [`session`](Self::session), then call [`pump`](Self::pump).
#[derive(Debug)]
pub struct Driver {
    /// The session; after any command to it, `pump` must follow.
    pub session: Session,
    address: Address,
    start: Instant,
    wire: Option<Wire>,
    /// Taken out of the session, and not taken by the socket yet.
    unsent: Option<String>,
    trouble: Option<String>,
}

impl Driver {
    /// A session that will dial `address`. `start` is the moment that all its times count from.
    pub fn new(address: Address, config: SessionConfig, saved: Saved, start: Instant) -> Self {
        let session = Session::new(config, saved, start.elapsed());
        Self { session, address, start, wire: None, unsent: None, trouble: None }
    }

    /// The time since the start.
    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Why the newest dial failed; told once.
    pub fn take_trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }

    /// Carries out what the session wants and returns what it tells. Own lines go to `outbox` before they are sent;
    /// without one they live in memory only. A line that the disk does not take is not sent, and the error is told.
    pub fn pump(&mut self, mut outbox: Option<&mut Outbox>) -> (Vec<SessionEvent>, Option<std::io::Error>) {
        let mut told = Vec::new();
        let mut failure = None;
        loop {
            let before = told.len();
            let mut acted = false;
            while let Some(action) = self.session.poll_action() {
                acted = true;
                self.unsent = None;
                self.wire = match action {
                    Action::Connect => Some(Wire::dial(self.address.clone())),
                    Action::Close => None,
                };
            }
            while let Some(event) = self.session.poll_event() {
                if let SessionEvent::Outbox(change) = &event {
                    let kept = outbox.as_deref_mut().map_or(Ok(()), |outbox| outbox.apply(change));
                    match (kept, change) {
                        (Ok(()), OutboxChange::Put(entry)) => self.session.handle_persisted(&entry.id),
                        (Ok(()), OutboxChange::Remove(_)) => {}
                        (Err(error), _) => failure = Some(error),
                    }
                }
                told.push(event);
            }
            acted |= self.transmit();
            if told.len() == before && !acted {
                return (told, failure);
            }
        }
    }

    /// Waits until something happened and feeds it to the session. MAY be dropped at any await and called again.
    pub async fn wait(&mut self) {
        let deadline = self.session.poll_timeout().map(|at| self.start + at);
        let event = {
            let blocked = self.unsent.is_some();
            let wire = async {
                match &mut self.wire {
                    Some(wire) => wire.next(blocked).await,
                    None => future::pending().await,
                }
            };
            let timer = async {
                match deadline {
                    Some(at) => sleep_until(at.into()).await,
                    None => future::pending().await,
                }
            };
            tokio::select! {
                event = wire => event,
                () = timer => WireEvent::Nothing,
            }
        };
        let now = self.now();
        match event {
            WireEvent::Nothing => self.session.handle_timeout(now),
            WireEvent::Room => {}
            WireEvent::Connected => self.session.handle_connected(now),
            WireEvent::Text(text) => self.session.handle_text(now, &text),
            WireEvent::Closed { code, why } => {
                self.wire = None;
                self.unsent = None;
                self.trouble = why;
                self.session.handle_closed(now, code);
            }
        }
    }

    /// Says goodbye to the server, if there is a link.
    pub async fn close(mut self) {
        if let Some(wire) = self.wire.take() {
            // Too slow a goodbye is none: the server sees the end of the stream.
            let _ = timeout(GOODBYE, wire.close()).await;
        }
    }

    fn transmit(&mut self) -> bool {
        let Some(wire) = &self.wire else { return false };
        let mut sent = false;
        while let Some(text) = self.unsent.take().or_else(|| self.session.poll_transmit()) {
            if let Some(text) = wire.try_send(text) {
                self.unsent = Some(text);
                break;
            }
            sent = true;
        }
        sent
    }
}
