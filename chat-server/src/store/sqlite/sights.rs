//! What is read for somebody, filtered by policy in the snapshot that it is read from.

use std::collections::HashSet;

use protocol::ids::{RoomKey, UserId};
use protocol::limits::HISTORY_EVENTS;
use protocol::people::{Guests, Profile, Role};
use protocol::rooms::{AuditEntry, Reported, RoomKind, RoomRole, Sentence};
use protocol::server::User;
use rusqlite::{Connection, Row, params};

use super::facts;
use super::reader::{Bounds, Reader, find_room, page_in, rooms_in};
use super::rows::{self, from_sql, to_sql};
use super::unread::Recents;
use super::{clock, mentions, own, state};
use crate::core::policy::{Action, Actor, Denied, InRoom, PersonFacts, Standing, ToPerson, decide};
use crate::store::deeds::{Author, Listed, Roster, Seen, Sheet, Sight, Sights, TableRow};
use crate::store::{At, Page, ReadError, Readable};

impl Reader {
    /// These rooms as somebody may see them, and with `all` every room that they are a member of.
    pub(in crate::store) fn sights(
        &self,
        author: &Author,
        guests: Guests,
        mut rooms: Vec<RoomKey>,
        all: bool,
    ) -> Result<Sights, ReadError> {
        let snapshot = self.db().unchecked_transaction()?;
        if all {
            for key in joined_rooms(&snapshot, &author.user)? {
                if !rooms.contains(&key) {
                    rooms.push(key);
                }
            }
        }
        let actor = facts::actor(&snapshot, &author.user, guests, author.reaches.anywhere())?;
        let mut sights = Vec::with_capacity(rooms.len());
        for key in rooms {
            let sight = look(&snapshot, self.recents(), author, actor, &key)?;
            sights.push((key, sight));
        }
        Ok(sights)
    }

    /// Whether somebody may do something in a room.
    pub(in crate::store) fn may(
        &self,
        author: &Author,
        guests: Guests,
        room: &RoomKey,
        deed: InRoom,
    ) -> Seen<()> {
        let snapshot = self.db().unchecked_transaction()?;
        let actor = facts::actor(&snapshot, &author.user, guests, author.reaches.at(room))?;
        let place = facts::place(&snapshot, room, &author.user)?;
        Ok(facts::may(actor, deed, place.as_ref(), clock::now_ms()))
    }

    /// The rooms that somebody may read: all public ones as such, where they may read all of those.
    #[cfg(test)]
    pub(in crate::store) fn readable(&self, author: &Author, guests: Guests) -> Seen<Readable> {
        readable_in(&*self.db().unchecked_transaction()?, author, guests)
    }

    /// A stretch of a log, its messages as they are now, for somebody who may read it.
    pub(in crate::store) fn page_for(
        &self,
        author: &Author,
        guests: Guests,
        room: &RoomKey,
        at: At,
        limit: u32,
        max_bytes: usize,
    ) -> Seen<Page> {
        let snapshot = self.db().unchecked_transaction()?;
        if *room == RoomKey::own(&author.user) {
            let actor = facts::actor(&snapshot, &author.user, guests, author.reaches.at(room))?;
            if let Err(denied) = decide(&actor, Action::Own) {
                return Ok(Err(denied));
            }
            return Ok(own::page(&snapshot, room, at, limit, max_bytes)?.ok_or(Denied::NotThere));
        }
        if let Err(denied) = may_read(&snapshot, author, guests, room)? {
            return Ok(Err(denied));
        }
        let bounds = Bounds { limit, max_bytes, folded: true };
        Ok(page_in(&snapshot, room, at, bounds)?.ok_or(Denied::NotThere))
    }

    /// The public rooms that are not archived, most recently used first.
    pub(in crate::store) fn public_rooms(
        &self,
        author: &Author,
        guests: Guests,
        limit: usize,
    ) -> Seen<Vec<Sight>> {
        let snapshot = self.db().unchecked_transaction()?;
        let actor = facts::actor(&snapshot, &author.user, guests, author.reaches.anywhere())?;
        if let Err(denied) = decide(&actor, Action::ListRooms) {
            return Ok(Err(denied));
        }
        let sql = format!(
            "SELECT {}, (SELECT role FROM members WHERE room = rooms.id AND user = ?2) AS standing,
                    (SELECT count(*) FROM message_state AS m WHERE m.room = rooms.id AND pin IS NOT NULL) AS pins
             FROM rooms WHERE kind = 'public' AND NOT archived ORDER BY used_ms DESC, id LIMIT ?1",
            rows::ROOM
        );
        let mut statement = snapshot.prepare_cached(&sql)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rooms = Vec::new();
        let mut found = statement.query(params![limit, author.user.as_str()])?;
        while let Some(row) = found.next()? {
            let standing = row.get_ref("standing")?.as_str_or_null().ok().flatten().and_then(RoomRole::of);
            if let Some((_, record)) = rows::room(row)?
                && author.reaches.at(&record.key).here
            {
                rooms.push(Sight {
                    record,
                    standing,
                    read: None,
                    unread: 0,
                    mentions: 0,
                    people: Vec::new(),
                    pins: row.get("pins")?,
                });
            }
        }
        Ok(Ok(rooms))
    }

    /// A room's members by name.
    pub(in crate::store) fn members_for(
        &self,
        author: &Author,
        guests: Guests,
        room: &RoomKey,
        limit: usize,
    ) -> Seen<Roster> {
        let snapshot = self.db().unchecked_transaction()?;
        if let Err(denied) = may_read(&snapshot, author, guests, room)? {
            return Ok(Err(denied));
        }
        let mut statement = snapshot.prepare_cached(
            "SELECT m.user, m.role, coalesce(a.name, ''), a.role
             FROM rooms r JOIN members m ON m.room = r.id LEFT JOIN accounts a ON a.user = m.user
             WHERE r.key = ?1 AND coalesce(a.active, 1) ORDER BY lower(coalesce(a.name, '')), m.user LIMIT ?2",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut members = Vec::new();
        let mut found = statement.query(params![room.as_str(), limit])?;
        while let Some(row) = found.next()? {
            let standing = RoomRole::of(row.get_ref(1)?.as_str().unwrap_or_default());
            members.extend(
                someone(row, 0, 2, 3)?
                    .map(|user| Listed { user, standing: standing.unwrap_or(RoomRole::Member) }),
            );
        }
        let banned = sentenced(&snapshot, author, guests, room, ToPerson::Unban, limit)?;
        let muted = sentenced(&snapshot, author, guests, room, ToPerson::Unmute, limit)?;
        Ok(Ok(Roster { members, banned, muted }))
    }

    /// All rooms with how many members they have and who owns them.
    pub(in crate::store) fn room_table(&self, limit: usize) -> Result<Vec<TableRow>, ReadError> {
        let snapshot = self.db().unchecked_transaction()?;
        let mut count = snapshot
            .prepare("SELECT count(*) FROM members m JOIN rooms r ON r.id = m.room WHERE r.key = ?1")?;
        let mut owners = snapshot.prepare(
            "SELECT a.name FROM members m JOIN rooms r ON r.id = m.room JOIN accounts a ON a.user = m.user
             WHERE r.key = ?1 AND m.role = 'owner' ORDER BY m.since_ms",
        )?;
        let mut table = Vec::new();
        for record in rooms_in(&snapshot, limit)? {
            let members = count.query_row([record.key.as_str()], |row| row.get(0))?;
            let names = owners.query_map([record.key.as_str()], |row| row.get(0))?;
            table.push(TableRow { members, owners: names.collect::<Result<_, _>>()?, record });
        }
        Ok(table)
    }

    /// What was reported, newest first.
    pub(in crate::store) fn reports(
        &self,
        author: &Author,
        guests: Guests,
        before: Option<u64>,
        limit: u32,
    ) -> Seen<Sheet<Reported>> {
        let actor = facts::actor(self.db(), &author.user, guests, author.reaches.anywhere())?;
        if let Err(denied) = decide(&actor, Action::Reports) {
            return Ok(Err(denied));
        }
        let mut statement = self.db().prepare_cached(
            "SELECT p.n, p.ms, p.user, p.sender, p.reason, r.key, p.target, p.who, p.name, p.text, p.resolved
             FROM reports p JOIN rooms r ON r.id = p.room
             WHERE p.n < ?1 ORDER BY p.n DESC LIMIT ?2",
        )?;
        let found = statement.query_map(page_bounds(before, limit), reported)?;
        sheet(found, limit)
    }

    /// What was decided, newest first.
    pub(in crate::store) fn audit(
        &self,
        author: &Author,
        guests: Guests,
        before: Option<u64>,
        limit: u32,
    ) -> Seen<Sheet<AuditEntry>> {
        let actor = facts::actor(self.db(), &author.user, guests, author.reaches.anywhere())?;
        if let Err(denied) = decide(&actor, Action::Audit) {
            return Ok(Err(denied));
        }
        let mut statement = self.db().prepare_cached(
            "SELECT n, ms, user, sender, action, room, who, target, detail
             FROM audit WHERE n < ?1 ORDER BY n DESC LIMIT ?2",
        )?;
        let found = statement.query_map(page_bounds(before, limit), entry)?;
        sheet(found, limit)
    }
}

/// See [`Reader::readable`].
pub(super) fn readable_in(snapshot: &Connection, author: &Author, guests: Guests) -> Seen<Readable> {
    let actor = facts::actor(snapshot, &author.user, guests, author.reaches.anywhere())?;
    if let Err(denied) = decide(&actor, Action::ListRooms) {
        return Ok(Err(denied));
    }
    let is_banned = snapshot
        .prepare_cached("SELECT 1 FROM bans WHERE user = ?1 LIMIT 1")?
        .exists([author.user.as_str()])?;
    let public = !is_banned && author.reaches.rooms.is_none();
    let mut keys = joined_rooms(snapshot, &author.user)?;
    if !public {
        let mut known: HashSet<RoomKey> = keys.iter().cloned().collect();
        let mut statement = snapshot.prepare_cached("SELECT key FROM rooms WHERE kind = 'public'")?;
        for key in statement.query_map([], |row| row.get::<_, String>(0))? {
            keys.extend(RoomKey::new(key?).ok().filter(|key| known.insert(key.clone())));
        }
    }
    let mut rooms = Vec::new();
    for key in keys {
        if may_read(snapshot, author, guests, &key)?.is_ok() {
            rooms.push(key);
        }
    }
    Ok(Ok(Readable { public, rooms }))
}

fn page_bounds(before: Option<u64>, limit: u32) -> (i64, u32) {
    (before.map_or(i64::MAX, to_sql), limit.clamp(1, HISTORY_EVENTS) + 1)
}

/// One more than asked for was read, to know whether there is more.
fn sheet<T>(
    found: impl Iterator<Item = rusqlite::Result<Option<T>>>,
    limit: u32,
) -> Result<Result<Sheet<T>, Denied>, ReadError> {
    let limit = limit.clamp(1, HISTORY_EVENTS) as usize;
    let mut rows = found.collect::<Result<Vec<_>, _>>()?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(Ok(Sheet { rows: rows.into_iter().flatten().collect(), more }))
}

fn reported(row: &Row<'_>) -> rusqlite::Result<Option<Reported>> {
    let user = UserId::new(row.get_ref(2)?.as_str()?);
    let room = RoomKey::new(row.get_ref(5)?.as_str()?);
    let who = UserId::new(row.get_ref(7)?.as_str()?);
    let (Ok(user), Ok(room), Ok(who)) = (user, room, who) else { return Ok(None) };
    Ok(Some(Reported {
        n: from_sql(row.get(0)?),
        timestamp: clock::rfc3339(row.get(1)?),
        user,
        sender: row.get(3)?,
        reason: row.get(4)?,
        room,
        target: from_sql(row.get(6)?),
        who,
        name: row.get(8)?,
        text: row.get(9)?,
        resolved: row.get(10)?,
    }))
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Option<AuditEntry>> {
    let user = row.get_ref(2)?.as_str_or_null()?.and_then(|user| UserId::new(user).ok());
    let room = row.get_ref(5)?.as_str_or_null()?.and_then(|room| RoomKey::new(room).ok());
    let who = row.get_ref(6)?.as_str_or_null()?.and_then(|who| UserId::new(who).ok());
    Ok(Some(AuditEntry {
        n: from_sql(row.get(0)?),
        timestamp: clock::rfc3339(row.get(1)?),
        user,
        sender: row.get(3)?,
        action: row.get(4)?,
        room,
        who,
        target: row.get::<_, Option<i64>>(7)?.map(from_sql),
        detail: row.get(8)?,
    }))
}

/// The rooms that somebody is a member of, most recently used first.
fn joined_rooms(db: &Connection, user: &UserId) -> rusqlite::Result<Vec<RoomKey>> {
    let mut statement = db.prepare_cached(
        "SELECT r.key FROM members m JOIN rooms r ON r.id = m.room
         WHERE m.user = ?1 AND NOT m.hidden ORDER BY r.used_ms DESC",
    )?;
    let keys = statement.query_map([user.as_str()], |row| row.get::<_, String>(0))?;
    let mut rooms = Vec::new();
    for key in keys {
        rooms.extend(RoomKey::new(key?).ok());
    }
    Ok(rooms)
}

/// Whether somebody may read a room.
pub(super) fn may_read(
    db: &Connection,
    author: &Author,
    guests: Guests,
    room: &RoomKey,
) -> rusqlite::Result<Result<(), Denied>> {
    let place = facts::place(db, room, &author.user)?;
    if author.server {
        return Ok(place.map(drop).ok_or(Denied::NotThere));
    }
    let actor = facts::actor(db, &author.user, guests, author.reaches.at(room))?;
    Ok(facts::may(actor, InRoom::Read, place.as_ref(), clock::now_ms()))
}

/// Whom somebody may let back into a room or have speak again, as far as it is not over by itself.
fn sentenced(
    db: &Connection,
    author: &Author,
    guests: Guests,
    room: &RoomKey,
    lift: ToPerson,
    limit: i64,
) -> rusqlite::Result<Vec<Sentence>> {
    let Some(place) = facts::place(db, room, &author.user)? else { return Ok(Vec::new()) };
    let actor = facts::actor(db, &author.user, guests, author.reaches.at(room))?;
    let now = clock::now_ms();
    // Anybody of those: what is lifted is decided anew, of whom it is then.
    let somebody = PersonFacts { me: false, role: Role::Guest, active: true, standing: Standing::default() };
    let lifting = decide(&actor, Action::Person(lift, &place.facts(now), &somebody));
    if lifting.is_err() && !author.server {
        return Ok(Vec::new());
    }
    let table = if lift == ToPerson::Unban { "bans" } else { "mutes" };
    let sql = format!(
        "SELECT s.user, coalesce(a.name, s.name) AS shown, s.until_ms, s.reason
         FROM {table} s LEFT JOIN accounts a ON a.user = s.user
         WHERE s.room = ?1 AND coalesce(s.until_ms > ?2, 1) ORDER BY lower(shown), s.user LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut found = statement.query(params![place.row, now, limit])?;
    let mut sentences = Vec::new();
    while let Some(row) = found.next()? {
        let Ok(user) = UserId::new(row.get_ref(0)?.as_str()?) else { continue };
        let until = row.get::<_, Option<i64>>(2)?.map(clock::rfc3339);
        if user != author.user {
            sentences.push(Sentence { user, name: row.get(1)?, until, reason: row.get(3)? });
        }
    }
    Ok(sentences)
}

fn look(
    db: &Connection,
    recents: &Recents,
    author: &Author,
    actor: Actor,
    key: &RoomKey,
) -> rusqlite::Result<Result<Sight, Denied>> {
    let actor = Actor { reach: author.reaches.at(key), ..actor };
    if *key == RoomKey::own(&author.user) {
        if let Err(denied) = decide(&actor, Action::Own) {
            return Ok(Err(denied));
        }
        let sight = |record| Sight {
            record,
            standing: None,
            read: None,
            unread: 0,
            mentions: 0,
            people: Vec::new(),
            pins: 0,
        };
        return Ok(own::record(db, key)?.map(sight).ok_or(Denied::NotThere));
    }
    let place = facts::place(db, key, &author.user)?;
    if let Err(denied) = facts::may(actor, InRoom::Read, place.as_ref(), clock::now_ms()) {
        return Ok(Err(denied));
    }
    let (Some(place), Some((_, mut record))) = (place, find_room(db, key)?) else {
        return Ok(Err(Denied::NotThere));
    };
    let people =
        if record.kind == RoomKind::Direct { others(db, place.row, &author.user)? } else { Vec::new() };
    if record.kind == RoomKind::Direct {
        record.title = people.iter().map(|person| person.name.as_str()).collect::<Vec<_>>().join(", ");
    }
    let read = own::read_of(db, &author.user, key)?;
    let standing = place.stand.role;
    let (mut unread, mut mentions) = (0, 0);
    // Whoever is no member and never read it is not behind.
    if let Some(after) = read.or(standing.map(|_| 0)).filter(|after| *after < record.head) {
        let after = after.max(record.first.saturating_sub(1));
        unread = recents.unread(db, (place.row, record.head), &author.user, after)?;
        mentions = mentions::count(db, place.row, &author.user, after)?;
    }
    let pins = state::pins(db, place.row)?;
    Ok(Ok(Sight { record, standing, read, unread, mentions, people, pins }))
}

/// The others in a direct conversation.
pub(super) fn others(db: &Connection, room: i64, user: &UserId) -> rusqlite::Result<Vec<User>> {
    let mut statement = db.prepare_cached(
        "SELECT m.user, coalesce(a.name, ''), a.role FROM members m LEFT JOIN accounts a ON a.user = m.user
         WHERE m.room = ?1 AND m.user <> ?2 ORDER BY m.user",
    )?;
    let mut people = Vec::new();
    let mut found = statement.query(params![room, user.as_str()])?;
    while let Some(row) = found.next()? {
        people.extend(someone(row, 0, 1, 2)?);
    }
    Ok(people)
}

/// Somebody in a row, by the numbers of its columns; a guest's name is not in the record.
fn someone(row: &Row<'_>, user: usize, name: usize, role: usize) -> rusqlite::Result<Option<User>> {
    let Ok(user) = UserId::new(row.get_ref(user)?.as_str()?) else { return Ok(None) };
    let role = row.get_ref(role)?.as_str_or_null()?;
    let guest = role.is_none();
    let role = role.map_or(Role::Guest, |role| Role::of_account(role).unwrap_or(Role::Other));
    let name: String = row.get(name)?;
    let name = if name.is_empty() { "guest".to_owned() } else { name };
    Ok(Some(User { user, name, guest, role, profile: Profile::default() }))
}
