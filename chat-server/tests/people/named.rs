//! What names or calls oneself: listed, and counted.

use serde_json::{Value, json};

use crate::finding::{seq, texts, told};
use crate::stage::Stage;

#[tokio::test]
async fn what_names_oneself_is_listed_and_counted() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "owner").await;
    let mut bo = stage.person("bo", "member").await;
    let club = ana.makes_private("Club").await;
    ana.brings(&club, &mut bo).await;
    let elsewhere = ana.makes_private("Elsewhere").await;
    let first = seq(&mut ana, "lobby", "@bo first").await;
    ana.say(&elsewhere, "@room not for bo").await;
    ana.say(&club, "@room second").await;
    bo.say(&club, "@room and @bo by bo").await;
    let third = seq(&mut ana, "lobby", "nobody").await;
    ana.say("lobby", "@BO, @bo and @here fourth").await;
    let list = |answer: &Value| texts(answer).into_iter().map(str::to_owned).collect::<Vec<_>>();
    let all = bo.does(json!({"type": "mentions"})).await;
    assert_eq!(list(&all), ["@BO, @bo and @here fourth", "@room second", "@bo first"]);
    assert_eq!((&all["hits"][1]["title"], all.get("before")), (&json!("Club"), None));
    let page = bo.does(json!({"type": "mentions", "limit": 2})).await;
    let rest = bo.does(json!({"type": "mentions", "before": page["before"]})).await;
    assert_eq!((list(&page).len(), list(&rest)), (2, vec!["@bo first".to_owned()]));

    // Whom the newest text names counts.
    ana.does(json!({"type": "edit", "room": "lobby", "target": third, "text": "@bo third", "id": "e1"}))
        .await;
    ana.does(json!({"type": "edit", "room": "lobby", "target": first, "text": "no first", "id": "e2"})).await;
    let all = bo.does(json!({"type": "mentions"})).await;
    assert_eq!(list(&all), ["@BO, @bo and @here fourth", "@bo third", "@room second"]);
    let info = told(&stage, "bo", "lobby").await;
    assert_eq!(
        (&info["unread"], &info["mentions"]),
        (&Value::Null, &Value::Null),
        "no member, no marker: {info}"
    );
    bo.does(json!({"type": "join", "room": "@self"})).await;
    bo.send(json!({"type": "read", "room": "lobby", "seq": first})).await;
    bo.event("@self", "read").await;
    let info = told(&stage, "bo", "lobby").await;
    assert_eq!((&info["unread"], &info["mentions"]), (&json!(2), &json!(2)), "{info}");
    ana.does(json!({"type": "delete", "room": "lobby", "target": third})).await;
    let info = told(&stage, "bo", "lobby").await;
    assert_eq!((&info["unread"], &info["mentions"]), (&json!(1), &json!(1)), "{info}");
    let info = told(&stage, "bo", &club).await;
    assert_eq!((&info["unread"], &info["mentions"]), (&json!(1), &json!(1)), "by others alone: {info}");
}

/// However often one is named where one may not read: what one may read is there at once, page by page.
#[tokio::test]
async fn a_crowd_of_names_elsewhere_hides_nothing() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let (club, trap) = (ana.makes_private("Club").await, ana.makes_private("Trap").await);
    ana.brings(&club, &mut bo).await;
    let mut expected = Vec::new();
    for n in 0..10 {
        for (room, text) in [
            ("lobby", format!("@bo lobby {n}")),
            (&club, format!("@room club {n}")),
            (&club, format!("@bo club {n}")),
        ] {
            ana.say(room, &text).await;
            expected.insert(0, text);
        }
        ana.say(&trap, "@bo come here").await;
        bo.say(&club, "@room @bo of my own").await;
    }
    let db = stage.db();
    let sql = "WITH RECURSIVE i(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM i WHERE i < 2000)
               INSERT INTO mentions (user, room, seq, n) SELECT 'u-bo', (SELECT id FROM rooms WHERE key = ?1), i, 1000 + i FROM i";
    db.execute(sql, [&trap]).unwrap();
    let (mut all, mut before) = (Vec::new(), Value::Null);
    loop {
        let mut question = json!({"type": "mentions", "limit": 7});
        if before.is_u64() {
            question["before"] = before;
        }
        let page = bo.does(question).await;
        let texts = texts(&page);
        assert!(texts.len() == 7 || page["before"].is_null(), "{page}");
        all.extend(texts.into_iter().map(str::to_owned));
        before = page["before"].clone();
        if before.is_null() {
            break;
        }
    }
    assert_eq!(all, expected);
}

/// `@here` calls who is there: it neither counts nor is listed for whoever comes later, as `@room` is.
#[tokio::test]
async fn who_was_not_there_was_not_called() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    stage.add("cy", "member");
    let club = ana.makes_private("Club").await;
    ana.brings(&club, &mut bo).await;
    let sql = "INSERT INTO members (room, user, role, since_ms) SELECT id, 'u-cy', 'member', 0 FROM rooms WHERE key = ?1";
    stage.db().execute(sql, [&club]).unwrap();
    ana.say(&club, "@here now").await;
    let said = seq(&mut ana, &club, "and").await;
    ana.say(&club, "@room whenever").await;
    ana.does(json!({"type": "edit", "room": club, "target": said, "text": "and @here", "id": "e1"})).await;
    for (name, mentions, list) in
        [("bo", 3, vec!["@room whenever", "and @here", "@here now"]), ("cy", 1, vec!["@room whenever"])]
    {
        assert_eq!(told(&stage, name, &club).await["mentions"], mentions, "{name}");
        let mut person = stage.again(name).await;
        assert_eq!(texts(&person.does(json!({"type": "mentions"})).await), list, "{name}");
    }
}
