//! Pictures of messages: which are here, which are asked for, and how many cells each takes.
//!
//! In half-blocks a cell shows two dots, one above the other; a dot is about as wide as it is high. Where the terminal
//! shows dots of its own, a cell has as many as the terminal says, and only a mark stands in it: see [`Mark`].

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use protocol::ids::Id;
use protocol::messages::File;

use super::layout::Screen;
use super::{Effect, Model, rows};
use crate::graphics::mark::{NUMBERS, Shown};
use crate::graphics::{Found, Mark, Pixels, Way};

/// The columns that a picture takes, at most.
pub const COLUMNS: u16 = 64;
/// The rows that a picture takes, at most.
pub const ROWS: u16 = 12;
/// What pictures are kept in memory, in bytes; further ones take the place of the oldest.
const KEPT: usize = 16 * 1024 * 1024;
/// So many are known at most, far fewer than there are numbers for them.
const KNOWN: usize = 4096;
/// So many are fetched at a time.
const AT_ONCE: usize = 4;
/// Pictures of one message that are shown; its other files are only named.
pub(super) const PER_MESSAGE: usize = 4;

/// Red, green and blue.
pub type Dot = (u8, u8, u8);

/// A picture, as large as it is shown at most.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its columns.
    width: u16,
    /// From the upper left, row by row.
    dots: Vec<Dot>,
    /// What is sent to a terminal that shows dots; none where ours shows half-blocks.
    pixels: Option<Pixels>,
}

/// How pictures are to be shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Choice {
    /// Not: they are only named.
    Off,
    /// The best way that the terminal has.
    #[default]
    Auto,
    /// This way, whatever the terminal says.
    By(Way),
}

impl Choice {
    /// As a person says it.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "off" => Some(Self::Off),
            "on" | "auto" => Some(Self::Auto),
            way => Way::named(way).map(Self::By),
        }
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} wide, {} dots)", self.width, self.dots.len())
    }
}

impl Picture {
    /// Of dots from the upper left, row by row; `None` where they do not make whole rows, or are too many.
    pub fn new(width: u16, dots: Vec<Dot>) -> Option<Self> {
        let whole = width > 0 && !dots.is_empty() && dots.len().is_multiple_of(usize::from(width));
        let most = usize::from(COLUMNS) * usize::from(ROWS) * 2;
        (whole && dots.len() <= most).then_some(Self { width, dots, pixels: None })
    }

    /// The same, with the dots of a terminal that has its own.
    #[must_use]
    pub fn with_pixels(self, pixels: Option<Pixels>) -> Self {
        Self { pixels, ..self }
    }

    fn bytes(&self) -> usize {
        self.dots.len() * size_of::<Dot>() + self.pixels.as_ref().map_or(0, Pixels::bytes)
    }

    /// The dot at a place of this picture drawn with so many dots.
    fn at(&self, (x, y): (u16, u16), (wide, high): (u16, u16)) -> Dot {
        let height = self.dots.len() / usize::from(self.width);
        let column = usize::from(x) * usize::from(self.width) / usize::from(wide.max(1));
        let row = usize::from(y) * height / usize::from(high.max(1));
        let place = row.min(height - 1) * usize::from(self.width) + column.min(usize::from(self.width) - 1);
        self.dots[place]
    }
}

#[derive(Debug, Clone)]
enum State {
    Asked,
    /// With its number for the terminal.
    Here(u16, Arc<Picture>),
    /// The server has none, or what it has is none.
    Missing,
}

/// What is known of the pictures of messages.
#[derive(Debug, Clone, Default)]
pub struct Pictures {
    /// The terminal has the colours for it.
    pub can: bool,
    /// The person wants them.
    pub on: bool,
    /// The way that the person wants, whatever the terminal says.
    pub wish: Option<Way>,
    /// It may be given more than characters, if the person wants that.
    pub open: bool,
    /// The best way that the terminal has.
    pub way_found: Way,
    /// The width and height of a cell in dots.
    pub cell: (u16, u16),
    /// The number of the next one; a random one at the start, so that they are no other program's.
    pub next: u16,
    known: BTreeMap<Id, State>,
    /// Those that are known, the oldest first.
    order: VecDeque<Id>,
}

/// A row of a picture, from the left; nothing as long as it is not here yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cells {
    /// Half-blocks: the upper and the lower dot; none where it ends.
    Dots(Vec<(Dot, Option<Dot>)>),
    /// Marks.
    Marks(Vec<Mark>),
}

impl Pictures {
    /// Whether pictures are shown.
    fn shown(&self) -> bool {
        self.on && (self.can || self.way().is_graphic())
    }

    /// The way in which pictures are shown, where they are.
    pub fn way(&self) -> Way {
        if self.open { self.wish.unwrap_or(self.way_found) } else { Way::Blocks }
    }

    /// How many dots a picture needs at most, in width and height; none where half-blocks are all there is.
    pub fn needs(&self) -> Option<(u16, u16)> {
        let (wide, high) = self.cell();
        self.way().is_graphic().then_some((COLUMNS * wide, ROWS * high))
    }

    /// The dots of a picture by its number, for the terminal.
    pub fn pixels(&self, number: u16) -> Option<&Pixels> {
        self.known.values().find_map(|state| match state {
            State::Here(other, picture) if *other == number => picture.pixels.as_ref(),
            _ => None,
        })
    }

    fn cell(&self) -> (u16, u16) {
        // Larger ones are none; it keeps the figures small.
        (self.cell.0.clamp(1, 256), self.cell.1.clamp(1, 256))
    }

    /// The same settings, and no picture.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self { known: BTreeMap::new(), order: VecDeque::new(), ..self.clone() }
    }

    /// Takes in what the terminal is found to show.
    pub(super) fn find(&mut self, found: Found) {
        (self.way_found, self.cell) = (found.way, found.cell);
        self.settle();
    }

    /// Forgets the pictures that lack what the present way needs: they are asked for again.
    fn settle(&mut self) {
        if self.way().is_graphic() {
            self.known
                .retain(|_, state| !matches!(state, State::Here(_, picture) if picture.pixels.is_none()));
            self.order.retain(|file| self.known.contains_key(file));
        }
    }

    /// Whether a picture of this file is to be asked for.
    pub(super) fn lacks(&self, file: &File) -> bool {
        self.shown() && file.thumb && !self.known.contains_key(&file.file)
    }

    /// The rows of a file's picture in an area of so many columns and rows; none where it has none. As long as it is on
    /// its way its place is kept free, so that nothing moves when it comes.
    pub(super) fn rows(&self, file: &File, columns: usize, height: u16) -> Vec<Cells> {
        if !self.shown() {
            return Vec::new();
        }
        let picture = match self.known.get(&file.file) {
            None | Some(State::Missing) => return Vec::new(),
            Some(State::Asked) => None,
            Some(State::Here(number, picture)) => Some((*number, picture)),
        };
        let (Some(width), Some(tall)) = (file.width, file.height) else { return Vec::new() };
        let columns = u16::try_from(columns).unwrap_or(COLUMNS).min(COLUMNS);
        // The words of the message are to be seen beside it.
        let most = ROWS.min(height / 2);
        if columns < 2 || most < 2 {
            return Vec::new();
        }
        if self.way().is_graphic() {
            return self.marks((width, tall), (columns, most), picture);
        }
        let (wide, high) = fit((width, tall), (columns, most * 2));
        let cells = |y: u16| match picture {
            None => Cells::Dots(Vec::new()),
            Some((_, picture)) => {
                let dot = |x, y| picture.at((x, y), (wide, high));
                Cells::Dots((0..wide).map(|x| (dot(x, y), (y + 1 < high).then(|| dot(x, y + 1)))).collect())
            }
        };
        (0..high).step_by(2).map(cells).collect()
    }

    /// The rows of a picture of such a size within so many columns and rows.
    fn marks(
        &self,
        size: (u32, u32),
        (columns, rows): (u16, u16),
        picture: Option<(u16, &Arc<Picture>)>,
    ) -> Vec<Cells> {
        let (wide, high) = self.cell();
        let (width, height) = fit(size, (columns * wide, rows * high));
        let (columns, rows) = (width.div_ceil(wide), height.div_ceil(high));
        let number = picture.filter(|(_, picture)| picture.pixels.is_some()).map(|(number, _)| number);
        let marks = |row: u16| {
            let mark = |number| move |column| Mark { shown: Shown { number, columns, rows }, row, column };
            Cells::Marks(number.map_or_else(Vec::new, |number| (0..columns).map(mark(number)).collect()))
        };
        (0..rows).map(marks).collect()
    }

    fn asked(&mut self, file: Id) {
        if self.known.insert(file.clone(), State::Asked).is_none() {
            self.order.push_back(file);
        }
    }

    fn under_way(&self) -> usize {
        self.known.values().filter(|state| matches!(state, State::Asked)).count()
    }

    /// Takes a picture in, or that there is none.
    pub(super) fn take(&mut self, file: &Id, picture: Option<Arc<Picture>>) {
        // What was forgotten meanwhile is asked for again when it is in sight.
        let Some(state) = self.known.get_mut(file) else { return };
        let number = self.next % NUMBERS;
        self.next = (number + 1) % NUMBERS;
        *state = picture.map_or(State::Missing, |picture| State::Here(number, picture));
        while self.bytes() > KEPT || self.order.len() > KNOWN {
            let Some(oldest) = self.order.pop_front() else { return };
            self.known.remove(&oldest);
        }
    }

    fn bytes(&self) -> usize {
        let of = |state: &State| match state {
            State::Here(_, picture) => picture.bytes(),
            _ => 0,
        };
        self.known.values().map(|state| of(state) + 200).sum()
    }

    /// Forgets which pictures could not be had.
    fn try_again(&mut self) {
        self.known.retain(|_, state| !matches!(state, State::Missing));
        self.order.retain(|file| self.known.contains_key(file));
    }
}

/// The size of a picture within so many dots: never larger than it is, never without a dot.
pub fn fit((width, height): (u32, u32), (most_wide, most_high): (u16, u16)) -> (u16, u16) {
    let (width, height) = (u64::from(width.max(1)), u64::from(height.max(1)));
    let (wide, high) = (u64::from(most_wide.max(1)), u64::from(most_high.max(1)));
    let (to_wide, to_high) = if width <= wide && height <= high {
        (width, height)
    } else if width * high > height * wide {
        (wide, height * wide / width)
    } else {
        (width * high / height, high)
    };
    let small = |dots: u64, most: u16| u16::try_from(dots).unwrap_or(most).clamp(1, most.max(1));
    (small(to_wide, most_wide), small(to_high, most_high))
}

/// Asks for the pictures in sight that are not here.
pub(super) fn ask(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.pictures.shown() || !model.is_online() {
        return;
    }
    let free = AT_ONCE.saturating_sub(model.pictures.under_way());
    if free == 0 {
        return;
    }
    let seen = rows::viewport(model.place(), Screen::of(model).frame(model));
    for file in seen.pictures.into_iter().take(free) {
        model.pictures.asked(file.clone());
        effects.push(Effect::Thumb(file));
    }
}

/// `/images auto|kitty|iterm|sixel|blocks|off`; `on` is `auto`.
pub(super) fn switch(model: &mut Model, argument: &str) -> Vec<Effect> {
    let pictures = &mut model.pictures;
    match Choice::named(argument) {
        Some(Choice::Off) => {
            pictures.on = false;
            model.toast("pictures are not shown, only named");
        }
        Some(Choice::By(way)) if way.is_graphic() && !pictures.open => {
            model.complain("nothing but characters can be shown here");
        }
        Some(Choice::Auto) if !(pictures.can || pictures.open && pictures.way_found.is_graphic()) => {
            model.complain("this terminal has too few colours for pictures");
        }
        Some(Choice::By(Way::Blocks)) if !pictures.can => {
            model.complain("this terminal has too few colours for pictures");
        }
        Some(choice) => {
            pictures.on = true;
            pictures.wish = match choice {
                Choice::By(way) => Some(way),
                _ => None,
            };
            pictures.try_again();
            pictures.settle();
            let way = pictures.way();
            model.toast(if way.is_graphic() {
                format!("pictures are shown ({})", way.name())
            } else {
                "pictures are shown".to_owned()
            });
        }
        None => model.complain("write it as /images auto|kitty|iterm|sixel|blocks|off"),
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(id: &str, width: u32, height: u32) -> File {
        File {
            file: Id::new(id).unwrap(),
            name: "a.png".to_owned(),
            size: 1,
            kind: "image/png".to_owned(),
            width: Some(width),
            height: Some(height),
            thumb: true,
        }
    }

    fn here(pictures: &mut Pictures, file: &File, picture: Picture) {
        pictures.asked(file.file.clone());
        pictures.take(&file.file, Some(Arc::new(picture)));
    }

    #[test]
    fn a_picture_keeps_its_shape_and_is_not_made_larger() {
        assert_eq!(fit((480, 480), (64, 24)), (24, 24));
        assert_eq!(fit((480, 120), (64, 24)), (64, 16));
        assert_eq!(fit((120, 480), (64, 24)), (6, 24));
        assert_eq!(fit((10, 8), (64, 24)), (10, 8));
        assert_eq!(fit((u32::MAX, 1), (64, 24)), (64, 1));
        assert_eq!(fit((1, u32::MAX), (64, 24)), (1, 24));
        assert_eq!(fit((0, 0), (0, 0)), (1, 1));
    }

    #[test]
    fn its_place_is_free_while_it_comes_and_gone_where_there_is_none() {
        let mut pictures = Pictures { can: true, on: true, ..Pictures::default() };
        let wide = file("f1", 4, 3);
        assert!(pictures.lacks(&wide) && pictures.rows(&wide, 40, 20).is_empty());
        pictures.asked(wide.file.clone());
        assert!(!pictures.lacks(&wide), "it is asked for once");
        assert_eq!(pictures.rows(&wide, 40, 20), [Cells::Dots(Vec::new()), Cells::Dots(Vec::new())]);
        let dots = (0..12).map(|n| (n, n, n)).collect();
        pictures.take(&wide.file, Picture::new(4, dots).map(Arc::new));
        let dot = |n: u8| (n, n, n);
        let rows = pictures.rows(&wide, 40, 20);
        assert_eq!(rows[0], Cells::Dots([0, 1, 2, 3].map(|n| (dot(n), Some(dot(n + 4)))).to_vec()));
        assert_eq!(rows[1], Cells::Dots([8, 9, 10, 11].map(|n| (dot(n), None)).to_vec()));
        assert_eq!(pictures.rows(&wide, 2, 20), [Cells::Dots(vec![(dot(0), None), (dot(2), None)])]);
        assert!(pictures.rows(&wide, 40, 3).is_empty(), "a low window is for words");
        pictures.take(&wide.file, None);
        assert!(pictures.rows(&wide, 40, 20).is_empty());
        pictures.try_again();
        assert!(pictures.lacks(&wide));
        pictures.can = false;
        assert!(!pictures.lacks(&wide));
    }

    #[test]
    fn where_the_terminal_has_dots_marks_stand_for_them() {
        let mut pictures = Pictures { on: true, ..Pictures::default() };
        let photo = file("f1", 4000, 3000);
        assert!(!pictures.lacks(&photo), "there are no colours");
        pictures.open = true;
        pictures.next = NUMBERS - 1;
        pictures.find(Found { way: Way::Kitty, cell: (10, 20), colours: 256, in_tmux: false });
        assert_eq!(pictures.needs(), Some((640, 240)));
        pictures.asked(photo.file.clone());
        let here = |pictures: &Pictures| -> Vec<Vec<Mark>> {
            let marks = |cells| match cells {
                Cells::Marks(marks) => marks,
                Cells::Dots(_) => panic!("half-blocks"),
            };
            pictures.rows(&photo, 60, 40).into_iter().map(marks).collect()
        };
        assert_eq!(here(&pictures), vec![Vec::new(); 12], "its place is free");
        let pixels = Pixels::new(image::RgbImage::new(8, 6));
        let picture = Picture::new(1, vec![(0, 0, 0)]).unwrap();
        pictures.take(&photo.file, Some(Arc::new(picture.clone().with_pixels(pixels.clone()))));
        let rows = here(&pictures);
        let shown = Shown { number: NUMBERS - 1, columns: 32, rows: 12 };
        assert_eq!((rows.len(), rows[0].len()), (12, 32), "320 × 240 dots");
        assert_eq!(rows[11][31], Mark { shown, row: 11, column: 31 });
        assert_eq!(pictures.pixels(NUMBERS - 1), pixels.as_ref());
        // A small one is as large as its dots.
        let icon = file("f2", 16, 16);
        pictures.asked(icon.file.clone());
        pictures.take(&icon.file, Some(Arc::new(picture.clone().with_pixels(pixels))));
        let Cells::Marks(marks) = &pictures.rows(&icon, 60, 40)[0] else { panic!("half-blocks") };
        assert_eq!(marks[0].shown, Shown { number: 0, columns: 2, rows: 1 });
        // What came for half-blocks alone is asked for again.
        pictures.wish = Some(Way::Blocks);
        pictures.asked(Id::new("f3").unwrap());
        pictures.take(&Id::new("f3").unwrap(), Some(Arc::new(picture)));
        pictures.wish = None;
        pictures.settle();
        assert!(pictures.lacks(&file("f3", 1, 1)) && !pictures.lacks(&icon));
    }

    #[test]
    fn what_is_kept_has_an_end() {
        let mut pictures = Pictures { can: true, on: true, ..Pictures::default() };
        let large = Picture::new(COLUMNS, vec![(1, 2, 3); 64 * 24]).unwrap();
        for n in 0..4000 {
            here(&mut pictures, &file(&format!("f{n}"), 480, 180), large.clone());
        }
        assert!(pictures.bytes() <= KEPT);
        assert!(pictures.lacks(&file("f0", 1, 1)) && !pictures.lacks(&file("f3999", 1, 1)));
        assert_eq!(pictures.order.len(), pictures.known.len());
        assert_eq!(Picture::new(COLUMNS, vec![(1, 2, 3); 64 * 25]), None);
        assert_eq!(Picture::new(5, vec![(1, 2, 3); 9]), None);
    }
}
