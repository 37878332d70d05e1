//! A model of the server: a log, dedupe beside it, and connections with a cursor per room. Small enough to be seen right.

use std::collections::{BTreeMap, BTreeSet};

use protocol::client::{ClientFrame, Hello, History, Say};
use protocol::error::{ErrorCode, Refusal};
use protocol::event::{Event, Message};
use protocol::ids::{Epoch, Id, RoomKey, Seq, UserId};
use protocol::people::{Profile, Role};
use protocol::server::{
    Ack, Done, HistoryPage, Limits, Ping, Reset, ResetWhy, RoomInfo, RoomKind, ServerFrame, Synced, User,
    Welcome,
};

use crate::{Mutant, Random};

/// Far less than the protocol's, so that resets happen.
const RESUME: u64 = 25;
const PAGE: u64 = 7;

pub(crate) type Link = u64;

#[derive(Default)]
pub(crate) struct Server {
    /// On disk.
    pub(crate) log: BTreeMap<RoomKey, Vec<Message>>,
    seen: BTreeMap<(UserId, Id), (RoomKey, Seq)>,
    /// In memory.
    pending: Vec<(Link, UserId, Say)>,
    connections: BTreeMap<Link, Connection>,
    users: u64,
    pub(crate) out: Vec<(Link, ServerFrame)>,
    pub(crate) closed: Vec<(Link, u16)>,
    pub(crate) mutant: Option<Mutant>,
}

struct Connection {
    user: UserId,
    conn: Id,
    rooms: BTreeMap<RoomKey, Cursor>,
    blocked: BTreeMap<RoomKey, Id>,
}

struct Cursor {
    sent: Seq,
    /// Told once this is sent.
    synced: Option<Seq>,
}

impl Server {
    pub(crate) fn new(mutant: Option<Mutant>) -> Self {
        let room = |name| (RoomKey::new(name).unwrap(), Vec::new());
        Self { log: BTreeMap::from([room("lobby"), room("ops")]), mutant, ..Self::default() }
    }

    /// Loses what is not on disk.
    pub(crate) fn kill(&mut self) {
        self.pending.clear();
        self.connections.clear();
        self.out.clear();
        self.closed.clear();
        if self.mutant == Some(Mutant::ForgetsDedupe) {
            self.seen.clear();
        }
    }

    pub(crate) fn drop_link(&mut self, link: Link) {
        self.connections.remove(&link);
    }

    pub(crate) fn handle(&mut self, link: Link, frame: ClientFrame, random: &mut Random) {
        if let ClientFrame::Hello(hello) = frame {
            return self.hello(link, hello);
        }
        if !self.connections.contains_key(&link) {
            return;
        }
        match frame {
            ClientFrame::Message(say) => self.say(link, say, random),
            ClientFrame::History(question) => self.history(link, &question),
            ClientFrame::Join(question) => {
                let key = RoomKey::new(&question.room).unwrap();
                self.flush(link, random);
                let info = self.info(&key);
                let head = info.head;
                let connection = self.connections.get_mut(&link).unwrap();
                connection.rooms.entry(key).or_insert(Cursor { sent: head, synced: None });
                self.reply(
                    link,
                    ServerFrame::Ok(Done { reference: question.reference, room: Some(info), name: None }),
                );
            }
            _ => {}
        }
    }

    fn hello(&mut self, link: Link, hello: Hello) {
        let replaced = self.connections.iter().find(|(_, connection)| connection.conn == hello.conn);
        if let Some((&older, _)) = replaced {
            self.connections.remove(&older);
            self.closed.push((older, 4010));
        }
        let user = hello.token.map_or_else(
            || {
                self.users += 1;
                UserId::new(format!("g-{}", self.users)).unwrap()
            },
            |token| UserId::new(token).unwrap(),
        );
        let mut resume = hello.resume.map(|resume| resume.rooms).unwrap_or_default();
        let lobby = self.head(&RoomKey::lobby());
        let resumed: BTreeSet<RoomKey> = resume.keys().cloned().collect();
        resume.entry(RoomKey::lobby()).or_insert(lobby);
        let infos = resume.keys().map(|key| self.info(key)).collect();
        let connection = Connection {
            user: user.clone(),
            conn: hello.conn,
            rooms: BTreeMap::new(),
            blocked: BTreeMap::new(),
        };
        self.connections.insert(link, connection);
        self.reply(
            link,
            ServerFrame::Welcome(Box::new(Welcome {
                server: "model".into(),
                epoch: epoch(),
                token: Some(user.to_string()),
                user: User {
                    user,
                    name: "x".into(),
                    guest: true,
                    role: Role::Guest,
                    profile: Profile::default(),
                },
                heartbeat_ms: 10_000,
                limits: Limits { message_bytes: 65_536, history: 7, resume: RESUME },
                read_only: false,
                rooms: infos,
            })),
        );
        for (room, mut sent) in resume {
            let head = self.head(&room);
            if head.saturating_sub(sent) > RESUME {
                sent = head;
                let why = ResetWhy::TooOld;
                self.reply(
                    link,
                    ServerFrame::Reset(Reset { room: room.clone(), epoch: epoch(), first: 1, head, why }),
                );
            }
            let synced = resumed.contains(&room).then_some(head);
            self.connections.get_mut(&link).unwrap().rooms.insert(room, Cursor { sent, synced });
        }
    }

    fn say(&mut self, link: Link, say: Say, random: &mut Random) {
        let connection = self.connections.get_mut(&link).unwrap();
        let (id, room) = (say.id.clone().unwrap(), say.room.clone().unwrap());
        let waits_for = connection.blocked.get(&room);
        let refuse = match waits_for {
            Some(awaited) => *awaited != id && self.mutant != Some(Mutant::ForgetsOrder),
            None => random.chance(4),
        };
        if refuse {
            connection.blocked.entry(room.clone()).or_insert(id.clone());
            let refusal =
                Refusal::new(ErrorCode::RateLimited, "slow").with_id(Some(id)).with_room(Some(room));
            return self.reply(link, ServerFrame::Error(refusal.with_retry_ms(300)));
        }
        connection.blocked.remove(&room);
        let user = connection.user.clone();
        if self.mutant == Some(Mutant::AcksBeforeCommit)
            && !self.seen.contains_key(&(user.clone(), id.clone()))
        {
            let seq = self.head(&room) + 1;
            self.reply(link, ServerFrame::Ack(Ack { id, room, seq, timestamp: String::new(), dup: false }));
        }
        self.pending.push((link, user, say));
    }

    /// Writes all that waits to disk, and only then answers.
    pub(crate) fn commit(&mut self, random: &mut Random) {
        let mut pending = std::mem::take(&mut self.pending);
        if self.mutant == Some(Mutant::SwapsCommits) && pending.len() > 1 && random.chance(50) {
            pending.swap(0, 1);
        }
        for (link, user, say) in pending {
            let (id, room) = (say.id.unwrap(), say.room.unwrap());
            let known = self.seen.get(&(user.clone(), id.clone())).map(|(_, seq)| *seq);
            let seq = known.unwrap_or_else(|| {
                let seq = self.head(&room) + 1;
                self.log.get_mut(&room).unwrap().push(Message {
                    room: room.clone(),
                    seq,
                    id: id.clone(),
                    user: user.clone(),
                    sender: "x".into(),
                    message: say.message,
                    timestamp: String::new(),
                    guest: true,
                    reply: None,
                    thread: None,
                    mentions: Vec::new(),
                    everyone: None,
                    files: Vec::new(),
                    folded: None,
                });
                self.seen.insert((user, id.clone()), (room.clone(), seq));
                seq
            });
            if random.chance(50) {
                self.flush(link, random);
            }
            if self.mutant != Some(Mutant::AcksBeforeCommit) {
                let dup = known.is_some();
                self.reply(link, ServerFrame::Ack(Ack { id, room, seq, timestamp: String::new(), dup }));
            }
        }
    }

    /// Writes the log from each cursor on: now and then with a hole, a repeat or two events swapped, as a faulty bus
    /// would.
    pub(crate) fn flush(&mut self, link: Link, random: &mut Random) {
        let Some(connection) = self.connections.get_mut(&link) else { return };
        let mut frames = Vec::new();
        for (room, cursor) in &mut connection.rooms {
            let log = &self.log[room];
            let from = frames.len();
            for message in &log[usize::try_from(cursor.sent).unwrap()..] {
                let event = ServerFrame::Event(Event::Message(message.clone()));
                if random.chance(2) {
                    frames.push(event.clone());
                }
                if !random.chance(2) {
                    frames.push(event);
                }
                if frames.len() >= from + 2 && random.chance(3) {
                    let last = frames.len() - 1;
                    frames.swap(last, last - 1);
                }
                cursor.sent = message.seq;
            }
            if let Some(head) = cursor.synced.take_if(|head| cursor.sent >= *head) {
                frames.push(ServerFrame::Synced(Synced { room: room.clone(), head }));
            }
        }
        self.out.extend(frames.into_iter().map(|frame| (link, frame)));
    }

    pub(crate) fn flush_all(&mut self, random: &mut Random) {
        for link in self.links() {
            self.flush(link, random);
        }
    }

    pub(crate) fn ping_all(&mut self) {
        for link in self.links() {
            let rooms = &self.connections[&link].rooms;
            let heads = rooms.iter().map(|(room, cursor)| (room.clone(), cursor.sent)).collect();
            self.reply(link, ServerFrame::Ping(Ping { heads }));
        }
    }

    fn history(&mut self, link: Link, question: &History) {
        let head = self.head(&question.room);
        let limit = u64::from(question.limit.unwrap_or(5)).min(PAGE);
        let first = match (question.before, question.after) {
            (Some(before), _) => before.saturating_sub(limit).max(1),
            (_, Some(after)) => after + 1,
            _ => head.saturating_sub(limit).max(1),
        };
        let last = (first + limit - 1).min(head);
        let log = &self.log[&question.room];
        let events = log.iter().filter(|message| (first..=last).contains(&message.seq)).cloned();
        let page = HistoryPage {
            reference: Some(question.reference),
            room: question.room.clone(),
            events: events.map(Event::Message).collect(),
            first,
            last: last.max(first - 1),
            head,
            as_of: head,
            more: last < head,
        };
        self.reply(link, ServerFrame::History(page));
    }

    fn links(&self) -> Vec<Link> {
        self.connections.keys().copied().collect()
    }

    fn reply(&mut self, link: Link, frame: ServerFrame) {
        self.out.push((link, frame));
    }

    fn head(&self, room: &RoomKey) -> Seq {
        self.log[room].len() as u64
    }

    fn info(&self, room: &RoomKey) -> RoomInfo {
        RoomInfo {
            room: room.clone(),
            title: room.to_string(),
            kind: RoomKind::Public,
            topic: None,
            first: 1,
            head: self.head(room),
            present: 0,
            rules: protocol::rooms::Rules::default(),
            standing: None,
            read: None,
            unread: 0,
            mentions: 0,
            pins: 0,
            people: Vec::new(),
        }
    }
}

fn epoch() -> Epoch {
    Epoch::new("e1").unwrap()
}
