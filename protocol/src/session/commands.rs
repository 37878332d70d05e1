//! What a person asks of the session.

use std::time::Duration;

use thiserror::Error;

use crate::ids::{Id, Ref, RoomKey, Seq};
use crate::session::{Place, Session};
use crate::signal::PresenceState;

/// Why a question was not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AskError {
    /// There is no link; ask again once connected.
    #[error("not connected")]
    Offline,
    /// Too many questions wait for their answers.
    #[error("too many questions at once")]
    TooMany,
}

/// Why a line was not taken into the outbox; nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SendError {
    /// Nothing but white space.
    #[error("there is nothing to send")]
    Empty,
    /// Over the server's limit, in bytes.
    #[error("the message is longer than {0} bytes")]
    TooLong(usize),
    /// The id is in the outbox already.
    #[error("this id is in use")]
    IdInUse,
    /// The outbox holds as much as it may ([`OUTBOX_BYTES`](super::OUTBOX_BYTES)).
    #[error("too much is waiting to be sent")]
    Full,
}

/// Commands. Questions return the number that their answer will name.
impl Session {
    /// Says something in a room: puts it in the outbox, from where it is sent, in order and again after each
    /// reconnect, until the server has stored or refused it.
    ///
    /// The shell MUST write the entry of the [`OutboxChange::Put`](super::OutboxChange::Put) that follows to its disk,
    /// and then call [`handle_persisted`](Self::handle_persisted): only then is it sent. So a line that was ever sent
    /// survives the client's crash, and is sent again under the same `id`, which the server knows.
    pub fn send(&mut self, room: RoomKey, id: Id, text: String, reply: Option<Seq>) -> Result<(), SendError> {
        let _ = (room, id, text, reply);
        Err(SendError::Full)
    }

    /// Tries a failed line again, behind all that wait. One that was written as another user is sent as the present
    /// one. Returns whether there is such a failed line.
    pub fn retry(&mut self, id: &Id) -> bool {
        let _ = id;
        false
    }

    /// Takes a line out of the outbox. Not possible (false) while it is sent and unanswered: it may be stored.
    pub fn discard(&mut self, id: &Id, now: Duration) -> bool {
        let _ = (id, now);
        false
    }

    /// Joins an open room by its key or its name as typed. Answered by `RoomJoined` or `Refused`.
    pub fn join(&mut self, room: &str) -> Result<Ref, AskError> {
        let _ = room;
        Err(AskError::Offline)
    }

    /// Makes an open room and joins it. Answered by `RoomJoined` or `Refused`.
    pub fn create(&mut self, room: &str) -> Result<Ref, AskError> {
        let _ = room;
        Err(AskError::Offline)
    }

    /// Leaves a room; takes effect at once, connected or not. Lines for it in the outbox are still sent.
    pub fn leave(&mut self, room: &RoomKey) {
        let _ = room;
    }

    /// Takes another nickname. Answered by `Named` or `Refused`.
    pub fn nick(&mut self, name: &str) -> Result<Ref, AskError> {
        let _ = name;
        Err(AskError::Offline)
    }

    /// Asks for a page of a room's log, of at most `limit` events. Answered by `Page` or `Refused`.
    pub fn history(&mut self, room: &RoomKey, place: Place, limit: u32) -> Result<Ref, AskError> {
        let _ = (room, place, limit);
        Err(AskError::Offline)
    }

    /// Asks who is in a room. Answered by `Members` or `Refused`.
    pub fn members(&mut self, room: &RoomKey) -> Result<Ref, AskError> {
        let _ = room;
        Err(AskError::Offline)
    }

    /// Asks which open rooms there are. Answered by `Rooms` or `Refused`.
    pub fn list_rooms(&mut self) -> Result<Ref, AskError> {
        Err(AskError::Offline)
    }

    /// The person typed (`on`: to be called at each key) or stopped. Said to the server as rarely as it needs to know.
    pub fn typing(&mut self, room: &RoomKey, on: bool, now: Duration) {
        let _ = (room, on, now);
    }

    /// The person is there or idle. Remembered, and said anew after a reconnect.
    pub fn presence(&mut self, state: PresenceState) {
        let _ = state;
    }

    /// Dials again after [`Link::Stopped`](super::Link::Stopped), because the person asked for it.
    pub fn restart(&mut self, now: Duration) {
        let _ = now;
    }
}
