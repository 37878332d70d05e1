//! A room in one shard: its tail, and where each member is in it.

use std::collections::BTreeMap;

use protocol::event::Message;
use protocol::ids::{RoomKey, Seq};
use protocol::limits::RESUME_EVENTS;
use protocol::server::{Reset, ResetWhy, RoomInfo, ServerFrame, Synced};

use super::frame;
use super::newcomers::Pins;
use super::rooms::Loaded;
use super::round::Round;
use super::shard::{Connection, Shard};
use super::tail::Tail;
use crate::core::presence::Link;
use crate::store::RoomRecord;

/// The bytes of a room's tail.
const TAIL_BYTES: usize = 256 * 1024;

/// A room that connections of this shard are in, or are about to be.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) key: RoomKey,
    pub(super) record: Option<RoomRecord>,
    /// How often its rules changed, or what somebody is in it, since this shard knows it.
    pub(super) decisions: u64,
    pub(super) pins: Pins,
    pub(super) tail: Tail,
    /// The edits in the tail, oldest first: each its message and its own place.
    pub(super) edits: Vec<(Seq, Seq)>,
    pub(super) members: Vec<Member>,
    /// Connections that are reading what they need to know of the room.
    pub(super) loading: u32,
    /// Where the flush goes on in `members`.
    pub(super) ring: usize,
    /// How many members the flush has still to visit.
    pub(super) todo: usize,
    /// The flush's round through `members`.
    pub(super) round: Round,
}

/// A connection in a room: a cursor.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) connection: usize,
    /// The last event that was handed to the connection.
    pub(super) seq: Seq,
    /// While live: how far into the tail the socket was written, always between two frames.
    pub(super) position: u64,
    /// Reads from the tail; otherwise from the store.
    pub(super) live: bool,
    /// Is to be told `synced` when it has caught up.
    pub(super) owed_synced: bool,
    /// It was let in on a reading of the record as of this event: what was decided before that concerns it no more.
    pub(super) since: Seq,
    /// It asked to be let in while it was in, and might as of this event: if it turns out to have been put out before
    /// that, it stays, without what was said meanwhile.
    pub(super) again: Seq,
    /// The last `seq` that a heartbeat told.
    told: Seq,
}

/// Where a connection is a member.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The room, in the shard's slab.
    pub(super) room: usize,
    /// The member, in the room's list.
    pub(super) index: usize,
}

/// How a connection came into a room.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) info: RoomInfo,
    /// The cursor could not be resumed: the connection is live from the head, and is to be told this.
    pub(crate) reset: Option<Reset>,
}

impl Room {
    pub(super) fn new(key: RoomKey) -> Self {
        Self {
            key,
            record: None,
            decisions: 0,
            pins: Pins::default(),
            tail: Tail::new(TAIL_BYTES),
            edits: Vec::new(),
            members: Vec::new(),
            loading: 0,
            ring: 0,
            todo: 0,
            round: Round::new(0, 0),
        }
    }

    /// The room as its members see it, or `None` before it is loaded.
    pub(super) fn info(&self, present: u32) -> Option<RoomInfo> {
        let record = self.record.as_ref()?;
        Some(RoomInfo {
            room: self.wire_key(),
            title: record.title.clone(),
            kind: record.kind,
            topic: record.topic.clone(),
            first: record.first,
            head: self.tail.head(),
            present,
            rules: record.rules.clone(),
            standing: None,
            read: None,
            unread: 0,
            mentions: 0,
            pins: 0,
            people: Vec::new(),
        })
    }

    /// Forgets the edits that the tail does not hold any more.
    pub(super) fn forget_edits(&mut self) {
        let first = self.tail.first();
        self.edits.retain(|&(_, at)| at >= first);
        if self.edits.is_empty() {
            self.edits = Vec::new();
        }
    }

    /// Its key as clients know it.
    fn wire_key(&self) -> RoomKey {
        if self.key.is_own() {
            RoomKey::new(protocol::SELF_ROOM).expect("it is a room's key")
        } else {
            self.key.clone()
        }
    }

    /// Why a cursor cannot be resumed here.
    fn refuse_cursor(&self, cursor: Seq, head: Seq) -> Option<ResetWhy> {
        let first = self.record.as_ref().map_or(1, |record| record.first);
        if cursor > head {
            Some(ResetWhy::Ahead)
        } else if cursor + 1 < first || (head - cursor > RESUME_EVENTS && !self.key.is_own()) {
            Some(ResetWhy::TooOld)
        } else {
            None
        }
    }
}

impl Shard {
    /// Puts a connection into a loaded room.
    ///
    /// Without a cursor it is live from the head that the answer tells. With one it is sent everything after it first,
    /// once it [begins](Shard::begin).
    ///
    /// `seen` is the head as of which it was decided that it may: commits that are still on their way to this shard are
    /// older than that, and none of their events is for it unless it has a cursor.
    pub(crate) fn enter(
        &mut self,
        link: Link,
        loaded: &Loaded,
        cursor: Option<Seq>,
        seen: Seq,
    ) -> Option<Joined> {
        let at = *self.by_link.get(&link)?;
        if self.connections[at].closing.is_some() {
            return None;
        }
        let (room, known_head) = (loaded.room, loaded.head);
        let now = self.shared.now();
        let is_own = self.rooms[room].key.is_own();
        let present = if is_own {
            1
        } else {
            let mut presence = self.shared.presence();
            presence.enter(self.connections[at].link, &self.rooms[room].key, now);
            presence.present(&self.rooms[room].key)
        };
        self.shared.stir();
        let epoch = self.shared.store.epoch().clone();
        let entry = &mut self.rooms[room];
        let mut info = entry.info(present)?;
        let here = entry.tail.head();
        let head = here.max(seen);
        info.head = head;
        let why = cursor.and_then(|cursor| entry.refuse_cursor(cursor, head.max(known_head)));
        let reset = why.map(|why| Reset { room: entry.wire_key(), epoch, first: info.first, head, why });
        let resumed = cursor.filter(|_| reset.is_none());
        if let Some(place) = self.connections[at].place(room) {
            let member = &mut entry.members[place.index];
            member.again = member.again.max(seen);
            // What it was not yet sent still comes.
            info.head = member.seq;
        } else {
            self.connections[at].places.push(Place { room, index: entry.members.len() });
            entry.members.push(Member {
                connection: at,
                seq: resumed.unwrap_or(head),
                position: entry.tail.end(),
                live: resumed.is_none() && head == here,
                owed_synced: resumed.is_some(),
                since: seen,
                again: seen,
                told: 0,
            });
        }
        Some(Joined { info, reset })
    }

    /// Has everything sent that a connection's cursors are behind.
    pub(crate) fn begin(&mut self, link: Link) {
        if let Some(&at) = self.by_link.get(&link) {
            self.connections[at].welcomed = true;
            self.catch_up(at);
        }
    }

    /// The head of a room that a connection is in.
    pub(crate) fn head_of(&self, link: Link, key: &RoomKey) -> Option<Seq> {
        let connection = &self.connections[*self.by_link.get(&link)?];
        let room = self.by_room.get(key).filter(|&room| connection.place(room).is_some())?;
        Some(self.rooms[room].tail.head())
    }

    /// Of a room that a connection is in: changes with its rules, and with what anybody is in it.
    pub(crate) fn decisions_of(&self, link: Link, key: &RoomKey) -> Option<u64> {
        let connection = &self.connections[*self.by_link.get(&link)?];
        let room = self.by_room.get(key).filter(|&room| connection.place(room).is_some())?;
        Some(self.rooms[room].decisions)
    }

    /// How many rooms a connection is in.
    pub(crate) fn room_count(&self, link: Link) -> usize {
        self.by_link.get(&link).map_or(0, |&at| self.connections[at].places.len())
    }

    /// A room that a connection is in: the one it entered last.
    pub(crate) fn some_room(&self, link: Link) -> Option<RoomKey> {
        let connection = &self.connections[*self.by_link.get(&link)?];
        connection.places.last().map(|place| self.rooms[place.room].key.clone())
    }

    /// Takes a connection out of a room because the person said so; tells of the room it was in.
    pub(crate) fn exit(&mut self, link: Link, key: &RoomKey) -> Option<RoomInfo> {
        let at = *self.by_link.get(&link)?;
        let room = self.by_room.get(key).filter(|&room| self.connections[at].place(room).is_some())?;
        let now = self.shared.now();
        let present = {
            let mut presence = self.shared.presence();
            presence.exit(link, key, now);
            presence.present(key)
        };
        self.shared.stir();
        let info = self.rooms[room].info(present)?;
        self.connections[at].order.forget(key);
        self.leave(at, room);
        Some(info)
    }

    /// Takes a connection out of a room.
    pub(super) fn leave(&mut self, at: usize, room: usize) {
        let places = &mut self.connections[at].places;
        if let Some(slot) = places.iter().position(|place| place.room == room) {
            let place = places.remove(slot);
            self.take_out(place);
        }
    }

    /// Takes a connection out of all rooms.
    pub(super) fn leave_all(&mut self, at: usize) {
        for place in std::mem::take(&mut self.connections[at].places) {
            self.take_out(place);
        }
    }

    /// Takes a member out of its room, whose connection knows of it no more.
    fn take_out(&mut self, Place { room, index }: Place) {
        let entry = &mut self.rooms[room];
        entry.members.swap_remove(index);
        // The member that took the place may have been visited there or not: visit all anew.
        if entry.todo > 0 {
            entry.todo = entry.members.len();
            entry.round.left = entry.todo;
        }
        if let Some(moved) = entry.members.get(index) {
            let places = &mut self.connections[moved.connection].places;
            if let Some(place) = places.iter_mut().find(|place| place.room == room) {
                place.index = index;
            }
        }
        self.drop_unused(room);
    }

    /// A new event: the room's tail grows, and its members are visited.
    pub(super) fn append(&mut self, event: &Message) {
        let Some(room) = self.by_room.get(&event.room) else { return };
        self.rooms[room].tail.push(event.seq, |out| frame::push_event(out, frame::EventRef::Message(event)));
        self.mark_room(room);
    }

    /// Has all members of a room visited by the flush.
    pub(super) fn mark_room(&mut self, room: usize) {
        let entry = &mut self.rooms[room];
        if entry.members.is_empty() {
            return;
        }
        let was_clean = entry.todo == 0;
        entry.todo = entry.members.len();
        if was_clean {
            // It may have become clean while it rested: its members left.
            self.resting.retain(|&(_, resting)| resting != room);
            self.begin_round(room);
            self.work.notify_one();
        }
    }

    /// The last `seq` written, of each of a connection's rooms where it moved since the last heartbeat.
    pub(super) fn moved_heads(&mut self, at: usize) -> BTreeMap<RoomKey, Seq> {
        let mut heads = BTreeMap::new();
        for &Place { room, index } in &self.connections[at].places {
            let entry = &mut self.rooms[room];
            let member = &mut entry.members[index];
            if member.told != member.seq {
                member.told = member.seq;
                let seq = member.seq;
                heads.insert(entry.wire_key(), seq);
            }
        }
        heads
    }

    /// Tells a member that it has everything up to where it is, if it is owed that.
    pub(super) fn pay_synced(&mut self, at: usize, Place { room, index }: Place) {
        let entry = &mut self.rooms[room];
        let member = &mut entry.members[index];
        if std::mem::take(&mut member.owed_synced) {
            let head = member.seq;
            let told = ServerFrame::Synced(Synced { room: entry.wire_key(), head });
            self.connections[at].replies.push(&frame::server_frame(&told));
            self.mark_connection(at);
        }
    }
}

impl Connection {
    /// Where it is in a room, if it is a member.
    pub(super) fn place(&self, room: usize) -> Option<Place> {
        self.places.iter().copied().find(|place| place.room == room)
    }
}
