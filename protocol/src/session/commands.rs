//! What a person asks of the session.

use std::time::Duration;

use thiserror::Error;

use crate::client::{ClientFrame, History, Nick, Presence, Question, RoomQuestion, Typing};
use crate::ids::{Id, Ref, RoomKey, Seq};
use crate::limits::TYPING_RENEW;
use crate::rooms::{Create, RoomKind};
use crate::session::outbox::Discarded;
use crate::session::{
    Change, Line, OutboxChange, Outgoing, OutgoingState, Place, Session, SessionEvent, State, Target,
};
use crate::signal::PresenceState;

/// Questions that wait for their answers, at most.
pub(super) const MAX_QUESTIONS: usize = 256;

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
    /// The line that the change is about is not in the outbox: it has its place, or never will.
    #[error("the message it is about is not waiting any more")]
    NoLine,
}

/// Commands. Questions return the number that their answer will name.
impl Session {
    /// Says something in a room: puts it in the outbox, from where it is sent, in order and again after each
    /// reconnect, until the server has stored or refused it.
    ///
    /// The shell MUST write the entry of the [`OutboxChange::Put`] that follows to its disk,
    /// and then call [`handle_persisted`](Self::handle_persisted): only then is it sent. So a line that was ever sent
    /// survives the client's crash, and is sent again under the same `id`, which the server knows.
    pub fn send(&mut self, room: RoomKey, id: Id, line: Line) -> Result<(), SendError> {
        let Line { text, reply, thread, files } = line;
        if text.trim().is_empty() && files.is_empty() {
            return Err(SendError::Empty);
        }
        self.stop_typing();
        let user = self.user.clone();
        self.queue(Outgoing { id, room, text, reply, thread, files, change: None, user, failed: None })
    }

    /// Does something to a message, in the order of what is sent to its room: by the outbox, as
    /// [`send`](Self::send). `text` is that of an edit, which may be empty only where the message has files; else it is
    /// empty. What is done to a line that is itself in the outbox waits until that has its place, and fails with it.
    pub fn change(&mut self, room: RoomKey, id: Id, change: Change, text: String) -> Result<(), SendError> {
        if let Target::Line(line) = change.target()
            && !self.outbox.awaits_place(line)
        {
            return Err(SendError::NoLine);
        }
        let (user, files) = (self.user.clone(), Vec::new());
        let change = Some(change);
        self.queue(Outgoing { id, room, text, reply: None, thread: None, files, change, user, failed: None })
    }

    fn queue(&mut self, outgoing: Outgoing) -> Result<(), SendError> {
        if outgoing.text.len() > self.message_bytes {
            return Err(SendError::TooLong(self.message_bytes));
        }
        if self.outbox.contains(&outgoing.id) {
            return Err(SendError::IdInUse);
        }
        if !self.outbox.has_room_for(&outgoing.text) {
            return Err(SendError::Full);
        }
        self.outbox.push(outgoing.clone());
        self.line_changed(outgoing.id.clone(), OutgoingState::Queued);
        self.put(outgoing);
        self.fail_orphans();
        Ok(())
    }

    /// Fails what was to be done to lines that will have no place.
    pub(super) fn fail_orphans(&mut self) {
        for outgoing in self.outbox.fail_orphans() {
            if let Some(failure) = outgoing.failed.clone() {
                self.line_changed(outgoing.id.clone(), OutgoingState::Failed(failure));
            }
            self.put(outgoing);
        }
    }

    /// Tries a failed line again, in its place among those that wait. One that was written as another user is sent as
    /// the present one. Returns whether there is such a failed line.
    pub fn retry(&mut self, id: &Id) -> bool {
        let Some(outgoing) = self.outbox.retry(id, self.user.as_ref()) else { return false };
        self.line_changed(outgoing.id.clone(), OutgoingState::Queued);
        self.put(outgoing);
        self.fail_orphans();
        true
    }

    /// Takes a line out of the outbox. Not possible (false) while it is sent and unanswered: it may be stored. So may
    /// one be that was sent over an earlier link and waits to be sent again; its event comes all the same then.
    pub fn discard(&mut self, id: &Id, now: Duration) -> bool {
        let discarded = self.outbox.discard(id);
        if discarded == Discarded::No {
            return false;
        }
        self.out.push_back(SessionEvent::Outbox(OutboxChange::Remove(id.clone())));
        self.fail_orphans();
        if discarded == Discarded::Awaited {
            // On this link the server refuses all of the room until this id comes again.
            self.redial(now);
        }
        true
    }

    /// Joins an open room by its key or its name as typed. Answered by `RoomJoined` or `Refused`.
    pub fn join(&mut self, room: &str) -> Result<Ref, AskError> {
        self.ask(|reference| ClientFrame::Join(RoomQuestion { reference, room: room.to_owned() }))
    }

    /// Makes a public room and joins it. Answered by `RoomJoined` or `Refused`.
    pub fn create(&mut self, room: &str) -> Result<Ref, AskError> {
        let (room, kind) = (room.to_owned(), RoomKind::Public);
        self.ask(|reference| ClientFrame::Create(Create { reference, room, kind, topic: None }))
    }

    /// Leaves a room; takes effect at once, connected or not. The server brings everybody back to the lobby at the
    /// next `welcome`. Lines for the room that still wait in the outbox will be refused.
    pub fn leave(&mut self, room: &RoomKey) {
        if self.rooms.remove(room).is_some() {
            self.out.push_back(SessionEvent::RoomLeft(room.clone()));
        }
        // Where too much waits for answers the next link's `resume` says it.
        let question = RoomQuestion { reference: 0, room: room.as_str().to_owned() };
        let _ = self
            .ask_as(Asker::Session, |reference| ClientFrame::Leave(RoomQuestion { reference, ..question }));
    }

    /// Takes another nickname. Answered by `Named` or `Refused`.
    pub fn nick(&mut self, name: &str) -> Result<Ref, AskError> {
        self.ask(|reference| ClientFrame::Nick(Nick { reference, name: name.to_owned() }))
    }

    /// Asks for a page of a room's log, of at most `limit` events. Answered by `Page` or `Refused`.
    pub fn history(&mut self, room: &RoomKey, place: Place, limit: u32) -> Result<Ref, AskError> {
        self.ask(|reference| ClientFrame::History(history(reference, room, place, limit)))
    }

    /// Asks who is in a room. Answered by `Members` or `Refused`.
    pub fn members(&mut self, room: &RoomKey) -> Result<Ref, AskError> {
        let room = room.as_str().to_owned();
        self.ask(|reference| ClientFrame::Members(RoomQuestion { reference, room }))
    }

    /// Asks which open rooms there are. Answered by `Rooms` or `Refused`.
    pub fn list_rooms(&mut self) -> Result<Ref, AskError> {
        self.ask(|reference| ClientFrame::Rooms(Question { reference }))
    }

    /// The person typed (`on`: to be called at each key) or stopped. Said to the server as rarely as it needs to know.
    pub fn typing(&mut self, room: &RoomKey, thread: Option<Seq>, on: bool, now: Duration) {
        if !on {
            return self.stop_typing();
        }
        let place = (room.clone(), thread);
        match &self.typing {
            Some((same, said)) if *same == place && now < *said + TYPING_RENEW => return,
            Some((same, _)) if *same == place => {}
            _ => self.stop_typing(),
        }
        if self.say_typing(place.clone(), true) {
            self.typing = Some((place, now));
        }
    }

    /// The person is there or idle. Remembered, and said anew after a reconnect.
    pub fn presence(&mut self, state: PresenceState) {
        if self.presence != state {
            self.presence = state;
            if self.is_up() {
                self.control.push_back(ClientFrame::Presence(Presence { state }).encode());
            }
        }
    }

    /// Dials again after [`Link::Stopped`](super::Link::Stopped), because the person asked for it.
    pub fn restart(&mut self, now: Duration) {
        if matches!(self.state, State::Stopped) {
            self.dial(now);
        }
    }

    fn stop_typing(&mut self) {
        if let Some((place, _)) = self.typing.take() {
            self.say_typing(place, false);
        }
    }

    fn say_typing(&mut self, (room, thread): (RoomKey, Option<Seq>), on: bool) -> bool {
        // A signal may be lost: better than a queue of them before a socket that stalls.
        let said = self.is_up() && self.control.len() < MAX_QUESTIONS;
        if said {
            self.control.push_back(ClientFrame::Typing(Typing { room, on, thread }).encode());
        }
        said
    }

    pub(super) fn ask(&mut self, frame: impl FnOnce(Ref) -> ClientFrame) -> Result<Ref, AskError> {
        self.ask_as(Asker::Person, frame)
    }

    pub(super) fn ask_as(
        &mut self,
        asker: Asker,
        frame: impl FnOnce(Ref) -> ClientFrame,
    ) -> Result<Ref, AskError> {
        if !self.is_up() {
            return Err(AskError::Offline);
        }
        if self.questions.len() >= MAX_QUESTIONS {
            return Err(AskError::TooMany);
        }
        self.next_ref += 1;
        let frame = frame(self.next_ref);
        self.control.push_back(frame.encode());
        self.questions.insert(self.next_ref, Asked { asker, frame });
        Ok(self.next_ref)
    }

    pub(super) fn put(&mut self, outgoing: Outgoing) {
        self.out.push_back(SessionEvent::Outbox(OutboxChange::Put(outgoing)));
    }

    pub(super) fn line_changed(&mut self, id: Id, state: OutgoingState) {
        self.out.push_back(SessionEvent::Outgoing { id, state });
    }
}

/// A question that waits for its answer.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) asker: Asker,
    pub(super) frame: ClientFrame,
}

/// Whose question it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// The shell's: told what came of it.
    Person,
    /// The session's own.
    Session,
}

pub(super) fn history(reference: Ref, room: &RoomKey, place: Place, limit: u32) -> History {
    let (mut before, mut after, mut around, mut at) = (None, None, None, None);
    match place {
        Place::Newest => {}
        Place::At(time) => at = Some(time),
        Place::Before(seq) => before = Some(seq),
        Place::After(seq) => after = Some(seq),
        Place::Around(seq) => around = Some(seq),
    }
    History { reference, room: room.clone(), before, after, around, at, limit: Some(limit) }
}

pub(super) fn place(history: &History) -> Place {
    match (history.before, history.after, history.around, &history.at) {
        (Some(seq), _, _, _) => Place::Before(seq),
        (_, Some(seq), _, _) => Place::After(seq),
        (_, _, Some(seq), _) => Place::Around(seq),
        (_, _, _, Some(time)) => Place::At(time.clone()),
        _ => Place::Newest,
    }
}
