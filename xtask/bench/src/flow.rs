//! Messages in rooms: as many as go, at a fixed rate, and in bursts.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::link::{self, Link};
use crate::load::Load;
use crate::meter::Meter;
use crate::process;
use crate::scenario::{Measured, Size};
use crate::target::Server;

/// Of the measuring time, this part goes before as a warm-up.
const WARM_UP: f64 = 0.25;
/// A room's messages come from so many of its members in turn.
const SPEAKERS: usize = 16;
/// An idle wait: short enough to see the end of the measuring time.
pub(crate) const TURN: Duration = Duration::from_millis(5);
/// A server that uses less than this share of its core for so long has nothing left to do.
const REST: Duration = Duration::from_millis(200);
const AT_REST: f64 = 0.1;
/// The size of a burst's texts, which is about what Bun's are.
const BURST_TEXT_BYTES: usize = 24;

/// As many messages as the server delivers, while so many are outstanding.
pub(crate) fn saturate(server: &Server, size: Size, time: Duration) -> Result<Measured> {
    let (mut load, rooms) = connect_all(server, size)?;
    talk(&mut load, server, size, &rooms, time.mul_f64(WARM_UP))?;
    let meter = Meter::start(server, &load)?;
    talk(&mut load, server, size, &rooms, time)?;
    meter.deliveries(server, &load, None)
}

/// The same, but the clock stops only when the server has come to rest: what it puts off, it has to do as well.
pub(crate) fn saturate_to_rest(server: &Server, size: Size, time: Duration) -> Result<Measured> {
    let (mut load, rooms) = connect_all(server, size)?;
    talk(&mut load, server, size, &rooms, time.mul_f64(WARM_UP))?;
    rest(server, &mut load, size)?;
    let mut meter = Meter::start(server, &load)?;
    talk(&mut load, server, size, &rooms, time)?;
    let said = meter.elapsed();
    meter.stop_at(rest(server, &mut load, size)?);
    let mut measured = meter.deliveries(server, &load, None)?;
    measured.details.insert("s to rest".to_owned(), meter.elapsed().saturating_sub(said).as_secs_f64());
    Ok(measured)
}

fn talk(load: &mut Load, server: &Server, size: Size, rooms: &[String], time: Duration) -> Result<()> {
    let members = size.members as u64;
    let end = Instant::now() + time;
    while Instant::now() < end {
        while load.said - load.delivered / members < size.flow as u64 {
            say_next(load, server, size, rooms)?;
        }
        load.turn(TURN)?;
        load.check_alive(true)?;
    }
    Ok(())
}

/// Waits until everything is delivered and the server does nothing any more; when it began to do nothing.
fn rest(server: &Server, load: &mut Load, size: Size) -> Result<Instant> {
    let owed = load.said * size.members as u64;
    let mut busy_until = Instant::now();
    let mut cpu = process::cpu(server.pid())?;
    loop {
        let end = Instant::now() + REST;
        while Instant::now() < end {
            load.turn(TURN)?;
        }
        let now = process::cpu(server.pid())?;
        if load.delivered >= owed && now.saturating_sub(cpu) <= REST.mul_f64(AT_REST) {
            return Ok(busy_until);
        }
        load.check_alive(load.delivered < owed)?;
        cpu = now;
        busy_until = Instant::now();
    }
}

/// A fixed number of messages a second, whatever the server makes of it. Their times are taken from when they were due,
/// so that a generator that is late hides nothing.
pub(crate) fn fixed(server: &Server, size: Size, time: Duration) -> Result<Measured> {
    let (mut load, rooms) = connect_all(server, size)?;
    let pause = Duration::from_secs(1) / u32::try_from(size.flow)?;
    let run = |load: &mut Load, time: Duration| -> Result<()> {
        let begin = Instant::now();
        let mut due = begin;
        while begin.elapsed() < time {
            if Instant::now() >= due {
                load.due(due);
                say_next(load, server, size, &rooms)?;
                due += pause;
            }
            load.turn(due.saturating_duration_since(Instant::now()).min(TURN))?;
            load.check_alive(load.said * size.members as u64 > load.delivered)?;
        }
        Ok(())
    };
    run(&mut load, time.mul_f64(WARM_UP))?;
    load.latencies = Some(Vec::new());
    let meter = Meter::start(server, &load)?;
    run(&mut load, time)?;
    let latencies = Percentiles::of(load.latencies.take().unwrap_or_default());
    meter.deliveries(server, &load, Some((latencies.ms(0.5), latencies.ms(0.99))))
}

/// Everybody says many short texts at once; when everybody has all of them, again.
pub(crate) fn bursts(server: &Server, size: Size, time: Duration) -> Result<Measured> {
    let (mut load, rooms) = connect_all(server, size)?;
    load.text_bytes = BURST_TEXT_BYTES;
    let members = size.members as u64;
    let run = |load: &mut Load, time: Duration| -> Result<()> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            if load.delivered == load.said * members {
                for member in 0..size.members {
                    load.say(member, server.dialect, &rooms[0], size.flow)?;
                }
            }
            load.turn(TURN)?;
            load.check_alive(true)?;
        }
        Ok(())
    };
    run(&mut load, time.mul_f64(WARM_UP))?;
    let meter = Meter::start(server, &load)?;
    run(&mut load, time)?;
    meter.deliveries(server, &load, None)
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

pub(crate) fn connect_range(
    server: &Server,
    room: &str,
    members: std::ops::Range<usize>,
) -> Result<Vec<Link>> {
    members.map(|member| link::connect(server.address, server.dialect, room, member)).collect()
}

/// The next message: rooms in turn, and in each room a few members in turn.
fn say_next(load: &mut Load, server: &Server, size: Size, rooms: &[String]) -> Result<()> {
    let number = load.said as usize;
    let room = number % size.rooms;
    let member = number / size.rooms % SPEAKERS.min(size.members);
    load.say(room * size.members + member, server.dialect, &rooms[room], 1)
}

/// Sorted times.
pub(crate) struct Percentiles(Vec<f64>);

impl Percentiles {
    pub(crate) fn of(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        Self(seconds)
    }

    /// Milliseconds that this share of the times does not exceed; 0 where there are none.
    pub(crate) fn ms(&self, share: f64) -> f64 {
        let at = (self.0.len() as f64 * share) as usize;
        self.0.get(at).map_or(0.0, |seconds| seconds * 1000.0)
    }
}
