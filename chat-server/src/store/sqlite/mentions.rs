//! Whom messages name and call: written in the transaction that stores the message, so that asking for it is a look into
//! an index.
//!
//! Whom a message names is a row for each of them, and so is who was there when it said `@here`. Whom it calls with
//! `@room`, or with `@here` where very many were, is one row for the room: who counts as called then is whoever is in the
//! room when it is asked.

use std::collections::BTreeMap;

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
    here: Option<&[UserId]>,
) -> rusqlite::Result<()> {
    let Spot { room, seq, n } = spot;
    let here = here.filter(|_| everyone == Some(Everyone::Here));
    for user in named.iter().chain(here.unwrap_or_default()).filter(|user| *user != author) {
        db.prepare_cached("INSERT OR IGNORE INTO mentions (user, room, seq, n) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![user.as_str(), room, to_sql(seq), n])?;
    }
    if everyone.is_some() && here.is_none() {
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
    put(db, Spot { room, seq, n }, author, &named.mentions, named.everyone, named.here.as_deref())
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
/// the lobby, where everybody is), as far as they may read them: rows of the messages, each with its room's key and its
/// place, newest first.
pub(super) fn newest(
    db: &Connection,
    user: &UserId,
    before: i64,
    limit: usize,
    mut may_read: impl FnMut(&RoomKey) -> rusqlite::Result<bool>,
) -> rusqlite::Result<Vec<(i64, RoomKey, Seq)>> {
    let mut statement = db.prepare_cached(
        "SELECT n, seq FROM mentions WHERE user = ?1 AND room = ?2 AND n < ?3
         UNION SELECT n, seq FROM calls WHERE ?4 AND room = ?2 AND n < ?3 AND user <> ?1
         ORDER BY n DESC LIMIT ?5",
    )?;
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = BTreeMap::new();
    for place in places(db, user, before)? {
        let oldest = found.first_key_value().map_or(0, |(n, _)| *n);
        if found.len() == limit && place.newest < oldest {
            break;
        }
        if !may_read(&place.key)? {
            continue;
        }
        let mut rows = statement.query(params![user.as_str(), place.room, before, place.calls, most])?;
        while let Some(row) = rows.next()? {
            let n: i64 = row.get(0)?;
            found.insert(n, (place.key.clone(), from_sql(row.get(1)?)));
            // What is older than all that is wanted is followed by what is older still.
            if found.len() > limit && found.pop_first().is_some_and(|(oldest, _)| oldest == n) {
                break;
            }
        }
    }
    Ok(found.into_iter().rev().map(|(n, (key, seq))| (n, key, seq)).collect())
}

/// A room where somebody may have been named.
struct Place {
    room: i64,
    key: RoomKey,
    /// Whoever calls everybody there means them, too.
    calls: bool,
    /// The row of the newest message that does.
    newest: i64,
}

/// Those that have something, the newest first. A conversation that is kept from somebody is none.
fn places(db: &Connection, user: &UserId, before: i64) -> rusqlite::Result<Vec<Place>> {
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE named (room) AS (
            SELECT (SELECT min(room) FROM mentions WHERE user = ?1)
            UNION ALL
            SELECT (SELECT min(room) FROM mentions WHERE user = ?1 AND room > named.room)
            FROM named WHERE named.room IS NOT NULL
         ), places (room, calls) AS (
            SELECT room, max(calls) FROM (
                SELECT room, 0 AS calls FROM named WHERE room IS NOT NULL
                UNION ALL SELECT room, 1 FROM members WHERE user = ?1
                UNION ALL SELECT id, 1 FROM rooms WHERE key = ?3)
            GROUP BY room
         )
         SELECT p.room, r.key, p.calls, max(
            coalesce((SELECT n FROM mentions WHERE user = ?1 AND room = p.room AND n < ?2
                      ORDER BY n DESC LIMIT 1), 0),
            coalesce((SELECT n FROM calls WHERE p.calls AND room = p.room AND n < ?2 AND user <> ?1
                      ORDER BY n DESC LIMIT 1), 0)) AS newest
         FROM places p JOIN rooms r ON r.id = p.room
         WHERE newest > 0 AND NOT EXISTS (SELECT 1 FROM members WHERE room = p.room AND user = ?1 AND hidden)
         ORDER BY newest DESC",
    )?;
    let mut rows = statement.query(params![user.as_str(), before, protocol::LOBBY])?;
    let mut places = Vec::new();
    while let Some(row) = rows.next()? {
        let (room, calls, newest) = (row.get(0)?, row.get(2)?, row.get(3)?);
        places.extend(RoomKey::new(row.get_ref(1)?.as_str()?).ok().map(|key| Place {
            room,
            key,
            calls,
            newest,
        }));
    }
    Ok(places)
}
