//! People in pseudo-terminals on the server itself: accounts, rooms of their own, and what they do to each other.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod support;

use std::os::unix::fs::PermissionsExt;

use chat_server::Config;
use portable_pty::CommandBuilder;
use protocol::people::Guests;
use support::real::{PASSWORD, Real, close, open, owner, script};
use support::{Tui, environment};

/// A code that makes an account.
fn invite(owner: &mut Tui) -> String {
    owner.type_in("/invites new\r");
    owner.wait_for("An invite");
    let text = owner.boxed();
    let at = text.find("chat_i_").expect("a code");
    let code = text[at..].chars().take_while(|&c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    // What follows on the next row is not of it.
    let code: String = code.take("chat_i_".len() + 43).collect();
    close(owner);
    code
}

#[test]
fn an_account_is_made_on_the_terminal_without_showing_the_password() {
    let server = Real::start(|_: &mut Config| {});
    let home = tempfile::tempdir().unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_chat-tui"));
    command.args(["--url", &server.url, "register"]);
    command.env_clear();
    for (key, value) in environment(home.path()) {
        command.env(key, value);
    }
    let mut tui = Tui::spawn(command);
    tui.wait_for("Name:");
    tui.type_in("ana\r");
    tui.wait_for("New password:");
    tui.type_in("password123\r");
    tui.wait_for("soon be guessed; again, please.");
    tui.type_in(&format!("{PASSWORD}x\x7f\r"));
    tui.wait_for("Once more:");
    tui.type_in(&format!("{PASSWORD}\r"));
    tui.wait_for("Invite");
    tui.type_in(&format!("{}\r", server.owner_link));
    tui.wait_for("as ana (owner)");
    assert_eq!(tui.wait_for_exit(), 0);
    tui.assert_restored();
    assert!(!String::from_utf8_lossy(&tui.raw).contains("correct"), "nothing of it was echoed");

    let profiles = home.path().join("state/chat-tui");
    let profile = std::fs::read_dir(profiles).unwrap().next().unwrap().unwrap().path();
    let mode = std::fs::metadata(profile.join("account.json")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);

    let mut tui = open(home.path(), &server, &[]);
    tui.wait_for("connected as ana");
    tui.type_in("/sessions\r");
    tui.wait_for("chat-tui on");
    tui.wait_for("this one");
    close(&mut tui);
    tui.type_in("/logout\r");
    assert_eq!(tui.wait_for_exit(), 0);
    assert!(!profile.join("account.json").exists());

    let (code, told) = script(home.path(), &server, &["login", "ana"], "wrong password\n");
    assert_eq!((code, told.contains("the name or the password is wrong")), (Some(1), true), "{told}");
    let (code, told) = script(home.path(), &server, &["login", "ana"], &format!("{PASSWORD}\n"));
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = script(home.path(), &server, &["logout", "--everywhere"], "");
    assert_eq!((code, told.contains("signed out of")), (Some(0), true), "{told}");
}

#[test]
fn a_guest_becomes_a_member_and_is_invited_put_out_and_talked_to() {
    let server = Real::start(|_: &mut Config| {});
    let (ana_home, bo_home) = (owner(&server), tempfile::tempdir().unwrap());
    let mut ana = open(ana_home.path(), &server, &[]);
    ana.wait_for("connected as ana");
    let mut bo = open(bo_home.path(), &server, &["--name", "bo"]);
    bo.wait_for("connected as bo (guest)");
    bo.type_in("said as a guest\r");
    ana.wait_for("said as a guest");

    // The guest makes an account, and what was said stays theirs.
    let code = invite(&mut ana);
    bo.type_in(&format!("/register {code}\r"));
    bo.wait_for("Make an account");
    bo.type_in(&format!("{PASSWORD}\t{PASSWORD}\t\r"));
    bo.wait_until("bo is signed in", |screen| {
        screen.contains("signed in as bo")
            && screen.contains("connected as bo")
            && !screen.contains("(guest)")
    });
    bo.wait_until("the tick of the own line", |screen| {
        screen.lines().any(|row| row.contains("said as a guest") && row.contains('✓'))
    });

    // A room of their own.
    ana.type_in("/create private Plans\r");
    ana.wait_for("◆Plans");
    ana.type_in("/topic where to go\r");
    ana.wait_for("ana set the topic: where to go");
    ana.type_in("/invite bo\r");
    ana.wait_for("bo is invited");
    bo.wait_for("ana invites you to ◆Plans");
    bo.type_in("/join pl\t\r");
    bo.wait_for("— where to go");
    ana.wait_for("bo is a member now");
    bo.type_in("to the sea\r");
    ana.wait_for("to the sea");
    ana.type_in("/delete\r");
    ana.wait_for("Enter: delete for everybody");
    ana.type_in("\r");
    bo.wait_for("deleted by ana");
    bo.wait_until("the text is gone", |screen| !screen.contains("to the sea"));
    ana.type_in("/role bo moderator\r");
    bo.wait_for("ana made bo a moderator");
    ana.type_in("/kick bo we need a pause\r");
    bo.wait_for("you were put out of ◆Plans: we need a pause");
    bo.wait_until("the room is gone", |screen| screen.contains("▸#"));
    bo.type_in("/join Plans\r");
    bo.wait_for("there is no room plans");

    // A conversation, and somebody to hide.
    ana.type_in("/dm bo\r");
    ana.wait_for("▸@bo");
    ana.type_in("no offence\r");
    bo.wait_for("@ana");
    bo.wait_for("1 other room unread");
    bo.type_in("\x1ba");
    bo.wait_for("no offence");
    bo.type_in("/block ana\r");
    bo.wait_until("ana is hidden", |screen| !screen.contains("no offence"));
    bo.type_in("/unblock ana\r");
    bo.wait_for("no offence");
    for tui in [&mut ana, &mut bo] {
        tui.type_in("/quit\r");
        assert_eq!(tui.wait_for_exit(), 0);
    }
}

#[test]
fn rules_and_mutes_hold_and_say_so() {
    let server = Real::start(|_: &mut Config| {});
    let (ana_home, bo_home) = (owner(&server), tempfile::tempdir().unwrap());
    let mut ana = open(ana_home.path(), &server, &[]);
    ana.wait_for("connected as ana");
    ana.type_in("/create news\r");
    ana.wait_for("▸#news");
    ana.type_in("/announce on\r");
    ana.wait_for("made this a room for announcements");
    let mut bo = open(bo_home.path(), &server, &["--name", "bo", "--room", "news"]);
    bo.wait_for("connected as bo (guest)");
    bo.wait_for("› Only owners and moderators write here");
    bo.type_in("may I?\r");
    bo.wait_until("why not", |screen| {
        screen.contains("› may I?") && screen.contains("Only owners and moderators write here")
    });
    bo.type_in("\x15");
    ana.type_in("/announce off\r");
    bo.wait_for("let everybody write here again");
    ana.wait_for("bo joined");
    ana.type_in("/mute bo 10m\r");
    ana.wait_for("bo is muted for 10 min");
    bo.type_in("and now?\r");
    bo.wait_for("not sent:");
    ana.type_in("/archive\r");
    ana.wait_for("ana archived this room");
    ana.type_in("/audit\r");
    ana.wait_for("What was decided");
    ana.wait_for("mute");
    close(&mut ana);
    ana.type_in("/browse\r");
    ana.wait_for("Public rooms");
}

#[test]
fn where_guests_are_not_let_in_the_chat_asks_to_sign_in() {
    let server = Real::start(|config| config.guests = Guests::Off);
    let owner = owner(&server);
    let home = tempfile::tempdir().unwrap();
    let mut tui = open(home.path(), &server, &["--name", "ana"]);
    tui.wait_for("Sign in");
    tui.wait_for("guests are not let in");
    tui.type_in("no such password\r");
    tui.wait_for("the name or the password is wrong");
    tui.type_in(&format!("\x15{PASSWORD}\r"));
    tui.wait_for("connected as ana");
    // The other device signs everybody out, this one within its open connection.
    let (code, told) = script(owner.path(), &server, &["logout", "--everywhere"], "");
    assert_eq!(code, Some(0), "{told}");
    tui.wait_for("not signed in");
    tui.type_in(&format!("{PASSWORD}\r"));
    tui.wait_for("connected as ana");
}

#[test]
fn a_bot_comes_by_its_token_and_not_any_more_once_it_is_withdrawn() {
    let server = Real::start(|_: &mut Config| {});
    let (home, bot) = (owner(&server), tempfile::tempdir().unwrap());
    let mut ana = open(home.path(), &server, &[]);
    ana.wait_for("connected as ana");
    ana.type_in("/tokens new build both 30\r");
    ana.wait_for("shown this once");
    let text = ana.boxed();
    let at = text.find("chat_b_").expect("a token");
    let token: String = text[at..].chars().take("chat_b_".len() + 43).collect();
    let file = bot.path().join("token");
    std::fs::write(&file, format!("{token}\n")).unwrap();
    let file = file.to_str().unwrap();
    let (code, told) = script(bot.path(), &server, &["send", "--token-file", file, "the build is green"], "");
    assert_eq!(code, Some(0), "{told}");
    close(&mut ana);
    ana.wait_until("the bot's line as one's own", |screen| screen.contains("the build is green"));
    ana.type_in("/tokens\r");
    ana.wait_for("1  build");
    close(&mut ana);
    ana.type_in("/revoke 1\r");
    ana.wait_for("that token is withdrawn");
    let (code, told) = script(bot.path(), &server, &["send", "--token-file", file, "again"], "");
    assert_eq!((code, told.contains("the server closed")), (Some(1), true), "{told}");
    let (code, told) = script(bot.path(), &server, &["send", "--token-file", "/nowhere/token", "x"], "");
    assert_eq!((code, told.contains("cannot read the token")), (Some(1), true), "{told}");
}

#[test]
fn what_is_done_on_one_device_is_seen_on_the_other() {
    let server = Real::start(|_: &mut Config| {});
    let (desk_home, phone_home) = (owner(&server), tempfile::tempdir().unwrap());
    let (code, told) = script(phone_home.path(), &server, &["login", "ana"], &format!("{PASSWORD}\n"));
    assert_eq!(code, Some(0), "{told}");
    let mut desk = open(desk_home.path(), &server, &[]);
    let mut phone = open(phone_home.path(), &server, &[]);
    desk.wait_for("connected as ana");
    phone.wait_for("connected as ana");
    desk.type_in("half a thought");
    phone.wait_for("› half a thought");
    phone.type_in(" more\r");
    desk.wait_for("half a thought more");
    desk.wait_until("the draft is gone", |screen| {
        screen.contains("› Write a message") || screen.contains("›  Write")
    });
    desk.type_in("/create ops\r");
    desk.wait_for("▸#ops");
    phone.wait_until("the room is there, and the lobby still on the screen", |screen| {
        screen.contains(" #ops") && screen.contains("▸#")
    });
    // Read here, read there.
    let (code, told) = script(desk_home.path(), &server, &["send", "--room", "lobby", "from a script"], "");
    assert_eq!(code, Some(0), "{told}");
    phone.wait_for("from a script");
    desk.wait_until("nothing is unread", |screen| !screen.contains("other room unread"));
    desk.type_in("/leave\r");
    phone.wait_until("the room is gone there, too", |screen| !screen.contains(" #ops"));
}

#[test]
fn what_people_tell_of_themselves_is_seen_and_what_is_rude_is_reported() {
    let server = Real::start(|_: &mut Config| {});
    let (ana_home, bo_home) = (owner(&server), tempfile::tempdir().unwrap());
    let mut ana = open(ana_home.path(), &server, &[]);
    ana.wait_for("connected as ana");
    let mut bo = open(bo_home.path(), &server, &["--name", "bo"]);
    bo.wait_for("connected as bo (guest)");
    ana.type_in("/status at the sea\r");
    ana.wait_for("you are ana · “at the sea”");
    ana.type_in("/away\r");
    ana.wait_for("connected as ana (away)");
    bo.type_in("/profile ana\r");
    bo.wait_until("ana's profile", |screen| screen.contains("away") && screen.contains("“at the sea”"));
    close(&mut bo);
    ana.type_in("/colour 120\r");
    ana.wait_for("your name has the hue 120");
    ana.type_in("go away\r");
    bo.wait_for("go away");
    // One of the palette's greens, for the name and for the bar before the text.
    let green = vt100::Color::Idx(28);
    assert_eq!(bo.color_of("ana  "), Some(green));
    assert_eq!(bo.color_of("▏ go away"), Some(green));
    bo.type_in("/report rude\r");
    bo.wait_for("Enter: report");
    bo.type_in("\r");
    bo.wait_for("reported to those who keep order here");
    ana.type_in("/reports\r");
    ana.wait_for("bo about ana in #Lobby");
    close(&mut ana);
    ana.type_in("/resolve 1\r");
    ana.wait_for("report 1 is resolved");
    // An account for somebody else, whose first password is set by a one-time link.
    ana.type_in("/account cleo new\r");
    ana.wait_for("its link is shown this once");
    let text = ana.boxed();
    let at = text.find("chat_r_").expect("a link");
    let link: String = text[at..].chars().take("chat_r_".len() + 43).collect();
    let cleo_home = tempfile::tempdir().unwrap();
    let (code, told) = script(cleo_home.path(), &server, &["reset"], &format!("{PASSWORD}\n{link}\n"));
    assert_eq!((code, told.contains("as cleo (member)")), (Some(0), true), "{told}");
    close(&mut ana);
    ana.type_in("/account cleo deactivate\r");
    ana.wait_for("cleo is deactivated");
    let (code, told) = script(cleo_home.path(), &server, &["send", "hello"], "");
    assert_eq!((code, told.contains("the server closed")), (Some(1), true), "{told}");
}
