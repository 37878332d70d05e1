//! Making, joining and leaving rooms, and asking about them.

use std::sync::Arc;

use protocol::client::{Question, RoomQuestion};
use protocol::error::{ErrorCode, Refusal};
use protocol::ids::{Ref, RoomKey, UserId};
use protocol::limits::ROOMS_PER_CONNECTION;
use protocol::names;
use protocol::server::{Done, Members, RoomChanged, RoomInfo, Rooms, ServerFrame};

use super::{Client, no_room, unreadable};
use crate::hub::{Order, encode_frame, load};
use crate::store::{CreateError, RoomRecord};

/// Rooms that `rooms` lists at most.
const ROOMS_LISTED: usize = 1000;

impl Client {
    pub(super) async fn create(&mut self, user: &UserId, asked: RoomQuestion) {
        let reference = asked.reference;
        let key = match names::room_key(&asked.room).and_then(RoomKey::new) {
            Ok(key) => key,
            Err(error) => {
                return self.refuse_ref(Refusal::new(ErrorCode::BadName, error.to_string()), reference);
            }
        };
        if self.is_full_up() {
            return self.refuse_ref(too_many_rooms(), reference);
        }
        let title = asked.room.trim().trim_start_matches('#').to_owned();
        match self.shared.store.create_room(key, title, user.clone()).await {
            Ok(record) => self.enter(user, record.key, reference).await,
            Err(error) => self.refuse_ref(not_created(&error), reference),
        }
    }

    pub(super) async fn join(&mut self, user: &UserId, asked: RoomQuestion) {
        let reference = asked.reference;
        match RoomKey::new(&asked.room).ok().filter(RoomKey::is_open) {
            Some(_) if self.is_full_up() => self.refuse_ref(too_many_rooms(), reference),
            Some(key) => self.enter(user, key, reference).await,
            None => self.refuse_ref(no_room(), reference),
        }
    }

    async fn enter(&mut self, user: &UserId, key: RoomKey, reference: Ref) {
        let loaded = match load(&self.shard, &key, None).await {
            Ok(Some(loaded)) => loaded,
            Ok(None) => return self.refuse_ref(no_room().with_room(Some(key)), reference),
            Err(error) => return self.refuse_ref(unreadable(&error), reference),
        };
        let joined = self.with_shard(|shard| {
            let joined = shard.enter(self.link, &loaded, None)?;
            let done = Done { reference, room: Some(joined.info.clone()), name: None };
            shard.reply(self.link, &ServerFrame::Ok(done));
            Some(joined)
        });
        drop(loaded);
        if let Some(joined) = joined {
            if self.current.is_some() {
                self.current = Some(key);
            }
            self.tell_other_connections(user, joined.info, true).await;
        }
    }

    pub(super) async fn leave(&mut self, user: &UserId, asked: &RoomQuestion) {
        let reference = asked.reference;
        let Ok(key) = RoomKey::new(&asked.room) else { return self.refuse_ref(not_joined(), reference) };
        if key == RoomKey::lobby() {
            let refusal = Refusal::new(ErrorCode::BadFrame, "everybody is in the lobby");
            return self.refuse_ref(refusal.with_room(Some(key)), reference);
        }
        if self.current.is_some() && self.with_shard(|shard| shard.room_count(self.link)) == 1 {
            let refusal = Refusal::new(ErrorCode::BadFrame, "this is your only room: join another one first");
            return self.refuse_ref(refusal.with_room(Some(key)), reference);
        }
        let left = self.with_shard(|shard| {
            let info = shard.exit(self.link, &key)?;
            shard
                .reply(self.link, &ServerFrame::Ok(Done { reference, room: Some(info.clone()), name: None }));
            Some(info)
        });
        let Some(info) = left else { return self.refuse_ref(not_joined().with_room(Some(key)), reference) };
        self.forget_typing(&key);
        if self.current.as_ref() == Some(&key) {
            self.current = self.with_shard(|shard| shard.some_room(self.link));
        }
        self.tell_other_connections(user, info, false).await;
    }

    pub(super) async fn members(&mut self, asked: RoomQuestion) {
        let reference = asked.reference;
        let key = RoomKey::new(&asked.room).ok().filter(RoomKey::is_open);
        let found = match &key {
            Some(key) => self.shared.store.room(key.clone()).await,
            None => Ok(None),
        };
        match found {
            Ok(Some(RoomRecord { key, .. })) => {
                let (members, present) = {
                    let presence = self.shared.presence();
                    (presence.members(&key), presence.present(&key))
                };
                self.reply(&ServerFrame::Members(Members { reference, room: key, members, present }));
            }
            Ok(None) => self.refuse_ref(no_room().with_room(key), reference),
            Err(error) => self.refuse_ref(unreadable(&error).with_room(key), reference),
        }
    }

    pub(super) async fn rooms(&mut self, asked: Question) {
        match self.shared.store.rooms(ROOMS_LISTED).await {
            Ok(records) => {
                let rooms = {
                    let presence = self.shared.presence();
                    let info = |record: RoomRecord| {
                        let present = presence.present(&record.key);
                        room_info(record, present)
                    };
                    records.into_iter().map(info).collect()
                };
                self.reply(&ServerFrame::Rooms(Rooms { reference: asked.reference, rooms }));
            }
            Err(error) => self.refuse_ref(unreadable(&error), asked.reference),
        }
    }

    /// A user's devices show the same rooms.
    async fn tell_other_connections(&self, user: &UserId, room: RoomInfo, joined: bool) {
        if self.shared.presence().connections(user) > 1 {
            let frame = Arc::new(encode_frame(&ServerFrame::Room(RoomChanged { room, joined })));
            let order = || Order::Tell { user: user.clone(), except: self.link, frame: Arc::clone(&frame) };
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

fn room_info(record: RoomRecord, present: u32) -> RoomInfo {
    let RoomRecord { key, title, kind, topic, first, head } = record;
    RoomInfo { room: key, title, kind, topic, first, head, present }
}

fn too_many_rooms() -> Refusal {
    Refusal::new(ErrorCode::TooManyRooms, format!("you are in {ROOMS_PER_CONNECTION} rooms: leave one first"))
}

fn not_joined() -> Refusal {
    Refusal::new(ErrorCode::NotJoined, "you are not in this room")
}

fn not_created(error: &CreateError) -> Refusal {
    match error {
        CreateError::Exists(record) => {
            let reason = format!("the room {} exists: join it", record.key);
            Refusal::new(ErrorCode::RoomExists, reason).with_room(Some(record.key.clone()))
        }
        CreateError::LooksLike(key) => {
            let reason = format!("this looks like the room {key}, which exists");
            Refusal::new(ErrorCode::RoomExists, reason).with_room(Some(key.clone()))
        }
        CreateError::StorageFull => Refusal::new(ErrorCode::StorageFull, "the server's disk is full"),
        CreateError::Unavailable => Refusal::new(ErrorCode::Unavailable, "the store cannot be written now"),
    }
}
