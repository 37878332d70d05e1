//! Devices that are signed in.

use protocol::http::Session;
use protocol::ids::{Id, UserId};
use rusqlite::{Connection, OptionalExtension, params};

use super::super::clock::rfc3339;
use super::super::writer::Turn;
use super::{Fault, Found, not_found, now, own};
use crate::core::secret::Hash;
use crate::store::Cut;
use crate::store::accounts::{NewSession, Proven};

/// A device that was not used for this long is signed out.
const IDLE_MS: i64 = 180 * 24 * 3600 * 1000;
/// What is noted of use is at most this old.
const TOUCH_MS: i64 = 10 * 60 * 1000;
/// Devices of one account; beyond it the one that was not used for longest is signed out.
const DEVICES: i64 = 100;

/// Signs a device in, and signs out those that are idle or too many.
pub(super) fn insert(turn: &mut Turn<'_, '_>, account: i64, session: &NewSession) -> rusqlite::Result<()> {
    let (db, now) = (turn.db(), turn.now_ms());
    db.prepare_cached(
        "INSERT INTO sessions (id, account, hash, device, address, created_ms, used_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
    )?
    .execute(params![
        session.id.as_str(),
        account,
        session.hash,
        session.device,
        session.address,
        now
    ])?;
    db.prepare_cached("UPDATE accounts SET seen_ms = ?2 WHERE id = ?1")?.execute([account, now])?;
    let mut statement = db.prepare_cached(
        "DELETE FROM sessions WHERE used_ms <= ?3 OR (account = ?1 AND n IN
            (SELECT n FROM sessions WHERE account = ?1 ORDER BY used_ms DESC, n DESC LIMIT -1 OFFSET ?2))
         RETURNING id",
    )?;
    let ended = ids(statement.query_map(params![account, DEVICES, now - IDLE_MS], |row| row.get(0))?)?;
    drop(statement);
    cut(turn, ended);
    Ok(())
}

/// Whose session this is the token of; idle ones are none.
pub(in crate::store) fn find(db: &Connection, hash: &Hash) -> rusqlite::Result<Option<Proven>> {
    let now = now();
    let sql = format!(
        "SELECT {}, s.id, s.used_ms FROM sessions s JOIN accounts a ON a.id = s.account
         WHERE s.hash = ?1 AND s.used_ms > ?2 AND a.active = 1",
        super::COLUMNS
    );
    let found = db
        .prepare_cached(&sql)?
        .query_row(params![hash, now - IDLE_MS], |row| {
            Ok((Found::read(row)?, row.get::<_, String>(13)?, row.get::<_, i64>(14)?))
        })
        .optional()?;
    Ok(found.and_then(|(account, id, used)| {
        let stale = !(0..TOUCH_MS).contains(&(now - used));
        let id = Id::new(id).ok()?;
        Some(Proven { id: id.clone(), stale, me: account.me(Some(id)), reaches: None })
    }))
}

/// Notes that a session is in use.
pub(in crate::store) fn touch(db: &Connection, id: &Id, now: i64) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE sessions SET used_ms = max(used_ms, ?2) WHERE id = ?1")?
        .execute(params![id.as_str(), now])?;
    db.prepare_cached(
        "UPDATE accounts SET seen_ms = ?2 WHERE id = (SELECT account FROM sessions WHERE id = ?1)",
    )?
    .execute(params![id.as_str(), now])?;
    Ok(())
}

/// The devices of an account, the one last used first.
pub(in crate::store) fn list(db: &Connection, user: &UserId, current: &Id) -> rusqlite::Result<Vec<Session>> {
    let mut statement = db.prepare_cached(
        "SELECT s.id, s.device, s.address, s.created_ms, s.used_ms
         FROM sessions s JOIN accounts a ON a.id = s.account
         WHERE a.user = ?1 AND s.used_ms > ?2 ORDER BY s.used_ms DESC, s.n DESC",
    )?;
    let rows = statement.query_map(params![user.as_str(), now() - IDLE_MS], |row| {
        let row = (row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
        Ok(row)
    })?;
    let mut sessions = Vec::new();
    for row in rows {
        let (id, device, address, created, used) = row?;
        let Ok(session) = Id::new(id) else { continue };
        let current = session == *current;
        sessions.push(Session {
            session,
            device,
            address,
            created: rfc3339(created),
            used: rfc3339(used),
            current,
        });
    }
    Ok(sessions)
}

/// Signs out one of one's own devices.
pub(in crate::store) fn end(
    turn: &mut Turn<'_, '_>,
    user: &UserId,
    session: &Id,
    which: &Id,
) -> Result<(), Fault> {
    let account = own(turn.db(), user, session)?;
    let ended = turn
        .db()
        .prepare_cached("DELETE FROM sessions WHERE id = ?1 AND account = ?2")?
        .execute(params![which.as_str(), account.row])?;
    if ended == 0 {
        return Err(not_found("there is no such session").into());
    }
    turn.cut(Cut::Session(which.clone()));
    Ok(())
}

/// Signs out all devices of an account, but perhaps one.
pub(super) fn end_all(turn: &mut Turn<'_, '_>, account: i64, except: Option<&Id>) -> rusqlite::Result<()> {
    let mut statement =
        turn.db().prepare_cached("DELETE FROM sessions WHERE account = ?1 AND id IS NOT ?2 RETURNING id")?;
    let ended = ids(statement.query_map(params![account, except.map(Id::as_str)], |row| row.get(0))?)?;
    drop(statement);
    cut(turn, ended);
    Ok(())
}

/// When the next device is signed out, if it is not used before; milliseconds since 1970.
pub(super) fn next_end(db: &Connection) -> rusqlite::Result<Option<i64>> {
    let oldest: Option<i64> =
        db.prepare_cached("SELECT min(used_ms) FROM sessions")?.query_row([], |row| row.get(0))?;
    Ok(oldest.map(|oldest| oldest.saturating_add(IDLE_MS)))
}

/// Signs out the devices that were not used for long.
pub(super) fn end_idle(turn: &mut Turn<'_, '_>) -> rusqlite::Result<()> {
    let mut statement = turn.db().prepare_cached("DELETE FROM sessions WHERE used_ms <= ?1 RETURNING id")?;
    let ended = ids(statement.query_map([turn.now_ms() - IDLE_MS], |row| row.get(0))?)?;
    drop(statement);
    cut(turn, ended);
    Ok(())
}

/// Has the connections of sessions closed that ended, and of tokens.
pub(super) fn cut(turn: &mut Turn<'_, '_>, ended: Vec<Id>) {
    for session in ended {
        turn.cut(Cut::Session(session));
    }
}

pub(super) fn ids(rows: impl Iterator<Item = rusqlite::Result<String>>) -> rusqlite::Result<Vec<Id>> {
    let mut all = Vec::new();
    for id in rows {
        all.extend(Id::new(id?).ok());
    }
    Ok(all)
}
