//! Taking files: pieces, offsets, lies, limits.

use std::io::Write as _;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{call, request};
use crate::common::{TestServer, within};
use crate::stage::{Stage, session};
use crate::transfer::{noise, of, of_guest, sha256};

const PIECE: usize = 4 << 20;

#[tokio::test]
async fn a_file_of_several_pieces_arrives_whole() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let files = of(&stage.server, "ana");
    let bytes = noise(2 * PIECE + 1000);
    let id = files.begin("lobby", "data.bin", bytes.len()).await;
    for (at, wanted) in [(0, PIECE), (PIECE, 2 * PIECE)] {
        let answer = files.piece(&id, at, &bytes[at..wanted]).await.good();
        assert_eq!(answer, json!({"offset": wanted}));
        assert_eq!(files.offset(&id).await.good(), answer);
    }
    assert_eq!(files.get(&id).await.refused(), (404, "not_found".to_owned()), "not whole");
    let answer = files.piece(&id, 2 * PIECE, &bytes[2 * PIECE..]).await.good();
    let file = &answer["file"];
    assert_eq!(
        *file,
        json!({"file": id, "name": "data.bin", "size": bytes.len(), "kind": "application/octet-stream"})
    );
    assert_eq!(files.offset(&id).await.good(), answer, "also told afterwards");
    let said = json!({"type": "message", "room": "lobby", "message": "", "files": [id]});
    ana.does(said).await;
    assert_eq!(ana.event("lobby", "message").await["files"][0], *file);
    let got = files.get(&id).await;
    assert_eq!((got.status, got.bytes == bytes), (200, true));
}

#[tokio::test]
async fn small_and_empty_files_take_one_piece() {
    let stage = Stage::open().await;
    stage.add("ana", "member");
    let files = of(&stage.server, "ana");
    let empty = files.upload("lobby", "empty", b"").await;
    assert_eq!((&empty["size"], &empty["kind"]), (&json!(0), &json!("text/plain")));
    let got = files.get(empty["file"].as_str().unwrap()).await;
    assert_eq!((got.status, got.bytes.len()), (200, 0));
    let small = files.upload("lobby", "x.txt", b"hello").await;
    assert_eq!(files.get(small["file"].as_str().unwrap()).await.bytes, b"hello");
}

#[tokio::test]
async fn f02_a_piece_goes_on_where_the_last_one_ended() {
    let stage = Stage::open().await;
    stage.add("ana", "member");
    let files = of(&stage.server, "ana");
    let bytes = noise(5000);
    let id = files.begin("lobby", "x", bytes.len()).await;
    for wrong in [1, 5000, 1 << 40] {
        assert_eq!(files.piece(&id, wrong, b"x").await.refused(), (409, "bad_offset".to_owned()));
    }
    files.piece(&id, 0, &bytes[..2000]).await.good();
    assert_eq!(files.piece(&id, 0, &bytes[..2000]).await.refused().1, "bad_offset", "the same piece again");
    assert_eq!(files.piece(&id, 2000, &[0; 3001]).await.refused(), (413, "too_big".to_owned()), "too much");
    assert_eq!(files.offset(&id).await.good()["offset"], 2000);
    let bearer = format!("Bearer {}", files.token);
    for offset in ["", "-1", "x", "1.5", "99999999999999999999"] {
        let headers = [("Authorization", bearer.as_str()), ("Upload-Offset", offset)];
        let answer = request(&stage.server, "PATCH", &format!("/api/files/{id}"), &headers, b"x").await;
        assert_eq!(answer.refused(), (400, "bad_frame".to_owned()), "{offset:?}");
    }
    let file = files.piece(&id, 2000, &bytes[2000..]).await.good()["file"].clone();
    assert_eq!(file["size"], 5000);
    assert_eq!(files.piece(&id, 0, &bytes).await.refused().1, "bad_offset", "it never changes");
    assert_eq!(
        files.piece(&id, 5000, b"").await.good()["file"],
        file,
        "an answer that was lost is given again"
    );
    assert_eq!(files.get(&id).await.bytes, bytes);
}

#[tokio::test]
async fn f02_what_arrives_must_be_what_was_announced() {
    let stage = Stage::open().await;
    stage.add("ana", "member");
    let files = of(&stage.server, "ana");
    let announce = async |sha256: &str| {
        let body = json!({"room": "lobby", "name": "x", "size": 5, "sha256": sha256});
        call(&stage.server, &files.token, "POST", "/api/files", body).await
    };
    let good = announce(&sha256(b"hello").to_uppercase()).await.good()["upload"].as_str().unwrap().to_owned();
    assert!(files.piece(&good, 0, b"hello").await.good()["file"].is_object());
    let bad = announce(&sha256(b"hallo")).await.good()["upload"].as_str().unwrap().to_owned();
    assert_eq!(files.piece(&bad, 0, b"hello").await.refused(), (422, "bad_file".to_owned()));
    assert_eq!(files.offset(&bad).await.refused().0, 404, "to be begun anew");
    for wrong in ["", "12", &"g".repeat(64), &"é".repeat(32)] {
        assert_eq!(announce(wrong).await.refused(), (400, "bad_frame".to_owned()), "{wrong}");
    }
    assert_eq!(left(&stage.server), 0);
}

/// How many uploads are on the disk that are not whole.
fn left(server: &TestServer) -> usize {
    std::fs::read_dir(server.dir().join("data/uploads")).map_or(0, Iterator::count)
}

/// Sends the beginning of a request, and gives the connection.
async fn half(server: &TestServer, head: &str, body: &[u8]) -> TcpStream {
    let mut stream = within(TcpStream::connect(server.address)).await.unwrap();
    let mut bytes = Vec::new();
    write!(bytes, "{head}Host: {}\r\nAuthorization: Bearer {}\r\n\r\n", server.address, session("ana"))
        .unwrap();
    bytes.extend_from_slice(body);
    stream.write_all(&bytes).await.unwrap();
    stream
}

/// What an upload's offset becomes, asked until it is so.
async fn reaches(server: &TestServer, id: &str, offset: u64) {
    let files = of(server, "ana");
    within(async {
        while files.offset(id).await.good()["offset"] != offset {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_came_before_a_connection_broke_off_is_kept() {
    let stage = Stage::open().await;
    stage.add("ana", "member");
    let files = of(&stage.server, "ana");
    let bytes = noise(3 << 20);
    let id = files.begin("lobby", "x", bytes.len()).await;
    let head =
        format!("PATCH /api/files/{id} HTTP/1.1\r\nUpload-Offset: 0\r\nContent-Length: {}\r\n", bytes.len());
    let sent = 1_000_000;
    let stream = half(&stage.server, &head, &bytes[..sent]).await;
    drop(stream);
    reaches(&stage.server, &id, sent as u64).await;
    let answer = files.piece(&id, sent, &bytes[sent..]).await.good();
    assert_eq!(answer["file"]["size"], bytes.len());
    assert!(files.get(&id).await.bytes == bytes);
}

#[tokio::test]
async fn n03_a_body_that_comes_too_slowly_is_given_up_and_what_came_is_kept() {
    let patience = std::time::Duration::from_millis(100);
    let server = TestServer::start_with(|config| config.files.patience = patience).await;
    let stage = Stage { server };
    stage.add("ana", "member");
    let files = of(&stage.server, "ana");
    let id = files.begin("lobby", "x", 1000).await;
    let head = format!("PATCH /api/files/{id} HTTP/1.1\r\nUpload-Offset: 0\r\nContent-Length: 1000\r\n");
    let mut stream = half(&stage.server, &head, &[7; 10]).await;
    let mut answer = Vec::new();
    within(stream.read_to_end(&mut answer)).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("too slowly"), "{answer}");
    assert_eq!(files.offset(&id).await.good()["offset"], 10);
    let rest = files.piece(&id, 10, &[7; 990]).await.good();
    assert_eq!(rest["file"]["size"], 1000);
}

#[tokio::test]
async fn a_newer_request_goes_on_while_the_older_connection_hangs() {
    let stage = Stage::open().await;
    stage.add("ana", "member");
    let files = of(&stage.server, "ana");
    let bytes = noise(2 << 20);
    let id = files.begin("lobby", "x", bytes.len()).await;
    let head =
        format!("PATCH /api/files/{id} HTTP/1.1\r\nUpload-Offset: 0\r\nContent-Length: {}\r\n", bytes.len());
    let mut hangs = half(&stage.server, &head, &bytes[..500_000]).await;
    // Whoever asks for the place gets it as of the last piece; with what it says nothing is lost but what hangs.
    let mut answer = files.piece(&id, 0, &bytes).await;
    if answer.status == 409 {
        let offset = files.offset(&id).await.good()["offset"].as_u64().unwrap();
        answer = files
            .piece(&id, usize::try_from(offset).unwrap(), &bytes[usize::try_from(offset).unwrap()..])
            .await;
    }
    assert_eq!(answer.good()["file"]["size"], bytes.len());
    let mut told = Vec::new();
    within(hangs.read_to_end(&mut told)).await.unwrap();
    assert!(
        told.starts_with(b"HTTP/1.1 400") || told.starts_with(b"HTTP/1.1 409"),
        "{}",
        String::from_utf8_lossy(&told)
    );
    assert!(files.get(&id).await.bytes == bytes);
}

#[tokio::test]
async fn f02_bodies_without_a_length_are_counted() {
    let stage = Stage::open().await;
    stage.add("ana", "member");
    let files = of(&stage.server, "ana");
    let id = files.begin("lobby", "x", 100 << 20).await;
    let head =
        format!("PATCH /api/files/{id} HTTP/1.1\r\nUpload-Offset: 0\r\nTransfer-Encoding: chunked\r\n");
    let mut stream = half(&stage.server, &head, b"").await;
    let chunk = [b"100000\r\n", &vec![7; 0x10_0000][..], b"\r\n"].concat();
    // One more than a piece may have; the server does not wait for the end.
    for _ in 0..5 {
        if stream.write_all(&chunk).await.is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let _ = within(stream.read_to_end(&mut answer)).await;
    assert!(answer.starts_with(b"HTTP/1.1 413"), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(files.offset(&id).await.good()["offset"], 0);
    let path = stage.server.dir().join("data/uploads").join(&id);
    assert_eq!(std::fs::metadata(path).unwrap().len(), 0, "what does not count takes no room");
    let whole = [&chunk[..], b"0\r\n\r\n"].concat();
    let head = format!("{head}Connection: close\r\n");
    let mut stream = half(&stage.server, &head, &whole).await;
    let mut answer = Vec::new();
    within(stream.read_to_end(&mut answer)).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(files.offset(&id).await.good()["offset"], 1 << 20);
    let long = format!(
        "PATCH /api/files/{id} HTTP/1.1\r\nUpload-Offset: {}\r\nContent-Length: 4194305\r\n",
        1 << 20
    );
    let mut stream = half(&stage.server, &long, b"").await;
    let mut answer = Vec::new();
    within(stream.read_to_end(&mut answer)).await.unwrap();
    assert!(
        answer.starts_with(b"HTTP/1.1 413"),
        "refused before it comes: {}",
        String::from_utf8_lossy(&answer)
    );
}

#[tokio::test]
async fn sizes_are_limited_by_file_and_by_person() {
    let server = TestServer::start_with(|config| {
        config.rate_limits = false;
        config.files.file = 1000;
        config.files.per_user = 2500;
    })
    .await;
    let stage = Stage { server };
    stage.add("ana", "member");
    stage.add("bo", "member");
    let files = of(&stage.server, "ana");
    let about = call(&stage.server, "", "GET", "/api/about", serde_json::Value::Null).await.good();
    assert_eq!(about["max_file"], 1000);
    assert_eq!(files.announce("lobby", "x", 1001).await.refused(), (413, "too_big".to_owned()));
    let first = files.begin("lobby", "x", 1000).await;
    files.begin("lobby", "x", 1000).await;
    let refused = files.announce("lobby", "x", 501).await;
    assert_eq!(refused.refused(), (413, "too_big".to_owned()));
    assert!(refused.json()["reason"].as_str().unwrap().contains("500 are left"), "{}", refused.json());
    of(&stage.server, "bo").begin("lobby", "x", 1000).await;
    assert_eq!(files.cancel(&first).await.status, 204);
    files.begin("lobby", "x", 501).await;
    assert_eq!(files.piece(&first, 0, b"x").await.refused(), (404, "not_found".to_owned()));

    let (one, other) = (stage.guest("one").await, stage.guest("other").await);
    of_guest(&stage.server, &one).begin("lobby", "x", 1000).await;
    of_guest(&stage.server, &one).begin("lobby", "x", 1000).await;
    let refused = of_guest(&stage.server, &other).announce("lobby", "x", 501).await.refused();
    assert_eq!(refused, (413, "too_big".to_owned()), "guests share");
}

#[tokio::test]
async fn a_chat_may_take_no_files() {
    let server = TestServer::start_with(|config| config.files.file = 0).await;
    let stage = Stage { server };
    stage.add("ana", "member");
    assert_eq!(
        of(&stage.server, "ana").announce("lobby", "x", 0).await.refused(),
        (413, "too_big".to_owned())
    );
}

#[tokio::test]
async fn r06_a_disk_that_is_nearly_full_takes_no_files() {
    let server = TestServer::start_with(|config| config.files.keep_free = 1 << 60).await;
    let stage = Stage { server };
    let mut ana = stage.person("ana", "member").await;
    let refused = of(&stage.server, "ana").announce("lobby", "x", 10).await;
    assert_eq!(refused.refused(), (507, "storage_full".to_owned()));
    assert_eq!(refused.json()["retry"], true);
    ana.say("lobby", "messages go on").await;
}

#[tokio::test]
async fn f01_hostile_names_reach_no_disk_and_no_header() {
    let stage = Stage::open().await;
    stage.add("ana", "member");
    let files = of(&stage.server, "ana");
    for (name, kept) in [
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\x.txt", "x.txt"),
        ("a\u{0}b\r\nX-Evil: 1", "a_b X-Evil_ 1"),
        ("photo\u{202e}gpj.exe", "photo_gpj.exe"),
        ("\"quoted\"; filename=x", "_quoted_; filename=x"),
        (".", "file"),
        ("CON", "_CON"),
        ("--help", "help"),
        ("写真.jpg", "写真.jpg"),
        (&"x".repeat(4096), &"x".repeat(255)),
    ] {
        let file = files.upload("lobby", name, name.as_bytes()).await;
        assert_eq!(file["name"], kept, "{name:?}");
        let got = files.get(file["file"].as_str().unwrap()).await;
        let said = got.header("content-disposition").unwrap();
        assert!(
            said.starts_with("inline; filename=\"") || said.starts_with("attachment; filename=\""),
            "{said}"
        );
        assert_eq!((said.matches('"').count(), got.header("x-evil")), (2, None), "{said}");
        assert!(said.contains("; filename*=UTF-8''"), "{said}");
    }
    // Whatever they were called: on the disk there are hashes.
    let mut seen = 0;
    for shelf in std::fs::read_dir(stage.server.dir().join("data/files")).unwrap() {
        for blob in std::fs::read_dir(shelf.unwrap().path()).unwrap() {
            let name = blob.unwrap().file_name().into_string().unwrap();
            assert!(name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()), "{name}");
            seen += 1;
        }
    }
    assert_eq!(seen, 10);
    let mut names: Vec<_> = std::fs::read_dir(stage.server.dir().join("data"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.contains(".db"))
        .collect();
    names.sort();
    assert_eq!(names, ["files", "lock", "uploads"]);
}
