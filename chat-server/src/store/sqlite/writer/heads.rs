//! What the writer remembers of rooms, so that it need not read them for each event.

use std::collections::HashMap;

use protocol::ids::{RoomKey, Seq};
use rusqlite::{Connection, OptionalExtension, params};

use crate::store::sqlite::rows::{from_sql, to_sql};

/// How much newer than its row a room's head may be, in milliseconds. The row is where a room stands in the order of
/// use, and in a busy one it would be written with every commit: the place itself is that of the newest event.
const SAVED_EVERY_MS: i64 = 1000;

/// How many rooms the writer remembers; beyond that it forgets all and reads anew whichever it needs.
const REMEMBERED: usize = 20_000;

/// The newest event of each room that was written lately.
#[derive(Debug, Default)]
pub(super) struct Heads {
    rooms: HashMap<RoomKey, Head>,
    /// Whose row the transaction writes.
    changed: Vec<RoomKey>,
    /// Changes when another process wrote: then nothing remembered holds.
    data_version: i64,
    /// What a piece of work found before it moved anything, as long as it can be undone; `None` for a room that was
    /// not remembered.
    undo: Option<Vec<(RoomKey, Option<Head>)>>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    /// The room's row.
    pub(super) row: i64,
    pub(super) seq: Seq,
    pub(super) last_ms: i64,
    /// That of the newest event; less than any where there is none.
    pub(super) era: i64,
    /// The time in the room's row.
    saved_ms: i64,
    changed: bool,
}

impl Heads {
    /// Forgets what may no longer hold, and says whether it did. Called at the start of each transaction.
    pub(super) fn refresh(&mut self, db: &Connection) -> rusqlite::Result<bool> {
        let version = db.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if version != self.data_version || self.rooms.len() > REMEMBERED {
            self.forget();
            self.data_version = version;
            return Ok(true);
        }
        Ok(false)
    }

    /// Forgets everything: the transaction was undone.
    pub(super) fn forget(&mut self) {
        self.rooms.clear();
        self.changed.clear();
        self.undo = None;
    }

    /// The head of a room; `None` where there is no such room.
    pub(super) fn get(&mut self, db: &Connection, key: &RoomKey) -> rusqlite::Result<Option<Head>> {
        if let Some(&head) = self.rooms.get(key) {
            return Ok(Some(head));
        }
        // The row may be behind the events, and ahead of them where the newest were taken out: no place is given
        // twice.
        let head = db
            .prepare_cached(
                "SELECT rooms.id, max(head, coalesce(seq, s.first, 0)), used_ms, timestamp_ms, s.era
                 FROM rooms
                 LEFT JOIN stretches AS s
                     ON s.room = rooms.id AND s.era = (SELECT max(era) FROM stretches WHERE room = rooms.id)
                 LEFT JOIN events AS e
                     ON e.era = s.era AND e.room = s.room AND e.seq = (
                         SELECT max(seq) FROM events WHERE events.era = s.era AND events.room = s.room
                     )
                 WHERE key = ?1",
            )?
            .query_row([key.as_str()], |row| {
                let saved_ms = row.get(2)?;
                Ok(Head {
                    row: row.get(0)?,
                    seq: from_sql(row.get(1)?),
                    last_ms: row.get::<_, Option<i64>>(3)?.unwrap_or(saved_ms),
                    saved_ms,
                    era: row.get::<_, Option<i64>>(4)?.unwrap_or(i64::MIN),
                    changed: false,
                })
            })
            .optional()?;
        if let Some(head) = head {
            self.rooms.insert(key.clone(), head);
            if let Some(undo) = &mut self.undo {
                undo.push((key.clone(), None));
            }
        }
        Ok(head)
    }

    /// Takes note that a room that was asked for has a new newest event.
    pub(super) fn advance(&mut self, key: &RoomKey, seq: Seq, last_ms: i64, era: i64) {
        let Some(head) = self.rooms.get_mut(key) else { return };
        if let Some(undo) = &mut self.undo {
            undo.push((key.clone(), Some(*head)));
        }
        let is_due = !(0..SAVED_EVERY_MS).contains(&last_ms.saturating_sub(head.saved_ms));
        if is_due && !head.changed {
            self.changed.push(key.clone());
        }
        *head = Head { seq, last_ms, era, changed: head.changed || is_due, ..*head };
    }

    /// From here on, [`Heads::roll_back`] undoes.
    pub(super) fn save_point(&mut self) {
        self.undo = Some(Vec::new());
    }

    /// What was done since the save point stays.
    pub(super) fn release(&mut self) {
        self.undo = None;
    }

    /// Back to how it was at the save point.
    pub(super) fn roll_back(&mut self) {
        for (key, before) in self.undo.take().into_iter().flatten().rev() {
            match before {
                Some(head) => {
                    if !head.changed {
                        self.changed.retain(|changed| *changed != key);
                    }
                    self.rooms.insert(key, head);
                }
                None => {
                    self.rooms.remove(&key);
                }
            }
        }
    }

    /// Writes the rows of rooms that were used for longer than [`SAVED_EVERY_MS`] since the last time.
    pub(super) fn save(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let mut update = db.prepare_cached("UPDATE rooms SET head = ?2, used_ms = ?3 WHERE id = ?1")?;
        for key in self.changed.drain(..) {
            let Some(head) = self.rooms.get_mut(&key) else { continue };
            update.execute(params![head.row, to_sql(head.seq), head.last_ms])?;
            (head.saved_ms, head.changed) = (head.last_ms, false);
        }
        Ok(())
    }
}
