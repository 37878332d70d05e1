//! What is done to messages, and threads.

use super::*;

/// A lobby with an answer, reactions, a pin, a call, a change that waits, and a thread.
fn done_to() -> Chat {
    let mut chat = Chat::signed_in();
    let by = |who: &str, minute: u32| {
        format!(r#""user":"g-{who}","sender":"{who}","timestamp":"2026-11-23T10:{minute:02}:00.000Z""#)
    };
    let mut happen = |json: String| {
        chat.happen(&format!(r#"{{"room":"lobby",{json}}}"#));
    };
    let message = |seq: u64, who: &str, text: &str, rest: &str| {
        let minute = u32::try_from(seq).unwrap();
        format!(r#""type":"message","seq":{seq},"id":"m{seq}","message":"{text}",{}{rest}"#, by(who, minute))
    };
    let change = |seq: u64, kind: &str, who: &str, target: u64, rest: &str| {
        format!(r#""type":"{kind}","seq":{seq},"id":"c{seq}","target":{target},{}{rest}"#, by(who, 30))
    };
    happen(message(1, "bo", "The release is on **Friday**. Who writes the notes?", ""));
    happen(message(2, "cleo", "@ana could, as last time", r#","mentions":["g-ana"]"#));
    happen(message(3, "ana", "I will", r#","reply":1"#));
    happen(message(4, "bo", "Where are the old ones?", r#","thread":1"#));
    happen(message(5, "ana", "In the wiki, under releases", r#","thread":1"#));
    happen(message(6, "cleo", "nonsense", ""));
    happen(change(7, "react", "bo", 3, r#","emoji":"👍","on":true"#));
    happen(change(8, "react", "ana", 1, r#","emoji":"🚀","on":true"#));
    happen(change(9, "react", "cleo", 1, r#","emoji":"🚀","on":true"#));
    happen(change(10, "pin", "bo", 1, r#","on":true"#));
    happen(change(11, "delete", "cleo", 6, ""));
    happen(change(12, "edit", "ana", 3, r#","text":"I will, tonight""#));
    let change = protocol::session::Change::Pin { target: protocol::session::Target::Stored(2), on: true };
    let waits = Outgoing { change: Some(change), ..outgoing("w", "") };
    chat.tell(SessionEvent::Outbox(OutboxChange::Put(waits)));
    chat
}

fn outgoing(id: &str, text: &str) -> Outgoing {
    Outgoing {
        id: Id::new(id).unwrap(),
        room: RoomKey::lobby(),
        text: text.to_owned(),
        reply: None,
        thread: None,
        files: Vec::new(),
        change: None,
        user: None,
        failed: None,
    }
}

#[test]
fn what_was_done_to_messages_is_seen_at_them() {
    let mut chat = done_to();
    insta::assert_snapshot!("done_to_80x24", draw(&mut chat, 80, 24));
    chat.press(KeyCode::Char('s'), KeyModifiers::ALT);
    chat.press(KeyCode::Char('r'), KeyModifiers::NONE);
    insta::assert_snapshot!("reply_80x24", draw(&mut chat, 80, 24));
}

#[test]
fn a_thread_stands_beside_the_room_or_in_its_place() {
    let mut chat = done_to();
    chat.press(KeyCode::Char('s'), KeyModifiers::ALT);
    chat.press(KeyCode::Home, KeyModifiers::NONE);
    chat.press(KeyCode::Char('t'), KeyModifiers::NONE);
    let narrow = draw(&mut chat, 80, 24);
    assert!(!narrow.contains("tonight"), "{narrow}");
    insta::assert_snapshot!("thread_80x24", narrow);
    insta::assert_snapshot!("thread_wide", draw(&mut chat, 120, 24));
}

#[test]
fn an_emoji_is_offered_by_name() {
    let mut chat = done_to();
    chat.press(KeyCode::Char('s'), KeyModifiers::ALT);
    chat.press(KeyCode::Char('+'), KeyModifiers::NONE);
    chat.write("rock");
    let drawn = draw(&mut chat, 80, 24);
    assert!(drawn.contains("🚀") && drawn.contains("rocket"), "{drawn}");
}

/// A message of ana's in the lobby; `rest` is more of its JSON.
fn own(chat: &mut Chat, seq: u64, text: &str, rest: &str) {
    chat.happen(&format!(
        r#"{{"type":"message","room":"lobby","seq":{seq},"id":"m{seq}","message":"{text}","user":"g-ana","sender":"ana","timestamp":"2026-11-23T10:00:00.000Z"{rest}}}"#
    ));
}

#[test]
fn a_message_may_be_its_files_alone() {
    let mut chat = Chat::signed_in();
    let file = |name: &str| {
        format!(r#"{{"file":"f-{}","name":"{name}","size":11,"kind":"text/plain"}}"#, &name[..1])
    };
    own(&mut chat, 1, "", &format!(r#","files":[{},{}]"#, file("a.txt"), file("b.txt")));
    let drawn = draw(&mut chat, 80, 24);
    let rows: Vec<&str> = drawn.lines().filter(|row| row.contains('▏')).collect();
    let [first, second] = rows.as_slice() else { panic!("{drawn}") };
    assert!(first.contains("▤ a.txt · 11 B") && first.contains('✓'), "{drawn}");
    assert!(second.contains("▤ b.txt · 11 B") && !second.contains('✓'), "{drawn}");
    let waits = Outgoing { files: vec![Id::new("f").unwrap()], ..outgoing("w", "") };
    chat.tell(SessionEvent::Outbox(OutboxChange::Put(waits)));
    let drawn = draw(&mut chat, 80, 24);
    assert!(drawn.lines().any(|row| row.contains("▤ a file") && row.contains('…')), "{drawn}");
}

#[test]
fn what_a_thread_answers_is_quoted_from_the_room_with_its_emojis() {
    let mut chat = Chat::signed_in();
    own(&mut chat, 1, "off we go :rocket:", "");
    own(&mut chat, 2, "where to?", r#","reply":1"#);
    own(&mut chat, 3, "up", r#","thread":2"#);
    chat.press(KeyCode::Char('s'), KeyModifiers::ALT);
    chat.press(KeyCode::Char('t'), KeyModifiers::NONE);
    assert_eq!(chat.model.thread(), Some(2));
    for columns in [80, 140] {
        let drawn = draw(&mut chat, columns, 24);
        assert!(drawn.contains("┌ ana: off we go 🚀"), "{drawn}");
        assert!(!drawn.contains("an earlier message"), "{drawn}");
    }
}

#[test]
fn a_draft_of_a_thread_is_seen_at_its_message_and_its_room() {
    let mut chat = Chat::signed_in();
    own(&mut chat, 1, "where to?", "");
    chat.press(KeyCode::Char('s'), KeyModifiers::ALT);
    chat.press(KeyCode::Char('t'), KeyModifiers::NONE);
    chat.write("not sure");
    chat.press(KeyCode::Esc, KeyModifiers::NONE);
    let drawn = draw(&mut chat, 80, 24);
    assert!(drawn.contains("↳ ✎ draft"), "{drawn}");
    assert!(drawn.lines().any(|row| row.contains("▸#lobby") && row.contains('✎')), "{drawn}");
}
