//! Databases of earlier versions.

use super::*;
use crate::store::deeds::Author;
use crate::store::{Order, Query, Readable, Search};

/// What the first version wrote: rooms with so many events, in turn.
fn write_version_1(dir: &Path, rooms: &[&str], events: i64) {
    let db = rusqlite::Connection::open(dir.join("chat.db")).unwrap();
    db.execute_batch(include_str!("../../migrations/0001_start.sql")).unwrap();
    db.execute_batch("PRAGMA application_id = 0x63686174; PRAGMA user_version = 1; BEGIN").unwrap();
    db.execute("INSERT INTO meta (one, epoch, secret) VALUES (1, 'epoch-1', zeroblob(32))", []).unwrap();
    for room in rooms {
        let sql = "INSERT INTO rooms (key, skeleton, title, kind, created_ms, used_ms) VALUES (?1, ?1, ?1, 'public', 0, 0)";
        db.execute(sql, [room]).unwrap();
    }
    let count = i64::try_from(rooms.len()).unwrap();
    for n in 0..events {
        let sql = "INSERT INTO events (room, seq, id, user, sender, guest, kind, text, timestamp_ms)
            VALUES (?1, ?2, ?3, 'g-1', 'ana', 1, 'message', ?4, ?5)";
        let seq = n / count + 1;
        db.execute(sql, (n % count + 1, seq, format!("id-{n}"), format!("text {seq}"), n)).unwrap();
    }
    let sql = "UPDATE rooms SET head = (SELECT max(seq) FROM events WHERE room = rooms.id)";
    db.execute(sql, []).unwrap();
    db.execute_batch("COMMIT").unwrap();
}

/// What the second version makes of it, and leaves when it is killed: rows of rooms that are behind their events.
fn write_version_2(dir: &Path, rooms: &[&str], events: i64) {
    write_version_1(dir, rooms, events);
    let db = rusqlite::Connection::open(dir.join("chat.db")).unwrap();
    db.execute_batch(include_str!("../../migrations/0002_eras.sql")).unwrap();
    db.execute_batch("UPDATE rooms SET head = head - 300; PRAGMA user_version = 2").unwrap();
}

#[tokio::test]
async fn the_first_versions_database_keeps_everything_and_becomes_searchable() {
    keeps_everything(write_version_1).await;
}

#[tokio::test]
async fn the_second_versions_database_keeps_everything_and_becomes_searchable() {
    keeps_everything(write_version_2).await;
}

async fn keeps_everything(write: fn(&Path, &[&str], i64)) {
    const EVENTS: i64 = 40_000;
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &["lobby", "ops", "dev"], EVENTS);
    let fixture = open(dir.path());
    assert_eq!(fixture.store.epoch().as_str(), "epoch-1");
    let mut all = 0;
    for key in ["lobby", "ops", "dev"] {
        let room = RoomKey::new(key).unwrap();
        let head = fixture.store.room(room.clone()).await.unwrap().unwrap().head;
        let texts = fixture.texts(&room).await;
        assert_eq!(texts.len(), 10_000, "as many as were asked for");
        let page = fixture
            .store
            .page(room.clone(), At::Before(head + 1), 20_000, usize::MAX)
            .await
            .unwrap()
            .unwrap();
        let expected: Vec<_> = (1..=head).map(|seq| format!("text {seq}")).collect();
        assert_eq!(page.events.iter().map(text).collect::<Vec<_>>(), expected, "{key}");
        // Both sides of where the index of places changes from one era to the next.
        for at in [5460, 5462, 5463, 10_922, 10_923, 10_924] {
            let page =
                fixture.store.page(room.clone(), At::Around(at), 6, usize::MAX).await.unwrap().unwrap();
            assert_eq!((page.first, page.last), (at - 3, at + 2), "{key} {at}");
        }
        all += head;
    }
    assert_eq!(all, u64::try_from(EVENTS).unwrap());
    let repeat = Append { id: Id::new("id-0").unwrap(), ..append(&RoomKey::lobby(), 1, "x", "text 1") };
    let outcomes = fixture.append([repeat, append(&RoomKey::lobby(), 1, "new", "new")]).await;
    assert_eq!(stored(&outcomes[0]), (1, true));
    assert_eq!(stored(&outcomes[1]), (13_335, false));
    let indexed = tokio::time::timeout(Duration::from_mins(1), fixture.store.indexed()).await;
    indexed.expect("the index catches up").unwrap();
    let search = Search {
        query: Query::parse("\"text 5462\"").unwrap(),
        readable: Readable { public: true, rooms: Vec::new() },
        order: Order::Newest,
        limit: 10,
        before: None,
    };
    assert_eq!(fixture.store.search(search).await.unwrap().hits.len(), 3);
    fixture.store.close().await;
    let again = open(dir.path());
    assert_eq!(again.store.room(RoomKey::lobby()).await.unwrap().unwrap().head, 13_335);
    let error = |sql: &str| {
        rusqlite::Connection::open(dir.path().join("chat.db"))
            .unwrap()
            .execute_batch(sql)
            .unwrap_err()
            .to_string()
    };
    let place = "INSERT INTO events (n, room, seq, id, user, sender, guest, kind, text, timestamp_ms)
        VALUES (40002, 1, 13335, 'y', 'y', 'y', 0, 'message', 'y', 0)";
    assert!(error(place).contains("UNIQUE"), "no place twice");
    let db = rusqlite::Connection::open(dir.path().join("chat.db")).unwrap();
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, crate::store::sqlite::schema::newest());
    let nobody: i64 = db
        .query_row(
            "SELECT (SELECT count(*) FROM accounts) + (SELECT count(*) FROM members)
                + (SELECT count(*) FROM rooms WHERE announce OR slow_s OR archived OR people IS NOT NULL)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(nobody, 0, "rooms are as they were, and nobody has an account");
}

#[tokio::test]
async fn threads_of_earlier_versions_are_told_of() {
    let dir = tempfile::tempdir().unwrap();
    write_version_2(dir.path(), &["lobby"], 400);
    let db = rusqlite::Connection::open(dir.path().join("chat.db")).unwrap();
    db.execute_batch("UPDATE events SET thread = 2 WHERE seq IN (5, 7)").unwrap();
    drop(db);
    let fixture = open(dir.path());
    let store = &fixture.store;
    let thread = store.thread_for(Author::server(), RoomKey::lobby(), 2, None, 10, 1000).await;
    let thread = thread.unwrap().unwrap().unwrap();
    assert_eq!(thread.messages.iter().map(|message| message.seq).collect::<Vec<_>>(), [5, 7]);
    let replies = thread.root.folded.unwrap().replies.unwrap();
    assert_eq!((replies.count, replies.last), (2, 7));
    assert_eq!(replies.users, [UserId::new("g-1").unwrap()]);
}

/// What was deleted while nothing was overwritten is not in the file any more after the upgrade.
#[tokio::test]
async fn what_earlier_versions_deleted_is_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    write_version_2(dir.path(), &["lobby"], 400);
    let path = dir.path().join("chat.db");
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch(include_str!("../../migrations/0003_accounts.sql")).unwrap();
    db.execute_batch(include_str!("../../migrations/0004_rooms.sql")).unwrap();
    db.execute_batch(
        "PRAGMA user_version = 4; PRAGMA secure_delete = off;
         UPDATE events SET text = 'zorkmid plugh ' || seq || hex(zeroblob(200));
         UPDATE events SET text = '' WHERE seq % 2 = 0",
    )
    .unwrap();
    drop(db);
    let holds = |word: &str| {
        let bytes = std::fs::read(&path).unwrap();
        bytes.windows(word.len()).any(|window| window == word.as_bytes())
    };
    assert!(holds("plugh 1000") || holds("plugh 200"), "it was not overwritten then");
    let fixture = open(dir.path());
    fixture.store.close().await;
    assert!(!holds("plugh 200"));
    assert!(holds("plugh 201"), "what stands stays");
}
