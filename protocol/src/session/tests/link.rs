use super::*;
use crate::error::close;
use crate::limits::{BACKOFF_BASE, BACKOFF_HEALTHY, BACKOFF_MAX};

fn waiting(client: &Client) -> Duration {
    match client.session.link() {
        Link::WaitingUntil(until) => until.saturating_sub(client.now),
        link => panic!("{link:?}"),
    }
}

#[test]
fn hello_comes_first_and_welcome_connects() {
    let mut client = Client::new(Saved::default());
    assert_eq!(client.events(), [], "the first state needs no telling");
    assert_eq!(client.session.link(), &Link::Connecting);
    let hello = client.open();
    assert_eq!((hello.client.as_str(), hello.name.as_deref()), ("test/1", Some("ana")));
    assert_eq!((hello.token, hello.resume), (None, None));
    client.hear_event("lobby", 1);
    assert_eq!(client.events(), [], "nothing counts before welcome");
    client.hear(&welcome("e1", "u-1", &[("lobby", 4)]));
    let events = client.events();
    assert_eq!(events[0], SessionEvent::Link(Link::Connected));
    assert!(
        matches!(&events[1], SessionEvent::Welcome(welcome) if welcome.token.as_deref() == Some("t-u-1"))
    );
    assert!(matches!(&events[2], SessionEvent::RoomJoined { info, reference: None } if info.head == 4));
    assert_eq!(client.session.user().unwrap().as_str(), "u-1");
    assert_eq!(client.session.epoch().unwrap().as_str(), "e1");
}

#[test]
fn a_reconnect_is_the_same_user_and_resumes() {
    let mut client = Client::connected(4);
    client.hear_event("lobby", 5);
    client.cut();
    let hello = client.open();
    assert_eq!(hello.token.as_deref(), Some("t-u-1"));
    let resume = hello.resume.unwrap();
    assert_eq!(resume.epoch.as_str(), "e1");
    assert_eq!(resume.rooms, BTreeMap::from([(key("lobby"), 5)]));
}

#[test]
fn pings_are_answered() {
    let mut client = Client::connected(0);
    client.sent.clear();
    client.hear(r#"{"type":"ping","heads":{}}"#);
    assert!(matches!(client.question(), ClientFrame::Pong(_)));
}

#[test]
fn pongs_do_not_queue_up_before_a_socket_that_stalls() {
    let mut client = Client::connected(0);
    for _ in 0..1000 {
        client.session.handle_text(client.now, r#"{"type":"ping"}"#);
    }
    assert_eq!(std::iter::from_fn(|| client.session.poll_transmit()).count(), 1);
}

#[test]
fn n01_a_silent_link_is_given_up_after_20_seconds() {
    let mut client = Client::connected(0);
    client.now += Duration::from_secs(15);
    client.hear(r#"{"type":"whatever"}"#);
    assert_eq!(client.session.poll_timeout(), Some(client.now + CLIENT_PATIENCE), "any frame counts");
    client.now += Duration::from_millis(19_999);
    client.session.handle_timeout(client.now);
    client.drain();
    assert_eq!(client.actions, []);
    client.wait();
    assert_eq!(client.actions, [Action::Close]);
    assert!(waiting(&client) < BACKOFF_BASE);
    client.wait();
    assert_eq!(client.actions, [Action::Close, Action::Connect]);
}

#[test]
fn a_dial_and_a_greeting_that_hang_are_given_up() {
    let mut client = Client::new(Saved::default());
    client.wait();
    assert_eq!(client.actions, [Action::Connect, Action::Close]);
    client.wait();
    client.open();
    client.wait();
    assert_eq!(client.actions.last(), Some(&Action::Close), "no welcome");
}

#[test]
fn waits_grow_until_a_link_was_healthy() {
    let mut client = Client::new(Saved::default());
    let mut longest = Duration::ZERO;
    for attempt in 0..40 {
        client.close(None);
        let bound = BACKOFF_BASE.saturating_mul(1 << attempt.min(10)).min(BACKOFF_MAX);
        assert!(waiting(&client) < bound);
        longest = longest.max(waiting(&client));
        client.wait();
    }
    assert!(longest > BACKOFF_MAX / 2);
    client.connect(&[("lobby", 0)]);
    client.now += Duration::from_millis(9_999);
    client.cut();
    client.connect(&[("lobby", 0)]);
    client.now += BACKOFF_HEALTHY;
    client.close(None);
    assert!(waiting(&client) < BACKOFF_BASE);
}

/// All seeds together: a link of less than ten seconds leaves the bound where it was.
#[test]
fn a_link_that_flaps_does_not_reset_the_wait() {
    let longest = (0..50).map(|seed| {
        let config = SessionConfig { client: "t".into(), conn: id("c"), name: None, token: None, seed };
        let mut session = Session::new(config, Saved::default(), Duration::ZERO);
        let mut now = Duration::ZERO;
        for _ in 0..8 {
            session.handle_connected(now);
            session.handle_text(now, &welcome("e1", "u-1", &[("lobby", 0)]));
            assert_eq!(session.link(), &Link::Connected);
            now += Duration::from_secs(9);
            session.handle_closed(now, Some(close::SLOW));
            now = session.poll_timeout().unwrap();
            session.handle_timeout(now);
        }
        session.handle_closed(now, None);
        session.poll_timeout().unwrap().saturating_sub(now)
    });
    assert!(longest.max().unwrap() > Duration::from_secs(20));
}

#[test]
fn waking_dials_at_once() {
    let mut client = Client::new(Saved::default());
    for _ in 0..12 {
        client.cut();
    }
    client.close(None);
    client.actions.clear();
    client.now += BACKOFF_BASE;
    client.session.handle_wake(client.now);
    client.drain();
    assert_eq!(client.actions, [Action::Connect]);
    assert_eq!(client.session.link(), &Link::Connecting);
    client.close(None);
    client.session.handle_wake(client.now);
    client.drain();
    assert!(waiting(&client) <= BACKOFF_BASE, "but it does not knock faster than that");
}

#[test]
fn waking_makes_sure_that_the_link_lives() {
    let mut client = Client::connected(3);
    client.sent.clear();
    client.session.handle_wake(client.now);
    client.drain();
    let ClientFrame::History(asked) = client.question() else { panic!("something that is answered") };
    assert_eq!((asked.after, asked.limit), (Some(3), Some(1)));
    let mut alive = client.session.poll_timeout().unwrap();
    assert_eq!(alive, client.now + Duration::from_secs(5));
    client.hear(&page(asked.reference, "lobby", 4, 3, 3));
    assert_eq!(client.session.poll_timeout().unwrap(), client.now + CLIENT_PATIENCE);
    client.session.handle_wake(client.now);
    client.drain();
    alive = client.session.poll_timeout().unwrap();
    client.wait();
    assert_eq!((client.now, client.actions.last()), (alive, Some(&Action::Close)));
}

#[test]
fn goaway_spreads_the_reconnects() {
    let mut waits = Vec::new();
    for seed in 0..200 {
        let config = SessionConfig { client: "t".into(), conn: id("c"), name: None, token: None, seed };
        let now = Duration::from_secs(1);
        let mut session = Session::new(config, Saved::default(), now);
        session.handle_connected(now);
        session.handle_text(now, &welcome("e1", "u-1", &[("lobby", 0)]));
        session.handle_text(now, r#"{"type":"goaway","after_ms":10000,"why":"restart"}"#);
        session.handle_closed(now, Some(close::RESTART));
        waits.push(session.poll_timeout().unwrap().saturating_sub(now));
    }
    assert!(waits.iter().all(|wait| *wait < Duration::from_secs(10)));
    let early = waits.iter().filter(|wait| **wait < Duration::from_secs(5)).count();
    assert!((60..140).contains(&early), "{early} of 200 in the first half");
}

#[test]
fn after_goaway_lines_wait_for_the_next_link_and_a_close_that_never_comes_is_not_awaited() {
    let mut client = Client::connected(0);
    client.hear(r#"{"type":"goaway","after_ms":1000,"why":"restart"}"#);
    assert!(
        client.events().iter().any(|event| matches!(event, SessionEvent::Goaway { why } if why == "restart"))
    );
    client.send("lobby", "a");
    assert_eq!(client.lines(), [""; 0]);
    client.now += Duration::from_secs(9);
    client.hear(r#"{"type":"ping"}"#);
    client.wait();
    assert_eq!(client.actions.last(), Some(&Action::Close));
    client.wait();
    client.connect(&[("lobby", 0)]);
    assert_eq!(client.lines(), ["a"]);
}

#[test]
fn final_codes_stop_and_others_come_back() {
    for code in [close::SIGN_IN, close::BAD_PROTOCOL, close::REPLACED] {
        let mut client = Client::connected(0);
        client.close(Some(code));
        assert!(matches!(client.session.link(), Link::Stopped(stopped) if stopped.code == code));
        assert_eq!(client.session.poll_timeout(), None);
        client.session.handle_wake(client.now);
        client.session.handle_timeout(client.now + Duration::from_hours(1));
        client.drain();
        assert_eq!(client.actions, [], "{code}");
        client.session.restart(client.now);
        client.drain();
        assert_eq!(client.actions, [Action::Connect], "the person asked");
    }
    for code in [None, Some(close::SLOW), Some(close::RESTART), Some(close::NORMAL), Some(4999)] {
        let mut client = Client::connected(0);
        client.close(code);
        assert!(waiting(&client) < BACKOFF_BASE, "{code:?}");
    }
}

#[test]
fn an_unpolled_dial_is_not_followed_by_a_close() {
    let config = SessionConfig { client: "t".into(), conn: id("c"), name: None, token: None, seed: 1 };
    let mut session = Session::new(config, Saved::default(), Duration::ZERO);
    session.handle_timeout(Duration::from_secs(11));
    assert_eq!(session.poll_action(), None);
    session.handle_timeout(Duration::from_secs(12));
    assert_eq!(session.poll_action(), Some(Action::Connect));
}

#[test]
fn what_is_not_understood_does_no_harm() {
    let mut client = Client::connected(5);
    client.events();
    client.sent.clear();
    for text in [
        "",
        "Welcome!",
        "[]",
        "{",
        r#"{"type":"confetti"}"#,
        r#"{"type":"ack"}"#,
        r#"{"type":"welcome"}"#,
        r#"{"type":"history","ref":99,"room":"lobby","events":[],"first":1,"last":0,"head":0,"as_of":0,"more":true}"#,
        r#"{"type":"synced","room":"nowhere","head":77}"#,
        r#"{"type":"reset","room":"nowhere","epoch":"e","first":1,"head":9,"why":"ahead"}"#,
        r#"{"type":"error","id":"nobody","code":"too_long","reason":"?"}"#,
        r#"{"type":"error","ref":99,"code":"new_code","reason":"?","retry":true}"#,
        r#"{"type":"ok","ref":99}"#,
        r#"{"type":"message","room":"elsewhere","seq":1,"id":"x","user":"u","sender":"x","message":"x","timestamp":"x"}"#,
    ] {
        client.hear(text);
        assert_eq!((client.events(), client.sent.len()), (vec![], 0), "{text}");
    }
    client.hear(r#"{"type":"poll","room":"lobby","seq":6,"question":"unknown events keep their place"}"#);
    assert_eq!(client.told(), ["6"]);
}
