//! Connections that say nothing: what they cost, and how fast they come.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::flow::{TURN, connect_range};
use crate::link::{Dialect, Link};
use crate::load::Load;
use crate::meter::Meter;
use crate::process;
use crate::results::Details;
use crate::scenario::{Measured, Size};
use crate::target::Server;

/// Beside the lobby, where every connection of ours begins.
const FURTHER_ROOMS: &[&str] = &["idle-1", "idle-2"];
/// The first connections pay for what all share.
const FIRST: usize = 50;

/// What the server's memory grows by for each connection that says nothing: ours greeted and in three rooms, a peer's in
/// the room that its address names. The connections take each step together, and memory is read after each.
pub(crate) fn idle(server: &Server, size: Size, time: Duration) -> Result<Measured> {
    let mut first = connect_range(server, "lobby", 0..FIRST)?;
    if server.dialect == Dialect::Chat {
        for room in FURTHER_ROOMS {
            for (index, link) in first.iter_mut().enumerate() {
                link.enter(room, index == 0)?;
            }
        }
    }
    let before = process::resident_kib(server.pid())?;
    let mut stages = Details::new();
    let mut note = |stage: &str| -> Result<f64> {
        // Longer than the server's threads need to come to rest.
        std::thread::sleep(Duration::from_millis(200));
        let grown = process::resident_kib(server.pid())?.saturating_sub(before) as f64 / size.members as f64;
        stages.insert(stage.to_owned(), grown);
        Ok(grown)
    };
    let mut links = Vec::with_capacity(size.members);
    for _ in 0..size.members {
        links.push(Link::open(server.address)?);
    }
    note("KiB 1 connected")?;
    for link in &mut links {
        link.upgrade(server.address, server.dialect, "lobby")?;
    }
    note("KiB 2 upgraded")?;
    if server.dialect == Dialect::Chat {
        for (index, link) in links.iter_mut().enumerate() {
            link.greet("lobby", FIRST + index)?;
        }
        note("KiB 3 greeted in one room")?;
        for room in FURTHER_ROOMS {
            for link in &mut links {
                link.enter(room, false)?;
            }
        }
        note("KiB 4 in three rooms")?;
    }
    let mut load = Load::new(links)?;
    let meter = Meter::start(server, &load)?;
    let end = Instant::now() + time;
    while Instant::now() < end {
        load.turn(TURN)?;
    }
    let grown = note("KiB 5 at rest")?;
    Ok(Measured { details: stages, ..meter.value(server, grown, "KiB", false)? })
}

/// How fast connections come in, sixteen at a time, each until it is greeted.
pub(crate) fn accept(server: &Server, size: Size, _time: Duration) -> Result<Measured> {
    const THREADS: usize = 16;
    let meter = Meter::start(server, &Load::new(Vec::new())?)?;
    let each = size.members / THREADS;
    let opened: Result<Vec<Vec<Link>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn(move || connect_range(server, "lobby", thread * each..(thread + 1) * each))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("connecting does not panic")).collect()
    });
    let rate = (each * THREADS) as f64 / meter.elapsed().as_secs_f64();
    opened?;
    meter.value(server, rate, "connections/s", true)
}
