//! Tokens of bots: named, good for so much, and ended when they are withdrawn.

use serde_json::{Value, json};

use crate::client::{call, hello, member, owner, say, turned_away};
use crate::common::TestServer;

async fn bot(server: &TestServer, token: &str, body: Value) -> (String, String) {
    let made = call(server, token, "POST", "/api/me/tokens", body).await.good();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made["secret"]), text(&made["token"]["token"]))
}

#[tokio::test]
async fn a08_a_token_is_good_for_what_it_was_made_for_until_it_is_withdrawn() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let (ana, _) = member(&server, &olga, "ana", "member").await;
    let (writer, id) = bot(&server, &ana, json!({ "name": "deploys", "scopes": ["read", "write"] })).await;
    let (reader, _) = bot(&server, &ana, json!({ "name": "archive", "scopes": ["read"] })).await;
    assert!(writer.starts_with("chat_b_"));
    let (mut one, welcome) = hello(&server, &writer).await;
    assert_eq!(welcome["user"]["name"], "ana");
    assert_eq!(say(&mut one, "m1", "deployed").await["sender"], "ana");
    let (mut two, _) = hello(&server, &reader).await;
    two.send(json!({ "type": "message", "room": "lobby", "id": "m2", "message": "x" }).to_string()).await;
    let refused = two.frame("error").await;
    assert_eq!((&refused["id"], &refused["code"]), (&json!("m2"), &json!("forbidden")));
    // It is no person's: it changes nothing about the account.
    for (method, path, body) in [
        ("GET", "/api/me/sessions", json!(null)),
        ("POST", "/api/me/tokens", json!({ "name": "more", "scopes": ["write"] })),
        ("PATCH", "/api/me", json!({ "name": "eve" })),
        ("POST", "/api/me/password", json!({ "current": "x", "password": "y" })),
        ("GET", "/api/users", json!(null)),
    ] {
        let answer = call(&server, &writer, method, path, body).await;
        assert_eq!(answer.refused(), (403, "forbidden".into()), "{path}");
    }
    assert_eq!(call(&server, &writer, "GET", "/api/me", json!(null)).await.good()["name"], "ana");
    let listed = call(&server, &ana, "GET", "/api/me/tokens", json!(null)).await.good();
    let names: Vec<&str> =
        listed["tokens"].as_array().unwrap().iter().map(|token| token["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["archive", "deploys"]);
    assert!(!listed.to_string().contains("chat_b_"), "no list has a secret");
    let path = format!("/api/me/tokens/{id}");
    assert_eq!(call(&server, &olga, "DELETE", &path, json!(null)).await.refused(), (404, "not_found".into()));
    assert_eq!(call(&server, &ana, "DELETE", &path, json!(null)).await.status, 204);
    assert_eq!(u16::from(one.close().await.unwrap().code), 4001);
    assert_eq!(turned_away(&server, &writer).await, ("sign_in".into(), 4001));
    two.send(json!({ "type": "history", "ref": 1, "room": "lobby" }).to_string()).await;
    two.frame("history").await;
}

#[tokio::test]
async fn a_token_for_one_room_is_good_for_no_other() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let (mut person, _) = hello(&server, &olga).await;
    person.send(json!({ "type": "create", "ref": 1, "room": "ops" }).to_string()).await;
    person.frame("ok").await;
    let (bot, _) =
        bot(&server, &olga, json!({ "name": "x", "scopes": ["read", "write"], "rooms": ["ops"] })).await;
    let (mut client, _) = hello(&server, &bot).await;
    client.send(json!({ "type": "join", "ref": 2, "room": "ops" }).to_string()).await;
    assert_eq!(client.frame("ok").await["room"]["room"], "ops");
    client.send(json!({ "type": "message", "room": "lobby", "id": "m1", "message": "x" }).to_string()).await;
    let refused = client.frame("error").await;
    assert_eq!(refused["id"], "m1");
    client.send(json!({ "type": "message", "room": "ops", "id": "m2", "message": "x" }).to_string()).await;
    assert_eq!(client.frame("ack").await["id"], "m2");
}

#[tokio::test]
async fn admins_make_accounts_for_bots_and_their_tokens() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let (ana, ana_id) = member(&server, &olga, "ana", "member").await;
    let made = call(&server, &olga, "POST", "/api/users", json!({ "name": "ci", "bot": true })).await.good();
    assert_eq!(made.get("link"), None, "nobody signs in to it");
    let path = format!("/api/users/{}/tokens", made["account"]["user"].as_str().unwrap());
    let token = json!({ "name": "builds", "scopes": ["write", "read"], "days": 30 });
    assert_eq!(call(&server, &ana, "POST", &path, token.clone()).await.status, 403);
    let made = call(&server, &olga, "POST", &path, token.clone()).await.good();
    assert!(made["token"]["expires"].is_string());
    let (mut client, _) = hello(&server, made["secret"].as_str().unwrap()).await;
    let event = say(&mut client, "m1", "green").await;
    assert_eq!((&event["sender"], event.get("guest")), (&json!("ci"), None));
    let others = format!("/api/users/{ana_id}/tokens");
    assert_eq!(call(&server, &olga, "POST", &others, token).await.status, 403, "nobody speaks for a person");
    let path = format!("{path}/{}", made["token"]["token"].as_str().unwrap());
    assert_eq!(call(&server, &olga, "DELETE", &path, json!(null)).await.status, 204);
    assert_eq!(u16::from(client.close().await.unwrap().code), 4001);
}

#[tokio::test]
async fn a08_what_proves_nothing_is_refused_alike() {
    let server = TestServer::start().await;
    owner(&server).await;
    let invite = crate::client::secret(server.owner_link.as_ref().unwrap());
    let forged = [format!("chat_s_{}", "A".repeat(43)), format!("chat_b_{}", "A".repeat(43)), invite];
    for token in &forged {
        assert_eq!(turned_away(&server, token).await, ("sign_in".into(), 4001), "{token}");
        assert_eq!(
            call(&server, token, "GET", "/api/me", json!(null)).await.refused(),
            (401, "sign_in".into())
        );
    }
    // Not even a form: a new guest, as ever.
    let (_client, welcome) = hello(&server, "junk").await;
    assert_eq!(welcome["user"]["guest"], true);
    for body in [
        json!({ "name": "", "scopes": ["read"] }),
        json!({ "name": "x", "scopes": [] }),
        json!({ "name": "x", "scopes": ["rule"] }),
        json!({ "name": "x", "scopes": ["read"], "rooms": [] }),
        json!({ "name": "x", "scopes": ["read"], "days": 0 }),
    ] {
        let olga = crate::client::login(&server, "olga", crate::client::PASSWORD).await.good();
        let answer = call(&server, olga["token"].as_str().unwrap(), "POST", "/api/me/tokens", body).await;
        assert_eq!(answer.refused(), (400, "bad_frame".into()));
    }
}

#[tokio::test]
async fn a_token_ends_by_its_time_on_connections_that_are_open_too() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let (token, _) = bot(&server, &olga, json!({ "name": "x", "scopes": ["read"], "days": 1 })).await;
    let data = server.stop().await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let db = rusqlite::Connection::open(data.path().join("data/chat.db")).unwrap();
    db.execute("UPDATE tokens SET expires_ms = ?1", [i64::try_from(now).unwrap() + 4000]).unwrap();
    drop(db);
    let server = TestServer::start_in(data, |config| config.rate_limits = false).await;
    let (mut open, _) = hello(&server, &token).await;
    let (mut person, _) = hello(&server, &olga).await;
    assert_eq!(u16::from(open.close().await.unwrap().code), 4001);
    assert_eq!(turned_away(&server, &token).await, ("sign_in".into(), 4001));
    assert_eq!(say(&mut person, "m1", "still here").await["sender"], "olga");
}
