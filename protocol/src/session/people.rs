//! What a person asks about rooms, people and themselves, beyond saying something.

use crate::client::ClientFrame;
use crate::ids::{Ref, RoomKey};
use crate::session::commands::{AskError, MAX_QUESTIONS};
use crate::session::{Room, Session};

impl Session {
    /// Asks something that is answered by its `ref`. What has no answer of its own among the
    /// [`SessionEvent`](crate::session::SessionEvent)s is answered by [`Done`](crate::session::SessionEvent::Done), or `Refused`.
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
}
