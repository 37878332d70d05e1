//! Questions that ask for much, and what is best.

use std::sync::atomic::Ordering;

use protocol::messages;

use super::search::{asked, said};
use super::*;
use crate::store::deeds::{Author, Named};
use crate::store::{Order, ReadError, Search};

/// What is best is weighed by what messages say now.
#[tokio::test]
async fn the_best_are_the_best_as_they_are_now() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    let long = "a plan, among many other words that say next to nothing of it and go on and on";
    fixture.append([append(&lobby, 1, "a", "plan plan plan"), append(&lobby, 1, "b", "the plan")]).await;
    assert_eq!(
        said(&fixture.find(Search { order: Order::Rank, ..asked("plan") }).await)[0],
        "plan plan plan"
    );
    let edit = messages::Edit { room: lobby.clone(), target: 1, text: long.to_owned(), id: None };
    let author = Author { user: UserId::new("g-1").unwrap(), server: false, guest: true, ..Author::server() };
    fixture.store.edit(author, edit, Named::default(), Id::new("e").unwrap()).await.unwrap();
    assert_eq!(said(&fixture.find(Search { order: Order::Rank, ..asked("plan") }).await)[0], "the plan");
}

/// The lists of beginnings are put together before the first message is found: that has an end as well.
#[tokio::test]
async fn a_question_that_asks_for_too_much_is_refused_and_the_next_is_answered() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let words =
        |n: i32| (0..200).map(|word| format!("abc{:x}", n * 200 + word)).collect::<Vec<_>>().join(" ");
    let appends = (0..200).map(|n| append(&RoomKey::lobby(), 1, &n.to_string(), &words(n)));
    fixture.append(appends.collect::<Vec<_>>()).await;
    let all = Search { limit: 1000, ..asked("abc* abcd* abc1*") };
    assert!(!fixture.find(all.clone()).await.hits.is_empty());
    let impatient = &fixture.store.handle.index.impatient;
    impatient.store(true, Ordering::SeqCst);
    assert_eq!(fixture.store.search(all.clone()).await, Err(ReadError::TooMuch));
    impatient.store(false, Ordering::SeqCst);
    assert!(!fixture.find(all).await.hits.is_empty());
}

/// Where there are very many rooms, those used last are looked at by their titles, and all by their keys.
#[tokio::test]
async fn a_room_is_named_by_its_key_however_many_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let (old, new) = (fixture.create("old-1").await, fixture.create("new-1").await);
    fixture.append([append(&old, 1, "1", "word old"), append(&new, 1, "2", "word new")]).await;
    fixture.find(asked("word")).await;
    fixture.store.close().await;
    let db = rusqlite::Connection::open(dir.path().join("chat.db")).unwrap();
    db.execute_batch(
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 10000)
         INSERT INTO rooms (key, skeleton, title, kind, created_ms, used_ms)
         SELECT 'x-' || n, 'x-' || n, 'X ' || n, 'public', 0, 5 FROM n;
         UPDATE rooms SET title = 'Old times', used_ms = 1 WHERE key = 'old-1';
         UPDATE rooms SET title = 'New times', used_ms = 9 WHERE key = 'new-1'",
    )
    .unwrap();
    drop(db);
    let fixture = open(dir.path());
    assert_eq!(fixture.find_texts("word in:\"New times\"").await, ["word new"]);
    assert_eq!(fixture.find_texts("word in:\"Old times\"").await, [""; 0]);
    assert_eq!(fixture.find_texts("word in:OLD-1 in:\"new times\"").await, ["word new", "word old"]);
}
