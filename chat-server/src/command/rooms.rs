//! Making, joining and leaving rooms, changing them, and asking about them.

use std::collections::HashMap;
use std::sync::Arc;

use protocol::client::{Question, RoomQuestion};
use protocol::error::{ErrorCode, Refusal};
use protocol::ids::{Ref, RoomKey, UserId};
use protocol::limits::ROOMS_PER_CONNECTION;
use protocol::names;
use protocol::rooms::{Change, Create, Direct, RoomKind};
use protocol::server::{Done, Member, Members, RoomChanged, RoomInfo, Rooms, ServerFrame};
use protocol::signal::PresenceState;

use super::{Client, new_id, no_room, unreadable};
use crate::core::policy::{Denied, InRoom};
use crate::core::presence::MEMBERS_LISTED;
use crate::hub::{Order, encode_frame, load};
use crate::store::deeds::{NewRoom, Roster, Sight, refusal};

/// Rooms that `rooms` lists at most.
const ROOMS_LISTED: usize = 1000;

impl Client {
    pub(super) async fn create(&mut self, user: &UserId, asked: Create) {
        let reference = asked.reference;
        let key = match asked.kind {
            RoomKind::Public => match names::room_key(&asked.room).and_then(RoomKey::new) {
                Ok(key) if key.is_made() => return self.refuse_ref(made_key(), reference),
                Ok(key) => key,
                Err(error) => {
                    return self.refuse_ref(Refusal::new(ErrorCode::BadName, error.to_string()), reference);
                }
            },
            RoomKind::Private => RoomKey::made(false, &new_id()),
            RoomKind::Direct | RoomKind::Other => {
                let reason = "a room is made `public` or `private`; `direct` opens a conversation";
                return self.refuse_ref(Refusal::new(ErrorCode::BadFrame, reason), reference);
            }
        };
        if self.is_full_up() {
            return self.refuse_ref(too_many_rooms(), reference);
        }
        let title = asked.room.trim().trim_start_matches('#').to_owned();
        let made = NewRoom { key: key.clone(), title, kind: asked.kind, topic: asked.topic };
        match self.shared.store.make_room(self.author(user), made, new_id()).await {
            Ok(()) => self.enter(user, key, reference).await,
            Err(undone) => self.refuse_ref(refusal(undone), reference),
        }
    }

    pub(super) async fn direct(&mut self, user: &UserId, asked: Direct) {
        let reference = asked.reference;
        if self.is_full_up() {
            return self.refuse_ref(too_many_rooms(), reference);
        }
        let names: HashMap<UserId, String> = {
            let presence = self.shared.presence();
            asked.users.iter().filter_map(|user| Some((user.clone(), presence.name(user)?))).collect()
        };
        let key = RoomKey::made(true, &new_id());
        match self.shared.store.open_direct(self.author(user), asked.users, names, key).await {
            Ok(key) => self.enter(user, key, reference).await,
            Err(undone) => self.refuse_ref(refusal(undone), reference),
        }
    }

    pub(super) async fn join(&mut self, user: &UserId, asked: RoomQuestion) {
        let reference = asked.reference;
        let Some(key) = room_named(user, &asked.room) else {
            return self.refuse_ref(no_room(), reference);
        };
        if self.is_full_up() {
            return self.refuse_ref(too_many_rooms(), reference);
        }
        let sight = self.shared.store.sight(self.author(user), key.clone()).await;
        let is_stored = match sight {
            Ok(Ok(sight)) => key.is_own() || sight.standing.is_some() || self.is_guest(),
            Ok(Err(denied)) if key.is_own() => {
                return self.refuse_ref(denied.refusal().with_room(Some(wire_key(&key))), reference);
            }
            // Invited, perhaps.
            Ok(Err(_)) => false,
            Err(error) => return self.refuse_ref(unreadable(&error), reference),
        };
        if !is_stored
            && let Err(undone) = self.shared.store.join_room(self.author(user), key.clone(), new_id()).await
        {
            return self.refuse_ref(refusal(undone).with_room(Some(key)), reference);
        }
        self.enter(user, key, reference).await;
    }

    async fn enter(&mut self, user: &UserId, key: RoomKey, reference: Ref) {
        loop {
            let stamp = self.stamp(user);
            let sight = match self.shared.store.sight(self.author(user), key.clone()).await {
                Ok(Ok(sight)) => sight,
                Ok(Err(denied)) => {
                    return self.refuse_ref(denied.refusal().with_room(Some(wire_key(&key))), reference);
                }
                Err(error) => return self.refuse_ref(unreadable(&error), reference),
            };
            let loaded = match load(&self.shard, &key, None).await {
                Ok(Some(loaded)) => loaded,
                Ok(None) => {
                    return self.refuse_ref(no_room().with_room(Some(wire_key(&key))), reference);
                }
                Err(error) => return self.refuse_ref(unreadable(&error), reference),
            };
            if self.stamp(user) != stamp {
                // Put out of something meanwhile: what was read may hold no more.
                continue;
            }
            let joined = self.with_shard(|shard| {
                let mut joined = shard.enter(self.link, &loaded, None, sight.record.head)?;
                self.complete(&mut joined.info, sight);
                let done = Done { reference, room: Some(joined.info.clone()), name: None };
                shard.reply(self.link, &ServerFrame::Ok(done));
                Some(joined)
            });
            drop(loaded);
            if let Some(joined) = joined {
                if self.current.is_some() {
                    self.current = Some(key.clone());
                }
                if !key.is_own() {
                    self.tell_other_connections(user, joined.info, true).await;
                }
            }
            return;
        }
    }

    pub(super) async fn leave(&mut self, user: &UserId, asked: &RoomQuestion) {
        let reference = asked.reference;
        let Some(key) = room_named(user, &asked.room) else {
            return self.refuse_ref(not_joined(), reference);
        };
        if key == RoomKey::lobby() {
            let refusal = Refusal::new(ErrorCode::BadFrame, "everybody is in the lobby");
            return self.refuse_ref(refusal.with_room(Some(key)), reference);
        }
        let is_in = self.with_shard(|shard| shard.head_of(self.link, &key)).is_some();
        if is_in && self.current.is_some() && self.with_shard(|shard| shard.room_count(self.link)) == 1 {
            let refusal = Refusal::new(ErrorCode::BadFrame, "this is your only room: join another one first");
            return self.refuse_ref(refusal.with_room(Some(key)), reference);
        }
        let may_be_member = !key.is_own() && (!self.is_guest() || key.is_made());
        if may_be_member {
            let left = self.shared.store.leave_room(self.author(user), key.clone(), new_id()).await;
            if let Err(undone) = left {
                return self.refuse_ref(refusal(undone).with_room(Some(key)), reference);
            }
        } else if !is_in {
            return self.refuse_ref(not_joined().with_room(Some(wire_key(&key))), reference);
        }
        let info = self.with_shard(|shard| {
            let info = shard.exit(self.link, &key);
            let done = Done { reference, room: info.clone(), name: None };
            shard.reply(self.link, &ServerFrame::Ok(done));
            info
        });
        self.forget_typing(&key);
        if self.current.as_ref() == Some(&key) {
            self.current = self.with_shard(|shard| shard.some_room(self.link));
        }
        if let Some(info) = info.filter(|_| !key.is_own()) {
            self.tell_other_connections(user, info, false).await;
        }
    }

    pub(super) async fn decline(&mut self, user: &UserId, asked: &RoomQuestion) {
        let Some(key) = room_named(user, &asked.room) else {
            return self.refuse_ref(no_room(), asked.reference);
        };
        let declined = self.shared.store.decline(self.author(user), key).await;
        self.done(declined, asked.reference);
    }

    pub(super) async fn change(&mut self, user: &UserId, asked: Change) {
        let (reference, key) = (asked.reference, asked.room.clone());
        let id = asked.id.clone().unwrap_or_else(new_id);
        if let Err(undone) = self.shared.store.change_room(self.author(user), asked, id.clone()).await {
            return self.refuse_ref(refusal(undone).with_id(Some(id)).with_room(Some(key)), reference);
        }
        let seen = self.steadily(user, || self.shared.store.sight(self.author(user), key.clone())).await;
        match seen {
            Ok(Ok(sight)) => {
                let room = Some(self.info_of(sight));
                self.reply(&ServerFrame::Ok(Done { reference, room, name: None }));
            }
            // It is done, and cannot be seen any more.
            _ => self.reply(&ServerFrame::Ok(Done { reference, room: None, name: None })),
        }
    }

    pub(super) async fn members(&mut self, user: &UserId, asked: RoomQuestion) {
        let reference = asked.reference;
        let Ok(key) = RoomKey::new(&asked.room) else { return self.refuse_ref(no_room(), reference) };
        let read = || self.shared.store.members_for(self.author(user), key.clone(), MEMBERS_LISTED);
        match self.steadily(user, read).await {
            Ok(Ok(Roster { members: listed, banned, muted })) => {
                let (mut members, present) = {
                    let presence = self.shared.presence();
                    (presence.members(&key), presence.present(&key))
                };
                for absent in listed {
                    if let Some(there) = members.iter_mut().find(|member| member.user == absent.user.user) {
                        there.standing = Some(absent.standing);
                    } else if members.len() < MEMBERS_LISTED {
                        members.push(Member {
                            user: absent.user.user,
                            name: absent.user.name,
                            guest: absent.user.guest,
                            role: absent.user.role,
                            standing: Some(absent.standing),
                            profile: absent.user.profile,
                            state: PresenceState::Offline,
                        });
                    }
                }
                members.sort_by_cached_key(|member| (member.name.to_lowercase(), member.user.clone()));
                let told = Members { reference, room: key, members, present, banned, muted };
                self.reply(&ServerFrame::Members(told));
            }
            Ok(Err(denied)) => self.refuse_ref(denied.refusal().with_room(Some(key)), reference),
            Err(error) => self.refuse_ref(unreadable(&error).with_room(Some(key)), reference),
        }
    }

    pub(super) async fn rooms(&mut self, user: &UserId, asked: Question) {
        match self.shared.store.public_rooms(self.author(user), ROOMS_LISTED).await {
            Ok(Ok(sights)) => {
                let rooms = sights.into_iter().map(|sight| self.info_of(sight)).collect();
                self.reply(&ServerFrame::Rooms(Rooms { reference: asked.reference, rooms }));
            }
            Ok(Err(denied)) => self.refuse_ref(denied.refusal(), asked.reference),
            Err(error) => self.refuse_ref(unreadable(&error), asked.reference),
        }
    }

    /// Whether this connection's person may do something in a room, as it stands now.
    pub(super) async fn may(&self, user: &UserId, room: &RoomKey, deed: InRoom) -> Result<(), Denied> {
        let read = || self.shared.store.may(self.author(user), room.clone(), deed);
        // Where it cannot be read, nothing is allowed.
        self.steadily(user, read).await.unwrap_or(Err(Denied::Forbidden))
    }

    /// Puts what a room is to its reader beside what it is to everybody.
    pub(super) fn complete(&self, info: &mut RoomInfo, sight: Sight) {
        let Sight { record, standing, read, unread, mentions, mut people, pins } = sight;
        if record.kind == RoomKind::Direct {
            // A guest's name is known only where they are there.
            let presence = self.shared.presence();
            for person in people.iter_mut().filter(|person| person.guest) {
                person.name = presence.name(&person.user).unwrap_or_else(|| "guest".to_owned());
            }
            info.title = people.iter().map(|person| person.name.as_str()).collect::<Vec<_>>().join(", ");
        }
        info.standing = standing;
        info.read = read;
        (info.unread, info.mentions) = (unread, mentions);
        info.people = people;
        info.pins = pins;
    }

    fn info_of(&self, sight: Sight) -> RoomInfo {
        let present = self.shared.presence().present(&sight.record.key);
        let record = sight.record.clone();
        let mut info = RoomInfo {
            room: wire_key(&record.key),
            title: record.title,
            kind: record.kind,
            topic: record.topic,
            first: record.first,
            head: record.head,
            present,
            rules: record.rules,
            standing: None,
            read: None,
            unread: 0,
            mentions: 0,
            pins: 0,
            people: Vec::new(),
        };
        self.complete(&mut info, sight);
        info
    }

    /// A user's devices show the same rooms.
    async fn tell_other_connections(&self, user: &UserId, room: RoomInfo, joined: bool) {
        if self.shared.presence().connections(user) > 1 {
            let key = room.room.clone();
            let frame = Arc::new(encode_frame(&ServerFrame::Room(RoomChanged { room, joined })));
            let order = || Order::Tell {
                user: user.clone(),
                except: self.link,
                room: key.clone(),
                frame: Arc::clone(&frame),
            };
            self.shared.hub.order(order).await;
        }
    }

    fn is_full_up(&self) -> bool {
        self.with_shard(|shard| shard.room_count(self.link) >= ROOMS_PER_CONNECTION)
    }

    pub(super) fn refuse_ref(&self, refusal: Refusal, reference: Ref) {
        self.refuse(refusal.with_ref(Some(reference)));
    }
}

/// The room that a text names to somebody: their own, or one by its key or its name as typed.
fn room_named(user: &UserId, text: &str) -> Option<RoomKey> {
    RoomKey::new(text).ok().map(|key| own_or(user, key))
}

/// The key of a user's own room, where `@self` was meant.
pub(super) fn own_or(user: &UserId, key: RoomKey) -> RoomKey {
    if key.as_str() == protocol::SELF_ROOM { RoomKey::own(user) } else { key }
}

/// A key as clients know it.
pub(super) fn wire_key(key: &RoomKey) -> RoomKey {
    if key.is_own() { RoomKey::new(protocol::SELF_ROOM).expect("it is a room's key") } else { key.clone() }
}

fn made_key() -> Refusal {
    Refusal::new(ErrorCode::BadName, "names of this form are the server's to give")
}

fn too_many_rooms() -> Refusal {
    Refusal::new(ErrorCode::TooManyRooms, format!("you are in {ROOMS_PER_CONNECTION} rooms: leave one first"))
}

fn not_joined() -> Refusal {
    Refusal::new(ErrorCode::NotJoined, "you are not in this room")
}
