//! Many at once: order, completeness, and the slow.

use std::time::Duration;

use serde_json::json;
use tempfile::tempdir;
use tokio_tungstenite::tungstenite::Message;

use crate::chat::Chat;

/// Everybody sees the same log, whole and in order, whatever loop their socket belongs to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_view_is_the_same_log() {
    const CLIENTS: usize = 12;
    const EACH: usize = 40;
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let mut clients = Vec::new();
    for n in 0..CLIENTS {
        clients.push(chat.greeted(&format!("user{n}")).await.0);
    }
    let tasks: Vec<_> = clients
        .into_iter()
        .enumerate()
        .map(|(n, mut client)| {
            tokio::spawn(async move {
                for m in 0..EACH {
                    client.send(json!({"type": "message", "room": "lobby", "message": format!("{n}/{m}"), "id": format!("{n}-{m}")})).await;
                }
                let mut view = Vec::new();
                for seq in 1..=CLIENTS * EACH {
                    let message = client.expect("message").await;
                    assert_eq!(message["seq"], seq);
                    view.push(message["message"].as_str().unwrap().to_owned());
                }
                view
            })
        })
        .collect();
    let mut views = Vec::new();
    for task in tasks {
        views.push(task.await.unwrap());
    }
    assert!(views.windows(2).all(|pair| pair[0] == pair[1]));
    for n in 0..CLIENTS {
        let prefix = format!("{n}/");
        let own: Vec<_> = views[0].iter().filter_map(|text| text.strip_prefix(&prefix)).collect();
        assert_eq!(own, (0..EACH).map(|m| m.to_string()).collect::<Vec<_>>(), "a sender's own order");
    }
}

/// A room whose every round of the flush takes a while, and where more is said meanwhile, rests between two rounds; what
/// was said last still comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_in_a_large_and_hot_room_gets_everything() {
    const SPEAKERS: usize = 4;
    const EACH: usize = 25;
    let loops = std::thread::available_parallelism().map_or(1, usize::from);
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let mut members = Vec::new();
    for n in 0..(150 * loops).min(600) {
        members.push(chat.greeted(&format!("user{n}")).await.0);
    }
    let silent = members.split_off(SPEAKERS);
    let speakers = members.into_iter().enumerate().map(|(n, mut member)| {
        tokio::spawn(async move {
            for m in 0..EACH {
                member.say("lobby", "hot", &format!("{n}-{m}")).await;
            }
            member
        })
    });
    let mut members = silent;
    for speaker in speakers.collect::<Vec<_>>() {
        members.push(speaker.await.unwrap());
    }
    for mut member in members {
        for seq in 1..=SPEAKERS * EACH {
            assert_eq!(member.expect("message").await["seq"], seq);
        }
    }
}

/// Whoever does not read holds up nobody, and has missed nothing when they read again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_is_served_from_the_store_at_its_own_speed() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let (mut slow, _) = chat.greeted("slow").await;
    let (mut ana, _) = chat.greeted("ana").await;
    // Much more than the sockets' buffers and the tail hold together.
    let text = "y".repeat(60_000);
    for n in 1..=300 {
        ana.say("lobby", &text, &format!("id{n}")).await;
        assert_eq!(ana.expect("message").await["seq"], n);
    }
    for seq in 1..=300 {
        assert_eq!(slow.expect("message").await["seq"], seq);
    }
    ana.say("lobby", "live again", "last").await;
    let last = tokio::time::timeout(Duration::from_secs(20), slow.expect("message")).await.unwrap();
    assert_eq!(last["seq"], 301);
}

/// Control frames in a row kept a shard's loop from everybody else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_pongs_starves_nobody_p05() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), true).await;
    let (mut flood, _) = chat.greeted("flood").await;
    let mut others = Vec::new();
    for n in 0..4 {
        others.push(chat.greeted(&format!("other{n}")).await.0);
    }
    let flooding =
        tokio::spawn(
            async move { while flood.try_send_raw(Message::Pong(vec![0; 50].into())).await.is_ok() {} },
        );
    for (n, other) in others.iter_mut().enumerate() {
        for m in 0..5 {
            other.say("lobby", "through the flood", &format!("id-{n}-{m}")).await;
        }
    }
    flooding.abort();
}

/// Every question of one read was answered without a look at what waited already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_of_a_client_that_does_not_read_wait() {
    let dir = tempdir().unwrap();
    let chat = Chat::open(dir.path(), false).await;
    let (mut ana, _) = chat.greeted("ana").await;
    let text = "z".repeat(60_000);
    for n in 0..20 {
        ana.say("lobby", &text, &format!("id{n}")).await;
    }
    let (mut greedy, _) = chat.greeted("greedy").await;
    // 25 MB of answers: far over what may wait for one connection, so all come only if asking waits for reading.
    for n in 0..100 {
        greedy.send(json!({"type": "history", "ref": n, "room": "lobby", "limit": 4})).await;
    }
    for n in 0..100 {
        assert_eq!(greedy.expect("history").await["ref"], n);
    }
}
