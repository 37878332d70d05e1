//! Moving through the rows, and where a view stands in them.

use protocol::ids::Seq;

use super::block::block;
use super::{Anchor, Frame, Key, Part, keys};
use crate::app::room::Room;

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

/// The view at whose lower edge the message at a place stands, or the nearest one that is full.
pub fn at(room: &Room, frame: Frame<'_>, seq: Seq) -> Option<Anchor> {
    let keys = keys(room);
    let index = keys.iter().position(|key| *key == Key { seq, part: Part::Event })?;
    clamp(&keys, index, 0, |index| block(room, &keys, index, frame).len(), usize::from(frame.height))
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

/// The block at the lower edge, by its index, and how many of its rows are below that edge.
pub(super) fn place(keys: &[Key], scroll: Option<Anchor>) -> (usize, usize) {
    let end = keys.len() - 1;
    let Some(anchor) = scroll else { return (end, 0) };
    let index = keys.partition_point(|key| *key <= anchor.key).saturating_sub(1);
    (index, if keys[index] == anchor.key { anchor.hidden } else { 0 })
}
