//! Messages with files: taken once, told with the message, gone with it.

use serde_json::{Value, json};

use crate::stage::{Person, Stage};
use crate::transfer::of;

fn with_files(room: &str, id: &str, text: &str, files: &[&Value]) -> Value {
    let files: Vec<_> = files.iter().map(|file| &file["file"]).collect();
    json!({"type": "message", "room": room, "id": id, "message": text, "files": files})
}

async fn newest(person: &mut Person, room: &str) -> Value {
    let page = person.does(json!({"type": "history", "room": room, "limit": 1})).await;
    page["events"][0].clone()
}

#[tokio::test]
async fn a_message_has_its_files_wherever_it_is_told() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let files = of(&stage.server, "ana");
    let one = files.upload("lobby", "one.txt", b"one").await;
    let two = files.upload("lobby", "two.txt", b"two").await;
    let ack = ana.does(with_files("lobby", "m1", "both", &[&two, &one])).await;
    let live = bo.event("lobby", "message").await;
    assert_eq!(live["files"], json!([two, one]), "in the sender's order");
    let paged = newest(&mut bo, "lobby").await;
    assert_eq!((&paged["files"], &paged["message"]), (&live["files"], &live["message"]));
    assert_eq!(paged["folded"], Value::Null);

    let again = ana.does(with_files("lobby", "m1", "both", &[&two, &one])).await;
    assert_eq!((&again["seq"], &again["dup"]), (&ack["seq"], &json!(true)), "exactly once");
    let other = ana.is_refused(with_files("lobby", "m1", "both", &[&one, &two])).await;
    assert_eq!(other, "id_reused");
    let other = ana.is_refused(with_files("lobby", "m1", "both", &[])).await;
    assert_eq!(other, "id_reused");
}

#[tokio::test]
async fn a_file_belongs_to_one_message_of_its_uploader_in_its_room() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let files = of(&stage.server, "ana");
    let private = ana.makes_private("ours").await;
    ana.brings(&private, &mut bo).await;
    let file = files.upload("lobby", "x", b"x").await;
    let open = json!({"file": files.begin("lobby", "y", 10).await});
    for (message, why) in [
        (with_files(&private, "a", "", &[&file]), "another room"),
        (with_files("lobby", "b", "", &[&open]), "not whole"),
        (with_files("lobby", "c", "", &[&json!({"file": "nothing"})]), "not there"),
        (with_files("lobby", "d", "", &[&file, &file]), "twice"),
    ] {
        assert_eq!(ana.is_refused(message).await, "bad_file", "{why}");
    }
    assert_eq!(bo.is_refused(with_files("lobby", "e", "", &[&file])).await, "bad_file", "another's");
    ana.does(with_files("lobby", "f", "", &[&file])).await;
    assert_eq!(ana.is_refused(with_files("lobby", "g", "", &[&file])).await, "bad_file", "taken already");
    let many: Vec<_> = (0..21).map(|n| format!("f{n}")).collect();
    let message = json!({"type": "message", "room": "lobby", "id": "h", "message": "", "files": many});
    assert_eq!(ana.is_refused(message).await, "too_big");
    assert_eq!(ana.is_refused(with_files("lobby", "i", " ", &[])).await, "empty");
    assert_eq!(files.cancel(file["file"].as_str().unwrap()).await.refused().0, 404, "a message has it");
}

#[tokio::test]
async fn a12_a_deleted_messages_files_are_gone_at_once_and_their_content_soon() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let files = of(&stage.server, "ana");
    // The same content twice: it is there once, as long as one of them needs it.
    let (first, second) =
        (files.upload("lobby", "a.txt", b"content").await, files.upload("lobby", "b.txt", b"content").await);
    let (one, two) = (first["file"].as_str().unwrap(), second["file"].as_str().unwrap());
    let seq = ana.does(with_files("lobby", "m1", "", &[&first])).await["seq"].clone();
    let next = ana.does(with_files("lobby", "m2", "text", &[&second])).await["seq"].clone();
    let blobs = || {
        let shelves = std::fs::read_dir(stage.server.dir().join("data/files")).unwrap();
        shelves.map(|shelf| std::fs::read_dir(shelf.unwrap().path()).unwrap().count()).sum::<usize>()
    };
    assert_eq!(blobs(), 1);
    ana.does(json!({"type": "delete", "room": "lobby", "target": seq})).await;
    assert_eq!(files.get(one).await.refused(), (404, "not_found".to_owned()));
    assert_eq!(of(&stage.server, "bo").get(two).await.bytes, b"content");
    let again = ana.does(with_files("lobby", "m1", "", &[&first])).await;
    assert_eq!((&again["seq"], &again["dup"]), (&seq, &json!(true)), "a repeat is answered as it was");
    ana.does(json!({"type": "delete", "room": "lobby", "target": next})).await;
    crate::common::within(async {
        while blobs() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let page = bo.does(json!({"type": "history", "room": "lobby"})).await;
    let events = page["events"].as_array().unwrap();
    let told: Vec<_> = events.iter().filter(|event| event["type"] == "message").collect();
    assert_eq!(told.len(), 2);
    for event in told {
        assert_eq!((&event["files"], &event["folded"]["deleted"]), (&Value::Null, &json!(true)), "{event}");
    }
    assert_eq!(
        stage.db().query_row("SELECT count(*) FROM files", [], |row| row.get::<_, i64>(0)).unwrap(),
        0
    );
}

/// What a search gives when all is indexed: the places of its hits.
async fn finds(person: &mut Person, query: &str) -> Vec<Value> {
    crate::common::within(async {
        loop {
            let found = person.does(json!({"type": "search", "query": query})).await;
            if found["behind"] == 0 {
                let hits = found["hits"].as_array().unwrap();
                return hits.iter().map(|hit| hit["message"]["seq"].clone()).collect();
            }
        }
    })
    .await
}

#[tokio::test]
async fn messages_are_found_by_having_files() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let files = of(&stage.server, "ana");
    let text = files.upload("lobby", "notes.txt", b"notes").await;
    let image = files.upload("lobby", "x.gif", b"GIF89a").await;
    let one = ana.does(with_files("lobby", "m1", "", &[&text])).await["seq"].clone();
    let two = ana.does(with_files("lobby", "m2", "a word", &[&image])).await["seq"].clone();
    let three = ana.say("lobby", "a word").await["seq"].clone();
    assert_eq!(finds(&mut ana, "has:file").await, [two.clone(), one.clone()]);
    assert_eq!(finds(&mut ana, "has:image").await, std::slice::from_ref(&two));
    assert_eq!(finds(&mut ana, "word").await, [three.clone(), two.clone()]);
    ana.does(json!({"type": "edit", "room": "lobby", "target": two, "text": "", "id": "e1"})).await;
    assert_eq!(finds(&mut ana, "word").await, [three]);
    assert_eq!(finds(&mut ana, "has:image").await, std::slice::from_ref(&two), "it has still its file");
    ana.does(json!({"type": "delete", "room": "lobby", "target": two})).await;
    assert_eq!(finds(&mut ana, "has:file").await, [one]);
}

#[tokio::test]
async fn a_text_beside_files_may_be_edited_away() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let file = of(&stage.server, "ana").upload("lobby", "x", b"x").await;
    let seq = ana.does(with_files("lobby", "m1", "text", &[&file])).await["seq"].clone();
    ana.does(json!({"type": "edit", "room": "lobby", "target": seq, "text": "", "id": "e1"})).await;
    let page = ana.does(json!({"type": "history", "room": "lobby", "limit": 9})).await;
    let told = page["events"].as_array().unwrap().iter().find(|event| event["seq"] == seq).unwrap();
    assert_eq!((&told["files"][0], &told["folded"]["text"]), (&file, &json!("")), "{told}");
    let plain = ana.say("lobby", "no files").await["seq"].clone();
    let refused =
        ana.is_refused(json!({"type": "edit", "room": "lobby", "target": plain, "text": "", "id": "e2"}));
    assert_eq!(refused.await, "empty");
}
