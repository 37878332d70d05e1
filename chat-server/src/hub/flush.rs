//! The only writer of sockets: each connection's replies first, then each of its rooms from where it is.
//!
//! A source is left only between two frames: what a socket took of a frame in part goes back to the front of the
//! replies, which go first.

use std::io::{self, IoSlice};
use std::rc::Rc;

use super::catch_up;
use super::members::Place;
use super::shard::{Connection, Shard};

/// What one turn may cost; then reads and commits have theirs. One send to a member of a small room costs 1.
const TURN: usize = 1024;
/// A room of more members is flushed as a ring, some of them at a time, always up to the newest event: reads that come
/// between bring more events to send at once. With whole rounds nothing would be read meanwhile.
const SMALL_ROOM: usize = 64;
/// What a send to a member of a large room costs: 64 of them are a turn.
const LARGE_ROOM_SEND: usize = TURN / 64;
/// A tail whose every member is live at its end is cut to this, so that idle rooms cost little.
const TAIL_AT_REST: usize = 4 * 1024;

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Written {
    /// Bytes of the tail that were taken.
    tail: usize,
    /// Whether everything was.
    complete: bool,
}

impl Shard {
    /// One turn of flushing; whether there is more to do.
    pub(super) fn flush_turn(&mut self) -> bool {
        let mut cost = 0;
        while cost < TURN {
            let Some(room) = self.dirty_rooms.pop_front() else { break };
            while cost < TURN && self.rooms[room].todo > 0 && self.rooms[room].round.left > 0 {
                let entry = &mut self.rooms[room];
                entry.todo -= 1;
                entry.round.left -= 1;
                let index = entry.ring % entry.members.len();
                entry.ring = index + 1;
                let send = if entry.members.len() > SMALL_ROOM { LARGE_ROOM_SEND } else { 1 };
                if self.visit(room, index) {
                    cost += send;
                }
            }
            let entry = &self.rooms[room];
            if entry.todo == 0 {
                self.trim(room);
            } else if entry.round.left == 0 {
                self.end_round(room);
            } else {
                self.dirty_rooms.push_back(room);
            }
        }
        for at in std::mem::take(&mut self.dirty_connections) {
            if let Some(connection) = self.connections.get_mut(at) {
                connection.dirty = false;
                if !connection.replies.is_empty() && connection.blocked.is_none() {
                    self.write(at, None);
                }
            }
        }
        !self.dirty_rooms.is_empty() || !self.dirty_connections.is_empty()
    }

    /// Writes to one connection whatever there is for it.
    pub(super) fn flush_connection(&mut self, at: usize) {
        if self.connections[at].blocked.is_some() {
            return;
        }
        if !self.connections[at].replies.is_empty() {
            self.write(at, None);
        }
        for slot in 0..self.connections[at].places.len() {
            let Some(&Place { room, index }) = self.connections[at].places.get(slot) else { break };
            self.visit(room, index);
        }
    }

    /// Writes to one member what is new to it; whether that took a send.
    fn visit(&mut self, room: usize, index: usize) -> bool {
        let entry = &mut self.rooms[room];
        let member = &mut entry.members[index];
        let at = member.connection;
        let connection = &self.connections[at];
        if connection.blocked.is_some() {
            return false;
        }
        if member.live && entry.tail.from(member.position).is_none() {
            member.live = false;
        }
        if !member.live && !connection.catching_up {
            match entry.tail.position(member.seq + 1) {
                Some(position) if !member.owed_synced => {
                    member.live = true;
                    member.position = position;
                }
                // Ahead of what this shard has heard of: the commits are on their way.
                None if member.seq > entry.tail.head() => {}
                _ => self.catch_up(at),
            }
        }
        self.leave_out_hidden(room, index);
        let member = &self.rooms[room].members[index];
        if member.live && member.position < self.rooms[room].tail.end() {
            self.write(at, Some((room, index)));
            true
        } else if !self.connections[at].replies.is_empty() {
            self.write(at, None);
            true
        } else {
            false
        }
    }

    /// Of what is new to a plain connection, only messages are for it: where there is anything else, they go through its
    /// replies.
    fn leave_out_hidden(&mut self, room: usize, index: usize) {
        let entry = &mut self.rooms[room];
        let member = &mut entry.members[index];
        let connection = &mut self.connections[member.connection];
        if connection.full || !member.live {
            return;
        }
        if let Some(shown) = entry.tail.shown_from(member.position) {
            connection.replies.push(&shown);
            (member.position, member.seq) = (entry.tail.end(), entry.tail.head());
        }
    }

    /// Writes a connection's replies, and behind them what is new to it in one room where it is live.
    fn write(&mut self, at: usize, from: Option<(usize, usize)>) {
        let connection = &mut self.connections[at];
        let tail = from.and_then(|(room, index)| {
            let entry = &self.rooms[room];
            entry.tail.from(entry.members[index].position)
        });
        let tail = tail.unwrap_or_default();
        let offered = tail.len();
        let written = match connection.write(tail) {
            Ok(written) => written,
            Err(error) => {
                tracing::debug!(conn.id = connection.link, %error, "the socket is gone");
                connection.cut();
                // Nothing more is tried until the reader has noticed and removes the connection.
                connection.blocked = Some(self.second);
                connection.closing = Some(self.second);
                connection.tell_eased();
                return;
            }
        };
        if let Some((room, index)) = from {
            let entry = &mut self.rooms[room];
            let member = &mut entry.members[index];
            if written.tail == offered {
                (member.position, member.seq) = (entry.tail.end(), entry.tail.head());
            } else {
                let position = member.position + written.tail as u64;
                let frame_end = entry.tail.frame_end(position);
                connection.replies.push(entry.tail.between(position, frame_end));
                (member.position, member.seq) = (frame_end, entry.tail.seq_before(frame_end));
            }
        }
        connection.ease();
        if !written.complete {
            self.wait_for_room(at);
        }
    }

    /// Looks at a connection again when its socket takes more.
    fn wait_for_room(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        connection.blocked = Some(self.second);
        let (link, stream) = (connection.link, Rc::clone(&connection.stream));
        let Some(me) = self.me.upgrade() else { return };
        tokio::task::spawn_local(async move {
            // An error shows in the write that follows, and in the reader.
            let _ = stream.writable().await;
            let mut shard = me.borrow_mut();
            if let Some(&at) = shard.by_link.get(&link) {
                shard.connections[at].blocked = None;
                shard.flush_connection(at);
            }
        });
    }

    /// Has a connection's rooms read from the store.
    pub(super) fn catch_up(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        if connection.catching_up || connection.closing.is_some() {
            return;
        }
        connection.catching_up = true;
        let link = connection.link;
        let Some(me) = self.me.upgrade() else { return };
        tokio::task::spawn_local(catch_up::run(me, link));
    }

    /// All members were visited: gives memory back that none of them needs.
    fn trim(&mut self, room: usize) {
        let entry = &mut self.rooms[room];
        let end = entry.tail.end();
        if end - entry.tail.start() > TAIL_AT_REST as u64
            && entry.members.iter().all(|member| member.live && member.position == end)
        {
            entry.tail.cut(TAIL_AT_REST);
            entry.forget_edits();
        }
    }
}

impl Connection {
    /// Writes replies, then a piece of a tail, until the socket takes no more.
    fn write(&mut self, tail: &[u8]) -> io::Result<Written> {
        let mut taken = 0;
        loop {
            let (replies, rest) = (self.replies.waiting(), &tail[taken..]);
            let result = match (replies.is_empty(), rest.is_empty()) {
                (true, true) => return Ok(Written { tail: taken, complete: true }),
                (true, false) => self.stream.try_write(rest),
                (false, true) => self.stream.try_write(replies),
                (false, false) => {
                    self.stream.try_write_vectored(&[IoSlice::new(replies), IoSlice::new(rest)])
                }
            };
            match result {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(sent) => {
                    let of_replies = sent.min(self.replies.len());
                    self.replies.advance(of_replies);
                    taken += sent - of_replies;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Written { tail: taken, complete: false });
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
