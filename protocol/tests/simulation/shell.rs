//! A client: a session, its disk and its view. Checks at each event what a session promises.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use protocol::event::{Event, Message};
use protocol::ids::{Id, Ref, RoomKey, Seq, UserId};
use protocol::session::{
    Action, Line, Link, OutboxChange, Outgoing, OutgoingState, Place, Saved, Session, SessionConfig,
    SessionEvent,
};

use crate::{Mutant, Random};

pub(crate) struct Shell {
    pub(crate) name: usize,
    pub(crate) session: Session,
    disk: Disk,
    /// Written to disk a little later, in this order.
    writes: Vec<OutboxChange>,
    pub(crate) view: BTreeMap<RoomKey, BTreeMap<Seq, Message>>,
    cursors: BTreeMap<RoomKey, Seq>,
    /// Up to where nothing is missing in the view.
    complete: BTreeMap<RoomKey, Seq>,
    asked: Option<Ref>,
    sent: u64,
    /// Every ack that any of its lives saw.
    pub(crate) stored: BTreeMap<Id, Seq>,
    pub(crate) actions: Vec<Action>,
    seed: u64,
    mutant: Option<Mutant>,
}

#[derive(Clone, Default)]
struct Disk {
    token: Option<String>,
    saved: Saved,
}

impl Shell {
    pub(crate) fn new(
        name: usize,
        user: Option<&str>,
        seed: u64,
        mutant: Option<Mutant>,
        now: Duration,
    ) -> Self {
        let rooms = [RoomKey::lobby(), RoomKey::new("ops").unwrap()].map(|key| (key, None)).into();
        let disk = Disk { token: user.map(Into::into), saved: Saved { rooms, ..Saved::default() } };
        Self {
            name,
            session: session(&disk, name, seed, 0, now),
            disk,
            writes: Vec::new(),
            view: BTreeMap::new(),
            cursors: BTreeMap::new(),
            complete: BTreeMap::new(),
            asked: None,
            sent: 0,
            stored: BTreeMap::new(),
            actions: Vec::new(),
            seed,
            mutant,
        }
    }

    /// Kills the client and starts it again from its disk.
    pub(crate) fn crash(&mut self, life: u64, now: Duration) {
        self.writes.clear();
        if self.mutant == Some(Mutant::ClientForgetsOutbox) {
            self.disk.saved.outbox.clear();
        }
        // The cache is written with each event; the cursor is where its newest stretch ends.
        for (room, cursor) in &self.cursors {
            self.disk.saved.rooms.insert(room.clone(), Some(*cursor));
        }
        self.asked = None;
        self.session = session(&self.disk, self.name, self.seed, life, now);
    }

    pub(crate) fn say(&mut self, random: &mut Random) {
        self.sent += 1;
        let room = RoomKey::new(if random.chance(60) { "lobby" } else { "ops" }).unwrap();
        let id = Id::new(format!("c{}-{:06}", self.name, self.sent)).unwrap();
        let line = Line { text: format!("text of {id}"), ..Line::default() };
        self.session.send(room, id, line).unwrap();
    }

    /// Writes to disk what waits for it.
    pub(crate) fn write(&mut self) {
        let outbox = &mut self.disk.saved.outbox;
        for change in self.writes.drain(..) {
            match change {
                OutboxChange::Put(entry) => {
                    let id = entry.id.clone();
                    match outbox.iter_mut().find(|known| known.id == id) {
                        Some(known) => *known = entry,
                        None => outbox.push(entry),
                    }
                    self.session.handle_persisted(&id);
                }
                OutboxChange::Remove(id) => outbox.retain(|entry| entry.id != id),
            }
        }
    }

    /// Takes everything that the session says.
    pub(crate) fn drain(&mut self) {
        self.actions.extend(std::iter::from_fn(|| self.session.poll_action()));
        while let Some(event) = self.session.poll_event() {
            self.event(event);
        }
        self.fill();
    }

    fn event(&mut self, event: SessionEvent) {
        match event {
            SessionEvent::Welcome(welcome) => {
                self.disk.token = welcome.token;
                self.disk.saved.epoch = Some(welcome.epoch);
                self.disk.saved.user = Some(welcome.user.user);
            }
            SessionEvent::Event(event) => {
                let Event::Message(message) = event.event else { panic!("only messages were said") };
                let cursor = self.cursors.get_mut(&message.room).expect("joined before");
                assert_eq!(message.seq, *cursor + 1, "client {}: order without hole or repeat", self.name);
                *cursor = message.seq;
                self.see(&message);
            }
            SessionEvent::RoomJoined { info, .. } => {
                self.cursors.insert(info.room, info.head);
            }
            SessionEvent::Reset(reset) => {
                self.cursors.insert(reset.room, reset.head);
            }
            SessionEvent::GapLost(gap) => panic!("client {}: nothing is ever lost here: {gap:?}", self.name),
            SessionEvent::Page(page) => {
                self.asked = self.asked.filter(|asked| *asked != page.reference);
                let cursor = self.cursors[&page.page.room];
                for event in page.page.events {
                    assert!(event.seq() <= cursor, "a page ends at the cursor");
                    let Event::Message(message) = event else { panic!("only messages were said") };
                    self.see(&message);
                }
            }
            SessionEvent::Unanswered { reference, .. } | SessionEvent::Refused { reference, .. } => {
                self.asked = self.asked.filter(|asked| *asked != reference);
            }
            SessionEvent::Outbox(change) => self.writes.push(change),
            SessionEvent::Outgoing { id, state: OutgoingState::Stored { seq, .. } } => {
                let first = *self.stored.entry(id.clone()).or_insert(seq);
                assert_eq!(first, seq, "{id} is stored at one place");
            }
            SessionEvent::Outgoing { id, state: OutgoingState::Failed(failure) } => {
                panic!("{id} failed: {failure:?}")
            }
            SessionEvent::Link(Link::Stopped(stopped)) => panic!("client {}: {stopped:?}", self.name),
            _ => {}
        }
    }

    fn see(&mut self, message: &Message) {
        let known = self.view.entry(message.room.clone()).or_default().insert(message.seq, message.clone());
        assert!(known.is_none_or(|known| known == *message), "a place in the log never changes");
    }

    /// Pages in what is missing before the cursor, as a person who scrolls would.
    fn fill(&mut self) {
        if self.asked.is_some() {
            return;
        }
        for (room, cursor) in &self.cursors {
            let complete = self.complete.entry(room.clone()).or_default();
            while self.view.get(room).is_some_and(|view| view.contains_key(&(*complete + 1))) {
                *complete += 1;
            }
            if *complete < *cursor {
                self.asked = self.session.history(room, Place::After(*complete), 7).ok();
                return;
            }
        }
    }

    pub(crate) fn is_settled(&self, log: &BTreeMap<RoomKey, Vec<Message>>) -> bool {
        let same = |(room, log): (&RoomKey, &Vec<Message>)| {
            self.view.get(room).map_or(0, BTreeMap::len) == log.len()
        };
        self.session.outbox().next().is_none() && self.writes.is_empty() && log.iter().all(same)
    }

    /// The ids that must be in the log: acknowledged, or on disk to be sent.
    pub(crate) fn owes(&self) -> BTreeSet<Id> {
        let waiting = self.disk.saved.outbox.iter().map(|entry: &Outgoing| entry.id.clone());
        self.stored.keys().cloned().chain(waiting).collect()
    }

    pub(crate) fn user(&self) -> Option<&UserId> {
        self.session.user()
    }
}

fn session(disk: &Disk, name: usize, seed: u64, life: u64, now: Duration) -> Session {
    let config = SessionConfig {
        client: "simulated".into(),
        conn: Id::new(format!("conn-{name}-{life}")).unwrap(),
        name: None,
        token: disk.token.clone(),
        seed: seed ^ (name as u64 + 1) << 32 ^ life,
    };
    Session::new(config, disk.saved.clone(), now)
}
