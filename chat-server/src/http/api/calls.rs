//! What each route does: a command, and its answer.

use bytes::{Buf, Bytes};
use futures_util::Stream;
use http::StatusCode;
use protocol::error::{ErrorCode, Refusal};
use protocol::http::{Call, Me, RoleChange, Route, SignedIn};
use protocol::ids::{Id, UserId};

use super::answer::{Answer, text};
use super::cookie::Jar;
use super::{Api, Body, Request};
use crate::command::accounts::{Asking, Caller, Entered};

type Answered = Result<Answer, Refusal>;

impl Api {
    /// Carries out what was admitted.
    pub(super) async fn call<S, B>(
        &self,
        route: &Route,
        request: &Request,
        parts: &[&str],
        caller: Option<Caller>,
        body: Body<'_, S>,
        jar: &Jar,
    ) -> Answered
    where
        S: Stream<Item = Result<B, warp::Error>>,
        B: Buf,
    {
        let accounts = &self.accounts;
        let asking = Asking { address: request.address, known: jar.device(&request.headers) };
        let entered = |status, entered| Ok(enter(status, request, jar, entered));
        // Whoever is not signed in was refused before, where a route is for people.
        let caller = match route.call {
            Call::About => return Ok(Answer::ok(&accounts.about().await?)),
            Call::Register => {
                return entered(StatusCode::CREATED, accounts.register(body.json().await?, asking).await?);
            }
            Call::Login => return entered(StatusCode::OK, accounts.login(body.json().await?, asking).await?),
            Call::Reset => return entered(StatusCode::OK, accounts.reset(body.json().await?, asking).await?),
            Call::Logout => {
                if let Some(caller) = caller.filter(|caller| caller.session().is_ok()) {
                    accounts.logout(&caller).await?;
                }
                return Ok(Answer::SignedOut);
            }
            Call::Avatar => {
                return Ok(Answer::Picture(Bytes::from(accounts.avatar(parts[0]).await?)));
            }
            _ => &caller.ok_or_else(crate::command::accounts::signed_out)?,
        };
        let me = |me: Me| Ok(Answer::ok(&me));
        match route.call {
            Call::About | Call::Register | Call::Login | Call::Reset | Call::Logout | Call::Avatar => {
                unreachable!("answered above")
            }
            Call::Announce
            | Call::SendPiece
            | Call::UploadOffset
            | Call::CancelUpload
            | Call::Fetch
            | Call::FetchThumb => {
                unreachable!("files are answered elsewhere")
            }
            Call::Me => me(caller.me.clone()),
            Call::ChangeProfile => me(accounts.change_profile(caller, body.json().await?).await?),
            Call::SetAvatar => {
                let upload = accounts.begin_upload(caller)?;
                me(accounts.set_avatar(caller, body.picture().await?, upload).await?)
            }
            Call::RemoveAvatar => me(accounts.remove_avatar(caller).await?),
            Call::ChangePassword => {
                done(accounts.change_password(caller, body.json().await?, request.address).await)
            }
            Call::Sessions => Ok(Answer::ok(&accounts.sessions(caller).await?)),
            Call::EndSessions => accounts.end_sessions(caller).await.map(|()| Answer::SignedOut),
            Call::EndSession => done(accounts.end_session(caller, id(parts[0])?).await),
            Call::Tokens => Ok(Answer::ok(&accounts.tokens(caller, None).await?)),
            Call::MakeToken => {
                Ok(Answer::created(&accounts.make_token(caller, None, body.json().await?).await?))
            }
            Call::RevokeToken => done(accounts.revoke_token(caller, None, id(parts[0])?).await),
            Call::Invites => Ok(Answer::ok(&accounts.invites(caller).await?)),
            Call::Invite => Ok(Answer::created(&accounts.make_invite(caller, body.json().await?).await?)),
            Call::RevokeInvite => done(accounts.revoke_invite(caller, id(parts[0])?).await),
            Call::Users => Ok(Answer::ok(&accounts.users(caller).await?)),
            Call::AddUser => Ok(Answer::created(&accounts.add_user(caller, body.json().await?).await?)),
            Call::ResetUser => Ok(Answer::created(&accounts.reset_user(caller, user(parts[0])?).await?)),
            Call::SetRole => {
                let RoleChange { role } = body.json().await?;
                done(accounts.set_role(caller, user(parts[0])?, role).await)
            }
            Call::Deactivate => done(accounts.set_active(caller, user(parts[0])?, false).await),
            Call::Reactivate => done(accounts.set_active(caller, user(parts[0])?, true).await),
            Call::SignOutUser => done(accounts.sign_out_user(caller, user(parts[0])?).await),
            Call::TokensOf => Ok(Answer::ok(&accounts.tokens(caller, Some(user(parts[0])?)).await?)),
            Call::MakeTokenOf => {
                let of = Some(user(parts[0])?);
                Ok(Answer::created(&accounts.make_token(caller, of, body.json().await?).await?))
            }
            Call::RevokeTokenOf => {
                done(accounts.revoke_token(caller, Some(user(parts[0])?), id(parts[1])?).await)
            }
            Call::Audit => Ok(Answer::ok(&accounts.audit(caller, None).await?)),
            Call::AuditBefore => {
                let before = parts[0].parse().map_err(|_| nothing())?;
                Ok(Answer::ok(&accounts.audit(caller, Some(before)).await?))
            }
        }
    }
}

/// Somebody signed in. A browser has the secrets as cookies, which no script reads; others as text.
fn enter(status: StatusCode, request: &Request, jar: &Jar, entered: Entered) -> Answer {
    let Entered { me, secret, known } = entered;
    let cookies = jar.keep(&secret, &known);
    let as_text = !request.is_browser();
    let signed_in =
        SignedIn { me, token: as_text.then(|| secret.expose().to_owned()), known: as_text.then_some(known) };
    Answer::SignedIn(status, text(&signed_in), cookies)
}

fn done(result: Result<(), Refusal>) -> Answered {
    result.map(|()| Answer::Done)
}

fn id(text: &str) -> Result<Id, Refusal> {
    Id::new(text).map_err(|_| nothing())
}

fn user(text: &str) -> Result<UserId, Refusal> {
    UserId::new(text).map_err(|_| nothing())
}

fn nothing() -> Refusal {
    Refusal::new(ErrorCode::NotFound, "there is nothing here")
}
