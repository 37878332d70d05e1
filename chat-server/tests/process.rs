//! The program as people start and stop it: its line, its exit codes, and what it leaves.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// The program, deaf to the environment of whoever runs the tests.
fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat-server"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CHAT_")) {
        command.env_remove(name);
    }
    command
}

/// A started server, killed with the test.
struct Running {
    child: Child,
    line: String,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { child, line }
    }

    fn address(&self) -> String {
        let url = self
            .line
            .split(' ')
            .find(|word| word.starts_with("http://"))
            .expect("a URL")
            .trim_end_matches(',');
        url.trim_start_matches("http://").to_owned()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn end(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already where this fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One line on stderr, and the code.
fn refused(command: &mut Command) -> (i32, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(stdout.is_empty());
    let text = String::from_utf8(stderr).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    (status.code().unwrap(), text)
}

fn serve(data: &Path) -> Command {
    program(&["--listen", "127.0.0.1:0", "--data-dir", data.to_str().unwrap()])
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_says_where_it_is_and_ends_when_told() {
    for signal in [Signal::TERM, Signal::INT] {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("new/data");
        let server = Running::start(serve(&data));
        for part in ["chat-server 0", "http://localhost:", data.to_str().unwrap()] {
            assert!(server.line.contains(part), "{}", server.line);
        }
        assert!(get(&server.address(), "/healthz").contains("{\"status\":\"ok\""));
        server.signal(signal);
        assert_eq!(server.end().code(), Some(0));
        let mut left: Vec<_> =
            std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["chat.db", "lock", "search.db"], "each database in one file, and the lock");
    }
}

#[test]
fn a_connection_that_asks_nothing_does_not_hold_up_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = serve(dir.path());
    command.env("CHAT_LOG", "chat_server=debug").stderr(Stdio::piped());
    let mut server = Running::start(command);
    let _silent = TcpStream::connect(server.address()).unwrap();
    // Answered behind the silent one, so that is accepted.
    assert!(get(&server.address(), "/healthz").starts_with("HTTP/1.1 200"));
    server.signal(Signal::TERM);
    let mut log = String::new();
    server.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert_eq!(server.end().code(), Some(0));
    assert!(log.contains("stopped") && !log.contains("broken off"), "{log}");
}

#[test]
fn a_second_signal_ends_it_at_once_r13() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Running::start(serve(dir.path()));
    let mut log = BufReader::new(server.child.stderr.take().unwrap());
    // A connection that says nothing more keeps the stop from being over at once.
    let _silent = TcpStream::connect(server.address()).unwrap();
    server.signal(Signal::TERM);
    let mut line = String::new();
    while !line.contains("stopping") {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ends without saying so");
    }
    server.signal(Signal::TERM);
    assert_eq!(server.end().code(), Some(130));
}

#[test]
fn two_servers_do_not_share_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let first = Running::start(serve(dir.path()));
    let (code, line) = refused(&mut serve(dir.path()));
    assert_eq!(code, 4);
    assert!(line.contains("in use") && line.contains(&first.child.id().to_string()), "{line}");
    assert!(get(&first.address(), "/healthz").starts_with("HTTP/1.1 200"));
    first.signal(Signal::KILL);
    assert!(!first.end().success());
    let again = Running::start(serve(dir.path()));
    assert!(get(&again.address(), "/healthz").starts_with("HTTP/1.1 200"), "a killed server leaves no lock");
}

#[test]
fn a_start_that_is_refused_touches_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let blocker = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = blocker.local_addr().unwrap().to_string();
    let file = dir.path().join("chat.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:0\"\nlog = 7\n").unwrap();
    let (data_text, file_text) = (data.to_str().unwrap(), file.to_str().unwrap());
    let occupied = dir.path().to_str().unwrap();
    for (arguments, code, words) in [
        (vec!["--listen", &address, "--data-dir", data_text], 3, "address already in use"),
        (vec!["--listen", "nowhere"], 2, "--listen"),
        (vec!["--nonsense"], 2, "--nonsense"),
        (vec!["--config", file_text, "--data-dir", data_text], 2, "chat.toml, line 2"),
        (vec!["--config", "/nowhere.toml"], 2, "/nowhere.toml"),
        (vec!["--public-url", "chat.example.org", "--data-dir", data_text], 2, "--public-url"),
        (vec!["--listen", "0.0.0.0:0", "--no-rate-limits", "--data-dir", data_text], 2, "--no-rate-limits"),
        (vec!["--listen", "127.0.0.1:0", "--log", "a=b=c", "--data-dir", data_text], 2, "--log"),
        (vec!["--listen", "127.0.0.1:0", "--web-dir", occupied, "--data-dir", data_text], 2, "index.html"),
        (vec!["--listen", "127.0.0.1:0", "--data-dir", occupied], 4, "chat.toml"),
        (vec!["--listen", "127.0.0.1:0", "--data-dir", file_text], 4, "not a directory"),
        (vec!["--listen", "127.0.0.1:0", "--data-dir", "/proc/nowhere"], 4, "/proc/nowhere"),
    ] {
        let (ended, line) = refused(&mut program(&arguments));
        assert_eq!(ended, code, "{arguments:?}: {line}");
        assert!(line.starts_with("chat-server: ") && line.contains(words), "{arguments:?}: {line}");
        assert!(!data.exists(), "{arguments:?}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "{arguments:?}");
    }
}

#[test]
fn the_environment_goes_before_the_file_and_behind_the_flags() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let file = path("chat.toml");
    let text = format!("listen = \"127.0.0.1:0\"\ndata-dir = {:?}\n", path("file"));
    std::fs::write(&file, text).unwrap();
    for (flag, variable, expected) in
        [(true, true, "flag"), (false, true, "variable"), (false, false, "file")]
    {
        let mut command = program(&[]);
        command.env("CHAT_CONFIG", &file);
        if variable {
            command.env("CHAT_DATA_DIR", path("variable"));
        }
        if flag {
            command.arg("--data-dir").arg(path("flag"));
        }
        let server = Running::start(command);
        assert!(server.line.contains(path(expected).to_str().unwrap()), "{}", server.line);
    }
}

#[test]
fn a_backup_of_a_running_server_is_restored_into_a_new_directory_r18() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let server = Running::start(serve(Path::new(&path("data"))));
    let run = |arguments: &[&str]| program(arguments).output().unwrap().status.code();
    assert_eq!(run(&["backup", &path("copy.db"), "--data-dir", &path("data")]), Some(0));
    let (code, line) = refused(&mut program(&["backup", &path("copy.db"), "--data-dir", &path("data")]));
    assert!(code == 4 && line.contains("exists"), "{line}");
    let (code, line) = refused(&mut program(&["backup", &path("x.db"), "--data-dir", &path("nowhere")]));
    assert!(code == 4 && line.contains("nowhere"), "{line}");
    let (code, line) = refused(&mut program(&["restore", &path("copy.db"), "--data-dir", &path("data")]));
    assert!(code == 4 && line.contains("in use"), "{line}");
    assert_eq!(run(&["restore", &path("copy.db"), "--data-dir", &path("restored")]), Some(0));
    let restored = Running::start(serve(Path::new(&path("restored"))));
    for server in [&server, &restored] {
        assert!(get(&server.address(), "/healthz").starts_with("HTTP/1.1 200"));
    }
}

#[test]
fn help_is_there() {
    let output = program(&["--help"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for part in ["--listen", "--public-url", "--data-dir", "backup", "Examples:", "Exit codes:"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
