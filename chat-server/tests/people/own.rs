//! `@self`: what belongs to one person is the same on all of their devices.

use serde_json::{Value, json};

use crate::stage::{Stage, session};

#[tokio::test]
async fn all_devices_agree_on_what_is_ones_own() {
    let stage = Stage::open().await;
    let mut laptop = stage.person("ana", "member").await;
    let mut phone = stage.again("ana").await;
    let mut bo = stage.person("bo", "member").await;
    for device in [&mut laptop, &mut phone] {
        let joined = device.does(json!({"type": "join", "room": "@self"})).await;
        assert_eq!((&joined["room"]["room"], &joined["room"]["head"]), (&json!("@self"), &json!(0)));
    }
    for n in 0..5 {
        bo.say("lobby", &format!("line {n}")).await;
    }
    laptop.send(json!({"type": "read", "room": "lobby", "seq": 4})).await;
    let read = phone.event("@self", "read").await;
    assert_eq!((&read["of"], &read["upto"], &read["seq"]), (&json!("lobby"), &json!(4), &json!(1)));
    laptop.does(json!({"type": "notify", "room": "lobby", "level": "none"})).await;
    assert_eq!(phone.event("@self", "notify").await["level"], "none");
    laptop.does(json!({"type": "block", "user": "u-bo", "on": true})).await;
    assert_eq!(phone.event("@self", "block").await["who"], "u-bo");
    laptop.send(json!({"type": "draft", "room": "lobby", "text": "I thin"})).await;
    assert_eq!(phone.event("@self", "draft").await["text"], "I thin");
    laptop.does(json!({"type": "create", "room": "ops"})).await;
    assert_eq!(phone.event("@self", "joined").await["of"], "ops");
    laptop.does(json!({"type": "leave", "room": "ops"})).await;
    let left = phone.event("@self", "joined").await;
    assert_eq!((&left["of"], &left["on"], left.get("why")), (&json!("ops"), &json!(false), None));
    // Nobody else's device hears of any of this.
    bo.does(json!({"type": "join", "room": "@self"})).await;
    assert_eq!(bo.does(json!({"type": "history", "room": "@self"})).await["events"], json!([]));
}

/// Of each key only the newest event is kept; a device that was away reads just that.
#[tokio::test]
async fn resuming_ones_own_room_skips_what_is_no_more() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    stage.add("bo", "member");
    for level in ["all", "none", "mentions"] {
        ana.does(json!({"type": "notify", "room": "lobby", "level": level})).await;
    }
    ana.does(json!({"type": "block", "user": "u-bo", "on": true})).await;
    let epoch = ana.welcome["epoch"].clone();
    let resume =
        |seq: u64| json!({"token": session("ana"), "resume": {"epoch": epoch, "rooms": {"@self": seq}}});
    for (cursor, wanted) in [(0, vec![3, 4]), (1, vec![3, 4]), (3, vec![4]), (4, vec![])] {
        let mut device = stage.connect(resume(cursor)).await;
        let infos = device.welcome["rooms"].as_array().unwrap().clone();
        assert!(infos.iter().any(|info| info["room"] == "@self" && info["head"] == 4), "{infos:?}");
        let synced = device.expect(|frame| frame["type"] == "synced" && frame["room"] == "@self").await;
        assert_eq!(synced["head"], 4);
        let events = device.passed.iter().filter(|frame| frame["room"] == "@self" && frame["seq"].is_u64());
        let seqs: Vec<u64> = events.map(|frame| frame["seq"].as_u64().unwrap()).collect();
        assert_eq!(seqs, wanted, "from {cursor}");
    }
    let page = ana.does(json!({"type": "history", "room": "@self"})).await;
    let seqs: Vec<&Value> = page["events"].as_array().unwrap().iter().map(|event| &event["seq"]).collect();
    assert_eq!(seqs, [&json!(3), &json!(4)]);
    assert_eq!((&page["first"], &page["last"], &page["more"]), (&json!(1), &json!(4), &json!(false)));
}

#[tokio::test]
async fn a_marker_never_moves_back_nor_beyond_what_may_be_read() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let room = ana.makes_private("Club").await;
    bo.does(json!({"type": "join", "room": "@self"})).await;
    bo.send(json!({"type": "read", "room": room, "seq": 1})).await;
    bo.send(json!({"type": "draft", "room": room, "text": "x"})).await;
    assert_eq!(bo.is_refused(json!({"type": "notify", "room": room, "level": "all"})).await, "no_room");
    bo.send(json!({"type": "read", "room": "lobby", "seq": 999})).await;
    bo.does(json!({"type": "rooms"})).await;
    ana.say("lobby", "hello").await;
    let joined = stage.again("bo").await;
    assert_eq!(joined.welcome["rooms"][0].get("read"), None, "nothing was there to be read");
    let page = bo.does(json!({"type": "history", "room": "@self"})).await;
    assert_eq!(page["events"], json!([]));
}

/// Whoever is hidden learns nothing of it.
#[tokio::test]
async fn the_blocked_invite_in_vain() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    ana.does(json!({"type": "block", "user": "u-bo", "on": true})).await;
    let room = bo.makes_private("Trap").await;
    bo.does(json!({"type": "invite", "room": room, "user": "u-ana"})).await;
    assert_eq!(ana.is_refused(json!({"type": "join", "room": room})).await, "no_room");
    let page = ana.does(json!({"type": "history", "room": "@self"})).await;
    assert_eq!(page["events"].as_array().unwrap().len(), 1, "only the block itself: {page}");
}

/// A token that is good for some rooms alone hears of no other: neither from `@self` nor from its account's devices.
#[tokio::test]
async fn a_token_for_one_room_reads_nothing_of_ones_own() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    ana.does(json!({"type": "create", "room": "ops"})).await;
    let secret = ana.makes_private("Secrets").await;
    stage.add_token("ana", r#"["read","write"]"#);
    stage.db().execute("UPDATE tokens SET rooms = '[\"lobby\",\"ops\"]'", []).unwrap();
    let mut bot = stage.bot("ana").await;
    let listed = bot.welcome["rooms"].as_array().unwrap().iter().map(|info| info["room"].clone());
    assert_eq!(listed.collect::<Vec<_>>(), ["lobby", "ops"]);
    for question in [json!({"type": "history", "room": "@self"}), json!({"type": "join", "room": "@self"})] {
        assert_eq!(bot.is_refused(question.clone()).await, "no_room", "{question}");
    }
    let resume = json!({"epoch": bot.welcome["epoch"], "rooms": {"@self": 0}});
    let mut back = stage.connect(json!({"token": crate::stage::token("ana"), "resume": resume})).await;
    back.expect(|frame| frame["type"] == "reset" && frame["room"] == "@self" && frame["why"] == "gone").await;
    // What the account's other devices are told when one of them joins or leaves.
    let mut phone = stage.again("ana").await;
    ana.does(json!({"type": "leave", "room": "ops"})).await;
    phone.expect(|frame| frame["type"] == "room" && frame["joined"] == false).await;
    let other = ana.makes_private("Other secrets").await;
    phone.expect(|frame| frame["type"] == "room" && frame["room"]["room"] == *other).await;
    ana.does(json!({"type": "create", "room": "market"})).await;
    for device in [&mut bot, &mut back] {
        let told = device.expect(|frame| frame["type"] == "room").await;
        assert_eq!((&told["room"]["room"], &told["joined"]), (&json!("ops"), &json!(false)));
        device.does(json!({"type": "rooms"})).await;
        let heard: Vec<_> = device
            .passed
            .iter()
            .map(Value::to_string)
            .filter(|frame| [&secret, &other, "market"].into_iter().any(|room| frame.contains(room)))
            .collect();
        assert!(heard.is_empty(), "{heard:?}");
    }
}

/// One that may not read is told nothing of what is its account's.
#[tokio::test]
async fn a_token_that_only_writes_reads_nothing_of_ones_own() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    stage.add_token("ana", r#"["write"]"#);
    let mut bot = stage.bot("ana").await;
    for question in [json!({"type": "history", "room": "@self"}), json!({"type": "join", "room": "@self"})] {
        assert_eq!(bot.is_refused(question.clone()).await, "forbidden", "{question}");
    }
    ana.does(json!({"type": "create", "room": "ops"})).await;
    bot.is_refused(json!({"type": "rooms"})).await;
    assert!(bot.passed.iter().all(|frame| frame["type"] != "room"), "{:?}", bot.passed);
}

/// Each thread has a draft of its own, and so has the room.
#[tokio::test]
async fn drafts_of_threads_and_prefs_are_ones_own() {
    let stage = Stage::open().await;
    let mut laptop = stage.person("ana", "member").await;
    let mut phone = stage.again("ana").await;
    let mut bo = stage.person("bo", "member").await;
    bo.say("lobby", "one").await;
    bo.say("lobby", "two").await;
    for device in [&mut laptop, &mut phone] {
        device.does(json!({"type": "join", "room": "@self"})).await;
    }
    for (thread, text) in [(None, "for all"), (Some(1), "to one"), (Some(2), "to two"), (Some(1), "")] {
        let mut draft = json!({"type": "draft", "room": "lobby", "text": text});
        if let Some(thread) = thread {
            draft["thread"] = thread.into();
        }
        laptop.send(draft).await;
        let draft = phone.event("@self", "draft").await;
        assert_eq!((draft["text"].as_str(), draft["thread"].as_u64()), (Some(text), thread));
    }
    let page = laptop.does(json!({"type": "history", "room": "@self"})).await;
    let kept: Vec<_> = page["events"].as_array().unwrap().iter().map(|event| event["text"].clone()).collect();
    assert_eq!(kept, ["for all", "to two", ""]);

    let prefs = json!({"type": "prefs", "keywords": [" Deploy ", "deploy", "on call"], "quiet": {"from": 1320, "to": 420}});
    laptop.does(prefs).await;
    let told = phone.event("@self", "prefs").await;
    assert_eq!(told["keywords"], json!(["Deploy", "on call"]));
    assert_eq!(told["quiet"], json!({"from": 1320, "to": 420}));
    laptop.does(json!({"type": "prefs"})).await;
    let told = phone.event("@self", "prefs").await;
    assert_eq!((&told["keywords"], told.get("quiet")), (&json!([]), None), "all of it is said each time");
    let many: Vec<_> = (0..21).map(|n| format!("word{n}")).collect();
    for refused in [
        json!({"type": "prefs", "keywords": many}),
        json!({"type": "prefs", "keywords": ["x".repeat(51)]}),
        json!({"type": "prefs", "keywords": [" "]}),
        json!({"type": "prefs", "keywords": ["two\nlines"]}),
        json!({"type": "prefs", "quiet": {"from": 1440, "to": 0}}),
        json!({"type": "prefs", "quiet": {"from": -1, "to": 0}}),
    ] {
        assert_eq!(laptop.is_refused(refused).await, "bad_frame");
    }
}

/// Up to where one has read a thread is the same on all of one's devices, and says nothing of the room.
#[tokio::test]
async fn each_thread_has_a_marker_of_its_own() {
    let stage = Stage::open().await;
    let mut laptop = stage.person("ana", "member").await;
    let mut phone = stage.again("ana").await;
    let mut bo = stage.person("bo", "member").await;
    let private = bo.makes_private("Club").await;
    for text in ["one", "two", "three", "four"] {
        bo.say("lobby", text).await;
    }
    phone.does(json!({"type": "join", "room": "@self"})).await;
    let read =
        |thread: u64, seq: u64| json!({"type": "read_thread", "room": "lobby", "thread": thread, "seq": seq});
    let marker = async |device: &mut crate::stage::Person| {
        let event = device.event("@self", "read_thread").await;
        assert_eq!(event["of"], "lobby");
        (event["thread"].as_u64().unwrap(), event["upto"].as_u64().unwrap())
    };
    laptop.send(read(1, 3)).await;
    assert_eq!(marker(&mut phone).await, (1, 3));
    // Of none of these there is anything to tell: it does not move, it would move back, there is no such thread or room.
    for nothing in [
        read(1, 3),
        read(1, 2),
        read(99, 4),
        json!({"type": "read_thread", "room": private, "thread": 1, "seq": 1}),
    ] {
        laptop.send(nothing).await;
    }
    laptop.send(read(2, 999)).await;
    assert_eq!(marker(&mut phone).await, (2, 4), "no further than there is something");
    let mut back = read(1, 1);
    back["back"] = true.into();
    laptop.send(back).await;
    assert_eq!(marker(&mut phone).await, (1, 1));
    laptop.send(json!({"type": "read", "room": "lobby", "seq": 2})).await;
    assert_eq!(phone.event("@self", "read").await["upto"], 2);

    // Whoever comes later, or comes back, is told of each where it is now.
    let page = laptop.does(json!({"type": "history", "room": "@self"})).await;
    let kept = page["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["type"].as_str().unwrap(), event["upto"].as_u64().unwrap()));
    assert_eq!(kept.collect::<Vec<_>>(), [("read_thread", 4), ("read_thread", 1), ("read", 2)]);
    let resume = json!({"epoch": laptop.welcome["epoch"], "rooms": {"@self": 2}});
    let mut tablet = stage.connect(json!({"token": session("ana"), "resume": resume})).await;
    assert_eq!(marker(&mut tablet).await, (1, 1));
    let infos = tablet.welcome["rooms"].as_array().unwrap();
    let lobby = infos.iter().find(|info| info["room"] == "lobby").unwrap();
    assert_eq!(lobby["read"], 2, "the room's own");
}

/// Typing in a thread is told as such, at once also where one typed in the room a moment ago.
#[tokio::test]
async fn typing_says_where() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    for thread in [json!(null), json!(1), json!(2)] {
        let mut typing = json!({"type": "typing", "room": "lobby", "on": true});
        if thread.is_u64() {
            typing["thread"] = thread.clone();
        }
        ana.send(typing).await;
        let told = bo.expect(|frame| frame["type"] == "typing").await;
        assert_eq!(told.get("thread").unwrap_or(&Value::Null), &thread);
    }
}

/// On one's other devices a marker is there within a second, however often it moves.
#[tokio::test]
async fn the_last_of_many_markers_is_the_one_that_stays() {
    let stage = Stage::open().await;
    let mut laptop = stage.person("ana", "member").await;
    let mut phone = stage.again("ana").await;
    for n in 0..20 {
        laptop.say("lobby", &format!("{n}")).await;
    }
    phone.does(json!({"type": "join", "room": "@self"})).await;
    for seq in 1..=20 {
        laptop.send(json!({"type": "read", "room": "lobby", "seq": seq})).await;
    }
    laptop.send(json!({"type": "read", "room": "lobby", "seq": 12, "back": true})).await;
    laptop.send(json!({"type": "read", "room": "lobby", "seq": 14})).await;
    assert_eq!(phone.event("@self", "read").await["upto"], 1);
    assert_eq!(phone.event("@self", "read").await["upto"], 14);
}
