//! WebSocket frames from server to client: encoded once, the same bytes for every member.
//!
//! Server frames are unmasked (RFC 6455, section 5.1) and we offer no compression, so nothing in them depends on who
//! receives them.

use protocol::event::{Event, Message};
use protocol::server::ServerFrame;

const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const FIN: u8 = 0x80;
/// The longest header of an unmasked frame.
const HEADER_ROOM: usize = 10;

/// A text frame.
pub(crate) fn text(payload: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + HEADER_ROOM);
    header(&mut out, TEXT, payload.len());
    out.extend_from_slice(payload.as_bytes());
    out
}

/// A binary frame.
pub(crate) fn binary(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + HEADER_ROOM);
    header(&mut out, BINARY, payload.len());
    out.extend_from_slice(payload);
    out
}

/// A close frame; the reason is cut to what fits a control frame.
pub(crate) fn close(code: u16, reason: &str) -> Vec<u8> {
    let reason = &reason[..reason.floor_char_boundary(123)];
    let mut out = Vec::with_capacity(reason.len() + 4);
    header(&mut out, CLOSE, reason.len() + 2);
    out.extend_from_slice(&code.to_be_bytes());
    out.extend_from_slice(reason.as_bytes());
    out
}

/// A ping without payload.
pub(crate) fn ping() -> Vec<u8> {
    vec![FIN | PING, 0]
}

/// A protocol frame as a text frame.
pub(crate) fn server_frame(frame: &ServerFrame) -> Vec<u8> {
    text(&frame.encode())
}

/// An event to encode, without a copy of what it holds.
#[derive(Debug, Clone, Copy, serde::Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum EventRef<'a> {
    /// The usual one.
    Message(&'a Message),
    /// Any other.
    #[serde(untagged)]
    Other(&'a Event),
}

impl<'a> From<&'a Event> for EventRef<'a> {
    fn from(event: &'a Event) -> Self {
        match event {
            Event::Message(message) => Self::Message(message),
            other => Self::Other(other),
        }
    }
}

/// Appends a room's event as a text frame.
pub(crate) fn push_event(out: &mut Vec<u8>, event: EventRef<'_>) {
    // The header's length is known only behind the payload: leave room for the usual two-byte length and move the
    // payload where the guess was wrong.
    const GUESS: usize = 4;
    let at = out.len();
    out.extend_from_slice(&[0; GUESS]);
    serde_json::to_writer(&mut *out, &event)
        .expect("events hold only texts, numbers and maps with text keys");
    let length = out.len() - at - GUESS;
    let mut head = Vec::with_capacity(HEADER_ROOM);
    header(&mut head, TEXT, length);
    if head.len() == GUESS {
        out[at..at + GUESS].copy_from_slice(&head);
    } else {
        out.splice(at..at + GUESS, head);
    }
}

fn header(out: &mut Vec<u8>, opcode: u8, length: usize) {
    out.push(FIN | opcode);
    match length {
        0..=125 => out.push(u8::try_from(length).unwrap_or(u8::MAX)),
        126..=0xFFFF => {
            out.push(126);
            out.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::ids::{Id, RoomKey, UserId};

    fn message(text: &str) -> Message {
        Message {
            room: RoomKey::lobby(),
            seq: 1,
            id: Id::new("i").unwrap(),
            user: UserId::new("g-1").unwrap(),
            sender: "ana".into(),
            message: text.into(),
            timestamp: "2026-01-01T00:00:00.000Z".into(),
            guest: true,
            reply: None,
            thread: None,
            mentions: Vec::new(),
            everyone: None,
            files: Vec::new(),
            folded: None,
        }
    }

    /// Reads the frames back with the library that reads them in clients.
    fn read_back(bytes: &[u8]) -> Vec<tungstenite::Message> {
        let mut socket = tungstenite::WebSocket::from_raw_socket(
            std::io::Cursor::new(bytes.to_vec()),
            tungstenite::protocol::Role::Client,
            None,
        );
        std::iter::from_fn(|| socket.read().ok()).collect()
    }

    #[test]
    fn events_of_every_length_read_back_as_the_protocols_own_json() {
        let mut bytes = Vec::new();
        let messages: Vec<_> = [0, 1, 60, 200, 65_000, 70_000].map(|n| message(&"\"é".repeat(n))).into();
        for message in &messages {
            push_event(&mut bytes, EventRef::Message(message));
        }
        let read: Vec<_> =
            read_back(&bytes).into_iter().map(|frame| frame.into_text().unwrap().to_string()).collect();
        let expected: Vec<_> = messages
            .into_iter()
            .map(|message| ServerFrame::Event(Event::Message(message)).encode())
            .collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn control_frames_keep_to_their_bound() {
        let mut bytes = ping();
        bytes.extend(close(4008, &"ü".repeat(100)));
        let read = read_back(&bytes);
        assert!(matches!(&read[0], tungstenite::Message::Ping(payload) if payload.is_empty()));
        let tungstenite::Message::Close(Some(close)) = &read[1] else { panic!("a close") };
        assert_eq!((u16::from(close.code), close.reason.chars().count()), (4008, 61));
    }
}
