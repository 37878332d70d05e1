//! The handshake: from an HTTP request to a socket that speaks WebSocket (RFC 6455, section 4.2).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use protocol::SUBPROTOCOL;
use serde::Deserialize;
use tokio::net::TcpStream;
use tungstenite::handshake::derive_accept_key;
use warp::reply::Response;
use warp::{Filter, Rejection, Reply};

use super::{Door, Mode, Upgrade};
use crate::core::secret::Secret;
use crate::http::api::Jar;
use crate::http::origin::Names;
use crate::http::reject::Refused;
use crate::serve::Peer;

/// `/ws?room=ops&name=ana`; both are for plain mode.
#[derive(Debug, Deserialize)]
struct Query {
    room: Option<String>,
    name: Option<String>,
}

/// What a good handshake says.
#[derive(Debug, PartialEq, Eq)]
struct Handshake {
    accept: String,
    full: bool,
}

/// Answers 101 and hands the socket to the door.
pub(crate) fn route(
    door: Door,
    names: Arc<Names>,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    warp::get()
        .and(warp::header::headers_cloned())
        .and(warp::query::<Query>())
        .and(warp::ext::optional::<OnUpgrade>())
        .and(warp::ext::get::<Peer>())
        .and_then(move |headers: HeaderMap, query, on_upgrade, peer| {
            let answer =
                names.check_origin(&headers).and_then(|()| Handshake::read(&headers)).and_then(|handshake| {
                    let cookie = cookie(&headers, &names);
                    handshake.answer(&door, query, on_upgrade, peer, cookie)
                });
            std::future::ready(answer.map_err(warp::reject::custom))
        })
}

impl Handshake {
    fn read(headers: &HeaderMap) -> Result<Self, Refused> {
        let wrong = |reason: &str| Refused::new(StatusCode::BAD_REQUEST, reason);
        if !tokens(headers, &header::UPGRADE)?.any(|token| token.eq_ignore_ascii_case("websocket")) {
            return Err(Refused::new(StatusCode::UPGRADE_REQUIRED, "This address is for WebSockets."));
        }
        if !tokens(headers, &header::CONNECTION)?.any(|token| token.eq_ignore_ascii_case("upgrade")) {
            return Err(wrong("A WebSocket handshake says Connection: Upgrade."));
        }
        if one(headers, &header::SEC_WEBSOCKET_VERSION)?.is_none_or(|version| version != "13") {
            return Err(Refused::new(
                StatusCode::UPGRADE_REQUIRED,
                "Only version 13 of WebSocket is spoken here.",
            ));
        }
        let key = one(headers, &header::SEC_WEBSOCKET_KEY)?;
        let Some(key) = key.filter(|key| STANDARD.decode(key).is_ok_and(|key| key.len() == 16)) else {
            return Err(wrong("Sec-WebSocket-Key must be 16 bytes in base64."));
        };
        let full = tokens(headers, &header::SEC_WEBSOCKET_PROTOCOL)?.any(|token| token == SUBPROTOCOL);
        Ok(Self { accept: derive_accept_key(key.as_bytes()), full })
    }

    fn answer(
        self,
        door: &Door,
        query: Query,
        on_upgrade: Option<OnUpgrade>,
        peer: Peer,
        cookie: Option<Secret>,
    ) -> Result<Response, Refused> {
        let Some(on_upgrade) = on_upgrade else {
            return Err(Refused::new(
                StatusCode::BAD_REQUEST,
                "A WebSocket handshake is an HTTP/1.1 request.",
            ));
        };
        let mode = if self.full { Mode::V1 } else { Mode::Plain { room: query.room, name: query.name } };
        let upgrade = Upgrade { mode, peer: peer.address, slot: peer.slot, cookie };
        tokio::spawn(hand_over(on_upgrade, door.clone(), upgrade));

        let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        let accept = HeaderValue::try_from(self.accept).expect("base64 is visible ASCII");
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        if self.full {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        }
        Ok(response)
    }
}

/// What a browser's cookie says. It counts only where the page says that it is ours, which was checked: whoever says
/// no `Origin` is no browser, and brings a token.
fn cookie(headers: &HeaderMap, names: &Names) -> Option<Secret> {
    headers.get(header::ORIGIN)?;
    Jar::of(names.of(headers)).session(headers)
}

/// Waits until the 101 is written and takes the socket from hyper.
async fn hand_over(on_upgrade: OnUpgrade, door: Door, upgrade: Upgrade) {
    let upgraded = match on_upgrade.await {
        Ok(upgraded) => upgraded,
        // The client went away in the middle of the handshake.
        Err(error) => return tracing::debug!(%error, "a handshake came to nothing"),
    };
    if let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() {
        // A copy, mostly of nothing: the buffer it is in has 8 KiB and would live as long as the connection.
        let leftover = Bytes::copy_from_slice(&parts.read_buf);
        drop(parts.read_buf);
        door.accept(parts.io.into_inner(), leftover, upgrade).await;
    } else {
        tracing::error!("an upgraded connection is not the TCP stream that was served");
    }
}

/// A header that may be there once.
fn one<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Result<Option<&'a str>, Refused> {
    let mut values = headers.get_all(name).iter();
    let value = values.next();
    if values.next().is_some() {
        return Err(Refused::new(StatusCode::BAD_REQUEST, format!("There is more than one {name}.")));
    }
    value.map(|value| text(value, name)).transpose()
}

/// The comma-separated words of a header, in all its lines.
fn tokens<'a>(
    headers: &'a HeaderMap,
    name: &header::HeaderName,
) -> Result<impl Iterator<Item = &'a str> + use<'a>, Refused> {
    let lines: Vec<&'a str> =
        headers.get_all(name).iter().map(|value| text(value, name)).collect::<Result<_, _>>()?;
    Ok(lines.into_iter().flat_map(|line| line.split(',')).map(str::trim))
}

fn text<'a>(value: &'a HeaderValue, name: &header::HeaderName) -> Result<&'a str, Refused> {
    value.to_str().map_err(|_| Refused::new(StatusCode::BAD_REQUEST, format!("{name} must be ASCII.")))
}
