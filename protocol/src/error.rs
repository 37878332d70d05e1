//! Refusals and close codes: what went wrong, in words a program can act on.

use std::fmt;

use serde::{Deserialize, Serialize};
#[cfg(feature = "ts")]
use ts_rs::TS;

use crate::ids::{Id, Ref, RoomKey};

/// What is wrong with a frame or command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not JSON, or a field of the wrong type or range.
    BadFrame,
    /// A `type` this server does not know.
    UnknownType,
    /// The first frame of a `chat.v1` connection was not `hello`.
    HelloExpected,
    /// A `hello` after the first one.
    UnexpectedHello,
    /// The name or room name is not allowed; the reason says why.
    BadName,
    /// Somebody has this name, or one that looks like it.
    NameTaken,
    /// A room of this name, or of one that looks like it, exists.
    RoomExists,
    /// There is no such room, or it is not for you: the same answer.
    NoRoom,
    /// The connection is not in this room; `join` it first.
    NotJoined,
    /// The connection is in as many rooms as it may be.
    TooManyRooms,
    /// A message with no visible text.
    Empty,
    /// A message over the limit of bytes.
    TooLong,
    /// The `id` was used before for something else.
    IdReused,
    /// Too fast; `retry_ms` says when to come again.
    RateLimited,
    /// The disk is full; nothing was stored.
    StorageFull,
    /// The store cannot be written or read now; nothing was stored.
    Unavailable,
    /// May say nothing in this room until the mute is over.
    Muted,
    /// May not be in this public room until the ban is over.
    Banned,
    /// Nothing more is said in this room.
    Archived,
    /// Only owners and moderators may say something in this room.
    AnnounceOnly,
    /// For this one must be signed in; or what proved it (a token, a cookie) does no longer.
    SignIn,
    /// Not allowed to whoever asks. Never said of what must stay secret: that is not there.
    Forbidden,
    /// The name or the password is wrong.
    BadLogin,
    /// The password is not good enough; the reason says why.
    BadPassword,
    /// The invite or link is unknown, used up, expired or withdrawn: one answer.
    BadLink,
    /// What the address or the body names is not there.
    NotFound,
    /// Not a picture that can be read.
    BadImage,
    /// There is always an owner: this is the last one.
    LastOwner,
    /// The request came from a page of another site.
    BadOrigin,
    /// A search that cannot be understood; the reason says why.
    BadQuery,
    /// A file over the limit of bytes, or one too many of them; the reason says which.
    TooBig,
    /// Nothing that can be reacted with, or one too many; the reason says which.
    BadEmoji,
    /// A piece of an upload that does not go on where the last one ended; ask for the offset and go on there.
    BadOffset,
    /// What was uploaded is not what was announced.
    BadFile,
    /// A code this version does not know.
    #[serde(other)]
    Other,
}

impl ErrorCode {
    /// Whether the same command may succeed later as it is.
    pub fn is_temporary(self) -> bool {
        matches!(self, Self::RateLimited | Self::StorageFull | Self::Unavailable)
    }
}

/// The answer to what was refused; names the `id` or `ref` it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Refusal {
    /// The refused command's `id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// The refused question's `ref`.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<Ref>,
    /// The room it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomKey>,
    /// For programs.
    pub code: ErrorCode,
    /// For people: one sentence.
    pub reason: String,
    /// Whether to try the same again later; otherwise the client's line has failed.
    #[serde(default)]
    pub retry: bool,
    /// How long to wait before trying again, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_ms: Option<u64>,
}

impl Refusal {
    /// A refusal that names nothing yet; `retry` follows from the code.
    pub fn new(code: ErrorCode, reason: impl Into<String>) -> Self {
        let retry = code.is_temporary();
        Self { id: None, reference: None, room: None, code, reason: reason.into(), retry, retry_ms: None }
    }

    /// Names the command it answers.
    #[must_use]
    pub fn with_id(mut self, id: Option<Id>) -> Self {
        self.id = id;
        self
    }

    /// Names the question it answers.
    #[must_use]
    pub fn with_ref(mut self, reference: Option<Ref>) -> Self {
        self.reference = reference;
        self
    }

    /// Names the room it is about.
    #[must_use]
    pub fn with_room(mut self, room: Option<RoomKey>) -> Self {
        self.room = room;
        self
    }

    /// Says how long to wait, in milliseconds.
    #[must_use]
    pub fn with_retry_ms(mut self, retry_ms: u64) -> Self {
        self.retry_ms = Some(retry_ms);
        self
    }
}

/// For logs: what went wrong, in one line.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// The close codes used, from RFC 6455 section 7.4 and our own 4000 range.
pub mod close {
    /// The one who closes is done.
    pub const NORMAL: u16 = 1000;
    /// The page or client goes away.
    pub const GOING_AWAY: u16 = 1001;
    /// RFC 6455 was violated.
    pub const PROTOCOL_ERROR: u16 = 1002;
    /// A text was not UTF-8.
    pub const INVALID_UTF8: u16 = 1007;
    /// A frame over the limit of bytes.
    pub const TOO_BIG: u16 = 1009;
    /// The server failed at something that is its own fault.
    pub const INTERNAL: u16 = 1011;
    /// The server restarts: come back.
    pub const RESTART: u16 = 1012;
    /// Sign in again: stop.
    pub const SIGN_IN: u16 = 4001;
    /// The chat protocol was violated (no `hello` in time, too many bad frames): stop.
    pub const BAD_PROTOCOL: u16 = 4003;
    /// The connection's writes stalled: come back and resume.
    pub const SLOW: u16 = 4008;
    /// Another connection of the same `conn` took over: stop.
    pub const REPLACED: u16 = 4010;

    /// Whether a client that is closed with this code must not come back by itself.
    pub fn is_final(code: u16) -> bool {
        matches!(code, SIGN_IN | BAD_PROTOCOL | REPLACED)
    }
}
