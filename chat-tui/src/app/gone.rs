//! What goes from the screen when a room goes, or its history does.

use protocol::ids::{RoomKey, Seq};

use super::room::Sending;
use super::timeline::Notice;
use super::{About, Layer, Model};

/// The places of a room's log, which ends at `head`, are those of other messages now: nothing that is open, chosen or
/// being written is about them any more. What was written stays.
pub(super) fn history(model: &mut Model, key: &RoomKey, head: Seq) {
    close(model, key);
    let is_here = model.current == *key;
    let Some(room) = model.rooms.get_mut(key) else { return };
    room.timeline.clear();
    room.answers.clear();
    room.readers.clear();
    (room.counted, room.shared_read) = (None, 0);
    (room.scroll, room.mark) = (None, None);
    room.read = head;
    let notice = "the server's history was restored from a backup; it is loaded anew";
    room.timeline.notice(Notice::Info(notice.to_owned()));
    let mut texts = Vec::new();
    if is_here {
        texts.push(model.composer.text());
    }
    // Where a message is edited, the draft that it interrupted.
    for about in
        [room.about.take()].into_iter().chain(room.threads.values_mut().map(|thread| thread.about.take()))
    {
        texts.extend(about.and_then(|about| match about {
            About::Edit { draft, .. } => Some(draft),
            About::Reply { .. } => None,
        }));
    }
    let was_open = room.thread.take().is_some();
    for thread in std::mem::take(&mut room.threads).into_values() {
        room.outgoing.extend(thread.outgoing);
        texts.push(thread.draft);
    }
    texts.push(std::mem::take(&mut room.draft));
    // The log tells of what is in it.
    room.outgoing.retain(|line| !matches!(line.state, Sending::Stored(_)));
    if is_here && was_open {
        model.composer.switch("", std::mem::take(&mut room.memory));
    }
    let mut texts = texts.into_iter().filter(|text| !text.trim().is_empty());
    let first = texts.next().unwrap_or_default();
    if is_here {
        if model.composer.text() != first {
            model.composer.set(&first);
        }
        texts.for_each(|text| model.composer.remember(&text));
    } else {
        room.draft = first;
        texts.for_each(|text| room.memory.remember(&text));
    }
}

/// We are in a room no more that only its members may read: what was said there is not shown any more.
pub(super) fn room(model: &mut Model, key: &RoomKey) {
    close(model, key);
    if model.current == *key {
        model.layers.retain(|layer| !matches!(layer, Layer::Sheet(_)));
    }
    let Some(room) = model.rooms.get_mut(key) else { return };
    for place in room.threads.values_mut() {
        place.timeline.clear();
        place.about = None;
    }
    room.timeline.clear();
    room.about = None;
    room.topic = None;
    (room.scroll, room.mark) = (None, None);
    room.answers.clear();
    room.readers.clear();
    room.sentences.clear();
}

/// Closes what shows, or is about to show, messages of a room.
fn close(model: &mut Model, key: &RoomKey) {
    model.jump.take_if(|jump| jump.room == *key);
    model.wants_day.take_if(|(room, _)| room == key);
    for layer in &mut model.layers {
        if let Layer::Hits(list) = layer {
            list.hits.retain(|hit| hit.room != *key);
            list.chosen = list.chosen.min(list.hits.len().saturating_sub(1));
        }
    }
    if model.current == *key {
        model.layers.retain(|layer| !matches!(layer, Layer::Pick(_) | Layer::React(_)));
        model.wants_readers = None;
    }
}
