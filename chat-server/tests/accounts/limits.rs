//! What is refused because there is too much of it, before any of it is read.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{call, member, owner, request};
use crate::common::{TestServer, within};

/// Begins to send a picture as whoever has this token; what the server says to the head of the request.
async fn begin(server: &TestServer, token: &str) -> (TcpStream, String) {
    let head = format!(
        "PUT /api/me/avatar HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
         Content-Type: image/png\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n",
        server.address
    );
    let mut stream = within(TcpStream::connect(server.address)).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut said = [0; 4096];
    let length = within(stream.read(&mut said)).await.unwrap();
    (stream, String::from_utf8_lossy(&said[..length]).into_owned())
}

fn is_busy(said: &str) -> bool {
    said.starts_with("HTTP/1.1 429")
        && said.contains("\"rate_limited\"")
        && said.contains("\"retry_ms\":2000")
}

#[tokio::test]
async fn a_picture_is_asked_for_only_where_there_is_a_place_for_it() {
    let server = TestServer::start().await;
    let olga = owner(&server).await;
    let mut sending = Vec::new();
    for n in 0..4 {
        let (token, _) = member(&server, &olga, &format!("ana{n}"), "member").await;
        let (stream, said) = begin(&server, &token).await;
        assert!(said.starts_with("HTTP/1.1 100"), "{said}");
        if n == 0 {
            let (_, said) = begin(&server, &token).await;
            assert!(is_busy(&said), "one at a time of one account: {said}");
        }
        sending.push((stream, token));
    }
    let (_, said) = begin(&server, &olga).await;
    assert!(is_busy(&said), "{said}");
    let (mut first, token) = sending.remove(0);
    first.write_all(b"no figure").await.unwrap();
    let mut answer = String::new();
    within(first.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 415"), "{answer}");
    let (_stream, said) = begin(&server, &token).await;
    assert!(said.starts_with("HTTP/1.1 100"), "its place is free again: {said}");
}

#[tokio::test]
async fn an_account_asks_so_much_and_then_is_told_when_to_come_again() {
    let server = TestServer::start_with(|_| {}).await;
    let olga = owner(&server).await;
    let (ana, _) = member(&server, &olga, "ana", "member").await;
    // All in one go, much faster than they are gained back.
    let asked = 500;
    let one =
        format!("GET /api/me HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {ana}\r\n\r\n", server.address);
    let stream = within(TcpStream::connect(server.address)).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let sent = tokio::spawn(async move {
        writing.write_all(one.repeat(asked).as_bytes()).await.unwrap();
        writing
    });
    let mut answers = String::new();
    let mut piece = vec![0; 64 * 1024];
    while answers.matches("HTTP/1.1 ").count() < asked {
        let length = within(reading.read(&mut piece)).await.unwrap();
        assert!(length > 0, "it is open: {answers}");
        answers += std::str::from_utf8(&piece[..length]).unwrap();
    }
    let _writing = sent.await.unwrap();
    let good = answers.matches("HTTP/1.1 200 OK").count();
    let refused = answers.matches("HTTP/1.1 429 Too Many Requests").count();
    assert!((300..asked).contains(&good), "{good}");
    assert_eq!(good + refused, asked);
    assert!(answers.contains("\"code\":\"rate_limited\"") && answers.contains("\"retry_ms\":"));
    assert_eq!(call(&server, &olga, "GET", "/api/me", json!(null)).await.status, 200, "others go on");
    assert_eq!(request(&server, "GET", "/api/about", &[], b"").await.status, 200);
    assert_eq!(call(&server, "", "GET", "/api/me", Value::Null).await.status, 401);
}
