//! The load: many connections on one thread, read by readiness, looked at as little as possible.

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::frames::{self, Cutter};
use crate::link::{Dialect, Link};

const READ_BYTES: usize = 256 * 1024;
/// Every so many connections one has its deliveries timed: looking for the mark costs more than counting.
const TIMED: usize = 16;
/// Without a delivery for this long while some are owed, the server has lost a message or hangs.
const STALLED: Duration = Duration::from_secs(10);
/// The texts' size in bytes.
const TEXT_BYTES: usize = 100;

/// Connections under load.
#[derive(Debug)]
pub(crate) struct Load {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    buffer: Vec<u8>,
    /// Messages that arrived, over all connections.
    pub(crate) delivered: u64,
    /// Messages that were said.
    pub(crate) said: u64,
    begin: Instant,
    last_delivery: Instant,
    /// Seconds from saying to arriving, of the connections that are timed; `None` while nothing is timed.
    pub(crate) latencies: Option<Vec<f64>>,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    cutter: Cutter,
    unsent: Vec<u8>,
}

impl Load {
    /// Takes over connections that are in their rooms.
    pub(crate) fn new(links: Vec<Link>) -> Result<Self> {
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(links.len());
        for (index, link) in links.into_iter().enumerate() {
            link.stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(link.stream);
            poll.registry().register(&mut stream, Token(index), Interest::READABLE)?;
            let mut cutter = Cutter::default();
            cutter.push(&link.rest, |_| {});
            connections.push(Connection { stream, cutter, unsent: Vec::new() });
        }
        let now = Instant::now();
        Ok(Self {
            poll,
            events: Events::with_capacity(4096),
            connections,
            buffer: vec![0; READ_BYTES],
            delivered: 0,
            said: 0,
            begin: now,
            last_delivery: now,
            latencies: None,
        })
    }

    /// Says one message of the usual size on a connection; it carries the time.
    pub(crate) fn say(&mut self, connection: usize, dialect: Dialect, room: &str) -> Result<()> {
        let mark = self.begin.elapsed().as_nanos();
        let text = format!("~{mark:015}~{:x<1$}", "", TEXT_BYTES - 17);
        let number = self.said;
        let payload = match dialect {
            Dialect::Chat => {
                // In the order of time, as the ULIDs of real clients are.
                format!(
                    r#"{{"type":"message","room":"{room}","id":"{mark:016X}{number:010}","message":"{text}"}}"#
                )
            }
            Dialect::Relay => format!(r#"{{"type":"message","room":"{room}","message":"{text}"}}"#),
        };
        self.said += 1;
        let connection = &mut self.connections[connection];
        connection.unsent.extend(frames::text(payload.as_bytes()));
        connection.send()
    }

    /// Waits up to `timeout` for something to arrive and takes it.
    pub(crate) fn turn(&mut self, timeout: Duration) -> Result<()> {
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            other => other?,
        }
        let before = self.delivered;
        let now = self.begin.elapsed().as_secs_f64();
        for event in &self.events {
            let Token(index) = event.token();
            let Connection { stream, cutter, .. } = &mut self.connections[index];
            loop {
                let length = match stream.read(&mut self.buffer) {
                    Ok(0) => bail!("the server closed a connection"),
                    Ok(length) => length,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error.into()),
                };
                let timed = self.latencies.as_mut().filter(|_| index % TIMED == 0);
                let delivered = &mut self.delivered;
                match timed {
                    None => cutter.push(&self.buffer[..length], |payload| {
                        *delivered += u64::from(frames::is_message(payload));
                    }),
                    Some(latencies) => cutter.push(&self.buffer[..length], |payload| {
                        if frames::is_message(payload) {
                            *delivered += 1;
                            latencies.extend(said_at(payload).map(|said| now - said));
                        }
                    }),
                }
                // A read that does not fill the buffer has emptied the socket.
                if length < self.buffer.len() {
                    break;
                }
            }
        }
        for connection in self.connections.iter_mut().filter(|connection| !connection.unsent.is_empty()) {
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

impl Connection {
    fn send(&mut self) -> Result<()> {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(length) => drop(self.unsent.drain(..length)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error).context("saying a message"),
            }
        }
        Ok(())
    }
}

/// When a message was said, from the mark in its text, in seconds.
fn said_at(payload: &[u8]) -> Option<f64> {
    let at = payload.iter().position(|&byte| byte == b'~')?;
    let digits = payload.get(at + 1..at + 16)?;
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
