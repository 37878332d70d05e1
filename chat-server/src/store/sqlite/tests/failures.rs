//! A disk that is full, or broken, or somebody else's for a while.

use super::*;

#[tokio::test]
async fn a_full_disk_refuses_and_heals_r06() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    fixture.append([append(&lobby, 1, "a", "before")]).await;
    fixture.store.handle.sql("PRAGMA max_page_count = 1");
    let large = "x".repeat(60_000);
    // Held up by a foreign lock, some of these share a transaction: what fails with the last leaves no hole.
    let foreign = rusqlite::Connection::open(dir.path().join("chat.db")).unwrap();
    foreign.execute_batch("BEGIN IMMEDIATE").unwrap();
    for (id, text) in [("first", "1"), ("small", "2"), ("large", &large)] {
        fixture.store.append(append(&lobby, 1, id, text)).await.unwrap();
    }
    foreign.execute_batch("ROLLBACK").unwrap();
    let mut outcomes = Vec::new();
    while outcomes.len() < 3 {
        outcomes.extend(fixture.next().outcomes.iter().map(|(_, outcome)| outcome.clone()));
    }
    assert_eq!(refused(&outcomes[2]), ErrorCode::StorageFull);
    for (outcome, (id, text)) in outcomes.iter().zip([("first", "1"), ("small", "2")]) {
        if matches!(outcome, Outcome::Refused(_)) {
            stored(&fixture.append([append(&lobby, 1, id, text)]).await[0]);
        }
    }
    assert_eq!(refused(&fixture.append([append(&lobby, 2, "b", &large)]).await[0]), ErrorCode::StorageFull);
    let key = RoomKey::new("ops").unwrap();
    assert!(fixture.store.healthy());
    assert_eq!(fixture.texts(&lobby).await, ["before", "1", "2"], "reads go on");
    fixture.store.handle.sql("PRAGMA max_page_count = 1000000");
    assert_eq!(stored(&fixture.append([append(&lobby, 2, "b", &large)]).await[0]), (4, false));
    fixture.store.create_room(key, "Ops".into()).await.unwrap();
}

/// The disk had room for a small message while a large one before it was refused: the sender's order was lost.
#[tokio::test]
async fn what_follows_a_refused_message_waits_for_it_r06() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    fixture.store.handle.sql("PRAGMA max_page_count = 1");
    let large = "x".repeat(60_000);
    let refusal = &fixture.append([append(&lobby, 1, "large", &large)]).await[0];
    assert_eq!(refused(refusal), ErrorCode::StorageFull);
    fixture.store.handle.sql("PRAGMA max_page_count = 1000000");
    assert_eq!(refused(&fixture.append([append(&lobby, 1, "small", "x")]).await[0]), ErrorCode::Unavailable);
    stored(&fixture.append([append(&lobby, 2, "another", "x")]).await[0]);
    stored(&fixture.append([append(&lobby, 1, "large", &large)]).await[0]);
    stored(&fixture.append([append(&lobby, 1, "small", "x")]).await[0]);
    assert_eq!(fixture.texts(&lobby).await, ["x", large.as_str(), "x"]);
}

#[tokio::test]
async fn after_any_other_failure_nothing_is_acknowledged_r07() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    fixture.append([append(&lobby, 1, "a", "before")]).await;
    fixture.store.handle.sql("PRAGMA query_only = true");
    assert_eq!(refused(&fixture.append([append(&lobby, 1, "b", "x")]).await[0]), ErrorCode::Unavailable);
    assert!(!fixture.store.healthy());
    fixture.store.handle.sql("PRAGMA query_only = false");
    assert_eq!(refused(&fixture.append([append(&lobby, 1, "c", "x")]).await[0]), ErrorCode::Unavailable);
    let created = fixture.store.create_room(RoomKey::new("ops").unwrap(), String::new());
    assert_eq!(created.await, Err(WorkError::Unavailable));
    assert_eq!(fixture.texts(&lobby).await, ["before"], "reads go on");
    fixture.store.close().await;
    let fixture = open(dir.path());
    assert_eq!(stored(&fixture.append([append(&lobby, 1, "c", "x")]).await[0]), (2, false));
}

#[tokio::test]
async fn a_foreign_writer_is_waited_for_r08() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    fixture.append([append(&lobby, 1, "first", "first")]).await;
    let foreign = rusqlite::Connection::open(dir.path().join("chat.db")).unwrap();
    foreign.execute_batch("BEGIN IMMEDIATE; UPDATE rooms SET head = 40 WHERE key = 'lobby'").unwrap();
    fixture.store.append(append(&lobby, 1, "a", "x")).await.unwrap();
    assert!(fixture.commits.recv_timeout(Duration::from_millis(1500)).is_err(), "it waits");
    assert_eq!(fixture.texts(&lobby).await, ["first"], "reads do not");
    foreign.execute_batch("COMMIT").unwrap();
    assert_eq!(stored(&fixture.next().outcomes[0].1), (41, false), "and sees what the other wrote");
}
