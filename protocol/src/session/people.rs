//! What a person asks about rooms, people and themselves, beyond saying something.

use crate::client::ClientFrame;
use crate::ids::{Id, Ref, RoomKey, Seq};
use crate::rooms::Delete;
use crate::session::commands::{AskError, MAX_QUESTIONS};
use crate::session::{Room, Session, SessionEvent};

impl Session {
    /// Asks something that is answered by its `ref`. What has no answer of its own among the
    /// [`SessionEvent`]s is answered by [`Done`](SessionEvent::Done), or `Refused`.
    pub fn request(&mut self, frame: impl FnOnce(Ref) -> ClientFrame) -> Result<Ref, AskError> {
        self.ask(frame)
    }

    /// Says something that is not answered, as `read` and `draft`. Returns whether it goes out: without a link, or
    /// before a socket that stalls, it is dropped.
    pub fn note(&mut self, frame: &ClientFrame) -> bool {
        let said = self.is_up() && self.control.len() < MAX_QUESTIONS;
        if said {
            self.control.push_back(frame.encode());
        }
        said
    }

    /// Takes a message out. What becomes of it is told by the room's `delete`, or by `Refused` (its reference is 0).
    pub fn delete(&mut self, room: RoomKey, target: Seq, id: Id) -> Result<(), AskError> {
        if !self.is_up() {
            return Err(AskError::Offline);
        }
        if self.deletes.len() >= MAX_QUESTIONS {
            return Err(AskError::TooMany);
        }
        let delete = Delete { room, target, id: Some(id.clone()) };
        self.control.push_back(ClientFrame::Delete(delete.clone()).encode());
        self.deletes.insert(id, delete);
        Ok(())
    }

    /// Goes to a room by itself, because its person is in it on another device, or was put into it: no question of
    /// anybody's.
    pub fn follow(&mut self, room: &RoomKey) {
        if !self.rooms.contains_key(room) {
            self.rooms.insert(room.clone(), Room::new(room.clone(), None));
            if self.is_up() {
                self.unjoined.push_back(room.clone());
            }
        }
    }

    /// The answer to a deletion: forgets it. Returns whether it was one.
    pub(super) fn delete_answered(&mut self, id: &Id) -> Option<Delete> {
        self.deletes.remove(id)
    }

    /// The link is gone: nobody knows what became of the deletions.
    pub(super) fn forget_deletes(&mut self) {
        for delete in std::mem::take(&mut self.deletes).into_values() {
            let question = Box::new(ClientFrame::Delete(delete));
            self.out.push_back(SessionEvent::Unanswered { question, reference: 0 });
        }
    }
}
