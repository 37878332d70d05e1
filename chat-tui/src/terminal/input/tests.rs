use std::collections::VecDeque;

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use proptest::prelude::*;

use super::Heard;
use super::parser::{Holds, Parser};
use crate::graphics::Reply;

fn heard(bytes: &[u8]) -> Vec<Heard> {
    let (mut parser, mut heard) = (Parser::default(), VecDeque::new());
    parser.feed(bytes, &mut heard);
    parser.pause(&mut heard);
    heard.into()
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Heard {
    Heard::Event(Event::Key(KeyEvent::new(code, modifiers)))
}

fn typed(text: &str) -> Vec<Heard> {
    let shift = |c: char| if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    text.chars().map(|c| key(KeyCode::Char(c), shift(c))).collect()
}

#[test]
fn keys_are_what_terminals_send_for_them() {
    const NONE: KeyModifiers = KeyModifiers::NONE;
    const ALT: KeyModifiers = KeyModifiers::ALT;
    const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
    const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
    let char = KeyCode::Char;
    for (bytes, code, modifiers) in [
        (&b"a"[..], char('a'), NONE),
        ("Ä".as_bytes(), char('Ä'), SHIFT),
        ("語".as_bytes(), char('語'), NONE),
        (b"\r", KeyCode::Enter, NONE),
        (b"\n", char('j'), CONTROL),
        (b"\t", KeyCode::Tab, NONE),
        (b"\x7f", KeyCode::Backspace, NONE),
        (b"\x08", char('h'), CONTROL),
        (b"\x03", char('c'), CONTROL),
        (b"\x00", char(' '), CONTROL),
        (b"\x1f", char('7'), CONTROL),
        (b"\x1b", KeyCode::Esc, NONE),
        (b"\x1b\r", KeyCode::Enter, ALT),
        (b"\x1ba", char('a'), ALT),
        (b"\x1bA", char('A'), ALT | SHIFT),
        ("\u{1b}é".as_bytes(), char('é'), ALT),
        (b"\x1b[", char('['), ALT),
        (b"\x1b]", char(']'), ALT),
        (b"\x1b_", char('_'), ALT),
        (b"\x1bP", char('P'), ALT | SHIFT),
        (b"\x1bO", char('O'), ALT | SHIFT),
        (b"\x1b[A", KeyCode::Up, NONE),
        (b"\x1bOA", KeyCode::Up, NONE),
        (b"\x1bOP", KeyCode::F(1), NONE),
        (b"\x1b[[B", KeyCode::F(2), NONE),
        (b"\x1b[P", KeyCode::F(1), NONE),
        (b"\x1b[1;5P", KeyCode::F(1), CONTROL),
        (b"\x1b[1;3A", KeyCode::Up, ALT),
        (b"\x1b[1;6D", KeyCode::Left, CONTROL | SHIFT),
        (b"\x1b[5~", KeyCode::PageUp, NONE),
        (b"\x1b[1;5H", KeyCode::Home, CONTROL),
        (b"\x1b[4~", KeyCode::End, NONE),
        (b"\x1b[3;5~", KeyCode::Delete, CONTROL),
        (b"\x1b[15~", KeyCode::F(5), NONE),
        (b"\x1b[24;2~", KeyCode::F(12), SHIFT),
        (b"\x1b[Z", KeyCode::BackTab, SHIFT),
        (b"\x1b[13;2u", KeyCode::Enter, SHIFT),
        (b"\x1b[27u", KeyCode::Esc, NONE),
        (b"\x1b[107;5u", char('k'), CONTROL),
        (b"\x1b[97;3u", char('a'), ALT),
        (b"\x1b[9;2u", KeyCode::BackTab, SHIFT),
        (b"\x1b[127;5u", KeyCode::Backspace, CONTROL),
        (b"\x1b[97:65;2u", char('A'), NONE),
        (b"\x1b[57376u", KeyCode::F(13), NONE),
    ] {
        assert_eq!(heard(bytes), [key(code, modifiers)], "{:?}", bytes.escape_ascii().to_string());
    }
    let Heard::Event(Event::Key(released)) = &heard(b"\x1b[97;1:3u")[0] else { panic!("no key") };
    assert_eq!(released.kind, KeyEventKind::Release);
    let Heard::Event(Event::Key(keypad)) = &heard(b"\x1b[57414u")[0] else { panic!("no key") };
    assert_eq!(keypad.code, KeyCode::Enter);
    assert_eq!(heard(b"\x1b\x1b[A"), [key(KeyCode::Esc, NONE), key(KeyCode::Up, NONE)]);
    assert_eq!(heard(b"hi\x1b[C!"), [&typed("hi")[..], &[key(KeyCode::Right, NONE)], &typed("!")].concat());
}

#[test]
fn the_mouse_the_focus_and_pastes_come_through() {
    let mouse = |kind, column, row| {
        Heard::Event(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
    };
    assert_eq!(heard(b"\x1b[<0;3;4M"), [mouse(MouseEventKind::Down(MouseButton::Left), 2, 3)]);
    assert_eq!(heard(b"\x1b[<0;3;4m"), [mouse(MouseEventKind::Up(MouseButton::Left), 2, 3)]);
    assert_eq!(heard(b"\x1b[<64;300;4M"), [mouse(MouseEventKind::ScrollUp, 299, 3)]);
    assert_eq!(heard(b"\x1b[<35;3;4M"), [mouse(MouseEventKind::Moved, 2, 3)]);
    assert_eq!(heard(b"\x1b[M !!"), [mouse(MouseEventKind::Down(MouseButton::Left), 0, 0)]);
    assert_eq!(heard(b"\x1b[I\x1b[O"), [Heard::Event(Event::FocusGained), Heard::Event(Event::FocusLost)]);
    let paste = |text: &str| Heard::Event(Event::Paste(text.to_owned()));
    assert_eq!(
        heard("\x1b[200~ä\x1b[31m\rb\x1b[201~c".as_bytes()),
        [&[paste("ä\x1b[31m\rb")][..], &typed("c")].concat()
    );
    assert_eq!(heard(b"\x1b[200~\xff\x1b[201~"), [paste("\u{fffd}")]);
}

#[test]
fn what_nobody_typed_is_no_key() {
    for bytes in [
        &b"\x1b[?1;2c"[..],
        b"\x1b[>0;276;0c",
        b"\x1b[12;40R",
        b"\x1b[8;24;80t",
        b"\x1b[?2026;2$y",
        b"\x1b]11;rgb:0000/0000/0000\x1b\\",
        b"\x1b]11;rgb:0000/0000/0000\x07",
        b"\x1bP1+r544e\x1b\\",
        b"\x1b[<1;2M",
        b"\x1b[2 S",
        b"\x1b[>1;3A",
        b"\x1b[<0;0;0M",
        b"\x1b[99999999999999999999u",
        b"\xff\xfe",
        "\u{9b}".as_bytes(),
    ] {
        let heard = heard(bytes);
        assert!(!heard.iter().any(|heard| matches!(heard, Heard::Event(_))), "{heard:?}");
    }
}

#[test]
fn answers_are_read() {
    let replies = [
        (&b"\x1b_Gi=31;OK\x1b\\"[..], Reply::Kitty(true)),
        (b"\x1b_Gi=31;ENOENT:nothing\x1b\\", Reply::Kitty(false)),
        (b"\x1bP>|kitty(0.36.4)\x1b\\", Reply::Version("kitty(0.36.4)".to_owned())),
        (b"\x1b[?62;4;22c", Reply::Attributes(vec![62, 4, 22])),
        (b"\x1b[?62;c", Reply::Attributes(vec![62])),
        (b"\x1b[6;20;10t", Reply::Cell(10, 20)),
        (b"\x1b[?1;0;256S", Reply::Colours(256)),
    ];
    let all: Vec<u8> = replies.iter().flat_map(|(bytes, _)| bytes.iter().copied()).collect();
    let all_replies: Vec<Heard> = replies.into_iter().map(|(_, reply)| Heard::Reply(reply)).collect();
    assert_eq!(heard(&all), all_replies);
    // A byte at a time, without a rest between them.
    let (mut parser, mut out) = (Parser::default(), VecDeque::new());
    for byte in all {
        parser.feed(&[byte], &mut out);
    }
    assert_eq!(Vec::from(out), all_replies);
}

#[test]
fn what_never_ends_is_given_up() {
    let long = [b"\x1b_G".to_vec(), vec![b'x'; 100_000]].concat();
    for begun in [&b"\x1b_Gi=31;O"[..], b"\x1bP>|never", b"\x1b[12;3", b"\xe8\xaa", &long] {
        let (mut parser, mut out) = (Parser::default(), VecDeque::new());
        parser.feed(begun, &mut out);
        assert_eq!((parser.holds(), out.len()), (Holds::Part, 0));
        parser.give_up(&mut out);
        parser.feed(b"hi", &mut out);
        assert_eq!(Vec::from(out), typed("hi"), "what is typed then is typed");
    }
    // Of a long answer that ends nothing is kept, nor is it typed.
    assert_eq!(heard(&[&long[..], b"\x1b\\hi"].concat()), typed("hi"));
}

#[test]
fn while_answers_are_owed_typing_is_not_held_up() {
    let (mut parser, mut out) = (Parser::default(), VecDeque::new());
    parser.expect(true);
    parser.feed(b"h\x1b_i", &mut out);
    assert_eq!((parser.holds(), out.len()), (Holds::Nothing, 3));
    parser.feed(b"\x1b", &mut out);
    parser.pause(&mut out);
    parser.feed(b"_", &mut out);
    parser.feed(b"x", &mut out);
    let keys: Vec<Heard> = out.drain(3..).collect();
    assert_eq!(keys, [&[key(KeyCode::Esc, KeyModifiers::NONE)][..], &typed("_x")].concat());
}

/// What a terminal may answer, and what it must not do: its strings end where strings end.
fn answers() -> impl Strategy<Value = Vec<u8>> {
    let body = prop::collection::vec(any::<u8>(), 0..60).prop_map(|body| {
        let mut body = body;
        // An escape would end it; what follows that is the terminal's fault.
        body.iter_mut().filter(|byte| **byte == 0x1b).for_each(|byte| *byte = b'.');
        body
    });
    let string = (prop::sample::select(vec!["\x1b_G", "\x1bP>|", "\x1bP1", "\x1bP0"]), body)
        .prop_map(|(begin, body)| [begin.as_bytes(), &body, b"\x1b\\"].concat());
    let control =
        "\x1b\\[([?>=][0-9;:]{0,20}[ -/]?[A-Za-z~]|[0-9;]{0,20}[ -/]?[cntyx])".prop_map(String::into_bytes);
    prop::collection::vec(prop_oneof![string, control], 1..5).prop_map(|answers| answers.concat())
}

proptest! {
    /// Wherever the line cuts them, and however long it rests there.
    #[test]
    fn answers_are_never_typed(answers in answers(), cuts in prop::collection::vec((1..40_usize, any::<bool>()), 1..80)) {
        let (mut parser, mut out) = (Parser::default(), VecDeque::new());
        parser.expect(true);
        let mut rest = &answers[..];
        for (length, rests) in cuts {
            let (piece, more) = rest.split_at(length.min(rest.len()));
            parser.feed(piece, &mut out);
            if rests {
                parser.pause(&mut out);
            }
            rest = more;
        }
        parser.feed(rest, &mut out);
        let escape = key(KeyCode::Esc, KeyModifiers::NONE);
        prop_assert!(out.iter().all(|heard| matches!(heard, Heard::Reply(_)) || *heard == escape), "{out:?}");
        parser.expect(false);
        out.clear();
        parser.feed(b"hi", &mut out);
        prop_assert_eq!(Vec::from(out), typed("hi"));
    }

    #[test]
    fn nothing_makes_it_stumble(bytes in prop::collection::vec(any::<u8>(), 0..300), expects: bool) {
        let (mut parser, mut out) = (Parser::default(), VecDeque::new());
        parser.expect(expects);
        for piece in bytes.chunks(7) {
            parser.feed(piece, &mut out);
            parser.pause(&mut out);
        }
        parser.give_up(&mut out);
        let control = |heard: &Heard| matches!(heard, Heard::Event(Event::Key(KeyEvent { code: KeyCode::Char(c), .. })) if c.is_control());
        prop_assert!(!out.iter().any(control), "{out:?}");
    }
}
