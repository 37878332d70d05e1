//! A database of the first version's schema, brought up to date with nothing lost.

use std::sync::Arc;

use protocol::ids::UserId;
use serde_json::json;

use crate::client::{call, hello, owner, say};
use crate::common::TestServer;

/// What the first version made and wrote, as it did.
const FIRST: &str = include_str!("first.sql");

#[tokio::test]
async fn a_database_of_the_first_version_loses_nothing() {
    let data = Arc::new(tempfile::tempdir().unwrap());
    let dir = data.path().join("data");
    std::fs::create_dir(&dir).unwrap();
    let old = rusqlite::Connection::open(dir.join("chat.db")).unwrap();
    old.execute_batch(FIRST).unwrap();
    drop(old);
    let server = TestServer::start_in(Arc::clone(&data), |config| config.rate_limits = false).await;
    // The guest of then is the guest of now: the key of their tokens is the same.
    let token = guest_token([7; 32], "g-01ANA");
    let (mut ana, welcome) = hello(&server, &token).await;
    assert_eq!(
        (&welcome["user"]["user"], &welcome["epoch"]),
        (&json!("g-01ANA"), &json!("0123456789abcdef"))
    );
    ana.send(json!({ "type": "history", "ref": 1, "room": "lobby" }).to_string()).await;
    let page = ana.frame("history").await;
    let said: Vec<_> =
        page["events"].as_array().unwrap().iter().map(|event| event["message"].clone()).collect();
    assert_eq!(said, [json!("first words"), json!("an answer")]);
    ana.send(json!({ "type": "join", "ref": 2, "room": "ops" }).to_string()).await;
    assert_eq!(ana.frame("ok").await["room"]["head"], 1);
    // What was acknowledged then is not stored twice now.
    ana.send(json!({ "type": "message", "room": "lobby", "id": "m1", "message": "first words" }).to_string())
        .await;
    let ack = ana.frame("ack").await;
    assert_eq!((&ack["seq"], &ack["dup"]), (&json!(1), &json!(true)));
    assert_eq!(say(&mut ana, "m3", "and on").await["seq"], 3);
    let olga = owner(&server).await;
    assert_eq!(call(&server, &olga, "GET", "/api/me", json!(null)).await.good()["role"], "owner");
    let version: i64 = rusqlite::Connection::open(dir.join("chat.db"))
        .unwrap()
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert!(version >= 3, "{version}");
}

/// As the first version made it.
fn guest_token(secret: [u8; 32], user: &str) -> String {
    use base64::Engine as _;
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let user = UserId::new(user).unwrap();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&secret).unwrap();
    mac.update(b"guest:");
    mac.update(user.as_str().as_bytes());
    let mac = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    format!("{user}.{mac}")
}
