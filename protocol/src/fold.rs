//! What events make of the messages that they are about.
//!
//! A message on a page carries what happened to it up to the page's `as_of` ([`Folded`]); what comes later is
//! folded in by whoever shows it, event by event. So pages and live events give the same view however they are split.
//!
//! ```
//! use protocol::event::Event;
//! use protocol::fold::Changes;
//!
//! let said = r#"{"type":"message","room":"lobby","seq":1,"id":"a","user":"u-1","sender":"ana","message":"Hi","timestamp":""}"#;
//! let edit = r#"{"type":"edit","room":"lobby","seq":2,"id":"b","target":1,"user":"u-1","sender":"ana","text":"Hi all","timestamp":""}"#;
//! let Ok(Event::Message(mut message)) = Event::parse(said) else { panic!("a message") };
//! let mut changes = Changes::default();
//! changes.note(&Event::parse(edit).unwrap());
//! changes.apply(&mut message, 1); // as it was when only the first event was there
//! assert_eq!(message.folded.unwrap().text.as_deref(), Some("Hi all"));
//! ```

use std::collections::VecDeque;

use crate::event::{Event, Folded, Message};
use crate::ids::{Seq, UserId};
use crate::messages::Replies;

/// The users that [`Replies`] names.
pub const REPLIERS: usize = 5;
/// How many changes are kept for pages that come late.
const KEPT: usize = 10_000;

/// The message that an event changes: its target, or the root of its thread.
pub fn target(event: &Event) -> Option<Seq> {
    match event {
        Event::Message(message) => message.thread,
        Event::Edit(edit) => Some(edit.target),
        Event::Delete(delete) => Some(delete.target),
        Event::React(react) => Some(react.target),
        Event::Pin(pin) => Some(pin.target),
        _ => None,
    }
}

/// Folds an event into the message that it is about ([`target`]). The message has all that came before it, and
/// nothing that came after.
pub fn apply(message: &mut Message, event: &Event) {
    let mut folded = message.folded.take().unwrap_or_default();
    match event {
        Event::Message(reply) => answer(&mut folded, reply),
        // What was taken out stays so.
        _ if folded.deleted => {}
        Event::Edit(edit) => {
            folded.text = Some(edit.text.clone());
            folded.edited = Some(edit.timestamp.clone());
            message.mentions.clone_from(&edit.mentions);
            message.everyone = edit.everyone;
        }
        Event::Delete(_) => {
            let replies = folded.replies.take();
            folded = Folded { deleted: true, replies, ..Folded::default() };
            message.message.clear();
            message.mentions.clear();
            message.everyone = None;
            message.files.clear();
        }
        Event::React(react) if react.on => {
            let users = folded.reactions.entry(react.emoji.clone()).or_default();
            if !users.contains(&react.user) {
                users.push(react.user.clone());
            }
        }
        Event::React(react) => {
            if let Some(users) = folded.reactions.get_mut(&react.emoji) {
                users.retain(|user| *user != react.user);
                if users.is_empty() {
                    folded.reactions.remove(&react.emoji);
                }
            }
        }
        Event::Pin(pin) => folded.pinned = pin.on,
        _ => {}
    }
    message.folded = Some(folded).filter(|folded| *folded != Folded::default());
}

fn answer(folded: &mut Folded, reply: &Message) {
    let mut users: Vec<UserId> = folded.replies.take().map_or_else(Vec::new, |replies| {
        folded.replies = Some(Replies { users: Vec::new(), ..replies.clone() });
        replies.users
    });
    users.retain(|user| *user != reply.user);
    users.insert(0, reply.user.clone());
    users.truncate(REPLIERS);
    let count = folded.replies.as_ref().map_or(0, |replies| replies.count).saturating_add(1);
    let (last, timestamp) = (reply.seq, reply.timestamp.clone());
    folded.replies = Some(Replies { count, last, timestamp, users });
}

/// The newest changes of a room, kept for messages of pages that were read before them and arrive after them.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// In the order of `seq`.
    events: VecDeque<Event>,
}

impl Changes {
    /// Keeps a live event, if it changes a message. Beyond 10,000 the oldest is forgotten: no page is so late.
    pub fn note(&mut self, event: &Event) {
        if target(event).is_none() || self.events.back().is_some_and(|last| last.seq() >= event.seq()) {
            return;
        }
        if self.events.len() == KEPT {
            self.events.pop_front();
        }
        self.events.push_back(event.clone());
    }

    /// Folds into a message of a page what came after the page's `as_of`.
    pub fn apply(&self, message: &mut Message, as_of: Seq) {
        let first = self.events.partition_point(|event| event.seq() <= as_of);
        let seq = message.seq;
        for event in self.events.range(first..).filter(|event| target(event) == Some(seq)) {
            apply(message, event);
        }
    }

    /// Another history, or none any more.
    pub fn clear(&mut self) {
        self.events.clear();
    }
}

#[cfg(test)]
mod tests;
