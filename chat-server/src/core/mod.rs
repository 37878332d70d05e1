//! The pure rules: no clock, no IO, no randomness, no async. Times and ids are arguments.

pub(crate) mod buckets;
pub(crate) mod cursor;
pub(crate) mod few;
pub(crate) mod identity;
pub(crate) mod limiter;
pub(crate) mod login_limits;
pub(crate) mod mentions;
pub(crate) mod networks;
pub(crate) mod policy;
pub(crate) mod presence;
pub(crate) mod range;
pub(crate) mod search;
pub(crate) mod secret;
pub(crate) mod send_order;
pub(crate) mod sniff;
pub(crate) mod token;
