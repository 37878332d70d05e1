//! What belongs to one user alone, and is the same on all of that user's devices: the log of the room `@self`.
//!
//! Of each kind of event there and each room or person it is about, only the newest is kept. So places between two
//! events may be empty: they mean nothing, and are not asked for.

use serde::{Deserialize, Serialize};
#[cfg(feature = "ts")]
use ts_rs::TS;

use crate::ids::{Ref, RoomKey, Seq, UserId};
use crate::json::{is_false, safe_integer, safe_integer_option};
use crate::rooms::RoomKind;

/// Of which of a room's messages somebody wants to be told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Of all.
    All,
    /// Of those that mention them.
    #[default]
    Mentions,
    /// Of none: the room is muted.
    #[serde(other)]
    None,
}

/// Says up to where a room was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Read {
    /// Which room.
    pub room: RoomKey,
    /// The last event that was read; moves back only with `back`.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// What comes after it is to be read again: it was marked as unread.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "ts", ts(as = "Option<bool>", optional))]
    pub back: bool,
}

/// Says up to where a thread was read. Its messages are places of the room's log; the room's own marker stays where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct ReadThread {
    /// Which room.
    pub room: RoomKey,
    /// The message whose thread it is.
    #[serde(deserialize_with = "safe_integer")]
    pub thread: Seq,
    /// The last event of the room that was read there; moves back only with `back`.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// What comes after it is to be read again: it was marked as unread.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "ts", ts(as = "Option<bool>", optional))]
    pub back: bool,
}

/// Says of what in a room to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Notify {
    /// Names the answer.
    #[serde(rename = "ref", default)]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Which room.
    pub room: RoomKey,
    /// Of what.
    pub level: Level,
}

/// Hides a person from oneself, or no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Block {
    /// Names the answer.
    #[serde(rename = "ref", default)]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Whom.
    pub user: UserId,
    /// Hides, or shows again.
    pub on: bool,
}

/// Keeps what is written and not yet said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Draft {
    /// Which room.
    pub room: RoomKey,
    /// The text, at most [`DRAFT_BYTES`](crate::limits::DRAFT_BYTES) bytes; empty: there is none any more.
    pub text: String,
    /// The message it is to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub reply: Option<Seq>,
    /// The message whose thread it is for; each thread has a draft of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub thread: Option<Seq>,
}

/// Says what one wants to be told of, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Prefs {
    /// Names the answer.
    #[serde(rename = "ref", default)]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Words that count as being named, whole and in any case; at most [`KEYWORDS`](crate::limits::KEYWORDS) of at most
    /// [`KEYWORD_CHARS`](crate::limits::KEYWORD_CHARS) characters.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// When not to be disturbed; missing: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Quiet>,
}

/// Hours of each day, by the clock of the device that keeps quiet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Quiet {
    /// From this minute of the day, 0 to 1439,
    pub from: u16,
    /// up to, but not including, this one; before `from`: on the next day.
    pub to: u16,
}

/// A room was read up to here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct ReadUpto {
    /// Always `@self`.
    pub room: RoomKey,
    /// Its place in that log.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// Which room was read.
    pub of: RoomKey,
    /// The last event that was read.
    #[serde(deserialize_with = "safe_integer")]
    pub upto: Seq,
}

/// A thread was read up to here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct ThreadRead {
    /// Always `@self`.
    pub room: RoomKey,
    /// Its place in that log.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// In which room.
    pub of: RoomKey,
    /// The message whose thread was read.
    #[serde(deserialize_with = "safe_integer")]
    pub thread: Seq,
    /// The last event of the room that was read there.
    #[serde(deserialize_with = "safe_integer")]
    pub upto: Seq,
}

/// Of what in a room to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct NotifyOf {
    /// Always `@self`.
    pub room: RoomKey,
    /// Its place in that log.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// Which room.
    pub of: RoomKey,
    /// Of what.
    pub level: Level,
}

/// A person is hidden, or no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Blocked {
    /// Always `@self`.
    pub room: RoomKey,
    /// Its place in that log.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// Who.
    pub who: UserId,
    /// Hidden, or shown again.
    pub on: bool,
}

/// What is written and not yet said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Drafted {
    /// Always `@self`.
    pub room: RoomKey,
    /// Its place in that log.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// Which room it is for.
    pub of: RoomKey,
    /// The text; empty: there is none any more.
    pub text: String,
    /// The message it is to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub reply: Option<Seq>,
    /// The message whose thread it is for; each thread has a draft of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub thread: Option<Seq>,
}

/// What one wants to be told of, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct PrefsSet {
    /// Always `@self`.
    pub room: RoomKey,
    /// Its place in that log.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// Words that count as being named.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// When not to be disturbed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Quiet>,
}

/// Somebody invites to a room, or the invitation is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Invited {
    /// Always `@self`.
    pub room: RoomKey,
    /// Its place in that log.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// Where to: `join` it, or `decline`.
    pub of: RoomKey,
    /// What is shown of it.
    pub title: String,
    /// Who invites.
    pub user: UserId,
    /// Their name at that moment.
    pub sender: String,
    /// It stands; otherwise it was taken, declined or withdrawn.
    pub on: bool,
    /// When.
    pub timestamp: String,
}

/// One is in a room from now on, or no more: the list of one's rooms, in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Joined {
    /// Always `@self`.
    pub room: RoomKey,
    /// Its place in that log.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// Which room.
    pub of: RoomKey,
    /// What was shown of it then.
    pub title: String,
    /// Its kind.
    pub kind: RoomKind,
    /// In it, or no more.
    pub on: bool,
    /// Where one was put out: `kicked` or `banned`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// For what reason, as it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When a ban is over; missing: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}
