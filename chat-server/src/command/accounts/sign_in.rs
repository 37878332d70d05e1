//! Signing in and out, and making an account.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use protocol::error::{ErrorCode, Refusal};
use protocol::http::{Login, Me, PasswordReset, Register};
use protocol::ids::UserId;
use protocol::limits::NAME_CHARS;
use protocol::names::{self, skeleton};
use protocol::people::{self, Registration};

use super::{Accounts, Caller, naming, new_session, to_its_end, unreadable, unwritten};
use crate::core::login_limits::Try;
use crate::core::secret::{Kind, Secret};
use crate::core::token;
use crate::store::accounts::{NewAccount, Registered};

/// What of a name is looked at: each character of a name may be written with marks of its own behind it, of 4 bytes.
const NAME_BYTES: usize = NAME_CHARS * 4 * 4;

/// Who asks, before it is known who that is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'a> {
    /// From where.
    pub(crate) address: IpAddr,
    /// What proves that this device was signed in before.
    pub(crate) known: Option<&'a str>,
}

/// Somebody who signed in.
#[derive(Debug)]
pub(crate) struct Entered {
    pub(crate) me: Me,
    /// The session's.
    pub(crate) secret: Secret,
    /// The device's.
    pub(crate) known: String,
}

impl Accounts {
    /// Signs in with a name and a password. Whether the name or the password is wrong is not told, nor shown by the
    /// time that it takes.
    pub(crate) async fn login(&self, asked: Login, asking: Asking<'_>) -> Result<Entered, Refusal> {
        // Nobody is called by more than this, however it is composed: such a name is nobody's, like an empty one.
        let name = Some(asked.name.trim()).filter(|name| name.len() <= NAME_BYTES).unwrap_or_default();
        let look = skeleton(name);
        let found = self.store().credentials(name.to_owned()).await;
        let found = found.map_err(|error| unreadable(&error))?;
        let nobody = UserId::new("nobody").expect("it is an id");
        let user = found.as_ref().map_or(&nobody, |found| &found.user);
        let known = asking.known.or(asked.known.as_deref());
        let known = known.and_then(|known| token::verify_known(self.store().secret(), user, known));
        let who = Try { address: asking.address, name: &look, known };
        self.admit(|limits, now| limits.admit(who, now))?;

        let hash = found.as_ref().filter(|found| found.enabled).and_then(|found| found.password.clone());
        let right = self.inner.passwords.verify(people::password(&asked.password), hash.clone()).await?;
        let (Some(found), Some(hash), true) = (found, hash, right) else { return Err(bad_login()) };
        self.limits().succeeded(Try { known, ..who });
        let (secret, session) = new_session(asked.device.as_deref(), asking.address)?;
        let signed_in = self.store().sign_in(found.user, hash, session).await;
        // It changed since it was read: then what was said is wrong.
        let me = signed_in.map_err(unwritten).map_err(|refusal| match refusal.code {
            ErrorCode::NotFound => bad_login(),
            _ => refusal,
        })?;
        self.entered(me, secret)
    }

    /// Makes an account for whoever asks, and signs them in.
    pub(crate) async fn register(&self, asked: Register, asking: Asking<'_>) -> Result<Entered, Refusal> {
        self.admit(|limits, now| limits.admit_secret(asking.address, now))?;
        let invite = match &asked.invite {
            // People copy the whole link, too.
            Some(text) => {
                let text = text.trim().rsplit('=').next().unwrap_or_default();
                let secret = Secret::parse(text).filter(|secret| secret.kind() == Kind::Invite);
                let hash = secret.ok_or_else(bad_link)?.hash();
                if !self.store().is_invite(hash).await.map_err(|error| unreadable(&error))? {
                    return Err(bad_link());
                }
                Some(hash)
            }
            None if self.inner.registration == Registration::Open => None,
            None => return Err(Refusal::new(ErrorCode::BadLink, "an account is made with an invite")),
        };
        let name = names::name(&asked.name).map_err(bad_name)?;
        let password = people::new_password(&asked.password, &name).map_err(bad_password)?;
        let user = match &asked.guest {
            Some(guest) => token::verify(self.store().secret(), guest)
                .ok_or_else(|| Refusal::new(ErrorCode::SignIn, "this guest's token is not valid"))?,
            None => super::super::new_account(),
        };
        let hash = self.inner.passwords.hash(password).await?;
        let (secret, session) = new_session(asked.device.as_deref(), asking.address)?;
        let account = NewAccount { user: user.clone(), name: name.clone(), bot: false, password: Some(hash) };
        let registered = Registered { account, invite, session };
        let (shared, registration) = (Arc::clone(self.shared()), self.inner.registration);
        let me = to_its_end(async move {
            let store = shared.store.clone();
            naming(&shared, &user, &name, store.register(registered, registration)).await
        });
        let me = me.await?;
        self.entered(me, secret)
    }

    /// Sets a new password with a one-time link, and signs in.
    pub(crate) async fn reset(&self, asked: PasswordReset, asking: Asking<'_>) -> Result<Entered, Refusal> {
        self.admit(|limits, now| limits.admit_secret(asking.address, now))?;
        let text = asked.link.trim().rsplit('=').next().unwrap_or_default();
        let link =
            Secret::parse(text).filter(|secret| secret.kind() == Kind::Reset).ok_or_else(bad_link)?.hash();
        let name =
            self.store().reset_of(link).await.map_err(|error| unreadable(&error))?.ok_or_else(bad_link)?;
        let password = people::new_password(&asked.password, &name).map_err(bad_password)?;
        let hash = self.inner.passwords.hash(password).await?;
        let (secret, session) = new_session(asked.device.as_deref(), asking.address)?;
        let me = self.store().reset(link, hash, session).await.map_err(unwritten)?;
        self.entered(me, secret)
    }

    /// Ends the session that asks; a bot's token is withdrawn where it was made.
    pub(crate) async fn logout(&self, caller: &Caller) -> Result<(), Refusal> {
        let (user, session) = caller.session()?;
        self.store().end_session(user.clone(), session.clone(), session.clone()).await.map_err(unwritten)
    }

    fn entered(&self, me: Me, secret: Secret) -> Result<Entered, Refusal> {
        let mut device = [0; 16];
        getrandom::fill(&mut device)
            .map_err(|_| Refusal::new(ErrorCode::Unavailable, "no secret can be made now"))?;
        let known = token::issue_known(self.store().secret(), &me.user, u128::from_be_bytes(device));
        Ok(Entered { me, secret, known })
    }

    pub(super) fn admit(
        &self,
        take: impl FnOnce(&mut crate::core::login_limits::LoginLimits, Duration) -> Result<(), Duration>,
    ) -> Result<(), Refusal> {
        if !self.inner.shared.limited {
            return Ok(());
        }
        take(&mut self.limits(), self.inner.shared.now()).map_err(|wait| {
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
            Refusal::new(ErrorCode::RateLimited, "too many tries: wait a little").with_retry_ms(wait_ms)
        })
    }
}

fn bad_login() -> Refusal {
    Refusal::new(ErrorCode::BadLogin, "the name or the password is wrong")
}

fn bad_link() -> Refusal {
    Refusal::new(ErrorCode::BadLink, "this link is not valid (any more)")
}

pub(super) fn bad_name(error: names::NameError) -> Refusal {
    Refusal::new(ErrorCode::BadName, error.to_string())
}

pub(super) fn bad_password(error: people::PasswordError) -> Refusal {
    Refusal::new(ErrorCode::BadPassword, error.to_string())
}
