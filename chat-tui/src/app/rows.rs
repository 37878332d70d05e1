//! A room's timeline as rows of a given width: what `view` draws, and what scrolling counts.
//!
//! The timeline is a list of *blocks* (an event with its header, a gap, the notices behind an event, an own line on its
//! way). Only the blocks in sight are laid out. The place of the view is kept by naming the block at its lower edge,
//! so that it stands still while older history comes in above and new messages below.

use protocol::ids::{Seq, UserId};
use time::{OffsetDateTime, UtcOffset};

use super::room::{Outgoing, Room, Sending};
use super::text::wrap;
use super::timeline::{Entry, Notice, Said};

/// Messages of one author share a header for this long.
const RUN: time::Duration = time::Duration::minutes(10);
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
        /// Not signed in.
        guest: bool,
    },
    /// A row of what somebody said; drawn behind the author's bar.
    Text {
        /// Whose bar.
        user: Option<UserId>,
        /// The words.
        text: String,
        /// On the last row of an own line: how far it came.
        tick: Option<Tick>,
        /// It is not in the log yet, or not really said text.
        dim: bool,
    },
    /// An own line was refused: why, and what to do about it.
    Failed(String),
    /// A passing remark.
    Notice(String),
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
    /// Blocks below the view.
    pub below: usize,
}

/// Lays out what is in sight.
pub fn viewport(room: &Room, frame: Frame<'_>) -> Viewport {
    let keys = keys(room);
    let height = usize::from(frame.height);
    let (last, hidden) = place(&keys, room.scroll);
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
        rows.extend(block.into_iter().rev());
    }
    seen.near_top = index < height;
    rows.truncate(height);
    rows.reverse();
    seen.rows = rows;
    seen
}

/// The place `rows` up (or, if negative, down) from the present one.
pub fn scrolled(room: &Room, frame: Frame<'_>, rows: isize) -> Option<Anchor> {
    let keys = keys(room);
    let (mut index, mut hidden) = place(&keys, room.scroll);
    let size = |index: usize| block(room, &keys, index, frame).len();
    if rows < 0 {
        let mut left = rows.unsigned_abs();
        while left > hidden {
            left -= hidden;
            index += 1;
            if index >= keys.len() {
                return None;
            }
            hidden = size(index);
        }
        hidden -= left;
        let at_end = index + 1 == keys.len() && hidden == 0;
        return (!at_end).then(|| Anchor { key: keys[index], hidden });
    }
    hidden += rows.unsigned_abs();
    loop {
        let here = size(index);
        if hidden < here {
            break;
        }
        if index == 0 {
            hidden = here.saturating_sub(1);
            break;
        }
        hidden -= here;
        index -= 1;
    }
    clamp(&keys, index, hidden, size, usize::from(frame.height))
}

/// Moves a place down until the view is full, so that scrolling ends with the oldest row at the top.
fn clamp(
    keys: &[Key],
    index: usize,
    hidden: usize,
    size: impl Fn(usize) -> usize,
    height: usize,
) -> Option<Anchor> {
    let mut above = size(index).saturating_sub(hidden);
    let mut up = index;
    while above < height && up > 0 {
        up -= 1;
        above += size(up);
    }
    let mut lacking = height.saturating_sub(above);
    let (mut index, mut hidden) = (index, hidden);
    while lacking > hidden {
        lacking -= hidden;
        index += 1;
        if index >= keys.len() {
            return None;
        }
        hidden = size(index);
    }
    hidden -= lacking;
    let at_end = index + 1 == keys.len() && hidden == 0;
    (!at_end).then(|| Anchor { key: keys[index], hidden })
}

fn place(keys: &[Key], scroll: Option<Anchor>) -> (usize, usize) {
    let end = keys.len() - 1;
    let Some(anchor) = scroll else { return (end, 0) };
    let index = keys.partition_point(|key| *key <= anchor.key).saturating_sub(1);
    (index, if keys[index] == anchor.key { anchor.hidden } else { 0 })
}

/// The blocks in order; there is always at least the top.
fn keys(room: &Room) -> Vec<Key> {
    let timeline = &room.timeline;
    let mut keys = vec![Key { seq: 0, part: Part::Top }];
    let mut previous = None;
    for (seq, _) in timeline.events() {
        if previous.is_some_and(|previous| previous + 1 < seq) {
            keys.push(Key { seq, part: Part::Gap });
        }
        keys.push(Key { seq, part: Part::Event });
        if !timeline.notices(seq).is_empty() {
            keys.push(Key { seq, part: Part::Notices });
        }
        previous = Some(seq);
    }
    if previous.is_some_and(|previous| previous < timeline.head()) {
        keys.push(Key { seq: timeline.head() + 1, part: Part::Gap });
    }
    let outgoing = room.outgoing.iter().enumerate();
    // A stored line that is in the log already is drawn there.
    let outgoing = outgoing.filter(|(_, line)| match line.state {
        Sending::Stored(seq) => timeline.get(seq).is_none(),
        _ => true,
    });
    keys.extend(outgoing.map(|(index, _)| Key { seq: Seq::MAX, part: Part::Outgoing(index) }));
    keys
}

fn block(room: &Room, keys: &[Key], index: usize, frame: Frame<'_>) -> Vec<Row> {
    let key = keys[index];
    let timeline = &room.timeline;
    let mut rows = Vec::new();
    match key.part {
        Part::Top => top(room, frame, &mut rows),
        Part::Gap => {
            let after =
                keys[..index].iter().rev().find(|key| key.part == Part::Event).map_or(0, |key| key.seq);
            let missing = key.seq.saturating_sub(after + 1);
            let plural = if missing == 1 { "" } else { "s" };
            let hope = match (timeline.is_lost(key.seq), frame.online) {
                (true, _) => "",
                (false, true) => " — loading",
                (false, false) => " — will load when connected",
            };
            rows.push(Row::Gap(format!("{missing} message{plural} missing{hope}")));
        }
        Part::Event => event(room, keys, index, frame, &mut rows),
        Part::Notices => notices(timeline.notices(key.seq).iter(), frame, &mut rows),
        Part::Outgoing(line) => {
            outgoing(room, &room.outgoing[line], starts_own_run(room, keys, index, frame), frame, &mut rows);
        }
    }
    rows
}

fn top(room: &Room, frame: Frame<'_>, rows: &mut Vec<Row>) {
    let text = if room.timeline.has_older() {
        if frame.online { "loading older messages…" } else { "older messages load when connected" }.to_owned()
    } else if room.timeline.oldest().is_some() {
        format!("the beginning of #{}", room.title)
    } else if frame.online {
        format!("nothing was said in #{} yet: say hello", room.title)
    } else {
        "nothing is kept on this machine yet".to_owned()
    };
    rows.push(Row::Top(text));
    notices(room.timeline.early_notices(), frame, rows);
}

fn event(room: &Room, keys: &[Key], index: usize, frame: Frame<'_>, rows: &mut Vec<Row>) {
    let seq = keys[index].seq;
    let Some(entry) = room.timeline.get(seq) else { return };
    if *entry == Entry::Change {
        return;
    }
    let is_new = room.mark == Some(seq - 1);
    let before = keys[..index].iter().rev().find_map(|key| match key.part {
        Part::Event => said(room, key.seq),
        _ => None,
    });
    let now = if let Entry::Said(said) = entry { local(said, frame.offset) } else { None };
    let day = now.map(OffsetDateTime::date);
    let day_before = before.and_then(|said| local(said, frame.offset)).map(OffsetDateTime::date);
    let new_day = day.is_some() && day != day_before;
    if new_day && let Some(date) = day {
        rows.push(Row::Day(format!("{} {} {} {}", date.weekday(), date.day(), date.month(), date.year())));
    }
    if is_new {
        rows.push(Row::New);
    }
    match entry {
        Entry::Said(said) => {
            let direct = index.checked_sub(1).map(|index| keys[index]);
            let runs_on =
                direct.filter(|key| key.part == Part::Event).and_then(|key| self::said(room, key.seq));
            let runs_on = runs_on.is_some_and(|before| continues(before, said));
            if !runs_on || new_day || is_new {
                // A run stands apart from the one before, but not from a line that sets it apart already.
                if !new_day && !is_new && direct.is_some_and(|key| key.part == Part::Event) {
                    rows.push(Row::Blank);
                }
                rows.push(Row::Head {
                    user: Some(said.user.clone()),
                    name: said.name.clone(),
                    time: now.map(clock).unwrap_or_default(),
                    guest: said.guest,
                });
            }
            let tick = (frame.me == Some(&said.user)).then_some(Tick::Stored);
            let text = if said.edited { format!("{} (edited)", said.text) } else { said.text.clone() };
            body(Some(&said.user), &text, tick, false, frame, rows);
        }
        Entry::Deleted => body(None, "message deleted", None, true, frame, rows),
        Entry::Unreadable => {
            body(None, "a message that this version cannot show", None, true, frame, rows);
        }
        Entry::Change => {}
    }
}

fn outgoing(room: &Room, line: &Outgoing, header: bool, frame: Frame<'_>, rows: &mut Vec<Row>) {
    if header {
        if !matches!(room.timeline.last(), 0) {
            rows.push(Row::Blank);
        }
        rows.push(Row::Head {
            user: frame.me.cloned(),
            name: frame.name.to_owned(),
            time: String::new(),
            guest: false,
        });
    }
    let tick = match line.state {
        Sending::Queued => Tick::Queued,
        Sending::Sent => Tick::Sent,
        Sending::Stored(_) => Tick::Stored,
        Sending::Failed(_) => Tick::Failed,
    };
    body(frame.me, &line.shown, Some(tick), tick != Tick::Stored, frame, rows);
    if let Sending::Failed(reason) = &line.state {
        let chosen = room.failed().is_some_and(|failed| failed.id == line.id);
        let help = if chosen { " · Alt+r retry · Alt+y copy · Alt+x discard" } else { "" };
        let columns = usize::from(frame.width.saturating_sub(GUTTER));
        for row in wrap(&format!("not sent: {reason}{help}"), columns) {
            rows.push(Row::Failed(row));
        }
    }
}

fn starts_own_run(room: &Room, keys: &[Key], index: usize, frame: Frame<'_>) -> bool {
    match index.checked_sub(1).map(|index| keys[index]) {
        Some(Key { part: Part::Outgoing(_), .. }) => false,
        Some(Key { part: Part::Event, seq }) => {
            said(room, seq).is_none_or(|said| frame.me != Some(&said.user))
        }
        _ => true,
    }
}

fn body(
    user: Option<&UserId>,
    text: &str,
    tick: Option<Tick>,
    dim: bool,
    frame: Frame<'_>,
    rows: &mut Vec<Row>,
) {
    let columns = usize::from(frame.width.saturating_sub(GUTTER + MARGIN));
    let start = rows.len();
    rows.extend(wrap(text, columns).into_iter().map(|text| Row::Text {
        user: user.cloned(),
        text,
        tick: None,
        dim,
    }));
    if let Some(Row::Text { tick: last, .. }) = rows[start..].last_mut() {
        *last = tick;
    }
}

/// Comings and goings in a row become one line; what the client says stands alone.
fn notices<'a>(notices: impl Iterator<Item = &'a Notice>, frame: Frame<'_>, rows: &mut Vec<Row>) {
    let columns = usize::from(frame.width.saturating_sub(GUTTER));
    let mut folded: Vec<(bool, Vec<&str>, u32)> = Vec::new();
    let flush = |folded: &mut Vec<(bool, Vec<&str>, u32)>, rows: &mut Vec<Row>| {
        let told: Vec<String> = folded
            .drain(..)
            .map(|(came, names, count)| {
                let verb = if came { "joined" } else { "left" };
                if names.is_empty() {
                    format!("{count} people {verb}")
                } else {
                    format!("{} {verb}", names.join(", "))
                }
            })
            .collect();
        if !told.is_empty() {
            rows.extend(wrap(&told.join(" · "), columns).into_iter().map(Row::Notice));
        }
    };
    for notice in notices {
        match notice {
            Notice::ComeAndGo { came, names, count } => match folded.last_mut() {
                Some((direction, all, number)) if direction == came && all.is_empty() == names.is_empty() => {
                    for name in names {
                        if !all.contains(&name.as_str()) {
                            all.push(name);
                        }
                    }
                    *number += count;
                }
                _ => folded.push((*came, names.iter().map(String::as_str).collect(), *count)),
            },
            Notice::Info(text) => {
                flush(&mut folded, rows);
                rows.extend(wrap(text, columns).into_iter().map(Row::Notice));
            }
            Notice::Trouble(text) => {
                flush(&mut folded, rows);
                rows.extend(wrap(text, columns).into_iter().map(Row::Trouble));
            }
        }
    }
    flush(&mut folded, rows);
}

fn said(room: &Room, seq: Seq) -> Option<&Said> {
    match room.timeline.get(seq) {
        Some(Entry::Said(said)) => Some(said),
        _ => None,
    }
}

fn continues(before: &Said, said: &Said) -> bool {
    let close = match (before.at, said.at) {
        (Some(before), Some(now)) => (now - before).abs() < RUN,
        _ => true,
    };
    before.user == said.user && before.name == said.name && close
}

fn local(said: &Said, offset: UtcOffset) -> Option<OffsetDateTime> {
    // Near the ends of the calendar an offset leads out of it.
    said.at.and_then(|at| at.checked_to_offset(offset))
}

fn clock(at: OffsetDateTime) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}
