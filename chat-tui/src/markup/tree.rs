//! What a message's text is, as a tree: the same in both clients.
//!
//! Serialised it is the `tree` of `protocol/golden/markup/*.json`. All text in it is safe to draw, each piece by
//! itself; addresses are of web pages and mailboxes only.

use serde::{Deserialize, Serialize};

/// A part of a message that stands on rows of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    /// Words.
    Paragraph {
        /// What it says.
        inlines: Vec<Inline>,
    },
    /// A title.
    Heading {
        /// 1 to 6, 1 the highest.
        level: u8,
        /// What it says.
        inlines: Vec<Inline>,
    },
    /// Text to be kept as it was typed.
    Code {
        /// The language as its author named it, at most [`super::LANG_BYTES`]; empty where they did not.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        lang: String,
        /// Lines, with `\n` between them.
        text: String,
    },
    /// What somebody else said.
    Quote {
        /// What is quoted.
        blocks: Vec<Block>,
    },
    /// Points, with numbers or without.
    List {
        /// The first one's number; `None` where they have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        start: Option<u32>,
        /// At least one.
        items: Vec<Item>,
    },
    /// Rows of cells.
    Table {
        /// How each column stands; at most [`super::COLUMNS`].
        align: Vec<Align>,
        /// As many cells as there are columns.
        head: Vec<Cell>,
        /// At most as many cells in each as there are columns; what is missing is empty.
        rows: Vec<Vec<Cell>>,
    },
    /// A line across.
    Rule,
}

/// A point of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Something to be done, and whether it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<bool>,
    /// What it says; may be nothing.
    pub blocks: Vec<Block>,
}

/// A cell of a table.
pub type Cell = Vec<Inline>;

/// How a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// As text does.
    None,
    /// At its left side.
    Left,
    /// In its middle.
    Center,
    /// At its right side.
    Right,
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Inline {
    /// Words; never empty, never two in a row.
    Text {
        /// One line.
        text: String,
    },
    /// Bold.
    Strong {
        /// What is.
        inlines: Vec<Inline>,
    },
    /// Slanted.
    Em {
        /// What is.
        inlines: Vec<Inline>,
    },
    /// Struck out.
    Strike {
        /// What is.
        inlines: Vec<Inline>,
    },
    /// Kept as typed, within a line.
    Code {
        /// One line.
        text: String,
    },
    /// Leads somewhere; holds no links and no mentions.
    Link {
        /// Begins with `http://`, `https://` or `mailto:` in any case; no spaces, quotes, backslashes or controls.
        href: String,
        /// What is shown; never nothing.
        inlines: Vec<Inline>,
    },
    /// A new line.
    Break,
    /// `@name`; whether there is such a person is not known here.
    Mention {
        /// Without the `@`.
        name: String,
    },
    /// `:name:`; what there is no picture for is shown as it was typed.
    Emoji {
        /// Without the colons.
        name: String,
    },
}

impl Inline {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }
}

/// The words of some inlines, without what emphasises them.
pub fn plain(inlines: &[Inline]) -> String {
    let mut out = String::new();
    push_plain(inlines, &|_| None, &mut out);
    out
}

/// The same, with the emojis that are named by words.
pub fn drawn(inlines: &[Inline]) -> String {
    let mut out = String::new();
    push_plain(inlines, &emojis::get_by_shortcode, &mut out);
    out
}

fn push_plain(inlines: &[Inline], emoji: &dyn Fn(&str) -> Option<&'static emojis::Emoji>, out: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text { text } | Inline::Code { text } => out.push_str(text),
            Inline::Strong { inlines }
            | Inline::Em { inlines }
            | Inline::Strike { inlines }
            | Inline::Link { inlines, .. } => push_plain(inlines, emoji, out),
            Inline::Break => out.push('\n'),
            Inline::Mention { name } => out.extend(["@", name.as_str()]),
            Inline::Emoji { name } => match emoji(name) {
                Some(emoji) => out.push_str(emoji.as_str()),
                None => out.extend([":", name.as_str(), ":"]),
            },
        }
    }
}

/// Finds where the links lead, in order.
pub fn links(blocks: &[Block], found: &mut impl FnMut(&str)) {
    for block in blocks {
        match block {
            Block::Paragraph { inlines } | Block::Heading { inlines, .. } => links_within(inlines, found),
            Block::Quote { blocks } => links(blocks, found),
            Block::List { items, .. } => items.iter().for_each(|item| links(&item.blocks, found)),
            Block::Table { head, rows, .. } => {
                head.iter().chain(rows.iter().flatten()).for_each(|cell| links_within(cell, found));
            }
            Block::Code { .. } | Block::Rule => {}
        }
    }
}

fn links_within(inlines: &[Inline], found: &mut impl FnMut(&str)) {
    for inline in inlines {
        match inline {
            Inline::Link { href, inlines } => {
                found(href);
                links_within(inlines, found);
            }
            Inline::Strong { inlines } | Inline::Em { inlines } | Inline::Strike { inlines } => {
                links_within(inlines, found);
            }
            _ => {}
        }
    }
}
