//! Rooms and who is in them: what may be asked, and what is told of it.

use serde::{Deserialize, Serialize};
#[cfg(feature = "ts")]
use ts_rs::TS;

use crate::ids::{Id, Ref, RoomKey, Seq, UserId};
use crate::json::{is_false, is_zero, safe_integer, safe_integer_option};

/// What somebody is in one room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
#[serde(rename_all = "snake_case")]
pub enum RoomRole {
    /// Decides about it: its title, its rules, its moderators, its end.
    Owner,
    /// Keeps order in it.
    Moderator,
    /// In it.
    Member,
    /// A role this version does not know: taken as that of a member.
    #[serde(other)]
    Other,
}

impl RoomRole {
    /// The word for it on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Moderator => "moderator",
            Self::Member => "member",
            Self::Other => "other",
        }
    }

    /// The role that a word names.
    pub fn of(word: &str) -> Option<Self> {
        [Self::Owner, Self::Moderator, Self::Member].into_iter().find(|role| role.as_str() == word)
    }

    /// Higher where more is allowed.
    pub fn rank(self) -> u8 {
        match self {
            Self::Other => 0,
            Self::Member => 1,
            Self::Moderator => 2,
            Self::Owner => 3,
        }
    }
}

/// The kinds of rooms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    /// Everybody may join.
    #[default]
    Public,
    /// Only who is invited.
    Private,
    /// Between a few people.
    Direct,
    /// A kind this version does not know.
    #[serde(other)]
    Other,
}

impl RoomKind {
    /// For `skip_serializing_if`: the usual one is left out where it was so before there were others.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    pub(crate) fn is_public(&self) -> bool {
        *self == Self::Public
    }
}

/// How a room is to be used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Rules {
    /// Only its owners and moderators may say something.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "ts", ts(as = "Option<bool>", optional))]
    pub announce: bool,
    /// Seconds between two messages of one member; 0: as fast as one likes. Owners and moderators are not held up.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "ts", ts(as = "Option<u32>", optional))]
    pub slow_s: u32,
    /// Kept to be read: nothing more is said in it.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "ts", ts(as = "Option<bool>", optional))]
    pub archived: bool,
    /// Its members see who has read up to where.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "ts", ts(as = "Option<bool>", optional))]
    pub seen: bool,
}

impl Rules {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Makes a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Create {
    /// Names the answer; a plain connection may leave it out (0).
    #[serde(rename = "ref", default)]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Its name as a person types it: what is shown, and of a public room the key. A private room's key is the server's.
    pub room: String,
    /// `public` where it is missing, or `private`.
    #[serde(default, skip_serializing_if = "RoomKind::is_public")]
    #[cfg_attr(feature = "ts", ts(as = "Option<RoomKind>", optional))]
    pub kind: RoomKind,
    /// What it is about, at most [`TOPIC_CHARS`](crate::limits::TOPIC_CHARS) characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
}

/// Opens the conversation with these people, which is made where there is none yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Direct {
    /// Names the answer.
    #[serde(rename = "ref", default)]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// The others, at most [`DIRECT_PEOPLE`](crate::limits::DIRECT_PEOPLE) with oneself.
    pub users: Vec<UserId>,
}

/// Changes a room: what is missing stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Change {
    /// Names the answer.
    #[serde(rename = "ref", default)]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Which room.
    pub room: RoomKey,
    /// The sender's name for this command, kept over repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// What is shown, at most [`TITLE_CHARS`](crate::limits::TITLE_CHARS) characters; the key stays, and links with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is about; empty takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Only owners and moderators may say something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announce: Option<bool>,
    /// Seconds between two messages of one member, at most [`SLOW_SECONDS`](crate::limits::SLOW_SECONDS); 0: no pause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_s: Option<u32>,
    /// Kept to be read only, or open again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Its members see who has read up to where, or no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<bool>,
}

/// Does something to somebody in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Moderate {
    /// Names the answer.
    #[serde(rename = "ref", default)]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Where.
    pub room: RoomKey,
    /// To whom.
    pub user: UserId,
    /// The sender's name for this command, kept over repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// Of `ban` and `mute`: over after so many seconds; missing: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub for_s: Option<u64>,
    /// Why, at most [`REASON_CHARS`](crate::limits::REASON_CHARS) characters; the room sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What was decided against somebody in a room, and can be lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Sentence {
    /// Against whom.
    pub user: UserId,
    /// Their name now, or when it was decided where they have no account.
    pub name: String,
    /// When it is over, RFC 3339; missing: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Gives somebody another role in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct SetRole {
    /// Names the answer.
    #[serde(rename = "ref", default)]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Where.
    pub room: RoomKey,
    /// Whom.
    pub user: UserId,
    /// The role from now on.
    pub role: RoomRole,
    /// The sender's name for this command, kept over repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
}

/// Takes a message out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(rename = "DeleteCommand", optional_fields))]
pub struct Delete {
    /// Where.
    pub room: RoomKey,
    /// The message.
    #[serde(deserialize_with = "safe_integer")]
    pub target: Seq,
    /// The sender's name for this command, kept over repeats; made by the server where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
}

/// Tells those who keep order of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Report {
    /// Names the answer.
    #[serde(rename = "ref", default)]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Where.
    pub room: RoomKey,
    /// The message.
    #[serde(deserialize_with = "safe_integer")]
    pub target: Seq,
    /// What is wrong with it, at most [`REASON_CHARS`](crate::limits::REASON_CHARS) characters.
    pub reason: String,
}

/// Says that a report needs nothing more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Resolve {
    /// Names the answer.
    #[serde(rename = "ref", default)]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Its number.
    #[serde(deserialize_with = "safe_integer")]
    pub report: u64,
}

/// Asks for a page of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Browse {
    /// Names the answer.
    #[serde(rename = "ref", default)]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Only what has a lower number; of mentions, what an earlier answer told here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub before: Option<u64>,
    /// At most so many; lowered to [`HISTORY_EVENTS`](crate::limits::HISTORY_EVENTS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Answers `audit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Audit {
    /// The question.
    #[serde(rename = "ref")]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// What was done, newest first.
    pub entries: Vec<AuditEntry>,
    /// There are older ones.
    pub more: bool,
}

/// One thing that was decided about a room, a person or a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct AuditEntry {
    /// Its number: higher is newer.
    #[serde(deserialize_with = "safe_integer")]
    pub n: u64,
    /// When, RFC 3339 in UTC with milliseconds.
    pub timestamp: String,
    /// Who did it; missing: whoever runs the server, on its command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Their name at that moment.
    pub sender: String,
    /// What was done, in one word: `ban`, `delete`, `role` …
    pub action: String,
    /// In which room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomKey>,
    /// To whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<UserId>,
    /// To which message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub target: Option<Seq>,
    /// What else there is to know, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Answers `reports`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Reports {
    /// The question.
    #[serde(rename = "ref")]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// What was told, newest first.
    pub reports: Vec<Reported>,
    /// There are older ones.
    pub more: bool,
}

/// A message that somebody reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Reported {
    /// Its number: higher is newer.
    #[serde(deserialize_with = "safe_integer")]
    pub n: u64,
    /// When, RFC 3339 in UTC with milliseconds.
    pub timestamp: String,
    /// Who reported it.
    pub user: UserId,
    /// Their name at that moment.
    pub sender: String,
    /// Why.
    pub reason: String,
    /// Where the message is.
    pub room: RoomKey,
    /// The message.
    #[serde(deserialize_with = "safe_integer")]
    pub target: Seq,
    /// Who said it.
    pub who: UserId,
    /// Their name when they said it.
    pub name: String,
    /// Its text when it was reported; empty once the message is deleted.
    pub text: String,
    /// It needs nothing more.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "ts", ts(as = "Option<bool>", optional))]
    pub resolved: bool,
}

/// What became of somebody's membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
#[serde(rename_all = "snake_case")]
pub enum MemberChange {
    /// Is in the room from now on.
    Joined,
    /// Left it.
    Left,
    /// Was put out; may come back where it is public, or when invited.
    Kicked,
    /// Was put out and may not come back before the ban is over.
    Banned,
    /// May come back.
    Unbanned,
    /// May say nothing before it is over.
    Muted,
    /// May speak again.
    Unmuted,
    /// Has another role.
    Role,
    /// Something this version does not know.
    #[serde(other)]
    Other,
}

impl MemberChange {
    /// The word for it on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Kicked => "kicked",
            Self::Banned => "banned",
            Self::Unbanned => "unbanned",
            Self::Muted => "muted",
            Self::Unmuted => "unmuted",
            Self::Role => "role",
            Self::Other => "other",
        }
    }
}

/// Somebody's membership changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct MemberChanged {
    /// Where.
    pub room: RoomKey,
    /// Its place in the room's log.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// The command that made it.
    pub id: Id,
    /// Who did it.
    pub user: UserId,
    /// Their name at that moment.
    pub sender: String,
    /// Whose membership; often the same.
    pub who: UserId,
    /// That person's name at that moment.
    pub name: String,
    /// What became of it.
    pub change: MemberChange,
    /// The role from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoomRole>,
    /// When a ban or mute is over, RFC 3339; missing: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was stored.
    pub timestamp: String,
}

/// The room itself changed: what is missing stayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct RoomEdited {
    /// Which room.
    pub room: RoomKey,
    /// Its place in the room's log.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// The command that made it.
    pub id: Id,
    /// Who did it.
    pub user: UserId,
    /// Their name at that moment.
    pub sender: String,
    /// What is shown from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is about from now on; empty: nothing is said of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Only owners and moderators may say something, or everybody again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announce: Option<bool>,
    /// Seconds between two messages of one member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_s: Option<u32>,
    /// Kept to be read only, or open again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Its members see who has read up to where, or no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<bool>,
    /// When it was stored.
    pub timestamp: String,
}
