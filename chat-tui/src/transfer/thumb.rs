//! The small picture that the server has of a file, made into the dots that a terminal shows.

use std::io::Cursor;

use http_body_util::{BodyExt, Limited};
use image::{DynamicImage, ImageFormat, ImageReader, Limits, Rgb, RgbImage, imageops::FilterType};
use protocol::http::Call;
use protocol::ids::Id;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::{PATIENCE, Patience, Server, Trouble, silent};
use crate::api::{Failure, Request};
use crate::app::pictures::{COLUMNS, Dot, Picture, ROWS, fit};
use crate::graphics::Pixels;

/// The largest that is read, in bytes; the server makes them far smaller.
const BYTES: usize = 1024 * 1024;
/// The widest and highest that is read, in pixels.
const PIXELS: u32 = 1024;
/// What reading one may take, in bytes.
const MEMORY: u64 = 16 * 1024 * 1024;

/// Fetches the small picture of a file; none where the server has none that can be read. `needs`: how many dots are of
/// use at most, in width and height, where more than half-blocks can be shown.
pub async fn thumb(server: &Server, file: &Id, needs: Option<(u16, u16)>) -> Option<Picture> {
    let mut patience = Patience::default();
    let bytes = loop {
        match fetch(server, file).await {
            Ok(bytes) => break bytes,
            Err(trouble) => patience.wait(trouble).await.ok()?,
        }
    };
    spawn_blocking(move || read(&bytes, needs)).await.ok()?
}

async fn fetch(server: &Server, file: &Id) -> Result<bytes::Bytes, Trouble> {
    let request = Request::new(Call::FetchThumb).with(file).quietly();
    let (_, _, body) = server.ask(&request, &[]).await?;
    let collected = timeout(PATIENCE, Limited::new(body, BYTES).collect()).await.map_err(|_| silent())?;
    let broken = |error| Trouble::Broken(Failure::new(format!("the picture broke off: {error}")));
    Ok(collected.map_err(broken)?.to_bytes())
}

/// Reads a picture; what is none, or larger than the server makes them, is nothing.
fn read(bytes: &[u8], needs: Option<(u16, u16)>) -> Option<Picture> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg)) {
        return None;
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(PIXELS);
    limits.max_image_height = Some(PIXELS);
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let image = reader.decode().ok()?;
    let pixels =
        needs.and_then(|needs| Pixels::new(opaque(&image, fit((image.width(), image.height()), needs))));
    Some(dots(&image)?.with_pixels(pixels))
}

fn dots(image: &DynamicImage) -> Option<Picture> {
    let (wide, high) = fit((image.width(), image.height()), (COLUMNS, ROWS * 2));
    let dots = opaque(image, (wide, high)).pixels().map(|pixel| Dot::from(pixel.0)).collect();
    Picture::new(wide, dots)
}

/// A picture of this size that covers what is behind it.
fn opaque(image: &DynamicImage, (wide, high): (u16, u16)) -> RgbImage {
    let small = image.resize_exact(wide.into(), high.into(), FilterType::Triangle).into_rgba8();
    RgbImage::from_fn(wide.into(), high.into(), |x, y| {
        let [red, green, blue, alpha] = small.get_pixel(x, y).0;
        Rgb([red, green, blue].map(|colour| over(colour, alpha)))
    })
}

/// Over grey: dark drawings and light ones stand out from it alike.
fn over(colour: u8, alpha: u8) -> u8 {
    let (colour, alpha) = (u16::from(colour), u16::from(alpha));
    u8::try_from((colour * alpha + 128 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;

    fn png(image: RgbaImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::from(image).write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_picture_becomes_dots_and_what_is_none_is_nothing() {
        let mut two = RgbaImage::from_pixel(2, 1, Rgba([200, 100, 0, 255]));
        two.put_pixel(1, 0, Rgba([9, 9, 9, 0]));
        assert_eq!(read(&png(two), None), Picture::new(2, vec![(200, 100, 0), (128, 128, 128)]));
        let large = read(&png(RgbaImage::from_pixel(480, 480, Rgba([1, 2, 3, 255]))), None).unwrap();
        assert_eq!(Some(large), Picture::new(24, vec![(1, 2, 3); 24 * 24]));
        assert_eq!(read(&png(RgbaImage::new(PIXELS + 1, 1)), None), None, "it is wider than any of them");
        let more =
            read(&png(RgbaImage::from_pixel(480, 480, Rgba([1, 2, 3, 255]))), Some((640, 240))).unwrap();
        let pixels = Pixels::new(RgbImage::from_pixel(240, 240, Rgb([1, 2, 3])));
        assert_eq!(more, Picture::new(24, vec![(1, 2, 3); 24 * 24]).unwrap().with_pixels(pixels));
        assert_eq!(read(b"GIF89a", None), None);
        assert_eq!(read(b"\x89PNG\r\n\x1a\n", None), None);
    }
}
