//! What is asked over HTTP, as data: accounts, sessions, tokens, invites. `net::http` carries it out.

use std::fmt;

use bytes::Bytes;
use protocol::error::{ErrorCode, Refusal};
use protocol::http::{Call, ROUTES, Route};
use serde::{Deserialize, Serialize};

/// A request: a route, what stands in its path, and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Which route.
    pub call: Call,
    /// What stands where its path has `{…}`.
    pub parts: Vec<String>,
    /// Its body.
    pub body: Option<Body>,
    /// The person waits for what comes of it; otherwise the client asked by itself.
    pub shown: bool,
}

/// What a request says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// One of the protocol's bodies.
    Json(Hidden),
    /// A picture, or a piece of a file, as it is on disk.
    Bytes(Bytes),
}

/// A text that no log and no debugger's dump is to show.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hidden(pub String);

/// What came of a request: the body of the answer, or why there is none.
pub type Answer = Result<Hidden, Failure>;

/// Why a request came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Failure {
    /// The server's code; none where it was not reached, or is no chat server.
    pub code: Option<ErrorCode>,
    /// One sentence for people, as it came.
    pub reason: String,
}

impl Request {
    /// Without a body, for a person who waits.
    pub fn new(call: Call) -> Self {
        Self { call, parts: Vec::new(), body: None, shown: true }
    }

    /// With the next part of its path.
    #[must_use]
    pub fn with(mut self, part: impl fmt::Display) -> Self {
        self.parts.push(part.to_string());
        self
    }

    /// With a body.
    #[must_use]
    pub fn saying(mut self, body: &impl Serialize) -> Self {
        let json = serde_json::to_string(body).expect("bodies hold only texts, numbers and lists");
        self.body = Some(Body::Json(Hidden(json)));
        self
    }

    /// With these bytes for a body.
    #[must_use]
    pub fn carrying(mut self, bytes: Bytes) -> Self {
        self.body = Some(Body::Bytes(bytes));
        self
    }

    /// Asked by the client itself.
    #[must_use]
    pub fn quietly(mut self) -> Self {
        self.shown = false;
        self
    }

    /// Its method.
    pub fn method(&self) -> &'static str {
        self.route().method
    }

    /// Its path, from `/api` on.
    pub fn path(&self) -> String {
        let mut parts = self.parts.iter();
        let segment = |segment: &'static str| {
            if segment.starts_with('{') {
                escaped(parts.next().map_or("", String::as_str))
            } else {
                segment.to_owned()
            }
        };
        self.route().path.split('/').map(segment).collect::<Vec<_>>().join("/")
    }

    fn route(&self) -> &'static Route {
        ROUTES.iter().find(|route| route.call == self.call).expect("every call has its route")
    }
}

impl Failure {
    /// Where the server was not reached, or what answers is no chat server.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { code: None, reason: reason.into() }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let wait = refusal.retry_ms.map(|ms| format!(" (again in {} s)", ms.div_ceil(1000)));
        let reason = format!("{}{}", refusal.reason, wait.unwrap_or_default());
        Self { code: Some(refusal.code), reason }
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden")
    }
}

/// A segment of a path: what is not a plain letter, digit or mark is escaped.
fn escaped(part: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let escape = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    part.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_filled_and_escaped() {
        let request = Request::new(Call::RevokeTokenOf).with("u-1").with("../a b");
        assert_eq!(
            (request.method(), request.path()),
            ("DELETE", "/api/users/u-1/tokens/..%2Fa%20b".to_owned())
        );
        assert_eq!(Request::new(Call::Me).path(), "/api/me");
    }

    #[test]
    fn secrets_do_not_show() {
        let request = Request::new(Call::Login).saying(&serde_json::json!({"password": "opensesame"}));
        assert!(!format!("{request:?}").contains("opensesame"));
    }
}
