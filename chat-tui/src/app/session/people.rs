//! Who is in a room, comes, goes, and is called something else.

use protocol::limits::TYPING_TTL;
use protocol::server::Members;
use protocol::signal::{ComeAndGo, PresenceState, Profiled, Renamed, Typing};

use crate::app::room::{Person, Sentenced, Typist, Verdict};
use crate::app::timeline::Notice;
use crate::app::{Model, answers, safe, sheet};

/// People listed in a room; a crowd shows as a number.
const PEOPLE: usize = 500;

pub(super) fn set(model: &mut Model, members: Members) {
    let me = model.me.as_ref().map(|me| me.user.clone());
    for member in &members.members {
        model.learn_hue(&member.user, &member.profile);
    }
    let Some(room) = model.rooms.get_mut(&members.room) else { return };
    room.present = members.present;
    let listed = members.members.into_iter().take(PEOPLE).map(Person::listed);
    let banned = members.banned.into_iter().map(|sentence| Sentenced::listed(Verdict::Banned, sentence));
    let muted = members.muted.into_iter().map(|sentence| Sentenced::listed(Verdict::Muted, sentence));
    room.sentences = banned.chain(muted).collect();
    // Who only was there is not there any more.
    room.people =
        listed.filter(|person| person.state != PresenceState::Offline || person.standing.is_some()).collect();
    if let Some(own) = room.people.iter().find(|person| Some(&person.user) == me.as_ref()) {
        room.standing = own.standing;
    }
    room.sort_people();
    if members.room == model.current && std::mem::take(&mut model.wants_bans) {
        let (sheet, listed) = sheet::bans(model);
        model.listed = listed;
        answers::show(model, sheet);
    }
}

pub(super) fn come_and_go(model: &mut Model, came: bool, who: &ComeAndGo) {
    let me = model.me.as_ref().map(|me| me.user.clone());
    let Some(room) = model.rooms.get_mut(&who.room) else { return };
    room.present = who.present;
    let names: Vec<String> = who.names.iter().map(|name| safe::line(name)).collect();
    for (user, name) in who.users.iter().zip(&names) {
        let state = if came { PresenceState::Online } else { PresenceState::Offline };
        room.see(user, name, state);
    }
    let only_me = who.users.len() == 1 && who.users.first() == me.as_ref();
    let all_hidden = !who.users.is_empty() && who.users.iter().all(|user| room.timeline.is_hidden(user));
    if !only_me && !all_hidden {
        room.timeline.notice(Notice::ComeAndGo { came, names, count: who.count });
    }
}

pub(super) fn rename(model: &mut Model, renamed: &Renamed) {
    let (from, to) = (safe::line(&renamed.from), safe::line(&renamed.to));
    let mine = model.me.as_ref().is_some_and(|me| me.user == renamed.user);
    if mine && let Some(me) = &mut model.me {
        me.name.clone_from(&to);
    }
    for known in model.accounts.iter_mut().filter(|known| known.user == renamed.user) {
        known.name.clone_from(&to);
    }
    let Some(room) = model.rooms.get_mut(&renamed.room) else { return };
    if let Some(person) = room.people.iter_mut().find(|person| person.user == renamed.user) {
        person.name.clone_from(&to);
    }
    room.sort_people();
    if !mine && !room.timeline.is_hidden(&renamed.user) {
        room.timeline.notice(Notice::Info(format!("{from} is now {to}")));
    }
}

pub(super) fn profile(model: &mut Model, profiled: &Profiled) {
    if let Some(me) = model.me.as_mut().filter(|me| me.user == profiled.user) {
        me.role = profiled.role;
        me.away = profiled.profile.away;
    }
    model.learn_hue(&profiled.user, &profiled.profile);
    let Some(room) = model.rooms.get_mut(&profiled.room) else { return };
    if let Some(person) = room.people.iter_mut().find(|person| person.user == profiled.user) {
        person.name = safe::line(&profiled.sender);
        person.learn(profiled.role, &profiled.profile);
    }
    room.sort_people();
}

pub(super) fn see_typing(model: &mut Model, typing: Typing) {
    if model.me.as_ref().is_some_and(|me| me.user == typing.user) {
        return;
    }
    let until = model.now + TYPING_TTL;
    if model.own.blocked.contains(&typing.user) {
        return;
    }
    let Some(room) = model.rooms.get_mut(&typing.room) else { return };
    room.typing.retain(|typist| typist.user != typing.user);
    for thread in room.threads.values_mut() {
        thread.typing.retain(|typist| typist.user != typing.user);
    }
    let place = match typing.thread {
        Some(root) => match room.threads.get_mut(&root) {
            Some(thread) => thread,
            // Nobody looks there.
            None => return,
        },
        None => room,
    };
    if typing.on && place.typing.len() < PEOPLE {
        place.typing.push(Typist { user: typing.user, name: safe::line(&typing.sender), until });
    }
}
