//! The load: many connections on one thread, read by readiness, looked at as little as possible.

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::frames::{self, Counter, Cutter};
use crate::link::{Dialect, Link};

const READ_BYTES: usize = 256 * 1024;
/// Few enough that what is due is said in time.
const EVENTS: usize = 128;
/// Every so many connections one has its deliveries timed: looking for the mark costs more than counting.
const TIMED: usize = 16;
/// Without a delivery for this long while some are owed, the server has lost a message or hangs.
const STALLED: Duration = Duration::from_secs(10);
/// The texts' usual size in bytes.
const TEXT_BYTES: usize = 100;
/// A text begins with when it was said: `~`, nanoseconds in 15 digits, `~`.
const MARK_BYTES: usize = 17;

/// Connections under load.
#[derive(Debug)]
pub(crate) struct Load {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    buffer: Vec<u8>,
    /// The size of the texts that are said.
    pub(crate) text_bytes: usize,
    /// Messages that arrived, over all connections.
    pub(crate) delivered: u64,
    /// Messages that were said.
    pub(crate) said: u64,
    pub(crate) tally: Tally,
    begin: Instant,
    due: Option<Duration>,
    last_delivery: Instant,
    /// Seconds from saying to arriving, of the connections that are timed; `None` while nothing is timed.
    pub(crate) latencies: Option<Vec<f64>>,
}

/// What was read so far.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) reads: u64,
    pub(crate) bytes: u64,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    incoming: Incoming,
    /// What came with the handshake: none of what will be said, but it may end within a frame.
    rest: Vec<u8>,
    unsent: Vec<u8>,
}

/// How a connection's frames are looked at.
#[derive(Debug)]
enum Incoming {
    Counted(Counter),
    Timed(Cutter),
}

impl Load {
    /// Takes over connections that are in their rooms.
    pub(crate) fn new(links: Vec<Link>) -> Result<Self> {
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(links.len());
        for (index, link) in links.into_iter().enumerate() {
            link.stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(link.stream);
            poll.registry().register(&mut stream, Token(index), Interest::READABLE | Interest::WRITABLE)?;
            let incoming = Incoming::new(index % TIMED == 0, &link.rest);
            connections.push(Connection { stream, incoming, rest: link.rest, unsent: Vec::new() });
        }
        let now = Instant::now();
        Ok(Self {
            poll,
            events: Events::with_capacity(EVENTS),
            connections,
            buffer: vec![0; READ_BYTES],
            text_bytes: TEXT_BYTES,
            delivered: 0,
            said: 0,
            tally: Tally::default(),
            begin: now,
            due: None,
            last_delivery: now,
            latencies: None,
        })
    }

    /// Times every so many connections; before anything is said.
    pub(crate) fn time_every(&mut self, every: usize) {
        for (index, connection) in self.connections.iter_mut().enumerate() {
            connection.incoming = Incoming::new(index % every == 0, &connection.rest);
        }
    }

    /// The next message counts as said at this time.
    pub(crate) fn due(&mut self, at: Instant) {
        self.due = Some(at.saturating_duration_since(self.begin));
    }

    /// Says messages on a connection, all at once; they carry the time.
    pub(crate) fn say(
        &mut self,
        connection: usize,
        dialect: Dialect,
        room: &str,
        count: usize,
    ) -> Result<()> {
        let mark = self.due.take().unwrap_or_else(|| self.begin.elapsed()).as_nanos();
        let text = format!("~{mark:015}~{:x<1$}", "", self.text_bytes - MARK_BYTES);
        let connection = &mut self.connections[connection];
        for _ in 0..count {
            let number = self.said;
            let payload = match dialect {
                // In the order of time, as the ULIDs of real clients are.
                Dialect::Chat => format!(
                    r#"{{"type":"message","room":"{room}","id":"{mark:016X}{number:010}","message":"{text}"}}"#
                ),
                Dialect::Relay => format!(r#"{{"type":"message","room":"{room}","message":"{text}"}}"#),
            };
            self.said += 1;
            frames::text(payload.as_bytes(), &mut connection.unsent);
        }
        connection.send()
    }

    /// Waits up to `timeout` for something to arrive and takes it.
    pub(crate) fn turn(&mut self, timeout: Duration) -> Result<()> {
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            other => other?,
        }
        let before = self.delivered;
        for event in &self.events {
            let Token(index) = event.token();
            let connection = &mut self.connections[index];
            loop {
                let length = match connection.stream.read(&mut self.buffer) {
                    Ok(0) => bail!("the server closed a connection"),
                    Ok(length) => length,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error.into()),
                };
                self.tally.reads += 1;
                self.tally.bytes += length as u64;
                let bytes = &self.buffer[..length];
                match &mut connection.incoming {
                    Incoming::Counted(counter) => self.delivered += counter.push(bytes),
                    Incoming::Timed(cutter) => {
                        let now = self.begin.elapsed().as_secs_f64();
                        let (delivered, latencies) = (&mut self.delivered, &mut self.latencies);
                        cutter.push(bytes, |payload| {
                            if frames::is_message(payload) {
                                *delivered += 1;
                                if let Some(latencies) = latencies {
                                    latencies.extend(said_at(payload).map(|said| now - said));
                                }
                            }
                        });
                    }
                }
                // A read that does not fill the buffer has emptied the socket.
                if length < self.buffer.len() {
                    break;
                }
            }
            connection.send()?;
        }
        if self.delivered != before {
            self.last_delivery = Instant::now();
        }
        Ok(())
    }

    /// Fails if deliveries are owed and none has come for long.
    pub(crate) fn check_alive(&self, owed: bool) -> Result<()> {
        if owed && self.last_delivery.elapsed() > STALLED {
            bail!("stalled: {} said, {} delivered", self.said, self.delivered);
        }
        Ok(())
    }
}

impl Incoming {
    fn new(timed: bool, rest: &[u8]) -> Self {
        if timed {
            let mut cutter = Cutter::default();
            cutter.push(rest, |_| {});
            Self::Timed(cutter)
        } else {
            let mut counter = Counter::default();
            counter.push(rest);
            Self::Counted(counter)
        }
    }
}

impl Connection {
    /// Sends what the socket takes; it will be writable again for the rest.
    fn send(&mut self) -> Result<()> {
        let mut sent = 0;
        while sent < self.unsent.len() {
            match self.stream.write(&self.unsent[sent..]) {
                Ok(length) => sent += length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error).context("saying a message"),
            }
        }
        self.unsent.drain(..sent);
        Ok(())
    }
}

/// When a message was said, from the mark in its text, in seconds.
fn said_at(payload: &[u8]) -> Option<f64> {
    let at = payload.iter().position(|&byte| byte == b'~')?;
    let digits = payload.get(at + 1..at + MARK_BYTES - 1)?;
    let nanoseconds: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds).as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_found_in_a_message() {
        let seconds = said_at(br#"{"type":"message","room":"a","message":"~000001500000000~xxx"}"#);
        assert!((seconds.unwrap() - 1.5).abs() < 1e-9);
        assert_eq!(said_at(b"no mark"), None);
    }
}
