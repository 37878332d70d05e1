//! What is drawn, on its way to the terminal: cells become characters, links and pictures.
//!
//! This is the one place where cells turn into bytes, so it is the one that knows of sequences around them: a cell that
//! belongs to a link ([`Links`]) is written within one, and a cell that is part of a picture ([`Mark`]) is left blank
//! for it, but for kitty, which reads such cells itself. Ratatui compares frames by cells; whatever it hands over here
//! is exactly what is to be written again, links and parts of pictures included.

use std::io::{self, Write};
use std::rc::Rc;

use crossterm::queue;
use crossterm::style::Print;
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::Color;

use crate::graphics::mark::PLACEHOLDER;
use crate::graphics::{Mark, Way};
use crate::view::links::{Links, number};

/// A part of a picture that is to be drawn, by the column and the row of the screen.
pub(super) type Piece = (u16, u16, Mark);

/// A terminal's screen.
#[derive(Debug)]
pub(super) struct Screen<W: Write> {
    inner: CrosstermBackend<W>,
    links: Rc<Links>,
    /// How pictures are shown.
    pub(super) way: Way,
    /// Parts of pictures that the last frames left blank.
    pub(super) pieces: Vec<Piece>,
    /// All was wiped away.
    pub(super) wiped: bool,
    /// The cursor is to be seen.
    pub(super) cursor: bool,
    /// Where it was put.
    position: Position,
}

impl<W: Write> Screen<W> {
    pub(super) fn new(out: W, links: Rc<Links>) -> Self {
        let inner = CrosstermBackend::new(out);
        Self {
            inner,
            links,
            way: Way::Blocks,
            pieces: Vec::new(),
            wiped: false,
            cursor: false,
            position: Position::ORIGIN,
        }
    }

    /// What is written instead of a cell.
    fn written(&mut self, x: u16, y: u16, cell: &Cell) -> Cell {
        let mut cell = cell.clone();
        match Mark::of(&cell) {
            Some(_) if self.way == Way::Kitty => {}
            Some(mark) => {
                self.pieces.push((x, y, mark));
                cell.reset();
            }
            // In somebody's text it might be drawn as a picture.
            None if cell.symbol().contains(PLACEHOLDER) => {
                cell.set_symbol("\u{fffd}");
            }
            None => {}
        }
        cell
    }
}

impl<W: Write> Write for Screen<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(&mut self.inner)
    }
}

impl<W: Write> Backend for Screen<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let cells: Vec<(u16, u16, Cell)> =
            content.map(|(x, y, cell)| (x, y, self.written(x, y, cell))).collect();
        let link = |cell: &Cell| number(cell.underline_color);
        for run in cells.chunk_by(|(.., one), (.., other)| link(one) == link(other)) {
            let colour = run.first().map_or(Color::Reset, |(.., cell)| cell.underline_color);
            if number(colour).is_none() {
                self.inner.draw(run.iter().map(|(x, y, cell)| (*x, *y, cell)))?;
                continue;
            }
            let mut run = run.to_vec();
            for (.., cell) in &mut run {
                cell.underline_color = Color::Reset;
            }
            let link = self.links.of(colour);
            if let Some((number, address)) = &link {
                // By its number the parts of a link are one, on whatever rows they stand.
                queue!(self.inner, Print(format!("\x1b]8;id=c{number};{address}\x1b\\")))?;
            }
            self.inner.draw(run.iter().map(|(x, y, cell)| (*x, *y, cell)))?;
            if link.is_some() {
                queue!(self.inner, Print("\x1b]8;;\x1b\\"))?;
            }
        }
        Ok(())
    }

    fn append_lines(&mut self, n: u16) -> io::Result<()> {
        self.inner.append_lines(n)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.cursor = false;
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.cursor = true;
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // The terminal is not asked: the answer would be read by two.
        Ok(self.position)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.position = position.into();
        self.inner.set_cursor_position(self.position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.wiped = true;
        self.inner.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.wiped = true;
        self.inner.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.inner)
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;
    use crate::graphics::mark::Shown;

    fn written(way: Way, cells: &[(u16, u16, Cell)], links: &Rc<Links>) -> (String, Vec<Piece>) {
        let mut out = Vec::new();
        let mut screen = Screen::new(&mut out, Rc::clone(links));
        screen.way = way;
        screen.draw(cells.iter().map(|(x, y, cell)| (*x, *y, cell))).unwrap();
        let pieces = std::mem::take(&mut screen.pieces);
        drop(screen);
        (String::from_utf8(out).unwrap(), pieces)
    }

    const END: &str = "\x1b[39m\x1b[49m\x1b[59m\x1b[0m";

    #[test]
    fn links_stand_around_their_cells() {
        let links = Rc::new(Links::default());
        let mark = links.mark("https://one.example/ä").unwrap();
        let cell = |symbol: &'static str, is_link: bool| {
            let mut cell = Cell::new(symbol);
            if is_link {
                cell.set_style(Style::new().underline_color(mark));
            }
            cell
        };
        let cells = [
            (0, 0, cell("a", false)),
            (1, 0, cell("語", true)),
            (3, 0, cell("c", true)),
            (0, 1, cell("d", true)),
        ];
        let (text, _) = written(Way::Blocks, &cells, &links);
        assert_eq!(
            text,
            format!(
                "\x1b[1;1Ha{END}\x1b]8;id=c0;https://one.example/%C3%A4\x1b\\\x1b[1;2H語\x1b[1;4Hc\x1b[2;1Hd{END}\x1b]8;;\x1b\\"
            )
        );
        links.forget();
        assert!(
            !written(Way::Blocks, &cells, &links).0.contains("\x1b]"),
            "an address that is not known is not told"
        );
    }

    #[test]
    fn parts_of_pictures_are_left_blank_but_for_kitty() {
        let links = Rc::new(Links::default());
        let mark = Mark { shown: Shown { number: 3, columns: 8, rows: 2 }, row: 1, column: 4 };
        let mut cell = Cell::new("");
        cell.set_symbol(&mark.symbol()).set_style(mark.style());
        let (text, pieces) = written(Way::Sixel, &[(7, 2, cell.clone())], &links);
        assert_eq!((text, pieces), (format!("\x1b[3;8H {END}"), vec![(7, 2, mark)]));
        let (text, pieces) = written(Way::Kitty, &[(7, 2, cell.clone())], &links);
        assert!(text.contains(&format!("\x1b[38;5;19;49m\x1b[58;2;1;8;2m{}", mark.symbol())), "{text:?}");
        assert_eq!(pieces, []);
        // Somebody wrote it, and chose the colour.
        cell.underline_color = Color::Reset;
        let (text, pieces) = written(Way::Kitty, &[(7, 2, cell)], &links);
        assert!(!text.contains(PLACEHOLDER) && text.contains('\u{fffd}') && pieces.is_empty(), "{text:?}");
    }
}
