//! Who owns a room when its last owner goes.
//!
//! A private room passes to its senior moderator, else to its senior member with an account; where there is none, it is
//! archived. A public one passes to its senior moderator, else to those who run the server, who own all public rooms
//! with their owners anyway.

use protocol::ids::{RoomKey, UserId};
use protocol::rooms::{MemberChange, RoomKind, RoomRole};
use rusqlite::{Connection, OptionalExtension, params};

use super::deed::{Deed, Done, Entry, Stop};
use super::facts::{self, Place};
use super::kinds::{CHANGED, ChangedBody, MEMBER};
use super::writer::Turn;
use super::{members, own};
use crate::store::deeds::Author;

/// Makes sure that a room has an owner.
pub(super) fn settle(deed: &mut Deed<'_, '_, '_>, place: &Place, room: &RoomKey) -> Done<()> {
    if place.kind == RoomKind::Direct || has_owner(deed.db(), place.row)? {
        return Ok(());
    }
    let lowest = if place.kind == RoomKind::Public { "moderator" } else { "member" };
    let heir: Option<(String, String)> = deed
        .db()
        .prepare_cached(
            "SELECT m.user, a.name FROM members m JOIN accounts a ON a.user = m.user AND a.active
             WHERE m.room = ?1 AND m.role IN ('moderator', ?2)
             ORDER BY m.role = 'moderator' DESC, m.since_ms, m.user LIMIT 1",
        )?
        .query_row(params![place.row, lowest], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((heir, name)) = heir
        && let Ok(heir) = UserId::new(heir)
    {
        deed.turn.change(room, Some(&heir));
        deed.db().execute(
            "UPDATE members SET role = 'owner' WHERE room = ?1 AND user = ?2",
            params![place.row, heir.as_str()],
        )?;
        let body = members::member(&heir, name, MemberChange::Role, Some(RoomRole::Owner));
        deed.append_by_server(room, MEMBER, &body.clone(), |head| head.member(body))?;
        let detail = Some("the last owner went");
        deed.audit(Entry { action: "role", room: Some(room), who: Some(&heir), target: None, detail })?;
    } else if place.kind == RoomKind::Private && !place.archived {
        deed.turn.change(room, None);
        deed.db().execute("UPDATE rooms SET archived = 1 WHERE id = ?1", [place.row])?;
        let body = ChangedBody { archived: Some(true), ..ChangedBody::default() };
        deed.append_by_server(room, CHANGED, &body.clone(), |head| head.changed(body))?;
        let detail = Some("nobody is left to own it");
        deed.audit(Entry { action: "archive", room: Some(room), who: None, target: None, detail })?;
    }
    Ok(())
}

/// Somebody's account is no longer active: what they owned alone passes on. They stay what else they were.
pub(in crate::store) fn departed(turn: &mut Turn<'_, '_>, user: &UserId) -> rusqlite::Result<()> {
    let author = Author::server();
    let passed_on = pass_on(&mut Deed::by_server(turn, &author), user);
    match passed_on {
        Err(Stop::Failed(error)) => Err(error),
        // Nothing is refused to the server.
        Ok(()) | Err(Stop::Refused(_)) => Ok(()),
    }
}

fn pass_on(deed: &mut Deed<'_, '_, '_>, user: &UserId) -> Done<()> {
    let rooms: Vec<String> = deed
        .db()
        .prepare_cached(
            "SELECT r.key FROM members m JOIN rooms r ON r.id = m.room WHERE m.user = ?1 AND m.role = 'owner'",
        )?
        .query_map([user.as_str()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for key in rooms {
        let Ok(room) = RoomKey::new(key) else { continue };
        let Some(place) = facts::place(deed.db(), &room, user)? else { continue };
        if has_owner(deed.db(), place.row)? {
            continue;
        }
        deed.turn.change(&room, Some(user));
        deed.db().execute(
            "UPDATE members SET role = 'member' WHERE room = ?1 AND user = ?2",
            params![place.row, user.as_str()],
        )?;
        own::joined(deed, &room, user, None)?;
        settle(deed, &place, &room)?;
    }
    Ok(())
}

/// Whether somebody whose account is active owns a room.
fn has_owner(db: &Connection, room: i64) -> rusqlite::Result<bool> {
    db.prepare_cached(
        "SELECT 1 FROM members m JOIN accounts a ON a.user = m.user AND a.active
         WHERE m.room = ?1 AND m.role = 'owner'",
    )?
    .exists([room])
}

/// Whether somebody else whose account is active owns a room.
pub(super) fn has_other_owner(db: &Connection, room: i64, than: &UserId) -> rusqlite::Result<bool> {
    db.prepare_cached(
        "SELECT 1 FROM members m JOIN accounts a ON a.user = m.user AND a.active
         WHERE m.room = ?1 AND m.role = 'owner' AND m.user <> ?2",
    )?
    .exists(params![room, than.as_str()])
}
