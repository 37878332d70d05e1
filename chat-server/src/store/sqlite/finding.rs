//! Messages found again: by what they say, and by whom they name. Both are answered with what whoever asks may read in
//! the snapshot that it is read from, and as the messages are there.

use protocol::event::Message;
use protocol::ids::{RoomKey, Seq, UserId};
use protocol::limits::{FOUND_MESSAGES, HISTORY_BYTES};
use protocol::messages::Hit;
use protocol::people::Guests;
use protocol::rooms::RoomKind;
use rusqlite::{Connection, OptionalExtension, params};

use super::reader::{Reader, find_room};
use super::rows::{self, to_sql};
use super::sights::{may_read, others, readable_in};
use super::{facts, folded, mentions};
use crate::core::policy::{Action, decide};
use crate::store::deeds::{Asked, Author, Finds, Seen};
use crate::store::{Order, ReadError, Search};

/// What a file has beside its name.
const FILE_BYTES: usize = 200;
/// Text beside a hit that is longer is left out.
const CONTEXT_BYTES: usize = 4096;
/// So many places on each side of a hit are looked at for what was said before and after it.
const CONTEXT_PLACES: u64 = 50;
/// Mentions that are looked at for one answer; some may be of messages that are kept no more.
const LOOKED_AT: usize = 200;

impl Reader {
    /// What answers a question, of what somebody may read.
    pub(in crate::store) fn find(&self, author: &Author, guests: Guests, asked: Asked) -> Seen<Finds> {
        let snapshot = self.db().unchecked_transaction()?;
        let readable = match readable_in(&snapshot, author, guests)? {
            Ok(readable) => readable,
            Err(denied) => return Ok(Err(denied)),
        };
        let Asked { query, order, before, limit } = asked;
        let limit = limit.clamp(1, FOUND_MESSAGES) as usize;
        let found = self.searcher().search(&snapshot, &Search { query, readable, order, limit, before })?;
        let mut finds = Finds { hits: Vec::new(), before: found.before, behind: found.behind };
        let (mut titles, mut bytes) = (Titles::default(), 0);
        for hit in found.hits {
            let (room, seq) = (hit.message.room, hit.message.seq);
            let Some(hit_now) = titles.hit(&snapshot, author, &room, seq)? else { continue };
            bytes += size(&hit_now);
            if bytes > HISTORY_BYTES && !finds.hits.is_empty() {
                // The best are not asked for again from a place; those left out are the least of them.
                if order == Order::Newest {
                    finds.before = Some(hit.place + 1);
                }
                break;
            }
            finds.hits.push(hit_now);
        }
        Ok(Ok(finds))
    }

    /// The messages that name somebody or call everybody where they are, newest first, as far as they may read them.
    pub(in crate::store) fn mentioned(
        &self,
        author: &Author,
        guests: Guests,
        before: Option<u64>,
        limit: u32,
    ) -> Seen<Finds> {
        let snapshot = self.db().unchecked_transaction()?;
        let actor = facts::actor(&snapshot, &author.user, guests, author.reaches.anywhere())?;
        if let Err(denied) = decide(&actor, Action::ListRooms) {
            return Ok(Err(denied));
        }
        let limit = limit.clamp(1, FOUND_MESSAGES) as usize;
        let before = before.map_or(i64::MAX, to_sql);
        let rows = mentions::newest(&snapshot, &author.user, before, LOOKED_AT, |room| {
            Ok(may_read(&snapshot, author, guests, room)?.is_ok())
        })?;
        // Where all were looked at, there may be more behind them.
        let before = rows.last().filter(|_| rows.len() == LOOKED_AT).map(|(n, _, _)| n.unsigned_abs());
        let mut finds = Finds { before, ..Finds::default() };
        let (mut titles, mut bytes) = (Titles::default(), 0);
        for (n, room, seq) in rows {
            let Some(hit) = titles.hit(&snapshot, author, &room, seq)? else { continue };
            bytes += size(&hit);
            if finds.hits.len() == limit || (bytes > HISTORY_BYTES && !finds.hits.is_empty()) {
                finds.before = Some(n.unsigned_abs() + 1);
                break;
            }
            finds.hits.push(hit);
        }
        Ok(Ok(finds))
    }
}

/// Rooms that hits are in, looked up once each.
#[derive(Default)]
struct Titles {
    rooms: Vec<(RoomKey, Option<Place>)>,
}

#[derive(Clone)]
struct Place {
    row: i64,
    title: String,
    first: Seq,
    head: Seq,
}

impl Titles {
    fn place(&mut self, db: &Connection, author: &Author, room: &RoomKey) -> rusqlite::Result<Option<Place>> {
        if let Some((_, place)) = self.rooms.iter().find(|(key, _)| key == room) {
            return Ok(place.clone());
        }
        let mut place = None;
        if let Some((row, record)) = find_room(db, room)? {
            let mut title = record.title;
            if record.kind == RoomKind::Direct {
                let names: Vec<_> =
                    others(db, row, &author.user)?.into_iter().map(|person| person.name).collect();
                title = names.join(", ");
            }
            place = Some(Place { row, title, first: record.first, head: record.head });
        }
        self.rooms.push((room.clone(), place.clone()));
        Ok(place)
    }

    /// A message with what is around it; `None` where it stands no more.
    fn hit(
        &mut self,
        db: &Connection,
        author: &Author,
        room: &RoomKey,
        seq: Seq,
    ) -> Result<Option<Hit>, ReadError> {
        let Some(place) = self.place(db, author, room)? else { return Ok(None) };
        if seq < place.first {
            return Ok(None);
        }
        let Some(message) = message_now(db, place.row, room, seq)? else { return Ok(None) };
        let beside = |low: Seq, high: Seq, newest_first: bool| {
            let order = if newest_first { "DESC" } else { "ASC" };
            neighbour(db, place.row, room, message.thread, (low, high), order)
        };
        let before = (seq.saturating_sub(CONTEXT_PLACES).max(place.first), seq.saturating_sub(1));
        let previous = beside(before.0, before.1, true)?.map(Box::new);
        let next = beside(seq + 1, (seq + CONTEXT_PLACES).min(place.head), false)?.map(Box::new);
        Ok(Some(Hit { message, title: place.title, previous, next }))
    }
}

/// The message at a place as it is now; `None` where none stands there.
fn message_now(db: &Connection, row: i64, room: &RoomKey, seq: Seq) -> rusqlite::Result<Option<Message>> {
    let found = folded::message(db, row, room, seq)?;
    Ok(found.filter(|message| !message.folded.as_ref().is_some_and(|folded| folded.deleted)))
}

/// The first message of a stretch that stands, of the same thread or, like the hit, of none.
fn neighbour(
    db: &Connection,
    row: i64,
    room: &RoomKey,
    thread: Option<Seq>,
    (low, high): (Seq, Seq),
    order: &str,
) -> rusqlite::Result<Option<Message>> {
    if low > high {
        return Ok(None);
    }
    let sql = format!(
        "SELECT seq FROM stretches AS s CROSS JOIN events AS e ON e.era = s.era AND e.room = s.room
         WHERE s.room = ?1 AND seq BETWEEN ?2 AND ?3 AND thread IS ?4 AND {}
         AND s.era >= coalesce((SELECT era FROM stretches WHERE room = ?1 AND first <= ?2 ORDER BY era DESC LIMIT 1), 0)
         AND s.era <= (SELECT era FROM stretches WHERE room = ?1 AND first <= ?3 ORDER BY era DESC LIMIT 1)
         ORDER BY s.era {order}, seq {order} LIMIT 1",
        rows::STANDS
    );
    let place: Option<i64> = db
        .prepare_cached(&sql)?
        .query_row(params![row, to_sql(low), to_sql(high), thread.map(to_sql)], |row| row.get(0))
        .optional()?;
    let Some(place) = place else { return Ok(None) };
    let message = message_now(db, row, room, rows::from_sql(place))?;
    Ok(message.filter(|message| bytes_of(message) <= CONTEXT_BYTES))
}

/// The bytes of a hit that grow with what people wrote.
fn size(hit: &Hit) -> usize {
    [Some(&hit.message), hit.previous.as_deref(), hit.next.as_deref()]
        .into_iter()
        .flatten()
        .map(bytes_of)
        .sum()
}

fn bytes_of(message: &Message) -> usize {
    let folded = message.folded.as_ref().and_then(|folded| folded.text.as_ref());
    let text = message.message.len() + folded.map_or(0, String::len);
    let files: usize = message.files.iter().map(|file| FILE_BYTES + file.name.len()).sum();
    let reactions = message.folded.iter().flat_map(|folded| &folded.reactions);
    let users =
        |(_, users): (_, &Vec<UserId>)| users.iter().map(|user| user.as_str().len() + 3).sum::<usize>();
    text + files + reactions.map(users).sum::<usize>()
}
