//! Whole frames, as a person sees them.

mod luck;
mod messages;
mod people;
mod pictures;

use std::time::Duration;

use crossterm::event::{
    Event as TermEvent, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use proptest::prelude::*;
use protocol::ids::{Id, RoomKey, UserId};
use protocol::server::{Member, Members};
use protocol::session::{Failure, Gap, Link, OutboxChange, Outgoing, OutgoingState, RoomEvent, SessionEvent};
use protocol::signal::{ComeAndGo, PresenceState, Typing};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::theme::{Depth, Theme};
use super::view;
use crate::app::testing::{Chat, info, message_at};
use crate::app::{Layer, Msg};

fn draw(chat: &mut Chat, columns: u16, rows: u16) -> String {
    chat.send(Msg::Term(TermEvent::Resize(columns, rows)));
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| view(&chat.model, Theme::new(Depth::Palette), frame)).unwrap();
    terminal.backend().to_string()
}

fn come_and_go(names: &[&str]) -> ComeAndGo {
    ComeAndGo {
        room: RoomKey::lobby(),
        message: String::new(),
        names: names.iter().map(|&name| name.to_owned()).collect(),
        users: names.iter().map(|name| UserId::new(format!("g-{name}")).unwrap()).collect(),
        count: u32::try_from(names.len()).unwrap(),
        present: 3,
        timestamp: String::new(),
    }
}

fn put(chat: &mut Chat, id: &str, text: &str) -> Id {
    let id = Id::new(id).unwrap();
    let line = Outgoing {
        id: id.clone(),
        room: RoomKey::lobby(),
        text: text.to_owned(),
        reply: None,
        thread: None,
        files: Vec::new(),
        change: None,
        user: None,
        failed: None,
    };
    chat.tell(SessionEvent::Outbox(OutboxChange::Put(line)));
    id
}

/// A lobby with some talk, another room with news, and three people.
fn busy() -> Chat {
    let mut chat = Chat::online(0);
    chat.hear(1, "bo", "Good morning! Did the nightly build pass?");
    chat.hear(2, "bo", "I see two red lights.");
    chat.hear(3, "cleo", "It did. The lights are from the old runner, which nobody has switched off yet; I will do it after the stand-up.");
    chat.tell(SessionEvent::Came(come_and_go(&["dora"])));
    chat.tell(SessionEvent::Came(come_and_go(&["emil"])));
    chat.tell(SessionEvent::Went(come_and_go(&["emil"])));
    let mut own = message_at(4, "ana", "Thanks.\nbo: I never said this\nAll good then.");
    if let protocol::event::Event::Message(message) = &mut own {
        message.user = UserId::new("g-ana").unwrap();
    }
    let own_id = Some(Id::new("m4").unwrap());
    chat.tell(SessionEvent::Event(RoomEvent { event: own, own: own_id, as_of: 0 }));
    chat.tell(SessionEvent::RoomJoined { info: info("ops", 2), reference: None });
    let ops = SessionEvent::Synced { room: RoomKey::new("ops").unwrap(), head: 7 };
    chat.tell(ops);
    let member = |name: &str, state| Member {
        user: UserId::new(format!("g-{name}")).unwrap(),
        name: name.to_owned(),
        guest: true,
        role: protocol::people::Role::Guest,
        standing: None,
        profile: protocol::people::Profile::default(),
        state,
    };
    chat.tell(SessionEvent::Members(Members {
        reference: 1,
        room: RoomKey::lobby(),
        members: vec![
            member("dora", PresenceState::Online),
            member("ana", PresenceState::Online),
            member("cleo", PresenceState::Idle),
        ],
        present: 3,
        banned: Vec::new(),
        muted: Vec::new(),
    }));
    chat
}

#[test]
fn a_busy_room() {
    let mut chat = busy();
    insta::assert_snapshot!("busy_80x24", draw(&mut chat, 80, 24));
    insta::assert_snapshot!("busy_wide", draw(&mut chat, 130, 30));
    insta::assert_snapshot!("busy_20x5", draw(&mut chat, 20, 5));
}

#[test]
fn wide_characters_keep_their_columns() {
    let mut chat = Chat::online(0);
    chat.hear(
        1,
        "李雷",
        "你好，世界！这是一个很长的消息，用来检查中文字符在窄窗口里是否正确换行，而不会超出边界。",
    );
    chat.hear(2, "bo", "👨‍👩‍👧‍👦 family 👍🏽 🇩🇪 e\u{301}te\u{301} नमस्ते");
    insta::assert_snapshot!("wide_characters", draw(&mut chat, 50, 12));
}

#[test]
fn lines_that_were_not_sent() {
    let mut chat = busy();
    let first = put(&mut chat, "o1", "This one was refused");
    let second = put(&mut chat, "o2", "So was this one");
    let failure = |reason: &str| OutgoingState::Failed(Failure { code: None, reason: reason.to_owned() });
    chat.tell(SessionEvent::Outgoing { id: first, state: failure("the connection is not in this room") });
    chat.tell(SessionEvent::Outgoing {
        id: second,
        state: failure("a message with \u{1b}[31mno visible text"),
    });
    let third = put(&mut chat, "o3", "on its way");
    chat.tell(SessionEvent::Outgoing { id: third, state: OutgoingState::Sent });
    insta::assert_snapshot!("failed_lines", draw(&mut chat, 80, 24));
    chat.press(KeyCode::Char('x'), KeyModifiers::ALT);
    let left = chat.model.room().outgoing.iter().map(|line| line.text.as_str()).collect::<Vec<_>>();
    assert_eq!(left, ["So was this one", "on its way"]);
}

#[test]
fn offline_with_lines_waiting() {
    let mut chat = busy();
    chat.tell(SessionEvent::Link(Link::WaitingUntil(chat.now + Duration::from_millis(2_400))));
    for n in 0..4 {
        put(&mut chat, &format!("o{n}"), &format!("line {n}"));
    }
    insta::assert_snapshot!("offline", draw(&mut chat, 80, 24));
}

#[test]
fn a_gap_and_a_new_line() {
    let mut chat = Chat::online(0);
    chat.hear(1, "bo", "before");
    chat.send(Msg::Term(TermEvent::FocusLost));
    chat.hear(2, "bo", "while you were away");
    chat.tell(SessionEvent::Gap(Gap { room: RoomKey::lobby(), from: 3, to: 14 }));
    chat.send(Msg::Term(TermEvent::FocusGained));
    chat.tell(SessionEvent::Typing(Typing {
        room: RoomKey::lobby(),
        user: UserId::new("g-bo").unwrap(),
        sender: "bo".to_owned(),
        on: true,
        thread: None,
    }));
    insta::assert_snapshot!("gap_and_new", draw(&mut chat, 80, 16));
    chat.now += Duration::from_secs(6);
    chat.send(Msg::Tick);
    assert!(!draw(&mut chat, 80, 16).contains("typing"), "a typing signal that is not renewed is over");
}

#[test]
fn what_lies_over_the_room() {
    let mut chat = busy();
    chat.press(KeyCode::F(1), KeyModifiers::NONE);
    insta::assert_snapshot!("help", draw(&mut chat, 80, 24));
    chat.press(KeyCode::Esc, KeyModifiers::NONE);
    chat.press(KeyCode::Char('k'), KeyModifiers::CONTROL);
    chat.write("op");
    insta::assert_snapshot!("switcher", draw(&mut chat, 80, 24));
    chat.press(KeyCode::Enter, KeyModifiers::NONE);
    assert_eq!(chat.model.current.as_str(), "ops");
    let mut first = Chat::offline();
    first.model.layers.push(Layer::Name { input: String::new(), error: None });
    first.write("a b");
    first.press(KeyCode::Enter, KeyModifiers::NONE);
    insta::assert_snapshot!("name", draw(&mut first, 80, 24));
}

#[test]
fn scrolling_keeps_the_place_while_both_ends_grow() {
    let mut chat = Chat::online(0);
    for seq in 101..=160 {
        chat.hear(seq, if seq % 2 == 0 { "bo" } else { "cleo" }, &format!("message {seq}"));
    }
    draw(&mut chat, 60, 20);
    for _ in 0..4 {
        chat.press(KeyCode::PageUp, KeyModifiers::NONE);
    }
    let before = draw(&mut chat, 60, 20);
    chat.hear(161, "bo", "news");
    let older = (61..=100).map(|seq| (message_at(seq, "dora", "older"), 0)).collect();
    chat.send(Msg::Cached { room: RoomKey::lobby(), events: older });
    let after = draw(&mut chat, 60, 20);
    let texts = |frame: &str| {
        frame
            .lines()
            .filter_map(|row| row.split_once("message ").map(|(_, n)| n[..3].to_owned()))
            .collect::<Vec<_>>()
    };
    assert!(!texts(&before).is_empty());
    assert_eq!(texts(&before), texts(&after));
    assert!(after.contains("1 new below"), "{after}");
    chat.press(KeyCode::End, KeyModifiers::NONE);
    assert!(draw(&mut chat, 60, 20).contains("news"));
}

#[test]
fn every_row_can_be_reached_and_the_top_stays_at_the_top() {
    let mut chat = Chat::online(0);
    for seq in 1..=40 {
        chat.hear(seq, "bo", &format!("<{seq}>"));
    }
    draw(&mut chat, 60, 14);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..60 {
        let frame = draw(&mut chat, 60, 14);
        seen.extend((1..=40).filter(|seq| frame.contains(&format!("<{seq}>"))));
        chat.press(KeyCode::PageUp, KeyModifiers::NONE);
    }
    assert_eq!(seen.len(), 40);
    let top = draw(&mut chat, 60, 14);
    assert!(top.lines().nth(1).unwrap().contains("the beginning of"), "{top}");
    for _ in 0..60 {
        chat.press(KeyCode::PageDown, KeyModifiers::NONE);
    }
    assert_eq!(chat.model.room().scroll, None, "down to the newest row, it follows again");
}

#[test]
fn hostile_text_reaches_no_cell() {
    let hostile = "\u{1b}[2J\u{9b}31m\u{7}\u{202e}evil\u{2066}\u{200b}\u{1b}]52;c;eA==\u{1b}\\";
    let mut chat = busy();
    chat.hear(5, hostile, hostile);
    chat.tell(SessionEvent::Came(come_and_go(&["x"])));
    let mut named = come_and_go(&["y"]);
    named.names = vec![hostile.to_owned()];
    chat.tell(SessionEvent::Came(named));
    let mut room = info("ops", 9);
    room.title = hostile.to_owned();
    room.topic = Some(hostile.to_owned());
    chat.tell(SessionEvent::RoomJoined { info: room, reference: Some(1) });
    let (id, why) = (put(&mut chat, "o1", hostile), hostile.to_owned());
    chat.tell(SessionEvent::Outgoing {
        id,
        state: OutgoingState::Failed(Failure { code: None, reason: why }),
    });
    chat.send(Msg::Term(TermEvent::Paste(hostile.to_owned())));
    for size in [(80, 24), (130, 30), (20, 5)] {
        let frame = draw(&mut chat, size.0, size.1);
        let bad =
            frame.chars().find(|&c| c != '\n' && (c.is_control() || "\u{202e}\u{2066}\u{200b}".contains(c)));
        assert_eq!(bad, None, "{frame}");
    }
}

#[test]
fn a_click_goes_to_a_room() {
    let mut chat = busy();
    draw(&mut chat, 80, 24);
    let click = |row| {
        Msg::Term(TermEvent::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column: 3,
            row,
            modifiers: KeyModifiers::NONE,
        }))
    };
    chat.send(click(1));
    assert_eq!(chat.model.current.as_str(), "ops");
    chat.send(click(20));
    assert_eq!(chat.model.current.as_str(), "ops", "there is no room down there");
}

fn any_msg() -> impl Strategy<Value = Msg> {
    let code = prop_oneof![
        any::<char>().prop_map(KeyCode::Char),
        prop::sample::select(vec!['a', 'k', 'x', 'r', '/', 'z', ' ']).prop_map(KeyCode::Char),
        prop::sample::select(vec![
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::Left,
            KeyCode::Tab,
            KeyCode::PageUp,
            KeyCode::PageDown,
            KeyCode::Home,
            KeyCode::End,
            KeyCode::Backspace,
            KeyCode::Delete,
            KeyCode::F(1),
            KeyCode::F(2),
            KeyCode::F(3),
        ]),
    ];
    let key = (code, 0_u8..8)
        .prop_map(|(code, bits)| TermEvent::Key(KeyEvent::new(code, KeyModifiers::from_bits_truncate(bits))));
    let text = "[a-c \\n\u{4e00}🙂\u{301}\u{200d}]{0,40}";
    let session = prop_oneof![
        (0_u64..40, "[ab]", text).prop_map(|(seq, sender, text)| SessionEvent::Event(RoomEvent {
            event: message_at(seq, &sender, &text),
            own: seq.is_multiple_of(5).then(|| Id::new(format!("o{seq}")).unwrap()),
            as_of: 0
        })),
        (0_u64..60, 0_u64..60).prop_map(|(from, to)| SessionEvent::Gap(Gap {
            room: RoomKey::lobby(),
            from,
            to
        })),
        (0_u64..60, 0_u64..60).prop_map(|(from, to)| SessionEvent::GapLost(Gap {
            room: RoomKey::lobby(),
            from,
            to
        })),
        prop_oneof!["lobby", "ops", "dev"]
            .prop_map(|room| SessionEvent::RoomLeft(RoomKey::new(room).unwrap())),
        ("ops|dev", 0_u64..9, any::<bool>()).prop_map(|(room, head, asked)| SessionEvent::RoomJoined {
            info: info(&room, head),
            reference: asked.then_some(1),
        }),
        Just(SessionEvent::Link(Link::WaitingUntil(Duration::from_secs(3)))),
        Just(SessionEvent::Link(Link::Connected)),
        (0_u64..9, text).prop_map(|(id, text)| SessionEvent::Outbox(OutboxChange::Put(Outgoing {
            id: Id::new(format!("o{id}")).unwrap(),
            room: RoomKey::lobby(),
            text,
            reply: None,
            thread: None,
            files: Vec::new(),
            change: None,
            user: None,
            failed: None,
        }))),
        (0_u64..9, 0_u64..40).prop_map(|(id, seq)| SessionEvent::Outgoing {
            id: Id::new(format!("o{id}")).unwrap(),
            state: if seq % 2 == 0 {
                OutgoingState::Stored { seq, timestamp: String::new() }
            } else {
                OutgoingState::Failed(Failure { code: None, reason: "no".to_owned() })
            },
        }),
    ];
    prop_oneof![
        4 => key.prop_map(Msg::Term),
        1 => (0_u16..140, 0_u16..50).prop_map(|(columns, rows)| Msg::Term(TermEvent::Resize(columns, rows))),
        1 => text.prop_map(|text| Msg::Term(TermEvent::Paste(text))),
        4 => session.prop_map(|event| Msg::Session(Box::new(event))),
        1 => Just(Msg::Tick),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn nothing_that_happens_at_any_size_is_a_panic(msgs in prop::collection::vec(any_msg(), 1..40), columns in 1_u16..140, rows in 1_u16..50) {
        let mut chat = Chat::online(0);
        for msg in msgs {
            chat.now += Duration::from_millis(700);
            chat.send(msg);
            let size = chat.model.size;
            let mut terminal = Terminal::new(TestBackend::new(size.0.max(1), size.1.max(1))).unwrap();
            terminal.draw(|frame| view(&chat.model, Theme::new(Depth::Palette), frame)).unwrap();
        }
        draw(&mut chat, columns, rows);
        draw(&mut chat, 1, 1);
    }
}

#[test]
fn the_reason_for_being_offline_is_told_as_far_as_it_fits() {
    let mut chat = Chat::offline();
    chat.tell(SessionEvent::Link(Link::WaitingUntil(chat.now + Duration::from_secs(4))));
    chat.send(Msg::Unreachable(
        "nothing listens at localhost:3000 \u{1b}— is chat-server running?".to_owned(),
    ));
    let status = |chat: &mut Chat, columns| draw(chat, columns, 24).lines().last().unwrap().to_owned();
    let all = "offline: nothing listens at localhost:3000";
    let wide = status(&mut chat, 120);
    assert!(wide.contains(all) && wide.contains("is chat-server running? · reconnecting in 4 s"), "{wide}");
    let usual = status(&mut chat, 80);
    assert!(
        usual.contains("offline: nothing listens at") && usual.contains("… · reconnecting in 4 s"),
        "{usual}"
    );
    assert!(status(&mut chat, 40).contains("offline · reconnecting in 4 s"));
    chat.tell(SessionEvent::Link(Link::Connected));
    assert_eq!(chat.model.trouble, None);
}
