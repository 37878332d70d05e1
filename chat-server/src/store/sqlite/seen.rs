//! Who has read a room up to where, in the rooms that tell it.
//!
//! Receipts are kept only while a room's rules say so, apart from people's own markers: what was read before is not
//! told, and marking something as unread takes nothing back.

use protocol::ids::{RoomKey, Seq, UserId};
use protocol::messages::Reader as Receipt;
use protocol::people::Guests;
use rusqlite::{Connection, params};

use super::deed::{Deed, Done};
use super::reader::Reader;
use super::rows::{from_sql, to_sql};
use super::sights::may_read;
use crate::store::deeds::{Author, Seen};

/// As many are told; those who read last.
const TOLD: u32 = 500;

/// The author has read a room up to a place; what is to be told of it, if anything.
pub(super) fn note(deed: &Deed<'_, '_, '_>, room: i64, upto: Seq) -> Done<Option<Seq>> {
    let moved = deed
        .db()
        .prepare_cached(
            "INSERT INTO seen (room, user, upto) SELECT ?1, ?2, ?3 FROM rooms WHERE id = ?1 AND seen
             ON CONFLICT (room, user) DO UPDATE SET upto = excluded.upto WHERE excluded.upto > upto",
        )?
        .execute(params![room, deed.author.user.as_str(), to_sql(upto)])?;
    Ok((moved > 0).then_some(upto))
}

/// Nothing of it is told any more.
pub(super) fn forget(db: &Connection, room: i64) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM seen WHERE room = ?1")?.execute([room])?;
    Ok(())
}

impl Reader {
    /// Who has read a room up to where, for somebody who may read it; nobody where the room does not tell. A guest's
    /// name is empty.
    pub(in crate::store) fn readers_of(
        &self,
        author: &Author,
        guests: Guests,
        room: &RoomKey,
    ) -> Seen<Vec<Receipt>> {
        let snapshot = self.db().unchecked_transaction()?;
        if let Err(denied) = may_read(&snapshot, author, guests, room)? {
            return Ok(Err(denied));
        }
        // Whoever is in the room no more is told of no more.
        let mut statement = snapshot.prepare_cached(
            "SELECT s.user, coalesce(a.name, ''), s.upto
             FROM rooms r JOIN seen s ON s.room = r.id LEFT JOIN accounts a ON a.user = s.user
             WHERE r.key = ?1 AND r.seen AND coalesce(a.active, 1) AND (
                r.kind = 'public' AND NOT EXISTS (SELECT 1 FROM bans b WHERE b.room = r.id AND b.user = s.user)
                OR EXISTS (SELECT 1 FROM members m WHERE m.room = r.id AND m.user = s.user))
             ORDER BY s.upto DESC, s.user LIMIT ?2",
        )?;
        let mut receipts = Vec::new();
        let mut found = statement.query(params![room.as_str(), TOLD])?;
        while let Some(row) = found.next()? {
            let Ok(user) = UserId::new(row.get::<_, String>(0)?) else { continue };
            receipts.push(Receipt { user, name: row.get(1)?, upto: from_sql(row.get(2)?) });
        }
        Ok(Ok(receipts))
    }
}
