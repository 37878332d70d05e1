//! What tests of the timeline share: logs in all orders.

use proptest::prelude::*;

use super::*;
use crate::app::testing::message_at;

#[test]
fn events_find_their_place_in_any_order_and_only_once() {
    let mut timeline = Timeline::default();
    timeline.set_bounds(1, 5);
    timeline.insert([message_at(5, "bo", "five"), message_at(4, "bo", "four")], 0);
    timeline.insert([message_at(5, "bo", "again")], 0);
    let seqs: Vec<Seq> = timeline.events().map(|(seq, _)| seq).collect();
    assert_eq!(seqs, [4, 5]);
    assert!(matches!(timeline.get(5), Some(Entry::Said(said)) if said.text == "five"));
    assert!(timeline.has_older());
    assert_eq!(timeline.unread_after(2), 3);
}

#[test]
fn an_edit_older_than_the_page_changes_nothing() {
    let mut timeline = Timeline::default();
    timeline.insert([message_at(1, "bo", "newest")], 9);
    let edit = |seq: Seq, text: &str| {
        Event::parse(&format!(
            r#"{{"type":"edit","room":"lobby","seq":{seq},"id":"e{seq}","target":1,"user":"u","sender":"bo","text":"{text}","timestamp":""}}"#
        ))
        .unwrap()
    };
    timeline.insert([edit(8, "old")], 0);
    assert!(matches!(timeline.get(1), Some(Entry::Said(said)) if said.text == "newest"));
    timeline.insert([edit(10, "newer")], 0);
    assert!(matches!(timeline.get(1), Some(Entry::Said(said)) if said.text == "newer"));
}

#[test]
fn a_deletion_leaves_a_stone_that_says_by_whom_whichever_comes_first() {
    let delete = Event::parse(
        r#"{"type":"delete","room":"lobby","seq":3,"id":"d","target":1,"user":"u-9","sender":"ana","timestamp":""}"#,
    )
    .unwrap();
    let by = |timeline: &Timeline| match timeline.get(1) {
        Some(Entry::Deleted(deleted)) => (deleted.name.clone(), deleted.by.clone()),
        other => panic!("{other:?}"),
    };
    let mut live = Timeline::default();
    live.insert([message_at(1, "bo", "regrets"), delete.clone()], 0);
    assert_eq!(by(&live), ("bo".to_owned(), Some("ana".to_owned())));
    let Event::Message(mut page) = message_at(1, "bo", "") else { panic!("a message") };
    page.folded = Some(protocol::event::Folded { deleted: true, ..Default::default() });
    let mut paged = Timeline::default();
    paged.insert([delete], 0);
    paged.insert([Event::Message(page.clone())], 3);
    assert_eq!(by(&paged), by(&live));
    let mut alone = Timeline::default();
    alone.insert([Event::Message(page)], 3);
    assert_eq!(by(&alone).1, None);
}

#[test]
fn memory_is_bounded() {
    let mut timeline = Timeline::default();
    timeline.insert((1..=5_000).map(|seq| message_at(seq, "bo", "x")), 0);
    timeline.trim();
    assert_eq!((timeline.oldest(), timeline.last()), (Some(2_001), 5_000));
    let long = "y".repeat(60_000);
    timeline.insert((5_001..=5_300).map(|seq| message_at(seq, "bo", &long)), 0);
    timeline.trim();
    assert!(timeline.bytes <= BYTES);
}

#[test]
fn memory_is_bounded_around_the_place_somebody_looks_at() {
    for (looks_at, left) in [(100, (1, 9_000)), (12_001, (3_002, 12_001))] {
        let mut timeline = Timeline::default();
        timeline.insert((1..=12_000).map(|seq| message_at(seq, "bo", "x")), 0);
        timeline.trim_around(looks_at);
        assert_eq!(timeline.events.len(), 12_000);
        timeline.insert([message_at(12_001, "bo", "x")], 0);
        timeline.trim_around(looks_at);
        assert_eq!((timeline.oldest(), timeline.last()), (Some(left.0), left.1));
        assert_eq!(timeline.head(), 12_001, "what is dropped below shows as a gap");
    }
}

/// A log in which messages are said, answered, changed, taken out, reacted to and pinned, by luck.
fn log() -> impl Strategy<Value = Vec<Event>> {
    let event = (0_u8..7, 0_usize..100, 0_usize..3, any::<bool>());
    proptest::collection::vec(event, 1..40).prop_map(|wishes| {
        let mut log: Vec<Event> = Vec::new();
        let mut roots: Vec<Seq> = Vec::new();
        let mut said: Vec<Seq> = Vec::new();
        for (kind, which, who, on) in wishes {
            let seq = log.len() as Seq + 1;
            let who = ["ana", "bo", "cleo"][who];
            let pick = |from: &[Seq]| from.get(which % from.len().max(1)).copied();
            let Some(target) = pick(&said).filter(|_| kind > 1) else {
                roots.push(seq);
                said.push(seq);
                log.push(message_at(seq, who, &format!("text {seq}")));
                continue;
            };
            let json = match kind {
                2 => {
                    let Event::Message(mut answer) = message_at(seq, who, &format!("answer {seq}")) else {
                        unreachable!("it makes messages")
                    };
                    answer.thread = pick(&roots);
                    said.push(seq);
                    log.push(Event::Message(answer));
                    continue;
                }
                3 => format!(r#""type":"edit","text":"edit {seq}""#),
                4 if which % 4 == 0 => r#""type":"delete""#.to_owned(),
                5 => format!(r#""type":"pin","on":{on}"#),
                _ => format!(r#""type":"react","emoji":"{}","on":{on}"#, ["👍", "🎉"][which % 2]),
            };
            log.push(
                Event::parse(&format!(
                    r#"{{{json},"room":"lobby","seq":{seq},"id":"e{seq}","target":{target},"user":"g-{who}","sender":"{who}","timestamp":"2026-11-23T10:00:00.000Z"}}"#
                ))
                .unwrap(),
            );
        }
        log
    })
}

/// The page of these places, as a server tells it that has all up to `as_of`.
fn page(log: &[Event], first: usize, last: usize, as_of: usize) -> Vec<Event> {
    let mut events = log[first..last].to_vec();
    for event in &mut events {
        let Event::Message(message) = event else { continue };
        let seq = message.seq;
        for change in log[..as_of].iter().filter(|change| protocol::fold::target(change) == Some(seq)) {
            protocol::fold::apply(message, change);
        }
    }
    events
}

/// What is seen of it.
fn view(timeline: &Timeline) -> Vec<String> {
    let told = |(seq, entry): (Seq, &Entry)| match entry {
        Entry::Said(said) => {
            format!("{seq} {} {} {:?} {:?}", said.name, &*said.text, said.folded, said.mentions)
        }
        Entry::Deleted(deleted) => format!("{seq} {} {:?} {:?}", deleted.name, deleted.by, deleted.replies),
        other => format!("{seq} {other:?}"),
    };
    timeline.events().map(told).collect()
}

proptest! {
    #[test]
    fn a_log_gives_the_same_view_however_it_is_split_into_pages_and_live_events(
        log in log(),
        pages in proptest::collection::vec((0_usize..40, 1_usize..20, 0_usize..40), 0..8),
        order in any::<u64>(),
    ) {
        let mut live = Timeline::default();
        live.insert(log.clone(), 0);
        // The same by pages that overlap and come late, between live events in any order.
        let mut parts: Vec<(Vec<Event>, Seq)> = log.iter().map(|event| (vec![event.clone()], 0)).collect();
        for (first, length, later) in pages {
            let first = first % log.len();
            let last = (first + length).min(log.len());
            let as_of = (last + later).min(log.len());
            parts.push((page(&log, first, last, as_of), as_of as Seq));
        }
        let mut luck = order;
        for at in (1..parts.len()).rev() {
            luck = luck.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            parts.swap(at, (luck >> 33) as usize % (at + 1));
        }
        let mut split = Timeline::default();
        for (events, as_of) in parts {
            split.insert(events, as_of);
        }
        prop_assert_eq!(view(&split), view(&live));
        // A thread that is opened is what its room has of it.
        for (seq, _) in live.events().filter(|(_, entry)| matches!(entry, Entry::Said(said) if said.thread.is_none())) {
            let thread = live.thread(seq);
            prop_assert!(view(&thread).iter().all(|line| view(&live).contains(line)));
        }
    }
}

/// The change of a message in the lobby.
fn change(seq: Seq, target: Seq, rest: &str) -> Event {
    let json = format!(
        r#"{{{rest},"room":"lobby","seq":{seq},"id":"c{seq}","target":{target},"user":"g-bo","sender":"bo","timestamp":""}}"#
    );
    Event::parse(&json).unwrap()
}

#[test]
fn a_change_is_folded_once_however_many_came_before() {
    for taken_out in [false, true] {
        let mut timeline = Timeline::default();
        timeline.insert([message_at(1, "bo", "root")], 0);
        let first = if taken_out { r#""type":"delete""# } else { r#""type":"pin","on":true"# };
        timeline.insert([change(2, 1, first)], 0);
        for seq in 3..1_003 {
            let Event::Message(mut answer) = message_at(seq, "bo", "x") else { unreachable!() };
            answer.thread = Some(1);
            timeline.insert([Event::Message(answer)], 0);
        }
        let replies = match timeline.get(1) {
            Some(Entry::Said(said)) => said.replies().cloned(),
            Some(Entry::Deleted(deleted)) => deleted.replies.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(replies.map(|replies| (replies.count, replies.last)), Some((1_000, 1_002)));
        assert!(timeline.folding.folds < 1_010, "{}", timeline.folding.folds);
    }
}

#[test]
fn what_is_kept_of_changes_is_bounded_and_what_came_of_them_stands() {
    let mut timeline = Timeline::default();
    timeline.insert([message_at(1, "bo", "one"), message_at(2, "bo", "two")], 0);
    let long = "y".repeat(60_000);
    timeline.insert([change(3, 1, r#""type":"edit","text":"first""#)], 0);
    timeline.insert([change(4, 1, r#""type":"react","emoji":"👍","on":true"#)], 0);
    for seq in 5..505 {
        timeline.insert([change(seq, 2, &format!(r#""type":"edit","text":"{seq}{long}""#))], 0);
    }
    assert_eq!(format!("{:?}", timeline.folding).matches(&long).count(), 1, "only the newest text is kept");
    for seq in 505..1_005 {
        // Of messages that are not here.
        timeline.insert([change(seq, seq + 10_000, &format!(r#""type":"edit","text":"{long}""#))], 0);
    }
    assert!(format!("{:?}", timeline.folding).matches(&long).count() < 150);
    timeline.insert([change(1_005, 1, r#""type":"pin","on":true"#)], 0);
    let Some(Entry::Said(said)) = timeline.get(1) else { panic!("a message") };
    assert_eq!((&*said.text, said.folded.pinned, said.folded.reactions.len()), ("first", true, 1));
}

#[test]
fn what_is_taken_out_is_not_kept_in_memory() {
    let mut timeline = Timeline::default();
    timeline.insert([message_at(1, "bo", "a slip")], 0);
    let event = |json: &str| {
        Event::parse(&format!(
            r#"{{{json},"room":"lobby","id":"x","target":1,"user":"g-bo","sender":"bo","timestamp":""}}"#
        ))
        .unwrap()
    };
    timeline.insert([event(r#""type":"edit","seq":2,"text":"another slip""#)], 0);
    assert!(format!("{timeline:?}").contains("slip"));
    timeline.insert([event(r#""type":"delete","seq":3"#)], 0);
    assert!(!format!("{timeline:?}").contains("slip"), "{timeline:?}");
}
