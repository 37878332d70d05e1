//! Which rooms a question means by their names.

use std::collections::HashSet;

use protocol::ids::RoomKey;
use protocol::server::RoomKind;
use rusqlite::Connection;

use crate::core::search::tokens;
use crate::store::sqlite::reader::find_room;
use crate::store::{Readable, Search};

/// As many rooms may be meant by the names in a question; of more, the first ones are.
const ROOMS_NAMED: usize = 100;

/// So many rooms are looked at by their titles, those used last; older ones are found by their keys.
const TITLES: usize = 10_000;

/// The rooms that a question names, of those that may be read: by key, by title, and conversations by somebody in them.
/// `None` where it names none. Titles are looked at once, however many names there are.
pub(super) fn named(log: &Connection, search: &Search) -> rusqlite::Result<Option<Vec<i64>>> {
    let Search { query, readable, .. } = search;
    if query.rooms().is_empty() {
        return Ok(None);
    }
    let mut named = Named { rows: Vec::new(), names: HashSet::new() };
    for asked in query.rooms() {
        named.names.insert(tokens::name(asked));
        if let Ok(key) = RoomKey::new(asked.as_str())
            && let Some((row, record)) = find_room(log, &key)?
            && (readable.public && record.kind == RoomKind::Public || readable.rooms.contains(&key))
        {
            named.take(row);
        }
    }
    named.own(log, readable)?;
    if readable.public {
        named.public(log)?;
    }
    Ok(Some(named.rows))
}

struct Named {
    rows: Vec<i64>,
    /// As [`tokens::name`] has them.
    names: HashSet<String>,
}

impl Named {
    fn take(&mut self, row: i64) {
        if self.rows.len() < ROOMS_NAMED && !self.rows.contains(&row) {
            self.rows.push(row);
        }
    }

    fn consider(&mut self, row: i64, name: &str) {
        if self.names.contains(&tokens::name(name)) {
            self.take(row);
        }
    }

    /// Of those that may be read one by one.
    fn own(&mut self, log: &Connection, readable: &Readable) -> rusqlite::Result<()> {
        let mut people = log.prepare_cached(
            "SELECT a.name FROM members m JOIN accounts a ON a.user = m.user WHERE m.room = ?1",
        )?;
        for key in readable.rooms.iter().take(TITLES) {
            let Some((row, record)) = find_room(log, key)? else { continue };
            self.consider(row, &record.title);
            if record.kind == RoomKind::Direct {
                for person in people.query_map([row], |row| row.get::<_, String>(0))? {
                    self.consider(row, &person?);
                }
            }
        }
        Ok(())
    }

    fn public(&mut self, log: &Connection) -> rusqlite::Result<()> {
        let mut statement = log.prepare_cached(
            "SELECT id, title FROM (SELECT id, title, kind FROM rooms ORDER BY used_ms DESC LIMIT ?1)
             WHERE kind = 'public'",
        )?;
        let mut found = statement.query([i64::try_from(TITLES).unwrap_or(i64::MAX)])?;
        while let Some(row) = found.next()? {
            self.consider(row.get(0)?, row.get_ref(1)?.as_str()?);
        }
        Ok(())
    }
}
