//! What stays of a room that is gone, of a history that is gone, and of lines on their way.

use protocol::ids::Id;
use protocol::session::{Change, Target};

use super::*;
use crate::app::About;
use crate::app::layout::Screen;
use crate::app::lists::{Found, Hits};
use crate::app::rows::{Row, viewport};
use crate::app::testing::PLANS;

fn restore(chat: &mut Chat) {
    let reset = RoomReset { room: RoomKey::lobby(), held: Some(2), first: 1, head: 9, why: ResetWhy::Epoch };
    chat.tell(SessionEvent::Reset(reset));
}

/// A line of one's own in the lobby, on its way.
fn put(chat: &mut Chat, id: &str, text: &str, change: Option<Change>) {
    let line = Outgoing { change, ..line(Id::new(id).unwrap(), text) };
    chat.tell(SessionEvent::Outbox(OutboxChange::Put(line)));
}

fn stored(chat: &mut Chat, id: &str, seq: u64) {
    let state = OutgoingState::Stored { seq, timestamp: String::new() };
    chat.tell(SessionEvent::Outgoing { id: Id::new(id).unwrap(), state });
}

fn hit(room: &str) -> Found {
    Found { room: RoomKey::new(room).unwrap(), seq: 1, head: "bo".to_owned(), text: "secret".to_owned() }
}

#[test]
fn r18_nothing_on_the_screen_is_about_messages_of_a_history_that_is_gone() {
    let mut chat = Chat::signed_in();
    chat.hear(1, "bo", "a question");
    chat.write("to the room");
    chat.press(KeyCode::Char('s'), KeyModifiers::ALT);
    chat.press(KeyCode::Char('t'), NONE);
    chat.write("to the thread");
    chat.press(KeyCode::Char('s'), KeyModifiers::ALT);
    chat.press(KeyCode::Char('+'), NONE);
    assert!(matches!(chat.model.layers.last(), Some(Layer::React(_))));
    put(&mut chat, "a", "said", None);
    stored(&mut chat, "a", 2);
    restore(&mut chat);
    assert_eq!((chat.model.layers.len(), chat.model.thread(), chat.model.room().threads.len()), (0, None, 0));
    assert!(chat.model.room().outgoing.is_empty(), "the log tells of it, if it is there");
    assert_eq!(chat.model.composer.text(), "to the thread");
    chat.press(KeyCode::Up, NONE);
    assert_eq!(chat.model.composer.text(), "to the room", "neither is lost");

    let mut chat = Chat::signed_in();
    chat.happen(r#"{"type":"message","room":"lobby","seq":1,"id":"m","user":"g-ana","sender":"ana","message":"nou","timestamp":""}"#);
    chat.press(KeyCode::Up, NONE);
    assert!(matches!(chat.model.place().about, Some(About::Edit { .. })));
    restore(&mut chat);
    assert_eq!((&chat.model.place().about, chat.model.composer.text().as_str()), (&None, "nou"));
}

#[test]
fn what_was_said_in_a_private_room_is_not_shown_to_whoever_was_put_out() {
    let mut chat = Chat::signed_in();
    let plans = RoomKey::new(PLANS).unwrap();
    chat.press(KeyCode::Char('k'), KeyModifiers::CONTROL);
    chat.write("Plans");
    chat.press(KeyCode::Enter, NONE);
    assert_eq!(chat.model.current, plans);
    chat.happen(&format!(
        r#"{{"type":"message","room":"{PLANS}","seq":1,"id":"m","user":"g-bo","sender":"bo","message":"the secret","timestamp":""}}"#
    ));
    let mut unsent = line(Id::new("a").unwrap(), "precious");
    unsent.room = plans.clone();
    chat.tell(SessionEvent::Outbox(OutboxChange::Put(unsent)));
    let hits = Hits { hits: vec![hit(PLANS), hit("lobby")], chosen: 1, ..Hits::default() };
    chat.model.layers.push(Layer::Hits(hits));
    chat.press(KeyCode::Char('s'), KeyModifiers::ALT);
    chat.model.layers.push(Layer::React(crate::app::React { seq: 1, query: String::new(), chosen: 0 }));
    chat.tell(SessionEvent::RoomLeft(plans.clone()));
    let room = &chat.model.rooms[&plans];
    assert!(!format!("{room:?}").contains("secret") && format!("{room:?}").contains("precious"));
    let [Layer::Hits(left)] = chat.model.layers.as_slice() else { panic!("{:?}", chat.model.layers) };
    assert_eq!((left.hits.as_slice(), left.chosen), (&[hit("lobby")][..], 0));
}

#[test]
fn an_emoji_is_chosen_for_a_message_of_the_room_on_the_screen() {
    let mut chat = Chat::signed_in();
    chat.hear(1, "bo", "hm");
    chat.press(KeyCode::Char('s'), KeyModifiers::ALT);
    chat.press(KeyCode::Char('+'), NONE);
    chat.tell(SessionEvent::RoomJoined { info: info("ops", 5), reference: Some(1) });
    assert_eq!((chat.model.current.as_str(), chat.model.layers.len()), ("ops", 0));
}

#[test]
fn a_line_that_gets_its_place_while_it_is_edited_is_edited_there() {
    let mut chat = Chat::signed_in();
    put(&mut chat, "a", "nou", None);
    chat.press(KeyCode::Up, NONE);
    chat.press(KeyCode::Backspace, NONE);
    stored(&mut chat, "a", 7);
    let change = Change::Edit { target: Target::Stored(7) };
    let edit = Effect::Change { room: RoomKey::lobby(), change, text: "now".to_owned() };
    assert!(chat.say("w").contains(&edit));
}

#[test]
fn an_edit_that_was_not_taken_is_not_lost_to_a_draft() {
    let mut chat = Chat::signed_in();
    chat.write("a draft");
    let (room, reason) = (RoomKey::lobby(), "too much is waiting".to_owned());
    chat.send(Msg::NotTaken { room, thread: None, text: "the new text".to_owned(), reason });
    assert_eq!(chat.model.composer.text(), "a draft");
    chat.press(KeyCode::Up, NONE);
    assert_eq!(chat.model.composer.text(), "the new text");
    chat.press(KeyCode::Down, NONE);
    assert_eq!(chat.model.composer.text(), "a draft");
}

#[test]
fn a_list_asks_for_more_once_and_again_when_that_was_not_answered() {
    let mut chat = Chat::signed_in();
    let page = |seqs: std::ops::RangeInclusive<u64>| {
        let hit = |seq| {
            serde_json::json!({"title": "lobby", "message": {"type": "message", "room": "lobby", "seq": seq,
            "id": format!("m{seq}"), "user": "g-bo", "sender": "bo", "message": "hm", "timestamp": ""}})
        };
        let hits: Vec<_> = seqs.map(hit).collect();
        let found = serde_json::json!({"ref": 1, "hits": hits, "before": 7, "behind": 0});
        SessionEvent::Found(serde_json::from_value(found).unwrap())
    };
    let hits = |chat: &Chat| match chat.model.layers.last() {
        Some(Layer::Hits(list)) => list.hits.len(),
        other => panic!("{other:?}"),
    };
    let asks = |chat: &mut Chat| chat.press(KeyCode::End, NONE).len() + chat.press(KeyCode::Down, NONE).len();
    chat.say("/search hm");
    chat.tell(page(1..=1));
    assert_eq!([asks(&mut chat), asks(&mut chat)], [1, 0]);
    chat.tell(page(2..=2));
    assert_eq!(hits(&chat), 2);
    chat.tell(page(2..=2));
    assert_eq!(hits(&chat), 1, "nobody asked for that: another search");
    assert_eq!(asks(&mut chat), 1);
    let question = ClientFrame::Search(protocol::messages::Search {
        reference: 1,
        query: "hm".to_owned(),
        order: protocol::messages::SearchOrder::Newest,
        before: None,
        limit: None,
    });
    chat.tell(SessionEvent::Unanswered { question: Box::new(question), reference: 1 });
    assert_eq!(asks(&mut chat), 1);
}

#[test]
fn what_failed_to_be_done_to_a_message_that_is_not_here_can_be_seen() {
    let mut chat = Chat::signed_in();
    chat.hear(1, "bo", "hm");
    let rows = |chat: &Chat| {
        let rows = viewport(chat.model.place(), Screen::of(&chat.model).frame(&chat.model)).rows;
        rows.into_iter()
            .filter(|row| matches!(row, Row::Failed(text) if text.starts_with("not done")))
            .count()
    };
    let pin = |seq| Some(Change::Pin { target: Target::Stored(seq), on: true });
    put(&mut chat, "here", "", pin(1));
    put(&mut chat, "gone", "", pin(0));
    for id in ["here", "gone"] {
        chat.tell(SessionEvent::Outgoing { id: Id::new(id).unwrap(), state: failed("no") });
    }
    assert_eq!(rows(&chat), 2);
}
