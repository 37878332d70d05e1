//! What is done to messages that were said, or are about to be.

use serde::{Deserialize, Serialize};

use super::Outgoing;
use crate::client::{ClientFrame, Say};
use crate::ids::{Id, Seq};
use crate::messages;
use crate::rooms;

/// A message to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// The text; may be empty where there are files.
    pub text: String,
    /// The message it answers.
    pub reply: Option<Seq>,
    /// The message whose thread it is in.
    pub thread: Option<Seq>,
    /// Its files, uploaded before.
    pub files: Vec<Id>,
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self { text, ..Self::default() }
    }
}

/// The message that something is done to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Target {
    /// One of the room's log; 0 names none: it was of a history that is no more.
    Stored(Seq),
    /// A line of one's own that has no place there yet: what is done to it waits for that.
    Line(Id),
}

/// Something done to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Change {
    /// Its text is another one, the entry's.
    Edit {
        /// The message.
        target: Target,
    },
    /// It is taken out.
    Delete {
        /// The message.
        target: Target,
    },
    /// A reaction is put on it, or taken off.
    React {
        /// The message.
        target: Target,
        /// With what.
        emoji: String,
        /// Put on, or taken off.
        on: bool,
    },
    /// It is pinned to its room, or taken off.
    Pin {
        /// The message.
        target: Target,
        /// Pinned, or no more.
        on: bool,
    },
}

impl Change {
    /// The message that it is about.
    pub fn target(&self) -> &Target {
        match self {
            Self::Edit { target }
            | Self::Delete { target }
            | Self::React { target, .. }
            | Self::Pin { target, .. } => target,
        }
    }

    pub(super) fn target_mut(&mut self) -> &mut Target {
        match self {
            Self::Edit { target }
            | Self::Delete { target }
            | Self::React { target, .. }
            | Self::Pin { target, .. } => target,
        }
    }
}

impl Outgoing {
    /// The frame that says it; `None` while the message that it is about has no place.
    pub(super) fn frame(&self) -> Option<ClientFrame> {
        let (room, id) = (self.room.clone(), Some(self.id.clone()));
        let Some(change) = &self.change else {
            let (message, reply, thread) = (self.text.clone(), self.reply, self.thread);
            let files = self.files.clone();
            let say = Say { room: Some(room), message, id, reply, thread, files, sender: None };
            return Some(ClientFrame::Message(say));
        };
        let Target::Stored(target) = *change.target() else { return None };
        Some(match change {
            Change::Edit { .. } => {
                ClientFrame::Edit(messages::Edit { room, target, text: self.text.clone(), id })
            }
            Change::Delete { .. } => ClientFrame::Delete(rooms::Delete { room, target, id }),
            Change::React { emoji, on, .. } => {
                ClientFrame::React(messages::React { room, target, emoji: emoji.clone(), on: *on, id })
            }
            Change::Pin { on, .. } => ClientFrame::Pin(messages::Pin { room, target, on: *on, id }),
        })
    }

    /// Forgets the places beyond `upto` that it names; says whether there were any.
    pub(super) fn forget_places(&mut self, upto: Seq) -> bool {
        let mut named = false;
        for place in [&mut self.reply, &mut self.thread] {
            named |= place.take_if(|seq| *seq > upto).is_some();
        }
        if let Some(Target::Stored(seq)) = self.change.as_mut().map(Change::target_mut)
            && *seq > upto
        {
            (*seq, named) = (0, true);
        }
        named
    }

    /// The line of one's own that it waits for.
    pub(super) fn waits_for(&self) -> Option<&Id> {
        match self.change.as_ref()?.target() {
            Target::Line(id) => Some(id),
            Target::Stored(_) => None,
        }
    }
}
