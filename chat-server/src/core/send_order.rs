//! Keeps a sender's own order when something had to be refused.

use protocol::ids::{Id, RoomKey};

use super::few::Few;

/// Which of a connection's messages must come again before later ones are taken, per room.
///
/// Without it a later message could be stored while an earlier one waits for its retry.
#[derive(Debug, Default)]
pub(crate) struct SendOrder {
    refused: Few<RoomKey, Id>,
}

impl SendOrder {
    /// Whether a message may be taken; the awaited one lifts the barrier.
    pub(crate) fn admit(&mut self, room: &RoomKey, id: &Id) -> bool {
        match self.refused.get(room) {
            None => true,
            Some(awaited) if awaited == id => {
                self.refused.remove(room);
                true
            }
            Some(_) => false,
        }
    }

    /// Takes note that a message was refused and may be retried. The oldest refusal of a room counts.
    pub(crate) fn refuse(&mut self, room: RoomKey, id: Id) {
        if self.refused.get(&room).is_none() {
            self.refused.insert(room, id);
        }
    }

    /// The room was left: nothing is awaited in it any more.
    pub(crate) fn forget(&mut self, room: &RoomKey) {
        self.refused.remove(room);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_messages_wait_for_the_refused_one() {
        let (lobby, ops) = (RoomKey::lobby(), RoomKey::new("ops").unwrap());
        let id = |n: u32| Id::new(n.to_string()).unwrap();
        let mut order = SendOrder::default();
        assert!(order.admit(&lobby, &id(1)));
        order.refuse(lobby.clone(), id(1));
        order.refuse(lobby.clone(), id(2));
        assert!(!order.admit(&lobby, &id(2)));
        assert!(order.admit(&ops, &id(3)), "another room is not held up");
        assert!(order.admit(&lobby, &id(1)));
        assert!(order.admit(&lobby, &id(2)));
    }
}
