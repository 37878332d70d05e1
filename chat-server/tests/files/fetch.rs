//! Giving files out: ranges, tags, and what a browser may do with them.

use serde_json::json;

use crate::client::request;
use crate::stage::Stage;
use crate::transfer::{noise, of};

#[tokio::test]
async fn f04_a_range_is_answered_with_its_bytes() {
    let stage = Stage::open().await;
    stage.add("ana", "member");
    let files = of(&stage.server, "ana");
    let bytes = noise(200_000);
    let id = files.upload("lobby", "x", &bytes).await["file"].as_str().unwrap().to_owned();
    let whole = files.get(&id).await;
    assert_eq!((whole.status, whole.header("accept-ranges")), (200, Some("bytes")));
    for (range, first, end) in [
        ("bytes=0-0", 0, 1),
        ("bytes=100-99999", 100, 100_000),
        ("bytes=199999-", 199_999, 200_000),
        ("bytes=-500", 199_500, 200_000),
        ("bytes=100000-99999999999999999999", 100_000, 200_000),
    ] {
        let part = files.get_with(&id, &[("Range", range)]).await;
        assert_eq!(part.status, 206, "{range}");
        assert_eq!(part.header("content-range").unwrap(), format!("bytes {first}-{}/200000", end - 1));
        assert!(part.bytes == bytes[first..end], "{range}");
    }
    for range in ["bytes=200000-", "bytes=-0"] {
        let none = files.get_with(&id, &[("Range", range)]).await;
        assert_eq!((none.status, none.bytes.len()), (416, 0), "{range}");
        assert_eq!(none.header("content-range"), Some("bytes */200000"));
    }
    let many = (0..1000).map(|n| format!("{n}-{}", n + 100_000)).collect::<Vec<_>>().join(",");
    for range in ["bytes=5-4", "lines=1-2", &format!("bytes={many}")] {
        let whole = files.get_with(&id, &[("Range", range)]).await;
        assert_eq!((whole.status, whole.bytes.len()), (200, 200_000));
    }
}

#[tokio::test]
async fn a_file_is_kept_under_its_tag() {
    let stage = Stage::open().await;
    stage.add("ana", "member");
    let files = of(&stage.server, "ana");
    let id = files.upload("lobby", "x", b"0123456789").await["file"].as_str().unwrap().to_owned();
    let whole = files.get(&id).await;
    let tag = whole.header("etag").unwrap().to_owned();
    assert!(tag.starts_with('"'), "{tag}");
    assert_eq!(whole.header("cache-control"), Some("private, no-cache"));
    assert_eq!(whole.header("vary"), Some("authorization, cookie"));
    let same = files.get_with(&id, &[("If-None-Match", &tag)]).await;
    assert_eq!((same.status, same.bytes.len(), same.header("etag")), (304, 0, Some(tag.as_str())));
    let part = files.get_with(&id, &[("Range", "bytes=2-3"), ("If-Range", &tag)]).await;
    assert_eq!((part.status, &part.bytes[..]), (206, &b"23"[..]));
    let other = files.get_with(&id, &[("Range", "bytes=2-3"), ("If-Range", "\"another\"")]).await;
    assert_eq!((other.status, other.bytes.len()), (200, 10));
    let bearer = format!("Bearer {}", files.token);
    let path = format!("/api/files/{id}");
    let head = request(&stage.server, "HEAD", &path, &[("Authorization", &bearer)], b"").await;
    assert_eq!((head.status, head.bytes.len(), head.header("content-length")), (200, 0, Some("10")));
    let head = [("Authorization", bearer.as_str()), ("Range", "bytes=2-3")];
    let head = request(&stage.server, "HEAD", &path, &head, b"").await;
    assert_eq!((head.status, head.bytes.len(), head.header("content-length")), (206, 0, Some("2")));
}

/// A browser that has kept a file asks before it shows it again, and learns that it is taken out.
#[tokio::test]
async fn what_was_taken_out_is_not_shown_from_what_was_kept() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let files = of(&stage.server, "ana");
    let id = files.upload("lobby", "x", b"0123456789").await["file"].as_str().unwrap().to_owned();
    let ack = ana.does(json!({"type": "message", "room": "lobby", "message": "", "files": [id]})).await;
    let whole = files.get(&id).await;
    assert_eq!(whole.header("cache-control"), Some("private, no-cache"));
    let kept = [("If-None-Match", whole.header("etag").unwrap())];
    assert_eq!(files.get_with(&id, &kept).await.status, 304);
    ana.does(json!({"type": "delete", "room": "lobby", "target": ack["seq"]})).await;
    assert_eq!(files.get_with(&id, &kept).await.refused(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn w06_what_a_browser_would_run_is_only_a_download() {
    let stage = Stage::open().await;
    stage.add("ana", "member");
    let files = of(&stage.server, "ana");
    for (name, bytes, kind, how, said) in [
        (
            "x.html",
            &b"<!doctype html><script>alert(1)</script>"[..],
            "text/html",
            "attachment",
            "application/octet-stream",
        ),
        ("x.png", b"<html><script>alert(1)</script>", "text/html", "attachment", "application/octet-stream"),
        (
            "x.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            "image/svg+xml",
            "attachment",
            "application/octet-stream",
        ),
        ("x.xml", b"<?xml version='1.0'?><x/>", "application/xml", "attachment", "application/octet-stream"),
        ("x.pdf", b"%PDF-1.7 x", "application/pdf", "attachment", "application/octet-stream"),
        ("x.wasm", b"\0asm\x01\0\0\0", "application/wasm", "attachment", "application/octet-stream"),
        ("x.exe", b"MZ\x90\0\x03", "application/octet-stream", "attachment", "application/octet-stream"),
        ("x.js", b"alert(1)", "text/plain", "inline", "text/plain; charset=utf-8"),
        ("x.html", b"\x89PNG\r\n\x1a\n<script>", "image/png", "inline", "image/png"),
        ("x", b"ID3\x03", "audio/mpeg", "inline", "audio/mpeg"),
    ] {
        let file = files.upload("lobby", name, bytes).await;
        assert_eq!(file["kind"], kind, "{name}");
        let got = files.get(file["file"].as_str().unwrap()).await;
        assert_eq!(got.header("content-type"), Some(said), "{name}");
        assert!(got.header("content-disposition").unwrap().starts_with(how), "{name}");
        assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(got.header("cross-origin-resource-policy"), Some("same-origin"));
        assert_eq!(
            got.all("content-security-policy"),
            ["default-src 'none'; img-src 'self'; media-src 'self'; sandbox"]
        );
    }
}

#[tokio::test]
async fn a_place_in_a_room_is_answered_with_the_page() {
    let stage = Stage::open().await;
    let page = request(&stage.server, "GET", "/", &[], b"").await;
    for path in ["/r/lobby/5", "/r/lobby", "/r/r-01abc/9007199254740991"] {
        let answer = request(&stage.server, "GET", path, &[], b"").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")));
        assert_eq!(answer.bytes, page.bytes, "{path}");
    }
    for path in ["/r", "/r/", "/r//5", "/r/lobby/x", "/r/lobby/", "/r/lobby/5/6", "/r/lobby/-1"] {
        assert_eq!(request(&stage.server, "GET", path, &[], b"").await.status, 404, "{path}");
    }
    let html = String::from_utf8(page.bytes).unwrap();
    for relative in ["src=\"js/", "href=\"css/", "href=\"vendor/", "\"./vendor/"] {
        assert!(!html.contains(relative), "found from the root alone: {relative}");
    }
}
