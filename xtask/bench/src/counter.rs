//! What a server asks of the kernel, counted by `perf`.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::results::{Details, details};

/// The ways in which servers send.
const SENDS: [&str; 4] = ["sendto", "sendmsg", "writev", "write"];
const ALL: &str = "raw_syscalls:sys_enter";
const SWITCHES: &str = "context-switches";

/// Longer than perf needs to begin.
const ATTACHING: Duration = Duration::from_millis(300);

/// A running count.
#[derive(Debug)]
pub(crate) struct Counter {
    perf: Child,
    output: PathBuf,
}

impl Counter {
    /// Counts what all threads of a process do from now on.
    pub(crate) fn start(pid: u32) -> Result<Self> {
        let output = std::env::temp_dir().join(format!("chat-bench-{pid}.perf"));
        let mut events: Vec<String> = SENDS.iter().map(|name| format!("syscalls:sys_enter_{name}")).collect();
        events.extend([ALL.to_owned(), SWITCHES.to_owned()]);
        let mut perf = Command::new("perf");
        perf.args(["stat", "-x", ",", "-e", &events.join(","), "-p", &pid.to_string(), "-o"]).arg(&output);
        perf.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let perf = perf.spawn().context("starting perf")?;
        // It says nothing when it has begun.
        std::thread::sleep(ATTACHING);
        Ok(Self { perf, output })
    }

    /// For a thousand deliveries each.
    pub(crate) fn finish(mut self, deliveries: u64) -> Result<Details> {
        let status = Command::new("kill")
            .args(["-INT", &self.perf.id().to_string()])
            .status()
            .context("starting kill")?;
        if !status.success() {
            bail!("perf has ended by itself: may it count system calls here?");
        }
        self.perf.wait()?;
        let text = fs::read_to_string(&self.output).context("reading what perf counted")?;
        // Only a leftover in the directory for temporary files if it fails.
        let _ = fs::remove_file(&self.output);
        let counts = counts(&text);
        let thousand =
            |name: &str| counts.get(name).copied().unwrap_or(0.0) * 1000.0 / deliveries.max(1) as f64;
        let sends = SENDS.iter().map(|name| thousand(&format!("syscalls:sys_enter_{name}"))).sum();
        Ok(details([
            ("sends for 1000", sends),
            ("system calls for 1000", thousand(ALL)),
            ("context switches for 1000", thousand(SWITCHES)),
        ]))
    }
}

/// Lines of `count,unit,event,…`; others are comments.
fn counts(text: &str) -> HashMap<String, f64> {
    text.lines()
        .filter_map(|line| {
            let mut fields = line.split(',');
            let count = fields.next()?.parse().ok()?;
            Some((fields.nth(1)?.to_owned(), count))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_perf_writes_is_read() {
        let text =
            "# started on\n\n147554,,syscalls:sys_enter_sendto,800988441,100.00,,\n<not counted>,,x,,\n";
        let counts = counts(text);
        assert_eq!(counts.len(), 1);
        assert!((counts["syscalls:sys_enter_sendto"] - 147_554.0).abs() < 0.5);
    }
}
