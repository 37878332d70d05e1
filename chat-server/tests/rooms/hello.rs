//! `hello`, resuming, and what ends a connection.

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::chat::{Chat, Client};

fn hello(resume: &Value) -> Value {
    json!({"type": "hello", "client": "test", "conn": "c", "name": "bo", "resume": resume})
}

/// Connects with cursors and reads up to `synced`; what came before it.
async fn resume(chat: &Chat, epoch: &Value, rooms: Value) -> (Client, Vec<Value>) {
    let mut client = chat.full().await;
    client.send(hello(&json!({"epoch": epoch, "rooms": rooms}))).await;
    let mut frames = Vec::new();
    loop {
        let frame = client.frame().await;
        let done = frame["type"] == "synced" || frame["type"] == "reset";
        if !["join", "leave"].contains(&frame["type"].as_str().unwrap()) {
            frames.push(frame);
        }
        if done {
            return (client, frames);
        }
    }
}

fn seqs(frames: &[Value]) -> Vec<u64> {
    frames
        .iter()
        .filter(|frame| frame["type"] == "message")
        .map(|frame| frame["seq"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn resuming_brings_exactly_what_was_missed_then_what_is_new() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let (mut ana, welcome) = chat.greeted("ana").await;
    for n in 1..=30 {
        ana.say("lobby", &format!("line {n}"), &format!("id{n}")).await;
    }
    for cursor in [0, 12, 29, 30] {
        let (mut bo, frames) = resume(&chat, &welcome["epoch"], json!({"lobby": cursor})).await;
        assert_eq!(frames[0]["type"], "welcome");
        assert_eq!(seqs(&frames), ((cursor + 1)..=30).collect::<Vec<u64>>());
        assert_eq!(frames.last().unwrap()["head"], 30);
        bo.send(json!({"type": "pong"})).await;
    }
}

#[tokio::test]
async fn a_long_absence_is_read_from_the_store_and_handed_over_without_seam() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let (mut ana, welcome) = chat.greeted("ana").await;
    // Far more than a tail holds.
    let text = "x".repeat(20_000);
    for n in 1..=60 {
        ana.say("lobby", &text, &format!("id{n}")).await;
    }
    let mut bo = chat.full().await;
    bo.send(hello(&json!({"epoch": welcome["epoch"], "rooms": {"lobby": 3}}))).await;
    for n in 61..=80 {
        ana.say("lobby", &text, &format!("id{n}")).await;
    }
    for seq in 4..=80 {
        assert_eq!(bo.expect("message").await["seq"], seq);
    }
    bo.expect("synced").await;
}

#[tokio::test]
async fn cursors_that_cannot_be_resumed_are_reset() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let (mut ana, welcome) = chat.greeted("ana").await;
    ana.say("lobby", "one", "id1").await;
    let epoch = &welcome["epoch"];
    for (epoch, rooms, why) in [
        (&json!("another"), json!({"lobby": 0}), "epoch"),
        (epoch, json!({"lobby": 2}), "ahead"),
        (epoch, json!({"lobby": 1, "nowhere": 5}), "gone"),
        (epoch, json!({"lobby": 1, "@self": 5}), "ahead"),
    ] {
        let (_, frames) = resume(&chat, epoch, rooms).await;
        assert_eq!(frames.last().unwrap()["why"], why);
    }
}

#[tokio::test]
async fn a_reset_room_is_live_from_the_head_that_was_told() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let (mut ana, _) = chat.greeted("ana").await;
    ana.say("lobby", "one", "id1").await;
    let (mut bo, frames) = resume(&chat, &json!("another"), json!({"lobby": 1})).await;
    assert_eq!(frames.last().unwrap()["head"], 1);
    ana.say("lobby", "two", "id2").await;
    assert_eq!(bo.expect("message").await["seq"], 2);
}

#[tokio::test]
async fn a_token_makes_the_same_guest_and_junk_a_new_one() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let (_ana, first) = chat.greeted("ana").await;
    let greeted = |token: Value, conn: &str| {
        let hello = json!({"type": "hello", "client": "t", "conn": conn, "name": "ana", "token": token});
        let chat = &chat;
        async move {
            let mut client = chat.full().await;
            client.send(hello).await;
            let welcome = client.expect("welcome").await;
            (client, welcome["user"].clone())
        }
    };
    let (_again, again) = greeted(first["token"].clone(), "second").await;
    assert_eq!(again, first["user"]);
    let (_stranger, stranger) = greeted(json!("g-01.forged"), "third").await;
    assert_ne!(stranger["user"], first["user"]["user"]);
    assert_eq!(stranger["name"], "ana2");
}

#[tokio::test]
async fn an_equal_conn_replaces_and_another_lives_beside() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let (mut old, welcome) = chat.greeted("ana").await;
    let mut other = chat.full().await;
    other.send(json!({"type": "hello", "client": "t", "conn": "other", "token": welcome["token"]})).await;
    other.expect("welcome").await;
    let mut new = chat.full().await;
    new.send(json!({"type": "hello", "client": "t", "conn": "conn-ana", "token": welcome["token"]})).await;
    new.expect("welcome").await;
    assert_eq!(old.closed().await, 4010);
    other.say("lobby", "still here", "id1").await;
    assert_eq!(new.expect("message").await["message"], "still here");
}

#[tokio::test]
async fn the_first_frame_must_be_hello() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    for first in [r#"{"type":"message","room":"lobby","message":"x"}"#, "junk", r#"{"type":"hello"}"#] {
        let mut client = chat.full().await;
        client.send_text(first).await;
        client.expect("error").await;
        assert_eq!(client.closed().await, 4003, "{first}");
    }
    let mut client = chat.full().await;
    client.send_text("x".repeat(64 * 1024 + 1)).await;
    assert_eq!(client.closed().await, 1009, "before hello, frames are small");
}

#[tokio::test]
async fn what_is_sent_right_behind_hello_is_handled_after_it() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let mut ana = chat.full().await;
    let text = "x".repeat(65_536);
    let hello = json!({"type": "hello", "client": "t", "conn": "c", "name": "ana"});
    let large = json!({"type": "message", "room": "lobby", "message": text, "id": "large"});
    let small = json!({"type": "message", "room": "lobby", "message": "behind it", "id": "small"});
    ana.send_together(&[hello, large, small]).await;
    assert_eq!(ana.expect("ack").await["id"], "large");
    assert_eq!(ana.expect("ack").await["id"], "small");
}

#[tokio::test]
async fn joining_where_one_is_tells_the_place_one_is_at() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let (mut ana, welcome) = chat.greeted("ana").await;
    let text = "x".repeat(30_000);
    for n in 1..=60 {
        ana.say("lobby", &text, &format!("id{n}")).await;
    }
    let mut bo = chat.full().await;
    let hello = hello(&json!({"epoch": welcome["epoch"], "rooms": {"lobby": 0}}));
    bo.send_together(&[hello, json!({"type": "join", "ref": 7, "room": "lobby"})]).await;
    let told = bo.expect("ok").await["room"]["head"].as_u64().unwrap();
    let before = bo.passed_seqs();
    assert_eq!(before.last().copied().unwrap_or(0), told, "what is told as past was sent before");
    bo.expect("synced").await;
}

#[tokio::test]
async fn a_restart_is_announced_acks_are_finished_and_history_is_there_again() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let (mut ana, welcome) = chat.greeted("ana").await;
    ana.say("lobby", "kept", "id1").await;
    ana.send(json!({"type": "message", "room": "lobby", "message": "just in time", "id": "id2"})).await;
    assert_eq!(ana.expect("ack").await["seq"], 2);
    let ending = async {
        let goaway = ana.expect("goaway").await;
        assert!(goaway["after_ms"].as_u64().unwrap() > 0);
        ana.closed().await
    };
    let ((), code) = tokio::join!(chat.close(), ending);
    assert_eq!(code, 1012);
    let chat = Chat::open(dir.path(), false).await;
    let (_, frames) = resume(&chat, &welcome["epoch"], json!({"lobby": 0})).await;
    assert_eq!(seqs(&frames), [1, 2]);
}
