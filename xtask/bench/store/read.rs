//! Reading a large record: pages of history and searches, one after another.

use std::time::Instant;

use anyhow::{Context, Result};
use chat_server::store::{At, Order, Page, Query, Readable, Search};
use protocol::event::Event;
use protocol::limits::{HISTORY_BYTES, HISTORY_EVENTS};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::record::{ROOMS, Record, key};
use crate::texts::{Numbers, character, word};
use crate::{Line, line, times};

const HITS: usize = 20;

/// Pages of `HISTORY_EVENTS` at random places and times of random rooms, and the newest ones of them.
pub(crate) fn pages(record: &Record, count: usize) -> Result<Vec<Line>> {
    let mut numbers = Numbers(1);
    let lobby = key(0);
    let newest = record.runtime.block_on(record.store.page(lobby.clone(), At::Newest, 1, 1))?;
    let oldest = record.runtime.block_on(record.store.page(lobby, At::After(0), 1, 1))?;
    let (begin_ms, end_ms) = (stored_ms(oldest)?, stored_ms(newest)?);
    let mut read = |what: &str| -> Result<Line> {
        let mut taken = Vec::with_capacity(count);
        let mut events = 0;
        for _ in 0..count {
            let room = key(numbers.below(ROOMS as u64) as usize);
            let head =
                record.runtime.block_on(record.store.room(room.clone()))?.context("the room is there")?.head;
            let at = match what {
                "the newest" => At::Newest,
                "at a random place" => At::Before(2 + numbers.below(head.max(1))),
                _ => At::Since(begin_ms + numbers.below(begin_ms.abs_diff(end_ms).max(1)) as i64),
            };
            let begin = Instant::now();
            let page = record.runtime.block_on(record.store.page(room, at, HISTORY_EVENTS, HISTORY_BYTES))?;
            taken.push(begin.elapsed());
            events += page.context("the room is there")?.events.len();
        }
        let note =
            format!("{} events each, {} messages in {ROOMS} rooms", events / count.max(1), record.size);
        Ok(line(format!("page of history, {what}: median / p99"), times(taken), note))
    };
    Ok(vec![read("the newest")?, read("at a random place")?, read("at a random time")?])
}

/// When the first event of a page was stored, in milliseconds since 1970.
fn stored_ms(page: Option<Page>) -> Result<i64> {
    let page = page.context("the room is there")?;
    let timestamp = page.events.first().and_then(Event::timestamp).context("something was said")?;
    let at = OffsetDateTime::parse(timestamp, &Rfc3339)?;
    Ok((at.unix_timestamp_nanos() / 1_000_000) as i64)
}

/// Searches of several kinds, each with many words of its kind.
pub(crate) fn searches(record: &Record, count: usize) -> Result<Vec<Line>> {
    type Kind = (&'static str, Order, fn(&mut Numbers) -> String);
    let kinds: [Kind; 14] = [
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
        ("a beginning of two letters", Order::Newest, |numbers| {
            format!("{}*", word(numbers.below(80) as usize))
        }),
        ("a beginning of three letters", Order::Newest, |numbers| {
            let (first, second) = (word(numbers.below(80) as usize), word(numbers.below(80) as usize));
            format!("{first}{}*", &second[..1])
        }),
        ("four beginnings of two letters", Order::Newest, |numbers| {
            [0; 4].map(|_| format!("{}*", word(numbers.below(80) as usize))).join(" ")
        }),
        ("a beginning of two letters and a rare word", Order::Newest, |numbers| {
            format!("{}* {}", word(numbers.below(80) as usize), word(20_000 + numbers.below(10_000) as usize))
        }),
        ("sixteen common words", Order::Newest, |numbers| {
            let first = numbers.below(5) as usize;
            (first..first + 16).map(word).collect::<Vec<_>>().join(" ")
        }),
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
