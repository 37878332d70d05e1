//! What the session tells, taken into the model.

mod lines;
pub(super) mod messages;
mod people;

use std::sync::Arc;
use std::time::Duration;

use protocol::SELF_ROOM;
use protocol::client::ClientFrame;
use protocol::error::{ErrorCode, Refusal, close};
use protocol::event::Event;
use protocol::http::Call;
use protocol::ids::RoomKey;
use protocol::people::Role;
use protocol::server::{ResetWhy, RoomInfo, Welcome};
use protocol::session::{Gap, Link, OutboxChange, Page, Place, RoomEvent, RoomReset, SessionEvent};

use super::room::{Counted, Verdict};
use super::timeline::{Notice, Watch};
use super::update::{ask_readers, go_to, remove_room};
use super::{
    Effect, Form, Layer, Me, Model, Room, alert, answers, commands, files, finding, gone, jump, lists, own,
    safe, sheet, told,
};
use crate::api::Request;

/// A refused question for history is asked again after this, where the server gives no time.
const ASK_AGAIN: Duration = Duration::from_secs(5);

pub(super) fn handle(model: &mut Model, event: SessionEvent) -> Vec<Effect> {
    match event {
        SessionEvent::Link(link) => set_link(model, link),
        SessionEvent::Welcome(welcome) => return welcomed(model, &welcome),
        SessionEvent::Event(event) if event.event.room().as_str() == SELF_ROOM => {
            return own::take(model, event.event);
        }
        SessionEvent::Event(event) => return add(model, event),
        SessionEvent::Page(page) => return add_page(model, page),
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
            OutboxChange::Put(line) => lines::put_line(model, &line),
            OutboxChange::Remove(id) => lines::remove_line(model, &id),
        },
        SessionEvent::Outgoing { id, state } => lines::set_state(model, &id, &state),
        // It has no place on the screen.
        SessionEvent::RoomJoined { info, .. } | SessionEvent::RoomInfo(info)
            if info.room.as_str() == SELF_ROOM => {}
        SessionEvent::RoomJoined { info, reference } => return joined(model, &info, reference.is_some()),
        SessionEvent::RoomInfo(info) => {
            learn(model, &info);
        }
        SessionEvent::RoomLeft(key) => return left(model, &key),
        SessionEvent::RoomElsewhere(changed) => {
            let key = changed.room.room;
            let is_in = model.rooms.get(&key).is_some_and(|room| room.joined);
            return match (changed.joined, is_in) {
                (true, false) => vec![Effect::Follow(key)],
                (false, true) => vec![Effect::Leave(key)],
                _ => Vec::new(),
            };
        }
        SessionEvent::Goaway { .. } => {}
        SessionEvent::Found(found) => finding::found(model, found),
        SessionEvent::Mentioned(mentioned) => lists::mentions(model, mentioned),
        SessionEvent::Pins(pins) => lists::pins(model, pins),
        SessionEvent::Edits(edits) => {
            let sheet = lists::edits(model, &edits);
            answers::show(model, sheet);
        }
        SessionEvent::Thread(page) => messages::thread(model, page),
        SessionEvent::Readers(readers) => messages::readers(model, readers),
        SessionEvent::Seen(seen) => messages::seen(model, &seen),
        SessionEvent::Reports(reports) => {
            let sheet = sheet::reports(model, &reports);
            answers::show(model, sheet);
        }
        SessionEvent::Audit(audit) => {
            let sheet = sheet::audit(model, &audit);
            answers::show(model, sheet);
        }
        SessionEvent::Members(members) => people::set(model, members),
        SessionEvent::Rooms(rooms) => list_rooms(model, &rooms.rooms),
        SessionEvent::Done { question, .. } => done(model, &question),
        SessionEvent::Named(name) => {
            let name = safe::line(&name);
            model.say(format!("you are {name} now"));
            if let Some(me) = &mut model.me {
                me.name = name;
            }
            return vec![Effect::Keep];
        }
        SessionEvent::Came(who) => people::come_and_go(model, true, &who),
        SessionEvent::Went(who) => people::come_and_go(model, false, &who),
        SessionEvent::Renamed(renamed) => people::rename(model, &renamed),
        SessionEvent::Profile(profiled) => people::profile(model, &profiled),
        SessionEvent::Typing(typing) => people::see_typing(model, typing),
        SessionEvent::Presence(presence) => {
            if let Some(room) = model.rooms.get_mut(&presence.room) {
                room.see(&presence.user, &presence.sender, presence.state);
            }
        }
        SessionEvent::Refused { question, refusal, .. } => {
            refused(model, &question, &refusal);
        }
        SessionEvent::Unanswered { question, .. } => unanswered(model, &question),
        // The link is about to be closed for it, and the form says why.
        SessionEvent::Error(refusal) if refusal.code == ErrorCode::SignIn => {
            let ended = "this device was signed out, or not used for long";
            model.sign_in =
                Some(if model.is_signed_in() { ended.to_owned() } else { safe::line(&refusal.reason) });
        }
        SessionEvent::Error(refusal) => model.complain(safe::line(&refusal.reason)),
    }
    Vec::new()
}

fn set_link(model: &mut Model, link: Link) {
    if link != Link::Connected {
        for room in model.rooms.values_mut() {
            room.asking = false;
            room.typing.clear();
            for thread in room.threads.values_mut() {
                thread.asking = false;
                thread.typing.clear();
            }
        }
    }
    if link == Link::Connected {
        model.trouble = None;
        model.sign_in = None;
    }
    let is_turned_away = matches!(&link, Link::Stopped(why) if why.code == close::SIGN_IN);
    model.link = link;
    if is_turned_away && !model.second && !model.layers.iter().any(|layer| matches!(layer, Layer::Form(_))) {
        let mut form = Form::login(model.my_name());
        form.error.clone_from(&model.sign_in);
        if model.is_signed_in() && form.error.is_none() {
            form.error = Some("this device was signed out".to_owned());
        }
        model.layers.push(Layer::Form(form));
    }
}

fn welcomed(model: &mut Model, welcome: &Welcome) -> Vec<Effect> {
    let user = &welcome.user;
    let name = safe::line(&user.name);
    let wish_name = model.wish_name.take().filter(|wish| *wish != name && user.guest);
    if user.guest && wish_name.is_none() && model.my_name() != name && !model.my_name().is_empty() {
        let text = format!("you are {name} here: {} is taken or not allowed", model.my_name());
        model.say(text);
    }
    let role = if user.guest { Role::Guest } else { user.role };
    let away = user.profile.away;
    model.me = Some(Me { user: user.user.clone(), name, guest: user.guest, role, away });
    if model.own.watch.me.as_ref() != Some(&user.user) {
        let keywords = model.own.watch.keywords.clone();
        model.own.watch = Arc::new(Watch { me: Some(user.user.clone()), keywords });
    }
    model.learn_hue(&user.user, &user.profile);
    model.message_bytes = usize::try_from(welcome.limits.message_bytes).unwrap_or(usize::MAX);
    for info in welcome.rooms.iter().filter(|info| info.room.as_str() != SELF_ROOM) {
        learn(model, info);
    }
    let mut effects = vec![Effect::Keep];
    effects.extend(files::go_on(model));
    effects.extend(wish_name.map(Effect::Nick));
    if user.guest {
        // Whether one may write here at all.
        effects.push(Effect::Call(Box::new(Request::new(Call::About).quietly())));
    }
    if model.is_signed_in() {
        // Whom one may name, in commands.
        effects.push(Effect::Call(Box::new(Request::new(Call::Users).quietly())));
    }
    if let Some(wish) = model.wish.take() {
        if model.rooms.get(&wish).is_some_and(|room| room.joined) {
            effects.extend(go_to(model, &wish));
            return effects;
        }
        effects.push(Effect::Join(wish.to_string()));
    }
    effects.push(Effect::Members(model.current.clone()));
    effects.extend(ask_readers(model));
    effects
}

/// Notes what is told of a room, and that we are in it.
fn learn<'a>(model: &'a mut Model, info: &RoomInfo) -> &'a mut Room {
    let level = model.own.levels.get(&info.room).copied().unwrap_or_default();
    let room = model.rooms.entry(info.room.clone()).or_insert_with(|| Room::new(info.room.clone()));
    room.joined = true;
    room.title = safe::line(&info.title);
    room.topic = info.topic.as_deref().map(safe::line);
    room.kind = info.kind;
    room.rules = info.rules.clone();
    room.standing = info.standing;
    room.level = level;
    room.put_out = false;
    room.present = info.present;
    if let Some(read) = info.read {
        room.learn_read(read);
        let RoomInfo { head, unread, mentions, .. } = *info;
        room.counted = Some(Counted { read, head, unread, mentions });
    }
    room.pins = info.pins;
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
    if key.as_str() == SELF_ROOM {
        return Vec::new();
    }
    if key.is_made() {
        gone::room(model, key);
    }
    if let Some(room) = model.rooms.get_mut(key)
        && room.all_outgoing().next().is_some()
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

fn add(model: &mut Model, event: RoomEvent) -> Vec<Effect> {
    let RoomEvent { event, own, as_of } = event;
    let me = model.me.as_ref().map(|me| me.user.clone());
    let (key, seq) = (event.room().clone(), event.seq());
    let Some(room) = model.rooms.get_mut(&key) else { return Vec::new() };
    if let Some(id) = &own {
        for lines in room.all_lines_mut() {
            lines.retain(|line| line.id != *id);
        }
        // One's own line is no news, where all before it was read.
        if room.read + 1 == seq && !room.kept_unread {
            room.read = seq;
        }
    }
    if let Some((user, _)) = event.author() {
        room.typing.retain(|typist| typist.user != *user);
        for thread in room.threads.values_mut() {
            thread.typing.retain(|typist| typist.user != *user);
        }
    }
    match &event {
        Event::Member(changed) => {
            room.stale = true;
            if Some(&changed.who) == me.as_ref() && changed.role.is_some() {
                room.standing = changed.role;
            }
        }
        Event::Changed(changed) => room.change(changed),
        Event::Pin(pin) => {
            room.pins = if pin.on { room.pins.saturating_add(1) } else { room.pins.saturating_sub(1) };
        }
        _ => {}
    }
    messages::pass_on(room, std::slice::from_ref(&event), as_of);
    messages::note_answer(room, me.as_ref(), &event);
    room.timeline.insert([event], as_of);
    room.trim();
    // What was resumed after a long time away is not news to be told of one by one.
    alert::of(model, &key, seq).into_iter().collect()
}

fn add_page(model: &mut Model, page: Page) -> Vec<Effect> {
    let asked = page.place;
    let page = page.page;
    let key = page.room.clone();
    let Some(room) = model.rooms.get_mut(&page.room) else { return Vec::new() };
    room.asking = false;
    let head = room.timeline.head();
    let empty = page.events.is_empty();
    // Behind a page in the middle there may be more than before it.
    let tells_beginning = !matches!(asked, Place::After(_)) || empty;
    if (!page.more && tells_beginning) || empty {
        // There is nothing older: what is missing before the page was cut off by the server's retention.
        if let Place::Before(before) = asked {
            let first = if empty { before } else { page.first };
            room.timeline.set_bounds(first, head);
        } else if !empty || matches!(asked, Place::Newest) {
            room.timeline.set_bounds(page.first, head);
        }
    }
    let times = finding::times(&asked, &page.events);
    messages::pass_on(room, &page.events, page.as_of);
    room.timeline.insert(page.events, page.as_of);
    match room.scroll {
        // What was just brought in for a jump may be far from what is looked at.
        _ if matches!(asked, Place::Around(_) | Place::At(_)) => {}
        _ => room.trim(),
    }
    let mut effects = finding::day_came(model, &key, &asked, &times);
    effects.extend(jump::arrived(model, &key));
    effects
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
    if reset.room.as_str() == SELF_ROOM {
        // Another history: it is read anew.
        model.own = super::Own::default();
        return Vec::new();
    }
    let Some(room) = model.rooms.get_mut(&reset.room) else { return Vec::new() };
    if reset.why == ResetWhy::Gone && !room.put_out {
        model.own_gone.insert(reset.room.clone());
    }
    room.asking = false;
    let mut effects = Vec::new();
    if matches!(reset.why, ResetWhy::Epoch | ResetWhy::Ahead) {
        gone::history(model, &reset.room, reset.head);
        effects.push(Effect::SetAside(reset.room.clone()));
    }
    if let Some(room) = model.rooms.get_mut(&reset.room) {
        room.timeline.set_bounds(reset.first, reset.head);
    }
    effects
}

fn list_rooms(model: &mut Model, rooms: &[RoomInfo]) {
    model.open_rooms = rooms.iter().map(|info| info.room.clone()).collect();
    if std::mem::take(&mut model.wants_list) {
        let sheet = sheet::rooms(model, rooms);
        answers::show(model, sheet);
    }
}

fn refused(model: &mut Model, question: &ClientFrame, refusal: &Refusal) {
    let (code, reason) = (refusal.code, safe::line(&refusal.reason));
    lists::not_told(model);
    if let ClientFrame::Join(join) = question {
        model.jump.take_if(|jump| jump.room.as_str() == join.room);
    }
    match question {
        ClientFrame::History(history) => {
            // Asking again at once would be refused again.
            let again = model.now + refusal.retry_ms.map_or(ASK_AGAIN, Duration::from_millis);
            if let Some(room) = model.rooms.get_mut(&history.room) {
                room.ask_again = Some(again);
            }
            model.toast(format!("history: {reason}"));
            model.jump.take_if(|jump| jump.asked && jump.room == history.room);
        }
        ClientFrame::Members(_) => model.wants_bans = false,
        ClientFrame::Readers(_) => model.wants_readers = None,
        // A server that keeps nothing of one's own.
        ClientFrame::Join(join) if join.room == SELF_ROOM => {}
        ClientFrame::Join(join) if code == ErrorCode::NoRoom => {
            let room = safe::line(&join.room);
            model.complain(format!("there is no room {room}; /create {room} makes it"));
        }
        ClientFrame::Create(create) if code == ErrorCode::RoomExists => {
            let room = safe::line(&create.room);
            model.complain(format!("{reason}; /join {room} goes there"));
        }
        ClientFrame::Thread(thread) => {
            let place = model.rooms.get_mut(&thread.room).and_then(|room| room.threads.get_mut(&thread.root));
            if let Some(place) = place {
                place.asking = false;
                place.more = false;
            }
            model.toast(reason);
        }
        _ => {
            let hint = commands::hint(model, code);
            model.complain(format!("{reason}{hint}"));
        }
    }
}

fn unanswered(model: &mut Model, question: &ClientFrame) {
    lists::not_told(model);
    match question {
        ClientFrame::History(history) => stop_asking(model, &history.room),
        ClientFrame::Members(_) | ClientFrame::Thread(_) | ClientFrame::Readers(_) => {}
        _ => model.complain("the connection was lost before the server answered; please try again"),
    }
}

/// Something was carried out whose outcome is not seen otherwise.
fn done(model: &mut Model, question: &ClientFrame) {
    match question {
        ClientFrame::Invite(invite) => {
            let name = super::names::name_of(model, &invite.user);
            model.say(format!("{name} is invited"));
        }
        ClientFrame::Report(_) => model.say("reported to those who keep order here"),
        ClientFrame::Resolve(resolve) => model.say(format!("report {} is resolved", resolve.report)),
        ClientFrame::Prefs(prefs) => model.say(commands::told(prefs)),
        ClientFrame::Decline(_) => model.say("declined"),
        ClientFrame::Notify(notify) => model.say(match notify.level {
            protocol::own::Level::All => "you are told of all that is said here",
            protocol::own::Level::Mentions => "you are told of what mentions you here",
            protocol::own::Level::None => "this room is muted",
        }),
        ClientFrame::Block(block) => {
            let name = super::names::name_of(model, &block.user);
            let what = if block.on { "is hidden from you" } else { "is shown to you again" };
            model.say(format!("{name} {what}"));
        }
        ClientFrame::Unban(deed) | ClientFrame::Unmute(deed) => {
            let name = super::names::name_of(model, &deed.user);
            let is_ban = matches!(question, ClientFrame::Unban(_));
            let (what, verdict) = if is_ban {
                ("may come again", Verdict::Banned)
            } else {
                ("may say something again", Verdict::Muted)
            };
            model.toast(format!("{name} {what}"));
            if let Some(room) = model.rooms.get_mut(&deed.room) {
                room.sentences.retain(|other| other.user != deed.user || other.verdict != verdict);
            }
        }
        // The log does not tell of these in a public room.
        ClientFrame::Ban(deed) | ClientFrame::Mute(deed) => {
            let name = super::names::name_of(model, &deed.user);
            let what = if matches!(question, ClientFrame::Ban(_)) { "banned" } else { "muted" };
            let time = deed.for_s.map(|seconds| format!(" for {}", told::span(seconds))).unwrap_or_default();
            model.toast(format!("{name} is {what}{time}"));
        }
        _ => {}
    }
}
