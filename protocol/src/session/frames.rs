//! What the server said.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::client::{ClientFrame, RoomQuestion};
use crate::event::Event;
use crate::ids::{Id, Ref, RoomKey, Seq};
use crate::limits::{CLIENT_PATIENCE, HISTORY_EVENTS, MESSAGE_BYTES, RESUME_EVENTS};
use crate::server::{Ack, HistoryPage, Reset, ResetWhy, RoomInfo, ServerFrame, Welcome};
use crate::session::commands::{Asker, history, place};
use crate::session::link::MAX_WAIT;
use crate::session::{
    HELD_BYTES, Link, OutboxChange, OutgoingState, Page, Place, Room, RoomEvent, RoomReset, Session,
    SessionEvent, State,
};

impl Session {
    /// A text frame arrived. What is not understood does no harm.
    pub fn handle_text(&mut self, now: Duration, text: &str) {
        if !matches!(self.state, State::Greeting { .. } | State::Up { .. }) {
            return;
        }
        self.heard(now);
        let Ok(frame) = ServerFrame::parse(text) else { return };
        match frame {
            ServerFrame::Welcome(welcome) => self.welcome(*welcome, now),
            ServerFrame::Ping(ping) => {
                self.pong();
                for (room, head) in ping.heads {
                    self.expect(&room, head, now);
                }
            }
            ServerFrame::Goaway(goaway) => {
                self.goaway(now, Duration::from_millis(goaway.after_ms));
                self.out.push_back(SessionEvent::Goaway { why: goaway.why });
            }
            ServerFrame::Error(refusal) => self.refused(refusal, now),
            // Before `welcome` nobody knows whose this would be.
            _ if !self.is_up() => {}
            ServerFrame::Event(event) => self.event(event, text.len(), now),
            ServerFrame::Synced(synced) => {
                self.skip_too_long(&synced.room, synced.head);
                if let Some(room) = self.rooms.get_mut(&synced.room) {
                    room.synced(synced.head, now, &mut self.out);
                }
            }
            ServerFrame::Reset(reset) => self.reset(&reset),
            ServerFrame::Ack(ack) => self.acknowledged(ack),
            ServerFrame::History(page) => self.page(page, now),
            ServerFrame::Ok(done) => self.done(done, now),
            ServerFrame::Members(members) => {
                if self.answered(members.reference).is_some() {
                    self.out.push_back(SessionEvent::Members(members));
                }
            }
            ServerFrame::Rooms(rooms) => {
                if self.answered(rooms.reference).is_some() {
                    self.out.push_back(SessionEvent::Rooms(rooms));
                }
            }
            ServerFrame::Reports(reports) => {
                if self.answered(reports.reference).is_some() {
                    self.out.push_back(SessionEvent::Reports(reports));
                }
            }
            ServerFrame::Audit(audit) => {
                if self.answered(audit.reference).is_some() {
                    self.out.push_back(SessionEvent::Audit(audit));
                }
            }
            ServerFrame::Found(found) => {
                if self.answered(found.reference).is_some() {
                    self.out.push_back(SessionEvent::Found(found));
                }
            }
            ServerFrame::Mentioned(mentioned) => {
                if self.answered(mentioned.reference).is_some() {
                    self.out.push_back(SessionEvent::Mentioned(mentioned));
                }
            }
            ServerFrame::Thread(thread) => {
                if self.answered(thread.reference).is_some() {
                    self.out.push_back(SessionEvent::Thread(thread));
                }
            }
            ServerFrame::Pins(pins) => {
                if self.answered(pins.reference).is_some() {
                    self.out.push_back(SessionEvent::Pins(pins));
                }
            }
            ServerFrame::Edits(edits) => {
                if self.answered(edits.reference).is_some() {
                    self.out.push_back(SessionEvent::Edits(edits));
                }
            }
            ServerFrame::Readers(readers) => {
                if self.answered(readers.reference).is_some() {
                    self.out.push_back(SessionEvent::Readers(readers));
                }
            }
            ServerFrame::Room(changed) => self.out.push_back(SessionEvent::RoomElsewhere(changed)),
            ServerFrame::Join(signal) => self.signal(&signal.room.clone(), SessionEvent::Came(signal)),
            ServerFrame::Leave(signal) => self.signal(&signal.room.clone(), SessionEvent::Went(signal)),
            ServerFrame::Renamed(signal) => self.signal(&signal.room.clone(), SessionEvent::Renamed(signal)),
            ServerFrame::Profile(signal) => self.signal(&signal.room.clone(), SessionEvent::Profile(signal)),
            ServerFrame::Typing(signal) => self.signal(&signal.room.clone(), SessionEvent::Typing(signal)),
            ServerFrame::Presence(signal) => {
                self.signal(&signal.room.clone(), SessionEvent::Presence(signal));
            }
            ServerFrame::Seen(signal) => self.signal(&signal.room.clone(), SessionEvent::Seen(signal)),
            ServerFrame::Unknown => {}
        }
        self.ask_due(now);
    }

    fn welcome(&mut self, welcome: Welcome, now: Duration) {
        if self.is_up() {
            return;
        }
        self.patience = CLIENT_PATIENCE.max(Duration::from_millis(welcome.heartbeat_ms).min(MAX_WAIT) * 2);
        self.state = State::Up { since: now, silent_until: now + self.patience };
        self.link_changed(Link::Connected);
        let restored = self.epoch.replace(welcome.epoch.clone()).is_some_and(|known| known != welcome.epoch);
        self.user = Some(welcome.user.user.clone());
        if let Some(token) = &welcome.token {
            self.config.token = Some(token.clone());
        }
        self.message_bytes =
            usize::try_from(welcome.limits.message_bytes).map_or(MESSAGE_BYTES, |n| n.min(MESSAGE_BYTES));
        self.history_limit = welcome.limits.history.clamp(1, HISTORY_EVENTS);
        self.resume_limit = welcome.limits.resume.max(RESUME_EVENTS);
        let infos = welcome.rooms.clone();
        for outgoing in self.outbox.bind(&welcome.user.user) {
            if let Some(failure) = outgoing.failed.clone() {
                self.line_changed(outgoing.id.clone(), OutgoingState::Failed(failure));
            }
            self.put(outgoing);
        }
        self.displace(&infos, restored);
        self.fail_orphans();
        self.out.push_back(SessionEvent::Welcome(Box::new(welcome)));
        self.enter(infos, restored, now);
        if self.presence != crate::signal::PresenceState::Online {
            let presence = crate::client::Presence { state: self.presence };
            self.control.push_back(ClientFrame::Presence(presence).encode());
        }
    }

    /// Fails what waits in the outbox and is about places that other events have, or will have, in the server's history.
    fn displace(&mut self, infos: &[RoomInfo], restored: bool) {
        let mut changed = if restored { self.outbox.displace(None, 0) } else { Vec::new() };
        for RoomInfo { room, head, .. } in infos {
            if self.rooms.get(room).and_then(Room::cursor).is_some_and(|cursor| cursor > *head) {
                changed.extend(self.outbox.displace(Some(room), *head));
            }
        }
        for outgoing in changed {
            if let Some(failure) = outgoing.failed.clone() {
                self.line_changed(outgoing.id.clone(), OutgoingState::Failed(failure));
            }
            self.put(outgoing);
        }
    }

    /// Puts what the server says about this connection's rooms beside what the session wants.
    fn enter(&mut self, infos: Vec<RoomInfo>, restored: bool, now: Duration) {
        let mut told = BTreeSet::new();
        for info in infos {
            let (key, first, head) = (info.room.clone(), info.first, info.head);
            told.insert(key.clone());
            if self.rooms.get(&key).and_then(Room::cursor).is_none() {
                self.joined(info, None);
                continue;
            }
            self.out.push_back(SessionEvent::RoomInfo(info));
            if restored {
                // The server says so with `reset` too. Until then no cursor of the old history may swallow an event.
                self.move_cursor(&key, first, head, ResetWhy::Epoch);
            } else if !self.resumed.contains(&key) {
                // Streaming starts at this head: what lies between is a hole.
                self.expect(&key, head, now);
            }
        }
        let absent: Vec<RoomKey> = self.rooms.keys().filter(|key| !told.contains(*key)).cloned().collect();
        for key in absent {
            if self.resumed.contains(&key) {
                self.gone(&key);
            } else {
                self.unjoined.push_back(key);
            }
        }
    }

    pub(super) fn joined(&mut self, info: RoomInfo, reference: Option<Ref>) {
        let (key, head) = (info.room.clone(), info.head);
        self.rooms.insert(key.clone(), Room::new(key.clone(), Some(head)));
        self.out.push_back(SessionEvent::RoomJoined { info, reference });
        self.read_own(&key, head);
    }

    /// What the own room holds is read from its beginning: it is short, and what is in it holds until it is replaced.
    fn read_own(&mut self, key: &RoomKey, head: Seq) {
        if let Some(room) = self.rooms.get_mut(key).filter(|room| room.is_sparse()) {
            room.reset(0);
            room.expect(head, Duration::ZERO, &mut self.out);
        }
    }

    fn gone(&mut self, key: &RoomKey) {
        let Some(room) = self.rooms.remove(key) else { return };
        self.out.push_back(SessionEvent::Reset(RoomReset {
            room: key.clone(),
            held: room.cursor(),
            first: 0,
            head: 0,
            why: ResetWhy::Gone,
        }));
        self.out.push_back(SessionEvent::RoomLeft(key.clone()));
    }

    fn reset(&mut self, reset: &Reset) {
        if reset.why == ResetWhy::Gone {
            return self.gone(&reset.room);
        }
        let cursor = self.rooms.get(&reset.room).and_then(Room::cursor);
        // After a changed epoch `welcome` has done this already.
        if reset.why != ResetWhy::Epoch || cursor != Some(reset.head) {
            self.move_cursor(&reset.room, reset.first, reset.head, reset.why);
        }
    }

    fn move_cursor(&mut self, key: &RoomKey, first: Seq, head: Seq, why: ResetWhy) {
        let Some(room) = self.rooms.get_mut(key) else { return };
        let held = room.cursor();
        room.reset(head);
        self.out.push_back(SessionEvent::Reset(RoomReset { room: key.clone(), held, first, head, why }));
        self.read_own(key, head);
    }

    fn event(&mut self, event: Event, bytes: usize, now: Duration) {
        let as_of = event.seq();
        let event = self.room_event(event, as_of);
        self.skip_too_long(&event.event.room().clone(), as_of.saturating_sub(1));
        let held: usize = self.rooms.values().map(Room::held_bytes).sum();
        if let Some(room) = self.rooms.get_mut(event.event.room()) {
            let budget = room.held_bytes() + HELD_BYTES.saturating_sub(held);
            room.take(event, bytes, budget, now, &mut self.out);
        }
    }

    /// Knows one's own event, which is as good as its ack.
    fn room_event(&mut self, event: Event, as_of: Seq) -> RoomEvent {
        let own = match event.author() {
            Some((user, id)) if Some(user) == self.user.as_ref() => Some(id.clone()),
            _ => None,
        };
        if let (Some(id), Some(timestamp)) = (&own, event.timestamp())
            && self.outbox.seen(id)
        {
            self.stored(id.clone(), event.seq(), timestamp.to_owned());
        }
        RoomEvent { event, own, as_of }
    }

    fn acknowledged(&mut self, ack: Ack) {
        if self.outbox.acknowledged(&ack.id) {
            self.stored(ack.id, ack.seq, ack.timestamp);
        }
    }

    fn stored(&mut self, id: Id, seq: Seq, timestamp: String) {
        self.line_changed(id.clone(), OutgoingState::Stored { seq, timestamp });
        for outgoing in self.outbox.placed(&id, seq) {
            self.put(outgoing);
        }
        self.out.push_back(SessionEvent::Outbox(OutboxChange::Remove(id)));
    }

    fn page(&mut self, mut page: HistoryPage, now: Duration) {
        let Some((reference, asked)) =
            page.reference.and_then(|reference| Some((reference, self.answered(reference)?)))
        else {
            return;
        };
        let ClientFrame::History(question) = asked.frame else { return };
        if question.room != page.room {
            return;
        }
        let as_of = page.as_of;
        if asked.asker == Asker::Session {
            let events = std::mem::take(&mut page.events);
            let events = events
                .into_iter()
                .filter(|event| *event.room() == page.room)
                .map(|event| {
                    let as_of = as_of.max(event.seq());
                    self.room_event(event, as_of)
                })
                .collect();
            if let Some(room) = self.rooms.get_mut(&question.room) {
                room.heal(reference, &page, events, now, &mut self.out);
            }
            return;
        }
        for event in &page.events {
            self.room_event(event.clone(), as_of);
        }
        if let Some(cursor) = self.rooms.get(&page.room).and_then(Room::cursor)
            && page.last > cursor
        {
            page.events.retain(|event| event.seq() <= cursor);
            page.last = cursor;
            page.first = page.first.min(cursor + 1);
            page.more &= question.after.is_none();
        }
        self.out.push_back(SessionEvent::Page(Page { reference, place: place(&question), page }));
    }

    fn signal(&mut self, room: &RoomKey, event: SessionEvent) {
        if self.rooms.contains_key(room) {
            self.out.push_back(event);
        }
    }

    pub(super) fn expect(&mut self, key: &RoomKey, head: Seq, now: Duration) {
        self.skip_too_long(key, head);
        if let Some(room) = self.rooms.get_mut(key) {
            room.expect(head, now, &mut self.out);
        }
    }

    /// A hole beyond what a server resumes is not fetched either, but marked and paged by the shell.
    fn skip_too_long(&mut self, key: &RoomKey, head: Seq) {
        let is_too_long = |room: &Room| !room.is_sparse() && room.behind(head) > self.resume_limit;
        if self.rooms.get(key).is_some_and(is_too_long) {
            self.move_cursor(key, 1, head, ResetWhy::TooOld);
        }
    }

    /// Asks for the events that are missing and joins the rooms that are wanted, where it is time.
    pub(super) fn ask_due(&mut self, now: Duration) {
        while self.next_join().is_some_and(|at| at <= now) {
            let Some(key) = self.unjoined.pop_front() else { break };
            // It may have been left meanwhile.
            if self.rooms.contains_key(&key) {
                let room = key.as_str().to_owned();
                let join = |reference| ClientFrame::Join(RoomQuestion { reference, room });
                let _ = self.ask_as(Asker::Session, join);
            }
        }
        let due = |(key, room): (&RoomKey, &Room)| Some((key.clone(), room.wants(now)?));
        let wanted: Vec<(RoomKey, (Seq, u64))> = self.rooms.iter().filter_map(due).collect();
        for (key, (after, count)) in wanted {
            let limit = u32::try_from(count).unwrap_or(u32::MAX).min(self.history_limit);
            let question =
                |reference| ClientFrame::History(history(reference, &key, Place::After(after), limit));
            let asked = self.ask_as(Asker::Session, question);
            if let (Ok(reference), Some(room)) = (asked, self.rooms.get_mut(&key)) {
                room.asked(reference, now);
            } else if let Some(room) = self.rooms.get_mut(&key) {
                room.refused(0, Some(now), now, &mut self.out);
            }
        }
    }
}
