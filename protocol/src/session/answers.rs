//! Answers to questions and commands: carried out, or refused.

use std::time::Duration;

use crate::client::ClientFrame;
use crate::error::Refusal;
use crate::ids::{Id, Ref, RoomKey};
use crate::server::Done;
use crate::session::commands::{Asked, Asker};
use crate::session::link::MAX_WAIT;
use crate::session::{Failure, OutgoingState, Room, Session, SessionEvent};

/// The wait after a refusal that names none.
const RETRY: Duration = Duration::from_secs(1);

impl Session {
    pub(super) fn done(&mut self, done: Done, now: Duration) {
        let Some(asked) = self.answered(done.reference) else { return };
        match (asked.frame, done.room, done.name) {
            (ClientFrame::Join(_) | ClientFrame::Create(_) | ClientFrame::Direct(_), Some(info), _) => {
                let reference = (asked.asker == Asker::Person).then_some(done.reference);
                if self.rooms.get(&info.room).and_then(Room::cursor).is_some() {
                    // In it already: all up to this head was sent before.
                    self.expect(&info.room.clone(), info.head, now);
                    self.out.push_back(SessionEvent::RoomInfo(info));
                } else {
                    self.joined(info, reference);
                }
            }
            // Left while a `join` was under way: its answer brought the room back.
            (ClientFrame::Leave(_), Some(info), _) if self.rooms.remove(&info.room).is_some() => {
                self.out.push_back(SessionEvent::RoomLeft(info.room));
            }
            (ClientFrame::Nick(_), _, Some(name)) => {
                self.config.name = Some(name.clone());
                self.out.push_back(SessionEvent::Named(name));
            }
            (ClientFrame::Leave(_), ..) => {}
            (question, room, _) if asked.asker == Asker::Person => {
                if let Some(info) = room.filter(|info| self.rooms.contains_key(&info.room)) {
                    self.out.push_back(SessionEvent::RoomInfo(info));
                }
                let (question, reference) = (Box::new(question), done.reference);
                self.out.push_back(SessionEvent::Done { question, reference });
            }
            _ => {}
        }
    }

    pub(super) fn refused(&mut self, refusal: Refusal, now: Duration) {
        let again = refusal
            .retry
            .then(|| now + refusal.retry_ms.map_or(RETRY, |ms| Duration::from_millis(ms).min(MAX_WAIT)));
        // A question may be a command with an `id` as well; a line has no `ref`.
        if let Some(reference) = refusal.reference {
            if let Some(asked) = self.answered(reference) {
                self.question_refused(asked, reference, refusal, again, now);
            }
        } else if let Some(id) = &refusal.id {
            self.line_refused(id, &refusal, again);
        } else {
            self.out.push_back(SessionEvent::Error(refusal));
        }
    }

    fn line_refused(&mut self, id: &Id, refusal: &Refusal, again: Option<Duration>) {
        if let Some(until) = again {
            for id in self.outbox.hold(id, until) {
                self.line_changed(id, OutgoingState::Queued);
            }
            return;
        }
        let failure = Failure { code: Some(refusal.code), reason: refusal.reason.clone() };
        if let Some(outgoing) = self.outbox.fail(id, failure.clone()) {
            self.line_changed(id.clone(), OutgoingState::Failed(failure));
            self.put(outgoing);
            self.fail_orphans();
        }
    }

    fn question_refused(
        &mut self,
        asked: Asked,
        reference: Ref,
        refusal: Refusal,
        again: Option<Duration>,
        now: Duration,
    ) {
        match (&asked.frame, asked.asker) {
            (ClientFrame::History(question), Asker::Session) => {
                if let Some(room) = self.rooms.get_mut(&question.room) {
                    room.refused(reference, again, now, &mut self.out);
                }
            }
            (ClientFrame::Leave(_), Asker::Session) => {}
            (ClientFrame::Join(question), Asker::Session) => {
                let key = RoomKey::new(&question.room).ok();
                if let (Some(key), Some(at)) = (&key, again) {
                    self.join_at = at;
                    return self.unjoined.push_back(key.clone());
                }
                // A room of the last time that this session cannot be in any more.
                if let Ok(key) = RoomKey::new(&question.room)
                    && self.rooms.remove(&key).is_some()
                {
                    self.out.push_back(SessionEvent::RoomLeft(key));
                }
                let question = Box::new(asked.frame);
                self.out.push_back(SessionEvent::Refused { question, reference, refusal });
            }
            (_, _) => {
                let question = Box::new(asked.frame);
                self.out.push_back(SessionEvent::Refused { question, reference, refusal });
            }
        }
    }

    pub(super) fn answered(&mut self, reference: Ref) -> Option<Asked> {
        self.questions.remove(&reference)
    }
}
