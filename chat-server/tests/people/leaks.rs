//! I10, A02: while memberships change all the time and everybody talks, nobody's wire holds an event of a room that they
//! could not read when it happened.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::stage::{Person, Stage};

/// Times that somebody comes, is put out, or may come back: it goes on until so many are in the log.
const CHANGES: usize = 10_000;
/// Messages said meanwhile, at least.
const SAID: usize = 1_000;
/// Events heard by those who come and go, at least.
const HEARD: usize = 10_000;
/// It takes as long as it takes; only a server that does nothing any more takes so long.
const PATIENCE: Duration = Duration::from_mins(10);
const MODERATORS: usize = 16;
const MEMBERS: usize = 8;

/// What has happened so far.
#[derive(Default)]
struct Sum {
    changes: AtomicUsize,
    said: AtomicUsize,
    heard: AtomicUsize,
    done: AtomicBool,
}

impl Sum {
    fn is_enough(&self) -> bool {
        let count = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
        count(&self.changes) >= CHANGES && count(&self.said) >= SAID && count(&self.heard) >= HEARD
    }

    fn is_done(&self) -> bool {
        self.done.load(Ordering::SeqCst)
    }
}

/// What one member's wire held of the room: each event's `seq`, and the head of each page of its history.
#[derive(Default)]
struct Wire {
    events: Vec<u64>,
    pages: Vec<u64>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i10_nobody_hears_of_what_they_may_not_read() {
    let stage = Stage::open().await;
    let mut owner = stage.person("owner", "member").await;
    let room = owner.makes_private("Secrets").await;
    let mut members = Vec::new();
    for n in 0..MEMBERS {
        let mut member = stage.person(&format!("m{n}"), "member").await;
        owner.brings(&room, &mut member).await;
        member.does(json!({"type": "join", "room": "@self"})).await;
        members.push(member);
    }
    let mut moderators = Vec::new();
    for _ in 0..MODERATORS {
        moderators.push(stage.again("owner").await);
    }

    let sum = Arc::<Sum>::default();
    let users: Vec<String> = members.iter().map(|member| member.user.clone()).collect();
    let wires: Vec<_> = members
        .into_iter()
        .map(|member| tokio::spawn(follow(member, room.clone(), Arc::clone(&sum))))
        .collect();
    let watcher = tokio::spawn(watch(stage.again("owner").await, room.clone(), Arc::clone(&sum)));
    let speaker = tokio::spawn(speak(owner, room.clone(), Arc::clone(&sum)));
    let taken = users.iter().map(|user| (user.clone(), Taken::In)).collect();
    let taken = Arc::new(Mutex::new(taken));
    let working: Vec<_> = moderators
        .into_iter()
        .enumerate()
        .map(|(n, person)| {
            tokio::spawn(moderate(n, person, room.clone(), Arc::clone(&taken), Arc::clone(&sum)))
        })
        .collect();
    tokio::time::timeout(PATIENCE, watcher).await.expect("enough happens").unwrap();
    for worker in working {
        worker.await.unwrap();
    }
    let owner = speaker.await.unwrap();
    let mut held = BTreeMap::new();
    for (user, wire) in users.iter().zip(wires) {
        held.insert(user.clone(), wire.await.unwrap());
    }
    drop(owner);
    judge(&stage, &room, &held);
}

/// Holds each wire against the log.
fn judge(stage: &Stage, room: &str, held: &BTreeMap<String, Wire>) {
    let db = stage.db();
    let mut rows = db
        .prepare(
            "SELECT e.seq, e.kind, e.text FROM events e JOIN rooms r ON r.id = e.room WHERE r.key = ?1 ORDER BY e.seq",
        )
        .unwrap();
    let log: Vec<(u64, String, String)> = rows
        .query_map([room], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?, row.get(2)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let changes = log.iter().filter(|(_, kind, text)| kind == "member" && is_change(&change(text))).count();
    let said = log.iter().filter(|(_, kind, _)| kind == "message").count();
    assert!(changes >= CHANGES && said >= SAID, "{changes} changes and {said} messages: too little happened");
    let mut heard = 0;
    for (user, wire) in held {
        let mut is_in = false;
        let mut readable = HashMap::new();
        for (seq, kind, text) in &log {
            if kind == "member" {
                let body: Value = serde_json::from_str(text).unwrap();
                if body["who"] == **user {
                    match body["change"].as_str().unwrap() {
                        "joined" => is_in = true,
                        "kicked" | "banned" | "left" => is_in = false,
                        _ => {}
                    }
                }
            }
            readable.insert(*seq, is_in);
        }
        let leaked: Vec<_> = wire.events.iter().filter(|seq| !readable[seq]).collect();
        assert!(leaked.is_empty(), "{user} heard {leaked:?} of {}", log.len());
        let leaked: Vec<_> = wire.pages.iter().filter(|head| !readable[head]).collect();
        assert!(leaked.is_empty(), "{user} read pages as of {leaked:?}");
        heard += wire.events.len();
    }
    assert!(heard >= HEARD, "only {heard} events were heard by anybody");
}

/// What became of whose membership.
fn change(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap();
    body["change"].as_str().unwrap().to_owned()
}

fn is_change(change: &str) -> bool {
    ["joined", "kicked", "banned", "unbanned"].contains(&change)
}

/// Sees everything, as the room's owner, and says when it is enough.
async fn watch(mut person: Person, room: String, sum: Arc<Sum>) {
    while !sum.is_enough() {
        let frame = person.frame().await;
        if frame["room"] != *room || !frame["seq"].is_u64() {
            continue;
        }
        match frame["type"].as_str().unwrap() {
            "member" if is_change(frame["change"].as_str().unwrap()) => {
                sum.changes.fetch_add(1, Ordering::SeqCst);
            }
            "message" => {
                sum.said.fetch_add(1, Ordering::SeqCst);
            }
            _ => {}
        }
    }
    sum.done.store(true, Ordering::SeqCst);
}

/// Reads everything, comes back when invited, and asks for the history now and then.
async fn follow(member: Person, room: String, sum: Arc<Sum>) -> Wire {
    let mut socket = member.client.socket;
    let mut wire = Wire::default();
    let mut asked = 0_u64;
    let send = |frame: Value| Message::text(frame.to_string());
    // One last question, whose answer comes behind all that was on its way.
    let mut last = false;
    loop {
        if sum.is_done() && !last {
            last = true;
            socket.send(send(json!({"type": "rooms", "ref": 999_999_999_u64}))).await.unwrap();
        }
        let next = tokio::time::timeout(Duration::from_millis(200), socket.next()).await;
        let Ok(message) = next else { continue };
        let Message::Text(text) = message.unwrap().unwrap() else { continue };
        let frame: Value = serde_json::from_str(text.as_str()).unwrap();
        match frame["type"].as_str().unwrap() {
            "invited" if frame["on"] == true => {
                socket.send(send(json!({"type": "join", "ref": 1, "room": room}))).await.unwrap();
            }
            "history" => {
                wire.pages.push(frame["as_of"].as_u64().unwrap());
            }
            "rooms" => return wire,
            _ if frame["room"] == *room && frame["seq"].is_u64() && frame["type"] != "ack" => {
                wire.events.push(frame["seq"].as_u64().unwrap());
                sum.heard.fetch_add(1, Ordering::SeqCst);
                asked += 1;
                if asked.is_multiple_of(20) {
                    let question = json!({"type": "history", "ref": 2, "room": room, "limit": 1});
                    socket.send(send(question)).await.unwrap();
                    let said = json!({"type": "message", "room": room, "message": "me too"});
                    socket.send(send(said)).await.unwrap();
                }
            }
            _ => {}
        }
    }
}

/// Talks until everything is done.
async fn speak(mut person: Person, room: String, sum: Arc<Sum>) -> Person {
    while !sum.is_done() {
        person.say(&room, "a secret").await;
        person.passed.clear();
    }
    person
}

/// What moderators take somebody for; they may be wrong, and race.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    In,
    Out,
    Banned,
}

/// Puts people out at random, and invites them again.
async fn moderate(
    seed: usize,
    mut person: Person,
    room: String,
    users: Arc<Mutex<Vec<(String, Taken)>>>,
    sum: Arc<Sum>,
) {
    let mut state = u64::try_from(seed).unwrap() * 2_654_435_761 + 88_172_645_463_325_252;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    while !sum.is_done() {
        let (user, change) = {
            let mut users = users.lock().unwrap();
            let some = random(users.len());
            let (user, taken) = &mut users[some];
            let change = match (*taken, random(4)) {
                (Taken::In, 0) => "mute",
                (Taken::In, 1) => "ban",
                (Taken::In, _) => "kick",
                (Taken::Out, _) => "invite",
                (Taken::Banned, _) => "unban",
            };
            *taken = match change {
                "ban" => Taken::Banned,
                "kick" | "unban" => Taken::Out,
                _ => Taken::In,
            };
            (user.clone(), change)
        };
        let answer = person.ask(json!({"type": change, "room": room, "user": user})).await;
        let code = answer["code"].as_str().unwrap_or("none");
        assert!(["none", "forbidden"].contains(&code), "{answer}");
        person.passed.clear();
    }
}
