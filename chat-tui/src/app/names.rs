//! Whom and which room a typed name means.

use protocol::ids::{RoomKey, UserId};
use protocol::names::skeleton;
use protocol::people::Guests;

use super::timeline::Entry;
use super::{Model, Room};

/// The person that a name means: somebody of this room before somebody of another, and those before the accounts.
pub(super) fn person(model: &Model, name: &str) -> Option<UserId> {
    let wanted = skeleton(name.trim_start_matches('@'));
    let fits = |name: &str| skeleton(name) == wanted;
    let here =
        |room: &Room| room.people.iter().find(|person| fits(&person.name)).map(|person| person.user.clone());
    let said = || {
        // Who went may still be meant, and by the name they had here.
        model.room().timeline.events().rev().find_map(|(_, entry)| match entry {
            Entry::Said(said) if fits(&said.name) => Some(said.user.clone()),
            _ => None,
        })
    };
    let sentenced = || {
        let mut all = model.room().sentences.iter();
        all.find(|sentenced| fits(&sentenced.name)).map(|sentenced| sentenced.user.clone())
    };
    let account = || model.accounts.iter().find(|known| fits(&known.name)).map(|known| known.user.clone());
    let id =
        || UserId::new(name).ok().filter(|id| id.as_str().starts_with("u-") || id.as_str().starts_with("g-"));
    here(model.room())
        .or_else(sentenced)
        .or_else(|| model.rooms.values().find_map(here))
        .or_else(account)
        .or_else(said)
        .or_else(id)
}

/// The name by which somebody is known here.
pub(super) fn name_of(model: &Model, user: &UserId) -> String {
    let here = model.rooms.values().flat_map(|room| &room.people).find(|person| person.user == *user);
    let account = || model.accounts.iter().find(|known| known.user == *user).map(|known| known.name.clone());
    let mut sentenced = model.rooms.values().flat_map(|room| &room.sentences);
    let sentenced =
        || sentenced.find(|sentenced| sentenced.user == *user).map(|sentenced| sentenced.name.clone());
    here.map(|person| person.name.clone())
        .or_else(account)
        .or_else(sentenced)
        .unwrap_or_else(|| user.to_string())
}

/// What a room is called here; its key where it is none of ours.
pub(super) fn label_of(model: &Model, key: &RoomKey) -> String {
    model.rooms.get(key).map_or_else(|| key.to_string(), Room::label)
}

/// Names of people, for completion.
pub(super) fn people(model: &Model) -> Vec<String> {
    let here = model.room().people.iter().map(|person| person.name.clone());
    let sentenced = model.room().sentences.iter().map(|sentenced| sentenced.name.clone());
    here.chain(sentenced).chain(model.accounts.iter().map(|known| known.name.clone())).collect()
}

/// The room of ours that a text means, by its key or title, with its sign or without.
pub(super) fn room(model: &Model, text: &str) -> Option<RoomKey> {
    let wanted = bare(text);
    let by_key = model.rooms.keys().find(|key| key.as_str() == wanted);
    let by_title =
        || model.rooms.values().find(|room| room.title.to_lowercase() == wanted).map(|room| &room.key);
    by_key.or_else(by_title).cloned()
}

/// The room that an invitation leads to, by the title that it tells.
pub(super) fn invitation(model: &Model, text: &str) -> Option<RoomKey> {
    let wanted = bare(text);
    let fits = |(key, invitation): &(&RoomKey, &super::own::Invitation)| {
        key.as_str() == wanted || invitation.title.to_lowercase() == wanted
    };
    model.own.invitations.iter().find(fits).map(|(key, _)| key.clone())
}

/// Names of rooms, for completion.
pub(super) fn rooms(model: &Model) -> Vec<String> {
    let ours = model
        .rooms
        .values()
        .map(|room| if room.key.is_made() { room.title.clone() } else { room.key.to_string() });
    let others = model.open_rooms.iter().map(ToString::to_string);
    let invited = model.own.invitations.values().map(|invitation| invitation.title.clone());
    ours.chain(others).chain(invited).collect()
}

fn bare(text: &str) -> String {
    text.trim().trim_start_matches(['#', '@', '◆']).to_lowercase()
}

impl Model {
    /// Why nothing can be said in the room on the screen, where that is known before trying.
    pub fn muzzle(&self) -> Option<&'static str> {
        let room = self.room();
        let is_guest = self.me.as_ref().is_some_and(|me| me.guest);
        match self.guests {
            Guests::ReadOnly if is_guest => Some("Guests may only read here: /login or /register to write"),
            _ if room.rules.archived => Some("This room is archived: it can only be read"),
            _ if room.rules.announce && !self.keeps_order() => Some("Only owners and moderators write here"),
            _ => None,
        }
    }

    /// Whether we keep order in the room on the screen.
    pub(super) fn keeps_order(&self) -> bool {
        use protocol::people::Role;
        use protocol::rooms::RoomRole;
        let server = self.me.as_ref().is_some_and(|me| me.role >= Role::Moderator);
        let room = self.room();
        matches!(room.standing, Some(RoomRole::Owner | RoomRole::Moderator))
            || (server && room.kind == protocol::rooms::RoomKind::Public)
    }
}
