//! Signing in and out on one device, on the server itself: one person after another, and sessions that end by themselves.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod support;

use std::path::Path;

use chat_server::Config;
use portable_pty::CommandBuilder;
use protocol::people::Registration;
use support::real::{PASSWORD, Real, open, owner, script};
use support::{Tui, environment};

fn server() -> Real {
    Real::start(|config: &mut Config| config.registration = Registration::Open)
}

/// A home where somebody just registered.
fn member(server: &Real, name: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let (code, told) = script(home.path(), server, &["register", name], &format!("{PASSWORD}\n\n"));
    assert_eq!(code, Some(0), "{told}");
    home
}

fn sign_in(home: &Path, server: &Real, name: &str) -> String {
    let (code, told) = script(home, server, &["login", name], &format!("{PASSWORD}\n"));
    assert_eq!(code, Some(0), "{told}");
    told
}

/// Signs somebody out everywhere, from another device.
fn sign_out_everywhere(server: &Real, name: &str) {
    let elsewhere = tempfile::tempdir().unwrap();
    sign_in(elsewhere.path(), server, name);
    let (code, told) = script(elsewhere.path(), server, &["logout", "--everywhere"], "");
    assert_eq!(code, Some(0), "{told}");
}

/// The session ended: leaves the form that asks to sign in, and writes a line all the same.
fn write_turned_away(tui: &mut Tui, line: &str) {
    tui.wait_for("┌ Sign in");
    tui.wait_for("this device was signed out");
    tui.type_in("\x1b");
    tui.wait_until("the form is left", |screen| !screen.contains("┌ Sign in"));
    tui.wait_for("not signed in");
    tui.type_in(&format!("{line}\r"));
    tui.wait_until("the line waits", |screen| marked(screen, line, '…'));
    tui.wait_for("1 message waiting");
}

fn marked(screen: &str, line: &str, mark: char) -> bool {
    screen.lines().any(|row| row.contains(line) && row.contains(mark))
}

/// The lobby, as somebody sees it who comes later.
fn lobby(server: &Real) -> String {
    let reader = tempfile::tempdir().unwrap();
    let mut tui = open(reader.path(), server, &["--name", "reader"]);
    tui.wait_for("connected as reader");
    tui.type_in("that is all\r");
    tui.wait_until("the tick", |screen| marked(screen, "that is all", '✓'));
    tui.text()
}

#[test]
fn a_session_that_was_revoked_keeps_its_lines_and_sends_them_after_signing_in_again() {
    let server = server();
    let home = owner(&server);
    let mut tui = open(home.path(), &server, &[]);
    tui.wait_for("connected as ana");
    sign_out_everywhere(&server, "ana");
    write_turned_away(&mut tui, "said while signed out");
    tui.type_in(&format!("/login ana\r{PASSWORD}\r"));
    tui.wait_for("connected as ana");
    tui.wait_until("the tick", |screen| marked(screen, "said while signed out", '✓'));

    // The same over an end of the program.
    sign_out_everywhere(&server, "ana");
    write_turned_away(&mut tui, "kept on the disk");
    tui.type_in("/quit\r");
    tui.wait_for("Quit?");
    tui.type_in("y");
    assert_eq!(tui.wait_for_exit(), 0);
    sign_in(home.path(), &server, "ana");
    let mut tui = open(home.path(), &server, &[]);
    tui.wait_until("the tick", |screen| marked(screen, "kept on the disk", '✓'));
    let lobby = lobby(&server);
    let times = |line: &str| lobby.matches(line).count();
    assert_eq!((times("said while signed out"), times("kept on the disk")), (1, 1), "{lobby}");
}

#[test]
fn a_session_that_expired_asks_to_sign_in_and_loses_neither_lines_nor_drafts_nor_files() {
    let server = server();
    let home = owner(&server);
    let mut tui = open(home.path(), &server, &[]);
    tui.wait_for("connected as ana");
    tui.type_in("where do we meet?\r");
    tui.wait_until("the tick", |screen| marked(screen, "where do we meet?", '✓'));
    tui.type_in("\x03");
    assert_eq!(tui.wait_for_exit(), 0);
    // Half a year on a shelf.
    server.age_sessions();
    let notes = home.path().join("notes.txt");
    std::fs::write(&notes, "in the drawer").unwrap();
    let mut tui = open(home.path(), &server, &[]);
    write_turned_away(&mut tui, "written on the train");
    tui.type_in(&format!("/upload {}\r", notes.display()));
    tui.wait_for("↑ notes.txt: waits for the connection");
    tui.type_in("\x1bs");
    tui.wait_for("r reply");
    tui.type_in("t");
    tui.wait_for("Thread");
    tui.type_in("at the st");
    tui.wait_for("› at the st");
    tui.type_in("\x1b");
    tui.wait_for("↳ ✎ draft");
    // Nothing of it is lost with the program.
    tui.kill();
    let mut tui = open(home.path(), &server, &[]);
    tui.wait_for("┌ Sign in");
    tui.type_in(&format!("{PASSWORD}\r"));
    tui.wait_for("connected as ana");
    tui.wait_until("the line", |screen| marked(screen, "written on the train", '✓'));
    tui.wait_for("▤ notes.txt · 13 B");
    tui.wait_for("↳ ✎ draft");
    let lobby = lobby(&server);
    let times = |line: &str| lobby.matches(line).count();
    assert_eq!((times("written on the train"), times("notes.txt")), (1, 1), "{lobby}");
}

#[test]
fn who_was_deactivated_and_let_in_again_loses_nothing() {
    let server = server();
    let (ana_home, bo_home) = (owner(&server), member(&server, "bo"));
    let mut ana = open(ana_home.path(), &server, &[]);
    ana.wait_for("connected as ana");
    let mut bo = open(bo_home.path(), &server, &[]);
    bo.wait_for("connected as bo");
    ana.type_in("/account bo deactivate\r");
    ana.wait_for("bo is deactivated");
    write_turned_away(&mut bo, "written meanwhile");
    ana.type_in("/account bo reactivate\r");
    ana.wait_for("bo can sign in again");
    bo.type_in(&format!("/login bo\r{PASSWORD}\r"));
    bo.wait_until("the tick", |screen| marked(screen, "written meanwhile", '✓'));
    ana.wait_for("written meanwhile");
}

#[test]
fn whoever_signs_in_over_somebody_else_signs_them_out_first() {
    let server = server();
    let home = owner(&server);
    drop(member(&server, "bo"));
    let mut tui = open(home.path(), &server, &[]);
    tui.wait_for("connected as ana");
    tui.type_in("/create private Secrets\r");
    tui.wait_for("▸◆Secrets");
    sign_out_everywhere(&server, "ana");
    write_turned_away(&mut tui, "only for ana");
    tui.type_in("/quit\r");
    tui.wait_for("Quit?");
    tui.type_in("y");
    assert_eq!(tui.wait_for_exit(), 0);

    let told = sign_in(home.path(), &server, "bo");
    assert!(told.contains("signed out ana; 1 unsent line is kept here until ana signs in again"), "{told}");
    let mut tui = open(home.path(), &server, &[]);
    tui.wait_for("connected as bo");
    tui.type_in("hello from bo\r");
    tui.wait_until("the tick", |screen| marked(screen, "hello from bo", '✓'));
    let screen = tui.text();
    assert!(!screen.contains("only for ana") && !screen.contains("Secrets"), "{screen}");
    tui.type_in("/logout\r");
    assert_eq!(tui.wait_for_exit(), 0);
    assert!(tui.text().contains("signed out of"), "{}", tui.text());

    sign_in(home.path(), &server, "ana");
    // Over the same one: what was there before ends, so that no session is left that nobody uses.
    sign_in(home.path(), &server, "ana");
    let mut tui = open(home.path(), &server, &[]);
    tui.wait_for("connected as ana");
    tui.type_in("/join Secrets\r");
    tui.wait_until("the tick", |screen| marked(screen, "only for ana", '✓'));
    tui.type_in("/sessions\r");
    tui.wait_for("1  chat-tui on");
    assert!(!tui.text().contains("2  chat-tui on"), "{}", tui.text());
}

#[test]
fn a_person_is_asked_before_somebody_else_is_signed_out() {
    let server = server();
    let home = owner(&server);
    drop(member(&server, "bo"));
    let login = |answer: &str| {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_chat-tui"));
        command.args(["--url", &server.url, "login", "bo"]);
        command.env_clear();
        for (key, value) in environment(home.path()) {
            command.env(key, value);
        }
        let mut tui = Tui::spawn(command);
        tui.wait_for("ana is signed in here and will be signed out. Go on? [y/N]");
        tui.type_in(answer);
        tui
    };
    let mut tui = login("\r");
    tui.wait_for("ana stays signed in");
    assert_eq!(tui.wait_for_exit(), 1);
    let mut tui = login("y\r");
    tui.wait_for("Password of bo:");
    tui.type_in(&format!("{PASSWORD}\r"));
    tui.wait_for("signed out ana");
    tui.wait_for("as bo (member)");
    assert_eq!(tui.wait_for_exit(), 0);
}

#[test]
fn somebody_else_may_sign_in_where_a_session_ended_and_sees_nothing_of_the_first() {
    let server = server();
    let home = owner(&server);
    drop(member(&server, "bo"));
    let mut tui = open(home.path(), &server, &[]);
    tui.wait_for("connected as ana");
    tui.type_in("/create private Secrets\r");
    tui.wait_for("▸◆Secrets");
    sign_out_everywhere(&server, "ana");
    write_turned_away(&mut tui, "only for ana");
    tui.type_in(&format!("/login bo\r{PASSWORD}\r"));
    tui.wait_for("connected as bo");
    tui.wait_for("1 unsent line is kept here until ana signs in again");
    let screen = tui.text();
    assert!(!screen.contains("only for ana") && !screen.contains("Secrets"), "{screen}");
    tui.type_in("/logout\r");
    assert_eq!(tui.wait_for_exit(), 0);
    sign_in(home.path(), &server, "ana");
    let mut tui = open(home.path(), &server, &["--room", "lobby"]);
    tui.wait_for("connected as ana");
    tui.type_in("/join Secrets\r");
    tui.wait_until("the tick", |screen| marked(screen, "only for ana", '✓'));
}
