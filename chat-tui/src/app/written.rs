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
    colours: Option<Arc<[Run]>>,
    blocks: OnceLock<Arc<[Block]>>,
    hrefs: OnceLock<Option<Hrefs>>,
}

/// Where the links of a message lead: each place once, in order, and not more than [`HREFS`].
pub type Hrefs = Arc<[String]>;

/// Further links of one message are shown, but cannot be clicked.
const HREFS: usize = 100;

/// What a text means.
#[derive(Debug, Clone, Copy)]
pub enum Meaning<'a> {
    /// Markup.
    Blocks(&'a [Block]),
    /// The coloured output of a program, to be shown as it is.
    Coloured(&'a [Run]),
}

impl Written {
    /// A text as it came from its author.
    pub fn new(text: &str) -> Self {
        let colours: Option<Arc<[Run]>> = sgr::is_coloured(text).then(|| sgr::runs(text).into());
        let text = match &colours {
            Some(runs) => runs.iter().map(|run| run.text.as_str()).collect(),
            None => safe::block(text),
        };
        Self { text, colours, blocks: OnceLock::new(), hrefs: OnceLock::new() }
    }

    /// The words alone: what is copied.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it means.
    pub fn meaning(&self) -> Meaning<'_> {
        match &self.colours {
            Some(runs) => Meaning::Coloured(runs),
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
