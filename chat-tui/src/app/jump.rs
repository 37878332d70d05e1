//! Going to a message, wherever it is.

use protocol::ids::{RoomKey, Seq};
use protocol::session::Place;

use super::layout::Screen;
use super::timeline::Entry;
use super::update::visit;
use super::{Deed, Effect, Layer, Model, Pick, place, rows};

/// A message that is gone to as soon as it is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jump {
    /// In which room.
    pub room: RoomKey,
    /// Which one.
    pub seq: Seq,
    /// It was asked for.
    pub asked: bool,
}

/// Goes to a message and chooses it; one that is not here is asked for first.
pub(super) fn to(model: &mut Model, room: &RoomKey, seq: Seq) -> Vec<Effect> {
    let mut effects = if model.rooms.contains_key(room) && *room != model.current {
        visit(model, room)
    } else if model.rooms.contains_key(room) {
        Vec::new()
    } else {
        vec![Effect::Join(room.to_string())]
    };
    model.jump = Some(Jump { room: room.clone(), seq, asked: false });
    effects.extend(go_on(model));
    effects
}

/// Goes where it was wanted to, if that can be done by now.
pub(super) fn go_on(model: &mut Model) -> Vec<Effect> {
    let Some(jump) = model.jump.clone() else { return Vec::new() };
    if jump.room != model.current {
        // The room is on its way to the screen, or was left again.
        return Vec::new();
    }
    let (seq, room) = (jump.seq, model.room());
    let thread = match room.timeline.get(seq) {
        Some(Entry::Said(said)) => said.thread,
        Some(Entry::Deleted(deleted)) => deleted.thread,
        Some(_) => None,
        None => {
            if model.is_online() && !jump.asked && !room.asking {
                model.jump = Some(Jump { asked: true, ..jump });
                model.room_mut().asking = true;
                return vec![Effect::History { room: model.current.clone(), place: Place::Around(seq) }];
            }
            // At the start the room is on its way, too.
            if !model.is_online() && model.wish.is_none() {
                model.jump = None;
                model.toast("that message is not on this machine, and there is no connection");
            }
            return Vec::new();
        }
    };
    model.jump = None;
    let effects = match thread {
        Some(root) if model.thread() != Some(root) => place::open_thread(model, root),
        Some(_) => Vec::new(),
        None => place::close_thread(model).unwrap_or_default(),
    };
    choose(model, seq);
    effects
}

/// The page that was asked for came, or was refused: what is not here now will not come.
pub(super) fn arrived(model: &mut Model, room: &RoomKey) -> Vec<Effect> {
    let waits = model.jump.as_ref().is_some_and(|jump| jump.asked && jump.room == *room);
    if !waits {
        return Vec::new();
    }
    let effects = go_on(model);
    if model.jump.take().is_some() {
        model.toast("that message is not there any more");
    }
    effects
}

fn choose(model: &mut Model, seq: Seq) {
    model.layers.retain(|layer| !matches!(layer, Layer::Pick(_)));
    model.layers.push(Layer::Pick(Pick { deed: Deed::Select, seq }));
    show(model, seq);
}

/// Scrolls so that the message is in sight.
pub(super) fn show(model: &mut Model, seq: Seq) {
    let frame = Screen::of(model).frame(model);
    if !rows::is_in_sight(model.place(), frame, seq) {
        let anchor = rows::at(model.place(), frame, seq);
        model.place_mut().scroll = anchor;
    }
}
