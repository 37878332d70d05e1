//! How many messages somebody has not read.
//!
//! Whoever comes back asks it of each of their rooms, and after a restart everybody comes back at once. So each reader
//! remembers the newest messages of the rooms that it was asked about, and reads only what is new since.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};

use protocol::ids::{Seq, UserId};
use protocol::limits::UNREAD;
use rusqlite::{Connection, params};

use super::kinds;
use super::rows::{self, from_sql, to_sql};

/// How many of a room's newest events are looked at; with that many of one's own, or that are no messages, fewer may be
/// counted than there are.
const LOOKED_AT: u64 = 1000;

/// How many of a room's newest messages are remembered: more than are counted, for one's own do not count.
const KEPT: usize = 200;

/// Of how many rooms; beyond that all are forgotten.
const ROOMS: usize = 500;

/// The newest messages of some rooms.
#[derive(Debug, Default)]
pub(super) struct Recents(RefCell<HashMap<i64, Recent>>);

/// The newest messages of a room that stand, outside threads.
#[derive(Debug, Default)]
struct Recent {
    /// As of this event.
    head: Seq,
    /// Older events were not looked at.
    since: Seq,
    /// Oldest first.
    said: VecDeque<(Seq, UserId)>,
}

impl Recents {
    /// How many messages of others came after a place, up to [`UNREAD`]. What is in threads does not count.
    pub(super) fn unread(
        &self,
        db: &Connection,
        (room, head): (i64, Seq),
        user: &UserId,
        after: Seq,
    ) -> rusqlite::Result<u32> {
        if head <= after {
            return Ok(0);
        }
        let mut rooms = self.0.borrow_mut();
        if rooms.len() >= ROOMS && !rooms.contains_key(&room) {
            rooms.clear();
        }
        let recent = rooms.entry(room).or_default();
        recent.refresh(db, room, head)?;
        let counted = recent.said.iter().rev().take_while(|(seq, _)| *seq > after);
        let counted = counted.filter(|(_, by)| by != user).take(UNREAD as usize).count();
        let counted = u32::try_from(counted).unwrap_or(UNREAD);
        let left = UNREAD - counted;
        let oldest = recent.oldest();
        if left == 0 || oldest <= after + 1 || oldest <= recent.since + 1 {
            return Ok(counted);
        }
        // Only where somebody said nearly all of it themselves.
        let older = Stretch { after: after.max(recent.since), upto: oldest - 1, limit: LOOKED_AT };
        let mut others = 0;
        read(db, room, older, |what| {
            others += u32::from(matches!(what, What::Said(_, by) if by != *user));
        })?;
        Ok(counted + others.min(left))
    }
}

impl Recent {
    fn refresh(&mut self, db: &Connection, room: i64, head: Seq) -> rusqlite::Result<()> {
        if self.head == head {
            return Ok(());
        }
        if head < self.head || head - self.head > LOOKED_AT || self.head == 0 {
            *self = Self { head: head.saturating_sub(LOOKED_AT), ..Self::default() };
            self.since = self.head;
        }
        let (mut said, mut gone) = (Vec::new(), Vec::new());
        let new = Stretch { after: self.head, upto: head, limit: LOOKED_AT };
        read(db, room, new, |what| match what {
            What::Said(seq, user) => said.push((seq, user)),
            What::Gone(seq) => gone.push(seq),
        })?;
        self.said.extend(said.into_iter().rev());
        self.said.retain(|(seq, _)| !gone.contains(seq));
        while self.said.len() > KEPT {
            self.said.pop_front();
        }
        self.head = head;
        Ok(())
    }

    /// All that was said from this place on is remembered.
    fn oldest(&self) -> Seq {
        if self.said.len() < KEPT {
            self.since + 1
        } else {
            self.said.front().map_or(self.head, |(seq, _)| *seq)
        }
    }
}

enum What {
    Said(Seq, UserId),
    /// It was taken out.
    Gone(Seq),
}

#[derive(Clone, Copy)]
struct Stretch {
    after: Seq,
    upto: Seq,
    limit: u64,
}

/// What is in a stretch of a room's log, newest first.
fn read(db: &Connection, room: i64, stretch: Stretch, mut each: impl FnMut(What)) -> rusqlite::Result<()> {
    let sql = format!(
        "SELECT seq, kind, user, reply, {} AND thread IS NULL
         FROM stretches AS s CROSS JOIN events AS e ON e.era = s.era AND e.room = s.room
         WHERE s.room = ?1 AND seq > ?2 AND seq <= ?3
         AND s.era >= coalesce((SELECT era FROM stretches WHERE room = ?1 AND first <= ?2 ORDER BY era DESC LIMIT 1), 0)
         ORDER BY s.era DESC, seq DESC LIMIT ?4",
        rows::STANDS
    );
    let Stretch { after, upto, limit } = stretch;
    let mut statement = db.prepare_cached(&sql)?;
    let mut found = statement.query(params![room, to_sql(after), to_sql(upto), to_sql(limit)])?;
    while let Some(row) = found.next()? {
        if row.get(4)? {
            let user = UserId::new(row.get_ref(2)?.as_str()?);
            if let Ok(user) = user {
                each(What::Said(from_sql(row.get(0)?), user));
            }
        } else if row.get_ref(1)?.as_str()? == kinds::DELETE {
            each(What::Gone(from_sql(row.get::<_, Option<i64>>(3)?.unwrap_or(0))));
        }
    }
    Ok(())
}
