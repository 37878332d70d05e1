//! A message as it is shown, and what is done to it.

use protocol::event::{Event, Folded, Message};
use protocol::fold;
use protocol::ids::{Id, RoomKey, Seq, UserId};
use protocol::messages::{Everyone, File, Replies};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Deleted, Entry};
use crate::app::safe;
use crate::app::written::Written;

/// Something said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The sender's name for it.
    pub id: Id,
    /// Who said it.
    pub user: UserId,
    /// Their name at that moment.
    pub name: String,
    /// The newest text.
    pub text: Written,
    /// When it was stored; `None` where the server's time could not be read.
    pub at: Option<OffsetDateTime>,
    /// The sender was not signed in.
    pub guest: bool,
    /// The message it answers.
    pub reply: Option<Seq>,
    /// The message whose thread it is in.
    pub thread: Option<Seq>,
    /// Whom its text names.
    pub mentions: Vec<UserId>,
    /// Whom it calls beside those.
    pub everyone: Option<Everyone>,
    /// Its files; their names are safe to draw.
    pub files: Vec<File>,
    /// What later events made of it, but for the text, which stands above.
    pub folded: Folded,
    /// Changes up to this place are in all of it already.
    pub(super) as_of: Seq,
}

impl Said {
    /// A message as it came, with all changes up to `as_of`.
    pub fn new(message: Message, as_of: Seq) -> Self {
        let mut folded = message.folded.unwrap_or_default();
        let text = Written::new(folded.text.as_deref().unwrap_or(&message.message));
        folded.text = folded.text.map(|_| String::new());
        folded.edited = folded.edited.as_deref().map(safe::line);
        folded.reactions.retain(|emoji, _| is_safe(emoji));
        if let Some(replies) = &mut folded.replies {
            replies.timestamp = safe::line(&replies.timestamp);
        }
        let mut files = message.files;
        for file in &mut files {
            (file.name, file.kind) = (safe::line(&file.name), safe::line(&file.kind));
        }
        Self {
            id: message.id,
            user: message.user,
            name: safe::line(&message.sender),
            text,
            at: OffsetDateTime::parse(&message.timestamp, &Rfc3339).ok(),
            guest: message.guest,
            reply: message.reply,
            thread: message.thread,
            mentions: message.mentions,
            everyone: message.everyone,
            files,
            folded,
            as_of: as_of.max(message.seq),
        }
    }

    /// The text is not the first one.
    pub fn is_edited(&self) -> bool {
        self.folded.text.is_some()
    }

    /// What was answered in its thread.
    pub fn replies(&self) -> Option<&Replies> {
        self.folded.replies.as_ref()
    }

    /// Whether somebody reacted with this.
    pub fn has_reaction(&self, emoji: &str, user: &UserId) -> bool {
        self.folded.reactions.get(emoji).is_some_and(|users| users.contains(user))
    }

    /// Takes in what was done to it later than all that it has.
    pub(super) fn fold(&mut self, change: &Change) {
        let mut message = Message {
            room: RoomKey::lobby(),
            seq: 0,
            id: self.id.clone(),
            user: self.user.clone(),
            sender: String::new(),
            message: String::new(),
            timestamp: String::new(),
            guest: self.guest,
            reply: None,
            thread: None,
            mentions: std::mem::take(&mut self.mentions),
            everyone: self.everyone,
            files: std::mem::take(&mut self.files),
            folded: Some(std::mem::take(&mut self.folded)),
        };
        let was_deleted = message.folded.as_ref().is_some_and(|folded| folded.deleted);
        fold::apply(&mut message, &change.event);
        self.mentions = message.mentions;
        self.everyone = message.everyone;
        self.files = message.files;
        self.folded = message.folded.unwrap_or_default();
        if self.folded.deleted {
            self.text = Written::default();
        } else if let Some(text) = change.text.as_ref().filter(|_| !was_deleted) {
            self.text = text.clone();
        }
    }

    /// It was taken out: forgets all that must not be kept. Answers in its thread still count.
    pub(super) fn wipe(&mut self) {
        let replies = self.folded.replies.take();
        self.folded = Folded { deleted: true, replies, ..Folded::default() };
        self.text = Written::default();
        self.mentions.clear();
        self.everyone = None;
        self.files.clear();
    }

    /// As it stands in the timeline; `by` took it out, where that is known.
    pub(super) fn entry(self, by: Option<String>) -> Entry {
        if self.folded.deleted {
            let Self { user, name, at, thread, folded, .. } = self;
            return Entry::Deleted(Box::new(Deleted { user, name, at, by, thread, replies: folded.replies }));
        }
        Entry::Said(Box::new(self))
    }
}

/// Something done to a message, safe to keep.
#[derive(Debug, Clone)]
pub(super) struct Change {
    /// Without its text.
    event: Event,
    /// Of an edit: the new text.
    text: Option<Written>,
    /// Who did it, safe to draw.
    pub(super) by: String,
}

impl Change {
    /// What an event does, and to which message.
    pub(super) fn of(event: &Event) -> Option<(Seq, Self)> {
        let target = fold::target(event)?;
        let mut event = event.clone();
        let mut text = None;
        let sender = match &mut event {
            Event::Message(message) => {
                message.message.clear();
                message.files.clear();
                message.folded = None;
                message.timestamp = safe::line(&message.timestamp);
                &mut message.sender
            }
            Event::Edit(edit) => {
                text = Some(Written::new(&std::mem::take(&mut edit.text)));
                edit.timestamp = safe::line(&edit.timestamp);
                &mut edit.sender
            }
            Event::Delete(delete) => {
                delete.timestamp.clear();
                &mut delete.sender
            }
            Event::React(react) if is_safe(&react.emoji) => {
                react.timestamp.clear();
                &mut react.sender
            }
            Event::Pin(pin) => {
                pin.timestamp.clear();
                &mut pin.sender
            }
            _ => return None,
        };
        let by = safe::line(&std::mem::take(sender));
        Some((target, Self { event, text, by }))
    }

    pub(super) fn is_delete(&self) -> bool {
        matches!(self.event, Event::Delete(_))
    }

    pub(super) fn is_edit(&self) -> bool {
        matches!(self.event, Event::Edit(_))
    }

    /// The bytes of its text.
    pub(super) fn bytes(&self) -> usize {
        self.text.as_ref().map_or(0, |text| text.len())
    }

    /// The message is gone, and with it what its texts were; or a newer text took the place of this one.
    pub(super) fn wipe(&mut self) {
        self.text = self.text.take().map(|_| Written::default());
    }
}

fn is_safe(emoji: &str) -> bool {
    safe::line(emoji) == emoji
}
