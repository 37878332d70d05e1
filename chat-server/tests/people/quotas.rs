//! What others can do to somebody's lists, and how much of it.

use protocol::limits::{CONVERSATIONS, INVITATIONS, ROOMS_MADE, ROOMS_MADE_BY_GUEST};
use rusqlite::params;
use serde_json::{Value, json};

use crate::stage::Stage;

impl Stage {
    /// Rooms of somebody's, as if they had been made, in which these people are.
    fn add_rooms(&self, creator: &str, kind: &str, count: u32, people: &[&str]) {
        let mut db = self.db();
        let transaction = db.transaction().unwrap();
        for n in 0..count {
            transaction
                .execute(
                    "INSERT INTO rooms (key, skeleton, title, kind, creator, created_ms, used_ms)
                     VALUES (?1, ?1, ?1, ?2, ?3, 0, 0)",
                    params![format!("{kind}-{creator}-{n}"), kind, creator],
                )
                .unwrap();
            for user in people {
                transaction
                    .execute(
                        "INSERT INTO members (room, user, role, since_ms)
                         SELECT id, ?1, 'owner', 0 FROM rooms WHERE key = ?2",
                        params![user, format!("{kind}-{creator}-{n}")],
                    )
                    .unwrap();
            }
        }
        transaction.commit().unwrap();
    }
}

#[tokio::test]
async fn nobody_makes_rooms_without_end() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut gast = stage.guest("gast").await;
    stage.add("bo", "member");
    stage.add_rooms("u-ana", "private", ROOMS_MADE - 1, &[]);
    ana.does(json!({"type": "create", "room": "One-more"})).await;
    for kind in ["public", "private"] {
        let question = json!({"type": "create", "room": "Too-many", "kind": kind});
        assert_eq!(ana.is_refused(question).await, "too_many_rooms");
    }
    ana.does(json!({"type": "direct", "users": ["u-bo"]})).await;
    stage.add_rooms(&gast.user, "public", ROOMS_MADE_BY_GUEST, &[]);
    assert_eq!(gast.is_refused(json!({"type": "create", "room": "Mine"})).await, "too_many_rooms");
}

#[tokio::test]
async fn nobody_fills_anothers_conversations_or_invitations() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut eve = stage.person("eve", "member").await;
    stage.add("cy", "member");
    stage.add_rooms("u-cy", "direct", CONVERSATIONS, &["u-ana"]);
    assert_eq!(eve.is_refused(json!({"type": "direct", "users": ["u-ana"]})).await, "too_many_rooms");
    eve.does(json!({"type": "direct", "users": ["u-cy"]})).await;

    stage.add_rooms("u-cy", "private", INVITATIONS, &[]);
    stage
        .db()
        .execute(
            "INSERT INTO invitations (room, user, ms) SELECT id, 'u-ana', 0 FROM rooms WHERE kind = 'private'",
            [],
        )
        .unwrap();
    let room = eve.makes_private("Club").await;
    let invite = json!({"type": "invite", "room": room, "user": "u-ana"});
    assert_eq!(eve.is_refused(invite.clone()).await, "forbidden");
    ana.does(json!({"type": "decline", "room": "private-u-cy-3"})).await;
    eve.does(invite).await;
}

/// Whatever others bring about, one's own settings fit, and what is over does not pile up.
#[tokio::test]
async fn what_others_bring_about_leaves_room_for_ones_own() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut eve = stage.person("eve", "member").await;
    let room = eve.makes_private("Club").await;
    {
        let mut db = stage.db();
        let transaction = db.transaction().unwrap();
        for n in 1..=6000 {
            let body = json!({"type": "joined", "room": "@self", "seq": n, "of": format!("x{n}"), "title": "x",
                "kind": "private", "on": false, "why": "kicked"});
            transaction
                .execute(
                    "INSERT INTO own (user, key, seq, body) VALUES ('u-ana', ?1, ?2, ?3)",
                    params![format!("joined:x{n}"), n, body.to_string()],
                )
                .unwrap();
        }
        transaction.execute("INSERT INTO own_heads (user, head) VALUES ('u-ana', 6000)", []).unwrap();
        transaction.commit().unwrap();
    }
    ana.does(json!({"type": "notify", "room": "lobby", "level": "none"})).await;
    for _ in 0..33 {
        for what in ["invite", "kick"] {
            eve.does(json!({"type": what, "room": room, "user": "u-ana"})).await;
        }
    }
    let count = |sql: &str| -> i64 { stage.db().query_row(sql, [], |row| row.get(0)).unwrap() };
    let over = count("SELECT count(*) FROM own WHERE user = 'u-ana' AND key LIKE 'joined:%'");
    assert!((900..=1064).contains(&over), "{over}");
    assert_eq!(count("SELECT count(*) FROM own WHERE user = 'u-ana' AND key LIKE 'notify:%'"), 1);
    assert_eq!(count("SELECT min(seq) >= 4900 FROM own WHERE user = 'u-ana'"), 1, "the newest stay");
}

/// Whoever is hidden opens a conversation that the other learns nothing of, and learns nothing of that.
#[tokio::test]
async fn a_conversation_with_whom_one_hides_is_not_among_ones_own() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut eve = stage.person("eve", "member").await;
    ana.does(json!({"type": "join", "room": "@self"})).await;
    ana.does(json!({"type": "block", "user": "u-eve", "on": true})).await;
    let opened = eve.does(json!({"type": "direct", "users": ["u-ana"]})).await;
    assert_eq!(opened["room"]["title"], "ana");
    let room = opened["room"]["room"].as_str().unwrap().to_owned();
    eve.say(&room, "boo").await;
    let rooms = |person: &crate::stage::Person| {
        let infos = person.welcome["rooms"].as_array().unwrap().iter();
        infos.map(|info| info["room"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(rooms(&stage.again("ana").await), ["lobby"]);
    assert_eq!(rooms(&stage.again("eve").await), [json!("lobby"), json!(room)]);
    ana.does(json!({"type": "rooms"})).await;
    let heard = |frame: &Value| frame.to_string().contains(&room);
    assert!(!ana.passed.iter().any(heard), "{:?}", ana.passed);
    // Shown again, or opened from this side, it is there with all that was said.
    ana.does(json!({"type": "block", "user": "u-eve", "on": false})).await;
    let told = ana.event("@self", "joined").await;
    assert_eq!((&told["of"], &told["title"], &told["kind"]), (&json!(room), &json!("eve"), &json!("direct")));
    assert_eq!(rooms(&stage.again("ana").await), [json!("lobby"), json!(room)]);

    let mut bo = stage.person("bo", "member").await;
    bo.does(json!({"type": "block", "user": "u-eve", "on": true})).await;
    let opened = eve.does(json!({"type": "direct", "users": ["u-bo"]})).await;
    let same = bo.does(json!({"type": "direct", "users": ["u-eve"]})).await;
    assert_eq!(same["room"]["room"], opened["room"]["room"]);
    assert_eq!(rooms(&stage.again("bo").await).len(), 2);
}
