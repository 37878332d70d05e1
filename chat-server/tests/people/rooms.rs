//! Rooms of all kinds, from their making to their end.

use serde_json::{Value, json};

use crate::stage::{Person, Stage};

/// Whether a connection is told that a room is gone.
async fn is_cut(person: &mut Person, room: &str) {
    person.expect(|frame| frame["type"] == "reset" && frame["room"] == room && frame["why"] == "gone").await;
}

#[tokio::test]
async fn a_private_room_is_for_who_is_invited() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let room = ana.makes_private("Salaries 2027").await;
    assert!(room.starts_with("r-") && room.len() == 28, "{room}");
    ana.say(&room, "who gets what").await;
    assert_eq!(bo.is_refused(json!({"type": "join", "room": room})).await, "no_room");
    assert_eq!(bo.is_refused(json!({"type": "history", "room": room})).await, "no_room");
    let listed = bo.does(json!({"type": "rooms"})).await;
    assert!(!listed.to_string().contains("Salaries"), "{listed}");
    bo.does(json!({"type": "join", "room": "@self"})).await;
    ana.does(json!({"type": "invite", "room": room, "user": "u-bo"})).await;
    let invitation = bo.event("@self", "invited").await;
    assert_eq!(
        (&invitation["of"], &invitation["title"], &invitation["on"]),
        (&json!(room), &json!("Salaries 2027"), &json!(true))
    );
    assert_eq!(bo.is_refused(json!({"type": "history", "room": room})).await, "no_room", "invited is not in");
    let joined = bo.does(json!({"type": "join", "room": room})).await;
    assert_eq!(joined["room"]["standing"], "member");
    assert_eq!(joined["room"]["title"], "Salaries 2027");
    let event = ana.event(&room, "member").await;
    assert_eq!(
        (&event["who"], &event["change"], &event["name"]),
        (&json!("u-bo"), &json!("joined"), &json!("bo"))
    );
    let over = bo.event("@self", "invited").await;
    assert_eq!(over["on"], false);
    let page = bo.does(json!({"type": "history", "room": room})).await;
    assert!(page.to_string().contains("who gets what"), "members read the whole log");
    let again = stage.again("bo").await;
    let rooms: Vec<_> =
        again.welcome["rooms"].as_array().unwrap().iter().map(|info| info["room"].clone()).collect();
    assert_eq!(rooms, [json!("lobby"), json!(room)]);
}

#[tokio::test]
async fn an_invitation_can_be_declined_and_withdrawn() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let room = ana.makes_private("Club").await;
    for end in ["decline", "kick"] {
        ana.does(json!({"type": "invite", "room": room, "user": "u-bo"})).await;
        if end == "decline" {
            bo.does(json!({"type": "decline", "room": room})).await;
        } else {
            ana.does(json!({"type": "kick", "room": room, "user": "u-bo"})).await;
        }
        assert_eq!(bo.is_refused(json!({"type": "join", "room": room})).await, "no_room", "{end}");
    }
}

/// A05: open sockets of all devices, an old cursor, history, members, queued sends.
#[tokio::test]
async fn a05_whoever_is_put_out_is_cut_off_everywhere() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let room = ana.makes_private("Club").await;
    ana.brings(&room, &mut bo).await;
    let mut phone = stage.again("bo").await;
    ana.say(&room, "before").await;
    bo.event(&room, "message").await;
    phone.event(&room, "message").await;
    bo.does(json!({"type": "join", "room": "@self"})).await;
    let epoch = bo.welcome["epoch"].clone();

    ana.does(json!({"type": "ban", "room": room, "user": "u-bo", "for_s": 3600, "reason": "Spam"})).await;
    ana.say(&room, "after").await;
    is_cut(&mut bo, &room).await;
    is_cut(&mut phone, &room).await;
    let told = bo.event("@self", "joined").await;
    assert_eq!(
        (&told["on"], &told["why"], &told["reason"]),
        (&json!(false), &json!("banned"), &json!("Spam"))
    );
    assert!(told["until"].is_string(), "{told}");
    for question in [
        json!({"type": "history", "room": room}),
        json!({"type": "members", "room": room}),
        json!({"type": "join", "room": room}),
        json!({"type": "report", "room": room, "target": 1, "reason": "x"}),
        json!({"type": "delete", "room": room, "target": 2}),
    ] {
        assert_eq!(bo.is_refused(question.clone()).await, "no_room", "{question}");
    }
    assert_eq!(bo.is_refused(json!({"type": "message", "room": room, "message": "x"})).await, "not_joined");
    let mut back = stage
        .connect(json!({
            "token": crate::stage::session("bo"),
            "resume": {"epoch": epoch, "rooms": {room.clone(): 1}},
        }))
        .await;
    is_cut(&mut back, &room).await;
    // Whatever comes next on any of these wires, it is nothing of the room.
    for person in [&mut bo, &mut phone, &mut back] {
        person.does(json!({"type": "rooms"})).await;
        let heard: Vec<_> =
            person.passed.iter().filter(|frame| frame.to_string().contains("after")).collect();
        assert!(heard.is_empty(), "{heard:?}");
    }
    assert_eq!(ana.is_refused(json!({"type": "invite", "room": room, "user": "u-bo"})).await, "forbidden");
    ana.does(json!({"type": "unban", "room": room, "user": "u-bo"})).await;
    ana.brings(&room, &mut bo).await;
}

#[tokio::test]
async fn a_ban_from_a_public_room_ends_with_its_time() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut gast = stage.guest("gast").await;
    ana.does(json!({"type": "create", "room": "market"})).await;
    gast.does(json!({"type": "join", "room": "market"})).await;
    let ban = json!({"type": "ban", "room": "market", "user": gast.user, "for_s": 1});
    ana.does(ban).await;
    is_cut(&mut gast, "market").await;
    let mut refused = 0;
    loop {
        let answer = gast.ask(json!({"type": "join", "room": "market"})).await;
        if answer["type"] == "ok" {
            break;
        }
        assert_eq!(answer["code"], "banned", "{answer}");
        refused += 1;
        tokio::task::yield_now().await;
    }
    assert!(refused > 0);
    ana.does(json!({"type": "kick", "room": "market", "user": gast.user})).await;
    is_cut(&mut gast, "market").await;
    gast.does(json!({"type": "join", "room": "market"})).await;
}

#[tokio::test]
async fn the_muted_are_silent_and_announcements_are_made_by_few() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    ana.does(json!({"type": "create", "room": "news"})).await;
    bo.does(json!({"type": "join", "room": "news"})).await;
    let say = json!({"type": "message", "room": "news", "message": "hm"});
    bo.does(say.clone()).await;
    ana.does(json!({"type": "mute", "room": "news", "user": "u-bo"})).await;
    assert_eq!(bo.is_refused(say.clone()).await, "muted");
    ana.does(json!({"type": "unmute", "room": "news", "user": "u-bo"})).await;
    bo.does(say.clone()).await;
    ana.does(json!({"type": "change", "room": "news", "announce": true})).await;
    assert_eq!(bo.is_refused(say.clone()).await, "announce_only");
    ana.does(json!({"type": "role", "room": "news", "user": "u-bo", "role": "moderator"})).await;
    bo.does(say.clone()).await;
    ana.does(json!({"type": "change", "room": "news", "archived": true})).await;
    assert_eq!(bo.is_refused(say.clone()).await, "archived");
    let listed = bo.does(json!({"type": "rooms"})).await;
    assert!(!listed.to_string().contains("news"));
    bo.does(json!({"type": "history", "room": "news"})).await;
    ana.does(json!({"type": "change", "room": "news", "archived": false})).await;
    bo.does(say).await;
}

#[tokio::test]
async fn a_slow_room_holds_up_members_and_keeps_their_order() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    ana.does(json!({"type": "create", "room": "slow"})).await;
    ana.does(json!({"type": "change", "room": "slow", "slow_s": 1})).await;
    bo.does(json!({"type": "join", "room": "slow"})).await;
    bo.say("slow", "first").await;
    let second = json!({"type": "message", "room": "slow", "message": "second", "id": "second"});
    let refused = bo.ask(second.clone()).await;
    assert_eq!((&refused["code"], &refused["retry"]), (&json!("rate_limited"), &json!(true)));
    let wait = refused["retry_ms"].as_u64().unwrap();
    assert!((1..=1000).contains(&wait), "{wait}");
    let third = json!({"type": "message", "room": "slow", "message": "third"});
    assert_eq!(bo.is_refused(third).await, "rate_limited", "it waits for the second");
    ana.say("slow", "owners are not held up").await;
    ana.say("slow", "at all").await;
    loop {
        if bo.ask(second.clone()).await["type"] == "ack" {
            break;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_room_keeps_its_key_when_its_title_changes() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    ana.does(json!({"type": "create", "room": "Ops", "topic": "Nights"})).await;
    let joined = bo.does(json!({"type": "join", "room": "ops"})).await;
    assert_eq!((&joined["room"]["title"], &joined["room"]["topic"]), (&json!("Ops"), &json!("Nights")));
    assert_eq!(bo.is_refused(json!({"type": "change", "room": "ops", "title": "Mine"})).await, "forbidden");
    let change =
        json!({"type": "change", "room": "ops", "title": "Operations", "topic": "", "id": "change1"});
    let changed = ana.does(change.clone()).await;
    assert_eq!((&changed["room"]["room"], &changed["room"]["title"]), (&json!("ops"), &json!("Operations")));
    assert_eq!(changed["room"].get("topic"), None);
    ana.does(change).await;
    let event = bo.event("ops", "changed").await;
    assert_eq!(
        (&event["title"], &event["topic"], &event["seq"]),
        (&json!("Operations"), &json!(""), &json!(1))
    );
    let mut cy = stage.guest("cy").await;
    let joined = cy.does(json!({"type": "join", "room": "ops"})).await;
    assert_eq!(
        (&joined["room"]["title"], &joined["room"]["head"]),
        (&json!("Operations"), &json!(1)),
        "a repeat changes nothing"
    );
    assert_eq!(
        ana.is_refused(json!({"type": "change", "room": "ops", "title": "lоbby"})).await,
        "room_exists",
        "in Cyrillic"
    );
    assert_eq!(
        ana.is_refused(json!({"type": "change", "room": "ops", "title": "a\u{202e}\nb"})).await,
        "bad_name"
    );
}

#[tokio::test]
async fn a_conversation_is_one_for_each_set_of_people() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let mut cy = stage.person("cy", "member").await;
    bo.does(json!({"type": "join", "room": "@self"})).await;
    let opened = ana.does(json!({"type": "direct", "users": ["u-bo"]})).await;
    let room = opened["room"]["room"].as_str().unwrap().to_owned();
    assert_eq!((&opened["room"]["kind"], &opened["room"]["title"]), (&json!("direct"), &json!("bo")));
    assert_eq!(opened["room"]["people"][0]["user"], "u-bo");
    let told = bo.event("@self", "joined").await;
    assert_eq!((&told["of"], &told["title"], &told["kind"]), (&json!(room), &json!("ana"), &json!("direct")));
    let same = bo.does(json!({"type": "direct", "users": ["u-ana", "u-bo"]})).await;
    assert_eq!((&same["room"]["room"], &same["room"]["title"]), (&json!(room), &json!("ana")));
    ana.say(&room, "psst").await;
    bo.event(&room, "message").await;
    for question in [json!({"type": "join", "room": room}), json!({"type": "history", "room": room})] {
        assert_eq!(cy.is_refused(question).await, "no_room");
    }
    assert_eq!(ana.is_refused(json!({"type": "leave", "room": room})).await, "forbidden");
    assert_eq!(ana.is_refused(json!({"type": "invite", "room": room, "user": "u-cy"})).await, "forbidden");
    assert_eq!(ana.is_refused(json!({"type": "direct", "users": ["u-nobody"]})).await, "not_found");
    let group = ana.does(json!({"type": "direct", "users": ["u-bo", "u-cy"]})).await;
    let group = group["room"]["room"].as_str().unwrap().to_owned();
    assert_ne!(group, room);
    cy.does(json!({"type": "join", "room": group})).await;
    cy.does(json!({"type": "leave", "room": group})).await;
    assert_eq!(cy.is_refused(json!({"type": "history", "room": group})).await, "no_room");
    let left = ana.event(&group, "member").await;
    assert_eq!((&left["who"], &left["change"]), (&json!("u-cy"), &json!("left")));
    let anew = ana.does(json!({"type": "direct", "users": ["u-bo", "u-cy"]})).await;
    assert_ne!(anew["room"]["room"], json!(group), "who left is not drawn back in");
    let mut gast = stage.guest("gast").await;
    assert_eq!(gast.is_refused(json!({"type": "direct", "users": ["u-bo"]})).await, "sign_in");
}

/// A10.
#[tokio::test]
async fn a10_a_room_never_ends_ownerless() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let mut cy = stage.person("cy", "member").await;
    let mut gast = stage.guest("gast").await;
    let room = ana.makes_private("Club").await;
    ana.brings(&room, &mut gast).await;
    ana.brings(&room, &mut bo).await;
    ana.brings(&room, &mut cy).await;
    let role = |user: &str, role: &str| json!({"type": "role", "room": room, "user": user, "role": role});
    assert_eq!(ana.is_refused(role("u-ana", "member")).await, "last_owner");
    assert_eq!(ana.is_refused(role(&gast.user, "owner")).await, "forbidden");
    ana.does(role("u-cy", "moderator")).await;
    ana.does(json!({"type": "leave", "room": room})).await;
    assert_eq!(ana.is_refused(json!({"type": "history", "room": room})).await, "no_room");
    let heir = cy
        .expect(|frame| frame["type"] == "member" && frame["role"] == "owner" && frame["who"] == "u-cy")
        .await;
    assert_eq!(heir["sender"], "server");
    cy.does(json!({"type": "leave", "room": room})).await;
    bo.expect(|frame| frame["type"] == "member" && frame["role"] == "owner" && frame["who"] == "u-bo").await;
    bo.does(json!({"type": "leave", "room": room})).await;
    let end = gast.event(&room, "changed").await;
    assert_eq!(end["archived"], true, "a guest owns nothing");
    assert_eq!(gast.is_refused(json!({"type": "message", "room": room, "message": "hm"})).await, "archived");
}

#[tokio::test]
async fn what_is_deleted_is_gone_from_everywhere() {
    let stage = Stage::open().await;
    let mut admin = stage.person("admin", "admin").await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let said = json!({"type": "message", "room": "lobby", "message": "my password is hunter2", "id": "m1"});
    let ack = bo.does(said.clone()).await;
    let target = ack["seq"].as_u64().unwrap();
    ana.event("lobby", "message").await;
    ana.does(json!({"type": "report", "room": "lobby", "target": target, "reason": "Oh no"})).await;
    assert_eq!(
        ana.is_refused(json!({"type": "delete", "room": "lobby", "target": target})).await,
        "forbidden"
    );
    let reports = admin.does(json!({"type": "reports"})).await;
    assert_eq!(
        (&reports["reports"][0]["text"], &reports["reports"][0]["who"]),
        (&json!("my password is hunter2"), &json!("u-bo"))
    );
    let delete = json!({"type": "delete", "room": "lobby", "target": target, "id": "d1"});
    let done = admin.does(delete.clone()).await;
    assert_eq!(done["type"], "ack");
    let event = bo.event("lobby", "delete").await;
    assert_eq!(
        (&event["target"], &event["user"], &event["seq"]),
        (&json!(target), &json!("u-admin"), &done["seq"])
    );
    assert_eq!(admin.does(delete).await["dup"], true);
    // Whoever resumes from before it is sent what is left of it.
    let mut late = stage
        .connect(
            json!({"name": "late", "resume": {"epoch": bo.welcome["epoch"], "rooms": {"lobby": target - 1}}}),
        )
        .await;
    let left = late.event("lobby", "message").await;
    assert_eq!((&left["message"], &left["folded"]["deleted"]), (&json!(""), &json!(true)));
    late.event("lobby", "delete").await;
    let page = ana.does(json!({"type": "history", "room": "lobby"})).await;
    assert!(!page.to_string().contains("hunter2"), "{page}");
    assert_eq!(admin.does(json!({"type": "reports"})).await["reports"][0]["text"], "");
    admin.does(json!({"type": "resolve", "report": 1})).await;
    assert_eq!(bo.ask(said).await["dup"], true, "a repeat is answered though its text is gone");
    let audit = admin.does(json!({"type": "audit"})).await;
    let actions: Vec<_> =
        audit["entries"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions, [json!("resolve"), json!("delete")]);
    let rows: i64 = stage
        .db()
        .query_row("SELECT count(*) FROM events WHERE text LIKE '%hunter2%'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn members_are_listed_with_what_they_are_whether_they_are_there_or_not() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let room = ana.makes_private("Club").await;
    ana.brings(&room, &mut bo).await;
    bo.send(json!({"type": "presence", "state": "idle"})).await;
    ana.expect(|frame| frame["type"] == "presence" && frame["state"] == "idle" && frame["room"] == room)
        .await;
    let states = |members: &Value| {
        let of = |member: &Value| {
            format!("{} {} {}", member["name"], member["standing"], member["state"]).replace('"', "")
        };
        members["members"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let members = ana.does(json!({"type": "members", "room": room})).await;
    assert_eq!(states(&members), ["ana owner online", "bo member idle"]);
    drop(bo);
    ana.expect(|frame| frame["type"] == "leave" && frame["room"] == room).await;
    let members = ana.does(json!({"type": "members", "room": room})).await;
    assert_eq!(states(&members), ["ana owner online", "bo member offline"]);
}

/// A plain connection sees no more than messages, and is closed where it may not be.
#[tokio::test]
async fn plain_connections_see_messages_only() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    ana.does(json!({"type": "create", "room": "market"})).await;
    bo.does(json!({"type": "join", "room": "market"})).await;
    let mut plain = stage.server.plain("?room=market&name=pit").await;
    assert_eq!(plain.text().await, "Welcome!");
    ana.does(json!({"type": "mute", "room": "market", "user": "u-bo"})).await;
    ana.say("market", "one").await;
    ana.does(json!({"type": "unmute", "room": "market", "user": "u-bo"})).await;
    ana.say("market", "two").await;
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let frame: Value = serde_json::from_str(&plain.text().await).unwrap();
        match frame["type"].as_str().unwrap() {
            "join" => {}
            "message" => seen.push(frame["message"].clone()),
            other => panic!("{other}: {frame}"),
        }
    }
    assert_eq!(seen, ["one", "two"]);
    let members = ana.does(json!({"type": "members", "room": "market"})).await;
    let pit = members["members"].as_array().unwrap().iter().find(|member| member["name"] == "pit").unwrap();
    ana.does(json!({"type": "ban", "room": "market", "user": pit["user"]})).await;
    assert_eq!(u16::from(plain.close().await.unwrap().code), 4003);
}

/// Who keeps order sees what there is to lift, whoever decided it and whenever; nobody else does.
#[tokio::test]
async fn bans_and_mutes_are_listed_for_who_may_lift_them() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let mut cleo = stage.person("cleo", "member").await;
    let mut gast = stage.guest("gast").await;
    ana.does(json!({"type": "create", "room": "market"})).await;
    for person in [&mut bo, &mut cleo, &mut gast] {
        person.does(json!({"type": "join", "room": "market"})).await;
    }
    ana.does(json!({"type": "role", "room": "market", "user": "u-cleo", "role": "moderator"})).await;
    ana.does(json!({"type": "ban", "room": "market", "user": gast.user, "reason": "Spam"})).await;
    ana.does(json!({"type": "mute", "room": "market", "user": "u-bo", "for_s": 3600})).await;
    let question = json!({"type": "members", "room": "market"});
    let told = cleo.does(question.clone()).await;
    assert_eq!(told["banned"], json!([{"user": gast.user, "name": "gast", "reason": "Spam"}]));
    assert_eq!((&told["muted"][0]["user"], &told["muted"][0]["name"]), (&json!("u-bo"), &json!("bo")));
    assert!(told["muted"][0]["until"].is_string(), "{told}");
    let hidden = bo.does(question.clone()).await;
    assert_eq!((hidden.get("banned"), hidden.get("muted")), (None, None));
    for (lift, user) in [("unban", gast.user.clone()), ("unmute", bo.user.clone())] {
        cleo.does(json!({"type": lift, "room": "market", "user": user})).await;
    }
    ana.does(json!({"type": "ban", "room": "market", "user": "u-bo", "for_s": 0})).await;
    let told = ana.does(question).await;
    assert_eq!((told.get("banned"), told.get("muted")), (None, None), "what is over needs no lifting");
}
