//! Connecting: the WebSocket handshake and, with our server, the protocol's own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::frames;

/// How a server is talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Ours: `chat.v1`.
    Chat,
    /// A peer's: it relays texts to everybody in the room that the address names.
    Relay,
}

impl Dialect {
    /// In words, for the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chat => "durable chat.v1",
            Self::Relay => "relay in memory",
        }
    }
}

/// Longer than any step of a handshake takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection that is in its room, and the bytes of frames that came behind the handshake.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) stream: TcpStream,
    pub(crate) rest: Vec<u8>,
}

/// Connects member `member` of `room`. The first member of a room other than the lobby makes it.
pub(crate) fn connect(address: SocketAddr, dialect: Dialect, room: &str, member: usize) -> Result<Link> {
    let mut link = Link::open(address)?;
    link.upgrade(address, dialect, room)?;
    if dialect == Dialect::Chat {
        link.greet(room, member)?;
        if room != "lobby" {
            link.enter(room, member == 0)?;
        }
    }
    Ok(link)
}

impl Link {
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, rest: Vec::new() })
    }

    /// The WebSocket handshake. A peer's members are in the room with it.
    pub(crate) fn upgrade(&mut self, address: SocketAddr, dialect: Dialect, room: &str) -> Result<()> {
        let (path, protocol) = match dialect {
            Dialect::Chat => ("/ws".to_owned(), "Sec-WebSocket-Protocol: chat.v1\r\n"),
            Dialect::Relay => (format!("/ws/{room}"), ""),
        };
        self.stream.write_all(
            format!(
                "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{protocol}\r\n"
            )
            .as_bytes(),
        )?;
        self.upgraded()
    }

    /// `chat.v1`: who this is; the server's answer puts it into the lobby.
    pub(crate) fn greet(&mut self, room: &str, member: usize) -> Result<()> {
        let conn = format!("bench-{room}-{member}");
        self.say(&json!({"type": "hello", "client": "bench/1", "conn": conn}))?;
        self.wait_for("welcome")
    }

    /// `chat.v1`: joins a room, or makes it.
    pub(crate) fn enter(&mut self, room: &str, make: bool) -> Result<()> {
        let request = if make { "create" } else { "join" };
        self.say(&json!({"type": request, "ref": 1, "room": room}))?;
        self.wait_for("ok")
    }

    pub(crate) fn say(&mut self, frame: &serde_json::Value) -> Result<()> {
        let mut bytes = Vec::new();
        frames::text(frame.to_string().as_bytes(), &mut bytes);
        Ok(self.stream.write_all(&bytes)?)
    }

    fn upgraded(&mut self) -> Result<()> {
        loop {
            if let Some(end) = self.rest.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let head: Vec<u8> = self.rest.drain(..end + 4).collect();
                if !head.starts_with(b"HTTP/1.1 101") {
                    bail!(
                        "no upgrade: {}",
                        String::from_utf8_lossy(&head).lines().next().unwrap_or_default()
                    );
                }
                return Ok(());
            }
            self.read()?;
        }
    }

    /// Reads up to a frame of this type; others are of no interest here.
    fn wait_for(&mut self, kind: &str) -> Result<()> {
        let wanted = format!("{{\"type\":\"{kind}\"");
        loop {
            while let Some((opcode, payload, length)) = frames::first(&self.rest) {
                if opcode == 8 || payload.starts_with(b"{\"type\":\"error\"") {
                    bail!("no `{kind}`: {}", String::from_utf8_lossy(payload));
                }
                let found = payload.starts_with(wanted.as_bytes());
                self.rest.drain(..length);
                if found {
                    return Ok(());
                }
            }
            self.read().with_context(|| format!("waiting for `{kind}`"))?;
        }
    }

    fn read(&mut self) -> Result<()> {
        let mut buffer = [0; 16 * 1024];
        let length = self.stream.read(&mut buffer)?;
        if length == 0 {
            bail!("the server closed the connection");
        }
        self.rest.extend(&buffer[..length]);
        Ok(())
    }
}
