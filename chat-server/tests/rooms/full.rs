//! `chat.v1`: commands, answers, signals.

use serde_json::json;
use tempfile::tempdir;

use crate::chat::Chat;

#[tokio::test]
async fn a_repeat_is_acknowledged_again_and_shown_once() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let (mut ana, _) = chat.greeted("ana").await;
    let (mut bo, _) = chat.greeted("bo").await;
    let first = ana.say("lobby", "once", "same").await;
    let again = ana.say("lobby", "once", "same").await;
    assert_eq!((&again["seq"], &again["dup"]), (&first["seq"], &json!(true)));
    ana.send(json!({"type": "message", "room": "lobby", "message": "other words", "id": "same"})).await;
    assert_eq!(ana.expect("error").await["code"], "id_reused");
    bo.say("lobby", "the id is bo's own", "same").await;
    for (seq, text) in [(1, "once"), (2, "the id is bo's own")] {
        let message = bo.expect("message").await;
        assert_eq!((&message["seq"], &message["message"]), (&json!(seq), &json!(text)));
    }
}

#[tokio::test]
async fn rooms_are_made_joined_left_and_listed() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let (mut ana, _) = chat.greeted("ana").await;
    let (mut bo, _) = chat.greeted("bo").await;
    ana.ask(json!({"type": "create", "room": "ops"}), "ok").await;
    for (room, code) in
        [("OPS", "room_exists"), ("оps", "room_exists"), ("a b", "bad_name"), ("", "bad_name")]
    {
        assert_eq!(ana.ask(json!({"type": "create", "room": room}), "error").await["code"], code, "{room}");
    }
    assert_eq!(bo.ask(json!({"type": "join", "room": "nowhere"}), "error").await["code"], "no_room");
    ana.say("ops", "before", "id1").await;
    let joined = bo.ask(json!({"type": "join", "room": "ops"}), "ok").await;
    assert_eq!(joined["room"]["head"], 1);
    ana.say("ops", "after", "id2").await;
    assert_eq!(
        bo.expect("message").await["message"],
        "after",
        "streaming begins after the head that was told"
    );
    let listed = bo.ask(json!({"type": "rooms"}), "rooms").await;
    assert_eq!(listed["rooms"].as_array().unwrap().len(), 2);
    bo.ask(json!({"type": "leave", "room": "ops"}), "ok").await;
    ana.say("ops", "unheard", "id3").await;
    ana.say("lobby", "heard", "id4").await;
    assert_eq!(bo.expect("message").await["message"], "heard");
    bo.send(json!({"type": "message", "room": "ops", "message": "x", "id": "id5"})).await;
    let error = bo.expect("error").await;
    assert_eq!(
        (&error["code"], &error["id"], &error["retry"]),
        (&json!("not_joined"), &json!("id5"), &json!(false))
    );
}

#[tokio::test]
async fn ones_other_connections_hear_of_rooms() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let (mut tab, welcome) = chat.greeted("ana").await;
    let mut other = chat.full().await;
    other.send(json!({"type": "hello", "client": "t", "conn": "other", "token": welcome["token"]})).await;
    other.expect("welcome").await;
    tab.ask(json!({"type": "create", "room": "ops"}), "ok").await;
    let told = other.expect("room").await;
    assert_eq!((&told["room"]["room"], &told["joined"]), (&json!("ops"), &json!(true)));
    tab.ask(json!({"type": "leave", "room": "ops"}), "ok").await;
    assert_eq!(other.expect("room").await["joined"], false);
}

#[tokio::test]
async fn history_pages_cover_the_log_without_seam() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let (mut ana, _) = chat.greeted("ana").await;
    for n in 1..=25 {
        ana.say("lobby", &format!("line {n}"), &format!("id{n}")).await;
    }
    let mut before = 26;
    let mut seen = Vec::new();
    loop {
        let page = ana
            .ask(json!({"type": "history", "room": "lobby", "before": before, "limit": 10}), "history")
            .await;
        let seqs: Vec<u64> =
            page["events"].as_array().unwrap().iter().map(|e| e["seq"].as_u64().unwrap()).collect();
        assert_eq!(page["last"], before - 1);
        before = page["first"].as_u64().unwrap();
        seen.splice(0..0, seqs);
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(seen, (1..=25).collect::<Vec<_>>());
    let missing = ana.ask(json!({"type": "history", "room": "nowhere"}), "error").await;
    assert_eq!(missing["code"], "no_room");
}

#[tokio::test]
async fn typing_names_and_idleness_are_told_to_the_others() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let (mut ana, _) = chat.greeted("ana").await;
    let (mut bo, welcome) = chat.greeted("bo").await;
    bo.send(json!({"type": "typing", "room": "lobby", "on": true})).await;
    let typing = ana.expect("typing").await;
    assert_eq!((&typing["sender"], &typing["on"]), (&json!("bo"), &json!(true)));
    assert_eq!(bo.ask(json!({"type": "nick", "name": "anа"}), "error").await["code"], "name_taken");
    assert_eq!(bo.ask(json!({"type": "nick", "name": "two words"}), "error").await["code"], "bad_name");
    bo.ask(json!({"type": "nick", "name": "bob"}), "ok").await;
    let renamed = ana.expect("renamed").await;
    assert_eq!((&renamed["from"], &renamed["to"]), (&json!("bo"), &json!("bob")));
    bo.send(json!({"type": "presence", "state": "idle"})).await;
    assert_eq!(ana.expect("presence").await["state"], "idle");
    let members = ana.ask(json!({"type": "members", "room": "lobby"}), "members").await;
    assert_eq!(members["present"], 2);
    assert_eq!(members["members"][1]["user"], welcome["user"]["user"]);
    assert_eq!(
        (&members["members"][1]["name"], &members["members"][1]["state"]),
        (&json!("bob"), &json!("idle"))
    );
}

#[tokio::test]
async fn a_visitor_is_seen_when_they_have_a_name() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let (mut ana, _) = chat.greeted("ana").await;
    assert_eq!(ana.expect("join").await["names"], json!(["ana"]));
    let mut visitor = chat.full().await;
    visitor.send(json!({"type": "hello", "client": "t", "conn": "v"})).await;
    visitor.expect("welcome").await;
    visitor.ask(json!({"type": "nick", "name": "bo"}), "ok").await;
    assert_eq!(ana.expect("join").await["names"], json!(["bo"]));
    ana.say("lobby", "and no more", "id1").await;
    assert!(!ana.passed_any("renamed"), "nobody knew another name");
}

#[tokio::test]
async fn over_the_rate_one_is_slowed_and_keeps_ones_order() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), true).await;
    let (mut ana, _) = chat.greeted("ana").await;
    for n in 0..120 {
        ana.send(json!({"type": "message", "room": "lobby", "message": "x", "id": format!("id{n}")})).await;
    }
    for n in 0..120 {
        assert_eq!(ana.expect("ack").await["id"], format!("id{n}"));
    }
}
