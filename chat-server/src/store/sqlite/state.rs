//! What later events make of messages, kept beside the log: it is folded in the transaction of each event, and told with
//! the messages ([`folded`](super::folded)).

use protocol::fold::REPLIERS;
use protocol::ids::{Id, Seq, UserId};
use rusqlite::{Connection, OptionalExtension, params};

use super::mentions;
use super::rows::{self, from_sql, to_sql};

/// A message: the row of its room, and its place.
pub(super) type At = (i64, Seq);

/// The message that the thread of a message begins with: itself, where it is in none. `None` where there is no message.
pub(super) fn root(db: &Connection, room: i64, seq: Seq) -> rusqlite::Result<Option<Seq>> {
    let sql =
        format!("SELECT coalesce(thread, seq) FROM events WHERE {} AND kind = 'message'", rows::AT_PLACE);
    let root = db.prepare_cached(&sql)?.query_row(params![room, to_sql(seq)], |row| row.get(0)).optional()?;
    Ok(root.map(from_sql))
}

/// Somebody wrote in the thread of a message.
pub(super) fn answered(
    db: &Connection,
    (room, root): At,
    user: &UserId,
    seq: Seq,
    ms: i64,
) -> rusqlite::Result<()> {
    let known: Option<Option<String>> = db
        .prepare_cached("SELECT repliers FROM message_state WHERE room = ?1 AND seq = ?2")?
        .query_row(params![room, to_sql(root)], |row| row.get(0))
        .optional()?;
    let mut repliers = read_repliers(known.flatten().as_deref());
    repliers.retain(|other| other != user);
    repliers.insert(0, user.clone());
    repliers.truncate(REPLIERS);
    db.prepare_cached(
        "INSERT INTO message_state (room, seq, replies, reply, reply_ms, repliers) VALUES (?1, ?2, 1, ?3, ?4, ?5)
         ON CONFLICT (room, seq) DO UPDATE
         SET replies = replies + 1, reply = excluded.reply, reply_ms = excluded.reply_ms, repliers = excluded.repliers",
    )?
    .execute(params![room, to_sql(root), to_sql(seq), ms, super::kinds::body(&repliers)])?;
    Ok(())
}

pub(super) fn read_repliers(stored: Option<&str>) -> Vec<UserId> {
    stored.and_then(|users| serde_json::from_str(users).ok()).unwrap_or_default()
}

/// A message has the text of an edit, which its author knows by this id.
pub(super) fn edited(db: &Connection, (room, seq): At, author: &UserId, id: &Id) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO message_state (room, seq, edit)
         VALUES (?1, ?2, (SELECT n FROM events WHERE id = ?3 AND user = ?4))
         ON CONFLICT (room, seq) DO UPDATE SET edit = excluded.edit",
    )?
    .execute(params![room, to_sql(seq), id.as_str(), author.as_str()])?;
    Ok(())
}

/// A reaction is put on a message, by the event at `event`; one that is there stays where it is.
pub(super) fn reacted(
    db: &Connection,
    (room, seq): At,
    user: &UserId,
    emoji: &str,
    event: Seq,
) -> rusqlite::Result<()> {
    let put = db
        .prepare_cached(
            "INSERT INTO reactions (room, seq, emoji, user, at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        )?
        .execute(params![room, to_sql(seq), emoji, user.as_str(), to_sql(event)])?;
    if put == 1 {
        db.prepare_cached(
            "INSERT INTO message_state (room, seq, reactions) VALUES (?1, ?2, 1)
             ON CONFLICT (room, seq) DO UPDATE SET reactions = reactions + 1",
        )?
        .execute(params![room, to_sql(seq)])?;
    }
    Ok(())
}

/// A reaction is taken off a message, if it is there.
pub(super) fn unreacted(
    db: &Connection,
    (room, seq): At,
    user: &UserId,
    emoji: &str,
) -> rusqlite::Result<()> {
    let taken = db
        .prepare_cached("DELETE FROM reactions WHERE room = ?1 AND seq = ?2 AND emoji = ?3 AND user = ?4")?
        .execute(params![room, to_sql(seq), emoji, user.as_str()])?;
    if taken == 1 {
        db.prepare_cached("UPDATE message_state SET reactions = reactions - 1 WHERE room = ?1 AND seq = ?2")?
            .execute(params![room, to_sql(seq)])?;
    }
    Ok(())
}

/// Whether one more emoji would be too many on a message: it is not there yet, and so many others are.
pub(super) fn has_emojis_enough(
    db: &Connection,
    (room, seq): At,
    emoji: &str,
    most: usize,
) -> rusqlite::Result<bool> {
    // From each emoji to the next, past all who reacted with it.
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE there (emoji) AS (
            SELECT min(emoji) FROM reactions WHERE room = ?1 AND seq = ?2
            UNION ALL
            SELECT (SELECT min(emoji) FROM reactions WHERE room = ?1 AND seq = ?2 AND emoji > there.emoji)
            FROM there WHERE there.emoji IS NOT NULL
         )
         SELECT emoji FROM there WHERE emoji IS NOT NULL",
    )?;
    let mut found = statement.query(params![room, to_sql(seq)])?;
    let mut count = 0;
    while let Some(row) = found.next()? {
        if row.get_ref(0)?.as_str()? == emoji {
            return Ok(false);
        }
        count += 1;
    }
    Ok(count >= most)
}

/// Whether one more reaction would be too many on a message: this one is not there yet, and so many are.
pub(super) fn has_reactions_enough(
    db: &Connection,
    (room, seq): At,
    user: &UserId,
    emoji: &str,
    most: u32,
) -> rusqlite::Result<bool> {
    db.prepare_cached(
        "SELECT 1 FROM message_state AS s WHERE room = ?1 AND seq = ?2 AND reactions >= ?5 AND NOT EXISTS (
            SELECT 1 FROM reactions WHERE room = ?1 AND seq = ?2 AND emoji = ?3 AND user = ?4)",
    )?
    .exists(params![room, to_sql(seq), emoji, user.as_str(), most])
}

/// Whether a message was edited so often.
pub(super) fn has_edits_enough(db: &Connection, (room, seq): At, most: u32) -> rusqlite::Result<bool> {
    db.prepare_cached(
        "SELECT 1 FROM events WHERE room = ?1 AND reply = ?2 AND kind = 'edit' ORDER BY seq LIMIT 1 OFFSET ?3",
    )?
    .exists(params![room, to_sql(seq), most - 1])
}

/// A message is pinned by the event at `event`, if it is not yet.
pub(super) fn pinned(db: &Connection, (room, seq): At, event: Seq) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO message_state (room, seq, pin) VALUES (?1, ?2, ?3)
         ON CONFLICT (room, seq) DO UPDATE SET pin = coalesce(pin, excluded.pin)",
    )?
    .execute(params![room, to_sql(seq), to_sql(event)])?;
    Ok(())
}

pub(super) fn unpinned(db: &Connection, (room, seq): At) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE message_state SET pin = NULL WHERE room = ?1 AND seq = ?2")?
        .execute(params![room, to_sql(seq)])?;
    Ok(())
}

pub(super) fn is_pinned(db: &Connection, (room, seq): At) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM message_state WHERE room = ?1 AND seq = ?2 AND pin IS NOT NULL")?
        .exists(params![room, to_sql(seq)])
}

/// How many messages are pinned in a room.
pub(super) fn pins(db: &Connection, room: i64) -> rusqlite::Result<u32> {
    db.prepare_cached("SELECT count(*) FROM message_state WHERE room = ?1 AND pin IS NOT NULL")?
        .query_row([room], |row| row.get(0))
}

/// A message is taken out: of it and of its edits the texts go, and whatever was done to it; its thread stays.
pub(super) fn deleted(db: &Connection, (room, seq): At) -> rusqlite::Result<()> {
    let at = params![room, to_sql(seq)];
    db.prepare_cached(&format!("UPDATE events SET text = '', extra = NULL WHERE {}", rows::AT_PLACE))?
        .execute(at)?;
    db.prepare_cached(
        "UPDATE events SET text = '', extra = NULL WHERE room = ?1 AND reply = ?2 AND kind = 'edit'",
    )?
    .execute(at)?;
    db.prepare_cached("DELETE FROM reactions WHERE room = ?1 AND seq = ?2")?.execute(at)?;
    mentions::take(db, room, seq)?;
    db.prepare_cached(
        "UPDATE message_state SET edit = NULL, reactions = 0, pin = NULL WHERE room = ?1 AND seq = ?2",
    )?
    .execute(at)?;
    Ok(())
}
