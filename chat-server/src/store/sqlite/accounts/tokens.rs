//! Tokens of bots and scripts.

use protocol::error::{ErrorCode, Refusal};
use protocol::http::Token;
use protocol::ids::{Id, RoomKey};
use protocol::people::Scope;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::clock::rfc3339;
use super::super::writer::Turn;
use super::{Fault, Found, not_found, note, now, sessions};
use crate::core::identity::reaches_of;
use crate::core::secret::Hash;
use crate::store::Cut;
use crate::store::accounts::{By, NewToken, Proven};

/// Tokens of one account.
const TOKENS: i64 = 100;
const TOUCH_MS: i64 = 10 * 60 * 1000;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// Makes a token; the caller has decided whether it may be made.
pub(in crate::store) fn make(
    turn: &mut Turn<'_, '_>,
    by: &By,
    account: &Found,
    new: &NewToken,
) -> Result<Token, Fault> {
    let (db, now) = (turn.db(), turn.now_ms());
    let there: i64 = db
        .prepare_cached("SELECT count(*) FROM tokens WHERE account = ?1")?
        .query_row([account.row], |row| row.get(0))?;
    if there >= TOKENS {
        let reason = format!("an account has at most {TOKENS} tokens: withdraw one first");
        return Err(Refusal::new(ErrorCode::Forbidden, reason).into());
    }
    let expires = new.days.map(|days| now.saturating_add(i64::from(days).saturating_mul(DAY_MS)));
    db.prepare_cached(
        "INSERT INTO tokens (id, account, hash, name, scopes, rooms, created_ms, expires_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        new.id.as_str(),
        account.row,
        new.hash,
        new.name,
        json(&new.scopes),
        new.rooms.as_ref().map(json),
        now,
        expires,
    ])?;
    note(turn, by, "token", Some(&account.user), &new.name)?;
    Ok(Token {
        token: new.id.clone(),
        name: new.name.clone(),
        scopes: new.scopes.clone(),
        rooms: new.rooms.clone(),
        created: rfc3339(now),
        used: None,
        expires: expires.map(rfc3339),
    })
}

/// Whose token this is; one that has ended is none.
pub(in crate::store) fn find(db: &Connection, hash: &Hash) -> rusqlite::Result<Option<Proven>> {
    let now = now();
    let sql = format!(
        "SELECT {}, t.id, t.scopes, t.rooms, t.used_ms FROM tokens t JOIN accounts a ON a.id = t.account
         WHERE t.hash = ?1 AND a.active = 1 AND coalesce(t.expires_ms > ?2, 1)",
        super::COLUMNS
    );
    let found = db
        .prepare_cached(&sql)?
        .query_row(params![hash, now], |row| {
            let scopes: Vec<Scope> = parse(row, 14)?.unwrap_or_default();
            let rooms: Option<Vec<RoomKey>> = parse(row, 15)?;
            let used: Option<i64> = row.get(16)?;
            Ok((Found::read(row)?, row.get::<_, String>(13)?, reaches_of(&scopes, rooms), used))
        })
        .optional()?;
    Ok(found.and_then(|(account, id, reaches, used)| {
        let stale = used.is_none_or(|used| !(0..TOUCH_MS).contains(&(now - used)));
        Some(Proven { id: Id::new(id).ok()?, stale, me: account.me(None), reaches: Some(reaches) })
    }))
}

/// Notes that a token is in use.
pub(in crate::store) fn touch(db: &Connection, id: &Id, now: i64) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE tokens SET used_ms = ?2 WHERE id = ?1")?.execute(params![id.as_str(), now])?;
    Ok(())
}

/// The tokens of an account that still hold, the newest first.
pub(in crate::store) fn list(db: &Connection, account: i64) -> rusqlite::Result<Vec<Token>> {
    let mut statement = db.prepare_cached(
        "SELECT id, name, scopes, rooms, created_ms, used_ms, expires_ms FROM tokens
         WHERE account = ?1 AND coalesce(expires_ms > ?2, 1) ORDER BY n DESC",
    )?;
    let mut rows = statement.query([account, now()])?;
    let mut tokens = Vec::new();
    while let Some(row) = rows.next()? {
        let Ok(token) = Id::new(row.get::<_, String>(0)?) else { continue };
        tokens.push(Token {
            token,
            name: row.get(1)?,
            scopes: parse(row, 2)?.unwrap_or_default(),
            rooms: parse(row, 3)?,
            created: rfc3339(row.get(4)?),
            used: row.get::<_, Option<i64>>(5)?.map(rfc3339),
            expires: row.get::<_, Option<i64>>(6)?.map(rfc3339),
        });
    }
    Ok(tokens)
}

/// Withdraws a token; the caller has decided whether it may be.
pub(in crate::store) fn revoke(
    turn: &mut Turn<'_, '_>,
    by: &By,
    account: &Found,
    id: &Id,
) -> Result<(), Fault> {
    let ended = turn
        .db()
        .prepare_cached("DELETE FROM tokens WHERE id = ?1 AND account = ?2")?
        .execute(params![id.as_str(), account.row])?;
    if ended == 0 {
        return Err(not_found("there is no such token").into());
    }
    turn.cut(Cut::Session(id.clone()));
    note(turn, by, "token withdrawn", Some(&account.user), id.as_str())?;
    Ok(())
}

/// When the next token ends; milliseconds since 1970.
pub(super) fn next_end(db: &Connection) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached("SELECT min(expires_ms) FROM tokens")?.query_row([], |row| row.get(0))
}

/// Ends the tokens whose time is over.
pub(super) fn end_old(turn: &mut Turn<'_, '_>) -> rusqlite::Result<()> {
    let mut statement = turn.db().prepare_cached("DELETE FROM tokens WHERE expires_ms <= ?1 RETURNING id")?;
    let ended = sessions::ids(statement.query_map([turn.now_ms()], |row| row.get(0))?)?;
    drop(statement);
    sessions::cut(turn, ended);
    Ok(())
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("lists of words are JSON")
}

/// JSON that a version of this program wrote; what it cannot read grants nothing.
fn parse<T: serde::de::DeserializeOwned + Default>(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(at)?;
    Ok(text.map(|text| serde_json::from_str(&text).unwrap_or_default()))
}
