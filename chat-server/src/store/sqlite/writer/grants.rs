//! Who may say something where, as far as the writer remembers.
//!
//! A message is decided by the same policy as everything else, on facts of its own transaction. They are read once per
//! room and sender, and forgotten as soon as any other work may have changed them.

use std::collections::HashMap;

use protocol::error::ErrorCode;
use protocol::ids::{RoomKey, UserId};
use protocol::people::Guests;
use rusqlite::{Connection, OptionalExtension, params};

use crate::core::policy::{Action, Actor, InRoom, Reach, decide};
use crate::store::Append;
use crate::store::sqlite::facts::{self, Place};

/// How many senders in rooms the writer remembers; beyond that it forgets all and reads anew whichever it needs.
const REMEMBERED: usize = 20_000;
/// In how many of a slow room's newest events somebody's last message is looked for.
const LOOKED_BACK: i64 = 10_000;

/// What is remembered.
#[derive(Debug)]
pub(super) struct Grants {
    guests: Guests,
    rooms: HashMap<RoomKey, HashMap<UserId, Grant>>,
    count: usize,
}

/// The facts of one sender in one room.
#[derive(Debug, Clone, Copy)]
struct Grant {
    actor: Actor,
    /// `None`: there is no such room.
    place: Option<Place>,
    /// When they said something last, in a room that is slow.
    said_ms: Option<i64>,
}

/// Why a message is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Denial {
    pub(super) code: ErrorCode,
    pub(super) reason: &'static str,
    /// The same message may come again after this time.
    pub(super) retry_ms: Option<u64>,
}

impl Grants {
    pub(super) fn new(guests: Guests) -> Self {
        Self { guests, rooms: HashMap::new(), count: 0 }
    }

    pub(super) fn forget(&mut self) {
        if self.count > 0 {
            self.rooms.clear();
            self.count = 0;
        }
    }

    /// Whether a message may be stored. One that is stored already is let through, to be answered as it was. Whom it
    /// calls is forgotten where its sender may not.
    pub(super) fn admit(
        &mut self,
        db: &Connection,
        message: &mut Append,
        now: i64,
    ) -> rusqlite::Result<Result<(), Denial>> {
        let grant = match self.rooms.get(&message.room).and_then(|users| users.get(&message.user)) {
            Some(grant) => *grant,
            None => self.read(db, message)?,
        };
        if message.everyone.is_some() && !grant.may_call(now) {
            message.everyone = None;
        }
        let Err(denial) = grant.decide(now) else { return Ok(Ok(())) };
        let stored = db
            .prepare_cached("SELECT 1 FROM events WHERE id = ?1 AND user = ?2")?
            .exists(params![message.id.as_str(), message.user.as_str()])?;
        Ok(if stored { Ok(()) } else { Err(denial) })
    }

    /// Takes note that somebody said something.
    pub(super) fn said(&mut self, message: &Append, now: i64) {
        let grant = self.rooms.get_mut(&message.room).and_then(|users| users.get_mut(&message.user));
        if let Some(grant) = grant {
            grant.said_ms = Some(now);
        }
    }

    fn read(&mut self, db: &Connection, message: &Append) -> rusqlite::Result<Grant> {
        // What a bot's token is good for was looked at before the message was taken; it never changes.
        let actor = facts::actor(db, &message.user, self.guests, Reach::FULL)?;
        let place = facts::place(db, &message.room, &message.user)?;
        let said_ms = match &place {
            Some(place) if place.slow_s > 0 => last_said(db, place.row, &message.user)?,
            _ => None,
        };
        let grant = Grant { actor, place, said_ms };
        if self.count >= REMEMBERED {
            self.forget();
        }
        self.rooms.entry(message.room.clone()).or_default().insert(message.user.clone(), grant);
        self.count += 1;
        Ok(grant)
    }
}

impl Grant {
    fn may_call(&self, now: i64) -> bool {
        let room = facts::room_facts(self.place.as_ref(), now);
        decide(&self.actor, Action::Room(InRoom::Call, &room)).is_ok()
    }

    fn decide(&self, now: i64) -> Result<(), Denial> {
        let room = facts::room_facts(self.place.as_ref(), now);
        decide(&self.actor, Action::Room(InRoom::Say, &room)).map_err(|denied| Denial {
            code: denied.code(),
            reason: denied.reason(),
            retry_ms: None,
        })?;
        let (Some(place), Some(said)) = (&self.place, self.said_ms) else { return Ok(()) };
        let pause = i64::from(place.slow_s) * 1000;
        let left = (said + pause).saturating_sub(now);
        // A pause longer than the room's own is a clock that was set back.
        let held_up =
            left > 0 && left <= pause && decide(&self.actor, Action::Room(InRoom::SetSlow, &room)).is_err();
        if !held_up {
            return Ok(());
        }
        Err(Denial {
            code: ErrorCode::RateLimited,
            reason: "this room is slow: wait before you say something again",
            retry_ms: u64::try_from(left).ok(),
        })
    }
}

fn last_said(db: &Connection, room: i64, user: &UserId) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached(
        // The row's head may be somewhat behind the events: then some more of them are looked at.
        "WITH since (seq) AS (SELECT head - ?3 FROM rooms WHERE id = ?1)
         SELECT timestamp_ms FROM since CROSS JOIN stretches AS s
         CROSS JOIN events AS e ON e.era = s.era AND e.room = s.room AND e.seq > since.seq
         WHERE s.room = ?1 AND e.user = ?2 AND e.kind = 'message' AND s.era >= coalesce(
            (SELECT era FROM stretches WHERE room = ?1 AND first <= since.seq ORDER BY era DESC LIMIT 1), 0)
         ORDER BY s.era DESC, e.seq DESC LIMIT 1",
    )?
    .query_row(params![room, user.as_str(), LOOKED_BACK], |row| row.get(0))
    .optional()
}
