//! The kill test: its harness and checker are Python, so that they share no code with what they judge.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

use crate::sh::{self, Tally};

/// The share that every run of the tests takes.
pub(crate) const ROUNDS: u32 = 20;
/// The count before a release.
pub(crate) const SOAK_ROUNDS: u32 = 1000;

/// Where the harness is.
pub(crate) const CHECKER: &str = "xtask/checker";

#[derive(Debug, Default, Args)]
pub(crate) struct Options {
    /// How often the server is killed.
    #[arg(long)]
    rounds: Option<u32>,
    /// Repeats an earlier run's choices; drawn anew if left out.
    #[arg(long)]
    seed: Option<u64>,
    /// Has so many more connections keep the server busy meanwhile.
    #[arg(long)]
    crowd: Option<u32>,
    /// Use release builds.
    #[arg(long)]
    release: bool,
}

/// Builds what is to be killed and runs the harness.
pub(crate) fn run(options: &Options, rounds: u32) -> Result<()> {
    let mut build = sh::cargo(["build", "--workspace", "--bins"]);
    if options.release {
        build.arg("--release");
    }
    sh::run(build, Duration::from_hours(1))?;
    let tally = harness(options, rounds)?;
    if tally.failed > 0 {
        bail!("the kill test failed");
    }
    Ok(())
}

/// Runs the harness on binaries that are built already.
pub(crate) fn harness(options: &Options, rounds: u32) -> Result<Tally> {
    let rounds = options.rounds.unwrap_or(rounds);
    let mut harness = python(&["-m", "harness", "--rounds", &rounds.to_string()], options.release);
    if let Some(seed) = options.seed {
        harness.args(["--seed", &seed.to_string()]);
    }
    if let Some(crowd) = options.crowd {
        harness.args(["--crowd", &crowd.to_string()]);
    }
    sh::run(harness, Duration::from_secs(240 + u64::from(rounds) * 6))
}

/// Python in the checker's directory, told where the binaries are.
pub(crate) fn python(args: &[&str], release: bool) -> Command {
    let profile = if release { "release" } else { "debug" };
    let binaries = sh::target_dir().join(profile);
    let mut python = sh::command("python3", args);
    python
        .current_dir(sh::root().join(CHECKER))
        .env("CHAT_SERVER", binary(&binaries, "chat-server"))
        .env("CHAT_TUI", binary(&binaries, "chat-tui"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONUNBUFFERED", "1");
    python
}

fn binary(directory: &Path, name: &str) -> std::path::PathBuf {
    directory.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}
