//! Uploads and downloads, as requests.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::client::{Answer, call, request};
use crate::common::TestServer;
use crate::stage::{Person, session};

/// Somebody who uploads and fetches, by a token.
pub(crate) struct Files<'a> {
    pub(crate) server: &'a TestServer,
    pub(crate) token: String,
}

pub(crate) fn of<'a>(server: &'a TestServer, name: &str) -> Files<'a> {
    Files { server, token: session(name) }
}

/// A guest, by the token that their `welcome` gave.
pub(crate) fn of_guest<'a>(server: &'a TestServer, guest: &Person) -> Files<'a> {
    Files { server, token: guest.welcome["token"].as_str().unwrap().to_owned() }
}

/// Nobody in particular.
pub(crate) fn nobody(server: &TestServer) -> Files<'_> {
    Files { server, token: String::new() }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        .collect()
}

/// So many bytes that are no text and do not repeat soon.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    (0..length).map(next).collect()
}

impl Files<'_> {
    pub(crate) async fn announce(&self, room: &str, name: &str, size: usize) -> Answer {
        self.call("POST", "/api/files", json!({"room": room, "name": name, "size": size})).await
    }

    /// Announces a file that is taken; its id.
    pub(crate) async fn begin(&self, room: &str, name: &str, size: usize) -> String {
        let upload = self.announce(room, name, size).await.good();
        assert_eq!((upload["offset"].as_u64(), upload["chunk"].as_u64()), (Some(0), Some(4 << 20)));
        upload["upload"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn piece(&self, id: &str, offset: usize, bytes: &[u8]) -> Answer {
        let (bearer, offset) = (format!("Bearer {}", self.token), offset.to_string());
        let headers = [("Authorization", bearer.as_str()), ("Upload-Offset", offset.as_str())];
        request(self.server, "PATCH", &format!("/api/files/{id}"), &headers, bytes).await
    }

    /// Uploads a file at once; what the server says it is.
    pub(crate) async fn upload(&self, room: &str, name: &str, bytes: &[u8]) -> Value {
        let id = self.begin(room, name, bytes.len()).await;
        let mut at = 0;
        loop {
            let end = bytes.len().min(at + (4 << 20));
            let answer = self.piece(&id, at, &bytes[at..end]).await.good();
            assert_eq!(answer["offset"].as_u64(), Some(end as u64));
            at = end;
            if at == bytes.len() {
                assert_eq!(answer["file"]["file"], id.as_str());
                return answer["file"].clone();
            }
        }
    }

    pub(crate) async fn offset(&self, id: &str) -> Answer {
        self.call("GET", &format!("/api/files/{id}/offset"), Value::Null).await
    }

    pub(crate) async fn cancel(&self, id: &str) -> Answer {
        self.call("DELETE", &format!("/api/files/{id}"), Value::Null).await
    }

    pub(crate) async fn get(&self, id: &str) -> Answer {
        self.get_with(id, &[]).await
    }

    pub(crate) async fn thumb(&self, id: &str) -> Answer {
        self.get(&format!("{id}/thumb")).await
    }

    pub(crate) async fn get_with(&self, id: &str, headers: &[(&str, &str)]) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut all = headers.to_vec();
        if !self.token.is_empty() {
            all.push(("Authorization", &bearer));
        }
        request(self.server, "GET", &format!("/api/files/{id}"), &all, b"").await
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        call(self.server, &self.token, method, path, body).await
    }
}
