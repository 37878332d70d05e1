//! Who may name what: the first two invariants of `docs/ARCHITECTURE.md`, read from the source.

use super::File;

/// Rules without a clock, randomness, IO or a runtime.
const PURE: &[&str] = &[
    "chat-server/src/core/",
    "chat-tui/src/app/",
    "chat-tui/src/graphics/",
    "chat-tui/src/markup/",
    "protocol/src/session.rs",
    "protocol/src/session/",
];

const IMPURE: &[&str] = &[
    "tokio",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "Instant",
    "SystemTime",
    "rand",
    "getrandom",
    "UtcNow",
    "now_utc",
];

const WEB_DOORS: &[&str] = &["chat-server/src/ws/", "chat-server/src/http/", "chat-server/src/serve"];
const SQL_HOME: &str = "chat-server/src/store/sqlite";
const SQL_WORDS: &[&str] =
    &["SELECT ", "INSERT ", "UPDATE ", "DELETE FROM ", "CREATE TABLE", "CREATE INDEX", "PRAGMA "];

/// Cores get time, ids and luck as arguments.
pub(super) fn pure_cores(files: &[File], problems: &mut Vec<String>) {
    for file in files.iter().filter(|file| file.is_rust() && file.in_any(PURE)) {
        for (number, line) in file.code().take_while(|(number, _)| *number < file.tests_from()) {
            for word in IMPURE.iter().filter(|word| has_word(line, word)) {
                problems.push(format!("{}:{number}: `{word}` in a pure core", file.path));
            }
        }
    }
}

/// Only the doors know the web's crates, and only the `SQLite` store knows SQL.
pub(super) fn doors_and_store(files: &[File], problems: &mut Vec<String>) {
    for file in files.iter().filter(|file| file.is_rust() && file.in_any(&["chat-server/src/"])) {
        for (number, line) in file.code().take_while(|(number, _)| *number < file.tests_from()) {
            if !file.in_any(WEB_DOORS) {
                for word in ["warp", "hyper", "hyper_util"].iter().filter(|word| has_word(line, word)) {
                    problems.push(format!("{}:{number}: `{word}` outside ws/, http/ and serve", file.path));
                }
            }
            if !file.in_any(&[SQL_HOME]) {
                let quoted = |word: &&&str| line.contains(&format!("\"{word}"));
                for word in
                    SQL_WORDS.iter().filter(quoted).chain(["rusqlite"].iter().filter(|w| has_word(line, w)))
                {
                    problems.push(format!("{}:{number}: `{}` outside store/sqlite", file.path, word.trim()));
                }
            }
        }
    }
}

/// Whether `word` stands in `line` as a path of its own and not within a longer name.
fn has_word(line: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].ends_with(part_of_name) && !line[at + word.len()..].starts_with(part_of_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::said_of;

    #[test]
    fn cores_stay_pure() {
        let said = |text: &str| said_of(pure_cores, "chat-server/src/core/limiter.rs", text).len();
        assert_eq!(said("use std::time::Duration;\n// not tokio's\nlet operand = 1;\n"), 0);
        assert_eq!(said("use tokio::time::Instant;\n"), 2);
        assert_eq!(said("let now = std::time::SystemTime::now();\n"), 1);
        assert_eq!(said("let n: u8 = rand::random();\n"), 1);
        assert_eq!(said("fn a() {}\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n"), 0);
        assert_eq!(said_of(pure_cores, "chat-server/src/ws/mod.rs", "use tokio::net;\n").len(), 0);
    }

    #[test]
    fn doors_and_store_keep_their_crates() {
        let said = |path: &str, text: &str| said_of(doors_and_store, path, text).len();
        assert_eq!(said("chat-server/src/http/mod.rs", "use warp::Filter;\n"), 0);
        assert_eq!(said("chat-server/src/hub/mod.rs", "use warp::Filter;\n"), 1);
        assert_eq!(said("chat-server/src/hub/mod.rs", "use hyper_util::rt;\n"), 1);
        assert_eq!(said("chat-server/src/hub/mod.rs", "\"SELECT seq FROM events\"\n"), 1);
        assert_eq!(said("chat-server/src/command/say.rs", "use rusqlite::Connection;\n"), 1);
        assert_eq!(said("chat-server/src/store/sqlite/mod.rs", "\"SELECT 1\" rusqlite\n"), 0);
    }
}
