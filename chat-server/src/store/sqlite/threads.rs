//! Messages read by what was done with them: threads, pins, and the texts that one has had.

use protocol::event::Message;
use protocol::ids::{RoomKey, Seq};
use protocol::limits::{PINS_PER_ROOM, VERSIONS};
use protocol::messages::Version;
use protocol::people::Guests;
use rusqlite::{Connection, OptionalExtension, params};

use super::reader::{Reader, find_room};
use super::rows::{self, from_sql, to_sql};
use super::sights::may_read;
use super::{clock, folded, state};
use crate::core::policy::Denied;
use crate::store::ReadError;
use crate::store::deeds::{Author, Seen, Thread};

impl Reader {
    /// A page of the thread that a message is in or begins.
    #[expect(clippy::too_many_arguments, reason = "each is said once, by its one caller")]
    pub(in crate::store) fn thread_for(
        &self,
        author: &Author,
        guests: Guests,
        room: &RoomKey,
        of: Seq,
        before: Option<Seq>,
        limit: u32,
        max_bytes: usize,
    ) -> Seen<Option<Thread>> {
        self.in_room(author, guests, room, |db, row, head| {
            let Some(root) = state::root(db, row, of)? else { return Ok(None) };
            let Some((root, size)) = folded::message_and_size(db, row, room, root)? else { return Ok(None) };
            let sql = format!(
                "SELECT {} FROM events WHERE room = ?1 AND thread = ?2 AND seq < ?3 AND kind = 'message'
                 ORDER BY seq DESC LIMIT ?4",
                rows::EVENT
            );
            let mut statement = db.prepare_cached(&sql)?;
            let limit = limit.max(1);
            let before = to_sql(before.unwrap_or(Seq::MAX));
            let mut found = statement.query(params![row, to_sql(root.seq), before, limit + 1])?;
            let (mut messages, mut bytes, mut more) = (Vec::new(), size, false);
            while let Some(answer) = found.next()? {
                let Some(mut message) = rows::message(room, from_sql(answer.get("seq")?), answer) else {
                    continue;
                };
                bytes += message.message.len() + folded::fold_one(db, row, &mut message)?;
                if messages.len() == limit as usize || (bytes > max_bytes && !messages.is_empty()) {
                    more = true;
                    break;
                }
                messages.push(message);
            }
            messages.reverse();
            Ok(Some(Thread { root, messages, more, head }))
        })
    }

    /// What is pinned in a room, the latest pinned first.
    pub(in crate::store) fn pins_for(
        &self,
        author: &Author,
        guests: Guests,
        room: &RoomKey,
        max_bytes: usize,
    ) -> Seen<Vec<Message>> {
        self.in_room(author, guests, room, |db, row, _| {
            let mut statement = db.prepare_cached(
                "SELECT seq FROM message_state WHERE room = ?1 AND pin IS NOT NULL ORDER BY pin DESC LIMIT ?2",
            )?;
            let mut found = statement.query(params![row, PINS_PER_ROOM])?;
            let (mut messages, mut bytes) = (Vec::new(), 0);
            while let Some(pinned) = found.next()? {
                let pinned = from_sql(pinned.get(0)?);
                let Some((message, size)) = folded::message_and_size(db, row, room, pinned)? else { continue };
                bytes += size;
                if bytes > max_bytes && !messages.is_empty() {
                    break;
                }
                messages.push(message);
            }
            Ok(messages)
        })
    }

    /// The texts that a message has had, the first one first; none where it does not stand.
    pub(in crate::store) fn versions_for(
        &self,
        author: &Author,
        guests: Guests,
        room: &RoomKey,
        of: Seq,
        max_bytes: usize,
    ) -> Seen<Vec<Version>> {
        self.in_room(author, guests, room, |db, row, _| {
            let sql = format!(
                "SELECT seq, text, timestamp_ms FROM events WHERE {} AND {}",
                rows::AT_PLACE,
                rows::STANDS
            );
            let at = params![row, to_sql(of)];
            let first = db.prepare_cached(&sql)?.query_row(at, version).optional()?;
            let Some(first) = first else { return Ok(Vec::new()) };
            let mut statement = db.prepare_cached(
                "SELECT seq, text, timestamp_ms FROM events
                 WHERE room = ?1 AND reply = ?2 AND kind = 'edit' ORDER BY seq DESC",
            )?;
            let (mut versions, mut bytes) = (Vec::new(), 0);
            for version in statement.query_map(at, version)?.chain([Ok(first)]) {
                let version = version?;
                bytes += version.text.len();
                if versions.len() == VERSIONS || (bytes > max_bytes && !versions.is_empty()) {
                    break;
                }
                versions.push(version);
            }
            versions.reverse();
            Ok(versions)
        })
    }

    /// Reads in a room that somebody may read: given its row and its head, in one snapshot.
    fn in_room<T>(
        &self,
        author: &Author,
        guests: Guests,
        room: &RoomKey,
        read: impl FnOnce(&Connection, i64, Seq) -> rusqlite::Result<T>,
    ) -> Seen<T> {
        let snapshot = self.db().unchecked_transaction()?;
        if let Err(denied) = may_read(&snapshot, author, guests, room)? {
            return Ok(Err(denied));
        }
        let Some((row, record)) = find_room(&snapshot, room)? else { return Ok(Err(Denied::NotThere)) };
        read(&snapshot, row, record.head).map(Ok).map_err(ReadError::from)
    }
}

fn version(row: &rusqlite::Row<'_>) -> rusqlite::Result<Version> {
    let timestamp = clock::rfc3339(row.get(2)?);
    Ok(Version { seq: from_sql(row.get(0)?), text: row.get(1)?, timestamp })
}
