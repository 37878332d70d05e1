//! What a line that begins with `/` means.

use protocol::names;

use super::update::{remove_room, visit};
use super::{Effect, Layer, Model, Room};

/// A command: its name, what follows it, and what it does, for the help and the completion.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// With its slash.
    pub name: &'static str,
    /// What follows it, if anything.
    pub argument: &'static str,
    /// What it does.
    pub help: &'static str,
}

/// All commands, in the order of the help.
pub const COMMANDS: [Command; 11] = [
    command("/join", "ROOM", "go to an open room"),
    command("/create", "ROOM", "make an open room and go there"),
    command("/leave", "", "leave this room"),
    command("/rooms", "", "which open rooms there are"),
    command("/nick", "NAME", "take another name"),
    command("/who", "", "who is in this room"),
    command("/retry", "", "try the lines again that were not sent"),
    command("/discard", "", "drop the lines that were not sent"),
    command("/reconnect", "", "connect now"),
    command("/help", "", "keys and commands"),
    command("/quit", "", "leave the chat"),
];

const fn command(name: &'static str, argument: &'static str, help: &'static str) -> Command {
    Command { name, argument, help }
}

/// Carries out a line that was typed: a command, or something to say. `//text` says `/text`.
pub(super) fn carry_out(model: &mut Model, line: &str) -> Vec<Effect> {
    if let Some(literal) = line.strip_prefix("//") {
        return say(model, format!("/{literal}"));
    }
    if !line.starts_with('/') {
        return say(model, line.to_owned());
    }
    let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let argument = argument.trim();
    match name {
        "/join" => join(model, argument),
        "/create" => create(model, argument),
        "/leave" => leave(model),
        "/rooms" => {
            model.wants_list = true;
            vec![Effect::Rooms]
        }
        "/nick" => match names::name(argument) {
            Ok(name) => vec![Effect::Nick(name)],
            Err(error) => refuse(model, &error.to_string()),
        },
        "/who" => who(model),
        "/retry" => failed(model, Effect::Retry),
        "/discard" => discard_all(model),
        "/reconnect" => vec![Effect::Restart],
        "/help" => {
            model.layers.push(Layer::Help(0));
            Vec::new()
        }
        "/quit" => quit(model),
        _ => {
            let shown = super::safe::line(name);
            refuse(
                model,
                &format!(
                    "{shown} is not a command. /help shows them all; //… says a line that begins with a slash"
                ),
            )
        }
    }
}

/// Ends the chat, or asks first where lines would wait unseen.
pub(super) fn quit(model: &mut Model) -> Vec<Effect> {
    if model.waiting() + model.unkept() == 0 || model.layers.last() == Some(&Layer::Quit) {
        return vec![Effect::Keep, Effect::Quit];
    }
    model.layers.push(Layer::Quit);
    Vec::new()
}

fn say(model: &mut Model, text: String) -> Vec<Effect> {
    let room = model.room_mut();
    room.scroll = None;
    room.mark = None;
    vec![
        Effect::Say { room: room.key.clone(), text },
        Effect::Typing { room: model.current.clone(), on: false },
    ]
}

fn join(model: &mut Model, argument: &str) -> Vec<Effect> {
    match names::room_key(argument) {
        Ok(key) => match model.rooms.keys().find(|room| room.as_str() == key).cloned() {
            Some(key) => visit(model, &key),
            None => vec![Effect::Join(key)],
        },
        Err(error) => refuse(model, &error.to_string()),
    }
}

fn create(model: &mut Model, argument: &str) -> Vec<Effect> {
    match names::room_key(argument) {
        Ok(key) => match model.rooms.values().find(|room| room.joined && room.key.as_str() == key) {
            Some(room) => visit(model, &room.key.clone()),
            None => vec![Effect::Create(key)],
        },
        Err(error) => refuse(model, &error.to_string()),
    }
}

/// Leaves the room on the screen. While it has lines that were not sent it stays: the server would refuse them, and
/// nobody would see it. A room that we are not in is only taken off the list.
fn leave(model: &mut Model) -> Vec<Effect> {
    let key = model.current.clone();
    if key == protocol::ids::RoomKey::lobby() {
        return refuse(model, "everybody is in the lobby");
    }
    let room = model.room();
    if room.waiting().next().is_some() {
        return refuse(model, "lines of this room still wait to be sent: wait for them, or /discard them");
    }
    if room.joined {
        if room.failed().is_some() {
            return refuse(model, "lines of this room were not sent: /retry or /discard them first");
        }
        return vec![Effect::Leave(key)];
    }
    let mut effects: Vec<Effect> = failed_lines(room).map(Effect::Discard).collect();
    let unsent: Vec<String> = room.outgoing.iter().map(|line| line.shown.clone()).collect();
    let title = room.title.clone();
    effects.extend(remove_room(model, &key));
    for text in unsent {
        model.complain(format!("not sent to #{title}: {text}"));
    }
    effects
}

fn who(model: &mut Model) -> Vec<Effect> {
    let room = model.room();
    let names: Vec<&str> = room.people.iter().map(|person| person.name.as_str()).collect();
    let more = usize::try_from(room.present).unwrap_or(usize::MAX).saturating_sub(names.len());
    let mut text = if names.is_empty() { "nobody is known to be here".to_owned() } else { names.join(", ") };
    if more > 0 {
        text = format!("{text} and {more} more");
    }
    let key = room.key.clone();
    model.say(format!("here: {text}"));
    vec![Effect::Members(key)]
}

fn failed(model: &mut Model, effect: fn(protocol::ids::Id) -> Effect) -> Vec<Effect> {
    let lines: Vec<Effect> = failed_lines(model.room()).map(effect).collect();
    if lines.is_empty() {
        return refuse(model, "no line of this room failed");
    }
    lines
}

/// Drops the failed lines of this room; where there are none, those that wait. One that is under way is not held up.
fn discard_all(model: &mut Model) -> Vec<Effect> {
    let room = model.room();
    if room.failed().is_none() && room.waiting().next().is_some() {
        return room.waiting().map(|line| Effect::Discard(line.id.clone())).collect();
    }
    let effects = failed(model, Effect::Discard);
    model.room_mut().outgoing.retain(|line| !matches!(line.state, super::room::Sending::Failed(_)));
    effects
}

fn failed_lines(room: &Room) -> impl Iterator<Item = protocol::ids::Id> {
    let failed = room.outgoing.iter().filter(|line| matches!(line.state, super::room::Sending::Failed(_)));
    failed.map(|line| line.id.clone())
}

fn refuse(model: &mut Model, why: &str) -> Vec<Effect> {
    model.complain(why);
    Vec::new()
}
