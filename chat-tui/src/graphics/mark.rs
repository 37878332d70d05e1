//! What stands in the cells of a picture, until it is written.
//!
//! A cell says by itself which part of which picture it shows, so that whatever draws on cells (scrolling, a list that
//! lies over the room, another size) moves, covers and clips pictures like text. It does so in the words of kitty's
//! placeholders: for kitty the cells are written as they are, for the others they are replaced by the picture's dots.
//! The colour of the underline, which nothing else here uses, tells a mark from text that somebody wrote.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Style};

/// kitty's placeholder. In text of others it must not reach a terminal: it could stand for a picture.
pub const PLACEHOLDER: char = '\u{10eeee}';
/// The first of the colours that are used for numbers: those below may be written in another way.
const FIRST: u16 = 16;
/// Numbers of pictures are below this.
pub const NUMBERS: u16 = (256 - FIRST) * 63;
/// In the underline's colour, the first byte of what is no colour.
const PICTURE: u8 = 1;

/// The marks that stand for numbers, in kitty's order (as many as are used here).
const DIGITS: [char; 64] = [
    '\u{305}', '\u{30d}', '\u{30e}', '\u{310}', '\u{312}', '\u{33d}', '\u{33e}', '\u{33f}', '\u{346}',
    '\u{34a}', '\u{34b}', '\u{34c}', '\u{350}', '\u{351}', '\u{352}', '\u{357}', '\u{35b}', '\u{363}',
    '\u{364}', '\u{365}', '\u{366}', '\u{367}', '\u{368}', '\u{369}', '\u{36a}', '\u{36b}', '\u{36c}',
    '\u{36d}', '\u{36e}', '\u{36f}', '\u{483}', '\u{484}', '\u{485}', '\u{486}', '\u{487}', '\u{592}',
    '\u{593}', '\u{594}', '\u{595}', '\u{597}', '\u{598}', '\u{599}', '\u{59c}', '\u{59d}', '\u{59e}',
    '\u{59f}', '\u{5a0}', '\u{5a1}', '\u{5a8}', '\u{5a9}', '\u{5ab}', '\u{5ac}', '\u{5af}', '\u{5c4}',
    '\u{610}', '\u{611}', '\u{612}', '\u{613}', '\u{614}', '\u{615}', '\u{616}', '\u{617}', '\u{657}',
    '\u{658}',
];

/// A picture of a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    /// Which picture; below [`NUMBERS`].
    pub number: u16,
    /// How wide it is drawn, in cells: 1 to 64.
    pub columns: u16,
    /// How high, in cells: 1 to 64.
    pub rows: u16,
}

impl Shown {
    /// What kitty calls the picture.
    pub fn id(self) -> u32 {
        (u32::from(self.number / (256 - FIRST)) << 24) | u32::from(self.colour())
    }

    /// What kitty calls it in this size.
    pub fn placement(self) -> u32 {
        let [columns, rows] = self.size();
        u32::from_be_bytes([0, PICTURE, columns, rows])
    }

    fn colour(self) -> u8 {
        u8::try_from(FIRST + self.number % (256 - FIRST)).unwrap_or(u8::MAX)
    }

    fn size(self) -> [u8; 2] {
        [self.columns, self.rows].map(|cells| u8::try_from(cells).unwrap_or(u8::MAX))
    }
}

/// What a cell shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Of which picture.
    pub shown: Shown,
    /// Which row of it.
    pub row: u16,
    /// Which column of it.
    pub column: u16,
}

impl Mark {
    /// What is put into the cell.
    pub fn symbol(self) -> String {
        let digit = |n: u16| DIGITS[usize::from(n).min(DIGITS.len() - 1)];
        let high = self.shown.number / (256 - FIRST);
        [PLACEHOLDER, digit(self.row), digit(self.column), digit(high)].iter().collect()
    }

    /// How the cell looks.
    pub fn style(self) -> Style {
        let [columns, rows] = self.shown.size();
        Style::new()
            .fg(Color::Indexed(self.shown.colour()))
            .underline_color(Color::Rgb(PICTURE, columns, rows))
    }

    /// What a cell shows, where it is part of a picture.
    pub fn of(cell: &Cell) -> Option<Self> {
        let Color::Rgb(PICTURE, columns, rows) = cell.underline_color else { return None };
        let Color::Indexed(colour) = cell.fg else { return None };
        let mut symbol = cell.symbol().chars();
        if symbol.next()? != PLACEHOLDER {
            return None;
        }
        let mut digit = || {
            let mark = symbol.next()?;
            DIGITS.iter().position(|digit| *digit == mark).and_then(|n| u16::try_from(n).ok())
        };
        let (row, column, high) = (digit()?, digit()?, digit()?);
        let number = high * (256 - FIRST) + u16::from(colour).checked_sub(FIRST)?;
        Some(Self { shown: Shown { number, columns: columns.into(), rows: rows.into() }, row, column })
    }
}

#[cfg(test)]
mod tests {
    use unicode_segmentation::UnicodeSegmentation;
    use unicode_width::UnicodeWidthStr;

    use super::*;

    #[test]
    fn a_cell_says_what_it_shows() {
        for (number, row, column) in [(0, 0, 0), (239, 11, 63), (240, 3, 7), (NUMBERS - 1, 11, 63)] {
            let mark = Mark { shown: Shown { number, columns: 64, rows: 12 }, row, column };
            let mut cell = Cell::default();
            cell.set_symbol(&mark.symbol()).set_style(mark.style());
            assert_eq!(Mark::of(&cell), Some(mark));
            assert_eq!(mark.symbol().width(), 1, "it is as wide as its cell");
            assert_eq!(mark.symbol().graphemes(true).count(), 1, "it stays in its cell");
            cell.underline_color = Color::Reset;
            assert_eq!(Mark::of(&cell), None, "it is somebody's text");
        }
        assert_eq!(Mark::of(&Cell::new("x")), None);
    }

    #[test]
    fn kitty_finds_the_picture_by_the_colours_and_the_third_mark() {
        let shown = Shown { number: 240 * 2 + 5, columns: 30, rows: 10 };
        assert_eq!(shown.id(), (2 << 24) + 21);
        assert_eq!(shown.placement(), 0x0001_1e0a);
        let mark = Mark { shown, row: 1, column: 2 };
        assert_eq!(mark.symbol(), "\u{10eeee}\u{30d}\u{30e}\u{30e}");
        assert_eq!(mark.style(), Style::new().fg(Color::Indexed(21)).underline_color(Color::Rgb(1, 30, 10)));
    }
}
