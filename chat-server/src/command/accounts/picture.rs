//! Pictures of people: read within bounds, and made small anew, so that nothing of what was uploaded is passed on.

use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType as PngFilter, PngEncoder};
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageEncoder as _, ImageReader, Limits};
use protocol::limits::AVATAR_PIXELS;
use sha2::{Digest as _, Sha256};

/// Width and height at most: what cameras make.
const SIDE: u32 = 10_000;
/// Bytes that reading may take.
const MEMORY: u64 = 192 << 20;

/// The picture as a small square PNG, and the name that its content gives it; `None` for what cannot be read.
pub(crate) fn small(bytes: &[u8]) -> Option<(String, Vec<u8>)> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE);
    limits.max_image_height = Some(SIDE);
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    // Said in the file's head, before anything is allocated for its content.
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 || decoder.total_bytes() > MEMORY {
        return None;
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).ok()?;
    // A square first: a narrow picture made wide would be larger than anything that was checked.
    let side = width.min(height);
    picture = picture.crop_imm((width - side) / 2, (height - side) / 2, side, side);
    let small = u32::try_from(AVATAR_PIXELS).ok()?;
    picture = picture.resize_exact(small, small, FilterType::Triangle);
    picture.apply_orientation(orientation);
    let pixels = picture.into_rgba8();
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Best, PngFilter::Adaptive)
        .write_image(pixels.as_raw(), pixels.width(), pixels.height(), image::ExtendedColorType::Rgba8)
        .ok()?;
    let digest = Sha256::digest(&png);
    let name = digest[..16].iter().fold(String::new(), |name, byte| format!("{name}{byte:02x}"));
    Some((name, png))
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgb, RgbImage};

    use super::*;

    fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let picture =
            RgbImage::from_fn(width, height, |x, y| Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], 9]));
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn pictures_of_many_kinds_become_one_kind() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
            let (name, png) = small(&encoded(300, 200, format)).unwrap_or_else(|| panic!("{format:?}"));
            let read = image::load_from_memory_with_format(&png, ImageFormat::Png).unwrap();
            assert_eq!((read.width(), read.height()), (128, 128), "{format:?}");
            assert!(name.len() == 32 && png.len() < 64 * 1024, "{name} {}", png.len());
        }
        let narrow = small(&encoded(9000, 1, ImageFormat::Png)).unwrap();
        assert!(narrow.1.len() < 64 * 1024);
        let once = small(&encoded(300, 200, ImageFormat::Png)).unwrap();
        assert_eq!(once, small(&encoded(300, 200, ImageFormat::Png)).unwrap(), "named by its content");
    }

    #[test]
    fn what_is_hidden_in_a_picture_does_not_come_along() {
        let mut bytes = encoded(10, 10, ImageFormat::Png);
        bytes.extend_from_slice(b"<script>alert(1)</script>");
        let (_, png) = small(&bytes).unwrap();
        assert!(!png.windows(6).any(|window| window == b"script"));
    }

    #[test]
    fn what_is_no_picture_or_a_bomb_is_refused() {
        let png = encoded(10, 10, ImageFormat::Png);
        // A head that says 60,000 by 60,000 pixels; its checksum is that of the head as it was.
        let mut huge = png.clone();
        huge[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        for bad in [&b""[..], b"<svg/>", b"GIF89a", &png[..40], &huge, &[0xff; 1000]] {
            assert_eq!(small(bad), None, "{:?}", &bad[..bad.len().min(20)]);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_do_harm(mut bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300), kind in 0_usize..4) {
            let head: [&[u8]; 4] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\x10\0\0\0WEBPVP8 "];
            bytes.splice(0..0, head[kind].iter().copied());
            let _ = small(&bytes);
        }
    }
}
