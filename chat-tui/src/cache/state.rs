//! Who we are, and what was read.

use std::collections::{BTreeMap, BTreeSet};

use protocol::ids::{Epoch, RoomKey, Seq, UserId};
use protocol::rooms::RoomKind;
use serde::{Deserialize, Serialize};

/// What a client knows of itself from one start to the next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Who the server said we are.
    pub user: Option<UserId>,
    /// The name we go by.
    pub name: Option<String>,
    /// Makes us the same user again. A secret.
    pub token: Option<String>,
    /// The history that cursors belong to.
    pub epoch: Option<Epoch>,
    /// The room on the screen.
    pub current: Option<RoomKey>,
    /// Whom to hide.
    pub blocked: BTreeSet<UserId>,
    /// The rooms we are in.
    pub rooms: BTreeMap<RoomKey, KeptRoom>,
}

/// A room as it was left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptRoom {
    /// What it was called.
    pub title: String,
    /// The last event received.
    pub cursor: Option<Seq>,
    /// The oldest event that the server kept.
    pub first: Seq,
    /// What was read: everything up to here.
    pub read: Seq,
    /// Up to where all devices knew that it was read.
    pub shared_read: Seq,
    /// What was read of its threads, by the message each began with.
    pub answers: BTreeMap<Seq, KeptThread>,
    /// What was being written there.
    #[serde(flatten)]
    pub draft: KeptDraft,
    /// The same in its threads, by the message each began with.
    pub thread_drafts: BTreeMap<Seq, KeptDraft>,
    /// It is private, a conversation, or neither.
    pub kind: RoomKind,
}

/// What was read of a thread.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptThread {
    /// Everything up to here.
    pub read: Seq,
    /// Answers that were not seen.
    pub unseen: BTreeSet<Seq>,
}

/// What was being written in a room or a thread.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptDraft {
    /// The text.
    #[serde(rename = "draft")]
    pub text: String,
    /// The message that it answers.
    pub reply: Option<Seq>,
    /// What our other devices know of the text,
    #[serde(rename = "shared_draft")]
    pub shared: String,
    /// and of what it answers.
    pub shared_reply: Option<Seq>,
}

impl KeptDraft {
    /// Whether no other device has what was written here.
    pub fn is_unshared(&self) -> bool {
        !self.text.is_empty() && self.text != self.shared
    }
}

/// Where `tail` of a room stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TailCursor {
    /// The history that `seq` belongs to.
    pub epoch: Epoch,
    /// The last event printed.
    pub seq: Seq,
}
