//! What somebody wrote, as it is shown.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::safe;
use crate::markup::sgr::{self, Run};
use crate::markup::tree::links;
use crate::markup::{Block, parse};

/// The text of a message, safe to draw, and what it means. Its meaning is read when it is first drawn, and kept.
#[derive(Debug, Clone, Default)]
pub struct Written {
    text: String,
    colours: Option<Arc<Coloured>>,
    blocks: OnceLock<Arc<[Block]>>,
    hrefs: OnceLock<Option<Hrefs>>,
}

/// The coloured output of a program.
#[derive(Debug, PartialEq, Eq)]
struct Coloured {
    /// As it is edited: what colours it can be seen.
    shown: String,
    runs: Vec<Run>,
}

/// Where the links of a message lead: each place once, in order, and not more than [`HREFS`].
pub type Hrefs = Arc<[String]>;

/// Further links of one message are shown, but cannot be clicked.
pub const HREFS: usize = 100;

/// What a text means.
#[derive(Debug, Clone, Copy)]
pub enum Meaning<'a> {
    /// Markup.
    Blocks(&'a [Block]),
    /// The coloured output of a program, to be shown as it is.
    Coloured(&'a [Run]),
}

/// A text as it came from its author, or from the clipboard, as it is edited: safe to draw, and what colours it is kept
/// as signs that can be seen. [`sgr::meant`] is the way back.
pub fn editable(text: &str) -> String {
    if sgr::is_coloured(text) { safe::block(&sgr::shown(text)) } else { safe::block(text) }
}

impl Written {
    /// A text as it came from its author.
    pub fn new(text: &str) -> Self {
        let coloured = || Coloured { shown: editable(text), runs: sgr::runs(text) };
        let colours = sgr::is_coloured(text).then(|| Arc::new(coloured()));
        let text = match &colours {
            Some(colours) => colours.runs.iter().map(|run| run.text.as_str()).collect(),
            None => safe::block(text),
        };
        Self { text, colours, blocks: OnceLock::new(), hrefs: OnceLock::new() }
    }

    /// The words alone: what is copied.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text as it is edited: see [`editable`].
    pub fn editable(&self) -> &str {
        self.colours.as_ref().map_or(&self.text, |colours| &colours.shown)
    }

    /// What it means.
    pub fn meaning(&self) -> Meaning<'_> {
        match &self.colours {
            Some(colours) => Meaning::Coloured(&colours.runs),
            None => Meaning::Blocks(self.blocks.get_or_init(|| parse(&self.text).into())),
        }
    }
}

impl Written {
    /// Where its links lead; `None` where it has none.
    pub fn hrefs(&self) -> Option<&Hrefs> {
        let hrefs = self.hrefs.get_or_init(|| match self.meaning() {
            Meaning::Coloured(_) => None,
            Meaning::Blocks(blocks) => {
                let mut hrefs = Vec::new();
                links(blocks, &mut |href| {
                    if hrefs.len() < HREFS && !hrefs.iter().any(|known| known == href) {
                        hrefs.push(href.to_owned());
                    }
                });
                (!hrefs.is_empty()).then(|| hrefs.into())
            }
        });
        hrefs.as_ref()
    }
}

impl Deref for Written {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Written {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.colours == other.colours
    }
}

impl Eq for Written {}

impl PartialEq<&str> for Written {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coloured_text_is_edited_with_its_colours_and_copied_without() {
        let source = "\x1b[1;31merror\x1b[0m: \x1b]0;owned\x07disk full\x1b[2J";
        let written = Written::new(source);
        assert_eq!(written.as_str(), "error: disk full");
        assert_eq!(written.editable(), "␛[1;31merror␛[0m: disk full");
        let said_again = Written::new(&sgr::meant(written.editable()));
        assert_eq!(said_again, written);
        assert!(matches!(said_again.meaning(), Meaning::Coloured([error, _]) if error.text == "error"));
        let plain = Written::new("**bold** ␛ \x07");
        assert_eq!(plain.editable(), plain.as_str());
    }
}
