//! The repository's chores. `cargo xtask --help` lists them; `cargo xtask test` is what CI runs.
//!
//! Everything here may use the terminal and other programs; nothing here is part of what people run.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for people at a terminal")]

mod bench;
mod codegen;
mod kill;
mod sh;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "The repository's chores", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run every test there is: what CI runs.
    Test(test::Options),
    /// Check the repository's own rules (imports, file sizes, forbidden words).
    Tidy,
    /// Write the files that are made from the `protocol` crate.
    Codegen {
        /// Only tell whether they are fresh.
        #[arg(long)]
        check: bool,
    },
    /// Kill the server again and again under load, and check that nothing was lost, doubled or reordered.
    Kill(kill::Options),
    /// The kill test at full count: 1000 rounds.
    Soak(kill::Options),
    /// Measure the server against its peers. See docs/BENCHMARKS.md.
    Bench {
        /// For the bench program; `cargo xtask bench --help` prints them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, num_args = 0..)]
        args: Vec<String>,
    },
}

fn main() -> ExitCode {
    match perform(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<()> {
    std::env::set_current_dir(sh::root())?;
    match task {
        Task::Test(options) => test::run(&options),
        Task::Tidy => tidy::run(),
        Task::Codegen { check: true } => codegen::check(),
        Task::Codegen { check: false } => codegen::write(),
        Task::Kill(options) => kill::run(&options, kill::ROUNDS),
        Task::Soak(options) => kill::run(&options, kill::SOAK_ROUNDS),
        Task::Bench { args } => bench::run(&args),
    }
}
