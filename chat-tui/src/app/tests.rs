//! Keys and events in, effects and state out.

mod gone;
mod messages;
mod order;
mod people;

use std::time::Duration;

use crossterm::event::{Event as TermEvent, KeyCode, KeyModifiers};
use protocol::client::{ClientFrame, RoomQuestion};
use protocol::error::{ErrorCode, Refusal};
use protocol::ids::RoomKey;
use protocol::server::{HistoryPage, ResetWhy};
use protocol::session::{
    Failure, Link, OutboxChange, Outgoing, OutgoingState, Page, Place, RoomReset, SessionEvent,
};
use protocol::signal::PresenceState;

use super::testing::{Chat, info, message_at};
use super::timeline::Notice;
use super::{Effect, Layer, Msg, next_deadline};

const NONE: KeyModifiers = KeyModifiers::NONE;

fn failed(reason: &str) -> OutgoingState {
    OutgoingState::Failed(Failure { code: None, reason: reason.to_owned() })
}

fn said(effects: &[Effect]) -> Vec<&str> {
    let mut texts = Vec::new();
    for effect in effects {
        if let Effect::Say { line, .. } = effect {
            texts.push(line.text.as_str());
        }
    }
    texts
}

/// A line as the outbox has it.
fn line(id: protocol::ids::Id, text: &str) -> Outgoing {
    Outgoing {
        id,
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

fn complaints(chat: &Chat) -> Vec<String> {
    let timeline = &chat.model.room().timeline;
    let mut texts = Vec::new();
    for notice in timeline.early_notices().chain(timeline.notices(timeline.last())) {
        if let Notice::Trouble(text) = notice {
            texts.push(text.clone());
        }
    }
    texts
}

#[test]
fn what_is_typed_is_said_commands_are_not() {
    let mut chat = Chat::online(0);
    for (typed, expected) in [
        ("hello", vec!["hello"]),
        ("//shrug", vec!["/shrug"]),
        (" /not a command", vec![" /not a command"]),
        ("/nosuch thing", vec![]),
        ("/join", vec![]),
        ("/nick a b", vec![]),
        ("/leave", vec![]),
        ("   ", vec![]),
    ] {
        let effects = chat.say(typed);
        assert_eq!(said(&effects), expected, "{typed:?}");
        chat.model.composer.set("");
    }
    let told = complaints(&chat).join("\n");
    for reason in
        ["/nosuch is not a command", "at least one character", "' ' is none", "everybody is in the lobby"]
    {
        assert!(told.contains(reason), "{reason}: {told}");
    }
}

#[test]
fn commands_ask_the_server() {
    let mut chat = Chat::online(0);
    assert_eq!(chat.say("/join #Ops")[0], Effect::Join("ops".to_owned()));
    let Effect::Ask(frame) = &chat.say("/create büro")[0] else { panic!("a question") };
    assert!(matches!(&**frame, ClientFrame::Create(create) if create.room == "büro"));
    assert_eq!(chat.say("/nick anna")[0], Effect::Nick("anna".to_owned()));
    assert_eq!(chat.say("/browse")[0], Effect::Rooms);
    assert!(chat.say("/quit").contains(&Effect::Quit));
    let question = Box::new(ClientFrame::Join(RoomQuestion { reference: 1, room: "ops".to_owned() }));
    let refusal = Refusal::new(ErrorCode::NoRoom, "no");
    chat.tell(SessionEvent::Refused { question, reference: 1, refusal });
    assert!(complaints(&chat).join("\n").contains("/create ops makes it"));
}

#[test]
fn typing_is_told_but_not_of_commands() {
    let mut chat = Chat::online(0);
    let room = RoomKey::lobby();
    assert_eq!(
        chat.write("h"),
        [Effect::Typing { room: room.clone(), thread: None, on: true }, Effect::Keep]
    );
    let effects = chat.press(KeyCode::Backspace, NONE);
    assert_eq!(effects, [Effect::Typing { room, thread: None, on: false }, Effect::Keep]);
    assert!(chat.write("/nick x").iter().all(|effect| *effect == Effect::Keep));
}

#[test]
fn too_long_a_line_stays_in_the_composer() {
    let mut chat = Chat::online(0);
    chat.send(Msg::Term(TermEvent::Paste("x".repeat(1_000_000))));
    assert!(chat.model.composer.is_empty(), "what could not be sent is not pasted");
    chat.send(Msg::Term(TermEvent::Paste("x".repeat(65_536))));
    chat.write("x");
    assert_eq!(said(&chat.press(KeyCode::Enter, NONE)), [] as [&str; 0]);
    assert_eq!(chat.model.composer.text().len(), 65_537);
    chat.press(KeyCode::Backspace, NONE);
    assert_eq!(said(&chat.press(KeyCode::Enter, NONE)).len(), 1);
}

#[test]
fn a_line_that_was_not_taken_comes_back() {
    let mut chat = Chat::online(0);
    chat.say("precious");
    chat.send(Msg::NotTaken {
        room: RoomKey::lobby(),
        thread: None,
        text: "precious".to_owned(),
        reason: "too much is waiting".to_owned(),
    });
    assert_eq!(chat.model.composer.text(), "precious");
}

#[test]
fn each_room_keeps_its_draft_and_its_news() {
    let mut chat = Chat::online(0);
    chat.write("half a th");
    chat.tell(SessionEvent::RoomJoined { info: info("ops", 0), reference: Some(1) });
    assert_eq!(chat.model.current.as_str(), "ops");
    assert!(chat.model.composer.is_empty());
    chat.hear(1, "bo", "meanwhile in the lobby");
    assert_eq!(chat.model.unread(), 1);
    chat.press(KeyCode::Char('a'), KeyModifiers::ALT);
    assert_eq!(chat.model.current, RoomKey::lobby());
    assert_eq!(chat.model.composer.text(), "half a th");
    assert_eq!(chat.model.unread(), 0);
}

#[test]
fn news_are_marked_when_the_person_comes_back() {
    let mut chat = Chat::online(0);
    chat.hear(1, "bo", "seen");
    chat.send(Msg::Term(TermEvent::FocusLost));
    chat.hear(2, "bo", "unseen");
    assert_eq!((chat.model.unread(), chat.model.room().mark), (1, None));
    let effects = chat.send(Msg::Term(TermEvent::FocusGained));
    assert!(effects.contains(&Effect::Wake));
    assert_eq!((chat.model.unread(), chat.model.room().mark), (0, Some(1)));
}

#[test]
fn history_is_asked_for_once_and_down_to_the_first_message() {
    let mut chat = Chat::offline();
    chat.tell(SessionEvent::Link(Link::Connected));
    let effects = chat.tell(SessionEvent::RoomJoined { info: info("lobby", 150), reference: None });
    let history = |place| Effect::History { room: RoomKey::lobby(), place };
    assert!(effects.contains(&history(Place::Newest)), "{effects:?}");
    assert!(!chat.send(Msg::Tick).contains(&history(Place::Newest)), "it is under way");
    let page = |first: u64, last: u64, place| {
        SessionEvent::Page(Page {
            reference: 1,
            place,
            page: HistoryPage {
                reference: Some(1),
                room: RoomKey::lobby(),
                events: (first..=last).map(|seq| message_at(seq, "bo", "x")).collect(),
                first,
                last,
                head: 150,
                as_of: 150,
                more: first > 1,
            },
        })
    };
    assert_eq!(chat.tell(page(51, 150, Place::Newest)), [], "the screen is full");
    let effects = chat.press(KeyCode::Home, KeyModifiers::CONTROL);
    assert_eq!(effects, [history(Place::Before(51))]);
    chat.tell(page(1, 50, Place::Before(51)));
    assert_eq!(chat.press(KeyCode::Home, KeyModifiers::CONTROL), [], "there is nothing older");
    assert_eq!(chat.model.room().timeline.oldest(), Some(1));
}

#[test]
fn a_restored_server_begins_anew() {
    let mut chat = Chat::online(0);
    chat.hear(1, "bo", "of the old history");
    let reset = RoomReset { room: RoomKey::lobby(), held: Some(1), first: 1, head: 9, why: ResetWhy::Epoch };
    let effects = chat.tell(SessionEvent::Reset(reset));
    assert!(effects.contains(&Effect::SetAside(RoomKey::lobby())));
    assert!(effects.contains(&Effect::History { room: RoomKey::lobby(), place: Place::Newest }));
    assert_eq!(chat.model.room().timeline.oldest(), None);
}

#[test]
fn leaving_with_lines_waiting_is_asked_first() {
    let mut chat = Chat::offline();
    let id = protocol::ids::Id::new("a").unwrap();
    chat.model.room_mut().put_outgoing(&line(id, "x"), super::room::Sending::Queued);
    assert_eq!(
        chat.press(KeyCode::Char('c'), KeyModifiers::CONTROL).iter().find(|e| **e == Effect::Quit),
        None
    );
    assert_eq!(chat.model.layers, [Layer::Quit]);
    chat.press(KeyCode::Char('n'), NONE);
    assert!(chat.model.layers.is_empty());
    chat.press(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert!(chat.press(KeyCode::Char('y'), NONE).contains(&Effect::Quit));
}

#[test]
fn a_line_that_the_disk_did_not_take_is_told_before_it_is_lost() {
    let mut chat = Chat::online(0);
    let id = protocol::ids::Id::new("a").unwrap();
    chat.model
        .room_mut()
        .put_outgoing(&line(id.clone(), "x"), super::room::Sending::Failed("full".to_owned()));
    assert_eq!(chat.model.unkept(), 0);
    chat.send(Msg::NotKept(id.clone()));
    assert_eq!((chat.model.waiting(), chat.model.unkept()), (0, 1));
    assert!(!chat.press(KeyCode::Char('c'), KeyModifiers::CONTROL).contains(&Effect::Quit));
    assert_eq!(chat.model.layers, [Layer::Quit]);
    chat.press(KeyCode::Char('n'), NONE);
    chat.model.room_mut().put_outgoing(&line(id, "x"), super::room::Sending::Queued);
    assert_eq!(chat.model.unkept(), 0, "it was put again");
}

#[test]
fn a_room_with_unsent_lines_is_left_only_when_they_are_dealt_with() {
    let mut chat = Chat::online(0);
    let ops = RoomKey::new("ops").unwrap();
    let id = protocol::ids::Id::new("a").unwrap();
    let discard = vec![Effect::Discard(id.clone())];
    chat.tell(SessionEvent::RoomJoined { info: info("ops", 0), reference: Some(1) });
    chat.model.room_mut().put_outgoing(&line(id.clone(), "precious"), super::room::Sending::Queued);
    assert_eq!(chat.say("/leave"), []);
    assert!(complaints(&chat).join("\n").contains("still wait"));
    assert_eq!(chat.say("/discard"), discard);
    chat.tell(SessionEvent::Outbox(OutboxChange::Remove(id.clone())));
    assert_eq!(chat.say("/leave"), [Effect::Leave(ops.clone())]);

    // The server takes it away while a line waits in it.
    chat.model.room_mut().put_outgoing(&line(id.clone(), "precious"), super::room::Sending::Queued);
    chat.tell(SessionEvent::RoomLeft(ops.clone()));
    assert_eq!(chat.model.current, ops);
    chat.tell(SessionEvent::Outgoing { id, state: failed("not in it") });
    assert!(chat.say("/join ops").contains(&Effect::Join("ops".to_owned())), "the server is asked");
    chat.press(KeyCode::Char('k'), KeyModifiers::CONTROL);
    chat.write("ops");
    assert!(chat.press(KeyCode::Enter, NONE).contains(&Effect::Join("ops".to_owned())));
    assert!(chat.say("/leave").starts_with(&discard));
    assert!(!chat.model.rooms.contains_key(&ops));
    assert!(complaints(&chat).join("\n").contains("not sent to #ops: precious"));
}

#[test]
fn a_room_that_only_a_line_names_is_joined_by_asking() {
    let mut chat = Chat::online(0);
    let line = Outgoing {
        id: protocol::ids::Id::new("a").unwrap(),
        room: RoomKey::new("ops").unwrap(),
        text: "x".to_owned(),
        reply: None,
        thread: None,
        files: Vec::new(),
        change: None,
        user: None,
        failed: None,
    };
    chat.tell(SessionEvent::Outbox(OutboxChange::Put(line)));
    assert!(chat.say("/join ops").contains(&Effect::Join("ops".to_owned())));
    chat.tell(SessionEvent::RoomJoined { info: info("ops", 0), reference: Some(1) });
    assert!(!chat.say("/join ops").contains(&Effect::Join("ops".to_owned())));
}

#[test]
fn a_room_that_nobody_looks_at_stays_small() {
    let mut chat = Chat::online(0);
    chat.tell(SessionEvent::RoomJoined { info: info("ops", 0), reference: Some(1) });
    for seq in 1..=3_100 {
        chat.hear(seq, "bo", "x");
    }
    assert_eq!(chat.model.current.as_str(), "ops");
    assert_eq!(chat.model.rooms[&RoomKey::lobby()].timeline.events().count(), 3_000);
}

#[test]
fn tab_completes_names_rooms_and_commands() {
    let mut chat = Chat::online(0);
    for (n, name) in ["bob", "bonnie", "李雷"].into_iter().enumerate() {
        let user = protocol::ids::UserId::new(format!("g-{n}")).unwrap();
        chat.model.room_mut().see(&user, name, PresenceState::Online);
    }
    for (typed, completed) in [
        ("bo", "bob: "),
        ("bon", "bonnie: "),
        ("hi @bob", "hi @bob "),
        ("李", "李雷: "),
        ("/cre", "/create "),
        ("/join lo", "/join lobby "),
        ("nobody", "nobody"),
    ] {
        chat.model.composer.set("");
        chat.write(typed);
        chat.press(KeyCode::Tab, NONE);
        assert_eq!(chat.model.composer.text(), completed);
    }
}

#[test]
fn the_countdown_wakes_each_second_and_idleness_is_told() {
    let mut chat = Chat::online(0);
    let now = chat.now;
    chat.tell(SessionEvent::Link(Link::WaitingUntil(now + Duration::from_millis(2_500))));
    let tick = next_deadline(&chat.model, now).unwrap();
    assert!(tick > now && tick <= now + Duration::from_secs(1));
    chat.now += Duration::from_secs(400);
    assert!(chat.send(Msg::Tick).contains(&Effect::Presence(PresenceState::Idle)));
    assert!(chat.write("x").contains(&Effect::Presence(PresenceState::Online)));
}

/// Drawing drops control characters by itself; this is about the model, which is also read aloud, copied and put into
/// titles.
#[test]
fn t01_the_model_holds_only_safe_text_of_others() {
    let hostile = "\u{1b}[2J\u{9b}31m\u{7}\u{202e}evil\u{2066}\u{200b}\u{1b}]52;c;eA==\u{1b}\\";
    let room = RoomKey::lobby();
    let user = || protocol::ids::UserId::new("g-x").unwrap();
    let frames = [
        serde_json::json!({"type": "join", "names": [hostile], "users": ["g-x"], "count": 1, "present": 2,
            "message": hostile, "timestamp": hostile}),
        serde_json::json!({"type": "typing", "user": user(), "sender": hostile, "on": true}),
        serde_json::json!({"type": "presence", "user": user(), "sender": hostile, "state": "online"}),
        serde_json::json!({"type": "renamed", "user": user(), "from": hostile, "to": hostile}),
        serde_json::json!({"type": "edit", "seq": 2, "id": "e", "target": 1, "user": user(), "sender": hostile,
            "text": hostile, "timestamp": hostile}),
        serde_json::json!({"type": "members", "ref": 1, "present": 1,
            "members": [{"user": user(), "name": hostile, "state": "idle"}]}),
    ];
    let mut chat = Chat::online(0);
    chat.hear(1, "bo", hostile);
    chat.hear(3, hostile, hostile);
    for mut frame in frames {
        frame["room"] = serde_json::json!(room);
        let event = match protocol::server::ServerFrame::parse(&frame.to_string()).unwrap() {
            protocol::server::ServerFrame::Join(join) => SessionEvent::Came(join),
            protocol::server::ServerFrame::Typing(typing) => SessionEvent::Typing(typing),
            protocol::server::ServerFrame::Presence(presence) => SessionEvent::Presence(presence),
            protocol::server::ServerFrame::Renamed(renamed) => SessionEvent::Renamed(renamed),
            protocol::server::ServerFrame::Members(members) => SessionEvent::Members(members),
            protocol::server::ServerFrame::Event(event) => {
                SessionEvent::Event(protocol::session::RoomEvent { event, own: None, as_of: 0 })
            }
            other => panic!("{other:?}"),
        };
        chat.tell(event);
    }
    let mut hall = info("hall", 0);
    hall.title = hostile.to_owned();
    hall.topic = Some(hostile.to_owned());
    chat.tell(SessionEvent::RoomJoined { info: hall.clone(), reference: None });
    chat.say("/browse");
    chat.tell(SessionEvent::Rooms(protocol::server::Rooms { reference: 1, rooms: vec![hall] }));
    chat.tell(SessionEvent::Error(Refusal::new(ErrorCode::Other, hostile)));
    let question = Box::new(ClientFrame::Join(RoomQuestion { reference: 1, room: hostile.to_owned() }));
    let refusal = Refusal::new(ErrorCode::NoRoom, hostile);
    chat.tell(SessionEvent::Refused { question, reference: 1, refusal });
    chat.tell(SessionEvent::Named(hostile.to_owned()));
    chat.send(Msg::Term(TermEvent::Paste(hostile.to_owned())));
    let model = format!("{:?}", chat.model);
    assert!(model.contains("evil"));
    for bad in ["\\u{1b}", "\\u{9b}", "\\u{7}", "\\u{202e}", "\\u{2066}", "\\u{200b}", "\u{202e}", "\u{200b}"]
    {
        let at = model.find(bad);
        assert_eq!(at.map(|at| &model[at.saturating_sub(200)..at]), None, "{bad}");
    }
}
