//! Accounts in the store: what is asked of it, and what it gives.
//!
//! Whatever changes something is decided on what its own transaction reads: of two that race for a name or an invite
//! one wins, and whoever was deactivated or signed out a moment before changes nothing more. Secrets come here as
//! their hashes.

use std::time::Duration;

use protocol::error::Refusal;
use protocol::http::{Account, InviteInfo, Me, Session, Token};
use protocol::ids::{Id, RoomKey, UserId};
use protocol::people::{Registration, Role, Scope};

use super::sqlite::accounts::{self as sql, given};
use super::{ReadError, Store, WorkError};
use crate::core::policy::Reaches;
use crate::core::secret::Hash;

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum By {
    /// Whoever runs the server, on its command line.
    Server,
    /// Somebody who is signed in.
    User { user: UserId, session: Id },
}

/// Whom a secret proves to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proven {
    /// The session or the token.
    pub(crate) id: Id,
    /// That it is in use should be noted anew.
    pub(crate) stale: bool,
    pub(crate) me: Me,
    /// What a bot's token is good for; a session is good for everything.
    pub(crate) reaches: Option<Reaches>,
}

/// An account as it signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) user: UserId,
    pub(crate) name: String,
    /// May sign in at all: active, and not a bot.
    pub(crate) enabled: bool,
    /// The hash of the password, where there is one.
    pub(crate) password: Option<String>,
}

/// A session to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewSession {
    pub(crate) id: Id,
    pub(crate) hash: Hash,
    pub(crate) device: String,
    pub(crate) address: String,
}

/// An account to be made; its name is checked.
#[derive(Debug, Clone)]
pub(crate) struct NewAccount {
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) bot: bool,
    pub(crate) password: Option<String>,
}

/// Somebody who makes an account of their own.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    pub(crate) account: NewAccount,
    pub(crate) invite: Option<Hash>,
    pub(crate) session: NewSession,
}

/// An account that was made for somebody else, and until when its link holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Added {
    pub(crate) account: Account,
    pub(crate) expires: Option<String>,
}

/// What becomes of something that need not be there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Edit<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is taken away.
    Clear,
    /// It is this from now on.
    Set(T),
}

impl<T: Clone> Edit<T> {
    pub(crate) fn apply(&self, to: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *to = None,
            Self::Set(value) => *to = Some(value.clone()),
        }
    }
}

/// A change of a profile, checked.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewProfile {
    pub(crate) name: Option<String>,
    pub(crate) colour: Edit<u16>,
    pub(crate) status: Edit<String>,
    pub(crate) away: Option<bool>,
}

/// A password's hash, and that of the former one, which was verified.
#[derive(Debug, Clone)]
pub(crate) struct NewPassword {
    pub(crate) verified: Option<String>,
    pub(crate) hash: String,
}

/// A link to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewLink {
    pub(crate) id: Id,
    pub(crate) hash: Hash,
}

/// An invite to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewInvite {
    pub(crate) link: NewLink,
    pub(crate) role: Role,
    pub(crate) uses: u32,
    /// Until it ends; `None`: never.
    pub(crate) hours: Option<u32>,
    pub(crate) note: String,
}

/// A token to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewToken {
    pub(crate) id: Id,
    pub(crate) hash: Hash,
    pub(crate) name: String,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) rooms: Option<Vec<RoomKey>>,
    pub(crate) days: Option<u32>,
}

/// Whose tokens.
#[derive(Debug, Clone)]
pub(crate) enum Whose {
    /// One's own.
    Own,
    /// A bot's.
    Bot(UserId),
    /// Anybody's, for whoever runs the server.
    Any(UserId),
}

type Work<T> = Result<T, WorkError<Refusal>>;

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("{}", .0.reason)]
    Refused(Refusal),
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl From<sql::Fault> for AskError {
    fn from(fault: sql::Fault) -> Self {
        match fault {
            sql::Fault::Refused(refusal) => Self::Refused(refusal),
            sql::Fault::Sql(error) => Self::Read(error.into()),
        }
    }
}

impl Store {
    /// All that accounts are and were called, by how it looks.
    pub(crate) async fn account_names(&self) -> Result<Vec<(String, UserId)>, ReadError> {
        self.handle.read(|reader| Ok(sql::all_names(reader.db())?)).await
    }

    /// Whether there is an owner.
    pub(crate) async fn has_owner(&self) -> Result<bool, ReadError> {
        self.handle.read(|reader| Ok(sql::has_owner(reader.db())?)).await
    }

    /// Whose session a token's hash is of.
    pub(crate) async fn session(&self, hash: Hash) -> Result<Option<Proven>, ReadError> {
        self.handle.read(move |reader| Ok(sql::find_session(reader.db(), &hash)?)).await
    }

    /// Whose bot's token a hash is of.
    pub(crate) async fn bot_token(&self, hash: Hash) -> Result<Option<Proven>, ReadError> {
        self.handle.read(move |reader| Ok(sql::find_token(reader.db(), &hash)?)).await
    }

    /// What is needed to verify a password of the account that a name means.
    pub(crate) async fn credentials(&self, name: String) -> Result<Option<Credentials>, ReadError> {
        let read =
            move |reader: &super::sqlite::Reader| Ok(sql::by_name(reader.db(), &name)?.map(credentials));
        self.handle.read(read).await
    }

    /// The same of an account that is known.
    pub(crate) async fn credentials_of(&self, user: UserId) -> Result<Option<Credentials>, ReadError> {
        let read =
            move |reader: &super::sqlite::Reader| Ok(sql::by_user(reader.db(), &user)?.map(credentials));
        self.handle.read(read).await
    }

    /// Whether somebody has an account.
    pub(crate) async fn has_account(&self, user: UserId) -> Result<bool, ReadError> {
        self.handle.read(move |reader| Ok(sql::by_user(reader.db(), &user)?.is_some())).await
    }

    /// Whether an invite can be used, before a password is hashed for it.
    pub(crate) async fn is_invite(&self, invite: Hash) -> Result<bool, ReadError> {
        self.handle.read(move |reader| Ok(sql::is_invite(reader.db(), &invite)?)).await
    }

    /// The name of the account whose password a link can set.
    pub(crate) async fn reset_of(&self, link: Hash) -> Result<Option<String>, ReadError> {
        self.handle.read(move |reader| Ok(sql::reset_of(reader.db(), &link)?)).await
    }

    /// Notes that a session or a token is in use.
    pub(crate) async fn touch(&self, id: Id, is_token: bool) {
        let noted = self
            .handle
            .work(64, move |turn| {
                turn.leave_facts();
                let touch = if is_token { sql::touch_token } else { sql::touch_session };
                touch(turn.db(), &id, turn.now_ms()).map(Ok::<_, Refusal>)
            })
            .await;
        if let Err(error) = noted {
            tracing::debug!(%error, "that a session is in use was not noted");
        }
    }

    /// Ends the sessions and tokens whose time is over; how long until the next one ends.
    pub(crate) async fn end_old(&self) -> Result<Option<Duration>, WorkError<ReadError>> {
        let until_next = || self.handle.read(|reader| Ok(sql::until_next_end(reader.db())?));
        let next = until_next().await.map_err(WorkError::Refused)?;
        if next != Some(Duration::ZERO) {
            return Ok(next);
        }
        self.handle.work(64, move |turn| sql::end_old(turn).map(Ok::<_, ReadError>)).await?;
        until_next().await.map_err(WorkError::Refused)
    }

    /// Makes the one link by which the first owner is made; false where there is an owner.
    pub(crate) async fn make_owner_link(&self, link: NewLink) -> Work<bool> {
        self.handle
            .work(256, move |turn| {
                turn.leave_facts();
                sql::make_owner_link(turn.db(), &link, turn.now_ms()).map(Ok)
            })
            .await
    }

    pub(crate) async fn register(&self, new: Registered, registration: Registration) -> Work<Me> {
        self.handle.work(1024, move |turn| given(sql::register(turn, &new, registration))).await
    }

    /// Signs a device in to an account whose password `verified` is the hash of.
    pub(crate) async fn sign_in(&self, user: UserId, verified: String, session: NewSession) -> Work<Me> {
        self.handle
            .work(1024, move |turn| {
                turn.leave_facts();
                given(sql::sign_in(turn, &user, &verified, &session))
            })
            .await
    }

    pub(crate) async fn reset(&self, link: Hash, password: String, session: NewSession) -> Work<Me> {
        self.handle.work(1024, move |turn| given(sql::reset(turn, &link, &password, &session))).await
    }

    pub(crate) async fn set_password(&self, user: UserId, hash: String) -> Work<()> {
        self.handle.work(512, move |turn| given(sql::set_password(turn, &user, &hash))).await
    }

    pub(crate) async fn change_password(&self, user: UserId, session: Id, new: NewPassword) -> Work<()> {
        self.handle.work(512, move |turn| given(sql::change_password(turn, &user, &session, &new))).await
    }

    /// Tells also which former names are free by it, by how they look.
    pub(crate) async fn change_profile(
        &self,
        user: UserId,
        session: Id,
        change: NewProfile,
    ) -> Work<(Me, Vec<String>)> {
        self.handle.work(1024, move |turn| given(sql::change_profile(turn, &user, &session, &change))).await
    }

    /// A picture as the PNG that is served and the hash of it, or none.
    pub(crate) async fn set_avatar(
        &self,
        user: UserId,
        session: Id,
        picture: Option<(String, Vec<u8>)>,
    ) -> Work<Me> {
        let bytes = picture.as_ref().map_or(0, |(_, image)| image.len());
        self.handle
            .work(bytes, move |turn| given(sql::set_avatar(turn, &user, &session, picture.as_ref())))
            .await
    }

    pub(crate) async fn avatar(&self, hash: String) -> Result<Option<Vec<u8>>, ReadError> {
        self.handle.read(move |reader| Ok(sql::avatar(reader.db(), &hash)?)).await
    }

    pub(crate) async fn sessions(&self, user: UserId, current: Id) -> Result<Vec<Session>, ReadError> {
        self.handle.read(move |reader| Ok(sql::list_sessions(reader.db(), &user, &current)?)).await
    }

    pub(crate) async fn end_session(&self, user: UserId, session: Id, which: Id) -> Work<()> {
        self.handle.work(256, move |turn| given(sql::end_session(turn, &user, &session, &which))).await
    }

    /// Signs somebody out everywhere: oneself, or as an admin somebody else.
    pub(crate) async fn sign_out(&self, by: By, user: UserId) -> Work<()> {
        self.handle.work(256, move |turn| given(sql::sign_out(turn, &by, &user))).await
    }

    pub(crate) async fn tokens(&self, by: By, whose: Whose) -> Result<Vec<Token>, AskError> {
        let read = move |reader: &super::sqlite::Reader| {
            let tokens = sql::whose(reader.db(), &by, &whose)
                .and_then(|account| Ok(sql::list_tokens(reader.db(), account.row())?));
            Ok(tokens.map_err(AskError::from))
        };
        self.handle.read(read).await?
    }

    pub(crate) async fn make_token(&self, by: By, whose: Whose, new: NewToken) -> Work<Token> {
        self.handle
            .work(2048, move |turn| {
                let account = sql::whose(turn.db(), &by, &whose);
                given(account.and_then(|account| sql::make_token(turn, &by, &account, &new)))
            })
            .await
    }

    pub(crate) async fn revoke_token(&self, by: By, whose: Whose, id: Id) -> Work<()> {
        self.handle
            .work(256, move |turn| {
                let account = sql::whose(turn.db(), &by, &whose);
                given(account.and_then(|account| sql::revoke_token(turn, &by, &account, &id)))
            })
            .await
    }

    pub(crate) async fn invites(&self, by: By) -> Result<Vec<InviteInfo>, AskError> {
        let read =
            move |reader: &super::sqlite::Reader| Ok(sql::invites(reader.db(), &by).map_err(AskError::from));
        self.handle.read(read).await?
    }

    /// Tells when it ends.
    pub(crate) async fn make_invite(&self, by: By, new: NewInvite) -> Work<String> {
        self.handle.work(1024, move |turn| given(sql::make_invite(turn, &by, &new))).await
    }

    pub(crate) async fn revoke_invite(&self, by: By, id: Id) -> Work<()> {
        self.handle.work(256, move |turn| given(sql::revoke_invite(turn, &by, &id))).await
    }

    pub(crate) async fn users(&self, by: By) -> Result<Vec<Account>, AskError> {
        let read =
            move |reader: &super::sqlite::Reader| Ok(sql::list(reader.db(), &by).map_err(AskError::from));
        self.handle.read(read).await?
    }

    pub(crate) async fn add_user(
        &self,
        by: By,
        new: NewAccount,
        role: Role,
        link: Option<NewLink>,
    ) -> Work<Added> {
        self.handle.work(1024, move |turn| given(sql::add(turn, &by, &new, role, link.as_ref()))).await
    }

    /// Tells when it ends.
    pub(crate) async fn make_reset(&self, by: By, user: UserId, link: NewLink) -> Work<String> {
        self.handle.work(512, move |turn| given(sql::make_reset(turn, &by, &user, &link))).await
    }

    pub(crate) async fn set_role(&self, by: By, user: UserId, role: Role) -> Work<Me> {
        self.handle.work(256, move |turn| given(sql::set_role(turn, &by, &user, role))).await
    }

    pub(crate) async fn set_active(&self, by: By, user: UserId, active: bool) -> Work<()> {
        self.handle.work(256, move |turn| given(sql::set_active(turn, &by, &user, active))).await
    }
}

fn credentials(found: sql::Found) -> Credentials {
    let (user, name, enabled, password) = found.credentials();
    Credentials { user, name, enabled, password }
}
