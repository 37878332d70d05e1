//! One deed in its turn: who has it done, what policy says of it, and the events that tell of it.

use protocol::error::{ErrorCode, Refusal};
use protocol::event::Event;
use protocol::ids::{Id, RoomKey, Seq, UserId};
use protocol::people::{Guests, Role};
use protocol::server::Ack;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::facts::{self, Place};
pub(in crate::store) use super::kinds::SERVER;
use super::kinds::{self, Head};
use super::rows::{from_sql, to_sql};
use super::writer::{Appended, NewEvent, Turn};
use super::{Handle, clock};
use crate::core::policy::{Action, Actor, Denied, InRoom, Reach, decide};
use crate::store::WorkError;
use crate::store::deeds::{Author, Undone};

/// Why a deed comes to nothing.
pub(in crate::store) enum Stop {
    /// It was decided so.
    Refused(Box<Refusal>),
    /// The database failed.
    Failed(rusqlite::Error),
}

/// What a deed gives, or why it comes to nothing.
pub(in crate::store) type Done<T> = Result<T, Stop>;

/// A deed being done.
pub(in crate::store) struct Deed<'a, 't, 'db> {
    pub(super) turn: &'a mut Turn<'t, 'db>,
    pub(super) author: &'a Author,
    actor: Actor,
}

impl Handle {
    /// Has a deed done in its turn. `bytes` is what it keeps in memory while it waits.
    pub(in crate::store) async fn deed<T: Send + 'static>(
        &self,
        author: Author,
        bytes: usize,
        work: impl FnOnce(&mut Deed<'_, '_, '_>) -> Done<T> + Send + 'static,
    ) -> Result<T, Undone> {
        let guests = self.guests();
        let done = self.work(bytes, move |turn| {
            let actor = facts::actor(turn.db(), &author.user, guests, author.reaches.anywhere())?;
            match work(&mut Deed { turn, author: &author, actor }) {
                Ok(value) => Ok(Ok(value)),
                Err(Stop::Refused(refusal)) => Ok(Err(refusal)),
                Err(Stop::Failed(error)) => Err(error),
            }
        });
        done.await
    }
}

impl<'a, 't, 'db> Deed<'a, 't, 'db> {
    /// What the server does by itself.
    pub(super) fn by_server(turn: &'a mut Turn<'t, 'db>, author: &'a Author) -> Self {
        let actor = Actor { role: Role::Other, active: false, guests: Guests::Off, reach: Reach::FULL };
        Self { turn, author, actor }
    }
}

impl Deed<'_, '_, '_> {
    pub(super) fn db(&self) -> &Connection {
        self.turn.db()
    }

    pub(super) fn now(&self) -> i64 {
        self.turn.now_ms()
    }

    /// Who acts, in a room.
    pub(super) fn actor_at(&self, room: &RoomKey) -> Actor {
        Actor { reach: self.author.reaches.at(room), ..self.actor }
    }

    /// Whether the author may do this where no room is meant.
    pub(super) fn permit(&self, action: Action<'_>) -> Done<()> {
        if self.author.server { Ok(()) } else { Ok(decide(&self.actor, action)?) }
    }

    /// Whether the author may do this in this room.
    pub(super) fn permit_at(&self, room: &RoomKey, action: Action<'_>) -> Done<()> {
        if self.author.server { Ok(()) } else { Ok(decide(&self.actor_at(room), action)?) }
    }

    /// A room as the author has to do with it; refused as not there where it is not, or where policy says so of `deed`.
    pub(super) fn enter(&self, room: &RoomKey, deed: InRoom) -> Done<Place> {
        let place = self.look(room)?;
        let facts = facts::room_facts(place.as_ref(), self.now());
        self.permit_at(room, Action::Room(deed, &facts))?;
        Ok(place.ok_or(Denied::NotThere)?)
    }

    /// A room as the author has to do with it, before anything is decided.
    pub(super) fn look(&self, room: &RoomKey) -> rusqlite::Result<Option<Place>> {
        facts::place(self.db(), room, &self.author.user)
    }

    /// Whether the author has had this very command carried out before, in a room that they may still read: then it is
    /// answered as it was, whatever they may do by now. Refused where the `id` named another command.
    ///
    /// Asked before the policy is asked for the deed; of a room that one may not read nothing is told here, not even
    /// that there is one.
    pub(super) fn was_done(
        &self,
        room: &RoomKey,
        place: Option<&Place>,
        id: &Id,
        kind: &str,
    ) -> Done<Option<Ack>> {
        self.was_done_to(room, place, id, (kind, None))
    }

    /// The same for what is done to a message: the command is another one, too, where the message or the body is.
    pub(super) fn was_done_to(
        &self,
        room: &RoomKey,
        place: Option<&Place>,
        id: &Id,
        (kind, to): (&str, Option<(Seq, &str)>),
    ) -> Done<Option<Ack>> {
        let Some(place) = place else { return Ok(None) };
        if self.permit_at(room, Action::Room(InRoom::Read, &place.facts(self.now()))).is_err() {
            return Ok(None);
        }
        let found: Option<(bool, i64, i64, String)> = self
            .db()
            .prepare_cached(
                // The text of an edit is gone with its message.
                "SELECT e.room = ?3 AND e.kind = ?4 AND (?5 IS NULL OR e.reply IS ?5 AND (
                            e.text = ?6 OR e.text = '' AND NOT EXISTS (
                                SELECT 1 FROM message_state AS s
                                WHERE s.room = e.room AND s.seq = e.reply AND s.edit IS NOT NULL))),
                        e.seq, e.timestamp_ms, r.key
                 FROM events e JOIN rooms r ON r.id = e.room WHERE e.id = ?1 AND e.user = ?2",
            )?
            .query_row(
                params![
                    id.as_str(),
                    self.author.user.as_str(),
                    place.row,
                    kind,
                    to.map(|(target, _)| to_sql(target)),
                    to.map(|(_, body)| body),
                ],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )
            .optional()?;
        match found {
            None => Ok(None),
            Some((true, seq, ms, key)) => {
                let room = RoomKey::new(key).map_err(|_| Denied::NotThere)?;
                let (id, timestamp) = (id.clone(), clock::rfc3339(ms));
                Ok(Some(Ack { id, room, seq: from_sql(seq), timestamp, dup: true }))
            }
            Some((false, ..)) => {
                Err(Refusal::new(ErrorCode::IdReused, "this id was used before for something else").into())
            }
        }
    }

    /// Puts an event of the author's at the end of a room's log.
    pub(super) fn append(
        &mut self,
        room: &RoomKey,
        id: &Id,
        kind: &'static str,
        body: &impl Serialize,
        reply: Option<Seq>,
        told: impl FnOnce(Head) -> Event,
    ) -> Done<Ack> {
        let (user, sender) = (self.author.user.clone(), self.author.name.to_string());
        let guest = self.author.guest;
        self.append_as((&user, &sender, guest), room, id, (kind, &kinds::body(body), reply, None), told)
    }

    /// The same for one that has a text, and what is beside it.
    pub(super) fn append_text(
        &mut self,
        room: &RoomKey,
        id: &Id,
        (kind, text, extra): (&'static str, &str, Option<&str>),
        reply: Seq,
        told: impl FnOnce(Head) -> Event,
    ) -> Done<Ack> {
        let (user, sender) = (self.author.user.clone(), self.author.name.to_string());
        let guest = self.author.guest;
        self.append_as((&user, &sender, guest), room, id, (kind, text, Some(reply), extra), told)
    }

    /// The same for an event that a rule of the server's makes.
    pub(super) fn append_by_server(
        &mut self,
        room: &RoomKey,
        kind: &'static str,
        body: &impl Serialize,
        told: impl FnOnce(Head) -> Event,
    ) -> Done<Ack> {
        let user = UserId::new(SERVER).expect("it is an id");
        let id = new_id();
        self.append_as((&user, "server", false), room, &id, (kind, &kinds::body(body), None, None), told)
    }

    fn append_as(
        &mut self,
        (user, sender, guest): (&UserId, &str, bool),
        room: &RoomKey,
        id: &Id,
        (kind, text, reply, extra): (&'static str, &str, Option<Seq>, Option<&str>),
        told: impl FnOnce(Head) -> Event,
    ) -> Done<Ack> {
        let event =
            NewEvent { room, id, user, sender, guest, kind, text, reply, thread: None, extra, files: None };
        let appended = self.turn.append(&event, |seq, timestamp| {
            told(Head {
                room: room.clone(),
                seq,
                id: id.clone(),
                user: user.clone(),
                sender: sender.to_owned(),
                timestamp,
            })
        })?;
        match appended {
            Appended::Stored { seq, ms } => {
                let (id, room, timestamp) = (id.clone(), room.clone(), clock::rfc3339(ms));
                Ok(Ack { id, room, seq, timestamp, dup: false })
            }
            Appended::Repeated(ack) => Ok(ack),
            Appended::Reused => {
                Err(Refusal::new(ErrorCode::IdReused, "this id was used before for something else").into())
            }
            Appended::NoRoom | Appended::NoThread => Err(Denied::NotThere.into()),
        }
    }

    /// Writes what was decided into the audit log.
    pub(super) fn audit(&self, entry: Entry<'_>) -> rusqlite::Result<()> {
        let author = self.author;
        let user = (!author.server).then_some(author.user.as_str());
        write_audit(self.turn.db(), self.now(), user, &author.name, entry)
    }
}

/// What is written into the audit log, beside who did it and when.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::store) struct Entry<'a> {
    pub(in crate::store) action: &'a str,
    pub(in crate::store) room: Option<&'a RoomKey>,
    pub(in crate::store) who: Option<&'a UserId>,
    pub(in crate::store) target: Option<Seq>,
    pub(in crate::store) detail: Option<&'a str>,
}

/// Adds to the audit log; `user` is nobody where whoever runs the server did it.
pub(in crate::store) fn write_audit(
    db: &Connection,
    now: i64,
    user: Option<&str>,
    sender: &str,
    entry: Entry<'_>,
) -> rusqlite::Result<()> {
    let Entry { action, room, who, target, detail } = entry;
    db.prepare_cached(
        "INSERT INTO audit (ms, user, sender, action, room, who, target, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        now,
        user,
        sender,
        action,
        room.map(RoomKey::as_str),
        who.map(UserId::as_str),
        target.map(to_sql),
        detail,
    ])?;
    Ok(())
}

/// An id for an event that nobody named.
pub(super) fn new_id() -> Id {
    Id::new(ulid::Ulid::generate().to_string()).expect("a ULID is 26 letters and digits")
}

/// What to answer about somebody whom nobody knows.
pub(super) fn nobody() -> Stop {
    Refusal::new(ErrorCode::NotFound, "there is no such person").into()
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<Denied> for Stop {
    fn from(denied: Denied) -> Self {
        denied.refusal().into()
    }
}

/// What to tell whoever asked.
pub(crate) fn refusal(undone: Undone) -> Refusal {
    match undone {
        WorkError::Refused(refusal) => *refusal,
        WorkError::StorageFull => {
            Refusal::new(ErrorCode::StorageFull, "the server's disk is full; nothing was stored")
        }
        WorkError::Unavailable => Refusal::new(ErrorCode::Unavailable, "the store cannot be written now"),
    }
}
