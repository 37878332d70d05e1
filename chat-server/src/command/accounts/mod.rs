//! Accounts, whatever the door: who somebody is, and what they may ask about accounts.
//!
//! Each request decides in the transaction that changes something (see [`crate::store::accounts`]); here is what must
//! come before it (slow hashes, chance, limits) and after it (who must be told). Connections that an answer puts an
//! end to are closed by the commit itself.

mod admin;
mod own;
mod passwords;
mod picture;
mod sign_in;
#[cfg(test)]
mod tests;
mod uploads;

use std::future::Future;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use protocol::error::{ErrorCode, Refusal};
use protocol::http::{About, LinkMade, Me};
use protocol::ids::{Id, UserId};
use protocol::people::{Guests, Registration};
use protocol::server::ServerFrame;
use protocol::signal::{Profiled, Renamed};

pub(crate) use self::admin::new_invite;
pub(crate) use self::own::new_token;
use self::passwords::Passwords;
pub(crate) use self::passwords::hash as hash_password;
pub(crate) use self::sign_in::{Asking, Entered};
pub(crate) use self::uploads::Upload;
pub(crate) use super::{new_account, new_id};
use crate::core::identity::{Identity, Proof};
use crate::core::login_limits::LoginLimits;
use crate::core::policy::{Action, Actor, Denied, decide};
use crate::core::presence::{Change, Known};
use crate::core::secret::{Kind, Secret};
use crate::core::token;
use crate::hub::{Audience, Shared};
use crate::store::accounts::{AskError, By, NewLink, NewProfile, NewSession, Proven};
use crate::store::{ReadError, Store, WorkError};

/// How often it is looked whose time is over: no new session or token ends sooner than in a day. Not sooner than after
/// the pause.
const LOOK_AGAIN: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(100);

/// What is asked about accounts; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Accounts {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    registration: Registration,
    /// The bytes that a file may have.
    max_file: u64,
    /// What links begin with.
    url: String,
    passwords: Passwords,
    uploads: uploads::Uploads,
    /// One picture at a time is made small.
    pictures: tokio::sync::Semaphore,
    limits: Mutex<LoginLimits>,
}

/// Somebody who is signed in, or a bot.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) identity: Identity,
    pub(crate) me: Me,
}

impl Caller {
    /// Whoever has a session, which a bot's token is not.
    pub(crate) fn session(&self) -> Result<(&UserId, &Id), Refusal> {
        match &self.identity.proof {
            Proof::Session(id) => Ok((&self.identity.user, id)),
            _ => Err(Refusal::new(ErrorCode::Forbidden, "a bot's token is not good for this")),
        }
    }

    fn by(&self) -> Result<By, Refusal> {
        let (user, session) = self.session()?;
        Ok(By::User { user: user.clone(), session: session.clone() })
    }
}

/// Whom a secret proves to be, or nobody (any more). Notes now and then that it is in use.
pub(crate) async fn prove(store: &Store, secret: &Secret) -> Result<Option<Caller>, ReadError> {
    let proven = match secret.kind() {
        Kind::Session => store.session(secret.hash()).await?,
        Kind::Bot => store.bot_token(secret.hash()).await?,
        Kind::Invite | Kind::Reset => None,
    };
    let Some(Proven { id, stale, me, reaches }) = proven else { return Ok(None) };
    if stale {
        let (store, id, is_token) = (store.clone(), id.clone(), reaches.is_some());
        tokio::spawn(async move { store.touch(id, is_token).await });
    }
    let proof = match reaches {
        Some(reaches) => Proof::Token { id, reaches },
        None => Proof::Session(id),
    };
    Ok(Some(Caller { identity: Identity { user: me.user.clone(), proof }, me }))
}

impl Accounts {
    pub(crate) fn new(shared: Arc<Shared>, registration: Registration, max_file: u64, url: String) -> Self {
        let inner = Inner {
            shared,
            registration,
            max_file,
            url,
            passwords: Passwords::default(),
            uploads: uploads::Uploads::default(),
            pictures: tokio::sync::Semaphore::new(1),
            limits: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Whom a secret proves to be; what proves nothing (any more) is refused.
    pub(crate) async fn prove(&self, secret: &Secret) -> Result<Caller, Refusal> {
        prove(self.store(), secret).await.map_err(|error| unreadable(&error))?.ok_or_else(signed_out)
    }

    /// Which guest a token proves, where guests are let in; who has an account now is to sign in.
    pub(crate) async fn prove_guest(&self, token: &str) -> Result<UserId, Refusal> {
        decide(&Actor::guest(self.guests()), Action::Connect).map_err(Denied::refusal)?;
        let user = token::verify(self.store().secret(), token).ok_or_else(signed_out)?;
        match self.store().has_account(user.clone()).await {
            Ok(false) => Ok(user),
            Ok(true) => Err(Refusal::new(ErrorCode::SignIn, "this guest has an account now: sign in")),
            Err(error) => Err(unreadable(&error)),
        }
    }

    /// What somebody who is not signed in must know.
    pub(crate) async fn about(&self) -> Result<About, Refusal> {
        Ok(About {
            server: concat!("chat-server/", env!("CARGO_PKG_VERSION")).to_owned(),
            guests: self.inner.shared.guests,
            registration: self.inner.registration,
            max_file: self.inner.max_file,
            owned: self.store().has_owner().await.map_err(|error| unreadable(&error))?,
        })
    }

    /// The link by which the first owner is made, where there is none yet; an earlier one ends. A disk that takes no
    /// link keeps nobody from what can be read: then an earlier one holds still, and the next start makes another.
    pub(crate) async fn owner_link(&self) -> Option<String> {
        match self.make_owner_link().await {
            Ok(link) => link,
            Err(refusal) => {
                tracing::error!(
                    "the link that makes the first owner could not be stored: {}. Start again when it can be, or use \
                     `chat-server user add --owner`",
                    refusal.reason
                );
                None
            }
        }
    }

    async fn make_owner_link(&self) -> Result<Option<String>, Refusal> {
        // Where there is an owner nothing is written.
        if self.store().has_owner().await.map_err(|error| unreadable(&error))? {
            return Ok(None);
        }
        let (secret, link) = new_link(Kind::Invite)?;
        let made = self.store().make_owner_link(link).await.map_err(unwritten)?;
        Ok(made.then(|| self.invite_address(&secret)))
    }

    /// Keeps the names of all accounts from guests. To be called before anybody connects.
    pub(crate) async fn keep_names(&self) -> Result<(), ReadError> {
        let names = self.store().account_names().await?;
        let mut presence = self.inner.shared.presence();
        for (skeleton, user) in names {
            presence.reserve_skeleton(&user, &skeleton);
        }
        Ok(())
    }

    /// The time since the server started by which rates are counted; `None` where they are not.
    pub(crate) fn counted_now(&self) -> Option<Duration> {
        self.inner.shared.limited.then(|| self.inner.shared.now())
    }

    /// Has sessions and tokens end when their time is over, also those of connections that are open. Never ends.
    pub(crate) async fn end_old(self) {
        loop {
            let next = match self.store().end_old().await {
                Ok(next) => next.unwrap_or(LOOK_AGAIN),
                Err(error) => {
                    tracing::warn!(%error, "sessions and tokens whose time is over could not be ended");
                    LOOK_AGAIN
                }
            };
            tokio::time::sleep(next.clamp(PAUSE, LOOK_AGAIN)).await;
        }
    }

    /// What guests may do.
    pub(crate) fn guests(&self) -> Guests {
        self.inner.shared.guests
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.inner.shared
    }

    fn store(&self) -> &Store {
        &self.inner.shared.store
    }

    fn limits(&self) -> MutexGuard<'_, LoginLimits> {
        // Counts are whole after every statement.
        self.inner.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn invite_address(&self, secret: &Secret) -> String {
        format!("{}/#invite={}", self.inner.url, secret.expose())
    }

    fn reset_address(&self, secret: &Secret) -> String {
        format!("{}/#reset={}", self.inner.url, secret.expose())
    }

    fn link_made(&self, secret: &Secret, id: Id, expires: String) -> LinkMade {
        let link = match secret.kind() {
            Kind::Reset => self.reset_address(secret),
            _ => self.invite_address(secret),
        };
        LinkMade { id, link, secret: secret.expose().to_owned(), expires }
    }
}

/// Changes what somebody tells of themselves, and tells the people in their rooms.
pub(crate) async fn change_profile(
    shared: &Arc<Shared>,
    user: &UserId,
    session: &Id,
    change: NewProfile,
) -> Result<Me, Refusal> {
    let (shared, user, session) = (Arc::clone(shared), user.clone(), session.clone());
    to_its_end(async move {
        let store = shared.store.clone();
        let name = change.name.clone();
        let changed = store.change_profile(user.clone(), session, change);
        let (me, freed) = match &name {
            Some(name) => naming(&shared, &user, name, changed).await?,
            None => changed.await.map_err(unwritten)?,
        };
        for skeleton in &freed {
            shared.presence().give_up_skeleton(&user, skeleton);
        }
        tell_changed(&shared, &me);
        Ok(me)
    })
    .await
}

/// Has work go on to its end where whoever asked for it goes away meanwhile: what is stored must be remembered and told,
/// and what is not must be forgotten.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::spawn(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a piece of work about accounts broke off");
        Err(Refusal::new(ErrorCode::Unavailable, "it could not be done"))
    })
}

/// Does work by which an account gets a name. Until it is stored the name is kept from guests who are there, and from
/// whoever comes; where nothing came of it, it is free again. To be carried [to its end](to_its_end).
async fn naming<T>(
    shared: &Shared,
    user: &UserId,
    name: &str,
    work: impl Future<Output = Result<T, WorkError<Refusal>>>,
) -> Result<T, Refusal> {
    let is_new = {
        let mut presence = shared.presence();
        let is_new = !presence.is_reserved(user, name);
        if is_new && !presence.reserve(user, name) {
            let reason = "somebody has this name, or one that looks like it";
            return Err(Refusal::new(ErrorCode::NameTaken, reason));
        }
        is_new
    };
    let done = work.await;
    let mut presence = shared.presence();
    match &done {
        // Another piece of work about the same name may have failed meanwhile, and given it up.
        Ok(_) => drop(presence.reserve(user, name)),
        Err(_) if is_new => presence.give_up(user, name),
        Err(_) => {}
    }
    drop(presence);
    done.map_err(unwritten)
}

/// Tells the people in somebody's rooms what changed about them.
fn tell_changed(shared: &Shared, me: &Me) {
    let (renamed, changed) = {
        let mut presence = shared.presence();
        let is_called = presence.name(&me.user);
        let renamed =
            is_called.filter(|name| *name != me.name).and_then(|_| presence.rename(&me.user, &me.name));
        (renamed, presence.set_known(&known(me)))
    };
    if let Some(Change { rooms, name, value }) = renamed {
        for room in rooms {
            let (user, from, to) = (me.user.clone(), value.clone(), name.clone());
            let told = Renamed { room: room.clone(), user, from, to };
            shared.signal(&room, &ServerFrame::Renamed(told), Audience::Full, None);
        }
    }
    for room in changed.map(|change| change.rooms).unwrap_or_default() {
        let told = Profiled {
            room: room.clone(),
            user: me.user.clone(),
            sender: me.name.clone(),
            role: me.role,
            profile: me.profile.clone(),
        };
        shared.signal(&room, &ServerFrame::Profile(told), Audience::Full, None);
    }
}

/// What presence is told of an account.
pub(crate) fn known(me: &Me) -> Known {
    Known { user: me.user.clone(), name: me.name.clone(), role: me.role, profile: me.profile.clone() }
}

/// A new session and its secret.
fn new_session(device: Option<&str>, address: IpAddr) -> Result<(Secret, NewSession), Refusal> {
    let secret = new_secret(Kind::Session)?;
    let device = device.map_or_else(String::new, label);
    let session =
        NewSession { id: super::new_id(), hash: secret.hash(), device, address: address.to_string() };
    Ok((secret, session))
}

fn new_link(kind: Kind) -> Result<(Secret, NewLink), Refusal> {
    let secret = new_secret(kind)?;
    let link = NewLink { id: super::new_id(), hash: secret.hash() };
    Ok((secret, link))
}

/// A new secret, of the system's chance.
pub(crate) fn new_secret(kind: Kind) -> Result<Secret, Refusal> {
    let mut chance = [0; 32];
    getrandom::fill(&mut chance).map_err(|error| {
        tracing::error!(%error, "the system has no chance to give");
        Refusal::new(ErrorCode::Unavailable, "no secret can be made now")
    })?;
    Ok(Secret::new(kind, chance))
}

/// A name for a list, one line and not long.
pub(crate) fn label(text: &str) -> String {
    let line: String = text.trim().chars().filter(|c| !c.is_control()).collect();
    line.chars().take(protocol::limits::STATUS_CHARS).collect()
}

pub(crate) fn signed_out() -> Refusal {
    Refusal::new(ErrorCode::SignIn, "you are not signed in (any more)")
}

fn unreadable(error: &ReadError) -> Refusal {
    tracing::warn!(%error, "a question about accounts could not be answered");
    Refusal::new(ErrorCode::Unavailable, "the store cannot be read now")
}

fn unasked(error: AskError) -> Refusal {
    match error {
        AskError::Refused(refusal) => refusal,
        AskError::Read(error) => unreadable(&error),
    }
}

/// What to answer where nothing was written.
pub(crate) fn unwritten(error: WorkError<Refusal>) -> Refusal {
    match error {
        WorkError::Refused(refusal) => refusal,
        WorkError::StorageFull => Refusal::new(ErrorCode::StorageFull, "the server's disk is full"),
        WorkError::Unavailable => Refusal::new(ErrorCode::Unavailable, "the store cannot be written now"),
    }
}
