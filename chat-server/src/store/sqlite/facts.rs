//! The facts that policy decides on, as the database has them in the transaction or snapshot that asks.

use protocol::ids::{RoomKey, UserId};
use protocol::people::{Guests, Role};
use protocol::rooms::{RoomKind, RoomRole};
use rusqlite::{Connection, OptionalExtension, params};

use super::rows;
use crate::core::policy::{Action, Actor, Denied, InRoom, PersonFacts, Reach, RoomFacts, Standing, decide};

/// How long something holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Sentence {
    /// It does not.
    #[default]
    None,
    /// Until this time, in milliseconds since 1970.
    Until(i64),
    Forever,
}

impl Sentence {
    pub(super) fn new(there: bool, until_ms: Option<i64>) -> Self {
        match (there, until_ms) {
            (false, _) => Self::None,
            (true, Some(until)) => Self::Until(until),
            (true, None) => Self::Forever,
        }
    }

    pub(super) fn holds(self, now: i64) -> bool {
        match self {
            Self::None => false,
            Self::Until(until) => now < until,
            Self::Forever => true,
        }
    }
}

/// What somebody is on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) role: Role,
    pub(super) active: bool,
    /// An account's name; a guest's is known only while they are there.
    pub(super) name: Option<String>,
}

/// Who a user is: somebody without an account is a guest.
pub(super) fn person(db: &Connection, user: &UserId) -> rusqlite::Result<Person> {
    let account = db
        .prepare_cached("SELECT role, active, name FROM accounts WHERE user = ?1")?
        .query_row([user.as_str()], |row| {
            let role = Role::of_account(row.get_ref(0)?.as_str()?).unwrap_or(Role::Other);
            Ok(Person { role, active: row.get(1)?, name: Some(row.get(2)?) })
        })
        .optional()?;
    // Only a guest's id may be without an account; any other is nobody any more.
    let active = user.as_str().starts_with("g-");
    Ok(account.unwrap_or(Person { role: Role::Guest, active, name: None }))
}

/// Somebody as the one who acts.
pub(super) fn actor(db: &Connection, user: &UserId, guests: Guests, reach: Reach) -> rusqlite::Result<Actor> {
    let person = person(db, user)?;
    Ok(Actor { role: person.role, active: person.active, guests, reach })
}

/// A room, and what one user is there.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and all combinations occur")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The room's row.
    pub(super) row: i64,
    pub(super) kind: RoomKind,
    pub(super) announce: bool,
    pub(super) slow_s: u32,
    pub(super) archived: bool,
    pub(super) lobby: bool,
    /// A conversation of two.
    pub(super) pair: bool,
    pub(super) stand: Stand,
}

/// What somebody is in a room, with the times until when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Stand {
    pub(super) role: Option<RoomRole>,
    pub(super) invited: bool,
    pub(super) ban: Sentence,
    pub(super) mute: Sentence,
}

impl Stand {
    pub(super) fn at(self, now: i64) -> Standing {
        let Self { role, invited, ban, mute } = self;
        Standing { role, invited, banned: ban.holds(now), muted: mute.holds(now) }
    }
}

impl Place {
    pub(super) fn facts(&self, now: i64) -> RoomFacts {
        RoomFacts {
            kind: self.kind,
            announce: self.announce,
            archived: self.archived,
            lobby: self.lobby,
            pair: self.pair,
            standing: self.stand.at(now),
        }
    }
}

/// What policy is told of a room that may not be there.
pub(super) fn room_facts(place: Option<&Place>, now: i64) -> RoomFacts {
    place.map_or_else(RoomFacts::absent, |place| place.facts(now))
}

/// A room as one user has to do with it; `None` where there is none.
pub(super) fn place(db: &Connection, key: &RoomKey, user: &UserId) -> rusqlite::Result<Option<Place>> {
    db.prepare_cached(
        "SELECT r.id, r.kind, r.announce, r.slow_s, r.archived, coalesce(r.people, ''),
                m.role, i.user IS NOT NULL, b.user IS NOT NULL, b.until_ms, u.user IS NOT NULL, u.until_ms
         FROM rooms r
         LEFT JOIN members m ON m.room = r.id AND m.user = ?2
         LEFT JOIN invitations i ON i.room = r.id AND i.user = ?2
         LEFT JOIN bans b ON b.room = r.id AND b.user = ?2
         LEFT JOIN mutes u ON u.room = r.id AND u.user = ?2
         WHERE r.key = ?1",
    )?
    .query_row(params![key.as_str(), user.as_str()], |row| {
        let people = row.get_ref(5)?.as_str()?;
        Ok(Place {
            row: row.get(0)?,
            kind: rows::kind(row.get_ref(1)?.as_str()?),
            announce: row.get(2)?,
            slow_s: row.get(3)?,
            archived: row.get(4)?,
            lobby: key.as_str() == protocol::LOBBY,
            pair: people.split(' ').count() == 2,
            stand: Stand {
                role: role(row.get_ref(6)?.as_str_or_null()?),
                invited: row.get(7)?,
                ban: Sentence::new(row.get(8)?, row.get(9)?),
                mute: Sentence::new(row.get(10)?, row.get(11)?),
            },
        })
    })
    .optional()
}

/// What somebody else is in a room.
pub(super) fn stand(db: &Connection, room: i64, user: &UserId) -> rusqlite::Result<Stand> {
    db.prepare_cached(
        "SELECT (SELECT role FROM members WHERE room = ?1 AND user = ?2),
                EXISTS (SELECT 1 FROM invitations WHERE room = ?1 AND user = ?2),
                EXISTS (SELECT 1 FROM bans WHERE room = ?1 AND user = ?2),
                (SELECT until_ms FROM bans WHERE room = ?1 AND user = ?2),
                EXISTS (SELECT 1 FROM mutes WHERE room = ?1 AND user = ?2),
                (SELECT until_ms FROM mutes WHERE room = ?1 AND user = ?2)",
    )?
    .query_row(params![room, user.as_str()], |row| {
        Ok(Stand {
            role: role(row.get_ref(0)?.as_str_or_null()?),
            invited: row.get(1)?,
            ban: Sentence::new(row.get(2)?, row.get(3)?),
            mute: Sentence::new(row.get(4)?, row.get(5)?),
        })
    })
}

/// Somebody to whom something is done in a room.
pub(super) fn target(
    db: &Connection,
    place: &Place,
    who: &UserId,
    me: bool,
    now: i64,
) -> rusqlite::Result<(PersonFacts, Person, Stand)> {
    let person = person(db, who)?;
    let stand = stand(db, place.row, who)?;
    let facts = PersonFacts { me, role: person.role, active: person.active, standing: stand.at(now) };
    Ok((facts, person, stand))
}

/// Whether somebody may do something in a room.
pub(super) fn may(actor: Actor, deed: InRoom, place: Option<&Place>, now: i64) -> Result<(), Denied> {
    decide(&actor, Action::Room(deed, &room_facts(place, now)))
}

fn role(word: Option<&str>) -> Option<RoomRole> {
    word.map(|word| RoomRole::of(word).unwrap_or(RoomRole::Other))
}
