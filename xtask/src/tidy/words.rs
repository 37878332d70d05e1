//! What files may contain: their length, words that stand for unfinished work, paths of somebody's machine.

use super::File;

const LONGEST: usize = 500;
const WRITTEN: &[&str] = &["rs", "py", "js", "mjs", "ts", "css", "html", "md", "toml", "sh", "sql"];
const SOURCE: &[&str] = &["rs", "py", "js", "mjs", "ts", "css", "html", "sh", "sql"];
/// Split, so that this file may be checked as well.
const HOMES: &[&str] =
    &[concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Us", "ers/"), concat!("/wo", "rk/")];
const CRATES_INDEX: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// A file that is longer holds two things.
pub(super) fn lengths(files: &[File], problems: &mut Vec<String>) {
    for file in files.iter().filter(|file| file.has_extension(WRITTEN) && !file.is_foreign()) {
        let lines = file.text.lines().count();
        if lines > LONGEST {
            problems.push(format!("{}: {lines} lines, over {LONGEST}", file.path));
        }
    }
}

/// Unfinished work and tests that do not run.
pub(super) fn forbidden(files: &[File], problems: &mut Vec<String>) {
    let ours = |file: &&File| file.has_extension(SOURCE) && !file.is_foreign() && !file.is_tidys_own();
    for file in files.iter().filter(ours) {
        for (index, line) in file.text.lines().enumerate() {
            let words: &[&str] = if file.is_rust() {
                &["#[ignore", "todo!(", "unimplemented!(", "FIXME", "HACK"]
            } else {
                &["FIXME", "HACK", "test.skip(", "it.skip(", "test.only(", "it.only(", "@unittest.skip"]
            };
            for word in words.iter().filter(|word| line.contains(**word)) {
                problems.push(format!("{}:{}: `{word}`", file.path, index + 1));
            }
        }
    }
}

/// Tests wait for events, never for time.
pub(super) fn sleeps(files: &[File], problems: &mut Vec<String>) {
    let ours = |file: &&File| file.has_extension(SOURCE) && !file.is_foreign() && !file.is_tidys_own();
    for file in files.iter().filter(ours) {
        let from = if file.is_rust() || file.is_test_file() { file.tests_from() } else { usize::MAX };
        for (number, line) in file.code().filter(|(number, _)| *number >= from) {
            let sleeping =
                ["thread::sleep(", "time::sleep(", "time.sleep(", "asyncio.sleep(", "waitForTimeout("];
            for word in sleeping.iter().filter(|word| line.contains(**word)) {
                problems.push(format!("{}:{number}: `{word}…)` in a test", file.path));
            }
        }
    }
}

/// Nothing in the tree may work on one machine only.
pub(super) fn machine_paths(files: &[File], problems: &mut Vec<String>) {
    for file in files {
        for (index, line) in file.text.lines().enumerate() {
            for home in HOMES.iter().filter(|home| begins_a_path(line, home)) {
                problems.push(format!("{}:{}: a path below {home}", file.path, index + 1));
            }
        }
    }
}

/// Whether `line` has `home` where a path begins, and not inside a longer path or address.
fn begins_a_path(line: &str, home: &str) -> bool {
    line.match_indices(home).any(|(at, _)| {
        !line[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '}' | '*'))
    })
}

/// Every crate takes the workspace's lints.
pub(super) fn lints(files: &[File], problems: &mut Vec<String>) {
    let is_manifest = |file: &&File| file.path.ends_with("/Cargo.toml");
    for file in files.iter().filter(is_manifest) {
        if !file.text.contains("[lints]\nworkspace = true") {
            problems.push(format!("{}: no `[lints] workspace = true`", file.path));
        }
    }
}

/// People must be able to read what changed.
pub(super) fn changelog(files: &[File], problems: &mut Vec<String>) {
    let kept =
        files.iter().any(|file| file.path == "CHANGELOG.md" && file.text.contains("\n## [Unreleased]"));
    if !kept {
        problems.push("CHANGELOG.md: missing, or without `## [Unreleased]`".to_owned());
    }
}

/// Lock files name the public registries only, and npm's no host at all.
pub(super) fn locks(files: &[File], problems: &mut Vec<String>) {
    for file in files {
        let strange: fn(&str) -> bool = match file.path.rsplit('/').next() {
            Some("Cargo.lock") => |line| line.starts_with("source = ") && !line.contains(CRATES_INDEX),
            Some("package-lock.json") => |line| line.contains("\"resolved\"") && line.contains("://"),
            _ => continue,
        };
        for (index, line) in file.text.lines().enumerate().filter(|(_, line)| strange(line)) {
            problems.push(format!("{}:{}: unusual source: {}", file.path, index + 1, line.trim()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::said_of;

    #[test]
    fn long_files_are_told() {
        assert_eq!(said_of(lengths, "a/b.rs", &"x\n".repeat(500)).len(), 0);
        assert_eq!(said_of(lengths, "a/b.rs", &"x\n".repeat(501)).len(), 1);
        assert_eq!(said_of(lengths, "web/vendor/b.js", &"x\n".repeat(501)).len(), 0);
    }

    #[test]
    fn unfinished_work_is_told() {
        assert_eq!(said_of(forbidden, "a/b.rs", "#[ignore]\ntodo!()\n// FIXME\n").len(), 3);
        assert_eq!(said_of(forbidden, "a/b.js", "test.skip('x')\n").len(), 1);
        assert_eq!(said_of(forbidden, "a/b.rs", "let ignore = 1;\n").len(), 0);
    }

    #[test]
    fn sleeping_tests_are_told_and_sleeping_code_is_not() {
        let code = "std::thread::sleep(d);\n#[cfg(test)]\nmod tests {\n    tokio::time::sleep(d);\n}\n";
        assert_eq!(said_of(sleeps, "a/src/b.rs", code).len(), 1);
        assert_eq!(said_of(sleeps, "a/tests/b.rs", "std::thread::sleep(d);\n").len(), 1);
        assert_eq!(said_of(sleeps, "web/test/a.test.js", "await page.waitForTimeout(9)\n").len(), 1);
        assert_eq!(said_of(sleeps, "x/harness.py", "time.sleep(1)\n").len(), 0);
    }

    #[test]
    fn machine_paths_are_told() {
        for home in HOMES {
            assert_eq!(said_of(machine_paths, "a.md", &format!("see {home}me/x")).len(), 1, "{home}");
            assert_eq!(
                said_of(machine_paths, "a.md", &format!("https://x.example{home}x")).len(),
                0,
                "{home}"
            );
        }
    }

    #[test]
    fn crates_without_the_lints_are_told() {
        assert_eq!(said_of(lints, "a/Cargo.toml", "[package]\n").len(), 1);
        assert_eq!(said_of(lints, "a/Cargo.toml", "[package]\n\n[lints]\nworkspace = true\n").len(), 0);
        assert_eq!(said_of(lints, "Cargo.toml", "[workspace]\n").len(), 0);
    }

    #[test]
    fn a_missing_changelog_is_told() {
        assert_eq!(said_of(changelog, "README.md", "").len(), 1);
        assert_eq!(said_of(changelog, "CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n").len(), 0);
    }

    #[test]
    fn strange_sources_are_told() {
        let index = format!("source = \"{CRATES_INDEX}\"\n");
        assert_eq!(said_of(locks, "Cargo.lock", &index).len(), 0);
        assert_eq!(said_of(locks, "Cargo.lock", "source = \"registry+https://mirror.example/\"\n").len(), 1);
        let resolved = "\"resolved\": \"https://mirror.example/x.tgz\"\n";
        assert_eq!(said_of(locks, "web/test/package-lock.json", resolved).len(), 1);
    }
}
