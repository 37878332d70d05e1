//! Commands that come twice: answered as they were, and never with more than one may know.

use serde_json::{Value, json};

use crate::stage::{Person, Stage};

async fn said(person: &mut Person, room: &str, text: &str) -> u64 {
    person.say(room, text).await["seq"].as_u64().unwrap()
}

/// An answer without what names the question.
fn bare(mut answer: Value) -> Value {
    let fields = answer.as_object_mut().unwrap();
    for field in ["ref", "id", "room"] {
        fields.remove(field);
    }
    answer
}

/// A03: an id that one has used is answered in a secret room as in one that is not there.
#[tokio::test]
async fn a_used_id_tells_nothing_of_a_secret_room() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let secret = ana.makes_private("Secrets").await;
    ana.say(&secret, "psst").await;
    bo.does(json!({"type": "create", "room": "market"})).await;
    let target = said(&mut bo, "market", "oops").await;
    bo.does(json!({"type": "delete", "room": "market", "target": target, "id": "d1"})).await;
    bo.does(json!({"type": "change", "room": "market", "topic": "Fish", "id": "c1"})).await;
    bo.does(json!({"type": "mute", "room": "market", "user": "u-ana", "id": "m1"})).await;
    for asked in [
        json!({"type": "delete", "target": 2, "id": "d1"}),
        json!({"type": "change", "topic": "Fish", "id": "c1"}),
        json!({"type": "mute", "user": "u-ana", "id": "m1"}),
        json!({"type": "role", "user": "u-ana", "role": "member", "id": "m1"}),
    ] {
        let mut answers = Vec::new();
        for room in [&*secret, "r-01jd0000000000000000000000"] {
            let mut asked = asked.clone();
            asked["room"] = room.into();
            answers.push(bare(bo.ask(asked).await));
        }
        assert_eq!(answers[0]["code"], "no_room", "{asked}");
        assert_eq!(answers[0], answers[1], "{asked}");
    }
    // Where one may be, it is said what is wrong.
    let reused = json!({"type": "delete", "room": "lobby", "target": 1, "id": "d1"});
    assert_eq!(bo.is_refused(reused).await, "id_reused");
}

#[tokio::test]
async fn a_repeat_is_answered_as_it_was_as_long_as_one_may_read_there() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let room = ana.makes_private("Club").await;
    ana.brings(&room, &mut bo).await;
    let target = said(&mut bo, &room, "oops").await;
    let delete = json!({"type": "delete", "room": room, "target": target, "id": "d1"});
    let first = bo.does(delete.clone()).await;
    let steps = [
        json!({"type": "change", "room": room, "topic": "Fish", "id": "c1"}),
        json!({"type": "role", "room": room, "user": "u-bo", "role": "owner", "id": "r1"}),
        json!({"type": "role", "room": room, "user": "u-ana", "role": "member", "id": "r2"}),
    ];
    for step in &steps {
        ana.does(step.clone()).await;
    }
    // She owns it no more, and what she did as its owner stands.
    for step in steps {
        assert_eq!(ana.does(step.clone()).await["type"], "ok", "{step}");
    }
    let anew = json!({"type": "change", "room": room, "topic": "Meat", "id": "c2"});
    assert_eq!(ana.is_refused(anew).await, "forbidden");
    bo.does(json!({"type": "change", "room": room, "archived": true})).await;
    let again = bo.does(delete.clone()).await;
    assert_eq!((&again["seq"], &again["dup"]), (&first["seq"], &json!(true)));
    bo.does(json!({"type": "change", "room": room, "archived": false})).await;
    bo.does(json!({"type": "role", "room": room, "user": "u-ana", "role": "owner"})).await;
    bo.does(json!({"type": "role", "room": room, "user": "u-bo", "role": "member"})).await;
    ana.does(json!({"type": "kick", "room": room, "user": "u-bo"})).await;
    assert_eq!(bo.is_refused(delete).await, "no_room");
}

/// What was decided of typing is remembered, and no longer than it holds.
#[tokio::test]
async fn typing_is_told_of_whoever_may_say_something_now() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    ana.does(json!({"type": "create", "room": "market"})).await;
    bo.does(json!({"type": "join", "room": "market"})).await;
    let typing = |on: bool| json!({"type": "typing", "room": "market", "on": on});
    let told = async |ana: &mut Person| ana.expect(|frame| frame["type"] == "typing").await["on"].clone();
    bo.send(typing(true)).await;
    assert_eq!(told(&mut ana).await, true);
    for (shut, open) in [
        (json!({"type": "mute", "user": "u-bo"}), json!({"type": "unmute", "user": "u-bo"})),
        (json!({"type": "change", "announce": true}), json!({"type": "change", "announce": false})),
    ] {
        for (mut decided, on) in [(shut, false), (open, true)] {
            decided["room"] = "market".into();
            let kind = if decided["type"] == "change" { "changed" } else { "member" };
            ana.does(decided).await;
            bo.event("market", kind).await;
            bo.send(typing(on)).await;
            // Answered when that was decided.
            bo.does(json!({"type": "rooms"})).await;
        }
        assert_eq!(told(&mut ana).await, true, "not what was typed in silence");
    }
}
