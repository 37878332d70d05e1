//! Measures the store without the server around it: how many messages a second become durable beside what `SQLite`
//! itself does with the same commits, and how long a page of history and a search take in a large record.
//!
//! What the numbers mean: `docs/BENCHMARKS.md`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for people at a terminal")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "counts and times of a benchmark are far from the bounds of f64, usize and i64"
)]

mod accept;
mod commits;
mod places;
mod questions;
mod raw;
mod read;
mod record;
mod server;
mod texts;
mod wire;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;

use self::record::Shape;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench store", about = "Measures the store alone", max_term_width = 100)]
struct Options {
    /// Messages to make durable in each round.
    #[arg(long, default_value_t = 200_000)]
    accept: usize,
    /// How often; medians are shown.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Messages in the record that is read and searched; made once, kept, and used again.
    #[arg(long, default_value_t = 1_000_000)]
    record: usize,
    /// So many of a hundred of them are in one room.
    #[arg(long, default_value_t = 0, value_name = "PERCENT", value_parser = clap::value_parser!(u64).range(0..=99))]
    giant: u64,
    /// Makes the record for so long at most, and ends where it is not complete by then; the next run goes on.
    #[arg(long, default_value_t = 3600, value_name = "SECONDS")]
    patience: u64,
    /// Where records are kept; below the target directory if it is left out.
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
    /// Pages to read, and searches of each kind.
    #[arg(long, default_value_t = 1000)]
    reads: usize,
    /// Only these parts (a comma between them): accept, indexing, pages, search, wire-pages, wire-search, deleting.
    #[arg(long, value_delimiter = ',', value_name = "PART")]
    part: Vec<String>,
}

/// The parts: the first ones make records of their own, the last ones start the server.
const PARTS: [&str; 7] = ["accept", "indexing", "pages", "search", "wire-pages", "wire-search", "deleting"];

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
    if let Some(unknown) = options.part.iter().find(|part| !PARTS.contains(&&***part)) {
        bail!("`{unknown}` is not known; there are: {}", PARTS.join(", "));
    }
    let wanted = |part: &str| options.part.is_empty() || options.part.iter().any(|one| one == part);
    let directory = options.directory.clone().map_or_else(directory, Ok)?;
    let mut rows = Vec::new();
    if wanted("accept") || wanted("indexing") {
        keep_to_one_core()?;
    }
    if wanted("accept") {
        rows.extend(accept::measure(&directory.join("accept"), options.accept, options.rounds)?);
    }
    if wanted("indexing") {
        rows.extend(commits::indexing(&directory.join("indexing"), options.rounds)?);
    }
    if PARTS[2..].iter().any(|part| wanted(part)) {
        let shape = Shape { size: options.record, giant: options.giant };
        let Some(store) = record::open(&directory, shape, Duration::from_secs(options.patience))? else {
            return Ok(());
        };
        if wanted("pages") {
            rows.extend(read::pages(&store, options.reads)?);
        }
        if wanted("search") {
            rows.extend(read::searches(&store, options.reads)?);
        }
        record::close(store);
        let data = record::path(&directory, shape);
        if wanted("wire-pages") {
            rows.extend(wire::pages(&data, shape, options.reads)?);
        }
        if wanted("wire-search") {
            rows.extend(wire::searches(&data, options.reads)?);
        }
        // What this says and takes out again is no part of a record: it comes last, and the record is made anew.
        if wanted("deleting") {
            rows.extend(commits::deleting(&data, options.rounds)?);
            record::remove(&data)?;
        }
    }
    println!("\n| the store alone | | |\n|---|--:|---|");
    for row in &rows {
        println!("| {} | {} | {} |", row.what, row.figure, row.note);
    }
    Ok(())
}

/// A line of the table.
#[derive(Debug)]
struct Line {
    what: String,
    figure: String,
    note: String,
}

fn line(what: impl Into<String>, figure: String, note: impl Into<String>) -> Line {
    Line { what: what.into(), figure, note: note.into() }
}

/// All threads on the first core, as when the server is measured. Before any thread is started.
fn keep_to_one_core() -> Result<()> {
    let status = Command::new("taskset")
        .args(["-cp", "0", &std::process::id().to_string()])
        .stdout(Stdio::null())
        .status()
        .context("starting taskset")?;
    if !status.success() {
        bail!("taskset: {status}");
    }
    Ok(())
}

/// Where records are kept: beside the raw results.
fn directory() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let target = own.parent().and_then(Path::parent).context("a program is in the target directory")?;
    let directory = target.join("bench/store");
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

/// The median of some figures, which are not empty.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Median and 99th percentile, in words.
fn times(mut times: Vec<Duration>) -> String {
    times.sort();
    let ms = |share: f64| {
        let at = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    };
    format!("{:.2} / {:.2} ms", ms(0.5), ms(0.99))
}
