//! A message's text, read: what is bold in it, what is code, where a link leads. Pure.
//!
//! The language is `CommonMark` with strikethrough, tables and tasks, less what does harm in a chat:
//!
//! - A newline is a new line. Nothing is carried over: a line without `>` ends a quote, one that does not stand under
//!   a point's text ends the list.
//! - Raw HTML, entities and link definitions are text. A line of dashes is a rule, whatever stands above it.
//! - Links lead to `http`, `https` and `mailto` only; anything else stays as it was typed. A picture is a link. Web
//!   addresses are links by themselves, less the punctuation that ends their sentence.
//! - `@name` is a mention, `:name:` an emoji, neither in code.
//! - Emphasis works beside Chinese, Japanese and Korean, where no space sets it apart.
//! - Nothing typed is lost: what is no markup is text.
//!
//! Reading takes time in proportion to the text, whatever the text is; trees have bounds in depth and in width.
//! `web/js/later/markup.js` is this module's twin, function by function; `protocol/golden/markup` holds both to it.

mod address;
mod block;
pub mod highlight;
mod inline;
pub mod sgr;
pub mod tree;

use protocol::safe_text;

pub use tree::{Align, Block, Cell, Inline, Item};

/// Quotes and lists inside each other; what goes deeper is text.
pub const DEPTH: usize = 10;
/// Emphasis inside emphasis; what goes deeper is text.
pub const INLINE_DEPTH: usize = 8;
/// A table's columns; what has more is no table.
pub const COLUMNS: usize = 32;
/// A language's name.
pub const LANG_BYTES: usize = 32;
/// The address of a link, in bytes.
pub const ADDRESS_BYTES: usize = 2048;

/// Reads a text as it came from its author.
pub fn parse(source: &str) -> Vec<Block> {
    let safe = safe_text::block(source);
    let lines: Vec<&str> = safe.split('\n').collect();
    block::blocks(&lines, 0)
}

#[cfg(test)]
mod tests;
