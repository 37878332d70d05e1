//! How long a message waits for its commit, and what others have to do with that: the index, and deletions.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use chat_server::store::{Commit, Durability, Store};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::record::{self, key};
use crate::server::{Link, Server};
use crate::texts::{Numbers, Texts};
use crate::{Line, accept, line, times};

/// Messages a second, one after another.
const RATE: u32 = 1000;
/// How long each state is measured at a time.
const STRETCH: Duration = Duration::from_secs(8);
/// Through the server.
const SAID: Duration = Duration::from_millis(4);
/// Between two deletions.
const DELETED: Duration = Duration::from_secs(1);

/// From when a message was submitted to its commit, with the index and without, in turn.
pub(crate) fn indexing(directory: &Path, rounds: usize) -> Result<Vec<Line>> {
    let (mut with, mut without) = (Vec::new(), Vec::new());
    let mut threads = [Duration::ZERO; 2];
    for _ in 0..rounds.max(1) {
        for indexed in [true, false] {
            let (taken, writer) = paced(directory, indexed)?;
            threads[usize::from(indexed)] += writer / u32::try_from(taken.len()).unwrap_or(u32::MAX);
            if indexed { with.extend(taken) } else { without.extend(taken) }
        }
    }
    record::remove(directory)?;
    let rounds = u32::try_from(rounds.max(1)).unwrap_or(1);
    let note =
        |of: Duration| format!("{RATE} a second, each alone; the writer's CPU {:.1?} each", of / rounds);
    Ok(vec![
        line("until a message is committed, indexed meanwhile: median / p99", times(with), note(threads[1])),
        line("the same, while nothing is indexed", times(without), note(threads[0])),
    ])
}

/// The times of messages at a fixed rate, and what the writer's thread took of a core.
fn paced(directory: &Path, indexed: bool) -> Result<(Vec<Duration>, Duration)> {
    record::remove(directory)?;
    let submitted = Arc::new(Mutex::new(VecDeque::new()));
    let (times, taken) = mpsc::channel();
    let waiting = Arc::clone(&submitted);
    let on_commit = move |commit: Arc<Commit>| {
        record::check(&commit);
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for begin in waiting.drain(..commit.outcomes.len()) {
            // Nobody listens only after the round.
            let _ = times.send(Instant::elapsed(&begin));
        }
    };
    let store = Store::open(directory, record::options(Durability::Full), Box::new(on_commit))?;
    let runtime = record::runtime()?;
    runtime.block_on(record::make_rooms(&store))?;
    runtime.block_on(store.indexed())?;
    // Whoever holds the index's file locked keeps its thread waiting.
    let lock = (!indexed).then(|| Connection::open(directory.join("search.db"))).transpose()?;
    lock.as_ref().map(|lock| lock.execute_batch("BEGIN EXCLUSIVE")).transpose()?;
    let before = writer_cpu()?;
    let begin = Instant::now();
    let mut count = 0;
    for message in accept::messages((STRETCH.as_secs() * u64::from(RATE)) as usize) {
        let due = begin + Duration::from_secs(1) * count / RATE;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        submitted.lock().unwrap_or_else(PoisonError::into_inner).push_back(Instant::now());
        runtime.block_on(store.append(message))?;
        count += 1;
    }
    let taken = (0..count).map(|_| Ok(taken.recv()?)).collect::<Result<_>>()?;
    let writer = writer_cpu()?.saturating_sub(before);
    drop(lock);
    runtime.block_on(store.close());
    Ok((taken, writer))
}

/// What the thread that writes had of a core so far.
fn writer_cpu() -> Result<Duration> {
    for task in std::fs::read_dir("/proc/self/task")? {
        let task = task?.path();
        if std::fs::read_to_string(task.join("comm"))?.trim() == "store-write" {
            let stat = std::fs::read_to_string(task.join("schedstat"))?;
            let nanos = stat.split_whitespace().next().context("the time on a core")?;
            return Ok(Duration::from_nanos(nanos.parse()?));
        }
    }
    anyhow::bail!("the writer's thread is not there")
}

/// How long a message waits for its acknowledgement while somebody deletes one of theirs each second, and while nobody
/// does, in turn; in a record that is there.
pub(crate) fn deleting(data: &Path, rounds: usize) -> Result<Vec<Line>> {
    let server = Server::start(data)?;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    let mut texts = Texts::new(5);
    let room = key(1);
    let mut speaker = server.connect("speaker", &[room.as_str()])?;
    let mut other = server.connect("other", &[key(2).as_str()])?;
    let mut number = std::time::SystemTime::UNIX_EPOCH.elapsed()?.as_micros();
    let mut numbers = Numbers(5);
    for _ in 0..rounds.max(1) {
        for deletes in [true, false] {
            // What was taken out last is scrubbed within some seconds.
            thread::sleep(Duration::from_secs(if deletes { 0 } else { 5 }));
            let (stop, stopped) = mpsc::channel::<()>();
            let texts_of_other = Texts::new(numbers.next());
            let taken = thread::scope(|scope| -> Result<Vec<Duration>> {
                let other = &mut other;
                let deleter = scope.spawn(move || delete(other, texts_of_other, deletes, number, &stopped));
                let begin = Instant::now();
                let mut taken = Vec::new();
                let mut due = begin;
                while begin.elapsed() < STRETCH {
                    due += SAID;
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    number += 1;
                    let said = message(room.as_str(), &format!("s{number}"), &texts.next());
                    taken.push(speaker.ask(&said, "ack")?.0);
                }
                drop(stop);
                deleter.join().expect("it does not panic")?;
                Ok(taken)
            })?;
            if deletes { with.extend(taken) } else { without.extend(taken) }
        }
    }
    let note = |taken: &[Duration]| {
        let longest = taken.iter().max().copied().unwrap_or_default();
        format!("{} messages, the longest {:.1} ms", taken.len(), longest.as_secs_f64() * 1000.0)
    };
    let (noted_with, noted_without) = (note(&with), note(&without));
    Ok(vec![
        line(
            "until a message is acknowledged, a deletion each second: median / p99",
            times(with),
            noted_with,
        ),
        line("the same without deletions", times(without), noted_without),
    ])
}

/// Says something each second, and takes it out again or not.
fn delete(
    link: &mut Link,
    mut texts: Texts,
    deletes: bool,
    from: u128,
    stopped: &mpsc::Receiver<()>,
) -> Result<()> {
    let room = key(2);
    let mut number = from;
    while stopped.recv_timeout(DELETED) == Err(mpsc::RecvTimeoutError::Timeout) {
        number += 1;
        let (_, ack) = link.ask(&message(room.as_str(), &format!("d{number}"), &texts.next()), "ack")?;
        if deletes {
            let ack: Value = serde_json::from_str(&ack)?;
            let asked = json!({"type": "delete", "id": format!("x{number}"), "room": room.as_str(), "target": ack["seq"]});
            link.ask(&asked, "ack")?;
        }
    }
    Ok(())
}

fn message(room: &str, id: &str, text: &str) -> Value {
    json!({"type": "message", "id": id, "room": room, "message": text})
}
