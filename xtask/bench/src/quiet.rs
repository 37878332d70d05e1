//! A quiet room beside a saturated one: does the crowd make the few wait?

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::flow::{Percentiles, TURN, connect_range};
use crate::link::Link;
use crate::load::Load;
use crate::meter::Meter;
use crate::results::details;
use crate::scenario::{Measured, Size};
use crate::target::Server;

const QUIET_MEMBERS: usize = 5;
/// Between two messages in the quiet room: 50 a second.
const PAUSE: Duration = Duration::from_millis(20);
const CROWD: &str = "lobby";
/// One of those that every peer has a route for.
const QUIET: &str = "b0";

/// What the crowd's thread is told.
const WAIT: u8 = 0;
const TALK: u8 = 1;
const END: u8 = 2;

/// The 99th percentile of the quiet room's times beside a saturated room, over the one alone. Server and generator share
/// all cores: here both rooms' clients are load, and none of the server's parts may be kept off a core.
pub(crate) fn quiet(server: &Server, size: Size, time: Duration) -> Result<Measured> {
    let crowd = connect_range(server, CROWD, 0..size.members)?;
    let mut quiet = Load::new(connect_range(server, QUIET, 0..QUIET_MEMBERS)?)?;
    quiet.time_every(1);
    let (state, delivered) = (AtomicU8::new(WAIT), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let talking = scope.spawn(|| talk(server, size, crowd, &state, &delivered));
        let measured = both(server, &mut quiet, time, &state, &delivered);
        state.store(END, Ordering::Relaxed);
        talking.join().expect("the crowd's thread does not panic")?;
        measured
    })
}

fn both(
    server: &Server,
    quiet: &mut Load,
    time: Duration,
    state: &AtomicU8,
    delivered: &AtomicU64,
) -> Result<Measured> {
    chat(server, quiet, time.mul_f64(0.25))?;
    let alone = chat(server, quiet, time)?;
    state.store(TALK, Ordering::Relaxed);
    chat(server, quiet, time.mul_f64(0.25))?;
    let meter = Meter::start(server, quiet)?;
    let before = delivered.load(Ordering::Relaxed);
    let beside = chat(server, quiet, time)?;
    let crowd = delivered.load(Ordering::Relaxed) - before;
    let rate = crowd as f64 / meter.elapsed().as_secs_f64();
    let ratio = beside.ms(0.99) / alone.ms(0.99);
    Ok(Measured {
        latency_ms: Some((beside.ms(0.5), beside.ms(0.99))),
        details: details([
            ("ms p50 alone", alone.ms(0.5)),
            ("ms p99 alone", alone.ms(0.99)),
            ("ms p50 beside", beside.ms(0.5)),
            ("ms p99 beside", beside.ms(0.99)),
            ("deliveries/s in the other room", rate),
        ]),
        ..meter.value(server, ratio, "× p99 alone", false)?
    })
}

/// The quiet room for a while; the times of its deliveries.
fn chat(server: &Server, load: &mut Load, time: Duration) -> Result<Percentiles> {
    load.latencies = Some(Vec::new());
    let begin = Instant::now();
    let mut due = begin;
    let mut speaker = 0;
    while begin.elapsed() < time {
        if Instant::now() >= due {
            load.due(due);
            load.say(speaker, server.dialect, QUIET, 1)?;
            speaker = (speaker + 1) % QUIET_MEMBERS;
            due += PAUSE;
        }
        load.turn(due.saturating_duration_since(Instant::now()).min(TURN))?;
        load.check_alive(load.said * QUIET_MEMBERS as u64 > load.delivered)?;
    }
    Ok(Percentiles::of(load.latencies.take().unwrap_or_default()))
}

/// The crowd: silent, then as many messages as the server delivers, until it is told to end.
fn talk(
    server: &Server,
    size: Size,
    links: Vec<Link>,
    state: &AtomicU8,
    delivered: &AtomicU64,
) -> Result<()> {
    let mut load = Load::new(links)?;
    let members = size.members as u64;
    loop {
        let told = state.load(Ordering::Relaxed);
        if told == END {
            return Ok(());
        }
        while told == TALK && load.said - load.delivered / members < size.flow as u64 {
            let member = load.said as usize % size.members;
            load.say(member, server.dialect, CROWD, 1)?;
        }
        load.turn(TURN)?;
        load.check_alive(load.said * members > load.delivered)?;
        delivered.store(load.delivered, Ordering::Relaxed);
    }
}
