//! All that the server may say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
#[cfg(feature = "ts")]
use ts_rs::TS;

use crate::error::Refusal;
use crate::event::Event;
use crate::ids::{Epoch, Id, Ref, RoomKey, Seq, UserId};
use crate::json::{Envelope, is_false, is_zero, safe_integer, safe_integer_option};
use crate::messages::{Edits, Found, Mentioned, Pins, Readers, ThreadPage};
use crate::people::{Profile, Role};
pub use crate::rooms::RoomKind;
use crate::rooms::{Audit, Reports, RoomRole, Rules, Sentence};
use crate::signal::{ComeAndGo, Presence, PresenceState, Profiled, Renamed, Seen, Typing};

/// One frame from the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// Answers `hello`.
    Welcome(Box<Welcome>),
    /// All events up to `head` have been sent: the room is live.
    Synced(Synced),
    /// The cursor cannot be resumed: keep the cache, mark the gap, page anew. Streaming goes on after `head`.
    Reset(Reset),
    /// The command of this `id` is stored.
    Ack(Ack),
    /// Answers `history`.
    History(HistoryPage),
    /// A request was carried out.
    Ok(Done),
    /// Answers `members`.
    Members(Members),
    /// Answers `rooms`.
    Rooms(Rooms),
    /// Answers `reports`.
    Reports(Reports),
    /// Answers `audit`.
    Audit(Audit),
    /// Answers `search`.
    Found(Found),
    /// Answers `mentions`.
    Mentioned(Mentioned),
    /// Answers `thread`.
    Thread(ThreadPage),
    /// Answers `pins`.
    Pins(Pins),
    /// Answers `edits`.
    Edits(Edits),
    /// Answers `readers`.
    Readers(Readers),
    /// Another connection of this user joined or left a room.
    Room(RoomChanged),
    /// Who came.
    Join(ComeAndGo),
    /// Who went.
    Leave(ComeAndGo),
    /// Somebody goes by another name.
    Renamed(Renamed),
    /// Somebody's role changed, or what they tell of themselves.
    Profile(Profiled),
    /// Somebody types, or stopped.
    Typing(Typing),
    /// Somebody's state changed.
    Presence(Presence),
    /// Somebody has read a room up to a place.
    Seen(Seen),
    /// What was refused.
    Error(Refusal),
    /// A heartbeat; answer it with `pong`.
    Ping(Ping),
    /// The server is about to close: reconnect, spread over `after_ms`.
    Goaway(Goaway),
    /// A frame that this version does not know.
    #[serde(skip)]
    #[cfg_attr(feature = "ts", ts(skip))]
    Unknown,
    /// Something durable that happened in a room.
    #[serde(untagged)]
    Event(Event),
}

/// Answers `hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Welcome {
    /// The server's name and version.
    pub server: String,
    /// The history that all `seq`s belong to.
    pub epoch: Epoch,
    /// Who this connection is.
    pub user: User,
    /// A guest's: say it in the next `hello` to be the same guest again. Whoever is signed in has a token already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Between two `ping`s, in milliseconds.
    pub heartbeat_ms: u64,
    /// This server's bounds.
    pub limits: Limits,
    /// This connection may read, and write nothing: a guest's where guests only read, or a bot's that may only read.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "ts", ts(as = "Option<bool>", optional))]
    pub read_only: bool,
    /// The rooms that this connection is in.
    pub rooms: Vec<RoomInfo>,
}

/// Who somebody is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct User {
    /// The immutable identity.
    pub user: UserId,
    /// The present name.
    pub name: String,
    /// Not signed in.
    #[serde(default)]
    pub guest: bool,
    /// What they are on this server.
    #[serde(default)]
    pub role: Role,
    /// What they tell of themselves.
    #[serde(default, skip_serializing_if = "Profile::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<Profile>", optional))]
    pub profile: Profile,
}

/// A server's bounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Limits {
    /// UTF-8 bytes of a message.
    pub message_bytes: u64,
    /// Events of a history page.
    pub history: u32,
    /// Events behind the head from which a cursor may be resumed.
    pub resume: u64,
}

/// A room as its members see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct RoomInfo {
    /// Its key.
    pub room: RoomKey,
    /// What is shown.
    pub title: String,
    /// Who may join.
    pub kind: RoomKind,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The oldest event still kept; `head + 1` where the log is empty.
    #[serde(deserialize_with = "safe_integer")]
    pub first: Seq,
    /// The newest event; 0 where nothing was ever said.
    #[serde(deserialize_with = "safe_integer")]
    pub head: Seq,
    /// How many people are there now.
    #[serde(default)]
    pub present: u32,
    /// How it is to be used.
    #[serde(default, skip_serializing_if = "Rules::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<Rules>", optional))]
    pub rules: Rules,
    /// What whoever is told this is there; missing: no member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<RoomRole>,
    /// Up to where they have read it, on any of their devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub read: Option<Seq>,
    /// How many messages of others came after that; counted up to [`UNREAD`](crate::limits::UNREAD).
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "ts", ts(as = "Option<u32>", optional))]
    pub unread: u32,
    /// How many of those name them; counted alike.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "ts", ts(as = "Option<u32>", optional))]
    pub mentions: u32,
    /// How many messages are pinned.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "ts", ts(as = "Option<u32>", optional))]
    pub pins: u32,
    /// The others in a direct conversation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<Vec<User>>", optional))]
    pub people: Vec<User>,
}

/// The room is live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Synced {
    /// Which room.
    pub room: RoomKey,
    /// The last event that was sent.
    #[serde(deserialize_with = "safe_integer")]
    pub head: Seq,
}

/// Why a cursor cannot be resumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
#[serde(rename_all = "snake_case")]
pub enum ResetWhy {
    /// It belongs to another history (restored from a backup).
    Epoch,
    /// Below the room's `first`, or too far behind its head.
    TooOld,
    /// Beyond the head.
    Ahead,
    /// There is no such room, or it is not for you: the same answer.
    #[serde(other)]
    Gone,
}

/// The cursor cannot be resumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Reset {
    /// Which room.
    pub room: RoomKey,
    /// The present history.
    pub epoch: Epoch,
    /// The oldest event still kept.
    #[serde(deserialize_with = "safe_integer")]
    pub first: Seq,
    /// The newest event; live events follow it.
    #[serde(deserialize_with = "safe_integer")]
    pub head: Seq,
    /// Why.
    pub why: ResetWhy,
}

/// A command is stored, and will appear exactly once, at `seq`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Ack {
    /// The command.
    pub id: Id,
    /// Where.
    pub room: RoomKey,
    /// Its place in the room's log.
    #[serde(deserialize_with = "safe_integer")]
    pub seq: Seq,
    /// When it was stored.
    pub timestamp: String,
    /// It was stored before: this is the first ack again.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "ts", ts(as = "Option<bool>", optional))]
    pub dup: bool,
}

/// A page of a room's log: every event of `first..=last`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct HistoryPage {
    /// The question.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub reference: Option<Ref>,
    /// Whose log.
    pub room: RoomKey,
    /// In the order of `seq`, without holes.
    pub events: Vec<Event>,
    /// The first place covered; `last + 1` on an empty page.
    #[serde(deserialize_with = "safe_integer")]
    pub first: Seq,
    /// The last place covered.
    #[serde(deserialize_with = "safe_integer")]
    pub last: Seq,
    /// The room's newest event.
    #[serde(deserialize_with = "safe_integer")]
    pub head: Seq,
    /// The events up to here are folded into the messages: ignore changes with `seq <= as_of`.
    #[serde(deserialize_with = "safe_integer")]
    pub as_of: Seq,
    /// There is more in the direction that was asked: before the page, or after it for `after`.
    pub more: bool,
}

/// A request was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Done {
    /// The request.
    #[serde(rename = "ref")]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// The room that was made, joined, left or changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomInfo>,
    /// The name that was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Somebody in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Not signed in.
    #[serde(default)]
    pub guest: bool,
    /// What they are on this server.
    #[serde(default)]
    pub role: Role,
    /// What they are in this room; missing: no member, only there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<RoomRole>,
    /// What they tell of themselves.
    #[serde(default, skip_serializing_if = "Profile::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<Profile>", optional))]
    pub profile: Profile,
    /// Whether they are there.
    pub state: PresenceState,
}

/// Answers `members`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Members {
    /// The question.
    #[serde(rename = "ref")]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Which room.
    pub room: RoomKey,
    /// Who is there, and who else is a member, by name; in a crowd only the first 500.
    pub members: Vec<Member>,
    /// How many are there.
    pub present: u32,
    /// Who is banned, by name, the first 500: told only to whoever may `unban`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<Vec<Sentence>>", optional))]
    pub banned: Vec<Sentence>,
    /// Who is muted, by name, the first 500: told only to whoever may `unmute`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<Vec<Sentence>>", optional))]
    pub muted: Vec<Sentence>,
}

/// Answers `rooms`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Rooms {
    /// The question.
    #[serde(rename = "ref")]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// The public rooms that are not archived, most recently used first; at most 1000.
    pub rooms: Vec<RoomInfo>,
}

/// Another connection of this user joined or left a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct RoomChanged {
    /// The room.
    pub room: RoomInfo,
    /// Joined, or left.
    pub joined: bool,
}

/// A heartbeat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Ping {
    /// The last `seq` written to this connection, per room: what is above the client's own was lost on the way.
    #[serde(default)]
    pub heads: BTreeMap<RoomKey, Seq>,
}

/// The server is about to close.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Goaway {
    /// Reconnect after a random time up to this, in milliseconds.
    pub after_ms: u64,
    /// Why, in one word.
    pub why: String,
}

impl ServerFrame {
    /// Reads a frame. What this version does not know is [`ServerFrame::Unknown`] or [`Event::Unknown`]; an error
    /// means that a known frame is malformed, and does no harm if ignored.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let envelope = Envelope::read(text)?;
        let kind = envelope.kind.as_deref().unwrap_or_default();
        match kind {
            "welcome" => serde_json::from_str(text).map(Self::Welcome),
            "message" | "edit" | "delete" | "react" | "pin" | "member" | "changed" | "read"
            | "read_thread" | "notify" | "block" | "draft" | "prefs" | "invited" | "joined" => {
                Event::parse_as(kind, &envelope, text).map(Self::Event)
            }
            "synced" => serde_json::from_str(text).map(Self::Synced),
            "reset" => serde_json::from_str(text).map(Self::Reset),
            "ack" => serde_json::from_str(text).map(Self::Ack),
            "history" => serde_json::from_str(text).map(Self::History),
            "ok" => serde_json::from_str(text).map(Self::Ok),
            "members" => serde_json::from_str(text).map(Self::Members),
            "rooms" => serde_json::from_str(text).map(Self::Rooms),
            "reports" => serde_json::from_str(text).map(Self::Reports),
            "audit" => serde_json::from_str(text).map(Self::Audit),
            "found" => serde_json::from_str(text).map(Self::Found),
            "mentioned" => serde_json::from_str(text).map(Self::Mentioned),
            "thread" => serde_json::from_str(text).map(Self::Thread),
            "pins" => serde_json::from_str(text).map(Self::Pins),
            "edits" => serde_json::from_str(text).map(Self::Edits),
            "readers" => serde_json::from_str(text).map(Self::Readers),
            "room" => serde_json::from_str(text).map(Self::Room),
            "join" => serde_json::from_str(text).map(Self::Join),
            "leave" => serde_json::from_str(text).map(Self::Leave),
            "renamed" => serde_json::from_str(text).map(Self::Renamed),
            "profile" => serde_json::from_str(text).map(Self::Profile),
            "typing" => serde_json::from_str(text).map(Self::Typing),
            "presence" => serde_json::from_str(text).map(Self::Presence),
            "seen" => serde_json::from_str(text).map(Self::Seen),
            "error" => serde_json::from_str(text).map(Self::Error),
            "ping" => serde_json::from_str(text).map(Self::Ping),
            "goaway" => serde_json::from_str(text).map(Self::Goaway),
            _ => Ok(Event::parse_as(kind, &envelope, text).map_or(Self::Unknown, Self::Event)),
        }
    }

    /// The frame as its JSON text.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("frames hold only texts, numbers and maps with text keys")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_events_keep_their_place_and_unknown_frames_do_no_harm() {
        let poll = r#"{"type":"poll","room":"lobby","seq":12,"question":"?"}"#;
        let ServerFrame::Event(event) = ServerFrame::parse(poll).unwrap() else { panic!("an event") };
        assert_eq!((event.seq(), event.room().as_str()), (12, "lobby"));
        assert_eq!(ServerFrame::parse(r#"{"type":"confetti"}"#).unwrap(), ServerFrame::Unknown);
        let poison = r#"{"type":"message","room":"lobby","seq":13,"message":7}"#;
        let ServerFrame::Event(Event::Unknown(event)) = ServerFrame::parse(poison).unwrap() else {
            panic!("unknown")
        };
        assert_eq!(event.seq, 13);
    }

    #[test]
    fn a_page_with_a_poisoned_event_is_still_a_page() {
        let page = r#"{"type":"history","ref":1,"room":"lobby","first":1,"last":1,"head":1,"as_of":1,"more":false,
            "events":[{"type":"message","room":"lobby","seq":1,"message":null}]}"#;
        let ServerFrame::History(page) = ServerFrame::parse(page).unwrap() else { panic!("a page") };
        assert!(matches!(page.events[..], [Event::Unknown(_)]));
    }

    proptest::proptest! {
        #[test]
        fn parsing_never_panics(text in ".{0,200}") {
            let _ = ServerFrame::parse(&text);
        }
    }
}
