//! Rare writes: whatever is not a plain message, in the same queue and the same transactions.
//!
//! A piece of work is a closure that runs in its turn between the messages, under a save point of the transaction that
//! stores them: it sees what was stored before it, in the order of the queue, and what it read still holds when it is
//! committed. It may append events to rooms ([`Turn::append`]). Where it refuses or fails, only what it did is undone.
//! Whoever asked gets its value after the commit, when the events were handed on.

use protocol::event::Event;
use protocol::ids::{RoomKey, Seq, UserId};
use rusqlite::{Connection, ErrorCode as SqlError};
use tokio::sync::oneshot;

use super::Failure;
use super::append::{Appended, Appender, NewEvent};
use crate::store::sqlite::clock;
use crate::store::{Cut, WorkError};

/// What a piece of work may use.
pub(in crate::store) struct Turn<'a, 'db> {
    appender: &'a mut Appender<'db>,
    made: Made,
}

/// What a piece of work made that others are told of.
#[derive(Default)]
pub(super) struct Made {
    /// Events of rooms.
    pub(super) facts: Vec<Event>,
    /// Events of the users' own rooms.
    pub(super) own: Vec<(UserId, Event)>,
    /// Who is put out of what.
    pub(super) cuts: Vec<Cut>,
    /// The facts that changed of those that policy decides on.
    pub(super) changed: Changed,
}

/// Facts that policy decides on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::store) enum Changed {
    /// Any, of anybody.
    #[default]
    All,
    /// Those of one person in a room, or (`None`) of the room and everybody in it.
    These(Vec<(RoomKey, Option<UserId>)>),
}

impl Turn<'_, '_> {
    /// The writer's connection, inside the transaction. Rooms' heads are not to be moved by hand.
    pub(in crate::store) fn db(&self) -> &Connection {
        self.appender.db
    }

    /// The transaction's time, milliseconds since 1970.
    pub(in crate::store) fn now_ms(&self) -> i64 {
        self.appender.now
    }

    /// Puts an event at the end of its room's log. `told` makes of its `seq` and timestamp what members are told
    /// once it is committed; it is not called where nothing new was stored.
    pub(in crate::store) fn append(
        &mut self,
        event: &NewEvent<'_>,
        told: impl FnOnce(Seq, String) -> Event,
    ) -> rusqlite::Result<Appended> {
        let appended = self.appender.append(event)?;
        if let Appended::Stored { seq, ms } = appended {
            self.made.facts.push(told(seq, clock::rfc3339(ms)));
        }
        Ok(appended)
    }

    /// The newest `seq` of a room's log, with what this transaction appended; `None` where there is no such room.
    pub(in crate::store) fn head(&mut self, room: &RoomKey) -> rusqlite::Result<Option<Seq>> {
        let head = self.appender.heads.get(self.appender.db, room)?;
        Ok(head.map(|head| head.seq))
    }

    /// Has an event of a user's own room told, which was stored.
    pub(in crate::store) fn tell_own(&mut self, user: &UserId, event: Event) {
        self.made.own.push((user.clone(), event));
    }

    /// Has somebody put out of what they may no longer be in, before anything that is committed later.
    pub(in crate::store) fn cut(&mut self, cut: Cut) {
        self.made.cuts.push(cut);
    }

    /// Says that of the facts that policy decides on none changes but those that are [named](Turn::change), so that
    /// what is remembered of all others still holds. Without this, nothing does.
    pub(in crate::store) fn leave_facts(&mut self) {
        if self.made.changed == Changed::All {
            self.made.changed = Changed::These(Vec::new());
        }
    }

    /// Names facts that change: of one person in a room, or of a room and everybody in it.
    pub(in crate::store) fn change(&mut self, room: &RoomKey, user: Option<&UserId>) {
        if let Changed::These(these) = &mut self.made.changed {
            these.push((room.clone(), user.cloned()));
        }
    }

    #[cfg(test)]
    pub(in crate::store) fn changed(&self) -> &Changed {
        &self.made.changed
    }
}

/// A piece of work and whoever waits for it.
pub(in crate::store) trait Work: Send {
    /// Does it; called once. False: what it did is to be undone, as it decided.
    fn run(&mut self, turn: &mut Turn<'_, '_>) -> rusqlite::Result<bool>;

    /// Answers with what it gave, which is committed; or with the failure that undid it.
    fn answer(self: Box<Self>, undone: Option<Failure>);
}

/// [`Work`] of a closure with a typed answer.
pub(in crate::store) struct Asked<F, T, E> {
    work: Option<F>,
    given: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, WorkError<E>>>,
}

impl<F, T, E> Asked<F, T, E> {
    pub(in crate::store) fn new(work: F, answer: oneshot::Sender<Result<T, WorkError<E>>>) -> Self {
        Self { work: Some(work), given: None, answer }
    }
}

impl<F, T, E> Work for Asked<F, T, E>
where
    F: FnOnce(&mut Turn<'_, '_>) -> rusqlite::Result<Result<T, E>> + Send,
    T: Send,
    E: Send,
{
    fn run(&mut self, turn: &mut Turn<'_, '_>) -> rusqlite::Result<bool> {
        let work = self.work.take().expect("a piece of work runs once");
        let given = work(turn)?;
        let keep = given.is_ok();
        self.given = Some(given);
        Ok(keep)
    }

    fn answer(self: Box<Self>, undone: Option<Failure>) {
        let answer = match (undone, self.given) {
            (None, Some(Ok(value))) => Ok(value),
            // A refusal holds even where the transaction came to nothing: it would have stored nothing either.
            (_, Some(Err(refusal))) => Err(WorkError::Refused(refusal)),
            (Some(Failure::Full), _) => Err(WorkError::StorageFull),
            _ => Err(WorkError::Unavailable),
        };
        // Whoever asked may be gone.
        let _ = self.answer.send(answer);
    }
}

/// What the transaction made of a piece of work.
pub(super) enum Done {
    /// It stays, and this is what it made.
    Kept(Made),
    /// It is undone alone, as it decided or because it failed.
    Undone(Option<Failure>),
}

impl Done {
    /// The facts that it changed; nothing did where it is undone.
    pub(super) fn changed(&self) -> Option<&Changed> {
        match self {
            Self::Kept(made) => Some(&made.changed),
            Self::Undone(_) => None,
        }
    }
}

/// Runs a piece of work under a save point.
pub(super) fn run(appender: &mut Appender<'_>, work: &mut dyn Work) -> rusqlite::Result<Done> {
    let db = appender.db;
    db.prepare_cached("SAVEPOINT work")?.execute([])?;
    appender.heads.save_point();
    let mut turn = Turn { appender, made: Made::default() };
    let ran = work.run(&mut turn);
    let Turn { appender: Appender { heads, .. }, made } = turn;
    let undone = match ran {
        Ok(true) => {
            heads.release();
            db.prepare_cached("RELEASE work")?.execute([])?;
            return Ok(Done::Kept(made));
        }
        Ok(false) => None,
        Err(error) if is_its_own(&error) => {
            tracing::error!(%error, "a write was refused by the database and undone alone");
            Some(Failure::Busy)
        }
        Err(error) => return Err(error),
    };
    heads.roll_back();
    db.prepare_cached("ROLLBACK TO work")?.execute([])?;
    db.prepare_cached("RELEASE work")?.execute([])?;
    Ok(Done::Undone(undone))
}

/// Whether an error is about what was asked, rather than about the disk: then the transaction can go on.
fn is_its_own(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqliteFailure(error, _) => matches!(
            error.code,
            SqlError::ConstraintViolation
                | SqlError::TypeMismatch
                | SqlError::TooBig
                | SqlError::ParameterOutOfRange
                | SqlError::Unknown
        ),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_undone_has_changed_nothing() {
        assert_eq!(Done::Undone(None).changed(), None);
        assert_eq!(Done::Undone(Some(Failure::Busy)).changed(), None);
        assert_eq!(Done::Kept(Made::default()).changed(), Some(&Changed::All));
    }
}
