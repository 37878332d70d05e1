//! What the test command runs, in order: the cheap and telling ones first.

use std::time::Duration;

use anyhow::{Result, bail};

use super::provide;
use crate::sh::{self, Tally, cargo};
use crate::{codegen, kill, tidy};

pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) run: fn() -> Result<Tally>,
}

#[rustfmt::skip]
pub(super) const STEPS: &[Step] = &[
    Step { name: "fmt", title: "formatting", run: fmt },
    Step { name: "tidy", title: "the repository's own rules", run: || tidy::run().map(|()| Tally::default()) },
    Step { name: "clippy", title: "lints, warnings refused", run: clippy },
    Step { name: "codegen", title: "generated files are fresh", run: || codegen::check().map(|()| Tally::default()) },
    Step { name: "cargo", title: "all Rust tests", run: cargo_tests },
    Step { name: "doc", title: "documentation, warnings refused", run: doc },
    Step { name: "deny", title: "licences, bans, sources, advisories", run: deny },
    Step { name: "checker", title: "the checker catches planted bugs", run: checker },
    Step { name: "kill", title: "kill -9 under load, judged by the checker", run: killing },
    Step { name: "plain", title: "plain mode with a client that is not ours", run: plain },
    Step { name: "web", title: "the page: types, units, real browser", run: web },
];

/// Longer than any step takes from nothing on two cores.
const LIMIT: Duration = Duration::from_mins(25);

fn fmt() -> Result<Tally> {
    sh::run(cargo(["fmt", "--all", "--check"]), LIMIT)
}

fn clippy() -> Result<Tally> {
    let mut tally = sh::run(
        cargo(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]),
        LIMIT,
    )?;
    let peers = ["clippy", "-p", "chat-bench", "--features", "peers", "--locked", "--", "-D", "warnings"];
    tally.add(sh::run(cargo(peers), LIMIT)?);
    let parts = [
        "clippy",
        "-p",
        "chat-server",
        "--benches",
        "--features",
        "bench",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    tally.add(sh::run(cargo(parts), LIMIT)?);
    Ok(tally)
}

fn cargo_tests() -> Result<Tally> {
    if !sh::has("cargo-nextest") {
        return sh::run(cargo(["test", "--workspace", "--locked", "--no-fail-fast"]), LIMIT);
    }
    let mut tally = sh::run(cargo(["nextest", "run", "--workspace", "--locked", "--no-fail-fast"]), LIMIT)?;
    tally.add(sh::run(cargo(["test", "--workspace", "--locked", "--doc"]), LIMIT)?);
    Ok(tally)
}

fn doc() -> Result<Tally> {
    let mut doc = cargo(["doc", "--workspace", "--no-deps", "--locked"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    sh::run(doc, LIMIT)
}

fn deny() -> Result<Tally> {
    provide::cargo_deny()?;
    let mut tally = sh::run(cargo(["deny", "check", "licenses", "bans", "sources"]), LIMIT)?;
    let (ok, text) = sh::output(&mut cargo(["deny", "check", "advisories"]))?;
    // Being offline is no fault of the tree; an advisory is.
    if ok {
        println!("advisories ok");
    } else if text.contains("failed to fetch advisory database") {
        tally.add(Tally::note("advisories NOT checked: their database cannot be fetched from here"));
    } else {
        println!("{text}");
        bail!("an advisory, or a problem in checking for them");
    }
    Ok(tally)
}

/// The binaries as the Rust tests built them: the same profile and features.
fn binaries() -> Result<()> {
    sh::run(cargo(["build", "--workspace", "--bins", "--locked"]), LIMIT).map(drop)
}

fn checker() -> Result<Tally> {
    provide::python()?;
    binaries()?;
    sh::run(kill::python(&["-m", "unittest", "discover", "--start-directory", "tests"], false), LIMIT)
}

fn killing() -> Result<Tally> {
    provide::python()?;
    binaries()?;
    kill::harness(&kill::Options::default(), kill::ROUNDS)
}

fn plain() -> Result<Tally> {
    let python = provide::websockets()?;
    binaries()?;
    let mut tests = kill::python(&["-m", "unittest", "discover", "--start-directory", "interop"], false);
    let mut in_venv = std::process::Command::new(python);
    in_venv.args(tests.get_args()).stdin(std::process::Stdio::null());
    in_venv.current_dir(tests.get_current_dir().expect("the checker's directory"));
    for (name, value) in tests.get_envs() {
        in_venv.env(name, value.unwrap_or_default());
    }
    tests = in_venv;
    sh::run(tests, LIMIT)
}

fn web() -> Result<Tally> {
    provide::node()?;
    provide::chromium()?;
    provide::tmux()?;
    binaries()?;
    let mut tally = sh::run(npm(&["ci", "--no-audit", "--no-fund"]), LIMIT)?;
    for script in ["typecheck", "test:unit", "test:browser"] {
        tally.add(sh::run(npm(&["run", "--silent", script]), LIMIT)?);
    }
    Ok(tally)
}

fn npm(args: &[&str]) -> std::process::Command {
    let binaries = sh::target_dir().join("debug");
    let mut npm = sh::command("npm", args);
    npm.current_dir(sh::root().join("web/test"))
        .env("CHAT_SERVER_BIN", binaries.join("chat-server"))
        .env("CHAT_TUI_BIN", binaries.join("chat-tui"));
    npm
}
