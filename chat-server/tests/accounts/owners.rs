//! The first start: one link makes the owner, once.

use serde_json::json;

use crate::client::{PASSWORD, call, member, owner, secret};
use crate::common::TestServer;

#[tokio::test]
async fn a11_the_first_link_makes_the_owner_and_closes_itself() {
    let server = TestServer::start().await;
    let link = server.owner_link.clone().unwrap();
    assert!(link.contains("/#invite=chat_i_"), "behind #, where no log sees it: {link}");
    let about = call(&server, "", "GET", "/api/about", json!(null)).await.good();
    assert_eq!(
        (&about["owned"], &about["guests"], &about["registration"]),
        (&json!(false), &json!("on"), &json!("invite"))
    );
    let token = owner(&server).await;
    let me = call(&server, &token, "GET", "/api/me", json!(null)).await.good();
    assert_eq!((&me["name"], &me["role"]), (&json!("olga"), &json!("owner")));
    let again = json!({ "name": "mallory", "password": PASSWORD, "invite": secret(&link) });
    assert_eq!(call(&server, "", "POST", "/api/register", again).await.refused(), (404, "bad_link".into()));
    assert_eq!(call(&server, "", "GET", "/api/about", json!(null)).await.good()["owned"], true);
    let data = server.stop().await;
    let server = TestServer::start_in(data, |_| {}).await;
    assert_eq!(server.owner_link, None);
}

#[tokio::test]
async fn a11_a_restart_makes_another_link_and_ends_the_first() {
    let server = TestServer::start().await;
    let first = server.owner_link.clone().unwrap();
    let data = server.stop().await;
    let server = TestServer::start_in(data, |config| config.rate_limits = false).await;
    let second = server.owner_link.clone().unwrap();
    assert_ne!(first, second);
    let with = |link: &str| json!({ "name": "olga", "password": PASSWORD, "invite": secret(link) });
    assert_eq!(call(&server, "", "POST", "/api/register", with(&first)).await.status, 404);
    assert_eq!(call(&server, "", "POST", "/api/register", with(&second)).await.status, 201);
}

#[tokio::test]
async fn a_disk_that_takes_no_link_prevents_no_start() {
    let server = TestServer::start().await;
    let first = server.owner_link.clone().unwrap();
    let data = server.stop().await;
    let sql = |sql: &str| {
        rusqlite::Connection::open(data.path().join("data/chat.db")).unwrap().execute_batch(sql).unwrap();
    };
    sql("CREATE TRIGGER full BEFORE INSERT ON links BEGIN SELECT RAISE(ABORT, 'full'); END");
    let server = TestServer::start_in(data.clone(), |config| config.rate_limits = false).await;
    assert_eq!(server.owner_link, None);
    assert_eq!(call(&server, "", "GET", "/api/about", json!(null)).await.good()["owned"], false);
    server.stop().await;
    sql("DROP TRIGGER full");
    let server = TestServer::start_in(data, |config| config.rate_limits = false).await;
    let with = |link: &str| json!({ "name": "olga", "password": PASSWORD, "invite": secret(link) });
    assert_eq!(call(&server, "", "POST", "/api/register", with(&first)).await.status, 404);
    let made = with(server.owner_link.as_ref().expect("it is made later"));
    assert_eq!(call(&server, "", "POST", "/api/register", made).await.status, 201);
}

#[tokio::test]
async fn a11_of_many_who_race_for_it_one_becomes_the_owner() {
    let server = TestServer::start().await;
    let invite = secret(server.owner_link.as_ref().unwrap());
    let bodies =
        (0..6).map(|n| json!({ "name": format!("name{n}"), "password": PASSWORD, "invite": invite }));
    let calls = bodies.map(|body| call(&server, "", "POST", "/api/register", body));
    let answers = futures_util::future::join_all(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert!(answers.iter().filter(|answer| answer.status != 201).all(|answer| answer.status == 404));
}

#[tokio::test]
async fn a10_there_is_always_an_owner() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let me = call(&server, &olga, "GET", "/api/me", json!(null)).await.good();
    let own = format!("/api/users/{}", me["user"].as_str().unwrap());
    let role = json!({ "role": "member" });
    let refused = call(&server, &olga, "POST", &format!("{own}/role"), role.clone()).await.refused();
    assert_eq!(refused, (409, "last_owner".into()));
    let (_, paul) = member(&server, &olga, "paul", "owner").await;
    assert_eq!(call(&server, &olga, "POST", &format!("{own}/role"), role).await.status, 204);
    let up = json!({ "role": "owner" });
    let refused = call(&server, &olga, "POST", &format!("/api/users/{paul}/role"), up).await.refused();
    assert_eq!(refused, (403, "forbidden".into()), "she decides nothing more");
}

#[tokio::test]
async fn admins_change_nothing_about_admins_and_owners() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let (adam, adam_id) = member(&server, &olga, "adam", "admin").await;
    let (eve, eve_id) = member(&server, &olga, "eve", "admin").await;
    let (mia, mia_id) = member(&server, &olga, "mia", "member").await;
    let me = call(&server, &olga, "GET", "/api/me", json!(null)).await.good();
    let olga_id = me["user"].as_str().unwrap();
    for above in [olga_id, eve_id.as_str()] {
        for (method, path, body) in [
            ("POST", "role", json!({ "role": "member" })),
            ("POST", "deactivate", json!({})),
            ("POST", "reset", json!({})),
            ("DELETE", "sessions", json!(null)),
        ] {
            let answer = call(&server, &adam, method, &format!("/api/users/{above}/{path}"), body).await;
            assert_eq!(answer.refused(), (403, "forbidden".into()), "{path}");
        }
    }
    for role in ["admin", "owner"] {
        let up = json!({ "role": role });
        for path in [format!("/api/users/{mia_id}/role"), "/api/invites".into()] {
            assert_eq!(call(&server, &adam, "POST", &path, up.clone()).await.status, 403, "{path} {role}");
        }
    }
    let answer =
        call(&server, &adam, "POST", &format!("/api/users/{mia_id}/role"), json!({ "role": "moderator" }))
            .await;
    assert_eq!(answer.status, 204);
    assert_eq!(call(&server, &mia, "GET", "/api/me", json!(null)).await.good()["role"], "moderator");
    // A moderator runs no accounts.
    for (method, path) in [("GET", "/api/invites"), ("POST", "/api/invites"), ("POST", "/api/users")] {
        assert_eq!(call(&server, &mia, method, path, json!({ "name": "x" })).await.status, 403, "{path}");
    }
    for who in [&adam_id, &eve_id] {
        assert_eq!(
            call(&server, &mia, "POST", &format!("/api/users/{who}/deactivate"), json!({})).await.status,
            403
        );
    }
    assert_eq!(call(&server, &eve, "GET", "/api/me", json!(null)).await.status, 200);
}
