//! Files on their way: up in pieces that a broken connection does not undo, down to where nothing is overwritten.
//!
//! Whoever starts a transfer drops its future to stop it.

mod download;
mod thumb;
mod upload;

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use protocol::error::{ErrorCode, Refusal};
use protocol::http::{UPLOAD_OFFSET, Uploaded};
use serde::de::DeserializeOwned;
use tokio::time::{interval, sleep, timeout};

pub use download::{Download, download};
pub use thumb::thumb;
pub use upload::{NotSent, Source, Step, upload};

use crate::api::{Failure, Hidden, Request};
use crate::net::{Address, Gone, http as wire, random};

/// Tries without any progress, in a row; together about two minutes.
const TRIES: u32 = 16;
/// Between two tries: from here, doubled each time, up to [`REST_MOST`].
const REST: Duration = Duration::from_millis(500);
const REST_MOST: Duration = Duration::from_secs(10);
/// For one piece to go and be answered, and for the next part of a file to come.
const PATIENCE: Duration = Duration::from_mins(2);
/// Between two looks at how much of a piece has gone.
const GLANCE: Duration = Duration::from_millis(200);
/// The largest answer that is not a file.
const ANSWER: usize = 64 * 1024;

/// A server, and what proves to it who asks.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where it is.
    pub address: Address,
    /// Of an account, a bot or a guest; none: whoever it is.
    pub token: Option<Hidden>,
}

/// What stops one try.
#[derive(Debug)]
enum Trouble {
    /// The server's own word.
    Refused(Refusal),
    /// The way there, or what answered.
    Broken(Failure),
}

impl Trouble {
    fn failure(self) -> Failure {
        match self {
            Self::Refused(refusal) => refusal.into(),
            Self::Broken(failure) => failure,
        }
    }

    /// Whether the same may go well later.
    fn is_temporary(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.retry,
            Self::Broken(_) => true,
        }
    }

    fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(refusal) => Some(refusal.code),
            Self::Broken(_) => None,
        }
    }
}

/// Waits between tries, longer each time that nothing came of one.
#[derive(Debug, Default)]
struct Patience {
    tries: u32,
}

impl Patience {
    /// Something went on.
    fn renew(&mut self) {
        self.tries = 0;
    }

    /// Waits for the next try, or gives up with what went wrong.
    async fn wait(&mut self, trouble: Trouble) -> Result<(), Trouble> {
        if !trouble.is_temporary() || self.tries >= TRIES {
            return Err(trouble);
        }
        let bound = REST.saturating_mul(1 << self.tries.min(16)).min(REST_MOST);
        let asked = match &trouble {
            Trouble::Refused(refusal) => refusal.retry_ms.map(Duration::from_millis),
            Trouble::Broken(_) => None,
        };
        self.tries += 1;
        // Many that wait for the same server do not come back at once.
        let share = u32::try_from(random() % 1000).unwrap_or(0);
        sleep(asked.unwrap_or_default() + bound * share / 1000).await;
        Ok(())
    }
}

impl Server {
    /// Sends a request with these headers beside the usual ones, and gives the head of the answer with its body to come.
    async fn ask(
        &self,
        request: &Request,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<(StatusCode, HeaderMap, Incoming), Trouble> {
        self.ask_counting(request, headers, Gone::default()).await
    }

    /// The same, and counts what went of the request's body.
    async fn ask_counting(
        &self,
        request: &Request,
        headers: &[(HeaderName, HeaderValue)],
        gone: Gone,
    ) -> Result<(StatusCode, HeaderMap, Incoming), Trouble> {
        let token = self.token.as_ref().map(|token| token.0.as_str());
        let answered = timeout(PATIENCE, wire::exchange(&self.address, token, request, headers, gone)).await;
        let response = answered.map_err(|_| silent())?.map_err(Trouble::Broken)?;
        let (head, body) = response.into_parts();
        if head.status.is_success() {
            return Ok((head.status, head.headers, body));
        }
        let text = collect(body).await.unwrap_or_default();
        Err(match serde_json::from_slice::<Refusal>(&text) {
            Ok(refusal) => Trouble::Refused(refusal),
            Err(_) if head.status.is_client_error() => {
                let reason = format!("the server answers {}", head.status);
                Trouble::Refused(Refusal::new(ErrorCode::Other, reason))
            }
            Err(_) => Trouble::Broken(Failure::new(format!("the server answers {}", head.status))),
        })
    }

    /// Asks for one of the protocol's bodies.
    async fn answer<T: DeserializeOwned>(
        &self,
        request: &Request,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<T, Trouble> {
        let (_, _, body) = self.ask(request, headers).await?;
        read(body).await
    }

    /// Sends a piece of a file, and tells meanwhile how many bytes of it have gone.
    async fn send_piece(
        &self,
        request: &Request,
        at: HeaderValue,
        mut told: impl FnMut(u64),
    ) -> Result<Uploaded, Trouble> {
        let gone = Gone::default();
        let headers = [(HeaderName::from_static(UPLOAD_OFFSET), at)];
        let mut answer = pin!(self.ask_counting(request, &headers, gone.clone()));
        let mut glances = interval(GLANCE);
        let (_, _, body) = loop {
            tokio::select! {
                answer = &mut answer => break answer?,
                _ = glances.tick() => told(gone.bytes()),
            }
        };
        read(body).await
    }
}

async fn read<T: DeserializeOwned>(body: Incoming) -> Result<T, Trouble> {
    let text = collect(body).await.map_err(Trouble::Broken)?;
    serde_json::from_slice(&text)
        .map_err(|_| Trouble::Broken(Failure::new("the server's answer cannot be read")))
}

async fn collect(body: Incoming) -> Result<Bytes, Failure> {
    let collected = timeout(PATIENCE, Limited::new(body, ANSWER).collect()).await;
    let collected = collected.map_err(|_| Failure::new("the server does not answer"))?;
    Ok(collected.map_err(|error| Failure::new(format!("the answer broke off: {error}")))?.to_bytes())
}

fn silent() -> Trouble {
    Trouble::Broken(Failure::new("the server does not answer"))
}
