//! One room as its person sees it: the log, who is there, what is being written, and the place they look at.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use protocol::ids::{RoomKey, Seq, UserId};
use protocol::own::Level;
use protocol::people::{Profile, Role};
use protocol::rooms::{RoomEdited, RoomKind, RoomRole, Rules, Sentence};
use protocol::server::Member;
use protocol::signal::PresenceState;

use super::composer::Memory;
pub use super::outgoing::{Outgoing, Sending};
use super::place::About;
use super::rows::Anchor;
use super::safe;
use super::threads::Threads;
use super::timeline::Timeline;

/// A room this client is in.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub struct Room {
    /// Its key.
    pub key: RoomKey,
    /// Its title, safe to draw.
    pub title: String,
    /// What it is about, safe to draw.
    pub topic: Option<String>,
    /// Who may be in it.
    pub kind: RoomKind,
    /// How it is to be used.
    pub rules: Rules,
    /// What we are there; `None`: no member.
    pub standing: Option<RoomRole>,
    /// Of what in it to be told.
    pub level: Level,
    /// It was told that we were put out of it, which the connection is about to tell.
    pub put_out: bool,
    /// The session is in it. A room that it is not in stands here only for the lines that wait or failed in it.
    pub joined: bool,
    /// Its log.
    pub timeline: Timeline,
    /// What was read: everything up to here.
    pub read: Seq,
    /// Where the "new since" line stands while the person looks at the room.
    pub mark: Option<Seq>,
    /// Who is there, and who else is a member, by name; who is not there stands last.
    pub people: Vec<Person>,
    /// What was decided against people and can be lifted, as far as it is told to us.
    pub sentences: Vec<Sentenced>,
    /// Who is in it is to be asked anew.
    pub stale: bool,
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
    /// The draft as our other devices know it.
    pub shared_draft: String,
    /// What it answers, as they know it.
    pub shared_reply: Option<Seq>,
    /// Drafts that were told to them and did not come back yet, oldest first, each with what it answers.
    pub told_drafts: VecDeque<(String, Option<Seq>)>,
    /// What the line being written is about.
    pub about: Option<About>,
    /// What Up and Down go through, while another room is on the screen.
    pub memory: Memory,
    /// Its threads that were opened, or in which lines wait; each a place of its own, by the message it began with.
    pub threads: BTreeMap<Seq, Room>,
    /// The thread on the screen; always one of `threads`.
    pub thread: Option<Seq>,
    /// What was read of its threads, and not seen of those that one takes part in.
    pub answers: Threads,
    /// It was marked as unread, and is not read by being looked at until one comes back to it.
    pub kept_unread: bool,
    /// Up to where all devices know that it was read.
    pub shared_read: Seq,
    /// It is to be told that what comes after `read` is unread again.
    pub untold_back: bool,
    /// What the server counted: after which place, up to which, how many unread messages, and how many of those call us.
    pub counted: Option<Counted>,
    /// Who has read up to where, as far as the room tells; their names are safe to draw.
    pub readers: BTreeMap<UserId, (String, Seq)>,
    /// How many messages are pinned.
    pub pins: u32,
    /// Of a thread: the server has older answers than the ones here.
    pub more: bool,
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
    /// What they are on the server.
    pub role: Role,
    /// What they are in the room; `None`: no member.
    pub standing: Option<RoomRole>,
    /// What they are at, safe to draw.
    pub status: Option<String>,
    /// They say that they are not there.
    pub away: bool,
    /// Whether they are there.
    pub state: PresenceState,
}

impl Person {
    /// Somebody of whom only the name and the state are known.
    pub fn new(user: UserId, name: &str, state: PresenceState) -> Self {
        let (role, name) = (Role::Guest, safe::line(name));
        Self { user, name, role, standing: None, status: None, away: false, state }
    }

    /// Somebody as the server lists them.
    pub fn listed(member: Member) -> Self {
        let mut person = Self::new(member.user, &member.name, member.state);
        person.standing = member.standing;
        person.learn(member.role, &member.profile);
        person
    }

    /// Notes what they tell of themselves.
    pub fn learn(&mut self, role: Role, profile: &Profile) {
        self.role = role;
        self.status = profile.status.as_deref().map(safe::line);
        self.away = profile.away;
    }
}

/// Somebody against whom something was decided in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentenced {
    /// What.
    pub verdict: Verdict,
    /// Who.
    pub user: UserId,
    /// Their name, safe to draw.
    pub name: String,
    /// When it is over, RFC 3339; `None`: never.
    pub until: Option<String>,
    /// Why, safe to draw.
    pub reason: Option<String>,
}

/// What can be decided against somebody, for a time or for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They may not be here.
    Banned,
    /// They may say nothing here.
    Muted,
}

impl Sentenced {
    /// Somebody as the server lists them.
    pub fn listed(verdict: Verdict, sentence: Sentence) -> Self {
        let Sentence { user, name, until, reason } = sentence;
        let reason = reason.as_deref().map(safe::line);
        Self { verdict, user, name: safe::line(&name), until, reason }
    }
}

/// What the server counted of what is unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// After this place,
    pub read: Seq,
    /// up to this one:
    pub head: Seq,
    /// messages of others,
    pub unread: u32,
    /// and those among them that call us.
    pub mentions: u32,
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
            kind: RoomKind::Public,
            rules: Rules::default(),
            standing: None,
            level: Level::default(),
            put_out: false,
            joined: false,
            timeline: Timeline::default(),
            read: 0,
            mark: None,
            people: Vec::new(),
            sentences: Vec::new(),
            stale: false,
            present: 0,
            typing: Vec::new(),
            outgoing: Vec::new(),
            scroll: None,
            draft: String::new(),
            shared_draft: String::new(),
            shared_reply: None,
            told_drafts: VecDeque::new(),
            about: None,
            memory: Memory::default(),
            threads: BTreeMap::new(),
            thread: None,
            answers: Threads::default(),
            kept_unread: false,
            shared_read: 0,
            untold_back: false,
            counted: None,
            readers: BTreeMap::new(),
            pins: 0,
            more: false,
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
        match self.counts() {
            Some(counted) => u64::from(counted.unread) + self.timeline.unread_after(counted.head),
            None => self.timeline.unread_after(self.read),
        }
    }

    /// Messages not read yet that call us.
    pub fn calls(&self) -> u64 {
        let after = |seq| self.timeline.calls_after(seq).count() as u64;
        match self.counts() {
            Some(counted) => u64::from(counted.mentions) + after(counted.head),
            None => after(self.read),
        }
    }

    /// What the server counted, where it still holds and knows more than what is here.
    fn counts(&self) -> Option<Counted> {
        let counted =
            self.counted.filter(|counted| counted.read == self.read && counted.head >= self.read)?;
        let whole = self.timeline.oldest().is_some_and(|oldest| oldest <= self.read + 1);
        (!whole).then_some(counted)
    }

    /// Marks everything as read; says whether that changed anything.
    pub fn read_all(&mut self) -> bool {
        let head = self.timeline.head();
        let changed = head > self.read;
        self.read = self.read.max(head);
        changed
    }

    /// Learns up to where all devices know that it was read. Only marking as unread leads back.
    pub fn learn_read(&mut self, upto: Seq) {
        if upto < self.shared_read && !self.untold_back {
            if upto < self.read {
                self.mark = Some(upto);
                self.kept_unread = true;
            }
            self.read = upto;
            self.counted = None;
        } else if !self.untold_back {
            self.read = self.read.max(upto);
        }
        self.shared_read = upto;
    }

    /// Takes in a change of its title, topic or rules.
    pub fn change(&mut self, changed: &RoomEdited) {
        if let Some(title) = &changed.title {
            self.title = safe::line(title);
        }
        if let Some(topic) = &changed.topic {
            self.topic = Some(safe::line(topic)).filter(|topic| !topic.is_empty());
        }
        let Rules { announce, slow_s, archived, seen } = &mut self.rules;
        *announce = changed.announce.unwrap_or(*announce);
        *slow_s = changed.slow_s.unwrap_or(*slow_s);
        *archived = changed.archived.unwrap_or(*archived);
        *seen = changed.seen.unwrap_or(*seen);
    }

    /// Its title with the sign of its kind: `#` public, `◆` private, `@` a conversation.
    pub fn label(&self) -> String {
        format!("{}{}", self.sign(), self.title)
    }

    /// The sign of its kind.
    pub fn sign(&self) -> &'static str {
        match self.kind {
            RoomKind::Private => "◆",
            RoomKind::Direct => "@",
            RoomKind::Public | RoomKind::Other => "#",
        }
    }

    /// Its kind's place in lists.
    pub fn rank(&self) -> u8 {
        match self.kind {
            RoomKind::Public | RoomKind::Other => 0,
            RoomKind::Private => 1,
            RoomKind::Direct => 2,
        }
    }

    /// Whether nothing in it is to be told.
    pub fn is_muted(&self) -> bool {
        self.level == Level::None
    }

    /// Notes somebody's name and presence.
    pub fn see(&mut self, user: &UserId, name: &str, state: PresenceState) {
        if state == PresenceState::Offline {
            self.typing.retain(|typist| typist.user != *user);
        }
        match self.people.iter_mut().find(|person| person.user == *user) {
            Some(person) => {
                person.state = state;
                person.name = safe::line(name);
            }
            None if state == PresenceState::Offline => return,
            None => {
                // What they are is not told with it.
                self.stale = true;
                self.people.push(Person::new(user.clone(), name, state));
            }
        }
        self.people.retain(|person| person.state != PresenceState::Offline || person.standing.is_some());
        self.sort_people();
    }

    /// Puts people in the order they are drawn in.
    pub fn sort_people(&mut self) {
        let order = |person: &Person| (person.state == PresenceState::Offline, person.name.to_lowercase());
        self.people.sort_by_cached_key(order);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_a_member_stays_when_they_go() {
        let mut room = Room::new(RoomKey::lobby());
        let (bo, cy) = (UserId::new("u-bo").unwrap(), UserId::new("g-cy").unwrap());
        let mut person = Person::new(bo.clone(), "bo", PresenceState::Online);
        person.standing = Some(RoomRole::Member);
        room.people.push(person);
        room.see(&cy, "cy", PresenceState::Online);
        assert!(room.stale);
        room.see(&bo, "bo", PresenceState::Offline);
        room.see(&cy, "cy", PresenceState::Offline);
        let left: Vec<&str> = room.people.iter().map(|person| person.name.as_str()).collect();
        assert_eq!(left, ["bo"]);
    }
}
