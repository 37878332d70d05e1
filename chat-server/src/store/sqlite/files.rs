//! The rows of files.

use protocol::error::{ErrorCode, Refusal};
use protocol::ids::{Id, RoomKey, Seq};
use protocol::messages::File;
use protocol::people::Guests;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::clock;
use super::deed::{Deed, Done};
use super::facts;
use super::reader::Reader;
use super::rows::{self, from_sql, to_sql};
pub(in crate::store) use super::writer::Turn;
use crate::core::policy::{Action, InRoom};
use crate::store::Append;
use crate::store::deeds::{Author, Seen};
use crate::store::files::{Content, Digest, Fetched, NewUpload, Upload};

/// Uploads of one person that are not whole.
const OPEN: u32 = 100;

const FILE: &str = "f.id, f.name, f.size, f.kind, f.width, f.height, f.thumb";

/// Makes room for a file in its uploader's share. All guests have one together.
pub(in crate::store) fn announce(deed: &mut Deed<'_, '_, '_>, new: &NewUpload) -> Done<()> {
    deed.turn.leave_facts();
    let place = deed.enter(&new.room, InRoom::Say)?;
    let user = deed.author.user.as_str();
    let (used, open) = share(deed.db(), user, deed.author.guest)?;
    if open >= OPEN {
        let reason = "your other uploads must be finished or taken back first";
        return Err(Refusal::new(ErrorCode::RateLimited, reason).with_retry_ms(60_000).into());
    }
    let left = new.quota.saturating_sub(used);
    if new.size > left {
        let whose = if deed.author.guest { "guests together" } else { "you" };
        let reason =
            format!("of the {} bytes of files that {whose} may have here, {left} are left", new.quota);
        return Err(Refusal::new(ErrorCode::TooBig, reason).into());
    }
    deed.db()
        .prepare_cached(
            "INSERT INTO files (id, room, user, name, size, wanted, touched_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            new.id.as_str(),
            place.row,
            user,
            new.name,
            to_sql(new.size),
            new.wanted.as_ref(),
            deed.now()
        ])?;
    Ok(())
}

/// The bytes of somebody's files, of a guest those of all guests; and how many of their own are not whole.
fn share(db: &Connection, user: &str, guest: bool) -> rusqlite::Result<(u64, u32)> {
    let read = |row: &Row<'_>| Ok((from_sql(row.get(0)?), row.get(1)?));
    if guest {
        let sql =
            "SELECT coalesce(sum(size), 0), count(*) FILTER (WHERE hash IS NULL AND user = ?1) FROM files
             WHERE user >= 'g-' AND user < 'g.' AND user NOT IN (SELECT user FROM accounts)";
        return db.prepare_cached(sql)?.query_row([user], read);
    }
    let sql =
        "SELECT coalesce(sum(size), 0), count(*) FILTER (WHERE hash IS NULL) FROM files WHERE user = ?1";
    db.prepare_cached(sql)?.query_row([user], read)
}

/// A file of the author's own.
pub(in crate::store) fn upload(
    reader: &Reader,
    author: &Author,
    guests: Guests,
    id: &Id,
) -> Seen<Option<Upload>> {
    let snapshot = reader.db().unchecked_transaction()?;
    let sql = format!(
        "SELECT {FILE}, r.key, f.wanted, f.synced, f.hash IS NOT NULL FROM files f JOIN rooms r ON r.id = f.room
         WHERE f.id = ?1 AND f.user = ?2"
    );
    let found = snapshot
        .prepare_cached(&sql)?
        .query_row([id.as_str(), author.user.as_str()], |row| {
            let upload = Upload {
                size: from_sql(row.get(2)?),
                wanted: row.get(8)?,
                synced: from_sql(row.get(9)?),
                file: if row.get(10)? { file(row)? } else { None },
            };
            Ok((row.get::<_, String>(7)?, upload))
        })
        .optional()?;
    let Some((room, upload)) = found else { return Ok(Ok(None)) };
    let Ok(room) = RoomKey::new(room) else { return Ok(Ok(None)) };
    let may = may(&snapshot, author, guests, &room, InRoom::Say)?;
    Ok(may.map(|()| Some(upload)))
}

pub(in crate::store) fn uploaded(turn: &Turn<'_, '_>, id: &Id, synced: u64) -> rusqlite::Result<()> {
    turn.db()
        .prepare_cached("UPDATE files SET synced = ?2, touched_ms = ?3 WHERE id = ?1 AND hash IS NULL")?
        .execute(params![id.as_str(), to_sql(synced), turn.now_ms()])?;
    Ok(())
}

pub(in crate::store) fn complete(
    turn: &Turn<'_, '_>,
    id: &Id,
    content: &Content,
) -> rusqlite::Result<Result<File, Refusal>> {
    let (width, height) = content.pixels.unzip();
    let completed = turn
        .db()
        .prepare_cached(&format!(
            "UPDATE files AS f SET hash = ?2, size = ?3, synced = ?3, kind = ?4, width = ?5, height = ?6, thumb = ?7,
                touched_ms = ?8
             WHERE f.id = ?1 AND f.hash IS NULL RETURNING {}",
            FILE.replace("f.", "")
        ))?
        .query_row(
            params![
                id.as_str(),
                content.hash,
                to_sql(content.size),
                content.kind,
                width,
                height,
                content.thumb,
                turn.now_ms()
            ],
            file,
        )
        .optional()?;
    Ok(completed.flatten().ok_or_else(no_file))
}

pub(in crate::store) fn discard(db: &Connection, id: &Id) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM files WHERE id = ?1 AND hash IS NULL")?.execute([id.as_str()])?;
    Ok(())
}

pub(in crate::store) fn cancel(deed: &mut Deed<'_, '_, '_>, id: &Id) -> Done<()> {
    deed.turn.leave_facts();
    deed.permit(Action::Connect)?;
    let gone = deed
        .db()
        .prepare_cached("DELETE FROM files WHERE id = ?1 AND user = ?2 AND seq IS NULL")?
        .execute([id.as_str(), deed.author.user.as_str()])?;
    if gone == 0 { Err(no_file().into()) } else { Ok(()) }
}

/// A whole file, where the author may fetch it.
pub(in crate::store) fn fetch(
    reader: &Reader,
    author: &Author,
    guests: Guests,
    id: &Id,
) -> Seen<Option<Fetched>> {
    let snapshot = reader.db().unchecked_transaction()?;
    let found = snapshot
        .prepare_cached(
            "SELECT r.key, f.name, f.hash, f.size, f.kind, f.width, f.height, f.thumb, f.seq IS NOT NULL OR f.user = ?2
             FROM files f JOIN rooms r ON r.id = f.room WHERE f.id = ?1 AND f.hash IS NOT NULL",
        )?
        .query_row([id.as_str(), author.user.as_str()], |row| {
            let fetched = Fetched { name: row.get(1)?, content: content_of(row, 2)? };
            Ok((row.get::<_, String>(0)?, fetched, row.get::<_, bool>(8)?))
        })
        .optional()?;
    let Some((room, fetched, is_there)) = found else { return Ok(Ok(None)) };
    let Ok(room) = RoomKey::new(room) else { return Ok(Ok(None)) };
    let may = may(&snapshot, author, guests, &room, InRoom::Read)?;
    Ok(may.map(|()| is_there.then_some(fetched)))
}

pub(in crate::store) fn content(db: &Connection, hash: &Digest) -> rusqlite::Result<Option<Content>> {
    db.prepare_cached("SELECT hash, size, kind, width, height, thumb FROM files WHERE hash = ?1 LIMIT 1")?
        .query_row([hash], |row| content_of(row, 0))
        .optional()
}

pub(in crate::store) fn blobs(db: &Connection, first: u8) -> rusqlite::Result<Vec<Digest>> {
    // Whatever begins with the byte lies between the byte alone and all that follows it.
    let (low, high) = ([first], [&[first][..], &[0xff; 32]].concat());
    let mut statement = db.prepare_cached("SELECT DISTINCT hash FROM files WHERE hash BETWEEN ?1 AND ?2")?;
    statement.query_map(params![low, high], |row| row.get(0))?.collect()
}

pub(in crate::store) fn uploads(db: &Connection) -> rusqlite::Result<Vec<Id>> {
    let mut statement = db.prepare("SELECT id FROM files WHERE hash IS NULL")?;
    let ids = statement.query_map([], |row| row.get::<_, String>(0))?;
    ids.filter_map(|id| id.map(|id| Id::new(id).ok()).transpose()).collect()
}

pub(in crate::store) fn forget_stale(
    turn: &Turn<'_, '_>,
    age_ms: i64,
    empty_ms: i64,
) -> rusqlite::Result<Vec<Id>> {
    let mut statement = turn.db().prepare_cached(
        "DELETE FROM files
         WHERE seq IS NULL AND (touched_ms < ?1 OR hash IS NULL AND synced = 0 AND touched_ms < ?2)
         RETURNING id, hash IS NULL",
    )?;
    let rows = statement
        .query_map([age_ms, empty_ms].map(|age| turn.now_ms().saturating_sub(age)), |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?))
        })?;
    let mut unfinished = Vec::new();
    for row in rows {
        let (id, open): (String, bool) = row?;
        unfinished.extend(Id::new(id).ok().filter(|_| open));
    }
    Ok(unfinished)
}

pub(in crate::store) fn garbage(db: &Connection, limit: u32) -> rusqlite::Result<Vec<(Digest, bool)>> {
    let mut statement = db.prepare_cached(
        "SELECT hash, NOT EXISTS (SELECT 1 FROM files WHERE files.hash = garbage.hash) FROM garbage LIMIT ?1",
    )?;
    statement.query_map([limit], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

pub(in crate::store) fn swept(db: &Connection, looked_at: &[(Digest, bool)]) -> rusqlite::Result<()> {
    let mut statement = db.prepare_cached(
        "DELETE FROM garbage WHERE hash = ?1 AND (?2 OR EXISTS (SELECT 1 FROM files WHERE files.hash = ?1))",
    )?;
    looked_at.iter().try_for_each(|(hash, gone)| statement.execute(params![hash, gone]).map(drop))
}

/// Takes a message's files away from it: nobody fetches them any more, and their blobs go soon after.
pub(super) fn unbind(db: &Connection, room: i64, seq: Seq) -> rusqlite::Result<()> {
    let place = params![room, to_sql(seq)];
    db.prepare_cached(&format!("UPDATE events SET files = NULL WHERE {}", rows::AT_PLACE))?.execute(place)?;
    db.prepare_cached("DELETE FROM files WHERE room = ?1 AND seq = ?2")?.execute(place)?;
    Ok(())
}

/// The files that a message is to have: each whole, its author's own, of its room, and of no other message. `None` where
/// one is not so. Those of the same message when it is said again are found as they were.
pub(super) fn attachable(db: &Connection, message: &Append) -> rusqlite::Result<Option<Vec<File>>> {
    let sql = format!(
        "SELECT {FILE} FROM files f JOIN rooms r ON r.id = f.room
         WHERE f.id = ?1 AND f.user = ?2 AND r.key = ?3 AND f.hash IS NOT NULL AND (f.seq IS NULL OR EXISTS (
            SELECT 1 FROM events e WHERE e.id = ?4 AND e.user = ?2 AND e.room = f.room AND e.seq = f.seq))"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut files = Vec::with_capacity(message.files.len());
    for id in &message.files {
        let names = params![id.as_str(), message.user.as_str(), message.room.as_str(), message.id.as_str()];
        match statement.query_row(names, file).optional()?.flatten() {
            Some(file) => files.push(file),
            None => return Ok(None),
        }
    }
    Ok(Some(files))
}

/// Notes which message has these files.
pub(super) fn bind(db: &Connection, files: &[File], seq: Seq) -> rusqlite::Result<()> {
    let mut statement = db.prepare_cached("UPDATE files SET seq = ?2 WHERE id = ?1")?;
    files.iter().try_for_each(|file| statement.execute(params![file.file.as_str(), to_sql(seq)]).map(drop))
}

fn may(
    db: &Connection,
    author: &Author,
    guests: Guests,
    room: &RoomKey,
    deed: InRoom,
) -> rusqlite::Result<Result<(), crate::core::policy::Denied>> {
    let actor = facts::actor(db, &author.user, guests, author.reaches.at(room))?;
    let place = facts::place(db, room, &author.user)?;
    Ok(facts::may(actor, deed, place.as_ref(), clock::now_ms()))
}

/// Of the columns [`FILE`].
fn file(row: &Row<'_>) -> rusqlite::Result<Option<File>> {
    let Ok(file) = Id::new(row.get_ref(0)?.as_str()?) else { return Ok(None) };
    Ok(Some(File {
        file,
        name: row.get(1)?,
        size: from_sql(row.get(2)?),
        kind: row.get(3)?,
        width: row.get(4)?,
        height: row.get(5)?,
        thumb: row.get(6)?,
    }))
}

fn content_of(row: &Row<'_>, from: usize) -> rusqlite::Result<Content> {
    let (width, height): (Option<u32>, Option<u32>) = (row.get(from + 3)?, row.get(from + 4)?);
    Ok(Content {
        hash: row.get(from)?,
        size: from_sql(row.get(from + 1)?),
        kind: row.get(from + 2)?,
        pixels: width.zip(height),
        thumb: row.get(from + 5)?,
    })
}

fn no_file() -> Refusal {
    Refusal::new(ErrorCode::NotFound, "there is no such file")
}
