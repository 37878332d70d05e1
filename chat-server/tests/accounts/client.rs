//! Requests and connections of somebody.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::common::{Client, TestServer, within};

/// A password that is good enough for everybody here.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// What a request was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(said, _)| said == name).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{error}: {:?}", String::from_utf8_lossy(&self.bytes)))
    }

    /// The code of a refusal, with its status.
    pub(crate) fn refused(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The body of a request that was carried out.
    pub(crate) fn good(&self) -> Value {
        assert!(self.status < 300, "{self:?} {}", String::from_utf8_lossy(&self.bytes));
        if self.bytes.is_empty() { Value::Null } else { self.json() }
    }
}

/// A request with these headers and this body.
pub(crate) async fn request(
    server: &TestServer,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut head =
        format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        let _ = write!(head, "Host: {}\r\n", server.address);
    }
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head += "\r\n";
    let mut stream = within(TcpStream::connect(server.address)).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server may refuse and close before it has read all.
    let _ = stream.write_all(body).await;
    let mut bytes = Vec::new();
    let _ = within(stream.read_to_end(&mut bytes)).await;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer") + 4;
    let text = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = text.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Answer { status, headers, bytes: bytes[end..].to_vec() }
}

/// A request of a program: with a token, and JSON.
pub(crate) async fn call(server: &TestServer, token: &str, method: &str, path: &str, body: Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("Content-Type", "application/json")];
    if !token.is_empty() {
        headers.push(("Authorization", &bearer));
    }
    let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    request(server, method, path, &headers, &bytes).await
}

/// The secret in an invite or link.
pub(crate) fn secret(link: &str) -> String {
    link.rsplit('=').next().unwrap().to_owned()
}

/// Makes the first owner; their token.
pub(crate) async fn owner(server: &TestServer) -> String {
    let invite = secret(server.owner_link.as_ref().expect("there is no owner yet"));
    let body = json!({ "name": "olga", "password": PASSWORD, "invite": invite });
    call(server, "", "POST", "/api/register", body).await.good()["token"].as_str().unwrap().to_owned()
}

/// Makes an account by an invite of an owner's; its token and its user.
pub(crate) async fn member(server: &TestServer, owner: &str, name: &str, role: &str) -> (String, String) {
    let invite = call(server, owner, "POST", "/api/invites", json!({ "role": role })).await.good();
    let body = json!({ "name": name, "password": PASSWORD, "invite": invite["secret"], "device": "test" });
    let signed_in = call(server, "", "POST", "/api/register", body).await.good();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&signed_in["token"]), text(&signed_in["me"]["user"]))
}

pub(crate) async fn login(server: &TestServer, name: &str, password: &str) -> Answer {
    call(server, "", "POST", "/api/login", json!({ "name": name, "password": password })).await
}

/// A connection that has said `hello` with a token; and its `welcome`.
pub(crate) async fn hello(server: &TestServer, token: &str) -> (Client, Value) {
    let mut client = server.full().await;
    client
        .send(
            json!({ "type": "hello", "client": "t", "conn": token_conn(token), "token": token }).to_string(),
        )
        .await;
    let welcome = client.frame("welcome").await;
    (client, welcome)
}

fn token_conn(token: &str) -> String {
    token.chars().filter(char::is_ascii_alphanumeric).take(60).collect()
}

/// What a `hello` with a token that does not hold is answered: the refusal's code, and the close code.
pub(crate) async fn turned_away(server: &TestServer, token: &str) -> (String, u16) {
    let mut client = server.full().await;
    client.send(json!({ "type": "hello", "client": "t", "conn": "c", "token": token }).to_string()).await;
    let code = client.frame("error").await["code"].as_str().unwrap().to_owned();
    (code, u16::from(client.close().await.expect("a close with a code").code))
}

/// Says something in the lobby; the event's sender, user and whether it is a guest's.
pub(crate) async fn say(client: &mut Client, id: &str, text: &str) -> Value {
    let said = json!({ "type": "message", "room": "lobby", "id": id, "message": text });
    client.send(said.to_string()).await;
    loop {
        let event = client.frame("message").await;
        if event["id"] == id {
            return event;
        }
    }
}
