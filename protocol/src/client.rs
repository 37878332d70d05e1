//! All that a client may say.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
#[cfg(feature = "ts")]
use ts_rs::TS;

use crate::error::{ErrorCode, Refusal};
use crate::ids::{Epoch, Id, Ref, RoomKey, Seq};
use crate::json::{Envelope, safe_integer, safe_integer_option};
use crate::messages::{Edit, EditsOf, OfRoom, Pin, React, Search, ThreadOf};
use crate::own::{Block, Draft, Notify, Prefs, Read, ReadThread};
use crate::rooms::{Browse, Change, Create, Delete, Direct, Moderate, Report, Resolve, SetRole};
use crate::signal::PresenceState;

/// One frame from a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(TS))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// Opens a `chat.v1` connection; the first frame, and only that. Answered by `welcome`.
    Hello(Hello),
    /// Says something in a room. Durable: answered by `ack` or `error` with its `id`.
    Message(Say),
    /// Changes the text of a message of one's own. Durable: answered by `ack` or `error` with its `id`.
    Edit(Edit),
    /// Puts a reaction on a message, or takes it off. Durable: answered by `ack` or `error` with its `id`.
    React(React),
    /// Pins a message to its room, or takes it off. Durable: answered by `ack` or `error` with its `id`.
    Pin(Pin),
    /// Asks for a page of a room's log. Answered by `history`.
    History(History),
    /// Asks for a page of a thread. Answered by `thread`.
    Thread(ThreadOf),
    /// Asks which texts a message has had. Answered by `edits`.
    Edits(EditsOf),
    /// Asks what is pinned in a room. Answered by `pins`.
    Pins(OfRoom),
    /// Asks for messages by what they say, in all rooms that one may read. Answered by `found`.
    Search(Search),
    /// Asks which messages name oneself, newest first. Answered by `mentioned`.
    Mentions(Browse),
    /// Asks who has read a room up to where. Answered by `readers`.
    Readers(OfRoom),
    /// Makes a room and joins it. Answered by `ok` with the room.
    Create(Create),
    /// Opens the conversation with a few people. Answered by `ok` with the room.
    Direct(Direct),
    /// Joins a public room, or one that one is invited to or a member of: its events flow from the `head` that the
    /// answer tells. `@self` is joined like a room. Answered by `ok` with the room.
    Join(RoomQuestion),
    /// Leaves a room: its events stop, and one is no member of it any more. Answered by `ok`.
    Leave(RoomQuestion),
    /// Does not take an invitation. Answered by `ok`.
    Decline(RoomQuestion),
    /// Changes a room's title, topic or rules, or archives it. Answered by `ok` with the room.
    Change(Change),
    /// Invites somebody to a private room. Answered by `ok`.
    Invite(Moderate),
    /// Puts somebody out of a room, or withdraws an invitation. Answered by `ok`.
    Kick(Moderate),
    /// Puts somebody out of a room, who may not come back before it is over. Answered by `ok`.
    Ban(Moderate),
    /// Ends a ban. Answered by `ok`.
    Unban(Moderate),
    /// Lets somebody say nothing in a room before it is over. Answered by `ok`.
    Mute(Moderate),
    /// Ends a mute. Answered by `ok`.
    Unmute(Moderate),
    /// Gives somebody another role in a room. Answered by `ok`.
    Role(SetRole),
    /// Takes a message out. Durable: answered by `ack` or `error` with its `id`.
    Delete(Delete),
    /// Tells those who keep order of a message. Answered by `ok`.
    Report(Report),
    /// Asks what was reported. Answered by `reports`.
    Reports(Browse),
    /// Says that a report needs nothing more. Answered by `ok`.
    Resolve(Resolve),
    /// Asks what was decided about rooms, people and messages. Answered by `audit`.
    Audit(Browse),
    /// Asks who is in a room. Answered by `members`.
    Members(RoomQuestion),
    /// Asks which public rooms there are. Answered by `rooms`.
    Rooms(Question),
    /// Takes another nickname. Answered by `ok` with the name.
    Nick(Nick),
    /// Says up to where a room was read. Not answered; all of one's devices are told by `read` in `@self`.
    Read(Read),
    /// Says up to where a thread was read. Not answered; all of one's devices are told by `read_thread` in `@self`.
    ReadThread(ReadThread),
    /// Says of what in a room to be told. Answered by `ok`.
    Notify(Notify),
    /// Hides a person from oneself, on all devices. Answered by `ok`.
    Block(Block),
    /// Keeps what is written and not yet said, for all devices. Not answered.
    Draft(Draft),
    /// Says what one wants to be told of, and when. Answered by `ok`.
    Prefs(Prefs),
    /// Says that the person is typing, or stopped. Not answered.
    Typing(Typing),
    /// Says that the person is there, or idle. Not answered.
    Presence(Presence),
    /// Answers `ping`. Not answered.
    Pong(Pong),
}

/// Opens a `chat.v1` connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Hello {
    /// The client's name and version, for the server's log.
    pub client: String,
    /// One per process or tab, kept over reconnects: an older connection of the same `conn` is replaced.
    pub conn: Id,
    /// Proves who this is: what an earlier `welcome` gave a guest, or the token of a session or a bot. An unknown one of
    /// a guest yields a new guest; any other that does not hold (any more) is refused (`sign_in`, close code 4001).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The name that a guest asks for; adapted if it is taken or not allowed, as `welcome` tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the client has already; the events after it come right behind `welcome`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
}

/// The last event that a client has, per room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Resume {
    /// The history that the cursors belong to.
    pub epoch: Epoch,
    /// The rooms that the client is in, each with the last `seq` it has (0: nothing). With `resume` the connection is
    /// in exactly these rooms, the lobby, and all rooms that an account is a member of.
    pub rooms: BTreeMap<RoomKey, Seq>,
}

/// Says something in a room.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Say {
    /// Where; a plain connection may leave it out and means the room it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomKey>,
    /// The text.
    pub message: String,
    /// The sender's name for this command, kept over repeats; made by the server where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// The message it answers, in the same room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub reply: Option<Seq>,
    /// The message whose thread it is in, in the same room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub thread: Option<Seq>,
    /// Its files, each uploaded to this room before; at most [`FILES_PER_MESSAGE`](crate::limits::FILES_PER_MESSAGE).
    /// With files the text may be empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<Vec<Id>>", optional))]
    pub files: Vec<Id>,
    /// The nickname a plain client goes by; ignored in `chat.v1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
}

/// Asks for a page of a room's log: `before`, `after` or `around` a place, `at` a time, or with none of them the newest page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct History {
    /// Names the answer.
    #[serde(rename = "ref")]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Whose log; need not be joined.
    pub room: RoomKey,
    /// The page that ends just before this place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub before: Option<Seq>,
    /// The page that begins just after this place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub after: Option<Seq>,
    /// The page with this place in its middle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub around: Option<Seq>,
    /// The page with the first event of this time or later in its middle; RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// At most so many events; lowered to [`HISTORY_EVENTS`](crate::limits::HISTORY_EVENTS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A question or request about one room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct RoomQuestion {
    /// Names the answer; a plain connection may leave it out (0).
    #[serde(rename = "ref", default)]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// Which room, by its key or its name as a person types it.
    pub room: String,
}

/// A question that needs nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Question {
    /// Names the answer.
    #[serde(rename = "ref", default)]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
}

/// Takes another nickname.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Nick {
    /// Names the answer.
    #[serde(rename = "ref", default)]
    #[serde(deserialize_with = "safe_integer")]
    pub reference: Ref,
    /// The name wanted; refused if it is taken or not allowed.
    pub name: String,
}

/// The person is typing, or stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(rename = "TypingCommand", optional_fields))]
pub struct Typing {
    /// Where.
    pub room: RoomKey,
    /// Began or goes on (said anew every [`TYPING_RENEW`](crate::limits::TYPING_RENEW)); or stopped.
    pub on: bool,
    /// The message in whose thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "safe_integer_option")]
    pub thread: Option<Seq>,
}

/// The person is there, or idle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(rename = "PresenceCommand"))]
pub struct Presence {
    /// `online` or `idle`; `offline` is taken as `idle`.
    pub state: PresenceState,
}

/// Answers `ping`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Pong {}

impl ClientFrame {
    /// Reads a frame. The error is the refusal to send, with the `id`, `ref` and `room` as far as they could be read.
    ///
    /// A frame without `type` but with `message` is a `message` (plain mode's short form).
    pub fn parse(text: &str) -> Result<Self, Box<Refusal>> {
        if let Some(say) = read_message(text) {
            return Ok(Self::Message(say));
        }
        let envelope = Envelope::read(text).map_err(|error| {
            Box::new(Refusal::new(ErrorCode::BadFrame, format!("not a JSON object: {error}")))
        })?;
        let kind = match envelope.kind.as_deref() {
            Some(kind) => kind,
            None if envelope.has_message => "message",
            None => "",
        };
        let frame = match kind {
            "hello" => serde_json::from_str(text).map(Self::Hello),
            "message" => serde_json::from_str(text).map(Self::Message),
            "edit" => serde_json::from_str(text).map(Self::Edit),
            "react" => serde_json::from_str(text).map(Self::React),
            "pin" => serde_json::from_str(text).map(Self::Pin),
            "history" => serde_json::from_str(text).map(Self::History),
            "thread" => serde_json::from_str(text).map(Self::Thread),
            "edits" => serde_json::from_str(text).map(Self::Edits),
            "pins" => serde_json::from_str(text).map(Self::Pins),
            "search" => serde_json::from_str(text).map(Self::Search),
            "mentions" => serde_json::from_str(text).map(Self::Mentions),
            "readers" => serde_json::from_str(text).map(Self::Readers),
            "create" => serde_json::from_str(text).map(Self::Create),
            "direct" => serde_json::from_str(text).map(Self::Direct),
            "join" => serde_json::from_str(text).map(Self::Join),
            "leave" => serde_json::from_str(text).map(Self::Leave),
            "decline" => serde_json::from_str(text).map(Self::Decline),
            "change" => serde_json::from_str(text).map(Self::Change),
            "invite" => serde_json::from_str(text).map(Self::Invite),
            "kick" => serde_json::from_str(text).map(Self::Kick),
            "ban" => serde_json::from_str(text).map(Self::Ban),
            "unban" => serde_json::from_str(text).map(Self::Unban),
            "mute" => serde_json::from_str(text).map(Self::Mute),
            "unmute" => serde_json::from_str(text).map(Self::Unmute),
            "role" => serde_json::from_str(text).map(Self::Role),
            "delete" => serde_json::from_str(text).map(Self::Delete),
            "report" => serde_json::from_str(text).map(Self::Report),
            "reports" => serde_json::from_str(text).map(Self::Reports),
            "resolve" => serde_json::from_str(text).map(Self::Resolve),
            "audit" => serde_json::from_str(text).map(Self::Audit),
            "members" => serde_json::from_str(text).map(Self::Members),
            "rooms" => serde_json::from_str(text).map(Self::Rooms),
            "nick" => serde_json::from_str(text).map(Self::Nick),
            "read" => serde_json::from_str(text).map(Self::Read),
            "read_thread" => serde_json::from_str(text).map(Self::ReadThread),
            "notify" => serde_json::from_str(text).map(Self::Notify),
            "block" => serde_json::from_str(text).map(Self::Block),
            "draft" => serde_json::from_str(text).map(Self::Draft),
            "prefs" => serde_json::from_str(text).map(Self::Prefs),
            "typing" => serde_json::from_str(text).map(Self::Typing),
            "presence" => serde_json::from_str(text).map(Self::Presence),
            "pong" => Ok(Self::Pong(Pong {})),
            "" => {
                return Err(Box::new(refuse(
                    envelope,
                    ErrorCode::BadFrame,
                    "`type` must be a text".to_owned(),
                )));
            }
            _ => {
                return Err(Box::new(refuse(
                    envelope,
                    ErrorCode::UnknownType,
                    "this server does not know this `type`".to_owned(),
                )));
            }
        };
        frame.map_err(|error| Box::new(refuse(envelope, ErrorCode::BadFrame, error.to_string())))
    }

    /// The `type` of each frame that there is.
    pub const TYPES: [&str; 42] = [
        "hello",
        "message",
        "edit",
        "react",
        "pin",
        "history",
        "thread",
        "edits",
        "pins",
        "search",
        "mentions",
        "readers",
        "create",
        "direct",
        "join",
        "leave",
        "decline",
        "change",
        "invite",
        "kick",
        "ban",
        "unban",
        "mute",
        "unmute",
        "role",
        "delete",
        "report",
        "reports",
        "resolve",
        "audit",
        "members",
        "rooms",
        "nick",
        "read",
        "read_thread",
        "notify",
        "block",
        "draft",
        "prefs",
        "typing",
        "presence",
        "pong",
    ];

    /// The frame's `type`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Hello(_) => "hello",
            Self::Message(_) => "message",
            Self::Edit(_) => "edit",
            Self::React(_) => "react",
            Self::Pin(_) => "pin",
            Self::History(_) => "history",
            Self::Thread(_) => "thread",
            Self::Edits(_) => "edits",
            Self::Pins(_) => "pins",
            Self::Search(_) => "search",
            Self::Mentions(_) => "mentions",
            Self::Readers(_) => "readers",
            Self::Create(_) => "create",
            Self::Direct(_) => "direct",
            Self::Join(_) => "join",
            Self::Leave(_) => "leave",
            Self::Decline(_) => "decline",
            Self::Change(_) => "change",
            Self::Invite(_) => "invite",
            Self::Kick(_) => "kick",
            Self::Ban(_) => "ban",
            Self::Unban(_) => "unban",
            Self::Mute(_) => "mute",
            Self::Unmute(_) => "unmute",
            Self::Role(_) => "role",
            Self::Delete(_) => "delete",
            Self::Report(_) => "report",
            Self::Reports(_) => "reports",
            Self::Resolve(_) => "resolve",
            Self::Audit(_) => "audit",
            Self::Members(_) => "members",
            Self::Rooms(_) => "rooms",
            Self::Nick(_) => "nick",
            Self::Read(_) => "read",
            Self::ReadThread(_) => "read_thread",
            Self::Notify(_) => "notify",
            Self::Block(_) => "block",
            Self::Draft(_) => "draft",
            Self::Prefs(_) => "prefs",
            Self::Typing(_) => "typing",
            Self::Presence(_) => "presence",
            Self::Pong(_) => "pong",
        }
    }

    /// The frame as its JSON text.
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("frames hold only texts, numbers and maps with text keys")
    }
}

/// Reads the usual frame in one pass. Whatever else it may be, and what is wrong with it, is for the two passes to say.
fn read_message(text: &str) -> Option<Say> {
    #[derive(Deserialize)]
    struct Typed {
        #[serde(rename = "type")]
        _kind: IgnoredAny,
        message: String,
        room: Option<RoomKey>,
        id: Option<Id>,
        #[serde(default, deserialize_with = "safe_integer_option")]
        reply: Option<Seq>,
        #[serde(default, deserialize_with = "safe_integer_option")]
        thread: Option<Seq>,
        #[serde(default)]
        files: Vec<Id>,
        sender: Option<String>,
    }
    if !text.starts_with(r#"{"type":"message","#) {
        return None;
    }
    let Typed { message, room, id, reply, thread, files, sender, .. } = serde_json::from_str(text).ok()?;
    Some(Say { room, message, id, reply, thread, files, sender })
}

fn refuse(envelope: Envelope, code: ErrorCode, reason: String) -> Refusal {
    Refusal::new(code, reason).with_id(envelope.id).with_ref(envelope.reference).with_room(envelope.room)
}

#[cfg(test)]
mod tests;
