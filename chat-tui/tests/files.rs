//! Files and finding again, at the terminal and by commands, against the server itself.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use chat_server::Config;
use support::Tui;
use support::cut::{Cut, Then};
use support::real::{Real, flag, open, script, script_at};

/// More than two pieces.
const LARGE: usize = 9 * 1024 * 1024;

fn large() -> Vec<u8> {
    (0..LARGE).map(|n| u8::try_from(n * 7 % 251).unwrap()).collect()
}

fn put(home: &Path, name: &str, bytes: &[u8]) -> String {
    let path = home.join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn files_go_up_and_come_down_by_commands() {
    let server = Real::start(|_: &mut Config| {});
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let (one, two) = (put(home, "core dump.bin", &large()), put(home, "a.txt", b"hello"));
    let (code, told) = script(home, &server, &["upload", &one, &two, "--message", "from last night"], "");
    assert_eq!(code, Some(0), "{told}");
    let to = home.join("down");
    fs::create_dir(&to).unwrap();
    fs::write(to.join("a.txt"), "mine").unwrap();
    let to = to.to_str().unwrap();
    let link = format!("{}/r/lobby/1", server.url);
    let (code, told) = script(home, &server, &["download", &link, "--to", to], "");
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(fs::read(Path::new(to).join("core dump.bin")).unwrap(), large());
    assert_eq!(fs::read(Path::new(to).join("a.txt")).unwrap(), b"mine", "nothing is overwritten");
    assert_eq!(fs::read(Path::new(to).join("a (2).txt")).unwrap(), b"hello");
    assert!(told.contains("a (2).txt"), "{told}");

    // Nobody reads where they are: they come all the same.
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat-tui"));
    command.env_clear().envs(support::environment(home)).args([
        "--url",
        &server.url,
        "download",
        &link,
        "--to",
        to,
    ]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    assert_eq!(fs::read(Path::new(to).join("a (3).txt")).unwrap(), b"hello");
}

/// What the first message of the lobby brought is the large file, byte by byte.
fn assert_whole(home: &Path, server: &Real, name: &str) {
    let to = home.join("down");
    fs::create_dir(&to).unwrap();
    let (code, told) = script(home, server, &["download", "lobby/1", "--to", to.to_str().unwrap()], "");
    assert_eq!(code, Some(0), "{told}");
    assert!(fs::read(to.join(name)).unwrap() == large(), "it is whole");
}

fn count(asked: &[String], what: &str) -> usize {
    asked.iter().filter(|line| line.contains(what)).count()
}

#[test]
fn an_upload_by_command_that_is_cut_goes_on_where_the_server_has_it() {
    let server = Real::start(|_: &mut Config| {});
    let cut = Cut::start(&server.url, 5 * 1024 * 1024, Then::Break);
    let home = tempfile::tempdir().unwrap();
    let path = put(home.path(), "large.bin", &large());
    let (code, told) = script_at(home.path(), &cut.url, &["upload", &path], "");
    assert_eq!(code, Some(0), "{told}");
    let asked = cut.asked();
    assert_eq!(count(&asked, "POST /api/files "), 1, "it is the same upload: {asked:?}");
    assert!(count(&asked, "/offset ") > 0, "{asked:?}");
    assert_eq!(count(&asked, " from 0"), 1, "what is there is not sent again: {asked:?}");
    assert_whole(home.path(), &server, "large.bin");
}

#[test]
fn an_upload_in_the_chat_goes_on_after_the_connection_broke_and_is_said_once() {
    let server = Real::start(|_: &mut Config| {});
    let cut = Cut::start(&server.url, 5 * 1024 * 1024, Then::Break);
    let home = tempfile::tempdir().unwrap();
    let path = put(home.path(), "large.bin", &large());
    let mut ana = Tui::start(home.path(), &["--url", &cut.url, "--name", "ana"]);
    ana.wait_for("connected as ana");
    ana.type_in(&format!("/upload \"{path}\"\r"));
    cut.wait();
    ana.wait_for("▤ large.bin · 9.0 MiB");
    ana.wait_until("it is said", |screen| !screen.contains('↑'));
    let asked = cut.asked();
    assert_eq!((count(&asked, "POST /api/files "), count(&asked, " from 0")), (1, 1), "{asked:?}");
    // What the server did not sync before the cut is sent again, and nothing more.
    assert!(cut.carried() < LARGE + 2 * 1024 * 1024, "{} bytes", cut.carried());
    assert_eq!(ana.text().matches("large.bin").count(), 1, "{}", ana.text());
    assert_whole(home.path(), &server, "large.bin");
}

#[test]
fn an_upload_that_kill_9_broke_off_is_told_of_at_the_next_start_and_goes_on_by_itself() {
    let server = Real::start(|_: &mut Config| {});
    let home = tempfile::tempdir().unwrap();
    let path = put(home.path(), "large file.bin", &large());
    let cut = Cut::start(&server.url, 5 * 1024 * 1024, Then::Swallow);
    let start = |url: &str| Tui::start(home.path(), &["--url", url, "--profile", "p", "--name", "ana"]);
    let mut ana = start(&cut.url);
    ana.wait_for("connected as ana");
    ana.type_in(&format!("/upload \"{path}\"\r"));
    cut.wait();
    // How far it is, and how fast it got there.
    ana.wait_until("the progress", |screen| {
        let row = screen.lines().find(|row| row.contains("↑ large file.bin: "));
        row.is_some_and(|row| row.contains(" of 9.0 MiB, ") && row.contains(" %, ") && row.contains("/s"))
    });
    ana.kill();

    // Without a connection it is told of, and waits.
    let mut ana = start("http://127.0.0.1:1");
    ana.wait_for("large file.bin did not come whole to #Lobby before the end");
    ana.wait_for("↑ large file.bin: waits for the connection · /cancel");
    ana.kill();
    let whole = Cut::whole(&server.url);
    let mut ana = start(&whole.url);
    ana.wait_for("large file.bin did not come whole to #Lobby");
    ana.wait_for("▤ large file.bin · 9.0 MiB");
    let asked = whole.asked();
    assert_eq!((count(&asked, "POST /api/files "), count(&asked, " from 0")), (0, 0), "{asked:?}");
    assert!(whole.carried() <= LARGE - 4 * 1024 * 1024 + 4096, "the first piece was there");
    ana.kill();
    let mut ana = start(&server.url);
    ana.wait_for("connected as ana");
    assert!(!ana.text().contains("did not come"), "it is said: {}", ana.text());
    assert_eq!(ana.text().matches("large file.bin").count(), 1, "once: {}", ana.text());
    assert_whole(home.path(), &server, "large file.bin");
}

#[test]
fn an_upload_that_is_cancelled_is_over_here_and_on_the_server() {
    let server = Real::start(|_: &mut Config| {});
    let home = tempfile::tempdir().unwrap();
    let path = put(home.path(), "large.bin", &large());
    let cut = Cut::start(&server.url, 5 * 1024 * 1024, Then::Swallow);
    let mut ana = Tui::start(home.path(), &["--url", &cut.url, "--profile", "p", "--name", "ana"]);
    ana.wait_for("connected as ana");
    ana.type_in(&format!("/upload \"{path}\"\r"));
    cut.wait();
    ana.type_in(&format!("/upload \"{path}\"\r"));
    ana.wait_for("large.bin: not sent: it is on its way there already");
    ana.type_in("/cancel\r");
    ana.wait_for("stopped: large.bin");
    ana.wait_until("nothing is under way", |screen| !screen.contains('↑'));
    cut.wait_for("DELETE /api/files/");
    ana.kill();
    let mut ana = open(home.path(), &server, &["--profile", "p"]);
    ana.wait_for("connected as ana");
    ana.type_in("/cancel\r");
    ana.wait_for("no file is under way");
    assert!(!ana.text().contains("did not come"), "{}", ana.text());
}

#[test]
fn a_file_that_changed_before_it_was_whole_is_not_sent_by_itself() {
    let server = Real::start(|_: &mut Config| {});
    let home = tempfile::tempdir().unwrap();
    let path = put(home.path(), "notes.txt", b"the first draft");
    let mut ana =
        Tui::start(home.path(), &["--url", "http://127.0.0.1:1", "--profile", "p", "--name", "ana"]);
    ana.wait_for("offline");
    ana.type_in(&format!("/upload \"{path}\"\r"));
    ana.wait_for("the files go as soon as there is one");
    ana.kill();
    put(home.path(), "notes.txt", b"not for everybody");
    let mut ana = open(home.path(), &server, &["--profile", "p", "--name", "ana"]);
    ana.wait_for("notes.txt did not come whole to");
    ana.wait_for("changed or removed meanwhile");
    ana.wait_for("connected as ana");
    assert!(!ana.text().contains('▤'), "{}", ana.text());
}

#[test]
fn pictures_are_shown_where_there_are_colours_and_can_be_switched_off() {
    let server = Real::start(|_: &mut Config| {});
    let (ana_home, bo_home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = flag(ana_home.path());
    let mut ana = open(ana_home.path(), &server, &["--name", "ana"]);
    ana.wait_for("connected as ana");
    ana.type_in(&format!("/upload \"{path}\"\r"));
    ana.wait_for("▀");
    // Of the palette of 256: the red and the blue of its cube.
    assert_eq!(ana.cell("▀").fgcolor(), vt100::Color::Idx(196));
    ana.type_in("/images off\r");
    ana.wait_until("the picture is gone", |screen| !screen.contains('▀') && screen.contains("flag.png"));
    ana.type_in("/images on\r");
    ana.wait_for("▀");
    let mut command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_chat-tui"));
    command.args(["--url", &server.url, "--name", "bo"]);
    command.env_clear();
    for (key, value) in support::environment(bo_home.path()) {
        command.env(key, value);
    }
    command.env("NO_COLOR", "1");
    let mut bo = Tui::spawn(command);
    bo.wait_for("flag.png");
    bo.type_in("/images on\r");
    bo.wait_for("too few colours");
    assert!(!bo.text().contains('▀'));
}

#[test]
fn what_cannot_be_sent_or_fetched_is_told() {
    let server = Real::start(|config: &mut Config| config.files.file = 1000);
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let large = put(home, "large.bin", &[0; 1001]);
    for (arguments, why) in [
        (&["upload", "/nowhere/a"][..], "cannot read /nowhere/a"),
        (&["upload", home.to_str().unwrap()], "is not a file"),
        (&["upload", &large], "large.bin: "),
        (&["download", "lobby/7"], "no such message"),
        (&["download", "http://elsewhere.example/r/lobby/1"], "leads to elsewhere.example"),
        (&["download", "lobby"], "names no message"),
        (&["download", "lobby/1", "--to", "/nowhere"], "not a directory"),
    ] {
        let (code, told) = script(home, &server, arguments, "");
        assert_eq!(code, Some(1), "{arguments:?}: {told}");
        assert!(told.contains(why), "{arguments:?}: {told}");
    }
}

#[test]
fn files_are_sent_shown_and_fetched_in_the_chat() {
    let server = Real::start(|_: &mut Config| {});
    let (ana_home, bo_home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = put(ana_home.path(), "holiday plan.txt", b"to the sea");
    let mut ana = open(ana_home.path(), &server, &["--name", "ana"]);
    ana.wait_for("connected as ana");
    let mut bo = open(bo_home.path(), &server, &["--name", "bo"]);
    bo.wait_for("connected as bo");
    ana.type_in(&format!("/upload \"{path}\"\r"));
    bo.wait_for("holiday plan.txt · 10 B");
    bo.type_in("/select\r");
    bo.wait_for("o files");
    bo.type_in("o");
    chosen_no_more(&mut bo);
    bo.wait_for("holiday plan.txt is in");
    let saved = bo_home.path().join("Downloads/holiday plan.txt");
    assert_eq!(fs::read(saved).unwrap(), b"to the sea");
    ana.type_in("/upload /nowhere/x\r");
    ana.wait_for("not sent: cannot read /nowhere/x");
}

fn chosen_no_more(tui: &mut Tui) {
    tui.type_in("q");
    tui.wait_until("no message is chosen", |screen| !screen.contains("r reply"));
}

#[test]
fn messages_are_found_by_words_by_their_day_and_by_a_link() {
    let server = Real::start(|_: &mut Config| {});
    let home = tempfile::tempdir().unwrap();
    let mut ana = open(home.path(), &server, &["--name", "ana"]);
    ana.wait_for("connected as ana");
    for text in ["the release is on Friday", "lunch?", "what about the tent"] {
        ana.type_in(&format!("{text}\r"));
        ana.wait_until("it is stored", |screen| {
            screen.lines().any(|row| row.contains(text) && row.contains('✓'))
        });
    }
    // The index follows the record a moment later.
    for _ in 0..100 {
        ana.type_in("/search friday\r");
        ana.wait_until("an answer", |screen| {
            screen.contains("nothing says that") || screen.contains("ana · #Lobby")
        });
        if ana.text().contains("ana · #Lobby") {
            break;
        }
        ana.type_in("q");
        ana.wait_until("the list is closed", |screen| !screen.contains("nothing says that"));
    }
    ana.type_in("\r");
    ana.wait_for("r reply");
    ana.type_in("l");
    ana.wait_for("the link is copied");
    chosen_no_more(&mut ana);
    ana.type_in("/search from:\"open\r");
    ana.wait_for("quotation mark");
    ana.type_in("/date 2020-01-01\r");
    ana.wait_for("r reply");
    chosen_no_more(&mut ana);
    ana.type_in("/open /r/lobby/3\r");
    ana.wait_for("r reply");
    chosen_no_more(&mut ana);
    ana.type_in("/open http://elsewhere.example/r/lobby/1\r");
    ana.wait_for("leads to elsewhere.example");
    // The first message that was said stands there, chosen.
    let bo_home = tempfile::tempdir().unwrap();
    let link = format!("{}/r/lobby/1", server.url);
    let mut bo = Tui::start(bo_home.path(), &["open", &link, "--name", "bo"]);
    bo.wait_for("the release is on Friday");
    bo.wait_for("r reply");
}
