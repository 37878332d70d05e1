//! Making an account: invites, names, and guests who stay who they are.

use protocol::people::Registration;
use serde_json::{Value, json};

use crate::client::{PASSWORD, call, hello, member, owner, say, turned_away};
use crate::common::TestServer;

fn body(name: &str, invite: &Value) -> Value {
    json!({ "name": name, "password": PASSWORD, "invite": invite })
}

#[tokio::test]
async fn an_invite_is_good_for_so_many_and_can_be_withdrawn() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let made = call(&server, &olga, "POST", "/api/invites", json!({ "uses": 2, "note": "the night shift" }))
        .await
        .good();
    assert!(made["link"].as_str().unwrap().contains("/#invite="), "{made}");
    let invite = &made["link"];
    assert_eq!(
        call(&server, "", "POST", "/api/register", body("ana", invite)).await.status,
        201,
        "the whole link too"
    );
    let listed = call(&server, &olga, "GET", "/api/invites", json!(null)).await.good();
    let listed = &listed["invites"][0];
    assert_eq!(
        (&listed["uses"], &listed["note"], &listed["by"]),
        (&json!(1), &json!("the night shift"), &json!("olga"))
    );
    assert!(!listed.to_string().contains("chat_i_"), "no list has the secret");
    assert_eq!(call(&server, "", "POST", "/api/register", body("bo", &made["secret"])).await.status, 201);
    let none = call(&server, "", "POST", "/api/register", body("cy", &made["secret"])).await;
    assert_eq!(none.refused(), (404, "bad_link".into()));
    let made = call(&server, &olga, "POST", "/api/invites", json!({})).await.good();
    let path = format!("/api/invites/{}", made["id"].as_str().unwrap());
    assert_eq!(call(&server, &olga, "DELETE", &path, json!(null)).await.status, 204);
    assert_eq!(call(&server, &olga, "DELETE", &path, json!(null)).await.refused(), (404, "not_found".into()));
    let withdrawn = call(&server, "", "POST", "/api/register", body("cy", &made["secret"])).await;
    let unknown = call(&server, "", "POST", "/api/register", body("cy", &json!("chat_i_x"))).await;
    assert_eq!(withdrawn.bytes, unknown.bytes, "one answer, whatever is wrong with it");
    let without =
        call(&server, "", "POST", "/api/register", json!({ "name": "cy", "password": PASSWORD })).await;
    assert_eq!(without.refused().0, 404);
}

#[tokio::test]
async fn registration_is_open_or_closed_as_the_server_says() {
    let open = TestServer::start_with(|config| {
        config.rate_limits = false;
        config.registration = Registration::Open;
    })
    .await;
    let free = json!({ "name": "ana", "password": PASSWORD });
    assert_eq!(call(&open, "", "POST", "/api/register", free.clone()).await.good()["me"]["role"], "member");
    let closed = TestServer::start_with(|config| {
        config.rate_limits = false;
        config.registration = Registration::Closed;
    })
    .await;
    assert_eq!(call(&closed, "", "POST", "/api/register", free).await.status, 404);
    let olga = owner(&closed).await;
    let made = call(&closed, &olga, "POST", "/api/invites", json!({})).await.good();
    assert_eq!(call(&closed, "", "POST", "/api/register", body("ana", &made["secret"])).await.status, 404);
    let added = call(&closed, &olga, "POST", "/api/users", json!({ "name": "ana" })).await.good();
    let reset = json!({ "link": added["link"]["secret"], "password": PASSWORD });
    assert_eq!(call(&closed, "", "POST", "/api/reset", reset).await.good()["me"]["name"], "ana");
}

#[tokio::test]
async fn a09_one_of_many_gets_the_name() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let made = call(&server, &olga, "POST", "/api/invites", json!({ "uses": 100 })).await.good();
    // All the same to the eye: Latin, Cyrillic, capital, full width.
    let names = ["ana", "Ana", "аna", "aná\u{301}", "ana", "ＡNA", "anа", "ANA"];
    let calls = names.map(|name| call(&server, "", "POST", "/api/register", body(name, &made["secret"])));
    let answers = futures_util::future::join_all(calls).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let taken = answers.iter().filter(|answer| answer.status == 409).count();
    assert!((1..=2).contains(&made), "{answers:?}");
    assert_eq!(made + taken + answers.iter().filter(|answer| answer.status == 400).count(), names.len());
    let users = call(&server, &olga, "GET", "/api/users", json!(null)).await.good();
    assert_eq!(users["users"].as_array().unwrap().len(), 1 + made, "and the invite was used for no other");
    let looks = call(&server, &olga, "POST", "/api/users", json!({ "name": "аnа" })).await;
    assert_eq!(looks.refused(), (409, "name_taken".into()));
}

#[tokio::test]
async fn guests_and_accounts_share_their_names() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let mut guest = server.full().await;
    guest.send(json!({ "type": "hello", "client": "t", "conn": "g1", "name": "gast" }).to_string()).await;
    let gast = guest.frame("welcome").await;
    assert_eq!(gast["user"]["name"], "gast");
    let made = call(&server, &olga, "POST", "/api/invites", json!({})).await.good();
    let taken = call(&server, "", "POST", "/api/register", body("gast", &made["secret"])).await;
    assert_eq!(taken.refused(), (409, "name_taken".into()), "of a guest who is there");
    let mut second = server.full().await;
    second.send(json!({ "type": "hello", "client": "t", "conn": "g2", "name": "olga" }).to_string()).await;
    assert_ne!(second.frame("welcome").await["user"]["name"], "olga", "of an account that is not there");
    second.send(json!({ "type": "nick", "ref": 1, "name": "оlga" }).to_string()).await;
    assert_eq!(second.frame("error").await["code"], "name_taken");
    // After a restart, too.
    let server = TestServer::start_in(server.stop().await, |config| config.rate_limits = false).await;
    let mut third = server.full().await;
    third.send(json!({ "type": "hello", "client": "t", "conn": "g3", "name": "olga" }).to_string()).await;
    assert_ne!(third.frame("welcome").await["user"]["name"], "olga");
}

#[tokio::test]
async fn a_guest_who_registers_stays_who_they_were() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let mut guest = server.full().await;
    guest.send(json!({ "type": "hello", "client": "t", "conn": "g1", "name": "gast" }).to_string()).await;
    let welcome = guest.frame("welcome").await;
    let (user, token) = (welcome["user"]["user"].clone(), welcome["token"].clone());
    assert_eq!(say(&mut guest, "m1", "before").await["guest"], true);
    let made = call(&server, &olga, "POST", "/api/invites", json!({})).await.good();
    let mut asked = body("gast", &made["secret"]);
    asked["guest"] = token.clone();
    let signed_in = call(&server, "", "POST", "/api/register", asked.clone()).await.good();
    assert_eq!(signed_in["me"]["user"], user);
    assert_eq!(u16::from(guest.close().await.unwrap().code), 4001, "a guest no more");
    let (mut again, welcome) = hello(&server, signed_in["token"].as_str().unwrap()).await;
    assert_eq!((&welcome["user"]["user"], &welcome["user"]["guest"]), (&user, &json!(false)));
    assert_eq!(welcome.get("token"), None, "it has one");
    let event = say(&mut again, "m2", "after").await;
    assert_eq!((&event["user"], event.get("guest")), (&user, None));
    again.send(json!({ "type": "history", "ref": 1, "room": "lobby" }).to_string()).await;
    let page = again.frame("history").await;
    let users: Vec<&Value> = page["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["type"] == "message")
        .map(|event| &event["user"])
        .collect();
    assert_eq!(users, [&user, &user], "one person's lines");
    // The guest's token proves nothing any more, and cannot be registered twice.
    assert_eq!(turned_away(&server, token.as_str().unwrap()).await, ("sign_in".into(), 4001));
    let made = call(&server, &olga, "POST", "/api/invites", json!({})).await.good();
    asked["invite"] = made["secret"].clone();
    asked["name"] = json!("other");
    assert_eq!(call(&server, "", "POST", "/api/register", asked).await.refused(), (401, "sign_in".into()));
}

#[tokio::test]
async fn weak_passwords_and_bad_names_are_refused_before_an_invite_is_spent() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let made = call(&server, &olga, "POST", "/api/invites", json!({})).await.good();
    for (name, password, code) in [
        ("ana", "short", "bad_password"),
        ("ana", "password1234", "bad_password"),
        ("", PASSWORD, "bad_name"),
        ("a b", PASSWORD, "bad_name"),
        ("ѕystem", PASSWORD, "bad_name"),
        ("olga", PASSWORD, "name_taken"),
    ] {
        let body = json!({ "name": name, "password": password, "invite": made["secret"] });
        assert_eq!(
            call(&server, "", "POST", "/api/register", body).await.refused().1,
            code,
            "{name} {password}"
        );
    }
    assert_eq!(call(&server, "", "POST", "/api/register", body("ana", &made["secret"])).await.status, 201);
    let (_, bo) = member(&server, &olga, "bo", "moderator").await;
    assert!(bo.starts_with("u-"), "{bo}");
}
