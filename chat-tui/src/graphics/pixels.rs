//! The dots of a picture, as they are sent to terminals that show dots.

use std::io::Cursor;

use image::imageops::{FilterType, resize};
use image::{ExtendedColorType, ImageEncoder, ImageResult, RgbImage, codecs::png::PngEncoder};

/// A picture of red, green and blue.
#[derive(Clone, PartialEq, Eq)]
pub struct Pixels(RgbImage);

impl std::fmt::Debug for Pixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pixels({} × {})", self.width(), self.height())
    }
}

impl Pixels {
    /// Of an image; `None` where it has no dot.
    pub fn new(image: RgbImage) -> Option<Self> {
        (image.width() > 0 && image.height() > 0).then_some(Self(image))
    }

    /// In dots.
    pub fn width(&self) -> u32 {
        self.0.width()
    }

    /// In dots.
    pub fn height(&self) -> u32 {
        self.0.height()
    }

    /// What it takes in memory.
    pub fn bytes(&self) -> usize {
        self.0.as_raw().len()
    }

    /// The same, of another size in dots; each at least 1.
    #[must_use]
    pub fn resized(&self, wide: u16, high: u16) -> Self {
        let (wide, high) = (u32::from(wide.max(1)), u32::from(high.max(1)));
        if (wide, high) == self.0.dimensions() {
            return self.clone();
        }
        Self(resize(&self.0, wide, high, FilterType::Triangle))
    }

    /// The colour at a place; `None` where it does not reach.
    pub fn at(&self, x: u32, y: u32) -> Option<[u8; 3]> {
        self.0.get_pixel_checked(x, y).map(|pixel| pixel.0)
    }

    /// As a PNG: ours, so that nothing of what was sent to us meets the terminal's own decoder.
    pub fn png(&self) -> ImageResult<Vec<u8>> {
        png(self.0.as_raw(), self.0.dimensions(), ExtendedColorType::Rgb8)
    }

    /// A part of it as a PNG of this size; nothing is drawn where it does not reach.
    pub fn part(&self, (left, top): (u32, u32), (wide, high): (u32, u32)) -> ImageResult<Vec<u8>> {
        let mut dots = Vec::new();
        for y in top..top + high {
            for x in left..left + wide {
                dots.extend(self.at(x, y).map_or([0; 4], |[red, green, blue]| [red, green, blue, 255]));
            }
        }
        png(&dots, (wide, high), ExtendedColorType::Rgba8)
    }
}

fn png(dots: &[u8], (wide, high): (u32, u32), colours: ExtendedColorType) -> ImageResult<Vec<u8>> {
    let mut out = Cursor::new(Vec::new());
    PngEncoder::new(&mut out).write_image(dots, wide, high, colours)?;
    Ok(out.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_reaches_too_far_is_clear_there() {
        let pixels = Pixels::new(RgbImage::from_pixel(4, 3, image::Rgb([1, 2, 3]))).unwrap();
        let part = image::load_from_memory(&pixels.part((2, 2), (3, 2)).unwrap()).unwrap().into_rgba8();
        assert_eq!(part.dimensions(), (3, 2));
        assert_eq!(part.get_pixel(1, 0).0, [1, 2, 3, 255]);
        assert_eq!([part.get_pixel(2, 0).0, part.get_pixel(0, 1).0], [[0; 4]; 2]);
        let whole = image::load_from_memory(&pixels.png().unwrap()).unwrap().into_rgb8();
        assert_eq!(whole, pixels.0);
        assert_eq!((pixels.resized(8, 0).width(), pixels.resized(8, 0).height()), (8, 1));
        assert_eq!(Pixels::new(RgbImage::new(0, 3)), None);
    }
}
