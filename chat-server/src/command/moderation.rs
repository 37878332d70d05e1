//! What people do to each other and to messages in a room, and asking what was done.

use protocol::error::{ErrorCode, Refusal};
use protocol::ids::{Ref, UserId};
use protocol::limits::{HISTORY_DEFAULT, REASON_CHARS};
use protocol::rooms::{Audit, Browse, Moderate, Report, Reports, Resolve, SetRole};
use protocol::server::{Done, ServerFrame};

use super::{Client, new_id, unreadable};
use crate::store::deeds::{Measure, Undone, refusal};

impl Client {
    pub(super) async fn moderate(&mut self, user: &UserId, measure: Measure, asked: Moderate) {
        let (reference, room) = (asked.reference, asked.room.clone());
        let id = asked.id.clone().unwrap_or_else(new_id);
        if let Err(refusal) = asked.reason.as_deref().map_or(Ok(()), check_reason) {
            return self.refuse_ref(refusal.with_id(Some(id)).with_room(Some(room)), reference);
        }
        let name = self.shared.presence().name(&asked.user);
        let done = self.shared.store.moderate(self.author(user), measure, asked, name, id.clone()).await;
        self.done_at(
            done.map_err(|undone| refusal(undone).with_id(Some(id)).with_room(Some(room))),
            reference,
        );
    }

    pub(super) async fn set_role(&mut self, user: &UserId, asked: SetRole) {
        let (reference, room) = (asked.reference, asked.room.clone());
        let id = asked.id.clone().unwrap_or_else(new_id);
        let name = self.shared.presence().name(&asked.user);
        let done = self.shared.store.set_room_role(self.author(user), asked, name, id.clone()).await;
        self.done_at(
            done.map_err(|undone| refusal(undone).with_id(Some(id)).with_room(Some(room))),
            reference,
        );
    }

    pub(super) async fn report(&mut self, user: &UserId, asked: Report) {
        let Report { reference, room, target, reason } = asked;
        if let Err(refusal) = check_reason(&reason) {
            return self.refuse_ref(refusal.with_room(Some(room)), reference);
        }
        let done = self.shared.store.report(self.author(user), room.clone(), target, reason).await;
        self.done_at(done.map_err(|undone| refusal(undone).with_room(Some(room))), reference);
    }

    pub(super) async fn resolve(&mut self, user: &UserId, asked: &Resolve) {
        let done = self.shared.store.resolve(self.author(user), asked.report).await;
        self.done(done, asked.reference);
    }

    pub(super) async fn reports(&mut self, user: &UserId, asked: &Browse) {
        let (reference, limit) = (asked.reference, asked.limit.unwrap_or(HISTORY_DEFAULT));
        match self.shared.store.reports(self.author(user), asked.before, limit).await {
            Ok(Ok(sheet)) => {
                self.reply(&ServerFrame::Reports(Reports {
                    reference,
                    reports: sheet.rows,
                    more: sheet.more,
                }));
            }
            Ok(Err(denied)) => self.refuse_ref(denied.refusal(), reference),
            Err(error) => self.refuse_ref(unreadable(&error), reference),
        }
    }

    pub(super) async fn audit(&mut self, user: &UserId, asked: &Browse) {
        let (reference, limit) = (asked.reference, asked.limit.unwrap_or(HISTORY_DEFAULT));
        match self.shared.store.audit(self.author(user), asked.before, limit).await {
            Ok(Ok(sheet)) => {
                self.reply(&ServerFrame::Audit(Audit { reference, entries: sheet.rows, more: sheet.more }));
            }
            Ok(Err(denied)) => self.refuse_ref(denied.refusal(), reference),
            Err(error) => self.refuse_ref(unreadable(&error), reference),
        }
    }

    /// Answers that something was done, or why not.
    pub(super) fn done(&self, done: Result<(), Undone>, reference: Ref) {
        self.done_at(done.map_err(refusal), reference);
    }

    fn done_at(&self, done: Result<(), Refusal>, reference: Ref) {
        match done {
            Ok(()) => self.reply(&ServerFrame::Ok(Done { reference, room: None, name: None })),
            Err(refusal) => self.refuse_ref(refusal, reference),
        }
    }
}

fn check_reason(reason: &str) -> Result<(), Refusal> {
    if reason.chars().count() <= REASON_CHARS {
        return Ok(());
    }
    Err(Refusal::new(ErrorCode::TooLong, format!("a reason has at most {REASON_CHARS} characters")))
}
