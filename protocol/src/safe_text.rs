//! Remote text made safe for a screen: the one way by which what somebody else wrote reaches a terminal or a page.
//!
//! What is left draws only itself, in its own place: no control characters (so no escape sequences), nothing that
//! reorders the text around it, nothing invisible that makes two different texts look alike, no towers of marks.
//! Ordinary text of every script is left as it is. `web/js/safe_text.js` is this file's twin; `golden/safe_text.json`
//! holds both to the same behaviour.
//!
//! ```
//! use protocol::safe_text;
//!
//! assert_eq!(safe_text::line("\x1b[31mred\x07"), "\u{fffd}[31mred\u{fffd}");
//! assert_eq!(safe_text::line("two\nlines"), "two lines");
//! assert_eq!(safe_text::block("two\r\nlines"), "two\nlines");
//! assert_eq!(safe_text::line("می‌خواهم 👩‍🚀"), "می‌خواهم 👩‍🚀");
//! ```

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;

/// Stands where something that must not reach a screen was.
pub const MARK: char = '\u{fffd}';
/// The combining marks (variation selectors and skin tones too) that one character may carry.
pub const MARKS_PER_BASE: u32 = 8;
/// The joiners in a row of joined characters, as in a family emoji.
pub const JOINERS_PER_RUN: u32 = 8;
/// What a tab becomes in a block.
const TAB: &str = "    ";
/// Carries a mark that has no character to stand on, so that it does not change what is drawn before the text.
const DOTTED_CIRCLE: char = '\u{25cc}';
const ZWNJ: char = '\u{200c}';
const ZWJ: char = '\u{200d}';
const BLACK_FLAG: char = '\u{1f3f4}';
const CANCEL_TAG: char = '\u{e007f}';

/// For a place of one line (names, titles, reasons): line breaks and tabs become spaces.
pub fn line(text: &str) -> Cow<'_, str> {
    clean(text, Layout::Line)
}

/// For a place of many lines (messages): keeps line breaks, each as `\n`; tabs become four spaces.
pub fn block(text: &str) -> Cow<'_, str> {
    clean(text, Layout::Block)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    Line,
    Block,
}

/// What a character may do to a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Draws itself.
    Visible,
    /// Moves on.
    Space,
    /// Begins a line.
    Break,
    Tab,
    /// Draws on the character before it.
    Mark,
    /// Picks the shape of the character before it.
    Selector,
    /// Joins its neighbours or keeps them apart.
    Joiner,
    /// Must not reach a screen.
    Forbidden,
    /// Draws nothing.
    Invisible,
}

fn clean(text: &str, layout: Layout) -> Cow<'_, str> {
    if text.chars().all(|c| is_plain(c) || (c == '\n' && layout == Layout::Block)) {
        return Cow::Borrowed(text);
    }
    let mut writer = Writer::new(layout, text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == '\r' && rest.as_str().starts_with('\n') {
            continue;
        }
        writer.write(c);
        if c == BLACK_FLAG {
            let tags = flag_tags(rest.as_str());
            writer.out.push_str(&rest.as_str()[..tags]);
            rest = rest.as_str()[tags..].chars();
        }
    }
    if writer.out == text { Cow::Borrowed(text) } else { Cow::Owned(writer.out) }
}

/// Looks only at what it wrote, never at what it left out: so its output is left as it is.
struct Writer {
    layout: Layout,
    out: String,
    /// There is a character to carry marks and joiners.
    on_base: bool,
    marks: u32,
    /// Joiners since the last character that was not joined.
    joiners: u32,
    /// Written when a visible character follows.
    joiner: Option<char>,
}

impl Writer {
    fn new(layout: Layout, capacity: usize) -> Self {
        Self {
            layout,
            out: String::with_capacity(capacity),
            on_base: false,
            marks: 0,
            joiners: 0,
            joiner: None,
        }
    }

    fn write(&mut self, c: char) {
        match (class(c), self.layout) {
            (Class::Visible, _) => self.base(c),
            (Class::Forbidden, _) => self.base(MARK),
            (Class::Mark, _) => self.mark(c),
            (Class::Selector, _) if self.on_base => self.mark(c),
            (Class::Selector, _) if is_skin_tone(c) => self.base(c),
            (Class::Selector | Class::Invisible, _) => {}
            (Class::Joiner, _) => {
                if self.on_base && self.joiner.is_none() && self.joiners < JOINERS_PER_RUN {
                    self.joiner = Some(c);
                }
            }
            (Class::Space, _) => self.space(c),
            (Class::Break | Class::Tab, Layout::Line) => self.space(' '),
            (Class::Break, Layout::Block) => self.space('\n'),
            (Class::Tab, Layout::Block) => {
                self.space(' ');
                self.out.push_str(&TAB[1..]);
            }
        }
    }

    fn base(&mut self, c: char) {
        if !self.join() {
            self.joiners = 0;
        }
        self.out.push(c);
        self.on_base = true;
        self.marks = 0;
    }

    fn mark(&mut self, c: char) {
        if !self.on_base {
            self.base(DOTTED_CIRCLE);
        }
        if self.marks < MARKS_PER_BASE {
            self.join();
            self.out.push(c);
            self.marks += 1;
        }
    }

    fn space(&mut self, c: char) {
        self.out.push(c);
        self.on_base = false;
        self.joiner = None;
    }

    fn join(&mut self) -> bool {
        let Some(joiner) = self.joiner.take() else { return false };
        self.out.push(joiner);
        self.joiners += 1;
        true
    }
}

/// Characters that need no context, for the way without a copy. MUST all be [`Class::Visible`] or [`Class::Space`].
fn is_plain(c: char) -> bool {
    matches!(c,
        ' '..='~'
        | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{2ff}'
        | '\u{370}'..='\u{482}' | '\u{48a}'..='\u{58f}'
        | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}'
        | '\u{3001}'..='\u{3029}' | '\u{3041}'..='\u{3096}' | '\u{30a0}'..='\u{30ff}'
        | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{ff01}'..='\u{ff5e}'
        | '\u{1f300}'..='\u{1f3f3}' | '\u{1f400}'..='\u{1f64f}')
}

fn class(c: char) -> Class {
    match c {
        '\n' | '\u{2028}' | '\u{2029}' => Class::Break,
        '\t' => Class::Tab,
        ZWNJ | ZWJ => Class::Joiner,
        '\u{fe00}'..='\u{fe0f}'
        | '\u{180b}'..='\u{180d}'
        | '\u{180f}'
        | '\u{1f3fb}'..='\u{1f3ff}'
        | '\u{e0100}'..='\u{e01ef}' => Class::Selector,
        _ if c.is_control() || is_bidi_control(c) || is_noncharacter(c) => Class::Forbidden,
        _ if is_invisible(c) => Class::Invisible,
        _ if is_combining_mark(c) => Class::Mark,
        _ if c.is_whitespace() => Class::Space,
        _ => Class::Visible,
    }
}

/// All that changes the direction of the text around it.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe
}

/// What Unicode calls default ignorable, as far as it has no place in [`class`], and the annotation characters.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}'
        | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

fn is_skin_tone(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

/// The bytes of the tags with which `text` completes a black flag to that of a country's part (Scotland: `gbsct`); 0
/// where it does not.
fn flag_tags(text: &str) -> usize {
    let is_tag = |c: &char| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}');
    let tags = text.chars().take_while(is_tag).count();
    match text.chars().nth(tags) {
        Some(CANCEL_TAG) if (3..=6).contains(&tags) => (tags + 1) * CANCEL_TAG.len_utf8(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
