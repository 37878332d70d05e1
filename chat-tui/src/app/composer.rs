//! The box in which lines are written: an editor with undo, and the lines said before.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::{Modifier, Style};
use ratatui_textarea::{CursorMove, TextArea, WrapMode};

use super::safe;
use super::text::wrap;
use super::written::editable;

/// Lines said before that Up brings back.
const HISTORY: usize = 100;

/// The editor, and what was said before.
#[derive(Debug)]
pub struct Composer {
    area: TextArea<'static>,
    memory: Memory,
}

/// What Up and Down go through in one room: the lines said there, oldest first, and behind them the one being written.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    said: Vec<String>,
    /// Which of them is in the editor; none for the one being written.
    place: Option<usize>,
    /// Lines that were written or changed, and left by Up or Down, with their undo. The one at `said.len()` is the one
    /// being written.
    left: BTreeMap<usize, TextArea<'static>>,
}

impl Memory {
    /// Remembers what was written and not said, behind the lines said before.
    pub fn remember(&mut self, text: &str) {
        if text.trim().is_empty() || self.said.last().is_some_and(|last| last == text) {
            return;
        }
        let end = self.said.len();
        self.said.push(text.to_owned());
        // The one being written stays behind all of them.
        if let Some(unsaid) = self.left.remove(&end) {
            self.left.insert(end + 1, unsaid);
        }
    }
}

impl Default for Composer {
    fn default() -> Self {
        Self { area: area(""), memory: Memory::default() }
    }
}

impl Composer {
    /// What is written.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// What is worth keeping: what is written, or, while a line said before is looked at, the one it was left for.
    pub fn draft(&self) -> String {
        let Memory { said, place, left } = &self.memory;
        let text = self.text();
        match left.get(&said.len()) {
            Some(draft) if place.and_then(|place| said.get(place)) == Some(&text) => draft.lines().join("\n"),
            _ => text,
        }
    }

    /// Replaces what is written; the cursor goes behind it.
    pub fn set(&mut self, text: &str) {
        self.area = area(text);
    }

    /// Goes to another room: its text and its memory come, and the memory of this one is returned.
    pub fn switch(&mut self, text: &str, memory: Memory) -> Memory {
        self.set(text);
        std::mem::replace(&mut self.memory, memory)
    }

    /// Takes what is written out, and remembers it for Up. A line that was left to bring this one back is in the editor
    /// again.
    pub fn take(&mut self) -> String {
        let text = self.text();
        let memory = &mut self.memory;
        let mut left = std::mem::take(&mut memory.left);
        let unsaid = left.remove(&memory.said.len()).filter(|_| memory.place.is_some());
        memory.place = None;
        // Lines that were changed and not said are not lost either.
        let changed = left.into_values().map(|area| area.lines().join("\n"));
        for line in changed.filter(|line| !line.trim().is_empty()).chain([text.clone()]) {
            if memory.said.last() != Some(&line) {
                memory.said.push(line);
            }
        }
        memory.said.drain(..memory.said.len().saturating_sub(HISTORY));
        self.area = unsaid.unwrap_or_else(|| area(""));
        text
    }

    /// Remembers what was written here and not said, for Up.
    pub fn remember(&mut self, text: &str) {
        self.memory.remember(text);
    }

    /// Puts text in at the cursor. Line breaks stay, and so do the colours of a program's output, as signs; a paste never
    /// sends.
    pub fn paste(&mut self, text: &str) {
        self.area.insert_str(editable(text));
    }

    /// Replaces the `count` characters before the cursor.
    pub fn replace_before(&mut self, count: usize, text: &str) {
        for _ in 0..count {
            self.area.delete_char();
        }
        self.area.insert_str(text);
    }

    /// The text of the cursor's line up to the cursor, and whether that line is the first.
    pub fn before_cursor(&self) -> (String, bool) {
        let cursor = self.area.cursor();
        let line = self.area.lines().get(cursor.0).map_or("", String::as_str);
        (line.chars().take(cursor.1).collect(), cursor.0 == 0)
    }

    /// The rows that the text takes at a width.
    pub fn height(&self, columns: u16) -> usize {
        self.area.lines().iter().map(|line| wrap(line, usize::from(columns)).len()).sum()
    }

    /// The editor, to be drawn.
    pub fn widget(&self) -> &TextArea<'static> {
        &self.area
    }

    /// Gives a key to the editor. Says whether it changed the text.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Up if self.area.cursor().0 == 0 && self.area.screen_cursor().row == 0 => self.recall(-1),
            KeyCode::Down
                if self.memory.place.is_some() && self.area.cursor().0 + 1 == self.area.lines().len() =>
            {
                self.recall(1)
            }
            KeyCode::Up => self.go(CursorMove::Up),
            KeyCode::Down => self.go(CursorMove::Down),
            KeyCode::Left if control || alt => self.go(CursorMove::WordBack),
            KeyCode::Right if control || alt => self.go(CursorMove::WordForward),
            KeyCode::Left => self.go(CursorMove::Back),
            KeyCode::Right => self.go(CursorMove::Forward),
            KeyCode::Home => self.go(CursorMove::Head),
            KeyCode::End => self.go(CursorMove::End),
            KeyCode::Backspace if control || alt => self.area.delete_word(),
            KeyCode::Backspace => self.area.delete_char(),
            KeyCode::Delete if control || alt => self.area.delete_next_word(),
            KeyCode::Delete => self.area.delete_next_char(),
            KeyCode::Char(c) if control => match c {
                'a' => self.go(CursorMove::Head),
                'e' => self.go(CursorMove::End),
                'b' => self.go(CursorMove::Back),
                'f' => self.go(CursorMove::Forward),
                'w' => self.area.delete_word(),
                'u' => self.area.delete_line_by_head(),
                'd' => self.area.delete_next_char(),
                'h' => self.area.delete_char(),
                // Ctrl+_ arrives as Ctrl+7 from most terminals.
                '_' | '7' => self.area.undo(),
                _ => false,
            },
            KeyCode::Char(c) if alt => match c {
                'b' => self.go(CursorMove::WordBack),
                'f' => self.go(CursorMove::WordForward),
                'd' => self.area.delete_next_word(),
                // The wider key protocol tells a capital letter as the small one with Shift.
                'Z' => self.area.redo(),
                'z' if key.modifiers.contains(KeyModifiers::SHIFT) => self.area.redo(),
                'z' => self.area.undo(),
                _ => false,
            },
            KeyCode::Char(c) => {
                let typed = safe::typed(c.encode_utf8(&mut [0; 4]));
                self.area.insert_str(typed)
            }
            _ => false,
        }
    }

    /// Begins a new line.
    pub fn new_line(&mut self) {
        self.area.insert_newline();
    }

    fn go(&mut self, to: CursorMove) -> bool {
        self.area.move_cursor(to);
        false
    }

    fn recall(&mut self, step: isize) -> bool {
        let Memory { said, place, left } = &mut self.memory;
        let here = place.unwrap_or(said.len());
        let Some(there) = here.checked_add_signed(step).filter(|&there| there <= said.len()) else {
            return false;
        };
        let new = left.remove(&there).unwrap_or_else(|| area(said.get(there).map_or("", String::as_str)));
        let old = std::mem::replace(&mut self.area, new);
        if said.get(here).is_none_or(|line| !line.split('\n').eq(old.lines())) {
            left.insert(here, old);
        }
        *place = (there < said.len()).then_some(there);
        true
    }
}

fn area(text: &str) -> TextArea<'static> {
    let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
    area.set_wrap_mode(WrapMode::WordOrGlyph);
    area.set_cursor_line_style(Style::default());
    // The terminal's own cursor is put there instead: screen readers and input methods follow it.
    area.set_cursor_style(Style::default());
    area.set_placeholder_text("Write a message, or / for a command");
    area.set_placeholder_style(Style::default().add_modifier(Modifier::DIM));
    area.move_cursor(CursorMove::Bottom);
    area.move_cursor(CursorMove::End);
    area
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(composer: &mut Composer, code: KeyCode) {
        composer.key(KeyEvent::new(code, KeyModifiers::NONE));
    }

    #[test]
    fn up_brings_back_what_was_said_and_down_what_was_being_written() {
        let mut composer = Composer::default();
        for said in ["one", "two"] {
            composer.set(said);
            assert_eq!(composer.take(), said);
        }
        composer.set("dra");
        press(&mut composer, KeyCode::Up);
        assert_eq!(composer.text(), "two");
        press(&mut composer, KeyCode::Up);
        assert_eq!(composer.text(), "one");
        press(&mut composer, KeyCode::Up);
        assert_eq!(composer.text(), "one", "there is nothing older");
        press(&mut composer, KeyCode::Down);
        press(&mut composer, KeyCode::Down);
        assert_eq!(composer.text(), "dra");
    }

    #[test]
    fn no_key_loses_what_was_being_written() {
        let mut composer = Composer::default();
        composer.set("said");
        composer.take();
        composer.paste("half a thought");
        press(&mut composer, KeyCode::Up);
        press(&mut composer, KeyCode::Char('!'));
        assert_eq!((composer.text(), composer.draft()), ("said!".to_owned(), "said!".to_owned()));
        press(&mut composer, KeyCode::Down);
        assert_eq!(composer.text(), "half a thought", "also after a change");
        composer.key(KeyEvent::new(KeyCode::Char('z'), KeyModifiers::ALT));
        assert!(composer.is_empty(), "with its undo");
        composer.paste("half a thought");
        press(&mut composer, KeyCode::Up);
        assert_eq!(composer.text(), "said!", "the change is kept too");
        assert_eq!(composer.take(), "said!");
        assert_eq!(composer.text(), "half a thought", "it comes back when the other line is said");
        press(&mut composer, KeyCode::Up);
        assert_eq!((composer.text(), composer.draft()), ("said!".to_owned(), "half a thought".to_owned()));
        press(&mut composer, KeyCode::Up);
        assert_eq!(composer.text(), "said");
        press(&mut composer, KeyCode::Char('?'));
        press(&mut composer, KeyCode::Down);
        press(&mut composer, KeyCode::Down);
        assert_eq!(composer.take(), "half a thought");
        assert!(composer.is_empty());
        press(&mut composer, KeyCode::Up);
        press(&mut composer, KeyCode::Up);
        assert_eq!(composer.text(), "said?", "a change that was not said is among the lines");
    }

    #[test]
    fn each_room_has_its_lines() {
        let mut composer = Composer::default();
        composer.set("of the lobby");
        composer.take();
        let lobby = composer.switch("", Memory::default());
        press(&mut composer, KeyCode::Up);
        assert!(composer.is_empty());
        composer.switch("", lobby);
        press(&mut composer, KeyCode::Up);
        assert_eq!(composer.text(), "of the lobby");
    }

    #[test]
    fn a_paste_keeps_its_lines_and_loses_its_control_characters() {
        let mut composer = Composer::default();
        composer.paste("a\r\nb\x1b[201~\x07c\td");
        assert!(composer.text().starts_with("a\nb"));
        assert!(composer.text().chars().all(|c| c == '\n' || !c.is_control()), "{:?}", composer.text());
    }

    #[test]
    fn undo_takes_back_and_redo_does_again() {
        let mut composer = Composer::default();
        composer.paste("hello");
        composer.key(KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL));
        assert!(composer.is_empty());
        composer.key(KeyEvent::new(KeyCode::Char('z'), KeyModifiers::ALT));
        assert_eq!(composer.text(), "hello");
        composer.key(KeyEvent::new(KeyCode::Char('Z'), KeyModifiers::ALT));
        assert!(composer.is_empty());
    }
}
