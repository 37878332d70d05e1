//! Whatever is said, done to messages, found and pressed, in whatever order and at any size: no panic, and nothing of
//! others that could drive a terminal.

use protocol::event::Event;
use protocol::server::{ResetWhy, ServerFrame};
use protocol::session::{Change, Page, Place, RoomReset, Target};
use serde_json::{Value, json};

use super::*;
use crate::app::Effect;
use crate::app::testing::PLANS;

const HOSTILE: &str =
    "\u{1b}[2J\u{9b}31m\u{7}\u{202e}evil\u{2066}\u{200b}\u{1b}]52;c;eA==\u{1b}\\\u{1b}]9;x\u{7}";
const BAD: &str = "\u{1b}\u{9b}\u{7}\u{202e}\u{2066}\u{200b}";

/// Texts in which there is much to go wrong.
const TEXTS: [&str; 12] = [
    "",
    "plain",
    HOSTILE,
    "\u{1b}[38;2;1;2;3mred\u{1b}[48;5;300mx\u{1b}]0;title\u{7}\u{1b}[0m\r\nover\rwritten\u{1b}[2J",
    "> 1. - [x] **a** `b\u{1b}[2J` ~~c~~ [d](http://e/\u{202e}) @ana :tada: 世界\u{300}\u{301}",
    "|a|世|\n|-|:-:|\n|**b**|c\u{200d}|\n|d|",
    "```rust\nfn 世() { \"\\\" }\n\n```",
    "# h\n***\n    code\n- a\n  - b\n    1. c\n\n       d",
    "👨‍👩‍👧‍👦👨‍👩‍👧‍👦 🏴󠁧󠁢󠁳󠁣󠁴󠁿 \u{3000}é",
    "http://a.example/very/long/address/that/has/no/spaces/at/all/and/goes/on/and/on/and/on https://b",
    "`````` `` ` ![x](http://y) <http://z> <a@b.c> \\* \\",
    "ana",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(&TEXTS[..]).prop_map(str::to_owned),
        1 => "[a-c \\n>#*_`|~\\[\\]()\u{1b}\u{4e00}🙂\u{301}\u{200d}-]{0,40}",
    ]
}

/// A message of the lobby, with anything that a server may say of it.
fn message(seq: u64, who: &str, text: &str, luck: u64) -> Value {
    let mut message = json!({"type": "message", "room": "lobby", "seq": seq, "id": format!("m{seq}"), "user": format!("g-{who}"),
        "sender": if luck.is_multiple_of(7) { HOSTILE } else { who }, "message": text, "timestamp": "2026-11-23T10:00:00.000Z"});
    if luck & 1 > 0 {
        message["reply"] = json!(luck % 11);
    }
    if luck & 6 == 6 {
        message["thread"] = json!(luck % 5 + 1);
    }
    if luck & 24 == 24 {
        message["files"] = json!([{"file": "f1", "name": text, "size": u64::MAX >> 12, "kind": "image/png", "width": luck,
            "height": 1, "thumb": true}, {"file": "f2", "name": HOSTILE, "size": 0, "kind": HOSTILE}]);
    }
    if luck & 32 > 0 {
        message["mentions"] = json!(["g-ana"]);
        message["everyone"] = json!("here");
    }
    if luck & 192 == 192 {
        message["folded"] = json!({"text": HOSTILE, "edited": HOSTILE, "deleted": luck.is_multiple_of(3), "pinned": true,
            "reactions": {"👍": ["g-ana", "g-bo"], HOSTILE: ["g-bo"]},
            "replies": {"count": luck, "last": seq, "timestamp": HOSTILE, "users": ["g-bo"]}});
    }
    message
}

fn done(seq: u64, target: u64, kind: u64, text: &str) -> Value {
    let mut event = json!({"room": "lobby", "seq": seq, "id": format!("c{seq}"), "target": target, "user": "g-bo",
        "sender": HOSTILE, "timestamp": HOSTILE});
    let more = match kind % 6 {
        0 => json!({"type": "edit", "text": text}),
        1 => json!({"type": "delete"}),
        2 => json!({"type": "react", "emoji": if kind > 30 { HOSTILE } else { "👍" }, "on": kind > 20}),
        3 => json!({"type": "pin", "on": kind > 10}),
        4 => json!({"type": "member", "who": "g-bo", "name": HOSTILE, "change": "banned", "reason": HOSTILE}),
        _ => json!({"type": "changed", "title": HOSTILE, "topic": text, "seen": true}),
    };
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

fn frame(kind: u64, seq: u64, text: &str, luck: u64) -> Value {
    let message = |at: u64| message((seq + at) % 40 + 1, ["ana", "bo"][(luck % 2) as usize], text, luck / 3);
    let hit = |at| json!({"title": HOSTILE, "message": message(at)});
    match kind {
        0..6 => message(0),
        6..10 => done(seq, luck % 40, luck % 40, text),
        10 => {
            let events: Vec<Value> = (0..luck % 8)
                .map(|at| if at % 3 == 2 { done(seq + at, seq, at, text) } else { message(at) })
                .collect();
            let last = seq + luck % 8;
            json!({"type": "history", "ref": 1, "room": "lobby", "events": events, "first": seq, "last": last, "head": 50,
                "as_of": luck % 60, "more": luck.is_multiple_of(2)})
        }
        11 => json!({"type": "found", "ref": 1, "hits": [hit(0), hit(1)], "before": luck, "behind": 3}),
        12 => json!({"type": "mentioned", "ref": 1, "hits": [hit(0)]}),
        13 => json!({"type": "pins", "ref": 1, "room": "lobby", "messages": [message(0), message(1)]}),
        14 => json!({"type": "edits", "ref": 1, "room": "lobby", "target": seq, "versions": [
            {"seq": seq, "text": text, "timestamp": HOSTILE}, {"seq": seq + 1, "text": HOSTILE, "timestamp": ""}]}),
        15 => {
            json!({"type": "thread", "ref": 1, "room": "lobby", "root": message(0), "messages": [message(1), message(2)],
            "more": true, "as_of": luck % 60})
        }
        16 => {
            json!({"type": "readers", "ref": 1, "room": "lobby", "readers": [{"user": "g-bo", "name": HOSTILE, "upto": luck}]})
        }
        17 => json!({"type": "seen", "room": "lobby", "user": "g-bo", "sender": HOSTILE, "upto": luck}),
        18 => {
            json!({"type": "typing", "room": "lobby", "user": "g-bo", "sender": HOSTILE, "on": true, "thread": luck % 5 + 1})
        }
        _ => {
            json!({"type": "draft", "room": "@self", "seq": seq + 1, "of": "lobby", "text": text, "thread": luck % 5 + 1})
        }
    }
}

fn told(frame: &Value) -> SessionEvent {
    let event = |event: Event| SessionEvent::Event(RoomEvent { as_of: event.seq(), event, own: None });
    match ServerFrame::parse(&frame.to_string()).unwrap() {
        ServerFrame::Event(told) => event(told),
        ServerFrame::History(page) => {
            SessionEvent::Page(Page { reference: 1, place: Place::Around(page.first), page })
        }
        ServerFrame::Found(found) => SessionEvent::Found(found),
        ServerFrame::Mentioned(mentioned) => SessionEvent::Mentioned(mentioned),
        ServerFrame::Pins(pins) => SessionEvent::Pins(pins),
        ServerFrame::Edits(edits) => SessionEvent::Edits(edits),
        ServerFrame::Thread(thread) => SessionEvent::Thread(thread),
        ServerFrame::Readers(readers) => SessionEvent::Readers(readers),
        ServerFrame::Seen(seen) => SessionEvent::Seen(seen),
        ServerFrame::Typing(typing) => SessionEvent::Typing(typing),
        other => panic!("{other:?}"),
    }
}

fn any() -> impl Strategy<Value = Msg> {
    let keys = [
        (KeyCode::Char('s'), KeyModifiers::ALT),
        (KeyCode::Char('a'), KeyModifiers::ALT),
        (KeyCode::Char('x'), KeyModifiers::ALT),
        (KeyCode::Char('r'), KeyModifiers::ALT),
        (KeyCode::Home, KeyModifiers::CONTROL),
        (KeyCode::Enter, KeyModifiers::NONE),
        (KeyCode::Esc, KeyModifiers::NONE),
        (KeyCode::Up, KeyModifiers::NONE),
        (KeyCode::Down, KeyModifiers::NONE),
        (KeyCode::PageUp, KeyModifiers::NONE),
        (KeyCode::Tab, KeyModifiers::NONE),
    ];
    let letters = prop::sample::select("jkredytpuhisol+gGqx@:/\u{3000}世".chars().collect::<Vec<_>>());
    let key = prop_oneof![
        1 => prop::sample::select(keys.to_vec()),
        1 => letters.prop_map(|c| (KeyCode::Char(c), KeyModifiers::NONE)),
    ];
    let frame = (0_u64..20, 0_u64..40, text(), 0_u64..1000);
    let change = |seq: u64, luck: u64| match luck % 4 {
        0 => Change::Edit { target: Target::Stored(seq) },
        1 => Change::Delete { target: Target::Line(Id::new(format!("o{}", seq % 9)).unwrap()) },
        2 => Change::React { target: Target::Stored(seq), emoji: HOSTILE.to_owned(), on: true },
        _ => Change::Pin { target: Target::Stored(0), on: true },
    };
    let put = (0_u64..9, 0_u64..40, text(), 0_u64..12).prop_map(move |(id, seq, text, luck)| {
        SessionEvent::Outbox(OutboxChange::Put(Outgoing {
            id: Id::new(format!("o{id}")).unwrap(),
            room: RoomKey::new(if luck == 11 { PLANS } else { "lobby" }).unwrap(),
            text,
            reply: (luck > 3).then_some(seq),
            thread: (luck > 8).then_some(seq % 5 + 1),
            files: Vec::new(),
            change: (luck < 6).then(|| change(seq, luck)),
            user: None,
            failed: (luck % 3 == 0).then(|| Failure { code: None, reason: HOSTILE.to_owned() }),
        }))
    });
    let stored = (0_u64..9, 0_u64..40).prop_map(|(id, seq)| SessionEvent::Outgoing {
        id: Id::new(format!("o{id}")).unwrap(),
        state: OutgoingState::Stored { seq, timestamp: String::new() },
    });
    let reset =
        prop_oneof![Just(ResetWhy::Epoch), Just(ResetWhy::TooOld), Just(ResetWhy::Ahead)].prop_map(|why| {
            SessionEvent::Reset(RoomReset { room: RoomKey::lobby(), held: Some(9), first: 1, head: 30, why })
        });
    let left = prop_oneof![Just(PLANS), Just("lobby")]
        .prop_map(|room| SessionEvent::RoomLeft(RoomKey::new(room).unwrap()));
    let session = prop_oneof![
        12 => frame.prop_map(|(kind, seq, text, luck)| told(&self::frame(kind, seq, &text, luck))),
        3 => put,
        1 => stored,
        1 => reset,
        1 => left,
    ];
    prop_oneof![
        6 => key.prop_map(|(code, modifiers)| Msg::Term(TermEvent::Key(KeyEvent::new(code, modifiers)))),
        6 => session.prop_map(|event| Msg::Session(Box::new(event))),
        1 => text().prop_map(|text| Msg::Term(TermEvent::Paste(text))),
        1 => (0_u16..140, 0_u16..50).prop_map(|(columns, rows)| Msg::Term(TermEvent::Resize(columns, rows))),
        1 => (0_u16..12, 0_u16..9).prop_map(|(columns, rows)| Msg::Term(TermEvent::Resize(columns, rows))),
        1 => any_bool().prop_map(|on| Msg::Term(if on { TermEvent::FocusGained } else { TermEvent::FocusLost })),
    ]
}

fn any_bool() -> impl Strategy<Value = bool> {
    proptest::bool::ANY
}

/// Of what leaves for the terminal but by drawing.
fn written(effects: &[Effect]) -> Vec<&str> {
    let mut texts = Vec::new();
    for effect in effects {
        match effect {
            Effect::Alert { title, text } => texts.extend([title.as_str(), text]),
            Effect::Copy(text) => texts.push(text),
            _ => {}
        }
    }
    texts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn t01_nothing_done_to_messages_is_a_panic_or_drives_a_terminal(msgs in prop::collection::vec(any(), 1..60)) {
        let mut chat = Chat::signed_in();
        for msg in msgs {
            chat.now += Duration::from_millis(700);
            let effects = chat.send(msg);
            for text in written(&effects) {
                prop_assert!(!text.contains(|c| BAD.contains(c)), "{text:?}");
            }
            let size = chat.model.size;
            let mut terminal = Terminal::new(TestBackend::new(size.0.max(1), size.1.max(1))).unwrap();
            terminal.draw(|frame| view(&chat.model, Theme::new(Depth::Palette), frame)).unwrap();
            let cells = terminal.backend().buffer().content.iter().map(ratatui::buffer::Cell::symbol).collect::<String>();
            prop_assert!(!cells.contains(|c| BAD.contains(c)), "{cells:?}");
        }
    }
}
