//! Invites, and one-time links for a new password.

use protocol::error::{ErrorCode, Refusal};
use protocol::http::InviteInfo;
use protocol::ids::{Id, UserId};
use protocol::people::{Guests, Role};
use rusqlite::{Connection, OptionalExtension, params};

use super::super::clock::rfc3339;
use super::super::writer::Turn;
use super::people::has_owner;
use super::{Fault, Found, bad_link, by_row, creator, may, not_found, note, now, target};
use crate::core::policy::{AccountFacts, Action, Actor, OfAccounts, Reach, ToAccount, decide};
use crate::core::secret::Hash;
use crate::store::accounts::{By, NewInvite, NewLink};

/// Whoever comes by an invite, before they are given a role.
const NEWCOMER: AccountFacts = AccountFacts { me: false, role: Role::Member, bot: false };
/// Invites that can be used at a time.
const INVITES: i64 = 1000;
const HOUR_MS: i64 = 3600 * 1000;
/// Until when a link for a new password holds.
const RESET_HOURS: i64 = 24;
/// The last time that the format can say: never.
const NEVER_MS: i64 = 253_402_300_799_999;

/// Makes an invite; tells when it ends.
pub(in crate::store) fn make_invite(
    turn: &mut Turn<'_, '_>,
    by: &By,
    new: &NewInvite,
) -> Result<String, Fault> {
    let (db, now) = (turn.db(), turn.now_ms());
    may(db, by, Action::Accounts(OfAccounts::Invites))?;
    if new.role != Role::Member {
        // Whoever may not make somebody an admin may not invite one.
        may(db, by, Action::Account(ToAccount::SetRole(new.role), &NEWCOMER))?;
    }
    db.prepare_cached("DELETE FROM links WHERE expires_ms <= ?1 OR uses <= 0")?.execute([now])?;
    let there: i64 = db
        .prepare_cached("SELECT count(*) FROM links WHERE purpose = 'invite'")?
        .query_row([], |row| row.get(0))?;
    if there >= INVITES {
        let reason = format!("there are {INVITES} invites: withdraw one first");
        return Err(Refusal::new(ErrorCode::Forbidden, reason).into());
    }
    let expires = new.hours.map_or(NEVER_MS, |hours| now + i64::from(hours) * HOUR_MS);
    db.prepare_cached(
        "INSERT INTO links (id, hash, purpose, role, uses, note, creator, created_ms, expires_ms)
         VALUES (?1, ?2, 'invite', ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        new.link.id.as_str(),
        new.link.hash,
        new.role.as_str(),
        new.uses,
        new.note,
        creator(db, by)?,
        now,
        expires,
    ])?;
    note(
        turn,
        by,
        "invite",
        None,
        &format!("{} ({} times, as {})", new.link.id, new.uses, new.role.as_str()),
    )?;
    Ok(rfc3339(expires))
}

/// The link that makes the owner: one at a time, and only while there is none. Tells whether it was made.
pub(in crate::store) fn make_owner_link(db: &Connection, link: &NewLink, now: i64) -> rusqlite::Result<bool> {
    drop_owner_links(db)?;
    if has_owner(db)? {
        return Ok(false);
    }
    db.prepare_cached(
        "INSERT INTO links (id, hash, purpose, role, uses, note, created_ms, expires_ms)
         VALUES (?1, ?2, 'invite', 'owner', 1, 'the first owner', ?3, ?4)",
    )?
    .execute(params![link.id.as_str(), link.hash, now, NEVER_MS])?;
    Ok(true)
}

/// Closes the way by which the first owner is made.
pub(in crate::store) fn drop_owner_links(db: &Connection) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM links WHERE purpose = 'invite' AND role = 'owner' AND creator IS NULL")?
        .execute([])?;
    Ok(())
}

/// Whether an invite can be used, before anything is spent on it.
pub(in crate::store) fn is_invite(db: &Connection, hash: &Hash) -> rusqlite::Result<bool> {
    let found = db
        .prepare_cached(
            "SELECT role, creator FROM links
             WHERE hash = ?1 AND purpose = 'invite' AND uses > 0 AND expires_ms > ?2",
        )?
        .query_row(params![hash, now()], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))
        .optional()?;
    let Some((role, creator)) = found else { return Ok(false) };
    Role::of_account(&role).map_or(Ok(false), |role| may_invite(db, creator, role))
}

/// Whether a link for a new password can be used, and for whose.
pub(in crate::store) fn reset_of(db: &Connection, hash: &Hash) -> rusqlite::Result<Option<String>> {
    db.prepare_cached(
        "SELECT a.name FROM links l JOIN accounts a ON a.id = l.account
         WHERE l.hash = ?1 AND l.purpose = 'reset' AND l.uses > 0 AND l.expires_ms > ?2 AND a.active = 1",
    )?
    .query_row(params![hash, now()], |row| row.get(0))
    .optional()
}

/// Uses an invite once; tells what it makes, and whether the server itself gave it.
pub(super) fn use_invite(db: &Connection, hash: &Hash, now: i64) -> Result<(Role, bool), Fault> {
    let used: Option<(String, Option<i64>)> = db
        .prepare_cached(
            "UPDATE links SET uses = uses - 1
             WHERE hash = ?1 AND purpose = 'invite' AND uses > 0 AND expires_ms > ?2 RETURNING role, creator",
        )?
        .query_row(params![hash, now], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((role, creator)) = used else { return Err(bad_link().into()) };
    let role = Role::of_account(&role).ok_or_else(bad_link)?;
    if !may_invite(db, creator, role)? {
        return Err(bad_link().into());
    }
    Ok((role, creator.is_none()))
}

/// Uses a link for a new password; tells whose account.
pub(super) fn use_reset(db: &Connection, hash: &Hash, now: i64) -> Result<Found, Fault> {
    let used: Option<(i64, Option<i64>)> = db
        .prepare_cached(
            "DELETE FROM links WHERE hash = ?1 AND purpose = 'reset' AND expires_ms > ?2
             RETURNING account, creator",
        )?
        .query_row(params![hash, now], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((account, creator)) = used else { return Err(bad_link().into()) };
    let account = by_row(db, account)?;
    if !account.active || account.bot || !may_reset(db, creator, &account)? {
        return Err(bad_link().into());
    }
    drop_resets(db, account.row)?;
    Ok(account)
}

/// Whether whoever gave an invite may give it still: a link is worth no more than its maker is now.
fn may_invite(db: &Connection, creator: Option<i64>, role: Role) -> rusqlite::Result<bool> {
    Ok(may_give(db, creator, Action::Accounts(OfAccounts::Invites))?
        && (role == Role::Member
            || may_give(db, creator, Action::Account(ToAccount::SetRole(role), &NEWCOMER))?))
}

/// The same of a link for somebody's new password.
fn may_reset(db: &Connection, creator: Option<i64>, account: &Found) -> rusqlite::Result<bool> {
    let me = creator == Some(account.row);
    let facts = AccountFacts { me, role: account.role, bot: account.bot };
    may_give(db, creator, Action::Account(ToAccount::Reset, &facts))
}

fn may_give(db: &Connection, creator: Option<i64>, action: Action<'_>) -> rusqlite::Result<bool> {
    // What the server or its command line gave is good.
    let Some(creator) = creator else { return Ok(true) };
    let Found { role, active, .. } = by_row(db, creator)?;
    let actor = Actor { role, active, guests: Guests::Off, reach: Reach::FULL };
    Ok(decide(&actor, action).is_ok())
}

/// Takes back the links from and for an account whose role changed, as far as their makers could not make them now:
/// neither does a former admin come back by an invite, nor an admin get hold of who rose above them.
pub(super) fn drop_excess(db: &Connection, account: i64) -> rusqlite::Result<()> {
    let mut statement = db.prepare_cached(
        "SELECT n, role, account, creator FROM links WHERE creator = ?1 OR (account = ?1 AND creator IS NOT NULL)",
    )?;
    let mut rows = statement.query([account])?;
    let mut excess = Vec::new();
    while let Some(row) = rows.next()? {
        let (role, of, creator): (Option<String>, Option<i64>, _) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let holds = match (of, role.as_deref().and_then(Role::of_account)) {
            (Some(of), _) => may_reset(db, creator, &by_row(db, of)?)?,
            (None, Some(role)) => may_invite(db, creator, role)?,
            (None, None) => false,
        };
        if !holds {
            excess.push(row.get::<_, i64>(0)?);
        }
    }
    for n in excess {
        db.prepare_cached("DELETE FROM links WHERE n = ?1")?.execute([n])?;
    }
    Ok(())
}

pub(super) fn drop_resets(db: &Connection, account: i64) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM links WHERE account = ?1")?.execute([account])?;
    Ok(())
}

/// Takes back what somebody gave out.
pub(super) fn drop_of_creator(db: &Connection, creator: i64) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM links WHERE creator = ?1")?.execute([creator])?;
    Ok(())
}

/// Makes a one-time link for a new password; earlier ones end. Tells when it ends.
pub(in crate::store) fn make_reset(
    turn: &mut Turn<'_, '_>,
    by: &By,
    user: &UserId,
    link: &NewLink,
) -> Result<String, Fault> {
    let (db, now) = (turn.db(), turn.now_ms());
    let account = target(db, by, user, ToAccount::Reset)?;
    if account.bot || !account.active {
        return Err(not_found("nobody signs in to this account").into());
    }
    drop_resets(db, account.row)?;
    let expires = insert_reset(db, account.row, creator(db, by)?, link, now)?;
    note(turn, by, "reset", Some(user), "")?;
    Ok(rfc3339(expires))
}

pub(super) fn insert_reset(
    db: &Connection,
    account: i64,
    creator: Option<i64>,
    link: &NewLink,
    now: i64,
) -> rusqlite::Result<i64> {
    let expires = now + RESET_HOURS * HOUR_MS;
    db.prepare_cached(
        "INSERT INTO links (id, hash, purpose, account, uses, note, creator, created_ms, expires_ms)
         VALUES (?1, ?2, 'reset', ?3, 1, '', ?4, ?5, ?6)",
    )?
    .execute(params![link.id.as_str(), link.hash, account, creator, now, expires])?;
    Ok(expires)
}

/// The invites that can still be used, the newest first.
pub(in crate::store) fn invites(db: &Connection, by: &By) -> Result<Vec<InviteInfo>, Fault> {
    may(db, by, Action::Accounts(OfAccounts::Invites))?;
    let mut statement = db.prepare_cached(
        "SELECT l.id, l.role, l.uses, l.note, a.name, l.created_ms, l.expires_ms
         FROM links l LEFT JOIN accounts a ON a.id = l.creator
         WHERE l.purpose = 'invite' AND l.uses > 0 AND l.expires_ms > ?1 ORDER BY l.n DESC",
    )?;
    let mut rows = statement.query([now()])?;
    let mut invites = Vec::new();
    while let Some(row) = rows.next()? {
        let Ok(invite) = Id::new(row.get::<_, String>(0)?) else { continue };
        invites.push(InviteInfo {
            invite,
            role: Role::of_account(row.get_ref(1)?.as_str().unwrap_or_default()).unwrap_or(Role::Other),
            uses: row.get(2)?,
            note: row.get(3)?,
            by: row.get(4)?,
            created: rfc3339(row.get(5)?),
            expires: rfc3339(row.get(6)?),
        });
    }
    Ok(invites)
}

/// Withdraws an invite.
pub(in crate::store) fn revoke_invite(turn: &Turn<'_, '_>, by: &By, id: &Id) -> Result<(), Fault> {
    may(turn.db(), by, Action::Accounts(OfAccounts::Invites))?;
    let ended = turn
        .db()
        .prepare_cached("DELETE FROM links WHERE id = ?1 AND purpose = 'invite'")?
        .execute([id.as_str()])?;
    if ended == 0 {
        return Err(not_found("there is no such invite").into());
    }
    note(turn, by, "invite withdrawn", None, id.as_str())?;
    Ok(())
}
