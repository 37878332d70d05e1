//! A server with accounts, and people who are connected to it.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use chat_server::store::Durability;
use protocol::names;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::common::{Client, TestServer};

pub(crate) struct Stage {
    pub(crate) server: TestServer,
}

/// Somebody who is connected.
pub(crate) struct Person {
    pub(crate) client: Client,
    pub(crate) user: String,
    pub(crate) welcome: Value,
    /// Frames that were passed over while waiting for others.
    pub(crate) passed: VecDeque<Value>,
    asked: u64,
}

impl Stage {
    pub(crate) async fn open() -> Self {
        Self::open_in(Arc::new(tempfile::tempdir().unwrap())).await
    }

    /// On a directory that a stopped server gave back.
    pub(crate) async fn open_in(dir: Arc<TempDir>) -> Self {
        let change = |config: &mut chat_server::Config| {
            config.rate_limits = false;
            // The machine does not lose its power in a test.
            config.durability = Durability::Normal;
        };
        Self { server: TestServer::start_in(dir, change).await }
    }

    /// With the rate limits that a server has in production.
    pub(crate) async fn limited() -> Self {
        let change = |config: &mut chat_server::Config| config.durability = Durability::Normal;
        Self { server: TestServer::start_with(change).await }
    }

    fn database(&self) -> PathBuf {
        self.server.dir().join("data/chat.db")
    }

    /// The record, to be looked at or changed behind the server's back.
    pub(crate) fn db(&self) -> Connection {
        let db = Connection::open(self.database()).unwrap();
        db.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        db
    }

    /// An account, as if it had been made; its id is `u-NAME`.
    pub(crate) fn add(&self, name: &str, role: &str) {
        let db = self.db();
        db.execute(
            "INSERT INTO accounts (user, name, role, created_ms) VALUES (?1, ?2, ?3, 0)",
            params![format!("u-{name}"), name, role],
        )
        .unwrap();
        let account = db.last_insert_rowid();
        db.execute(
            "INSERT INTO account_names (skeleton, account, since_ms) VALUES (?1, ?2, 0)",
            params![names::skeleton(name), account],
        )
        .unwrap();
        db.execute(
            "INSERT INTO sessions (id, account, hash, device, address, created_ms, used_ms)
             VALUES (?1, ?2, ?3, 'test', '127.0.0.1', ?4, ?4)",
            params![format!("s-{name}"), account, hash(&session(name)), now_ms()],
        )
        .unwrap();
    }

    /// A token of an account's that is good for these scopes (JSON).
    pub(crate) fn add_token(&self, name: &str, scopes: &str) {
        let db = self.db();
        db.execute(
            "INSERT INTO tokens (id, account, hash, name, scopes, created_ms)
             SELECT ?1, id, ?2, 'test', ?3, ?4 FROM accounts WHERE user = ?5",
            params![format!("t-{name}"), hash(&token(name)), scopes, now_ms(), format!("u-{name}")],
        )
        .unwrap();
    }

    /// Somebody with an account, made at once, connected.
    pub(crate) async fn person(&self, name: &str, role: &str) -> Person {
        self.add(name, role);
        self.again(name).await
    }

    /// One more connection of an account.
    pub(crate) async fn again(&self, name: &str) -> Person {
        self.connect(json!({"token": session(name)})).await
    }

    pub(crate) async fn bot(&self, name: &str) -> Person {
        self.connect(json!({"token": token(name)})).await
    }

    pub(crate) async fn guest(&self, name: &str) -> Person {
        self.connect(json!({"name": name})).await
    }

    /// A connection whose `hello` says this, welcomed.
    pub(crate) async fn connect(&self, mut hello: Value) -> Person {
        let mut client = self.server.full().await;
        hello["type"] = "hello".into();
        hello["client"] = "test".into();
        if hello.get("conn").is_none() {
            hello["conn"] = format!("c{}", rand_id()).into();
        }
        client.send(hello.to_string()).await;
        let welcome = client.frame("welcome").await;
        let user = welcome["user"]["user"].as_str().unwrap().to_owned();
        Person { client, user, welcome, passed: VecDeque::new(), asked: 0 }
    }
}

impl Person {
    pub(crate) async fn send(&mut self, frame: Value) {
        self.client.send(frame.to_string()).await;
    }

    /// The next frame.
    pub(crate) async fn frame(&mut self) -> Value {
        serde_json::from_str(&self.client.text().await).unwrap()
    }

    /// Asks something and gives the answer, whatever it is; what comes before it is kept.
    pub(crate) async fn ask(&mut self, mut question: Value) -> Value {
        self.asked += 1;
        let (reference, id) = (self.asked, format!("i{}-{}", self.asked, rand_id()));
        question["ref"] = reference.into();
        if question.get("id").is_none() && takes_an_id(&question) {
            question["id"] = id.into();
        }
        let id = question["id"].clone();
        self.send(question).await;
        loop {
            let frame = self.frame().await;
            let by_ref = frame["ref"] == reference;
            let by_id = id.is_string()
                && frame["id"] == id
                && ["ack", "error"].contains(&frame["type"].as_str().unwrap());
            if by_ref || by_id {
                return frame;
            }
            self.passed.push_back(frame);
        }
    }

    /// Asks something that is carried out.
    pub(crate) async fn does(&mut self, question: Value) -> Value {
        let answer = self.ask(question.clone()).await;
        assert_ne!(answer["type"], "error", "{question} → {answer}");
        answer
    }

    /// Asks something that is refused; the code.
    pub(crate) async fn is_refused(&mut self, question: Value) -> String {
        let answer = self.ask(question.clone()).await;
        assert_eq!(answer["type"], "error", "{question} → {answer}");
        answer["code"].as_str().unwrap().to_owned()
    }

    /// The next frame for which this holds, also of those that were passed over.
    pub(crate) async fn expect(&mut self, is_meant: impl Fn(&Value) -> bool) -> Value {
        if let Some(index) = self.passed.iter().position(&is_meant) {
            return self.passed.remove(index).unwrap();
        }
        loop {
            let frame = self.frame().await;
            if is_meant(&frame) {
                return frame;
            }
            self.passed.push_back(frame);
        }
    }

    /// The next event of a kind in a room.
    pub(crate) async fn event(&mut self, room: &str, kind: &str) -> Value {
        self.expect(|frame| frame["type"] == kind && frame["room"] == room && frame["seq"].is_u64()).await
    }

    pub(crate) async fn say(&mut self, room: &str, text: &str) -> Value {
        self.does(json!({"type": "message", "room": room, "message": text})).await
    }

    /// Makes a private room; its key.
    pub(crate) async fn makes_private(&mut self, title: &str) -> String {
        let made = self.does(json!({"type": "create", "room": title, "kind": "private"})).await;
        made["room"]["room"].as_str().unwrap().to_owned()
    }

    /// Invites somebody, who comes.
    pub(crate) async fn brings(&mut self, room: &str, other: &mut Person) {
        self.does(json!({"type": "invite", "room": room, "user": other.user})).await;
        other.does(json!({"type": "join", "room": room})).await;
    }
}

/// Commands that are answered by their `id`.
fn takes_an_id(question: &Value) -> bool {
    ["message", "edit", "delete", "react", "pin"].contains(&question["type"].as_str().unwrap())
}

pub(crate) fn session(name: &str) -> String {
    secret("chat_s_", name)
}

pub(crate) fn token(name: &str) -> String {
    secret("chat_b_", name)
}

pub(crate) fn secret(prefix: &str, name: &str) -> String {
    let rest: String = name.bytes().filter(u8::is_ascii_alphanumeric).map(char::from).collect();
    format!("{prefix}{rest:x<43}")
}

pub(crate) fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

pub(crate) fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

pub(crate) fn rand_id() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
