//! Pictures and links in terminals of all kinds, against the server itself.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use chat_server::Config;
use portable_pty::CommandBuilder;
use support::real::{Real, flag};
use support::{Answers, Server, Tui};

const TEST_PICTURE: &str = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\";
const KITTY: Answers = &[
    (TEST_PICTURE, "\x1b_Gi=31;OK\x1b\\"),
    ("\x1b[>q", "\x1bP>|kitty(0.36.4)\x1b\\"),
    ("\x1b[16t", "\x1b[6;20;10t"),
    ("\x1b[c", "\x1b[?62;c"),
];
const SIXEL: Answers = &[
    ("\x1b[>q", "\x1bP>|XTerm(379)\x1b\\"),
    ("\x1b[16t", "\x1b[6;20;10t"),
    ("\x1b[?1;1;0S", "\x1b[?1;0;256S"),
    ("\x1b[c", "\x1b[?63;1;4c"),
];
const ITERM: Answers =
    &[("\x1b[>q", "\x1bP>|iTerm2 3.5.4\x1b\\"), ("\x1b[16t", "\x1b[6;20;10t"), ("\x1b[c", "\x1b[?64;4c")];

/// What kitty is brought a picture by, is let show it by, and what takes it away.
const BRING: &str = "\x1b_Ga=t,f=100,i=";
const PLACE: &str = "\x1b_Ga=p,U=1,i=";
const DROP: &str = "\x1b_Ga=d,d=I,i=";
const SIXELS: &str = "\x1bP0;1;0q\"1;1;240;20";
const INLINE: &str = "\x1b]1337;File=inline=1;";
const PLACEHOLDER: char = '\u{10eeee}';

fn start(home: &Path, url: &str, more: &[(&str, &str)], answers: Answers) -> Tui {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_chat-tui"));
    command.args(["--url", url, "--name", "ana"]);
    command.env_clear();
    for (key, value) in support::environment(home) {
        command.env(key, value);
    }
    for (key, value) in more {
        command.env(key, value);
    }
    Tui::spawn_in(command, answers)
}

fn quit(tui: &mut Tui) {
    tui.type_in("\x03");
    assert_eq!(tui.wait_for_exit(), 0);
    tui.assert_restored();
}

/// A terminal of this kind, whose person sends a picture of 240 by 120 dots.
fn with_picture(home: &Path, server: &Real, more: &[(&str, &str)], answers: Answers) -> Tui {
    let path = flag(home);
    let mut tui = start(home, &server.url, more, answers);
    tui.wait_for("connected as ana");
    tui.type_in(&format!("/upload \"{path}\"\r"));
    tui.wait_until("it is said", |screen| screen.contains("flag.png · ") && screen.contains('✓'));
    tui
}

#[test]
fn kitty_has_the_pictures_in_sight_and_no_others() {
    let server = Real::start(|_: &mut Config| {});
    let home = tempfile::tempdir().unwrap();
    let mut tui = with_picture(home.path(), &server, &[], KITTY);
    tui.wait_for_bytes(PLACE, 1);
    tui.wait_until("its cells", |screen| screen.matches(PLACEHOLDER).count() == 24 * 6);
    assert_eq!((tui.count(BRING), tui.count(DROP)), (1, 0));

    // What lies over it covers it, and it comes back.
    tui.type_in("\x1bOP");
    tui.wait_for("Keys");
    tui.type_in("\x1b");
    tui.wait_until("it is back", |screen| screen.matches(PLACEHOLDER).count() == 24 * 6);

    // Scrolled out of sight, row by row, it is taken away; and brought again.
    let dropped = tui.count(DROP);
    for n in 0..24 {
        tui.type_in(&format!("line {n}\r"));
    }
    tui.wait_until("it is out of sight", |screen| {
        let said = screen.lines().any(|row| row.contains("line 23 ") && row.contains('✓'));
        said && !screen.contains(PLACEHOLDER)
    });
    tui.wait_for_bytes(DROP, dropped + 1);
    let brought = tui.count(BRING);
    tui.type_in("\x1b[1;5H");
    tui.wait_until("it is in sight", |screen| screen.matches(PLACEHOLDER).count() == 24 * 6);
    tui.wait_for_bytes(BRING, brought + 1);

    // Another room has no pictures.
    let dropped = tui.count(DROP);
    tui.type_in("/create ops\r");
    tui.wait_for("▸#ops");
    tui.wait_for_bytes(DROP, dropped + 1);
    let brought = tui.count(BRING);
    tui.type_in("\x1b[1;3A");
    tui.wait_for("▸#Lobby");
    tui.type_in("\x1b[1;5H");
    tui.wait_for_bytes(BRING, brought + 1);
    tui.resize(20, 60);
    tui.type_in("/images blocks\r");
    tui.wait_until("half-blocks", |screen| screen.contains('▀') && !screen.contains(PLACEHOLDER));
    tui.type_in("/images auto\r");
    tui.wait_until("its cells", |screen| screen.contains(PLACEHOLDER) && !screen.contains('▀'));
    quit(&mut tui);
    assert_eq!(tui.count(BRING), tui.count(DROP), "nothing is left behind");
    assert_eq!((tui.count(SIXELS), tui.count(INLINE)), (0, 0));
}

#[test]
fn sixels_and_inline_images_are_drawn_by_rows() {
    for (answers, row, rows) in [(SIXEL, SIXELS, 6), (ITERM, INLINE, 6)] {
        let server = Real::start(|_: &mut Config| {});
        let home = tempfile::tempdir().unwrap();
        let mut tui = with_picture(home.path(), &server, &[], answers);
        tui.wait_for_bytes(row, rows);
        assert!(!tui.text().contains([PLACEHOLDER, '▀']), "its cells are left to it");
        // What comes below moves it: its rows are drawn where they are now.
        let before = tui.count(row);
        for n in 0..8 {
            tui.type_in(&format!("line {n}\r"));
        }
        tui.wait_until("all is said", |screen| {
            screen.lines().any(|row| row.contains("line 7 ") && row.contains('✓'))
        });
        tui.wait_for_bytes(row, before + rows);
        tui.type_in("/create ops\r");
        tui.wait_for("▸#ops");
        let before = tui.count(row);
        tui.type_in("words alone\r");
        tui.wait_until("it is said", |screen| {
            screen.lines().any(|row| row.contains("words alone") && row.contains('✓'))
        });
        assert_eq!(tui.count(row), before, "there is none in this room");
        quit(&mut tui);
        assert_eq!((tui.count(BRING), tui.count("▀")), (0, 0));
    }
}

#[test]
fn a_silent_terminal_has_half_blocks_and_typing_does_not_wait_for_it() {
    let server = Real::start(|_: &mut Config| {});
    let home = tempfile::tempdir().unwrap();
    let mut tui = with_picture(home.path(), &server, &[], &[]);
    tui.wait_for("▀");
    assert_eq!(tui.count(TEST_PICTURE), 1, "it was asked");
    // An answer that comes late, and in pieces, is taken and not typed.
    tui.type_in("not \x1b_Gi=3");
    tui.type_in("1;OK\x1b");
    tui.type_in("\\\x1bP>|kitty(0.36.4)\x1b\\\x1b[6;20;10t\x1b[?1;");
    tui.type_in("0;256S\x1b[?62;4cone of it");
    tui.wait_until("its cells", |screen| screen.contains(PLACEHOLDER) && !screen.contains('▀'));
    tui.wait_for("› not one of it");
    tui.type_in("\r");
    tui.wait_until("what was typed", |screen| {
        screen.lines().any(|row| row.contains("▏ not one of it ") && row.contains('✓'))
    });
    quit(&mut tui);
}

#[test]
fn through_tmux_a_picture_goes_where_that_is_seen_to_work() {
    const WRAPPED: &str = "\x1bPtmux;\x1b\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\x1b\\\x1b\\";
    let server = Real::start(|_: &mut Config| {});
    let home = tempfile::tempdir().unwrap();
    // In place of tmux, which knows the terminal around it.
    let bin = home.path().join("bin");
    fs::create_dir(&bin).unwrap();
    fs::write(bin.join("tmux"), "#!/bin/sh\necho 'kitty(0.36.4)'\n").unwrap();
    fs::set_permissions(bin.join("tmux"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.to_str().unwrap(), std::env::var("PATH").unwrap_or_default());
    let inside = [("TMUX", "/tmp/tmux,1,0"), ("TERM", "tmux-256color"), ("PATH", path.as_str())];
    let mut tui = with_picture(home.path(), &server, &inside, &[(WRAPPED, "\x1b_Gi=31;OK\x1b\\")]);
    tui.wait_for_bytes("\x1bPtmux;\x1b\x1b_Ga=p,U=1,i=", 1);
    quit(&mut tui);
    assert_eq!(tui.count(TEST_PICTURE), 0, "tmux itself is asked nothing");
    // It lets nothing through.
    let home = tempfile::tempdir().unwrap();
    let mut tui = with_picture(home.path(), &server, &inside, &[]);
    tui.wait_for("▀");
    quit(&mut tui);
    assert_eq!(tui.count("a=p"), 0);
}

#[test]
fn who_wants_no_pictures_or_cannot_have_them_is_asked_nothing() {
    let server = Server::start();
    server.say("bo", "see https://example.org/plan");
    for (more, settings) in [
        (&[("TERM", "dumb")][..], ""),
        (&[("TERM", "linux")], ""),
        (&[("TERM", "screen")], ""),
        (&[], "images = false\nlinks = false\n"),
    ] {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("config/chat-tui")).unwrap();
        fs::write(home.path().join("config/chat-tui/config.toml"), settings).unwrap();
        let mut tui = start(home.path(), &server.url, more, KITTY);
        tui.wait_for("https://example.org/plan");
        // Drawn anew, without a question too.
        tui.type_in("\x0c");
        tui.wait_for_bytes("\x1b[2J", 1);
        quit(&mut tui);
        let asked =
            ["\x1b_G", "\x1b[>q", "\x1b[16t", "\x1b[c", "\x1b[6n", "\x1b]8;"].map(|what| tui.count(what));
        assert_eq!(asked, [0; 6], "{more:?} {settings:?}");
    }
}

#[test]
fn links_can_be_clicked_and_lead_where_they_say() {
    let server = Server::start();
    server.say("bo", "read [the plan](https://example.org/ä/plan) or javascript:alert(1)");
    server.say("bo", &format!("and https://example.org/{}", "long".repeat(30)));
    let home = tempfile::tempdir().unwrap();
    let mut tui = start(home.path(), &server.url, &[], KITTY);
    tui.wait_for("longlong");
    quit(&mut tui);
    let raw = String::from_utf8(tui.raw.clone()).unwrap();
    let links: Vec<&str> =
        raw.match_indices("\x1b]8;").map(|(at, _)| raw[at + 4..].split('\x1b').next().unwrap()).collect();
    let to = |address: &str| {
        links.iter().filter(|link| link.ends_with(&format!(";{address}"))).collect::<Vec<_>>()
    };
    assert!(!to("https://example.org/%C3%A4/plan").is_empty(), "{links:?}");
    // All rows of a link are one.
    let long = to(&format!("https://example.org/{}", "long".repeat(30)));
    assert!(
        long.len() >= 2 && long.iter().all(|link| *link == long[0] && link.starts_with("id=c")),
        "{links:?}"
    );
    assert!(!to(&format!("{}/r/lobby/1", server.url)).is_empty(), "the time leads to the message: {links:?}");
    assert!(!raw.contains("]8;;javascript") && !links.iter().any(|link| link.contains("javascript")));
    assert_eq!(links.iter().filter(|link| **link == ";").count() * 2, links.len(), "each one is ended");
}
