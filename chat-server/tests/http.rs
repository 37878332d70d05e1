//! The HTTP door over real TCP, spoken by hand.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::time::Duration;

use common::{TestServer, within};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

struct Answer {
    status: u16,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// Sends bytes and reads until the server closes.
async fn exchange(server: &TestServer, request: &[u8]) -> Answer {
    let mut stream = within(TcpStream::connect(server.address)).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut bytes = Vec::new();
    // A reset after the answer is fine: the server did not read all.
    let _ = within(stream.read_to_end(&mut bytes)).await;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer") + 4;
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Answer { status, headers, body: bytes[end..].to_vec() }
}

async fn request(server: &TestServer, method: &str, path: &str, headers: &str) -> Answer {
    let host = if headers.to_lowercase().contains("host:") {
        String::new()
    } else {
        format!("Host: {}\r\n", server.address)
    };
    exchange(
        server,
        format!("{method} {path} HTTP/1.1\r\n{host}{headers}Connection: close\r\n\r\n").as_bytes(),
    )
    .await
}

async fn get(server: &TestServer, path: &str, headers: &str) -> Answer {
    request(server, "GET", path, headers).await
}

/// A server whose page is in a directory of the test's own.
async fn with_page() -> (TestServer, tempfile::TempDir) {
    let web = tempfile::tempdir().unwrap();
    std::fs::create_dir(web.path().join("js")).unwrap();
    std::fs::write(
        web.path().join("index.html"),
        "<!doctype html><script type=\"importmap\">{\"imports\":{}}</script><p>hello</p>",
    )
    .unwrap();
    std::fs::write(web.path().join("js/main.js"), "// a module\n".repeat(100)).unwrap();
    std::fs::write(web.path().join("secret.key"), "secret").unwrap();
    std::fs::write(web.path().join(".env"), "secret").unwrap();
    let path = web.path().to_owned();
    let server = TestServer::start_with(move |config| config.web_dir = Some(path)).await;
    (server, web)
}

#[tokio::test]
async fn the_embedded_page_is_served() {
    let server = TestServer::start().await;
    let page = get(&server, "/", "").await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.text().contains("<!doctype html>") || page.text().contains("<!DOCTYPE html>"));
    assert_eq!(get(&server, "/test/package.json", "").await.status, 404);
    assert_eq!(get(&server, "/js/protocol.d.ts", "").await.status, 404);
}

#[tokio::test]
async fn files_are_kept_by_browsers_and_asked_for_by_tag() {
    let (server, web) = with_page().await;
    let plain = get(&server, "/js/main.js", "").await;
    assert_eq!((plain.status, plain.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert_eq!((plain.header("cache-control"), plain.header("vary")), ("no-cache", "accept-encoding"));
    assert_eq!(plain.text(), "// a module\n".repeat(100));
    let tag = plain.header("etag").to_owned();
    assert!(tag.starts_with('"'), "strong: {tag}");
    for known in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
        let same = get(&server, "/js/main.js", &format!("If-None-Match: {known}\r\n")).await;
        assert_eq!((same.status, same.body.len(), same.header("etag")), (304, 0, tag.as_str()));
    }
    let packed = get(&server, "/js/main.js", "Accept-Encoding: br;q=1, gzip\r\n").await;
    assert_eq!((packed.status, packed.header("content-encoding")), (200, "gzip"));
    assert_ne!(packed.header("etag"), tag, "other bytes, other tag");
    let mut text = String::new();
    flate2::read::GzDecoder::new(&packed.body[..]).read_to_string(&mut text).unwrap();
    assert_eq!(text, plain.text());
    let refused = get(&server, "/js/main.js", "Accept-Encoding: gzip;q=0\r\n").await;
    assert_eq!(refused.header("content-encoding"), "");

    std::fs::write(web.path().join("js/main.js"), "// edited").unwrap();
    let edited = get(&server, "/js/main.js", &format!("If-None-Match: {tag}\r\n")).await;
    assert_eq!((edited.status, edited.text()), (200, "// edited"));
    let head = request(&server, "HEAD", "/js/main.js", "").await;
    assert_eq!((head.status, head.body.len(), head.header("content-length")), (200, 0, "9"));
}

#[tokio::test]
async fn every_answer_is_locked_down_w02() {
    let (server, _web) = with_page().await;
    for path in ["/", "/js/main.js", "/healthz", "/nothing", "/ws"] {
        let answer = get(&server, path, "").await;
        let policy = answer.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(policy.contains("'sha256-"), path == "/", "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
    }
}

#[tokio::test]
async fn only_the_pages_files_are_served() {
    let (server, _web) = with_page().await;
    for path in [
        "/secret.key",
        "/.env",
        "/../Cargo.toml",
        "/js/../../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/js/..%2f..%2fx.js",
        "//etc/passwd.js",
        "/js",
        "/js/",
        "/js\\main.js",
        "/index.html/",
        "/%00.html",
    ] {
        let answer = get(&server, path, "").await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
        assert!(!answer.text().contains("secret"), "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"] {
        let answer = request(&server, method, "/", "").await;
        assert!(matches!(answer.status, 400 | 405 | 421), "{method}: {}", answer.status);
    }
    assert_eq!(
        request(&server, "POST", "/healthz", "Content-Length: 9999\r\n").await.header("allow"),
        "GET, HEAD"
    );
}

#[tokio::test]
async fn only_our_own_hosts_and_origins_are_served() {
    let server = TestServer::start_with(|config| {
        config.public_urls = vec!["https://chat.example.org".parse().unwrap()];
    })
    .await;
    let health = async |host: &str| get(&server, "/healthz", &format!("Host: {host}\r\n")).await;
    assert_eq!(health("chat.example.org").await.status, 200);
    assert_eq!(health("CHAT.example.org:443").await.status, 200);
    for host in ["localhost", "127.0.0.1", "chat.example.org:3000", "chat.example.org.evil.org"] {
        let answer = health(host).await;
        assert_eq!(answer.status, 421, "{host}");
        assert!(answer.text().contains("--public-url") && answer.text().contains(host), "{}", answer.text());
    }
    assert_eq!(health("a b").await.status, 400);
    assert_eq!(exchange(&server, b"GET /healthz HTTP/1.0\r\n\r\n").await.status, 400, "no host");
    let absolute =
        b"GET http://evil.org/healthz HTTP/1.1\r\nHost: chat.example.org\r\nConnection: close\r\n\r\n";
    assert!(matches!(exchange(&server, absolute).await.status, 400 | 421));

    let handshake = async |origin: &str| {
        handshake(&server, &format!("Host: chat.example.org\r\nOrigin: {origin}\r\n{GOOD}")).await
    };
    assert_eq!(handshake("https://chat.example.org").await, 101);
    assert_eq!(handshake("https://evil.org").await, 403);
    assert_eq!(handshake("http://chat.example.org").await, 403);
    assert_eq!(handshake("null").await, 403);
}

const GOOD: &str = "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// The status of the answer to a handshake.
async fn handshake(server: &TestServer, headers: &str) -> u16 {
    let (status, _) = handshake_head(server, headers).await;
    status
}

async fn handshake_head(server: &TestServer, headers: &str) -> (u16, String) {
    let mut stream = within(TcpStream::connect(server.address)).await.unwrap();
    stream.write_all(format!("GET /ws HTTP/1.1\r\n{headers}\r\n").as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within(stream.read_u8()).await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_ascii_lowercase())
}

#[tokio::test]
async fn handshakes_are_checked_p07() {
    let server = TestServer::start().await;
    let host = format!("Host: {}\r\n", server.address);
    let good = format!("{host}{GOOD}");
    let (status, head) = handshake_head(&server, &good).await;
    assert_eq!(status, 101);
    assert!(
        head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"),
        "RFC 6455's example: {head}"
    );
    assert!(!head.contains("sec-websocket-protocol"), "nothing asked, nothing chosen");
    let (status, head) =
        handshake_head(&server, &format!("{good}Sec-WebSocket-Protocol: other, chat.v1\r\n")).await;
    assert!(status == 101 && head.contains("sec-websocket-protocol: chat.v1\r\n"), "{head}");
    let (status, head) = handshake_head(&server, &format!("{good}Sec-WebSocket-Protocol: other\r\n")).await;
    assert!(status == 101 && !head.contains("sec-websocket-protocol"), "{head}");
    let extensions = format!("{good}Sec-WebSocket-Extensions: permessage-deflate; x=\"\r\n");
    let (status, head) = handshake_head(&server, &extensions).await;
    assert!(status == 101 && !head.contains("sec-websocket-extensions"), "{head}");

    for (what, from, to, expected) in [
        ("a wrong version", "Version: 13", "Version: 8", 426),
        ("no upgrade", "Upgrade: WebSocket", "Upgrade: h2c", 426),
        ("no connection", "keep-alive, Upgrade", "keep-alive", 400),
        ("a short key", "dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", 400),
        ("no key", "Sec-WebSocket-Key", "X-Key", 400),
        (
            "two keys",
            "Sec-WebSocket-Version",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version",
            400,
        ),
        (
            "a strange protocol",
            "Sec-WebSocket-Version",
            "Sec-WebSocket-Protocol: chät\r\nSec-WebSocket-Version",
            400,
        ),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good, "{what}");
        assert_eq!(handshake(&server, &bad).await, expected, "{what}");
    }
    let mut many = good.clone();
    for n in 0..2000 {
        write!(many, "X-{n}: y\r\n").unwrap();
    }
    assert!(matches!(handshake(&server, &many).await, 400 | 431), "many headers");
    let long = format!("{good}X-Long: {}\r\n", "y".repeat(1 << 20));
    let answer = exchange_raw_status(&server, &format!("GET /ws HTTP/1.1\r\n{long}\r\n")).await;
    assert!(matches!(answer, None | Some(400 | 431)), "{answer:?}");
    assert_eq!(handshake(&server, &good).await, 101, "it lives");
}

/// The status, or `None` where the server broke the connection off while it was still being written to.
async fn exchange_raw_status(server: &TestServer, request: &str) -> Option<u16> {
    let mut stream = within(TcpStream::connect(server.address)).await.unwrap();
    let _ = within(stream.write_all(request.as_bytes())).await;
    let mut bytes = Vec::new();
    let _ = within(stream.read_to_end(&mut bytes)).await;
    std::str::from_utf8(&bytes).unwrap().split(' ').nth(1)?.parse().ok()
}

#[tokio::test]
async fn smuggled_requests_are_refused_p08() {
    let server = TestServer::start().await;
    let host = server.address;
    for headers in [
        "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: +3\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Content-Length : 3\r\n",
    ] {
        let request = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n");
        assert_eq!(exchange(&server, request.as_bytes()).await.status, 400, "{headers}");
    }
    let preface = exchange_raw_status(&server, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    assert!(matches!(preface, None | Some(400 | 405 | 505)), "{preface:?}");
}

/// Whoever sends many requests at once and says that these were all is answered to the last.
#[tokio::test]
async fn all_that_was_asked_is_answered_also_after_the_last() {
    let server = TestServer::start().await;
    for (count, last) in [(1, ""), (1, "Connection: close\r\n"), (500, ""), (500, "Connection: close\r\n")] {
        let mut asked = String::new();
        for n in 1..=count {
            let headers = if n == count { last } else { "" };
            write!(asked, "GET /api/about HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", server.address).unwrap();
        }
        let (mut reading, mut writing) =
            within(TcpStream::connect(server.address)).await.unwrap().into_split();
        let said = tokio::spawn(async move {
            writing.write_all(asked.as_bytes()).await.unwrap();
            writing.shutdown().await.unwrap();
        });
        let mut bytes = Vec::new();
        within(reading.read_to_end(&mut bytes)).await.unwrap();
        said.await.unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap().matches("HTTP/1.1 200 OK").count(), count, "{last}");
    }
}

#[tokio::test]
async fn slow_heads_are_cut_off_n03() {
    let server = TestServer::start_with(|config| config.bounds.head = Duration::from_millis(100)).await;
    for part in ["", "GET /", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let mut stream = within(TcpStream::connect(server.address)).await.unwrap();
        stream.write_all(part.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        let _ = within(stream.read_to_end(&mut bytes)).await;
    }
}

#[tokio::test]
async fn connections_are_bounded_and_web_sockets_count() {
    let server = TestServer::start_with(|config| config.bounds.connections = 2).await;
    let first = server.plain("").await;
    let second = server.plain("").await;
    let answer = get(&server, "/healthz", "").await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());
    drop(first);
    // The place is free when the server has noticed.
    within(async {
        while get(&server, "/healthz", "").await.status != 200 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(second);
}
