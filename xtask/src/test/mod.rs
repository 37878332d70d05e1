//! The one test command. Steps run in order, go on after a failure, and are summed up at the end.

mod provide;
mod steps;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;

use crate::sh::Tally;
use steps::{STEPS, Step};

#[derive(Debug, Default, Args)]
pub(crate) struct Options {
    /// Run only these steps (a comma between them).
    #[arg(long, value_delimiter = ',', value_name = "STEP")]
    only: Vec<String>,
    /// Leave these steps out.
    #[arg(long, value_delimiter = ',', value_name = "STEP")]
    skip: Vec<String>,
    /// Name the steps and stop.
    #[arg(long)]
    list: bool,
}

struct Outcome {
    name: &'static str,
    took: Duration,
    tally: Tally,
    /// Why the step failed where no failed test tells it.
    problem: Option<String>,
}

/// Runs the chosen steps. The last line is `N passed, N failed`; a failure makes the command fail.
pub(crate) fn run(options: &Options) -> Result<()> {
    let chosen = choose(options)?;
    if options.list {
        for step in chosen {
            println!("{:<8} {}", step.name, step.title);
        }
        return Ok(());
    }
    let outcomes: Vec<Outcome> = chosen.into_iter().map(perform).collect();
    let (passed, failed) = sum(&outcomes);
    report(&outcomes, passed, failed);
    if failed > 0 {
        bail!("tests failed");
    }
    Ok(())
}

fn choose(options: &Options) -> Result<Vec<&'static Step>> {
    for name in options.only.iter().chain(&options.skip) {
        if !STEPS.iter().any(|step| step.name == name) {
            let known: Vec<_> = STEPS.iter().map(|step| step.name).collect();
            bail!("no step is called `{name}`; there are: {}", known.join(", "));
        }
    }
    let wanted = |name: &str| options.only.is_empty() || options.only.iter().any(|only| only == name);
    let left_out = |name: &str| options.skip.iter().any(|skip| skip == name);
    Ok(STEPS.iter().filter(|step| wanted(step.name) && !left_out(step.name)).collect())
}

fn perform(step: &Step) -> Outcome {
    println!("\n===== {}: {} =====", step.name, step.title);
    let start = Instant::now();
    let (tally, problem) = match (step.run)() {
        Ok(tally) => (tally, None),
        Err(error) => {
            let problem = format!("{error:#}");
            println!("FAILED: {problem}");
            (Tally::default(), Some(problem))
        }
    };
    let outcome = Outcome { name: step.name, took: start.elapsed(), tally, problem };
    println!("----- {} {} in {:.1} s", step.name, verdict(&outcome), outcome.took.as_secs_f64());
    outcome
}

fn verdict(outcome: &Outcome) -> &'static str {
    if outcome.problem.is_some() || outcome.tally.failed > 0 { "FAILED" } else { "ok" }
}

/// A step that counts no tests of its own counts as one.
fn sum(outcomes: &[Outcome]) -> (u64, u64) {
    let mut passed = 0;
    let mut failed = 0;
    for Outcome { tally, problem, .. } in outcomes {
        passed += tally.passed;
        failed += tally.failed;
        if problem.is_some() {
            failed += 1;
        } else if tally.passed + tally.failed == 0 {
            passed += 1;
        }
    }
    (passed, failed)
}

fn report(outcomes: &[Outcome], passed: u64, failed: u64) {
    println!("\n===== summary =====");
    for outcome in outcomes {
        let Outcome { name, took, tally, problem } = outcome;
        let tests = match tally.passed + tally.failed {
            0 => String::new(),
            tests => format!(" {tests} tests"),
        };
        println!("{:<8} {:<6} {:>7.1} s{tests}", name, verdict(outcome), took.as_secs_f64());
        for text in problem.iter().chain(&tally.notes) {
            println!("         {text}");
        }
    }
    println!("{passed} passed, {failed} failed");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(passed: u64, failed: u64, problem: Option<&str>) -> Outcome {
        let tally = Tally { passed, failed, notes: Vec::new() };
        Outcome { name: "x", took: Duration::ZERO, tally, problem: problem.map(str::to_owned) }
    }

    #[test]
    fn steps_without_tests_count_as_one_and_failures_are_never_lost() {
        assert_eq!(sum(&[outcome(0, 0, None), outcome(5, 0, None)]), (6, 0));
        assert_eq!(sum(&[outcome(5, 2, None), outcome(0, 0, Some("no node"))]), (5, 3));
        assert_eq!(verdict(&outcome(5, 2, None)), "FAILED");
    }

    #[test]
    fn steps_are_chosen_by_name_and_unknown_ones_refused() {
        let only = Options { only: vec!["tidy".into(), "fmt".into()], ..Options::default() };
        let names: Vec<_> = choose(&only).unwrap().iter().map(|step| step.name).collect();
        assert_eq!(names, ["fmt", "tidy"]);
        let skip = Options { skip: vec!["fmt".into()], ..Options::default() };
        assert!(choose(&skip).unwrap().iter().all(|step| step.name != "fmt"));
        assert!(choose(&Options { only: vec!["nonsense".into()], ..Options::default() }).is_err());
    }
}
