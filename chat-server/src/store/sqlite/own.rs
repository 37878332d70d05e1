//! What belongs to one user: the log of their room `@self`, of which only the newest event per key is kept.

use protocol::error::{ErrorCode, Refusal};
use protocol::event::Event;
use protocol::ids::{RoomKey, Seq, UserId};
use protocol::limits::{DRAFT_BYTES, KEYWORD_CHARS, KEYWORDS};
use protocol::own::{
    Block, Blocked, Draft, Drafted, Invited, Joined, Notify, NotifyOf, Prefs, PrefsSet, ReadUpto, ThreadRead,
};
use rusqlite::{Connection, OptionalExtension, params};

use super::deed::{Deed, Done, nobody};
use super::kinds::MemberBody;
use super::reader::find_room;
use super::rows::{self, from_sql, to_sql};
use super::{clock, facts, seen, sights};
use crate::core::policy::{Action, InRoom};
use crate::store::{At, Page, RoomRecord};

/// Keys that one user may fill with an account, and as a guest. What others fill does not count.
const KEYS: u32 = 5_000;
const KEYS_OF_GUEST: u32 = 500;
/// How many of the rooms that one was in and of the invitations that are over are kept, the newest; a device that was
/// away for longer is told `no_room` instead.
const OVER: u32 = 1_000;
/// Every how many events it is looked whether there are more.
const SWEEP: Seq = 64;
/// How many markers of threads go at once where there is no room: those that moved longest ago.
const FORGOTTEN: u32 = 50;
/// Of a day.
const MINUTES: u16 = 24 * 60;

/// Keeps an event under a key, in place of what was there.
fn keep(
    deed: &mut Deed<'_, '_, '_>,
    user: &UserId,
    key: &str,
    make: impl FnOnce(RoomKey, Seq) -> Event,
) -> Done<()> {
    let db = deed.db();
    let seq: i64 = db
        .prepare_cached(
            "INSERT INTO own_heads (user, head) VALUES (?1, 1)
             ON CONFLICT (user) DO UPDATE SET head = head + 1 RETURNING head",
        )?
        .query_row([user.as_str()], |row| row.get(0))?;
    let room = RoomKey::new(protocol::SELF_ROOM).expect("it is a room's key");
    let event = make(room, from_sql(seq));
    db.prepare_cached(
        "INSERT INTO own (user, key, seq, body) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (user, key) DO UPDATE SET seq = ?3, body = ?4",
    )?
    .execute(params![user.as_str(), key, seq, super::kinds::body(&event)])?;
    if from_sql(seq).is_multiple_of(SWEEP) {
        sweep(db, user)?;
    }
    deed.turn.tell_own(user, event);
    Ok(())
}

/// Forgets the oldest of what is over, which others may have brought about.
fn sweep(db: &Connection, user: &UserId) -> rusqlite::Result<()> {
    db.prepare_cached(
        "DELETE FROM own WHERE user = ?1 AND seq <= (
            SELECT seq FROM own WHERE user = ?1 AND substr(key, 1, 7) IN ('invited', 'joined:')
                AND NOT json_extract(body, '$.on') ORDER BY seq DESC LIMIT 1 OFFSET ?2
         ) AND substr(key, 1, 7) IN ('invited', 'joined:') AND NOT json_extract(body, '$.on')",
    )?
    .execute(params![user.as_str(), OVER])?;
    Ok(())
}

/// The same for what the author chooses to keep, of which there is a bound.
fn keep_own(deed: &mut Deed<'_, '_, '_>, key: &str, make: impl FnOnce(RoomKey, Seq) -> Event) -> Done<()> {
    let user = deed.author.user.clone();
    if newest(deed.db(), &user, key)?.is_none() {
        let count: u32 = deed
            .db()
            .prepare_cached(
                "SELECT count(*) FROM own WHERE user = ?1 AND substr(key, 1, 7) NOT IN ('invited', 'joined:')",
            )?
            .query_row([user.as_str()], |row| row.get(0))?;
        let is_full = count >= if deed.author.guest { KEYS_OF_GUEST } else { KEYS };
        if is_full && !make_room(deed.db(), &user)? {
            return Err(Refusal::new(ErrorCode::Forbidden, "there is no room for more of this").into());
        }
    }
    keep(deed, &user, key, make)
}

/// Forgets the drafts of threads that were emptied, or else the oldest markers of threads; whether there were any.
fn make_room(db: &Connection, user: &UserId) -> rusqlite::Result<bool> {
    let emptied = db
        .prepare_cached(
            "DELETE FROM own WHERE user = ?1 AND key GLOB 'draft:*:*' AND json_extract(body, '$.text') = ''",
        )?
        .execute([user.as_str()])?;
    if emptied > 0 {
        return Ok(true);
    }
    let old = db
        .prepare_cached(
            "DELETE FROM own WHERE user = ?1 AND key IN (
                SELECT key FROM own WHERE user = ?1 AND key GLOB 'read:*:*' ORDER BY seq LIMIT ?2)",
        )?
        .execute(params![user.as_str(), FORGOTTEN])?;
    Ok(old > 0)
}

/// The event under a key.
fn newest(db: &Connection, user: &UserId, key: &str) -> rusqlite::Result<Option<Event>> {
    let body: Option<String> = db
        .prepare_cached("SELECT body FROM own WHERE user = ?1 AND key = ?2")?
        .query_row(params![user.as_str(), key], |row| row.get(0))
        .optional()?;
    Ok(body.and_then(|body| Event::parse(&body).ok()))
}

/// Up to where somebody has read a room.
pub(super) fn read_of(db: &Connection, user: &UserId, room: &RoomKey) -> rusqlite::Result<Option<Seq>> {
    Ok(match newest(db, user, &format!("read:{room}"))? {
        Some(Event::Read(read)) => Some(read.upto),
        _ => None,
    })
}

/// Whether somebody has hidden another from themselves.
pub(super) fn has_blocked(db: &Connection, user: &UserId, whom: &UserId) -> rusqlite::Result<bool> {
    Ok(matches!(newest(db, user, &format!("block:{whom}"))?, Some(Event::Block(block)) if block.on))
}

/// The author has read a room up to a place; the marker moves back only with `back`. What the room is to be told of it.
pub(in crate::store) fn read_upto(
    deed: &mut Deed<'_, '_, '_>,
    room: &RoomKey,
    seq: Seq,
    back: bool,
) -> Done<Option<Seq>> {
    deed.turn.leave_facts();
    let place = deed.enter(room, InRoom::Read)?;
    let upto = seq.min(deed.turn.head(room)?.unwrap_or(0));
    let before = read_of(deed.db(), &deed.author.user, room)?.unwrap_or(0);
    if before == upto || (before > upto && !back) {
        return Ok(None);
    }
    let of = room.clone();
    keep_own(deed, &format!("read:{room}"), |room, seq| Event::Read(ReadUpto { room, seq, of, upto }))?;
    seen::note(deed, place.row, upto)
}

/// The author has read a thread up to a place of its room; the marker moves back only with `back`. Nobody else is told.
pub(in crate::store) fn read_thread(
    deed: &mut Deed<'_, '_, '_>,
    room: &RoomKey,
    thread: Seq,
    seq: Seq,
    back: bool,
) -> Done<()> {
    deed.turn.leave_facts();
    deed.enter(room, InRoom::Read)?;
    let head = deed.turn.head(room)?.unwrap_or(0);
    let upto = seq.min(head);
    let key = format!("read:{room}:{thread}");
    let before = match newest(deed.db(), &deed.author.user, &key)? {
        Some(Event::ReadThread(read)) => read.upto,
        _ => 0,
    };
    if thread > head || before == upto || (before > upto && !back) {
        return Ok(());
    }
    let of = room.clone();
    keep_own(deed, &key, |room, seq| Event::ReadThread(ThreadRead { room, seq, of, thread, upto }))
}

/// What the author wants to be told of, and when.
pub(in crate::store) fn set_prefs(deed: &mut Deed<'_, '_, '_>, asked: &Prefs) -> Done<()> {
    deed.turn.leave_facts();
    deed.permit(Action::Own)?;
    let keywords = keywords(&asked.keywords)?;
    let quiet = asked.quiet;
    if quiet.is_some_and(|quiet| quiet.from >= MINUTES || quiet.to >= MINUTES) {
        return Err(Refusal::new(ErrorCode::BadFrame, "a minute of the day is one of 0 to 1439").into());
    }
    keep_own(deed, "prefs", |room, seq| Event::Prefs(PrefsSet { room, seq, keywords, quiet }))
}

/// Words as they are kept: trimmed, each once in whatever case.
fn keywords(asked: &[String]) -> Result<Vec<String>, Refusal> {
    let mut keywords: Vec<String> = Vec::new();
    for word in asked.iter().map(|word| word.trim()) {
        let fits =
            !word.is_empty() && word.chars().count() <= KEYWORD_CHARS && !word.chars().any(char::is_control);
        if !fits {
            let reason = format!("a keyword is one line of 1 to {KEYWORD_CHARS} characters");
            return Err(Refusal::new(ErrorCode::BadFrame, reason));
        }
        if !keywords.iter().any(|known| known.to_lowercase() == word.to_lowercase()) {
            keywords.push(word.to_owned());
        }
    }
    if keywords.len() > KEYWORDS {
        return Err(Refusal::new(ErrorCode::BadFrame, format!("there are at most {KEYWORDS} keywords")));
    }
    Ok(keywords)
}

/// Of what in a room the author wants to be told.
pub(in crate::store) fn notify(deed: &mut Deed<'_, '_, '_>, asked: &Notify) -> Done<()> {
    deed.turn.leave_facts();
    deed.enter(&asked.room, InRoom::Read)?;
    let (of, level) = (asked.room.clone(), asked.level);
    keep_own(deed, &format!("notify:{of}"), |room, seq| Event::Notify(NotifyOf { room, seq, of, level }))
}

/// The author hides somebody, or shows them again.
pub(in crate::store) fn block(deed: &mut Deed<'_, '_, '_>, asked: &Block) -> Done<()> {
    deed.turn.leave_facts();
    deed.permit(Action::Own)?;
    let is_account = facts::person(deed.db(), &asked.user)?.name.is_some();
    if asked.user == deed.author.user || !(is_account || asked.user.as_str().starts_with("g-")) {
        return Err(nobody());
    }
    let (who, on) = (asked.user.clone(), asked.on);
    keep_own(deed, &format!("block:{who}"), |room, seq| Event::Block(Blocked { room, seq, who, on }))?;
    if !asked.on {
        // What they said to the author meanwhile is there to be read.
        let rooms: Vec<String> = deed
            .db()
            .prepare_cached(
                "SELECT r.key FROM members m JOIN rooms r ON r.id = m.room
                 WHERE m.user = ?1 AND m.hidden AND r.creator = ?2",
            )?
            .query_map([deed.author.user.as_str(), asked.user.as_str()], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for room in rooms.into_iter().filter_map(|room| RoomKey::new(room).ok()) {
            show(deed, &room)?;
        }
    }
    Ok(())
}

/// A conversation is among the author's from now on, if it was kept from them.
pub(super) fn show(deed: &mut Deed<'_, '_, '_>, room: &RoomKey) -> Done<()> {
    let user = deed.author.user.clone();
    let Some((row, _)) = find_room(deed.db(), room)? else { return Ok(()) };
    let shown = deed
        .db()
        .prepare_cached("UPDATE members SET hidden = 0 WHERE room = ?1 AND user = ?2 AND hidden")?
        .execute(params![row, user.as_str()])?;
    if shown == 0 {
        return Ok(());
    }
    let others = sights::others(deed.db(), row, &user)?;
    let names = others.iter().map(|person| person.name.as_str()).collect::<Vec<_>>().join(", ");
    joined(deed, room, &user, Some(names))
}

/// What the author has written and not yet said.
pub(in crate::store) fn draft(deed: &mut Deed<'_, '_, '_>, asked: &Draft) -> Done<()> {
    deed.turn.leave_facts();
    deed.enter(&asked.room, InRoom::Read)?;
    if asked.text.len() > DRAFT_BYTES {
        return Err(
            Refusal::new(ErrorCode::TooLong, format!("a draft has at most {DRAFT_BYTES} bytes")).into()
        );
    }
    let Draft { room: of, text, reply, thread } = asked.clone();
    let key = match thread {
        None => format!("draft:{of}"),
        Some(root) => format!("draft:{of}:{root}"),
    };
    keep_own(deed, &key, |room, seq| Event::Draft(Drafted { room, seq, of, text, reply, thread }))
}

/// Tells somebody that the author invites them.
pub(super) fn invited(deed: &mut Deed<'_, '_, '_>, room: &RoomKey, who: &UserId) -> Done<()> {
    let (of, title) = (room.clone(), title(deed.db(), room)?);
    let (user, sender) = (deed.author.user.clone(), deed.author.name.to_string());
    let timestamp = clock::rfc3339(deed.now());
    keep(deed, who, &format!("invited:{room}"), |room, seq| {
        Event::Invited(Invited { room, seq, of, title, user, sender, on: true, timestamp })
    })
}

/// Tells somebody that an invitation was taken, declined or withdrawn.
pub(super) fn invitation_over(deed: &mut Deed<'_, '_, '_>, room: &RoomKey, who: &UserId) -> Done<()> {
    let key = format!("invited:{room}");
    let Some(Event::Invited(invitation)) = newest(deed.db(), who, &key)? else { return Ok(()) };
    let timestamp = clock::rfc3339(deed.now());
    keep(deed, who, &key, |room, seq| {
        Event::Invited(Invited { room, seq, on: false, timestamp, ..invitation })
    })
}

/// Tells somebody that a room is among theirs; of a conversation, with the names of the others.
pub(super) fn joined(
    deed: &mut Deed<'_, '_, '_>,
    room: &RoomKey,
    user: &UserId,
    others: Option<String>,
) -> Done<()> {
    let Some((_, record)) = find_room(deed.db(), room)? else { return Ok(()) };
    let (of, title, kind) = (room.clone(), others.unwrap_or(record.title), record.kind);
    keep(deed, user, &format!("joined:{room}"), |room, seq| {
        Event::Joined(Joined { room, seq, of, title, kind, on: true, why: None, reason: None, until: None })
    })
}

/// Tells somebody that a room is no longer among theirs, and why where they were put out.
pub(super) fn left(
    deed: &mut Deed<'_, '_, '_>,
    room: &RoomKey,
    user: &UserId,
    why: Option<&MemberBody>,
) -> Done<()> {
    let Some((_, record)) = find_room(deed.db(), room)? else { return Ok(()) };
    let (of, title, kind) = (room.clone(), record.title, record.kind);
    let (reason, until) = why.map(|why| (why.reason.clone(), why.until.clone())).unwrap_or_default();
    let why = why.map(|why| why.change.as_str().to_owned());
    keep(deed, user, &format!("joined:{room}"), |room, seq| {
        Event::Joined(Joined { room, seq, of, title, kind, on: false, why, reason, until })
    })
}

fn title(db: &Connection, room: &RoomKey) -> rusqlite::Result<String> {
    Ok(find_room(db, room)?.map(|(_, record)| record.title).unwrap_or_default())
}

/// The user whose log a key names.
fn user_of(key: &RoomKey) -> Option<&str> {
    key.as_str().strip_prefix('@')
}

/// A user's own room, which everybody has.
pub(super) fn record(db: &Connection, key: &RoomKey) -> rusqlite::Result<Option<RoomRecord>> {
    let Some(user) = user_of(key) else { return Ok(None) };
    let head: Option<i64> = db
        .prepare_cached("SELECT head FROM own_heads WHERE user = ?1")?
        .query_row([user], |row| row.get(0))
        .optional()?;
    Ok(Some(RoomRecord {
        key: key.clone(),
        title: String::new(),
        kind: protocol::rooms::RoomKind::Private,
        topic: None,
        first: 1,
        head: head.map_or(0, from_sql),
        rules: protocol::rooms::Rules::default(),
    }))
}

/// A stretch of a user's own log: what it covers is told by `first` and `last`, for places in between are empty.
pub(super) fn page(
    db: &Connection,
    key: &RoomKey,
    at: At,
    limit: u32,
    max_bytes: usize,
) -> rusqlite::Result<Option<Page>> {
    let (Some(user), Some(record)) = (user_of(key), record(db, key)?) else { return Ok(None) };
    let head = record.head;
    let (sql, bound, forward) = match at {
        At::After(seq) => {
            ("SELECT seq, body FROM own WHERE user = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3", seq, true)
        }
        At::Before(seq) => {
            ("SELECT seq, body FROM own WHERE user = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3", seq, false)
        }
        At::Newest | At::Around(_) | At::Since(_) => (
            "SELECT seq, body FROM own WHERE user = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3",
            head + 1,
            false,
        ),
    };
    let mut statement = db.prepare_cached(sql)?;
    let mut found = statement.query(params![user, to_sql(bound), i64::from(limit) + 1])?;
    let (mut events, mut bytes, mut more) = (Vec::new(), 0, false);
    while let Some(row) = found.next()? {
        let (seq, body) = (from_sql(row.get(0)?), row.get_ref(1)?.as_str()?);
        bytes += body.len();
        if events.len() >= limit as usize || (bytes > max_bytes && !events.is_empty()) {
            more = true;
            break;
        }
        let wire = RoomKey::new(protocol::SELF_ROOM).expect("it is a room's key");
        events.push(Event::parse(body).unwrap_or_else(|_| rows::unknown(&wire, seq)));
    }
    let (first, last) = if forward {
        let last = events.last().filter(|_| more).map_or(head, Event::seq);
        (bound.min(head) + 1, last)
    } else {
        events.reverse();
        let first = events.first().filter(|_| more).map_or(1, Event::seq);
        (first, bound.saturating_sub(1).min(head))
    };
    Ok(Some(Page { events, first, last, head, more, room_first: 1 }))
}
