//! Finding messages again.

use std::fs;
use std::sync::atomic::Ordering;

use protocol::rooms::Delete;

use super::*;
use crate::store::deeds::{Author, Measure};
use crate::store::{Found, Order, Query, Readable, Search};

pub(super) fn asked(text: &str) -> Search {
    let readable = Readable { public: true, rooms: Vec::new() };
    Search { query: Query::parse(text).unwrap(), readable, order: Order::Newest, limit: 50, before: None }
}

impl Fixture {
    /// The answer, once everything is in the index.
    pub(super) async fn find(&self, search: Search) -> Found {
        let indexed = tokio::time::timeout(Duration::from_mins(1), self.store.indexed()).await;
        indexed.expect("the index catches up").unwrap();
        let found = self.store.search(search).await.unwrap();
        assert_eq!(found.behind, 0);
        found
    }

    pub(super) async fn find_texts(&self, text: &str) -> Vec<String> {
        said(&self.find(asked(text)).await)
    }

    pub(super) async fn create(&self, key: &str) -> RoomKey {
        let key = RoomKey::new(key).unwrap();
        self.store.create_room(key.clone(), key.as_str().to_owned()).await.unwrap();
        key
    }
}

pub(super) fn said(found: &Found) -> Vec<String> {
    found.hits.iter().map(|hit| hit.message.message.clone()).collect()
}

/// What a killed process leaves at this moment, in another directory.
fn left_behind(dir: &Path, names: &[&str]) -> tempfile::TempDir {
    let left = tempfile::tempdir().unwrap();
    for name in names {
        if dir.join(name).exists() {
            fs::copy(dir.join(name), left.path().join(name)).unwrap();
        }
    }
    left
}

/// The index before the record: copied while both are written, it is never ahead.
const FILES: [&str; 4] = ["search.db", "search.db-wal", "chat.db", "chat.db-wal"];

#[tokio::test]
async fn everything_that_can_be_asked_finds() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    let ops = fixture.create("ops").await;
    let by = |name: &str, append: Append| Append { sender: name.into(), ..append };
    let appends = [
        by("Ana", append(&lobby, 1, "1", "The release plan is ready")),
        by("Bo-K", append(&ops, 2, "2", "plan: see https://example.org/release")),
        by("Ana", append(&ops, 1, "3", "東京タワーで会いましょう")),
        by("Bo-K", append(&lobby, 2, "4", "RÉLEASES are planned")),
    ];
    fixture.append(appends.clone()).await;
    let texts = appends.map(|append| append.text);
    for (text, expected) in [
        ("release", vec![1, 0]),
        ("plan release", vec![1, 0]),
        ("\"release plan\"", vec![0]),
        ("\"plan release\"", vec![]),
        ("rel*", vec![3, 1, 0]),
        ("\"the rel\"*", vec![0]),
        ("releases", vec![3]),
        ("release from:ana", vec![0]),
        ("from:bok", vec![3, 1]),
        ("from:ana from:bo-k release*", vec![3, 1, 0]),
        ("plan in:ops", vec![1]),
        ("in:ops in:lobby plan", vec![1, 0]),
        ("in:nowhere plan", vec![]),
        ("plan in:OPS", vec![1]),
        ("plan in:“Ops”", vec![1]),
        ("has:link", vec![1]),
        ("example.org", vec![1]),
        ("東京", vec![2]),
        ("京タ", vec![2]),
        ("京", vec![2]),
        ("東タ", vec![]),
        ("plan before:1999-01-01", vec![]),
        ("plan after:1999-01-01 before:2999-01-01", vec![1, 0]),
        ("plan after:2999-01-01", vec![]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(|n: usize| texts[n].clone()).collect();
        assert_eq!(fixture.find_texts(text).await, expected, "{text}");
    }
    let best = fixture.find(Search { order: Order::Rank, limit: 1, ..asked("plan") }).await;
    assert_eq!((said(&best), best.before), (vec![texts[0].clone()], None), "in fewer words");
}

#[tokio::test]
async fn only_what_may_be_read_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let (lobby, ops) = (RoomKey::lobby(), fixture.create("ops").await);
    let mut many = Vec::new();
    for n in 0..40 {
        many.push(fixture.create(&format!("room-{n}")).await);
    }
    fixture
        .append([append(&lobby, 1, "1", "secret in the lobby"), append(&ops, 1, "2", "secret in ops")])
        .await;
    fixture.append([append(&many[39], 1, "3", "secret in the last")]).await;
    fixture.store.handle.sql("UPDATE rooms SET kind = 'private' WHERE key <> 'lobby'");
    let find = async |public, rooms: &[RoomKey], text: &str| {
        let readable = Readable { public, rooms: rooms.to_vec() };
        let texts = said(&fixture.find(Search { readable, ..asked(text) }).await);
        texts.join(", ").replace("secret in ", "")
    };
    let ops = std::slice::from_ref(&ops);
    assert_eq!(find(true, &[], "secret").await, "the lobby");
    assert_eq!(find(true, ops, "secret").await, "ops, the lobby");
    assert_eq!(find(false, ops, "secret").await, "ops");
    assert_eq!(find(false, &many, "secret").await, "the last", "more rooms than the index is asked for");
    assert_eq!(find(false, &[], "secret").await, "");
    assert_eq!(find(true, &[], "secret in:ops").await, "", "naming a room opens none");
    assert_eq!(find(false, ops, "secret in:ops in:lobby").await, "ops");
}

#[tokio::test]
async fn what_was_deleted_is_found_no_more_and_is_not_in_the_index() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let (lobby, ops) = (RoomKey::lobby(), fixture.create("ops").await);
    fixture.append([append(&lobby, 1, "1", "word a"), append(&ops, 1, "2", "word b")]).await;
    fixture.append([append(&lobby, 1, "3", "word c"), append(&ops, 1, "4", "word d")]).await;
    assert_eq!(fixture.find_texts("word").await, ["word d", "word c", "word b", "word a"]);
    let delete = Delete { room: ops.clone(), target: 1, id: None };
    fixture.store.delete(Author::server(), delete, Id::new("5").unwrap()).await.unwrap();
    let expected = ["word d", "word c", "word a"];
    assert_eq!(said(&fixture.store.search(asked("word")).await.unwrap()), expected, "at once");
    assert_eq!(fixture.find_texts("word").await, expected);
    assert_eq!(fixture.find_texts("from:ana").await, expected);
    let rows = |dir: &Path| {
        let index = rusqlite::Connection::open(dir.join("search.db")).unwrap();
        let sql = "SELECT -rowid AS n FROM search ORDER BY n";
        let mut statement = index.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<Vec<i64>, _>>().unwrap()
    };
    assert_eq!(rows(dir.path()), [1, 3, 4]);
    // Neither does it come into an index that is made afterwards.
    let left = left_behind(dir.path(), &["chat.db", "chat.db-wal"]);
    let again = open(left.path());
    assert_eq!(again.find_texts("word").await, expected);
    assert_eq!(rows(left.path()), [1, 3, 4]);
}

/// What somebody changed or took out is in none of the index's files any more, soon after.
#[tokio::test]
async fn the_bytes_of_what_was_taken_out_are_gone() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let (lobby, ops) = (RoomKey::lobby(), fixture.create("ops").await);
    let filler = |n: i32| append(&ops, 1, &format!("f{n}"), &format!("filler xyzzy{n} and more of it"));
    fixture.append((0..300).map(filler)).await;
    fixture.append([append(&lobby, 1, "a", "plugh zorkmid"), append(&lobby, 1, "b", "frotz grue")]).await;
    fixture.append((300..600).map(filler)).await;
    assert_eq!(fixture.find_texts("zorkmid").await.len(), 1);
    let holds = |word: &str| {
        ["search.db", "search.db-wal"].iter().any(|name| {
            let bytes = fs::read(dir.path().join(name)).unwrap_or_default();
            bytes.windows(word.len()).any(|window| window == word.as_bytes())
        })
    };
    // Words of an index share their beginnings; what is behind those stands there as it is.
    assert!(holds("zorkmid") && holds("frotz"));
    let edited = "INSERT INTO events (room, seq, id, user, sender, guest, kind, text, reply, timestamp_ms)
                  SELECT room, 4, 'e', user, sender, guest, 'edit', 'frotz wumpus', 2, timestamp_ms
                  FROM events WHERE id = 'b'";
    let delete = Delete { room: lobby.clone(), target: 1, id: None };
    fixture.store.delete(Author::server(), delete, Id::new("gone").unwrap()).await.unwrap();
    fixture.store.handle.sql(edited);
    assert_eq!(fixture.find_texts("wumpus").await.len(), 1);
    assert_eq!(fixture.find_texts("grue").await.len() + fixture.find_texts("zorkmid").await.len(), 0);
    let scrubbed = async {
        while holds("zorkmid") || holds("plugh") || holds("grue") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), scrubbed).await.expect("it is scrubbed soon");
    assert!(holds("wumpus") && holds("xyzzy599"), "the rest stays");
    assert_eq!(fixture.find_texts("xyzzy5").await.len(), 1);
    fixture.store.close().await;
    let index = rusqlite::Connection::open(dir.path().join("search.db")).unwrap();
    index.execute("INSERT INTO search (search) VALUES ('integrity-check')", []).unwrap();
}

#[tokio::test]
async fn answers_come_in_pages() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    fixture.append((0..25).map(|n| append(&RoomKey::lobby(), 1, &n.to_string(), &format!("word {n}")))).await;
    let mut pages = Vec::new();
    let mut search = Search { limit: 10, ..asked("word") };
    loop {
        let found = fixture.find(search.clone()).await;
        pages.push(said(&found));
        let Some(before) = found.before else { break };
        search.before = Some(before);
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 5]);
    assert_eq!(pages.concat(), (0..25).rev().map(|n| format!("word {n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_answer_is_bounded_in_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let large = format!("word {}", "x".repeat(60_000));
    fixture.append((0..80).map(|n| append(&RoomKey::lobby(), 1, &n.to_string(), &large))).await;
    for order in [Order::Newest, Order::Rank] {
        let first = fixture.find(Search { limit: 100, order, ..asked("word") }).await;
        let before = first.before.expect("there is more");
        let rest = fixture.find(Search { limit: 100, order, before: Some(before), ..asked("word") }).await;
        let seqs: Vec<_> = first.hits.iter().chain(&rest.hits).map(|hit| hit.message.seq).collect();
        assert_eq!(seqs, (1..=80).rev().collect::<Vec<_>>());
        assert_eq!(rest.before, None);
    }
}

#[tokio::test]
async fn a_process_killed_at_any_moment_loses_and_doubles_nothing_in_the_index() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    let mut said = 0;
    for round in 0..12 {
        let texts =
            (0..100).map(|n| append(&lobby, 1, &format!("{round}-{n}"), &format!("word r{round} n{n}")));
        fixture.append(texts).await;
        said += 100;
        let left = left_behind(dir.path(), &FILES);
        let again = open(left.path());
        let found = again.find(Search { limit: 10_000, ..asked("word") }).await;
        assert_eq!(found.hits.len(), said, "round {round}");
        assert_eq!(again.find_texts(&format!("r{round} n99")).await.len(), 1);
        again.append([append(&lobby, 2, "later", "word later")]).await;
        assert_eq!(again.find_texts("word later").await, ["word later"]);
    }
}

#[tokio::test]
async fn a_database_without_an_index_or_with_a_useless_one_is_caught_up_with() {
    type Spoil = fn(&Path);
    fn sql(path: &Path, sql: &str) {
        rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    let lobby = RoomKey::lobby();
    let fixture = open(dir.path());
    fixture.append((0..500).map(|n| append(&lobby, 1, &n.to_string(), &format!("word {n}")))).await;
    fixture.find(asked("word")).await;
    fixture.store.close().await;
    let cases: [(&str, Spoil); 6] = [
        ("written before there was one", |path| fs::remove_file(path).unwrap()),
        ("not a database", |path| fs::write(path, "Dear diary, this is not an index.").unwrap()),
        ("of another format", |path| sql(path, "PRAGMA user_version = 99")),
        ("of another history", |path| sql(path, "UPDATE meta SET epoch = 'x'")),
        ("ahead of the record", |path| sql(path, "UPDATE meta SET indexed = 501")),
        ("damaged", |path| {
            let mut bytes = fs::read(path).unwrap();
            bytes[100..4096].fill(0x55);
            fs::write(path, bytes).unwrap();
        }),
    ];
    for (what, spoil) in cases {
        let left = left_behind(dir.path(), &FILES);
        spoil(&left.path().join("search.db"));
        let fixture = open(left.path());
        let found = fixture.find(Search { limit: 1000, ..asked("word") }).await;
        assert_eq!(found.hits.len(), 500, "{what}");
        assert_eq!(fixture.texts(&lobby).await.len(), 500, "{what}");
    }
}

#[tokio::test]
async fn an_index_that_cannot_be_written_falls_behind_alone_r06() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    fixture.append([append(&lobby, 1, "first", "word first")]).await;
    assert_eq!(fixture.find_texts("word").await, ["word first"]);
    let index = &fixture.store.handle.index;
    index.pages.store(1, Ordering::SeqCst);
    let large = (0..9000).map(|n| format!("x{n}")).collect::<Vec<_>>().join(" ");
    let outcomes = fixture.append((0..20).map(|n| append(&lobby, 1, &format!("{n}"), &large))).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Stored(_))));
    let mut failures = index.failures();
    let failed = failures.wait_for(|failed| *failed > 0);
    tokio::time::timeout(Duration::from_secs(30), failed).await.expect("the disk is full").unwrap();
    assert!(fixture.store.healthy());
    let found = fixture.store.search(asked("word")).await.unwrap();
    assert_eq!((said(&found), found.behind > 0), (vec!["word first".to_owned()], true), "it says so");
    fixture.append([append(&lobby, 1, "last", "word last")]).await;
    index.pages.store(1_000_000, Ordering::SeqCst);
    assert_eq!(fixture.find_texts("word").await, ["word last", "word first"]);
    assert_eq!(fixture.find_texts("x8999").await.len(), 20);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever people type is a question that the index understands, or refused before it gets there.
    #[test]
    fn no_question_is_an_error_of_the_database(
        texts in prop::collection::vec(
            prop_oneof![
                "\\PC{0,40}",
                "[a-zA-Z0-9\"*:()^+{} NEARORAND_'\u{e000}-\u{e002}-]{0,40}",
                "[東京都ガ \"*]{1,10}",
                "(from|in|has|before|after):[a-z0-9\"-]{0,12}",
            ],
            60,
        ),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let options = Options { durability: Durability::Normal, ..Options::default() };
            let fixture = open_with(dir.path(), options).unwrap();
            let said = texts.iter().enumerate().filter(|(_, text)| !text.trim().is_empty());
            fixture.append(said.map(|(n, text)| append(&RoomKey::lobby(), 1, &n.to_string(), text))).await;
            for text in &texts {
                let Ok(query) = Query::parse(text) else { continue };
                let finds_itself = !text.contains(':') && !text.contains('*');
                let found = fixture.find(Search { query, order: Order::Rank, ..asked("x") }).await;
                if finds_itself {
                    assert!(found.hits.iter().any(|hit| hit.message.message == *text), "{text:?} finds itself");
                }
            }
        });
    }

    /// On random logs a question finds exactly the messages that answer it, newest first.
    #[test]
    fn found_is_what_is_contained(
        log in prop::collection::vec((0..2usize, 0..3usize, prop::collection::vec("[ab]{1,2}", 1..5)), 1..60),
        questions in prop::collection::vec((prop::collection::vec("[ab]{1,2}", 1..3), 0..4u8, 0..3usize, 0..4usize), 20),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let options = Options { durability: Durability::Normal, ..Options::default() };
            let fixture = open_with(dir.path(), options).unwrap();
            let rooms = [RoomKey::lobby(), fixture.create("ops").await];
            let names = ["ana", "bo", "cy"];
            fixture
                .append(log.iter().enumerate().map(|(n, (room, name, words))| Append {
                    sender: names[*name].into(),
                    ..append(&rooms[*room], 1, &n.to_string(), &words.join(" "))
                }))
                .await;
            for (words, kind, room, name) in &questions {
                let text = words.join(" ");
                let prefix = kind % 2 == 1 && words.last().is_some_and(|word| word.len() > 1);
                let star = if prefix { "*" } else { "" };
                let mut question = if *kind < 2 { format!("{text}{star}") } else { format!("\"{text}\"{star}") };
                if let Some(room) = rooms.get(*room) {
                    question = format!("{question} in:{room}");
                }
                if let Some(name) = names.get(*name) {
                    question = format!("from:{name} {question}");
                }
                let fits = |said: &String, asked: &String, last: bool| said == asked || last && prefix && said.starts_with(asked.as_str());
                let expected: Vec<String> = log
                    .iter()
                    .rev()
                    .filter(|(in_room, by, said)| {
                        let last = words.len() - 1;
                        let says = if *kind < 2 {
                            words.iter().enumerate().all(|(n, word)| said.iter().any(|said| fits(said, word, n == last)))
                        } else {
                            said.windows(words.len())
                                .any(|window| window.iter().zip(words).enumerate().all(|(n, (said, word))| fits(said, word, n == last)))
                        };
                        says && (*room > 1 || in_room == room) && (*name > 2 || by == name)
                    })
                    .map(|(_, _, said)| said.join(" "))
                    .collect();
                let found = fixture.find(Search { limit: 100, ..asked(&question) }).await;
                assert_eq!(said(&found), expected, "{question}");
            }
        });
    }
}

#[tokio::test]
async fn what_was_taken_out_is_found_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    fixture.append([append(&lobby, 1, "a", "a secret word"), append(&lobby, 1, "b", "another word")]).await;
    fixture.store.indexed().await.unwrap();
    assert_eq!(fixture.find_texts("word").await, ["another word", "a secret word"]);
    let delete = protocol::rooms::Delete { room: lobby.clone(), target: 1, id: None };
    let id = Id::new("gone").unwrap();
    fixture.store.delete(Author::server(), delete, id).await.unwrap();
    assert_eq!(fixture.find_texts("word").await, ["another word"], "at once, whatever the index holds");
    fixture.store.indexed().await.unwrap();
    assert_eq!(fixture.find_texts("word").await, ["another word"]);
    let index = rusqlite::Connection::open(dir.path().join("search.db")).unwrap();
    let rows: i64 = index.query_row("SELECT count(*) FROM search", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1, "the index holds it no more either");
}

/// A02: searching asks policy anew, and a ban from one public room leaves the others.
#[tokio::test]
async fn who_may_read_what_is_what_is_searched() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let ops = fixture.create("ops").await;
    let mut guest = Author::server();
    guest.user = UserId::new("g-1").unwrap();
    guest.server = false;
    guest.guest = true;
    let all = fixture.store.readable(guest.clone()).await.unwrap().unwrap();
    assert_eq!(all, Readable { public: true, rooms: Vec::new() });
    let ban = protocol::rooms::Moderate {
        reference: 0,
        room: ops.clone(),
        user: guest.user.clone(),
        id: None,
        for_s: None,
        reason: None,
    };
    let id = Id::new("ban").unwrap();
    let done = fixture.store.moderate(Author::server(), Measure::Ban, ban, Some("ana".into()), id).await;
    done.unwrap();
    let rest = fixture.store.readable(guest).await.unwrap().unwrap();
    assert_eq!(rest, Readable { public: false, rooms: vec![RoomKey::lobby()] });
}
