//! The benchmarks are programs of their own (`xtask/bench`), always built for release.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::sh;

/// Builds the server, the load generator and the peers, and runs them; with `store` first, the store alone.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let limit = Duration::from_hours(1);
    sh::run(sh::cargo(["build", "--release", "--locked", "-p", "chat-server"]), limit)?;
    sh::run(sh::cargo(["build", "--release", "--locked", "-p", "chat-bench", "--features", "peers"]), limit)?;
    let (program, args) = match args.split_first() {
        Some((first, rest)) if first == "store" => ("store-bench", rest),
        _ => ("chat-bench", args),
    };
    let program = sh::target_dir().join("release").join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
    let status = sh::command(&program.to_string_lossy(), args).status()?;
    if !status.success() {
        bail!("the benchmark failed: {status}");
    }
    Ok(())
}
