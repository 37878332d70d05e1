//! Asking for messages by what they say.

use protocol::event::Message;
use protocol::ids::RoomKey;

pub use crate::core::search::query::{Has, QUERY_BYTES, QUERY_TERMS, Query, QueryError};

/// What to look for, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// What the messages say, who said it, when and so on.
    pub query: Query,
    /// The rooms that whoever asks may read; what `query` names beyond them is not found.
    pub readable: Readable,
    /// Which come first.
    pub order: Order,
    /// How many at most.
    pub limit: usize,
    /// Only what was stored before this place, which an earlier answer gave ([`Found::before`]).
    pub before: Option<u64>,
}

/// Rooms that somebody may read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readable {
    /// All open ones,
    pub public: bool,
    /// and these, of whatever kind.
    pub rooms: Vec<RoomKey>,
}

/// Which of the messages that answer a question come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The newest.
    Newest,
    /// Those that say it more often and with fewer other words, among the newest 1000 that answer the question; of
    /// equally good ones the newest. (To weigh all that say a common word would mean to read most of the record.)
    Rank,
}

/// What answers a question, or a part of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// In the order that was asked for.
    pub hits: Vec<Hit>,
    /// There may be more: ask again from here. The search had found enough, or looked for long enough.
    pub before: Option<u64>,
    /// How many of the newest events are not in the index yet.
    pub behind: u64,
}

/// A message that answers a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// As it is in its room's log.
    pub message: Message,
    /// Its place among all events in the order of storing: with [`Search::before`] only what is older is found.
    pub place: u64,
    /// How well it answers; 0 unless it was asked for. Comparable within one answer.
    pub score: f32,
}
