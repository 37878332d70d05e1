//! Messages as later events left them, read in one snapshot.

use std::collections::BTreeMap;

use protocol::event::{Event, Folded, Message};
use protocol::ids::{RoomKey, Seq, UserId};
use protocol::messages::Replies;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::rows::{self, Extra, from_sql, to_sql};
use super::{clock, state};

/// The columns that [`fold_row`] reads.
const STATE: &str = "seq, edit, reactions, pin, replies, reply, reply_ms, repliers";

/// Events in the order in which they were read, each with its bytes of text.
pub(super) type Sized = (Event, usize);

/// Puts beside the messages of a page what later events made of them. The page ends before `max_bytes` are exceeded, but
/// not before its first event.
pub(super) fn fold(
    db: &Connection,
    room: i64,
    events: &mut Vec<Sized>,
    newest_first: bool,
    max_bytes: usize,
) -> rusqlite::Result<()> {
    let seqs = || events.iter().map(|(event, _)| event.seq());
    let (Some(low), Some(high)) = (seqs().min(), seqs().max()) else { return Ok(()) };
    let order = if newest_first { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT {STATE} FROM message_state WHERE room = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq {order}"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut states = statement.query(params![room, to_sql(low), to_sql(high)])?;
    let (mut at, mut bytes) = (0, 0);
    while let Some(row) = states.next()? {
        let seq = from_sql(row.get("seq")?);
        // A page has no holes: its places are as far from each other as their numbers.
        let first = events[0].0.seq();
        let index = usize::try_from(seq.abs_diff(first)).unwrap_or(usize::MAX);
        let Some((Event::Message(message), size)) = events.get_mut(index) else { continue };
        *size += fold_row(db, room, message, row)?;
        bytes += events[at..=index].iter().map(|(_, size)| size).sum::<usize>();
        at = index + 1;
        if bytes > max_bytes {
            break;
        }
    }
    let mut bytes = 0;
    let fits = events.iter().position(|(_, size)| {
        bytes += size;
        bytes > max_bytes
    });
    if let Some(fits) = fits {
        events.truncate(fits.max(1));
    }
    Ok(())
}

/// The message at a place as it is now; `None` where there is none.
pub(super) fn message(
    db: &Connection,
    room: i64,
    key: &RoomKey,
    seq: Seq,
) -> rusqlite::Result<Option<Message>> {
    Ok(message_and_size(db, room, key, seq)?.map(|(message, _)| message))
}

/// The same, with its bytes of text.
pub(super) fn message_and_size(
    db: &Connection,
    room: i64,
    key: &RoomKey,
    seq: Seq,
) -> rusqlite::Result<Option<(Message, usize)>> {
    let sql = format!("SELECT {} FROM events WHERE {} AND kind = 'message'", rows::EVENT, rows::AT_PLACE);
    let found = db
        .prepare_cached(&sql)?
        .query_row(params![room, to_sql(seq)], |row| Ok(rows::message(key, seq, row)))
        .optional()?;
    let Some(mut message) = found.flatten() else { return Ok(None) };
    let size = message.message.len() + fold_one(db, room, &mut message)?;
    Ok(Some((message, size)))
}

/// Puts beside a message what later events made of it; the bytes that this adds.
pub(super) fn fold_one(db: &Connection, room: i64, message: &mut Message) -> rusqlite::Result<usize> {
    let sql = format!("SELECT {STATE} FROM message_state WHERE room = ?1 AND seq = ?2");
    let mut statement = db.prepare_cached(&sql)?;
    let mut found = statement.query(params![room, to_sql(message.seq)])?;
    match found.next()? {
        Some(row) => fold_row(db, room, message, row),
        None => Ok(0),
    }
}

/// The text that a message has now.
pub(super) fn text(db: &Connection, room: i64, seq: Seq) -> rusqlite::Result<Option<String>> {
    db.prepare_cached(
        "SELECT e.text FROM message_state s JOIN events e ON e.n = s.edit WHERE s.room = ?1 AND s.seq = ?2",
    )?
    .query_row(params![room, to_sql(seq)], |row| row.get(0))
    .optional()
}

fn fold_row(db: &Connection, room: i64, message: &mut Message, row: &Row<'_>) -> rusqlite::Result<usize> {
    let mut folded = message.folded.take().unwrap_or_default();
    let mut bytes = 0;
    if let Some(edit) = row.get::<_, Option<i64>>("edit")? {
        let newest = db
            .prepare_cached("SELECT text, timestamp_ms, extra FROM events WHERE n = ?1")?
            .query_row([edit], |row| {
                Ok((row.get::<_, String>("text")?, row.get("timestamp_ms")?, Extra::read(row)))
            })
            .optional()?;
        if let Some((text, ms, extra)) = newest {
            bytes += text.len();
            (folded.text, folded.edited) = (Some(text), Some(clock::rfc3339(ms)));
            (message.mentions, message.everyone) = (extra.mentions, extra.everyone);
        }
    }
    if row.get::<_, i64>("reactions")? > 0 {
        folded.reactions = reactions(db, room, message.seq)?;
        let of = |(emoji, users): (&String, &Vec<UserId>)| {
            emoji.len() + users.iter().map(|user| user.as_str().len() + 3).sum::<usize>()
        };
        bytes += folded.reactions.iter().map(of).sum::<usize>();
    }
    folded.pinned = row.get::<_, Option<i64>>("pin")?.is_some();
    let count: u32 = row.get("replies")?;
    if count > 0 {
        folded.replies = Some(Replies {
            count,
            last: from_sql(row.get("reply")?),
            timestamp: clock::rfc3339(row.get("reply_ms")?),
            users: state::read_repliers(row.get_ref("repliers")?.as_str_or_null()?),
        });
    }
    message.folded = (folded != Folded::default()).then_some(folded);
    Ok(bytes)
}

/// Who reacted with what, of each those first who did first.
fn reactions(db: &Connection, room: i64, seq: Seq) -> rusqlite::Result<BTreeMap<String, Vec<UserId>>> {
    let mut statement =
        db.prepare_cached("SELECT emoji, user FROM reactions WHERE room = ?1 AND seq = ?2 ORDER BY at")?;
    let mut found = statement.query(params![room, to_sql(seq)])?;
    let mut reactions = BTreeMap::<String, Vec<UserId>>::new();
    while let Some(row) = found.next()? {
        let emoji = row.get_ref(0)?.as_str()?;
        let Ok(user) = UserId::new(row.get_ref(1)?.as_str()?) else { continue };
        if let Some(users) = reactions.get_mut(emoji) {
            users.push(user);
        } else {
            reactions.insert(emoji.to_owned(), vec![user]);
        }
    }
    Ok(reactions)
}
