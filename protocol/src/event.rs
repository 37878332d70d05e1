//! What a room's log contains.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
#[cfg(feature = "ts")]
use ts_rs::TS;

use crate::ids::{Id, RoomKey, Seq, UserId};
use crate::json::{Envelope, is_false, safe_integer, safe_integer_option};
use crate::messages::{Everyone, File, Replies};
use crate::own::{Blocked, Drafted, Invited, Joined, NotifyOf, PrefsSet, ReadUpto, ThreadRead};
use crate::rooms::{MemberChanged, RoomEdited};

/// One durable thing that happened in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// Somebody said something.
    Message(Message),
    /// The text of an earlier message was changed.
    Edit(Edit),
    /// An earlier message was taken out.
    Delete(Delete),
    /// A reaction was put on an earlier message or taken off.
    React(React),
    /// An earlier message was pinned to the room, or taken off.
    Pin(Pin),
    /// Somebody's membership changed.
    Member(MemberChanged),
    /// The room's title, topic or rules changed.
    Changed(RoomEdited),
    /// In `@self`: a room was read up to a place.
    Read(ReadUpto),
    /// In `@self`: a thread was read up to a place.
    ReadThread(ThreadRead),
    /// In `@self`: of what in a room to be told.
    Notify(NotifyOf),
    /// In `@self`: a person is hidden, or no more.
    Block(Blocked),
    /// In `@self`: what is written and not yet said.
    Draft(Drafted),
    /// In `@self`: what one wants to be told of, and when.
    Prefs(PrefsSet),
    /// In `@self`: somebody invites to a room.
    Invited(Invited),
    /// In `@self`: one is in a room, or no more.
    Joined(Joined),
    /// An event this version does not know or cannot read: it keeps its place and is shown as a placeholder.
    #[serde(rename = "unknown")]
    Unknown(Unknown),
}

/// Something said in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Message {
    /// Where.
    pub room: RoomKey,
    /// Its place in the room's log.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// The sender's name for the command that made it.
    pub id: Id,
    /// Who said it; with `id` it tells clients their own.
    pub user: UserId,
    /// The sender's name at that moment.
    pub sender: String,
    /// The text, at most [`MESSAGE_BYTES`](crate::limits::MESSAGE_BYTES) bytes.
    pub message: String,
    /// When it was stored, RFC 3339 in UTC with milliseconds; for display, never for order.
    pub timestamp: String,
    /// The sender is not signed in.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "ts", ts(as = "Option<bool>", optional))]
    pub guest: bool,
    /// The message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub reply: Option<Seq>,
    /// The message whose thread it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub thread: Option<Seq>,
    /// Whom its text names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<Vec<UserId>>", optional))]
    pub mentions: Vec<UserId>,
    /// Whom it calls beside those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everyone: Option<Everyone>,
    /// Its files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<Vec<File>>", optional))]
    pub files: Vec<File>,
    /// What later events made of it; only on history pages, as of the page's `as_of`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folded: Option<Folded>,
}

/// What later events made of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Folded {
    /// Its newest text; whom it names is said anew by the message's own `mentions` and `everyone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When the text was last changed, RFC 3339 in UTC with milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<String>,
    /// It was taken out.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "ts", ts(as = "Option<bool>", optional))]
    pub deleted: bool,
    /// Who reacted with what.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<BTreeMap<String, Vec<UserId>>>", optional))]
    pub reactions: BTreeMap<String, Vec<UserId>>,
    /// It is pinned to the room.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "ts", ts(as = "Option<bool>", optional))]
    pub pinned: bool,
    /// What was answered in its thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replies: Option<Replies>,
}

/// A changed text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Edit {
    /// Where.
    pub room: RoomKey,
    /// Its own place in the log.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// The command that made it.
    pub id: Id,
    /// The message that it changes.
    #[serde(deserialize_with = "safe_integer")]
    pub target: Seq,
    /// Who changed it.
    pub user: UserId,
    /// Their name at that moment.
    pub sender: String,
    /// The new text; empty where the message, and with it this text, was taken out later.
    pub text: String,
    /// Whom the new text names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<Vec<UserId>>", optional))]
    pub mentions: Vec<UserId>,
    /// Whom it calls beside those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub everyone: Option<Everyone>,
    /// When it was stored.
    pub timestamp: String,
}

/// A message taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Delete {
    /// Where.
    pub room: RoomKey,
    /// Its own place in the log.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// The command that made it.
    pub id: Id,
    /// The message that is gone.
    #[serde(deserialize_with = "safe_integer")]
    pub target: Seq,
    /// Who took it out.
    pub user: UserId,
    /// Their name at that moment.
    pub sender: String,
    /// When it was stored.
    pub timestamp: String,
}

/// A reaction put on or taken off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct React {
    /// Where.
    pub room: RoomKey,
    /// Its own place in the log.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// The command that made it.
    pub id: Id,
    /// The message that it is about.
    #[serde(deserialize_with = "safe_integer")]
    pub target: Seq,
    /// Who reacted.
    pub user: UserId,
    /// Their name at that moment.
    pub sender: String,
    /// With what.
    pub emoji: String,
    /// Put on, or taken off.
    pub on: bool,
    /// When it was stored.
    pub timestamp: String,
}

/// A message pinned to its room, or taken off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Pin {
    /// Where.
    pub room: RoomKey,
    /// Its own place in the log.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// The command that made it.
    pub id: Id,
    /// The message that it is about.
    #[serde(deserialize_with = "safe_integer")]
    pub target: Seq,
    /// Who did it.
    pub user: UserId,
    /// Their name at that moment.
    pub sender: String,
    /// Pinned, or taken off.
    pub on: bool,
    /// When it was stored.
    pub timestamp: String,
}

/// An event that cannot be read, reduced to its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Unknown {
    /// Where.
    pub room: RoomKey,
    /// Its place in the log.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
}

impl Event {
    /// The room whose log it is in.
    pub fn room(&self) -> &RoomKey {
        match self {
            Self::Message(event) => &event.room,
            Self::Edit(event) => &event.room,
            Self::Delete(event) => &event.room,
            Self::React(event) => &event.room,
            Self::Pin(event) => &event.room,
            Self::Member(event) => &event.room,
            Self::Changed(event) => &event.room,
            Self::Read(event) => &event.room,
            Self::ReadThread(event) => &event.room,
            Self::Notify(event) => &event.room,
            Self::Block(event) => &event.room,
            Self::Draft(event) => &event.room,
            Self::Prefs(event) => &event.room,
            Self::Invited(event) => &event.room,
            Self::Joined(event) => &event.room,
            Self::Unknown(event) => &event.room,
        }
    }

    /// Its place in that log.
    pub fn seq(&self) -> Seq {
        match self {
            Self::Message(event) => event.seq,
            Self::Edit(event) => event.seq,
            Self::Delete(event) => event.seq,
            Self::React(event) => event.seq,
            Self::Pin(event) => event.seq,
            Self::Member(event) => event.seq,
            Self::Changed(event) => event.seq,
            Self::Read(event) => event.seq,
            Self::ReadThread(event) => event.seq,
            Self::Notify(event) => event.seq,
            Self::Block(event) => event.seq,
            Self::Draft(event) => event.seq,
            Self::Prefs(event) => event.seq,
            Self::Invited(event) => event.seq,
            Self::Joined(event) => event.seq,
            Self::Unknown(event) => event.seq,
        }
    }

    /// The author and the author's name for it, by which clients know their own.
    pub fn author(&self) -> Option<(&UserId, &Id)> {
        match self {
            Self::Message(event) => Some((&event.user, &event.id)),
            Self::Edit(event) => Some((&event.user, &event.id)),
            Self::Delete(event) => Some((&event.user, &event.id)),
            Self::React(event) => Some((&event.user, &event.id)),
            Self::Pin(event) => Some((&event.user, &event.id)),
            Self::Member(event) => Some((&event.user, &event.id)),
            Self::Changed(event) => Some((&event.user, &event.id)),
            Self::Read(_)
            | Self::ReadThread(_)
            | Self::Notify(_)
            | Self::Block(_)
            | Self::Draft(_)
            | Self::Prefs(_)
            | Self::Invited(_)
            | Self::Joined(_)
            | Self::Unknown(_) => None,
        }
    }

    /// When it was stored, RFC 3339 in UTC with milliseconds; for display, never for order.
    pub fn timestamp(&self) -> Option<&str> {
        match self {
            Self::Message(event) => Some(&event.timestamp),
            Self::Edit(event) => Some(&event.timestamp),
            Self::Delete(event) => Some(&event.timestamp),
            Self::React(event) => Some(&event.timestamp),
            Self::Pin(event) => Some(&event.timestamp),
            Self::Member(event) => Some(&event.timestamp),
            Self::Changed(event) => Some(&event.timestamp),
            Self::Read(_)
            | Self::ReadThread(_)
            | Self::Notify(_)
            | Self::Block(_)
            | Self::Draft(_)
            | Self::Prefs(_)
            | Self::Invited(_)
            | Self::Joined(_)
            | Self::Unknown(_) => None,
        }
    }

    /// Reads an event. What has a place in a log but is otherwise not understood becomes [`Event::Unknown`].
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let envelope = Envelope::read(text)?;
        Self::parse_as(envelope.kind.as_deref().unwrap_or_default(), &envelope, text)
    }

    pub(crate) fn parse_as(kind: &str, envelope: &Envelope, text: &str) -> Result<Self, serde_json::Error> {
        let known = match kind {
            "message" => serde_json::from_str(text).map(Self::Message),
            "edit" => serde_json::from_str(text).map(Self::Edit),
            "delete" => serde_json::from_str(text).map(Self::Delete),
            "react" => serde_json::from_str(text).map(Self::React),
            "pin" => serde_json::from_str(text).map(Self::Pin),
            "member" => serde_json::from_str(text).map(Self::Member),
            "changed" => serde_json::from_str(text).map(Self::Changed),
            "read" => serde_json::from_str(text).map(Self::Read),
            "read_thread" => serde_json::from_str(text).map(Self::ReadThread),
            "notify" => serde_json::from_str(text).map(Self::Notify),
            "block" => serde_json::from_str(text).map(Self::Block),
            "draft" => serde_json::from_str(text).map(Self::Draft),
            "prefs" => serde_json::from_str(text).map(Self::Prefs),
            "invited" => serde_json::from_str(text).map(Self::Invited),
            "joined" => serde_json::from_str(text).map(Self::Joined),
            _ => Err(serde_json::Error::custom("not an event of this version")),
        };
        known.or_else(|error| match (&envelope.room, envelope.seq) {
            (Some(room), Some(seq)) => Ok(Self::Unknown(Unknown { room: room.clone(), seq })),
            _ => Err(error),
        })
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::parse(raw.get()).map_err(D::Error::custom)
    }
}
