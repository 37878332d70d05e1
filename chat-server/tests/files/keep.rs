//! What nobody needs goes: uploads that were given up, files that no message took, what a dead server left.

use std::path::Path;

use crate::stage::Stage;
use crate::transfer::of;

/// All files below a directory, without their directories.
fn all(path: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path).into_iter().flatten().map(Result::unwrap) {
        if entry.path().is_dir() {
            names.extend(all(&entry.path()));
        } else {
            names.push(entry.file_name().into_string().unwrap());
        }
    }
    names
}

async fn until(what: impl Fn() -> bool) {
    crate::common::within(async {
        while !what() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn f02_what_was_given_up_is_gone_after_a_day() {
    let stage = Stage::open().await;
    stage.add("ana", "member");
    let files = of(&stage.server, "ana");
    let old = files.begin("lobby", "x", 10).await;
    files.piece(&old, 0, b"12345").await.good();
    files.upload("lobby", "x", b"never said").await;
    let new = files.begin("lobby", "x", 10).await;
    files.piece(&new, 0, b"12345").await.good();
    let taken = files.upload("lobby", "x", b"said").await["file"].as_str().unwrap().to_owned();
    let db = stage.db();
    db.execute("UPDATE files SET seq = 1 WHERE id = ?1", [&taken]).unwrap();
    db.execute("UPDATE files SET touched_ms = touched_ms - 86500000 WHERE id <> ?1", [&new]).unwrap();
    drop(db);
    let dir = stage.server.stop().await;
    let stage = Stage::open_in(dir).await;
    let data = stage.server.dir().join("data");
    until(|| all(&data.join("uploads")) == [new.as_str()] && all(&data.join("files")).len() == 1).await;
    let files = of(&stage.server, "ana");
    assert_eq!(files.offset(&old).await.status, 404);
    assert_eq!(files.get(&taken).await.bytes, b"said");
    assert_eq!(files.piece(&new, 5, b"67890").await.good()["file"]["size"], 10, "goes on after a restart");
    assert_eq!(files.get(&new).await.bytes, b"1234567890");
}

#[tokio::test]
async fn what_a_dead_server_left_is_swept_up() {
    let stage = Stage::open().await;
    stage.add("ana", "member");
    let kept =
        of(&stage.server, "ana").upload("lobby", "x", b"kept").await["file"].as_str().unwrap().to_owned();
    let begun = of(&stage.server, "ana").begin("lobby", "x", 9).await;
    let dir = stage.server.stop().await;
    let data = dir.path().join("data");
    let stray = data.join("files/ab").join("ab".repeat(32));
    std::fs::create_dir_all(stray.parent().unwrap()).unwrap();
    std::fs::write(&stray, "a blob without a row").unwrap();
    std::fs::write(stray.with_extension("thumb"), "and its small picture").unwrap();
    std::fs::create_dir_all(data.join("uploads")).unwrap();
    std::fs::write(data.join("uploads/01STRAY"), "an upload without a row").unwrap();
    let stage = Stage::open_in(dir).await;
    until(|| all(&data.join("uploads")).is_empty() && all(&data.join("files")).len() == 1).await;
    let files = of(&stage.server, "ana");
    assert_eq!(files.get(&kept).await.bytes, b"kept");
    assert_eq!(files.piece(&begun, 0, b"123456789").await.good()["offset"], 9);
}

#[tokio::test]
async fn an_upload_whose_bytes_are_lost_begins_anew() {
    let stage = Stage::open().await;
    stage.add("ana", "member");
    let files = of(&stage.server, "ana");
    let id = files.begin("lobby", "x", 10).await;
    files.piece(&id, 0, b"12345").await.good();
    std::fs::write(stage.server.dir().join("data/uploads").join(&id), "123").unwrap();
    assert_eq!(files.piece(&id, 5, b"67890").await.refused(), (409, "bad_offset".to_owned()));
    assert_eq!(files.offset(&id).await.good()["offset"], 0);
    assert_eq!(files.piece(&id, 0, b"1234567890").await.good()["file"]["size"], 10);
    assert_eq!(files.get(&id).await.bytes, b"1234567890");
}

#[tokio::test]
async fn what_lies_behind_the_last_synced_byte_does_not_count() {
    let stage = Stage::open().await;
    stage.add("ana", "member");
    let files = of(&stage.server, "ana");
    let id = files.begin("lobby", "x", 10).await;
    files.piece(&id, 0, b"12345").await.good();
    let dir = stage.server.stop().await;
    // As a server leaves it that was killed while it wrote.
    std::fs::write(dir.path().join("data/uploads").join(&id), "12345XXX").unwrap();
    let stage = Stage::open_in(dir).await;
    let files = of(&stage.server, "ana");
    assert_eq!(files.offset(&id).await.good()["offset"], 5);
    files.piece(&id, 5, b"67890").await.good();
    assert_eq!(files.get(&id).await.bytes, b"1234567890");
}

#[tokio::test]
async fn an_upload_whose_row_cannot_be_written_need_not_be_sent_again() {
    let stage = Stage::open().await;
    stage.add("ana", "member");
    let files = of(&stage.server, "ana");
    let id = files.begin("lobby", "x", 5).await;
    let db = stage.db();
    db.execute_batch(
        "CREATE TRIGGER never BEFORE UPDATE OF hash ON files BEGIN SELECT RAISE(ABORT, 'not now'); END",
    )
    .unwrap();
    assert_eq!(files.piece(&id, 0, b"hello").await.refused(), (503, "unavailable".to_owned()));
    let data = stage.server.dir().join("data");
    assert_eq!((all(&data.join("uploads")).len(), all(&data.join("files")).len()), (1, 0));
    assert_eq!(files.offset(&id).await.good(), serde_json::json!({"offset": 5}));
    db.execute_batch("DROP TRIGGER never").unwrap();
    assert_eq!(files.piece(&id, 5, b"").await.good()["file"]["size"], 5);
    assert_eq!(files.get(&id).await.bytes, b"hello");
    assert_eq!((all(&data.join("uploads")).len(), all(&data.join("files")).len()), (0, 1));
}

#[tokio::test]
async fn f02_many_at_a_time_arrive_whole_and_leave_nothing() {
    let stage = Stage::open().await;
    let names: Vec<_> = (0..8).map(|n| format!("p{n}")).collect();
    for name in &names {
        stage.add(name, "member");
    }
    // Of each person three files of their own, and three that everybody has.
    let uploads = (0..48_usize).map(|n| {
        let (name, server) = (&names[n % 8], &stage.server);
        async move {
            let files = of(server, name);
            let seed = if n < 24 { n } else { 100 + n / 8 };
            let bytes = crate::transfer::noise(40_000 + seed);
            let id = files.upload("lobby", "x", &bytes).await["file"].as_str().unwrap().to_owned();
            assert!(files.get(&id).await.bytes == bytes, "{n}");
            (name, id)
        }
    });
    let done = futures_util::future::join_all(uploads).await;
    let data = stage.server.dir().join("data");
    assert_eq!((all(&data.join("uploads")).len(), all(&data.join("files")).len()), (0, 27));
    for (name, id) in done {
        assert_eq!(of(&stage.server, name).cancel(&id).await.status, 204);
    }
    until(|| all(&data.join("files")).is_empty()).await;
}

#[tokio::test]
async fn nobody_keeps_many_uploads_open() {
    let stage = Stage::open().await;
    stage.add("ana", "member");
    let files = of(&stage.server, "ana");
    let mut begun = Vec::new();
    for _ in 0..100 {
        begun.push(files.begin("lobby", "x", 1).await);
    }
    let refused = files.announce("lobby", "x", 1).await;
    assert_eq!(refused.refused(), (429, "rate_limited".to_owned()));
    files.piece(&begun[0], 0, b"x").await.good();
    files.begin("lobby", "x", 1).await;
}
