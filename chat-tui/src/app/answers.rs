//! What came of requests over HTTP, taken into the model.

use protocol::error::ErrorCode;
use protocol::http::{
    About, Account, Call, Invites, LinkMade, Me, Sessions, SignedIn, TokenMade, Tokens, UserMade, Users,
};
use protocol::ids::UserId;
use serde::de::DeserializeOwned;

use super::sheet::Listed;
use super::{Effect, Known, Layer, Model, commands, safe, sheet};
use crate::api::{Answer, Failure, Hidden, Request};

pub(super) fn take(model: &mut Model, request: &Request, answer: Answer) -> Vec<Effect> {
    match answer {
        Ok(body) => done(model, request, &body).unwrap_or_else(|| {
            model.complain("the server's answer cannot be read");
            Vec::new()
        }),
        Err(failure) => {
            failed(model, request, &failure);
            Vec::new()
        }
    }
}

fn failed(model: &mut Model, request: &Request, failure: &Failure) {
    let reason = safe::line(&failure.reason);
    if let Some(Layer::Form(form)) = model.layers.last_mut()
        && form.busy
    {
        form.busy = false;
        form.error = Some(reason);
        return;
    }
    if request.call == Call::Users && model.again.take().is_some() {
        model.complain("nobody of that name is known here");
    } else if request.shown {
        let hint = match failure.code {
            Some(ErrorCode::SignIn) if !model.is_signed_in() => "; /login or /register",
            _ => "",
        };
        model.complain(format!("{reason}{hint}"));
    }
}

/// `None` where the answer cannot be read.
fn done(model: &mut Model, request: &Request, body: &Hidden) -> Option<Vec<Effect>> {
    let offset = model.offset;
    match request.call {
        Call::Users => {
            let users: Users = read(body)?;
            let known =
                |account: &Account| Known { user: account.user.clone(), name: safe::line(&account.name) };
            model.accounts = users.users.iter().map(known).collect();
            for account in &users.users {
                model.learn_hue(&account.user, &account.profile);
            }
            if let Some(line) = model.again.take() {
                return Some(commands::carry_out_knowing(model, &line));
            }
            if request.shown {
                show(model, sheet::accounts(&users, offset));
            }
        }
        Call::Sessions => {
            let sessions: Sessions = read(body)?;
            let ids = sessions.sessions.iter().map(|session| session.session.clone());
            model.listed = Listed::Sessions(ids.collect());
            show(model, sheet::sessions(&sessions.sessions, offset));
        }
        Call::Tokens | Call::TokensOf => {
            let tokens: Tokens = read(body)?;
            let ids = tokens.tokens.iter().map(|token| token.token.clone());
            model.listed =
                if request.call == Call::Tokens { Listed::Tokens(ids.collect()) } else { Listed::Nothing };
            show(model, sheet::tokens(&tokens.tokens, offset));
        }
        Call::Invites => {
            let invites: Invites = read(body)?;
            model.listed =
                Listed::Invites(invites.invites.iter().map(|invite| invite.invite.clone()).collect());
            show(model, sheet::invites(&invites, offset));
        }
        Call::MakeToken | Call::MakeTokenOf => {
            let made: TokenMade = read(body)?;
            show(model, sheet::token_made(&made.secret, &made.token, offset));
            return Some(vec![Effect::Copy(made.secret)]);
        }
        Call::Invite => return Some(link(model, "An invite: shown this once", read(body)?)),
        Call::ResetUser => {
            return Some(link(model, "A link for a new password: shown this once", read(body)?));
        }
        Call::AddUser => {
            let made: UserMade = read(body)?;
            let title =
                format!("The account of {}: its link is shown this once", safe::line(&made.account.name));
            match made.link {
                Some(made) => return Some(link(model, &title, made)),
                None => model.say(format!("the bot {} has an account now", safe::line(&made.account.name))),
            }
        }
        Call::About => model.guests = read::<About>(body)?.guests,
        Call::SetAvatar => model.say("your picture is shown beside your name, where pictures are"),
        Call::RemoveAvatar => model.say("your picture is taken away"),
        Call::ChangeProfile => profile(model, &read(body)?),
        Call::Login | Call::Register | Call::Reset => {
            let signed_in: SignedIn = read(body)?;
            model.layers.retain(|layer| !matches!(layer, Layer::Form(_) | Layer::Name { .. }));
            model.sign_in = None;
            model.say(format!("signed in as {}", safe::line(&signed_in.me.name)));
        }
        Call::ChangePassword => {
            model.layers.retain(|layer| !matches!(layer, Layer::Form(_)));
            model.say("the password is changed; all other devices are signed out");
        }
        Call::EndSession => model.say("that device is signed out"),
        Call::RevokeToken | Call::RevokeTokenOf => model.say("that token is withdrawn"),
        Call::RevokeInvite => model.say("that invite is withdrawn"),
        Call::SetRole => about(model, request, "has another role"),
        Call::Deactivate => about(model, request, "is deactivated"),
        Call::Reactivate => about(model, request, "can sign in again"),
        Call::SignOutUser => about(model, request, "is signed out everywhere"),
        _ if request.shown => model.say("done"),
        _ => {}
    }
    Some(Vec::new())
}

/// Tells what became of the person whom a request names.
fn about(model: &mut Model, request: &Request, what: &str) {
    let user = request.parts.first().and_then(|user| UserId::new(user).ok());
    let name = user.map(|user| super::names::name_of(model, &user)).unwrap_or_default();
    model.say(format!("{name} {what}"));
}

fn profile(model: &mut Model, me: &Me) {
    let (name, status) = (safe::line(&me.name), me.profile.status.as_deref().map(safe::line));
    let mut about = vec![format!("you are {name}")];
    about.extend(status.map(|status| format!("“{status}”")));
    if me.profile.away {
        about.push("away".to_owned());
    }
    if let Some(known) = &mut model.me {
        known.name = name;
        known.away = me.profile.away;
    }
    model.learn_hue(&me.user, &me.profile);
    about.extend(me.profile.colour.map(|hue| format!("your name has the hue {hue}")));
    model.say(about.join(" · "));
}

fn link(model: &mut Model, title: &str, made: LinkMade) -> Vec<Effect> {
    let offset = model.offset;
    show(model, sheet::link_made(title, &made.link, &made.expires, offset));
    vec![Effect::Copy(made.link)]
}

pub(super) fn show(model: &mut Model, sheet: sheet::Sheet) {
    model.layers.retain(|layer| !matches!(layer, Layer::Sheet(_)));
    model.layers.push(Layer::Sheet(sheet));
}

fn read<T: DeserializeOwned>(body: &Hidden) -> Option<T> {
    serde_json::from_str(&body.0).ok()
}
