//! Writing what rooms there are.

use protocol::ids::{RoomKey, UserId};
use protocol::names;
use rusqlite::OptionalExtension;

use super::reader;
use super::writer::Turn;
use crate::store::{CreateError, RoomRecord};

/// Makes an open room.
pub(super) fn create(
    turn: &mut Turn<'_, '_>,
    key: &RoomKey,
    title: &str,
    creator: &UserId,
) -> rusqlite::Result<Result<RoomRecord, CreateError>> {
    let (db, now) = (turn.db(), turn.now_ms());
    if let Some((_, record)) = reader::find_room(db, key)? {
        return Ok(Err(CreateError::Exists(record)));
    }
    let skeleton = names::skeleton(key.as_str());
    let alike: Option<String> = db
        .prepare_cached("SELECT key FROM rooms WHERE skeleton = ?1")?
        .query_row([&skeleton], |row| row.get(0))
        .optional()?;
    if let Some(alike) = alike {
        // A key that is none cannot be told; what was asked looks like it and is at least a key.
        return Ok(Err(CreateError::LooksLike(RoomKey::new(alike).unwrap_or_else(|_| key.clone()))));
    }
    db.prepare_cached(
        "INSERT INTO rooms (key, skeleton, title, kind, creator, created_ms, used_ms)
         VALUES (?1, ?2, ?3, 'public', ?4, ?5, ?5)",
    )?
    .execute((key.as_str(), skeleton, title, creator.as_str(), now))?;
    let (_, record) = reader::find_room(db, key)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    Ok(Ok(record))
}
