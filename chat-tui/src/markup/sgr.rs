//! Coloured output of programs: a text's colours as data. Pure.
//!
//! Of all escape sequences only those that colour and emphasise (`ESC [ … m`) mean something here; every other one is
//! left out, as are all controls but line breaks and tabs. What is left is safe to draw, each run by itself.
//! `web/js/later/sgr.js` is this file's twin; `protocol/golden/sgr` holds both to the same behaviour.

use std::iter::Peekable;
use std::str::Chars;

use protocol::safe_text;
use serde::{Deserialize, Serialize};

/// The sign for an escape.
const SHOWN_ESCAPE: &str = "␛";

/// Text of one look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Lines with `\n` between them; never empty.
    pub text: String,
    /// How it looks.
    pub style: Style,
}

/// How text looks; the default is as any other text.
#[allow(clippy::struct_excessive_bools, reason = "each is on or off by itself, as in a terminal")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Style {
    /// The letters' colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fg: Option<Color>,
    /// The ground's colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bg: Option<Color>,
    /// Heavy.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub bold: bool,
    /// Faint.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dim: bool,
    /// Slanted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub italic: bool,
    /// Underlined, in whatever way.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub underline: bool,
    /// Struck out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub strike: bool,
    /// Letters and ground have each other's colour.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub inverse: bool,
}

/// A colour; as JSON a number, or three of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Color {
    /// One of a terminal's 256; the first 16 are its own to choose.
    Palette(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// Whether a text, as it came from its author, has anything that colours or emphasises.
pub fn is_coloured(text: &str) -> bool {
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if matches!(escape(c, &mut rest), Some(Escape::Look(_))) {
            return true;
        }
    }
    false
}

/// The runs of a text as it came from its author.
pub fn runs(text: &str) -> Vec<Run> {
    let mut found: Vec<Run> = Vec::new();
    let mut style = Style::default();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match escape(c, &mut rest) {
            Some(Escape::Look(codes)) => style.apply(&codes),
            Some(Escape::Other) => {}
            None => {
                let Some(c) = kept(c, rest.peek().copied()) else { continue };
                match found.last_mut() {
                    Some(last) if last.style == style => last.text.push(c),
                    _ => found.push(Run { text: c.to_string(), style }),
                }
            }
        }
    }
    for run in &mut found {
        run.text = safe_text::block(&run.text).into_owned();
    }
    found.retain(|run| !run.text.is_empty());
    found
}

/// A text as it came from its author, without colours: what is copied.
pub fn plain(text: &str) -> String {
    runs(text).into_iter().map(|run| run.text).collect()
}

/// A text to be edited: what colours and emphasises is kept, and its escapes can be seen (`␛[31m`); other sequences and
/// controls are left out. [`meant`] is the way back.
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match escape(c, &mut rest) {
            Some(Escape::Look(codes)) => out.extend([SHOWN_ESCAPE, "[", codes.as_str(), "m"]),
            Some(Escape::Other) => {}
            None => out.extend(kept(c, rest.peek().copied())),
        }
    }
    out
}

/// A text that was edited, as it is sent: escapes that could be seen colour again. Others stay signs.
pub fn meant(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split(SHOWN_ESCAPE);
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let codes = part.strip_prefix('[').map(|codes| codes.trim_start_matches(|c| matches!(c, '0'..=';')));
        let colours = codes.is_some_and(|rest| rest.starts_with('m'));
        out.push_str(if colours { "\x1b" } else { SHOWN_ESCAPE });
        out.push_str(part);
    }
    out
}

/// What a character outside of escape sequences becomes.
fn kept(c: char, next: Option<char>) -> Option<char> {
    match c {
        '\r' if next == Some('\n') => None,
        // What overwrites its line becomes a line: nothing is hidden.
        '\n' | '\r' => Some('\n'),
        '\t' => Some(c),
        c => (!c.is_control()).then_some(c),
    }
}

enum Escape {
    /// Colours and emphasis, by its parameters.
    Look(String),
    Other,
}

/// Takes the sequence that `c` begins, if it begins one. What cannot be part of a sequence ends it, and stays.
fn escape(c: char, rest: &mut Peekable<Chars<'_>>) -> Option<Escape> {
    match c {
        '\u{9b}' => Some(csi(rest)),
        '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => Some(string(rest)),
        '\u{1b}' => {
            match rest.peek().copied() {
                Some('[') => {
                    rest.next();
                    return Some(csi(rest));
                }
                Some(']' | 'P' | 'X' | '^' | '_') => {
                    rest.next();
                    return Some(string(rest));
                }
                _ => {}
            }
            while rest.next_if(|c| matches!(c, ' '..='/')).is_some() {}
            rest.next_if(|c| matches!(c, '0'..='~'));
            Some(Escape::Other)
        }
        _ => None,
    }
}

fn csi(rest: &mut Peekable<Chars<'_>>) -> Escape {
    let mut codes = String::new();
    while let Some(c) = rest.next_if(|c| matches!(c, ' '..='?')) {
        codes.push(c);
    }
    let is_look = codes.bytes().all(|byte| byte.is_ascii_digit() || b";:".contains(&byte));
    match rest.next_if(|c| matches!(c, '@'..='~')) {
        Some('m') if is_look => Escape::Look(codes),
        _ => Escape::Other,
    }
}

/// A title, a picture, the clipboard: up to its end, or that of the line, so that one without an end hides little.
fn string(rest: &mut Peekable<Chars<'_>>) -> Escape {
    while let Some(c) = rest.next_if(|c| !matches!(c, '\n' | '\r' | '\u{1b}')) {
        if matches!(c, '\u{7}' | '\u{9c}' | '\u{18}' | '\u{1a}') {
            return Escape::Other;
        }
    }
    // `ESC \` is its end; taken as a sequence of its own.
    Escape::Other
}

impl Style {
    fn apply(&mut self, codes: &str) {
        let mut rest = codes.split(';');
        while let Some(code) = rest.next() {
            let mut parts = code.split(':').map(number);
            let main = parts.next().flatten();
            match main {
                Some(38 | 48 | 58) => {
                    let color = if code.contains(':') { joined(parts) } else { listed(&mut rest) };
                    match (main, color) {
                        (Some(38), Some(color)) => self.fg = Some(color),
                        (Some(48), Some(color)) => self.bg = Some(color),
                        _ => {}
                    }
                }
                Some(4) => self.underline = parts.next().flatten() != Some(0),
                Some(code) => self.simple(code),
                // Nothing is zero.
                None if code.is_empty() => *self = Self::default(),
                None => {}
            }
        }
    }

    fn simple(&mut self, code: u16) {
        let palette = |base: u16| u8::try_from(code - base).ok().map(Color::Palette);
        match code {
            0 => *self = Self::default(),
            1 => self.bold = true,
            2 => self.dim = true,
            3 => self.italic = true,
            7 => self.inverse = true,
            9 => self.strike = true,
            21 => self.underline = true,
            22 => (self.bold, self.dim) = (false, false),
            23 => self.italic = false,
            24 => self.underline = false,
            27 => self.inverse = false,
            29 => self.strike = false,
            30..=37 => self.fg = palette(30),
            39 => self.fg = None,
            40..=47 => self.bg = palette(40),
            49 => self.bg = None,
            90..=97 => self.fg = palette(82),
            100..=107 => self.bg = palette(92),
            _ => {}
        }
    }
}

/// A code or a part of one; `None` where it is empty or beyond all that mean something.
fn number(text: &str) -> Option<u16> {
    text.parse().ok()
}

/// `5;n` or `2;r;g;b`.
fn listed<'a>(rest: &mut impl Iterator<Item = &'a str>) -> Option<Color> {
    let mut next = || rest.next().map(|part| if part.is_empty() { Some(0) } else { part.parse::<u8>().ok() });
    match next()?? {
        5 => Some(Color::Palette(next()??)),
        2 => {
            let (r, g, b) = (next()?, next()?, next()?);
            Some(Color::Rgb(r?, g?, b?))
        }
        _ => None,
    }
}

/// `5:n`, `2:r:g:b`, or `2:space:r:g:b`.
fn joined(parts: impl Iterator<Item = Option<u16>>) -> Option<Color> {
    let parts: Vec<Option<u16>> = parts.take(7).collect();
    let byte = |part: Option<u16>| u8::try_from(part.unwrap_or(0)).ok();
    match *parts.as_slice() {
        [Some(5), n, ..] => Some(Color::Palette(byte(n)?)),
        [Some(2), r, g, b] | [Some(2), _, r, g, b, ..] => Some(Color::Rgb(byte(r)?, byte(g)?, byte(b)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
