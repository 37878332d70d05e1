//! The pictures that the terminal has: brought when they come into sight, taken away when they leave it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::screen::Piece;
use crate::app::pictures::fit;
use crate::graphics::mark::Shown;
use crate::graphics::sixel::Sixels;
use crate::graphics::{Found, Mark, Pixels, Way, iterm, kitty};

/// What is written to the terminal for its pictures, and what it has because of that.
#[derive(Debug, Default)]
pub(super) struct Gallery {
    /// What kitty has.
    placed: BTreeSet<Shown>,
    /// What the pictures in sight are drawn from, row by row.
    ready: BTreeMap<Shown, Ready>,
}

/// A picture of the size in which it is drawn.
#[derive(Debug)]
enum Ready {
    Dots(Pixels),
    Sixels(Sixels),
    /// It is not here any more, or cannot be made ready.
    Nothing,
}

impl Gallery {
    /// What is to be written so that the pictures `shown` are seen: those of kitty as a whole, of the others the pieces
    /// that were left blank.
    pub(super) fn show<'a>(
        &mut self,
        found: Found,
        shown: &BTreeSet<Shown>,
        pieces: &[Piece],
        pixels: impl Fn(u16) -> Option<&'a Pixels>,
    ) -> String {
        let mut out = String::new();
        if found.way == Way::Kitty {
            self.place(found.in_tmux, shown, &pixels, &mut out);
        } else {
            out += &self.lift_all(found.in_tmux);
        }
        self.ready.retain(|ready, _| found.way != Way::Kitty && shown.contains(ready));
        for run in pieces.chunk_by(is_next) {
            let [(x, y, first), ..] = run else { continue };
            let ready = self
                .ready
                .entry(first.shown)
                .or_insert_with(|| ready(first.shown, found, pixels(first.shown.number)));
            let part = part(ready, *first, run.len(), found.cell);
            if !part.is_empty() {
                // The cursor is where the person writes.
                let _ = write!(out, "\x1b7\x1b[{};{}H{part}\x1b8", y + 1, x + 1);
            }
        }
        out
    }

    /// What is to be written so that the terminal keeps none of them.
    pub(super) fn clear(&mut self, in_tmux: bool) -> String {
        self.ready.clear();
        self.lift_all(in_tmux)
    }

    fn lift_all(&mut self, in_tmux: bool) -> String {
        let ids: BTreeSet<u32> = std::mem::take(&mut self.placed).into_iter().map(Shown::id).collect();
        ids.into_iter().map(|id| kitty::drop(id, in_tmux)).collect()
    }

    fn place<'a>(
        &mut self,
        in_tmux: bool,
        shown: &BTreeSet<Shown>,
        pixels: impl Fn(u16) -> Option<&'a Pixels>,
        out: &mut String,
    ) {
        let has = |of: &BTreeSet<Shown>, number: u16| of.iter().any(|shown| shown.number == number);
        let gone: Vec<Shown> = self.placed.difference(shown).copied().collect();
        for gone in gone {
            self.placed.remove(&gone);
            if has(&self.placed, gone.number) || has(shown, gone.number) {
                *out += &kitty::lift(gone, in_tmux);
            } else {
                *out += &kitty::drop(gone.id(), in_tmux);
            }
        }
        for new in shown.difference(&self.placed.clone()) {
            if !has(&self.placed, new.number) {
                let Some(Ok(png)) = pixels(new.number).map(Pixels::png) else { continue };
                *out += &kitty::bring(new.id(), &png, in_tmux);
            }
            *out += &kitty::place(*new, in_tmux);
            self.placed.insert(*new);
        }
    }
}

/// Whether a piece stands right of another, on the screen and in the picture.
fn is_next((x, y, mark): &Piece, (next_x, next_y, next): &Piece) -> bool {
    (x + 1, y) == (*next_x, next_y)
        && (mark.shown, mark.row, mark.column + 1) == (next.shown, next.row, next.column)
}

fn ready(shown: Shown, found: Found, pixels: Option<&Pixels>) -> Ready {
    let Some(pixels) = pixels else { return Ready::Nothing };
    let (wide, high) = found.cell;
    let (wide, high) = (shown.columns * wide, shown.rows * high);
    // As large as its cells are, in its own shape.
    let larger = u32::from(wide.max(high));
    let (wide, high) = fit((pixels.width() * larger, pixels.height() * larger), (wide, high));
    let pixels = pixels.resized(wide, high);
    match found.way {
        Way::Iterm => Ready::Dots(pixels),
        Way::Sixel => Ready::Sixels(Sixels::new(&pixels, found.colours)),
        Way::Blocks | Way::Kitty => Ready::Nothing,
    }
}

/// So many cells of one row of a picture, from this one on.
fn part(ready: &Ready, first: Mark, cells: usize, (wide, high): (u16, u16)) -> String {
    let (left, top) = (u32::from(first.column) * u32::from(wide), u32::from(first.row) * u32::from(high));
    let columns = u16::try_from(cells).unwrap_or(u16::MAX);
    let size = (u32::from(columns) * u32::from(wide), u32::from(high));
    let usize = |dots: u32| usize::try_from(dots).unwrap_or(usize::MAX);
    match ready {
        Ready::Nothing => String::new(),
        Ready::Dots(pixels) => match pixels.part((left, top), size) {
            Ok(png) => iterm::row(&png, columns),
            Err(_) => String::new(),
        },
        Ready::Sixels(sixels) => sixels.part((usize(left), usize(top)), (usize(size.0), usize(size.1))),
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    const CELL: (u16, u16) = (4, 6);

    fn found(way: Way) -> Found {
        Found { way, cell: CELL, colours: 256, in_tmux: false }
    }

    fn pixels() -> Pixels {
        Pixels::new(RgbImage::from_pixel(16, 12, Rgb([255, 0, 0]))).unwrap()
    }

    fn shown(number: u16, columns: u16) -> Shown {
        Shown { number, columns, rows: 2 }
    }

    fn piece(x: u16, y: u16, row: u16, column: u16) -> Piece {
        (x, y, Mark { shown: shown(1, 4), row, column })
    }

    #[test]
    fn kitty_is_brought_a_picture_once_and_it_is_taken_away() {
        let (mut gallery, pixels) = (Gallery::default(), pixels());
        let mut show = |all: &[Shown]| {
            gallery.show(found(Way::Kitty), &all.iter().copied().collect(), &[], |_| Some(&pixels))
        };
        let (one, two, small) = (shown(1, 4), shown(2, 4), shown(1, 2));
        let brought = show(&[one]);
        let png = pixels.png().unwrap();
        assert_eq!(brought, kitty::bring(17, &png, false) + &kitty::place(one, false));
        assert_eq!(show(&[one]), "", "nothing changed");
        assert_eq!(show(&[one, small]), kitty::place(small, false), "it is there already");
        assert_eq!(show(&[small]), kitty::lift(one, false), "it is still seen in another size");
        let next = kitty::drop(17, false) + &kitty::bring(18, &png, false) + &kitty::place(two, false);
        assert_eq!(show(&[two]), next);
        assert_eq!(gallery.clear(true), kitty::drop(18, true));
        assert_eq!(gallery.clear(true), "");
    }

    #[test]
    fn another_way_takes_away_what_kitty_has() {
        let (mut gallery, pixels) = (Gallery::default(), pixels());
        let all = BTreeSet::from([shown(1, 4)]);
        gallery.show(found(Way::Kitty), &all, &[], |_| Some(&pixels));
        assert_eq!(gallery.show(found(Way::Blocks), &BTreeSet::new(), &[], |_| None), kitty::drop(17, false));
    }

    #[test]
    fn each_row_is_drawn_by_itself_where_it_stands() {
        let (mut gallery, pixels) = (Gallery::default(), pixels());
        let all = BTreeSet::from([shown(1, 4)]);
        // Something lies over the second cell of the second row.
        let pieces: Vec<Piece> = (0..4)
            .map(|n| piece(10 + n, 5, 0, n))
            .chain([piece(10, 6, 1, 0), piece(12, 6, 1, 2), piece(13, 6, 1, 3)])
            .collect();
        let sixel = |wide: u16| format!("\x1bP0;1;0q\"1;1;{wide};6#0;2;100;0;0#0!{wide}~\x1b\\");
        assert_eq!(
            gallery.show(found(Way::Sixel), &all, &pieces, |_| Some(&pixels)),
            format!(
                "\x1b7\x1b[6;11H{}\x1b8\x1b7\x1b[7;11H{}\x1b8\x1b7\x1b[7;13H{}\x1b8",
                sixel(16),
                sixel(4),
                sixel(8)
            )
        );
        gallery.clear(false);
        let text = gallery.show(found(Way::Iterm), &all, &pieces[..4], |_| Some(&pixels));
        let row = iterm::row(&pixels.part((0, 0), (16, 6)).unwrap(), 4);
        assert_eq!(text, format!("\x1b7\x1b[6;11H{row}\x1b8"));
        gallery.show(found(Way::Iterm), &BTreeSet::new(), &[], |_| None);
        assert!(gallery.ready.is_empty(), "what is out of sight is not kept");
    }
}
