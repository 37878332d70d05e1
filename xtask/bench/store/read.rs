//! Reading a large record: pages of history and searches, one after another.

use std::time::Instant;

use anyhow::{Context, Result};
use chat_server::store::{At, Order, Page, Query, Readable, Search};
use protocol::event::Event;
use protocol::limits::{HISTORY_BYTES, HISTORY_EVENTS};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::places::{KINDS, Where, Which};
use crate::questions::{HITS, QUESTIONS, Question};
use crate::record::{Record, key};
use crate::texts::Numbers;
use crate::{Line, line, times};

/// Pages of `HISTORY_EVENTS`, as they were stored.
pub(crate) fn pages(record: &Record, count: usize) -> Result<Vec<Line>> {
    let lobby = key(0);
    let newest = record.runtime.block_on(record.store.page(lobby.clone(), At::Newest, 1, 1))?;
    let oldest = record.runtime.block_on(record.store.page(lobby, At::After(0), 1, 1))?;
    let (begin_ms, end_ms) = (stored_ms(oldest)?, stored_ms(newest)?);
    let read = |&(what, place, which): &(&str, Where, Which)| -> Result<Line> {
        let mut numbers = Numbers(1);
        let mut taken = Vec::with_capacity(count);
        let mut events = 0;
        for _ in 0..count {
            let room = key(place.draw(&mut numbers));
            let head =
                record.runtime.block_on(record.store.room(room.clone()))?.context("the room is there")?.head;
            let at = match which {
                Which::Oldest => At::After(0),
                Which::Middle => At::Before(head / 2),
                Which::Newest => At::Newest,
                Which::Random => At::Before(2 + numbers.below(head.max(1))),
                Which::Around => At::Around(1 + numbers.below(head.max(1))),
                Which::Time => At::Since(begin_ms + numbers.below(begin_ms.abs_diff(end_ms).max(1)) as i64),
            };
            let begin = Instant::now();
            let page = record.runtime.block_on(record.store.page(room, at, HISTORY_EVENTS, HISTORY_BYTES))?;
            taken.push(begin.elapsed());
            events += page.context("the room is there")?.events.len();
        }
        let note = format!("{} events each, {}", events / count.max(1), place.name(record.shape));
        Ok(line(format!("page of history, {what}: median / p99"), times(taken), note))
    };
    KINDS.iter().map(read).collect()
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
    let ask = |question: &Question| -> Result<Line> {
        let mut numbers = Numbers(2);
        let mut taken = Vec::with_capacity(count);
        let (mut hits, mut unfinished) = (0, 0);
        for _ in 0..count {
            let search = Search {
                query: Query::parse(&(question.words)(&mut numbers))?,
                readable: Readable { public: true, rooms: Vec::new() },
                order: if question.ranked { Order::Rank } else { Order::Newest },
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
        let note = format!("{hits:.1} hits of at most {HITS}; {unfinished} of {count} ended by their time");
        Ok(line(format!("search for {}: median / p99", question.what), times(taken), note))
    };
    QUESTIONS.iter().map(ask).collect()
}
