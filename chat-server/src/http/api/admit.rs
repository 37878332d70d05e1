//! Who asks, from where, and whether a route is for them.

use http::{Method, header};
use protocol::error::{ErrorCode, Refusal};
use protocol::http::{For, Route};
use protocol::ids::UserId;
use protocol::people::Role;

use super::cookie::Jar;
use super::{Api, Request};
use crate::command::accounts::{Caller, signed_out};
use crate::core::policy::{Action, Actor, OfAccounts, Reaches, decide};
use crate::core::secret::{Kind, Secret};
use crate::store::deeds::Author;

/// Who asks.
#[derive(Debug, Clone)]
pub(super) enum Asker {
    /// Nobody who says who they are.
    Nobody,
    /// A guest who said their token.
    Guest(UserId),
    /// Somebody who is signed in, or a bot; and the secret that proves it.
    Account(Box<Caller>, Secret),
}

/// What a request says to prove who asks.
enum Said {
    Secret(Secret),
    /// What has the form of a guest's token.
    Guest(String),
}

impl Asker {
    pub(super) fn account(self) -> Option<Caller> {
        match self {
            Self::Account(caller, _) => Some(*caller),
            Self::Nobody | Self::Guest(_) => None,
        }
    }

    /// As somebody who does something; nobody in particular is a guest who did nothing before.
    pub(super) fn author(&self) -> Author {
        let guest =
            |user| Author { user, name: "guest".into(), guest: true, reaches: Reaches::FULL, server: false };
        match self {
            Self::Nobody => guest(UserId::new("g-0").expect("it is an id")),
            Self::Guest(user) => guest(user.clone()),
            Self::Account(caller, _) => Author {
                user: caller.identity.user.clone(),
                name: caller.me.name.as_str().into(),
                guest: false,
                reaches: caller.identity.reaches(),
                server: false,
            },
        }
    }
}

impl Api {
    /// Whether the route is for whoever asks.
    pub(super) async fn admit(&self, request: &Request, route: &Route, jar: &Jar) -> Result<Asker, Refusal> {
        self.check_site(request)?;
        let now = self.accounts.counted_now();
        if let Some(now) = now {
            self.limits.admit_network(request.address, now)?;
        }
        let asker = match said(request, jar)? {
            Some(Said::Secret(secret)) => match self.accounts.prove(&secret).await {
                Ok(caller) => Asker::Account(Box::new(caller), secret),
                // Whoever signs in need not be signed in.
                Err(refusal) if refusal.code == ErrorCode::SignIn && route.who == For::All => Asker::Nobody,
                Err(refusal) => return Err(refusal),
            },
            Some(Said::Guest(token)) if matches!(route.who, For::Readers | For::Guests) => {
                Asker::Guest(self.accounts.prove_guest(&token).await?)
            }
            Some(Said::Guest(_)) => return Err(signed_out()),
            None => Asker::Nobody,
        };
        if let (Some(now), Asker::Account(..) | Asker::Guest(_)) = (now, &asker) {
            self.limits.admit_account(&asker.author().user, now)?;
        }
        let forbidden = || Refusal::new(ErrorCode::Forbidden, "you may not do this");
        let (is_person, role) = match &asker {
            Asker::Account(caller, _) => (caller.session().is_ok(), caller.me.role),
            Asker::Nobody | Asker::Guest(_) => (false, Role::Guest),
        };
        match (route.who, &asker) {
            (For::All, _)
            | (For::Guests, Asker::Guest(_))
            | (For::Readers | For::Guests | For::Accounts, Asker::Account(..)) => Ok(asker),
            (For::Readers, _) if self.shows_guests() => Ok(asker),
            (For::People | For::Admins, Asker::Account(..)) if !is_person => Err(forbidden()),
            (For::Admins, Asker::Account(..)) if role < Role::Admin => Err(forbidden()),
            (For::People | For::Admins, Asker::Account(..)) => Ok(asker),
            _ => Err(Refusal::new(ErrorCode::SignIn, "for this you must be signed in")),
        }
    }

    /// Whether guests see pictures.
    fn shows_guests(&self) -> bool {
        let guest = Actor::guest(self.accounts.guests());
        decide(&guest, Action::Accounts(OfAccounts::SeePictures)).is_ok()
    }

    /// Refuses what a page of another site has a browser ask.
    fn check_site(&self, request: &Request) -> Result<(), Refusal> {
        let refuse = |reason: String| Err(Refusal::new(ErrorCode::BadOrigin, reason));
        let mut sites = request.headers.get_all("sec-fetch-site").iter();
        if sites.any(|site| site != "same-origin" && site != "none") {
            return refuse("This chat is not for pages of other sites.".to_owned());
        }
        match self.names.check_origin(&request.headers) {
            Ok(()) => Ok(()),
            Err(refused) => refuse(refused.reason),
        }
    }
}

/// What the request brings to prove who asks: a token, or a browser's cookie where its page is ours.
fn said(request: &Request, jar: &Jar) -> Result<Option<Said>, Refusal> {
    if let Some(said) = request.headers.get(header::AUTHORIZATION) {
        let said = said.to_str().unwrap_or_default();
        let token = said.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let token = token.map(|(_, token)| token.trim()).ok_or_else(signed_out)?;
        let secret = Secret::parse(token).filter(|secret| matches!(secret.kind(), Kind::Session | Kind::Bot));
        return match secret {
            Some(secret) => Ok(Some(Said::Secret(secret))),
            None if token.starts_with("g-") => Ok(Some(Said::Guest(token.to_owned()))),
            None => Err(signed_out()),
        };
    }
    let Some(secret) = jar.session(&request.headers) else { return Ok(None) };
    let reads = matches!(request.method, Method::GET | Method::HEAD);
    if !reads && !request.is_browser() {
        let reason = "a cookie counts only for requests of our own page, which say their Origin";
        return Err(Refusal::new(ErrorCode::BadOrigin, reason));
    }
    Ok(Some(Said::Secret(secret)))
}
