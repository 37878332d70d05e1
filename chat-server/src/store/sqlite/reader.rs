//! Reading: what the reader threads do with their own connections.

use std::path::Path;

use protocol::event::Event;
use protocol::ids::{RoomKey, Seq};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::folded::{self, Sized};
use super::index::{self, Searcher};
use super::own;
use super::rows::{self, from_sql, to_sql};
use super::schema;
use super::unread::Recents;
use crate::store::{At, Found, Page, ReadError, RoomRecord, Search, StoreError};

/// A read-only connection. Every question is answered from one snapshot.
#[derive(Debug)]
pub(in crate::store) struct Reader {
    db: Connection,
    searcher: Searcher,
    recents: Recents,
}

/// The stretch of a log that a page covers.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    low: Seq,
    high: Seq,
    newest_first: bool,
}

/// How much a page holds, and as what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Events.
    pub(super) limit: u32,
    /// Bytes of text; exceeded by one event alone.
    pub(super) max_bytes: usize,
    /// With what later events made of the messages.
    pub(super) folded: bool,
}

impl Reader {
    pub(super) fn open(path: &Path, searcher: Searcher) -> Result<Self, StoreError> {
        Ok(Self { db: schema::open_for_reading(path)?, searcher, recents: Recents::default() })
    }

    pub(in crate::store) fn search(&self, search: &Search) -> Result<Found, ReadError> {
        let snapshot = self.db.unchecked_transaction()?;
        self.searcher.search(&snapshot, search)
    }

    /// For searching in a snapshot of [`Reader::db`].
    pub(super) fn searcher(&self) -> &Searcher {
        &self.searcher
    }

    pub(super) fn recents(&self) -> &Recents {
        &self.recents
    }

    /// The newest row of all events.
    pub(super) fn newest(&self) -> Result<i64, ReadError> {
        Ok(index::newest(&self.db)?)
    }

    /// For reading what is filtered by policy.
    pub(in crate::store) fn db(&self) -> &Connection {
        &self.db
    }

    pub(in crate::store) fn room(&self, key: &RoomKey) -> Result<Option<RoomRecord>, ReadError> {
        if key.is_own() {
            return Ok(own::record(&self.db, key)?);
        }
        Ok(find_room(&self.db, key)?.map(|(_, record)| record))
    }

    pub(in crate::store) fn rooms(&self, limit: usize) -> Result<Vec<RoomRecord>, ReadError> {
        Ok(rooms_in(&self.db, limit)?)
    }

    pub(in crate::store) fn page(
        &self,
        key: &RoomKey,
        at: At,
        limit: u32,
        max_bytes: usize,
    ) -> Result<Option<Page>, ReadError> {
        let snapshot = self.db.unchecked_transaction()?;
        page_in(&snapshot, key, at, Bounds { limit, max_bytes, folded: false })
    }
}

/// All rooms, most recently used first.
pub(super) fn rooms_in(db: &Connection, limit: usize) -> rusqlite::Result<Vec<RoomRecord>> {
    let sql = format!("SELECT {} FROM rooms ORDER BY used_ms DESC, id LIMIT ?1", rows::ROOM);
    let mut statement = db.prepare_cached(&sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut records = Vec::new();
    for record in statement.query_map([limit], rows::room)? {
        records.extend(record?.map(|(_, record)| record));
    }
    Ok(records)
}

/// A stretch of a room's log, or of a user's own.
pub(super) fn page_in(
    snapshot: &Transaction<'_>,
    key: &RoomKey,
    at: At,
    bounds: Bounds,
) -> Result<Option<Page>, ReadError> {
    let Bounds { limit, max_bytes, folded } = bounds;
    if key.is_own() {
        return Ok(own::page(snapshot, key, at, limit, max_bytes)?);
    }
    let Some((room, record)) = find_room(snapshot, key)? else { return Ok(None) };
    let (room_first, head) = (record.first, record.head);
    let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
    let read = |low, high, newest_first, limit, max_bytes| -> Result<Vec<Sized>, ReadError> {
        let mut events = events(snapshot, room, key, Stretch { low, high, newest_first }, limit, max_bytes)?;
        if folded {
            folded::fold(snapshot, room, &mut events, newest_first, max_bytes)?;
        }
        if newest_first {
            events.reverse();
        }
        Ok(events)
    };
    let at = match at {
        At::Since(ms) => place_at(snapshot, room, (room_first, head), ms)?.map_or(At::Newest, At::Around),
        at => at,
    };
    let (events, empty_at) = match at {
        At::Newest | At::Since(_) => (read(room_first, head, true, limit, max_bytes)?, head),
        At::Before(seq) => {
            let high = seq.saturating_sub(1).min(head);
            (read(room_first, high, true, limit, max_bytes)?, high)
        }
        At::After(seq) => {
            let low = (seq.min(head) + 1).max(room_first);
            (read(low, head, false, limit, max_bytes)?, low - 1)
        }
        At::Around(seq) => {
            let middle = seq.clamp(room_first, head.max(room_first));
            let after = read(middle, head, false, limit.div_ceil(2), max_bytes / 2)?;
            let left = max_bytes.saturating_sub(after.iter().map(|(_, size)| size).sum());
            let mut events = match limit - after.len() {
                0 => Vec::new(),
                limit => read(room_first, middle - 1, true, limit, left)?,
            };
            events.extend(after);
            (events, head)
        }
    };
    let events: Vec<Event> = events.into_iter().map(|(event, _)| event).collect();
    let (first, last) = match (events.first(), events.last()) {
        (Some(first), Some(last)) => (first.seq(), last.seq()),
        _ => (empty_at + 1, empty_at),
    };
    let more = match at {
        At::After(_) => last < head,
        At::Newest | At::Before(_) | At::Around(_) | At::Since(_) => first > room_first,
    };
    Ok(Some(Page { events, first, last, head, more, room_first }))
}

/// The first place of a room whose event is of this time or later; `None` where there is none. Times grow with places, but
/// for large corrections of the machine's clock: around one of those it is a place nearby.
fn place_at(db: &Connection, room: i64, (first, head): (Seq, Seq), ms: i64) -> rusqlite::Result<Option<Seq>> {
    let sql = format!("SELECT timestamp_ms FROM events WHERE {}", rows::AT_PLACE);
    let mut statement = db.prepare_cached(&sql)?;
    let (mut low, mut high) = (first, head + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let at: Option<i64> =
            statement.query_row(params![room, to_sql(middle)], |row| row.get(0)).optional()?;
        // What is missing is passed over as if it were earlier.
        if at.is_none_or(|at| at < ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok((low <= head).then_some(low))
}

/// A room and its row's number.
pub(super) fn find_room(db: &Connection, key: &RoomKey) -> rusqlite::Result<Option<(i64, RoomRecord)>> {
    let sql = format!("SELECT {} FROM rooms WHERE key = ?1", rows::ROOM);
    let mut statement = db.prepare_cached(&sql)?;
    Ok(statement.query_row([key.as_str()], rows::room).optional()?.flatten())
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string())
    }
}

/// Events of a stretch from the end where it begins, until one of the bounds is met; in that order. A place whose row
/// is missing is an unknown event, so that whoever reads gets past it.
fn events(
    snapshot: &Transaction<'_>,
    room: i64,
    key: &RoomKey,
    stretch: Stretch,
    limit: usize,
    max_bytes: usize,
) -> Result<Vec<Sized>, ReadError> {
    let Stretch { low, high, newest_first } = stretch;
    if low > high {
        return Ok(Vec::new());
    }
    let order = if newest_first { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT {} FROM stretches AS s CROSS JOIN events AS e ON e.era = s.era AND e.room = s.room
         WHERE s.room = ?1 AND seq BETWEEN ?2 AND ?3
         AND s.era >= coalesce((SELECT era FROM stretches WHERE room = ?1 AND first <= ?2 ORDER BY era DESC LIMIT 1), 0)
         AND s.era <= (SELECT era FROM stretches WHERE room = ?1 AND first <= ?3 ORDER BY era DESC LIMIT 1)
         ORDER BY s.era {order}, seq {order} LIMIT ?4",
        rows::EVENT
    );
    let mut statement = snapshot.prepare_cached(&sql)?;
    let rows_at_most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![room, to_sql(low), to_sql(high), rows_at_most])?;
    let mut place = if newest_first { high } else { low };
    let step = |place: Seq| if newest_first { place - 1 } else { place + 1 };
    let mut events = Vec::new();
    let (mut bytes, mut full) = (0, false);
    while let Some(row) = rows.next()? {
        let seq = from_sql(row.get("seq")?);
        while place != seq && events.len() < limit {
            events.push((rows::unknown(key, place), 0));
            place = step(place);
        }
        if events.len() == limit {
            break;
        }
        let (event, size) = rows::event(key, seq, row);
        bytes += size;
        if bytes > max_bytes && !events.is_empty() {
            full = true;
            break;
        }
        events.push((event, size));
        place = step(place);
    }
    while !full && events.len() < limit && (low..=high).contains(&place) {
        events.push((rows::unknown(key, place), 0));
        place = step(place);
    }
    Ok(events)
}
