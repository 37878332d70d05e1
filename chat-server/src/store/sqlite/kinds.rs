//! Events that are no messages, as rows: what a message has no column for is JSON in `text`.

use protocol::event::{Delete, Edit, Event, Pin, React};
use protocol::ids::{Id, RoomKey, Seq, UserId};
use protocol::rooms::{MemberChange, MemberChanged, RoomEdited, RoomRole};
use rusqlite::Row;
use serde::{Deserialize, Serialize};

use super::clock;
use super::rows::{self, Extra};

/// The `kind` of each.
pub(super) const MEMBER: &str = "member";
pub(super) const CHANGED: &str = "changed";
/// Its `text` is the new text as it is, and `reply` its message; so is that of the others below.
pub(super) const EDIT: &str = "edit";
pub(super) const DELETE: &str = "delete";
pub(super) const REACT: &str = "react";
pub(super) const PIN: &str = "pin";

/// The server itself as an author: whoever runs it, on its command line, or a rule that it carries out.
pub(in crate::store) const SERVER: &str = "s-0";

/// What a `member` has beside its author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MemberBody {
    pub(super) who: UserId,
    pub(super) name: String,
    pub(super) change: MemberChange,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<RoomRole>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
}

/// What a `changed` has beside its author.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ChangedBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) topic: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) announce: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) slow_s: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) archived: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seen: Option<bool>,
}

/// What a `react` has beside its author and its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ReactBody {
    pub(super) emoji: String,
    pub(super) on: bool,
}

/// What a `pin` has beside its author and its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PinBody {
    pub(super) on: bool,
}

/// Who made an event, where and when.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) room: RoomKey,
    pub(super) seq: Seq,
    pub(super) id: Id,
    pub(super) user: UserId,
    pub(super) sender: String,
    pub(super) timestamp: String,
}

impl Head {
    fn read(room: &RoomKey, seq: Seq, row: &Row<'_>) -> Option<Self> {
        let text = |column: &str| row.get_ref(column).ok()?.as_str().ok();
        Some(Self {
            room: room.clone(),
            seq,
            id: Id::new(text("id")?).ok()?,
            user: UserId::new(text("user")?).ok()?,
            sender: text("sender")?.to_owned(),
            timestamp: clock::rfc3339(row.get("timestamp_ms").ok()?),
        })
    }

    pub(super) fn member(self, body: MemberBody) -> Event {
        let Self { room, seq, id, user, sender, timestamp } = self;
        let MemberBody { who, name, change, role, until, reason } = body;
        Event::Member(MemberChanged {
            room,
            seq,
            id,
            user,
            sender,
            who,
            name,
            change,
            role,
            until,
            reason,
            timestamp,
        })
    }

    pub(super) fn changed(self, body: ChangedBody) -> Event {
        let Self { room, seq, id, user, sender, timestamp } = self;
        let ChangedBody { title, topic, announce, slow_s, archived, seen } = body;
        Event::Changed(RoomEdited {
            room,
            seq,
            id,
            user,
            sender,
            title,
            topic,
            announce,
            slow_s,
            archived,
            seen,
            timestamp,
        })
    }

    pub(super) fn edit(self, target: Seq, text: String, extra: Extra) -> Event {
        let Self { room, seq, id, user, sender, timestamp } = self;
        let Extra { mentions, everyone } = extra;
        Event::Edit(Edit { room, seq, id, target, user, sender, text, mentions, everyone, timestamp })
    }

    pub(super) fn delete(self, target: Seq) -> Event {
        let Self { room, seq, id, user, sender, timestamp } = self;
        Event::Delete(Delete { room, seq, id, target, user, sender, timestamp })
    }

    pub(super) fn react(self, target: Seq, body: ReactBody) -> Event {
        let Self { room, seq, id, user, sender, timestamp } = self;
        let ReactBody { emoji, on } = body;
        Event::React(React { room, seq, id, target, user, sender, emoji, on, timestamp })
    }

    pub(super) fn pin(self, target: Seq, body: PinBody) -> Event {
        let Self { room, seq, id, user, sender, timestamp } = self;
        Event::Pin(Pin { room, seq, id, target, user, sender, on: body.on, timestamp })
    }
}

/// The event of a row that is no message; `None` where this version does not know it.
pub(super) fn event(room: &RoomKey, seq: Seq, row: &Row<'_>) -> Option<Event> {
    let kind = row.get_ref("kind").ok()?.as_str().ok()?;
    let body = row.get_ref("text").ok()?.as_str().ok()?;
    let target = || row.get("reply").ok().map(rows::from_sql);
    match kind {
        MEMBER => Some(Head::read(room, seq, row)?.member(serde_json::from_str(body).ok()?)),
        CHANGED => Some(Head::read(room, seq, row)?.changed(serde_json::from_str(body).ok()?)),
        EDIT => Some(Head::read(room, seq, row)?.edit(target()?, body.to_owned(), Extra::read(row))),
        DELETE => Some(Head::read(room, seq, row)?.delete(target()?)),
        REACT => Some(Head::read(room, seq, row)?.react(target()?, serde_json::from_str(body).ok()?)),
        PIN => Some(Head::read(room, seq, row)?.pin(target()?, serde_json::from_str(body).ok()?)),
        _ => None,
    }
}

/// A body as it is stored.
pub(super) fn body(body: &impl Serialize) -> String {
    serde_json::to_string(body).expect("bodies hold only texts, numbers and words")
}
