use super::outbox::{refuse, states};
use super::*;
use crate::messages;

fn edit(target: Target) -> Change {
    Change::Edit { target }
}

fn line(name: &str) -> Target {
    Target::Line(id(name))
}

fn change(client: &mut Client, name: &str, change: Change, text: &str) -> Result<(), SendError> {
    let done = client.session.change(key("lobby"), id(name), change, text.to_owned());
    client.drain();
    done
}

fn last(client: &Client) -> &ClientFrame {
    client.sent.last().expect("something was sent")
}

#[test]
fn each_change_is_its_frame_and_is_stored_once() {
    let mut client = Client::connected(9);
    states(&mut client);
    let target = || Target::Stored(7);
    change(&mut client, "e", edit(target()), "anew").unwrap();
    let (room, at) = (key("lobby"), 7);
    let frame = messages::Edit { room: room.clone(), target: at, text: "anew".into(), id: Some(id("e")) };
    assert_eq!(*last(&client), ClientFrame::Edit(frame));
    change(&mut client, "d", Change::Delete { target: target() }, "").unwrap();
    let frame = crate::rooms::Delete { room: room.clone(), target: at, id: Some(id("d")) };
    assert_eq!(*last(&client), ClientFrame::Delete(frame));
    change(&mut client, "r", Change::React { target: target(), emoji: "👍".into(), on: true }, "").unwrap();
    let frame =
        messages::React { room: room.clone(), target: at, emoji: "👍".into(), on: true, id: Some(id("r")) };
    assert_eq!(*last(&client), ClientFrame::React(frame));
    change(&mut client, "p", Change::Pin { target: target(), on: false }, "").unwrap();
    assert_eq!(
        *last(&client),
        ClientFrame::Pin(messages::Pin { room, target: at, on: false, id: Some(id("p")) })
    );
    states(&mut client);

    client.hear(&ack("e", 10));
    client.hear(
        r#"{"type":"react","room":"lobby","seq":10,"id":"r","target":7,"user":"u-1","sender":"ana","emoji":"👍","on":true,"timestamp":""}"#,
    );
    assert_eq!(states(&mut client), ["e stored 10", "remove e", "r stored 10", "remove r"]);
    client.cut();
    client.connect(&[("lobby", 10)]);
    assert!(matches!(&client.sent[..], [ClientFrame::Delete(_), ClientFrame::Pin(_)]), "{:?}", client.sent);
}

#[test]
fn what_is_done_to_an_unacknowledged_line_waits_for_its_place() {
    let mut client = Client::connected(0);
    client.send("lobby", "a");
    change(&mut client, "e", edit(line("a")), "anew").unwrap();
    client.send("lobby", "b");
    client.send("ops", "c");
    assert_eq!(client.lines(), ["a", "c"], "and holds up its own room only");
    states(&mut client);
    client.hear(&ack("a", 5));
    // On disk the edit has its place before the line is gone from there: a crash in between loses neither.
    assert_eq!(states(&mut client), ["a stored 5", "put e", "remove a", "e sent", "b sent"]);
    let edit = client.sent.iter().find_map(|frame| match frame {
        ClientFrame::Edit(edit) => Some(edit.target),
        _ => None,
    });
    assert_eq!(edit, Some(5));
}

#[test]
fn it_waits_over_a_restart_of_the_client() {
    let mut client = Client::connected(0);
    client.send("lobby", "a");
    change(&mut client, "e", edit(line("a")), "anew").unwrap();
    let outbox: Vec<Outgoing> = client.session.outbox().map(|(outgoing, _)| outgoing.clone()).collect();
    let kept = serde_json::to_string(&outbox).unwrap();
    let outbox = serde_json::from_str(&kept).unwrap();

    let mut client = Client::new(Saved { outbox, ..Saved::default() });
    client.connect(&[("lobby", 0)]);
    assert_eq!(client.lines(), ["a"]);
    client.hear(&message("lobby", 1, "u-1", "a"));
    assert!(matches!(last(&client), ClientFrame::Edit(edit) if edit.target == 1 && edit.text == "anew"));
}

#[test]
fn it_fails_with_its_line_and_comes_back_with_it() {
    let mut client = Client::connected(0);
    client.send("lobby", "a");
    change(&mut client, "e", edit(line("a")), "anew").unwrap();
    client.send("lobby", "b");
    states(&mut client);
    client.hear(&refuse("a", None));
    let not_sent = "e failed: the message it is about was not sent";
    assert_eq!(states(&mut client), ["a failed: too long", "put a", not_sent, "put e", "b sent"]);
    assert!(client.session.retry(&id("e")));
    client.drain();
    assert_eq!(states(&mut client), ["e queued", "put e", not_sent, "put e"], "its line is still not sent");
    assert!(client.session.retry(&id("a")) && client.session.retry(&id("e")));
    client.drain();
    client.hear(&ack("a", 2));
    assert!(matches!(last(&client), ClientFrame::Edit(edit) if edit.target == 2));
}

#[test]
fn it_fails_when_its_line_is_discarded_and_needs_one_that_waits() {
    let mut client = Client::new(Saved::default());
    client.send("lobby", "a");
    change(&mut client, "e", edit(line("a")), "anew").unwrap();
    states(&mut client);
    assert!(client.session.discard(&id("a"), client.now));
    client.drain();
    let told = states(&mut client);
    assert_eq!(told, ["remove a", "e failed: the message it is about was not sent", "put e"]);
    assert_eq!(change(&mut client, "f", edit(line("a")), "x"), Err(SendError::NoLine));
}

#[test]
fn entries_of_earlier_versions_are_messages() {
    let kept = r#"{"id":"a","room":"lobby","text":"x","reply":3}"#;
    let outgoing: Outgoing = serde_json::from_str(kept).unwrap();
    assert_eq!((outgoing.change.clone(), outgoing.reply), (None, Some(3)));
    assert_eq!(serde_json::to_string(&outgoing).unwrap(), kept);
}

#[test]
fn a_refused_change_fails_and_waits_for_its_person() {
    let mut client = Client::connected(3);
    change(&mut client, "d", Change::Delete { target: Target::Stored(3) }, "").unwrap();
    client.drain();
    client.events();
    client.hear(r#"{"type":"error","id":"d","room":"lobby","code":"forbidden","reason":"no","retry":false}"#);
    let failed = |event: &SessionEvent| {
        matches!(event, SessionEvent::Outgoing { state: OutgoingState::Failed(_), .. })
    };
    assert!(client.events().iter().any(failed));
    assert_eq!(client.session.outbox().count(), 1);
    assert!(client.session.discard(&id("d"), Duration::ZERO));
}

#[test]
fn what_has_its_place_by_its_event_waits_for_nothing() {
    let mut client = Client::connected(0);
    client.send("lobby", "a");
    client.hear(&message("lobby", 1, "u-1", "a"));
    // The ack is still due.
    assert_eq!(change(&mut client, "e", edit(line("a")), "anew"), Err(SendError::NoLine));
    client.hear(&ack("a", 1));
    assert_eq!(client.session.outbox().count(), 0);
}

/// What an entry is about, and whether it failed.
fn about(client: &Client, name: &str) -> (Option<Seq>, Option<Seq>, Option<Target>, bool) {
    let (entry, _) = client.session.outbox().find(|(entry, _)| entry.id == id(name)).unwrap();
    let target = entry.change.as_ref().map(|change| change.target().clone());
    (entry.reply, entry.thread, target, entry.failed.is_some())
}

#[test]
fn r18_nothing_is_done_to_messages_that_have_the_places_of_others_since_a_restore() {
    let mut client = Client::connected(9);
    client.cut();
    let delete = Change::Delete { target: Target::Stored(7) };
    change(&mut client, "d", delete, "").unwrap();
    let say = |client: &mut Client, name: &str, reply: Option<Seq>, thread: Option<Seq>| {
        let line = Line { text: "x".into(), reply, thread, ..Line::default() };
        client.session.send(key("lobby"), id(name), line).unwrap();
        client.drain();
    };
    say(&mut client, "plain", None, None);
    say(&mut client, "answer", Some(7), None);
    say(&mut client, "thread", None, Some(3));
    change(&mut client, "e", edit(line("plain")), "anew").unwrap();
    states(&mut client);
    client.open();
    client.hear(&welcome("e2", "u-1", &[("lobby", 4)]));
    assert!(
        matches!(&client.sent[..], [ClientFrame::Message(say)] if say.id == Some(id("plain"))),
        "{:?}",
        client.sent
    );
    assert_eq!(about(&client, "d"), (None, None, Some(Target::Stored(0)), true));
    assert_eq!(about(&client, "answer"), (None, None, None, true));
    assert_eq!(about(&client, "thread"), (None, None, None, true));
    assert_eq!(about(&client, "e"), (None, None, Some(line("plain")), false), "it waits for its line");
    let told = states(&mut client);
    assert!(
        ["put d", "put answer", "put thread"].iter().all(|put| told.contains(&(*put).to_owned())),
        "{told:?}"
    );
    assert!(client.session.retry(&id("answer")), "its person may say it as it is");
    client.drain();
    client.hear(&ack("plain", 5));
    assert_eq!(about(&client, "e").2, Some(Target::Stored(5)), "a place of this history");
}

#[test]
fn a_server_that_lost_its_newest_events_gives_their_places_away_again() {
    let mut client = Client::connected(9);
    client.cut();
    change(&mut client, "old", edit(Target::Stored(6)), "x").unwrap();
    change(&mut client, "lost", edit(Target::Stored(8)), "x").unwrap();
    client.open();
    client.hear(&welcome("e1", "u-1", &[("lobby", 7)]));
    assert_eq!(about(&client, "old").2, Some(Target::Stored(6)));
    assert_eq!(about(&client, "lost"), (None, None, Some(Target::Stored(0)), true));
    assert!(matches!(&client.sent[..], [ClientFrame::Edit(edit)] if edit.target == 6), "{:?}", client.sent);
}
