//! What keys, the mouse and pastes do.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use protocol::ids::RoomKey;
use protocol::names;

use super::commands::{carry_out, quit};
use super::layout::Screen;
use super::room::Sending;
use super::update::{go_to, visit};
use super::{Deed, Effect, Layer, Model, complete, form, fuzzy, lists, pick, place, react, rows, safe};
use crate::markup::sgr;

/// Rows that one turn of the wheel moves.
const WHEEL: isize = 3;
/// Pasted into a one-line field, at most so many characters are looked at.
const FIELD: usize = 200;

pub(super) fn key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('z') if control => return vec![Effect::Suspend],
        KeyCode::Char('l') if control => return vec![Effect::Redraw],
        KeyCode::Char('c' | 'q') if control => return quit(model),
        _ => {}
    }
    match model.layers.last_mut() {
        // Whoever has an account need not say a name.
        Some(Layer::Name { input, .. }) if key.code == KeyCode::Tab => {
            let form = super::Form::login(input.trim());
            model.layers.push(Layer::Form(form));
            Vec::new()
        }
        Some(Layer::Name { input, error }) => match name_key(input, error, key) {
            Some(name) => {
                model.layers.pop();
                model.name.clone_from(&name);
                vec![Effect::Start(name), Effect::Keep]
            }
            None => Vec::new(),
        },
        Some(Layer::Help(scroll)) => {
            if !read(scroll, key) {
                model.layers.pop();
            }
            Vec::new()
        }
        Some(Layer::Sheet(sheet)) => {
            if !read(&mut sheet.scroll, key) {
                model.layers.pop();
            }
            Vec::new()
        }
        Some(Layer::Form(_)) => form::key(model, key),
        Some(Layer::Pick(_)) => pick::key(model, key),
        Some(Layer::React(_)) => react::key(model, key),
        Some(Layer::Hits(_)) => lists::key(model, key),
        Some(Layer::Switcher { .. }) => switcher_key(model, key),
        Some(Layer::Quit) => match key.code {
            KeyCode::Char('y' | 'Y') | KeyCode::Enter => vec![Effect::Keep, Effect::Quit],
            _ => {
                model.layers.pop();
                Vec::new()
            }
        },
        None => room_key(model, key),
    }
}

pub(super) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    match model.layers.last_mut() {
        Some(Layer::Name { input, .. } | Layer::Switcher { query: input, .. }) => {
            let line: String = text.chars().take(FIELD).collect();
            input.push_str(safe::line(&line).trim());
            Vec::new()
        }
        Some(Layer::Form(form)) => {
            form::paste(form, text);
            Vec::new()
        }
        Some(_) => Vec::new(),
        None => {
            let bytes = model.composer.text().len() + text.len();
            if bytes > model.message_bytes {
                let most = model.message_bytes;
                model.toast(format!(
                    "not pasted: with it the message had {bytes} bytes, and at most {most} fit"
                ));
                return Vec::new();
            }
            model.composer.paste(text);
            typed(model)
        }
    }
}

pub(super) fn mouse(model: &mut Model, mouse: MouseEvent) -> Vec<Effect> {
    match mouse.kind {
        MouseEventKind::ScrollUp => scroll(model, WHEEL),
        MouseEventKind::ScrollDown => scroll(model, -WHEEL),
        MouseEventKind::Down(MouseButton::Left) if model.layers.is_empty() => {
            let area = Screen::of(model).rooms;
            if !area.contains((mouse.column, mouse.row).into()) {
                return Vec::new();
            }
            let row = usize::from(mouse.row - area.y);
            let clicked = rooms_in_sight(model, usize::from(area.height)).into_iter().nth(row);
            match clicked {
                Some(Place::Room(key)) => go_to(model, &key),
                Some(Place::Invitation(key)) => {
                    if let Some(invitation) = model.own.invitations.get(&key) {
                        let (title, by) = (invitation.title.clone(), invitation.by.clone());
                        model
                            .say(format!("{by} invites you to ◆{title}: /join {title}, or /decline {title}"));
                    }
                    Vec::new()
                }
                None => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// What stands in a row of the rooms pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A room of ours.
    Room(RoomKey),
    /// One that we are invited to.
    Invitation(RoomKey),
}

/// What the rooms pane shows, from the top: as much as fits, the current room among it.
pub(crate) fn rooms_in_sight(model: &Model, height: usize) -> Vec<Place> {
    let rooms = model.rooms_in_order();
    let current = rooms.iter().position(|room| room.key == model.current).unwrap_or(0);
    let skipped = (current + 1).saturating_sub(height.max(1));
    let rooms = rooms.into_iter().map(|room| Place::Room(room.key.clone()));
    let invitations = model.own.invitations.keys().map(|key| Place::Invitation(key.clone()));
    rooms.chain(invitations).skip(skipped).take(height).collect()
}

/// The switcher's matches, best first.
pub(crate) fn matches<'a>(model: &'a Model, query: &str) -> Vec<&'a RoomKey> {
    let elsewhere = model.open_rooms.iter().filter(|key| !model.rooms.contains_key(*key));
    let rooms = model.rooms.keys().chain(elsewhere);
    let mut matches: Vec<_> = rooms
        .filter_map(|key| {
            let name = model.rooms.get(key).map_or(key.as_str(), |room| room.title.as_str());
            let query = query.trim_start_matches(['#', '@', '◆']);
            // A public room is also found by the name it was made under.
            let by_key = fuzzy::score(query, key.as_str()).filter(|_| !key.is_made());
            fuzzy::score(query, name).max(by_key).map(|score| (score, key))
        })
        .collect();
    if query.is_empty() {
        // Without a query, what is unread comes first.
        matches
            .sort_by_key(|(_, key)| std::cmp::Reverse(model.rooms.get(*key).map_or(0, super::Room::unread)));
    } else {
        matches.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    }
    matches.into_iter().map(|(_, key)| key).collect()
}

fn room_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let shift = key.modifiers.contains(KeyModifiers::SHIFT);
    let page = isize::try_from(Screen::of(model).frame(model).height).unwrap_or(1).saturating_sub(2).max(1);
    match key.code {
        KeyCode::F(1) => {
            model.layers.push(Layer::Help(0));
            Vec::new()
        }
        KeyCode::F(2) => {
            model.panes.rooms = Some(Screen::of(model).rooms.is_empty());
            Vec::new()
        }
        KeyCode::F(3) => {
            model.panes.people = Some(Screen::of(model).people.is_empty());
            Vec::new()
        }
        KeyCode::Char('k') if control => {
            model.layers.push(Layer::Switcher { query: String::new(), chosen: 0 });
            if model.is_online() { vec![Effect::Rooms] } else { Vec::new() }
        }
        KeyCode::Up if alt => step_room(model, -1),
        KeyCode::Down if alt => step_room(model, 1),
        KeyCode::Char('a') if alt => next_unread(model),
        KeyCode::Char('r') if alt => failed(model, |line| Some(Effect::Retry(line.id.clone()))),
        KeyCode::Char('y') if alt => {
            let effects = failed(model, |line| Some(Effect::Copy(line.shown.to_string())));
            if !effects.is_empty() {
                model.toast("copied, if the terminal allows it");
            }
            effects
        }
        KeyCode::Char('x') if alt => discard(model),
        KeyCode::PageUp => scroll(model, page),
        KeyCode::PageDown => scroll(model, -page),
        KeyCode::Home if control => scroll(model, isize::MAX / 2),
        KeyCode::End if control || model.composer.is_empty() || model.place().scroll.is_some() => {
            model.place_mut().scroll = None;
            Vec::new()
        }
        KeyCode::Esc => escape(model),
        KeyCode::Char('s') if alt => pick::begin(model, Deed::Select),
        KeyCode::Up if control => pick::begin(model, Deed::Select),
        KeyCode::Char('m') if alt => super::commands::mentions(model),
        KeyCode::Up if model.composer.is_empty() && !shift && place::edit_last(model) => Vec::new(),
        KeyCode::Enter if alt || shift => {
            model.composer.new_line();
            typed(model)
        }
        // What a terminal without the wider key protocol sends for Ctrl+Enter.
        KeyCode::Char('j') if control => {
            model.composer.new_line();
            typed(model)
        }
        KeyCode::Enter => enter(model),
        KeyCode::Tab => {
            complete::complete(model);
            vec![Effect::Keep]
        }
        KeyCode::Char('d') if control && model.composer.is_empty() => quit(model),
        _ => {
            if model.composer.key(key) {
                typed(model)
            } else {
                Vec::new()
            }
        }
    }
}

/// Leaves, one after the other: what is being done to a message, the place looked at, and the thread.
fn escape(model: &mut Model) -> Vec<Effect> {
    if place::leave_about(model) {
        return vec![Effect::Keep];
    }
    let place = model.place_mut();
    let moved = place.scroll.take().is_some() | place.mark.take().is_some();
    place.kept_unread = false;
    if moved {
        return Vec::new();
    }
    place::close_thread(model).unwrap_or_default()
}

fn enter(model: &mut Model) -> Vec<Effect> {
    if model.composer.text().trim().is_empty() {
        return Vec::new();
    }
    let bytes = model.composer.text().len();
    if bytes > model.message_bytes {
        let most = model.message_bytes;
        model.toast(format!("too long: {bytes} bytes, and at most {most} fit in a message"));
        return Vec::new();
    }
    let is_said = |line: &str| !line.starts_with('/') || line.starts_with("//");
    if model.is_online()
        && is_said(&model.composer.text())
        && let Some(why) = model.muzzle()
    {
        // The text stays: it may be wanted elsewhere, or after signing in.
        model.toast(why);
        return Vec::new();
    }
    if let Some(super::About::Edit { .. }) = model.place().about {
        // What replaces a message is said as it stands.
        let text = sgr::meant(&model.composer.text());
        let mut effects = place::say(model, text);
        effects.push(Effect::Keep);
        return effects;
    }
    let line = sgr::meant(&model.composer.take());
    let mut effects = carry_out(model, &line);
    effects.push(Effect::Keep);
    effects
}

/// The text changed: the others see that, and the draft is to outlive a crash.
fn typed(model: &Model) -> Vec<Effect> {
    let (line, _) = model.composer.before_cursor();
    // A command is nobody's business.
    if line.starts_with('/') && !line.starts_with("//") {
        return vec![Effect::Keep];
    }
    let on = !model.composer.is_empty();
    vec![Effect::Typing { room: model.current.clone(), thread: model.thread(), on }, Effect::Keep]
}

fn failed(model: &mut Model, effect: fn(&super::room::Outgoing) -> Option<Effect>) -> Vec<Effect> {
    let effects: Vec<Effect> = model.place().failed().and_then(effect).into_iter().collect();
    if effects.is_empty() {
        model.toast("no line of this room failed");
    }
    effects
}

fn discard(model: &mut Model) -> Vec<Effect> {
    let effects = failed(model, |line| Some(Effect::Discard(line.id.clone())));
    if let Some(Effect::Discard(id)) = effects.first() {
        let id = id.clone();
        model.place_mut().outgoing.retain(|line| line.id != id || !matches!(line.state, Sending::Failed(_)));
    }
    effects
}

fn scroll(model: &mut Model, rows: isize) -> Vec<Effect> {
    match model.layers.last_mut() {
        Some(Layer::Help(scroll) | Layer::Sheet(super::Sheet { scroll, .. })) => {
            *scroll = scroll.saturating_add_signed(i16::try_from(-rows).unwrap_or(i16::MIN));
        }
        Some(_) => {}
        None => {
            let anchor = rows::scrolled(model.place(), Screen::of(model).frame(model), rows);
            model.place_mut().scroll = anchor;
        }
    }
    Vec::new()
}

fn step_room(model: &mut Model, step: isize) -> Vec<Effect> {
    let rooms = model.rooms_in_order();
    let here = rooms.iter().position(|room| room.key == model.current).unwrap_or(0);
    let count = isize::try_from(rooms.len()).unwrap_or(1);
    let there = (isize::try_from(here).unwrap_or(0) + step).rem_euclid(count);
    let key = rooms[there.unsigned_abs()].key.clone();
    go_to(model, &key)
}

/// Goes to the next thing that wants one: what calls first, then answers in one's threads and conversations, then
/// anything unread; and back to where one was when there is no more.
fn next_unread(model: &mut Model) -> Vec<Effect> {
    let rooms = model.rooms_in_order();
    let here = rooms.iter().position(|room| room.key == model.current).map_or(0, |at| at + 1);
    let round = || rooms.iter().cycle().skip(here).take(rooms.len()).filter(|room| !room.is_muted());
    let other = |room: &&&super::Room| room.key != model.current;
    let calls = round().filter(other).find(|room| room.calls() > 0).map(|room| (room.key.clone(), None));
    let talks = || {
        let direct =
            |room: &&&super::Room| room.kind == protocol::rooms::RoomKind::Direct && room.unread() > 0;
        round().filter(other).find(direct).map(|room| (room.key.clone(), None))
    };
    let threads = || round().find_map(|room| Some((room.key.clone(), Some(room.answers.unseen().next()?.0))));
    let unread = || round().filter(other).find(|room| room.unread() > 0).map(|room| (room.key.clone(), None));
    let Some((key, thread)) = calls.or_else(talks).or_else(threads).or_else(unread) else {
        if let Some(back) =
            model.back_to.take().filter(|back| model.rooms.contains_key(back) && *back != model.current)
        {
            return go_to(model, &back);
        }
        model.toast("nothing is unread");
        return Vec::new();
    };
    let from = model.current.clone();
    model.back_to.get_or_insert(from);
    let mut effects = go_to(model, &key);
    if let Some(root) = thread {
        effects.extend(place::open_thread(model, root));
    }
    effects
}

fn switcher_key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let Some(Layer::Switcher { query, chosen }) = model.layers.last().cloned() else { return Vec::new() };
    let found: Vec<RoomKey> = matches(model, &query).into_iter().cloned().collect();
    let (mut query, mut chosen) = (query, chosen.min(found.len().saturating_sub(1)));
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Enter => {
            model.layers.pop();
            return match found.get(chosen) {
                Some(key) => visit(model, key),
                None => match names::room_key(&query) {
                    Ok(key) => vec![Effect::Join(key)],
                    Err(error) => {
                        model.toast(error.to_string());
                        Vec::new()
                    }
                },
            };
        }
        KeyCode::Up => chosen = chosen.saturating_sub(1),
        KeyCode::Down | KeyCode::Tab => chosen = (chosen + 1) % found.len().max(1),
        KeyCode::Char('k') if control => chosen = (chosen + 1) % found.len().max(1),
        KeyCode::Backspace => {
            query.pop();
            chosen = 0;
        }
        KeyCode::Char(c) if !control => {
            query.push_str(&safe::typed(c.encode_utf8(&mut [0; 4])));
            chosen = 0;
        }
        _ => {
            model.layers.pop();
            return Vec::new();
        }
    }
    if let Some(layer) = model.layers.last_mut() {
        *layer = Layer::Switcher { query, chosen };
    }
    Vec::new()
}

/// Scrolls what is only read. Any other key is to close it: `false`.
fn read(scroll: &mut u16, key: KeyEvent) -> bool {
    match key.code {
        KeyCode::Down | KeyCode::Char('j') => *scroll = scroll.saturating_add(1),
        KeyCode::Up | KeyCode::Char('k') => *scroll = scroll.saturating_sub(1),
        KeyCode::PageDown | KeyCode::Char(' ') => *scroll = scroll.saturating_add(10),
        KeyCode::PageUp => *scroll = scroll.saturating_sub(10),
        KeyCode::Home => *scroll = 0,
        _ => return false,
    }
    true
}

fn name_key(input: &mut String, error: &mut Option<String>, key: KeyEvent) -> Option<String> {
    match key.code {
        KeyCode::Enter => match names::name(input) {
            Ok(name) => return Some(name),
            Err(why) => *error = Some(why.to_string()),
        },
        KeyCode::Backspace => {
            input.pop();
            *error = None;
        }
        KeyCode::Char('u') if key.modifiers.contains(KeyModifiers::CONTROL) => input.clear(),
        KeyCode::Char(c) if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => {
            input.push_str(&safe::typed(c.encode_utf8(&mut [0; 4])));
            *error = None;
        }
        _ => {}
    }
    None
}
