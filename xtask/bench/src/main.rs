//! Measures the server against its peers on one machine: server on one core, this load generator on another.
//!
//! Every scenario runs against every peer in turn, several times over (so that a machine that drifts drifts for all),
//! and the medians are shown as a table with ratios. What the numbers mean: `docs/BENCHMARKS.md`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for people at a terminal")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts and times of a benchmark are far from the bounds of f64 and usize"
)]

mod flow;
mod frames;
mod link;
mod load;
mod markdown;
mod meter;
mod process;
mod quiet;
mod report;
mod results;
mod scenario;
mod still;
mod target;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Parser;

use process::Cores;
use results::{Results, Run};
use scenario::{SCENARIOS, Scenario, Size};
use target::{Directories, TARGETS, Target};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", about = "Measures the server against its peers", max_term_width = 100)]
struct Options {
    /// A share that takes less than two minutes: short runs, one round, smaller rooms, fewer peers.
    #[arg(long)]
    quick: bool,
    /// How often each scenario runs against each peer; medians are shown.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Only these scenarios (a comma between them).
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    scenario: Vec<String>,
    /// Only these servers (a comma between them).
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    peer: Vec<String>,
    /// How long each measurement takes, in seconds.
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// Name scenarios and servers and stop.
    #[arg(long)]
    list: bool,
    /// Write the tables of these raw results, as markdown, and stop.
    #[arg(long, num_args = 1.., value_name = "FILE", conflicts_with_all = ["quick", "scenario", "peer", "list"])]
    markdown: Vec<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    if options.list {
        for scenario in SCENARIOS {
            println!("scenario {:<14} {}", scenario.name, scenario.title);
        }
        for target in TARGETS {
            println!("server   {:<14} {}", target.name, target.title);
        }
        return Ok(());
    }
    if !options.markdown.is_empty() {
        print!("{}", markdown::write(&Results::load(&options.markdown)?));
        return Ok(());
    }
    let mut scenarios = choose(SCENARIOS, &options.scenario, |scenario| scenario.name)?;
    let mut targets = choose(TARGETS, &options.peer, |target| target.name)?;
    if options.quick && options.scenario.is_empty() {
        scenarios.retain(|scenario| scenario.quick.is_some());
    }
    if options.quick && options.peer.is_empty() {
        targets.retain(|target| target.quick);
    }
    let directories = Directories::prepare()?;
    process::raise_file_limit()?;
    let pinned = process::pin_self(Cores::First)?;
    let usable: Vec<&Target> =
        targets.into_iter().filter(|target| target.prepare_or_say(&directories)).collect();
    let mut results = Results { pinned, rows: Vec::new() };
    let (rounds, seconds) = if options.quick { (1, 1.0) } else { (options.rounds, options.seconds) };
    for round in 1..=rounds {
        for scenario in &scenarios {
            let size = if options.quick { scenario.quick } else { None };
            for target in &usable {
                let run = measure(scenario, size.unwrap_or(scenario.full), target, &directories, seconds);
                println!("{} · {} · round {round}: {run}", scenario.name, target.name);
                results.row(scenario.name, scenario.title, target.name, target.dialect.name()).runs.push(run);
            }
        }
    }
    report::print(&results);
    let path = results.save(&directories.output)?;
    println!("raw results: {}", path.display());
    Ok(())
}

/// One run against a freshly started server. A failure is a result as well: it is shown and the others go on.
fn measure(scenario: &Scenario, size: Size, target: &Target, directories: &Directories, seconds: f64) -> Run {
    let measured = process::pin_self(scenario.cores)
        .and_then(|_| target.start(directories, scenario.cores))
        .and_then(|server| (scenario.run)(&server, size, Duration::from_secs_f64(seconds)));
    match measured {
        Ok(measured) => Run::Measured(measured),
        Err(error) => Run::Failed(format!("{error:#}")),
    }
}

fn choose<'a, T>(all: &'a [T], wanted: &[String], name: impl Fn(&T) -> &str) -> Result<Vec<&'a T>> {
    if let Some(unknown) = wanted.iter().find(|wanted| !all.iter().any(|one| name(one) == **wanted)) {
        let known: Vec<&str> = all.iter().map(&name).collect();
        bail!("`{unknown}` is not known; there are: {}", known.join(", "));
    }
    Ok(all
        .iter()
        .filter(|one| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name(one)))
        .collect())
}

/// Where built programs are: beside this one.
fn programs() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    Ok(own.parent().expect("a program is in a directory").to_path_buf())
}
