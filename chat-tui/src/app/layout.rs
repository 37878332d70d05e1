//! Where things are on a screen of a given size. Drawing and clicking agree because both ask here.

use ratatui::layout::Rect;

use super::rows::Frame;
use super::{Layer, Model};

/// From this width on, the rooms pane is shown unless it was put away.
const ROOMS_FROM: u16 = 60;
/// From this width on, the people pane is shown unless it was put away.
const PEOPLE_FROM: u16 = 90;
/// From this width on, a thread stands beside the room.
const THREAD_FROM: u16 = 84;
/// The most rows that the composer takes.
const COMPOSER_ROWS: u16 = 8;
/// The columns left of the composer's text.
pub const PROMPT: u16 = 2;

/// The parts of the screen. A part that has no place is empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Screen {
    /// The rooms, left.
    pub rooms: Rect,
    /// The rule right of the rooms.
    pub rooms_rule: Rect,
    /// The room's title.
    pub title: Rect,
    /// What was said.
    pub timeline: Rect,
    /// The rule right of it.
    pub thread_rule: Rect,
    /// What the thread is, above it.
    pub thread_title: Rect,
    /// The thread; in a narrow terminal it takes the place of all that was said.
    pub thread: Rect,
    /// The people, right.
    pub people: Rect,
    /// The rule left of the people.
    pub people_rule: Rect,
    /// Who types, on the rule above the composer.
    pub typing: Rect,
    /// The composer, prompt included.
    pub composer: Rect,
    /// The status line.
    pub status: Rect,
}

impl Screen {
    /// Divides the screen.
    pub fn of(model: &Model) -> Self {
        let (width, height) = model.size;
        let mut left = Rect::new(0, 0, width, height);
        let mut screen = Self::default();
        if height >= 4 {
            screen.status = take_bottom(&mut left, 1);
        }
        if model.panes.rooms.unwrap_or(width >= ROOMS_FROM) && width >= 30 && height >= 6 {
            screen.rooms = take_left(&mut left, if width >= 110 { 22 } else { 16 });
            screen.rooms_rule = take_left(&mut left, 1);
        }
        // Beside a thread there is no place for people, unless they are wanted.
        let beside = model.thread().is_some();
        if model.panes.people.unwrap_or(width >= PEOPLE_FROM && !beside) && left.width >= 36 && height >= 6 {
            screen.people = take_right(&mut left, if width >= 110 { 22 } else { 16 });
            screen.people_rule = take_right(&mut left, 1);
        }
        let columns = left.width.saturating_sub(PROMPT).max(1);
        let wanted = u16::try_from(model.composer.height(columns)).unwrap_or(u16::MAX);
        let most = COMPOSER_ROWS.min(left.height / 3).max(1);
        screen.composer = take_bottom(&mut left, wanted.clamp(1, most));
        if height >= 5 {
            screen.typing = take_bottom(&mut left, 1);
        }
        if height >= 8 {
            screen.title = take_top(&mut left, 1);
        }
        if beside {
            if left.width >= THREAD_FROM {
                let columns = left.width * 2 / 5;
                screen.thread = take_right(&mut left, columns);
                screen.thread_rule = take_right(&mut left, 1);
            } else {
                std::mem::swap(&mut screen.thread, &mut left);
            }
            if screen.thread.height >= 4 {
                screen.thread_title = take_top(&mut screen.thread, 1);
            }
        }
        screen.timeline = left;
        screen
    }

    /// Whether what is said in the room itself is in sight, be it beside a thread.
    pub fn shows_room(&self, model: &Model) -> bool {
        model.thread().is_none() || !self.timeline.is_empty()
    }

    /// What the rows depend on of the place that is written in.
    pub fn frame<'a>(&self, model: &'a Model) -> Frame<'a> {
        let area = if model.thread().is_some() { self.thread } else { self.timeline };
        Self::frame_in(model, area, true)
    }

    /// What the rows of an area depend on; `focus`: it is the place that is written in.
    pub fn frame_in(model: &Model, area: Rect, focus: bool) -> Frame<'_> {
        Frame {
            me: model.me.as_ref().map(|me| &me.user),
            name: model.my_name(),
            offset: model.offset,
            online: model.is_online(),
            picked: model.layers.iter().find_map(|layer| match layer {
                Layer::Pick(pick) if focus => Some(pick.seq),
                _ => None,
            }),
            pictures: &model.pictures,
            width: area.width,
            height: area.height,
        }
    }
}

fn take_top(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    let taken = Rect { height: rows, ..*area };
    area.y += rows;
    area.height -= rows;
    taken
}

fn take_bottom(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    area.height -= rows;
    Rect { y: area.y + area.height, height: rows, ..*area }
}

fn take_left(area: &mut Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    let taken = Rect { width: columns, ..*area };
    area.x += columns;
    area.width -= columns;
    taken
}

fn take_right(area: &mut Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    area.width -= columns;
    Rect { x: area.x + area.width, width: columns, ..*area }
}
