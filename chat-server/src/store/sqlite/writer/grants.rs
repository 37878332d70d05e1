//! Who may say something where, as far as the writer remembers.
//!
//! A message is decided by the same policy as everything else, on facts of its own transaction. They are read once per
//! room and sender, and forgotten as soon as any other work changes them: what it names, or all where it names nothing.

use std::collections::HashMap;

use protocol::error::ErrorCode;
use protocol::ids::{RoomKey, UserId};
use protocol::people::Guests;
use rusqlite::{Connection, params};

use super::work::Changed;
use crate::core::policy::{Action, Actor, InRoom, Reach, decide};
use crate::store::Append;
use crate::store::sqlite::facts::{self, Place};

/// How many senders in rooms the writer remembers; beyond that it forgets all and reads anew whichever it needs.
const REMEMBERED: usize = 20_000;
/// In how many of a slow room's newest events the last messages of its people are looked for, once.
const LOOKED_BACK: i64 = 10_000;
/// Of how many slow rooms it is remembered who said something lately.
const SLOW_ROOMS: usize = 100;
/// How many people of each.
const HELD_UP: usize = 5_000;

/// What is remembered.
#[derive(Debug)]
pub(super) struct Grants {
    guests: Guests,
    rooms: HashMap<RoomKey, HashMap<UserId, Grant>>,
    count: usize,
    slow: HashMap<RoomKey, Slow>,
}

/// Who said something lately in a room that is slow, and when.
#[derive(Debug)]
struct Slow {
    /// The pause that was looked back for, in seconds.
    pause_s: u32,
    said_ms: HashMap<UserId, i64>,
}

/// The facts of one sender in one room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Grant {
    actor: Actor,
    /// `None`: there is no such room.
    place: Option<Place>,
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
        Self { guests, rooms: HashMap::new(), count: 0, slow: HashMap::new() }
    }

    /// Forgets everything.
    pub(super) fn forget(&mut self) {
        self.forget_facts();
        self.slow.clear();
    }

    fn forget_facts(&mut self) {
        if self.count > 0 {
            self.rooms.clear();
            self.count = 0;
        }
    }

    /// Forgets what a piece of work has changed.
    pub(super) fn forget_changed(&mut self, changed: &Changed) {
        let Changed::These(these) = changed else { return self.forget_facts() };
        for (room, user) in these {
            match user {
                None => self.count -= self.rooms.remove(room).map_or(0, |users| users.len()),
                Some(user) => {
                    let forgotten = self.rooms.get_mut(room).and_then(|users| users.remove(user));
                    self.count -= usize::from(forgotten.is_some());
                }
            }
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
            Some(grant) => {
                debug_assert_eq!(*grant, self.look(db, message)?, "a fact changed that no work has named");
                *grant
            }
            None => self.read(db, message)?,
        };
        if message.everyone.is_some() && !grant.may_call(now) {
            message.everyone = None;
        }
        let said_ms = match &grant.place {
            Some(place) if place.slow_s > 0 => self.last_said(db, place, message, now)?,
            _ => None,
        };
        let Err(denial) = grant.decide(said_ms, now) else { return Ok(Ok(())) };
        let stored = db
            .prepare_cached("SELECT 1 FROM events WHERE id = ?1 AND user = ?2")?
            .exists(params![message.id.as_str(), message.user.as_str()])?;
        Ok(if stored { Ok(()) } else { Err(denial) })
    }

    /// Takes note that somebody said something.
    pub(super) fn said(&mut self, message: &Append, now: i64) {
        let Some(slow) = self.slow.get_mut(&message.room) else { return };
        if slow.said_ms.len() >= HELD_UP && !slow.said_ms.contains_key(&message.user) {
            let oldest = now.saturating_sub(i64::from(slow.pause_s) * 1000);
            slow.said_ms.retain(|_, said| *said > oldest);
            if slow.said_ms.len() >= HELD_UP {
                // More people than are held up at once: the next one may say two things in a row.
                return;
            }
        }
        slow.said_ms.insert(message.user.clone(), now);
    }

    /// When a sender said something last, as far as that is within the room's pause. The room is looked back through
    /// once, for everybody in it.
    fn last_said(
        &mut self,
        db: &Connection,
        place: &Place,
        message: &Append,
        now: i64,
    ) -> rusqlite::Result<Option<i64>> {
        let known = self.slow.get(&message.room).filter(|slow| slow.pause_s >= place.slow_s);
        if let Some(known) = known {
            return Ok(known.said_ms.get(&message.user).copied());
        }
        if self.slow.len() >= SLOW_ROOMS {
            let other = self.slow.keys().next().cloned();
            other.and_then(|other| self.slow.remove(&other));
        }
        let said_ms = said_lately(db, place.row, now.saturating_sub(i64::from(place.slow_s) * 1000))?;
        let said = said_ms.get(&message.user).copied();
        self.slow.insert(message.room.clone(), Slow { pause_s: place.slow_s, said_ms });
        Ok(said)
    }

    fn look(&self, db: &Connection, message: &Append) -> rusqlite::Result<Grant> {
        // What a bot's token is good for was looked at before the message was taken; it never changes.
        let actor = facts::actor(db, &message.user, self.guests, Reach::FULL)?;
        Ok(Grant { actor, place: facts::place(db, &message.room, &message.user)? })
    }

    fn read(&mut self, db: &Connection, message: &Append) -> rusqlite::Result<Grant> {
        let grant = self.look(db, message)?;
        if self.count >= REMEMBERED {
            self.forget_facts();
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

    fn decide(&self, said_ms: Option<i64>, now: i64) -> Result<(), Denial> {
        let room = facts::room_facts(self.place.as_ref(), now);
        decide(&self.actor, Action::Room(InRoom::Say, &room)).map_err(|denied| Denial {
            code: denied.code(),
            reason: denied.reason(),
            retry_ms: None,
        })?;
        let (Some(place), Some(said)) = (&self.place, said_ms) else { return Ok(()) };
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

/// Who said something in a room since a time, and when they did last.
fn said_lately(db: &Connection, room: i64, since_ms: i64) -> rusqlite::Result<HashMap<UserId, i64>> {
    let mut statement = db.prepare_cached(
        // The row's head may be somewhat behind the events: then some more of them are looked at.
        "WITH since (seq) AS (SELECT head - ?2 FROM rooms WHERE id = ?1)
         SELECT e.user, e.timestamp_ms, e.kind = 'message' FROM since CROSS JOIN stretches AS s
         CROSS JOIN events AS e ON e.era = s.era AND e.room = s.room AND e.seq > since.seq
         WHERE s.room = ?1 AND s.era >= coalesce(
            (SELECT era FROM stretches WHERE room = ?1 AND first <= since.seq ORDER BY era DESC LIMIT 1), 0)
         ORDER BY s.era DESC, e.seq DESC",
    )?;
    let mut said = HashMap::new();
    let mut rows = statement.query(params![room, LOOKED_BACK])?;
    while let Some(row) = rows.next()? {
        let at: i64 = row.get(1)?;
        if at <= since_ms {
            break;
        }
        if row.get(2)?
            && let Ok(user) = UserId::new(row.get_ref(0)?.as_str()?)
        {
            said.entry(user).or_insert(at);
        }
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use protocol::ids::Id;

    use super::*;
    use crate::store::Origin;
    use crate::store::sqlite::schema;

    fn message(room: &str, user: &str) -> Append {
        Append {
            origin: Origin { shard: 0, connection: 0 },
            room: RoomKey::new(room).unwrap(),
            id: Id::new("x").unwrap(),
            ordered: false,
            user: UserId::new(user).unwrap(),
            sender: "x".into(),
            guest: true,
            text: "x".to_owned(),
            reply: None,
            thread: None,
            mentions: Vec::new(),
            everyone: None,
            here: None,
            files: Vec::new(),
        }
    }

    fn open() -> (tempfile::TempDir, Connection) {
        let dir = tempfile::tempdir().unwrap();
        let durability = crate::store::Durability::Normal;
        let (db, _) = schema::open_for_writing(&dir.path().join("chat.db"), durability).unwrap();
        db.execute_batch(
            "INSERT INTO rooms (key, skeleton, title, kind, created_ms, used_ms)
             VALUES ('ops', 'ops', 'ops', 'public', 0, 0)",
        )
        .unwrap();
        (dir, db)
    }

    /// A burst of joins costs nobody else a look at the database.
    #[test]
    fn only_what_changed_is_forgotten() {
        let (_dir, db) = open();
        let mut grants = Grants::new(Guests::On);
        let (ana, bo) = (UserId::new("g-ana").unwrap(), UserId::new("g-bo").unwrap());
        let ops = RoomKey::new("ops").unwrap();
        let remembered = |grants: &Grants, room: &RoomKey, user: &UserId| {
            grants.rooms.get(room).is_some_and(|users| users.contains_key(user))
        };
        let fill = |grants: &mut Grants| {
            for room in ["lobby", "ops"] {
                for user in ["g-ana", "g-bo"] {
                    assert_eq!(grants.admit(&db, &mut message(room, user), 0).unwrap(), Ok(()));
                }
            }
            assert_eq!(grants.count, 4);
        };
        fill(&mut grants);
        grants.forget_changed(&Changed::These(Vec::new()));
        assert_eq!(grants.count, 4);
        grants.forget_changed(&Changed::These(vec![(ops.clone(), Some(ana.clone()))]));
        assert_eq!(grants.count, 3);
        assert!(!remembered(&grants, &ops, &ana) && remembered(&grants, &ops, &bo));
        fill(&mut grants);
        grants.forget_changed(&Changed::These(vec![(ops.clone(), None), (ops.clone(), Some(bo.clone()))]));
        assert_eq!(grants.count, 2);
        assert!(remembered(&grants, &RoomKey::lobby(), &bo));
        fill(&mut grants);
        grants.forget_changed(&Changed::All);
        assert_eq!(grants.count, 0);
        // Whoever is put out is so at once.
        fill(&mut grants);
        db.execute_batch("INSERT INTO bans (room, user) SELECT id, 'g-bo' FROM rooms WHERE key = 'ops'")
            .unwrap();
        grants.forget_changed(&Changed::These(vec![(ops, Some(bo))]));
        let denied = grants.admit(&db, &mut message("ops", "g-bo"), 0).unwrap().unwrap_err();
        assert_eq!(denied.code, ErrorCode::Banned);
    }

    /// A slow room's log is looked back through once, not for each of its people.
    #[test]
    fn a_slow_room_is_looked_back_through_once() {
        let (_dir, db) = open();
        db.execute_batch(
            "UPDATE rooms SET slow_s = 60, head = 2 WHERE key = 'ops';
             INSERT INTO events (room, seq, id, user, sender, guest, kind, text, timestamp_ms)
                SELECT id, 1, 'a', 'g-ana', 'x', 1, 'message', 'x', 1000 FROM rooms WHERE key = 'ops'
                UNION ALL SELECT id, 2, 'b', 'g-bo', 'x', 1, 'message', 'x', 50000 FROM rooms WHERE key = 'ops';
             INSERT INTO stretches (room, era, first) SELECT id, 0, 1 FROM rooms WHERE key = 'ops'",
        )
        .unwrap();
        let mut grants = Grants::new(Guests::On);
        let retry = |grants: &mut Grants, user: &str, now: i64| {
            grants
                .admit(&db, &mut message("ops", user), now)
                .unwrap()
                .err()
                .map(|denial| denial.retry_ms.unwrap())
        };
        assert_eq!(retry(&mut grants, "g-bo", 70_000), Some(40_000));
        assert_eq!(retry(&mut grants, "g-ana", 70_000), None, "hers was long ago");
        grants.said(&message("ops", "g-ana"), 70_000);
        // What was said is remembered, whatever else is forgotten, and the log is not asked again.
        db.execute_batch("DELETE FROM events").unwrap();
        grants.forget_changed(&Changed::All);
        assert_eq!(retry(&mut grants, "g-ana", 80_000), Some(50_000));
        assert_eq!(retry(&mut grants, "g-bo", 80_000), Some(30_000));
        assert_eq!(retry(&mut grants, "g-cy", 80_000), None);
        assert_eq!(retry(&mut grants, "g-bo", 111_000), None);
    }
}
