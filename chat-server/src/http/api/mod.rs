//! `/api`: accounts and files over plain requests. [`protocol::http::ROUTES`] is the list; here each has its answer.
//!
//! A request is looked at in this order: where it comes from, who asks, whether the route is for them, all of it at a
//! rate; only then is its body read. What it asks is decided by the commands, in the transaction that changes something.

mod admit;
mod answer;
mod calls;
mod cookie;
mod files;
mod limits;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};
use http::{HeaderMap, Method, StatusCode, header};
use protocol::error::{ErrorCode, Refusal};
use protocol::http::{Call, ROUTES, Route};
use serde::de::DeserializeOwned;
use warp::reply::Response;
use warp::{Filter, Rejection};

use self::answer::Answer;
pub(crate) use self::cookie::Jar;
use self::limits::Limits;
use super::origin::Names;
use crate::command::accounts::Accounts;
use crate::files::Files;
use crate::serve::{Peer, Transfers};

/// How long a picture may take to come. Few come at a time, and whoever is slow keeps others from it.
const PICTURE_PATIENCE: Duration = Duration::from_secs(30);

/// Answers whatever is asked below `/api`.
pub(super) fn routes(
    accounts: Accounts,
    files: Files,
    names: Arc<Names>,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    let api = Api { accounts, files, names, limits: Arc::default() };
    warp::path("api")
        .and(warp::method())
        .and(warp::path::full())
        .and(warp::header::headers_cloned())
        .and(warp::ext::get::<Peer>())
        .and(warp::body::stream())
        .then(move |method, path: warp::path::FullPath, headers, peer: Peer, body| {
            let api = api.clone();
            let request = Request { method, headers, address: peer.address, transfers: peer.transfers };
            async move { api.answer(&request, path.as_str(), body).await }
        })
}

#[derive(Debug, Clone)]
struct Api {
    accounts: Accounts,
    files: Files,
    names: Arc<Names>,
    limits: Arc<Limits>,
}

/// A request without its body.
#[derive(Debug)]
struct Request {
    method: Method,
    headers: HeaderMap,
    address: IpAddr,
    transfers: Transfers,
}

/// What a path says where its route has `{…}`.
type Parts<'a> = Vec<&'a str>;

impl Api {
    async fn answer<S, B>(&self, request: &Request, path: &str, body: S) -> Response
    where
        S: Stream<Item = Result<B, warp::Error>>,
        B: Buf,
    {
        let jar = Jar::of(self.names.of(&request.headers));
        let (route, parts) = match find(&request.method, path) {
            Ok(found) => found,
            Err(answer) => return answer.reply(request, &jar),
        };
        let answered = match self.admit(request, route, &jar).await {
            Ok(asker) => {
                let body = Body { stream: Box::pin(body), headers: &request.headers };
                match route.call {
                    Call::Announce
                    | Call::SendPiece
                    | Call::UploadOffset
                    | Call::CancelUpload
                    | Call::Fetch
                    | Call::FetchThumb => self.call_files(route.call, request, &parts, asker, body).await,
                    _ => self.call(route, request, &parts, asker.account(), body, &jar).await,
                }
            }
            Err(refusal) => Err(refusal),
        };
        answered.unwrap_or_else(Answer::Refused).reply(request, &jar)
    }
}

impl Request {
    /// A browser says where its page is from; that it is ours was checked.
    fn is_browser(&self) -> bool {
        self.headers.contains_key(header::ORIGIN)
    }
}

/// The body of a request, until it is read.
struct Body<'a, S> {
    stream: std::pin::Pin<Box<S>>,
    headers: &'a HeaderMap,
}

impl<S, B> Body<'_, S>
where
    S: Stream<Item = Result<B, warp::Error>>,
    B: Buf,
{
    /// As JSON of this type.
    async fn json<T: DeserializeOwned>(self) -> Result<T, Refusal> {
        if !self.is_of(|kind| kind == "application/json") {
            return Err(Refusal::new(ErrorCode::BadFrame, "the body must be application/json"));
        }
        let bytes = self.read(protocol::limits::BODY_BYTES).await?;
        serde_json::from_slice(&bytes).map_err(|error| {
            Refusal::new(ErrorCode::BadFrame, format!("the body is not what is asked for: {error}"))
        })
    }

    /// As a picture, whose kind its content tells.
    async fn picture(self) -> Result<Bytes, Refusal> {
        if !self.is_of(|kind| kind.starts_with("image/") || kind == "application/octet-stream") {
            return Err(Refusal::new(ErrorCode::BadImage, "the body must be a picture"));
        }
        let picture = tokio::time::timeout(PICTURE_PATIENCE, self.read(protocol::limits::PICTURE_BYTES));
        picture.await.map_err(|_| Refusal::new(ErrorCode::BadFrame, "the picture took too long"))?
    }

    fn is_of(&self, is_kind: impl FnOnce(&str) -> bool) -> bool {
        let said = self.headers.get(header::CONTENT_TYPE).and_then(|said| said.to_str().ok());
        said.is_some_and(|said| is_kind(said.split(';').next().unwrap_or_default().trim()))
    }

    async fn read(mut self, most: usize) -> Result<Bytes, Refusal> {
        let too_long = || Refusal::new(ErrorCode::TooLong, format!("the body has at most {most} bytes"));
        let mut bytes = BytesMut::new();
        while let Some(piece) = self.stream.next().await {
            let piece = piece.map_err(|_| Refusal::new(ErrorCode::BadFrame, "the body broke off"))?;
            if bytes.len() + piece.remaining() > most {
                return Err(too_long());
            }
            let mut piece = piece;
            while piece.has_remaining() {
                let chunk = piece.chunk();
                bytes.extend_from_slice(chunk);
                let length = chunk.len();
                piece.advance(length);
            }
        }
        Ok(bytes.freeze())
    }
}

/// The route of a request, and the parts of its path that are told apart by nothing but their place.
fn find<'a>(method: &Method, path: &'a str) -> Result<(&'static Route, Parts<'a>), Answer> {
    let asked = if method == Method::HEAD { "GET" } else { method.as_str() };
    let mut allowed = Vec::new();
    for route in ROUTES {
        let Some(parts) = parts(route.path, path) else { continue };
        if route.method == asked {
            return Ok((route, parts));
        }
        allowed.push(route.method);
    }
    if allowed.is_empty() {
        return Err(Answer::Refused(Refusal::new(ErrorCode::NotFound, "there is nothing here")));
    }
    Err(Answer::WrongMethod(allowed))
}

fn parts<'a>(template: &str, path: &'a str) -> Option<Parts<'a>> {
    let mut parts = Vec::new();
    let mut segments = path.split('/');
    for wanted in template.split('/') {
        let segment = segments.next()?;
        if wanted.starts_with('{') {
            parts.push(segment);
        } else if segment != wanted {
            return None;
        }
    }
    segments.next().is_none().then_some(parts)
}

/// Whether a status is of a refusal before the body was looked at, so that the connection cannot go on.
fn leaves_body(status: StatusCode, method: &Method) -> bool {
    (status.is_client_error() || status.is_server_error())
        && matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_found_by_their_whole_path() {
        let found = |method: Method, path| {
            find(&method, path)
                .map(|(route, parts)| (route.path, parts))
                .map_err(|answer| format!("{answer:?}"))
        };
        assert_eq!(found(Method::GET, "/api/me").unwrap(), ("/api/me", vec![]));
        assert_eq!(found(Method::HEAD, "/api/about").unwrap(), ("/api/about", vec![]));
        let (path, parts) = found(Method::DELETE, "/api/users/u-1/tokens/t-2").unwrap();
        assert_eq!((path, parts), ("/api/users/{user}/tokens/{token}", vec!["u-1", "t-2"]));
        for nothing in ["/api", "/api/", "/api/me/", "/api/you", "/api/users/u-1/tokens/t-2/x", "/api//me"] {
            assert!(found(Method::GET, nothing).unwrap_err().contains("NotFound"), "{nothing}");
        }
        assert!(found(Method::POST, "/api/me").unwrap_err().contains("WrongMethod"));
    }
}
