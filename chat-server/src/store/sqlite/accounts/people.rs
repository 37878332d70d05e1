//! Accounts themselves: made, changed, ended.

use protocol::error::{ErrorCode, Refusal};
use protocol::http::{Account, Me};
use protocol::ids::{Id, UserId};
use protocol::people::{Registration, Role};
use rusqlite::{Connection, OptionalExtension, params};

use super::super::succession::departed;
use super::super::writer::Turn;
use super::{
    COLUMNS, Fault, Found, bad_link, by_row, by_user, creator, links, may, names, not_found, note, own,
    sessions, signed_out, target,
};
use crate::core::policy::{Action, OfAccounts, ToAccount};
use crate::store::Cut;
use crate::store::accounts::{
    Added, By, NewAccount, NewLink, NewPassword, NewProfile, NewSession, Registered, Whose,
};

/// Accounts at most, so that an open registration cannot fill the disk and the memory.
const ACCOUNTS: i64 = 100_000;

/// Makes an account for whoever asks, and signs them in. Of two that want one name, one gets it.
pub(in crate::store) fn register(
    turn: &mut Turn<'_, '_>,
    new: &Registered,
    registration: Registration,
) -> Result<Me, Fault> {
    let (db, now) = (turn.db(), turn.now_ms());
    let (role, by_server) = match &new.invite {
        Some(invite) => links::use_invite(db, invite, now)?,
        None => (Role::Member, false),
    };
    let first_owner = role == Role::Owner && by_server;
    let open = match registration {
        Registration::Open => true,
        Registration::Invite => new.invite.is_some(),
        Registration::Closed => false,
    };
    if !(open || first_owner) || (first_owner && has_owner(db)?) {
        return Err(bad_link().into());
    }
    if by_user(db, &new.account.user)?.is_some() {
        return Err(Refusal::new(ErrorCode::SignIn, "this guest has an account: sign in").into());
    }
    let row = insert(db, &new.account, role, now)?;
    if role == Role::Owner {
        links::drop_owner_links(db)?;
    }
    sessions::insert(turn, row, &new.session)?;
    // A guest who registers is a guest no more, on no connection.
    turn.cut(Cut::User(new.account.user.clone()));
    let by = By::User { user: new.account.user.clone(), session: new.session.id.clone() };
    note(turn, &by, "register", Some(&new.account.user), role.as_str())?;
    Ok(by_row(turn.db(), row)?.me(Some(new.session.id.clone())))
}

/// Makes an account for somebody else, who sets the password with a link, or for a bot.
pub(in crate::store) fn add(
    turn: &mut Turn<'_, '_>,
    by: &By,
    new: &NewAccount,
    role: Role,
    link: Option<&NewLink>,
) -> Result<Added, Fault> {
    let (db, now) = (turn.db(), turn.now_ms());
    may(db, by, Action::Accounts(OfAccounts::Add))?;
    if new.bot && role == Role::Owner {
        return Err(no_owner().into());
    }
    if role != Role::Member {
        let facts = crate::core::policy::AccountFacts { me: false, role: Role::Member, bot: false };
        may(db, by, Action::Account(ToAccount::SetRole(role), &facts))?;
    }
    let row = insert(db, new, role, now)?;
    let creator = creator(db, by)?;
    let expires = match link {
        Some(link) => Some(super::rfc3339(links::insert_reset(db, row, creator, link, now)?)),
        None => None,
    };
    if role == Role::Owner {
        links::drop_owner_links(db)?;
    }
    note(turn, by, "add", Some(&new.user), role.as_str())?;
    let account = by_row(turn.db(), row)?.detailed(0);
    Ok(Added { account, expires })
}

fn insert(db: &Connection, new: &NewAccount, role: Role, now: i64) -> Result<i64, Fault> {
    let there: i64 = db.prepare_cached("SELECT count(*) FROM accounts")?.query_row([], |row| row.get(0))?;
    if there >= ACCOUNTS {
        return Err(
            Refusal::new(ErrorCode::Forbidden, "this chat has as many accounts as it can hold").into()
        );
    }
    db.prepare_cached(
        "INSERT INTO accounts (user, name, role, bot, password, created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![new.user.as_str(), new.name, role.as_str(), new.bot, new.password, now])?;
    let row = db.last_insert_rowid();
    names::claim(db, row, &new.name, now)?;
    Ok(row)
}

/// Changes what somebody tells of themselves; tells also which of their former names are free by it, by how they look.
pub(in crate::store) fn change_profile(
    turn: &mut Turn<'_, '_>,
    user: &UserId,
    session: &Id,
    change: &NewProfile,
) -> Result<(Me, Vec<String>), Fault> {
    turn.leave_facts();
    let (db, now) = (turn.db(), turn.now_ms());
    let account = own(db, user, session)?;
    let freed = match &change.name {
        Some(name) => names::claim(db, account.row, name, now)?,
        None => Vec::new(),
    };
    let mut profile = account.profile;
    change.colour.apply(&mut profile.colour);
    change.status.apply(&mut profile.status);
    profile.away = change.away.unwrap_or(profile.away);
    db.prepare_cached("UPDATE accounts SET colour = ?2, status = ?3, away = ?4 WHERE id = ?1")?
        .execute(params![account.row, profile.colour, profile.status, profile.away])?;
    Ok((by_row(db, account.row)?.me(Some(session.clone())), freed))
}

/// Gives somebody a picture, or takes it away; one that nobody has any more goes.
pub(in crate::store) fn set_avatar(
    turn: &mut Turn<'_, '_>,
    user: &UserId,
    session: &Id,
    picture: Option<&(String, Vec<u8>)>,
) -> Result<Me, Fault> {
    turn.leave_facts();
    let db = turn.db();
    let account = own(db, user, session)?;
    if let Some((hash, image)) = picture {
        db.prepare_cached("INSERT INTO avatars (hash, image) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute(params![hash, image])?;
    }
    db.prepare_cached("UPDATE accounts SET avatar = ?2 WHERE id = ?1")?
        .execute(params![account.row, picture.map(|(hash, _)| hash)])?;
    if let Some(former) = &account.profile.avatar {
        db.prepare_cached(
            "DELETE FROM avatars WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM accounts WHERE avatar = ?1)",
        )?
        .execute([former])?;
    }
    Ok(by_row(db, account.row)?.me(Some(session.clone())))
}

/// A picture.
pub(in crate::store) fn avatar(db: &Connection, hash: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    db.prepare_cached("SELECT image FROM avatars WHERE hash = ?1")?
        .query_row([hash], |row| row.get(0))
        .optional()
}

/// Changes one's own password, if it is still the one that was verified; ends the other sessions.
pub(in crate::store) fn change_password(
    turn: &mut Turn<'_, '_>,
    user: &UserId,
    session: &Id,
    new: &NewPassword,
) -> Result<(), Fault> {
    let db = turn.db();
    let account = own(db, user, session)?;
    if account.password != new.verified {
        return Err(signed_out().into());
    }
    write_password(db, account.row, &new.hash)?;
    links::drop_resets(db, account.row)?;
    let by = By::User { user: user.clone(), session: session.clone() };
    note(turn, &by, "password", Some(user), "")?;
    Ok(sessions::end_all(turn, account.row, Some(session))?)
}

/// Sets a new password with a one-time link, ends all sessions, and signs in.
pub(in crate::store) fn reset(
    turn: &mut Turn<'_, '_>,
    link: &crate::core::secret::Hash,
    password: &str,
    session: &NewSession,
) -> Result<Me, Fault> {
    let (db, now) = (turn.db(), turn.now_ms());
    let account = links::use_reset(db, link, now)?;
    let row = account.row;
    write_password(db, row, password)?;
    sessions::end_all(turn, row, None)?;
    sessions::insert(turn, row, session)?;
    let by = By::User { user: account.user.clone(), session: session.id.clone() };
    note(turn, &by, "password by link", Some(&account.user), "")?;
    Ok(account.me(Some(session.id.clone())))
}

/// Sets somebody's password from the command line; ends all sessions.
pub(in crate::store) fn set_password(
    turn: &mut Turn<'_, '_>,
    user: &UserId,
    hash: &str,
) -> Result<(), Fault> {
    let account = target(turn.db(), &By::Server, user, ToAccount::Reset)?;
    write_password(turn.db(), account.row, hash)?;
    links::drop_resets(turn.db(), account.row)?;
    sessions::end_all(turn, account.row, None)?;
    note(turn, &By::Server, "password", Some(user), "")?;
    Ok(())
}

fn write_password(db: &Connection, account: i64, hash: &str) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE accounts SET password = ?2 WHERE id = ?1")?.execute(params![account, hash])?;
    Ok(())
}

/// Changes what somebody is. There is always an owner.
pub(in crate::store) fn set_role(
    turn: &Turn<'_, '_>,
    by: &By,
    user: &UserId,
    role: Role,
) -> Result<Me, Fault> {
    let db = turn.db();
    let account = target(db, by, user, ToAccount::SetRole(role))?;
    if account.bot && role == Role::Owner {
        return Err(no_owner().into());
    }
    db.prepare_cached("UPDATE accounts SET role = ?2 WHERE id = ?1")?
        .execute(params![account.row, role.as_str()])?;
    if account.role == Role::Owner {
        keep_an_owner(db)?;
    }
    if role == Role::Owner {
        links::drop_owner_links(db)?;
    }
    links::drop_excess(db, account.row)?;
    note(turn, by, "role", Some(user), role.as_str())?;
    Ok(by_row(db, account.row)?.me(None))
}

/// Ends an account, with all that proves to be it and all that it gave out; or undoes the former.
pub(in crate::store) fn set_active(
    turn: &mut Turn<'_, '_>,
    by: &By,
    user: &UserId,
    active: bool,
) -> Result<(), Fault> {
    let db = turn.db();
    let deed = if active { ToAccount::Reactivate } else { ToAccount::Deactivate };
    let account = target(db, by, user, deed)?;
    if account.active == active {
        return Ok(());
    }
    db.prepare_cached("UPDATE accounts SET active = ?2 WHERE id = ?1")?
        .execute(params![account.row, active])?;
    if !active {
        if account.role == Role::Owner {
            keep_an_owner(db)?;
        }
        db.prepare_cached("DELETE FROM tokens WHERE account = ?1")?.execute([account.row])?;
        links::drop_resets(db, account.row)?;
        links::drop_of_creator(db, account.row)?;
        sessions::end_all(turn, account.row, None)?;
        turn.cut(Cut::User(user.clone()));
        departed(turn, user)?;
    }
    note(turn, by, if active { "reactivate" } else { "deactivate" }, Some(user), "")?;
    Ok(())
}

fn no_owner() -> Refusal {
    Refusal::new(ErrorCode::Forbidden, "a bot is nobody's owner: owners are people")
}

fn keep_an_owner(db: &Connection) -> Result<(), Fault> {
    if has_owner(db)? {
        return Ok(());
    }
    Err(Refusal::new(ErrorCode::LastOwner, "this is the last owner: make another one first").into())
}

/// Whether there is an owner: a person, since nobody signs in to a bot.
pub(in crate::store) fn has_owner(db: &Connection) -> rusqlite::Result<bool> {
    db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM accounts WHERE role = 'owner' AND active = 1 AND bot = 0)",
    )?
    .query_row([], |row| row.get(0))
}

/// Everybody with an account, by name; admins see more of each.
pub(in crate::store) fn list(db: &Connection, by: &By) -> Result<Vec<Account>, Fault> {
    may(db, by, Action::Accounts(OfAccounts::List))?;
    let details = match may(db, by, Action::Accounts(OfAccounts::ListDetails)) {
        Ok(()) => true,
        Err(Fault::Refused(_)) => false,
        Err(error) => return Err(error),
    };
    let sql = format!(
        "SELECT {COLUMNS}, (SELECT count(*) FROM sessions s WHERE s.account = a.id) FROM accounts a
         WHERE a.active = 1 OR ?1 ORDER BY a.name COLLATE NOCASE, a.id"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([details], |row| Ok((Found::read(row)?, row.get(13)?)))?;
    let mut accounts = Vec::new();
    for row in rows {
        let (found, sessions) = row?;
        accounts.push(if details { found.detailed(sessions) } else { found.public() });
    }
    Ok(accounts)
}

/// The account whose tokens somebody may have to do with: one's own, or as an admin a bot's.
pub(in crate::store) fn whose(db: &Connection, by: &By, whose: &Whose) -> Result<Found, Fault> {
    match (by, whose) {
        (_, Whose::Bot(user)) => target(db, by, user, ToAccount::Tokens),
        (By::User { user, session }, Whose::Own) => own(db, user, session),
        (By::Server, Whose::Any(user)) => {
            by_user(db, user)?.ok_or_else(|| not_found("there is no such account").into())
        }
        (By::Server, Whose::Own) | (By::User { .. }, Whose::Any(_)) => {
            Err(not_found("there is no such account").into())
        }
    }
}

/// Signs somebody out everywhere: oneself, or as an admin somebody else.
pub(in crate::store) fn sign_out(turn: &mut Turn<'_, '_>, by: &By, user: &UserId) -> Result<(), Fault> {
    let account = match by {
        By::User { user: me, session } if me == user => own(turn.db(), user, session)?,
        _ => target(turn.db(), by, user, ToAccount::EndSessions)?,
    };
    sessions::end_all(turn, account.row, None)?;
    note(turn, by, "sign out", Some(user), "")?;
    Ok(())
}

/// Whether somebody has this password hash still, and may sign in.
pub(in crate::store) fn sign_in(
    turn: &mut Turn<'_, '_>,
    user: &UserId,
    verified: &str,
    session: &NewSession,
) -> Result<Me, Fault> {
    turn.leave_facts();
    let account = by_user(turn.db(), user)?;
    let account = account.filter(|account| account.active && account.password.as_deref() == Some(verified));
    let Some(account) = account else {
        return Err(not_found("the account changed meanwhile").into());
    };
    sessions::insert(turn, account.row, session)?;
    Ok(account.me(Some(session.id.clone())))
}
