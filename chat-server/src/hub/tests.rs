//! A shard beside a store, where the test says when the shard hears of a commit.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use protocol::event::Event;
use protocol::ids::{Id, RoomKey, Seq, UserId};
use protocol::people::Guests;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

use super::shard::{Shard, ShardRef};
use super::{Hub, Shared, load};
use crate::core::policy::Reaches;
use crate::core::presence::Link;
use crate::store::{Append, At, Commit, Cut, Options, Origin, Store};

const PATIENCE: Duration = Duration::from_secs(10);

/// One shard, one connection of Ana's, and one room.
struct Stage {
    _dir: TempDir,
    store: Store,
    shard: ShardRef,
    link: Link,
    socket: TcpStream,
    room: RoomKey,
    /// What the store has committed and the shard has not heard of.
    commits: Arc<Mutex<VecDeque<Arc<Commit>>>>,
    said: RefCell<u32>,
}

fn ana() -> UserId {
    UserId::new("g-ana").unwrap()
}

impl Stage {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let commits = Arc::<Mutex<VecDeque<Arc<Commit>>>>::default();
        let heard = Arc::clone(&commits);
        let on_commit = Box::new(move |commit| heard.lock().unwrap().push_back(commit));
        let store = Store::open(dir.path(), Options::default(), on_commit).unwrap();
        let room = RoomKey::new("ops").unwrap();
        store.create_room(room.clone(), "Ops".to_owned()).await.unwrap();
        let shared = Arc::new(Shared::new(store.clone(), Hub::new(1).0, false, Guests::On));
        let shard = Shard::new(0, shared, Rc::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let (link, _) = shard.borrow_mut().insert(Rc::new(stream), true);
        shard.borrow_mut().identify(link, ana(), None, &Reaches::FULL);
        shard.borrow().shared.presence().connect(link, &ana(), None, Some("ana"), "guest", Duration::ZERO);
        Self { _dir: dir, store, shard, link, socket, room, commits, said: RefCell::default() }
    }

    /// Bo says something, which is on disk when this is over; the shard does not hear of it.
    async fn say(&self) {
        *self.said.borrow_mut() += 1;
        let said = *self.said.borrow();
        let append = Append {
            origin: Origin { shard: 9, connection: 9 },
            room: self.room.clone(),
            id: Id::new(format!("i{said}")).unwrap(),
            ordered: false,
            user: UserId::new("g-bo").unwrap(),
            sender: Arc::from("bo"),
            guest: true,
            text: format!("line {said}"),
            reply: None,
            thread: None,
            mentions: Vec::new(),
            everyone: None,
            here: None,
            files: Vec::new(),
        };
        self.store.append(append).await.unwrap();
        // The writer answers a piece of work after what came before it.
        self.store.create_room(RoomKey::new(format!("r{said}")).unwrap(), format!("r{said}")).await.unwrap();
    }

    /// Lets the shard hear of everything that is committed.
    fn hear(&self) {
        for commit in self.commits.lock().unwrap().drain(..) {
            self.apply(&commit);
        }
    }

    fn apply(&self, commit: &Commit) {
        self.shard.borrow_mut().apply(commit);
        while self.shard.borrow_mut().flush_turn() {}
    }

    async fn enter(&self, cursor: Option<Seq>, seen: Seq) {
        let loaded = load(&self.shard, &self.room, cursor).await.unwrap().unwrap();
        self.shard.borrow_mut().enter(self.link, &loaded, cursor, seen).unwrap();
    }

    /// The `seq`s of the events on the wire before a frame of this type, and that frame.
    async fn heard_before(&mut self, kind: &str) -> (Vec<u64>, Value) {
        let mut seqs = Vec::new();
        loop {
            let frame = self.frame().await;
            if frame["type"] == kind {
                return (seqs, frame);
            }
            seqs.extend(frame["seq"].as_u64());
        }
    }

    async fn frame(&mut self) -> Value {
        let read = async {
            let mut head = [0; 2];
            self.socket.read_exact(&mut head).await.unwrap();
            let length = match head[1] {
                126 => usize::from(self.socket.read_u16().await.unwrap()),
                short => usize::from(short),
            };
            let mut text = vec![0; length];
            self.socket.read_exact(&mut text).await.unwrap();
            serde_json::from_slice(&text).unwrap()
        };
        tokio::time::timeout(PATIENCE, read).await.expect("a frame")
    }

    /// What the connection is told after all else that is on its way.
    fn tell_last(&self) {
        let mut shard = self.shard.borrow_mut();
        shard.reply(self.link, &protocol::server::ServerFrame::Ping(protocol::server::Ping::default()));
        shard.flush_now(self.link);
    }

    fn member(&self, seq: Seq, change: &str) -> Event {
        let event = json!({
            "type": "member", "room": self.room, "seq": seq, "id": format!("m{seq}"), "user": "u-cy", "sender": "cy",
            "who": "g-ana", "name": "ana", "change": change, "timestamp": "2026-01-25T10:00:00.123Z",
        });
        Event::parse(&event.to_string()).unwrap()
    }
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, test);
}

/// Whether somebody may have what is committed is known only when what was decided before it is heard of.
#[test]
fn catching_up_tells_nothing_that_the_shard_has_not_heard_of() {
    run(async {
        let mut stage = Stage::open().await;
        for _ in 0..5 {
            stage.say().await;
        }
        stage.hear();
        stage.enter(Some(2), 5).await;
        stage.say().await;
        stage.say().await;
        stage.shard.borrow_mut().begin(stage.link);
        let (heard, synced) = stage.heard_before("synced").await;
        assert_eq!((heard, &synced["head"]), (vec![3, 4, 5], &json!(5)));
        stage.hear();
        stage.tell_last();
        assert_eq!(stage.heard_before("ping").await.0, [6, 7]);
    });
}

/// What was asked for before somebody was put out says nothing of where they are when let in again.
#[test]
fn a_page_that_was_asked_for_before_is_not_taken_after() {
    run(async {
        let mut stage = Stage::open().await;
        for _ in 0..5 {
            stage.say().await;
        }
        stage.hear();
        let keep = load(&stage.shard, &stage.room, None).await.unwrap().unwrap();
        stage.enter(Some(1), 5).await;
        let page = stage.store.page(stage.room.clone(), At::After(1), 100, 100_000).await;
        stage.shard.borrow_mut().exit(stage.link, &stage.room);
        stage.enter(Some(3), 5).await;
        stage.shard.borrow_mut().push_page(stage.link, keep.room, &stage.room, 1, page);
        stage.shard.borrow_mut().begin(stage.link);
        let (heard, _) = stage.heard_before("synced").await;
        assert_eq!(heard, [4, 5]);
        drop(keep);
    });
}

#[test]
fn joining_again_loses_nothing_that_is_on_its_way() {
    run(async {
        let mut stage = Stage::open().await;
        stage.say().await;
        stage.hear();
        stage.enter(None, 1).await;
        stage.shard.borrow_mut().begin(stage.link);
        stage.say().await;
        stage.say().await;
        stage.enter(None, 3).await;
        stage.say().await;
        stage.hear();
        stage.tell_last();
        assert_eq!(stage.heard_before("ping").await.0, [2, 3, 4]);
    });
}

/// Put out at 3 and let in again at 5, both on their way when they join anew.
#[test]
fn whoever_was_let_in_again_is_not_told_what_was_said_meanwhile() {
    run(async {
        let mut stage = Stage::open().await;
        stage.say().await;
        stage.hear();
        stage.enter(None, 1).await;
        stage.shard.borrow_mut().begin(stage.link);
        stage.enter(None, 5).await;
        let said = |seq: Seq| {
            let message = json!({
                "type": "message", "room": "ops", "seq": seq, "id": format!("s{seq}"), "user": "g-bo", "sender": "bo",
                "message": "x", "timestamp": "2026-01-25T10:00:00.123Z",
            });
            let Event::Message(message) = Event::parse(&message.to_string()).unwrap() else { panic!() };
            Commit { events: vec![message], ..Commit::default() }
        };
        let out = Cut::Room { user: ana(), room: stage.room.clone(), at: 3 };
        stage.apply(&said(2));
        stage.apply(&Commit {
            facts: vec![stage.member(3, "kicked")],
            cuts: vec![out.clone()],
            ..Commit::default()
        });
        stage.apply(&said(4));
        stage.apply(&Commit { facts: vec![stage.member(5, "joined")], ..Commit::default() });
        stage.apply(&said(6));
        let (heard, reset) = stage.heard_before("reset").await;
        assert_eq!((heard, &reset["why"], &reset["head"]), (vec![2], &json!("too_old"), &json!(5)));
        // The next time they are put out holds.
        stage.apply(&Commit {
            facts: vec![stage.member(7, "kicked")],
            cuts: vec![Cut::Room { user: ana(), room: stage.room.clone(), at: 7 }],
            ..Commit::default()
        });
        let (heard, reset) = stage.heard_before("reset").await;
        assert_eq!((heard, &reset["why"]), (vec![6], &json!("gone")));
        stage.apply(&said(8));
        stage.tell_last();
        assert_eq!(stage.heard_before("ping").await.0, Vec::<u64>::new());
    });
}
