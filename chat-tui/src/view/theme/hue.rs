//! A hue as a colour that can be read on black and on white alike, for each kind of terminal.

use ratatui::style::Color;

/// The relative luminance (WCAG 2.2) that is as far from black as from white: 4.5 : 1 and 4.6 : 1.
const LUMINANCE: f64 = 0.178;
/// How vivid: pale enough to be no sign of danger, and far from grey.
const SATURATION: f64 = 0.65;
/// Levels of red, green and blue in the palette of 256.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// With all colours: any hue, equally light to the eye.
pub(super) fn readable(hue: u16) -> (u8, u8, u8) {
    let (mut dark, mut light) = (0.0, 1.0);
    for _ in 0..16 {
        let middle = f64::midpoint(dark, light);
        if luminance(rgb(hue, middle)) < LUMINANCE { dark = middle } else { light = middle }
    }
    rgb(hue, light)
}

/// The nearest of the palette of 256 that can be read.
pub(super) fn palette(hue: u16) -> u8 {
    let wanted = readable(hue);
    let cube = (16..=231_u8).filter(|&place| (0.1..=0.3).contains(&luminance(cube(place))));
    cube.min_by_key(|&place| distance(self::cube(place), wanted)).unwrap_or(69)
}

/// One of the six that every terminal has, in the shade that its person chose.
pub(super) fn few(hue: u16) -> Color {
    const ROUND: [Color; 6] =
        [Color::Red, Color::Yellow, Color::Green, Color::Cyan, Color::Blue, Color::Magenta];
    ROUND[usize::from((hue % 360 + 30) / 60) % ROUND.len()]
}

fn rgb(hue: u16, lightness: f64) -> (u8, u8, u8) {
    let chroma = (1.0 - (2.0 * lightness - 1.0).abs()) * SATURATION;
    let part = |offset: f64| {
        let sector = (f64::from(hue % 360) / 60.0 + offset) % 6.0;
        let share = (2.0 - (sector - 3.0).abs()).clamp(0.0, 1.0);
        // In 0..=255, as both shares are in 0..=1.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in range")]
        let level = ((lightness - chroma / 2.0 + chroma * (1.0 - share)) * 255.0).round() as u8;
        level
    };
    (part(0.0), part(4.0), part(2.0))
}

pub(super) fn luminance((red, green, blue): (u8, u8, u8)) -> f64 {
    let linear = |level: u8| {
        let level = f64::from(level) / 255.0;
        if level <= 0.04045 { level / 12.92 } else { ((level + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

/// A place of the 6 × 6 × 6 cube in the palette of 256.
pub(super) fn cube(place: u8) -> (u8, u8, u8) {
    let level = |n: u8| LEVELS[usize::from(n % 6)];
    let n = place - 16;
    (level(n / 36), level(n / 6), level(n))
}

/// The place in the palette of 256 that is nearest to a colour, of those that are the same everywhere: quick, as a
/// picture has many.
pub(super) fn nearest(wanted: (u8, u8, u8)) -> u8 {
    let level = |value: u8| (0..6_u8).min_by_key(|&n| LEVELS[usize::from(n)].abs_diff(value)).unwrap_or(0);
    let coloured = 16 + 36 * level(wanted.0) + 6 * level(wanted.1) + level(wanted.2);
    let sum = u16::from(wanted.0) + u16::from(wanted.1) + u16::from(wanted.2);
    // 24 greys: 8, 18, … 238.
    let step = (sum / 3).saturating_sub(3) / 10;
    let step = u8::try_from(step.min(23)).unwrap_or(23);
    let grey = 8 + 10 * step;
    let is_grey = distance((grey, grey, grey), wanted) < distance(cube(coloured), wanted);
    if is_grey { 232 + step } else { coloured }
}

pub(super) fn distance(one: (u8, u8, u8), other: (u8, u8, u8)) -> u32 {
    let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
    square(one.0, other.0) + square(one.1, other.1) + square(one.2, other.2)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn contrasts(color: (u8, u8, u8)) -> (f64, f64) {
        let l = luminance(color);
        ((l + 0.05) / 0.05, 1.05 / (l + 0.05))
    }

    /// The hue of a colour in degrees.
    fn hue_of((red, green, blue): (u8, u8, u8)) -> f64 {
        let (r, g, b) = (f64::from(red), f64::from(green), f64::from(blue));
        (3_f64.sqrt() * (g - b)).atan2(2.0 * r - g - b).to_degrees().rem_euclid(360.0)
    }

    fn apart(one: f64, other: f64) -> f64 {
        let apart = (one - other).abs();
        apart.min(360.0 - apart)
    }

    #[test]
    fn every_hue_can_be_read_on_black_and_on_white_and_is_that_hue() {
        for hue in 0..360 {
            let (on_black, on_white) = contrasts(readable(hue));
            assert!(on_black >= 4.3 && on_white >= 4.3, "{hue}: {on_black:.1} {on_white:.1}");
            assert!(apart(hue_of(readable(hue)), f64::from(hue)) < 5.0, "{hue}: {:?}", readable(hue));
            let place = palette(hue);
            let (on_black, on_white) = contrasts(cube(place));
            assert!(on_black >= 3.0 && on_white >= 3.0, "{hue}: {on_black:.1} {on_white:.1}");
            assert!(apart(hue_of(cube(place)), f64::from(hue)) < 40.0, "{hue}: {place}");
        }
        let places: BTreeSet<u8> = (0..360).map(palette).collect();
        assert!(places.len() >= 12, "{places:?}");
    }

    #[test]
    fn the_few_colours_go_round() {
        use Color::{Blue, Cyan, Green, Magenta, Red, Yellow};
        let round = [0, 60, 120, 180, 240, 300, 359].map(few);
        assert_eq!(round, [Red, Yellow, Green, Cyan, Blue, Magenta, Red]);
    }
}
