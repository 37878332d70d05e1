//! Rooms of all kinds, people with roles, and what lies over them.

use protocol::http::Call;
use protocol::people::Role;
use protocol::rooms::{RoomKind, RoomRole, Rules};

use super::*;
use crate::api::{Hidden, Request};
use crate::app::testing::{PLANS, member};

/// A private room with a moderator's work in its log, a conversation, an invitation, and people of all kinds.
fn team() -> Chat {
    let mut chat = Chat::signed_in();
    let plans = RoomKey::new(PLANS).unwrap();
    let mut room = info(PLANS, 0);
    room.title = "Plans".to_owned();
    room.kind = RoomKind::Private;
    room.topic = Some("what we do in the summer, and who brings the tent".to_owned());
    room.rules = Rules { announce: false, slow_s: 30, archived: false, seen: false };
    room.standing = Some(RoomRole::Owner);
    chat.tell(SessionEvent::RoomJoined { info: room, reference: Some(1) });
    let mut direct = info("d-01jdepoch00000000000000000", 0);
    (direct.kind, direct.title) = (RoomKind::Direct, "bo, cleo".to_owned());
    chat.tell(SessionEvent::RoomJoined { info: direct, reference: None });
    let mut hall = info("hall", 0);
    hall.rules.archived = true;
    chat.tell(SessionEvent::RoomJoined { info: hall, reference: None });
    chat.own(r#""type":"invited","of":"r-01jdepoch00000000000000007","title":"Book club","user":"g-bo","sender":"bo","on":true,"timestamp":"""#);
    let by = r#""user":"g-ana","sender":"ana","timestamp":"2026-11-23T09:05:00.000Z""#;
    for json in [
        r#""type":"member","seq":1,"id":"a","who":"g-bo","name":"bo","change":"joined","user":"g-bo","sender":"bo","timestamp":"""#,
        r#""type":"message","seq":2,"id":"b","user":"g-bo","sender":"bo","message":"Who has the map?","timestamp":"2026-11-23T09:02:00.000Z""#,
        r#""type":"message","seq":3,"id":"c","user":"g-cleo","sender":"cleo","message":"never mind","timestamp":"2026-11-23T09:03:00.000Z""#,
        r#""type":"delete","seq":4,"id":"d","target":3,BY"#,
        r#""type":"member","seq":5,"id":"e","who":"g-cleo","name":"cleo","change":"muted","until":"2026-11-24T10:00:00Z","reason":"a day off, as we said",BY"#,
        r#""type":"changed","seq":6,"id":"f","slow_s":30,BY"#,
        r#""type":"message","seq":7,"id":"g","user":"g-ana","sender":"ana","message":"I have it.","timestamp":"2026-11-23T09:06:00.000Z""#,
    ] {
        chat.happen(&format!(r#"{{"room":"{PLANS}",{}}}"#, json.replace("BY", by)));
    }
    let mut bo = member("bo", Role::Admin);
    bo.standing = Some(RoomRole::Moderator);
    bo.profile.status = Some("in the train until noon".to_owned());
    let mut cleo = member("cleo", Role::Member);
    (cleo.standing, cleo.state) = (Some(RoomRole::Member), PresenceState::Idle);
    let mut dora = member("dora-with-a-long-name", Role::Member);
    (dora.standing, dora.profile.away) = (Some(RoomRole::Member), true);
    let mut emil = member("emil", Role::Member);
    (emil.standing, emil.state) = (Some(RoomRole::Member), PresenceState::Offline);
    let mut ana = member("ana", Role::Owner);
    ana.standing = Some(RoomRole::Owner);
    let members = vec![ana, bo, cleo, dora, emil, member("gast", Role::Guest)];
    chat.tell(SessionEvent::Members(Members {
        reference: 1,
        room: plans,
        members,
        present: 5,
        banned: Vec::new(),
        muted: Vec::new(),
    }));
    chat
}

fn answer(chat: &mut Chat, call: Call, body: &str) {
    let request = Box::new(Request::new(call));
    chat.send(Msg::Answered { request, answer: Ok(Hidden(body.to_owned())) });
}

#[test]
fn a_team_at_work() {
    let mut chat = team();
    insta::assert_snapshot!("team_80x24", draw(&mut chat, 80, 24));
    insta::assert_snapshot!("team_wide", draw(&mut chat, 130, 30));
    draw(&mut chat, 80, 24);
    chat.press(KeyCode::F(3), KeyModifiers::NONE);
    insta::assert_snapshot!("team_people_80x24", draw(&mut chat, 80, 24));
}

#[test]
fn lists_lie_over_the_room() {
    let mut chat = team();
    chat.say("/who");
    insta::assert_snapshot!("who", draw(&mut chat, 80, 24));
    chat.press(KeyCode::Esc, KeyModifiers::NONE);
    let device = |id: &str, name: &str, current: &str| {
        format!(
            r#"{{"session":"{id}","device":"{name}","address":"192.0.2.7","created":"2026-11-20T10:00:00Z","used":"2026-11-23T08:30:00Z"{current}}}"#
        )
    };
    let here = device("s1", "chat-tui on laptop", r#","current":true"#);
    let there = device("s2", "Firefox on Linux", "");
    answer(&mut chat, Call::Sessions, &format!(r#"{{"sessions":[{here},{there}]}}"#));
    insta::assert_snapshot!("sessions", draw(&mut chat, 80, 24));
    let link = "https://chat.example.org/#invite=chat_i_0123456789012345678901234567890123456789012";
    let made = format!(r#"{{"id":"i","link":"{link}","secret":"x","expires":"2026-11-30T10:00:00Z"}}"#);
    answer(&mut chat, Call::Invite, &made);
    insta::assert_snapshot!("invite_made", draw(&mut chat, 80, 24));
}

#[test]
fn fields_are_filled_in() {
    let mut chat = Chat::online(0);
    chat.say("/register");
    chat.write("correct horse");
    insta::assert_snapshot!("register", draw(&mut chat, 80, 24));
    chat.press(KeyCode::Enter, KeyModifiers::NONE);
    chat.write("correct");
    chat.press(KeyCode::Enter, KeyModifiers::NONE);
    chat.press(KeyCode::Enter, KeyModifiers::NONE);
    let frame = draw(&mut chat, 80, 24);
    assert!(frame.contains("not the same") && !frame.contains("correct"), "{frame}");
    draw(&mut chat, 12, 4);
}

#[test]
fn a_message_is_chosen() {
    let mut chat = team();
    chat.say("/delete");
    chat.press(KeyCode::Up, KeyModifiers::NONE);
    insta::assert_snapshot!("pick", draw(&mut chat, 80, 24));
    let backend = {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| view(&chat.model, Theme::new(Depth::Palette), frame)).unwrap();
        terminal.backend().buffer().clone()
    };
    let reversed = |row: u16| {
        (0..80).any(|column| {
            let cell = &backend[(column, row)];
            cell.modifier.contains(ratatui::style::Modifier::REVERSED)
        })
    };
    let rows: Vec<u16> = (0..23).filter(|&row| reversed(row)).collect();
    let [row] = rows[..] else { panic!("one row is chosen: {rows:?}") };
    let text: String = (0..80).map(|column| backend[(column, row)].symbol().to_owned()).collect();
    assert!(text.contains("Who has the map?"), "{text}");
}

#[test]
fn a_chosen_message_comes_into_sight() {
    let mut chat = Chat::signed_in();
    chat.model.room_mut().standing = Some(RoomRole::Moderator);
    for seq in 1..=60 {
        chat.hear(seq, "bo", &format!("<{seq}>"));
    }
    draw(&mut chat, 60, 14);
    chat.say("/delete");
    for _ in 0..40 {
        chat.press(KeyCode::Up, KeyModifiers::NONE);
        let crate::app::Layer::Pick(pick) = chat.model.layers[0].clone() else { panic!("choosing") };
        let frame = draw(&mut chat, 60, 14);
        assert!(frame.contains(&format!("<{}>", pick.seq)), "{}\n{frame}", pick.seq);
    }
}

#[test]
fn a_command_is_explained_while_it_is_typed() {
    let mut chat = Chat::signed_in();
    let status = |chat: &mut Chat| draw(chat, 80, 24).lines().last().unwrap().to_owned();
    assert!(status(&mut chat).contains("F1 help"));
    chat.write("/");
    let all = status(&mut chat);
    assert!(all.contains("/browse  /join") && all.contains('…'), "{all}");
    chat.write("un");
    assert!(status(&mut chat).contains("/unban  /unmute  /unread  /unblock"));
    chat.write("b");
    chat.write("an b");
    let told = status(&mut chat);
    assert!(told.contains("/unban NAME · end a ban") && told.contains("connected"), "{told}");
    chat.model.composer.set("//un");
    assert!(status(&mut chat).contains("F1 help"));
    // In a narrow window it is cut, and never gone.
    chat.model.composer.set("/ban bo");
    assert!(draw(&mut chat, 30, 12).lines().last().unwrap().contains("/ban NAME [TIME]"));
}
