//! Sixels: a picture by a few colours, in bands of six dots' height.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use color_quant::NeuQuant;

use super::Pixels;

/// More colours are not told apart, but make everything longer.
const MOST: u16 = 128;
/// One dot of so many is looked at when the colours are chosen.
const SAMPLE: i32 = 8;

/// A picture by the colours that were chosen for it.
#[derive(Debug)]
pub struct Sixels {
    width: usize,
    dots: Vec<u8>,
    colours: Vec<[u8; 3]>,
}

impl Sixels {
    /// With at most so many colours.
    pub fn new(pixels: &Pixels, colours: u16) -> Self {
        let all = (0..pixels.height()).flat_map(|y| (0..pixels.width()).filter_map(move |x| pixels.at(x, y)));
        let all: Vec<[u8; 3]> = all.collect();
        let most = usize::from(colours.min(MOST));
        let mut places = BTreeMap::new();
        for dot in &all {
            if places.len() > most {
                break;
            }
            places.insert(*dot, 0);
        }
        let colours: Vec<[u8; 3]> = if places.len() <= most {
            places.keys().copied().collect()
        } else {
            let bytes: Vec<u8> =
                all.iter().flat_map(|[red, green, blue]| [*red, *green, *blue, 255]).collect();
            let chosen = NeuQuant::new(SAMPLE, most, &bytes).color_map_rgb();
            chosen.chunks_exact(3).map(|dot| [dot[0], dot[1], dot[2]]).collect()
        };
        let all_kept = places.len() <= most;
        places.clear();
        // Of colours that are near to each other one is looked for.
        let near = |dot: [u8; 3]| if all_kept { dot } else { dot.map(|part| part & 0xf8 | 4) };
        let mut place = |dot| *places.entry(near(dot)).or_insert_with(|| nearest(&colours, near(dot)));
        let dots = all.iter().map(|dot| place(*dot)).collect();
        Self { width: usize::try_from(pixels.width()).unwrap_or(1).max(1), dots, colours }
    }

    /// A part of it, drawn from the cursor on; nothing where it does not reach.
    pub fn part(&self, (left, top): (usize, usize), (wide, high): (usize, usize)) -> String {
        let height = self.dots.len() / self.width;
        let (wide, high) = (wide.min(self.width.saturating_sub(left)), high.min(height.saturating_sub(top)));
        if wide == 0 || high == 0 {
            return String::new();
        }
        let row = |y: usize| {
            let start = (top + y) * self.width + left;
            &self.dots[start..start + wide]
        };
        // What is not drawn stays as it is; dots are square.
        let mut out = format!("\x1bP0;1;0q\"1;1;{wide};{high}");
        let mut used = [false; 256];
        (0..high).flat_map(row).for_each(|dot| used[usize::from(*dot)] = true);
        for (place, colour) in self.colours.iter().enumerate().filter(|(place, _)| used[*place]) {
            let [red, green, blue] = colour.map(|part| (u32::from(part) * 100 + 127) / 255);
            let _ = write!(out, "#{place};2;{red};{green};{blue}");
        }
        for top in (0..high).step_by(6) {
            if top > 0 {
                out.push('-');
            }
            let rows: Vec<&[u8]> = (top..high.min(top + 6)).map(row).collect();
            band(&rows, wide, &mut out);
        }
        out.push_str("\x1b\\");
        out
    }
}

/// Up to six rows: for each colour in them, which dots of each column have it.
fn band(rows: &[&[u8]], wide: usize, out: &mut String) {
    let mut colours: BTreeMap<u8, Vec<u8>> = BTreeMap::new();
    for (bit, row) in rows.iter().enumerate() {
        for (x, dot) in row.iter().enumerate() {
            colours.entry(*dot).or_insert_with(|| vec![0; wide])[x] |= 1 << bit;
        }
    }
    for (index, (place, columns)) in colours.iter().enumerate() {
        if index > 0 {
            out.push('$');
        }
        let _ = write!(out, "#{place}");
        let end = columns.iter().rposition(|dots| *dots != 0).map_or(0, |last| last + 1);
        for run in columns[..end].chunk_by(|one, other| one == other) {
            let sign = char::from(b'?' + run[0]);
            match run.len() {
                count @ 1..=3 => out.extend(std::iter::repeat_n(sign, count)),
                count => {
                    let _ = write!(out, "!{count}{sign}");
                }
            }
        }
    }
}

fn nearest(colours: &[[u8; 3]], dot: [u8; 3]) -> u8 {
    let far = |colour: &[u8; 3]| -> i32 {
        colour.iter().zip(dot).map(|(one, other)| (i32::from(*one) - i32::from(other)).pow(2)).sum()
    };
    let nearest = colours.iter().enumerate().min_by_key(|(_, colour)| far(colour));
    nearest.and_then(|(place, _)| u8::try_from(place).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    fn sixels(image: RgbImage, colours: u16) -> Sixels {
        Sixels::new(&Pixels::new(image).unwrap(), colours)
    }

    #[test]
    fn what_is_written_are_sixels() {
        // Blue above red, seven dots high.
        let image = RgbImage::from_fn(5, 7, |_, y| Rgb(if y < 2 { [0, 0, 255] } else { [255, 0, 0] }));
        let sixels = sixels(image, 256);
        assert_eq!(
            sixels.part((0, 0), (5, 7)),
            "\x1bP0;1;0q\"1;1;5;7#0;2;0;0;100#1;2;100;0;0#0!5B$#1!5{-#1!5@\x1b\\"
        );
        assert_eq!(sixels.part((3, 1), (9, 1)), "\x1bP0;1;0q\"1;1;2;1#0;2;0;0;100#0@@\x1b\\");
        assert_eq!(sixels.part((5, 0), (1, 1)), "");
        assert_eq!(sixels.part((0, 7), (1, 1)), "");
    }

    #[test]
    fn many_colours_become_few() {
        let image = RgbImage::from_fn(64, 64, |x, y| {
            Rgb([u8::try_from(x * 4).unwrap(), u8::try_from(y * 4).unwrap(), 128])
        });
        let sixels = sixels(image, 16);
        assert!(sixels.colours.len() <= 16, "{}", sixels.colours.len());
        let corner = |x: usize, y: usize| sixels.colours[usize::from(sixels.dots[y * 64 + x])];
        assert!(corner(0, 0)[0] < 100 && corner(63, 0)[0] > 150, "they are near to what they were");
        let text = sixels.part((0, 0), (64, 64));
        assert!(text.bytes().all(|byte| byte == 0x1b || (0x20..0x7f).contains(&byte)));
        assert_eq!(text.matches('-').count(), 10, "eleven bands");
    }
}
