//! What admins ask about the accounts of others.

use std::sync::Arc;

use protocol::error::{ErrorCode, Refusal};
use protocol::http::{self, Invites, LinkMade, NewUser, UserMade, Users};
use protocol::ids::{Id, UserId};
use protocol::limits::HISTORY_EVENTS;
use protocol::names;
use protocol::people::Role;
use protocol::rooms::Audit;

use super::sign_in::bad_name;
use super::{Accounts, Caller, label, naming, new_link, tell_changed, to_its_end, unasked, unwritten};
use crate::core::secret::{Kind, Secret};
use crate::store::accounts::{NewAccount, NewInvite};
use crate::store::deeds::Author;

/// Accounts that one invite makes at most.
const USES: u32 = 1000;
/// Hours after which an invite ends: a week where nothing is said, a year at most.
const HOURS: u32 = 168;
const MOST_HOURS: u32 = 366 * 24;

impl Accounts {
    pub(crate) async fn invites(&self, caller: &Caller) -> Result<Invites, Refusal> {
        Ok(Invites { invites: self.store().invites(caller.by()?).await.map_err(unasked)? })
    }

    pub(crate) async fn make_invite(
        &self,
        caller: &Caller,
        asked: http::NewInvite,
    ) -> Result<LinkMade, Refusal> {
        let (secret, new) = new_invite(&asked)?;
        let id = new.link.id.clone();
        let expires = self.store().make_invite(caller.by()?, new).await.map_err(unwritten)?;
        Ok(self.link_made(&secret, id, expires))
    }

    pub(crate) async fn revoke_invite(&self, caller: &Caller, invite: Id) -> Result<(), Refusal> {
        self.store().revoke_invite(caller.by()?, invite).await.map_err(unwritten)
    }

    /// A page of what was decided, newest first.
    pub(crate) async fn audit(&self, caller: &Caller, before: Option<u64>) -> Result<Audit, Refusal> {
        let author = Author {
            user: caller.identity.user.clone(),
            name: Arc::from(caller.me.name.as_str()),
            guest: false,
            reaches: caller.identity.reaches(),
            server: false,
        };
        match self.store().audit(author, before, HISTORY_EVENTS).await {
            Ok(Ok(sheet)) => Ok(Audit { reference: 0, entries: sheet.rows, more: sheet.more }),
            Ok(Err(denied)) => Err(denied.refusal()),
            Err(error) => Err(super::unreadable(&error)),
        }
    }

    pub(crate) async fn users(&self, caller: &Caller) -> Result<Users, Refusal> {
        Ok(Users { users: self.store().users(caller.by()?).await.map_err(unasked)? })
    }

    pub(crate) async fn add_user(&self, caller: &Caller, asked: NewUser) -> Result<UserMade, Refusal> {
        let name = names::name(&asked.name).map_err(bad_name)?;
        let role = account_role(asked.role)?;
        let user = super::super::new_account();
        let (secret, link) = new_link(Kind::Reset)?;
        let id = link.id.clone();
        let new = NewAccount { user: user.clone(), name: name.clone(), bot: asked.bot, password: None };
        let link = (!asked.bot).then_some(link);
        let (shared, by) = (Arc::clone(self.shared()), caller.by()?);
        let added = to_its_end(async move {
            let store = shared.store.clone();
            naming(&shared, &user, &name, store.add_user(by, new, role, link)).await
        });
        let added = added.await?;
        let link = added.expires.map(|expires| self.link_made(&secret, id, expires));
        Ok(UserMade { account: added.account, link })
    }

    pub(crate) async fn reset_user(&self, caller: &Caller, user: UserId) -> Result<LinkMade, Refusal> {
        let (secret, link) = new_link(Kind::Reset)?;
        let id = link.id.clone();
        let expires = self.store().make_reset(caller.by()?, user, link).await.map_err(unwritten)?;
        Ok(self.link_made(&secret, id, expires))
    }

    pub(crate) async fn set_role(&self, caller: &Caller, user: UserId, role: Role) -> Result<(), Refusal> {
        let role = account_role(Some(role))?;
        let me = self.store().set_role(caller.by()?, user, role).await.map_err(unwritten)?;
        tell_changed(self.shared(), &me);
        Ok(())
    }

    pub(crate) async fn set_active(
        &self,
        caller: &Caller,
        user: UserId,
        active: bool,
    ) -> Result<(), Refusal> {
        self.store().set_active(caller.by()?, user, active).await.map_err(unwritten)
    }

    pub(crate) async fn sign_out_user(&self, caller: &Caller, user: UserId) -> Result<(), Refusal> {
        self.store().sign_out(caller.by()?, user).await.map_err(unwritten)
    }
}

/// An invite to be made, and its secret.
pub(crate) fn new_invite(asked: &http::NewInvite) -> Result<(Secret, NewInvite), Refusal> {
    let wrong = |reason: &str| Err(Refusal::new(ErrorCode::BadFrame, reason));
    let role = account_role(asked.role)?;
    let uses = asked.uses.unwrap_or(1);
    if !(1..=USES).contains(&uses) {
        return wrong("an invite makes 1 to 1000 accounts");
    }
    let hours = asked.hours.unwrap_or(HOURS);
    if !(1..=MOST_HOURS).contains(&hours) {
        return wrong("an invite ends after 1 hour to a year");
    }
    let (secret, link) = new_link(Kind::Invite)?;
    let note = label(asked.note.as_deref().unwrap_or_default());
    Ok((secret, NewInvite { link, role, uses, hours: Some(hours), note }))
}

fn account_role(asked: Option<Role>) -> Result<Role, Refusal> {
    match asked.unwrap_or(Role::Member) {
        Role::Guest | Role::Other => Err(Refusal::new(
            ErrorCode::BadFrame,
            "an account is a `member`, `moderator`, `admin` or `owner`",
        )),
        role => Ok(role),
    }
}
