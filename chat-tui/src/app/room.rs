//! One room as its person sees it: the log, who is there, what is being written, and the place they look at.

use std::time::Duration;

use protocol::ids::{Id, RoomKey, Seq, UserId};
use protocol::signal::PresenceState;

use super::composer::Memory;
use super::rows::Anchor;
use super::safe;
use super::timeline::Timeline;

/// A room this client is in.
#[derive(Debug, Clone)]
pub struct Room {
    /// Its key.
    pub key: RoomKey,
    /// Its title, safe to draw.
    pub title: String,
    /// What it is about, safe to draw.
    pub topic: Option<String>,
    /// The session is in it. A room that it is not in stands here only for the lines that wait or failed in it.
    pub joined: bool,
    /// Its log.
    pub timeline: Timeline,
    /// What was read: everything up to here.
    pub read: Seq,
    /// Where the "new since" line stands while the person looks at the room.
    pub mark: Option<Seq>,
    /// Who is there, by name.
    pub people: Vec<Person>,
    /// How many are there; in a crowd more than `people`.
    pub present: u32,
    /// Who types, and until when that is believed.
    pub typing: Vec<Typist>,
    /// Own lines that are not in the log yet, in the order they were written.
    pub outgoing: Vec<Outgoing>,
    /// Where the view stands; `None` at the newest row, and following it.
    pub scroll: Option<Anchor>,
    /// What was being written when the person went to another room.
    pub draft: String,
    /// What Up and Down go through, while another room is on the screen.
    pub memory: Memory,
    /// A history page was asked for and has not come yet.
    pub asking: bool,
    /// The server refused the question; it may be asked again at this time.
    pub ask_again: Option<Duration>,
    /// The cache on disk was read.
    pub loaded: bool,
}

/// Somebody in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub user: UserId,
    /// Their name, safe to draw.
    pub name: String,
    /// Not signed in.
    pub guest: bool,
    /// Whether they are there.
    pub state: PresenceState,
}

/// Somebody who types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typist {
    /// Who.
    pub user: UserId,
    /// Their name, safe to draw.
    pub name: String,
    /// Over at this time unless renewed.
    pub until: Duration,
}

/// An own line on its way into the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its name, for life.
    pub id: Id,
    /// As written.
    pub text: String,
    /// As drawn.
    pub shown: String,
    /// How far it came.
    pub state: Sending,
    /// On disk, or on its way there: it outlives this program.
    pub kept: bool,
}

/// How far an own line came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sending {
    /// Kept on this machine; not said to the server on this connection.
    Queued,
    /// Said to the server; not acknowledged.
    Sent,
    /// Acknowledged: it is in the log at this place, and will come from there.
    Stored(Seq),
    /// Refused for good, with the reason (safe to draw). It waits for its person's decision.
    Failed(String),
}

impl Room {
    /// A room that the session is in, of which only the key is known.
    pub fn joined(key: RoomKey) -> Self {
        Self { joined: true, ..Self::new(key) }
    }

    /// A room of which only the key is known.
    pub fn new(key: RoomKey) -> Self {
        Self {
            title: safe::line(key.as_str()),
            key,
            topic: None,
            joined: false,
            timeline: Timeline::default(),
            read: 0,
            mark: None,
            people: Vec::new(),
            present: 0,
            typing: Vec::new(),
            outgoing: Vec::new(),
            scroll: None,
            draft: String::new(),
            memory: Memory::default(),
            asking: false,
            ask_again: None,
            loaded: false,
        }
    }

    /// Drops what memory need not hold: the oldest events, or those far from the place that is looked at.
    pub fn trim(&mut self) {
        match self.scroll {
            None => self.timeline.trim(),
            Some(anchor) => self.timeline.trim_around(anchor.seq()),
        }
    }

    /// Messages not read yet.
    pub fn unread(&self) -> u64 {
        self.timeline.unread_after(self.read)
    }

    /// Marks everything as read; says whether that changed anything.
    pub fn read_all(&mut self) -> bool {
        let head = self.timeline.head();
        let changed = head > self.read;
        self.read = self.read.max(head);
        changed
    }

    /// Adds or replaces an own line.
    pub fn put_outgoing(&mut self, id: Id, text: &str, state: Sending) {
        if let Some(line) = self.outgoing.iter_mut().find(|line| line.id == id) {
            line.state = state;
            line.kept = true;
            return;
        }
        self.outgoing.push(Outgoing {
            id,
            shown: safe::block(text),
            text: text.to_owned(),
            state,
            kept: true,
        });
    }

    /// Own lines that are neither stored nor failed.
    pub fn waiting(&self) -> impl Iterator<Item = &Outgoing> {
        self.outgoing.iter().filter(|line| matches!(line.state, Sending::Queued | Sending::Sent))
    }

    /// The oldest own line that was refused for good: the one that retry, copy and discard are about.
    pub fn failed(&self) -> Option<&Outgoing> {
        self.outgoing.iter().find(|line| matches!(line.state, Sending::Failed(_)))
    }

    /// Notes somebody's presence.
    pub fn see(&mut self, person: Person) {
        self.people.retain(|other| other.user != person.user);
        if person.state == PresenceState::Offline {
            self.typing.retain(|typist| typist.user != person.user);
            return;
        }
        self.people.push(person);
        self.sort_people();
    }

    /// Puts people in the order they are drawn in.
    pub fn sort_people(&mut self) {
        self.people.sort_by_cached_key(|person| person.name.to_lowercase());
    }
}
