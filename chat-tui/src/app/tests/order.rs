//! Keeping order: who is banned or muted, and where nothing can be said.

use protocol::http::Call;
use protocol::people::Role;
use protocol::rooms::{RoomRole, Rules, Sentence};
use protocol::server::Members;

use super::*;
use crate::api::{Hidden, Request};
use crate::app::testing::{PLANS, member};

fn told(chat: &mut Chat, room: &str, banned: Vec<Sentence>, muted: Vec<Sentence>) -> Vec<Effect> {
    let room = RoomKey::new(room).unwrap();
    let mut ana = member("ana", Role::Member);
    ana.standing = Some(RoomRole::Moderator);
    let members = vec![ana];
    chat.tell(SessionEvent::Members(Members { reference: 1, room, members, present: 1, banned, muted }))
}

fn sentence(name: &str, until: Option<&str>, reason: Option<&str>) -> Sentence {
    let user = protocol::ids::UserId::new(format!("u-{name}")).unwrap();
    Sentence {
        user,
        name: name.to_owned(),
        until: until.map(str::to_owned),
        reason: reason.map(str::to_owned),
    }
}

fn frames(effects: &[Effect]) -> Vec<String> {
    let frame = |effect: &Effect| match effect {
        Effect::Ask(frame) => frame.encode(),
        other => panic!("{other:?}"),
    };
    effects.iter().map(frame).collect()
}

#[test]
fn who_is_banned_or_muted_is_listed_and_let_in_again() {
    let mut chat = Chat::signed_in();
    assert_eq!(chat.say("/bans"), [], "not for everybody");
    chat.model.room_mut().standing = Some(RoomRole::Moderator);
    // What comes unasked shows nothing.
    told(&mut chat, "lobby", vec![sentence("eve", None, None)], Vec::new());
    assert_eq!(chat.model.layers, []);
    assert_eq!(chat.say("/bans"), [Effect::Members(RoomKey::lobby())]);
    // Another room's answer is not the one that was asked for.
    told(&mut chat, PLANS, Vec::new(), Vec::new());
    assert_eq!(chat.model.layers, []);
    let banned = vec![sentence("eve", None, Some("spam\u{1b}"))];
    told(&mut chat, "lobby", banned, vec![sentence("mallory", Some("2026-11-24T10:00:00Z"), None)]);
    let Some(Layer::Sheet(sheet)) = chat.model.layers.last() else { panic!("a list") };
    let lines = format!("{:?}", sheet.lines);
    assert!(lines.contains("1  eve · banned") && lines.contains("spam\u{fffd}"), "{lines}");
    assert!(lines.contains("2  mallory · muted until") && lines.contains("10:00"), "{lines}");
    chat.press(KeyCode::Esc, KeyModifiers::NONE);

    let lifted = frames(&chat.say("/revoke 2"));
    assert_eq!(lifted, [r#"{"type":"unmute","ref":0,"room":"lobby","user":"u-mallory"}"#]);
    chat.write("/unban ev");
    chat.press(KeyCode::Tab, KeyModifiers::NONE);
    assert_eq!(chat.model.composer.text(), "/unban eve ");
    chat.model.composer.set("");
    let lifted = frames(&chat.say("/unban eve"));
    assert_eq!(lifted, [r#"{"type":"unban","ref":0,"room":"lobby","user":"u-eve"}"#]);
    assert_eq!(chat.say("/revoke 3"), []);
}

#[test]
fn a_guest_who_may_only_read_is_told_so_before_trying() {
    let mut chat = Chat::online(0);
    let answer = |chat: &mut Chat, guests: &str| {
        let about = format!(r#"{{"server":"s","guests":"{guests}","registration":"invite","owned":true}}"#);
        let request = Box::new(Request::new(Call::About).quietly());
        chat.send(Msg::Answered { request, answer: Ok(Hidden(about)) });
    };
    answer(&mut chat, "read_only");
    assert!(chat.model.muzzle().is_some_and(|why| why.contains("/login")));
    assert_eq!(chat.say("hello"), []);
    assert_eq!(chat.model.composer.text(), "hello", "the text is kept");
    assert!(chat.model.toast.as_ref().is_some_and(|(toast, _)| toast.contains("only read")));
    chat.model.composer.set("");
    assert_eq!(chat.say("/browse"), [Effect::Rooms], "commands go on");
    answer(&mut chat, "on");
    assert_eq!(chat.model.muzzle(), None);
}

#[test]
fn an_archive_and_a_room_for_announcements_say_why_nothing_can_be_written() {
    let mut chat = Chat::signed_in();
    chat.model.room_mut().rules = Rules { archived: true, ..Rules::default() };
    assert_eq!(chat.say("hello"), []);
    chat.model.composer.set("");
    chat.model.room_mut().rules = Rules { announce: true, ..Rules::default() };
    assert_eq!(chat.say("//hello"), []);
    chat.model.composer.set("");
    chat.model.room_mut().standing = Some(RoomRole::Moderator);
    assert!(!chat.say("hello").is_empty());
    // Offline nobody knows what holds by the time it is sent.
    chat.model.room_mut().standing = None;
    chat.tell(SessionEvent::Link(Link::Connecting));
    assert!(!chat.say("hello").is_empty());
}
