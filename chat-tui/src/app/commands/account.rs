//! Commands about one's own account, and about accounts as such.

use protocol::http::{Call, NewInvite, NewToken, NewUser, ProfileChange, RoleChange};
use protocol::limits::STATUS_CHARS;
use protocol::people::{Role, Scope};

use super::{Line, call, first_word, refuse, usage};
use crate::api::Request;
use crate::app::sheet::Listed;
use crate::app::{Effect, Form, Layer, Model};

const SIGN_IN: &str = "for this one must be signed in; /login or /register";

pub(super) fn profile(model: &mut Model, line: &Line<'_>) -> Vec<Effect> {
    let mut change = ProfileChange::default();
    match (line.name, line.argument) {
        ("/status", text) if text.chars().count() > STATUS_CHARS => {
            return refuse(model, &format!("a status has at most {STATUS_CHARS} characters"));
        }
        ("/status", text) => change.status = Some(text.to_owned()),
        ("/away", "" | "on") => change.away = Some(true),
        ("/away", "off") => change.away = Some(false),
        ("/colour", "off") => change.colour = Some(-1),
        ("/colour", hue) => match hue.parse::<i16>() {
            Ok(hue @ 0..=359) => change.colour = Some(hue),
            _ => return refuse(model, &usage("/colour")),
        },
        _ => return refuse(model, &usage(line.name)),
    }
    person(model, Request::new(Call::ChangeProfile).saying(&change))
}

pub(super) fn avatar(model: &mut Model, argument: &str) -> Vec<Effect> {
    match argument {
        "" => refuse(model, &usage("/avatar")),
        "off" => person(model, Request::new(Call::RemoveAvatar)),
        _ if !model.is_signed_in() => refuse(model, SIGN_IN),
        path => vec![Effect::Picture(path.to_owned())],
    }
}

pub(super) fn login(model: &mut Model, name: &str) -> Vec<Effect> {
    if let Some(refused) = not_here(model) {
        return refused;
    }
    model.layers.push(Layer::Form(Form::login(&super::super::safe::line(name))));
    Vec::new()
}

pub(super) fn register(model: &mut Model, invite: &str) -> Vec<Effect> {
    if let Some(refused) = not_here(model) {
        return refused;
    }
    let name = model.my_name().to_owned();
    model.layers.push(Layer::Form(Form::register(&name, &super::super::safe::line(invite))));
    Vec::new()
}

fn not_here(model: &mut Model) -> Option<Vec<Effect>> {
    if model.second {
        return Some(refuse(model, "another chat-tui has this profile open: do this there"));
    }
    // With a session that ended one signs in anew.
    if model.is_signed_in() && model.is_online() {
        let name = model.my_name().to_owned();
        return Some(refuse(model, &format!("you are signed in as {name} already: /logout comes first")));
    }
    None
}

pub(super) fn logout(model: &mut Model, argument: &str) -> Vec<Effect> {
    if !model.is_signed_in() {
        return refuse(model, "nobody is signed in here");
    }
    if model.second {
        return refuse(model, "another chat-tui has this profile open: do this there");
    }
    match argument {
        "" => vec![Effect::Logout { everywhere: false }],
        "everywhere" => vec![Effect::Logout { everywhere: true }],
        _ => refuse(model, &usage("/logout")),
    }
}

pub(super) fn password(model: &mut Model) -> Vec<Effect> {
    if !model.is_signed_in() {
        return refuse(model, "a guest has no password; /register makes an account");
    }
    model.layers.push(Layer::Form(Form::password()));
    Vec::new()
}

pub(super) fn list(model: &mut Model, what: Call) -> Vec<Effect> {
    person(model, Request::new(what))
}

pub(super) fn tokens(model: &mut Model, argument: &str) -> Vec<Effect> {
    match first_word(argument) {
        ("", _) => person(model, Request::new(Call::Tokens)),
        ("new", rest) => match new_token(rest) {
            Some(token) => person(model, Request::new(Call::MakeToken).saying(&token)),
            None => refuse(model, "write it as /tokens new NAME read|write|both [DAYS]"),
        },
        _ => refuse(model, &usage("/tokens")),
    }
}

fn new_token(text: &str) -> Option<NewToken> {
    let (name, rest) = first_word(text);
    let (scopes, days) = first_word(rest);
    let scopes = match scopes {
        "read" => vec![Scope::Read],
        "write" => vec![Scope::Write],
        "both" => vec![Scope::Read, Scope::Write],
        _ => return None,
    };
    let days = if days.is_empty() { None } else { Some(days.parse().ok()?) };
    Some(NewToken { name: name.to_owned(), scopes, rooms: None, days })
}

pub(super) fn invites(model: &mut Model, argument: &str) -> Vec<Effect> {
    match first_word(argument) {
        ("", _) => person(model, Request::new(Call::Invites)),
        ("new", rest) => match new_invite(rest) {
            Some(invite) => person(model, Request::new(Call::Invite).saying(&invite)),
            None => refuse(model, "write it as /invites new [USES] [HOURS] [ROLE]"),
        },
        _ => refuse(model, &usage("/invites")),
    }
}

fn new_invite(text: &str) -> Option<NewInvite> {
    let mut invite = NewInvite::default();
    for word in text.split_whitespace() {
        match (word.parse::<u32>(), Role::of_account(word)) {
            (Ok(uses), _) if invite.uses.is_none() => invite.uses = Some(uses),
            (Ok(hours), _) if invite.hours.is_none() => invite.hours = Some(hours),
            (Err(_), Some(role)) if invite.role.is_none() => invite.role = Some(role),
            _ => return None,
        }
    }
    Some(invite)
}

/// Withdraws what has a number in the list that was shown last.
pub(super) fn revoke(model: &mut Model, argument: &str) -> Vec<Effect> {
    let Some(index) = argument.parse::<usize>().ok().and_then(|n| n.checked_sub(1)) else {
        return refuse(model, &usage("/revoke"));
    };
    let (ids, what) = match &model.listed {
        Listed::Nothing => {
            return refuse(model, "first /sessions, /tokens, /invites or /bans shows what has which number");
        }
        Listed::Sentences(room, sentences) => {
            let lifted = sentences.get(index).map(|(user, deed)| super::people::lift(room, user, *deed));
            return lifted.unwrap_or_else(|| refuse(model, "that list has no such number"));
        }
        Listed::Sessions(ids) => (ids, Call::EndSession),
        Listed::Tokens(ids) => (ids, Call::RevokeToken),
        Listed::Invites(ids) => (ids, Call::RevokeInvite),
    };
    match ids.get(index) {
        Some(id) => vec![call(Request::new(what).with(id))],
        None => refuse(model, "that list has no such number"),
    }
}

/// What an admin does to an account.
pub(super) fn account(model: &mut Model, line: &Line<'_>) -> Vec<Effect> {
    let (name, rest) = line.words();
    let (deed, more) = first_word(rest);
    if let "new" | "bot" = deed {
        let new = NewUser { name: name.to_owned(), role: Role::of_account(more), bot: deed == "bot" };
        return person(model, Request::new(Call::AddUser).saying(&new));
    }
    let what = match deed {
        "reset" => Call::ResetUser,
        "deactivate" => Call::Deactivate,
        "reactivate" => Call::Reactivate,
        "signout" => Call::SignOutUser,
        "tokens" => Call::TokensOf,
        "token" => Call::MakeTokenOf,
        role if Role::of_account(role).is_some() => Call::SetRole,
        _ => {
            return refuse(
                model,
                "write it as /account NAME new|bot|owner|admin|moderator|member|reset|deactivate|reactivate|signout|tokens|token",
            );
        }
    };
    let user = match line.person(model, name) {
        Ok(user) => user,
        Err(effects) => return effects,
    };
    let request = Request::new(what).with(&user);
    let request = match (what, Role::of_account(deed)) {
        (Call::SetRole, Some(role)) => request.saying(&RoleChange { role }),
        (Call::MakeTokenOf, _) => match new_token(more) {
            Some(token) => request.saying(&token),
            None => return refuse(model, "write it as /account NAME token TOKENNAME read|write|both [DAYS]"),
        },
        _ => request,
    };
    person(model, request)
}

/// Asks what only somebody with an account may.
fn person(model: &mut Model, request: Request) -> Vec<Effect> {
    if !model.is_signed_in() {
        return refuse(model, SIGN_IN);
    }
    vec![call(request)]
}
