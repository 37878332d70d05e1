//! Plain mode: what a ten-line script can do.

use serde_json::json;
use tempfile::tempdir;
use tokio_tungstenite::tungstenite::Message;

use crate::chat::Chat;

#[tokio::test]
async fn every_short_form_of_a_message_reaches_everybody_alike() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let mut ana = chat.plain(None, "ana").await;
    let mut bo = chat.plain(None, "bo").await;
    ana.send(json!({"type": "message", "message": "typed", "timestamp": "2001-01-01T00:00:00Z"})).await;
    ana.send(json!({"message": "untyped"})).await;
    ana.send_text("a bare line\r\n").await;
    for (seq, text) in [(1, "typed"), (2, "untyped"), (3, "a bare line")] {
        let (at_ana, at_bo) = (ana.expect("message").await, bo.expect("message").await);
        assert_eq!(at_ana, at_bo);
        assert_eq!(
            (&at_bo["seq"], &at_bo["message"], &at_bo["sender"]),
            (&json!(seq), &json!(text), &json!("ana"))
        );
        assert_eq!((&at_bo["room"], &at_bo["guest"]), (&json!("lobby"), &json!(true)));
        assert_ne!(at_bo["timestamp"], "2001-01-01T00:00:00Z", "the server's clock is told");
    }
}

#[tokio::test]
async fn comings_and_goings_are_told() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let mut ana = chat.plain(None, "ana").await;
    assert_eq!(ana.expect("join").await["message"], "ana joined the room");
    let mut bo = chat.plain(None, "bo").await;
    let join = ana.expect("join").await;
    assert_eq!((&join["names"], &join["present"]), (&json!(["bo"]), &json!(2)));
    bo.send_raw(Message::Close(None)).await;
    assert_eq!(ana.expect("leave").await["message"], "bo left the room");
}

#[tokio::test]
async fn a_sender_is_a_nickname_and_never_refused() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let mut ana = chat.plain(None, "ana").await;
    let mut bo = chat.plain(None, "bo").await;
    for (wanted, given) in [("cy", "cy"), ("ana", "ana2"), ("\u{1b}[2J", "2J"), ("Ana Maria", "AnaMaria")] {
        bo.send(json!({"message": "hi", "sender": wanted})).await;
        assert_eq!(ana.expect("message").await["sender"], given);
    }
}

#[tokio::test]
async fn binary_frames_reach_plain_members_and_are_not_stored() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let mut ana = chat.plain(None, "ana").await;
    let mut bo = chat.plain(None, "bo").await;
    // A message first: when both have it, both are surely in the room.
    ana.send_text("here").await;
    ana.expect("message").await;
    bo.expect("message").await;
    ana.send_raw(Message::binary(vec![0, 159, 146, 150])).await;
    for client in [&mut ana, &mut bo] {
        let binary = loop {
            if let Message::Binary(bytes) = client.message().await {
                break bytes;
            }
        };
        assert_eq!(&binary[..], [0, 159, 146, 150]);
    }
    ana.send_text("after").await;
    assert_eq!(bo.expect("message").await["seq"], 2);
}

#[tokio::test]
async fn what_is_not_understood_is_answered_and_survived() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let mut ana = chat.plain(None, "ana").await;
    for (junk, code) in [
        ("{", "bad_frame"),
        (r#"{"type":"explode"}"#, "unknown_type"),
        (r#"{"type":"message"}"#, "bad_frame"),
        (r#"{"message":{"$ne":1}}"#, "bad_frame"),
        (r#"{"message":"  \n "}"#, "empty"),
        (r#"{"message":"x","room":"nowhere"}"#, "not_joined"),
        (r#"{"message":"x","reply":99}"#, "bad_frame"),
    ] {
        ana.send_text(junk).await;
        let error = ana.expect("error").await;
        assert_eq!(error["code"], code, "{junk}");
        assert!(error.get("message").is_none(), "a page would show it as chat");
    }
    ana.send_text("still here").await;
    assert_eq!(ana.expect("message").await["message"], "still here");
}

#[tokio::test]
async fn size_limits_are_told_by_frame_and_by_close() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let mut ana = chat.plain(None, "ana").await;
    let most = "é".repeat(32 * 1024);
    ana.send(json!({"message": most, "id": "fits"})).await;
    assert_eq!(ana.expect("message").await["message"], most);
    ana.send(json!({"message": most.clone() + "x", "id": "over"})).await;
    let error = ana.expect("error").await;
    assert_eq!((&error["code"], &error["id"]), (&json!("too_long"), &json!("over")));
    ana.send_text("x".repeat(512 * 1024 + 1)).await;
    assert_eq!(ana.closed().await, 1009);
}

#[tokio::test]
async fn a_room_and_a_name_may_be_asked_for_in_the_query() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let mut ana = chat.plain(None, "ana").await;
    let made = ana.ask(json!({"type": "create", "room": "Ops"}), "ok").await;
    assert_eq!((&made["room"]["room"], &made["room"]["title"]), (&json!("ops"), &json!("Ops")));
    let mut bo = chat.plain(Some("ops"), "bo").await;
    ana.send_text("goes where one is").await;
    assert_eq!(bo.expect("message").await["room"], "ops");
}

#[tokio::test]
async fn leaving_ones_room_leads_nowhere_one_is_not() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let mut ana = chat.plain(None, "ana").await;
    ana.ask(json!({"type": "create", "room": "ops"}), "ok").await;
    let mut bo = chat.plain(Some("ops"), "bo").await;
    let refused = bo.ask(json!({"type": "leave", "room": "ops"}), "error").await;
    assert_eq!(refused["code"], "bad_frame", "it is the only room");
    bo.ask(json!({"type": "join", "room": "lobby"}), "ok").await;
    bo.ask(json!({"type": "leave", "room": "ops"}), "ok").await;
    bo.send_text("to where I am").await;
    assert_eq!(bo.expect("message").await["room"], "lobby");
}
