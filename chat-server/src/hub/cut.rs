//! Putting people out: of one room, or of the server, in the order in which it was committed.
//!
//! A cut is carried out in the turn that applies its commit, before anything of a later one reaches a tail: nothing that
//! is committed after it is written to whoever was put out. What was being read for them meanwhile is noticed by a
//! [stamp](Cuts::of), and read anew.

use std::collections::HashMap;

use protocol::error::close;
use protocol::event::Event;
use protocol::ids::{Id, RoomKey, Seq, UserId};
use protocol::server::{Reset, ResetWhy, ServerFrame};

use super::frame::{self, EventRef};
use super::shard::Shard;
use crate::core::presence::Link;
use crate::store::{Commit, Cut};

/// How many users' cuts are remembered; beyond it everybody's stamp changes.
const REMEMBERED: usize = 10_000;

/// Counts who was put out of something, so that what was read before can be told from what was read after.
#[derive(Debug, Default)]
pub(crate) struct Cuts {
    last: u64,
    /// All who are not in `users` have this stamp.
    base: u64,
    users: HashMap<UserId, u64>,
}

impl Cuts {
    /// Changes whenever the user may have been put out of something.
    pub(crate) fn of(&self, user: &UserId) -> u64 {
        self.users.get(user).copied().unwrap_or(self.base)
    }

    /// Changes whenever anybody may have been put out of something.
    pub(crate) fn any(&self) -> u64 {
        self.last
    }

    fn note(&mut self, user: &UserId) {
        if self.users.len() >= REMEMBERED {
            self.note_all();
        }
        self.last += 1;
        self.users.insert(user.clone(), self.last);
    }

    fn note_all(&mut self) {
        self.last += 1;
        self.base = self.last;
        self.users.clear();
    }
}

impl Shard {
    /// What a commit decided: the rooms' and the users' own logs grow, and then whoever is put out is.
    pub(super) fn apply_decisions(&mut self, commit: &Commit) {
        for event in &commit.facts {
            self.append_fact(event);
        }
        for (user, event) in &commit.own {
            self.append_own(user, event);
        }
        for cut in &commit.cuts {
            self.cut(cut);
        }
    }

    /// Carries out a cut, here.
    fn cut(&mut self, cut: &Cut) {
        match cut {
            Cut::Room { user, room, at } => {
                self.cuts.note(user);
                self.cut_room(user, room, *at);
            }
            Cut::User(user) => {
                self.cuts.note(user);
                self.end(|connection_user, _| connection_user == Some(user));
            }
            Cut::Session(session) => {
                self.cuts.note_all();
                self.end(|_, connection_session| connection_session == Some(session));
            }
        }
    }

    fn cut_room(&mut self, user: &UserId, key: &RoomKey, decided: Seq) {
        let Some(room) = self.by_room.get(key) else { return };
        // Whoever came in after that stays.
        let members = self.rooms[room].members.iter().filter(|member| member.since < decided);
        let meant: Vec<(Link, Seq)> = members
            .map(|member| (&self.connections[member.connection], member.again))
            .filter(|(connection, _)| connection.user.as_ref() == Some(user))
            .map(|(connection, again)| (connection.link, again))
            .collect();
        for (link, again) in meant {
            if again >= decided {
                self.skip(link, room, again);
                continue;
            }
            let epoch = self.shared.store.epoch().clone();
            let gone = Reset { room: key.clone(), epoch, first: 1, head: 0, why: ResetWhy::Gone };
            self.exit(link, key);
            if self.connection(link).is_some_and(|connection| connection.full) {
                self.reply(link, &ServerFrame::Reset(gone));
            } else {
                // A plain connection has nowhere else to be.
                self.close(link, close::BAD_PROTOCOL, "you may not be in this room any more");
            }
        }
    }

    /// Somebody was put out and let in again before this shard heard of either: they go on from there.
    fn skip(&mut self, link: Link, room: usize, to: Seq) {
        let Some(&at) = self.by_link.get(&link) else { return };
        let Some(place) = self.connections[at].place(room) else { return };
        let entry = &mut self.rooms[room];
        let member = &mut entry.members[place.index];
        (member.since, member.seq, member.live) = (to, member.seq.max(to), false);
        let first = entry.record.as_ref().map_or(1, |record| record.first);
        let (room, epoch) = (entry.key.clone(), self.shared.store.epoch().clone());
        let reset = Reset { room, epoch, first, head: to, why: ResetWhy::TooOld };
        if self.connections[at].full {
            self.reply(link, &ServerFrame::Reset(reset));
        }
    }

    /// Closes the connections that are to sign in anew.
    fn end(&mut self, is_meant: impl Fn(Option<&UserId>, Option<&Id>) -> bool) {
        let links: Vec<Link> = self
            .connections
            .iter()
            .filter(|(_, connection)| is_meant(connection.user.as_ref(), connection.session.as_ref()))
            .map(|(_, connection)| connection.link)
            .collect();
        for link in links {
            self.close(link, close::SIGN_IN, "you are signed out");
        }
    }

    /// A new event of a room that is no message.
    fn append_fact(&mut self, event: &Event) {
        let Some(room) = self.by_room.get(event.room()) else { return };
        let entry = &mut self.rooms[room];
        entry.tail.push_hidden(event.seq(), |out| frame::push_event(out, EventRef::from(event)));
        if matches!(event, Event::Member(_) | Event::Changed(_)) {
            entry.decisions += 1;
        }
        if matches!(event, Event::Pin(_) | Event::Delete(_)) {
            entry.pins.change(event.seq());
        }
        match event {
            Event::Edit(edit) => {
                entry.forget_edits();
                entry.edits.push((edit.target, edit.seq));
            }
            // Its texts are gone from the record: whoever is behind reads there what is left of it.
            Event::Delete(delete) => {
                let edited = entry.edits.iter().rfind(|(target, _)| *target == delete.target);
                entry.tail.forget(edited.map_or(delete.target, |&(_, at)| at));
            }
            Event::Changed(changed) => {
                if let Some(record) = &mut entry.record {
                    if let Some(title) = &changed.title {
                        record.title.clone_from(title);
                    }
                    if let Some(topic) = &changed.topic {
                        record.topic = Some(topic.clone()).filter(|topic| !topic.is_empty());
                    }
                    record.rules.announce = changed.announce.unwrap_or(record.rules.announce);
                    record.rules.slow_s = changed.slow_s.unwrap_or(record.rules.slow_s);
                    record.rules.archived = changed.archived.unwrap_or(record.rules.archived);
                    record.rules.seen = changed.seen.unwrap_or(record.rules.seen);
                }
            }
            _ => {}
        }
        self.mark_room(room);
    }

    /// A new event of a user's own room.
    fn append_own(&mut self, user: &UserId, event: &Event) {
        let Some(room) = self.by_room.get(&RoomKey::own(user)) else { return };
        self.rooms[room].tail.push_hidden(event.seq(), |out| frame::push_event(out, EventRef::from(event)));
        self.mark_room(room);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_changes_the_stamp_of_its_user_alone_and_too_many_that_of_all() {
        let user = |n: usize| UserId::new(format!("u-{n}")).unwrap();
        let mut cuts = Cuts::default();
        let (ana, bo) = (cuts.of(&user(1)), cuts.of(&user(2)));
        cuts.note(&user(1));
        assert_ne!(cuts.of(&user(1)), ana);
        assert_eq!(cuts.of(&user(2)), bo);
        for n in 10..=10 + REMEMBERED {
            cuts.note(&user(n));
        }
        assert_ne!(cuts.of(&user(2)), bo);
        assert!(cuts.users.len() <= REMEMBERED);
    }
}
