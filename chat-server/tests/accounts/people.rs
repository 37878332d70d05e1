//! What people tell of themselves.

use serde_json::{Value, json};

use crate::client::{PASSWORD, call, hello, login, member, owner, request};
use crate::common::TestServer;

/// A picture of one pixel, as PNG.
const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0,
    1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde, 0, 0, 0, 12, b'I', b'D', b'A', b'T', 8, 0xd7, 0x63, 0xf8, 0xcf,
    0xc0, 0, 0, 3, 1, 1, 0, 0x18, 0xdd, 0x8d, 0xb0, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60,
    0x82,
];

#[tokio::test]
async fn a_profile_is_changed_and_told() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let (ana, ana_id) = member(&server, &olga, "ana", "member").await;
    let (_one, _) = hello(&server, &ana).await;
    let (mut watcher, _) = hello(&server, &olga).await;
    let change = json!({ "colour": 210, "status": " at lunch ", "away": true });
    let me = call(&server, &ana, "PATCH", "/api/me", change).await.good();
    let told = json!({ "colour": 210, "status": "at lunch", "away": true });
    assert_eq!(me["profile"], told);
    let signal = watcher.frame("profile").await;
    assert_eq!(
        (&signal["user"], &signal["profile"], &signal["room"]),
        (&json!(ana_id), &told, &json!("lobby"))
    );
    watcher.send(json!({ "type": "members", "ref": 1, "room": "lobby" }).to_string()).await;
    let members = watcher.frame("members").await;
    let seen = members["members"]
        .as_array()
        .unwrap()
        .iter()
        .find(|member| member["user"] == ana_id.as_str())
        .unwrap();
    assert_eq!((&seen["profile"], &seen["role"], &seen["guest"]), (&told, &json!("member"), &json!(false)));
    // What is not said stays, and what is empty goes.
    let me = call(&server, &ana, "PATCH", "/api/me", json!({ "status": "", "colour": -1 })).await.good();
    assert_eq!(me["profile"], json!({ "away": true }));
    for bad in [
        json!({ "colour": 360 }),
        json!({ "colour": -2 }),
        json!({ "status": "a\nb" }),
        json!({ "away": "yes" }),
    ] {
        assert_eq!(call(&server, &ana, "PATCH", "/api/me", bad).await.refused(), (400, "bad_frame".into()));
    }
    let users = call(&server, &ana, "GET", "/api/users", json!(null)).await.good();
    assert!(users["users"].as_array().unwrap().iter().all(|user| user.get("seen").is_none()), "for admins");
    let users = call(&server, &olga, "GET", "/api/users", json!(null)).await.good();
    assert!(users["users"].as_array().unwrap().iter().all(|user| user["sessions"].is_number()));
}

#[tokio::test]
async fn names_change_at_once_everywhere_and_former_ones_are_kept() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let (ana, ana_id) = member(&server, &olga, "ana", "member").await;
    let (mut one, _) = hello(&server, &ana).await;
    let (mut watcher, _) = hello(&server, &olga).await;
    one.send(json!({ "type": "nick", "ref": 7, "name": "anna" }).to_string()).await;
    assert_eq!(one.frame("ok").await["name"], "anna");
    let renamed = watcher.frame("renamed").await;
    assert_eq!(
        (&renamed["user"], &renamed["from"], &renamed["to"]),
        (&json!(ana_id), &json!("ana"), &json!("anna"))
    );
    assert_eq!(crate::client::say(&mut one, "m1", "me").await["sender"], "anna");
    let me = call(&server, &ana, "PATCH", "/api/me", json!({ "name": "Annika" })).await.good();
    assert_eq!(me["name"], "Annika");
    assert_eq!(watcher.frame("renamed").await["to"], "Annika");
    for former in ["ana", "Anna"] {
        let taken = call(&server, &olga, "POST", "/api/users", json!({ "name": former })).await;
        assert_eq!(taken.refused(), (409, "name_taken".into()), "whom old mentions mean");
        assert_eq!(login(&server, former, PASSWORD).await.status, 401, "it is not hers to sign in with");
    }
    let taken = call(&server, &ana, "PATCH", "/api/me", json!({ "name": "OLGA" })).await;
    assert_eq!(taken.refused(), (409, "name_taken".into()));
    assert_eq!(
        call(&server, &ana, "PATCH", "/api/me", json!({ "name": "ana" })).await.good()["name"],
        "ana",
        "back again"
    );
    // And so after a restart.
    let server = TestServer::start_in(server.stop().await, |config| config.rate_limits = false).await;
    assert_eq!(hello(&server, &ana).await.1["user"]["name"], "ana");
}

#[tokio::test]
async fn a_picture_is_made_small_and_served_to_who_may_see_it() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let bearer = format!("Bearer {olga}");
    let put = |kind: &'static str, bytes: Vec<u8>| {
        let bearer = bearer.clone();
        let server = &server;
        async move {
            let headers = [("Authorization", bearer.as_str()), ("Content-Type", kind)];
            request(server, "PUT", "/api/me/avatar", &headers, &bytes).await
        }
    };
    let me = put("image/png", PIXEL.to_vec()).await.good();
    let avatar = me["profile"]["avatar"].as_str().unwrap().to_owned();
    let path = format!("/api/avatars/{avatar}");
    let picture = request(&server, "GET", &path, &[], b"").await;
    assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/png")));
    assert!(picture.header("cache-control").unwrap().contains("immutable"));
    assert_eq!(picture.header("x-content-type-options"), Some("nosniff"));
    assert!(picture.header("content-security-policy").unwrap().contains("sandbox"));
    assert!(picture.bytes.starts_with(&PIXEL[..8]) && picture.bytes != PIXEL);
    for (kind, bytes, status) in [
        ("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>".to_vec(), 415),
        ("text/html", PIXEL.to_vec(), 415),
        ("image/png", b"not a picture".to_vec(), 415),
        ("image/png", vec![0; 5 * 1024 * 1024 + 1], 413),
    ] {
        assert_eq!(put(kind, bytes).await.status, status, "{kind}");
    }
    assert_eq!(
        call(&server, &olga, "DELETE", "/api/me/avatar", Value::Null).await.good().get("profile"),
        None
    );
    assert_eq!(request(&server, "GET", &path, &[], b"").await.status, 404, "nobody has it any more");
    assert_eq!(request(&server, "GET", "/api/avatars/..%2f..%2fetc", &[], b"").await.status, 404);
}
