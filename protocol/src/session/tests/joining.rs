use super::*;
use crate::limits::HELLO_BYTES;

fn many_rooms(cursor: Option<Seq>) -> Saved {
    let rooms = (0..1_000).map(|n| (key(&format!("{n:0>64}")), cursor)).collect();
    Saved { epoch: Some(Epoch::new("e1").unwrap()), rooms, ..Saved::default() }
}

/// Answers each `join` as it comes, with the room's head.
fn answer_joins(client: &mut Client, head: Seq) -> usize {
    let mut joins = 0;
    while !client.sent.is_empty() {
        let open = client.sent.iter().filter(|frame| matches!(frame, ClientFrame::Join(_))).count();
        assert!(open <= 32, "{open} at once");
        if let ClientFrame::Join(join) = client.sent.remove(0) {
            joins += 1;
            client.hear(&format!(
                r#"{{"type":"ok","ref":{},"room":{}}}"#,
                join.reference,
                info(&join.room, head)
            ));
        }
    }
    joins
}

#[test]
fn rooms_beyond_the_bound_of_a_hello_are_joined_after_it_and_lose_nothing() {
    let mut client = Client::new(many_rooms(Some(5)));
    let hello = client.open();
    let resumed = hello.resume.clone().unwrap().rooms;
    assert!((500..1_000).contains(&resumed.len()));
    assert!(ClientFrame::Hello(hello).encode().len() <= HELLO_BYTES);
    let rooms: Vec<(&str, Seq)> = resumed.keys().map(|key| (key.as_str(), 5)).collect();
    client.hear(&welcome("e1", "u-1", &rooms));
    client.told();
    assert_eq!(answer_joins(&mut client, 5), 1_000 - resumed.len());
    assert_eq!(client.session.rooms().count(), 1_000);
    assert_eq!(client.told(), [""; 0], "nothing was missed");
}

#[test]
fn wanted_rooms_are_joined_a_few_at_a_time() {
    let mut client = Client::new(many_rooms(None));
    client.connect(&[("lobby", 0)]);
    assert_eq!(answer_joins(&mut client, 3), 1_000);
    assert!(client.session.rooms().all(|(_, cursor)| cursor.is_some()));
}

#[test]
fn a_join_that_is_refused_for_now_is_asked_again() {
    let rooms = BTreeMap::from([(key("ops"), None)]);
    let mut client = Client::new(Saved { rooms, ..Saved::default() });
    client.connect(&[("lobby", 0)]);
    let ClientFrame::Join(join) = client.question() else { panic!("join") };
    client.hear(&format!(
        r#"{{"type":"error","ref":{},"code":"rate_limited","reason":"slow","retry":true,"retry_ms":700}}"#,
        join.reference
    ));
    let before = client.now;
    client.wait();
    assert_eq!(client.now, before + Duration::from_millis(700));
    assert_eq!(answer_joins(&mut client, 3), 1);
}
