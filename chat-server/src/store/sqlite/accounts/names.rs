//! What accounts are called: unique by how it looks, former names too.

use protocol::error::{ErrorCode, Refusal};
use protocol::ids::UserId;
use protocol::names::skeleton;
use rusqlite::{Connection, OptionalExtension, params};

use super::Fault;

/// How many names an account keeps, the present one too; the oldest former ones are free again.
const KEPT: i64 = 5;

/// Gives an account a name, which must be free or have been its own. Tells which former ones are free by it, by how they
/// look.
pub(super) fn claim(db: &Connection, account: i64, name: &str, now: i64) -> Result<Vec<String>, Fault> {
    let skeleton = skeleton(name);
    let owner: Option<i64> = db
        .prepare_cached("SELECT account FROM account_names WHERE skeleton = ?1")?
        .query_row([&skeleton], |row| row.get(0))
        .optional()?;
    if owner.is_some_and(|owner| owner != account) {
        return Err(taken().into());
    }
    db.prepare_cached(
        "INSERT INTO account_names (skeleton, account, since_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT (skeleton) DO UPDATE SET since_ms = excluded.since_ms",
    )?
    .execute(params![skeleton, account, now])?;
    let freed = db
        .prepare_cached(
            "DELETE FROM account_names WHERE account = ?1 AND skeleton <> ?2 AND skeleton NOT IN
                (SELECT skeleton FROM account_names WHERE account = ?1 AND skeleton <> ?2
                 ORDER BY since_ms DESC, skeleton LIMIT ?3)
             RETURNING skeleton",
        )?
        .query_map(params![account, skeleton, KEPT - 1], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    db.prepare_cached("UPDATE accounts SET name = ?2 WHERE id = ?1")?.execute(params![account, name])?;
    Ok(freed)
}

/// All that accounts are and were called, by how it looks.
pub(in crate::store) fn all(db: &Connection) -> rusqlite::Result<Vec<(String, UserId)>> {
    let mut statement = db.prepare_cached(
        "SELECT n.skeleton, a.user FROM account_names n JOIN accounts a ON a.id = n.account",
    )?;
    let names = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let mut all = Vec::new();
    for name in names {
        let (skeleton, user) = name?;
        all.extend(UserId::new(user).ok().map(|user| (skeleton, user)));
    }
    Ok(all)
}

pub(super) fn taken() -> Refusal {
    Refusal::new(ErrorCode::NameTaken, "somebody has this name, or one that looks like it")
}
