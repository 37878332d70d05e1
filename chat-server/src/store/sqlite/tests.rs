//! The store against its contract, on real files.

use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use proptest::prelude::*;
use protocol::error::ErrorCode;
use protocol::event::Event;
use protocol::ids::{Id, RoomKey, Seq, UserId};

use super::super::{
    Append, At, Commit, Durability, Options, Origin, Outcome, Store, StoreError, TryAppendError, WorkError,
    backup,
};
use super::backup::Blobs;

mod failures;
mod finding;
mod messages;
mod own;
mod questions;
mod search;
mod upgrade;
mod work;

struct Fixture {
    store: Store,
    commits: Receiver<std::sync::Arc<Commit>>,
}

fn open(dir: &Path) -> Fixture {
    try_open(dir).unwrap()
}

fn try_open(dir: &Path) -> Result<Fixture, StoreError> {
    open_with(dir, Options::default())
}

fn open_with(dir: &Path, options: Options) -> Result<Fixture, StoreError> {
    let (heard, commits) = channel();
    let on_commit = Box::new(move |commit| heard.send(commit).unwrap_or_default());
    Ok(Fixture { store: Store::open(dir, options, on_commit)?, commits })
}

impl Fixture {
    /// Appends all, and waits for what becomes of them.
    async fn append(&self, appends: impl IntoIterator<Item = Append>) -> Vec<Outcome> {
        let mut missing = 0;
        for append in appends {
            self.store.append(append).await.unwrap();
            missing += 1;
        }
        let mut outcomes = Vec::new();
        while outcomes.len() < missing {
            outcomes.extend(self.next().outcomes.iter().map(|(_, outcome)| outcome.clone()));
        }
        outcomes
    }

    fn next(&self) -> std::sync::Arc<Commit> {
        self.commits.recv_timeout(Duration::from_secs(30)).expect("a commit")
    }

    async fn texts(&self, room: &RoomKey) -> Vec<String> {
        let page = self.store.page(room.clone(), At::After(0), 10_000, usize::MAX).await.unwrap().unwrap();
        page.events.iter().map(text).collect()
    }
}

fn text(event: &Event) -> String {
    match event {
        Event::Message(message) => message.message.clone(),
        event => format!("{event:?}"),
    }
}

fn append(room: &RoomKey, user: u32, id: &str, text: &str) -> Append {
    Append {
        origin: Origin { shard: 0, connection: u64::from(user) },
        room: room.clone(),
        id: Id::new(id).unwrap(),
        ordered: true,
        user: UserId::new(format!("g-{user}")).unwrap(),
        sender: "ana".into(),
        guest: true,
        text: text.to_owned(),
        reply: None,
        thread: None,
        mentions: Vec::new(),
        everyone: None,
        here: None,
        files: Vec::new(),
    }
}

fn numbered(room: &RoomKey, count: u64) -> impl Iterator<Item = Append> {
    (1..=count).map(|n| append(room, 1, &format!("id-{n}"), &n.to_string()))
}

fn stored(outcome: &Outcome) -> (Seq, bool) {
    match outcome {
        Outcome::Stored(ack) => (ack.seq, ack.dup),
        Outcome::Refused(refusal) => panic!("{refusal:?}"),
    }
}

fn refused(outcome: &Outcome) -> ErrorCode {
    match outcome {
        Outcome::Refused(refusal) => {
            assert!(refusal.id.is_some() && refusal.room.is_some(), "{refusal:?}");
            refusal.code
        }
        Outcome::Stored(ack) => panic!("{ack:?}"),
    }
}

#[tokio::test]
async fn a_message_is_stored_told_and_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let lobby = RoomKey::lobby();
    let fixture = open(dir.path());
    let epoch = fixture.store.epoch().clone();
    let secret = *fixture.store.secret();
    fixture.store.append(append(&lobby, 7, "a", "hello")).await.unwrap();
    let commit = fixture.next();
    assert_eq!(commit.outcomes[0].0, Origin { shard: 0, connection: 7 });
    assert_eq!(stored(&commit.outcomes[0].1), (1, false));
    assert_eq!((commit.events[0].seq, commit.events[0].message.as_str()), (1, "hello"));
    let page = fixture.store.page(lobby.clone(), At::Newest, 10, 1000).await.unwrap().unwrap();
    assert_eq!(page.events, [Event::Message(commit.events[0].clone())]);
    fixture.store.close().await;

    let fixture = open(dir.path());
    assert_eq!((fixture.store.epoch(), fixture.store.secret()), (&epoch, &secret));
    let outcomes = fixture.append([append(&lobby, 7, "a", "hello"), append(&lobby, 7, "b", "again")]).await;
    assert_eq!(stored(&outcomes[0]), (1, true), "a repeat, after the restart");
    assert_eq!(stored(&outcomes[1]), (2, false));
}

#[tokio::test]
async fn what_was_told_survives_a_process_that_never_closed() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    fixture.append(numbered(&RoomKey::lobby(), 300)).await;
    // What a killed process leaves: the files as they are, the log not yet copied into the database.
    let left = tempfile::tempdir().unwrap();
    for name in ["chat.db", "chat.db-wal"] {
        std::fs::copy(dir.path().join(name), left.path().join(name)).unwrap();
    }
    let again = open(left.path());
    let texts = again.texts(&RoomKey::lobby()).await;
    assert_eq!(texts, (1..=300).map(|n: u64| n.to_string()).collect::<Vec<_>>());
    assert_eq!(stored(&again.append([append(&RoomKey::lobby(), 2, "new", "x")]).await[0]), (301, false));
}

#[tokio::test]
async fn an_id_names_one_message_of_one_user() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    let ops = fixture.store.create_room(RoomKey::new("ops").unwrap(), "Ops".into());
    let ops = ops.await.unwrap().key;
    let reply = Append { reply: Some(1), ..append(&lobby, 1, "a", "x") };
    let gone = RoomKey::new("gone").unwrap();
    let outcomes = fixture
        .append([
            append(&lobby, 1, "a", "x"),
            append(&lobby, 1, "a", "x"),
            append(&lobby, 1, "a", "y"),
            append(&ops, 1, "a", "x"),
            reply,
            append(&lobby, 2, "a", "x"),
            append(&gone, 1, "b", "x"),
        ])
        .await;
    assert_eq!(stored(&outcomes[0]), (1, false));
    assert_eq!(stored(&outcomes[1]), (1, true));
    for outcome in &outcomes[2..5] {
        assert_eq!(refused(outcome), ErrorCode::IdReused);
    }
    assert_eq!(stored(&outcomes[5]), (2, false));
    assert_eq!(refused(&outcomes[6]), ErrorCode::NoRoom);
}

#[tokio::test]
async fn rooms_are_unique_by_look() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let create = |key: &str| fixture.store.create_room(RoomKey::new(key).unwrap(), key.into());
    let ops = create("ops").await.unwrap();
    assert_eq!((ops.first, ops.head, ops.title.as_str()), (1, 0, "ops"));
    for (alike, key) in [("ops", "ops"), ("орѕ", "ops"), ("lobby", "lobby")] {
        let Err(WorkError::Refused(refusal)) = create(alike).await else {
            panic!("{alike} looks like {key}")
        };
        assert_eq!((refusal.code, refusal.room), (ErrorCode::RoomExists, RoomKey::new(key).ok()), "{alike}");
    }
    fixture.append([append(&RoomKey::lobby(), 1, "a", "x")]).await;
    let rooms = fixture.store.rooms(10).await.unwrap();
    assert_eq!(rooms.len(), 2);
    assert_eq!(fixture.store.room(ops.key).await.unwrap().unwrap().head, 0);
    assert_eq!(fixture.store.room(RoomKey::new("gone").unwrap()).await.unwrap(), None);
    assert_eq!(fixture.store.page(RoomKey::new("gone").unwrap(), At::Newest, 1, 1).await.unwrap(), None);
}

#[tokio::test]
async fn pages_say_what_they_cover() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    let page = |at, limit, bytes| fixture.store.page(RoomKey::lobby(), at, limit, bytes);
    for at in [At::Newest, At::Before(1), At::Before(9), At::After(0), At::After(9), At::Around(5)] {
        let empty = page(at, 10, 1000).await.unwrap().unwrap();
        assert_eq!((empty.first, empty.last, empty.head, empty.more), (1, 0, 0, false), "{at:?}");
    }
    fixture.append(numbered(&lobby, 9)).await;
    for (at, limit, bytes, first, last, more) in [
        (At::Newest, 4, 1000, 6, 9, true),
        (At::Newest, 100, 1000, 1, 9, false),
        (At::Newest, 100, 3, 7, 9, true),
        (At::Newest, 100, 0, 9, 9, true),
        (At::Before(6), 3, 1000, 3, 5, true),
        (At::Before(3), 3, 1000, 1, 2, false),
        (At::Before(1), 3, 1000, 1, 0, false),
        (At::Before(50), 1, 1000, 9, 9, true),
        (At::After(0), 2, 1000, 1, 2, true),
        (At::After(7), 5, 1000, 8, 9, false),
        (At::After(9), 5, 1000, 10, 9, false),
        (At::After(50), 5, 1000, 10, 9, false),
        (At::Around(5), 4, 1000, 3, 6, true),
        (At::Around(1), 4, 1000, 1, 2, false),
        (At::Around(99), 4, 1000, 6, 9, true),
    ] {
        let page = page(at, limit, bytes).await.unwrap().unwrap();
        assert_eq!((page.first, page.last, page.more), (first, last, more), "{at:?} {limit} {bytes}");
        let seqs: Vec<_> = page.events.iter().map(Event::seq).collect();
        assert_eq!(seqs, (first..=last).collect::<Vec<_>>(), "{at:?} {limit} {bytes}");
        assert_eq!((page.head, page.room_first), (9, 1));
    }
}

#[tokio::test]
async fn poisoned_and_missing_rows_keep_their_place_p17() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    fixture.append(numbered(&lobby, 9)).await;
    fixture.store.handle.sql(
        "UPDATE events SET kind = 'poll' WHERE seq = 2;
         UPDATE events SET id = 'not an id' WHERE seq = 3;
         UPDATE events SET reply = -7 WHERE seq = 4;
         UPDATE events SET timestamp_ms = 9223372036854775807, guest = 7 WHERE seq = 5;
         UPDATE events SET text = CAST(x'ff00fe' AS TEXT) WHERE seq = 6;
         DELETE FROM events WHERE seq IN (1, 7, 8);
         INSERT INTO rooms (key, skeleton, title, kind, created_ms, used_ms) VALUES ('no key', '?', '', 'public', 0, 0);
         UPDATE rooms SET head = 3, topic = 'odd' WHERE key = 'lobby';",
    );
    // The head was wound back under the writer's feet; the next place is still not given twice.
    fixture.store.handle.sql("INSERT INTO rooms (key, skeleton, title, kind, created_ms, used_ms) VALUES ('x', 'x', '', 'odd', 0, 0)");
    assert_eq!(stored(&fixture.append([append(&lobby, 9, "new", "ten")]).await[0]), (10, false));
    for at in [At::After(0), At::Newest] {
        let page = fixture.store.page(lobby.clone(), at, 50, 10_000).await.unwrap().unwrap();
        let seqs: Vec<_> = page.events.iter().map(Event::seq).collect();
        assert_eq!(seqs, (1..=10).collect::<Vec<_>>());
        for event in &page.events {
            let whole = matches!(event.seq(), 5 | 9 | 10);
            assert_eq!(matches!(event, Event::Message(_)), whole, "{event:?}");
        }
    }
    assert_eq!(fixture.store.rooms(10).await.unwrap().len(), 2, "what is no room is left out");
}

#[tokio::test]
async fn the_queue_is_bounded_and_empties_at_the_close() {
    let dir = tempfile::tempdir().unwrap();
    let (gate, wait) = channel::<()>();
    let (heard, commits) = channel();
    let on_commit = Box::new(move |commit| {
        let _ = wait.recv();
        let _ = heard.send(commit);
    });
    let store = Store::open(dir.path(), Options { queue: 4096, ..Options::default() }, on_commit).unwrap();
    let lobby = RoomKey::lobby();
    let mut sent = 0;
    let full = loop {
        match store.try_append(append(&lobby, 1, &format!("id-{sent}"), "x")) {
            Ok(()) => sent += 1,
            Err(TryAppendError::Full(append)) => break append,
            Err(error) => panic!("{error}"),
        }
        assert!(sent < 1000, "it is never full");
    };
    assert_eq!(full.id.as_str(), format!("id-{sent}"));
    drop(gate);
    store.clone().close().await;
    let stored: usize = commits.iter().map(|commit: std::sync::Arc<Commit>| commit.events.len()).sum();
    assert_eq!(stored, sent);
    assert!(store.append(full.clone()).await.is_err());
    assert!(matches!(store.try_append(full), Err(TryAppendError::Closed(_))));
    assert!(store.room(lobby).await.is_err());
}

#[tokio::test]
async fn foreign_and_newer_databases_are_refused_untouched_r10() {
    type Make = fn(&Path);
    fn sql(path: &Path, sql: &str) {
        rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
    }
    let cases: [(&str, Make); 5] = [
        ("another application", |path| sql(path, "CREATE TABLE t (x); PRAGMA application_id = 7")),
        ("another application", |path| sql(path, "CREATE TABLE t (x)")),
        ("newer chat-server", |path| {
            sql(path, "CREATE TABLE t (x); PRAGMA application_id = 0x63686174; PRAGMA user_version = 999");
        }),
        ("not an SQLite database", |path| std::fs::write(path, "Dear diary, this is not it.").unwrap()),
        ("not a file", |path| std::fs::create_dir(path).unwrap()),
    ];
    for (words, make) in cases {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("chat.db");
        make(&path);
        let before = std::fs::read(&path).ok();
        let error = try_open(dir.path()).err().expect(words).to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(error.lines().count(), 1);
        assert_eq!(std::fs::read(&path).ok(), before, "{words}");
    }
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).store.close().await;
    let path = dir.path().join("chat.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100..4096].fill(0x55);
    std::fs::write(&path, bytes).unwrap();
    let error = try_open(dir.path()).err().expect("damage is seen").to_string();
    assert!(error.contains("damaged"), "{error}");
}

#[tokio::test]
async fn a_backup_is_whole_while_the_store_is_written_and_restores_as_another_history_r19() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let fixture = open(&data);
    let lobby = RoomKey::lobby();
    fixture.append(numbered(&lobby, 500)).await;
    let file = dir.path().join("copy.db");
    let copying = tokio::task::spawn_blocking({
        let (data, file) = (data.clone(), file.clone());
        move || backup::backup(&data, &file, &Blobs::Beside)
    });
    fixture.append((0..500).map(|n| append(&lobby, 2, &format!("later-{n}"), "later"))).await;
    copying.await.unwrap().unwrap();
    assert!(matches!(backup::backup(&data, &file, &Blobs::Beside), Err(StoreError::Exists { .. })));
    assert!(matches!(backup::restore(&file, &data, &Blobs::Beside), Err(StoreError::Locked { .. })));

    let restored = dir.path().join("restored");
    backup::restore(&file, &restored, &Blobs::Beside).unwrap();
    assert!(matches!(backup::restore(&file, &restored, &Blobs::Beside), Err(StoreError::Exists { .. })));
    let names: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "nothing is left beside: {names:?}");
    let again = open(&restored);
    assert_ne!(again.store.epoch(), fixture.store.epoch());
    let texts = again.texts(&lobby).await;
    assert!(texts.len() >= 500);
    assert_eq!(texts[..500], (1..=500).map(|n: u64| n.to_string()).collect::<Vec<_>>());
    let next = again.append([append(&lobby, 3, "next", "x")]).await;
    assert_eq!(stored(&next[0]), (Seq::try_from(texts.len()).unwrap() + 1, false));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any sequence of appends and repeats gives what a map and a list would give, and any split into pages covers
    /// every event once.
    #[test]
    fn it_agrees_with_a_model(
        commands in prop::collection::vec((0..3usize, 0..3u32, 0..30u32, 0..2u8), 1..120),
        limit in 1..9u32,
        bytes in 0..6usize,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            // Power failures are not part of it, and the disk is slow.
            let options = Options { durability: Durability::Normal, ..Options::default() };
            let fixture = open_with(dir.path(), options).unwrap();
            let rooms: Vec<RoomKey> = ["lobby", "ops", "nowhere"].map(|key| RoomKey::new(key).unwrap()).into();
            fixture.store.create_room(rooms[1].clone(), "Ops".into()).await.unwrap();
            let mut logs: Vec<Vec<String>> = vec![Vec::new(); 2];
            let mut known: HashMap<(u32, u32), (usize, u8, Seq)> = HashMap::new();
            let appends = commands.iter().map(|&(room, user, id, body)| append(&rooms[room], user, &id.to_string(), &body.to_string()));
            let outcomes = fixture.append(appends).await;
            for (&(room, user, id, body), outcome) in commands.iter().zip(&outcomes) {
                if room == 2 {
                    assert_eq!(refused(outcome), ErrorCode::NoRoom);
                    continue;
                }
                match known.get(&(user, id)) {
                    Some(&(first_room, first_body, seq)) if (first_room, first_body) == (room, body) => {
                        assert_eq!(stored(outcome), (seq, true));
                    }
                    Some(_) => assert_eq!(refused(outcome), ErrorCode::IdReused),
                    None => {
                        logs[room].push(body.to_string());
                        let seq = Seq::try_from(logs[room].len()).unwrap();
                        known.insert((user, id), (room, body, seq));
                        assert_eq!(stored(outcome), (seq, false));
                    }
                }
            }
            for (room, log) in rooms.iter().zip(&logs) {
                let (mut forwards, mut after) = (Vec::new(), 0);
                loop {
                    let page = fixture.store.page(room.clone(), At::After(after), limit, bytes).await.unwrap().unwrap();
                    forwards.extend(page.events.iter().map(text));
                    after = page.last;
                    if !page.more { break; }
                }
                assert_eq!(&forwards, log);
                let (mut backwards, mut at) = (Vec::new(), At::Newest);
                loop {
                    let page = fixture.store.page(room.clone(), at, limit, bytes).await.unwrap().unwrap();
                    backwards.extend(page.events.iter().rev().map(text));
                    at = At::Before(page.first);
                    if !page.more { break; }
                }
                backwards.reverse();
                assert_eq!(&backwards, log);
            }
        });
    }
}
