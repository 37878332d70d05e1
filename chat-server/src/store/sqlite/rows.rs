//! Rows as what they mean. A row that means nothing to this version is an unknown event, never an error.

use protocol::error::{ErrorCode, Refusal};
use protocol::event::{Event, Folded, Message, Unknown};
use protocol::ids::{Id, RoomKey, Seq, UserId};
use protocol::limits::MAX_SAFE_INTEGER;
use protocol::messages::{Everyone, File};
use protocol::rooms::{RoomKind, Rules};
use rusqlite::Row;
use serde::{Deserialize, Serialize};

use super::{clock, kinds};
use crate::store::{Append, RoomRecord};

/// The `kind` of a message's row.
pub(super) const MESSAGE: &str = "message";

/// The columns that [`event`] reads.
pub(super) const EVENT: &str =
    "seq, id, user, sender, guest, kind, text, reply, thread, timestamp_ms, extra, files";

/// Of a row of events: it is a message, and stands. One with neither text nor files was taken out.
pub(super) const STANDS: &str = "kind = 'message' AND (text <> '' OR files IS NOT NULL)";

/// The columns that [`room`] reads. The row's head is not written with each event; it counts where it is ahead of them.
pub(super) const ROOM: &str = "id, key, title, kind, topic, first, announce, slow_s, archived, seen,
    max(head, coalesce((
        SELECT coalesce((SELECT max(seq) FROM events WHERE events.era = s.era AND events.room = s.room), s.first)
        FROM stretches AS s WHERE s.room = rooms.id ORDER BY s.era DESC LIMIT 1
    ), 0)) AS head";

/// Where the event of a room (`?1`) at a place (`?2`) is.
pub(super) const AT_PLACE: &str =
    "era = (SELECT era FROM stretches WHERE room = ?1 AND first <= ?2 ORDER BY era DESC LIMIT 1)
     AND room = ?1 AND seq = ?2";

/// What a message or an edit has beside its text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Extra {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) mentions: Vec<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) everyone: Option<Everyone>,
}

impl Extra {
    /// As it is stored; nothing where there is nothing, as of most messages.
    pub(super) fn stored(&self) -> Option<String> {
        (*self != Self::default()).then(|| kinds::body(self))
    }

    /// That of a row; one that cannot be read has nothing.
    pub(super) fn read(row: &Row<'_>) -> Self {
        let stored = row.get_ref("extra").ok().and_then(|extra| extra.as_str().ok());
        stored.and_then(|extra| serde_json::from_str(extra).ok()).unwrap_or_default()
    }
}

/// The era of the `n`-th row of events, as the table says it, too.
pub(super) fn era(n: i64) -> i64 {
    n >> 14
}

/// A `seq` as SQLite has it. Those of the wire are below 2^53.
pub(super) fn to_sql(seq: Seq) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// A `seq` as we have it; a negative one, which we never write, is 0.
pub(super) fn from_sql(seq: i64) -> Seq {
    Seq::try_from(seq).unwrap_or(0).min(MAX_SAFE_INTEGER)
}

/// The event of a row, and its bytes of text.
pub(super) fn event(room: &RoomKey, seq: Seq, row: &Row<'_>) -> (Event, usize) {
    if let Some(message) = message(room, seq, row) {
        let files = row.get_ref("files").ok().and_then(|files| files.as_str().ok());
        let bytes = message.message.len() + files.map_or(0, str::len);
        return (Event::Message(message), bytes);
    }
    match kinds::event(room, seq, row) {
        Some(event) => {
            (event, row.get_ref("text").ok().and_then(|text| text.as_str().ok()).map_or(0, str::len))
        }
        None => (unknown(room, seq), 0),
    }
}

/// What stands in the place of an event that cannot be read.
pub(super) fn unknown(room: &RoomKey, seq: Seq) -> Event {
    Event::Unknown(Unknown { room: room.clone(), seq })
}

/// The new event that an append became.
pub(super) fn stored(append: Append, files: Vec<File>, seq: Seq, timestamp: String) -> Message {
    Message {
        room: append.room,
        seq,
        id: append.id,
        user: append.user,
        sender: append.sender.as_ref().to_owned(),
        message: append.text,
        timestamp,
        guest: append.guest,
        reply: append.reply,
        thread: append.thread,
        mentions: append.mentions,
        everyone: append.everyone,
        files,
        folded: None,
    }
}

/// The refusal of an append.
pub(super) fn refusal(append: &Append, code: ErrorCode, reason: &str) -> Refusal {
    Refusal::new(code, reason).with_id(Some(append.id.clone())).with_room(Some(append.room.clone()))
}

/// A room and its row's number; `None` where its key is not one.
pub(super) fn room(row: &Row<'_>) -> rusqlite::Result<Option<(i64, RoomRecord)>> {
    let Ok(key) = RoomKey::new(row.get_ref("key")?.as_str()?) else { return Ok(None) };
    let head = from_sql(row.get("head")?);
    let record = RoomRecord {
        key,
        title: row.get("title")?,
        kind: kind(row.get_ref("kind")?.as_str()?),
        topic: row.get("topic")?,
        first: from_sql(row.get("first")?).clamp(1, head + 1),
        head,
        rules: Rules {
            announce: row.get("announce")?,
            slow_s: row.get("slow_s")?,
            archived: row.get("archived")?,
            seen: row.get("seen")?,
        },
    };
    Ok(Some((row.get("id")?, record)))
}

/// The message of a row.
pub(super) fn message(room: &RoomKey, seq: Seq, row: &Row<'_>) -> Option<Message> {
    let text = |column: &str| row.get_ref(column).ok()?.as_str().ok();
    let place = |column: &str| -> Option<Option<Seq>> {
        match row.get::<_, Option<i64>>(column).ok()? {
            None => Some(None),
            Some(seq) => Seq::try_from(seq).ok().filter(|&seq| seq <= MAX_SAFE_INTEGER).map(Some),
        }
    };
    if text("kind")? != MESSAGE {
        return None;
    }
    let said = text("text")?;
    let files = match row.get_ref("files").ok()?.as_str_or_null().ok()? {
        Some(files) => serde_json::from_str(files).ok()?,
        None => Vec::new(),
    };
    // Nothing is said without a text or a file: it was taken out.
    let folded = (said.is_empty() && files.is_empty()).then(|| Folded { deleted: true, ..Folded::default() });
    let Extra { mentions, everyone } = Extra::read(row);
    Some(Message {
        room: room.clone(),
        seq,
        id: Id::new(text("id")?).ok()?,
        user: UserId::new(text("user")?).ok()?,
        sender: text("sender")?.to_owned(),
        message: said.to_owned(),
        timestamp: clock::rfc3339(row.get("timestamp_ms").ok()?),
        guest: row.get("guest").ok()?,
        reply: place("reply")?,
        thread: place("thread")?,
        mentions,
        everyone,
        files,
        folded,
    })
}

/// The kind of a room that a word names.
pub(super) fn kind(text: &str) -> RoomKind {
    match text {
        "public" => RoomKind::Public,
        "private" => RoomKind::Private,
        "direct" => RoomKind::Direct,
        _ => RoomKind::Other,
    }
}
