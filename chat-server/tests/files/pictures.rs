//! Small pictures over HTTP.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};
use serde_json::json;

use crate::stage::Stage;
use crate::transfer::of;

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], 9]));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[tokio::test]
async fn a_picture_has_its_size_and_a_small_one() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let files = of(&stage.server, "ana");
    let bytes = picture(1000, 500, ImageFormat::Png);
    let file = files.upload("lobby", "x.png", &bytes).await;
    assert_eq!(
        (&file["kind"], &file["width"], &file["height"], &file["thumb"]),
        (&json!("image/png"), &json!(1000), &json!(500), &json!(true))
    );
    let id = file["file"].as_str().unwrap();
    let thumb = files.thumb(id).await;
    assert_eq!((thumb.status, thumb.header("content-type")), (200, Some("image/jpeg")));
    assert_eq!(thumb.header("cache-control"), Some("private, no-cache"), "asked for each time");
    assert_ne!(thumb.header("etag"), files.get(id).await.header("etag"));
    let small = image::load_from_memory(&thumb.bytes).unwrap();
    assert_eq!((small.width(), small.height()), (480, 240));
    let same = files.upload("lobby", "again.png", &bytes).await;
    assert_eq!((&same["width"], &same["thumb"]), (&json!(1000), &json!(true)), "known content");
    let again = same["file"].as_str().unwrap();
    ana.does(json!({"type": "message", "room": "lobby", "message": "", "files": [id]})).await;
    assert_eq!(files.cancel(again).await.status, 204);
    assert_eq!(files.thumb(id).await.status, 200, "still needed");
}

#[tokio::test]
async fn f03_what_only_says_that_it_is_a_picture_has_none() {
    let stage = Stage::open().await;
    stage.add("ana", "member");
    let files = of(&stage.server, "ana");
    let png = picture(10, 10, ImageFormat::Png);
    let mut huge = png.clone();
    huge[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    for bytes in [&huge[..], &png[..50], b"\xff\xd8\xff\xe0", b"GIF89a"] {
        let file = files.upload("lobby", "x.png", bytes).await;
        assert_eq!((&file["thumb"], &file["width"]), (&json!(null), &json!(null)), "{file}");
        let id = file["file"].as_str().unwrap();
        assert_eq!(files.thumb(id).await.refused(), (404, "not_found".to_owned()));
        assert_eq!(files.get(id).await.bytes, bytes);
    }
}
