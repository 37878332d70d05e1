//! What the writer remembers of rooms, so that it need not read them for each event.

use std::collections::HashMap;

use protocol::ids::{RoomKey, Seq};
use rusqlite::{Connection, OptionalExtension, params};

use crate::store::sqlite::rows::{from_sql, to_sql};

/// How many rooms the writer remembers; beyond that it forgets all and reads anew whichever it needs.
const REMEMBERED: usize = 20_000;

/// The newest event of each room that was written lately.
#[derive(Debug, Default)]
pub(super) struct Heads {
    rooms: HashMap<RoomKey, Head>,
    /// Whose head the transaction moved.
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
        // The room's row and its events are written together; should they ever differ, no place is given twice.
        let head = db
            .prepare_cached(
                "SELECT id, max(head, coalesce((SELECT max(seq) FROM events WHERE room = rooms.id), 0)), used_ms
                 FROM rooms WHERE key = ?1",
            )?
            .query_row([key.as_str()], |row| {
                Ok(Head {
                    row: row.get(0)?,
                    seq: from_sql(row.get(1)?),
                    last_ms: row.get(2)?,
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
    pub(super) fn advance(&mut self, key: &RoomKey, seq: Seq, last_ms: i64) {
        let Some(head) = self.rooms.get_mut(key) else { return };
        if let Some(undo) = &mut self.undo {
            undo.push((key.clone(), Some(*head)));
        }
        if !head.changed {
            self.changed.push(key.clone());
        }
        *head = Head { row: head.row, seq, last_ms, changed: true };
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

    /// Writes the heads that the transaction moved.
    pub(super) fn save(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let mut update = db.prepare_cached("UPDATE rooms SET head = ?2, used_ms = ?3 WHERE id = ?1")?;
        for key in self.changed.drain(..) {
            let Some(head) = self.rooms.get_mut(&key) else { continue };
            update.execute(params![head.row, to_sql(head.seq), head.last_ms])?;
            head.changed = false;
        }
        Ok(())
    }
}
