//! The pure rules: no clock, no IO, no randomness, no async. Times and ids are arguments.

pub(crate) mod few;
pub(crate) mod limiter;
pub(crate) mod presence;
pub(crate) mod search;
pub(crate) mod send_order;
pub(crate) mod token;
