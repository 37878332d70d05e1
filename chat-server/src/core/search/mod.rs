//! Searching, as far as it is rules: what a text is found by, what may be asked, and which find is better.
//!
//! A text is found by its *tokens*. The same function makes them for the index and for a question, so what is asked
//! for with another case, accent or width is found all the same. See [`tokens`] for what they are.

pub(crate) mod query;
pub(crate) mod rank;
pub(crate) mod tokens;
