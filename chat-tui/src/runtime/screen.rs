//! The screen as it is kept on disk, and as it comes from there.

use std::sync::Arc;
use std::time::Duration;

use protocol::ids::{RoomKey, Seq};
use protocol::people::Role;
use protocol::session::{OutboxChange, Outgoing, SessionEvent};
use time::UtcOffset;

use crate::app::pictures::Choice;
use crate::app::{Layer, Me, Model, Msg, Room, safe, update};
use crate::cache::{Account, KeptDraft, KeptRoom, KeptThread, State};
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
        room.shared_read = kept.shared_read;
        for (root, thread) in &kept.answers {
            room.answers.take_up(*root, thread.read, thread.unseen.clone());
        }
        put_draft(room, &kept.draft);
        for (root, draft) in &kept.thread_drafts {
            put_draft(room.thread_mut(*root), draft);
        }
        room.kind = kept.kind;
        room.timeline.set_bounds(kept.first, kept.cursor.unwrap_or(0));
    }
    let room = model.room_mut();
    let draft = std::mem::take(&mut room.draft);
    model.composer.set(&draft);
    model.pictures.on = config.images != Choice::Off;
    model.pictures.wish = match config.images {
        Choice::By(way) => Some(way),
        Choice::Auto | Choice::Off => None,
    };
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

fn put_draft(place: &mut Room, kept: &KeptDraft) {
    place.draft.clone_from(&kept.text);
    place.shared_draft.clone_from(&kept.shared);
    place.shared_reply = kept.shared_reply;
    place.answer(kept.reply);
}

pub(super) fn kept(model: &Model, key: &RoomKey, cursor: Option<u64>) -> KeptRoom {
    let Some(room) = model.rooms.get(key) else { return KeptRoom { cursor, ..KeptRoom::default() } };
    let here = (*key == model.current).then(|| model.thread());
    let draft = |thread: Option<Seq>, place: &Room| KeptDraft {
        text: if here == Some(thread) { model.draft_here() } else { place.draft.clone() },
        reply: place.reply(),
        shared: place.shared_draft.clone(),
        shared_reply: place.shared_reply,
    };
    let drafts = room.threads.iter().map(|(root, place)| (*root, draft(Some(*root), place)));
    let answers =
        room.answers.kept().map(|(root, read, unseen)| (root, KeptThread { read, unseen: unseen.clone() }));
    KeptRoom {
        title: room.title.clone(),
        cursor,
        first: room.timeline.first(),
        read: room.read,
        shared_read: room.shared_read,
        answers: answers.collect(),
        draft: draft(None, room),
        thread_drafts: drafts.filter(|(_, draft)| *draft != KeptDraft::default()).collect(),
        kind: room.kind,
    }
}

pub(super) fn put_outgoing(model: &mut Model, entry: &Outgoing, now: Duration) {
    let put = SessionEvent::Outbox(OutboxChange::Put(entry.clone()));
    let _ = update(model, Msg::Session(Box::new(put)), now);
}
