//! What a line that begins with `/` means.

mod account;
mod people;
mod prefs;
mod rooms;
mod table;

use protocol::client::ClientFrame;
use protocol::error::ErrorCode;
use protocol::messages::OfRoom;
use protocol::names;
use protocol::rooms::Browse;

use super::update::remove_room;
use super::{Effect, Layer, Model, Room};
use crate::api::Request;
pub(super) use prefs::told;
pub use table::{COMMANDS, Command, Completes, all};

/// Carries out a line that was typed: a command, or something to say. `//text` says `/text`.
pub(super) fn carry_out(model: &mut Model, line: &str) -> Vec<Effect> {
    begin(model, line, false)
}

/// The same, once it was told who there is.
pub(super) fn carry_out_knowing(model: &mut Model, line: &str) -> Vec<Effect> {
    begin(model, line, true)
}

fn begin(model: &mut Model, line: &str, knowing: bool) -> Vec<Effect> {
    if let Some(literal) = line.strip_prefix("//") {
        return super::place::say(model, format!("/{literal}"));
    }
    if !line.starts_with('/') {
        return super::place::say(model, line.to_owned());
    }
    let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let line = Line { whole: line, name, argument: argument.trim(), knowing };
    match name {
        "/join" => rooms::join(model, line.argument),
        "/create" => rooms::create(model, line.argument),
        "/browse" => {
            model.wants_list = true;
            vec![Effect::Rooms]
        }
        "/dm" => people::direct(model, &line),
        "/decline" => rooms::decline(model, line.argument),
        "/leave" => leave(model),
        "/who" => rooms::who(model),
        "/notify" => rooms::notify(model, line.argument),
        "/invite" => people::invite(model, &line),
        "/title" | "/topic" | "/announce" | "/slow" | "/archive" | "/seen" => rooms::change(model, &line),
        "/role" => people::role(model, &line),
        "/bans" => people::bans(model),
        "/kick" | "/ban" | "/unban" | "/mute" | "/unmute" => people::moderate(model, &line),
        "/delete" => super::pick::begin(model, super::Deed::Delete),
        "/mentions" => mentions(model),
        "/keywords" => prefs::keywords(model, line.argument),
        "/quiet" => prefs::quiet(model, line.argument),
        "/pins" => pins(model),
        "/search" => super::finding::search(model, line.argument),
        "/date" => super::finding::date(model, line.argument),
        "/unread" => super::finding::unread(model),
        "/open" => super::finding::open(model, line.argument),
        "/upload" => super::files::upload(model, line.argument),
        "/images" => super::pictures::switch(model, line.argument),
        "/cancel" => super::files::cancel(model),
        "/select" => super::pick::begin(model, super::Deed::Select),
        "/report" => people::report(model, line.argument),
        "/reports" | "/audit" => people::browse(model, &line),
        "/resolve" => people::resolve(model, line.argument),
        "/block" | "/unblock" => people::block(model, &line),
        "/profile" => people::profile(model, &line),
        "/nick" => match names::name(line.argument) {
            Ok(name) => vec![Effect::Nick(name)],
            Err(error) => refuse(model, &error.to_string()),
        },
        "/status" | "/away" | "/colour" => account::profile(model, &line),
        "/avatar" => account::avatar(model, line.argument),
        "/login" => account::login(model, line.argument),
        "/register" => account::register(model, line.argument),
        "/logout" => account::logout(model, line.argument),
        "/password" => account::password(model),
        "/sessions" => account::list(model, protocol::http::Call::Sessions),
        "/tokens" => account::tokens(model, line.argument),
        "/revoke" => account::revoke(model, line.argument),
        "/invites" => account::invites(model, line.argument),
        "/accounts" => account::list(model, protocol::http::Call::Users),
        "/account" => account::account(model, &line),
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

/// A command as it was typed.
struct Line<'a> {
    whole: &'a str,
    name: &'a str,
    argument: &'a str,
    /// It was told who there is: a name that is still unknown is nobody's.
    knowing: bool,
}

impl Line<'_> {
    /// The first word of the argument, and what follows it.
    fn words(&self) -> (&str, &str) {
        first_word(self.argument)
    }

    /// Somebody by name. Who is not known is asked for once, and the command carried out then.
    fn person(&self, model: &mut Model, name: &str) -> Result<protocol::ids::UserId, Vec<Effect>> {
        if name.is_empty() {
            return Err(refuse(model, &usage(self.name)));
        }
        if let Some(user) = super::names::person(model, name) {
            return Ok(user);
        }
        if model.is_signed_in() && model.is_online() && !self.knowing {
            model.again = Some(self.whole.to_owned());
            return Err(vec![call(Request::new(protocol::http::Call::Users).quietly())]);
        }
        let name = super::safe::line(name);
        Err(refuse(model, &format!("nobody called {name} is known here")))
    }
}

fn first_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim())
}

/// While a command is typed: which ones it may become, or how it goes on and what it does.
pub fn hint_at(model: &Model) -> Option<String> {
    let (before, first_line) = model.composer.before_cursor();
    if !first_line || !before.starts_with('/') || before.starts_with("//") {
        return None;
    }
    let (name, is_whole) = match before.split_once(char::is_whitespace) {
        Some((name, _)) => (name, true),
        None => (before.as_str(), false),
    };
    let mut found =
        all().filter(|command| if is_whole { command.name == name } else { command.name.starts_with(name) });
    let first = found.next()?;
    let rest: Vec<&str> = found.map(|command| command.name).collect();
    if rest.is_empty() || first.name == name {
        return Some(format!("{} · {}", first.written(), first.help));
    }
    Some([&[first.name][..], &rest].concat().join("  "))
}

/// How a command is written.
fn usage(name: &str) -> String {
    let argument = all().find(|command| command.name == name).map_or("", |command| command.argument);
    format!("write it as {name} {argument}")
}

fn call(request: Request) -> Effect {
    Effect::Call(Box::new(request))
}

fn ask(frame: ClientFrame) -> Vec<Effect> {
    vec![Effect::Ask(Box::new(frame))]
}

/// What to do about a refusal, where something can be done.
pub(super) fn hint(model: &Model, code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::SignIn if !model.is_signed_in() => "; /login or /register",
        _ => "",
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
        if failed_lines(room).next().is_some() {
            return refuse(model, "lines of this room were not sent: /retry or /discard them first");
        }
        return vec![Effect::Leave(key)];
    }
    let mut effects: Vec<Effect> = failed_lines(room).map(Effect::Discard).collect();
    let unsent: Vec<String> = room.all_outgoing().map(|line| line.shown.to_string()).collect();
    let title = room.label();
    effects.extend(remove_room(model, &key));
    for text in unsent {
        model.complain(format!("not sent to {title}: {text}"));
    }
    effects
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
    if failed_lines(room).next().is_none() && room.waiting().next().is_some() {
        return room.waiting().map(|line| Effect::Discard(line.id.clone())).collect();
    }
    let effects = failed(model, Effect::Discard);
    for lines in model.room_mut().all_lines_mut() {
        lines.retain(|line| !matches!(line.state, super::room::Sending::Failed(_)));
    }
    effects
}

fn failed_lines(room: &Room) -> impl Iterator<Item = protocol::ids::Id> {
    let failed = room.all_outgoing().filter(|line| matches!(line.state, super::room::Sending::Failed(_)));
    failed.map(|line| line.id.clone())
}

/// Asks what names us.
pub(super) fn mentions(model: &mut Model) -> Vec<Effect> {
    model.layers.retain(|layer| !matches!(layer, Layer::Hits(_)));
    ask(ClientFrame::Mentions(Browse { reference: 0, before: None, limit: None }))
}

fn pins(model: &Model) -> Vec<Effect> {
    ask(ClientFrame::Pins(OfRoom { reference: 0, room: model.current.clone() }))
}

fn refuse(model: &mut Model, why: &str) -> Vec<Effect> {
    model.complain(why);
    Vec::new()
}
