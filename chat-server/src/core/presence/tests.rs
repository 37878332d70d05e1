use super::*;

fn user(n: u64) -> UserId {
    UserId::new(format!("g-{n}")).unwrap()
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Connects user `n` as link `n` under a name and puts it into the lobby.
fn arrive(presence: &mut Presence, n: u64, name: &str, now: Duration) -> String {
    let connected = presence.connect(n, &user(n), None, Some(name), "guest", seconds(1));
    presence.enter(n, &RoomKey::lobby(), now);
    connected.name
}

fn told(presence: &mut Presence, now: Duration) -> Vec<(NoticeKind, Vec<String>, u32)> {
    presence.poll(now).into_iter().map(|notice| (notice.kind, notice.names, notice.present)).collect()
}

#[test]
fn coming_is_told_at_once_and_then_coalesced() {
    let mut presence = Presence::default();
    arrive(&mut presence, 1, "ana", seconds(1));
    assert_eq!(told(&mut presence, seconds(1)), [(NoticeKind::Join, vec!["ana".into()], 1)]);
    arrive(&mut presence, 2, "bo", seconds(1));
    arrive(&mut presence, 3, "cy", seconds(1));
    assert_eq!(told(&mut presence, seconds(1)), []);
    let next = presence.next().unwrap();
    assert_eq!(next, Duration::from_millis(1500));
    assert_eq!(told(&mut presence, next), [(NoticeKind::Join, vec!["bo".into(), "cy".into()], 3)]);
    assert_eq!(presence.next(), None);
}

#[test]
fn a_reconnect_within_the_grace_shows_nothing() {
    let mut presence = Presence::default();
    arrive(&mut presence, 1, "ana", seconds(1));
    told(&mut presence, seconds(1));
    presence.disconnect(1, seconds(10));
    assert_eq!(told(&mut presence, seconds(14)), []);
    presence.connect(7, &user(1), None, Some("ana"), "guest", seconds(1));
    presence.enter(7, &RoomKey::lobby(), seconds(14));
    assert_eq!(told(&mut presence, seconds(30)), []);
    assert_eq!(presence.present(&RoomKey::lobby()), 1);
}

#[test]
fn who_stays_away_is_told_and_the_name_is_free_again() {
    let mut presence = Presence::default();
    arrive(&mut presence, 1, "ana", seconds(1));
    told(&mut presence, seconds(1));
    presence.disconnect(1, seconds(10));
    assert_eq!(arrive(&mut presence, 2, "Ana", seconds(11)), "Ana2", "the name is kept for the grace");
    assert_eq!(presence.next(), Some(seconds(11)));
    told(&mut presence, seconds(11));
    assert_eq!(told(&mut presence, seconds(15)), [(NoticeKind::Leave, vec!["ana".into()], 1)]);
    assert_eq!(arrive(&mut presence, 3, "ana", seconds(16)), "ana");
}

#[test]
fn leaving_on_purpose_is_told_without_the_grace() {
    let mut presence = Presence::default();
    arrive(&mut presence, 1, "ana", seconds(1));
    arrive(&mut presence, 2, "bo", seconds(1));
    told(&mut presence, seconds(1));
    presence.exit(1, &RoomKey::lobby(), seconds(2));
    assert_eq!(told(&mut presence, seconds(2)), [(NoticeKind::Leave, vec!["ana".into()], 1)]);
}

#[test]
fn a_second_connection_neither_joins_nor_leaves() {
    let mut presence = Presence::default();
    arrive(&mut presence, 1, "ana", seconds(1));
    told(&mut presence, seconds(1));
    let connected = presence.connect(9, &user(1), None, Some("other"), "guest", seconds(1));
    assert_eq!(connected, Connected { name: "ana".into(), replaces: vec![], renamed: None });
    presence.enter(9, &RoomKey::lobby(), seconds(2));
    presence.disconnect(1, seconds(3));
    assert_eq!(told(&mut presence, seconds(60)), []);
    assert_eq!(presence.members(&RoomKey::lobby()).len(), 1);
}

/// A page was loaded anew before it knew of its new name: the others went on seeing that one.
#[test]
fn who_is_back_at_once_under_another_name_is_told_of() {
    let mut presence = Presence::default();
    arrive(&mut presence, 1, "ana", seconds(1));
    told(&mut presence, seconds(1));
    presence.disconnect(1, seconds(2));
    let connected = presence.connect(9, &user(1), None, Some("bo"), "guest", seconds(3));
    let change = Change { rooms: vec![RoomKey::lobby()], name: "bo".into(), value: "ana".into() };
    assert_eq!(connected, Connected { name: "bo".into(), replaces: vec![], renamed: Some(change) });
    presence.enter(9, &RoomKey::lobby(), seconds(3));
    assert_eq!(told(&mut presence, seconds(60)), [], "neither went nor came");
}

#[test]
fn an_equal_conn_replaces_the_older_connection() {
    let mut presence = Presence::default();
    let conn = Id::new("tab").ok();
    presence.connect(1, &user(1), conn.clone(), None, "guest", seconds(1));
    assert_eq!(presence.connect(2, &user(1), conn.clone(), None, "guest", seconds(1)).replaces, [1]);
    let stranger = presence.connect(3, &user(2), conn, None, "guest", seconds(1));
    assert!(stranger.replaces.is_empty(), "another user's is not touched");
}

#[test]
fn names_are_unique_by_look_and_always_found() {
    let mut presence = Presence::default();
    assert_eq!(arrive(&mut presence, 1, "ana", seconds(1)), "ana");
    assert_eq!(arrive(&mut presence, 2, "аna", seconds(1)), "аna2", "a Cyrillic a");
    assert_eq!(arrive(&mut presence, 3, "🙂", seconds(1)), "guest");
    let long = "x".repeat(40);
    assert_eq!(arrive(&mut presence, 4, &long, seconds(1)).len(), 32);
    assert_eq!(arrive(&mut presence, 5, &long, seconds(1)), "x".repeat(31) + "2");
    assert_eq!(
        presence.rename(&user(1), "AnA").map(|change| change.value),
        Some("ana".into()),
        "one's own name"
    );
    assert_eq!(presence.rename(&user(3), "ana"), None);
    assert_eq!(presence.rename_near(&user(3), "ana").map(|change| change.name), Some("ana3".into()));
}

#[test]
fn a_name_that_thousands_want_is_numbered_without_counting_anew() {
    let mut presence = Presence::default();
    let names: Vec<_> = (0..3000).map(|n| arrive(&mut presence, n, "ana", seconds(1))).collect();
    assert_eq!((names[0].as_str(), names[1].as_str(), names[2999].as_str()), ("ana", "ana2", "ana3000"));
    presence.disconnect(4, seconds(1));
    presence.poll(seconds(60));
    assert_eq!(arrive(&mut presence, 3000, "ana", seconds(60)), "ana5", "a small number is given anew");
}

/// The page connects before its visitor has chosen a name: "guest joined, guest is now bo" was told.
#[test]
fn who_has_no_name_yet_comes_when_they_have_one() {
    let mut presence = Presence::default();
    presence.connect(1, &user(1), None, None, "guest", seconds(1));
    presence.enter(1, &RoomKey::lobby(), seconds(1));
    assert_eq!((told(&mut presence, seconds(1)), presence.present(&RoomKey::lobby())), (vec![], 0));
    assert_eq!(presence.rename(&user(1), "bo").unwrap().rooms, []);
    presence.show(&user(1), seconds(2));
    assert_eq!(told(&mut presence, seconds(2)), [(NoticeKind::Join, vec!["bo".into()], 1)]);
    presence.connect(2, &user(2), None, None, "guest", seconds(1));
    presence.enter(2, &RoomKey::lobby(), seconds(3));
    presence.connect(3, &user(3), None, None, "guest", seconds(3));
    presence.enter(3, &RoomKey::lobby(), seconds(3));
    presence.connect(4, &user(3), None, Some("cy"), "guest", seconds(3));
    assert_eq!(
        presence.present(&RoomKey::lobby()),
        2,
        "a second connection with a name shows the first one too"
    );
    presence.poll(seconds(3));
    presence.disconnect(2, seconds(4));
    assert_eq!(told(&mut presence, seconds(60)), [], "and who never has one never came");
}

#[test]
fn a_person_is_idle_when_every_connection_is() {
    let mut presence = Presence::default();
    arrive(&mut presence, 1, "ana", seconds(1));
    presence.connect(2, &user(1), None, None, "guest", seconds(1));
    assert_eq!(presence.set_idle(1, true), None);
    assert_eq!(presence.set_idle(2, true).map(|change| change.value), Some(PresenceState::Idle));
    assert_eq!(presence.set_idle(2, true), None);
    assert_eq!(presence.set_idle(1, false).map(|change| change.value), Some(PresenceState::Online));
}

#[test]
fn a_crowd_is_told_in_counts() {
    let mut presence = Presence::default();
    for n in 0..300 {
        arrive(&mut presence, n, "x", seconds(1));
    }
    let notices = presence.poll(seconds(1));
    assert_eq!((notices[0].count, notices[0].names.len(), notices[0].present), (300, 0, 300));
}
