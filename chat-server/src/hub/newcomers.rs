//! What whoever has just come is told of a room, without a question to the store.
//!
//! Of a guest who was made at this moment the record holds nothing: no standing, no marker, no ban. All that they are
//! told of a public room the shard knows itself, but for how many messages are pinned; that it remembers from whoever
//! asked before.

use protocol::ids::{RoomKey, Seq};
use protocol::rooms::RoomKind;

use super::rooms::Loaded;
use super::shard::{Shard, ShardRef};
use crate::store::RoomRecord;

/// How many messages a room has pinned.
#[derive(Debug, Default)]
pub(super) struct Pins {
    /// As of which event, where it is known.
    read: Option<(u32, Seq)>,
    /// The newest event that may have changed it.
    changed: Seq,
}

impl Pins {
    /// It was read as of an event.
    fn note(&mut self, pins: u32, head: Seq) {
        if head >= self.changed {
            self.read = Some((pins, head));
        }
    }

    /// An event may have changed it.
    pub(super) fn change(&mut self, at: Seq) {
        *self = Self { read: None, changed: at };
    }

    /// As of `head`: what was read as of a later event may count what is still to be told.
    fn at(&self, head: Seq) -> Option<u32> {
        self.read.filter(|(_, of)| *of <= head).map(|(pins, _)| pins)
    }
}

/// A public room that the shard knows, as of the newest event it has heard of; `None` where the store is to be asked.
/// Others are not told of here: how fast the answer is would say that they are there.
pub(crate) fn at_hand(shard: &ShardRef, key: &RoomKey) -> Option<(Loaded, RoomRecord)> {
    let mut borrowed = shard.borrow_mut();
    let room = borrowed.by_room.get(key)?;
    let entry = &mut borrowed.rooms[room];
    let record = entry.record.as_ref().filter(|record| record.kind == RoomKind::Public)?;
    let head = entry.tail.head();
    let record = RoomRecord { head, ..record.clone() };
    entry.loading += 1;
    Some((Loaded { shard: shard.clone(), room, head }, record))
}

impl Shard {
    /// Takes note of how many messages a room has pinned, as they were read as of its event `head`.
    pub(crate) fn note_pins(&mut self, loaded: &Loaded, head: Seq, pins: u32) {
        self.rooms[loaded.room].pins.note(pins, head);
    }

    /// How many that is as of the newest event that the shard has heard of; `None` where it does not know.
    pub(crate) fn pins(&self, loaded: &Loaded) -> Option<u32> {
        let entry = &self.rooms[loaded.room];
        entry.pins.at(entry.tail.head())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_holds_until_something_changes_it() {
        let mut pins = Pins::default();
        assert_eq!(pins.at(9), None);
        pins.note(2, 7);
        assert_eq!((pins.at(7), pins.at(9)), (Some(2), Some(2)));
        assert_eq!(pins.at(6), None, "the shard is still to hear of what was counted");
        pins.change(10);
        assert_eq!(pins.at(10), None);
        pins.note(2, 9);
        assert_eq!(pins.at(10), None, "read before it");
        pins.note(3, 10);
        assert_eq!(pins.at(12), Some(3));
    }
}
