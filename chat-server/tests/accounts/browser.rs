//! Browsers: cookies out of reach, and nothing that a page of another site could have them do.

use serde_json::json;

use crate::client::{Answer, PASSWORD, call, hello, member, owner, request};
use crate::common::TestServer;

/// A browser whose page is ours.
struct Browser<'a> {
    server: &'a TestServer,
    origin: String,
    cookie: String,
}

impl<'a> Browser<'a> {
    fn new(server: &'a TestServer) -> Self {
        Self { server, origin: format!("http://{}", server.address), cookie: String::new() }
    }

    async fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        let headers = [
            ("Origin", self.origin.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
            ("Content-Type", "application/json"),
            ("Cookie", &self.cookie),
        ];
        request(self.server, method, path, &headers, body.as_bytes()).await
    }

    async fn sign_in(&mut self, name: &str) -> Answer {
        let body = json!({ "name": name, "password": PASSWORD }).to_string();
        let answer = self.send("POST", "/api/login", &body).await;
        let cookies: Vec<&str> =
            answer.all("set-cookie").iter().map(|cookie| cookie.split(';').next().unwrap()).collect();
        self.cookie = cookies.join("; ");
        answer
    }
}

#[tokio::test]
async fn w05_a_browsers_session_is_a_cookie_that_no_script_sees() {
    let server = TestServer::start().await;
    owner(&server).await;
    let mut browser = Browser::new(&server);
    let answer = browser.sign_in("olga").await;
    let text = String::from_utf8(answer.bytes.clone()).unwrap();
    assert!(answer.status == 200 && !text.contains("chat_s_") && !text.contains("known"), "{text}");
    let cookies = answer.all("set-cookie");
    assert_eq!(cookies.len(), 2);
    for cookie in &cookies {
        assert!(
            cookie.contains("; HttpOnly")
                && cookie.contains("; SameSite=Strict")
                && cookie.contains("; Path=/"),
            "{cookie}"
        );
    }
    assert!(cookies[0].starts_with(&format!("chat-{}=chat_s_", server.address.port())));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(browser.send("GET", "/api/me", "").await.good()["name"], "olga");
    let out = browser.send("POST", "/api/logout", "").await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    let gone = browser.send("GET", "/api/me", "").await;
    assert_eq!(gone.refused(), (401, "sign_in".into()));
    assert!(gone.header("set-cookie").unwrap().contains("Max-Age=0"), "what proves nothing is forgotten");
    assert_eq!(browser.sign_in("olga").await.status, 200, "a dead cookie does not keep one from signing in");
}

#[tokio::test]
async fn w05_with_tls_the_cookie_belongs_to_this_host_alone() {
    let server = TestServer::start_with(|config| {
        config.rate_limits = false;
        config.public_urls = vec!["https://chat.example.org".parse().unwrap()];
    })
    .await;
    assert!(server.owner_link.as_ref().unwrap().starts_with("https://chat.example.org/#invite="));
    let invite = crate::client::secret(server.owner_link.as_ref().unwrap());
    let body = json!({ "name": "olga", "password": PASSWORD, "invite": invite }).to_string();
    let headers = [
        ("Host", "chat.example.org"),
        ("Origin", "https://chat.example.org"),
        ("Content-Type", "application/json"),
    ];
    let answer = request(&server, "POST", "/api/register", &headers, body.as_bytes()).await;
    assert_eq!(answer.status, 201);
    for cookie in answer.all("set-cookie") {
        assert!(cookie.starts_with("__Host-chat") && cookie.contains("; Secure"), "{cookie}");
    }
}

#[tokio::test]
async fn w04_no_page_of_another_site_changes_anything() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    member(&server, &olga, "ana", "member").await;
    let mut browser = Browser::new(&server);
    browser.sign_in("ana").await;
    let (ours, cookie) = (browser.origin.clone(), browser.cookie.clone());
    let suffix = format!("{ours}.evil.example");
    let other_port = format!("http://127.0.0.1:{}", server.address.port().wrapping_add(1));
    let other_scheme = ours.replace("http:", "https:");
    let json = "application/json";
    let attacks: Vec<Vec<(&str, &str)>> = vec![
        vec![("Origin", "https://evil.example"), ("Content-Type", json)],
        vec![("Origin", "null"), ("Content-Type", json)],
        vec![("Origin", &suffix), ("Content-Type", json)],
        vec![("Origin", &other_port), ("Content-Type", json)],
        vec![("Origin", &other_scheme), ("Content-Type", json)],
        vec![("Origin", &ours), ("Origin", "https://evil.example"), ("Content-Type", json)],
        vec![("Content-Type", json)],
        vec![("Sec-Fetch-Site", "cross-site"), ("Origin", &ours), ("Content-Type", json)],
        vec![("Sec-Fetch-Site", "same-site"), ("Origin", &ours), ("Content-Type", json)],
    ];
    let routes = protocol::http::ROUTES.iter().filter(|route| route.method != "GET");
    for route in routes {
        let path = route
            .path
            .replace("{user}", "u-1")
            .replace("{session}", "x")
            .replace("{token}", "x")
            .replace("{invite}", "x");
        for attack in &attacks {
            let mut headers = attack.clone();
            headers.push(("Cookie", &cookie));
            let answer = request(&server, route.method, &path, &headers, b"{}").await;
            assert_eq!(answer.refused(), (403, "bad_origin".into()), "{} {path} {attack:?}", route.method);
        }
    }
    // What a form or a fetch without asking first can send has no JSON in it.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let headers = [("Origin", ours.as_str()), ("Cookie", cookie.as_str()), ("Content-Type", kind)];
        let answer = request(&server, "PATCH", "/api/me", &headers, br#"{"status":"pwned"}"#).await;
        assert_eq!(answer.refused(), (400, "bad_frame".into()), "{kind}");
    }
    let read =
        request(&server, "GET", "/api/me", &[("Cookie", &cookie), ("Sec-Fetch-Site", "cross-site")], b"")
            .await;
    assert_eq!(read.refused().0, 403);
    assert_eq!(browser.send("GET", "/api/me", "").await.good().get("profile"), None, "nothing came of it");
}

#[tokio::test]
async fn w03_a_cookie_opens_a_socket_only_for_our_own_page() {
    let server = TestServer::start().await;
    owner(&server).await;
    let mut browser = Browser::new(&server);
    browser.sign_in("olga").await;
    let hello = json!({ "type": "hello", "client": "web", "conn": "c1" }).to_string();
    let ours = [("origin", browser.origin.as_str()), ("cookie", browser.cookie.as_str())];
    let mut client = server.connect_with("", Some("chat.v1"), &ours).await.unwrap();
    client.send(hello.clone()).await;
    let welcome = client.frame("welcome").await;
    assert_eq!((&welcome["user"]["name"], &welcome["user"]["guest"]), (&json!("olga"), &json!(false)));
    assert_eq!(welcome.get("token"), None, "a page never sees it");
    for origin in ["https://evil.example", "null", &format!("{}.evil.example", browser.origin)] {
        let headers = [("origin", origin), ("cookie", browser.cookie.as_str())];
        assert!(server.connect_with("", Some("chat.v1"), &headers).await.is_err(), "{origin}");
    }
    // Without an Origin it is no browser, and a cookie proves nothing.
    let mut client = server.connect_with("", Some("chat.v1"), &ours[1..]).await.unwrap();
    client.send(hello.clone()).await;
    assert_eq!(client.frame("welcome").await["user"]["guest"], true);
    // Plain mode is for guests, whoever asks.
    let mut plain = server.connect_with("?name=x", None, &ours).await.unwrap();
    plain.send("hello").await;
    assert_eq!(plain.frame("message").await["guest"], true);
    // A session that has ended makes no guest of its page.
    let mut open = server.connect_with("", Some("chat.v1"), &ours).await.unwrap();
    open.send(json!({ "type": "hello", "client": "web", "conn": "c2" }).to_string()).await;
    open.frame("welcome").await;
    assert_eq!(browser.send("DELETE", "/api/me/sessions", "").await.status, 204);
    assert_eq!(u16::from(open.close().await.unwrap().code), 4001);
    let mut late = server.connect_with("", Some("chat.v1"), &ours).await.unwrap();
    late.send(hello).await;
    assert_eq!(late.frame("error").await["code"], "sign_in");
    assert_eq!(u16::from(late.close().await.unwrap().code), 4001);
}

#[tokio::test]
async fn a_programs_token_goes_before_a_cookie() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let (ana, _) = member(&server, &olga, "ana", "member").await;
    let mut browser = Browser::new(&server);
    browser.sign_in("olga").await;
    let headers = [("origin", browser.origin.as_str()), ("cookie", browser.cookie.as_str())];
    let mut client = server.connect_with("", Some("chat.v1"), &headers).await.unwrap();
    client.send(json!({ "type": "hello", "client": "t", "conn": "c", "token": ana }).to_string()).await;
    assert_eq!(client.frame("welcome").await["user"]["name"], "ana");
    // A guest's token stands behind it: whoever signs in on a device is no guest there any more.
    let (_guest, welcome) = hello(&server, "junk").await;
    let guest = &welcome["token"];
    let mut client = server.connect_with("", Some("chat.v1"), &headers).await.unwrap();
    client.send(json!({ "type": "hello", "client": "t", "conn": "d", "token": guest }).to_string()).await;
    assert_eq!(client.frame("welcome").await["user"]["name"], "olga");
    let bearer = format!("Bearer {ana}");
    let both = [("Authorization", bearer.as_str()), ("Cookie", browser.cookie.as_str())];
    assert_eq!(request(&server, "GET", "/api/me", &both, b"").await.good()["name"], "ana");
}

#[tokio::test]
async fn bodies_are_bounded_and_methods_are_told() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let long = json!({ "name": "x".repeat(20_000), "password": "x" });
    assert_eq!(call(&server, "", "POST", "/api/login", long).await.refused(), (413, "too_long".into()));
    let broken =
        request(&server, "POST", "/api/login", &[("Content-Type", "application/json")], b"{\"name\":").await;
    assert_eq!(broken.refused(), (400, "bad_frame".into()));
    let wrong = call(&server, &olga, "PUT", "/api/me", json!({})).await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("GET, PATCH")));
    assert_eq!(
        call(&server, &olga, "GET", "/api/nothing", json!(null)).await.refused(),
        (404, "not_found".into())
    );
    let head = request(&server, "HEAD", "/api/about", &[], b"").await;
    assert_eq!((head.status, head.bytes.len()), (200, 0));
}
