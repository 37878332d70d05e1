//! Files and finding again, at the terminal and by commands, against the server itself.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod support;

use std::fs;
use std::path::Path;

use chat_server::Config;
use support::Tui;
use support::real::{Real, flag, open, script};

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
