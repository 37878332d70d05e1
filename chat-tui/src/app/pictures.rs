//! Pictures of messages: which are here, which are asked for, and how many cells each takes.
//!
//! A cell shows two dots, one above the other; a dot is about as wide as it is high.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use protocol::ids::Id;
use protocol::messages::File;

use super::layout::Screen;
use super::{Effect, Model, rows};

/// The columns that a picture takes, at most.
pub const COLUMNS: u16 = 64;
/// The rows that a picture takes, at most.
pub const ROWS: u16 = 12;
/// What pictures are kept in memory, in bytes; further ones take the place of the oldest.
const KEPT: usize = 2 * 1024 * 1024;
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
        (whole && dots.len() <= most).then_some(Self { width, dots })
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
    Here(Arc<Picture>),
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
    known: BTreeMap<Id, State>,
    /// Those that are known, the oldest first.
    order: VecDeque<Id>,
}

/// The cells of a picture, from the left: the upper and the lower dot; nothing where it ends, or is not here yet.
pub type Cells = Vec<(Dot, Option<Dot>)>;

impl Pictures {
    /// Whether pictures are shown.
    fn shown(&self) -> bool {
        self.can && self.on
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
            Some(State::Here(picture)) => Some(picture),
        };
        let (Some(width), Some(tall)) = (file.width, file.height) else { return Vec::new() };
        let columns = u16::try_from(columns).unwrap_or(COLUMNS).min(COLUMNS);
        // The words of the message are to be seen beside it.
        let most = ROWS.min(height / 2);
        if columns < 2 || most < 2 {
            return Vec::new();
        }
        let (wide, high) = fit((width, tall), (columns, most * 2));
        let cells = |y: u16| match picture {
            None => Cells::new(),
            Some(picture) => (0..wide)
                .map(|x| {
                    let dot = |y| picture.at((x, y), (wide, high));
                    (dot(y), (y + 1 < high).then(|| dot(y + 1)))
                })
                .collect(),
        };
        (0..high).step_by(2).map(cells).collect()
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
        *state = picture.map_or(State::Missing, State::Here);
        while self.bytes() > KEPT {
            let Some(oldest) = self.order.pop_front() else { return };
            self.known.remove(&oldest);
        }
    }

    fn bytes(&self) -> usize {
        let of = |state: &State| match state {
            State::Here(picture) => picture.dots.len() * size_of::<Dot>(),
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

/// `/images on|off`.
pub(super) fn switch(model: &mut Model, argument: &str) -> Vec<Effect> {
    match argument {
        "on" if !model.pictures.can => {
            model.complain("this terminal has too few colours for pictures");
        }
        "on" => {
            model.pictures.on = true;
            model.pictures.try_again();
            model.toast("pictures are shown");
        }
        "off" => {
            model.pictures.on = false;
            model.toast("pictures are not shown, only named");
        }
        _ => model.complain("write it as /images on|off"),
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
        assert_eq!(pictures.rows(&wide, 40, 20), [Cells::new(), Cells::new()]);
        let dots = (0..12).map(|n| (n, n, n)).collect();
        pictures.take(&wide.file, Picture::new(4, dots).map(Arc::new));
        let dot = |n: u8| (n, n, n);
        let rows = pictures.rows(&wide, 40, 20);
        assert_eq!(rows[0], [0, 1, 2, 3].map(|n| (dot(n), Some(dot(n + 4)))));
        assert_eq!(rows[1], [8, 9, 10, 11].map(|n| (dot(n), None)));
        assert_eq!(pictures.rows(&wide, 2, 20), [vec![(dot(0), None), (dot(2), None)]]);
        assert!(pictures.rows(&wide, 40, 3).is_empty(), "a low window is for words");
        pictures.take(&wide.file, None);
        assert!(pictures.rows(&wide, 40, 20).is_empty());
        pictures.try_again();
        assert!(pictures.lacks(&wide));
        pictures.can = false;
        assert!(!pictures.lacks(&wide));
    }

    #[test]
    fn what_is_kept_has_an_end() {
        let mut pictures = Pictures { can: true, on: true, ..Pictures::default() };
        let large = Picture::new(COLUMNS, vec![(1, 2, 3); 64 * 24]).unwrap();
        for n in 0..2000 {
            here(&mut pictures, &file(&format!("f{n}"), 480, 180), large.clone());
        }
        assert!(pictures.bytes() <= KEPT);
        assert!(pictures.lacks(&file("f0", 1, 1)) && !pictures.lacks(&file("f1999", 1, 1)));
        assert_eq!(pictures.order.len(), pictures.known.len());
        assert_eq!(Picture::new(COLUMNS, vec![(1, 2, 3); 64 * 25]), None);
        assert_eq!(Picture::new(5, vec![(1, 2, 3); 9]), None);
    }
}
