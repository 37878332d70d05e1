//! Reading a large record through the server: what a client waits for, its rights looked at, what was done to the messages
//! beside them, hits with what is around them.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use protocol::limits::HISTORY_EVENTS;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::places::{KINDS, Where, Which};
use crate::questions::{HITS, QUESTIONS, Question};
use crate::record::{ROOMS, Shape, key};
use crate::server::{Link, Server};
use crate::texts::Numbers;
use crate::{Line, line, times};

/// Pages of `HISTORY_EVENTS`.
pub(crate) fn pages(data: &Path, shape: Shape, count: usize) -> Result<Vec<Line>> {
    let server = Server::start(data)?;
    let mut link = server.connect("reader", &[])?;
    let mut heads = Vec::with_capacity(ROOMS);
    for room in 0..ROOMS {
        let page = history(&mut link, room, &json!({ "limit": 1 }))?.1;
        heads.push(page["head"].as_u64().context("a head")?);
    }
    let stored = |link: &mut Link, at: &Value| -> Result<OffsetDateTime> {
        let page = history(link, 0, at)?.1;
        Ok(OffsetDateTime::parse(page["events"][0]["timestamp"].as_str().context("an event")?, &Rfc3339)?)
    };
    let begin = stored(&mut link, &json!({"limit": 1, "after": 0}))?;
    let span = stored(&mut link, &json!({ "limit": 1 }))? - begin;
    let mut read = |&(what, place, which): &(&str, Where, Which)| -> Result<Line> {
        let mut numbers = Numbers(1);
        let mut taken = Vec::with_capacity(count);
        let (mut events, mut bytes) = (0, 0);
        for _ in 0..count {
            let room = place.draw(&mut numbers);
            let head = heads[room].max(1);
            let at = match which {
                Which::Oldest => json!({"after": 0}),
                Which::Middle => json!({"before": head / 2}),
                Which::Newest => json!({}),
                Which::Random => json!({"before": 2 + numbers.below(head)}),
                Which::Around => json!({"around": 1 + numbers.below(head)}),
                Which::Time => {
                    let after = span * (numbers.below(1000) as f64 / 1000.0);
                    json!({"at": (begin + after).format(&Rfc3339)?})
                }
            };
            let (time, page, length) = history(&mut link, room, &at)?;
            taken.push(time);
            events += page["events"].as_array().map_or(0, Vec::len);
            bytes += length;
        }
        let count = count.max(1);
        let note =
            format!("{} events, {} KB each, {}", events / count, bytes / count / 1000, place.name(shape));
        Ok(line(format!("page over the wire, {what}: median / p99"), times(taken), note))
    };
    KINDS.iter().map(&mut read).collect()
}

/// A page of a room, how long it took, and its bytes.
fn history(link: &mut Link, room: usize, at: &Value) -> Result<(Duration, Value, usize)> {
    let mut question =
        json!({"type": "history", "ref": 1, "room": key(room).as_str(), "limit": HISTORY_EVENTS});
    for (name, value) in at.as_object().into_iter().flatten() {
        question[name] = value.clone();
    }
    let (time, page) = link.ask(&question, "history")?;
    Ok((time, serde_json::from_str(&page)?, page.len()))
}

/// Searches of several kinds, their hits with what was said before and after them.
pub(crate) fn searches(data: &Path, count: usize) -> Result<Vec<Line>> {
    let server = Server::start(data)?;
    let mut link = server.connect("searcher", &[])?;
    let mut ask = |question: &Question| -> Result<Line> {
        let mut numbers = Numbers(2);
        let mut taken = Vec::with_capacity(count);
        let (mut hits, mut around) = (0, 0);
        for _ in 0..count {
            let order = if question.ranked { "rank" } else { "newest" };
            let words = (question.words)(&mut numbers);
            let asked = json!({"type": "search", "ref": 1, "query": words, "order": order, "limit": HITS});
            let (time, found) = link.ask(&asked, "found")?;
            taken.push(time);
            let found: Value = serde_json::from_str(&found)?;
            for hit in found["hits"].as_array().into_iter().flatten() {
                hits += 1;
                around += usize::from(hit.get("previous").is_some()) + usize::from(hit.get("next").is_some());
            }
        }
        let count = count.max(1) as f64;
        let note = format!(
            "{:.1} hits of at most {HITS} with {:.1} messages around them",
            f64::from(hits) / count,
            around as f64 / count
        );
        Ok(line(format!("search over the wire for {}: median / p99", question.what), times(taken), note))
    };
    QUESTIONS.iter().map(&mut ask).collect()
}
