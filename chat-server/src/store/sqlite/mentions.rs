//! Whom messages name and call: written in the transaction that stores the message, so that asking for it is a look into
//! an index.
//!
//! Whom a message names is a row for each of them. Whom it calls with `@here` or `@room` is one row for the room: who
//! counts as called is whoever is in the room when it is asked.

use protocol::ids::{RoomKey, Seq, UserId};
use protocol::limits::UNREAD;
use protocol::messages::Everyone;
use rusqlite::{Connection, params};

use super::rows::{self, from_sql, to_sql};
use crate::store::deeds::Named;

/// Where a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    /// The room's row.
    pub(super) room: i64,
    pub(super) seq: Seq,
    /// Its own row.
    pub(super) n: i64,
}

/// Writes down whom a message names and calls. Naming oneself counts for nothing.
pub(super) fn put(
    db: &Connection,
    spot: Spot,
    author: &UserId,
    named: &[UserId],
    everyone: Option<Everyone>,
) -> rusqlite::Result<()> {
    let Spot { room, seq, n } = spot;
    for user in named.iter().filter(|user| *user != author) {
        db.prepare_cached("INSERT OR IGNORE INTO mentions (user, room, seq, n) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![user.as_str(), room, to_sql(seq), n])?;
    }
    if everyone.is_some() {
        db.prepare_cached("INSERT OR IGNORE INTO calls (room, seq, n, user) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![room, to_sql(seq), n, author.as_str()])?;
    }
    Ok(())
}

/// Forgets whom a message names and calls: it was taken out, or says something else from now on.
pub(super) fn take(db: &Connection, room: i64, seq: Seq) -> rusqlite::Result<()> {
    let seq = to_sql(seq);
    db.prepare_cached("DELETE FROM mentions WHERE room = ?1 AND seq = ?2")?.execute([room, seq])?;
    db.prepare_cached("DELETE FROM calls WHERE room = ?1 AND seq = ?2")?.execute([room, seq])?;
    Ok(())
}

/// Writes down whom the newest text of a message names and calls, in place of whom an earlier one did.
pub(super) fn put_anew(
    db: &Connection,
    (room, seq): (i64, Seq),
    author: &UserId,
    named: &Named,
) -> rusqlite::Result<()> {
    take(db, room, seq)?;
    let n = db
        .prepare_cached(&format!("SELECT n FROM events WHERE {}", rows::AT_PLACE))?
        .query_row([room, to_sql(seq)], |row| row.get(0))?;
    put(db, Spot { room, seq, n }, author, &named.mentions, named.everyone)
}

/// How many messages after a place name somebody or call everybody, up to [`UNREAD`].
pub(super) fn count(db: &Connection, room: i64, user: &UserId, after: Seq) -> rusqlite::Result<u32> {
    db.prepare_cached(
        "SELECT min(?4,
            (SELECT count(*) FROM (
                SELECT 1 FROM mentions WHERE user = ?2 AND room = ?1 AND seq > ?3 LIMIT ?4))
            + (SELECT count(*) FROM (
                SELECT 1 FROM calls AS c WHERE room = ?1 AND seq > ?3 AND user <> ?2
                AND NOT EXISTS (SELECT 1 FROM mentions WHERE user = ?2 AND room = ?1 AND seq = c.seq) LIMIT ?4)))",
    )?
    .query_row(params![room, user.as_str(), to_sql(after), UNREAD], |row| row.get(0))
}

/// The newest messages before a row that name somebody, or call everybody in a room that they are a member of (or in
/// the lobby, where everybody is): rows of the messages, each with its room's key and its place.
pub(super) fn newest(
    db: &Connection,
    user: &UserId,
    before: i64,
    limit: usize,
) -> rusqlite::Result<Vec<(i64, RoomKey, Seq)>> {
    let mut statement = db.prepare_cached(
        "SELECT found.n, r.key, found.seq FROM (
            SELECT n, room, seq FROM (
                SELECT n, room, seq FROM mentions WHERE user = ?1 AND n < ?2 ORDER BY n DESC LIMIT ?3)
            UNION
            SELECT n, room, seq FROM (
                SELECT c.n, c.room, c.seq FROM (
                    SELECT room FROM members WHERE user = ?1 UNION SELECT id FROM rooms WHERE key = ?4) AS m
                JOIN calls AS c ON c.room = m.room
                WHERE c.n < ?2 AND c.user <> ?1 ORDER BY c.n DESC LIMIT ?3)
         ) AS found JOIN rooms AS r ON r.id = found.room ORDER BY found.n DESC LIMIT ?3",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![user.as_str(), before, limit, protocol::LOBBY])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let n = row.get(0)?;
        let seq = from_sql(row.get(2)?);
        found.extend(RoomKey::new(row.get_ref(1)?.as_str()?).ok().map(|key| (n, key, seq)));
    }
    Ok(found)
}
