//! Starting other programs: what they print is shown as it comes, and the tests they report are counted.

use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How many tests a step ran, and what its reader should know beyond that.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Sentences for the summary.
    pub(crate) notes: Vec<String>,
}

impl Tally {
    pub(crate) fn note(text: impl Into<String>) -> Self {
        Self { notes: vec![text.into()], ..Self::default() }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.notes.extend(other.notes);
    }

    /// Counts what a line of a test runner's report says: libtest, nextest, node's and Python's.
    pub(crate) fn read_line(&mut self, line: &str) {
        let line = line.trim();
        if let Some(counts) = line.strip_prefix("test result: ") {
            self.passed += number_before(counts, " passed");
            self.failed += number_before(counts, " failed");
        } else if line.starts_with("Summary [") && line.contains(" run: ") {
            self.passed += number_before(line, " passed");
            self.failed += number_before(line, " failed") + number_before(line, " timed out");
        } else if let Some(count) = line.strip_prefix("# pass ").or_else(|| line.strip_prefix("ℹ pass ")) {
            self.passed += count.parse::<u64>().unwrap_or(0);
        } else if let Some(count) = line.strip_prefix("# fail ").or_else(|| line.strip_prefix("ℹ fail ")) {
            self.failed += count.parse::<u64>().unwrap_or(0);
        } else if line.starts_with("Ran ") && line.contains(" test") {
            self.passed += number_before(line, " test");
        } else if let Some(causes) = line.strip_prefix("FAILED (") {
            let failed: u64 = causes
                .trim_end_matches(')')
                .split(", ")
                .filter_map(|cause| cause.split_once('=')?.1.parse::<u64>().ok())
                .sum();
            self.passed = self.passed.saturating_sub(failed);
            self.failed += failed;
        }
    }
}

/// The number that stands right before `word`, or 0.
fn number_before(text: &str, word: &str) -> u64 {
    text.find(word)
        .and_then(|end| text[..end].rsplit(|c: char| !c.is_ascii_digit()).next())
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is in the root").to_path_buf()
}

/// Where cargo builds.
pub(crate) fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// A command at the root with nothing on its standard input.
pub(crate) fn command<S: AsRef<std::ffi::OsStr>>(
    program: &str,
    args: impl IntoIterator<Item = S>,
) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(root()).stdin(Stdio::null());
    command
}

/// `cargo`, the same that runs us.
pub(crate) fn cargo<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()), args)
}

/// Whether a program can be started and likes `--version`.
pub(crate) fn has(program: &str) -> bool {
    command(program, ["--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether a program is on the path, for those that do not know `--version`.
pub(crate) fn on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

/// Runs a program to its end, showing and counting what it prints. Fails if it does, or takes longer than `limit`.
pub(crate) fn run(command: Command, limit: Duration) -> Result<Tally> {
    let (tally, verdict) = run_counting(command, limit)?;
    if let Some(problem) = verdict {
        if tally.failed == 0 {
            bail!(problem);
        }
        // The failed tests are counted; one failure more would be one too many.
        eprintln!("{problem}");
    }
    Ok(tally)
}

fn run_counting(mut command: Command, limit: Duration) -> Result<(Tally, Option<String>)> {
    let shown = show(&command);
    println!("$ {shown}");
    let (reader, writer) = io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().with_context(|| format!("starting {shown}"))?;
    // The command holds the pipe's writing ends: without this the end of the output never comes.
    drop(command);
    let (lines, received) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
            if lines.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
    let mut tally = Tally::default();
    let end = Instant::now() + limit;
    loop {
        match received.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                println!("{line}");
                tally.read_line(&line);
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                child.kill()?;
                child.wait()?;
                return Ok((tally, Some(format!("{shown}: not done after {} s, killed", limit.as_secs()))));
            }
        }
    }
    let status = child.wait()?;
    let problem = (!status.success()).then(|| format!("{shown}: {status}"));
    Ok((tally, problem))
}

/// Runs a program and gives what it printed on both channels, and whether it succeeded.
pub(crate) fn output(command: &mut Command) -> Result<(bool, String)> {
    let output = command.output().with_context(|| format!("starting {}", show(command)))?;
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    Ok((output.status.success(), text.into_owned()))
}

fn show(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    if let Some(name) = Path::new(&words[0]).file_name() {
        words[0] = name.to_string_lossy().into_owned();
    }
    words.extend(command.get_args().map(|arg| arg.to_string_lossy().into_owned()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(lines: &[&str]) -> (u64, u64) {
        let mut tally = Tally::default();
        for line in lines {
            tally.read_line(line);
        }
        (tally.passed, tally.failed)
    }

    #[test]
    fn the_reports_of_all_runners_are_counted() {
        assert_eq!(
            counted(&["test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out"]),
            (12, 3)
        );
        assert_eq!(
            counted(&["     Summary [   0.5s] 12 tests run: 11 passed (1 slow), 1 failed, 0 skipped"]),
            (11, 1)
        );
        assert_eq!(counted(&["# pass 5", "# fail 1"]), (5, 1));
        assert_eq!(counted(&["ℹ pass 5", "ℹ fail 0"]), (5, 0));
        assert_eq!(counted(&["Ran 9 tests in 0.1s", "", "FAILED (failures=1, errors=2)"]), (6, 3));
        assert_eq!(counted(&["Ran 1 test in 0.1s", "", "OK"]), (1, 0));
        assert_eq!(counted(&["nothing to count"]), (0, 0));
    }

    #[test]
    fn programs_are_found() {
        assert!(has("cargo") && on_path("cargo"));
        assert!(!has("no-such-program-anywhere") && !on_path("no-such-program-anywhere"));
    }

    #[test]
    fn a_program_that_fails_or_hangs_is_an_error() {
        let limit = Duration::from_mins(1);
        assert!(run(command("true", [""; 0]), limit).is_ok());
        assert!(run(command("false", [""; 0]), limit).is_err());
        assert!(run(command("no-such-program-anywhere", [""; 0]), limit).is_err());
        let hung = run(command("tail", ["-f", "/dev/null"]), Duration::from_millis(50));
        assert!(hung.unwrap_err().to_string().contains("not done"));
    }
}
