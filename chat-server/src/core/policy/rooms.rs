//! What may be done in rooms.

use protocol::people::{Guests, Role};
use protocol::rooms::{RoomKind, RoomRole};

use super::{
    Actor, Denied, InRoom, MessageFacts, PersonFacts, RoomFacts, Standing, ToMessage, ToPerson, allow,
};

/// Keeps order.
const MODERATOR: u8 = 2;
/// Decides about the room.
const OWNER: u8 = 3;

/// What somebody counts for in a room. Those who run the server own the public rooms with their owners; in private
/// ones they are what everybody is.
fn rank(kind: RoomKind, role: Role, standing: Standing) -> u8 {
    let by_server = match (kind, role) {
        (RoomKind::Public, Role::Owner | Role::Admin) => OWNER,
        (RoomKind::Public, Role::Moderator) => MODERATOR,
        _ => 0,
    };
    let by_room = standing.role.map_or(0, RoomRole::rank);
    // Whoever has no account is never more than a member.
    let most = if role >= Role::Member { OWNER } else { 1 };
    by_room.min(most).max(by_server)
}

/// Whether the room is there for the actor, and is reached by what they proved.
fn see(actor: &Actor, room: &RoomFacts) -> Result<(), Denied> {
    let there = match room.kind {
        RoomKind::Public => true,
        RoomKind::Private => room.standing.role.is_some() || room.standing.invited,
        RoomKind::Direct => room.standing.role.is_some(),
        RoomKind::Other => false,
    };
    if there && actor.reach.here { Ok(()) } else { Err(Denied::NotThere) }
}

/// Whether the actor may know what is in the room.
fn read(actor: &Actor, room: &RoomFacts) -> Result<(), Denied> {
    see(actor, room)?;
    if room.standing.banned {
        return Err(if room.kind == RoomKind::Public { Denied::Banned } else { Denied::NotThere });
    }
    if room.kind != RoomKind::Public && room.standing.role.is_none() {
        return Err(Denied::NotThere);
    }
    allow(actor.reach.read)
}

/// Whether the actor may change what is in the room.
fn write(actor: &Actor, room: &RoomFacts) -> Result<(), Denied> {
    read(actor, room)?;
    if actor.role == Role::Guest && actor.guests != Guests::On {
        return Err(Denied::SignIn);
    }
    if !actor.reach.write {
        return Err(Denied::Forbidden);
    }
    if room.archived { Err(Denied::Archived) } else { Ok(()) }
}

pub(super) fn in_room(actor: &Actor, deed: InRoom, room: &RoomFacts) -> Result<(), Denied> {
    let rank = rank(room.kind, actor.role, room.standing);
    match deed {
        InRoom::Read => read(actor, room),
        InRoom::Join => {
            see(actor, room)?;
            if room.standing.banned {
                return read(actor, room);
            }
            allow(actor.reach.read)
        }
        InRoom::Leave => {
            see(actor, room)?;
            // Everybody is in the lobby, and a conversation of two has nobody to leave it to.
            allow(!room.lobby && !room.pair && actor.reach.read)
        }
        InRoom::Decline => {
            see(actor, room)?;
            allow(room.standing.invited && actor.reach.person)
        }
        InRoom::Say | InRoom::Type => {
            write(actor, room)?;
            if room.standing.muted {
                return Err(Denied::Muted);
            }
            if room.announce && rank < MODERATOR { Err(Denied::AnnounceOnly) } else { Ok(()) }
        }
        InRoom::Call => {
            in_room(actor, InRoom::Say, room)?;
            // Whoever may come by without an account may not ring everybody's bell.
            allow(actor.role >= Role::Member || room.kind != RoomKind::Public)
        }
        InRoom::SetTopic | InRoom::SetSlow => {
            write(actor, room)?;
            allow(rank >= MODERATOR && room.kind != RoomKind::Direct && actor.reach.person)
        }
        InRoom::SetTitle | InRoom::SetAnnounce => {
            write(actor, room)?;
            allow(rank >= OWNER && room.kind != RoomKind::Direct && actor.reach.person)
        }
        InRoom::SetSeen => {
            write(actor, room)?;
            // In a conversation either sees the other's marker, and both see who asked for it.
            let decides = rank >= OWNER || (room.kind == RoomKind::Direct && room.standing.role.is_some());
            allow(decides && actor.reach.person)
        }
        InRoom::Archive => {
            // Also to open again what is archived.
            write(actor, &RoomFacts { archived: false, ..*room })?;
            let may = rank >= OWNER && room.kind != RoomKind::Direct && !room.lobby;
            allow(may && actor.reach.person)
        }
    }
}

pub(super) fn to_person(
    actor: &Actor,
    deed: ToPerson,
    room: &RoomFacts,
    person: &PersonFacts,
) -> Result<(), Denied> {
    write(actor, room)?;
    if room.kind == RoomKind::Direct || !actor.reach.person {
        return Err(Denied::Forbidden);
    }
    let mine = rank(room.kind, actor.role, room.standing);
    let theirs = rank(room.kind, person.role, person.standing);
    let keeps_order = mine >= MODERATOR && !person.me;
    allow(match deed {
        ToPerson::Invite => {
            let may = actor.role >= Role::Member && (!room.announce || mine >= MODERATOR);
            let fits = person.active && !person.me && !person.standing.banned;
            may && !room.standing.muted && fits
        }
        ToPerson::Kick | ToPerson::Ban | ToPerson::Mute => keeps_order && theirs < mine,
        ToPerson::Unban | ToPerson::Unmute => keeps_order,
        ToPerson::SetRole(to) => {
            let known = room.kind == RoomKind::Public || person.standing.role.is_some();
            // Whoever has no account can be nobody's owner.
            let fits = to == RoomRole::Member || (person.role >= Role::Member && person.active);
            mine >= OWNER && known && fits && to != RoomRole::Other && !person.standing.banned
        }
    })
}

pub(super) fn to_message(
    actor: &Actor,
    deed: ToMessage,
    room: &RoomFacts,
    message: &MessageFacts,
) -> Result<(), Denied> {
    write(actor, room)?;
    match deed {
        // What it says from now on is said anew.
        ToMessage::Edit => {
            allow(message.own)?;
            in_room(actor, InRoom::Say, room)
        }
        ToMessage::React | ToMessage::Pin if room.standing.muted => Err(Denied::Muted),
        // Also where only a few say something.
        ToMessage::React => Ok(()),
        ToMessage::Pin => {
            let may =
                room.kind == RoomKind::Direct || rank(room.kind, actor.role, room.standing) >= MODERATOR;
            allow(may && actor.reach.person)
        }
        ToMessage::Delete if message.own => Ok(()),
        ToMessage::Delete => {
            let mine = rank(room.kind, actor.role, room.standing);
            let theirs = rank(room.kind, message.author, message.author_standing);
            allow(mine >= MODERATOR && theirs <= mine && room.kind != RoomKind::Direct && actor.reach.person)
        }
        ToMessage::Report => allow(!message.own && actor.reach.person),
    }
}
