//! What is measured: the list, and what one run gives.

use std::borrow::Cow;
use std::time::Duration;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::flow::{bursts, fixed, saturate, saturate_to_rest};
use crate::process::Cores;
use crate::quiet::quiet;
use crate::results::Details;
use crate::still::{accept, idle};
use crate::target::Server;

/// How large a scenario is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rooms: usize,
    /// Members of each room.
    pub(crate) members: usize,
    /// Messages that are said and not yet with all members, over all rooms; or messages a second at a fixed rate; or
    /// messages of each member in a burst.
    pub(crate) flow: usize,
}

#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) full: Size,
    /// With `--quick`; `None`: left out then.
    pub(crate) quick: Option<Size>,
    /// Where the server runs.
    pub(crate) cores: Cores,
    pub(crate) run: fn(&Server, Size, Duration) -> Result<Measured>,
}

/// What one run gave.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) value: f64,
    pub(crate) unit: Cow<'static, str>,
    pub(crate) more_is_better: bool,
    /// Microseconds of the server's CPU for each delivery.
    pub(crate) cpu_us: Option<f64>,
    /// Milliseconds from saying to arriving: median and 99th percentile.
    pub(crate) latency_ms: Option<(f64, f64)>,
    /// How much of one core the server used, and how much this generator did.
    pub(crate) server_load: f64,
    pub(crate) own_load: f64,
    /// What else explains the value, by name.
    pub(crate) details: Details,
}

const fn size(rooms: usize, members: usize, flow: usize) -> Size {
    Size { rooms, members, flow }
}

#[rustfmt::skip]
pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "room-100-k16", title: "room of 100, 16 outstanding", full: size(1, 100, 16), quick: Some(size(1, 100, 16)), cores: Cores::First, run: saturate },
    Scenario { name: "room-300-k16", title: "room of 300, 16 outstanding", full: size(1, 300, 16), quick: None, cores: Cores::First, run: saturate },
    Scenario { name: "room-1000-k16", title: "room of 1000, 16 outstanding", full: size(1, 1000, 16), quick: Some(size(1, 400, 16)), cores: Cores::First, run: saturate },
    Scenario { name: "room-3000-k16", title: "room of 3000, 16 outstanding", full: size(1, 3000, 16), quick: None, cores: Cores::First, run: saturate },
    Scenario { name: "room-5000-k16", title: "room of 5000, 16 outstanding", full: size(1, 5000, 16), quick: None, cores: Cores::First, run: saturate },
    Scenario { name: "room-1000-k64", title: "room of 1000, 64 outstanding", full: size(1, 1000, 64), quick: Some(size(1, 400, 64)), cores: Cores::First, run: saturate },
    Scenario { name: "room-1000-k128", title: "room of 1000, 128 outstanding", full: size(1, 1000, 128), quick: None, cores: Cores::First, run: saturate },
    Scenario { name: "room-1000-k1", title: "room of 1000, one outstanding", full: size(1, 1000, 1), quick: Some(size(1, 400, 1)), cores: Cores::First, run: saturate },
    Scenario { name: "fixed-20k", title: "room of 1000, 20,000 deliveries a second", full: size(1, 1000, 20), quick: Some(size(1, 400, 50)), cores: Cores::First, run: fixed },
    Scenario { name: "fixed-400k", title: "room of 1000, 400,000 deliveries a second", full: size(1, 1000, 400), quick: Some(size(1, 400, 1000)), cores: Cores::First, run: fixed },
    Scenario { name: "rooms-1000x5", title: "1000 rooms of 5, 256 outstanding in all", full: size(1000, 5, 256), quick: Some(size(200, 5, 256)), cores: Cores::First, run: saturate_to_rest },
    Scenario { name: "bun-chat", title: "Bun's chat benchmark: 32 members say 1500 texts each, at once", full: size(1, 32, 1500), quick: Some(size(1, 32, 300)), cores: Cores::First, run: bursts },
    Scenario { name: "quiet-p99", title: "a room of 5 beside a saturated one of 1000, on all cores", full: size(1, 1000, 16), quick: None, cores: Cores::All, run: quiet },
    Scenario { name: "idle", title: "idle connections, ours in three rooms: memory of each", full: size(1, 3000, 0), quick: Some(size(1, 500, 0)), cores: Cores::First, run: idle },
    Scenario { name: "accept", title: "connections accepted, to the welcome", full: size(1, 6000, 0), quick: Some(size(1, 1000, 0)), cores: Cores::First, run: accept },
];
