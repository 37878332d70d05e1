//! One request over HTTP/1.1, on a connection of its own: what is asked this way is rare.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use protocol::error::{ErrorCode, Refusal};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::body::{Gone, Parts};
use super::{Address, tls};
use crate::api::{Answer, Body, Failure, Hidden, Request};

/// From the dial to the end of the answer. A password takes the server a while, and others may wait for it, too.
const PATIENCE: Duration = Duration::from_secs(30);
/// The largest answer: the accounts of a large team, generously.
const MOST: usize = 8 * 1024 * 1024;

/// Asks, as whoever the token proves; the body of the answer, or why there is none.
pub async fn call(address: &Address, token: Option<&str>, request: &Request) -> Answer {
    let answered = timeout(PATIENCE, ask(address, token, request)).await;
    answered.unwrap_or_else(|_| Err(Failure::new("the server does not answer")))
}

async fn ask(address: &Address, token: Option<&str>, request: &Request) -> Answer {
    let response = exchange(address, token, request, &[], Gone::default()).await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), MOST).collect().await;
    let body = body.map_err(|error| Failure::new(format!("the answer broke off: {error}")))?.to_bytes();
    let text = String::from_utf8_lossy(&body).into_owned();
    if status.is_success() {
        return Ok(Hidden(text));
    }
    Err(refusal(status, &text))
}

/// Sends a request with these headers beside the usual ones, and counts in `gone` what went of its body; the body of the
/// answer is still to come.
pub(crate) async fn exchange(
    address: &Address,
    token: Option<&str>,
    request: &Request,
    headers: &[(HeaderName, HeaderValue)],
    gone: Gone,
) -> Result<Response<Incoming>, Failure> {
    let mut message = message(address, token, request, gone)?;
    message.headers_mut().extend(headers.iter().cloned().map(|(name, value)| (Some(name), value)));
    let refused = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::ConnectionRefused => {
            Failure::new(format!("nothing listens at {} — is chat-server running?", address.authority()))
        }
        _ => Failure::new(tls::distrust(&error).map_or_else(|| error.to_string(), str::to_owned)),
    };
    let (host, port) = address.host();
    let stream = TcpStream::connect((host, port)).await.map_err(refused)?;
    // Small requests: waiting for more to send only makes them late.
    let _ = stream.set_nodelay(true);
    let Some(tls) = address.tls().map_err(refused)? else {
        return talk(stream, message).await;
    };
    let name = ServerName::try_from(host.to_owned()).map_err(|error| Failure::new(error.to_string()))?;
    let stream = TlsConnector::from(tls).connect(name, stream).await.map_err(refused)?;
    talk(stream, message).await
}

async fn talk<S>(stream: S, message: http::Request<Parts>) -> Result<Response<Incoming>, Failure>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let broken = |error: hyper::Error| Failure::new(format!("the connection broke: {error}"));
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // Ends with the sender; what goes wrong on it, the request tells.
    tokio::spawn(connection);
    sender.send_request(message).await.map_err(broken)
}

fn message(
    address: &Address,
    token: Option<&str>,
    request: &Request,
    gone: Gone,
) -> Result<http::Request<Parts>, Failure> {
    let body = request.body.as_ref().map(|body| match body {
        Body::Json(json) => (Bytes::from(json.0.clone()), "application/json"),
        Body::Bytes(bytes) => (bytes.clone(), "application/octet-stream"),
    });
    let mut message = http::Request::builder()
        .method(request.method())
        .uri(format!("{}{}", address.path(), request.path()))
        .header(HOST, address.authority())
        .header(USER_AGENT, concat!("chat-tui/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, "application/json");
    if let Some((_, kind)) = &body {
        message = message.header(CONTENT_TYPE, *kind);
    }
    if let Some(token) = token {
        let mut proof = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| Failure::new("the token is not one"))?;
        proof.set_sensitive(true);
        message = message.header(AUTHORIZATION, proof);
    }
    message
        .body(Parts::new(body.map(|(body, _)| body).unwrap_or_default(), gone))
        .map_err(|error| Failure::new(error.to_string()))
}

/// Why the server does not do it: its own words, where it is a chat server.
fn refusal(status: StatusCode, text: &str) -> Failure {
    match serde_json::from_str::<Refusal>(text) {
        Ok(refusal) => refusal.into(),
        Err(_) if status == StatusCode::NOT_FOUND => Failure {
            code: Some(ErrorCode::NotFound),
            reason: "this server has no accounts: is it a chat server of this version?".to_owned(),
        },
        Err(_) => Failure::new(format!("the server answers {status}")),
    }
}

#[cfg(test)]
mod tests {
    use protocol::http::{Call, Login};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers one request with this text, and returns what was asked.
    async fn serve(answer: &str, token: Option<&str>, request: Request) -> (Answer, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = Address::parse(&format!("http://{}/team/", listener.local_addr().unwrap())).unwrap();
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 4096];
            let mut length = 0;
            loop {
                length += stream.read(&mut asked[length..]).await.unwrap();
                let text = String::from_utf8_lossy(&asked[..length]).into_owned();
                let whole = text
                    .split_once("\r\n\r\n")
                    .is_some_and(|(head, body)| !head.contains("content-length") || body.ends_with('}'));
                if whole {
                    stream.write_all(answer.as_bytes()).await.unwrap();
                    return text;
                }
            }
        };
        tokio::join!(call(&address, token, &request), server)
    }

    #[tokio::test]
    async fn a_request_proves_who_asks_and_its_answer_is_the_body() {
        let login = Login { name: "ana".into(), password: "p".into(), device: None, known: None };
        let request = Request::new(Call::Login).saying(&login);
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        let (answered, asked) = serve(answer, Some("chat_s_x"), request).await;
        assert_eq!(answered, Ok(Hidden("{}".to_owned())));
        assert!(asked.starts_with("POST /team/api/login HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains("authorization: Bearer chat_s_x\r\n"), "{asked}");
        assert!(asked.ends_with(r#"{"name":"ana","password":"p"}"#), "{asked}");
        assert!(!asked.to_lowercase().contains("origin"), "it is no browser");
    }

    #[tokio::test]
    async fn a_refusal_is_told_in_the_servers_words() {
        let body = r#"{"code":"rate_limited","reason":"too many tries","retry":true,"retry_ms":1500}"#;
        let answer = format!("HTTP/1.1 429 Too Many\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let (answered, _) = serve(&answer, None, Request::new(Call::Me)).await;
        let failure = answered.unwrap_err();
        assert_eq!(
            (failure.code, failure.reason.as_str()),
            (Some(ErrorCode::RateLimited), "too many tries (again in 2 s)")
        );
        let (answered, _) =
            serve("HTTP/1.1 502 Bad\r\ncontent-length: 2\r\n\r\nhi", None, Request::new(Call::Me)).await;
        assert!(answered.unwrap_err().reason.contains("502"));
    }

    #[tokio::test]
    async fn where_nothing_listens_is_told() {
        let address = Address::parse("http://127.0.0.1:1").unwrap();
        let failure = call(&address, None, &Request::new(Call::About)).await.unwrap_err();
        assert!(failure.reason.contains("nothing listens at 127.0.0.1:1"), "{failure}");
    }
}
