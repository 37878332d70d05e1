//! Threads, and who has read what.

use protocol::event::Event;
use protocol::fold;
use protocol::ids::{Seq, UserId};
use protocol::messages::{Readers, ThreadPage};
use protocol::signal::Seen;

use crate::app::timeline::Entry;
use crate::app::{Model, Room, answers, lists, safe};

/// People whose place is remembered.
const READERS: usize = 500;

/// Gives the threads that are open what is theirs of the room's events.
pub(in crate::app) fn pass_on(room: &mut Room, events: &[Event], as_of: Seq) {
    for (root, thread) in &mut room.threads {
        let timeline = &mut thread.timeline;
        for event in events {
            let is_of = match event {
                Event::Message(message) => message.seq == *root || message.thread == Some(*root),
                other => fold::target(other).is_some_and(|target| timeline.get(target).is_some()),
            };
            if is_of {
                timeline.insert([event.clone()], as_of);
            }
        }
    }
}

/// Somebody answered in a thread: counts it where we take part.
pub(super) fn note_answer(room: &mut Room, me: Option<&UserId>, event: &Event) {
    let Event::Message(message) = event else { return };
    let (Some(root), Some(me)) = (message.thread, me) else { return };
    if message.user == *me || room.timeline.is_hidden(&message.user) {
        return;
    }
    let replies = |users: &[UserId]| users.contains(me);
    let ours = match room.timeline.get(root) {
        Some(Entry::Said(said)) => {
            said.user == *me || said.replies().is_some_and(|known| replies(&known.users))
        }
        Some(Entry::Deleted(deleted)) => {
            deleted.user == *me || deleted.replies.as_ref().is_some_and(|known| replies(&known.users))
        }
        _ => false,
    };
    if ours || message.mentions.contains(me) || room.threads.contains_key(&root) {
        room.answers.note(root, message.seq);
    }
}

/// A page of a thread.
pub(super) fn thread(model: &mut Model, page: ThreadPage) {
    let Some(room) = model.rooms.get_mut(&page.room) else { return };
    let Some(thread) = room.threads.get_mut(&page.root.seq) else { return };
    thread.asking = false;
    thread.more = page.more;
    let messages = std::iter::once(*page.root).chain(page.messages);
    thread.timeline.insert(messages.map(Event::Message), page.as_of);
}

/// Who has read up to where.
pub(super) fn readers(model: &mut Model, readers: Readers) {
    let me = model.me.as_ref().map(|me| me.user.clone());
    let Some(room) = model.rooms.get_mut(&readers.room) else { return };
    let others = readers.readers.into_iter().filter(|reader| Some(&reader.user) != me.as_ref());
    room.readers =
        others.take(READERS).map(|reader| (reader.user, (safe::line(&reader.name), reader.upto))).collect();
    if let Some(seq) = model.wants_readers.take() {
        let sheet = lists::readers(model, seq);
        answers::show(model, sheet);
    }
}

/// Somebody has read up to a place.
pub(super) fn seen(model: &mut Model, seen: &Seen) {
    if model.me.as_ref().is_some_and(|me| me.user == seen.user) {
        return;
    }
    let Some(room) = model.rooms.get_mut(&seen.room) else { return };
    if room.readers.len() < READERS || room.readers.contains_key(&seen.user) {
        room.readers.insert(seen.user.clone(), (safe::line(&seen.sender), seen.upto));
    }
}
