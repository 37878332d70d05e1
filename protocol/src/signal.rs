//! What is told and never logged: it may be lost, and nothing is built on it.

use serde::{Deserialize, Serialize};
#[cfg(feature = "ts")]
use ts_rs::TS;

use crate::ids::{RoomKey, Seq, UserId};
use crate::json::{safe_integer, safe_integer_option};
use crate::people;

/// Whether a person is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    /// Connected and active.
    Online,
    /// Connected, not touched for a while.
    Idle,
    /// Not connected.
    Offline,
}

/// Somebody types, or stopped; over after [`TYPING_TTL`](crate::limits::TYPING_TTL) if not renewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Typing {
    /// Where.
    pub room: RoomKey,
    /// Who.
    pub user: UserId,
    /// Their name.
    pub sender: String,
    /// Began or goes on; or stopped.
    pub on: bool,
    /// The message in whose thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub thread: Option<Seq>,
}

/// Somebody has read a room up to here; told only where the room's rules say so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Seen {
    /// Where.
    pub room: RoomKey,
    /// Who.
    pub user: UserId,
    /// Their name.
    pub sender: String,
    /// The last event that they have read.
    #[serde(deserialize_with = "safe_integer")]
    pub upto: Seq,
}

/// Somebody's state changed, or their name did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Presence {
    /// Where this is told.
    pub room: RoomKey,
    /// Who.
    pub user: UserId,
    /// Their name from now on.
    pub sender: String,
    /// Their state from now on.
    pub state: PresenceState,
}

/// Who came to a room, or went: the body of `join` and `leave`. Coalesced, at most two a second a room; a leave waits
/// [`LEAVE_GRACE`](crate::limits::LEAVE_GRACE), so a reconnect shows neither.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct ComeAndGo {
    /// Where.
    pub room: RoomKey,
    /// A sentence for whoever shows only that: `ana joined the room`.
    pub message: String,
    /// Their names; empty in a crowd, where only `count` is told.
    #[serde(default)]
    pub names: Vec<String>,
    /// Their user ids, in the order of `names`.
    #[serde(default)]
    pub users: Vec<UserId>,
    /// How many came or went.
    pub count: u32,
    /// How many are in the room now.
    pub present: u32,
    /// When, RFC 3339 in UTC with milliseconds.
    pub timestamp: String,
}

/// Somebody in the room goes by another name from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Renamed {
    /// Where this is told.
    pub room: RoomKey,
    /// Who.
    pub user: UserId,
    /// The name until now.
    pub from: String,
    /// The name from now on.
    pub to: String,
}

/// Somebody's role changed, or what they tell of themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Profiled {
    /// Where this is told.
    pub room: RoomKey,
    /// Who.
    pub user: UserId,
    /// Their name.
    pub sender: String,
    /// Their role from now on.
    pub role: people::Role,
    /// What they tell from now on.
    pub profile: people::Profile,
}
