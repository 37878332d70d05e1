//! The whole program in a pseudo-terminal, against a server of the tests' own.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod support;

use std::process::Command;

use chat_tui::terminal::Terminal;
use chat_tui::view::theme::{Depth, Theme};
use portable_pty::CommandBuilder;
use support::{Server, Tui};

#[test]
fn a_first_start_asks_for_a_name_and_leads_into_the_lobby() {
    let server = Server::start();
    server.say("bo", "anybody there?");
    let home = tempfile::tempdir().unwrap();
    let mut tui = Tui::start(home.path(), &["--url", &server.url]);
    tui.wait_for("What should people call you?");
    tui.type_in("a b\r");
    tui.wait_for("a name is made of letters");
    tui.type_in("\x15ana\r");
    tui.wait_for("connected as ana");
    tui.wait_for("anybody there?");
    // A paste never sends by itself, and Alt+Enter begins a new line.
    tui.type_in("\x1b[200~first\nsecond\x1b[201~");
    tui.wait_for("second");
    tui.type_in("\x1b\rthird");
    tui.wait_for("third");
    assert_eq!(server.texts(), ["anybody there?"]);
    tui.type_in("\r");
    tui.wait_until("the tick", |screen| screen.lines().any(|row| row.contains("third") && row.contains('✓')));
    assert_eq!(server.texts(), ["anybody there?", "first\nsecond\nthird"]);
    tui.type_in("/nonsense\r");
    tui.wait_for("is not a command");
    tui.type_in("//literal\r");
    // Who leaves before it is stored is asked first.
    tui.wait_until("the tick", |screen| {
        screen.lines().any(|row| row.contains("▏ /literal") && row.contains('✓'))
    });
    tui.type_in("/quit\r");
    assert_eq!(tui.wait_for_exit(), 0);
    tui.assert_restored();

    // The next start knows the name, and shows the last screen even without a server.
    let mut tui = Tui::start(home.path(), &["--url", &server.url]);
    tui.wait_for("▏ /literal");
    tui.wait_for("connected as ana");
    tui.type_in("\x03");
    assert_eq!(tui.wait_for_exit(), 0);
}

#[test]
fn n01_a_line_written_offline_survives_kill_9_and_is_sent_once() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let start = |home| Tui::start(home, &["--url", &server.url, "--name", "ana"]);
    let mut tui = start(home.path());
    tui.wait_for("connected as ana");
    server.fall_silent();
    tui.type_in("do not lose me\r");
    tui.wait_until("the line on its way", |screen| screen.contains("do not lose me") && screen.contains('↑'));
    tui.kill();

    let other = Server::start();
    // The profile belongs to the first server; a second one with the same profile name stands in for its restart.
    let profile =
        std::fs::read_dir(home.path().join("state/chat-tui")).unwrap().next().unwrap().unwrap().file_name();
    let profile = profile.to_str().unwrap().to_owned();
    std::fs::rename(
        home.path().join("state/chat-tui").join(&profile),
        home.path().join("state/chat-tui/same"),
    )
    .unwrap();
    let mut tui = Tui::start(home.path(), &["--url", &other.url, "--profile", "same"]);
    tui.wait_until("the tick", |screen| screen.contains("do not lose me") && screen.contains('✓'));
    assert_eq!(other.texts(), ["do not lose me"]);
    tui.type_in("\x03");
    assert_eq!(tui.wait_for_exit(), 0);
}

#[test]
fn t05_signals_give_the_terminal_back() {
    for signal in ["TERM", "HUP", "INT"] {
        let server = Server::start();
        let home = tempfile::tempdir().unwrap();
        let mut tui = Tui::start(home.path(), &["--url", &server.url, "--name", "ana"]);
        tui.wait_for("connected as ana");
        let killed = Command::new("kill").args([&format!("-{signal}"), &tui.pid()]).status().unwrap();
        assert!(killed.success());
        assert_eq!(tui.wait_for_exit(), 0, "{signal}");
        tui.assert_restored();
    }
}

/// Runs itself in a pseudo-terminal, where it takes the terminal over and panics.
#[test]
fn t05_a_panic_gives_the_terminal_back() {
    const NAME: &str = "t05_a_panic_gives_the_terminal_back";
    const INSIDE: &str = "CHAT_TUI_TEST_INSIDE";
    if std::env::var_os(INSIDE).is_some() {
        let _terminal = Terminal::enter(Theme::new(Depth::Palette)).unwrap();
        panic!("as it should \u{9b}2J");
    }
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", NAME, "--nocapture"]);
    command.env(INSIDE, "1");
    command.env("TERM", "xterm-256color");
    command.env("RUST_BACKTRACE", "0");
    let mut tui = Tui::spawn(command);
    assert_ne!(tui.wait_for_exit(), 0);
    tui.assert_restored();
    let raw = String::from_utf8_lossy(&tui.raw).into_owned();
    let (inside, after) = raw.split_once("\u{1b}[?1049l").expect("the screen was taken over and left");
    assert!(inside.contains("\u{1b}[?1049h"));
    assert!(after.contains("as it should \u{fffd}2J"), "the reason is told afterwards: {after}");
}

#[test]
fn messages_are_shown_as_they_were_meant() {
    let server = Server::start();
    server.say("bo", "**bold** and `code` for @ana :tada:\n- [x] done\n- [the plan](https://example.org/plan)\n\n```rust\nlet raw = \"**as it is**\";\n```\n|a|b|\n|-|-:|\n|one|1|");
    server.say("bo", "\u{1b}[1;31merror\u{1b}[0m: **raw**\u{1b}]52;c;eA==\u{7}");
    let home = tempfile::tempdir().unwrap();
    let mut tui = Tui::start(home.path(), &["--url", &server.url, "--name", "ana"]);
    tui.wait_for("error: **raw**");
    for row in [
        "▏ bold and code for @ana 🎉",
        "▏ ☑ done",
        "▏ • the plan (https://example.org/plan)",
        "▏ ┃ let raw = \"**as it is**\";",
        "▏ a   │ b",
        "▏ one │ 1",
    ] {
        tui.wait_for(row);
    }
    assert!(tui.cell("bold and").bold() && !tui.cell("and code").bold());
    assert!(tui.cell("@ana").inverse(), "it is one's own name");
    assert!(tui.cell("the plan").underline());
    assert_ne!(tui.cell("code for").fgcolor(), vt100::Color::Default);
    assert_eq!(tui.cell("error:").fgcolor(), vt100::Color::Idx(1));
    assert!(tui.cell("error:").bold() && !tui.cell(": **raw").bold());
    // What one writes oneself looks the same, from the start.
    tui.type_in("so _be_ it\r");
    tui.wait_until("the own line", |screen| {
        screen.lines().any(|row| row.contains("▏ so be it") && row.contains('✓'))
    });
    assert!(tui.cell("be it").italic());
    assert_eq!(server.texts().last().unwrap(), "so _be_ it");
    tui.type_in("\x1b[200~\x1b[32mpasted\x1b[0m\x1b[2J\x1b[201~");
    tui.wait_for("␛[32mpasted␛[0m");
    tui.type_in("\r");
    tui.wait_until("the pasted line", |screen| {
        screen.lines().any(|row| row.contains("▏ pasted ") && row.contains('✓'))
    });
    assert_eq!(tui.cell("pasted").fgcolor(), vt100::Color::Idx(2));
    assert_eq!(server.texts().last().unwrap(), "\x1b[32mpasted\x1b[0m");
    tui.type_in("/quit\r");
    assert_eq!(tui.wait_for_exit(), 0);
    check_sequences(&tui.raw);
}

#[test]
fn t01_hostile_text_writes_only_our_own_sequences() {
    let hostile = "\u{1b}]52;c;eA==\u{7}\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[6n\u{1b}[c\u{9b}21t\u{1b}P$q\"p\u{1b}\\\u{202e}x\u{1b}[?1049l";
    let server = Server::start();
    server.say(hostile, hostile);
    server.say("bo", "the last line");
    let names = [hostile];
    let frames = [
        serde_json::json!({"type": "join", "room": "lobby", "message": hostile, "names": names, "users": ["g-x"],
            "count": 1, "present": 2, "timestamp": hostile}),
        serde_json::json!({"type": "typing", "room": "lobby", "user": "g-x", "sender": hostile, "on": true}),
        serde_json::json!({"type": "renamed", "room": "lobby", "user": "g-x", "from": hostile, "to": hostile}),
        serde_json::json!({"type": "error", "code": "bad_frame", "reason": hostile}),
        serde_json::json!({"type": "goaway", "after_ms": 60_000, "why": hostile}),
    ];
    for frame in frames {
        server.greet_with(&frame.to_string());
    }
    let home = tempfile::tempdir().unwrap();
    let mut tui = Tui::start(home.path(), &["--url", &server.url, "--name", "ana"]);
    tui.wait_for("the last line");
    tui.wait_for("]52;c;eA==");
    tui.type_in("/quit\r");
    assert_eq!(tui.wait_for_exit(), 0);
    tui.assert_restored();
    check_sequences(&tui.raw);
}

/// Every escape sequence in the output is one that this client writes by itself.
fn check_sequences(raw: &[u8]) {
    let text = std::str::from_utf8(raw).expect("the output is UTF-8");
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_control()) {
        let control = rest[at..].chars().next().unwrap();
        rest = &rest[at + control.len_utf8()..];
        match control {
            '\r' | '\n' => {}
            // What is asked about pictures, in full.
            '\u{1b}' if rest.starts_with('_') => {
                let question = "_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u{1b}\\";
                assert!(rest.starts_with(question), "{:?}", &rest[..rest.len().min(60)]);
                rest = &rest[question.len()..];
            }
            // Links: printable ASCII, to where one may go.
            '\u{1b}' if rest.starts_with("]8;") => {
                let end = rest.find("\u{1b}\\").expect("the link ends");
                let (id, address) = rest["]8;".len()..end].split_once(';').unwrap();
                assert!(address.bytes().all(|byte| byte.is_ascii_graphic()), "{address:?}");
                let leads =
                    ["http://", "https://", "mailto:"].iter().any(|scheme| address.starts_with(scheme));
                assert!(leads || (address.is_empty() && id.is_empty()), "{id:?} {address:?}");
                rest = &rest[end + 2..];
            }
            '\u{1b}' if rest.starts_with(']') => {
                let end = rest.find('\u{7}').expect("the title ends");
                assert!(rest.starts_with("]0;") && !rest[..end].contains('\u{1b}'), "{:?}", &rest[..end]);
                assert!(!rest[..end].contains("owned\u{7}"));
                rest = &rest[end + 1..];
            }
            '\u{1b}' => {
                assert!(rest.starts_with('['), "{:?}", &rest[..rest.len().min(20)]);
                let end = rest[1..].find(|c: char| ('@'..='~').contains(&c)).unwrap() + 1;
                let (parameters, last) = (&rest[1..end], rest.as_bytes()[end]);
                let allowed = match last {
                    b'm' | b'H' | b'J' => !parameters.starts_with(['?', '>', '<']),
                    b'h' | b'l' => {
                        ["?25", "?1000", "?1002", "?1003", "?1004", "?1006", "?1015", "?1049", "?2004"]
                            .contains(&parameters)
                    }
                    b'u' => [">1", "<1"].contains(&parameters),
                    b't' => ["22;0", "23;0", "16"].contains(&parameters),
                    b'q' => parameters == ">",
                    b'S' => parameters == "?1;1;0",
                    b'c' => parameters.is_empty(),
                    _ => false,
                };
                assert!(allowed, "ESC [ {parameters} {}", char::from(last));
                rest = &rest[end + 1..];
            }
            other => panic!("a bare {other:?} in the output"),
        }
    }
    assert!(!text.contains('\u{202e}'));
}
