//! Signing in: one answer to whoever guesses, and sessions that end when they are told to.

use serde_json::{Value, json};

use crate::client::{PASSWORD, call, hello, login, member, owner, secret, turned_away};
use crate::common::TestServer;

fn token(signed_in: &Value) -> String {
    signed_in["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn one_signs_in_with_name_and_password_and_stays_signed_in() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let (_, ana) = member(&server, &olga, "ana", "member").await;
    let signed_in = login(&server, " Ana ", PASSWORD).await.good();
    assert_eq!(signed_in["me"]["user"], ana.as_str());
    let server = TestServer::start_in(server.stop().await, |config| config.rate_limits = false).await;
    let (_client, welcome) = hello(&server, &token(&signed_in)).await;
    assert_eq!(
        (&welcome["user"]["user"], &welcome["user"]["name"], &welcome["user"]["role"]),
        (&json!(ana), &json!("ana"), &json!("member"))
    );
}

#[tokio::test]
async fn a07_a_wrong_name_and_a_wrong_password_are_one_answer() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let (_, bo) = member(&server, &olga, "bo", "member").await;
    call(&server, &olga, "POST", &format!("/api/users/{bo}/deactivate"), json!({})).await.good();
    call(&server, &olga, "POST", "/api/users", json!({ "name": "robot", "bot": true })).await.good();
    call(&server, &olga, "POST", "/api/users", json!({ "name": "new" })).await.good();
    let wrong = login(&server, "olga", "wrong password").await;
    assert_eq!(wrong.refused(), (401, "bad_login".into()));
    let long = "x".repeat(2000);
    for (name, password) in [
        ("nobody", PASSWORD),
        ("bo", PASSWORD),
        ("robot", PASSWORD),
        ("new", ""),
        ("", ""),
        ("olga", &long),
        ("\u{0}", "x"),
    ] {
        let answer = login(&server, name, password).await;
        assert_eq!((answer.status, &answer.bytes), (wrong.status, &wrong.bytes), "{name}");
        let names = |answer: &crate::client::Answer| {
            answer.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&answer), names(&wrong), "{name}");
    }
}

#[tokio::test]
async fn a06_guessing_is_slowed_down_and_a_known_device_is_not() {
    let server = TestServer::start_with(|_| {}).await;
    owner(&server).await;
    let known = login(&server, "olga", PASSWORD).await.good()["known"].clone();
    let guess = |name: &'static str, known: Value| {
        let body = json!({ "name": name, "password": "wrong password", "known": known });
        call(&server, "", "POST", "/api/login", body)
    };
    let mut answers = Vec::new();
    for _ in 0..8 {
        answers.push(guess("olga", Value::Null).await);
    }
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert!(statuses[0] == 401 && statuses[7] == 429, "{statuses:?}");
    let refused = answers.last().unwrap();
    assert!(
        refused.json()["retry_ms"].as_u64().is_some_and(|ms| (1..=12_000).contains(&ms)),
        "{}",
        refused.json()
    );
    assert!(refused.header("retry-after").is_some());
    // Of a name that nobody has it is the same.
    let mut unknown = Vec::new();
    for _ in 0..8 {
        unknown.push(guess("nobody", Value::Null).await.status);
    }
    assert_eq!(unknown, statuses);
    // The right password does not help either, but on the device that was there before.
    assert_eq!(login(&server, "olga", PASSWORD).await.status, 429);
    let body = json!({ "name": "olga", "password": PASSWORD, "known": known });
    assert_eq!(call(&server, "", "POST", "/api/login", body).await.status, 200);
    assert_eq!(
        guess("olga", json!("00000000000000000000000000000000.AAAA")).await.status,
        429,
        "an invented one"
    );
}

#[tokio::test]
async fn w05_signing_out_closes_what_is_open_and_only_that() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let (first, _) = member(&server, &olga, "ana", "member").await;
    let second = token(&login(&server, "ana", PASSWORD).await.good());
    let ((mut one, _), (mut two, _)) = (hello(&server, &first).await, hello(&server, &second).await);
    assert_eq!(call(&server, &first, "POST", "/api/logout", json!({})).await.status, 204);
    assert_eq!(u16::from(one.close().await.unwrap().code), 4001);
    crate::client::say(&mut two, "m1", "still here").await;
    assert_eq!(call(&server, &first, "GET", "/api/me", json!(null)).await.refused(), (401, "sign_in".into()));
    assert_eq!(
        turned_away(&server, &first).await,
        ("sign_in".into(), 4001),
        "nobody becomes a guest unasked"
    );
    assert_eq!(call(&server, &second, "GET", "/api/me", json!(null)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn w05_a_session_that_ends_while_it_connects_does_not_slip_in() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    member(&server, &olga, "ana", "member").await;
    for round in 0..12 {
        let session = token(&login(&server, "ana", PASSWORD).await.good());
        let mut clients = Vec::new();
        for _ in 0..3 {
            clients.push(server.full().await);
        }
        let hellos = futures_util::future::join_all(clients.iter_mut().enumerate().map(|(n, client)| {
            let said = json!({ "type": "hello", "client": "t", "conn": format!("c{n}"), "token": session });
            client.send(said.to_string())
        }));
        let ended = call(&server, &session, "DELETE", "/api/me/sessions", json!(null));
        let (_, ended) = futures_util::future::join(hellos, ended).await;
        assert_eq!(ended.status, 204);
        for client in &mut clients {
            assert_eq!(u16::from(client.close().await.expect("a close").code), 4001, "round {round}");
        }
    }
}

#[tokio::test]
async fn devices_are_listed_and_signed_out_one_by_one_or_all() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let (first, _) = member(&server, &olga, "ana", "member").await;
    let body = json!({ "name": "ana", "password": PASSWORD, "device": "a terminal\u{1b}[2J" });
    let second = token(&call(&server, "", "POST", "/api/login", body).await.good());
    let third = token(&login(&server, "ana", PASSWORD).await.good());
    let listed = call(&server, &first, "GET", "/api/me/sessions", json!(null)).await.good();
    let sessions = listed["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 3);
    assert_eq!(sessions.iter().filter(|session| session["current"] == true).count(), 1);
    let other = sessions
        .iter()
        .find(|session| session["device"] == "a terminal[2J")
        .expect("without what moves a cursor");
    assert_eq!(other["address"], "127.0.0.1");
    let (mut two, _) = hello(&server, &second).await;
    let path = format!("/api/me/sessions/{}", other["session"].as_str().unwrap());
    assert_eq!(
        call(&server, &olga, "DELETE", &path, json!(null)).await.refused(),
        (404, "not_found".into()),
        "hers alone"
    );
    assert_eq!(call(&server, &first, "DELETE", &path, json!(null)).await.status, 204);
    assert_eq!(u16::from(two.close().await.unwrap().code), 4001);
    let ((mut one, _), (mut three, _)) = (hello(&server, &first).await, hello(&server, &third).await);
    assert_eq!(call(&server, &first, "DELETE", "/api/me/sessions", json!(null)).await.status, 204);
    for client in [&mut one, &mut three] {
        assert_eq!(u16::from(client.close().await.unwrap().code), 4001);
    }
    for gone in [&first, &second, &third] {
        assert_eq!(call(&server, gone, "GET", "/api/me", json!(null)).await.status, 401);
    }
    assert_eq!(
        call(&server, &olga, "GET", "/api/me", json!(null)).await.status,
        200,
        "others are not concerned"
    );
}

#[tokio::test]
async fn w05_a_new_password_ends_the_other_sessions() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let (first, _) = member(&server, &olga, "ana", "member").await;
    let second = token(&login(&server, "ana", PASSWORD).await.good());
    let ((mut one, _), (mut two, _)) = (hello(&server, &first).await, hello(&server, &second).await);
    let change = |current: &str, new: &str| json!({ "current": current, "password": new });
    let wrong = call(&server, &first, "POST", "/api/me/password", change("wrong", "another long one")).await;
    assert_eq!(wrong.refused(), (401, "bad_login".into()));
    let weak = call(&server, &first, "POST", "/api/me/password", change(PASSWORD, "ana1234567")).await;
    assert_eq!(weak.refused(), (400, "bad_password".into()));
    let done = call(&server, &first, "POST", "/api/me/password", change(PASSWORD, "another long one")).await;
    assert_eq!(done.status, 204);
    assert_eq!(u16::from(two.close().await.unwrap().code), 4001);
    crate::client::say(&mut one, "m1", "this device goes on").await;
    assert_eq!(call(&server, &second, "GET", "/api/me", json!(null)).await.status, 401);
    assert_eq!(login(&server, "ana", PASSWORD).await.status, 401);
    assert_eq!(login(&server, "ana", "another long one").await.status, 200);
}

#[tokio::test]
async fn a_forgotten_password_is_set_with_a_link_that_works_once() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let (first, ana) = member(&server, &olga, "ana", "member").await;
    let (mut one, _) = hello(&server, &first).await;
    let path = format!("/api/users/{ana}/reset");
    let earlier = call(&server, &olga, "POST", &path, json!({})).await.good();
    let made = call(&server, &olga, "POST", &path, json!({})).await.good();
    assert!(made["link"].as_str().unwrap().contains("/#reset=chat_r_"));
    let reset = |link: &Value, password: &str| {
        let body = json!({ "link": link, "password": password });
        call(&server, "", "POST", "/api/reset", body)
    };
    assert_eq!(
        reset(&earlier["secret"], "a wholly new one").await.refused(),
        (404, "bad_link".into()),
        "the newest only"
    );
    assert_eq!(reset(&made["secret"], "short").await.refused().1, "bad_password", "which does not spend it");
    let signed_in = reset(&json!(secret(made["link"].as_str().unwrap())), "a wholly new one").await.good();
    assert_eq!(signed_in["me"]["user"], ana.as_str());
    assert_eq!(u16::from(one.close().await.unwrap().code), 4001);
    assert_eq!(reset(&made["secret"], "and another one").await.refused(), (404, "bad_link".into()));
    assert_eq!(login(&server, "ana", PASSWORD).await.status, 401);
    assert_eq!(login(&server, "ana", "a wholly new one").await.status, 200);
    assert_eq!(call(&server, &token(&signed_in), "GET", "/api/me", json!(null)).await.status, 200);
}

#[tokio::test]
async fn whoever_leaves_the_team_is_out_at_once_with_all_they_gave_out() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let (adam, adam_id) = member(&server, &olga, "adam", "admin").await;
    let invite = call(&server, &adam, "POST", "/api/invites", json!({})).await.good();
    let bot = call(&server, &adam, "POST", "/api/me/tokens", json!({ "name": "x", "scopes": ["read"] }))
        .await
        .good();
    let bot = bot["secret"].as_str().unwrap().to_owned();
    let ((mut one, _), (mut two, _)) = (hello(&server, &adam).await, hello(&server, &bot).await);
    let path = |deed: &str| format!("/api/users/{adam_id}/{deed}");
    assert_eq!(call(&server, &olga, "POST", &path("deactivate"), json!({})).await.status, 204);
    for client in [&mut one, &mut two] {
        assert_eq!(u16::from(client.close().await.unwrap().code), 4001);
    }
    for gone in [&adam, &bot] {
        assert_eq!(turned_away(&server, gone).await, ("sign_in".into(), 4001));
    }
    let body = json!({ "name": "ana", "password": PASSWORD, "invite": invite["secret"] });
    assert_eq!(call(&server, "", "POST", "/api/register", body).await.refused(), (404, "bad_link".into()));
    assert_eq!(login(&server, "adam", PASSWORD).await.status, 401);
    assert_eq!(call(&server, &olga, "POST", &path("reactivate"), json!({})).await.status, 204);
    assert_eq!(login(&server, "adam", PASSWORD).await.status, 200);
    assert_eq!(
        call(&server, &adam, "GET", "/api/me", json!(null)).await.status,
        401,
        "old sessions stay ended"
    );
}
