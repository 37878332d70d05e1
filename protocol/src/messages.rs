//! Messages after they were said: what may be done to them, and finding them again.

use serde::{Deserialize, Serialize};
#[cfg(feature = "ts")]
use ts_rs::TS;

use crate::event::Message;
use crate::ids::{Id, Ref, RoomKey, Seq, UserId};
use crate::json::{is_false, safe_integer, safe_integer_option};

/// Changes the text of a message of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(rename = "EditCommand", optional_fields))]
pub struct Edit {
    /// Where.
    pub room: RoomKey,
    /// The message.
    #[serde(deserialize_with = "safe_integer")]
    pub target: Seq,
    /// Its text from now on, at most [`MESSAGE_BYTES`](crate::limits::MESSAGE_BYTES) bytes; empty only where the message
    /// has files.
    pub text: String,
    /// The sender's name for this command, kept over repeats; made by the server where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
}

/// Puts a reaction on a message, or takes it off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(rename = "ReactCommand", optional_fields))]
pub struct React {
    /// Where.
    pub room: RoomKey,
    /// The message.
    #[serde(deserialize_with = "safe_integer")]
    pub target: Seq,
    /// With what: one emoji, at most [`EMOJI_BYTES`](crate::limits::EMOJI_BYTES) bytes.
    pub emoji: String,
    /// Put on, or taken off.
    pub on: bool,
    /// The sender's name for this command, kept over repeats; made by the server where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
}

/// Pins a message to its room, or takes it off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(rename = "PinCommand", optional_fields))]
pub struct Pin {
    /// Where.
    pub room: RoomKey,
    /// The message.
    #[serde(deserialize_with = "safe_integer")]
    pub target: Seq,
    /// Pinned, or no more.
    pub on: bool,
    /// The sender's name for this command, kept over repeats; made by the server where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
}

/// Asks for what is pinned in a room, or for who has read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct OfRoom {
    /// Names the answer.
    #[serde(rename = "ref", default)]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Which room.
    pub room: RoomKey,
}

/// Asks which texts a message has had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct EditsOf {
    /// Names the answer.
    #[serde(rename = "ref", default)]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Where.
    pub room: RoomKey,
    /// The message.
    #[serde(deserialize_with = "safe_integer")]
    pub target: Seq,
}

/// Asks for a page of a thread, the newest one where `before` is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct ThreadOf {
    /// Names the answer.
    #[serde(rename = "ref", default)]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Where.
    pub room: RoomKey,
    /// The message that it began with.
    #[serde(deserialize_with = "safe_integer")]
    pub root: Seq,
    /// Only what was said before this place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub before: Option<Seq>,
    /// At most so many answers; lowered to [`HISTORY_EVENTS`](crate::limits::HISTORY_EVENTS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Which of the messages that answer a search come first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
#[serde(rename_all = "snake_case")]
pub enum SearchOrder {
    /// The newest.
    #[default]
    Newest,
    /// Those that say it best, of the newest that say it at all.
    Rank,
}

/// Asks for messages by what they say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Search {
    /// Names the answer.
    #[serde(rename = "ref", default)]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Words, `"phrases"`, `prefix*`, and `from:NAME`, `in:ROOM`, `before:DAY`, `after:DAY`, `has:file`, `has:link`,
    /// `has:image`; all must hold.
    pub query: String,
    /// Which come first.
    #[serde(default)]
    #[cfg_attr(feature = "ts", ts(as = "Option<SearchOrder>", optional))]
    pub order: SearchOrder,
    /// From where an earlier answer ended: the number that it told, which means nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub before: Option<u64>,
    /// At most so many; lowered to [`FOUND_MESSAGES`](crate::limits::FOUND_MESSAGES).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A message out of its room's log, as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Hit {
    /// The message, with what later events made of it.
    pub message: Message,
    /// What its room is called.
    pub title: String,
    /// What was said just before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Box<Message>>,
    /// What was said just after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Box<Message>>,
}

/// Answers `search`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Found {
    /// The question.
    #[serde(rename = "ref")]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// In the order that was asked for.
    pub hits: Vec<Hit>,
    /// There may be more: ask again with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub before: Option<u64>,
    /// How many of the newest events cannot be found yet; at most 1000 are counted.
    #[serde(default)]
    #[serde(deserialize_with = "safe_integer")]
    pub behind: u64,
}

/// Answers `mentions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Mentioned {
    /// The question.
    #[serde(rename = "ref")]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Newest first.
    pub hits: Vec<Hit>,
    /// There are older ones: ask again with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub before: Option<u64>,
}

/// Answers `thread`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct ThreadPage {
    /// The question.
    #[serde(rename = "ref")]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Where.
    pub room: RoomKey,
    /// The message that it began with, as it is now.
    pub root: Box<Message>,
    /// Its answers, oldest first, as they are now.
    pub messages: Vec<Message>,
    /// There are older answers.
    pub more: bool,
    /// The events up to here are folded in: ignore changes with `seq <= as_of`.
    #[serde(deserialize_with = "safe_integer")]
    pub as_of: Seq,
}

/// Answers `pins`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Pins {
    /// The question.
    #[serde(rename = "ref")]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Where.
    pub room: RoomKey,
    /// The pinned messages as they are now, the latest pinned first.
    pub messages: Vec<Message>,
}

/// Answers `edits`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Edits {
    /// The question.
    #[serde(rename = "ref")]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Where.
    pub room: RoomKey,
    /// The message.
    #[serde(deserialize_with = "safe_integer")]
    pub target: Seq,
    /// Its texts, the first one first; at most the newest [`VERSIONS`](crate::limits::VERSIONS).
    pub versions: Vec<Version>,
}

/// A text that a message has had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Version {
    /// The event that gave it: the message itself, or an edit.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// The text.
    pub text: String,
    /// Since when, RFC 3339 in UTC with milliseconds.
    pub timestamp: String,
}

/// Answers `readers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Readers {
    /// The question.
    #[serde(rename = "ref")]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Where.
    pub room: RoomKey,
    /// Who has read up to where; nobody where the room does not tell.
    pub readers: Vec<Reader>,
}

/// Up to where somebody has read a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Reader {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// The last event that they have read.
    #[serde(deserialize_with = "safe_integer")]
    pub upto: Seq,
}

/// Everybody whom a message calls, beside those it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
#[serde(rename_all = "snake_case")]
pub enum Everyone {
    /// Whoever is online: `@here`.
    Here,
    /// All of the room: `@room`.
    Room,
    /// Somebody this version does not know.
    #[serde(other)]
    Other,
}

/// What was answered to a message in its thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Replies {
    /// How many answers were given; one that was taken out still counts.
    pub count: u32,
    /// The newest one.
    #[serde(deserialize_with = "safe_integer")]
    pub last: Seq,
    /// When that was.
    pub timestamp: String,
    /// Who answered, the latest first; at most 5.
    pub users: Vec<UserId>,
}

/// A file that a message has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct File {
    /// Its id: `GET /api/files/ID`.
    pub file: Id,
    /// Its name, without a path; at most [`FILE_NAME_BYTES`](crate::limits::FILE_NAME_BYTES) bytes.
    pub name: String,
    /// Its bytes.
    #[serde(deserialize_with = "safe_integer")]
    pub size: u64,
    /// Its media type (RFC 6838) as the server found it: `image/png`; `application/octet-stream` where nothing is known.
    pub kind: String,
    /// Of a picture: its width in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Of a picture: its height in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// There is a small picture of it: `GET /api/files/ID/thumb`.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "ts", ts(as = "Option<bool>", optional))]
    pub thumb: bool,
}
