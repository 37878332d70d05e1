//! Commands about people, and about messages.

use protocol::client::ClientFrame;
use protocol::ids::{RoomKey, UserId};
use protocol::limits::REASON_CHARS;
use protocol::own::Block;
use protocol::rooms::{Browse, Direct, Moderate, Resolve, RoomRole, SetRole};

use super::{Line, ask, first_word, refuse, usage};
use crate::app::room::Verdict;
use crate::app::{Deed, Effect, Model, answers, names, pick, sheet, told};

/// Entries of one page of a list.
const PAGE: u32 = 50;

pub(super) fn direct(model: &mut Model, line: &Line<'_>) -> Vec<Effect> {
    let mut users = Vec::new();
    for name in line.argument.split_whitespace() {
        match line.person(model, name) {
            Ok(user) => users.push(user),
            Err(effects) => return effects,
        }
    }
    if users.is_empty() {
        return refuse(model, &usage("/dm"));
    }
    ask(ClientFrame::Direct(Direct { reference: 0, users }))
}

pub(super) fn invite(model: &mut Model, line: &Line<'_>) -> Vec<Effect> {
    let mut users = Vec::new();
    for name in line.argument.split_whitespace() {
        match line.person(model, name) {
            Ok(user) => users.push(user),
            Err(effects) => return effects,
        }
    }
    if users.is_empty() {
        return refuse(model, &usage("/invite"));
    }
    let invite = |user| Effect::Ask(Box::new(ClientFrame::Invite(moderation(model, user))));
    users.into_iter().map(invite).collect()
}

pub(super) fn moderate(model: &mut Model, line: &Line<'_>) -> Vec<Effect> {
    let (name, mut rest) = line.words();
    let user = match line.person(model, name) {
        Ok(user) => user,
        Err(effects) => return effects,
    };
    let mut deed = moderation(model, user);
    if matches!(line.name, "/ban" | "/mute") {
        let (time, reason) = first_word(rest);
        deed.for_s = told::seconds(time);
        if deed.for_s.is_some() {
            rest = reason;
        }
    }
    if rest.chars().count() > REASON_CHARS {
        return refuse(model, &format!("a reason has at most {REASON_CHARS} characters"));
    }
    deed.reason = Some(rest.to_owned()).filter(|reason| !reason.is_empty());
    ask(match line.name {
        "/kick" => ClientFrame::Kick(deed),
        "/ban" => ClientFrame::Ban(deed),
        "/unban" => ClientFrame::Unban(deed),
        "/mute" => ClientFrame::Mute(deed),
        _ => ClientFrame::Unmute(deed),
    })
}

/// Asks anew who is banned and muted, to show it.
pub(super) fn bans(model: &mut Model) -> Vec<Effect> {
    if !model.keeps_order() {
        return refuse(model, "this is for those who keep order here");
    }
    model.wants_bans = true;
    vec![Effect::Members(model.current.clone())]
}

/// Lifts what was decided against somebody.
pub(super) fn lift(room: &RoomKey, user: &UserId, verdict: Verdict) -> Vec<Effect> {
    let (room, user) = (room.clone(), user.clone());
    let deed = Moderate { reference: 0, room, user, id: None, for_s: None, reason: None };
    ask(match verdict {
        Verdict::Banned => ClientFrame::Unban(deed),
        Verdict::Muted => ClientFrame::Unmute(deed),
    })
}

pub(super) fn role(model: &mut Model, line: &Line<'_>) -> Vec<Effect> {
    let (name, role) = line.words();
    let Some(role) = RoomRole::of(role) else { return refuse(model, &usage("/role")) };
    match line.person(model, name) {
        Ok(user) => ask(ClientFrame::Role(SetRole {
            reference: 0,
            room: model.current.clone(),
            user,
            role,
            id: None,
        })),
        Err(effects) => effects,
    }
}

pub(super) fn report(model: &mut Model, reason: &str) -> Vec<Effect> {
    if reason.is_empty() {
        return refuse(model, "say what is wrong: /report REASON");
    }
    if reason.chars().count() > REASON_CHARS {
        return refuse(model, &format!("a reason has at most {REASON_CHARS} characters"));
    }
    pick::begin(model, Deed::Report(reason.to_owned()))
}

pub(super) fn browse(model: &mut Model, line: &Line<'_>) -> Vec<Effect> {
    let before = match line.argument {
        "" => None,
        number => match number.parse() {
            Ok(number) => Some(number),
            Err(_) => return refuse(model, &usage(line.name)),
        },
    };
    let browse = Browse { reference: 0, before, limit: Some(PAGE) };
    ask(if line.name == "/audit" { ClientFrame::Audit(browse) } else { ClientFrame::Reports(browse) })
}

pub(super) fn resolve(model: &mut Model, argument: &str) -> Vec<Effect> {
    match argument.parse() {
        Ok(report) => ask(ClientFrame::Resolve(Resolve { reference: 0, report })),
        Err(_) => refuse(model, &usage("/resolve")),
    }
}

pub(super) fn block(model: &mut Model, line: &Line<'_>) -> Vec<Effect> {
    let on = line.name == "/block";
    match line.person(model, line.words().0) {
        Ok(user) if model.me.as_ref().is_some_and(|me| me.user == user) => {
            refuse(model, "you cannot hide from yourself")
        }
        Ok(user) => ask(ClientFrame::Block(Block { reference: 0, user, on })),
        Err(effects) => effects,
    }
}

pub(super) fn profile(model: &mut Model, line: &Line<'_>) -> Vec<Effect> {
    let user = match line.words().0 {
        "" => model.me.as_ref().map(|me| me.user.clone()),
        name => match line.person(model, name) {
            Ok(user) => Some(user),
            Err(effects) => return effects,
        },
    };
    let Some(user) = user else { return refuse(model, "nobody knows yet who you are") };
    let name = names::name_of(model, &user);
    let sheet = sheet::profile(model, &name);
    answers::show(model, sheet);
    Vec::new()
}

fn moderation(model: &Model, user: UserId) -> Moderate {
    Moderate { reference: 0, room: model.current.clone(), user, id: None, for_s: None, reason: None }
}
