//! Which rooms a shard knows, and how it comes to know one.
//!
//! A room is taken up before the store is asked about it, so that no commit can fall between the answer and the first
//! event that is heard: what is committed before the question is in the answer, and what comes later is in the tail.

use std::collections::HashMap;

use protocol::ids::{RoomKey, Seq};

use super::members::Room;
use super::shard::{Shard, ShardRef};
use crate::store::{ReadError, RoomRecord};

/// Where each room is in the shard's slab.
#[derive(Debug, Default)]
pub(super) struct RoomIndex(HashMap<RoomKey, usize>);

impl RoomIndex {
    pub(super) fn get(&self, key: &RoomKey) -> Option<usize> {
        self.0.get(key).copied()
    }
}

/// Keeps a room known to the shard until it is dropped.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(super) shard: ShardRef,
    pub(super) room: usize,
    /// The newest event that is known to be stored.
    pub(super) head: Seq,
}

impl Drop for Loaded {
    fn drop(&mut self) {
        let mut shard = self.shard.borrow_mut();
        shard.rooms[self.room].loading -= 1;
        shard.drop_unused(self.room);
    }
}

/// Makes a room known to the shard; `None` where there is no such room. Tells of the store's head where the shard is
/// not known to have heard of everything up to `cursor`.
pub(crate) async fn load(
    shard: &ShardRef,
    key: &RoomKey,
    cursor: Option<Seq>,
) -> Result<Option<Loaded>, ReadError> {
    let (store, mut loaded) = {
        let mut borrowed = shard.borrow_mut();
        let room = borrowed.take_up(key);
        let entry = &mut borrowed.rooms[room];
        entry.loading += 1;
        let head = entry.tail.head();
        let known = entry.record.is_some() && cursor.is_none_or(|cursor| cursor <= head);
        let loaded = Loaded { shard: shard.clone(), room, head };
        if known {
            return Ok(Some(loaded));
        }
        (borrowed.shared.store.clone(), loaded)
    };
    let record = store.room(key.clone()).await?;
    Ok(record.map(|record| {
        loaded.head = record.head;
        shard.borrow_mut().settle_room(loaded.room, record);
        loaded
    }))
}

impl Shard {
    fn take_up(&mut self, key: &RoomKey) -> usize {
        if let Some(room) = self.by_room.get(key) {
            return room;
        }
        let room = self.rooms.insert(Room::new(key.clone()));
        self.by_room.0.insert(key.clone(), room);
        room
    }

    fn settle_room(&mut self, room: usize, record: RoomRecord) {
        let entry = &mut self.rooms[room];
        entry.tail.anchor(record.head);
        entry.record.get_or_insert(record);
    }

    /// Forgets a room that nobody here is in or asks about.
    pub(super) fn drop_unused(&mut self, room: usize) {
        let entry = &self.rooms[room];
        if entry.members.is_empty() && entry.loading == 0 {
            let entry = self.rooms.remove(room);
            self.by_room.0.remove(&entry.key);
            self.dirty_rooms.retain(|&dirty| dirty != room);
            self.resting.retain(|&(_, resting)| resting != room);
        }
    }
}
