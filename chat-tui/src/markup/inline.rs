//! Inlines: from a block's text to emphasis, links and their kin.
//!
//! The text is cut into pieces in one go; runs of `*`, `_` and `~` then find their partners as `CommonMark` (6.2) tells,
//! and the pieces are put together. Whatever is searched for is searched once, or within a bound.

mod runs;

use std::collections::HashMap;

use protocol::limits::NAME_CHARS;
use protocol::safe_text;
use unicode_normalization::char::is_combining_mark;

use super::tree::{Inline, plain};
use super::{INLINE_DEPTH, address};
use runs::{Run, is_east_asian, pair};

/// The longest name of an emoji.
const EMOJI_BYTES: usize = 48;

/// The inlines of a block's text, whose lines have no spaces at their ends.
pub(super) fn inlines(text: &str) -> Vec<Inline> {
    let is_plain = |byte: u8| !b"\\`*_~[]!<@:\nwW".contains(&byte);
    if text.bytes().all(is_plain) {
        return settled(vec![Inline::text(text)]);
    }
    let mut reader = Reader { text, ..Reader::default() };
    reader.read();
    settled(put_together(reader.pieces))
}

/// What emphasises, or leads somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Tag {
    Em,
    Strong,
    Strike,
    Link(String),
}

#[derive(Debug)]
enum Piece<'a> {
    Text(&'a str),
    Leaf(Inline),
    Run(Run),
    Begin(Tag),
    End,
}

/// An open bracket that may become a link.
#[derive(Debug)]
struct Bracket {
    piece: usize,
    /// `![`, which may stand in a link.
    is_picture: bool,
    /// The runs before it.
    runs: usize,
}

#[derive(Debug, Default)]
struct Reader<'a> {
    text: &'a str,
    /// Where it reads.
    at: usize,
    /// Where the text begins that is in no piece yet.
    from: usize,
    pieces: Vec<Piece<'a>>,
    /// The pieces that are runs without partners, in order.
    runs: Vec<usize>,
    brackets: Vec<Bracket>,
    /// Where runs of backticks are, last first, by their length.
    ticks: Option<HashMap<usize, Vec<usize>>>,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        while let Some(byte) = self.text.as_bytes().get(self.at) {
            match byte {
                b'\\' => self.escape(),
                b'`' => self.code(),
                b'*' | b'_' | b'~' => self.run(*byte),
                b'!' if self.rest().starts_with("![") => self.bracket(2),
                b'[' => self.bracket(1),
                b']' => self.link(),
                b'<' => self.leaf(address::in_angles(self.rest()).map(as_link(self.rest()))),
                b'@' => self.leaf(self.mention()),
                b':' => self.leaf(self.emoji()),
                b'\n' => self.leaf(Some((Inline::Break, 1))),
                b'h' | b'H' | b'w' | b'W' => self.leaf(self.address()),
                _ => self.at += 1,
            }
        }
        self.flush();
        let runs = std::mem::take(&mut self.runs);
        pair(&mut self.pieces, &runs);
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn before(&self) -> Option<char> {
        self.text[..self.at].chars().next_back()
    }

    /// The text so far becomes a piece.
    fn flush(&mut self) {
        if self.from < self.at {
            self.pieces.push(Piece::Text(&self.text[self.from..self.at]));
        }
        self.from = self.at;
    }

    /// A piece of so many bytes.
    fn take(&mut self, piece: Piece<'a>, bytes: usize) {
        self.flush();
        self.pieces.push(piece);
        self.at += bytes;
        self.from = self.at;
    }

    fn leaf(&mut self, leaf: Option<(Inline, usize)>) {
        match leaf {
            Some((leaf, bytes)) => self.take(Piece::Leaf(leaf), bytes),
            None => self.at += 1,
        }
    }

    fn escape(&mut self) {
        match self.text.as_bytes().get(self.at + 1) {
            Some(byte) if byte.is_ascii_punctuation() => {
                self.take(Piece::Text(&self.text[self.at + 1..self.at + 2]), 2);
            }
            Some(b'\n') => self.take(Piece::Leaf(Inline::Break), 2),
            _ => self.at += 1,
        }
    }

    fn code(&mut self) {
        let length = self.length(b'`');
        let from = self.at + length;
        let ticks = self.ticks.get_or_insert_with(|| ticks(self.text));
        let ends = ticks.entry(length).or_default();
        while ends.last().is_some_and(|end| *end < from) {
            ends.pop();
        }
        let Some(end) = ends.pop() else {
            self.at = from;
            return;
        };
        let text = self.text[from..end].replace('\n', " ");
        let inner = text.strip_prefix(' ').and_then(|text| text.strip_suffix(' '));
        let inner = inner.filter(|text| text.bytes().any(|byte| byte != b' '));
        let text = inner.map_or_else(|| text.clone(), str::to_owned);
        self.take(Piece::Leaf(Inline::Code { text }), end + length - self.at);
    }

    /// How often a byte stands here in a row.
    fn length(&self, byte: u8) -> usize {
        self.rest().bytes().take_while(|other| *other == byte).count()
    }

    fn run(&mut self, sign: u8) {
        let length = self.length(sign);
        if sign == b'~' && length != 2 {
            self.at += length;
            return;
        }
        let after = self.text[self.at + length..].chars().next();
        let run = Run::new(sign, length, self.before(), after);
        self.flush();
        self.runs.push(self.pieces.len());
        self.take(Piece::Run(run), length);
    }

    fn bracket(&mut self, bytes: usize) {
        self.flush();
        self.brackets.push(Bracket {
            piece: self.pieces.len(),
            is_picture: bytes == 2,
            runs: self.runs.len(),
        });
        let text = &self.text[self.at..self.at + bytes];
        self.take(Piece::Text(text), bytes);
    }

    fn link(&mut self) {
        let Some(open) = self.brackets.pop() else {
            self.at += 1;
            return;
        };
        let Some(target) = address::target(&self.text[self.at + 1..]) else {
            self.at += 1;
            return;
        };
        self.flush();
        let runs = self.runs.split_off(open.runs);
        pair(&mut self.pieces, &runs);
        let mut is_seen = false;
        for piece in &mut self.pieces[open.piece + 1..] {
            match piece {
                // No links within links, and nothing else to be pressed.
                Piece::Leaf(leaf @ (Inline::Link { .. } | Inline::Mention { .. })) => {
                    *leaf = Inline::text(plain(std::slice::from_ref(leaf)));
                    is_seen = true;
                }
                Piece::Text(text) => is_seen |= text.contains(|c: char| !c.is_whitespace()),
                Piece::Begin(_) | Piece::End => *piece = Piece::Text(""),
                Piece::Leaf(Inline::Break) => {}
                Piece::Leaf(_) | Piece::Run(_) => is_seen = true,
            }
        }
        if !is_seen {
            self.pieces.push(Piece::Leaf(Inline::text(target.href.as_str())));
        }
        self.pieces[open.piece] = Piece::Begin(Tag::Link(target.href));
        self.take(Piece::End, 1 + target.used);
        if !open.is_picture {
            // What was opened before holds a link now, and can be none.
            self.brackets.clear();
        }
    }

    fn address(&self) -> Option<(Inline, usize)> {
        let is_www = self.rest().starts_with(['w', 'W']);
        if self.before().is_some_and(|c| c.is_ascii_alphanumeric() || (is_www && c == '.')) {
            return None;
        }
        address::bare(self.rest(), !self.brackets.is_empty()).map(as_link(self.rest()))
    }

    fn mention(&self) -> Option<(Inline, usize)> {
        let is_part = match self.before() {
            // Behind the line that begins emphasis, not within a word.
            Some('_') => !matches!(self.pieces.last(), Some(Piece::Run(run)) if run.opens),
            Some(c) => matches!(c, '@' | '/') || (is_word(c) && !is_east_asian(c)),
            None => false,
        };
        if is_part {
            return None;
        }
        let rest = &self.rest()[1..];
        let in_name = |c: char| is_word(c) || matches!(c, '-' | '_' | '.');
        let mut chars = rest.char_indices();
        let end = chars.by_ref().take(NAME_CHARS + 1).find(|(_, c)| !in_name(*c)).map(|(at, _)| at);
        let end =
            end.or_else(|| (rest.chars().take(NAME_CHARS + 1).count() <= NAME_CHARS).then_some(rest.len()))?;
        let name = rest[..end].trim_end_matches(['-', '_', '.']);
        name.starts_with(char::is_alphanumeric)
            .then(|| (Inline::Mention { name: name.to_owned() }, name.len() + 1))
    }

    fn emoji(&self) -> Option<(Inline, usize)> {
        let is_taken = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_next =
            self.from == self.at && matches!(self.pieces.last(), Some(Piece::Leaf(Inline::Emoji { .. })));
        if !is_next && self.before().is_some_and(|c| is_taken(c) || c == ':') {
            return None;
        }
        let rest = &self.rest()[1..];
        let in_name = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_+-".contains(byte);
        let end = rest.bytes().take(EMOJI_BYTES + 1).take_while(|byte| in_name(byte)).count();
        let behind = rest[end..].strip_prefix(':')?;
        let fits = (1..=EMOJI_BYTES).contains(&end) && !behind.starts_with(is_taken);
        fits.then(|| (Inline::Emoji { name: rest[..end].to_owned() }, end + 2))
    }
}

/// A link that shows the text which it was made of, less what it stands in.
fn as_link(text: &str) -> impl Fn(address::Found) -> (Inline, usize) {
    move |found| {
        let shown = &text[..found.used];
        let shown = shown.strip_prefix('<').and_then(|shown| shown.strip_suffix('>')).unwrap_or(shown);
        (Inline::Link { inlines: vec![Inline::text(shown)], href: found.href }, found.used)
    }
}

fn ticks(text: &str) -> HashMap<usize, Vec<usize>> {
    let mut found: HashMap<usize, Vec<usize>> = HashMap::new();
    let bytes = text.as_bytes();
    let mut end = bytes.len();
    while end > 0 {
        let start = bytes[..end].iter().rposition(|byte| *byte != b'`').map_or(0, |at| at + 1);
        if start < end {
            found.entry(end - start).or_default().push(start);
        }
        end = start.saturating_sub(1);
    }
    found
}

/// A letter, a digit, or a mark on one.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

fn put_together(pieces: Vec<Piece<'_>>) -> Vec<Inline> {
    let mut tree = Tree::default();
    for piece in pieces {
        match piece {
            Piece::Text(text) => tree.text(text),
            Piece::Leaf(Inline::Text { text }) => tree.text(&text),
            Piece::Leaf(leaf) => tree.inlines().push(leaf),
            Piece::Begin(tag) => tree.begin(tag, ""),
            Piece::End => tree.end(""),
            Piece::Run(run) => {
                for tag in run.ends {
                    tree.end(run.sign.of(&tag));
                }
                for _ in 0..run.left {
                    tree.text(run.sign.as_str());
                }
                for tag in run.begins.into_iter().rev() {
                    let sign = run.sign.of(&tag);
                    tree.begin(tag, sign);
                }
            }
        }
    }
    tree.whole
}

/// A tree in the making.
#[derive(Default)]
struct Tree {
    whole: Vec<Inline>,
    /// What is open, and what is in it.
    open: Vec<(Tag, Vec<Inline>)>,
    /// For each begin without its end: whether it is open, or text because it is too deep.
    real: Vec<bool>,
}

impl Tree {
    fn inlines(&mut self) -> &mut Vec<Inline> {
        self.open.last_mut().map_or(&mut self.whole, |(_, inlines)| inlines)
    }

    fn text(&mut self, more: &str) {
        match self.inlines().last_mut() {
            Some(Inline::Text { text }) => text.push_str(more),
            _ => self.inlines().push(Inline::text(more)),
        }
    }

    fn begin(&mut self, tag: Tag, sign: &str) {
        let real = self.open.len() < INLINE_DEPTH || matches!(tag, Tag::Link(_));
        self.real.push(real);
        if real {
            self.open.push((tag, Vec::new()));
        } else {
            self.text(sign);
        }
    }

    fn end(&mut self, sign: &str) {
        if !self.real.pop().unwrap_or_default() {
            self.text(sign);
        } else if let Some((tag, inlines)) = self.open.pop() {
            self.inlines().push(match tag {
                Tag::Em => Inline::Em { inlines },
                Tag::Strong => Inline::Strong { inlines },
                Tag::Strike => Inline::Strike { inlines },
                Tag::Link(href) => Inline::Link { href, inlines },
            });
        }
    }
}

/// Makes each piece of text safe by itself: a mark is no longer on the character that it was typed behind.
fn settled(mut inlines: Vec<Inline>) -> Vec<Inline> {
    for inline in &mut inlines {
        match inline {
            Inline::Text { text } | Inline::Code { text } => {
                if let std::borrow::Cow::Owned(safe) = safe_text::line(text) {
                    *text = safe;
                }
            }
            Inline::Strong { inlines }
            | Inline::Em { inlines }
            | Inline::Strike { inlines }
            | Inline::Link { inlines, .. } => *inlines = settled(std::mem::take(inlines)),
            Inline::Break | Inline::Mention { .. } | Inline::Emoji { .. } => {}
        }
    }
    inlines.retain(|inline| !matches!(inline, Inline::Text { text } if text.is_empty()));
    inlines
}
