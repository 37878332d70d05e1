//! Files over HTTP: taken in pieces, given out whole or in ranges, and never as something that a browser runs.

use std::fmt::Write as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt as _};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use protocol::error::{ErrorCode, Refusal};
use protocol::http::{Call, UPLOAD_OFFSET, Uploaded};
use protocol::ids::Id;
use tokio::sync::mpsc;
use warp::Reply as _;
use warp::reply::Response;

use super::admit::Asker;
use super::answer::Answer;
use super::{Api, Body, Request};
use crate::core::range::{Part, part};
use crate::core::sniff;
use crate::files::{Found, Piece, Received, Still, no_file, send};
use crate::http::assets::is_known;
use crate::serve::Transfer;

impl Api {
    /// Carries out what was admitted, about files.
    pub(super) async fn call_files<S, B>(
        &self,
        call: Call,
        request: &Request,
        parts: &[&str],
        asker: Asker,
        body: Body<'_, S>,
    ) -> Result<Answer, Refusal>
    where
        S: Stream<Item = Result<B, warp::Error>>,
        B: Buf,
    {
        if call == Call::Announce {
            let asked = body.json().await?;
            return Ok(Answer::created(&self.files.announce(asker.author(), asked).await?));
        }
        let id = parts.first().and_then(|id| Id::new(id).ok()).ok_or_else(no_file)?;
        match call {
            Call::SendPiece => {
                let asked = Received {
                    author: asker.author(),
                    address: request.address,
                    id,
                    offset: number(&request.headers, UPLOAD_OFFSET).ok_or_else(|| {
                        let reason = "`Upload-Offset` says where the piece begins, in bytes";
                        Refusal::new(ErrorCode::BadFrame, reason)
                    })?,
                    length: number(&request.headers, "content-length"),
                };
                self.receive(asked, body, &request.transfers.begin())
                    .await
                    .map(|uploaded| Answer::ok(&uploaded))
            }
            Call::UploadOffset => Ok(Answer::ok(&self.files.offset(asker.author(), id).await?)),
            Call::CancelUpload => self.files.cancel(asker.author(), id).await.map(|()| Answer::Done),
            _ => self
                .fetch(call == Call::FetchThumb, id, request, asker)
                .await
                .map(|file| Answer::File(Box::new(file))),
        }
    }

    /// Hands the body on as it comes.
    async fn receive<S, B>(
        &self,
        asked: Received,
        mut body: Body<'_, S>,
        transfer: &Transfer,
    ) -> Result<Uploaded, Refusal>
    where
        S: Stream<Item = Result<B, warp::Error>>,
        B: Buf,
    {
        let (pieces, taken) = mpsc::channel(1);
        // A task of its own: it brings to the disk what came, also where this connection breaks off.
        let receiving = tokio::spawn(self.files.clone().receive(asked, taken));
        loop {
            let piece = tokio::select! {
                piece = body.stream.next() => piece,
                () = pieces.closed() => break,
            };
            let piece = match piece {
                Some(Ok(mut piece)) => {
                    transfer.moved(piece.remaining());
                    Piece::Bytes(piece.copy_to_bytes(piece.remaining()))
                }
                Some(Err(_)) => break,
                None => Piece::End,
            };
            let is_end = matches!(piece, Piece::End);
            if pieces.send(piece).await.is_err() || is_end {
                break;
            }
        }
        drop(pieces);
        receiving.await.unwrap_or_else(|error| {
            tracing::error!(%error, "receiving a file failed");
            Err(Refusal::new(ErrorCode::Unavailable, "the server cannot store files now"))
        })
    }

    async fn fetch(&self, thumb: bool, id: Id, request: &Request, asker: Asker) -> Result<Response, Refusal> {
        let found = self.files.find(asker.author(), id.clone(), thumb).await?;
        let described = Described::new(&found, thumb);
        let asked = &request.headers;
        if asked.contains_key(header::IF_NONE_MATCH) && is_known(asked, &described.etag) {
            return Ok(described.reply(StatusCode::NOT_MODIFIED.into_response()));
        }
        let size = found.size;
        let range = asked.get(header::RANGE).and_then(|range| range.to_str().ok());
        let holds = |tag: &HeaderValue| tag.as_bytes() == described.etag.as_bytes();
        let range = range.filter(|_| asked.get(header::IF_RANGE).is_none_or(holds));
        let (status, first, end) = match range.map_or(Part::Whole, |range| part(range, size)) {
            Part::Whole => (StatusCode::OK, 0, size),
            Part::Range(first, last) => (StatusCode::PARTIAL_CONTENT, first, last + 1),
            Part::None => {
                let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
                response.headers_mut().insert(header::CONTENT_RANGE, value(&format!("bytes */{size}")));
                return Ok(described.reply(response));
            }
        };
        let mut response = if request.method == Method::HEAD || first == end {
            Response::default()
        } else {
            let pieces = send(found.file, first, end, self.still(asker, id));
            warp::reply::stream(Pieces { pieces, transfer: request.transfers.begin() }).into_response()
        };
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(end - first));
        if status == StatusCode::PARTIAL_CONTENT {
            let range = value(&format!("bytes {first}-{}/{size}", end - 1));
            response.headers_mut().insert(header::CONTENT_RANGE, range);
        }
        Ok(described.reply(response))
    }

    /// Asks again what was asked before a file was given out: who asks may be signed out or put out of the room.
    fn still(&self, asker: Asker, id: Id) -> Still {
        let api = self.clone();
        Box::new(move || {
            let (api, asker, id) = (api.clone(), asker.clone(), id.clone());
            Box::pin(async move {
                let proven = match &asker {
                    Asker::Account(_, secret) => api.accounts.prove(secret).await.is_ok(),
                    Asker::Nobody | Asker::Guest(_) => true,
                };
                proven && api.files.may_fetch(asker.author(), id).await
            })
        })
    }
}

/// What is told with a file.
struct Described {
    etag: String,
    kind: HeaderValue,
    disposition: HeaderValue,
}

impl Described {
    fn new(found: &Found, thumb: bool) -> Self {
        let content = &found.fetched.content;
        let hash = content.hash[..16].iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        if thumb {
            let etag = format!("\"{hash}-thumb\"");
            let disposition = HeaderValue::from_static("inline");
            return Self { etag, kind: HeaderValue::from_static(found.thumb_kind()), disposition };
        }
        let shown = sniff::is_shown(&content.kind);
        let kind = match content.kind.as_str() {
            "text/plain" => HeaderValue::from_static("text/plain; charset=utf-8"),
            kind if shown => HeaderValue::try_from(kind).unwrap_or(HeaderValue::from_static(sniff::BINARY)),
            // Whatever it is, a browser that is told so will not try to show it.
            _ => HeaderValue::from_static(sniff::BINARY),
        };
        Self { etag: format!("\"{hash}\""), kind, disposition: disposition(&found.fetched.name, shown) }
    }

    fn reply(&self, mut response: Response) -> Response {
        let has_body = response.status().is_success();
        let headers = response.headers_mut();
        headers.insert(header::ETAG, value(&self.etag));
        // It never changes under its name, but may be taken out, or be for others only: a browser that keeps it asks each
        // time. Not for caches that others share, nor for whoever comes with another token.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.insert(header::VARY, HeaderValue::from_static("authorization, cookie"));
        headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        let policy =
            HeaderValue::from_static("default-src 'none'; img-src 'self'; media-src 'self'; sandbox");
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        if has_body {
            headers.insert(header::CONTENT_TYPE, self.kind.clone());
            headers.insert(header::CONTENT_DISPOSITION, self.disposition.clone());
        }
        response
    }
}

/// How a file is to be called by whoever keeps it (RFC 6266): in ASCII, and (RFC 8187) as it is.
fn disposition(name: &str, shown: bool) -> HeaderValue {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' })
        .collect();
    let encoded = name.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    });
    let how = if shown { "inline" } else { "attachment" };
    value(&format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{encoded}"))
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::try_from(text).expect("visible ASCII")
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    let said = headers.get(name)?.to_str().ok()?;
    said.bytes().all(|byte| byte.is_ascii_digit()).then(|| said.parse().ok()).flatten()
}

/// A file on its way.
struct Pieces {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    transfer: Transfer,
}

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = std::task::ready!(self.pieces.poll_recv(context));
        if let Some(Ok(piece)) = &piece {
            self.transfer.moved(piece.len());
        }
        Poll::Ready(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_in_both_ways() {
        let said = |name: &str| disposition(name, false).to_str().unwrap().to_owned();
        assert_eq!(said("a b.txt"), "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt");
        assert_eq!(said("é\"%.x"), "attachment; filename=\"___.x\"; filename*=UTF-8''%C3%A9%22%25.x");
        assert!(disposition("x", true).to_str().unwrap().starts_with("inline; "));
    }

    proptest::proptest! {
        #[test]
        fn no_name_breaks_out_of_its_header(name in ".{0,300}") {
            let said = disposition(&name, false);
            proptest::prop_assert_eq!(said.to_str().unwrap().matches('"').count(), 2);
        }
    }
}
