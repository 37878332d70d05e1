//! Messages made durable, through the store and through `SQLite` alone.

use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::Result;
use chat_server::store::{Append, Durability, Store};

use crate::record::{self, ROOMS};
use crate::texts::{Numbers, Texts};
use crate::{Line, line, median, raw};

/// What one round gave.
#[derive(Debug)]
pub(crate) struct Round {
    /// Until all messages were durable.
    pub(crate) durable: Duration,
    /// Until all could be found as well.
    pub(crate) indexed: Duration,
}

/// Both in turn, so that a machine that drifts drifts for both.
pub(crate) fn measure(directory: &Path, count: usize, rounds: usize) -> Result<Vec<Line>> {
    let mut ratios = Vec::new();
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    let mut mean_batch = Vec::new();
    for round in 1..=rounds.max(1) {
        let (store, batches) = through_the_store(directory, count)?;
        let sqlite = raw::run(directory, count, &batches)?;
        let rate = |time: Duration| count as f64 / time.as_secs_f64();
        println!(
            "accept · round {round}: store {:.0}/s durable, {:.0}/s indexed; SQLite {:.0}/s durable, {:.0}/s indexed",
            rate(store.durable),
            rate(store.indexed),
            rate(sqlite.durable),
            rate(sqlite.indexed),
        );
        ratios.push(sqlite.indexed.as_secs_f64() / store.indexed.as_secs_f64());
        mean_batch.push(count as f64 / batches.len() as f64);
        ours.push((rate(store.durable), rate(store.indexed)));
        bare.push((rate(sqlite.durable), rate(sqlite.indexed)));
    }
    record::remove(directory)?;
    let both = |rates: &[(f64, f64)]| {
        let durable = median(rates.iter().map(|rate| rate.0).collect());
        let indexed = median(rates.iter().map(|rate| rate.1).collect());
        format!("{:.1} k/s / {:.1} k/s", durable / 1000.0, indexed / 1000.0)
    };
    let note = format!("{count} messages into {ROOMS} rooms, {:.0} in a commit", median(mean_batch));
    Ok(vec![
        line("made durable, by the store: durable / and indexed", both(&ours), note),
        line("the same rows in the same commits, by SQLite alone", both(&bare), "one thread"),
        line(
            "the store over SQLite, indexing included",
            format!("{:.2}", median(ratios)),
            "median of the rounds",
        ),
    ])
}

/// The messages of a round: the same ones every time.
pub(crate) fn messages(count: usize) -> Vec<Append> {
    let mut numbers = Numbers(3);
    let mut texts = Texts::new(3);
    (0..count)
        .map(|number| {
            let room = numbers.below(ROOMS as u64) as usize;
            record::append(number, room, numbers.below(500), texts.next())
        })
        .collect()
}

/// As fast as the store takes them, and how many were in each of its commits.
fn through_the_store(directory: &Path, count: usize) -> Result<(Round, Vec<usize>)> {
    record::remove(directory)?;
    let (commits, sizes) = mpsc::channel();
    let on_commit = move |commit: std::sync::Arc<chat_server::store::Commit>| {
        record::check(&commit);
        // Nobody listens only after the round.
        let _ = commits.send(commit.outcomes.len());
    };
    let store = Store::open(directory, record::options(Durability::Full), Box::new(on_commit))?;
    let runtime = record::runtime()?;
    runtime.block_on(record::make_rooms(&store))?;
    let messages = messages(count);
    let begin = Instant::now();
    runtime.block_on(async {
        for message in messages {
            store.append(message).await?;
        }
        anyhow::Ok(())
    })?;
    let mut batches = Vec::new();
    while batches.iter().sum::<usize>() < count {
        // Making rooms is told of as well, without messages.
        batches.extend(Some(sizes.recv()?).filter(|size| *size > 0));
    }
    let durable = begin.elapsed();
    runtime.block_on(store.indexed())?;
    let indexed = begin.elapsed();
    runtime.block_on(store.close());
    Ok((Round { durable, indexed }, batches))
}
