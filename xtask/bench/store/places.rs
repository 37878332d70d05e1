//! The places in a record that pages are read from.

use crate::record::{ROOMS, Shape};
use crate::texts::Numbers;

/// Which room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Where {
    /// The first: the giant, where there is one.
    First,
    /// Any.
    Any,
}

/// Which page of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Oldest,
    Middle,
    Newest,
    Random,
    Around,
    Time,
}

/// All kinds of pages that are read.
#[rustfmt::skip]
pub(crate) const KINDS: &[(&str, Where, Which)] = &[
    ("the oldest", Where::First, Which::Oldest),
    ("in the middle", Where::First, Which::Middle),
    ("the newest", Where::First, Which::Newest),
    ("before a random place", Where::First, Which::Random),
    ("around a random place", Where::First, Which::Around),
    ("at a random time", Where::First, Which::Time),
    ("the newest", Where::Any, Which::Newest),
    ("before a random place", Where::Any, Which::Random),
    ("around a random place", Where::Any, Which::Around),
    ("at a random time", Where::Any, Which::Time),
];

impl Where {
    pub(crate) fn draw(self, numbers: &mut Numbers) -> usize {
        match self {
            Self::First => 0,
            Self::Any => numbers.below(ROOMS as u64) as usize,
        }
    }

    pub(crate) fn name(self, shape: Shape) -> String {
        match self {
            Self::First if shape.giant > 0 => format!("a room with {} % of all", shape.giant),
            Self::First => "the largest room".to_owned(),
            Self::Any => format!("any of {ROOMS} rooms"),
        }
    }
}
