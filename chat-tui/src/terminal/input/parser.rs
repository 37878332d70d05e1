//! Tells the bytes of a terminal apart. Knows no clock: whoever reads says when nothing more came.

use std::collections::VecDeque;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

use super::Heard;
use super::keys::{self, sequence};
use crate::graphics::Reply;

const ESC: u8 = 0x1b;
/// The longest answer that is looked at; of longer ones only the end is waited for.
const ANSWER: usize = 4096;
/// The longest sequence; what goes on behind that is none.
const SEQUENCE: usize = 128;
/// The largest paste, in bytes; what comes behind is dropped. Far more than any message may have.
const PASTE: usize = 16 * 1024 * 1024;
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// What is held back until more comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Nothing,
    /// What may be a key, or the beginning of something.
    Escape,
    /// What began and did not end.
    Part,
}

/// What the bytes at the beginning are.
pub(super) enum Step {
    /// It depends on what follows.
    Open,
    /// So many bytes are this; or are nothing that is of use here.
    Took(usize, Option<Heard>),
    /// Everything there is belongs to an answer that is too long to be looked at.
    Long,
    /// A paste begins behind so many bytes.
    Paste(usize),
}

/// What became of an escape that may have been the first byte of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Escape {
    /// Nothing yet.
    #[default]
    Whole,
    /// It was given out as a key, and nothing came behind it.
    Given,
    /// It was given out as a key, and is held all the same: what came behind it may make it an answer.
    Borrowed,
}

/// Tells keys, the mouse, pastes and answers apart.
#[derive(Debug, Default)]
pub(super) struct Parser {
    held: Vec<u8>,
    /// The terminal owes answers.
    expects: bool,
    escape: Escape,
    /// Within an answer that is only waited for.
    long: bool,
    paste: Option<Vec<u8>>,
}

impl Parser {
    /// Whether the terminal owes answers: then what may be the beginning of one is held back for longer.
    pub(super) fn expect(&mut self, expects: bool) {
        self.expects = expects;
        if !expects && self.escape == Escape::Given {
            self.escape = Escape::Whole;
        }
    }

    pub(super) fn expects(&self) -> bool {
        self.expects
    }

    pub(super) fn holds(&self) -> Holds {
        match self.held.as_slice() {
            _ if self.long => Holds::Part,
            // A paste may take its time.
            _ if self.paste.is_some() => Holds::Nothing,
            [] => Holds::Nothing,
            [ESC] => Holds::Escape,
            [ESC, _] if !self.expects => Holds::Escape,
            _ => Holds::Part,
        }
    }

    /// More came.
    pub(super) fn feed(&mut self, bytes: &[u8], heard: &mut VecDeque<Heard>) {
        if self.escape == Escape::Given {
            let may_be_one = bytes.first().is_some_and(|byte| b"_P[]".contains(byte));
            self.escape = if may_be_one { Escape::Borrowed } else { Escape::Whole };
            self.held.extend(may_be_one.then_some(ESC));
        }
        self.held.extend_from_slice(bytes);
        self.run(heard);
    }

    /// Nothing came for a moment: an escape is a key.
    pub(super) fn pause(&mut self, heard: &mut VecDeque<Heard>) {
        if self.holds() == Holds::Escape {
            self.release(heard);
            self.escape = if self.expects { Escape::Given } else { Escape::Whole };
        }
    }

    /// Nothing came for long: what began does not end any more.
    pub(super) fn give_up(&mut self, heard: &mut VecDeque<Heard>) {
        self.long = false;
        if self.paste.is_none() {
            self.release(heard);
        }
    }

    /// What is held is taken as keys, where it is one.
    fn release(&mut self, heard: &mut VecDeque<Heard>) {
        let borrowed = std::mem::take(&mut self.escape) == Escape::Borrowed;
        match std::mem::take(&mut self.held).as_slice() {
            [ESC] => heard.push_back(key(KeyCode::Esc.into())),
            [ESC, byte] => heard.extend(keys::typed(&[*byte]).map(|(_, typed)| alt(typed, !borrowed))),
            _ => {}
        }
    }

    fn run(&mut self, heard: &mut VecDeque<Heard>) {
        loop {
            if self.long && !self.skip() {
                return;
            }
            if self.paste.is_some() && !self.pasted(heard) {
                return;
            }
            if self.held.is_empty() {
                return;
            }
            match step(&self.held, self.escape == Escape::Borrowed) {
                Step::Open => return,
                Step::Long => self.long = true,
                Step::Paste(count) => {
                    self.held.drain(..count);
                    self.paste = Some(Vec::new());
                }
                Step::Took(count, what) => {
                    self.held.drain(..count);
                    heard.extend(what);
                }
            }
            self.escape = Escape::Whole;
        }
    }

    /// Drops what belongs to a long answer; whether that ended.
    fn skip(&mut self) -> bool {
        if let Some(at) = find(&self.held, b"\x1b\\") {
            self.held.drain(..at + 2);
            self.long = false;
            return true;
        }
        let keep = usize::from(self.held.last() == Some(&ESC));
        self.held.drain(..self.held.len() - keep);
        false
    }

    /// Takes what is pasted; whether that ended.
    fn pasted(&mut self, heard: &mut VecDeque<Heard>) -> bool {
        let end = find(&self.held, PASTE_ENDS);
        let whole = end.unwrap_or_else(|| self.held.len().saturating_sub(PASTE_ENDS.len() - 1));
        if let Some(paste) = &mut self.paste {
            let room = PASTE.saturating_sub(paste.len()).min(whole);
            paste.extend_from_slice(&self.held[..room]);
        }
        self.held.drain(..whole);
        if end.is_some() {
            self.held.drain(..PASTE_ENDS.len());
            let text = self.paste.take().unwrap_or_default();
            heard.push_back(Heard::Event(Event::Paste(String::from_utf8_lossy(&text).into_owned())));
        }
        end.is_some()
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

pub(super) fn key(key: KeyEvent) -> Heard {
    Heard::Event(Event::Key(key))
}

/// A key behind an escape.
fn alt(mut typed: KeyEvent, is_alt: bool) -> Heard {
    typed.modifiers.set(KeyModifiers::ALT, is_alt);
    key(typed)
}

/// What the bytes begin with; there is at least one. `borrowed`: the escape they begin with is a key already.
fn step(bytes: &[u8], borrowed: bool) -> Step {
    let [ESC, rest @ ..] = bytes else {
        return match keys::typed(bytes) {
            Some((count, typed)) => Step::Took(count, Some(key(typed))),
            None if keys::is_open(bytes) => Step::Open,
            None => Step::Took(1, None),
        };
    };
    match *rest {
        [] | [b'O' | b'_' | b'P' | b']'] => Step::Open,
        [ESC, ..] => Step::Took(1, Some(key(KeyCode::Esc.into()))),
        [b'[', ..] => control(bytes),
        [b'O', letter, ..] if let Some(code) = keys::letter(letter) => Step::Took(3, Some(key(code.into()))),
        // Which may also be typed: only what answers begin with is one.
        [b'_', b'G', ..] | [b'P', b'>' | b'!' | b'0' | b'1', ..] | [b']', b'0'..=b'9', ..] => answer(bytes),
        _ => match keys::typed(rest) {
            Some((count, typed)) => Step::Took(count + 1, Some(alt(typed, !borrowed))),
            None if keys::is_open(rest) => Step::Open,
            None => Step::Took(2, None),
        },
    }
}

/// A string of the terminal's: `ESC _ … ESC \` and the like.
fn answer(bytes: &[u8]) -> Step {
    let end = find(bytes, b"\x1b\\").map(|at| (at, at + 2));
    let bell = (bytes[1] == b']').then(|| bytes.iter().position(|byte| *byte == 7)).flatten();
    let end = end.into_iter().chain(bell.map(|at| (at, at + 1))).min();
    match end {
        None if bytes.len() > ANSWER => Step::Long,
        None => Step::Open,
        Some((at, behind)) => Step::Took(behind, reply(bytes[1], &bytes[2..at]).map(Heard::Reply)),
    }
}

fn reply(kind: u8, body: &[u8]) -> Option<Reply> {
    let body = std::str::from_utf8(body).ok()?;
    match kind {
        b'_' => Some(Reply::Kitty(body.strip_prefix('G')?.split_once(';')?.1 == "OK")),
        b'P' => Some(Reply::Version(body.strip_prefix(">|")?.to_owned())),
        _ => None,
    }
}

/// A control sequence: `ESC [ … letter`.
fn control(bytes: &[u8]) -> Step {
    match bytes.get(2) {
        // The Linux console's function keys, and the mouse of old.
        Some(b'[') => match bytes.get(3) {
            None => Step::Open,
            Some(letter @ b'A'..=b'E') => Step::Took(4, Some(key(KeyCode::F(letter - b'A' + 1).into()))),
            Some(_) => Step::Took(3, None),
        },
        Some(b'M') => match bytes.get(3..6) {
            None => Step::Open,
            Some(mouse) => {
                Step::Took(6, keys::old_mouse(mouse).map(|mouse| Heard::Event(Event::Mouse(mouse))))
            }
        },
        _ => {
            let end = bytes.iter().skip(2).position(|byte| !(0x20..0x40).contains(byte));
            match end.map(|at| at + 2) {
                None if bytes.len() > SEQUENCE => Step::Took(bytes.len(), None),
                None => Step::Open,
                Some(at) if !(0x40..0x7f).contains(&bytes[at]) => Step::Took(at, None),
                Some(at) => match std::str::from_utf8(&bytes[2..at]) {
                    Ok("200") if bytes[at] == b'~' => Step::Paste(at + 1),
                    Ok(parameters) => Step::Took(at + 1, sequence(parameters, bytes[at])),
                    Err(_) => Step::Took(at + 1, None),
                },
            }
        }
    }
}
