//! What is done to messages, over the wire: told to whoever is there, once, and folded into what is read later.

use serde_json::{Value, json};

use crate::stage::{Person, Stage, session};

async fn said(person: &mut Person, room: &str, text: &str) -> u64 {
    person.say(room, text).await["seq"].as_u64().unwrap()
}

/// A message of the lobby as it is read now.
async fn read(person: &mut Person, seq: u64) -> Value {
    let page = person.does(json!({"type": "history", "room": "lobby", "after": seq - 1, "limit": 1})).await;
    page["events"][0].clone()
}

#[tokio::test]
async fn whoever_is_there_is_told_and_whoever_comes_later_reads_what_became_of_it() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let mut admin = stage.person("admin", "admin").await;
    let seq = said(&mut ana, "lobby", "helo").await;
    let room = |kind: &str| json!({"type": kind, "room": "lobby", "target": seq});
    let with = |mut frame: Value, more: Value| {
        frame.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        frame
    };
    let edit = with(room("edit"), json!({"text": "hello"}));
    let ack = ana.does(edit.clone()).await;
    assert_eq!((&ack["type"], &ack["seq"], &ack["dup"]), (&json!("ack"), &json!(seq + 1), &Value::Null));
    let told = bo.event("lobby", "edit").await;
    let fields = ["target", "text", "user", "sender", "seq", "id"].map(|field| told[field].clone());
    let wanted =
        [json!(seq), json!("hello"), json!("u-ana"), json!("ana"), json!(seq + 1), ack["id"].clone()];
    assert_eq!(fields, wanted);
    assert_eq!(told.get("message"), None, "only what a simple page may show has one");
    // The same emoji, however it is written.
    bo.does(with(room("react"), json!({"emoji": "❤", "on": true}))).await;
    let told = ana.event("lobby", "react").await;
    assert_eq!(
        (&told["emoji"], &told["on"], &told["user"]),
        (&json!("❤\u{fe0f}"), &json!(true), &json!("u-bo"))
    );
    admin.does(with(room("pin"), json!({"on": true}))).await;
    let told = ana.event("lobby", "pin").await;
    assert_eq!((&told["target"], &told["on"], &told["user"]), (&json!(seq), &json!(true), &json!("u-admin")));
    let answer = json!({"type": "message", "room": "lobby", "message": "hi!", "thread": seq});
    let answer = bo.does(answer).await["seq"].as_u64().unwrap();
    let nested = json!({"type": "message", "room": "lobby", "message": "hi, hi!", "thread": answer});
    let nested = admin.does(nested).await;
    let told = ana.expect(|frame| frame["seq"] == nested["seq"] && frame["type"] == "message").await;
    assert_eq!(told["thread"], json!(seq), "a thread has no threads");

    let page = ana.does(json!({"type": "history", "room": "lobby"})).await;
    assert_eq!(page["as_of"], page["head"]);
    let message = &page["events"][0];
    assert_eq!((&message["message"], &message["folded"]["text"]), (&json!("helo"), &json!("hello")));
    let folded = &message["folded"];
    assert_eq!(folded["reactions"], json!({"❤\u{fe0f}": ["u-bo"]}));
    assert_eq!((&folded["pinned"], folded["edited"].is_string()), (&json!(true), true));
    assert_eq!(folded["replies"]["users"], json!(["u-admin", "u-bo"]));
    assert_eq!((&folded["replies"]["count"], &folded["replies"]["last"]), (&json!(2), &nested["seq"]));

    let thread = ana.does(json!({"type": "thread", "room": "lobby", "root": seq})).await;
    assert_eq!((&thread["type"], &thread["root"]["folded"]), (&json!("thread"), folded));
    let texts: Vec<_> = thread["messages"].as_array().unwrap().iter().map(|said| &said["message"]).collect();
    assert_eq!(texts, ["hi!", "hi, hi!"]);
    assert_eq!(thread["more"], false);
    let older = json!({"type": "thread", "room": "lobby", "root": seq, "before": nested["seq"], "limit": 1});
    let older = ana.does(older).await;
    assert_eq!((&older["messages"][0]["seq"], &older["more"]), (&json!(answer), &json!(false)));
    let pins = ana.does(json!({"type": "pins", "room": "lobby"})).await;
    assert_eq!((&pins["messages"][0]["seq"], &pins["messages"][0]["folded"]), (&json!(seq), folded));
    let edits = bo.does(room("edits")).await;
    let texts: Vec<_> =
        edits["versions"].as_array().unwrap().iter().map(|version| &version["text"]).collect();
    assert_eq!(texts, ["helo", "hello"]);
    let mut late = stage.guest("late").await;
    assert_eq!(late.welcome["rooms"][0]["pins"], 1);
    assert_eq!(late.does(json!({"type": "rooms"})).await["rooms"][0]["pins"], 1);
    for question in [json!({"type": "thread", "room": "lobby", "root": 999}), room("edits")] {
        let mut question = question;
        if question["type"] == "edits" {
            question["target"] = json!(seq + 1);
        }
        assert_eq!(late.is_refused(question).await, "not_found");
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_with_a_word() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let seq = said(&mut ana, "lobby", "hello").await;
    let long = "x".repeat(64 * 1024 + 1);
    let cases = [
        (json!({"type": "edit", "text": long}), "too_long"),
        (json!({"type": "edit", "text": " \n"}), "empty"),
        (json!({"type": "edit", "text": "x", "target": 999}), "not_found"),
        (json!({"type": "react", "emoji": "x", "on": true}), "bad_emoji"),
        (json!({"type": "react", "emoji": "", "on": true}), "bad_emoji"),
        (json!({"type": "react", "emoji": "👍👍", "on": true}), "bad_emoji"),
        (json!({"type": "react", "emoji": "👍".repeat(20), "on": true}), "bad_emoji"),
        (json!({"type": "react", "emoji": "👍", "on": true, "target": 999}), "not_found"),
        (json!({"type": "pin", "on": true}), "forbidden"),
        (json!({"type": "message", "message": "x", "thread": 999}), "bad_frame"),
        (json!({"type": "edit", "text": "x", "target": "1"}), "bad_frame"),
    ];
    for (mut question, code) in cases {
        question["room"] = json!("lobby");
        if question.get("target").is_none() {
            question["target"] = json!(seq);
        }
        assert_eq!(ana.is_refused(question.clone()).await, code, "{question}");
    }
    assert_eq!(
        bo.is_refused(json!({"type": "edit", "room": "lobby", "target": seq, "text": "mine"})).await,
        "forbidden"
    );
    for emoji in ["👍🏽", "👩‍🚀", "🇩🇪", "1️⃣", "©️"] {
        bo.does(json!({"type": "react", "room": "lobby", "target": seq, "emoji": emoji, "on": true})).await;
    }
    assert_eq!(read(&mut bo, seq).await["folded"]["reactions"].as_object().unwrap().len(), 5);
}

/// N01, R07: whatever becomes of the connection or the server, each command is carried out once.
#[tokio::test]
async fn commands_to_messages_are_carried_out_once() {
    let mut stage = Stage::open().await;
    let mut ana = stage.person("ana", "admin").await;
    let seq = said(&mut ana, "lobby", "zero").await;
    let commands = |n: u64| {
        [
            json!({"type": "edit", "room": "lobby", "target": seq, "text": format!("text {n}"), "id": format!("e{n}")}),
            json!({"type": "react", "room": "lobby", "target": seq, "emoji": "👍", "on": n.is_multiple_of(2), "id": format!("r{n}")}),
            json!({"type": "pin", "room": "lobby", "target": seq, "on": n.is_multiple_of(2), "id": format!("p{n}")}),
        ]
    };
    let mut acks = Vec::new();
    for n in 0..6 {
        for command in commands(n) {
            // The connection is lost before the answer comes, or with it.
            ana.send(command.clone()).await;
            drop(ana);
            if n % 3 == 2 {
                stage = Stage::open_in(stage.server.stop().await).await;
            }
            ana = stage.again("ana").await;
            let ack = ana.does(command.clone()).await;
            assert_eq!(ana.does(command.clone()).await["seq"], ack["seq"]);
            acks.push((command, ack["seq"].clone()));
        }
    }
    for (command, seq) in &acks {
        let again = ana.does(command.clone()).await;
        assert_eq!((&again["seq"], &again["dup"]), (seq, &json!(true)), "{command}");
        let mut other = command.clone();
        match other["type"].as_str().unwrap() {
            "edit" => other["text"] = json!("other"),
            _ => other["on"] = json!(!other["on"].as_bool().unwrap()),
        }
        assert_eq!(ana.is_refused(other).await, "id_reused");
    }
    let page = ana.does(json!({"type": "history", "room": "lobby"})).await;
    let events: Vec<_> = page["events"].as_array().unwrap()[1..].iter().map(|event| &event["seq"]).collect();
    assert_eq!(events, acks.iter().map(|(_, seq)| seq).collect::<Vec<_>>(), "nothing twice, nothing lost");
    let folded = &page["events"][0]["folded"];
    assert_eq!(
        (&folded["text"], folded.get("pinned"), folded.get("reactions")),
        (&json!("text 5"), None, None)
    );
}

/// A plain connection sees what was said, and nothing of what is done to it; but may do it.
#[tokio::test]
async fn plain_connections_see_none_of_it() {
    let stage = Stage::open().await;
    let mut admin = stage.person("admin", "admin").await;
    let mut plain = stage.server.plain("?name=pit").await;
    assert_eq!(plain.text().await, "Welcome!");
    let seq = said(&mut admin, "lobby", "one").await;
    for mut frame in [
        json!({"type": "edit", "text": "two"}),
        json!({"type": "react", "emoji": "👍", "on": true}),
        json!({"type": "pin", "on": true}),
    ] {
        frame["room"] = json!("lobby");
        frame["target"] = json!(seq);
        admin.does(frame).await;
    }
    admin.does(json!({"type": "message", "room": "lobby", "message": "three", "thread": seq})).await;
    plain
        .send(
            json!({"type": "react", "room": "lobby", "target": seq, "emoji": "🎉", "on": true, "id": "r"})
                .to_string(),
        )
        .await;
    let mut seen = Vec::new();
    loop {
        let frame: Value = serde_json::from_str(&plain.text().await).unwrap();
        match frame["type"].as_str().unwrap() {
            "join" => {}
            "message" => seen.push(frame["message"].clone()),
            "ack" => break,
            other => panic!("{other}: {frame}"),
        }
    }
    assert_eq!(seen, ["one", "three"]);
    assert_eq!(admin.expect(|frame| frame["emoji"] == "🎉").await["sender"], "pit");
}

#[tokio::test]
async fn a_deleted_messages_edits_reach_nobody_any_more() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let before = said(&mut ana, "lobby", "before").await;
    let seq = said(&mut ana, "lobby", "the word is swordfish").await;
    for text in ["the word is SWORDFISH", "the word is Swordfish"] {
        ana.does(json!({"type": "edit", "room": "lobby", "target": seq, "text": text})).await;
    }
    said(&mut bo, "lobby", "oh").await;
    bo.does(json!({"type": "report", "room": "lobby", "target": seq, "reason": "Oh"})).await;
    let mut admin = stage.person("admin", "admin").await;
    let reports = admin.does(json!({"type": "reports"})).await;
    assert_eq!(reports["reports"][0]["text"], "the word is Swordfish", "as it stands when it is reported");
    ana.does(json!({"type": "delete", "room": "lobby", "target": seq})).await;
    said(&mut bo, "lobby", "after").await;
    // From the tail and from the record alike.
    for cursor in 0..seq + 3 {
        let hello = json!({"resume": {"epoch": ana.welcome["epoch"], "rooms": {"lobby": cursor}}});
        let mut late = stage.connect(hello).await;
        late.expect(|frame| frame["type"] == "synced").await;
        let told = late.passed.iter().map(Value::to_string).collect::<String>();
        assert!(!told.to_lowercase().contains("swordfish"), "from {cursor}: {told}");
        assert!(told.contains("after"), "from {cursor}: {told}");
    }
    let page = ana.does(json!({"type": "history", "room": "lobby", "after": before})).await;
    assert!(!page.to_string().to_lowercase().contains("swordfish"), "{page}");
    assert_eq!(page["events"][0]["folded"], json!({"deleted": true}));
    assert_eq!(page["events"][1]["text"], "");
    let edits = json!({"type": "edits", "room": "lobby", "target": seq});
    assert_eq!(ana.is_refused(edits).await, "not_found");
    let reports = admin.does(json!({"type": "reports"})).await;
    assert_eq!(reports["reports"][0]["text"], "");
}

#[tokio::test]
async fn rules_of_rooms_hold_for_edits_too() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    ana.does(json!({"type": "create", "room": "slow"})).await;
    bo.does(json!({"type": "join", "room": "slow"})).await;
    let seq = said(&mut bo, "slow", "first").await;
    let own = said(&mut ana, "slow", "mine").await;
    let edit = json!({"type": "edit", "room": "slow", "target": seq, "text": "1st", "id": "e1"});
    for (measure, code) in [("mute", "muted"), ("unmute", "yes")] {
        ana.does(json!({"type": measure, "room": "slow", "user": "u-bo"})).await;
        if code != "yes" {
            assert_eq!(bo.is_refused(edit.clone()).await, code);
        }
    }
    for (rule, code) in [("announce", "announce_only"), ("archived", "archived")] {
        ana.does(json!({"type": "change", "room": "slow", rule: true})).await;
        assert_eq!(bo.is_refused(edit.clone()).await, code);
        ana.does(json!({"type": "change", "room": "slow", rule: false})).await;
    }
    ana.does(json!({"type": "change", "room": "slow", "slow_s": 600})).await;
    let refused = bo.ask(edit.clone()).await;
    assert_eq!((&refused["code"], &refused["retry"]), (&json!("rate_limited"), &json!(true)));
    assert!((1..=600_000).contains(&refused["retry_ms"].as_u64().unwrap()), "{refused}");
    // What comes after it waits for it.
    for later in [
        json!({"type": "edit", "room": "slow", "target": seq, "text": "one", "id": "e2"}),
        json!({"type": "react", "room": "slow", "target": seq, "emoji": "👍", "on": true, "id": "r2"}),
        json!({"type": "message", "room": "slow", "message": "second", "id": "m2"}),
    ] {
        let refused = bo.ask(later).await;
        assert_eq!((&refused["code"], &refused["retry_ms"]), (&json!("rate_limited"), &json!(1000)));
    }
    ana.does(json!({"type": "edit", "room": "slow", "target": own, "text": "owners are not held up"})).await;
    ana.does(json!({"type": "change", "room": "slow", "slow_s": 0})).await;
    bo.does(edit).await;
    bo.does(json!({"type": "edit", "room": "slow", "target": seq, "text": "one", "id": "e2"})).await;
}

#[tokio::test]
async fn names_in_a_text_are_people() {
    let stage = Stage::open().await;
    stage.add("zoe", "member");
    let mut ana = stage.person("ana", "member").await;
    let mut gast = stage.guest("gast").await;
    let mut bo = stage.person("bo", "member").await;
    // Whom the server knows from its start on, or has seen.
    let stage = Stage::open_in({
        drop((ana, bo, gast));
        stage.server.stop().await
    })
    .await;
    ana = stage.again("ana").await;
    bo = stage.again("bo").await;
    gast = stage.guest("gast").await;
    let text = "Hi @Zoe, @аnа (in Cyrillic), @gast and @nobody. Not `@bo`, nor x@bo.org; @gast again";
    let seq = said(&mut ana, "lobby", text).await;
    let told = bo.event("lobby", "message").await;
    assert_eq!(told["mentions"], json!(["u-zoe", "u-ana", gast.user]));
    assert_eq!(told.get("everyone"), None);
    assert_eq!(read(&mut bo, seq).await["mentions"], told["mentions"]);
    let edit = json!({"type": "edit", "room": "lobby", "target": seq, "text": "Hi @bo and @here"});
    ana.does(edit).await;
    let told = bo.event("lobby", "edit").await;
    assert_eq!((&told["mentions"], &told["everyone"]), (&json!(["u-bo"]), &json!("here")));
    let now = read(&mut bo, seq).await;
    assert_eq!((&now["mentions"], &now["everyone"]), (&json!(["u-bo"]), &json!("here")));
    // A guest in a public room rings nobody's bell, neither so nor so.
    let seq = said(&mut gast, "lobby", "@room look").await;
    let message = bo.expect(|frame| frame["seq"] == seq && frame["type"] == "message").await;
    assert_eq!(message.get("everyone"), None);
    gast.does(json!({"type": "edit", "room": "lobby", "target": seq, "text": "@here look"})).await;
    assert_eq!(bo.event("lobby", "edit").await.get("everyone"), None);
    let room = ana.makes_private("Club").await;
    ana.brings(&room, &mut gast).await;
    gast.say(&room, "@room here I may").await;
    assert_eq!(ana.event(&room, "message").await["everyone"], "room");
    let many: Vec<_> = (0..60).map(|n| format!("@p{n}")).collect();
    let many = many.join(" ");
    for n in 0..60 {
        stage.add(&format!("p{n}"), "member");
    }
    let stage = Stage::open_in({
        drop((ana, bo, gast));
        stage.server.stop().await
    })
    .await;
    let mut ana = stage.connect(json!({"token": session("ana")})).await;
    ana.say("lobby", &many).await;
    let told = ana.event("lobby", "message").await;
    assert_eq!(told["mentions"].as_array().unwrap().len(), 50);
}
