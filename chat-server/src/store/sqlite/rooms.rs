//! What rooms there are, and how they are used.

use std::collections::{BTreeSet, HashMap};

use protocol::error::{ErrorCode, Refusal};
use protocol::ids::{Id, RoomKey, UserId};
use protocol::limits::{
    CONVERSATIONS, DIRECT_PEOPLE, ROOMS_MADE, ROOMS_MADE_BY_GUEST, SLOW_SECONDS, TITLE_CHARS, TOPIC_CHARS,
};
use protocol::names;
use protocol::rooms::{Change, MemberChange, RoomKind, RoomRole};
use rusqlite::{Connection, OptionalExtension, params};

use super::deed::{Deed, Done, Entry, nobody};
use super::facts::{self, Place};
use super::kinds::{CHANGED, ChangedBody, MEMBER};
use super::{members, own, reader, seen};
use crate::core::policy::{Action, Denied, InRoom};
use crate::store::deeds::NewRoom;

/// Makes a room, whose owner the author is, if they have an account.
pub(in crate::store) fn make(deed: &mut Deed<'_, '_, '_>, room: &NewRoom, id: &Id) -> Done<()> {
    deed.turn.leave_facts();
    let is_public = room.kind == RoomKind::Public;
    deed.permit(if is_public { Action::CreatePublic } else { Action::CreatePrivate })?;
    let key = &room.key;
    if let Some((_, record)) = reader::find_room(deed.db(), key)? {
        let reason = format!("the room {} exists: join it", record.key);
        return Err(Refusal::new(ErrorCode::RoomExists, reason).with_room(Some(record.key)).into());
    }
    let skeleton = names::skeleton(key.as_str());
    if let Some(alike) = look_alike(deed, &skeleton, None)? {
        return Err(looks_like(alike));
    }
    let title = checked(&room.title, TITLE_CHARS, "a title")?;
    let topic = room.topic.as_deref().map(topic_of).transpose()?.filter(|topic| !topic.is_empty());
    let kind = if is_public { "public" } else { "private" };
    check_quota(deed, false)?;
    insert(deed, key, &skeleton, &title, kind, topic.as_deref(), None)?;
    if deed.author.guest || deed.author.server {
        return Ok(());
    }
    let place = deed.look(key)?.ok_or(Denied::NotThere)?;
    let user = deed.author.user.clone();
    members::add(deed, &place, key, &user, RoomRole::Owner)?;
    if !is_public {
        let name = deed.author.name.to_string();
        let body = members::member(&user, name, MemberChange::Joined, Some(RoomRole::Owner));
        deed.append(key, id, MEMBER, &body.clone(), None, |head| head.member(body))?;
    }
    Ok(())
}

fn insert(
    deed: &mut Deed<'_, '_, '_>,
    key: &RoomKey,
    skeleton: &str,
    title: &str,
    kind: &str,
    topic: Option<&str>,
    people: Option<&str>,
) -> rusqlite::Result<()> {
    deed.turn.change(key, None);
    let creator = (!deed.author.server).then_some(deed.author.user.as_str());
    deed.db()
        .prepare_cached(
            "INSERT INTO rooms (key, skeleton, title, kind, topic, people, creator, created_ms, used_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
        )?
        .execute(params![key.as_str(), skeleton, title, kind, topic, people, creator, deed.now()])?;
    Ok(())
}

/// Whether the author may make one more room, or open one more conversation.
fn check_quota(deed: &Deed<'_, '_, '_>, direct: bool) -> Done<()> {
    if deed.author.server {
        return Ok(());
    }
    let made: u32 = deed
        .db()
        .prepare_cached("SELECT count(*) FROM rooms WHERE creator = ?1 AND (kind = 'direct') = ?2")?
        .query_row(params![deed.author.user.as_str(), direct], |row| row.get(0))?;
    let most = if deed.author.guest { ROOMS_MADE_BY_GUEST } else { ROOMS_MADE };
    if made < most {
        return Ok(());
    }
    let reason = format!("you have made {most} rooms, and nobody makes more");
    Err(Refusal::new(ErrorCode::TooManyRooms, reason).into())
}

/// The room that something looks like, other than `but`.
fn look_alike(
    deed: &Deed<'_, '_, '_>,
    skeleton: &str,
    but: Option<i64>,
) -> rusqlite::Result<Option<RoomKey>> {
    let key: Option<String> = deed
        .db()
        .prepare_cached("SELECT key FROM rooms WHERE skeleton = ?1 AND id IS NOT ?2")?
        .query_row(params![skeleton, but], |row| row.get(0))
        .optional()?;
    // A key that is none cannot be told; it is still taken.
    Ok(key.map(|key| RoomKey::new(key).unwrap_or_else(|_| RoomKey::lobby())))
}

fn looks_like(key: RoomKey) -> super::deed::Stop {
    let reason = format!("this looks like the room {key}, which exists");
    Refusal::new(ErrorCode::RoomExists, reason).with_room(Some(key)).into()
}

/// The conversation of these people with the author; made where there is none.
pub(in crate::store) fn open_direct(
    deed: &mut Deed<'_, '_, '_>,
    users: Vec<UserId>,
    names: &HashMap<UserId, String>,
    key: &RoomKey,
) -> Done<RoomKey> {
    deed.turn.leave_facts();
    let mut people: BTreeSet<UserId> = users.into_iter().collect();
    people.insert(deed.author.user.clone());
    if !(2..=DIRECT_PEOPLE).contains(&people.len()) {
        let reason = format!("a direct conversation has 2 to {DIRECT_PEOPLE} people");
        return Err(Refusal::new(ErrorCode::BadFrame, reason).into());
    }
    deed.permit(Action::OpenDirect { active: true })?;
    let mut named = Vec::new();
    for user in &people {
        let person = facts::person(deed.db(), user)?;
        let name = match person.name.filter(|_| person.active).or_else(|| names.get(user).cloned()) {
            Some(name) => name,
            None if *user == deed.author.user => deed.author.name.to_string(),
            None => return Err(nobody()),
        };
        named.push((user.clone(), name));
    }
    let set = people.iter().map(UserId::as_str).collect::<Vec<_>>().join(" ");
    let known: Option<String> = deed
        .db()
        .prepare_cached("SELECT key FROM rooms WHERE people = ?1")?
        .query_row([&set], |row| row.get(0))
        .optional()?;
    if let Some(known) = known {
        let room = RoomKey::new(known).map_err(|_| Denied::NotThere)?;
        own::show(deed, &room)?;
        return Ok(room);
    }
    check_quota(deed, true)?;
    for (user, _) in &named {
        if has_no_room(deed.db(), user)? {
            let reason = "one of these people is in too many conversations already";
            return Err(Refusal::new(ErrorCode::TooManyRooms, reason).into());
        }
    }
    insert(deed, key, &names::skeleton(key.as_str()), "", "direct", None, Some(&set))?;
    let place = deed.look(key)?.ok_or(Denied::NotThere)?;
    for (user, _) in &named {
        // Nobody learns that they are hidden from somebody, who learns nothing of the conversation.
        let hidden = own::has_blocked(deed.db(), user, &deed.author.user)?;
        deed.db()
            .prepare_cached(
                "INSERT INTO members (room, user, role, since_ms, hidden) VALUES (?1, ?2, 'member', ?3, ?4)",
            )?
            .execute(params![place.row, user.as_str(), deed.now(), hidden])?;
        if hidden {
            continue;
        }
        let others = named.iter().filter(|(other, _)| other != user).map(|(_, name)| name.as_str());
        let others = others.collect::<Vec<_>>().join(", ");
        own::joined(deed, key, user, Some(others))?;
    }
    Ok(key.clone())
}

/// Whether somebody is in as many conversations as one can be.
fn has_no_room(db: &Connection, user: &UserId) -> rusqlite::Result<bool> {
    let count: u32 = db
        .prepare_cached(
            "SELECT count(*) FROM members m JOIN rooms r ON r.id = m.room WHERE m.user = ?1 AND r.kind = 'direct'",
        )?
        .query_row([user.as_str()], |row| row.get(0))?;
    Ok(count >= CONVERSATIONS)
}

/// Changes a room.
pub(in crate::store) fn change(deed: &mut Deed<'_, '_, '_>, asked: &Change, id: &Id) -> Done<()> {
    deed.turn.leave_facts();
    let room = &asked.room;
    let place = deed.look(room)?;
    let facts = facts::room_facts(place.as_ref(), deed.now());
    let wanted = [
        (asked.title.is_some(), InRoom::SetTitle),
        (asked.topic.is_some(), InRoom::SetTopic),
        (asked.slow_s.is_some(), InRoom::SetSlow),
        (asked.announce.is_some(), InRoom::SetAnnounce),
        (asked.archived.is_some(), InRoom::Archive),
        (asked.seen.is_some(), InRoom::SetSeen),
    ];
    // One that changes nothing still tells nothing of what may not be seen.
    deed.permit_at(room, Action::Room(InRoom::Read, &facts))?;
    if deed.was_done(room, place.as_ref(), id, CHANGED)?.is_some() {
        return Ok(());
    }
    for (_, action) in wanted.into_iter().filter(|(is_wanted, _)| *is_wanted) {
        deed.permit_at(room, Action::Room(action, &facts))?;
    }
    let place = place.ok_or(Denied::NotThere)?;
    let body = difference(deed, &place, asked)?;
    if body == ChangedBody::default() {
        return Ok(());
    }
    deed.turn.change(room, None);
    deed.db()
        .prepare_cached(
            "UPDATE rooms SET title = coalesce(?2, title), topic = nullif(coalesce(?3, topic), ''),
                    slow_s = coalesce(?4, slow_s), announce = coalesce(?5, announce),
                    archived = coalesce(?6, archived), seen = coalesce(?7, seen)
             WHERE id = ?1",
        )?
        .execute(params![
            place.row,
            body.title,
            body.topic,
            body.slow_s,
            body.announce,
            body.archived,
            body.seen
        ])?;
    if body.seen == Some(false) {
        seen::forget(deed.db(), place.row)?;
    }
    let detail = super::kinds::body(&body);
    let action = match body.archived {
        Some(true) => "archive",
        Some(false) => "unarchive",
        None => "change",
    };
    deed.append(room, id, CHANGED, &body.clone(), None, |head| head.changed(body))?;
    deed.audit(Entry { action, room: Some(room), detail: Some(&detail), ..Entry::default() })?;
    Ok(())
}

/// What of a change is one, checked.
fn difference(deed: &Deed<'_, '_, '_>, place: &Place, asked: &Change) -> Done<ChangedBody> {
    let record =
        reader::find_room(deed.db(), &asked.room)?.map(|(_, record)| record).ok_or(Denied::NotThere)?;
    let title = asked.title.as_deref().map(|title| checked(title, TITLE_CHARS, "a title")).transpose()?;
    let title = title.filter(|title| *title != record.title);
    if let Some(title) = title.as_deref().filter(|_| place.kind == RoomKind::Public)
        && let Some(alike) = look_alike(deed, &names::skeleton(title), Some(place.row))?
    {
        return Err(looks_like(alike));
    }
    let topic = asked.topic.as_deref().map(topic_of).transpose()?;
    let slow_s = asked.slow_s.filter(|&slow_s| slow_s != record.rules.slow_s);
    if slow_s.is_some_and(|slow_s| slow_s > SLOW_SECONDS) {
        let reason = format!("the pause is at most {SLOW_SECONDS} seconds");
        return Err(Refusal::new(ErrorCode::BadFrame, reason).into());
    }
    Ok(ChangedBody {
        title,
        topic: topic.filter(|topic| *topic != record.topic.unwrap_or_default()),
        announce: asked.announce.filter(|&announce| announce != record.rules.announce),
        slow_s,
        archived: asked.archived.filter(|&archived| archived != record.rules.archived),
        seen: asked.seen.filter(|&seen| seen != record.rules.seen),
    })
}

/// One line of so many characters, trimmed.
fn checked(text: &str, most: usize, what: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control);
    if fits {
        return Ok(text.to_owned());
    }
    Err(Refusal::new(ErrorCode::BadName, format!("{what} is one line of 1 to {most} characters")))
}

/// A topic may be empty.
fn topic_of(text: &str) -> Result<String, Refusal> {
    if text.trim().is_empty() { Ok(String::new()) } else { checked(text, TOPIC_CHARS, "a topic") }
}
