//! A database that the first version wrote: everything in it is there after the upgrade, and lives on.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rusqlite::{Connection, params};
use serde_json::json;
use sha2::Sha256;

use crate::stage::Stage;

/// What the first version made of an empty directory.
const FIRST: &str = include_str!("../../src/store/migrations/0001_start.sql");

fn write_first(path: &std::path::Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let db = Connection::open(path).unwrap();
    db.pragma_update(None, "journal_mode", "wal").unwrap();
    db.execute_batch(FIRST).unwrap();
    db.execute("INSERT INTO meta (one, epoch, secret) VALUES (1, 'oldepoch', ?1)", [[7_u8; 32]]).unwrap();
    for (id, key, title, head, creator) in [
        (1, "lobby", "Lobby", 300, None),
        (2, "ops", "Ops", 3, Some("g-01OLD")),
        (3, "büro", "Büro", 0, Some("g-01OLD")),
    ] {
        db.execute(
            "INSERT INTO rooms (id, key, skeleton, title, kind, head, creator, created_ms, used_ms)
             VALUES (?1, ?2, ?2, ?3, 'public', ?4, ?5, 1000, 2000)",
            params![id, key, title, head, creator],
        )
        .unwrap();
        for seq in 1..=head {
            db.execute(
                "INSERT INTO events (room, seq, id, user, sender, guest, kind, text, reply, timestamp_ms)
                 VALUES (?1, ?2, ?3, 'g-01OLD', 'ana', 1, 'message', ?4, ?5, ?6)",
                params![
                    id,
                    seq,
                    format!("{key}{seq}").replace('ü', "u"),
                    format!("{key} line {seq}"),
                    (seq > 1).then_some(1),
                    1000 + seq
                ],
            )
            .unwrap();
        }
    }
    db.pragma_update(None, "application_id", 0x6368_6174).unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
}

/// As the first version issued it.
fn guest_token(user: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
    mac.update(b"guest:");
    mac.update(user.as_bytes());
    format!("{user}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn a_database_of_the_first_version_lives_on() {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    write_first(&dir.path().join("data/chat.db"));
    let stage = Stage::open_in(dir).await;
    let mut ana = stage.person("ana", "admin").await;
    assert_eq!(ana.welcome["epoch"], "oldepoch");
    let rooms = ana.does(json!({"type": "rooms"})).await;
    let mut heads: Vec<_> = rooms["rooms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|room| (room["room"].clone(), room["head"].clone()))
        .collect();
    heads.sort_by_key(|(room, _)| room.to_string());
    assert_eq!(heads, [(json!("büro"), json!(0)), (json!("lobby"), json!(300)), (json!("ops"), json!(3))]);
    let mut read = Vec::new();
    let mut after = 0;
    while after < 300 {
        let page = ana.does(json!({"type": "history", "room": "lobby", "after": after, "limit": 200})).await;
        read.extend(page["events"].as_array().unwrap().clone());
        after = page["last"].as_u64().unwrap();
    }
    let whole = read.iter().zip(1_u64..).all(|(event, seq)| {
        event["seq"] == seq && event["message"] == format!("lobby line {seq}") && event["guest"] == true
    });
    assert!(whole && read.len() == 300, "{} events", read.len());
    // The guest who made the room then comes back with the token that the first version gave, and goes on.
    let token = guest_token("g-01OLD");
    let mut old =
        stage.connect(json!({"token": token, "resume": {"epoch": "oldepoch", "rooms": {"ops": 1}}})).await;
    assert_eq!(old.user, "g-01OLD");
    old.expect(|frame| frame["type"] == "synced" && frame["room"] == "ops").await;
    let missed =
        old.passed.iter().filter(|frame| frame["room"] == "ops" && frame["type"] == "message").count();
    assert_eq!(missed, 2);
    let repeat = json!({"type": "message", "room": "ops", "message": "ops line 1", "id": "ops1"});
    assert_eq!(old.does(repeat).await["dup"], true);
    assert_eq!(old.say("ops", "still here").await["seq"], 4);
    // What has no owner belongs to those who run the server.
    ana.does(json!({"type": "change", "room": "ops", "topic": "Nights"})).await;
}
