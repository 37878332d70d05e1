//! What is done to messages that stand: texts changed, reactions, pins.

use protocol::error::{ErrorCode, Refusal};
use protocol::ids::Id;
use protocol::limits::{EMOJIS_PER_MESSAGE, PINS_PER_ROOM};
use protocol::messages::{Edit, Pin, React};
use protocol::server::Ack;
use rusqlite::{OptionalExtension, params};

use super::deed::{Deed, Done};
use super::facts::Place;
use super::kinds::{self, EDIT, PIN, PinBody, REACT, ReactBody};
use super::rows::{Extra, to_sql};
use super::said::{Found, Said, find};
use super::{mentions, state};
use crate::core::policy::{Action, InRoom, ToMessage};
use crate::store::deeds::Named;

/// Reactions on one message, of all people: whoever reads it gets them all.
pub(super) const REACTIONS: u32 = 2000;
/// Edits of one message: where it is deleted, the texts of all of them go at once.
pub(super) const EDITS: u32 = 1000;

/// Gives a message of the author's another text.
pub(in crate::store) fn edit(deed: &mut Deed<'_, '_, '_>, asked: &Edit, named: Named, id: &Id) -> Done<Ack> {
    deed.turn.leave_facts();
    let Edit { room, target, text, .. } = asked;
    let target = *target;
    let (place, said) = match find(deed, room, target, ToMessage::Edit, Some((id, EDIT, text)))? {
        Found::Done(ack) => return Ok(ack),
        Found::Said(place, said) => (place, said),
    };
    if text.trim().is_empty() && !said.has_files {
        return Err(Refusal::new(ErrorCode::Empty, "there is nothing in this message").into());
    }
    keep_pace(deed, &place, &said, asked)?;
    if state::has_edits_enough(deed.db(), (place.row, target), EDITS)? {
        let reason = format!("a message is edited at most {EDITS} times: say it anew");
        return Err(Refusal::new(ErrorCode::Forbidden, reason).into());
    }
    let Named { mentions, everyone, here } = named;
    let facts = place.facts(deed.now());
    let everyone = everyone.filter(|_| deed.permit_at(room, Action::Room(InRoom::Call, &facts)).is_ok());
    let named = Named { mentions: mentions.clone(), everyone, here };
    let extra = Extra { mentions, everyone };
    let stored = extra.stored();
    let told = |head: kinds::Head| head.edit(target, text.clone(), extra);
    let ack = deed.append_text(room, id, (EDIT, text, stored.as_deref()), target, told)?;
    state::edited(deed.db(), (place.row, target), &deed.author.user, id)?;
    mentions::put_anew(deed.db(), (place.row, target), &deed.author.user, &named)?;
    Ok(ack)
}

/// In a slow room a text stands for the room's pause before another one takes its place: to edit is to say it anew.
/// Owners and moderators are not held up.
fn keep_pace(deed: &Deed<'_, '_, '_>, place: &Place, said: &Said, asked: &Edit) -> Done<()> {
    let facts = place.facts(deed.now());
    if place.slow_s == 0 || deed.permit_at(&asked.room, Action::Room(InRoom::SetSlow, &facts)).is_ok() {
        return Ok(());
    }
    let edited: Option<i64> = deed
        .db()
        .prepare_cached(
            "SELECT e.timestamp_ms FROM message_state s JOIN events e ON e.n = s.edit
             WHERE s.room = ?1 AND s.seq = ?2",
        )?
        .query_row(params![place.row, to_sql(asked.target)], |row| row.get(0))
        .optional()?;
    let pause = i64::from(place.slow_s) * 1000;
    let left = (edited.unwrap_or(said.timestamp_ms) + pause).saturating_sub(deed.now());
    // A pause longer than the room's own is a clock that was set back.
    if left <= 0 || left > pause {
        return Ok(());
    }
    let reason = "this room is slow: wait before you change what you said";
    let refusal = Refusal::new(ErrorCode::RateLimited, reason);
    Err(refusal.with_retry_ms(u64::try_from(left).unwrap_or(0)).into())
}

/// Puts a reaction of the author's on a message, or takes it off. What is so already stays so, and is an event all the
/// same: each command has its place.
pub(in crate::store) fn react(deed: &mut Deed<'_, '_, '_>, asked: React, id: &Id) -> Done<Ack> {
    deed.turn.leave_facts();
    let React { room, target, emoji, on, .. } = asked;
    let body = ReactBody { emoji, on };
    let stored = kinds::body(&body);
    let place = match find(deed, &room, target, ToMessage::React, Some((id, REACT, &stored)))? {
        Found::Done(ack) => return Ok(ack),
        Found::Said(place, _) => place,
    };
    let at = (place.row, target);
    if on && state::has_emojis_enough(deed.db(), at, &body.emoji, EMOJIS_PER_MESSAGE)? {
        let reason = format!("a message has at most {EMOJIS_PER_MESSAGE} different reactions");
        return Err(Refusal::new(ErrorCode::BadEmoji, reason).into());
    }
    if on && state::has_reactions_enough(deed.db(), at, &deed.author.user, &body.emoji, REACTIONS)? {
        let reason = format!("a message has at most {REACTIONS} reactions");
        return Err(Refusal::new(ErrorCode::BadEmoji, reason).into());
    }
    let told = body.clone();
    let ack = deed.append(&room, id, REACT, &body, Some(target), |head| head.react(target, told))?;
    let user = &deed.author.user;
    if on {
        state::reacted(deed.db(), at, user, &body.emoji, ack.seq)?;
    } else {
        state::unreacted(deed.db(), at, user, &body.emoji)?;
    }
    Ok(ack)
}

/// Pins a message to its room, or takes it off.
pub(in crate::store) fn pin(deed: &mut Deed<'_, '_, '_>, asked: &Pin, id: &Id) -> Done<Ack> {
    deed.turn.leave_facts();
    let (room, target, body) = (&asked.room, asked.target, PinBody { on: asked.on });
    let place = match find(deed, room, target, ToMessage::Pin, Some((id, PIN, &kinds::body(&body))))? {
        Found::Done(ack) => return Ok(ack),
        Found::Said(place, _) => place,
    };
    let at = (place.row, target);
    if asked.on && !state::is_pinned(deed.db(), at)? && state::pins(deed.db(), place.row)? >= PINS_PER_ROOM {
        let reason = format!("a room has at most {PINS_PER_ROOM} pinned messages: take one off first");
        return Err(Refusal::new(ErrorCode::Forbidden, reason).into());
    }
    let ack = deed.append(room, id, PIN, &body, Some(target), |head| head.pin(target, body))?;
    if asked.on {
        state::pinned(deed.db(), at, ack.seq)?;
    } else {
        state::unpinned(deed.db(), at)?;
    }
    Ok(ack)
}
