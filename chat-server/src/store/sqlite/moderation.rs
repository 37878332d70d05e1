//! Messages taken out, and messages reported.

use protocol::error::{ErrorCode, Refusal};
use protocol::ids::{Id, RoomKey, Seq, UserId};
use protocol::rooms::Delete;
use protocol::server::Ack;
use rusqlite::{OptionalExtension, params};

use super::deed::{Deed, Done, Entry, Stop};
use super::facts::{self, Place};
use super::files;
use super::kinds::DELETE;
use super::rows::{self, to_sql};
use crate::core::policy::{Action, Denied, MessageFacts, ToMessage};

/// Reports of one user that wait to be looked at.
const WAITING: u32 = 50;

/// What there is to know of a message before something is done to it.
struct Said {
    user: UserId,
    sender: String,
    text: String,
}

/// Takes a message out: its text is gone from the record in the same transaction, and its place stays.
pub(in crate::store) fn delete(deed: &mut Deed<'_, '_, '_>, asked: &Delete, id: &Id) -> Done<Ack> {
    let (room, target) = (&asked.room, asked.target);
    let (place, said) = match find(deed, room, target, ToMessage::Delete, Some(id))? {
        Found::Done(ack) => return Ok(ack),
        Found::Said(place, said) => (place, said),
    };
    let db = deed.db();
    db.prepare_cached(&format!("UPDATE events SET text = '' WHERE {}", rows::AT_PLACE))?
        .execute(params![place.row, to_sql(target)])?;
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
            said.text,
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

enum Found {
    Said(Place, Said),
    /// The author has done this already.
    Done(Ack),
}

/// A message to which the author may do this. What is no message any more is refused as not found, but only to whom
/// the room is there.
fn find(
    deed: &Deed<'_, '_, '_>,
    room: &RoomKey,
    target: Seq,
    action: ToMessage,
    id: Option<&Id>,
) -> Done<Found> {
    let place = deed.look(room)?;
    let room_facts = facts::room_facts(place.as_ref(), deed.now());
    let nobodys = MessageFacts {
        own: action == ToMessage::Delete,
        author: protocol::people::Role::Guest,
        author_standing: crate::core::policy::Standing::default(),
    };
    if let Some(id) = id
        && let Some(ack) = deed.was_done(room, place.as_ref(), id, DELETE)?
    {
        return Ok(Found::Done(ack));
    }
    let Some(place) = place else {
        deed.permit_at(room, Action::Message(action, &room_facts, &nobodys))?;
        return Err(Denied::NotThere.into());
    };
    let sql = format!(
        "SELECT user, sender, text FROM events WHERE {} AND kind = 'message' AND (text <> '' OR files IS NOT NULL)",
        rows::AT_PLACE
    );
    let said: Option<(String, String, String)> = deed
        .db()
        .prepare_cached(&sql)?
        .query_row(params![place.row, to_sql(target)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((user, sender, text)) = said else {
        // As of one's own, of which most is allowed: whoever may not even that is told so instead.
        deed.permit_at(room, Action::Message(action, &room_facts, &nobodys))?;
        return Err(no_message());
    };
    let user = UserId::new(user).map_err(|_| no_message())?;
    let own = user == deed.author.user;
    let (author, _, _) = facts::target(deed.db(), &place, &user, own, deed.now())?;
    let message = MessageFacts { own, author: author.role, author_standing: author.standing };
    deed.permit_at(room, Action::Message(action, &room_facts, &message))?;
    Ok(Found::Said(place, Said { user, sender, text }))
}

fn no_message() -> Stop {
    Refusal::new(ErrorCode::NotFound, "there is no such message").into()
}
