//! Searching: what a reader thread does with the index.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use protocol::event::{Event, Message};
use protocol::ids::RoomKey;
use protocol::server::RoomKind;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row, params};

use super::named::named;
use super::{Index, connect, has_token, indexer, room_token, row_of, sender_token};
use crate::core::search::rank;
use crate::core::search::tokens::Phrase;
use crate::store::sqlite::reader::find_room;
use crate::store::sqlite::{folded, rows};
use crate::store::{Found, Hit, Order, ReadError, Readable, Search};

/// How many messages are weighed when the best are asked for.
const CANDIDATES: usize = 1000;

/// How many bytes of text one search holds (one message more may go over); what it has then is the answer, too.
const BYTES: usize = 4 << 20;

/// How long one search looks; what it has then is the answer, with the place where to go on. Time is looked at between
/// what is found.
const PATIENCE: Duration = Duration::from_millis(250);

/// How long the index looks for one message more, or for the first one: it puts the lists of long beginnings together
/// before it finds anything. Then what was found until then is the answer, and where that is nothing, there is none.
const PATIENCE_OF_INDEX: Duration = Duration::from_millis(500);

/// Every how many steps of SQLite's machine time is looked at: reading one page of the index takes a handful.
const STEPS: i32 = 100;

/// Where only a few rooms may be read, the index looks for those only; more of them would be a long question.
const ROOMS_ASKED: usize = 32;

/// An open index, for reading.
#[derive(Debug)]
pub(in crate::store::sqlite) struct Searcher {
    path: PathBuf,
    shared: Arc<Index>,
    /// And which making of the file it is of.
    open: RefCell<Option<(u64, Connection)>>,
    deadline: Arc<Deadline>,
}

/// Until when the index may look, for its own thread to see.
#[derive(Debug)]
struct Deadline {
    origin: Instant,
    /// Microseconds after it; 0: for ever.
    at: AtomicU64,
}

impl Deadline {
    fn set(&self, patience: Duration) {
        self.put(self.origin.elapsed() + patience);
    }

    fn clear(&self) {
        self.put(Duration::ZERO);
    }

    fn put(&self, at: Duration) {
        self.at.store(u64::try_from(at.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        let at = self.at.load(Ordering::Relaxed);
        at > 0 && self.origin.elapsed() >= Duration::from_micros(at)
    }
}

/// The question in the index's words, and the rows that it is about.
struct Plan {
    matching: String,
    /// From the first up to, but not including, the second.
    low: i64,
    high: i64,
}

/// Which rooms the answers may be of, found out one by one.
struct Allowed<'a> {
    search: &'a Search,
    /// The rooms that the question names; `None`: all.
    named: Option<Vec<i64>>,
    known: HashMap<i64, Option<RoomKey>>,
}

/// A message that answers, as it was stored, and its row.
struct Candidate {
    n: i64,
    message: Message,
    /// What it says now, where that is another text and is to be weighed.
    edited: Option<String>,
}

impl Searcher {
    pub(in crate::store::sqlite) fn new(path: PathBuf, shared: Arc<Index>) -> Self {
        let deadline = Arc::new(Deadline { origin: Instant::now(), at: AtomicU64::new(0) });
        Self { path, shared, open: RefCell::new(None), deadline }
    }

    /// Answers a question from one snapshot of the database `log`.
    pub(in crate::store::sqlite) fn search(
        &self,
        log: &Connection,
        search: &Search,
    ) -> Result<Found, ReadError> {
        let begin = Instant::now();
        let newest = indexer::newest(log)?;
        let Some(indexed) = *self.shared.indexed.borrow() else {
            return Ok(Found { behind: newest.unsigned_abs(), ..Found::default() });
        };
        let mut found = Found { behind: newest.abs_diff(indexed.min(newest)), ..Found::default() };
        let named = named(log, search)?;
        let Some(plan) = plan(log, search, named.as_deref(), newest)? else { return Ok(found) };
        let wanted = match search.order {
            Order::Newest => search.limit,
            Order::Rank => CANDIDATES,
        };
        let mut open = self.open.borrow_mut();
        let index = self.current(&mut open)?;
        let mut allowed = Allowed { search, named, known: HashMap::new() };
        let times = search.query.times();
        let (mut messages, mut bytes) = (Vec::new(), 0);
        let mut statement = index.prepare_cached(
            "SELECT rowid FROM search WHERE search MATCH ?1 AND rowid > ?2 AND rowid <= ?3 ORDER BY rowid",
        )?;
        let mut rows = statement.query(params![plan.matching, row_of(plan.high), row_of(plan.low)])?;
        let mut last = None;
        let next = loop {
            self.deadline.set(self.patience());
            let row = rows.next();
            self.deadline.clear();
            let n = match row {
                Ok(Some(row)) => row_of(row.get(0)?),
                Ok(None) => break plan.low,
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
                    break last.ok_or(ReadError::TooMuch)?;
                }
                Err(error) => return Err(error.into()),
            };
            if messages.len() == wanted || begin.elapsed() > PATIENCE {
                break n + 1;
            }
            if let Some(found) = allowed.read(log, n, times)? {
                bytes += found.message.message.len() + found.edited.as_ref().map_or(0, String::len);
                messages.push(found);
            }
            if bytes > BYTES {
                break n;
            }
            last = Some(n);
        };
        found.before = (next > plan.low).then_some(next.unsigned_abs());
        found.hits = ordered(search, messages);
        Ok(found)
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "tests change it")]
    fn patience(&self) -> Duration {
        PATIENCE_OF_INDEX
    }

    #[cfg(test)]
    fn patience(&self) -> Duration {
        if self.shared.impatient.load(Ordering::SeqCst) {
            Duration::from_micros(1)
        } else {
            PATIENCE_OF_INDEX
        }
    }

    /// The index as it is now: the file may have been made anew since the last question.
    fn current<'a>(&self, open: &'a mut Option<(u64, Connection)>) -> rusqlite::Result<&'a Connection> {
        let made = self.shared.made.load(Ordering::SeqCst);
        if open.as_ref().is_none_or(|(of, _)| *of != made) {
            let mut db = connect(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let deadline = Arc::clone(&self.deadline);
            db.progress_handler(STEPS, Some(move || deadline.is_over()))?;
            *open = Some((made, db));
        }
        let (_, db) = open.as_ref().expect("it was opened above");
        Ok(db)
    }
}

impl Allowed<'_> {
    /// The message of a row, if it may be an answer.
    fn read(
        &mut self,
        log: &Connection,
        n: i64,
        (from_ms, to_ms): (i64, i64),
    ) -> rusqlite::Result<Option<Candidate>> {
        let sql = format!("SELECT {}, room FROM events WHERE n = ?1", rows::EVENT);
        let mut statement = log.prepare_cached(&sql)?;
        let mut found = statement.query([n])?;
        let Some(row) = found.next()? else { return Ok(None) };
        let ms: i64 = row.get("timestamp_ms")?;
        if ms < from_ms || ms >= to_ms {
            return Ok(None);
        }
        let is_weighed = self.search.order == Order::Rank;
        let place = row.get("room")?;
        let Some(room) = self.room(log, place)? else { return Ok(None) };
        let Some(message) = message(room, row) else { return Ok(None) };
        let edited = if is_weighed { folded::text(log, place, message.seq)? } else { None };
        Ok(Some(Candidate { n, message, edited }))
    }

    fn room(&mut self, log: &Connection, row: i64) -> rusqlite::Result<Option<&RoomKey>> {
        if !self.known.contains_key(&row) {
            let sql = format!("SELECT {} FROM rooms WHERE id = ?1", rows::ROOM);
            let record = log.prepare_cached(&sql)?.query_row([row], rows::room).optional()?.flatten();
            let Readable { public, rooms } = &self.search.readable;
            let key = record.and_then(|(_, record)| {
                let may = *public && record.kind == RoomKind::Public || rooms.contains(&record.key);
                let asked = self.named.as_ref().is_none_or(|named| named.contains(&row));
                (may && asked).then_some(record.key)
            });
            self.known.insert(row, key);
        }
        Ok(self.known.get(&row).and_then(Option::as_ref))
    }
}

fn message(room: &RoomKey, row: &Row<'_>) -> Option<Message> {
    let seq = rows::from_sql(row.get("seq").ok()?);
    match rows::event(room, seq, row) {
        (Event::Message(message), _) => {
            // What was taken out may still be in the index for a moment.
            let is_gone = message.folded.as_ref().is_some_and(|folded| folded.deleted);
            (!is_gone).then_some(message)
        }
        _ => None,
    }
}

fn ordered(search: &Search, messages: Vec<Candidate>) -> Vec<Hit> {
    let phrases: Vec<Phrase> = search.query.phrases().collect();
    let mut hits: Vec<Hit> = messages
        .into_iter()
        .map(|Candidate { n, message, edited }| {
            let score = match search.order {
                Order::Newest => 0.0,
                Order::Rank => rank::score(&phrases, edited.as_ref().unwrap_or(&message.message)),
            };
            Hit { message, place: n.unsigned_abs(), score }
        })
        .collect();
    // They come newest first, and a stable sort leaves equals so.
    hits.sort_by(|a, b| b.score.total_cmp(&a.score));
    hits.truncate(search.limit);
    hits
}

/// What the index is asked; `None` where nothing can be found.
fn plan(
    log: &Connection,
    search: &Search,
    named: Option<&[i64]>,
    newest: i64,
) -> Result<Option<Plan>, ReadError> {
    let mut all: Vec<String> = search.query.phrases().map(|phrase| quoted(&phrase)).collect();
    let senders: Vec<_> = search.query.from().map(|name| token(&sender_token(&name))).collect();
    all.extend(any(&senders));
    all.extend(search.query.has().iter().map(|&has| token(&has_token(has))));
    let Readable { public, rooms } = &search.readable;
    let few = if named.is_none() && !public && rooms.len() <= ROOMS_ASKED {
        let found = rooms.iter().map(|key| Ok(find_room(log, key)?.map(|(row, _)| row)));
        let rows: Vec<Option<i64>> = found.collect::<rusqlite::Result<_>>()?;
        Some(rows.into_iter().flatten().collect::<Vec<_>>())
    } else {
        None
    };
    if let Some(rows) = named.or(few.as_deref()) {
        let tokens: Vec<_> = rows.iter().map(|row| token(&room_token(*row))).collect();
        let Some(any) = any(&tokens) else { return Ok(None) };
        all.push(any);
    }
    let (from_ms, to_ms) = search.query.times();
    let low = if from_ms == i64::MIN { 0 } else { first_since(log, from_ms, newest)? };
    let high = if to_ms == i64::MAX { newest + 1 } else { first_since(log, to_ms, newest)? };
    let before = search.before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
    Ok(Some(Plan { matching: all.join(" AND "), low, high: high.min(before) }))
}

/// The first row that is not before a time, or the one after the newest. Rows are in the order of their times, but for
/// corrections of the machine's clock: what was said around one may be left out.
fn first_since(log: &Connection, ms: i64, newest: i64) -> rusqlite::Result<i64> {
    let mut statement =
        log.prepare_cached("SELECT n, timestamp_ms FROM events WHERE n >= ?1 ORDER BY n LIMIT 1")?;
    let (mut low, mut high) = (0, newest + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let next: Option<(i64, i64)> =
            statement.query_row([middle], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        match next {
            Some((n, at)) if at < ms => low = n + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// A phrase as the index reads it. Tokens hold nothing that means something to it.
fn quoted(phrase: &Phrase) -> String {
    format!("\"{}\"{}", phrase.tokens.join(" "), if phrase.prefix { " *" } else { "" })
}

fn token(token: &str) -> String {
    format!("\"{token}\"")
}

/// One of several; `None` where there are none.
fn any(expressions: &[String]) -> Option<String> {
    (!expressions.is_empty()).then(|| format!("({})", expressions.join(" OR ")))
}
