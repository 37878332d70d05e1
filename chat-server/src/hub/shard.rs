//! One shard's state: its connections, and the rooms that any of them is in.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use protocol::error::close;
use protocol::ids::{Id, RoomKey, UserId};
use protocol::limits::{HEARTBEAT, HELLO_PATIENCE};
use protocol::server::{Ping, ServerFrame};
use slab::Slab;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::cut::Cuts;
use super::members::{Place, Room};
use super::pulse::Pulse;
use super::rooms::RoomIndex;
use super::shared::{Audience, Shared, Signal};
use super::{Replies, frame};
use crate::core::policy::Reaches;
use crate::core::presence::Link;
use crate::core::send_order::SendOrder;
use crate::store::{Commit, Outcome};

/// A socket that takes nothing for so many seconds has stalled.
const STALL_SECONDS: u64 = 30;
/// A signal of more bytes is written to each member at once rather than copied for all.
const LARGE_SIGNAL: usize = 2 * 1024;
/// How many seconds the other side has to answer a close.
const CLOSE_SECONDS: u64 = 3;
/// How many of a connection's messages may be on their way to the disk.
const IN_FLIGHT: u32 = 256;

/// The connections of one thread. Borrowed for moments, never across an await.
pub(crate) type ShardRef = Rc<RefCell<Shard>>;

/// One shard's state.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) index: u32,
    pub(crate) shared: Arc<Shared>,
    pub(super) me: Weak<RefCell<Shard>>,
    pub(super) connections: Slab<Connection>,
    pub(super) by_link: HashMap<Link, usize>,
    pub(super) rooms: Slab<Room>,
    pub(super) by_room: RoomIndex,
    /// Who was put out of something.
    pub(crate) cuts: Cuts,
    /// Rooms with something to flush, each once, here or in `resting`.
    pub(super) dirty_rooms: VecDeque<usize>,
    /// Hot rooms that wait for more to flush, and until when.
    pub(super) resting: Vec<(Instant, usize)>,
    /// Connections with replies to flush.
    pub(super) dirty_connections: Vec<usize>,
    /// Tells the loop that there is something to flush.
    pub(super) work: Rc<Notify>,
    /// Seconds since the shard started.
    pub(super) second: u64,
    /// The server is about to close: commands are no longer taken.
    pub(crate) going_away: bool,
}

/// One connection as its shard sees it.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and all combinations occur")]
#[derive(Debug)]
pub(crate) struct Connection {
    pub(super) link: Link,
    pub(super) stream: Rc<TcpStream>,
    pub(super) replies: Replies,
    /// Speaks `chat.v1`.
    pub(super) full: bool,
    /// Was told `welcome`, or needs not: before that, nothing else is said.
    pub(super) welcomed: bool,
    /// Its `hello` is here, or it needs none: what takes long now is the server's.
    greeting: bool,
    /// Known after `hello`.
    pub(super) user: Option<UserId>,
    /// What proved it: the session of a device, or a bot's token; a guest has none.
    pub(super) session: Option<Id>,
    /// A bot's token may be good for these rooms alone.
    only: Option<Arc<BTreeSet<RoomKey>>>,
    /// The rooms it is in.
    pub(super) places: Vec<Place>,
    /// Since which second the socket has been taking nothing.
    pub(super) blocked: Option<u64>,
    pub(super) dirty: bool,
    pub(super) catching_up: bool,
    /// Messages on their way to the disk.
    in_flight: u32,
    pub(crate) order: SendOrder,
    /// Of a plain connection: the messages in flight to which it gave an id, and so wants an answer by that id.
    pub(crate) named: Vec<Id>,
    /// Whom to tell when replies have drained, a message has left the flight, or the connection is closing; nobody
    /// waits for that mostly.
    eased: Option<Rc<Notify>>,
    /// Since which second it is being closed.
    pub(super) closing: Option<u64>,
    opened: u64,
    pulse: Rc<Pulse>,
    pinged: u64,
}

impl Shard {
    pub(crate) fn new(index: u32, shared: Arc<Shared>, work: Rc<Notify>) -> ShardRef {
        Rc::new_cyclic(|me| {
            RefCell::new(Self {
                index,
                shared,
                me: me.clone(),
                connections: Slab::new(),
                by_link: HashMap::new(),
                rooms: Slab::new(),
                by_room: RoomIndex::default(),
                cuts: Cuts::default(),
                dirty_rooms: VecDeque::new(),
                resting: Vec::new(),
                dirty_connections: Vec::new(),
                work,
                second: 0,
                going_away: false,
            })
        })
    }

    /// Takes a connection in. Its reader calls [`Shard::remove`] at the end.
    pub(crate) fn insert(&mut self, stream: Rc<TcpStream>, full: bool) -> (Link, Rc<Pulse>) {
        let link = self.shared.new_link();
        let pulse = Rc::new(Pulse::new(self.second));
        let at = self.connections.insert(Connection {
            link,
            stream,
            replies: Replies::default(),
            full,
            welcomed: !full,
            greeting: !full,
            user: None,
            session: None,
            only: None,
            places: Vec::new(),
            blocked: None,
            dirty: false,
            catching_up: false,
            in_flight: 0,
            order: SendOrder::default(),
            named: Vec::new(),
            eased: None,
            closing: None,
            opened: self.second,
            pulse: Rc::clone(&pulse),
            pinged: self.second,
        });
        self.by_link.insert(link, at);
        (link, pulse)
    }

    /// The connection is no more.
    pub(crate) fn remove(&mut self, link: Link) {
        let Some(at) = self.by_link.remove(&link) else { return };
        self.leave_all(at);
        let mut connection = self.connections.remove(at);
        self.dirty_connections.retain(|&dirty| dirty != at);
        connection.tell_eased();
        let now = self.shared.now();
        self.shared.presence().disconnect(link, now);
        self.shared.stir();
    }

    /// Whether nobody is connected.
    pub(super) fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    pub(crate) fn connection(&mut self, link: Link) -> Option<&mut Connection> {
        let at = *self.by_link.get(&link)?;
        self.connections.get_mut(at)
    }

    /// The connection's `hello` is here.
    pub(crate) fn greeting(&mut self, link: Link) {
        if let Some(connection) = self.connection(link) {
            connection.greeting = true;
        }
    }

    /// Says who a connection is, after its `hello`, which session proved it, and how far that reaches.
    pub(crate) fn identify(&mut self, link: Link, user: UserId, session: Option<Id>, reaches: &Reaches) {
        if let Some(connection) = self.connection(link) {
            connection.user = Some(user);
            connection.session = session;
            connection.only = if reaches.read { reaches.rooms.clone() } else { Some(Arc::default()) };
        }
    }

    /// Appends a frame to a connection's replies; they leave at the next flush.
    pub(crate) fn reply(&mut self, link: Link, told: &ServerFrame) {
        self.reply_bytes(link, &frame::server_frame(told));
    }

    /// The same for whole frames in wire form.
    pub(crate) fn reply_bytes(&mut self, link: Link, frames: &[u8]) {
        let Some(&at) = self.by_link.get(&link) else { return };
        let connection = &mut self.connections[at];
        if connection.closing.is_none() {
            connection.replies.push(frames);
            if connection.replies.len() > Replies::MOST {
                return self.give_up(at);
            }
            self.mark_connection(at);
        }
    }

    /// Cuts a connection whose replies are beyond their bound: it takes nothing, not even a close.
    fn give_up(&mut self, at: usize) {
        self.leave_all(at);
        let connection = &mut self.connections[at];
        tracing::debug!(conn.id = connection.link, "its replies are too many");
        connection.replies = Replies::default();
        connection.closing = Some(self.second);
        connection.tell_eased();
        connection.cut();
    }

    /// Takes a connection out of all its rooms: the other side has said close.
    pub(crate) fn leave_rooms(&mut self, link: Link) {
        if let Some(&at) = self.by_link.get(&link) {
            self.leave_all(at);
        }
    }

    /// Says that nothing more will be written, if all was.
    pub(crate) fn finish_writing(&mut self, link: Link) {
        if let Some(connection) = self.connection(link)
            && connection.replies.is_empty()
        {
            let _ = SockRef::from(&*connection.stream).shutdown(std::net::Shutdown::Write);
        }
    }

    /// Appends a text that is no frame of the protocol (the greeting).
    pub(crate) fn reply_text(&mut self, link: Link, text: &str) {
        self.reply_bytes(link, &frame::text(text));
    }

    /// Writes to a connection whatever there is for it, now rather than in the loop's next turn.
    pub(crate) fn flush_now(&mut self, link: Link) {
        if let Some(&at) = self.by_link.get(&link) {
            self.flush_connection(at);
        }
    }

    /// Seconds since the shard started.
    pub(crate) fn second(&self) -> u64 {
        self.second
    }

    /// Closes a connection: nothing follows the close frame, and nothing more is taken from the other side.
    pub(crate) fn close(&mut self, link: Link, code: u16, reason: &str) {
        let Some(&at) = self.by_link.get(&link) else { return };
        if self.connections[at].closing.is_some() {
            return;
        }
        tracing::debug!(conn.id = link, code, reason, "closing");
        self.reply_bytes(link, &frame::close(code, reason));
        self.leave_all(at);
        let connection = &mut self.connections[at];
        connection.closing = Some(self.second);
        connection.tell_eased();
    }

    /// Takes note that a message is on its way to the disk.
    pub(crate) fn submitted(&mut self, link: Link) {
        if let Some(connection) = self.connection(link) {
            connection.in_flight += 1;
        }
    }

    /// What a commit means for this shard: its rooms' tails grow, and whoever asked is answered.
    pub(crate) fn apply(&mut self, commit: &Commit) {
        for event in &commit.events {
            self.append(event);
        }
        self.apply_decisions(commit);
        for (origin, outcome) in &commit.outcomes {
            if origin.shard == self.index {
                self.settle(origin.connection, outcome);
            }
        }
    }

    fn settle(&mut self, link: Link, outcome: &Outcome) {
        let Some(connection) = self.connection(link) else { return };
        connection.in_flight = connection.in_flight.saturating_sub(1);
        if connection.in_flight < IN_FLIGHT {
            connection.tell_eased();
        }
        let (id, told) = match outcome {
            Outcome::Stored(ack) => (Some(&ack.id), ServerFrame::Ack(ack.clone())),
            Outcome::Refused(refusal) => (refusal.id.as_ref(), ServerFrame::Error(refusal.clone())),
        };
        let named = connection.named.iter().position(|named| Some(named) == id);
        if let Some(named) = named {
            connection.named.swap_remove(named);
        }
        if let Outcome::Refused(refusal) = outcome
            && let (true, Some(room), Some(id)) = (refusal.retry, &refusal.room, &refusal.id)
            && (connection.full || named.is_some())
        {
            connection.order.refuse(room.clone(), id.clone());
        }
        if !connection.full && named.is_none() && matches!(told, ServerFrame::Ack(_)) {
            return;
        }
        self.reply(link, &told);
    }

    /// Tells a room's members something that may be lost: whoever is behind misses it.
    pub(super) fn signal(&mut self, signal: &Signal) {
        let Some(room) = self.by_room.get(&signal.room) else { return };
        let mut large = Vec::new();
        for member in &self.rooms[room].members {
            let connection = &mut self.connections[member.connection];
            let meant = match signal.audience {
                Audience::Everybody => true,
                Audience::Full => connection.full,
                Audience::Plain => !connection.full,
            };
            let keeps_up = connection.blocked.is_none() && connection.replies.len() <= Replies::SIGNALS;
            let caused = signal.except.is_some() && connection.user == signal.except;
            if !meant || !keeps_up || caused {
            } else if signal.frame.len() > LARGE_SIGNAL {
                large.push(member.connection);
            } else {
                connection.replies.push(&signal.frame);
            }
        }
        // One after the other, so that not all members hold a copy at the same time.
        for at in large {
            self.connections[at].replies.push(&signal.frame);
            self.flush_connection(at);
        }
        self.mark_room(room);
    }

    /// Tells all connections of a user but one of a room, as far as they may hear of it.
    pub(super) fn tell_user(&mut self, user: &UserId, except: Link, room: &RoomKey, frames: &[u8]) {
        let of_user = |connection: &Connection| {
            let may_hear = connection.only.as_ref().is_none_or(|only| only.contains(room));
            connection.user.as_ref() == Some(user) && connection.full && connection.welcomed && may_hear
        };
        let links: Vec<_> = self
            .connections
            .iter()
            .filter(|(_, connection)| of_user(connection))
            .map(|(_, c)| c.link)
            .collect();
        for link in links.into_iter().filter(|&link| link != except) {
            self.reply_bytes(link, frames);
        }
    }

    /// Tells everybody of the coming restart.
    pub(super) fn go_away(&mut self, after_ms: u64) {
        self.going_away = true;
        let told = ServerFrame::Goaway(protocol::server::Goaway { after_ms, why: "restart".to_owned() });
        let links: Vec<_> = self.connections.iter().filter(|(_, c)| c.full).map(|(_, c)| c.link).collect();
        for link in links {
            self.reply(link, &told);
        }
    }

    /// Closes everybody for a restart.
    pub(super) fn close_all(&mut self) {
        for link in self.links() {
            self.close(link, close::RESTART, "the server restarts");
        }
    }

    /// Cuts everybody, without a word.
    pub(super) fn cut_all(&mut self) {
        for (_, connection) in &self.connections {
            connection.cut();
        }
    }

    /// Once a second: heartbeats, and an end to whoever is silent or stalled.
    pub(super) fn tick(&mut self) {
        self.second += 1;
        let now = self.second;
        for link in self.links() {
            let Some(connection) = self.connection(link) else { continue };
            if connection.closing.is_some_and(|since| now - since > CLOSE_SECONDS) {
                connection.cut();
            } else if connection.closing.is_some() {
            } else if connection.blocked.is_some_and(|since| now - since > STALL_SECONDS) {
                self.close(link, close::SLOW, "nothing was taken for too long");
            } else if !connection.greeting && now - connection.opened > HELLO_PATIENCE.as_secs() {
                self.close(link, close::BAD_PROTOCOL, "no hello in time");
            } else if connection.pulse.is_stuck(now) {
                self.close(link, close::BAD_PROTOCOL, "a frame took too long");
            } else if connection.pulse.is_silent(now) {
                connection.cut();
            } else if now - connection.pinged >= HEARTBEAT.as_secs() && connection.welcomed {
                connection.pinged = now;
                self.ping(link);
            }
        }
    }

    fn ping(&mut self, link: Link) {
        let Some(&at) = self.by_link.get(&link) else { return };
        if self.connections[at].full {
            let heads = self.moved_heads(at);
            self.reply(link, &ServerFrame::Ping(Ping { heads }));
        } else {
            self.reply_bytes(link, &frame::ping());
        }
    }

    fn links(&self) -> Vec<Link> {
        self.connections.iter().map(|(_, connection)| connection.link).collect()
    }

    pub(super) fn mark_connection(&mut self, at: usize) {
        let connection = &mut self.connections[at];
        if !connection.dirty && connection.blocked.is_none() {
            connection.dirty = true;
            self.dirty_connections.push(at);
            self.work.notify_one();
        }
    }
}

impl Connection {
    /// Told whenever a wait for [`Connection::is_strained`] may be over.
    pub(crate) fn eased(&mut self) -> Rc<Notify> {
        Rc::clone(self.eased.get_or_insert_default())
    }

    pub(super) fn tell_eased(&mut self) {
        if let Some(eased) = self.eased.take() {
            eased.notify_waiters();
        }
    }

    /// Whether nothing more should be read from it now: its answers or its messages wait.
    pub(crate) fn is_strained(&self) -> bool {
        self.closing.is_none() && (self.replies.len() > Replies::HIGH || self.in_flight >= IN_FLIGHT)
    }

    /// Whether the close frame is on its way.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.is_some()
    }

    /// Replies have left: whoever waits for room looks again.
    pub(super) fn ease(&mut self) {
        if self.replies.len() <= Replies::HIGH {
            self.tell_eased();
        }
    }

    /// Cuts the socket; its reader notices and removes the connection.
    pub(super) fn cut(&self) {
        let _ = SockRef::from(&*self.stream).shutdown(std::net::Shutdown::Both);
    }
}
