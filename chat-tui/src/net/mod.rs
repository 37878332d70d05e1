//! The session's shell: the socket, the clock and the disk outbox around `protocol::session`.

mod address;
mod body;
pub mod http;
mod id;
mod tls;
mod wire;

use std::future;
use std::time::{Duration, Instant};

use protocol::ids::Id;
use protocol::session::{Action, OutboxChange, Saved, Session, SessionConfig, SessionEvent};
use tokio::time::{sleep_until, timeout};

pub use address::{Address, AddressError};
pub(crate) use body::Gone;
pub use id::{fresh_id, random};
pub use tls::Authorities;
pub use wire::install_crypto;
use wire::{Wire, WireEvent};

use crate::cache::Outbox;

/// How long a polite end may take.
const GOODBYE: Duration = Duration::from_millis(500);

/// What came of [`Driver::pump`].
#[derive(Debug, Default)]
pub struct Pumped {
    /// What the session tells, in order.
    pub events: Vec<SessionEvent>,
    /// Own lines that are in memory only, because the disk did not take them; told after `events`.
    pub not_kept: Vec<Id>,
    /// Why a line that is settled could not be taken out of the disk outbox. It is sent once more after the next start,
    /// which changes nothing.
    pub failure: Option<std::io::Error>,
}

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

    /// Carries out what the session wants. Own lines go to `outbox` before they are sent; without one they live in
    /// memory only. A line that the disk does not take is not sent but fails.
    pub fn pump(&mut self, mut outbox: Option<&mut Outbox>) -> Pumped {
        let mut pumped = Pumped::default();
        loop {
            let before = pumped.events.len();
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
                    self.kept(change, kept, &mut pumped);
                }
                pumped.events.push(event);
            }
            acted |= self.transmit();
            if pumped.events.len() == before && !acted {
                return pumped;
            }
        }
    }

    fn kept(&mut self, change: &OutboxChange, kept: std::io::Result<()>, pumped: &mut Pumped) {
        match (kept, change) {
            (Ok(()), OutboxChange::Put(entry)) => {
                pumped.not_kept.retain(|id| *id != entry.id);
                self.session.handle_persisted(&entry.id);
            }
            (Ok(()), OutboxChange::Remove(_)) => {}
            (Err(error), OutboxChange::Put(entry)) => {
                let reason = format!("it cannot be kept on disk: {error}");
                self.session.handle_not_persisted(&entry.id, &reason);
                pumped.not_kept.push(entry.id.clone());
            }
            (Err(error), OutboxChange::Remove(_)) => pumped.failure = Some(error),
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

#[cfg(test)]
mod tests {
    use protocol::ids::RoomKey;
    use protocol::session::{Line, OutgoingState};

    use super::*;
    use crate::cache::Profile;

    #[tokio::test]
    async fn a_line_that_the_disk_does_not_take_fails_and_can_be_tried_again() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        let config = SessionConfig {
            client: "test/1".to_owned(),
            conn: fresh_id(),
            name: None,
            token: None,
            seed: random(),
        };
        let address = Address::parse("http://localhost:1").unwrap();
        let mut driver = Driver::new(address, config, Saved::default(), Instant::now());
        let mut outbox = Outbox::open(&profile).unwrap();
        outbox.fill();
        let id = fresh_id();
        let line = Line { text: "x".to_owned(), ..Line::default() };
        driver.session.send(RoomKey::lobby(), id.clone(), line).unwrap();
        let pumped = driver.pump(Some(&mut outbox));
        assert_eq!(pumped.not_kept, std::slice::from_ref(&id));
        let state = driver.session.outbox().next().unwrap().1;
        assert!(matches!(&state, OutgoingState::Failed(why) if why.reason.contains("on disk")), "{state:?}");

        let mut outbox = Outbox::open(&profile).unwrap();
        assert!(driver.session.retry(&id));
        assert_eq!(driver.pump(Some(&mut outbox)).not_kept, []);
        assert_eq!(outbox.entries().len(), 1);
        assert_eq!(driver.session.outbox().next().unwrap().1, OutgoingState::Queued);
    }
}
