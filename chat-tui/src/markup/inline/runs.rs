//! Runs of `*`, `_` and `~~`: which of them emphasise, and what.

use super::{Piece, Tag, is_word};

/// What a run is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Star,
    Line,
    Wave,
}

impl Sign {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Star => "*",
            Self::Line => "_",
            Self::Wave => "~",
        }
    }

    /// What was typed for a tag.
    pub(super) fn of(self, tag: &Tag) -> &'static str {
        match (self, tag) {
            (Self::Star, Tag::Strong) => "**",
            (Self::Line, Tag::Strong) => "__",
            (Self::Wave, _) => "~~",
            _ => self.as_str(),
        }
    }
}

/// A run, and what became of it.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) sign: Sign,
    /// Its signs at first.
    length: usize,
    /// Its signs that are text, as far as is known.
    pub(super) left: usize,
    pub(super) opens: bool,
    closes: bool,
    /// What ends here, the innermost first.
    pub(super) ends: Vec<Tag>,
    /// What begins here, the innermost first.
    pub(super) begins: Vec<Tag>,
}

impl Run {
    pub(super) fn new(sign: u8, length: usize, before: Option<char>, after: Option<char>) -> Self {
        let sign = match sign {
            b'*' => Sign::Star,
            b'_' => Sign::Line,
            _ => Sign::Wave,
        };
        let is_space = |c: Option<char>| c.is_none_or(char::is_whitespace);
        let is_sign = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace() && !is_word(c));
        let is_east = |c: Option<char>| c.is_some_and(is_east_asian);
        let apart = |c: Option<char>| is_space(c) || is_sign(c) || is_east(c);
        let leans_right = !is_space(after) && (!is_sign(after) || apart(before));
        let leans_left = !is_space(before) && (!is_sign(before) || apart(after));
        let (opens, closes) = match sign {
            // Not within words, many of which have it: file_name_of.
            Sign::Line => (
                leans_right && (!leans_left || is_sign(before)),
                leans_left && (!leans_right || is_sign(after)),
            ),
            Sign::Star | Sign::Wave => (leans_right, leans_left),
        };
        Self { sign, length, left: length, opens, closes, ends: Vec::new(), begins: Vec::new() }
    }

    /// Whether the two belong together: the rule of three keeps `*a**b*` one.
    fn closes(&self, open: &Self) -> bool {
        let is_odd = (open.closes || self.opens)
            && (open.length + self.length).is_multiple_of(3)
            && !(open.length.is_multiple_of(3) && self.length.is_multiple_of(3));
        self.sign == open.sign && (self.sign == Sign::Wave || !is_odd)
    }

    /// By what runs that want the same partner are known.
    fn key(&self) -> usize {
        (self.sign as usize * 2 + usize::from(self.opens)) * 3 + self.length % 3
    }
}

/// Text of scripts that set no spaces between words, and its punctuation.
pub(super) fn is_east_asian(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{9fff}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}'
        | '\u{1b000}'..='\u{1b16f}' | '\u{20000}'..='\u{3ffff}')
}

/// Finds partners among the runs, which are pieces in their order.
pub(super) fn pair(pieces: &mut [Piece<'_>], runs: &[usize]) {
    let mut open: Vec<usize> = Vec::new();
    // Below these places of `open` there is no partner for runs of this key.
    let mut floors = [0; 18];
    for &at in runs {
        let Some((before, [Piece::Run(run), ..])) = pieces.split_at_mut_checked(at) else { continue };
        let key = run.key();
        while run.closes && run.left > 0 {
            let partner =
                |place: &usize| matches!(&before[open[*place]], Piece::Run(other) if run.closes(other));
            let Some(place) = (floors[key]..open.len()).rev().find(partner) else {
                floors[key] = open.len();
                break;
            };
            let Piece::Run(other) = &mut before[open[place]] else { break };
            let signs = run.left.min(other.left).min(2);
            let tag = match (run.sign, signs) {
                (Sign::Wave, _) => Tag::Strike,
                (_, 1) => Tag::Em,
                _ => Tag::Strong,
            };
            other.left -= signs;
            other.begins.push(tag.clone());
            run.left -= signs;
            run.ends.push(tag);
            // What stands open between the two stays text.
            open.truncate(if other.left == 0 { place } else { place + 1 });
            for floor in &mut floors {
                *floor = open.len().min(*floor);
            }
        }
        if run.opens && run.left > 0 {
            open.push(at);
        }
    }
}
