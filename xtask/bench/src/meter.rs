//! Takes the time, both processes' CPU, and what the generator read.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::load::{Load, Tally};
use crate::process;
use crate::results::{Details, details};
use crate::scenario::Measured;
use crate::target::Server;

#[derive(Debug)]
pub(crate) struct Meter {
    begin: Instant,
    end: Option<Instant>,
    server: Duration,
    own: Duration,
    delivered: u64,
    tally: Tally,
}

impl Meter {
    pub(crate) fn start(server: &Server, load: &Load) -> Result<Self> {
        let own = process::cpu(std::process::id())?;
        let server = process::cpu(server.pid())?;
        Ok(Self {
            begin: Instant::now(),
            end: None,
            server,
            own,
            delivered: load.delivered,
            tally: load.tally,
        })
    }

    /// The clock stopped then.
    pub(crate) fn stop_at(&mut self, end: Instant) {
        self.end = Some(end);
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.end.unwrap_or_else(Instant::now).saturating_duration_since(self.begin)
    }

    pub(crate) fn value(
        &self,
        server: &Server,
        value: f64,
        unit: &'static str,
        more_is_better: bool,
    ) -> Result<Measured> {
        let seconds = self.elapsed().as_secs_f64();
        let server_cpu = process::cpu(server.pid())?.saturating_sub(self.server);
        let own_cpu = process::cpu(std::process::id())?.saturating_sub(self.own);
        Ok(Measured {
            value,
            unit: unit.into(),
            more_is_better,
            cpu_us: None,
            latency_ms: None,
            server_load: server_cpu.as_secs_f64() / seconds,
            own_load: own_cpu.as_secs_f64() / seconds,
            details: Details::new(),
        })
    }

    /// Deliveries a second since the start, and what each cost.
    pub(crate) fn deliveries(
        &self,
        server: &Server,
        load: &Load,
        latency_ms: Option<(f64, f64)>,
    ) -> Result<Measured> {
        let count = load.delivered - self.delivered;
        if count == 0 {
            bail!("nothing was delivered");
        }
        let reads = (load.tally.reads - self.tally.reads).max(1) as f64;
        let bytes = (load.tally.bytes - self.tally.bytes) as f64;
        let details = details([("frames a read", count as f64 / reads), ("bytes a read", bytes / reads)]);
        let seconds = self.elapsed().as_secs_f64();
        let measured = self.value(server, count as f64 / seconds, "deliveries/s", true)?;
        let cpu_us = Some(measured.server_load * seconds * 1e6 / count as f64);
        Ok(Measured { cpu_us, latency_ms, details, ..measured })
    }
}
