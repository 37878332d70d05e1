//! Rooms, people and accounts: commands, what is one's own, and what is told of all that.

use protocol::error::close;
use protocol::event::Event;
use protocol::http::{Call, Users};
use protocol::ids::UserId;
use protocol::people::Role;
use protocol::rooms::{MemberChange, RoomKind, RoomRole};
use protocol::session::{RoomEvent, Stopped};

use protocol::session::{Change, Target};

use super::*;
use crate::api::{Body, Failure, Hidden, Request};
use crate::app::form::Kind;
use crate::app::sheet::Listed;
use crate::app::testing::{PLANS, member};
use crate::app::timeline::Entry;

/// The frame that a command asks, as JSON.
fn asked(chat: &mut Chat, line: &str) -> String {
    match chat.say(line).as_slice() {
        [Effect::Ask(frame)] => frame.encode(),
        other => panic!("{line}: {other:?}\n{}", complaints(chat).join("\n")),
    }
}

fn json(body: &Body) -> &str {
    let Body::Json(json) = body else { panic!("{body:?} is no JSON") };
    &json.0
}

/// The request that a command makes over HTTP.
fn called(chat: &mut Chat, line: &str) -> (String, String) {
    match chat.say(line).as_slice() {
        [Effect::Call(request)] => {
            let body = request.body.as_ref().map_or("", |body| json(body));
            (format!("{} {}", request.method(), request.path()), body.to_owned())
        }
        other => panic!("{line}: {other:?}\n{}", complaints(chat).join("\n")),
    }
}

fn answer(chat: &mut Chat, call: Call, body: &str) -> Vec<Effect> {
    let request = Box::new(Request::new(call));
    chat.send(Msg::Answered { request, answer: Ok(Hidden(body.to_owned())) })
}

fn lines(chat: &Chat) -> String {
    match chat.model.layers.last() {
        Some(Layer::Sheet(sheet)) => format!("{:?}", sheet.lines),
        other => panic!("{other:?}"),
    }
}

#[test]
fn commands_about_rooms_and_people_ask_the_server() {
    let mut chat = Chat::signed_in();
    for (line, frame) in [
        ("/create private Big plans", r#"{"type":"create","ref":0,"room":"Big plans","kind":"private"}"#),
        ("/dm bo", r#"{"type":"direct","ref":0,"users":["g-bo"]}"#),
        ("/topic the news", r#"{"type":"change","ref":0,"room":"lobby","topic":"the news"}"#),
        ("/topic", r#"{"type":"change","ref":0,"room":"lobby","topic":""}"#),
        ("/title Hall", r#"{"type":"change","ref":0,"room":"lobby","title":"Hall"}"#),
        ("/announce on", r#"{"type":"change","ref":0,"room":"lobby","announce":true}"#),
        ("/slow 10m", r#"{"type":"change","ref":0,"room":"lobby","slow_s":600}"#),
        ("/slow off", r#"{"type":"change","ref":0,"room":"lobby","slow_s":0}"#),
        ("/archive", r#"{"type":"change","ref":0,"room":"lobby","archived":true}"#),
        ("/archive undo", r#"{"type":"change","ref":0,"room":"lobby","archived":false}"#),
        ("/invite @bo", r#"{"type":"invite","ref":0,"room":"lobby","user":"g-bo"}"#),
        ("/kick bo too loud", r#"{"type":"kick","ref":0,"room":"lobby","user":"g-bo","reason":"too loud"}"#),
        (
            "/ban bo 2h spam",
            r#"{"type":"ban","ref":0,"room":"lobby","user":"g-bo","for_s":7200,"reason":"spam"}"#,
        ),
        (
            "/ban bo 2 many",
            r#"{"type":"ban","ref":0,"room":"lobby","user":"g-bo","for_s":2,"reason":"many"}"#,
        ),
        ("/ban BO", r#"{"type":"ban","ref":0,"room":"lobby","user":"g-bo"}"#),
        ("/unban bo", r#"{"type":"unban","ref":0,"room":"lobby","user":"g-bo"}"#),
        ("/mute bo 1d", r#"{"type":"mute","ref":0,"room":"lobby","user":"g-bo","for_s":86400}"#),
        ("/unmute bo", r#"{"type":"unmute","ref":0,"room":"lobby","user":"g-bo"}"#),
        ("/role bo moderator", r#"{"type":"role","ref":0,"room":"lobby","user":"g-bo","role":"moderator"}"#),
        ("/notify none", r#"{"type":"notify","ref":0,"room":"lobby","level":"none"}"#),
        ("/block bo", r#"{"type":"block","ref":0,"user":"g-bo","on":true}"#),
        ("/unblock bo", r#"{"type":"block","ref":0,"user":"g-bo","on":false}"#),
        ("/reports", r#"{"type":"reports","ref":0,"limit":50}"#),
        ("/audit 7", r#"{"type":"audit","ref":0,"before":7,"limit":50}"#),
        ("/resolve 3", r#"{"type":"resolve","ref":0,"report":3}"#),
    ] {
        assert_eq!(asked(&mut chat, line), frame);
    }
    for (line, reason) in [
        ("/create private", "write it as /create"),
        ("/slow soon", "write it as /slow"),
        ("/slow 2d", "the longest pause is 6 h"),
        ("/role bo king", "write it as /role NAME ROLE"),
        ("/kick", "write it as /kick NAME"),
        ("/block ana", "hide from yourself"),
        ("/decline Plans", "no such invitation"),
        ("/report", "say what is wrong"),
        ("/resolve x", "write it as /resolve N"),
    ] {
        assert_eq!(chat.say(line), [], "{line}");
        assert!(complaints(&chat).last().unwrap().contains(reason), "{line}: {:?}", complaints(&chat));
    }
}

#[test]
fn commands_about_accounts_go_over_http() {
    let mut chat = Chat::signed_in();
    for (line, request, body) in [
        ("/status at lunch", "PATCH /api/me", r#"{"status":"at lunch"}"#),
        ("/status", "PATCH /api/me", r#"{"status":""}"#),
        ("/away", "PATCH /api/me", r#"{"away":true}"#),
        ("/away off", "PATCH /api/me", r#"{"away":false}"#),
        ("/colour 210", "PATCH /api/me", r#"{"colour":210}"#),
        ("/colour off", "PATCH /api/me", r#"{"colour":-1}"#),
        ("/sessions", "GET /api/me/sessions", ""),
        ("/tokens", "GET /api/me/tokens", ""),
        (
            "/tokens new build both 30",
            "POST /api/me/tokens",
            r#"{"name":"build","scopes":["read","write"],"days":30}"#,
        ),
        ("/invites", "GET /api/invites", ""),
        ("/invites new 5 48 moderator", "POST /api/invites", r#"{"role":"moderator","uses":5,"hours":48}"#),
        ("/accounts", "GET /api/users", ""),
        ("/account bo admin", "POST /api/users/g-bo/role", r#"{"role":"admin"}"#),
        ("/account bo reset", "POST /api/users/g-bo/reset", ""),
        ("/account bo deactivate", "POST /api/users/g-bo/deactivate", ""),
        ("/account bo signout", "DELETE /api/users/g-bo/sessions", ""),
        ("/account newbie new member", "POST /api/users", r#"{"name":"newbie","role":"member"}"#),
        ("/account robot bot", "POST /api/users", r#"{"name":"robot","bot":true}"#),
    ] {
        assert_eq!(called(&mut chat, line), (request.to_owned(), body.to_owned()), "{line}");
    }
    let mut guest = Chat::online(0);
    assert_eq!(guest.say("/sessions"), []);
    assert!(complaints(&guest).join("").contains("must be signed in"));
}

#[test]
fn whoever_is_not_known_is_asked_for_once() {
    let mut chat = Chat::signed_in();
    let [Effect::Call(request)] = &chat.say("/dm dora")[..] else { panic!("a request") };
    assert_eq!(request.call, Call::Users);
    let users: Users =
        serde_json::from_str(r#"{"users":[{"user":"u-7","name":"Dora","role":"member"}]}"#).unwrap();
    let body = serde_json::to_string(&users).unwrap();
    let effects = answer(&mut chat, Call::Users, &body);
    assert!(matches!(&effects[..], [Effect::Ask(frame)] if frame.encode().contains("u-7")), "{effects:?}");
    assert!(matches!(&chat.say("/dm nobody")[..], [Effect::Call(_)]));
    assert_eq!(answer(&mut chat, Call::Users, &body), []);
    assert!(complaints(&chat).join("").contains("nobody called nobody is known here"));
}

#[test]
fn numbers_of_a_list_are_revoked() {
    let mut chat = Chat::signed_in();
    chat.say("/revoke 1");
    assert!(complaints(&chat).join("").contains("first /sessions"));
    let session = |id: &str| {
        format!(
            r#"{{"session":"{id}","device":"web\u001b","address":"::1","created":"2026-11-23T10:00:00Z","used":"2026-11-23T10:00:00Z"}}"#
        )
    };
    answer(&mut chat, Call::Sessions, &format!(r#"{{"sessions":[{},{}]}}"#, session("s1"), session("s2")));
    assert!(lines(&chat).contains("2  web\u{fffd}"), "{}", lines(&chat));
    chat.press(KeyCode::Esc, NONE);
    assert_eq!(called(&mut chat, "/revoke 2").0, "DELETE /api/me/sessions/s2");
    assert!(matches!(chat.model.listed, Listed::Sessions(_)));
    assert_eq!(chat.say("/revoke 3"), []);
}

#[test]
fn secrets_are_shown_once_and_copied() {
    let mut chat = Chat::signed_in();
    let made = r#"{"id":"i1","link":"http://localhost:3000/#invite=chat_i_x","secret":"chat_i_x","expires":"2026-11-30T10:00:00Z"}"#;
    let effects = answer(&mut chat, Call::Invite, made);
    assert_eq!(effects, [Effect::Copy("http://localhost:3000/#invite=chat_i_x".to_owned())]);
    assert!(lines(&chat).contains("#invite=chat_i_x"));
    chat.press(KeyCode::Esc, NONE);
    assert!(!format!("{:?}", chat.model).contains("chat_i_x"));
}

#[test]
fn whom_one_blocks_is_not_seen_nor_counted() {
    let mut chat = Chat::signed_in();
    chat.send(Msg::Term(TermEvent::FocusLost));
    let bo = message_at(1, "bo", "noise");
    let Event::Message(message) = &bo else { panic!("a message") };
    let user = message.user.clone();
    chat.tell(SessionEvent::Event(RoomEvent { event: bo, own: None, as_of: 0 }));
    assert_eq!(chat.model.unread(), 1);
    chat.own(&format!(r#""type":"block","who":"{user}","on":true"#));
    assert_eq!(chat.model.unread(), 0);
    chat.own(&format!(
        r#""type":"invited","of":"{PLANS}","title":"x","user":"{user}","sender":"bo","on":true,"timestamp":"""#
    ));
    assert!(chat.model.own.invitations.is_empty());
    chat.own(&format!(r#""type":"block","who":"{user}","on":false"#));
    assert_eq!(chat.model.unread(), 1);
}

#[test]
fn what_other_devices_did_is_done_here() {
    let mut chat = Chat::signed_in();
    let plans = RoomKey::new(PLANS).unwrap();
    chat.tell(SessionEvent::Synced { room: plans.clone(), head: 9 });
    chat.own(&format!(r#""type":"read","of":"{PLANS}","upto":7"#));
    assert_eq!(chat.model.rooms[&plans].unread(), 2);
    chat.own(&format!(r#""type":"notify","of":"{PLANS}","level":"none""#));
    assert_eq!(chat.model.unread(), 0, "muted");
    chat.own(&format!(r#""type":"draft","of":"{PLANS}","text":"from the phone""#));
    assert_eq!(chat.model.rooms[&plans].draft, "from the phone");
    chat.own(r#""type":"draft","of":"lobby","text":"here too""#);
    assert_eq!(chat.model.composer.text(), "here too");
    let follow = chat.own(r#""type":"joined","of":"ops","title":"ops","kind":"public","on":true"#);
    assert_eq!(follow, [Effect::Follow(RoomKey::new("ops").unwrap())]);
    assert_eq!(chat.own(r#""type":"joined","of":"lobby","title":"Lobby","kind":"public","on":true"#), []);
}

#[test]
fn an_invitation_is_taken_or_declined_by_its_title() {
    let mut chat = Chat::signed_in();
    let invite = r#""type":"invited","of":"r-01jdepoch00000000000000001","title":"Secret Plans","user":"g-bo","sender":"bo","on":true,"timestamp":"""#;
    chat.own(invite);
    let told = format!("{:?}", chat.model.room().timeline.early_notices().collect::<Vec<_>>());
    assert!(told.contains("bo invites you to ◆Secret Plans"), "{told}");
    assert!(asked(&mut chat, "/decline secret plans").contains("r-01jdepoch00000000000000001"));
    assert_eq!(chat.say("/join Secret Plans")[0], Effect::Join("r-01jdepoch00000000000000001".to_owned()));
    chat.own(&invite.replace(r#""on":true"#, r#""on":false"#));
    assert!(chat.model.own.invitations.is_empty());
}

#[test]
fn whoever_is_put_out_is_told_why_whatever_comes_first() {
    for own_first in [true, false] {
        let mut chat = Chat::signed_in();
        let plans = RoomKey::new(PLANS).unwrap();
        let joined = format!(
            r#""type":"joined","of":"{PLANS}","title":"Plans","kind":"private","on":false,"why":"banned","reason":"spam\u001b","until":"2026-11-24T10:00:00Z""#
        );
        if own_first {
            chat.own(&joined);
        }
        let reset = RoomReset { room: plans.clone(), held: Some(1), first: 0, head: 0, why: ResetWhy::Gone };
        chat.tell(SessionEvent::Reset(reset));
        chat.tell(SessionEvent::RoomLeft(plans.clone()));
        if !own_first {
            chat.own(&joined);
        }
        assert!(!chat.model.rooms.contains_key(&plans));
        let told =
            |chat: &Chat| -> Vec<Notice> { chat.model.room().timeline.early_notices().cloned().collect() };
        let why = "you were banned from ◆Plans until 24 Nov 10:00: spam\u{fffd}".to_owned();
        assert_eq!(told(&chat), [Notice::Trouble(why)]);
        chat.own(&joined);
        assert_eq!(told(&chat).len(), 1, "read anew it is no news");
    }
}

#[test]
fn a_message_is_chosen_and_deleted() {
    let mut chat = Chat::signed_in();
    let own = |seq: u64, text: &str| {
        let Event::Message(mut message) = message_at(seq, "ana", text) else { panic!("a message") };
        message.user = UserId::new("g-ana").unwrap();
        RoomEvent { event: Event::Message(message), own: None, as_of: 0 }
    };
    chat.tell(SessionEvent::Event(own(1, "first")));
    chat.hear(2, "bo", "not mine");
    chat.tell(SessionEvent::Event(own(3, "second")));
    let delete = |target| {
        let change = Change::Delete { target: Target::Stored(target) };
        vec![Effect::Change { room: RoomKey::lobby(), change, text: String::new() }]
    };
    chat.say("/delete");
    assert_eq!(chat.press(KeyCode::Enter, NONE), delete(3));
    chat.say("/delete");
    chat.press(KeyCode::Up, NONE);
    assert_eq!(chat.press(KeyCode::Enter, NONE), delete(1), "a member deletes only what they said");
    chat.say("/report spam");
    let [Effect::Ask(frame)] = &chat.press(KeyCode::Enter, NONE)[..] else { panic!("a report") };
    assert!(frame.encode().contains(r#""target":2,"reason":"spam""#));
    chat.happen(r#"{"type":"delete","room":"lobby","seq":4,"id":"d","target":2,"user":"g-x","sender":"cleo","timestamp":""}"#);
    assert!(
        matches!(chat.model.room().timeline.get(2), Some(Entry::Deleted(gone)) if gone.by.as_deref() == Some("cleo"))
    );
    chat.say("/report spam");
    assert!(complaints(&chat).join("").contains("no message here to report"));
    chat.model.room_mut().standing = Some(RoomRole::Moderator);
    chat.hear(5, "dora", "rude");
    // Put into another room while choosing: the same number is another message there.
    chat.say("/delete");
    chat.tell(SessionEvent::RoomJoined { info: info("ops", 0), reference: Some(9) });
    assert!(chat.model.layers.is_empty());
    chat.press(KeyCode::Up, KeyModifiers::ALT);
    assert_eq!(chat.model.current, RoomKey::lobby());
    chat.say("/delete");
    assert_eq!(chat.press(KeyCode::Enter, NONE), delete(5));
}

#[test]
fn what_happens_to_a_room_changes_it() {
    let mut chat = Chat::signed_in();
    let effects = chat.happen(
        r#"{"type":"member","room":"lobby","seq":1,"id":"a","user":"g-x","sender":"cleo","who":"g-ana","name":"ana","change":"role","role":"moderator","timestamp":""}"#,
    );
    assert!(effects.contains(&Effect::Members(RoomKey::lobby())), "who is what is asked anew");
    assert_eq!(chat.model.room().standing, Some(RoomRole::Moderator));
    chat.happen(
        r#"{"type":"changed","room":"lobby","seq":2,"id":"b","user":"g-x","sender":"cleo","title":"Hall","topic":"t","slow_s":30,"timestamp":""}"#,
    );
    let room = chat.model.room();
    assert_eq!((room.label().as_str(), room.topic.as_deref(), room.rules.slow_s), ("#Hall", Some("t"), 30));
    assert_eq!(MemberChange::Role.as_str(), "role");
    let mut direct = info("d-01jdepoch00000000000000000", 0);
    direct.kind = RoomKind::Direct;
    direct.title = "bo".to_owned();
    chat.tell(SessionEvent::RoomJoined { info: direct, reference: Some(3) });
    assert_eq!(chat.model.room().label(), "@bo");
    let order: Vec<String> = chat.model.rooms_in_order().iter().map(|room| room.label()).collect();
    assert_eq!(order, ["#Hall", "◆Plans", "@bo"]);
    chat.press(KeyCode::Up, KeyModifiers::ALT);
    assert_eq!(chat.model.room().label(), "◆Plans");
}

#[test]
fn whoever_must_sign_in_is_asked_to() {
    let mut chat = Chat::offline();
    chat.tell(SessionEvent::Error(Refusal::new(ErrorCode::SignIn, "guests are not let in here: sign in")));
    let stopped = Stopped { code: close::SIGN_IN, reason: "the server asks to sign in" };
    chat.tell(SessionEvent::Link(Link::Stopped(stopped)));
    let Some(Layer::Form(form)) = chat.model.layers.last() else { panic!("a form") };
    assert_eq!((form.kind, form.at), (Kind::Login, 1), "the name is known");
    assert!(form.error.as_deref().unwrap().contains("guests are not let in"));
    chat.write("correct horse");
    let effects = chat.press(KeyCode::Enter, NONE);
    let password = Hidden("correct horse".to_owned());
    assert_eq!(effects, [Effect::Login { name: "ana".to_owned(), password }]);
    assert!(!format!("{:?}{effects:?}", chat.model).contains("correct horse"));
    assert_eq!(chat.press(KeyCode::Enter, NONE), [], "it is under way");
    let failure =
        Failure { code: Some(ErrorCode::BadLogin), reason: "the name or the password is wrong".to_owned() };
    let request = Box::new(Request::new(Call::Login));
    chat.send(Msg::Answered { request, answer: Err(failure) });
    let Some(Layer::Form(form)) = chat.model.layers.last() else { panic!("a form") };
    assert_eq!((form.busy, form.error.as_deref()), (false, Some("the name or the password is wrong")));
    answer(&mut chat, Call::Login, r#"{"me":{"user":"u-1","name":"ana","role":"owner"}}"#);
    assert!(chat.model.layers.is_empty());
}

#[test]
fn a_guest_registers_with_an_invite_and_a_good_password() {
    let mut chat = Chat::online(0);
    chat.say("/register chat_i_abc");
    let fill = |chat: &mut Chat, first: &str, second: &str| {
        for text in [first, second] {
            chat.press(KeyCode::Char('u'), KeyModifiers::CONTROL);
            chat.write(text);
            chat.press(KeyCode::Tab, NONE);
        }
        let effects = chat.press(KeyCode::Enter, NONE);
        for _ in 0..2 {
            chat.press(KeyCode::Up, NONE);
        }
        effects
    };
    let error = |chat: &Chat| match chat.model.layers.last() {
        Some(Layer::Form(form)) => form.error.clone().unwrap_or_default(),
        other => panic!("{other:?}"),
    };
    assert_eq!(fill(&mut chat, "short", "short"), []);
    assert!(error(&chat).contains("at least 10"), "{}", error(&chat));
    assert_eq!(fill(&mut chat, "correct horse", "correct house"), []);
    assert!(error(&chat).contains("not the same"));
    let effects = fill(&mut chat, "correct horse", "correct horse");
    let (password, invite) = (Hidden("correct horse".to_owned()), Some(Hidden("chat_i_abc".to_owned())));
    assert_eq!(effects, [Effect::Register { name: "ana".to_owned(), password, invite }]);
    chat.press(KeyCode::Esc, NONE);
    assert!(chat.model.layers.is_empty());
}

#[test]
fn tab_completes_what_may_follow_a_command() {
    let mut chat = Chat::signed_in();
    answer(&mut chat, Call::Users, r#"{"users":[{"user":"u-7","name":"dora","role":"member"}]}"#);
    chat.press(KeyCode::Esc, NONE);
    for (typed, completed) in [
        ("/role b", "/role bo "),
        ("/role bo mod", "/role bo moderator "),
        ("/dm bo do", "/dm bo dora "),
        ("/join pl", "/join Plans "),
        ("/join ◆pl", "/join ◆Plans "),
        ("/create pr", "/create private "),
        ("/notify n", "/notify none "),
        ("/ann", "/announce "),
        ("/topic bo", "/topic bo"),
    ] {
        chat.model.composer.set("");
        chat.write(typed);
        chat.press(KeyCode::Tab, NONE);
        assert_eq!(chat.model.composer.text(), completed, "{typed}");
    }
}

#[test]
fn who_has_which_role_is_listed() {
    let mut chat = Chat::signed_in();
    let mut bo = member("bo", Role::Admin);
    bo.standing = Some(RoomRole::Owner);
    bo.profile.status = Some("at lunch\u{1b}".to_owned());
    let members = vec![bo, member("cleo", Role::Guest)];
    let room = RoomKey::lobby();
    chat.tell(SessionEvent::Members(protocol::server::Members {
        reference: 1,
        room,
        members,
        present: 2,
        banned: Vec::new(),
        muted: Vec::new(),
    }));
    chat.say("/who");
    let told = lines(&chat);
    assert!(told.contains("bo · online · an owner · admin of the server"), "{told}");
    assert!(told.contains("at lunch\u{fffd}") && told.contains("cleo · online · guest"), "{told}");
}
