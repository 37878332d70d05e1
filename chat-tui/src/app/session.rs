//! What the session tells, taken into the model.

use std::time::Duration;

use protocol::client::ClientFrame;
use protocol::error::{ErrorCode, Refusal};
use protocol::ids::{Id, RoomKey};
use protocol::limits::TYPING_TTL;
use protocol::server::{Members, ResetWhy, RoomInfo, Welcome};
use protocol::session::{
    Failure, Gap, Link, OutboxChange, Outgoing, OutgoingState, Page, RoomEvent, RoomReset, SessionEvent,
};
use protocol::signal::{ComeAndGo, PresenceState, Renamed, Typing};

use super::room::{Person, Sending, Typist};
use super::timeline::Notice;
use super::update::{go_to, remove_room};
use super::{Effect, Me, Model, Room, safe};

/// A refused question for history is asked again after this, where the server gives no time.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// People listed in a room; a crowd shows as a number.
const PEOPLE: usize = 500;
/// Names listed by `/rooms`.
const LISTED: usize = 50;

pub(super) fn handle(model: &mut Model, event: SessionEvent) -> Vec<Effect> {
    match event {
        SessionEvent::Link(link) => set_link(model, link),
        SessionEvent::Welcome(welcome) => return welcomed(model, &welcome),
        SessionEvent::Event(event) => add(model, event),
        SessionEvent::Page(page) => add_page(model, page),
        SessionEvent::Gap(gap) => {
            if let Some(room) = model.rooms.get_mut(&gap.room) {
                let first = room.timeline.first();
                room.timeline.set_bounds(first, gap.to);
                room.asking = true;
            }
        }
        SessionEvent::GapHealed(gap) => stop_asking(model, &gap.room),
        SessionEvent::GapLost(gap) => lose(model, &gap),
        SessionEvent::Reset(reset) => return self::reset(model, &reset),
        SessionEvent::Synced { room, head } => {
            if let Some(room) = model.rooms.get_mut(&room) {
                let first = room.timeline.first();
                room.timeline.set_bounds(first, head);
            }
        }
        SessionEvent::Outbox(change) => match change {
            OutboxChange::Put(line) => put_line(model, line),
            OutboxChange::Remove(id) => remove_line(model, &id),
        },
        SessionEvent::Outgoing { id, state } => set_state(model, &id, &state),
        SessionEvent::RoomJoined { info, reference } => return joined(model, &info, reference.is_some()),
        SessionEvent::RoomInfo(info) => {
            learn(model, &info);
        }
        SessionEvent::RoomLeft(key) => return left(model, &key),
        SessionEvent::Reports(_)
        | SessionEvent::Audit(_)
        | SessionEvent::RoomElsewhere(_)
        | SessionEvent::Goaway { .. } => {}
        SessionEvent::Members(members) => set_members(model, members),
        SessionEvent::Rooms(rooms) => list_rooms(model, &rooms.rooms),
        SessionEvent::Named(name) => {
            let name = safe::line(&name);
            model.say(format!("you are {name} now"));
            if let Some(me) = &mut model.me {
                me.name = name;
            }
            return vec![Effect::Keep];
        }
        SessionEvent::Came(who) => come_and_go(model, true, &who),
        SessionEvent::Went(who) => come_and_go(model, false, &who),
        SessionEvent::Renamed(renamed) => rename(model, &renamed),
        SessionEvent::Profile(_) => {}
        SessionEvent::Typing(typing) => see_typing(model, typing),
        SessionEvent::Presence(presence) => {
            if let Some(room) = model.rooms.get_mut(&presence.room) {
                let guest = room.people.iter().any(|person| person.user == presence.user && person.guest);
                let name = safe::line(&presence.sender);
                room.see(Person { user: presence.user, name, guest, state: presence.state });
            }
        }
        SessionEvent::Refused { question, refusal, .. } => {
            refused(model, &question, &refusal);
        }
        SessionEvent::Unanswered { question, .. } => unanswered(model, &question),
        SessionEvent::Error(refusal) => model.complain(safe::line(&refusal.reason)),
    }
    Vec::new()
}

fn set_link(model: &mut Model, link: Link) {
    if link != Link::Connected {
        for room in model.rooms.values_mut() {
            room.asking = false;
            room.typing.clear();
        }
    }
    if link == Link::Connected {
        model.trouble = None;
    }
    model.link = link;
}

fn welcomed(model: &mut Model, welcome: &Welcome) -> Vec<Effect> {
    let name = safe::line(&welcome.user.name);
    let wish_name = model.wish_name.take().filter(|wish| *wish != name);
    if wish_name.is_none() && model.my_name() != name && !model.my_name().is_empty() {
        let text = format!("you are {name} here: {} is taken or not allowed", model.my_name());
        model.say(text);
    }
    model.me = Some(Me { user: welcome.user.user.clone(), name, guest: welcome.user.guest });
    model.message_bytes = usize::try_from(welcome.limits.message_bytes).unwrap_or(usize::MAX);
    for info in &welcome.rooms {
        learn(model, info);
    }
    let mut effects = vec![Effect::Keep];
    effects.extend(wish_name.map(Effect::Nick));
    if let Some(wish) = model.wish.take() {
        if model.rooms.get(&wish).is_some_and(|room| room.joined) {
            effects.extend(go_to(model, &wish));
            return effects;
        }
        effects.push(Effect::Join(wish.to_string()));
    }
    effects.push(Effect::Members(model.current.clone()));
    effects
}

/// Notes what is told of a room, and that we are in it.
fn learn<'a>(model: &'a mut Model, info: &RoomInfo) -> &'a mut Room {
    let room = model.rooms.entry(info.room.clone()).or_insert_with(|| Room::new(info.room.clone()));
    room.joined = true;
    room.title = safe::line(&info.title);
    room.topic = info.topic.as_deref().map(safe::line);
    room.present = info.present;
    let head = room.timeline.head();
    room.timeline.set_bounds(info.first, head);
    room
}

fn joined(model: &mut Model, info: &RoomInfo, asked: bool) -> Vec<Effect> {
    let room = learn(model, info);
    if room.timeline.head() == 0 && room.read == 0 {
        // What was said before we first came is history, not news.
        room.read = info.head;
    }
    room.timeline.set_bounds(info.first, info.head);
    if asked { go_to(model, &info.room) } else { vec![Effect::Keep] }
}

/// This session is not in a room any more. One with lines that were not sent stays until its person dealt with them.
fn left(model: &mut Model, key: &RoomKey) -> Vec<Effect> {
    if let Some(room) = model.rooms.get_mut(key)
        && (room.failed().is_some() || room.waiting().next().is_some())
    {
        room.joined = false;
        room.people.clear();
        room.typing.clear();
        room.present = 0;
        let text = "you are not in this room any more, and lines were not sent; /leave takes it off the list";
        room.timeline.notice(Notice::Trouble(text.to_owned()));
        return Vec::new();
    }
    remove_room(model, key)
}

fn add(model: &mut Model, event: RoomEvent) {
    let RoomEvent { event, own, as_of } = event;
    let Some(room) = model.rooms.get_mut(event.room()) else { return };
    if let Some(id) = own {
        room.outgoing.retain(|line| line.id != id);
        // One's own line is no news, where all before it was read.
        if room.read + 1 == event.seq() {
            room.read = event.seq();
        }
    }
    if let Some((user, _)) = event.author() {
        room.typing.retain(|typist| typist.user != *user);
    }
    room.timeline.insert([event], as_of);
    room.trim();
}

fn add_page(model: &mut Model, page: Page) {
    let asked = page.place;
    let page = page.page;
    let Some(room) = model.rooms.get_mut(&page.room) else { return };
    room.asking = false;
    let head = room.timeline.head();
    let empty = page.events.is_empty();
    if !page.more || empty {
        // There is nothing older: what is missing before the page was cut off by the server's retention.
        if let protocol::session::Place::Before(before) = asked {
            let first = if empty { before } else { page.first };
            room.timeline.set_bounds(first, head);
        } else {
            room.timeline.set_bounds(page.first, head);
        }
    }
    room.timeline.insert(page.events, page.as_of);
    room.trim();
}

fn stop_asking(model: &mut Model, room: &RoomKey) {
    if let Some(room) = model.rooms.get_mut(room) {
        room.asking = false;
    }
}

fn lose(model: &mut Model, gap: &Gap) {
    if let Some(room) = model.rooms.get_mut(&gap.room) {
        room.asking = false;
        room.timeline.lose(gap.from, gap.to);
    }
}

fn reset(model: &mut Model, reset: &RoomReset) -> Vec<Effect> {
    let Some(room) = model.rooms.get_mut(&reset.room) else { return Vec::new() };
    room.asking = false;
    let mut effects = Vec::new();
    if matches!(reset.why, ResetWhy::Epoch | ResetWhy::Ahead) {
        room.timeline.clear();
        room.scroll = None;
        room.mark = None;
        room.read = reset.head;
        room.timeline.notice(Notice::Info(
            "the server's history was restored from a backup; it is loaded anew".to_owned(),
        ));
        effects.push(Effect::SetAside(reset.room.clone()));
    }
    room.timeline.set_bounds(reset.first, reset.head);
    effects
}

fn put_line(model: &mut Model, line: Outgoing) {
    let room = model.rooms.entry(line.room.clone()).or_insert_with(|| Room::new(line.room.clone()));
    let state = line.failed.map_or(Sending::Queued, |why| failed(&why));
    room.put_outgoing(line.id, &line.text, state);
}

/// A line was discarded; one that is stored stays until the log has it.
fn remove_line(model: &mut Model, id: &Id) {
    for room in model.rooms.values_mut() {
        room.outgoing.retain(|line| line.id != *id || matches!(line.state, Sending::Stored(_)));
    }
}

fn set_state(model: &mut Model, id: &Id, state: &OutgoingState) {
    for room in model.rooms.values_mut() {
        if let Some(index) = room.outgoing.iter().position(|line| line.id == *id) {
            room.outgoing[index].state = match state {
                OutgoingState::Queued => Sending::Queued,
                OutgoingState::Sent => Sending::Sent,
                OutgoingState::Stored { seq, .. } => Sending::Stored(*seq),
                OutgoingState::Failed(why) => failed(why),
            };
            if let OutgoingState::Stored { seq, .. } = state
                && room.timeline.get(*seq).is_some()
            {
                room.outgoing.remove(index);
            }
        }
    }
}

fn failed(why: &Failure) -> Sending {
    Sending::Failed(safe::line(&why.reason))
}

fn set_members(model: &mut Model, members: Members) {
    let Some(room) = model.rooms.get_mut(&members.room) else { return };
    room.present = members.present;
    room.people = members
        .members
        .into_iter()
        .take(PEOPLE)
        .filter(|member| member.state != PresenceState::Offline)
        .map(|member| Person {
            name: safe::line(&member.name),
            user: member.user,
            guest: member.guest,
            state: member.state,
        })
        .collect();
    room.sort_people();
}

fn list_rooms(model: &mut Model, rooms: &[RoomInfo]) {
    model.open_rooms = rooms.iter().map(|info| info.room.clone()).collect();
    if !std::mem::take(&mut model.wants_list) {
        return;
    }
    let mut lines: Vec<String> = rooms
        .iter()
        .take(LISTED)
        .map(|info| {
            let people = match info.present {
                0 => "nobody here now".to_owned(),
                1 => "1 person".to_owned(),
                n => format!("{n} people"),
            };
            let here = if model.rooms.get(&info.room).is_some_and(|room| room.joined) {
                " · you are in it"
            } else {
                ""
            };
            format!("#{} · {people}{here}", safe::line(&info.title))
        })
        .collect();
    if rooms.len() > LISTED {
        lines.push(format!("and {} more", rooms.len() - LISTED));
    }
    lines.insert(0, "open rooms (/join NAME goes there):".to_owned());
    model.say(lines.join("\n"));
}

fn come_and_go(model: &mut Model, came: bool, who: &ComeAndGo) {
    let me = model.me.as_ref().map(|me| me.user.clone());
    let Some(room) = model.rooms.get_mut(&who.room) else { return };
    room.present = who.present;
    let names: Vec<String> = who.names.iter().map(|name| safe::line(name)).collect();
    for (user, name) in who.users.iter().zip(&names) {
        let state = if came { PresenceState::Online } else { PresenceState::Offline };
        room.see(Person { user: user.clone(), name: name.clone(), guest: false, state });
    }
    if who.users.len() == 1 && who.users.first() == me.as_ref() {
        return;
    }
    room.timeline.notice(Notice::ComeAndGo { came, names, count: who.count });
}

fn rename(model: &mut Model, renamed: &Renamed) {
    let (from, to) = (safe::line(&renamed.from), safe::line(&renamed.to));
    let mine = model.me.as_ref().is_some_and(|me| me.user == renamed.user);
    if mine && let Some(me) = &mut model.me {
        me.name.clone_from(&to);
    }
    let Some(room) = model.rooms.get_mut(&renamed.room) else { return };
    if let Some(person) = room.people.iter_mut().find(|person| person.user == renamed.user) {
        person.name.clone_from(&to);
    }
    room.sort_people();
    if !mine {
        room.timeline.notice(Notice::Info(format!("{from} is now {to}")));
    }
}

fn see_typing(model: &mut Model, typing: Typing) {
    if model.me.as_ref().is_some_and(|me| me.user == typing.user) {
        return;
    }
    let until = model.now + TYPING_TTL;
    let Some(room) = model.rooms.get_mut(&typing.room) else { return };
    room.typing.retain(|typist| typist.user != typing.user);
    if typing.on && room.typing.len() < PEOPLE {
        room.typing.push(Typist { user: typing.user, name: safe::line(&typing.sender), until });
    }
}

fn refused(model: &mut Model, question: &ClientFrame, refusal: &Refusal) {
    let (code, reason) = (refusal.code, safe::line(&refusal.reason));
    match question {
        ClientFrame::History(history) => {
            // Asking again at once would be refused again.
            let again = model.now + refusal.retry_ms.map_or(ASK_AGAIN, Duration::from_millis);
            if let Some(room) = model.rooms.get_mut(&history.room) {
                room.ask_again = Some(again);
            }
            model.toast(format!("history: {reason}"));
        }
        ClientFrame::Members(_) => {}
        ClientFrame::Join(join) if code == ErrorCode::NoRoom => {
            let room = safe::line(&join.room);
            model.complain(format!("there is no room {room}; /create {room} makes it"));
        }
        ClientFrame::Create(create) if code == ErrorCode::RoomExists => {
            let room = safe::line(&create.room);
            model.complain(format!("{reason}; /join {room} goes there"));
        }
        _ => model.complain(reason),
    }
}

fn unanswered(model: &mut Model, question: &ClientFrame) {
    match question {
        ClientFrame::History(history) => stop_asking(model, &history.room),
        ClientFrame::Join(_) | ClientFrame::Create(_) | ClientFrame::Nick(_) | ClientFrame::Rooms(_) => {
            model.complain("the connection was lost before the server answered; please try again");
        }
        _ => {}
    }
}
