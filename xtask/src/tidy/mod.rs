//! The repository's own rules, checked on its files' text: what no compiler and no linter looks at.

mod imports;
mod words;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::sh;

/// A text file of the repository, its path relative to the root and with `/` between its parts.
struct File {
    path: String,
    text: String,
}

type Rule = fn(&[File], &mut Vec<String>);

const RULES: &[Rule] = &[
    imports::pure_cores,
    imports::doors_and_store,
    words::lengths,
    words::forbidden,
    words::sleeps,
    words::machine_paths,
    words::lints,
    words::changelog,
    words::locks,
];

/// Checks every rule on every file that is in git, or would be by `git add`.
pub(crate) fn run() -> Result<()> {
    let files = load()?;
    let problems = check(&files);
    for problem in &problems {
        println!("{problem}");
    }
    if problems.is_empty() {
        println!("{} files, {} rules: tidy", files.len(), RULES.len());
        return Ok(());
    }
    bail!("{} breaches of the repository's rules", problems.len())
}

fn check(files: &[File]) -> Vec<String> {
    let mut problems = Vec::new();
    for rule in RULES {
        rule(files, &mut problems);
    }
    problems
}

fn load() -> Result<Vec<File>> {
    let mut git = sh::command("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let output = git.output().context("asking git for the files")?;
    if !output.status.success() {
        bail!("git: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let names = String::from_utf8(output.stdout).context("file names are UTF-8")?;
    let mut files = Vec::new();
    for path in names.split('\0').filter(|name| !name.is_empty()) {
        // A file may be deleted and not yet removed from the index; a binary one has no text to check.
        let Ok(bytes) = std::fs::read(PathBuf::from(path)) else { continue };
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(File { path: path.to_owned(), text });
        }
    }
    Ok(files)
}

impl File {
    fn is_rust(&self) -> bool {
        self.has_extension(&["rs"])
    }

    fn has_extension(&self, wanted: &[&str]) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, extension)| wanted.contains(&extension))
    }

    fn in_any(&self, directories: &[&str]) -> bool {
        directories.iter().any(|directory| self.path.starts_with(directory))
    }

    /// Written by others, or by `cargo xtask codegen`.
    fn is_foreign(&self) -> bool {
        self.in_any(&["web/vendor/"]) || self.path == "web/js/protocol.d.ts"
    }

    /// The rules' own samples must not breach them.
    fn is_tidys_own(&self) -> bool {
        self.in_any(&["xtask/src/tidy/"])
    }

    fn is_test_file(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let is_test_name = name == "tests.rs" || name.starts_with("test_") || name.contains(".test.");
        is_test_name || self.path.contains("/tests/") || self.path.contains("/interop/")
    }

    /// Numbered lines without their `//` comments, as far as a line-wise look can tell.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, without_comment(line)))
    }

    /// The line at which a Rust file's unit tests begin.
    fn tests_from(&self) -> usize {
        if self.is_test_file() {
            return 0;
        }
        let lines: Vec<&str> = self.text.lines().collect();
        let is_module = |index: usize| {
            lines[index].trim() == "#[cfg(test)]"
                && lines
                    .get(index + 1)
                    .is_some_and(|next| next.contains("mod ") && next.trim_end().ends_with('{'))
        };
        (0..lines.len()).find(|&index| is_module(index)).map_or(usize::MAX, |index| index + 1)
    }
}

fn without_comment(line: &str) -> &str {
    let mut from = 0;
    while let Some(found) = line[from..].find("//") {
        let at = from + found;
        if !line[..at].ends_with(':') {
            return &line[..at];
        }
        from = at + 2;
    }
    line
}

/// What a rule says of one file alone; for the rules' tests.
#[cfg(test)]
fn said_of(rule: Rule, path: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    rule(&[File { path: path.to_owned(), text: text.to_owned() }], &mut problems);
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_no_code_and_addresses_no_comments() {
        assert_eq!(without_comment("let a = 1; // tokio"), "let a = 1; ");
        assert_eq!(without_comment("\"http://localhost\" // x"), "\"http://localhost\" ");
    }

    #[test]
    fn unit_tests_are_found_where_they_begin() {
        let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
        assert_eq!(file("a/src/x.rs", "fn a() {}\n#[cfg(test)]\nmod tests {\n}\n").tests_from(), 2);
        assert_eq!(file("a/src/x.rs", "#[cfg(test)]\nfn helper() {}\n").tests_from(), usize::MAX);
        assert_eq!(file("a/tests/x.rs", "fn a() {}\n").tests_from(), 0);
    }
}
