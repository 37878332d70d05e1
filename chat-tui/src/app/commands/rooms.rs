//! Commands about rooms.

use protocol::client::{ClientFrame, RoomQuestion};
use protocol::ids::RoomKey;
use protocol::limits::{SLOW_SECONDS, TITLE_CHARS, TOPIC_CHARS};
use protocol::names as rules;
use protocol::own::{Level, Notify};
use protocol::rooms::{Change, Create, RoomKind};

use super::{Line, ask, first_word, refuse, usage};
use crate::app::update::visit;
use crate::app::{Effect, Model, answers, names, sheet, told};

pub(super) fn join(model: &mut Model, argument: &str) -> Vec<Effect> {
    if let Some(key) = names::room(model, argument) {
        return visit(model, &key);
    }
    if let Some(key) = names::invitation(model, argument) {
        return vec![Effect::Join(key.to_string())];
    }
    match rules::room_key(argument) {
        Ok(key) => vec![Effect::Join(key)],
        Err(error) => refuse(model, &error.to_string()),
    }
}

pub(super) fn create(model: &mut Model, argument: &str) -> Vec<Effect> {
    let (kind, name) = match first_word(argument) {
        ("private", "") => return refuse(model, &usage("/create")),
        ("private", name) => (RoomKind::Private, name),
        _ => (RoomKind::Public, argument),
    };
    if kind == RoomKind::Public {
        let key = match rules::room_key(name) {
            Ok(key) => key,
            Err(error) => return refuse(model, &error.to_string()),
        };
        if let Some(room) = model.rooms.values().find(|room| room.joined && room.key.as_str() == key) {
            return visit(model, &room.key.clone());
        }
    } else if let Some(error) = too_long("a title", name, TITLE_CHARS) {
        return refuse(model, &error);
    }
    ask(ClientFrame::Create(Create { reference: 0, room: name.to_owned(), kind, topic: None }))
}

pub(super) fn decline(model: &mut Model, argument: &str) -> Vec<Effect> {
    match names::invitation(model, argument) {
        Some(key) => ask(ClientFrame::Decline(RoomQuestion { reference: 0, room: key.to_string() })),
        None => refuse(model, "there is no such invitation"),
    }
}

pub(super) fn who(model: &mut Model) -> Vec<Effect> {
    let sheet = sheet::people(model);
    answers::show(model, sheet);
    vec![Effect::Members(model.current.clone())]
}

pub(super) fn notify(model: &mut Model, argument: &str) -> Vec<Effect> {
    let level = match argument {
        "all" => Level::All,
        "mentions" => Level::Mentions,
        "none" => Level::None,
        _ => return refuse(model, &usage("/notify")),
    };
    ask(ClientFrame::Notify(Notify { reference: 0, room: model.current.clone(), level }))
}

/// A room's title, topic and rules.
pub(super) fn change(model: &mut Model, line: &Line<'_>) -> Vec<Effect> {
    let mut change = nothing(model.current.clone());
    let argument = line.argument;
    match (line.name, argument) {
        ("/title", "") => return refuse(model, &usage("/title")),
        ("/title", title) => {
            if let Some(error) = too_long("a title", title, TITLE_CHARS) {
                return refuse(model, &error);
            }
            change.title = Some(title.to_owned());
        }
        ("/topic", topic) => {
            if let Some(error) = too_long("a topic", topic, TOPIC_CHARS) {
                return refuse(model, &error);
            }
            change.topic = Some(topic.to_owned());
        }
        ("/announce", "on") => change.announce = Some(true),
        ("/announce", "off") => change.announce = Some(false),
        ("/slow", "off") => change.slow_s = Some(0),
        ("/slow", time) => match told::seconds(time).and_then(|seconds| u32::try_from(seconds).ok()) {
            Some(seconds) if seconds <= SLOW_SECONDS => change.slow_s = Some(seconds),
            Some(_) => {
                let most = told::span(u64::from(SLOW_SECONDS));
                return refuse(model, &format!("the longest pause is {most}"));
            }
            None => return refuse(model, &usage("/slow")),
        },
        ("/seen", "on") => change.seen = Some(true),
        ("/seen", "off") => change.seen = Some(false),
        ("/archive", "") => change.archived = Some(true),
        ("/archive", "undo") => change.archived = Some(false),
        _ => return refuse(model, &usage(line.name)),
    }
    ask(ClientFrame::Change(change))
}

fn nothing(room: RoomKey) -> Change {
    Change {
        reference: 0,
        room,
        id: None,
        title: None,
        topic: None,
        announce: None,
        slow_s: None,
        archived: None,
        seen: None,
    }
}

fn too_long(what: &str, text: &str, most: usize) -> Option<String> {
    (text.chars().count() > most).then(|| format!("{what} has at most {most} characters"))
}
