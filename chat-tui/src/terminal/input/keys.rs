//! Keys and the mouse, as terminals send them: in the manner of xterm, of `CSI u`, and of the Linux console.

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyEventState, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};

use super::Heard;
use crate::graphics::Reply;

/// The key that a text begins with, and how many bytes of it that is; `None` where it is not whole, or none.
pub(super) fn typed(bytes: &[u8]) -> Option<(usize, KeyEvent)> {
    let control = |c: u8| KeyEvent::new(KeyCode::Char(char::from(c)), KeyModifiers::CONTROL);
    let key = match *bytes.first()? {
        b'\r' => KeyCode::Enter.into(),
        b'\t' => KeyCode::Tab.into(),
        0x7f => KeyCode::Backspace.into(),
        0 => control(b' '),
        c @ 0x01..=0x1a => control(c - 1 + b'a'),
        0x1b => return None,
        c @ 0x1c..=0x1f => control(c - 0x1c + b'4'),
        _ => {
            let c = first_char(bytes)?;
            let modifiers = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
            return Some((c.len_utf8(), KeyEvent::new(KeyCode::Char(c), modifiers)));
        }
    };
    Some((1, key))
}

/// Whether it begins with a character that is not whole yet.
pub(super) fn is_open(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(4)];
    matches!(std::str::from_utf8(start), Err(error) if error.valid_up_to() == 0 && error.error_len().is_none())
}

fn first_char(bytes: &[u8]) -> Option<char> {
    let start = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(start) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&start[..error.valid_up_to()]).ok()?,
    };
    // A control character of the upper half is none that anybody types.
    valid.chars().next().filter(|c| !c.is_control())
}

/// The key of `ESC O letter`, and of `ESC [ letter`.
pub(super) fn letter(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P'..=b'S' => KeyCode::F(letter - b'P' + 1),
        _ => return None,
    })
}

/// What a control sequence means, where it means anything here.
pub(super) fn sequence(parameters: &str, last: u8) -> Option<Heard> {
    if let Some(parameters) = parameters.strip_prefix('?') {
        return reply(parameters, last).map(Heard::Reply);
    }
    if let Some(parameters) = parameters.strip_prefix('<') {
        return mouse(parameters, last).map(|mouse| Heard::Event(Event::Mouse(mouse)));
    }
    if parameters.bytes().any(|byte| !matches!(byte, b'0'..=b'9' | b';' | b':')) {
        return None;
    }
    let (first, second) = parameters.split_once(';').unwrap_or((parameters, ""));
    let (modifiers, kind, state) = modifiers(second.split(';').next().unwrap_or_default());
    let key = |code: KeyCode, more: KeyModifiers| {
        Heard::Event(Event::Key(KeyEvent::new_with_kind_and_state(code, modifiers | more, kind, state)))
    };
    match last {
        b'I' if parameters.is_empty() => Some(Heard::Event(Event::FocusGained)),
        b'O' if parameters.is_empty() => Some(Heard::Event(Event::FocusLost)),
        b'Z' => Some(key(KeyCode::BackTab, KeyModifiers::SHIFT)),
        b'~' => Some(key(tilde(first.parse().ok()?)?, KeyModifiers::NONE)),
        b'u' => unicode(first, modifiers, kind, state).map(|key| Heard::Event(Event::Key(key))),
        b't' => match numbers(parameters)?[..] {
            [6, high, wide] => Some(Heard::Reply(Reply::Cell(wide, high))),
            _ => None,
        },
        // Where the cursor is: that is not asked, and looks like F3.
        b'R' if second.is_empty() || first != "1" => None,
        _ => Some(key(letter(last)?, KeyModifiers::NONE)),
    }
}

fn reply(parameters: &str, last: u8) -> Option<Reply> {
    let numbers = numbers(parameters)?;
    match (last, &numbers[..]) {
        (b'c', attributes) => Some(Reply::Attributes(attributes.to_vec())),
        (b'S', [1, 0, colours, ..]) => Some(Reply::Colours(*colours)),
        _ => None,
    }
}

fn numbers(parameters: &str) -> Option<Vec<u16>> {
    // An empty one is not given, as behind the last `;`.
    parameters.split(';').filter(|number| !number.is_empty()).map(|number| number.parse().ok()).collect()
}

fn tilde(number: u8) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(number - 10),
        17..=21 => KeyCode::F(number - 11),
        23..=26 => KeyCode::F(number - 12),
        28..=29 => KeyCode::F(number - 15),
        31..=34 => KeyCode::F(number - 17),
        _ => return None,
    })
}

/// `modifiers:kind`, as numbers.
fn modifiers(text: &str) -> (KeyModifiers, KeyEventKind, KeyEventState) {
    let (mask, kind) = text.split_once(':').unwrap_or((text, "1"));
    let mask = mask.parse::<u8>().unwrap_or(1).saturating_sub(1);
    // The order of the bits is the same.
    let modifiers = KeyModifiers::from_bits_truncate(0)
        | flag(mask, 1, KeyModifiers::SHIFT)
        | flag(mask, 2, KeyModifiers::ALT)
        | flag(mask, 4, KeyModifiers::CONTROL)
        | flag(mask, 8, KeyModifiers::SUPER)
        | flag(mask, 16, KeyModifiers::HYPER)
        | flag(mask, 32, KeyModifiers::META);
    let mut state = KeyEventState::NONE;
    state.set(KeyEventState::CAPS_LOCK, mask & 64 != 0);
    state.set(KeyEventState::NUM_LOCK, mask & 128 != 0);
    let kind = match kind {
        "2" => KeyEventKind::Repeat,
        "3" => KeyEventKind::Release,
        _ => KeyEventKind::Press,
    };
    (modifiers, kind, state)
}

fn flag(mask: u8, bit: u8, modifier: KeyModifiers) -> KeyModifiers {
    if mask & bit == 0 { KeyModifiers::NONE } else { modifier }
}

/// A key by its character's number: `number:shifted;modifiers u`.
fn unicode(
    numbers: &str,
    modifiers: KeyModifiers,
    kind: KeyEventKind,
    state: KeyEventState,
) -> Option<KeyEvent> {
    let mut numbers = numbers.split(':').map(str::parse::<u32>);
    let number = numbers.next()?.ok()?;
    let shifted = numbers.next().and_then(Result::ok).and_then(char::from_u32);
    let (code, state) = match number {
        57399..=57427 => (keypad(number)?, state | KeyEventState::KEYPAD),
        57376..=57398 => (KeyCode::F(u8::try_from(number - 57376).ok()? + 13), state),
        // Locks, modifiers and keys of players, by themselves.
        0xe000..=0xf8ff => return None,
        27 => (KeyCode::Esc, state),
        13 => (KeyCode::Enter, state),
        9 if modifiers.contains(KeyModifiers::SHIFT) => (KeyCode::BackTab, state),
        9 => (KeyCode::Tab, state),
        127 => (KeyCode::Backspace, state),
        number => (KeyCode::Char(char::from_u32(number).filter(|c| !c.is_control())?), state),
    };
    let (code, modifiers) = match shifted {
        Some(shifted) if modifiers.contains(KeyModifiers::SHIFT) && !shifted.is_control() => {
            (KeyCode::Char(shifted), modifiers - KeyModifiers::SHIFT)
        }
        _ => (code, modifiers),
    };
    Some(KeyEvent::new_with_kind_and_state(code, modifiers, kind, state))
}

fn keypad(number: u32) -> Option<KeyCode> {
    Some(match number {
        57399..=57408 => KeyCode::Char(char::from_digit(number - 57399, 10)?),
        57409 => KeyCode::Char('.'),
        57410 => KeyCode::Char('/'),
        57411 => KeyCode::Char('*'),
        57412 => KeyCode::Char('-'),
        57413 => KeyCode::Char('+'),
        57414 => KeyCode::Enter,
        57415 => KeyCode::Char('='),
        57416 => KeyCode::Char(','),
        57417 => KeyCode::Left,
        57418 => KeyCode::Right,
        57419 => KeyCode::Up,
        57420 => KeyCode::Down,
        57421 => KeyCode::PageUp,
        57422 => KeyCode::PageDown,
        57423 => KeyCode::Home,
        57424 => KeyCode::End,
        57425 => KeyCode::Insert,
        57426 => KeyCode::Delete,
        57427 => KeyCode::KeypadBegin,
        _ => return None,
    })
}

/// `button;column;row`, ended by `M`, or by `m` where a button is let go.
fn mouse(parameters: &str, last: u8) -> Option<MouseEvent> {
    let [button, column, row] = numbers(parameters)?[..] else { return None };
    let mouse = pointed(button, column.checked_sub(1)?, row.checked_sub(1)?)?;
    Some(match (last, mouse.kind) {
        (b'm', MouseEventKind::Down(button)) => MouseEvent { kind: MouseEventKind::Up(button), ..mouse },
        (b'M' | b'm', _) => mouse,
        _ => return None,
    })
}

/// Three bytes, each by 32 larger than what it says.
pub(super) fn old_mouse(bytes: &[u8]) -> Option<MouseEvent> {
    let [button, column, row] = bytes else { return None };
    let less = |byte: u8, by: u8| byte.checked_sub(by).map(u16::from);
    pointed(less(*button, 32)?, less(*column, 33)?, less(*row, 33)?)
}

fn pointed(button: u16, column: u16, row: u16) -> Option<MouseEvent> {
    let drags = button & 32 != 0;
    let kind = match ((button & 3) | ((button & 0xc0) >> 4), drags) {
        (0, false) => MouseEventKind::Down(MouseButton::Left),
        (1, false) => MouseEventKind::Down(MouseButton::Middle),
        (2, false) => MouseEventKind::Down(MouseButton::Right),
        (0, true) => MouseEventKind::Drag(MouseButton::Left),
        (1, true) => MouseEventKind::Drag(MouseButton::Middle),
        (2, true) => MouseEventKind::Drag(MouseButton::Right),
        (3, false) => MouseEventKind::Up(MouseButton::Left),
        (3..=5, true) => MouseEventKind::Moved,
        (4, false) => MouseEventKind::ScrollUp,
        (5, false) => MouseEventKind::ScrollDown,
        (6, false) => MouseEventKind::ScrollLeft,
        (7, false) => MouseEventKind::ScrollRight,
        _ => return None,
    };
    let mut modifiers = KeyModifiers::NONE;
    modifiers.set(KeyModifiers::SHIFT, button & 4 != 0);
    modifiers.set(KeyModifiers::ALT, button & 8 != 0);
    modifiers.set(KeyModifiers::CONTROL, button & 16 != 0);
    Some(MouseEvent { kind, column, row, modifiers })
}
