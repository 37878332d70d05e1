//! The box in which lines are written: an editor with undo, and the lines said before.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::{Modifier, Style};
use ratatui_textarea::{CursorMove, TextArea, WrapMode};

use super::safe;
use super::text::wrap;

/// Lines said before that Up brings back.
const HISTORY: usize = 100;

/// The editor, and what was said before.
#[derive(Debug)]
pub struct Composer {
    area: TextArea<'static>,
    history: Vec<String>,
    recalled: Option<usize>,
    unsaid: String,
}

impl Default for Composer {
    fn default() -> Self {
        Self { area: area(""), history: Vec::new(), recalled: None, unsaid: String::new() }
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

    /// Replaces what is written; the cursor goes behind it.
    pub fn set(&mut self, text: &str) {
        self.area = area(text);
        self.recalled = None;
    }

    /// Takes what is written out, and remembers it for Up.
    pub fn take(&mut self) -> String {
        let text = self.text();
        if self.history.last() != Some(&text) {
            self.history.push(text.clone());
            if self.history.len() > HISTORY {
                self.history.remove(0);
            }
        }
        self.set("");
        text
    }

    /// Puts text in at the cursor. Line breaks stay; a paste never sends.
    pub fn paste(&mut self, text: &str) {
        let text = safe::block(text);
        self.area.insert_str(text);
        self.recalled = None;
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
        let before = self.area.lines().len();
        let changed = match key.code {
            KeyCode::Up if self.area.cursor().0 == 0 && self.area.screen_cursor().row == 0 => {
                return self.recall(-1);
            }
            KeyCode::Down
                if self.recalled.is_some() && self.area.cursor().0 + 1 == self.area.lines().len() =>
            {
                return self.recall(1);
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
        };
        if changed || self.area.lines().len() != before {
            self.recalled = None;
        }
        changed
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
        let place = self.recalled.unwrap_or(self.history.len()).checked_add_signed(step);
        let Some(place) = place.filter(|&place| place <= self.history.len()) else { return false };
        if self.recalled.is_none() {
            self.unsaid = self.text();
        }
        let text = self.history.get(place).cloned().unwrap_or_else(|| std::mem::take(&mut self.unsaid));
        self.set(&text);
        self.recalled = (place < self.history.len()).then_some(place);
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
