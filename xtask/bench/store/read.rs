//! Reading a large record: pages of history and searches, one after another.

use std::time::Instant;

use anyhow::{Context, Result};
use chat_server::store::{At, Order, Query, Readable, Search};
use protocol::limits::{HISTORY_BYTES, HISTORY_EVENTS};

use crate::record::{ROOMS, Record, key};
use crate::texts::{Numbers, character, word};
use crate::{Line, line, times};

const HITS: usize = 20;

/// Pages of `HISTORY_EVENTS` at random places of random rooms, and the newest ones of them.
pub(crate) fn pages(record: &Record, count: usize) -> Result<Vec<Line>> {
    let mut numbers = Numbers(1);
    let mut read = |random: bool| -> Result<Line> {
        let mut taken = Vec::with_capacity(count);
        let mut events = 0;
        for _ in 0..count {
            let room = key(numbers.below(ROOMS as u64) as usize);
            let head =
                record.runtime.block_on(record.store.room(room.clone()))?.context("the room is there")?.head;
            let at = if random { At::Before(2 + numbers.below(head.max(1))) } else { At::Newest };
            let begin = Instant::now();
            let page = record.runtime.block_on(record.store.page(room, at, HISTORY_EVENTS, HISTORY_BYTES))?;
            taken.push(begin.elapsed());
            events += page.context("the room is there")?.events.len();
        }
        let what = if random { "at a random place" } else { "the newest" };
        let note =
            format!("{} events each, {} messages in {ROOMS} rooms", events / count.max(1), record.size);
        Ok(line(format!("page of history, {what}: median / p99"), times(taken), note))
    };
    Ok(vec![read(false)?, read(true)?])
}

/// Searches of several kinds, each with many words of its kind.
pub(crate) fn searches(record: &Record, count: usize) -> Result<Vec<Line>> {
    type Kind = (&'static str, Order, fn(&mut Numbers) -> String);
    let kinds: [Kind; 9] = [
        ("a rare word", Order::Newest, |numbers| word(20_000 + numbers.below(10_000) as usize)),
        ("a medium word", Order::Newest, |numbers| word(500 + numbers.below(500) as usize)),
        ("a common word", Order::Newest, |numbers| word(numbers.below(10) as usize)),
        ("a common word, best first", Order::Rank, |numbers| word(numbers.below(10) as usize)),
        ("a common and a medium word", Order::Newest, |numbers| {
            format!("{} {}", word(numbers.below(10) as usize), word(500 + numbers.below(500) as usize))
        }),
        ("a phrase of two common words", Order::Newest, |numbers| {
            format!("\"{} {}\"", word(numbers.below(30) as usize), word(numbers.below(30) as usize))
        }),
        ("a prefix", Order::Newest, |numbers| format!("{}*", word(500 + numbers.below(500) as usize))),
        ("a medium word in one room", Order::Newest, |numbers| {
            format!(
                "{} in:{}",
                word(500 + numbers.below(500) as usize),
                key(numbers.below(100) as usize).as_str()
            )
        }),
        ("two characters without spaces", Order::Newest, |numbers| {
            [numbers.below(30), numbers.below(30)].map(|rank| character(rank as usize)).iter().collect()
        }),
    ];
    kinds
        .into_iter()
        .map(|(what, order, question)| {
            let mut numbers = Numbers(2);
            let mut taken = Vec::with_capacity(count);
            let (mut hits, mut unfinished) = (0, 0);
            for _ in 0..count {
                let search = Search {
                    query: Query::parse(&question(&mut numbers))?,
                    readable: Readable { public: true, rooms: Vec::new() },
                    order,
                    limit: HITS,
                    before: None,
                };
                let begin = Instant::now();
                let found = record.runtime.block_on(record.store.search(search))?;
                taken.push(begin.elapsed());
                hits += found.hits.len();
                unfinished += usize::from(found.before.is_some() && found.hits.len() < HITS);
            }
            let hits = hits as f64 / count.max(1) as f64;
            let note =
                format!("{hits:.1} hits of at most {HITS}; {unfinished} of {count} ended by their time");
            Ok(line(format!("search for {what}: median / p99"), times(taken), note))
        })
        .collect()
}
