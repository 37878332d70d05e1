//! Whether guests are let in, and who really asks.

use protocol::people::Guests;
use serde_json::json;

use crate::client::{call, hello, owner, request, turned_away};
use crate::common::TestServer;

#[tokio::test]
async fn where_guests_are_not_let_in_they_are_told_so() {
    let server = TestServer::start_with(|config| {
        config.rate_limits = false;
        config.guests = Guests::Off;
    })
    .await;
    assert_eq!(call(&server, "", "GET", "/api/about", json!(null)).await.good()["guests"], "off");
    assert_eq!(turned_away(&server, "").await, ("sign_in".into(), 4001));
    let mut plain = server.plain("").await;
    let refused = plain.frame("error").await;
    assert_eq!(refused["code"], "sign_in");
    assert!(refused["reason"].as_str().unwrap().contains("guests"), "{refused}");
    assert_eq!(u16::from(plain.close().await.unwrap().code), 4001);
    assert_eq!(request(&server, "GET", "/api/avatars/x", &[], b"").await.refused(), (401, "sign_in".into()));
    let olga = owner(&server).await;
    let (mut client, _) = hello(&server, &olga).await;
    crate::client::say(&mut client, "m1", "among us").await;
    assert_eq!(call(&server, &olga, "GET", "/api/avatars/x", json!(null)).await.status, 404);
}

#[tokio::test]
async fn guests_who_may_only_read_say_nothing() {
    let server = TestServer::start_with(|config| {
        config.rate_limits = false;
        config.guests = Guests::ReadOnly;
    })
    .await;
    let olga = owner(&server).await;
    let (mut member, _) = hello(&server, &olga).await;
    let mut guest = server.full().await;
    guest.send(json!({ "type": "hello", "client": "t", "conn": "g" }).to_string()).await;
    guest.frame("welcome").await;
    let mut plain = server.plain("?name=script").await;
    assert_eq!(plain.text().await, "Welcome!");
    guest.send(json!({ "type": "message", "room": "lobby", "id": "m1", "message": "x" }).to_string()).await;
    let refused = guest.frame("error").await;
    assert_eq!((&refused["id"], &refused["retry"]), (&json!("m1"), &json!(false)), "{refused}");
    plain.send("a line").await;
    let refused = plain.frame("error").await;
    assert!(refused["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{refused}");
    crate::client::say(&mut member, "m2", "for all to read").await;
    assert_eq!(guest.frame("message").await["id"], "m2");
    assert_eq!(plain.frame("message").await["id"], "m2");
}

#[tokio::test]
async fn only_a_trusted_proxy_says_who_asks() {
    let server =
        TestServer::start_with(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
    let olga = owner(&server).await;
    let wrong = |from: String| {
        let server = &server;
        async move {
            let headers = [("Content-Type", "application/json"), ("X-Forwarded-For", from.as_str())];
            let body = json!({ "name": "nobody", "password": "x" }).to_string();
            request(server, "POST", "/api/login", &headers, body.as_bytes()).await.status
        }
    };
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(wrong("203.0.113.1".to_owned()).await);
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
    assert_eq!(wrong("198.51.100.7".to_owned()).await, 401, "somebody else");
    assert_eq!(wrong("198.51.100.9, 203.0.113.1".to_owned()).await, 429, "who invents what stands before");
    let body = json!({ "name": "olga", "password": crate::client::PASSWORD }).to_string();
    let headers = [("Content-Type", "application/json"), ("X-Forwarded-For", "2001:db8::7")];
    request(&server, "POST", "/api/login", &headers, body.as_bytes()).await.good();
    let listed = call(&server, &olga, "GET", "/api/me/sessions", json!(null)).await.good();
    assert!(listed.to_string().contains("\"2001:db8::7\""), "{listed}");
}
