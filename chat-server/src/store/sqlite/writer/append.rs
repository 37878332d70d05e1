//! One event put at the end of its room's log.

use protocol::ids::{Id, RoomKey, Seq, UserId};
use protocol::server::Ack;
use rusqlite::{CachedStatement, Connection, params};

use super::heads::{Head, Heads};
use crate::store::Append;
use crate::store::sqlite::mentions::{self, Spot};
use crate::store::sqlite::rows::{self, Extra, from_sql, to_sql};
use crate::store::sqlite::{clock, state};

/// An event before it has its place.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct NewEvent<'a> {
    pub(in crate::store) room: &'a RoomKey,
    /// Its author's name for it, unique together with the author.
    pub(in crate::store) id: &'a Id,
    pub(in crate::store) user: &'a UserId,
    pub(in crate::store) sender: &'a str,
    pub(in crate::store) guest: bool,
    /// What it is, as rows say it.
    pub(in crate::store) kind: &'static str,
    /// Its contents. Only a message's are found by searching.
    pub(in crate::store) text: &'a str,
    pub(in crate::store) reply: Option<Seq>,
    pub(in crate::store) thread: Option<Seq>,
    /// What it has beside its text, as it is stored.
    pub(in crate::store) extra: Option<&'a str>,
    /// A message's files, as JSON.
    pub(in crate::store) files: Option<&'a str>,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum Appended {
    /// It is new, at this place and time (milliseconds since 1970).
    Stored { seq: Seq, ms: i64 },
    /// The same one is there already.
    Repeated(Ack),
    /// Its author has used this id for another one.
    Reused,
    /// There is no such room.
    NoRoom,
    /// There is no message of which it could be in the thread.
    NoThread,
}

impl<'a> NewEvent<'a> {
    fn message(append: &'a Append, extra: Option<&'a str>, files: Option<&'a str>) -> Self {
        let Append { room, id, user, sender, guest, text, .. } = append;
        let (guest, kind, reply, thread) = (*guest, rows::MESSAGE, append.reply, append.thread);
        Self { room, id, user, sender, guest, kind, text, reply, thread, extra, files }
    }
}

/// Appends events within one transaction, all at its time.
pub(super) struct Appender<'a> {
    pub(super) db: &'a Connection,
    pub(super) heads: &'a mut Heads,
    /// Milliseconds since 1970.
    pub(super) now: i64,
    insert: CachedStatement<'a>,
}

impl<'a> Appender<'a> {
    pub(super) fn new(db: &'a Connection, heads: &'a mut Heads, now: i64) -> rusqlite::Result<Self> {
        // Taken out of the cache once for all events of the transaction.
        let insert = db.prepare_cached(
            "INSERT INTO events
                 (room, seq, id, user, sender, guest, kind, text, reply, thread, timestamp_ms, extra, files)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT (id, user) DO NOTHING",
        )?;
        Ok(Self { db, heads, now, insert })
    }

    /// Appends a message with its files as JSON; one of a thread gets that thread's root, and counts there.
    pub(super) fn say(&mut self, message: &mut Append, files: Option<&str>) -> rusqlite::Result<Appended> {
        let extra = Extra { mentions: message.mentions.clone(), everyone: message.everyone };
        let extra = extra.stored();
        if message.thread.is_none() && extra.is_none() {
            return self.append(&NewEvent::message(message, None, files));
        }
        let Some(Head { row: room, .. }) = self.heads.get(self.db, &message.room)? else {
            return Ok(Appended::NoRoom);
        };
        if let Some(thread) = message.thread {
            let Some(root) = state::root(self.db, room, thread)? else { return Ok(Appended::NoThread) };
            message.thread = Some(root);
        }
        let appended = self.append(&NewEvent::message(message, extra.as_deref(), files))?;
        if let Appended::Stored { seq, ms } = appended {
            let spot = Spot { room, seq, n: self.db.last_insert_rowid() };
            let Append { user, mentions, everyone, here, .. } = &*message;
            mentions::put(self.db, spot, user, mentions, *everyone, here.as_deref())?;
            if let Some(root) = message.thread {
                state::answered(self.db, (room, root), &message.user, seq, ms)?;
            }
        }
        Ok(appended)
    }

    pub(super) fn append(&mut self, event: &NewEvent<'_>) -> rusqlite::Result<Appended> {
        let Some(head) = self.heads.get(self.db, event.room)? else { return Ok(Appended::NoRoom) };
        let seq = head.seq + 1;
        let ms = clock::stamp(head.last_ms, self.now);
        let inserted = self.insert.execute(params![
            head.row,
            to_sql(seq),
            event.id.as_str(),
            event.user.as_str(),
            event.sender,
            event.guest,
            event.kind,
            event.text,
            event.reply.map(to_sql),
            event.thread.map(to_sql),
            ms,
            event.extra,
            event.files,
        ])?;
        if inserted == 0 {
            return repeated(self.db, head.row, event);
        }
        let era = rows::era(self.db.last_insert_rowid());
        if era != head.era {
            self.db
                .prepare_cached("INSERT OR IGNORE INTO stretches (room, era, first) VALUES (?1, ?2, ?3)")?
                .execute([head.row, era, to_sql(seq)])?;
        }
        self.heads.advance(event.room, seq, ms, era);
        Ok(Appended::Stored { seq, ms })
    }
}

/// An `id` that its user has used before: the same command again, or another one.
fn repeated(db: &Connection, room: i64, event: &NewEvent<'_>) -> rusqlite::Result<Appended> {
    let (seq, ms, same): (i64, i64, bool) = db
        .prepare_cached(
            // The text and the files of a deleted message are gone: its repeats are not compared by them.
            "SELECT seq, timestamp_ms, room = ?3 AND kind = ?4 AND reply IS ?6 AND thread IS ?7
                        AND (text = ?5 AND files IS ?8 OR text = '' AND files IS NULL)
             FROM events WHERE id = ?1 AND user = ?2",
        )?
        .query_row(
            params![
                event.id.as_str(),
                event.user.as_str(),
                room,
                event.kind,
                event.text,
                event.reply.map(to_sql),
                event.thread.map(to_sql),
                event.files,
            ],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
    if !same {
        return Ok(Appended::Reused);
    }
    let (id, room) = (event.id.clone(), event.room.clone());
    Ok(Appended::Repeated(Ack { id, room, seq: from_sql(seq), timestamp: clock::rfc3339(ms), dup: true }))
}
