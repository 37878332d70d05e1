//! What somebody asks about their own account.

use std::net::IpAddr;

use bytes::Bytes;
use protocol::error::{ErrorCode, Refusal};
use protocol::http::{self, Me, PasswordChange, ProfileChange, Sessions, TokenMade, Tokens};
use protocol::ids::{Id, UserId};
use protocol::names::{self, skeleton};
use protocol::people::{self, Scope};

use super::sign_in::{bad_name, bad_password};
use super::{
    Accounts, Caller, Upload, label, new_secret, picture, tell_changed, unasked, unreadable, unwritten,
};
use crate::core::login_limits::Try;
use crate::core::secret::{Kind, Secret};
use crate::store::accounts::{Edit, NewPassword, NewProfile, NewToken, Whose};

/// Degrees of a full turn.
const HUES: i16 = 360;
/// Rooms that a token can be good for, where it is not good for all.
const ROOMS: usize = 100;
/// Days after which a token ends at most, ten years.
const DAYS: u32 = 3660;

impl Accounts {
    pub(crate) async fn change_profile(&self, caller: &Caller, asked: ProfileChange) -> Result<Me, Refusal> {
        let (user, session) = caller.session()?;
        let name = asked.name.as_deref().map(names::name).transpose().map_err(bad_name)?;
        let colour = match asked.colour {
            None => Edit::Keep,
            Some(-1) => Edit::Clear,
            Some(hue @ 0..HUES) => Edit::Set(hue.unsigned_abs()),
            Some(_) => {
                return Err(Refusal::new(
                    ErrorCode::BadFrame,
                    "a colour is a hue of 0 to 359 degrees, or -1",
                ));
            }
        };
        let status = match asked.status.as_deref().map(people::status).transpose() {
            Ok(None) => Edit::Keep,
            Ok(Some(None)) => Edit::Clear,
            Ok(Some(Some(status))) => Edit::Set(status),
            Err(error) => return Err(Refusal::new(ErrorCode::BadFrame, error.to_string())),
        };
        let change = NewProfile { name, colour, status, away: asked.away };
        super::change_profile(self.shared(), user, session, change).await
    }

    /// A place for a picture, to be taken before it is read.
    pub(crate) fn begin_upload(&self, caller: &Caller) -> Result<Upload, Refusal> {
        let (user, _) = caller.session()?;
        self.inner.uploads.begin(user)
    }

    /// Takes a picture, as it was uploaded.
    pub(crate) async fn set_avatar(
        &self,
        caller: &Caller,
        bytes: Bytes,
        upload: Upload,
    ) -> Result<Me, Refusal> {
        let (user, session) = caller.session()?;
        let unavailable = || Refusal::new(ErrorCode::Unavailable, "no picture can be read now");
        let turn = self.inner.pictures.acquire().await.map_err(|_| unavailable())?;
        let small = tokio::task::spawn_blocking(move || {
            // The place is free when the bytes are, also where whoever asked is gone.
            let small = picture::small(&bytes);
            drop((bytes, upload));
            small
        });
        let small = small.await;
        drop(turn);
        // A decoder that panics has read no picture.
        let picture = small.ok().flatten().ok_or_else(|| {
            Refusal::new(ErrorCode::BadImage, "this is no picture that can be read (PNG, JPEG, GIF or WebP)")
        })?;
        let me =
            self.store().set_avatar(user.clone(), session.clone(), Some(picture)).await.map_err(unwritten)?;
        tell_changed(self.shared(), &me);
        Ok(me)
    }

    pub(crate) async fn remove_avatar(&self, caller: &Caller) -> Result<Me, Refusal> {
        let (user, session) = caller.session()?;
        let me = self.store().set_avatar(user.clone(), session.clone(), None).await.map_err(unwritten)?;
        tell_changed(self.shared(), &me);
        Ok(me)
    }

    /// Somebody's picture as PNG.
    pub(crate) async fn avatar(&self, name: &str) -> Result<Vec<u8>, Refusal> {
        let image = self.store().avatar(name.to_owned()).await.map_err(|error| unreadable(&error))?;
        image.ok_or_else(|| Refusal::new(ErrorCode::NotFound, "there is no such picture"))
    }

    /// Changes the password; the other sessions end.
    pub(crate) async fn change_password(
        &self,
        caller: &Caller,
        asked: PasswordChange,
        address: IpAddr,
    ) -> Result<(), Refusal> {
        let (user, session) = caller.session()?;
        // Whoever has found a device unlocked guesses no faster than others.
        let look = skeleton(&caller.me.name);
        let who = Try { address, name: &look, known: Some(session.as_str()) };
        self.admit(|limits, now| limits.admit(who, now))?;
        let found = self.store().credentials_of(user.clone()).await.map_err(|error| unreadable(&error))?;
        let hash = found.and_then(|found| found.password);
        if !self.inner.passwords.verify(people::password(&asked.current), hash.clone()).await? {
            return Err(Refusal::new(ErrorCode::BadLogin, "the present password is wrong"));
        }
        self.limits().succeeded(who);
        let password = people::new_password(&asked.password, &caller.me.name).map_err(bad_password)?;
        let new = NewPassword { verified: hash, hash: self.inner.passwords.hash(password).await? };
        self.store().change_password(user.clone(), session.clone(), new).await.map_err(unwritten)
    }

    pub(crate) async fn sessions(&self, caller: &Caller) -> Result<Sessions, Refusal> {
        let (user, session) = caller.session()?;
        let sessions = self.store().sessions(user.clone(), session.clone()).await;
        Ok(Sessions { sessions: sessions.map_err(|error| unreadable(&error))? })
    }

    pub(crate) async fn end_session(&self, caller: &Caller, which: Id) -> Result<(), Refusal> {
        let (user, session) = caller.session()?;
        self.store().end_session(user.clone(), session.clone(), which).await.map_err(unwritten)
    }

    /// Signs out everywhere, here too.
    pub(crate) async fn end_sessions(&self, caller: &Caller) -> Result<(), Refusal> {
        self.store().sign_out(caller.by()?, caller.identity.user.clone()).await.map_err(unwritten)
    }

    /// One's own tokens, or as an admin a bot's.
    pub(crate) async fn tokens(&self, caller: &Caller, of: Option<UserId>) -> Result<Tokens, Refusal> {
        let tokens = self.store().tokens(caller.by()?, whose(of)).await.map_err(unasked)?;
        Ok(Tokens { tokens })
    }

    pub(crate) async fn make_token(
        &self,
        caller: &Caller,
        of: Option<UserId>,
        asked: http::NewToken,
    ) -> Result<TokenMade, Refusal> {
        let (secret, new) = new_token(asked)?;
        let token = self.store().make_token(caller.by()?, whose(of), new).await.map_err(unwritten)?;
        Ok(TokenMade { secret: secret.expose().to_owned(), token })
    }

    pub(crate) async fn revoke_token(
        &self,
        caller: &Caller,
        of: Option<UserId>,
        token: Id,
    ) -> Result<(), Refusal> {
        self.store().revoke_token(caller.by()?, whose(of), token).await.map_err(unwritten)
    }
}

fn whose(of: Option<UserId>) -> Whose {
    of.map_or(Whose::Own, Whose::Bot)
}

/// A token to be made, and its secret.
pub(crate) fn new_token(asked: http::NewToken) -> Result<(Secret, NewToken), Refusal> {
    let wrong = |reason: &str| Err(Refusal::new(ErrorCode::BadFrame, reason));
    let name = label(&asked.name);
    if name.is_empty() {
        return wrong("a token has a name, by which it is found again");
    }
    let mut scopes = asked.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() || scopes.contains(&Scope::Other) {
        return wrong("a token is good for `read`, `write` or both");
    }
    if asked.rooms.as_ref().is_some_and(|rooms| rooms.is_empty() || rooms.len() > ROOMS) {
        return wrong("a token is good for 1 to 100 rooms, or without `rooms` for all");
    }
    if asked.days.is_some_and(|days| !(1..=DAYS).contains(&days)) {
        return wrong("a token ends after 1 to 3660 days, or without `days` never");
    }
    let secret = new_secret(Kind::Bot)?;
    let (id, hash) = (super::super::new_id(), secret.hash());
    Ok((secret, NewToken { id, hash, name, scopes, rooms: asked.rooms, days: asked.days }))
}
