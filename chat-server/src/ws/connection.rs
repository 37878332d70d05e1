//! One connection's reader: bytes in, commands out.
//!
//! Bytes are read into one buffer that all connections of a shard share, so that an idle connection holds none.
//! tungstenite parses them and answers pings and closes; what it says goes the way of all replies.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::rc::Rc;

use bytes::Bytes;
use protocol::error::close;
use protocol::limits::{FRAME_BYTES, HELLO_BYTES};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tungstenite::error::CapacityError;
use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Error, Message};

use super::feed::Feed;
use super::{Mode, Upgrade};
use crate::command::{Client, Next};
use crate::core::presence::Link;
use crate::hub::{Pulse, ShardRef};
use crate::serve::Slot;

/// Bytes of one read.
const READ_BYTES: usize = 64 * 1024;
/// tungstenite's own buffer, which holds an incomplete frame; it grows with the frame and is the reader's memory at rest.
const FRAME_BUFFER: usize = 128;
/// Reads in a row before the others of the shard have their turn.
const READS_IN_A_ROW: u32 = 4;
/// Bytes read and thrown away while waiting for the answer to a close.
const LINGER_BYTES: usize = 8 * 1024 * 1024;

thread_local! {
    static READ_BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into());
}

/// Takes a socket in; gives what serves it until it is gone.
pub(crate) fn open(
    shard: &ShardRef,
    stream: std::net::TcpStream,
    leftover: &Bytes,
    upgrade: Upgrade,
) -> io::Result<impl Future<Output = ()> + use<>> {
    let stream = Rc::new(TcpStream::from_std(stream)?);
    let Upgrade { mode, peer, slot, cookie } = upgrade;
    let plain = match mode {
        Mode::V1 => None,
        Mode::Plain { room, name } => Some(Box::new((room, name))),
    };
    let full = plain.is_none();
    let (link, pulse) = shard.borrow_mut().insert(Rc::clone(&stream), full);
    tracing::debug!(conn.id = link, %peer, full, "connected");
    let present = Present { shard: Rc::clone(shard), link, _slot: slot };
    let context =
        WebSocketContext::new(Role::Server, Some(config(if full { HELLO_BYTES } else { FRAME_BYTES })));
    let rest = (!leftover.is_empty()).then(|| leftover.to_vec());
    let mut reader = Reader { context, shard: Rc::clone(shard), stream, link, pulse, greeted: !full, rest };
    let mut client = Client::new(Rc::clone(shard), link, peer, cookie);
    // Only what lives as long as the connection is in here: this is most of its memory at rest.
    Ok(async move {
        let _present = present;
        let end = match plain {
            Some(asked) => Box::pin(client.open_plain(asked.0, asked.1)).await,
            None => Next::Go,
        };
        if end == Next::Go {
            reader.serve(&mut client).await;
        }
        Box::pin(reader.linger()).await;
    })
}

/// Takes the connection out of its shard at the end, also if one of its commands panicked: that ends only itself.
struct Present {
    shard: ShardRef,
    link: Link,
    _slot: Slot,
}

impl Drop for Present {
    fn drop(&mut self) {
        if let Ok(mut shard) = self.shard.try_borrow_mut() {
            shard.remove(self.link);
        }
        tracing::debug!(conn.id = self.link, "gone");
    }
}

struct Reader {
    context: WebSocketContext,
    shard: ShardRef,
    stream: Rc<TcpStream>,
    link: Link,
    pulse: Rc<Pulse>,
    /// Until then frames are small, and what comes behind `hello` is parsed only when that is handled.
    greeted: bool,
    /// Bytes that are read and not yet parsed: what came with the handshake, and later what came behind `hello`, beside
    /// what the context holds of it; that is parsed when `hello` is handled.
    rest: Option<Vec<u8>>,
}

/// How a connection came to its end.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// The socket is gone, or both sides have said close.
    Gone,
    /// We close, and say why.
    Close(u16, &'static str),
}

impl Reader {
    /// Reads and carries out commands until either side closes.
    async fn serve(&mut self, client: &mut Client) {
        let mut messages = Vec::new();
        let mut controls = 0;
        let mut reads = 0;
        let leftover = self.rest.take().unwrap_or_default();
        let mut end = self.parse(&leftover, &mut messages, &mut controls);
        drop(leftover);
        loop {
            if controls > 0 {
                Box::pin(client.pace_controls(std::mem::take(&mut controls))).await;
            }
            if !messages.is_empty() {
                // On the heap, and only while there is something to do: a connection at rest has no room for it.
                if !Box::pin(self.carry_out(client, std::mem::take(&mut messages))).await {
                    return;
                }
                self.shard.borrow_mut().flush_now(self.link);
            }
            match end {
                None => {}
                Some(End::Gone) => return,
                Some(End::Close(code, why)) => return self.shard.borrow_mut().close(self.link, code, why),
            }
            if self.greeted
                && let Some(rest) = self.rest.take()
            {
                end = self.parse(&rest, &mut messages, &mut controls);
                continue;
            }
            if !self.unstrained().await || !self.readable().await {
                return;
            }
            reads += 1;
            if reads % READS_IN_A_ROW == 0 {
                tokio::task::yield_now().await;
            }
            end = self.read(&mut messages, &mut controls);
        }
    }

    /// Carries out what was read, one after another; whether the connection goes on.
    async fn carry_out(&mut self, client: &mut Client, messages: Vec<Message>) -> bool {
        for message in messages {
            if !self.unstrained().await {
                return false;
            }
            let next = match message {
                Message::Text(text) => client.handle_text(text.as_str()).await,
                Message::Binary(bytes) => client.handle_binary(&bytes).await,
                _ => Next::Go,
            };
            match next {
                Next::Go => {}
                Next::Greeted => {
                    self.greeted = true;
                    self.context.set_config(|config| *config = self::config(FRAME_BYTES));
                }
                Next::Stop => return false,
            }
        }
        true
    }

    /// Waits while answers or messages of this connection wait; whether it is still to be read.
    async fn unstrained(&self) -> bool {
        loop {
            let eased = match self.shard.borrow_mut().connection(self.link) {
                Some(connection) if connection.is_closing() => return false,
                Some(connection) if connection.is_strained() => connection.eased(),
                Some(_) => return true,
                None => return false,
            };
            eased.notified().await;
        }
    }

    /// Waits for bytes; whether there may be any. Only here the other side's silence counts as such.
    async fn readable(&self) -> bool {
        self.pulse.begin_reading(self.shard.borrow().second());
        let readable = self.stream.readable().await.is_ok();
        self.pulse.end_reading();
        readable
    }

    /// One read, and what it completed.
    fn read(&mut self, messages: &mut Vec<Message>, controls: &mut u32) -> Option<End> {
        READ_BUFFER.with_borrow_mut(|buffer| match self.stream.try_read(buffer) {
            Ok(0) => Some(End::Gone),
            Ok(count) => {
                if count < buffer.len() {
                    self.expect_no_more();
                }
                self.parse(&buffer[..count], messages, controls)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(_) => Some(End::Gone),
        })
    }

    /// A read that did not fill the buffer has emptied the socket: the next is to wait until more has come, rather than
    /// to find out by a system call that nothing has. Bytes that come meanwhile are announced anew.
    fn expect_no_more(&self) {
        let _ = self
            .stream
            .try_io(Interest::READABLE, || -> io::Result<()> { Err(io::ErrorKind::WouldBlock.into()) });
    }

    fn parse(&mut self, input: &[u8], messages: &mut Vec<Message>, controls: &mut u32) -> Option<End> {
        let mut feed = Feed { input, output: Vec::new() };
        let mut completed = input.is_empty();
        let mut closed = false;
        let end = loop {
            if !self.greeted && !messages.is_empty() {
                self.rest.get_or_insert_default().extend_from_slice(feed.input);
                break None;
            }
            match self.context.read(&mut feed) {
                Ok(Message::Close(_)) => closed = true,
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {
                    completed = true;
                    *controls += 1;
                }
                Ok(message) => {
                    completed = true;
                    messages.push(message);
                }
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => break None,
                Err(error) => break Some(end_of(&error)),
            }
        };
        let flushed = self.context.flush(&mut feed);
        let mut shard = self.shard.borrow_mut();
        self.pulse.beat(shard.second(), completed);
        if closed {
            // Nothing may follow the answer to a close.
            shard.leave_rooms(self.link);
        }
        if !feed.output.is_empty() {
            shard.reply_bytes(self.link, &feed.output);
            shard.flush_now(self.link);
        }
        end.or_else(|| flushed.err().map(|error| end_of(&error)).filter(|end| *end == End::Gone))
    }

    /// After our close: throws away what still comes, so that the close frame is not lost to a reset, until the other
    /// side is gone or the shard cuts the socket.
    async fn linger(&self) {
        self.shard.borrow_mut().flush_now(self.link);
        let is_closing = |connection: &mut crate::hub::Connection| connection.is_closing();
        if !self.shard.borrow_mut().connection(self.link).is_some_and(is_closing) {
            return;
        }
        self.shard.borrow_mut().finish_writing(self.link);
        let mut left = LINGER_BYTES;
        while self.stream.readable().await.is_ok() {
            let count = READ_BUFFER.with_borrow_mut(|buffer| self.stream.try_read(buffer));
            match count {
                Ok(0) => return,
                Ok(count) if count >= left => return,
                Ok(count) => left -= count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    }
}

fn config(message_bytes: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(FRAME_BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(message_bytes))
        .max_frame_size(Some(message_bytes))
}

fn end_of(error: &Error) -> End {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => {
            End::Close(close::TOO_BIG, "the frame is too big")
        }
        Error::Utf8(_) => End::Close(close::INVALID_UTF8, "a text must be UTF-8"),
        Error::Protocol(_) => End::Close(close::PROTOCOL_ERROR, "RFC 6455 was violated"),
        _ => End::Gone,
    }
}
