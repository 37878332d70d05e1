//! Who is in which room, as what: joining, leaving, and what moderators and owners decide.

use protocol::error::{ErrorCode, Refusal};
use protocol::ids::{Id, RoomKey, UserId};
use protocol::limits::INVITATIONS;
use protocol::people::Role;
use protocol::rooms::{MemberChange, Moderate, RoomKind, RoomRole, SetRole};
use rusqlite::params;

use super::deed::{Deed, Done, Entry, nobody};
use super::facts::{self, Place, Sentence, Stand};
use super::kinds::{MEMBER, MemberBody};
use super::{clock, own, succession};
use crate::core::policy::{Action, Denied, InRoom, ToPerson};
use crate::store::Cut;
use crate::store::deeds::Measure;

/// The longest that a ban or mute lasts, if it does not last for ever: a hundred years, in seconds.
const LONGEST_S: u64 = 100 * 366 * 24 * 3600;

/// The author is in a room from now on. Being in a public one is stored only for accounts.
pub(in crate::store) fn join(deed: &mut Deed<'_, '_, '_>, room: &RoomKey, id: &Id) -> Done<()> {
    deed.turn.leave_facts();
    let place = deed.enter(room, InRoom::Join)?;
    let user = deed.author.user.clone();
    let is_stored = place.kind != RoomKind::Public || !deed.author.guest;
    if place.stand.role.is_some() || !is_stored {
        return Ok(());
    }
    add(deed, &place, room, &user, RoomRole::Member)?;
    if place.kind == RoomKind::Public {
        return Ok(());
    }
    let name = deed.author.name.to_string();
    let body = member(&user, name, MemberChange::Joined, Some(RoomRole::Member));
    deed.append(room, id, MEMBER, &body.clone(), None, |head| head.member(body))?;
    Ok(())
}

/// Makes somebody a member, and ends an invitation.
pub(super) fn add(
    deed: &mut Deed<'_, '_, '_>,
    place: &Place,
    room: &RoomKey,
    user: &UserId,
    role: RoomRole,
) -> Done<()> {
    deed.turn.change(room, Some(user));
    deed.db()
        .prepare_cached(
            "INSERT INTO members (room, user, role, since_ms) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (room, user) DO UPDATE SET role = ?3",
        )?
        .execute(params![place.row, user.as_str(), role.as_str(), deed.now()])?;
    withdraw(deed, place, room, user)?;
    own::joined(deed, room, user, None)?;
    Ok(())
}

/// Ends an invitation; whether there was one.
fn withdraw(deed: &mut Deed<'_, '_, '_>, place: &Place, room: &RoomKey, user: &UserId) -> Done<bool> {
    let ended = deed
        .db()
        .prepare_cached("DELETE FROM invitations WHERE room = ?1 AND user = ?2")?
        .execute(params![place.row, user.as_str()])?;
    if ended > 0 {
        deed.turn.change(room, Some(user));
        own::invitation_over(deed, room, user)?;
    }
    Ok(ended > 0)
}

/// The author is in a room no more.
pub(in crate::store) fn leave(deed: &mut Deed<'_, '_, '_>, room: &RoomKey, id: &Id) -> Done<()> {
    deed.turn.leave_facts();
    let place = deed.enter(room, InRoom::Leave)?;
    let user = deed.author.user.clone();
    withdraw(deed, &place, room, &user)?;
    let Some(role) = place.stand.role else { return Ok(()) };
    remove(deed, &place, room, &user, None)?;
    if place.kind != RoomKind::Public || role.rank() > RoomRole::Member.rank() {
        let name = deed.author.name.to_string();
        let body = member(&user, name, MemberChange::Left, None);
        let ack = deed.append(room, id, MEMBER, &body.clone(), None, |head| head.member(body))?;
        if place.kind != RoomKind::Public {
            // In a public room one's other devices are told, and leave it by themselves.
            deed.turn.cut(Cut::Room { user, room: room.clone(), at: ack.seq });
        }
    }
    if place.kind == RoomKind::Direct {
        // It goes on without them, and who they were with is no longer its name.
        deed.turn.change(room, None);
        deed.db().execute("UPDATE rooms SET people = NULL WHERE id = ?1", [place.row])?;
    }
    if role == RoomRole::Owner {
        succession::settle(deed, &place, room)?;
    }
    Ok(())
}

/// Takes somebody's membership away and tells them, with the reason where they were put out.
fn remove(
    deed: &mut Deed<'_, '_, '_>,
    place: &Place,
    room: &RoomKey,
    user: &UserId,
    why: Option<&MemberBody>,
) -> Done<()> {
    deed.turn.change(room, Some(user));
    deed.db()
        .prepare_cached("DELETE FROM members WHERE room = ?1 AND user = ?2")?
        .execute(params![place.row, user.as_str()])?;
    own::left(deed, room, user, why)
}

/// The author does not take an invitation.
pub(in crate::store) fn decline(deed: &mut Deed<'_, '_, '_>, room: &RoomKey) -> Done<()> {
    deed.turn.leave_facts();
    let place = deed.enter(room, InRoom::Decline)?;
    let user = deed.author.user.clone();
    withdraw(deed, &place, room, &user)?;
    Ok(())
}

/// Does something to somebody in a room.
pub(in crate::store) fn moderate(
    deed: &mut Deed<'_, '_, '_>,
    measure: Measure,
    asked: &Moderate,
    name: Option<String>,
    id: &Id,
) -> Done<()> {
    deed.turn.leave_facts();
    let action = match measure {
        Measure::Invite => ToPerson::Invite,
        Measure::Kick => ToPerson::Kick,
        Measure::Ban => ToPerson::Ban,
        Measure::Unban => ToPerson::Unban,
        Measure::Mute => ToPerson::Mute,
        Measure::Unmute => ToPerson::Unmute,
    };
    let room = &asked.room;
    let Some((place, stand, known)) = face(deed, room, &asked.user, action, name, id)? else {
        return Ok(());
    };
    let until_ms = asked.for_s.map(|seconds| {
        let ms = i64::try_from(seconds.min(LONGEST_S) * 1000).unwrap_or(i64::MAX);
        deed.now().saturating_add(ms)
    });
    let change = match measure {
        Measure::Invite => return invite(deed, &place, stand, room, &asked.user),
        Measure::Kick => MemberChange::Kicked,
        Measure::Ban => MemberChange::Banned,
        Measure::Unban => MemberChange::Unbanned,
        Measure::Mute => MemberChange::Muted,
        Measure::Unmute => MemberChange::Unmuted,
    };
    let body = MemberBody {
        until: until_ms.filter(|_| matches!(measure, Measure::Ban | Measure::Mute)).map(clock::rfc3339),
        reason: asked.reason.clone(),
        ..member(&asked.user, known, change, None)
    };
    let changed = apply(deed, &place, stand, room, (measure, until_ms), &body)?;
    if !changed {
        return Ok(());
    }
    let ack = deed.append(room, id, MEMBER, &body.clone(), None, |head| head.member(body.clone()))?;
    if matches!(measure, Measure::Kick | Measure::Ban) {
        deed.turn.cut(Cut::Room { user: asked.user.clone(), room: room.clone(), at: ack.seq });
    }
    let detail = match (&body.until, &body.reason) {
        (Some(until), Some(reason)) => Some(format!("until {until}: {reason}")),
        (Some(until), None) => Some(format!("until {until}")),
        (None, reason) => reason.clone(),
    };
    let (room, who) = (Some(room), Some(&asked.user));
    deed.audit(Entry { action: action_word(measure), room, who, detail: detail.as_deref(), target: None })?;
    if stand.role == Some(RoomRole::Owner) && matches!(measure, Measure::Kick | Measure::Ban) {
        succession::settle(deed, &place, &asked.room)?;
    }
    Ok(())
}

/// Writes what a measure changes; whether it changed anything.
fn apply(
    deed: &mut Deed<'_, '_, '_>,
    place: &Place,
    stand: Stand,
    room: &RoomKey,
    (measure, until_ms): (Measure, Option<i64>),
    body: &MemberBody,
) -> Done<bool> {
    let (who, now) = (&body.who, deed.now());
    deed.turn.change(room, Some(who));
    let set = |deed: &Deed<'_, '_, '_>, table: &str| -> rusqlite::Result<()> {
        let sql = format!(
            "INSERT OR REPLACE INTO {table} (room, user, until_ms, name, reason) VALUES (?1, ?2, ?3, ?4, ?5)"
        );
        let values = params![place.row, who.as_str(), until_ms, body.name, body.reason];
        deed.db().prepare_cached(&sql)?.execute(values).map(drop)
    };
    let lift = |deed: &Deed<'_, '_, '_>, table: &str, sentence: Sentence| -> rusqlite::Result<bool> {
        let sql = format!("DELETE FROM {table} WHERE room = ?1 AND user = ?2");
        deed.db().prepare_cached(&sql)?.execute(params![place.row, who.as_str()])?;
        Ok(sentence.holds(now))
    };
    match measure {
        Measure::Invite => Ok(false),
        Measure::Kick | Measure::Ban => {
            let invited = withdraw(deed, place, room, who)?;
            let is_there = stand.role.is_some() || place.kind == RoomKind::Public;
            if measure == Measure::Ban {
                set(deed, "bans")?;
            }
            if is_there {
                remove(deed, place, room, who, Some(body))?;
            }
            Ok(measure == Measure::Ban || is_there || invited)
        }
        Measure::Unban => Ok(lift(deed, "bans", stand.ban)?),
        Measure::Mute => {
            set(deed, "mutes")?;
            Ok(true)
        }
        Measure::Unmute => Ok(lift(deed, "mutes", stand.mute)?),
    }
}

fn invite(
    deed: &mut Deed<'_, '_, '_>,
    place: &Place,
    stand: Stand,
    room: &RoomKey,
    who: &UserId,
) -> Done<()> {
    if stand.role.is_some() || stand.invited || own::has_blocked(deed.db(), who, &deed.author.user)? {
        // Nobody learns that they are hidden from somebody.
        return Ok(());
    }
    let waiting: u32 = deed
        .db()
        .prepare_cached("SELECT count(*) FROM invitations WHERE user = ?1")?
        .query_row([who.as_str()], |row| row.get(0))?;
    if waiting >= INVITATIONS {
        let reason = "too many invitations wait for this person already";
        return Err(Refusal::new(ErrorCode::Forbidden, reason).into());
    }
    deed.turn.change(room, Some(who));
    deed.db()
        .prepare_cached("INSERT INTO invitations (room, user, ms) VALUES (?1, ?2, ?3)")?
        .execute(params![place.row, who.as_str(), deed.now()])?;
    own::invited(deed, room, who)
}

/// Gives somebody another role in a room.
pub(in crate::store) fn set_role(
    deed: &mut Deed<'_, '_, '_>,
    asked: &SetRole,
    name: Option<String>,
    id: &Id,
) -> Done<()> {
    deed.turn.leave_facts();
    let (room, who) = (&asked.room, &asked.user);
    let Some((place, stand, known)) = face(deed, room, who, ToPerson::SetRole(asked.role), name, id)? else {
        return Ok(());
    };
    if stand.role == Some(asked.role) {
        return Ok(());
    }
    let steps_down = stand.role == Some(RoomRole::Owner);
    if steps_down && !succession::has_other_owner(deed.db(), place.row, who)? {
        return Err(
            Refusal::new(ErrorCode::LastOwner, "there is always an owner: make another one first").into()
        );
    }
    if stand.role.is_none() && asked.role == RoomRole::Member {
        return Ok(());
    }
    add(deed, &place, room, who, asked.role)?;
    let body = member(who, known, MemberChange::Role, Some(asked.role));
    deed.append(room, id, MEMBER, &body.clone(), None, |head| head.member(body))?;
    let detail = Some(asked.role.as_str());
    deed.audit(Entry { action: "role", room: Some(room), who: Some(who), detail, target: None })?;
    Ok(())
}

/// A room and somebody in it, to whom the author may do this; refused where nobody knows them. With their name.
/// `None` where the author has done it already.
fn face(
    deed: &Deed<'_, '_, '_>,
    room: &RoomKey,
    who: &UserId,
    action: ToPerson,
    name: Option<String>,
    id: &Id,
) -> Done<Option<(Place, Stand, String)>> {
    let place = deed.look(room)?;
    if deed.was_done(room, place.as_ref(), id, MEMBER)?.is_some() {
        return Ok(None);
    }
    let me = *who == deed.author.user;
    let nowhere = Place { row: 0, ..absent() };
    let (facts, person, stand) =
        facts::target(deed.db(), place.as_ref().unwrap_or(&nowhere), who, me, deed.now())?;
    let room_facts = facts::room_facts(place.as_ref(), deed.now());
    deed.permit_at(room, Action::Person(action, &room_facts, &facts))?;
    let Some(place) = place else { return Err(Denied::NotThere.into()) };
    let is_guest = person.role == Role::Guest;
    let known = !is_guest || name.is_some() || stand != Stand::default();
    let name = person.name.or(name).unwrap_or_else(|| "guest".to_owned());
    if known { Ok(Some((place, stand, name))) } else { Err(nobody()) }
}

/// Stands for a room that is not there, of which policy knows nothing.
fn absent() -> Place {
    Place {
        row: 0,
        kind: RoomKind::Private,
        announce: false,
        slow_s: 0,
        archived: false,
        lobby: false,
        pair: false,
        stand: Stand::default(),
    }
}

pub(super) fn member(who: &UserId, name: String, change: MemberChange, role: Option<RoomRole>) -> MemberBody {
    MemberBody { who: who.clone(), name, change, role, until: None, reason: None }
}

fn action_word(measure: Measure) -> &'static str {
    match measure {
        Measure::Invite => "invite",
        Measure::Kick => "kick",
        Measure::Ban => "ban",
        Measure::Unban => "unban",
        Measure::Mute => "mute",
        Measure::Unmute => "unmute",
    }
}
