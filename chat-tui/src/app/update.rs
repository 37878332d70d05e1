//! How the model changes.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event as TermEvent, KeyEventKind};
use protocol::client::ClientFrame;
use protocol::ids::{RoomKey, Seq};
use protocol::messages::OfRoom;
use protocol::session::{Link, Place};
use protocol::signal::PresenceState;

use super::layout::Screen;
use super::place::{put_aside, take_up};
use super::{
    Effect, Layer, Model, Msg, Room, answers, files, finding, jump, keys, lists, pictures, rows, session,
};

/// Without a key for this long, the person is idle.
const IDLE_AFTER: Duration = Duration::from_mins(5);

/// Takes in what happened and returns what is to be done. `now` is the time since the start of the program.
pub fn update(model: &mut Model, msg: Msg, now: Duration) -> Vec<Effect> {
    model.now = now;
    let mut effects = match msg {
        Msg::Term(event) => terminal(model, event),
        Msg::Session(event) => session::handle(model, *event),
        Msg::Cached { room, events } => {
            if let Some(room) = model.rooms.get_mut(&room) {
                room.loaded = true;
                for (event, as_of) in events {
                    session::messages::pass_on(room, std::slice::from_ref(&event), as_of);
                    room.timeline.insert([event], as_of);
                }
            }
            Vec::new()
        }
        Msg::NotTaken { room, thread, text, reason } => {
            not_taken(model, &room, thread, &text, &reason);
            Vec::new()
        }
        Msg::NotKept(id) => {
            let mut lines = model.rooms.values_mut().flat_map(Room::all_lines_mut).flatten();
            if let Some(line) = lines.find(|line| line.id == id) {
                line.kept = false;
            }
            Vec::new()
        }
        Msg::Unreachable(why) => {
            model.trouble = Some(super::safe::line(&why));
            Vec::new()
        }
        Msg::NotAsked(reason) => {
            lists::not_told(model);
            model.complain(reason);
            Vec::new()
        }
        Msg::Transfer { id, news } => files::take(model, id, news),
        Msg::BrokenOff(broken) => {
            files::broken_off(model, broken);
            Vec::new()
        }
        Msg::Thumb { file, picture } => {
            model.pictures.take(&file, picture);
            Vec::new()
        }
        Msg::Graphics(found) => {
            model.pictures.find(found);
            Vec::new()
        }
        Msg::FoundHere(messages) => {
            finding::found_here(model, messages);
            Vec::new()
        }
        Msg::Opened(spot) => match spot.seq {
            Some(seq) => jump::to(model, &spot.room, seq),
            None => visit(model, &spot.room),
        },
        Msg::Answered { request, answer } => answers::take(model, &request, answer),
        Msg::Tick => Vec::new(),
    };
    expire(model, &mut effects);
    settle(model, &mut effects);
    effects
}

/// When [`Msg::Tick`] is to come next; `None` while nothing on the screen depends on the time.
pub fn next_deadline(model: &Model, now: Duration) -> Option<Duration> {
    let countdown = match model.link {
        Link::WaitingUntil(at) if at > now => {
            // Just after the next whole second before `at`, when the countdown shows another number.
            let left = at.saturating_sub(now);
            Some(now + Duration::from_millis(u64::from(left.subsec_millis()) + 1))
        }
        _ => None,
    };
    let typing = model.place().typing.iter().map(|typist| typist.until).min();
    let toast = model.toast.as_ref().map(|(_, until)| *until);
    let again = model.room().ask_again;
    let idle = (model.presence == PresenceState::Online).then(|| model.active_at + IDLE_AFTER);
    [countdown, typing, toast, again, idle].into_iter().flatten().min()
}

/// Brings a room to the screen.
pub(super) fn go_to(model: &mut Model, key: &RoomKey) -> Vec<Effect> {
    if !model.rooms.contains_key(key) {
        return Vec::new();
    }
    // Who goes elsewhere does not want to be taken there any more.
    model.jump.take_if(|jump| jump.room != *key);
    let old = model.current.clone();
    let mut effects = Vec::new();
    if old != *key {
        // A message that was being chosen is of the other room.
        model.layers.retain(|layer| !matches!(layer, Layer::Pick(_) | Layer::React(_)));
        effects.extend(put_aside(model));
        let room = model.room_mut();
        room.mark = None;
        room.trim();
        model.current = key.clone();
        // Who comes back wants to see the room.
        model.room_mut().thread = None;
        take_up(model);
        model.room_mut().kept_unread = false;
    }
    arrive(model.room_mut());
    if model.is_online() {
        effects.push(Effect::Members(key.clone()));
        effects.extend(ask_readers(model));
    }
    effects.push(Effect::Keep);
    effects
}

/// Asks who has read the room on the screen, where it tells.
pub(super) fn ask_readers(model: &Model) -> Option<Effect> {
    let room = model.room();
    let frame = ClientFrame::Readers(OfRoom { reference: 0, room: room.key.clone() });
    (room.rules.seen && room.joined).then(|| Effect::Ask(Box::new(frame)))
}

/// Brings a room to the screen, and asks to join it where we are not in it.
pub(super) fn visit(model: &mut Model, key: &RoomKey) -> Vec<Effect> {
    let mut effects = go_to(model, key);
    if !model.rooms.get(key).is_some_and(|room| room.joined) {
        effects.push(Effect::Join(key.to_string()));
    }
    effects
}

/// The person looks at the room again: what came meanwhile is marked.
pub(super) fn arrive(room: &mut Room) {
    if room.unread() > 0 && room.read > 0 {
        room.mark = Some(room.read);
    }
}

/// Takes a room away; the lobby takes its place on the screen.
pub(super) fn remove_room(model: &mut Model, key: &RoomKey) -> Vec<Effect> {
    let mut effects = Vec::new();
    if model.current == *key {
        let lobby = RoomKey::lobby();
        model.rooms.entry(lobby.clone()).or_insert_with(|| Room::joined(lobby.clone()));
        if lobby != *key {
            effects = go_to(model, &lobby);
            // What was being written there has no room to be said in any more, but is not lost.
            if let Some(room) = model.rooms.get(key)
                && model.composer.is_empty()
            {
                let draft = room.draft.clone();
                model.composer.set(&draft);
            }
        }
    }
    if *key != RoomKey::lobby() {
        model.rooms.remove(key);
    }
    effects
}

fn terminal(model: &mut Model, event: TermEvent) -> Vec<Effect> {
    match event {
        TermEvent::Key(key) if key.kind == KeyEventKind::Release => Vec::new(),
        TermEvent::Key(key) => {
            model.active_at = model.now;
            keys::key(model, key)
        }
        TermEvent::Mouse(mouse) => {
            model.active_at = model.now;
            keys::mouse(model, mouse)
        }
        TermEvent::Paste(text) => {
            model.active_at = model.now;
            keys::paste(model, &text)
        }
        TermEvent::Resize(columns, rows) => {
            model.size = (columns, rows);
            Vec::new()
        }
        TermEvent::FocusGained => {
            model.focused = true;
            model.active_at = model.now;
            let room = model.room_mut();
            arrive(room);
            if let Some(root) = room.thread
                && let Some(mark) = room.answers.mark(root)
                && let Some(thread) = room.threads.get_mut(&root)
            {
                thread.mark = Some(mark);
            }
            vec![Effect::Wake]
        }
        TermEvent::FocusLost => {
            model.focused = false;
            Vec::new()
        }
    }
}

fn not_taken(model: &mut Model, room: &RoomKey, thread: Option<Seq>, text: &str, reason: &str) {
    let text = super::written::editable(text);
    if model.current == *room && model.thread() == thread {
        // Also the new text of a message, which was not taken out of the composer.
        model.composer.remember(&text);
        if model.composer.is_empty() {
            model.composer.set(&text);
        } else {
            // What is being written now is not replaced.
            model.complain("Up brings the line back");
        }
    } else if let Some(room) = model.rooms.get_mut(room)
        && room.draft.is_empty()
    {
        room.draft = text;
    }
    model.complain(reason);
}

fn expire(model: &mut Model, effects: &mut Vec<Effect>) {
    let now = model.now;
    if model.toast.as_ref().is_some_and(|(_, until)| *until <= now) {
        model.toast = None;
    }
    for room in model.rooms.values_mut() {
        for thread in room.threads.values_mut() {
            thread.typing.retain(|typist| typist.until > now);
        }
        room.typing.retain(|typist| typist.until > now);
        if room.ask_again.is_some_and(|at| at <= now) {
            room.ask_again = None;
            room.asking = false;
        }
    }
    let state = if now >= model.active_at + IDLE_AFTER { PresenceState::Idle } else { PresenceState::Online };
    if state != model.presence {
        model.presence = state;
        effects.push(Effect::Presence(state));
    }
}

/// What follows from the new state, whatever led there: markers move, and what is in sight and missing is asked for.
fn settle(model: &mut Model, effects: &mut Vec<Effect>) {
    let (blocked, watch) = (Arc::clone(&model.own.blocked), Arc::clone(&model.own.watch));
    for room in model.rooms.values_mut() {
        for place in room.threads.values_mut() {
            place.timeline.hide(&blocked);
            place.timeline.watch(&watch);
        }
        room.timeline.hide(&blocked);
        room.timeline.watch(&watch);
    }
    effects.extend(jump::go_on(model));
    if model.is_online() && std::mem::take(&mut model.room_mut().stale) {
        effects.push(Effect::Members(model.current.clone()));
    }
    let looking = model.focused && !model.layers.iter().any(|layer| matches!(layer, Layer::Name { .. }));
    let is_in_sight = Screen::of(model).shows_room(model);
    let room = model.room_mut();
    if !room.loaded {
        // Asked for once; the answer says that it is there.
        room.loaded = true;
        effects.push(Effect::Load(room.key.clone()));
    }
    if looking && is_in_sight && !room.kept_unread && room.scroll.is_none() && room.read_all() {
        effects.push(Effect::Keep);
    }
    room.trim();
    if let Some(root) = room.thread
        && let Some(thread) = room.threads.get(&root)
        && looking
        && thread.scroll.is_none()
        && !thread.kept_unread
        && room.answers.read(root, thread.timeline.head())
    {
        effects.push(Effect::Keep);
    }
    model.place_mut().trim();
    if model.is_online() {
        ask_for_history(model, effects);
    }
    pictures::ask(model, effects);
}

/// Asks for what is in sight and missing.
fn ask_for_history(model: &mut Model, effects: &mut Vec<Effect>) {
    let place = model.place();
    if place.asking {
        return;
    }
    let seen = rows::viewport(place, Screen::of(model).frame(model));
    if let Some(root) = model.thread() {
        let oldest = place.timeline.events().map(|(seq, _)| seq).find(|seq| *seq > root);
        if seen.near_top
            && place.more
            && let Some(oldest) = oldest
        {
            model.place_mut().asking = true;
            effects.extend(super::place::ask_thread(model, root, Some(oldest)));
        }
        return;
    }
    let place = match (seen.gap_before, place.timeline.oldest()) {
        (Some(before), _) => Some(Place::Before(before)),
        (None, Some(oldest)) if seen.near_top && place.timeline.has_older() => Some(Place::Before(oldest)),
        (None, None) if place.timeline.has_older() => Some(Place::Newest),
        _ => None,
    };
    if let Some(place) = place {
        let room = model.room_mut();
        room.asking = true;
        effects.push(Effect::History { room: room.key.clone(), place });
    }
}
