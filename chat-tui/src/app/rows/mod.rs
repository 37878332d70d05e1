//! A room's timeline as rows of a given width: what `view` draws, and what scrolling counts.
//!
//! The timeline is a list of *blocks* (an event with its header, a gap, the notices behind an event, an own line on its
//! way). Only the blocks in sight are laid out. The place of the view is kept by naming the block at its lower edge,
//! so that it stands still while older history comes in above and new messages below.

mod block;
mod notices;
mod scroll;
mod written;

use protocol::ids::{Id, Seq, UserId};
use time::UtcOffset;

use super::pictures::{Cells, Pictures};
use super::room::{Room, Sending};
use super::written::Hrefs;
use block::block;
pub use scroll::{at, scrolled};
pub use written::{Line, Look, Role, Span};

/// The columns left of a text: the author's bar and a space.
pub const GUTTER: u16 = 2;
/// The columns right of a text, where own lines show how far they came.
pub const MARGIN: u16 = 2;

/// Names a block; ordered as drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    seq: Seq,
    part: Part,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Top,
    Gap,
    Event,
    Notices,
    Outgoing(usize),
}

/// Where a view that does not follow the newest row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// The block at the view's lower edge.
    key: Key,
    /// How many of its rows are below that edge.
    hidden: usize,
}

impl Anchor {
    /// The place in the log at the view's lower edge.
    pub fn seq(self) -> Seq {
        self.key.seq
    }
}

/// One row of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// Nothing.
    Blank,
    /// A new day begins.
    Day(String),
    /// What is below came since the person last looked.
    New,
    /// Who speaks from here on.
    Head {
        /// Who.
        user: Option<UserId>,
        /// Their name.
        name: String,
        /// When, in local time; empty where unknown.
        time: String,
        /// The message that this stands above.
        seq: Option<Seq>,
    },
    /// A row of what somebody said; drawn behind the author's bar.
    Text {
        /// Whose bar.
        user: Option<UserId>,
        /// The words.
        text: Line,
        /// Where its links lead.
        hrefs: Option<Hrefs>,
        /// On the last row of an own line: how far it came.
        tick: Option<Tick>,
        /// It is not in the log yet, or not really said text.
        dim: bool,
        /// It calls who looks.
        called: bool,
        /// It is the message being chosen.
        picked: bool,
    },
    /// The message that the text below answers, on one line.
    Quote {
        /// Whose bar.
        user: Option<UserId>,
        /// Whose, and what it says.
        text: String,
    },
    /// Reactions, each with how many, and whether one's own is among them.
    Reactions {
        /// Whose bar.
        user: Option<UserId>,
        /// From the left.
        reactions: Vec<(String, bool)>,
    },
    /// Something about the message above.
    Under {
        /// Whose bar.
        user: Option<UserId>,
        /// What.
        text: String,
        /// It is news.
        news: bool,
    },
    /// A file of a message.
    File {
        /// Whose bar.
        user: Option<UserId>,
        /// Its name, and what is to be known of it.
        text: String,
        /// The message.
        seq: Seq,
    },
    /// A row of a picture.
    Picture {
        /// Whose bar.
        user: Option<UserId>,
        /// From the left.
        cells: Cells,
    },
    /// An own line was refused: why, and what to do about it.
    Failed(String),
    /// A passing remark.
    Notice(String),
    /// What happened to the room or its people.
    Told(String),
    /// Something went wrong.
    Trouble(String),
    /// Messages are missing here.
    Gap(String),
    /// The upper end of what is loaded.
    Top(String),
}

/// How far an own line came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tick {
    /// Waits on this machine.
    Queued,
    /// On its way.
    Sent,
    /// In the log.
    Stored,
    /// Refused.
    Failed,
}

/// What a layout depends on beside the room.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// Whose lines are own ones.
    pub me: Option<&'a UserId>,
    /// The name that own lines on their way go by.
    pub name: &'a str,
    /// Local time.
    pub offset: UtcOffset,
    /// History can be asked for now.
    pub online: bool,
    /// The message being chosen.
    pub picked: Option<Seq>,
    /// Pictures that are here.
    pub pictures: &'a Pictures,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// The rows in sight.
#[derive(Debug, Clone, Default)]
pub struct Viewport {
    /// From the top; fewer than the height if there is no more.
    pub rows: Vec<Row>,
    /// The upper end of what is loaded is in sight, or nearly.
    pub near_top: bool,
    /// The place just behind the lowest gap in sight.
    pub gap_before: Option<Seq>,
    /// Files whose pictures are in sight, and not here; the lowest first.
    pub pictures: Vec<Id>,
    /// Blocks below the view.
    pub below: usize,
}

/// Lays out what is in sight.
pub fn viewport(room: &Room, frame: Frame<'_>) -> Viewport {
    let keys = keys(room);
    let height = usize::from(frame.height);
    let (last, hidden) = scroll::place(&keys, room.scroll);
    let mut seen = Viewport { below: keys.len().saturating_sub(last + 1), ..Viewport::default() };
    let mut rows: Vec<Row> = Vec::new();
    let mut index = last + 1;
    while index > 0 && rows.len() < height {
        index -= 1;
        if keys[index].part == Part::Gap && !room.timeline.is_lost(keys[index].seq) {
            seen.gap_before = seen.gap_before.or(Some(keys[index].seq));
        }
        let mut block = block(room, &keys, index, frame);
        if index == last {
            block.truncate(block.len().saturating_sub(hidden));
        }
        if keys[index].part == Part::Event {
            seen.pictures.extend(block::lacking(room, keys[index].seq, frame));
        }
        rows.extend(block.into_iter().rev());
    }
    seen.near_top = index < height;
    rows.truncate(height);
    rows.reverse();
    seen.rows = rows;
    seen
}

/// Whether the message at a place is in sight, to its last row.
pub fn is_in_sight(room: &Room, frame: Frame<'_>, seq: Seq) -> bool {
    let frame = Frame { picked: Some(seq), ..frame };
    let picked = |row: &Row| matches!(row, Row::Text { picked: true, .. });
    let keys = keys(room);
    let whole = keys.iter().position(|key| *key == Key { seq, part: Part::Event });
    let rows =
        whole.map_or(0, |index| block(room, &keys, index, frame).iter().filter(|row| picked(row)).count());
    let seen = viewport(room, frame).rows.iter().filter(|row| picked(row)).count();
    seen > 0 && (seen == rows || rows > usize::from(frame.height))
}

/// The blocks in order; there is always at least the top.
fn keys(room: &Room) -> Vec<Key> {
    let timeline = &room.timeline;
    let mut keys = vec![Key { seq: 0, part: Part::Top }];
    let mut previous = None;
    for (seq, _) in timeline.events() {
        if previous.is_some_and(|previous| previous + 1 < seq) && !timeline.is_sparse() {
            keys.push(Key { seq, part: Part::Gap });
        }
        keys.push(Key { seq, part: Part::Event });
        if !timeline.notices(seq).is_empty() {
            keys.push(Key { seq, part: Part::Notices });
        }
        previous = Some(seq);
    }
    if previous.is_some_and(|previous| previous < timeline.head()) && !timeline.is_sparse() {
        keys.push(Key { seq: timeline.head() + 1, part: Part::Gap });
    }
    let outgoing = room.outgoing.iter().enumerate();
    // A stored line that is in the log already is drawn there.
    let outgoing = outgoing.filter(|(_, line)| match (&line.change, &line.state) {
        // What is done to a message stands below that, if it is here.
        (Some(change), _) => !block::has_place(room, change.target()),
        (None, Sending::Stored(seq)) => timeline.get(*seq).is_none(),
        (None, _) => true,
    });
    keys.extend(outgoing.map(|(index, _)| Key { seq: Seq::MAX, part: Part::Outgoing(index) }));
    keys
}
