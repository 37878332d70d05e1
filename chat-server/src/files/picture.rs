//! Small pictures: decoded within bounds and made anew, so that nothing of what a picture holds beside its pixels (where
//! it was taken, with what, by whom) is passed on.

use std::fs::File;
use std::io::{BufReader, Cursor};
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::metadata::Orientation;
use image::{DynamicImage, ExtendedColorType, ImageDecoder as _, ImageEncoder as _, ImageReader, Limits};
use protocol::limits::THUMB_PIXELS;

/// Width and height at most: more than cameras make.
const SIDE: u32 = 16_384;
/// Bytes that the pixels may take: 64 million of them in colour.
const MEMORY: u64 = 192 << 20;
/// Bytes of the file: decoders read it as a whole.
const SOURCE: u64 = 32 << 20;
const QUALITY: u8 = 80;

/// What a picture's file holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Picture {
    /// Its width and height, as it is shown.
    pub(super) pixels: (u32, u32),
    /// The small one, as JPEG, or as PNG where it can be seen through.
    pub(super) thumb: Option<Vec<u8>>,
}

/// Looks at a file of so many bytes. `None` where it is no picture that can be read; without a small one where making it
/// would take too much.
pub(super) fn read(path: &Path, size: u64) -> Option<Picture> {
    if size > SOURCE {
        return None;
    }
    let mut reader = ImageReader::new(BufReader::new(File::open(path).ok()?)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE);
    limits.max_image_height = Some(SIDE);
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    // Said in the file's head, before anything is allocated for its pixels.
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return None;
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let turned = matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    );
    let pixels = if turned { (height, width) } else { (width, height) };
    if decoder.total_bytes() > MEMORY {
        return Some(Picture { pixels, thumb: None });
    }
    let thumb = DynamicImage::from_decoder(decoder).ok().and_then(|picture| small(picture, orientation));
    // What says that it is a picture and has no pixels is none.
    thumb.map(|thumb| Picture { pixels, thumb: Some(thumb) })
}

fn small(mut picture: DynamicImage, orientation: Orientation) -> Option<Vec<u8>> {
    let side = u32::try_from(THUMB_PIXELS).ok()?;
    if picture.width() > side || picture.height() > side {
        picture = picture.thumbnail(side, side);
    }
    picture.apply_orientation(orientation);
    let mut bytes = Cursor::new(Vec::new());
    let seen_through = picture.color().has_alpha() && picture.to_rgba8().pixels().any(|pixel| pixel[3] < 255);
    if seen_through {
        let pixels = picture.into_rgba8();
        let (width, height) = pixels.dimensions();
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive)
            .write_image(pixels.as_raw(), width, height, ExtendedColorType::Rgba8)
            .ok()?;
    } else {
        let pixels = picture.into_rgb8();
        let (width, height) = pixels.dimensions();
        JpegEncoder::new_with_quality(&mut bytes, QUALITY)
            .write_image(pixels.as_raw(), width, height, ExtendedColorType::Rgb8)
            .ok()?;
    }
    Some(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use image::{ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let picture =
            RgbImage::from_fn(width, height, |x, y| Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], 9]));
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn look(bytes: &[u8]) -> Option<Picture> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        read(file.path(), bytes.len() as u64)
    }

    /// A JPEG whose metadata says that it lies on its side, and where it was taken.
    fn photo() -> Vec<u8> {
        let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
        exif.extend_from_slice(b"GPS 52.5 13.4");
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        let plain = encoded(900, 600, ImageFormat::Jpeg);
        [&plain[..2], b"\xff\xe1", &length, &exif, &plain[2..]].concat()
    }

    #[test]
    fn pictures_of_all_kinds_are_made_small() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
            let picture = look(&encoded(960, 640, format)).unwrap_or_else(|| panic!("{format:?}"));
            assert_eq!(picture.pixels, (960, 640), "{format:?}");
            let small = image::load_from_memory(&picture.thumb.unwrap()).unwrap();
            assert_eq!((small.width(), small.height()), (480, 320), "{format:?}");
        }
        let tiny = look(&encoded(3, 2, ImageFormat::Png)).unwrap();
        let small = image::load_from_memory(&tiny.thumb.unwrap()).unwrap();
        assert_eq!((small.width(), small.height()), (3, 2), "not made larger");
        let narrow = look(&encoded(16_000, 1, ImageFormat::Png)).unwrap();
        assert!(image::load_from_memory(&narrow.thumb.unwrap()).unwrap().width() == 480);
    }

    #[test]
    fn what_can_be_seen_through_stays_so() {
        let mut bytes = Cursor::new(Vec::new());
        RgbaImage::from_pixel(5, 5, Rgba([1, 2, 3, 0])).write_to(&mut bytes, ImageFormat::Png).unwrap();
        let small = look(&bytes.into_inner()).unwrap().thumb.unwrap();
        assert_eq!(image::load_from_memory(&small).unwrap().to_rgba8().get_pixel(0, 0)[3], 0);
    }

    #[test]
    fn f03_a_small_picture_stands_upright_and_says_not_where_it_was_taken() {
        let photo = photo();
        assert!(photo.windows(3).any(|window| window == b"GPS"));
        let picture = look(&photo).unwrap();
        assert_eq!(picture.pixels, (600, 900));
        let thumb = picture.thumb.unwrap();
        let small = image::load_from_memory(&thumb).unwrap();
        assert_eq!((small.width(), small.height()), (320, 480));
        for word in [&b"GPS"[..], b"Exif"] {
            assert!(!thumb.windows(word.len()).any(|window| window == word));
        }
    }

    #[test]
    fn f03_bombs_are_not_decoded() {
        let png = encoded(10, 10, ImageFormat::Png);
        // A head that says 50,000 by 50,000 pixels, and one that says 16,000 by 16,000.
        let says = |side: u32| {
            let mut bytes = png.clone();
            bytes[16..20].copy_from_slice(&side.to_be_bytes());
            bytes[20..24].copy_from_slice(&side.to_be_bytes());
            let sum = crc(&bytes[12..29]).to_be_bytes();
            bytes[29..33].copy_from_slice(&sum);
            bytes
        };
        assert_eq!(look(&says(50_000)), None);
        assert_eq!(look(&says(16_000)).map(|picture| picture.thumb), Some(None));
        for bad in [&b""[..], b"GIF89a", &png[..40], &[0xff; 1000], b"\xff\xd8\xff"] {
            assert_eq!(look(bad), None, "{:?}", &bad[..bad.len().min(20)]);
        }
        assert_eq!(read(Path::new("/nowhere"), 1), None);
    }

    fn crc(bytes: &[u8]) -> u32 {
        let mut sum = flate2::Crc::new();
        sum.update(bytes);
        sum.sum()
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_do_harm(mut bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300), kind in 0_usize..4) {
            let head: [&[u8]; 4] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\x10\0\0\0WEBPVP8 "];
            bytes.splice(0..0, head[kind].iter().copied());
            let _ = look(&bytes);
        }
    }
}
