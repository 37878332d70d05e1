//! Connections that say nothing: what they cost, and how fast they come.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::flow::{TURN, connect_range};
use crate::link::Link;
use crate::load::{Load, TEXT_BYTES};
use crate::meter::Meter;
use crate::process;
use crate::scenario::{Measured, Size};
use crate::target::Server;

/// What the server's memory grows by for each connection that is in its room and says nothing.
pub(crate) fn idle(server: &Server, size: Size, time: Duration) -> Result<Measured> {
    // The first connections pay for what all share.
    let _first = connect_range(server, "lobby", 0..50)?;
    let before = process::resident_kib(server.pid())?;
    let links = connect_range(server, "lobby", 50..50 + size.members)?;
    let mut load = Load::new(links, TEXT_BYTES)?;
    let meter = Meter::start(server, &load)?;
    let end = Instant::now() + time;
    while Instant::now() < end {
        load.turn(TURN)?;
    }
    let grown = process::resident_kib(server.pid())?.saturating_sub(before);
    meter.value(server, grown as f64 / size.members as f64, "KiB", false)
}

/// How fast connections come in, four at a time, each until it is greeted.
pub(crate) fn accept(server: &Server, size: Size, _time: Duration) -> Result<Measured> {
    const THREADS: usize = 4;
    let meter = Meter::start(server, &Load::new(Vec::new(), TEXT_BYTES)?)?;
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
