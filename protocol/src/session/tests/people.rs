use super::*;
use crate::SELF_ROOM;
use crate::rooms::{Change, Moderate};

fn read(seq: Seq, of: &str) -> String {
    format!(r#"{{"type":"read","room":"@self","seq":{seq},"of":"{of}","upto":{seq}}}"#)
}

/// A client that follows its own room, whose head is `head`; the join is answered.
fn with_own(head: Seq) -> Client {
    let rooms = BTreeMap::from([(key(SELF_ROOM), None)]);
    let mut client = Client::new(Saved { rooms, ..Saved::default() });
    client.connect(&[("lobby", 0)]);
    let ClientFrame::Join(join) = client.question() else { panic!("join") };
    assert_eq!(join.room, SELF_ROOM);
    client.events();
    client.hear(&format!(r#"{{"type":"ok","ref":{},"room":{}}}"#, join.reference, info(SELF_ROOM, head)));
    client
}

fn answer(client: &mut Client, events: &[Seq], last: Seq) {
    let ClientFrame::History(asked) = client.question() else { panic!("history") };
    let first = asked.after.unwrap() + 1;
    let events: Vec<String> = events.iter().map(|seq| read(*seq, &format!("r{seq}"))).collect();
    client.hear(&format!(
        r#"{{"type":"history","ref":{},"room":"@self","events":[{}],"first":{first},"last":{last},"head":9,"as_of":9,"more":false}}"#,
        asked.reference,
        events.join(",")
    ));
}

#[test]
fn the_own_room_is_read_from_its_beginning_and_its_empty_places_mean_nothing() {
    let mut client = with_own(9);
    client.hear(&read(12, "live"));
    answer(&mut client, &[4, 7], 9);
    // What came meanwhile is fetched after what was before it.
    answer(&mut client, &[12], 12);
    assert_eq!(client.told(), ["joined @self at 9", "4", "7", "12"]);
    client.hear(&read(20, "later"));
    assert_eq!(client.told(), ["20"]);
    assert!(client.sent.is_empty(), "nothing is asked for");

    client.cut();
    let hello = client.open();
    assert_eq!(hello.resume.unwrap().rooms[&key(SELF_ROOM)], 20);
    client.hear(&welcome("e1", "u-1", &[("lobby", 0), (SELF_ROOM, 30)]));
    client.hear(&read(26, "away"));
    client.hear(r#"{"type":"synced","room":"@self","head":30}"#);
    client.sent.clear();
    assert!(client.told().contains(&"26".to_owned()));
}

#[test]
fn another_history_is_read_anew() {
    let mut client = with_own(0);
    client.hear(&read(3, "x"));
    client.cut();
    client.open();
    client.told();
    client.hear(&welcome("e2", "u-1", &[("lobby", 0), (SELF_ROOM, 2)]));
    let ClientFrame::History(asked) = client.question() else { panic!("history") };
    assert_eq!((asked.room.as_str(), asked.after), (SELF_ROOM, Some(0)));
}

#[test]
fn what_is_asked_is_told_to_be_done_or_refused() {
    let mut client = Client::connected(0);
    client.events();
    let ban = |reference| {
        let (room, user) = (key("lobby"), crate::ids::UserId::new("u-2").unwrap());
        ClientFrame::Ban(Moderate { reference, room, user, id: None, for_s: None, reason: None })
    };
    let first = client.session.request(ban).unwrap();
    let second = client.session.request(ban).unwrap();
    client.hear(&format!(r#"{{"type":"ok","ref":{first}}}"#));
    // The server names the command that it made of it, too.
    client.hear(&format!(
        r#"{{"type":"error","ref":{second},"id":"made","code":"forbidden","reason":"no","retry":false}}"#
    ));
    let told = client.events();
    assert!(matches!(&told[0], SessionEvent::Done { reference, .. } if *reference == first));
    assert!(matches!(&told[1], SessionEvent::Refused { reference, .. } if *reference == second));

    let change = |reference| {
        let (announce, topic) = (Some(true), None);
        let (id, title, slow_s, archived) = (None, None, None, None);
        ClientFrame::Change(Change {
            reference,
            room: key("lobby"),
            id,
            title,
            topic,
            announce,
            slow_s,
            archived,
            seen: None,
        })
    };
    let third = client.session.request(change).unwrap();
    client.hear(&format!(r#"{{"type":"ok","ref":{third},"room":{}}}"#, info("lobby", 1)));
    assert!(matches!(&client.events()[..], [SessionEvent::RoomInfo(_), SessionEvent::Done { .. }]));
}

#[test]
fn a_room_of_another_device_is_followed_without_being_asked_about() {
    let mut client = Client::connected(0);
    client.events();
    client.sent.clear();
    client.session.follow(&key("ops"));
    client.session.follow(&key("ops"));
    client.session.handle_timeout(client.now);
    client.drain();
    let ClientFrame::Join(join) = client.question() else { panic!("join") };
    client.hear(&format!(r#"{{"type":"ok","ref":{},"room":{}}}"#, join.reference, info("ops", 5)));
    assert!(matches!(&client.events()[..], [SessionEvent::RoomJoined { reference: None, .. }]));
}
