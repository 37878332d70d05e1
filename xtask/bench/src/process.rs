//! What the operating system knows of a process: its CPU time, its memory, the cores it may use.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// The kernel's clock ticks per second, as `/proc` counts them on every Linux of today.
const TICKS: u64 = 100;
/// Files that a server or this generator must be able to open: sockets, mostly.
const FILES: u64 = 8192;

/// CPU time of a whole process so far, all threads.
pub(crate) fn cpu(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    // The second field is the program's name in parentheses and may hold anything.
    let (_, fields) = text.rsplit_once(')').context("a stat line")?;
    let ticks: u64 = fields.split_whitespace().skip(11).take(2).map(|n| n.parse::<u64>().unwrap_or(0)).sum();
    Ok(Duration::from_millis(ticks * 1000 / TICKS))
}

/// Resident memory of a process, in KiB.
pub(crate) fn resident_kib(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// Lets this process and its children open as many sockets as the system allows them.
pub(crate) fn raise_file_limit() -> Result<()> {
    let limits = fs::read_to_string("/proc/self/limits").context("reading this process's limits")?;
    let line =
        limits.lines().find_map(|line| line.strip_prefix("Max open files")).context("no file limit")?;
    let hard = line.split_whitespace().nth(1).context("no hard file limit")?;
    if hard.parse::<u64>().is_ok_and(|hard| hard < FILES) {
        bail!("this process may open {hard} files; the scenarios need {FILES}");
    }
    quietly("prlimit", &["--pid", &std::process::id().to_string(), &format!("--nofile={hard}:{hard}")])
}

/// Which cores a server may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cores {
    /// The first; this generator keeps to the second.
    First,
    /// All, like this generator.
    All,
}

/// Keeps this process off the server's core, if it has one of its own. False on a machine with one core.
pub(crate) fn pin_self(server: Cores) -> Result<bool> {
    let count = fs::read_to_string("/proc/cpuinfo").context("counting the cores")?;
    let count = count.lines().filter(|line| line.starts_with("processor")).count();
    if count < 2 {
        return Ok(false);
    }
    let own = match server {
        Cores::First => "1".to_owned(),
        Cores::All => format!("0-{}", count - 1),
    };
    quietly("taskset", &["-cp", &own, &std::process::id().to_string()])?;
    Ok(true)
}

/// A command that will run on these cores only.
pub(crate) fn on_cores(cores: Cores, program: &str, args: &[&str]) -> Command {
    let mut command = match cores {
        Cores::All => Command::new(program),
        Cores::First => {
            let mut command = Command::new("taskset");
            command.args(["-c", "0", program]);
            command
        }
    };
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn quietly(program: &str, args: &[&str]) -> Result<()> {
    let output = Command::new(program).args(args).output().with_context(|| format!("starting {program}"))?;
    if !output.status.success() {
        bail!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// A started server; killed when dropped.
#[derive(Debug)]
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_tells_of_this_process() {
        let own = std::process::id();
        assert!(resident_kib(own).unwrap() > 100);
        assert!(cpu(own).unwrap() < Duration::from_hours(1));
        assert!(cpu(u32::MAX).is_err());
    }
}
