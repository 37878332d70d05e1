//! What is done to messages, and of what one is told.

use protocol::session::{Change, Line, Target};

use super::*;
use crate::app::{About, Deed, Pick};

/// A message of somebody in the lobby; `rest` is more of its JSON.
fn hear(chat: &mut Chat, seq: u64, who: &str, text: &str, rest: &str) -> Vec<Effect> {
    chat.happen(&format!(
        r#"{{"type":"message","room":"lobby","seq":{seq},"id":"m{seq}","user":"g-{who}","sender":"{who}","message":"{text}","timestamp":"2026-11-23T10:00:00.000Z"{rest}}}"#
    ))
}

fn alerts(effects: &[Effect]) -> Vec<String> {
    let told = |effect: &Effect| match effect {
        Effect::Alert { title, text } => Some(format!("{title}: {text}")),
        _ => None,
    };
    effects.iter().filter_map(told).collect()
}

/// As ana, in a lobby that is not looked at.
fn away() -> Chat {
    let mut chat = Chat::signed_in();
    chat.send(Msg::Term(TermEvent::FocusLost));
    chat
}

#[test]
fn one_is_told_by_the_level_of_the_room_and_never_of_what_is_in_view() {
    const NAMED: &str = r#","mentions":["g-ana"]"#;
    let mut chat = away();
    assert_eq!(alerts(&hear(&mut chat, 1, "bo", "idle talk", "")), [] as [&str; 0]);
    assert_eq!(alerts(&hear(&mut chat, 2, "bo", "ana, look", NAMED)), ["bo in #lobby: ana, look"]);
    assert_eq!(chat.model.room().calls(), 1);
    // A storm rings once.
    assert_eq!(alerts(&hear(&mut chat, 3, "bo", "@here", r#","everyone":"here""#)), [] as [&str; 0]);
    chat.now += Duration::from_secs(5);
    chat.own(r#""type":"prefs","keywords":["deploy"],"quiet":null"#);
    assert_eq!(alerts(&hear(&mut chat, 4, "bo", "we Deploy now", "")).len(), 1, "a keyword");
    chat.now += Duration::from_secs(5);
    assert_eq!(alerts(&hear(&mut chat, 5, "ana", "my other device", NAMED)), [] as [&str; 0]);
    chat.own(r#""type":"notify","of":"lobby","level":"all""#);
    assert_eq!(alerts(&hear(&mut chat, 6, "bo", "idle talk", "")).len(), 1);
    chat.now += Duration::from_secs(5);
    chat.own(r#""type":"prefs","keywords":[],"quiet":{"from":540,"to":660}"#);
    assert_eq!(alerts(&hear(&mut chat, 7, "bo", "at ten", NAMED)), [] as [&str; 0], "quiet hours");
    chat.own(r#""type":"prefs","keywords":[]"#);
    chat.own(r#""type":"notify","of":"lobby","level":"none""#);
    assert_eq!(alerts(&hear(&mut chat, 8, "bo", "ana!", NAMED)), [] as [&str; 0], "muted");
    chat.own(r#""type":"notify","of":"lobby","level":"all""#);
    chat.send(Msg::Term(TermEvent::FocusGained));
    assert_eq!(alerts(&hear(&mut chat, 9, "bo", "in view", NAMED)), [] as [&str; 0]);
}

#[test]
fn what_is_marked_as_unread_stays_so_until_one_comes_back() {
    let mut chat = Chat::signed_in();
    for seq in 1..=3 {
        hear(&mut chat, seq, "bo", "news", "");
    }
    assert_eq!(chat.model.room().unread(), 0);
    chat.press(KeyCode::Char('s'), KeyModifiers::ALT);
    chat.press(KeyCode::Char('k'), NONE);
    assert!(chat.press(KeyCode::Char('u'), NONE).contains(&Effect::Keep));
    chat.send(Msg::Tick);
    let room = chat.model.room();
    assert_eq!((room.read, room.unread(), room.mark, room.untold_back), (1, 2, Some(1), true));
    chat.press(KeyCode::Down, KeyModifiers::ALT);
    chat.press(KeyCode::Up, KeyModifiers::ALT);
    assert_eq!(chat.model.room().unread(), 0, "who comes back reads it");

    // Another device did it; what this one told before comes back late, and changes nothing.
    chat.model.room_mut().untold_back = false;
    chat.own(r#""type":"read","of":"lobby","upto":2"#);
    assert_eq!(chat.model.room().read, 3);
    chat.own(r#""type":"read","of":"lobby","upto":3"#);
    chat.own(r#""type":"read","of":"lobby","upto":1"#);
    assert_eq!((chat.model.room().read, chat.model.room().unread()), (1, 2));
}

#[test]
fn the_next_thing_that_wants_one_comes_by_how_much_it_does() {
    let mut chat = Chat::signed_in();
    hear(&mut chat, 1, "ana", "a question", "");
    for (room, title) in [("ops", "ops"), ("dev", "dev")] {
        let mut info = info(room, 0);
        info.title = title.to_owned();
        chat.tell(SessionEvent::RoomJoined { info, reference: None });
    }
    let plans = RoomKey::new(crate::app::testing::PLANS).unwrap();
    chat.press(KeyCode::Char('k'), KeyModifiers::CONTROL);
    chat.write("Plans");
    chat.press(KeyCode::Enter, NONE);
    assert_eq!(chat.model.current, plans);
    let say = |chat: &mut Chat, room: &str, rest: &str| {
        chat.happen(&format!(
            r#"{{"type":"message","room":"{room}","seq":1,"id":"x","user":"g-bo","sender":"bo","message":"hm","timestamp":""{rest}}}"#
        ));
    };
    say(&mut chat, "dev", "");
    say(&mut chat, "ops", r#","mentions":["g-ana"]"#);
    hear(&mut chat, 2, "bo", "an answer", r#","thread":1"#);
    let next = |chat: &mut Chat| {
        chat.press(KeyCode::Char('a'), KeyModifiers::ALT);
        (chat.model.current.to_string(), chat.model.thread())
    };
    assert_eq!(next(&mut chat), ("ops".to_owned(), None), "what names one");
    assert_eq!(next(&mut chat), ("lobby".to_owned(), Some(1)), "an answer in one's thread");
    assert_eq!(next(&mut chat), ("dev".to_owned(), None), "what is unread");
    assert_eq!(next(&mut chat), (plans.to_string(), None), "and back");
}

#[test]
fn an_answer_and_an_edit_are_said_as_such_and_can_be_left() {
    let mut chat = Chat::signed_in();
    hear(&mut chat, 1, "bo", "when?", "");
    hear(&mut chat, 2, "ana", "nou", "");
    chat.write("half a ");
    chat.press(KeyCode::Char('s'), KeyModifiers::ALT);
    chat.press(KeyCode::Char('e'), NONE);
    assert_eq!(chat.model.composer.text(), "nou");
    assert_eq!(chat.model.draft_here(), "half a ", "the draft is not lost");
    chat.press(KeyCode::Backspace, NONE);
    let room = RoomKey::lobby;
    let change = Change::Edit { target: Target::Stored(2) };
    let edit = Effect::Change { room: room(), change, text: "now".to_owned() };
    assert!(chat.say("w").contains(&edit));
    assert_eq!(chat.model.composer.text(), "half a ");
    chat.press(KeyCode::Char('u'), KeyModifiers::CONTROL);

    chat.press(KeyCode::Char('s'), KeyModifiers::ALT);
    chat.press(KeyCode::Char('k'), NONE);
    assert!(matches!(chat.model.layers.last(), Some(Layer::Pick(Pick { deed: Deed::Select, seq: 1 }))));
    chat.press(KeyCode::Char('e'), NONE);
    assert_eq!(chat.model.place().about, None, "it is not one's own");
    chat.press(KeyCode::Char('s'), KeyModifiers::ALT);
    chat.press(KeyCode::Char('k'), NONE);
    chat.press(KeyCode::Char('r'), NONE);
    assert!(matches!(chat.model.place().about, Some(About::Reply { seq: 1, .. })));
    let line = Line { text: "soon".to_owned(), reply: Some(1), ..Line::default() };
    assert!(chat.say("soon").contains(&Effect::Say { room: room(), line }));
    assert_eq!(chat.model.place().about, None);
}

#[test]
fn a_thread_is_a_place_of_its_own() {
    let mut chat = Chat::signed_in();
    hear(&mut chat, 1, "bo", "where?", "");
    hear(&mut chat, 2, "bo", "anyone?", r#","thread":1"#);
    assert_eq!(chat.model.room().unread(), 0);
    chat.write("to the room");
    chat.press(KeyCode::Char('s'), KeyModifiers::ALT);
    let effects = chat.press(KeyCode::Char('t'), NONE);
    let asks =
        |effect: &Effect| matches!(effect, Effect::Ask(frame) if matches!(**frame, ClientFrame::Thread(_)));
    assert!(effects.iter().any(asks), "{effects:?}");
    let here = |chat: &Chat| chat.model.place().timeline.events().map(|(seq, _)| seq).collect::<Vec<_>>();
    assert_eq!((chat.model.thread(), here(&chat)), (Some(1), vec![1, 2]));
    assert!(chat.model.composer.is_empty());
    let line = Line { text: "here".to_owned(), thread: Some(1), ..Line::default() };
    assert!(chat.say("here").contains(&Effect::Say { room: RoomKey::lobby(), line }));
    hear(&mut chat, 3, "bo", "elsewhere", "");
    hear(&mut chat, 4, "bo", "good", r#","thread":1"#);
    assert_eq!(here(&chat), [1, 2, 4]);
    assert!(chat.model.room().answers.unseen().next().is_none(), "it is looked at");
    chat.press(KeyCode::Esc, NONE);
    assert_eq!((chat.model.thread(), chat.model.composer.text().as_str()), (None, "to the room"));
    hear(&mut chat, 5, "bo", "still there?", r#","thread":1"#);
    assert_eq!(chat.model.room().answers.unseen_of(1), 1);
    chat.happen(r#"{"type":"delete","room":"lobby","seq":6,"id":"d","target":4,"user":"g-bo","sender":"bo","timestamp":""}"#);
    let thread = &chat.model.room().threads[&1].timeline;
    assert!(matches!(thread.get(4), Some(super::super::timeline::Entry::Deleted(_))));
}

#[test]
fn what_was_read_of_a_thread_follows_between_devices() {
    let mut chat = Chat::signed_in();
    hear(&mut chat, 1, "ana", "where?", "");
    for seq in 2..=4 {
        hear(&mut chat, seq, "bo", "there", r#","thread":1"#);
    }
    assert_eq!(chat.model.room().answers.unseen_of(1), 3);
    chat.own(r#""type":"read_thread","of":"lobby","thread":1,"upto":3"#);
    assert_eq!(chat.model.room().answers.unseen_of(1), 1);
    assert_eq!(chat.model.room().answers.untold(), [], "what another device read is not told again");
    chat.press(KeyCode::Char('a'), KeyModifiers::ALT);
    assert_eq!((chat.model.thread(), chat.model.room().answers.unseen_of(1)), (Some(1), 0));
    assert_eq!(chat.model.place().mark, Some(3), "behind it stands what is new");
    assert_eq!(chat.model.room().answers.untold(), [(1, 4, false)]);
    chat.model.room_mut().answers.told(1);
    chat.own(r#""type":"read_thread","of":"lobby","thread":1,"upto":4"#);
    // What comes while nobody looks waits, though the thread is open.
    chat.send(Msg::Term(TermEvent::FocusLost));
    hear(&mut chat, 5, "bo", "still there?", r#","thread":1"#);
    assert_eq!(chat.model.room().answers.unseen_of(1), 1);
    chat.send(Msg::Term(TermEvent::FocusGained));
    assert_eq!(chat.model.room().answers.untold(), [(1, 5, false)]);
    chat.model.room_mut().answers.told(1);
    chat.own(r#""type":"read_thread","of":"lobby","thread":1,"upto":5"#);
    // Marked as unread here, it stays so until one comes back, and is told as leading back.
    chat.press(KeyCode::Char('s'), KeyModifiers::ALT);
    chat.press(KeyCode::Char('k'), NONE);
    chat.press(KeyCode::Char('u'), NONE);
    chat.send(Msg::Tick);
    assert_eq!(chat.model.room().answers.untold(), [(1, 3, true)]);
    assert_eq!(chat.model.room().answers.unseen_of(1), 2);
    chat.model.room_mut().answers.told(1);
    chat.own(r#""type":"read_thread","of":"lobby","thread":1,"upto":3"#);
    assert_eq!(chat.model.room().answers.unseen_of(1), 2);
    // As is what another device marks.
    chat.press(KeyCode::Esc, NONE);
    chat.press(KeyCode::Esc, NONE);
    chat.own(r#""type":"read_thread","of":"lobby","thread":1,"upto":5"#);
    assert_eq!(chat.model.room().answers.unseen_of(1), 0);
    chat.own(r#""type":"read_thread","of":"lobby","thread":1,"upto":4"#);
    assert_eq!(chat.model.room().answers.unseen_of(1), 1);
    assert_eq!(chat.model.room().answers.untold(), []);
}

#[test]
fn beside_its_thread_a_room_is_in_view() {
    let mut chat = Chat::signed_in();
    hear(&mut chat, 1, "ana", "where?", "");
    chat.press(KeyCode::Char('s'), KeyModifiers::ALT);
    chat.press(KeyCode::Char('t'), NONE);
    const NAMED: &str = r#","mentions":["g-ana"]"#;
    chat.send(Msg::Term(TermEvent::Resize(80, 24)));
    assert_eq!(alerts(&hear(&mut chat, 2, "bo", "ana, look", NAMED)).len(), 1, "the thread hides the room");
    assert_eq!(chat.model.room().unread(), 1);
    chat.send(Msg::Term(TermEvent::Resize(140, 40)));
    chat.now += Duration::from_secs(5);
    assert_eq!(alerts(&hear(&mut chat, 3, "bo", "ana, look", NAMED)), [] as [&str; 0]);
    assert_eq!(chat.model.room().unread(), 0);
}

#[test]
fn names_are_completed_by_who_spoke_last_and_emojis_by_name() {
    let mut chat = Chat::signed_in();
    let user = |name: &str| protocol::ids::UserId::new(format!("g-{name}")).unwrap();
    for name in ["cara", "carl", "carol"] {
        chat.model.room_mut().see(&user(name), name, PresenceState::Online);
    }
    hear(&mut chat, 1, "carl", "first", "");
    hear(&mut chat, 2, "carol", "last", "");
    for expected in ["@carol ", "@carl ", "@cara ", "@carol "] {
        if chat.model.composer.is_empty() {
            chat.write("@ca");
        }
        chat.press(KeyCode::Tab, NONE);
        assert_eq!(chat.model.composer.text(), expected);
    }
    chat.press(KeyCode::Char('u'), KeyModifiers::CONTROL);
    chat.write("done :rocket");
    chat.press(KeyCode::Tab, NONE);
    assert_eq!(chat.model.composer.text(), "done 🚀 ");
    // A space of several bytes, as input methods of Chinese and Japanese write it.
    chat.press(KeyCode::Char('u'), KeyModifiers::CONTROL);
    chat.write("見て\u{3000}@caro");
    chat.press(KeyCode::Tab, NONE);
    assert_eq!(chat.model.composer.text(), "見て\u{3000}@carol ");
}
