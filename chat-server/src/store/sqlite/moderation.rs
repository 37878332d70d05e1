//! Messages taken out, and messages reported.

use protocol::error::{ErrorCode, Refusal};
use protocol::ids::{Id, RoomKey, Seq};
use protocol::rooms::Delete;
use protocol::server::Ack;
use rusqlite::{OptionalExtension, params};

use super::deed::{Deed, Done, Entry};
use super::files;
use super::folded;
use super::kinds::{self, DELETE};
use super::rows::{self, to_sql};
use super::said::{Found, find};
use super::state;
use crate::core::policy::{Action, ToMessage};

/// Reports of one user that wait to be looked at.
const WAITING: u32 = 50;

/// Takes a message out: its text is gone from the record in the same transaction, and its place stays.
pub(in crate::store) fn delete(deed: &mut Deed<'_, '_, '_>, asked: &Delete, id: &Id) -> Done<Ack> {
    deed.turn.leave_facts();
    let (room, target) = (&asked.room, asked.target);
    let body = kinds::body(&());
    let (place, said) = match find(deed, room, target, ToMessage::Delete, Some((id, DELETE, &body)))? {
        Found::Done(ack) => return Ok(ack),
        Found::Said(place, said) => (place, said),
    };
    let db = deed.db();
    state::deleted(db, (place.row, target))?;
    files::unbind(db, place.row, target)?;
    db.prepare_cached("UPDATE reports SET text = '' WHERE room = ?1 AND target = ?2")?
        .execute(params![place.row, to_sql(target)])?;
    let ack = deed.append(room, id, DELETE, &(), Some(target), |head| head.delete(target))?;
    if said.user != deed.author.user {
        let (room, who) = (Some(room), Some(&said.user));
        deed.audit(Entry { action: "delete", room, who, target: Some(target), detail: None })?;
    }
    Ok(ack)
}

/// Keeps what somebody tells of a message; once per message and person.
pub(in crate::store) fn report(
    deed: &mut Deed<'_, '_, '_>,
    room: &RoomKey,
    target: Seq,
    reason: &str,
) -> Done<()> {
    deed.turn.leave_facts();
    let Found::Said(place, said) = find(deed, room, target, ToMessage::Report, None)? else { return Ok(()) };
    let text = folded::text(deed.db(), place.row, target)?.unwrap_or(said.text);
    let (user, sender) = (deed.author.user.as_str(), &*deed.author.name);
    let waiting: u32 = deed
        .db()
        .prepare_cached("SELECT count(*) FROM reports WHERE user = ?1 AND NOT resolved")?
        .query_row([user], |row| row.get(0))?;
    if waiting >= WAITING {
        let reason = "your other reports are looked at first";
        return Err(Refusal::new(ErrorCode::RateLimited, reason).with_retry_ms(60_000).into());
    }
    deed.db()
        .prepare_cached(
            "INSERT INTO reports (ms, user, sender, reason, room, target, text, who, name)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (room, target, user) DO NOTHING",
        )?
        .execute(params![
            deed.now(),
            user,
            sender,
            reason,
            place.row,
            to_sql(target),
            text,
            said.user.as_str(),
            said.sender,
        ])?;
    Ok(())
}

/// A report needs nothing more.
pub(in crate::store) fn resolve(deed: &mut Deed<'_, '_, '_>, report: u64) -> Done<()> {
    deed.turn.leave_facts();
    deed.permit(Action::Reports)?;
    let found: Option<(String, i64)> = deed
        .db()
        .prepare_cached(
            "UPDATE reports SET resolved = 1 WHERE n = ?1
             RETURNING (SELECT key FROM rooms WHERE id = reports.room), target",
        )?
        .query_row([to_sql(report)], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((room, target)) = found else {
        return Err(Refusal::new(ErrorCode::NotFound, "there is no such report").into());
    };
    let (room, target) = (RoomKey::new(room).ok(), Some(rows::from_sql(target)));
    deed.audit(Entry { action: "resolve", room: room.as_ref(), target, ..Entry::default() })?;
    Ok(())
}
