use super::*;

#[test]
fn events_come_once_and_in_order() {
    let mut client = Client::connected(4);
    client.told();
    for seq in [5, 5, 4, 1, 6, 5, 6, 7] {
        client.hear_event("lobby", seq);
    }
    assert_eq!(client.told(), ["5", "6", "7"]);
}

#[test]
fn a_hole_is_told_fetched_and_healed_before_anything_behind_it_is_shown() {
    let mut client = Client::connected(4);
    client.told();
    client.sent.clear();
    client.hear_event("lobby", 8);
    client.hear_event("lobby", 9);
    assert_eq!(client.told(), ["gap 5-7"]);
    client.answer_history(9);
    assert_eq!(client.told(), ["5", "6", "7", "8", "9", "healed 5-7"]);
    client.hear_event("lobby", 10);
    assert_eq!((client.told(), client.sent.len()), (vec!["10".to_owned()], 0));
}

#[test]
fn a_hole_longer_than_a_page_is_fetched_page_by_page() {
    let mut client = Client::connected(0);
    client.told();
    client.sent.clear();
    client.hear_event("lobby", 451);
    for _ in 0..3 {
        client.answer_history(451);
    }
    let told = client.told();
    assert_eq!(told.len(), 453);
    assert_eq!(
        (told[0].as_str(), told[451].as_str(), told[452].as_str()),
        ("gap 1-450", "451", "healed 1-450")
    );
}

#[test]
fn late_events_heal_a_hole_as_well() {
    let mut client = Client::connected(0);
    client.told();
    for seq in [3, 1, 2, 4] {
        client.hear_event("lobby", seq);
    }
    assert_eq!(client.told(), ["gap 1-2", "1", "2", "3", "healed 1-2", "4"]);
}

#[test]
fn the_memory_behind_a_hole_is_bounded() {
    let mut client = Client::connected(0);
    client.told();
    client.sent.clear();
    let text = "x".repeat(50_000);
    for seq in 2..=60 {
        client.hear(&message("lobby", seq, "u-2", "m").replace("text of m", &text));
        assert!(client.session.rooms.values().map(Room::held_bytes).sum::<usize>() <= HELD_BYTES);
    }
    assert!(client.session.rooms[&key("lobby")].held_bytes() > HELD_BYTES / 2);
    assert_eq!(client.told(), ["gap 1-1"]);
    while !client.sent.is_empty() {
        client.answer_history(60);
    }
    let seqs: Vec<String> = (1..=60).map(|seq| seq.to_string()).collect();
    let told = client.told();
    assert_eq!(told[..60], seqs);
    assert_eq!(told[60], "healed 1-1");
}

#[test]
fn heartbeats_expose_a_lost_tail() {
    let mut client = Client::connected(4);
    client.told();
    client.sent.clear();
    client.hear(r#"{"type":"ping","heads":{"lobby":4,"elsewhere":9}}"#);
    assert_eq!((client.told(), client.sent.len()), (vec![], 1), "only the pong");
    client.sent.clear();
    client.hear(r#"{"type":"ping","heads":{"lobby":6}}"#);
    client.sent.remove(0);
    assert_eq!(client.told(), ["gap 5-6"]);
    client.answer_history(6);
    assert_eq!(client.told(), ["5", "6", "healed 5-6"]);
}

#[test]
fn synced_exposes_a_lost_tail_too() {
    let mut client = Client::connected(4);
    client.cut();
    client.connect(&[("lobby", 7)]);
    client.told();
    client.sent.clear();
    client.hear_event("lobby", 5);
    client.hear(r#"{"type":"synced","room":"lobby","head":7}"#);
    assert_eq!(client.told(), ["5", "gap 6-7"]);
    client.answer_history(7);
    assert_eq!(client.told(), ["6", "7", "healed 6-7", "synced 7"]);
}

#[test]
fn a_hole_that_is_open_when_the_link_breaks_is_healed_by_resuming() {
    let mut client = Client::connected(4);
    client.hear_event("lobby", 7);
    client.cut();
    let hello = client.connect(&[("lobby", 7)]);
    assert_eq!(hello.resume.unwrap().rooms[&key("lobby")], 4, "only what was told counts");
    client.told();
    client.sent.clear();
    for seq in 5..=7 {
        client.hear_event("lobby", seq);
    }
    client.hear(r#"{"type":"synced","room":"lobby","head":7}"#);
    assert_eq!(client.told(), ["5", "6", "7", "healed 5-6", "synced 7"]);
    assert_eq!(client.sent, [], "no question needed");
}

#[test]
fn what_cannot_be_had_is_told_as_lost() {
    let mut client = Client::connected(4);
    client.told();
    client.sent.clear();
    client.hear_event("lobby", 9);
    let ClientFrame::History(asked) = client.question() else { panic!() };
    client.hear(&page(asked.reference, "lobby", 7, 9, 9));
    assert_eq!(client.told(), ["gap 5-8", "lost 5-6", "7", "8", "9", "healed 5-8"]);
}

#[test]
fn p18_a_server_that_never_answers_a_hole_is_not_asked_for_ever() {
    let mut client = Client::connected(4);
    client.told();
    client.hear_event("lobby", 9);
    for _ in 0..20 {
        let Some(asked) = client.sent.pop() else { break };
        let ClientFrame::History(asked) = asked else { continue };
        client.hear(&page(asked.reference, "lobby", 5, 4, 9));
        client.wait();
    }
    assert_eq!(client.told(), ["gap 5-8", "lost 5-8", "9", "healed 5-8"]);
}

#[test]
fn p18_pages_out_of_all_bounds_do_not_move_the_cursor_beyond_the_log() {
    for (first, last) in [(1_u64 << 52, 1_u64 << 53), (1, 1 << 52), (0, 0)] {
        let mut client = Client::connected(4);
        client.hear_event("lobby", 9);
        let Some(ClientFrame::History(asked)) = client.sent.pop() else { panic!() };
        let text = page(asked.reference, "lobby", 1, 0, 9);
        let text = text.replace(r#""first":1"#, &format!(r#""first":{first}"#));
        client.hear(&text.replace(r#""last":0"#, &format!(r#""last":{last}"#)));
        assert!(client.session.rooms().all(|(_, cursor)| cursor <= Some(9)));
    }
}

#[test]
fn a_refused_history_question_is_asked_again_when_told() {
    let mut client = Client::connected(4);
    client.told();
    client.sent.clear();
    client.hear_event("lobby", 6);
    let ClientFrame::History(asked) = client.question() else { panic!() };
    client.hear(&format!(
        r#"{{"type":"error","ref":{},"code":"rate_limited","reason":"slow","retry":true,"retry_ms":2500}}"#,
        asked.reference
    ));
    let before = client.now;
    client.wait();
    assert_eq!(client.now, before + Duration::from_millis(2500));
    client.answer_history(6);
    assert_eq!(client.told(), ["gap 5-5", "5", "6", "healed 5-5"]);
}

#[test]
fn a_cursor_too_old_or_ahead_is_reset_and_streaming_goes_on_after_the_head() {
    for why in ["too_old", "ahead"] {
        let mut client = Client::connected(50);
        client.cut();
        client.connect(&[("lobby", 90)]);
        client.told();
        client.hear(&format!(
            r#"{{"type":"reset","room":"lobby","epoch":"e1","first":60,"head":90,"why":"{why}"}}"#
        ));
        client.hear_event("lobby", 91);
        let reset = if why == "too_old" { "TooOld" } else { "Ahead" };
        assert_eq!(client.told(), [format!("reset {reset} Some(50) to 90"), "91".into()]);
    }
}

#[test]
fn a_room_that_is_gone_is_left() {
    let mut client = Client::connected(5);
    let reference = client.session.join("ops").unwrap();
    client.drain();
    client.hear(&format!(r#"{{"type":"ok","ref":{reference},"room":{}}}"#, info("ops", 2)));
    client.cut();
    let hello = client.connect(&[("lobby", 5), ("ops", 2)]);
    assert_eq!(hello.resume.unwrap().rooms.len(), 2, "a joined room is resumed");
    client.told();
    client.hear(r#"{"type":"reset","room":"ops","epoch":"e1","first":0,"head":0,"why":"gone"}"#);
    assert_eq!(client.told(), ["reset Gone Some(2) to 0", "left ops"]);
    client.hear(r#"{"type":"reset","room":"ops","epoch":"e1","first":0,"head":0,"why":"gone"}"#);
    client.hear_event("ops", 3);
    assert_eq!(client.told(), [""; 0]);
    client.cut();
    client.connect(&[("lobby", 5)]);
    assert_eq!(client.told(), [""; 0]);
}

#[test]
fn a_room_that_welcome_does_not_name_is_gone() {
    let mut client = Client::connected(5);
    let reference = client.session.join("ops").unwrap();
    client.hear(&format!(r#"{{"type":"ok","ref":{reference},"room":{}}}"#, info("ops", 2)));
    client.cut();
    client.told();
    client.connect(&[("lobby", 5)]);
    assert_eq!(client.told(), ["reset Gone Some(2) to 0", "left ops"]);
}

/// A restored server counts anew: no event of the new history may pass for one that was seen in the old one.
#[test]
fn r18_another_epoch_resets_every_room_once() {
    let mut client = Client::connected(50);
    client.cut();
    client.open();
    client.told();
    client.hear(&welcome("e2", "u-1", &[("lobby", 20)]));
    client.hear(r#"{"type":"reset","room":"lobby","epoch":"e2","first":1,"head":20,"why":"epoch"}"#);
    client.hear_event("lobby", 21);
    assert_eq!(client.told(), ["reset Epoch Some(50) to 20", "21"]);
    client.cut();
    assert_eq!(client.open().resume.unwrap().epoch.as_str(), "e2");
}

#[test]
fn r18_another_epoch_resets_even_if_the_server_does_not_say_so() {
    let mut client = Client::connected(50);
    client.cut();
    client.open();
    client.told();
    client.hear(&welcome("e2", "u-1", &[("lobby", 20)]));
    client.hear_event("lobby", 21);
    assert_eq!(client.told(), ["reset Epoch Some(50) to 20", "21"]);
}

#[test]
fn saved_cursors_resume_and_saved_rooms_without_one_are_joined() {
    let saved = Saved {
        epoch: Some(Epoch::new("e1").unwrap()),
        user: Some(UserId::new("u-1").unwrap()),
        rooms: BTreeMap::from([(key("lobby"), Some(8)), (key("ops"), None)]),
        outbox: Vec::new(),
    };
    let mut client = Client::new(saved.clone());
    let hello = client.connect(&[("lobby", 9)]);
    assert_eq!(hello.resume.unwrap().rooms, BTreeMap::from([(key("lobby"), 8)]));
    let ClientFrame::Join(join) = client.question() else { panic!("join") };
    assert_eq!(join.room, "ops");
    client.hear(&format!(r#"{{"type":"ok","ref":{},"room":{}}}"#, join.reference, info("ops", 3)));
    client.hear_event("ops", 4);
    assert_eq!(client.told(), ["joined ops at 3", "4"]);

    let mut client = Client::new(Saved { epoch: None, ..saved });
    let hello = client.connect(&[("lobby", 9)]);
    assert_eq!(hello.resume, None, "a cursor means nothing without its epoch");
    assert_eq!(client.told(), ["joined lobby at 9"]);
}

#[test]
fn a_wanted_room_that_is_not_there_is_told_and_not_wanted_any_more() {
    let rooms = BTreeMap::from([(key("ops"), None)]);
    let mut client = Client::new(Saved { rooms, ..Saved::default() });
    client.connect(&[("lobby", 9)]);
    let ClientFrame::Join(join) = client.question() else { panic!("join") };
    client.events();
    client.hear(&format!(
        r#"{{"type":"error","ref":{},"code":"no_room","reason":"no such room"}}"#,
        join.reference
    ));
    let events = client.events();
    assert_eq!(events[0], SessionEvent::RoomLeft(key("ops")));
    assert!(matches!(&events[1], SessionEvent::Refused { refusal, .. } if refusal.reason == "no such room"));
    assert_eq!(client.session.rooms().count(), 1);
}

#[test]
fn leaving_takes_effect_at_once_and_offline() {
    let mut client = Client::connected(5);
    let reference = client.session.join("ops").unwrap();
    client.hear(&format!(r#"{{"type":"ok","ref":{reference},"room":{}}}"#, info("ops", 2)));
    client.told();
    client.session.leave(&key("ops"));
    client.drain();
    client.hear_event("ops", 3);
    assert_eq!(client.told(), ["left ops"]);
    assert!(matches!(client.sent.last(), Some(ClientFrame::Leave(leave)) if leave.room == "ops"));

    let reference = client.session.create("dev").unwrap();
    client.hear(&format!(r#"{{"type":"ok","ref":{reference},"room":{}}}"#, info("dev", 0)));
    client.cut();
    client.session.leave(&key("dev"));
    assert_eq!(client.open().resume.unwrap().rooms.len(), 1);
}

#[test]
fn joining_a_room_twice_keeps_its_place() {
    let mut client = Client::connected(5);
    client.told();
    let reference = client.session.join("lobby").unwrap();
    client.drain();
    client.sent.clear();
    client.hear(&format!(r#"{{"type":"ok","ref":{reference},"room":{}}}"#, info("lobby", 6)));
    assert_eq!(client.told(), ["gap 6-6"], "all up to that head was sent before");
    client.answer_history(6);
    assert_eq!(client.told(), ["6", "healed 6-6"]);
}

#[test]
fn pages_end_at_the_cursor_and_may_be_of_any_room() {
    let mut client = Client::connected(5);
    let reference = client.session.history(&key("lobby"), Place::Newest, 50).unwrap();
    client.events();
    client.hear(&page(reference, "lobby", 1, 7, 7));
    client.hear_event("lobby", 6);
    let events = client.events();
    let SessionEvent::Page(page_) = &events[0] else { panic!("{events:?}") };
    assert_eq!((page_.reference, page_.place.clone()), (reference, Place::Newest));
    assert_eq!((page_.page.first, page_.page.last, page_.page.events.len()), (1, 5, 5));
    assert!(matches!(&events[1], SessionEvent::Event(event) if event.event.seq() == 6));

    let reference = client.session.history(&key("other"), Place::Around(3), 50).unwrap();
    client.hear(&page(reference, "other", 1, 7, 7));
    assert!(matches!(&client.events()[..], [SessionEvent::Page(page)] if page.page.events.len() == 7));
}

#[test]
fn changes_that_a_page_contains_are_marked_as_such() {
    let mut client = Client::connected(0);
    client.events();
    client.sent.clear();
    client.hear_event("lobby", 3);
    let ClientFrame::History(asked) = client.question() else { panic!() };
    client.hear(&page(asked.reference, "lobby", 1, 3, 9));
    let as_of: Vec<Seq> = client
        .events()
        .into_iter()
        .filter_map(|event| if let SessionEvent::Event(event) = event { Some(event.as_of) } else { None })
        .collect();
    assert_eq!(as_of, [9, 9, 9]);
    client.hear_event("lobby", 4);
    assert!(matches!(&client.events()[..], [SessionEvent::Event(event)] if event.as_of == 4));
}

#[test]
fn questions_without_a_link_are_refused_and_those_cut_off_are_told() {
    let mut client = Client::new(Saved::default());
    assert_eq!(client.session.members(&key("lobby")), Err(AskError::Offline));
    client.connect(&[("lobby", 0)]);
    let reference = client.session.list_rooms().unwrap();
    client.drain();
    client.events();
    client.close(None);
    assert!(client.events().iter().any(
        |event| matches!(event, SessionEvent::Unanswered { reference: unanswered, .. } if *unanswered == reference)
    ));
    client.wait();
    client.connect(&[("lobby", 0)]);
    for _ in 0..256 {
        client.session.list_rooms().unwrap();
    }
    assert_eq!(client.session.list_rooms(), Err(AskError::TooMany));
}

#[test]
fn answers_and_signals_reach_the_shell() {
    let mut client = Client::connected(0);
    client.events();
    let nick = client.session.nick("anna").unwrap();
    let members = client.session.members(&key("lobby")).unwrap();
    let rooms = client.session.list_rooms().unwrap();
    client.hear(&format!(r#"{{"type":"ok","ref":{nick},"name":"anna"}}"#));
    client.hear(&format!(r#"{{"type":"members","ref":{members},"room":"lobby","members":[],"present":1}}"#));
    client.hear(&format!(r#"{{"type":"rooms","ref":{rooms},"rooms":[]}}"#));
    client.hear(r#"{"type":"typing","room":"lobby","user":"u-2","sender":"bo","on":true}"#);
    client.hear(r#"{"type":"presence","room":"lobby","user":"u-2","sender":"bo","state":"idle"}"#);
    client.hear(r#"{"type":"renamed","room":"lobby","user":"u-2","from":"bo","to":"bob"}"#);
    let came = r#""room":"lobby","message":"bo joined the room","names":["bo"],"users":["u-2"],"count":1,"present":2,"timestamp":"""#;
    client.hear(&format!(r#"{{"type":"join",{came}}}"#));
    client.hear(&format!(r#"{{"type":"leave",{came}}}"#));
    client.hear(r#"{"type":"typing","room":"elsewhere","user":"u-2","sender":"bo","on":true}"#);
    client.hear(r#"{"type":"error","code":"bad_frame","reason":"what?"}"#);
    let kinds: Vec<&str> = client
        .events()
        .iter()
        .map(|event| match event {
            SessionEvent::Named(_) => "named",
            SessionEvent::Members(_) => "members",
            SessionEvent::Rooms(_) => "rooms",
            SessionEvent::Typing(_) => "typing",
            SessionEvent::Presence(_) => "presence",
            SessionEvent::Renamed(_) => "renamed",
            SessionEvent::Came(_) => "came",
            SessionEvent::Went(_) => "went",
            SessionEvent::Error(_) => "error",
            _ => "other",
        })
        .collect();
    let expected = ["named", "members", "rooms", "typing", "presence", "renamed", "came", "went", "error"];
    assert_eq!(kinds, expected);
    client.cut();
    assert_eq!(client.open().name.as_deref(), Some("anna"));
}

#[test]
fn typing_is_said_no_oftener_than_it_must() {
    let mut client = Client::connected(0);
    client.sent.clear();
    let said = |client: &mut Client| -> Vec<(String, bool)> {
        client.drain();
        let typing = |frame| match frame {
            ClientFrame::Typing(typing) => Some((typing.room.as_str().to_owned(), typing.on)),
            _ => None,
        };
        std::mem::take(&mut client.sent).into_iter().filter_map(typing).collect()
    };
    let lobby = key("lobby");
    for _ in 0..10 {
        client.session.typing(&lobby, None, true, client.now);
        client.now += Duration::from_millis(400);
    }
    assert_eq!(said(&mut client), [("lobby".into(), true), ("lobby".into(), true)]);
    client.session.typing(&key("ops"), None, true, client.now);
    assert_eq!(said(&mut client), [("lobby".into(), false), ("ops".into(), true)]);
    client.session.typing(&key("ops"), None, false, client.now);
    client.session.typing(&key("ops"), None, false, client.now);
    assert_eq!(said(&mut client), [("ops".into(), false)]);
    client.session.typing(&lobby, None, true, client.now);
    client.send("lobby", "a");
    assert_eq!(said(&mut client), [("lobby".into(), true), ("lobby".into(), false)]);
    client.cut();
    client.session.typing(&lobby, None, true, client.now);
    assert_eq!(said(&mut client), []);
}

#[test]
fn presence_is_said_again_after_a_reconnect() {
    let mut client = Client::connected(0);
    client.sent.clear();
    client.session.presence(PresenceState::Idle);
    client.session.presence(PresenceState::Idle);
    client.drain();
    assert!(matches!(client.question(), ClientFrame::Presence(_)));
    client.cut();
    client.connect(&[("lobby", 0)]);
    assert!(matches!(client.question(), ClientFrame::Presence(_)));
}
