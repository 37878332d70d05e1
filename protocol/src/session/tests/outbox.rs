use super::*;

pub(super) fn states(client: &mut Client) -> Vec<String> {
    let state = |event: SessionEvent| match event {
        SessionEvent::Outgoing { id, state } => Some(match state {
            OutgoingState::Queued => format!("{id} queued"),
            OutgoingState::Sent => format!("{id} sent"),
            OutgoingState::Stored { seq, .. } => format!("{id} stored {seq}"),
            OutgoingState::Failed(failure) => format!("{id} failed: {}", failure.reason),
        }),
        SessionEvent::Outbox(OutboxChange::Put(outgoing)) => Some(format!("put {}", outgoing.id)),
        SessionEvent::Outbox(OutboxChange::Remove(id)) => Some(format!("remove {id}")),
        _ => None,
    };
    client.events().into_iter().filter_map(state).collect()
}

pub(super) fn refuse(id: &str, retry_ms: Option<u64>) -> String {
    match retry_ms {
        Some(ms) => format!(
            r#"{{"type":"error","id":"{id}","room":"lobby","code":"rate_limited","reason":"slow","retry":true,"retry_ms":{ms}}}"#
        ),
        None => {
            format!(r#"{{"type":"error","id":"{id}","room":"lobby","code":"too_long","reason":"too long"}}"#)
        }
    }
}

#[test]
fn r04_nothing_is_sent_before_it_is_on_disk() {
    let mut client = Client::connected(0);
    client.disk = false;
    states(&mut client);
    client.send("lobby", "a");
    client.send("lobby", "b");
    assert_eq!(states(&mut client), ["a queued", "put a", "b queued", "put b"]);
    assert_eq!(client.lines(), [""; 0]);
    client.session.handle_persisted(&id("b"));
    client.drain();
    assert_eq!(client.lines(), [""; 0], "order holds");
    client.session.handle_persisted(&id("a"));
    client.drain();
    assert_eq!(client.lines(), ["a", "b"]);
    assert_eq!(states(&mut client), ["a sent", "b sent"]);
}

#[test]
fn a_line_that_the_disk_does_not_take_fails_and_blocks_nothing() {
    let mut client = Client::connected(0);
    client.disk = false;
    states(&mut client);
    client.send("lobby", "a");
    client.send("lobby", "b");
    states(&mut client);
    client.session.handle_not_persisted(&id("a"), "disk full");
    client.session.handle_persisted(&id("b"));
    client.drain();
    assert_eq!(states(&mut client), ["a failed: disk full", "b sent"]);
    assert!(client.session.retry(&id("a")));
    client.session.handle_not_persisted(&id("a"), "still full");
    client.drain();
    assert_eq!(states(&mut client), ["a queued", "put a", "a failed: still full"]);
    assert!(client.session.retry(&id("a")));
    client.session.handle_persisted(&id("a"));
    client.drain();
    assert_eq!(states(&mut client), ["a queued", "put a", "a sent"]);
    assert_eq!(client.lines(), ["b", "a"]);
}

#[test]
fn an_ack_stores_a_line_and_its_event_is_the_same_line() {
    let mut client = Client::connected(0);
    client.send("lobby", "a");
    states(&mut client);
    client.hear(&ack("a", 1));
    assert_eq!(states(&mut client), ["a stored 1", "remove a"]);
    client.hear(&message("lobby", 1, "u-1", "a"));
    let events = client.events();
    assert!(matches!(&events[..], [SessionEvent::Event(event)] if event.own == Some(id("a"))), "{events:?}");
}

#[test]
fn the_event_may_come_before_the_ack() {
    let mut client = Client::connected(0);
    client.send("lobby", "a");
    client.events();
    client.hear(&message("lobby", 1, "u-1", "a"));
    let events = client.events();
    assert!(matches!(&events[0], SessionEvent::Outgoing { state: OutgoingState::Stored { seq: 1, .. }, .. }));
    assert_eq!(events[1], SessionEvent::Outbox(OutboxChange::Remove(id("a"))));
    assert!(matches!(&events[2], SessionEvent::Event(event) if event.own == Some(id("a"))));
    client.hear(&ack("a", 1));
    assert_eq!(client.events(), []);
}

#[test]
fn the_same_id_of_somebody_else_is_not_ours() {
    let mut client = Client::connected(0);
    client.send("lobby", "a");
    client.events();
    client.hear(&message("lobby", 1, "u-2", "a"));
    assert!(matches!(&client.events()[..], [SessionEvent::Event(event)] if event.own.is_none()));
    assert_eq!(client.session.outbox().count(), 1);
}

#[test]
fn own_events_on_pages_are_acks_too() {
    let mut client = Client::connected(9);
    client.send("lobby", "m3");
    let reference = client.session.history(&key("lobby"), Place::Newest, 50).unwrap();
    states(&mut client);
    client.hear(&page(reference, "lobby", 1, 5, 9).replace("u-2", "u-1"));
    assert_eq!(states(&mut client), ["m3 stored 3", "remove m3"]);
}

#[test]
fn after_a_reconnect_all_unanswered_lines_are_sent_again_in_order() {
    let mut client = Client::connected(0);
    for id in ["a", "b", "c"] {
        client.send("lobby", id);
    }
    assert_eq!(client.lines(), ["a", "b", "c"]);
    client.hear(&ack("b", 2));
    client.close(None);
    client.send("lobby", "d");
    assert_eq!(client.lines(), [""; 0]);
    client.wait();
    states(&mut client);
    client.connect(&[("lobby", 2)]);
    assert_eq!(client.lines(), ["a", "c", "d"]);
    assert_eq!(states(&mut client), ["a sent", "c sent", "d sent"]);
}

#[test]
fn lines_of_the_last_time_are_sent_again() {
    let outgoing = |name: &str, failed: Option<Failure>| Outgoing {
        id: id(name),
        room: key("lobby"),
        text: "x".into(),
        reply: Some(3),
        thread: None,
        files: Vec::new(),
        change: None,
        user: Some(UserId::new("u-1").unwrap()),
        failed,
    };
    let failure = Failure { code: None, reason: "no".into() };
    let outbox = vec![outgoing("a", None), outgoing("b", Some(failure)), outgoing("c", None)];
    let mut client = Client::new(Saved { outbox, ..Saved::default() });
    client.connect(&[("lobby", 0)]);
    assert!(matches!(&client.sent[0], ClientFrame::Message(say) if say.reply == Some(3)));
    assert_eq!(client.lines(), ["a", "c"]);
}

#[test]
fn only_so_many_lines_are_under_way() {
    let mut client = Client::connected(0);
    for n in 0..100 {
        client.send("lobby", &format!("n{n}"));
    }
    assert_eq!(client.lines().len(), 64);
    client.hear(&ack("n0", 1));
    assert_eq!(client.lines(), ["n64"]);
}

#[test]
fn a_refusal_for_now_keeps_the_order() {
    let mut client = Client::connected(0);
    for id in ["a", "b", "c"] {
        client.send("lobby", id);
    }
    client.send("ops", "other");
    client.lines();
    states(&mut client);
    client.hear(&refuse("b", Some(1200)));
    client.hear(&refuse("c", Some(1200)));
    client.hear(&ack("a", 1));
    client.send("lobby", "d");
    client.send("ops", "other2");
    assert_eq!(client.lines(), ["other2"], "the room waits, others do not");
    assert_eq!(states(&mut client)[..2], ["b queued", "c queued"]);
    let before = client.now;
    client.wait();
    assert_eq!(client.now, before + Duration::from_millis(1200));
    assert_eq!(client.lines(), ["b", "c", "d"]);
}

#[test]
fn a_refusal_for_good_fails_the_line_and_later_ones_go_on() {
    let mut client = Client::connected(0);
    client.send("lobby", "a");
    client.send("lobby", "b");
    client.lines();
    states(&mut client);
    client.hear(&refuse("a", None));
    client.hear(&ack("b", 1));
    assert_eq!(states(&mut client), ["a failed: too long", "put a", "b stored 1", "remove b"]);
    assert_eq!(client.session.outbox().next().unwrap().0.text, "text of a", "the text is kept");
    client.cut();
    client.connect(&[("lobby", 1)]);
    assert_eq!(client.lines(), [""; 0], "not by itself");
    assert!(client.session.retry(&id("a")));
    assert!(!client.session.retry(&id("a")));
    client.drain();
    assert_eq!(client.lines(), ["a"]);
}

#[test]
fn what_waits_or_failed_can_be_discarded_but_not_what_is_under_way() {
    let mut client = Client::connected(0);
    client.send("lobby", "a");
    client.send("lobby", "b");
    assert!(!client.session.discard(&id("a"), client.now));
    client.hear(&refuse("a", None));
    states(&mut client);
    assert!(client.session.discard(&id("a"), client.now));
    assert!(!client.session.discard(&id("a"), client.now));
    client.drain();
    assert_eq!(states(&mut client), ["remove a"]);
}

/// The server refuses a room's later lines until the refused one comes again; if it never will, only a new link helps.
#[test]
fn discarding_the_line_that_the_server_waits_for_takes_a_new_link() {
    let mut client = Client::connected(0);
    client.send("lobby", "a");
    client.send("lobby", "b");
    client.hear(&refuse("a", Some(60_000)));
    client.lines();
    assert!(client.session.discard(&id("a"), client.now));
    client.drain();
    assert_eq!(client.actions, [Action::Close, Action::Connect]);
    client.connect(&[("lobby", 0)]);
    assert_eq!(client.lines(), ["b"]);
}

#[test]
fn lines_are_never_sent_as_another_user() {
    let mut client = Client::connected(0);
    client.close(None);
    client.send("lobby", "a");
    client.wait();
    client.open();
    states(&mut client);
    client.hear(&welcome("e1", "u-9", &[("lobby", 0)]));
    assert_eq!(client.lines(), [""; 0]);
    let reason = "it was written as another user, and may have been sent then";
    assert_eq!(states(&mut client), [format!("a failed: {reason}"), "put a".into()]);
    assert!(client.session.retry(&id("a")), "but a person may say so");
    client.drain();
    assert_eq!(client.lines(), ["a"]);
}

/// Or a crash would forget as whom it was sent, and another guest would say it once more.
#[test]
fn a_line_written_before_the_first_welcome_is_bound_on_disk_before_it_is_sent() {
    let mut client = Client::new(Saved::default());
    client.send("lobby", "a");
    client.disk = false;
    states(&mut client);
    client.connect(&[("lobby", 0)]);
    assert_eq!(client.lines(), [""; 0]);
    let bound = client.events().into_iter().find_map(|event| match event {
        SessionEvent::Outbox(OutboxChange::Put(outgoing)) => outgoing.user,
        _ => None,
    });
    assert_eq!(bound.unwrap().as_str(), "u-1");
    client.session.handle_persisted(&id("a"));
    client.drain();
    assert_eq!(client.lines(), ["a"]);
}

#[test]
fn another_epoch_does_not_stop_the_outbox() {
    let mut client = Client::connected(9);
    client.send("lobby", "a");
    client.cut();
    client.open();
    client.lines();
    client.hear(&welcome("e2", "u-1", &[("lobby", 4)]));
    assert_eq!(client.lines(), ["a"]);
}

#[test]
fn what_cannot_be_sent_is_not_taken() {
    let mut client = Client::connected(0);
    let mut send = |id: &str, text: String| {
        client.session.send(key("lobby"), self::id(id), Line { text, ..Line::default() })
    };
    assert_eq!(send("a", " \n\t ".into()), Err(SendError::Empty));
    assert_eq!(send("a", "é".repeat(32 * 1024 + 1)), Err(SendError::TooLong(64 * 1024)));
    assert_eq!(send("a", "é".repeat(32 * 1024)), Ok(()));
    assert_eq!(send("a", "x".into()), Err(SendError::IdInUse));
    let fits = (0..1000).take_while(|n| send(&format!("n{n}"), "x".repeat(64 * 1024)).is_ok()).count();
    assert_eq!(fits, 254, "16 MiB in all");
    assert_eq!(send("z", "x".repeat(64 * 1024)), Err(SendError::Full));
}

/// Found by the simulation: the line was stored by an earlier link, refused for now on this one, and settled by its own
/// event. It was never sent again, so the server refused the room's later lines for as long as the link lived.
#[test]
fn a_line_that_the_server_waits_for_comes_again_even_if_it_is_stored() {
    for event_first in [false, true] {
        let mut client = Client::connected(0);
        client.send("lobby", "a");
        client.send("lobby", "b");
        client.lines();
        let event = message("lobby", 1, "u-1", "a");
        let refusal = refuse("a", Some(500));
        client.hear(if event_first { &event } else { &refusal });
        client.events.retain(|event| {
            matches!(
                event,
                SessionEvent::Outgoing { state: OutgoingState::Stored { .. }, .. }
                    | SessionEvent::Outbox(OutboxChange::Remove(_))
            )
        });
        client.hear(if event_first { &refusal } else { &event });
        client
            .events
            .retain(|event| !matches!(event, SessionEvent::Outgoing { state: OutgoingState::Queued, .. }));
        assert_eq!(states(&mut client), ["a stored 1", "remove a"]);
        assert_eq!(client.session.outbox().count(), 1, "for people it is done");
        client.wait();
        assert_eq!(client.lines(), ["a", "b"]);
        client.hear(&ack("a", 1));
        client.hear(&ack("b", 2));
        assert_eq!(states(&mut client)[2..], ["b stored 2", "remove b"]);
        assert_eq!(client.session.outbox.in_flight(), 0);
    }
}

#[test]
fn what_was_only_kept_for_the_server_is_forgotten_with_the_link() {
    let mut client = Client::connected(0);
    client.send("lobby", "a");
    client.hear(&refuse("a", Some(500)));
    client.hear(&message("lobby", 1, "u-1", "a"));
    client.cut();
    client.lines();
    client.connect(&[("lobby", 1)]);
    assert_eq!(client.lines(), [""; 0]);
}
