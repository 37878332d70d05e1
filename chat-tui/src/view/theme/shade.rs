//! A colour that an author chose, as the nearest that a terminal has.

use ratatui::style::Color;

use super::Depth;
use super::hue::{cube, distance};
use crate::markup::sgr;

/// A terminal's own, in its order, and what they are where nobody has chosen others.
const OWN: [(Color, (u8, u8, u8)); 16] = [
    (Color::Black, (0, 0, 0)),
    (Color::Red, (205, 0, 0)),
    (Color::Green, (0, 205, 0)),
    (Color::Yellow, (205, 205, 0)),
    (Color::Blue, (0, 0, 238)),
    (Color::Magenta, (205, 0, 205)),
    (Color::Cyan, (0, 205, 205)),
    (Color::Gray, (229, 229, 229)),
    (Color::DarkGray, (127, 127, 127)),
    (Color::LightRed, (255, 0, 0)),
    (Color::LightGreen, (0, 255, 0)),
    (Color::LightYellow, (255, 255, 0)),
    (Color::LightBlue, (92, 92, 255)),
    (Color::LightMagenta, (255, 0, 255)),
    (Color::LightCyan, (0, 255, 255)),
    (Color::White, (255, 255, 255)),
];

/// The colour as it is drawn; `None` where there are none.
pub(super) fn shade(color: sgr::Color, depth: Depth) -> Option<Color> {
    match (depth, color) {
        (Depth::None, _) => None,
        (Depth::True, sgr::Color::Rgb(red, green, blue)) => Some(Color::Rgb(red, green, blue)),
        (Depth::Palette, sgr::Color::Rgb(red, green, blue)) => {
            // The first 16 are the terminal's own: nobody knows what they are.
            let nearest = (16..=255).min_by_key(|&place| distance(fixed(place), (red, green, blue)));
            nearest.map(Color::Indexed)
        }
        (Depth::Palette | Depth::True, sgr::Color::Palette(place)) => Some(Color::Indexed(place)),
        (Depth::Few, sgr::Color::Palette(place)) => match OWN.get(usize::from(place)) {
            Some((own, _)) => Some(*own),
            None => own(fixed(place)),
        },
        (Depth::Few, sgr::Color::Rgb(red, green, blue)) => own((red, green, blue)),
    }
}

fn own(wanted: (u8, u8, u8)) -> Option<Color> {
    OWN.into_iter().min_by_key(|(_, known)| distance(*known, wanted)).map(|(own, _)| own)
}

/// A place of the palette of 256 that is the same everywhere: from 16 on.
fn fixed(place: u8) -> (u8, u8, u8) {
    if place < 232 {
        return cube(place);
    }
    let level = 8 + 10 * (place - 232);
    (level, level, level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_terminal_gets_the_nearest_it_has() {
        let orange = sgr::Color::Rgb(255, 140, 0);
        assert_eq!(shade(orange, Depth::True), Some(Color::Rgb(255, 140, 0)));
        assert_eq!(shade(orange, Depth::Palette), Some(Color::Indexed(208)));
        assert_eq!(shade(orange, Depth::Few), Some(Color::Yellow));
        assert_eq!(shade(orange, Depth::None), None);
        assert_eq!(shade(sgr::Color::Rgb(9, 8, 7), Depth::Palette), Some(Color::Indexed(232)));
        for (place, own) in [(1, Color::Red), (15, Color::White), (196, Color::LightRed), (255, Color::Gray)]
        {
            assert_eq!(shade(sgr::Color::Palette(place), Depth::Few), Some(own), "{place}");
            assert_eq!(shade(sgr::Color::Palette(place), Depth::Palette), Some(Color::Indexed(place)));
        }
    }
}
