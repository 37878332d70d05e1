//! The commands for scripts, as processes, against a server of the tests' own.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use support::{Server, environment};

fn command(home: &Path, server: &Server, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat-tui"));
    command.env_clear().envs(environment(home)).args(["--url", &server.url]).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn send(home: &Path, server: &Server, arguments: &[&str], input: &[u8]) -> (Option<i32>, String) {
    let mut child = command(home, server, &[&["send"], arguments].concat()).spawn().unwrap();
    // The program may refuse before it has read all.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn send_succeeds_only_when_it_is_stored() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    assert_eq!(send(home, &server, &["hello", "--name", "bot"], b"").0, Some(0));
    assert_eq!(send(home, &server, &["-"], b"from\nstdin\n").0, Some(0));
    assert_eq!(server.texts(), ["hello", "from\nstdin"]);

    let (code, error) = send(home, &server, &["-"], &vec![b'x'; 70_000]);
    assert_eq!(code, Some(1));
    assert!(error.contains("longer than a message"), "{error}");
    let (code, error) = send(home, &server, &["--room", "ops", "x"], b"");
    assert_eq!(code, Some(1));
    assert!(error.contains("cannot go to ops") || error.contains("not sent"), "{error}");
    server.fall_silent();
    assert_eq!(send(home, &server, &["--timeout", "0.3", "nobody hears"], b"").0, Some(3));
    assert_eq!(server.texts().len(), 2);
}

#[test]
fn sends_in_parallel_all_arrive() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let children: Vec<Child> = (0..4)
        .map(|n| command(home.path(), &server, &["send", &format!("line {n}")]).spawn().unwrap())
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let mut texts = server.texts();
    texts.sort();
    assert_eq!(texts, ["line 0", "line 1", "line 2", "line 3"]);
}

#[test]
fn tail_goes_on_where_it_stopped() {
    let server = Server::start();
    for n in 1..=450 {
        server.say("bo", &format!("n{n}"));
    }
    let home = tempfile::tempdir().unwrap();
    let mut child = command(home.path(), &server, &["tail", "--json", "--since", "start"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let text = |line: String| {
        serde_json::from_str::<serde_json::Value>(&line).unwrap()["message"].as_str().unwrap().to_owned()
    };
    for n in 1..=450 {
        assert_eq!(text(lines.next().unwrap()), format!("n{n}"));
    }
    server.say("bo", "live \u{1b}[2J");
    let line = lines.next().unwrap();
    assert!(!line.contains('\u{1b}'));
    assert_eq!(text(line), "live \u{1b}[2J");
    stop(child);

    server.say("bo", "missed");
    let mut child = command(home.path(), &server, &["tail"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), "2026-11-23 10:00 bo: missed");
    // Nobody reads any more: the next line is the end, and no error.
    drop(lines);
    server.say("bo", "into the void");
    assert!(child.wait().unwrap().success());
}

#[test]
fn tail_comes_without_a_name_and_keeps_none() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    assert_eq!(send(home.path(), &server, &["hello", "--name", "bot"], b"").0, Some(0));
    for arguments in [&["tail", "--since", "start"][..], &["tail", "--name", "bot", "--since", "start"]] {
        let mut child = command(home.path(), &server, arguments).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.next().unwrap().ends_with("bot: hello"));
        stop(child);
    }
    assert_eq!(server.names(), [Some("bot".to_owned()), None, None]);
}

#[test]
fn a_bots_token_comes_from_a_file_or_the_environment_and_is_not_kept() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("token");
    std::fs::write(&file, "chat_b_from_the_file\n").unwrap();
    let file = file.to_str().unwrap();
    let send = |arguments: &[&str], environment: &str| {
        let mut command = command(home.path(), &server, &[&["send", "x"], arguments].concat());
        let output = command.env("CHAT_TUI_TOKEN", environment).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(send(&[], "chat_b_from_the_environment").0, Some(0));
    assert_eq!(send(&["--token-file", file], "chat_b_from_the_environment").0, Some(0));
    let tokens = ["chat_b_from_the_environment", "chat_b_from_the_file"];
    assert_eq!(server.tokens(), tokens.map(|token| Some(token.to_owned())));
    for (arguments, environment, error) in [
        (&["--token-file", "/nowhere/token"][..], "", "cannot read the token"),
        (&[], " ", "the token is empty"),
    ] {
        let (code, told) = send(arguments, environment);
        assert_eq!((code, told.contains(error)), (Some(1), true), "{told}");
    }
    let kept = home.path().join("state/chat-tui");
    let kept =
        std::fs::read_dir(kept).unwrap().flat_map(|dir| std::fs::read_dir(dir.unwrap().path()).unwrap());
    let names: Vec<_> = kept.map(|file| file.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| name != "account.json" && name != "state.json"), "{names:?}");
}

#[test]
fn tail_tells_why_there_is_no_link() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat-tui"));
    command.env_clear().envs(environment(home.path())).args(["--url", &format!("http://{address}"), "tail"]);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let told = lines.next().unwrap();
    assert!(
        told.contains(&format!("offline: nothing listens at {address} — is chat-server running?")),
        "{told}"
    );
    stop(child);
}

#[test]
fn download_asks_again_when_the_connection_breaks_before_the_answer() {
    let server = Server::start();
    server.say("bo", "no files");
    server.break_at_history();
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("timeout");
    command
        .args(["-s", "KILL", "20", env!("CARGO_BIN_EXE_chat-tui")])
        .env_clear()
        .envs(environment(home.path()));
    let output = command.args(["--url", &server.url, "download", "lobby/1"]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), told.contains("has no files")), (Some(1), true), "{told}");
}

fn stop(mut child: Child) {
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert!(child.wait().unwrap().success());
}
