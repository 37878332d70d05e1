//! Who is connected, under which name, and in which rooms they are seen.
//!
//! One person may have many connections; a person is in a room while any of them is. Going is told only after
//! [`LEAVE_GRACE`], so that a reconnect shows neither leave nor join, and what is told of a room is coalesced.

mod names;
mod notices;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use crate::core::few::Few;
use protocol::ids::{Id, RoomKey, UserId};
use protocol::limits::LEAVE_GRACE;
use protocol::names::skeleton;
use protocol::people::{Profile, Role};
use protocol::server::Member;
use protocol::signal::PresenceState;

use names::Names;
use notices::RoomPresence;
pub(crate) use notices::{Notice, NoticeKind};

/// How many people `members` lists at most.
pub(crate) const MEMBERS_LISTED: usize = 500;

/// Names one connection, among all that this server has ever had.
pub(crate) type Link = u64;

/// Everybody who is connected to this server.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    people: HashMap<UserId, Person>,
    links: HashMap<Link, UserId>,
    names: Names,
    rooms: HashMap<RoomKey, RoomPresence>,
    /// When to look at a room again.
    due: BTreeSet<(Duration, RoomKey)>,
    /// When to forget somebody who went.
    forget: BTreeSet<(Duration, UserId)>,
}

#[derive(Debug)]
struct Person {
    name: String,
    guest: bool,
    role: Role,
    profile: Profile,
    /// Has said how to be called, or something else: until then nobody sees them.
    seen: bool,
    links: Few<Link, LinkState>,
    /// How many of the links are in each room.
    rooms: Few<RoomKey, u32>,
    /// Where they were with the last link, while they may be back any moment: they are still seen there.
    left: Vec<RoomKey>,
}

#[derive(Debug, Default)]
struct LinkState {
    conn: Option<Id>,
    rooms: Vec<RoomKey>,
    idle: bool,
}

/// What is known of somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) profile: Profile,
}

/// A person's change that the people in some rooms are told of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Change<T> {
    /// The rooms that the person is seen in.
    pub(crate) rooms: Vec<RoomKey>,
    /// The name from now on.
    pub(crate) name: String,
    /// What was before, or is now, as the operation says.
    pub(crate) value: T,
}

/// What came of a new connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Connected {
    /// The name that the person goes by: what they asked for, as far as it is allowed and free.
    pub(crate) name: String,
    /// Older connections with the same `conn`, which this one replaces.
    pub(crate) replaces: Vec<Link>,
    /// The former name, where they are still seen under another one: they went a moment ago.
    pub(crate) renamed: Option<Change<String>>,
}

impl Presence {
    /// A connection of this user is there. `fallback` names somebody whose wish yields no name at all; who wishes for
    /// none is not seen by the others before [`Presence::show`].
    pub(crate) fn connect(
        &mut self,
        link: Link,
        user: &UserId,
        conn: Option<Id>,
        wanted: Option<&str>,
        fallback: &str,
        now: Duration,
    ) -> Connected {
        let present = self.people.get(user).filter(|person| !person.links.is_empty());
        let name = match present {
            Some(person) => person.name.clone(),
            None => self.names.take_nearest(user, wanted.unwrap_or(fallback), fallback),
        };
        let (replaces, renamed) = self.link(link, user, conn, &name, true);
        if wanted.is_some() {
            self.show(user, now);
        }
        Connected { name, replaces, renamed }
    }

    /// A connection of an account is there. It goes by its own name, and is seen at once.
    pub(crate) fn connect_account(
        &mut self,
        link: Link,
        account: &Known,
        conn: Option<Id>,
        now: Duration,
    ) -> Connected {
        let user = &account.user;
        // Kept for it, so nobody else has it.
        self.names.take(user, &account.name);
        let (replaces, renamed) = self.link(link, user, conn, &account.name, false);
        if let Some(person) = self.people.get_mut(user) {
            person.role = account.role;
            person.profile.clone_from(&account.profile);
        }
        self.show(user, now);
        Connected { name: account.name.clone(), replaces, renamed }
    }

    fn link(
        &mut self,
        link: Link,
        user: &UserId,
        conn: Option<Id>,
        name: &str,
        guest: bool,
    ) -> (Vec<Link>, Option<Change<String>>) {
        let person = self.people.entry(user.clone()).or_insert_with(|| Person {
            name: String::new(),
            guest,
            role: Role::Guest,
            profile: Profile::default(),
            seen: false,
            links: Few::default(),
            rooms: Few::default(),
            left: Vec::new(),
        });
        let (rooms, from) =
            (std::mem::take(&mut person.left), std::mem::replace(&mut person.name, name.to_owned()));
        let renamed = person.seen && from != name && !rooms.is_empty();
        let renamed = renamed.then(|| Change { rooms, name: name.to_owned(), value: from });
        person.guest = guest;
        let mut replaces = Vec::new();
        for (&older, state) in person.links.iter_mut() {
            if conn.is_some() && state.conn == conn {
                state.conn = None;
                replaces.push(older);
            }
        }
        person.links.insert(link, LinkState { conn, ..LinkState::default() });
        self.links.insert(link, user.clone());
        (replaces, renamed)
    }

    /// Keeps a name for an account, whether it is there or not; false where somebody else has it or one that looks
    /// like it.
    pub(crate) fn reserve(&mut self, user: &UserId, name: &str) -> bool {
        self.names.reserve(user, &skeleton(name))
    }

    /// The same by how the name looks.
    pub(crate) fn reserve_skeleton(&mut self, user: &UserId, skeleton: &str) -> bool {
        self.names.reserve(user, skeleton)
    }

    /// Whether a name is kept for this very account.
    pub(crate) fn is_reserved(&self, user: &UserId, name: &str) -> bool {
        self.names.is_reserved(user, &skeleton(name))
    }

    /// Keeps a name no longer that was reserved in vain.
    pub(crate) fn give_up(&mut self, user: &UserId, name: &str) {
        self.names.give_up(user, &skeleton(name));
    }

    /// Keeps a former name no longer, by how it looks.
    pub(crate) fn give_up_skeleton(&mut self, user: &UserId, skeleton: &str) {
        self.names.give_up(user, skeleton);
    }

    /// Somebody's role or profile changed; the change's value is whether they are there.
    pub(crate) fn set_known(&mut self, account: &Known) -> Option<Change<()>> {
        let person = self.people.get_mut(&account.user)?;
        person.role = account.role;
        person.profile.clone_from(&account.profile);
        Some(Change { rooms: person.rooms_seen(), name: person.name.clone(), value: () })
    }

    /// A connection is gone.
    pub(crate) fn disconnect(&mut self, link: Link, now: Duration) {
        let Some(user) = self.links.get(&link).cloned() else { return };
        let rooms = self.people.get_mut(&user).and_then(|person| person.links.get_mut(&link));
        let rooms = rooms.map(|state| std::mem::take(&mut state.rooms)).unwrap_or_default();
        for room in &rooms {
            self.leave_room(&user, room, now, LEAVE_GRACE);
        }
        self.links.remove(&link);
        if let Some(person) = self.people.get_mut(&user) {
            person.links.remove(&link);
            if person.links.is_empty() {
                person.left = rooms;
                self.forget.insert((now + LEAVE_GRACE, user));
            }
        }
    }

    /// A connection enters a room.
    pub(crate) fn enter(&mut self, link: Link, room: &RoomKey, now: Duration) {
        let Some((user, person)) = self.person_mut(link) else { return };
        let Some(state) = person.links.get_mut(&link).filter(|state| !state.rooms.contains(room)) else {
            return;
        };
        state.rooms.reserve_exact(1);
        state.rooms.push(room.clone());
        let count = person.rooms.get(room).map_or(1, |count| count + 1);
        person.rooms.insert(room.clone(), count);
        if count == 1 && person.seen {
            self.rooms.entry(room.clone()).or_default().come(user);
            self.due.insert((now, room.clone()));
        }
    }

    /// A connection leaves a room because the person said so.
    pub(crate) fn exit(&mut self, link: Link, room: &RoomKey, now: Duration) {
        let Some((user, person)) = self.person_mut(link) else { return };
        let Some(state) = person.links.get_mut(&link) else { return };
        if let Some(index) = state.rooms.iter().position(|other| other == room) {
            state.rooms.swap_remove(index);
            self.leave_room(&user, room, now, Duration::ZERO);
        }
    }

    /// A connection says whether its person is idle. Tells where the person's state, over all connections, changed.
    pub(crate) fn set_idle(&mut self, link: Link, idle: bool) -> Option<Change<PresenceState>> {
        let (_, person) = self.person_mut(link)?;
        let before = person.state();
        person.links.get_mut(&link)?.idle = idle;
        let state = person.state();
        (state != before).then(|| Change {
            rooms: person.rooms_seen(),
            name: person.name.clone(),
            value: state,
        })
    }

    /// Has somebody seen who has not said how to be called.
    pub(crate) fn show(&mut self, user: &UserId, now: Duration) {
        let Some(person) = self.people.get_mut(user).filter(|person| !person.seen) else { return };
        person.seen = true;
        for room in person.rooms.keys() {
            self.rooms.entry(room.clone()).or_default().come(user.clone());
            self.due.insert((now, room.clone()));
        }
    }

    /// Whether the others see this person.
    pub(crate) fn is_seen(&self, user: &UserId) -> bool {
        self.people.get(user).is_some_and(|person| person.seen)
    }

    /// Takes another name, exactly as given; tells the former one, or `None` where the name or one that looks like it
    /// is somebody else's.
    pub(crate) fn rename(&mut self, user: &UserId, name: &str) -> Option<Change<String>> {
        self.names.take(user, name).then_some(())?;
        self.renamed(user, name.to_owned())
    }

    /// Takes the nearest free and allowed name to what was asked; tells the former one where it changed.
    pub(crate) fn rename_near(&mut self, user: &UserId, wanted: &str) -> Option<Change<String>> {
        let present = self.people.get(user)?.name.clone();
        let name = self.names.take_nearest(user, wanted, &present);
        if name == present { None } else { self.renamed(user, name) }
    }

    /// The name that somebody goes by now.
    pub(crate) fn name(&self, user: &UserId) -> Option<String> {
        self.people.get(user).map(|person| person.name.clone())
    }

    /// Who goes by a name of this [`skeleton`], or is kept it.
    pub(crate) fn called(&self, skeleton: &str) -> Option<&UserId> {
        self.names.owner(skeleton)
    }

    /// How many connections somebody has.
    pub(crate) fn connections(&self, user: &UserId) -> usize {
        self.people.get(user).map_or(0, |person| person.links.len())
    }

    /// How many people are in a room.
    pub(crate) fn present(&self, room: &RoomKey) -> u32 {
        self.rooms.get(room).map_or(0, RoomPresence::count)
    }

    /// Who is in a room; `None` where they are more than so many.
    pub(crate) fn those_in(&self, room: &RoomKey, most: u32) -> Option<Vec<UserId>> {
        let Some(room) = self.rooms.get(room) else { return Some(Vec::new()) };
        (room.count() <= most).then(|| room.users().cloned().collect())
    }

    /// Who is in a room, by name, at most [`MEMBERS_LISTED`].
    pub(crate) fn members(&self, room: &RoomKey) -> Vec<Member> {
        let users = self.rooms.get(room).into_iter().flat_map(RoomPresence::users);
        let mut members: Vec<_> = users
            .filter_map(|user| {
                let person = self.people.get(user)?;
                let (name, guest) = (person.name.clone(), person.guest);
                Some(Member {
                    user: user.clone(),
                    name,
                    guest,
                    role: person.role,
                    standing: None,
                    profile: person.profile.clone(),
                    state: person.state(),
                })
            })
            .collect();
        members.sort_by_cached_key(|member| (member.name.to_lowercase(), member.user.clone()));
        members.truncate(MEMBERS_LISTED);
        members
    }

    /// What the people in rooms are to be told by now.
    pub(crate) fn poll(&mut self, now: Duration) -> Vec<Notice> {
        let mut notices = Vec::new();
        while self.due.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, key)) = self.due.pop_first() else { break };
            let Some(room) = self.rooms.get_mut(&key) else { continue };
            let people = &self.people;
            let name_of = |user: &UserId| people.get(user).map(|person| person.name.clone());
            room.poll(&key, now, name_of, &mut notices);
            match room.next(now) {
                Some(at) => drop(self.due.insert((at, key))),
                None if room.count() == 0 => drop(self.rooms.remove(&key)),
                None => {}
            }
        }
        while self.forget.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, user)) = self.forget.pop_first() else { break };
            if self.people.get(&user).is_some_and(|person| person.links.is_empty()) {
                self.people.remove(&user);
                self.names.release(&user);
            }
        }
        notices
    }

    /// When to poll again.
    pub(crate) fn next(&self) -> Option<Duration> {
        let due = self.due.first().map(|(at, _)| *at);
        let forget = self.forget.first().map(|(at, _)| *at);
        due.into_iter().chain(forget).min()
    }

    fn person_mut(&mut self, link: Link) -> Option<(UserId, &mut Person)> {
        let user = self.links.get(&link)?.clone();
        let person = self.people.get_mut(&user)?;
        Some((user, person))
    }

    fn leave_room(&mut self, user: &UserId, room: &RoomKey, now: Duration, grace: Duration) {
        let Some(person) = self.people.get_mut(user) else { return };
        let Some(count) = person.rooms.get_mut(room) else { return };
        *count -= 1;
        if *count == 0 {
            person.rooms.remove(room);
            if let Some(presence) = self.rooms.get_mut(room) {
                presence.go(user.clone(), person.name.clone(), now + grace);
                self.due.insert((now + grace, room.clone()));
            }
        }
    }

    fn renamed(&mut self, user: &UserId, name: String) -> Option<Change<String>> {
        let person = self.people.get_mut(user)?;
        let from = std::mem::replace(&mut person.name, name.clone());
        Some(Change { rooms: person.rooms_seen(), name, value: from })
    }
}

impl Person {
    fn rooms_seen(&self) -> Vec<RoomKey> {
        if self.seen { self.rooms.keys().cloned().collect() } else { Vec::new() }
    }

    fn state(&self) -> PresenceState {
        if self.links.is_empty() || self.links.values().any(|link| !link.idle) {
            // Without a link the person is within the grace and may be back any moment.
            PresenceState::Online
        } else {
            PresenceState::Idle
        }
    }
}

#[cfg(test)]
mod tests;
