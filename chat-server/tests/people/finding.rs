//! Messages found again: by what they say, by whom they name, by when they were said. And who has read what.

use serde_json::{Value, json};

use crate::stage::{Person, Stage, session};

/// The answer to a search, once all that was said can be found.
async fn find(person: &mut Person, query: &str) -> Value {
    find_as(person, json!({"type": "search", "query": query})).await
}

async fn find_as(person: &mut Person, question: Value) -> Value {
    loop {
        let found = person.does(question.clone()).await;
        if found["behind"] == 0 {
            return found;
        }
    }
}

/// The texts of an answer's hits, as they are now.
pub(crate) fn texts(found: &Value) -> Vec<&str> {
    let hits = found["hits"].as_array().unwrap().iter();
    hits.map(|hit| text(&hit["message"])).collect()
}

fn text(message: &Value) -> &str {
    message["folded"]["text"].as_str().or(message["message"].as_str()).unwrap()
}

pub(crate) async fn seq(person: &mut Person, room: &str, text: &str) -> u64 {
    person.say(room, text).await["seq"].as_u64().unwrap()
}

/// The room as a new connection of an account is told it.
pub(crate) async fn told(stage: &Stage, name: &str, room: &str) -> Value {
    let device = stage.again(name).await;
    let rooms = device.welcome["rooms"].as_array().unwrap().clone();
    rooms.into_iter().find(|info| info["room"] == room).unwrap()
}

#[tokio::test]
async fn what_was_said_is_found_as_it_is_now_with_what_is_around_it() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let club = ana.makes_private("Release Club").await;
    ana.brings(&club, &mut bo).await;
    ana.say("lobby", "good morning").await;
    let plan = seq(&mut ana, "lobby", "The release plan is ready").await;
    bo.say("lobby", "which one?").await;
    bo.say(&club, "our own plan: https://example.org/").await;

    let found = find(&mut bo, "PLAN").await;
    assert_eq!(texts(&found), ["our own plan: https://example.org/", "The release plan is ready"]);
    let hit = &found["hits"][1];
    assert_eq!((text(&hit["previous"]), text(&hit["next"])), ("good morning", "which one?"));
    assert_eq!(hit["title"], "Lobby");
    assert_eq!(found["hits"][0]["title"], "Release Club");
    assert_eq!(found["hits"][0].get("next"), None);
    for (query, count) in [
        ("plan in:lobby", 1),
        ("plan in:\"release club\"", 1),
        ("plan in:nowhere", 0),
        ("plan from:ana", 1),
        ("has:link", 1),
        ("has:file", 0),
        ("\"release plan\"", 1),
        ("re*", 1),
        ("plan before:2001-01-01", 0),
    ] {
        assert_eq!(texts(&find(&mut bo, query).await).len(), count, "{query}");
    }
    let best =
        find_as(&mut bo, json!({"type": "search", "query": "plan", "order": "rank", "limit": 1})).await;
    assert_eq!(texts(&best).len(), 1);

    ana.does(json!({"type": "edit", "room": "lobby", "target": plan, "text": "The release wumpus is ready", "id": "e1"}))
        .await;
    assert_eq!(texts(&find(&mut bo, "wumpus").await), ["The release wumpus is ready"]);
    assert_eq!(texts(&find(&mut bo, "plan in:lobby").await), [""; 0]);
    ana.does(json!({"type": "delete", "room": "lobby", "target": plan})).await;
    assert_eq!(texts(&find(&mut bo, "wumpus").await), [""; 0]);
    let hit = &find(&mut bo, "which").await["hits"][0];
    assert_eq!(text(&hit["previous"]), "good morning", "what was taken out is passed over");
}

#[tokio::test]
async fn answers_come_in_pages_and_thread_by_thread() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let root = seq(&mut ana, "lobby", "the root").await;
    for n in 0..5 {
        ana.say("lobby", &format!("word {n}")).await;
        ana.does(
            json!({"type": "message", "room": "lobby", "message": format!("answer {n}"), "thread": root}),
        )
        .await;
    }
    let (mut all, mut before) = (Vec::new(), Value::Null);
    loop {
        let mut question = json!({"type": "search", "query": "word", "limit": 2});
        if before.is_u64() {
            question["before"] = before;
        }
        let found = find_as(&mut ana, question).await;
        all.extend(texts(&found).into_iter().map(str::to_owned));
        before = found["before"].clone();
        assert!(
            before.as_u64().is_none_or(|before| before > 1_000_000),
            "it tells how much is said: {before}"
        );
        if before.is_null() {
            break;
        }
    }
    assert_eq!(all, ["word 4", "word 3", "word 2", "word 1", "word 0"]);
    let found = find(&mut ana, "\"word 2\"").await;
    let hit = &found["hits"][0];
    assert_eq!((text(&hit["previous"]), text(&hit["next"])), ("word 1", "word 3"));
    let found = find(&mut ana, "\"answer 2\"").await;
    let hit = &found["hits"][0];
    assert_eq!((text(&hit["previous"]), text(&hit["next"])), ("answer 1", "answer 3"));
}

/// A02, A03: what one may not read is not found, whatever one asks, from the moment one may not read it any more.
#[tokio::test]
async fn nobody_finds_what_they_may_not_read() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let mut cy = stage.person("cy", "admin").await;
    let mut guest = stage.guest("gast").await;
    let room = ana.makes_private("Secrets").await;
    ana.brings(&room, &mut bo).await;
    let direct = ana.does(json!({"type": "direct", "users": ["u-bo"]})).await;
    let direct = direct["room"]["room"].as_str().unwrap().to_owned();
    ana.say(&room, "xyzzy @bo").await;
    ana.say(&direct, "xyzzy for two").await;
    let found = find(&mut bo, "xyzzy").await;
    assert_eq!(texts(&found), ["xyzzy for two", "xyzzy @bo"]);
    assert_eq!(found["hits"][0]["title"], "ana", "a conversation is called by who else is in it");
    assert_eq!(texts(&find(&mut bo, "xyzzy in:ana").await), ["xyzzy for two"]);
    for other in [&mut cy, &mut guest] {
        for query in ["xyzzy", "xyzzy in:secrets", &format!("xyzzy in:{room}"), "from:ana"] {
            let found = find(other, query).await;
            assert_eq!((texts(&found), found.get("before")), (vec![], None), "{query}");
        }
        let mentioned = other.does(json!({"type": "mentions"})).await;
        assert_eq!(mentioned["hits"], json!([]));
    }
    assert_eq!(bo.does(json!({"type": "mentions"})).await["hits"].as_array().unwrap().len(), 1);
    ana.does(json!({"type": "kick", "room": room, "user": "u-bo"})).await;
    assert_eq!(texts(&find(&mut bo, "xyzzy").await), ["xyzzy for two"]);
    assert_eq!(bo.does(json!({"type": "mentions"})).await["hits"], json!([]));
}

/// P16: whatever is asked is answered, or refused with words that help; the connection lives on.
#[tokio::test]
async fn hostile_questions_do_no_harm() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    ana.say("lobby", "a word").await;
    let long = "x".repeat(1001);
    let many = "x ".repeat(33);
    for (query, reason) in [
        ("", "say what to look for"),
        ("\"open", "quotation mark is not closed"),
        ("a*", "letters must stand before"),
        ("x before:yesterday", "needs a day"),
        ("x has:cheese", "has:file"),
        ("in: x", "needs a room's name"),
        (&long, "at most 1000 bytes"),
        (&many, "at most 32"),
    ] {
        let refused = ana.ask(json!({"type": "search", "query": query})).await;
        assert_eq!(refused["code"], "bad_query", "{query}: {refused}");
        assert!(refused["reason"].as_str().unwrap().contains(reason), "{refused}");
    }
    for query in
        ["NEAR(a, b)", "text : x AND rowid:1", "\u{e000}1", "'; DROP TABLE search; --", "a OR b NOT c", "^a"]
    {
        let found = ana.ask(json!({"type": "search", "query": query})).await;
        assert!(found["type"] == "found" || found["code"] == "bad_query", "{query}: {found}");
    }
    for question in [
        json!({"type": "search"}),
        json!({"type": "search", "query": 7}),
        json!({"type": "search", "query": "x", "before": -1}),
        json!({"type": "search", "query": "x", "before": 9_007_199_254_740_993_u64}),
        json!({"type": "search", "query": "x", "order": "random"}),
        json!({"type": "history", "room": "lobby", "at": "tomorrow"}),
        json!({"type": "history", "room": "lobby", "at": "2025-02-31T00:00:00Z"}),
    ] {
        assert_eq!(ana.is_refused(question).await, "bad_frame");
    }
    for question in [
        json!({"type": "search", "query": "word", "limit": 0}),
        json!({"type": "search", "query": "word", "limit": 4_000_000_000_u64}),
        json!({"type": "search", "query": "word", "before": 9_007_199_254_740_991_u64}),
    ] {
        assert_eq!(texts(&find_as(&mut ana, question).await), ["a word"]);
    }
}

#[tokio::test]
async fn what_is_unread_is_counted_up_to_its_bound() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let club = ana.makes_private("Club").await;
    ana.brings(&club, &mut bo).await;
    bo.does(json!({"type": "join", "room": "@self"})).await;
    let root = seq(&mut ana, &club, "one").await;
    bo.say(&club, "mine").await;
    ana.does(json!({"type": "message", "room": club, "message": "in a thread", "thread": root})).await;
    ana.does(json!({"type": "react", "room": club, "target": root, "emoji": "👍", "on": true, "id": "r1"}))
        .await;
    assert_eq!(told(&stage, "bo", &club).await["unread"], 1);
    for n in 0..120 {
        ana.say(&club, &format!("{n}")).await;
    }
    let info = told(&stage, "bo", &club).await;
    assert_eq!(info["unread"], 100);
    let head = info["head"].as_u64().unwrap();
    bo.send(json!({"type": "read", "room": club, "seq": head - 7})).await;
    bo.event("@self", "read").await;
    let answered = bo.does(json!({"type": "join", "room": club})).await;
    assert_eq!((&answered["room"]["unread"], &answered["room"]["read"]), (&json!(7), &json!(head - 7)));
    bo.send(json!({"type": "read", "room": club, "seq": head})).await;
    bo.event("@self", "read").await;
    assert_eq!(told(&stage, "bo", &club).await.get("unread"), None);
    // Marked as unread again.
    bo.send(json!({"type": "read", "room": club, "seq": head - 3, "back": true})).await;
    assert_eq!(bo.event("@self", "read").await["upto"], head - 3);
    assert_eq!(told(&stage, "bo", &club).await["unread"], 3);
}

#[tokio::test]
async fn history_begins_at_a_time() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    for n in 0..30 {
        ana.say("lobby", &format!("{n}")).await;
    }
    let page = ana.does(json!({"type": "history", "room": "lobby"})).await;
    let events = page["events"].as_array().unwrap().clone();
    for (index, event) in events.iter().enumerate() {
        let at = event["timestamp"].as_str().unwrap();
        let first = events.iter().position(|other| other["timestamp"] == at).unwrap();
        let page = ana.does(json!({"type": "history", "room": "lobby", "at": at, "limit": 1})).await;
        assert_eq!(page["first"], first + 1, "{index}: {page}");
    }
    let page =
        ana.does(json!({"type": "history", "room": "lobby", "at": "2001-01-01T00:00:00Z", "limit": 4})).await;
    assert_eq!((&page["first"], &page["last"]), (&json!(1), &json!(2)));
    let page = ana
        .does(json!({"type": "history", "room": "lobby", "at": "2999-01-01T00:00:00+02:00", "limit": 4}))
        .await;
    assert_eq!((&page["first"], &page["last"], &page["more"]), (&json!(27), &json!(30), &json!(true)));
    let page = ana.does(json!({"type": "history", "room": "@self", "at": "2001-01-01T00:00:00Z"})).await;
    assert_eq!(page["events"], json!([]));
}

/// Receipts are told where the room says so, to those in it, and from then on.
#[tokio::test]
async fn who_has_read_what_is_told_where_the_room_says_so() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let mut cy = stage.person("cy", "member").await;
    let club = ana.makes_private("Club").await;
    ana.brings(&club, &mut bo).await;
    for n in 0..5 {
        ana.say(&club, &format!("{n}")).await;
    }
    let readers = json!({"type": "readers", "room": club});
    bo.does(json!({"type": "join", "room": "@self"})).await;
    bo.send(json!({"type": "read", "room": club, "seq": 3})).await;
    bo.event("@self", "read").await;
    assert_eq!(ana.does(readers.clone()).await["readers"], json!([]), "the room does not tell");
    assert_eq!(bo.is_refused(json!({"type": "change", "room": club, "seen": true})).await, "forbidden");
    let changed = ana.does(json!({"type": "change", "room": club, "seen": true})).await;
    assert_eq!(changed["room"]["rules"]["seen"], true);
    assert_eq!(bo.event(&club, "changed").await["seen"], true);
    assert_eq!(ana.does(readers.clone()).await["readers"], json!([]), "what was read before is not told");

    bo.send(json!({"type": "read", "room": club, "seq": 5})).await;
    let seen = ana.expect(|frame| frame["type"] == "seen").await;
    assert_eq!(seen, json!({"type": "seen", "room": club, "user": "u-bo", "sender": "bo", "upto": 5}));
    bo.event("@self", "read").await;
    let told = json!([{"user": "u-bo", "name": "bo", "upto": 5}]);
    assert_eq!(ana.does(readers.clone()).await["readers"], told);
    bo.send(json!({"type": "read", "room": club, "seq": 2, "back": true})).await;
    assert_eq!(bo.event("@self", "read").await["upto"], 2);
    assert_eq!(ana.does(readers.clone()).await["readers"], told, "a receipt is not taken back");
    assert_eq!(cy.is_refused(readers.clone()).await, "no_room");

    ana.does(json!({"type": "kick", "room": club, "user": "u-bo"})).await;
    assert_eq!(ana.does(readers.clone()).await["readers"], json!([]), "whoever is gone is told of no more");
    assert_eq!(bo.is_refused(readers.clone()).await, "no_room");
    ana.does(json!({"type": "change", "room": club, "seen": false})).await;
    ana.does(json!({"type": "change", "room": club, "seen": true})).await;
    assert_eq!(ana.does(readers).await["readers"], json!([]));

    let direct = ana.does(json!({"type": "direct", "users": ["u-bo"]})).await["room"]["room"].clone();
    bo.does(json!({"type": "change", "room": direct, "seen": true})).await;
    ana.say(direct.as_str().unwrap(), "hello").await;
    bo.send(json!({"type": "read", "room": direct, "seq": 2})).await;
    let seen = ana.expect(|frame| frame["type"] == "seen" && frame["room"] == direct).await;
    assert_eq!(seen["upto"], 2);
}

/// A storm of searches of one person is slowed down, then refused, whatever the number of their connections.
#[tokio::test]
async fn a_storm_of_searches_is_refused_in_part() {
    let stage = Stage::limited().await;
    let guest = stage.guest("gast").await;
    let token = guest.welcome["token"].clone();
    let mut devices = Vec::new();
    for _ in 0..16 {
        devices.push(stage.connect(json!({"token": token})).await);
    }
    for device in &mut devices {
        assert_eq!(device.user, guest.user);
        for n in 0..4 {
            device.send(json!({"type": "search", "ref": 100 + n, "query": "x"})).await;
        }
    }
    let (mut found, mut refused) = (0, 0);
    for device in &mut devices {
        for _ in 0..4 {
            let answer = device.expect(|frame| frame["ref"].as_u64().is_some_and(|n| n >= 100)).await;
            if answer["type"] == "found" {
                found += 1;
            } else {
                assert_eq!((&answer["code"], &answer["retry"]), (&json!("rate_limited"), &json!(true)));
                assert!(answer["retry_ms"].as_u64().unwrap() > 0);
                refused += 1;
            }
        }
    }
    assert!(found >= 20 && refused > 0, "{found} answered, {refused} refused");
    // Others search as before.
    let mut other = stage.person("ana", "member").await;
    other.does(json!({"type": "search", "query": "x"})).await;
}

#[tokio::test]
async fn a_guest_is_behind_in_nothing_before_the_first_marker() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    for n in 0..3 {
        ana.say("lobby", &format!("{n}")).await;
    }
    let guest = stage.guest("gast").await;
    assert_eq!(guest.welcome["rooms"][0].get("unread"), None);
    let token = guest.welcome["token"].clone();
    let mut guest = guest;
    guest.does(json!({"type": "join", "room": "@self"})).await;
    guest.send(json!({"type": "read", "room": "lobby", "seq": 1})).await;
    guest.event("@self", "read").await;
    let again = stage.connect(json!({"token": token})).await;
    assert_eq!(again.welcome["rooms"][0]["unread"], 2);
    // Whoever comes back from where they were is told all the same.
    let resume = json!({"epoch": guest.welcome["epoch"], "rooms": {"lobby": 3}});
    let again = stage.connect(json!({"token": token, "resume": resume})).await;
    assert_eq!(again.welcome["rooms"][0]["unread"], 2);
    let account = stage.connect(json!({"token": session("ana")})).await;
    assert_eq!(account.welcome["rooms"][0].get("unread"), None, "one's own does not count");
}
