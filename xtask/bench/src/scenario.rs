//! What is measured.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::link::{self, Dialect, Link};
use crate::load::Load;
use crate::process;
use crate::target::Server;

/// How large a scenario is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rooms: usize,
    /// Members of each room.
    pub(crate) members: usize,
    /// Messages that are said and not yet with all members, over all rooms; or messages a second at a fixed rate.
    pub(crate) flow: usize,
}

#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) full: Size,
    pub(crate) quick: Size,
    pub(crate) run: fn(&Server, Size, Duration) -> Result<Measured>,
}

/// What one run gave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) more_is_better: bool,
    /// Microseconds of the server's CPU for each delivery.
    pub(crate) cpu_us: Option<f64>,
    /// Milliseconds from saying to arriving: median and 99th percentile.
    pub(crate) latency_ms: Option<(f64, f64)>,
    /// How much of one core the server used, and how much this generator did.
    pub(crate) server_load: f64,
    pub(crate) own_load: f64,
}

const fn size(rooms: usize, members: usize, flow: usize) -> Size {
    Size { rooms, members, flow }
}

#[rustfmt::skip]
pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "room-100-k16", title: "room of 100, 16 outstanding", full: size(1, 100, 16), quick: size(1, 100, 16), run: saturate },
    Scenario { name: "room-1000-k16", title: "room of 1000, 16 outstanding", full: size(1, 1000, 16), quick: size(1, 400, 16), run: saturate },
    Scenario { name: "room-1000-k64", title: "room of 1000, 64 outstanding", full: size(1, 1000, 64), quick: size(1, 400, 64), run: saturate },
    Scenario { name: "room-1000-k1", title: "room of 1000, one outstanding", full: size(1, 1000, 1), quick: size(1, 400, 1), run: saturate },
    Scenario { name: "fixed-20k", title: "room of 1000, 20,000 deliveries a second", full: size(1, 1000, 20), quick: size(1, 400, 50), run: fixed },
    Scenario { name: "rooms-1000x5", title: "1000 rooms of 5, 256 outstanding in all", full: size(1000, 5, 256), quick: size(200, 5, 256), run: saturate },
    Scenario { name: "idle", title: "idle connections: memory of each", full: size(1, 3000, 0), quick: size(1, 500, 0), run: idle },
    Scenario { name: "accept", title: "connections accepted, to the welcome", full: size(1, 6000, 0), quick: size(1, 1000, 0), run: accept },
];

/// Of the measuring time, this part goes before as a warm-up.
const WARM_UP: f64 = 0.25;
/// A room's messages come from so many of its members in turn.
const SPEAKERS: usize = 16;
/// An idle wait: short enough to see the end of the measuring time.
const TURN: Duration = Duration::from_millis(5);

/// As many messages as the server delivers, while so many are outstanding.
fn saturate(server: &Server, size: Size, time: Duration) -> Result<Measured> {
    let (mut load, rooms) = connect_all(server, size)?;
    let members = size.members as u64;
    let run = |load: &mut Load, time: Duration| -> Result<u64> {
        let before = load.delivered;
        let end = Instant::now() + time;
        while Instant::now() < end {
            while load.said - load.delivered / members < size.flow as u64 {
                say_next(load, server, size, &rooms)?;
            }
            load.turn(TURN)?;
            load.check_alive(true)?;
        }
        Ok(load.delivered - before)
    };
    run(&mut load, time.mul_f64(WARM_UP))?;
    let meter = Meter::start(server)?;
    let deliveries = run(&mut load, time)?;
    meter.deliveries(server, deliveries, None)
}

/// A fixed number of messages a second, whatever the server makes of it; their times are taken.
fn fixed(server: &Server, size: Size, time: Duration) -> Result<Measured> {
    let (mut load, rooms) = connect_all(server, size)?;
    let pause = Duration::from_secs(1) / u32::try_from(size.flow)?;
    let run = |load: &mut Load, time: Duration| -> Result<u64> {
        let before = load.delivered;
        let begin = Instant::now();
        let mut next = begin;
        while begin.elapsed() < time {
            let now = Instant::now();
            if now >= next {
                say_next(load, server, size, &rooms)?;
                next += pause;
            }
            load.turn(next.saturating_duration_since(Instant::now()).min(TURN))?;
            load.check_alive(load.said * size.members as u64 > load.delivered)?;
        }
        Ok(load.delivered - before)
    };
    run(&mut load, time.mul_f64(WARM_UP))?;
    load.latencies = Some(Vec::new());
    let meter = Meter::start(server)?;
    let deliveries = run(&mut load, time)?;
    let mut latencies = load.latencies.take().unwrap_or_default();
    latencies.sort_by(f64::total_cmp);
    let at =
        |share: f64| latencies.get((latencies.len() as f64 * share) as usize).map_or(0.0, |s| s * 1000.0);
    meter.deliveries(server, deliveries, Some((at(0.5), at(0.99))))
}

/// What the server's memory grows by for each connection that is in its room and says nothing.
fn idle(server: &Server, size: Size, time: Duration) -> Result<Measured> {
    // The first connections pay for what all share.
    let _first = connect_range(server, "lobby", 0..50)?;
    let before = process::resident_kib(server.pid())?;
    let meter = Meter::start(server)?;
    let links = connect_range(server, "lobby", 50..50 + size.members)?;
    let mut load = Load::new(links)?;
    let end = Instant::now() + time;
    while Instant::now() < end {
        load.turn(TURN)?;
    }
    let grown = process::resident_kib(server.pid())?.saturating_sub(before);
    meter.value(server, grown as f64 / size.members as f64, "KiB", false)
}

/// How fast connections come in, four at a time, each until it is greeted.
fn accept(server: &Server, size: Size, _time: Duration) -> Result<Measured> {
    const THREADS: usize = 4;
    let meter = Meter::start(server)?;
    let each = size.members / THREADS;
    let opened: Result<Vec<Vec<Link>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn(move || connect_range(server, "lobby", thread * each..(thread + 1) * each))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("connecting does not panic")).collect()
    });
    let rate = (each * THREADS) as f64 / meter.begin.elapsed().as_secs_f64();
    opened?;
    meter.value(server, rate, "connections/s", true)
}

fn connect_all(server: &Server, size: Size) -> Result<(Load, Vec<String>)> {
    let rooms: Vec<String> = match size.rooms {
        1 => vec!["lobby".to_owned()],
        count => (0..count).map(|room| format!("b{room}")).collect(),
    };
    let mut links = Vec::with_capacity(size.rooms * size.members);
    for room in &rooms {
        links.extend(connect_range(server, room, 0..size.members)?);
    }
    Ok((Load::new(links)?, rooms))
}

fn connect_range(server: &Server, room: &str, members: std::ops::Range<usize>) -> Result<Vec<Link>> {
    members.map(|member| link::connect(server.address, server.dialect, room, member)).collect()
}

/// The next message: rooms in turn, and in each room a few members in turn.
fn say_next(load: &mut Load, server: &Server, size: Size, rooms: &[String]) -> Result<()> {
    let number = load.said as usize;
    let room = number % size.rooms;
    let member = number / size.rooms % SPEAKERS.min(size.members);
    load.say(room * size.members + member, server.dialect, &rooms[room])
}

/// Takes the time and both processes' CPU.
struct Meter {
    begin: Instant,
    server: Duration,
    own: Duration,
}

impl Meter {
    fn start(server: &Server) -> Result<Self> {
        let own = process::cpu(std::process::id())?;
        Ok(Self { begin: Instant::now(), server: process::cpu(server.pid())?, own })
    }

    fn value(
        self,
        server: &Server,
        value: f64,
        unit: &'static str,
        more_is_better: bool,
    ) -> Result<Measured> {
        let seconds = self.begin.elapsed().as_secs_f64();
        let server_cpu = process::cpu(server.pid())?.saturating_sub(self.server);
        let own_cpu = process::cpu(std::process::id())?.saturating_sub(self.own);
        Ok(Measured {
            value,
            unit,
            more_is_better,
            cpu_us: None,
            latency_ms: None,
            server_load: server_cpu.as_secs_f64() / seconds,
            own_load: own_cpu.as_secs_f64() / seconds,
        })
    }

    fn deliveries(self, server: &Server, count: u64, latency_ms: Option<(f64, f64)>) -> Result<Measured> {
        if count == 0 {
            bail!("nothing was delivered");
        }
        let seconds = self.begin.elapsed().as_secs_f64();
        let measured = self.value(server, count as f64 / seconds, "deliveries/s", true)?;
        let cpu_us = Some(measured.server_load * seconds * 1e6 / count as f64);
        Ok(Measured { cpu_us, latency_ms, ..measured })
    }
}

impl Dialect {
    /// In words, for the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chat => "durable chat.v1",
            Self::Relay => "relay in memory",
        }
    }
}
