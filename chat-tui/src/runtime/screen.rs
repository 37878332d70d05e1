//! The screen as it is kept on disk, and as it comes from there.

use std::sync::Arc;

use protocol::ids::RoomKey;
use protocol::people::Role;
use protocol::session::Outgoing;
use time::UtcOffset;

use crate::app::room::Sending;
use crate::app::{Layer, Me, Model, Room, safe};
use crate::cache::{Account, KeptRoom, State};
use crate::config::Config;

/// The screen as it was left.
pub(super) fn model(config: &Config, state: &State, account: Option<&Account>, offset: UtcOffset) -> Model {
    let kept = state.current.clone().filter(|room| state.rooms.contains_key(room));
    let wanted = config.room.clone();
    let here = wanted.clone().filter(|room| state.rooms.contains_key(room));
    let current = here.or(kept).unwrap_or_else(RoomKey::lobby);
    let mut model = Model::new(current.clone(), &config.address.to_string(), offset);
    for (key, kept) in &state.rooms {
        let room = model.rooms.entry(key.clone()).or_insert_with(|| Room::joined(key.clone()));
        if !kept.title.is_empty() {
            room.title = safe::line(&kept.title);
        }
        room.read = kept.read;
        room.draft.clone_from(&kept.draft);
        room.shared_draft.clone_from(&kept.shared_draft);
        room.kind = kept.kind;
        room.timeline.set_bounds(kept.first, kept.cursor.unwrap_or(0));
    }
    let room = model.room_mut();
    let draft = std::mem::take(&mut room.draft);
    model.composer.set(&draft);
    model.wish = wanted.filter(|wanted| *wanted != current);
    model.own.blocked = Arc::new(state.blocked.clone());
    model.name = config.name.clone().or_else(|| state.name.clone()).unwrap_or_default();
    if let (Some(user), Some(name)) = (&state.user, &state.name) {
        let guest = account.is_none();
        let role = if guest { Role::Guest } else { Role::Member };
        model.me = Some(Me { user: user.clone(), name: safe::line(name), guest, role, away: false });
    }
    if model.name.is_empty() && state.token.is_none() && account.is_none() {
        model.layers.push(Layer::Name { input: String::new(), error: None });
    }
    model
}

pub(super) fn kept(model: &Model, key: &RoomKey, cursor: Option<u64>) -> KeptRoom {
    let Some(room) = model.rooms.get(key) else { return KeptRoom { cursor, ..KeptRoom::default() } };
    let draft = if *key == model.current { model.composer.draft() } else { room.draft.clone() };
    KeptRoom {
        title: room.title.clone(),
        cursor,
        first: room.timeline.first(),
        read: room.read,
        draft,
        shared_draft: room.shared_draft.clone(),
        kind: room.kind,
    }
}

pub(super) fn put_outgoing(model: &mut Model, entry: &Outgoing) {
    let room = model.rooms.entry(entry.room.clone()).or_insert_with(|| Room::new(entry.room.clone()));
    let state = match &entry.failed {
        Some(why) => Sending::Failed(safe::line(&why.reason)),
        None => Sending::Queued,
    };
    room.put_outgoing(entry.id.clone(), &entry.text, state);
}
