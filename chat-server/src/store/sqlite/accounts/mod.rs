//! Accounts, and what proves to be theirs: the SQL of it.
//!
//! Whatever changes something runs as a piece of work in the writer's transactions, and decides there, by
//! [`crate::core::policy`] and on what the transaction reads.

mod links;
mod names;
mod people;
mod sessions;
#[cfg(test)]
mod tests;
mod tokens;

use std::time::Duration;

use protocol::error::{ErrorCode, Refusal};
use protocol::http::{Account, Me};
use protocol::ids::{Id, UserId};
use protocol::people::{Guests, Profile, Role};
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(in crate::store) use self::links::{
    invites, is_invite, make_invite, make_owner_link, make_reset, reset_of, revoke_invite,
};
pub(in crate::store) use self::names::all as all_names;
pub(in crate::store) use self::people::{
    add, avatar, change_password, change_profile, has_owner, list, register, reset, set_active, set_avatar,
    set_password, set_role, sign_in, sign_out, whose,
};
pub(in crate::store) use self::sessions::{
    end as end_session, find as find_session, list as list_sessions, touch as touch_session,
};
pub(in crate::store) use self::tokens::{
    find as find_token, list as list_tokens, make as make_token, revoke as revoke_token, touch as touch_token,
};
use super::clock::{self, rfc3339};
use super::{facts, writer::Turn};
use crate::core::policy::{AccountFacts, Action, Reach, ToAccount, decide};
use crate::store::accounts::By;

/// Why nothing came of something.
#[derive(Debug)]
pub(in crate::store) enum Fault {
    /// It was refused.
    Refused(Refusal),
    /// The database failed.
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What a piece of work gives.
pub(in crate::store) fn given<T>(result: Result<T, Fault>) -> rusqlite::Result<Result<T, Refusal>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Fault::Refused(refusal)) => Ok(Err(refusal)),
        Err(Fault::Sql(error)) => Err(error),
    }
}

/// An account's row.
#[derive(Debug, Clone)]
pub(in crate::store) struct Found {
    pub(super) row: i64,
    pub(super) user: UserId,
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) bot: bool,
    pub(super) active: bool,
    pub(super) password: Option<String>,
    pub(super) profile: Profile,
    created_ms: i64,
    seen_ms: Option<i64>,
}

const COLUMNS: &str = "a.id, a.user, a.name, a.role, a.bot, a.active, a.password, a.colour, a.avatar, a.status, a.away, a.created_ms, a.seen_ms";

impl Found {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let user: String = row.get(1)?;
        Ok(Self {
            row: row.get(0)?,
            user: UserId::new(user).map_err(|error| {
                rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, error.into())
            })?,
            name: row.get(2)?,
            role: Role::of_account(row.get_ref(3)?.as_str()?).unwrap_or(Role::Other),
            bot: row.get(4)?,
            active: row.get(5)?,
            password: row.get(6)?,
            profile: Profile {
                colour: row.get(7)?,
                avatar: row.get(8)?,
                status: row.get(9)?,
                away: row.get(10)?,
            },
            created_ms: row.get(11)?,
            seen_ms: row.get(12)?,
        })
    }

    pub(in crate::store) fn row(&self) -> i64 {
        self.row
    }

    /// What is needed to sign in: who and how called, whether at all, and the password's hash.
    pub(in crate::store) fn credentials(self) -> (UserId, String, bool, Option<String>) {
        (self.user, self.name, self.active && !self.bot, self.password)
    }

    pub(super) fn me(self, session: Option<Id>) -> Me {
        Me { user: self.user, name: self.name, role: self.role, profile: self.profile, session }
    }

    /// What everybody sees of it.
    pub(super) fn public(self) -> Account {
        Account {
            user: self.user,
            name: self.name,
            role: self.role,
            profile: self.profile,
            bot: self.bot,
            inactive: !self.active,
            created: None,
            seen: None,
            sessions: None,
        }
    }

    /// What admins see of it.
    fn detailed(self, sessions: u32) -> Account {
        let (created, seen) = (Some(rfc3339(self.created_ms)), self.seen_ms.map(rfc3339));
        Account { created, seen, sessions: Some(sessions), ..self.public() }
    }
}

pub(in crate::store) fn by_user(db: &Connection, user: &UserId) -> rusqlite::Result<Option<Found>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM accounts a WHERE a.user = ?1"))?
        .query_row([user.as_str()], Found::read)
        .optional()
}

/// By a name, or one that looks like it; a former one is none.
pub(in crate::store) fn by_name(db: &Connection, name: &str) -> rusqlite::Result<Option<Found>> {
    let skeleton = protocol::names::skeleton(name);
    let sql = format!(
        "SELECT {COLUMNS} FROM account_names n JOIN accounts a ON a.id = n.account WHERE n.skeleton = ?1"
    );
    let found = db.prepare_cached(&sql)?.query_row([&skeleton], Found::read).optional()?;
    Ok(found.filter(|found| protocol::names::skeleton(&found.name) == skeleton))
}

fn by_row(db: &Connection, row: i64) -> rusqlite::Result<Found> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM accounts a WHERE a.id = ?1"))?
        .query_row([row], Found::read)
}

/// How long until the next session or token ends by itself.
pub(in crate::store) fn until_next_end(db: &Connection) -> rusqlite::Result<Option<Duration>> {
    let ends = [sessions::next_end(db)?, tokens::next_end(db)?];
    let until = |end: i64| Duration::from_millis(end.saturating_sub(now()).max(0).unsigned_abs());
    Ok(ends.into_iter().flatten().min().map(until))
}

/// Ends the sessions and tokens whose time is over, and closes the connections that they proved.
pub(in crate::store) fn end_old(turn: &mut Turn<'_, '_>) -> rusqlite::Result<()> {
    turn.leave_facts();
    sessions::end_idle(turn)?;
    tokens::end_old(turn)
}

/// Whether whoever does this may, as things are in this transaction.
fn may(db: &Connection, by: &By, action: Action<'_>) -> Result<(), Fault> {
    let By::User { user, session } = by else { return Ok(()) };
    // A session that ended a moment ago decides nothing more.
    let there: bool = db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM sessions WHERE id = ?1)")?
        .query_row([session.as_str()], |row| row.get(0))?;
    if !there {
        return Err(signed_out().into());
    }
    let actor = facts::actor(db, user, Guests::Off, Reach::FULL)?;
    decide(&actor, action).map_err(|denied| Fault::Refused(denied.refusal()))
}

/// An account that something is done to by somebody who may.
fn target(db: &Connection, by: &By, user: &UserId, deed: ToAccount) -> Result<Found, Fault> {
    let found = by_user(db, user)?;
    let facts = AccountFacts {
        me: matches!(by, By::User { user: me, .. } if me == user),
        role: found.as_ref().map_or(Role::Member, |found| found.role),
        bot: found.as_ref().is_some_and(|found| found.bot),
    };
    // Whoever may do it to nobody is not told whether there is such an account.
    may(db, by, Action::Account(deed, &facts))?;
    found.ok_or_else(|| not_found("there is no such account").into())
}

/// An account that its own session asks about.
fn own(db: &Connection, user: &UserId, session: &Id) -> Result<Found, Fault> {
    let by = By::User { user: user.clone(), session: session.clone() };
    may(db, &by, Action::Self_(crate::core::policy::OfSelf::Change))?;
    by_user(db, user)?.ok_or_else(|| signed_out().into())
}

fn creator(db: &Connection, by: &By) -> rusqlite::Result<Option<i64>> {
    match by {
        By::Server => Ok(None),
        By::User { user, .. } => Ok(by_user(db, user)?.map(|found| found.row)),
    }
}

/// Writes what was decided where admins read it.
fn note(
    turn: &Turn<'_, '_>,
    by: &By,
    action: &str,
    who: Option<&UserId>,
    detail: &str,
) -> rusqlite::Result<()> {
    let (user, sender) = match by {
        By::Server => (None, "command line".to_owned()),
        By::User { user, .. } => {
            let name = by_user(turn.db(), user)?.map_or_else(String::new, |found| found.name);
            (Some(user.as_str()), name)
        }
    };
    turn.db()
        .prepare_cached(
            "INSERT INTO audit (ms, user, sender, action, who, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![turn.now_ms(), user, sender, action, who.map(UserId::as_str), detail])?;
    Ok(())
}

fn not_found(reason: &str) -> Refusal {
    Refusal::new(ErrorCode::NotFound, reason)
}

fn signed_out() -> Refusal {
    Refusal::new(ErrorCode::SignIn, "you are not signed in any more")
}

fn bad_link() -> Refusal {
    Refusal::new(ErrorCode::BadLink, "this link is not valid (any more)")
}

/// Now, for readers; what writes takes the transaction's time.
fn now() -> i64 {
    clock::now_ms()
}
