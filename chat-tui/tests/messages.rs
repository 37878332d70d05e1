//! What is done to messages, told in terminals on the server itself.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod support;

use chat_server::Config;
use protocol::people::{Guests, Registration};
use support::Tui;
use support::real::{PASSWORD, Real, close, open, owner, script};

fn server() -> Real {
    Real::start(|config: &mut Config| {
        config.registration = Registration::Open;
        config.guests = Guests::On;
    })
}

/// A home where somebody just registered.
fn member(server: &Real, name: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let (code, told) = script(home.path(), server, &["register", name], &format!("{PASSWORD}\n\n"));
    assert_eq!(code, Some(0), "{told}");
    home
}

/// Ana and bo in the lobby, each at a terminal.
fn both(server: &Real) -> [(tempfile::TempDir, Tui); 2] {
    let (ana_home, bo_home) = (owner(server), member(server, "bo"));
    let mut ana = open(ana_home.path(), server, &[]);
    ana.wait_for("connected as ana");
    let mut bo = open(bo_home.path(), server, &[]);
    bo.wait_for("connected as bo");
    [(ana_home, ana), (bo_home, bo)]
}

/// Whether a row has all of these.
fn row(screen: &str, parts: &[&str]) -> bool {
    screen.lines().any(|row| parts.iter().all(|part| row.contains(part)))
}

/// Says a line, and waits until it is stored.
fn say(tui: &mut Tui, text: &str) {
    tui.type_in(&format!("{text}\r"));
    tui.wait_until("the tick", |screen| row(screen, &[text, "✓"]));
}

/// Chooses the newest message.
fn choose(tui: &mut Tui) {
    tui.type_in("\x1bs");
    tui.wait_for("r reply");
}

#[test]
fn a_message_is_edited_answered_reacted_to_and_deleted() {
    let server = server();
    let [(_ana_home, mut ana), (_bo_home, mut bo)] = both(&server);
    say(&mut ana, "helo world");
    // Up where nothing is written changes the last message of one's own; Esc leaves it and the draft is back.
    ana.type_in("\x1b[A");
    ana.wait_for("edit your message");
    ana.wait_for("› helo world");
    ana.type_in("\x1b");
    ana.wait_until("it is left", |screen| !screen.contains("edit your message"));
    ana.type_in("\x1b[A");
    ana.wait_for("edit your message");
    ana.type_in("\x15hello world\r");
    bo.wait_until("the edit", |screen| screen.contains("hello world") && screen.contains("(edited)"));
    assert!(!bo.text().contains("helo"), "{}", bo.text());

    // What it said before.
    choose(&mut bo);
    bo.type_in("h");
    bo.wait_for("What it said");
    bo.wait_for("helo world");
    close(&mut bo);

    // An answer shows what it answers, and leads there.
    bo.type_in("r");
    bo.wait_for("reply to ana: hello world");
    say(&mut bo, "hello back");
    ana.wait_until("the quoted line", |screen| screen.contains("┌ ana: hello world"));
    choose(&mut ana);
    ana.type_in("\r");
    ana.wait_until("it is chosen", |screen| screen.contains("hello world"));

    // A reaction, with a count, and taken back.
    ana.type_in("+");
    ana.wait_for("React");
    ana.type_in("tada\r");
    bo.wait_for("🎉 1");
    bo.type_in("\x1bs");
    bo.wait_for("r reply");
    bo.type_in("k+");
    bo.wait_for("React");
    bo.type_in("tada\r");
    ana.wait_for("🎉 2");
    ana.type_in("i");
    ana.wait_for("Reactions");
    ana.wait_until("who reacted", |screen| row(screen, &["🎉", "ana", "bo"]));
    close(&mut ana);
    ana.type_in("+");
    ana.wait_for("React");
    ana.type_in("tada\r");
    bo.wait_for("🎉 1");

    // Only one's own can be deleted by bo; what ana deletes leaves a stone, and its text nowhere.
    bo.type_in("d");
    bo.wait_for("only messages of one's own are deleted");
    ana.type_in("d");
    ana.wait_for("Enter: delete for everybody");
    ana.type_in("\r");
    bo.wait_for("(deleted by its author)");
    bo.wait_until("the quote knows", |screen| screen.contains("┌ ana: (deleted)"));
    assert!(!bo.text().contains("🎉"), "{}", bo.text());
}

#[test]
fn what_is_done_to_a_line_that_is_not_sent_waits_for_it() {
    let server = server();
    let home = owner(&server);
    let mut ana = open(home.path(), &server, &[]);
    ana.wait_for("connected as ana");
    say(&mut ana, "first");
    ana.type_in("\x03");
    assert_eq!(ana.wait_for_exit(), 0);
    let url = server.url.clone();
    let profile = std::fs::read_dir(home.path().join("state/chat-tui")).unwrap().next().unwrap().unwrap();
    let profile = profile.file_name().to_str().unwrap().to_owned();
    // Nothing listens there.
    let mut ana = Tui::start(home.path(), &["--url", "http://127.0.0.1:1", "--profile", &profile]);
    ana.wait_for("offline");
    ana.type_in("writen offline\r");
    ana.wait_until("it waits", |screen| row(screen, &["writen offline", "…"]));
    ana.type_in("\x1b[A");
    ana.wait_for("edit your message");
    ana.type_in("\x15written offline\r");
    ana.wait_for("… edit: written offline");
    ana.kill();
    let mut ana = Tui::start(home.path(), &["--url", &url, "--profile", &profile]);
    ana.wait_until("the edit", |screen| {
        row(screen, &["written offline", "(edited)"]) && !screen.contains("writen offline")
    });
}

#[test]
fn a_thread_stands_apart_with_news_and_a_draft_of_its_own() {
    let server = server();
    let [(ana_home, mut ana), (bo_home, mut bo)] = both(&server);
    say(&mut ana, "where do we meet?");
    bo.wait_for("where do we meet?");
    choose(&mut bo);
    bo.type_in("t");
    bo.wait_for("Thread");
    say(&mut bo, "at the station");
    ana.wait_for("↳ 1 reply, 1 new");
    assert!(!ana.text().contains("at the station"), "it is in the thread: {}", ana.text());
    bo.type_in("and then");
    // The next thing that wants ana.
    ana.type_in("\x1ba");
    ana.wait_for("at the station");
    ana.wait_for("bo is typing");
    say(&mut ana, "fine with me");
    bo.wait_for("fine with me");
    // The room's composer is another one.
    bo.type_in("\x1b");
    bo.wait_until("the room", |screen| {
        !screen.contains("Esc closes") && screen.contains("↳ 2 replies") && !screen.contains("› and then")
    });
    choose(&mut bo);
    bo.type_in("t");
    bo.wait_for("› and then");
    // Beside the room, where there is space.
    bo.resize(30, 140);
    bo.wait_until("both", |screen| screen.contains("↳ 2 replies") && screen.contains("fine with me"));
    // What is being written there outlives the program.
    bo.type_in(" at six");
    bo.wait_for("› and then at six");
    bo.type_in("\x03");
    assert_eq!(bo.wait_for_exit(), 0);
    let mut bo = open(bo_home.path(), &server, &[]);
    bo.wait_for("↳ 2 replies · ✎ draft");
    choose(&mut bo);
    bo.type_in("t");
    bo.wait_for("› and then at six");
    // Another start knows it from the server.
    ana.type_in("\x03");
    assert_eq!(ana.wait_for_exit(), 0);
    let mut ana = open(ana_home.path(), &server, &[]);
    ana.wait_for("↳ 2 replies");
    choose(&mut ana);
    ana.type_in("t");
    ana.wait_until("the whole thread", |screen| {
        ["where do we meet?", "at the station", "fine with me", "2 replies"]
            .iter()
            .all(|part| screen.contains(part))
    });
}

#[test]
fn pins_and_mentions_are_listed_and_lead_to_their_messages() {
    let server = server();
    let [(_ana_home, mut ana), (_bo_home, mut bo)] = both(&server);
    say(&mut ana, "the rules of the house");
    choose(&mut ana);
    ana.type_in("p");
    bo.wait_for("pinned");
    bo.wait_for("1 pin");
    ana.type_in("\x1b");
    ana.wait_until("nothing is chosen", |screen| !screen.contains("r reply"));
    for n in 0..30 {
        ana.type_in(&format!("line {n}\r"));
    }
    bo.wait_for("line 29");
    bo.type_in("/pins\r");
    bo.wait_for("Pinned in #Lobby");
    bo.wait_for("the rules of the house");
    bo.type_in("\r");
    bo.wait_until("it is chosen", |screen| {
        screen.contains("r reply") && screen.contains("the rules of the house")
    });
    bo.type_in("\x1b");
    bo.wait_until("the room again", |screen| !screen.contains("r reply"));
    bo.type_in("hello @an\t");
    bo.wait_for("› hello @ana");
    bo.type_in("look\r");
    ana.wait_until("the call", |screen| row(screen, &["▌", "hello", "look"]));
    ana.type_in("\x1bm");
    ana.wait_for("What names you");
    ana.wait_until("the list", |screen| row(screen, &["bo", "#Lobby"]));
    ana.type_in("\r");
    ana.wait_for("r reply");
}

#[test]
fn whoever_is_named_is_told_unless_they_look_and_who_has_seen_it_is_told_where_the_room_tells() {
    let server = server();
    let [(_ana_home, mut ana), (_bo_home, mut bo)] = both(&server);
    ana.type_in("/create ops\r");
    ana.wait_for("▸#ops");
    bo.type_in("/join ops\r");
    bo.wait_for("▸#ops");
    ana.type_in("/seen on\r");
    bo.wait_for("lets this room tell who has read what");
    say(&mut ana, "@bo in view");
    bo.wait_for("in view");
    ana.wait_for("seen by bo");
    bo.type_in("/keywords deploy, on call\r");
    bo.wait_for("these words count as being named: deploy, on call");
    // The terminal loses the focus, and the room is not looked at.
    bo.type_in("\x1b[O");
    say(&mut ana, "we Deploy now");
    bo.wait_for("we Deploy now");
    bo.wait_until("the bar of a call", |screen| row(screen, &["▌", "we Deploy now"]));
    let raw = String::from_utf8_lossy(&bo.raw).into_owned();
    assert!(raw.contains("\x07\x1b]9;ana in #ops: we Deploy now\x1b\\"), "a bell, and a notification");
    assert!(!raw.contains("]9;ana in #ops: @bo in view"), "none while the room is in view");
    assert!(raw.contains("\x1b]0;(1) #ops"), "the count in the title");
    // Marked as unread, it is so on the next start, too.
    bo.type_in("\x1b[I");
    choose(&mut bo);
    bo.type_in("u");
    bo.wait_for("unread from there on");
    bo.type_in("\x1b[1;3A");
    bo.wait_for("▸#Lobby");
    bo.wait_until("it is unread", |screen| row(screen, &["#ops", "1"]));
}

/// As bo in the lobby, at a terminal of this kind.
fn bo_at(server: &Real, home: &std::path::Path, variables: &[(&str, &str)]) -> Tui {
    let mut bo = Tui::start_in(home, &["--url", &server.url], variables);
    bo.wait_for("connected as bo");
    bo
}

#[test]
fn each_terminal_is_notified_in_its_own_words_and_through_tmux() {
    let server = server();
    let (ana_home, bo_home) = (owner(&server), member(&server, "bo"));
    let mut ana = open(ana_home.path(), &server, &[]);
    ana.wait_for("connected as ana");
    for (n, (variables, told)) in [
        (&[("TERM", "foot")][..], "\x07\x1b]777;notify;ana in #Lobby;@bo look N\x1b\\"),
        (
            &[("TMUX", "/tmp/tmux-0/default,1,0"), ("TERM", "tmux-256color")][..],
            "\x07\x1bPtmux;\x1b\x1b]9;ana in #Lobby: @bo look N\x1b\x1b\\\x1b\\",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let mut bo = bo_at(&server, bo_home.path(), variables);
        // In view: neither a bell nor a count.
        say(&mut ana, &format!("@bo seen {n}"));
        bo.wait_for(&format!("seen {n}"));
        assert!(!bo.written().contains("]0;(1)"), "{variables:?}");
        assert!(!bo.written().contains(&told.replace("look N", &format!("seen {n}"))), "{variables:?}");
        bo.type_in(&format!("\x1b[O\x15away {n}"));
        bo.wait_for(&format!("› away {n}"));
        let before = bo.written().len();
        say(&mut ana, &format!("@bo look {n}"));
        bo.wait_for(&format!("look {n}"));
        let written = bo.written()[before..].to_owned();
        assert!(written.contains(&told.replace('N', &n.to_string())), "{variables:?}: {written:?}");
        // The count is in the title until the person is back.
        assert!(written.contains("\x1b]0;(1) #Lobby · chat\x07"), "{variables:?}: {written:?}");
        bo.type_in(&format!("\x1b[I\x15back {n}"));
        bo.wait_for(&format!("› back {n}"));
        let written = bo.written();
        let title = written.rsplit("\x1b]0;").next().unwrap();
        assert!(title.starts_with("#Lobby · chat\x07"), "{title:?}");
        bo.kill();
    }
}

#[test]
fn nobody_is_disturbed_in_their_quiet_hours() {
    let server = server();
    let [(_ana_home, mut ana), (_bo_home, mut bo)] = both(&server);
    bo.type_in("/quiet 25-7\r");
    bo.wait_for("write it as /quiet [FROM-TO|off]");
    // An hour before to an hour behind this minute, wherever midnight is.
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() / 60 % 1440;
    let clock = |minute: u64| format!("{:02}:{:02}", minute % 1440 / 60, minute % 60);
    let (from, to) = (clock(now + 1380), clock(now + 60));
    bo.type_in(&format!("/quiet {from}-{to}\r"));
    bo.wait_for("not disturbed from");
    bo.wait_for(&format!("{from} to {to}"));
    bo.type_in("\x1b[O");
    bo.type_in("x");
    bo.wait_for("› x");
    say(&mut ana, "@bo sleep well");
    bo.wait_until("the call", |screen| row(screen, &["▌", "sleep well"]));
    assert!(!bo.written().contains("\x1b]9;"), "it is counted and marked, and nothing more");
    assert!(bo.written().contains("\x1b]0;(1) #Lobby"));
    bo.type_in("\x15/quiet off\r");
    bo.wait_for("no quiet hours");
    bo.type_in("\x1b[O");
    bo.type_in("x");
    bo.wait_for("› x");
    say(&mut ana, "@bo good morning");
    bo.wait_for("good morning");
    assert!(bo.written().contains("\x1b]9;ana in #Lobby: @bo good morning\x1b\\"));
}

#[test]
fn coloured_output_is_edited_with_its_colours_and_copied_without() {
    let server = server();
    let [(_ana_home, mut ana), (_bo_home, mut bo)] = both(&server);
    ana.type_in("/seen on\r");
    ana.wait_for("this room tell who has read what");
    ana.type_in("\x1b[200~\x1b[32mok\x1b[0m build, \x1b[31mfailed\x1b[0m tets\x1b[201~");
    ana.wait_for("› ␛[32mok␛[0m build");
    ana.type_in("\r");
    bo.wait_for("ok build, failed tets");
    assert_eq!(bo.cell("failed tets").fgcolor(), vt100::Color::Idx(1));
    // What colours it can be seen while it is changed.
    ana.wait_until("the tick", |screen| row(screen, &["failed tets", "✓"]));
    ana.type_in("\x1b[A");
    ana.wait_for("edit your message · ␛[…m are its colours");
    ana.wait_for("› ␛[32mok␛[0m build, ␛[31mfailed␛[0m tets");
    ana.type_in("\x7f\x7f\x7fests\r");
    bo.wait_until("the edit", |screen| row(screen, &["ok build, failed tests", "(edited)"]));
    assert_eq!(bo.cell("ok build").fgcolor(), vt100::Color::Idx(2));
    assert_eq!(bo.cell("failed tests").fgcolor(), vt100::Color::Idx(1));
    assert_eq!(bo.cell("tests").fgcolor(), vt100::Color::Default);
    // Nothing changed is nothing done.
    ana.wait_until("the edit", |screen| row(screen, &["failed tests", "(edited)"]));
    ana.type_in("\x1b[A");
    ana.wait_for("edit your message");
    ana.type_in("\r");
    ana.wait_until("it is left", |screen| !screen.contains("edit your message"));
    // Copied, it is words alone: `ok build, failed tests`.
    choose(&mut bo);
    bo.type_in("y");
    bo.wait_for("copied, if the terminal allows it");
    assert!(bo.written().contains("\x1b]52;c;b2sgYnVpbGQsIGZhaWxlZCB0ZXN0cw==\x1b\\"), "in base64");
    bo.type_in("\x1b");
    bo.wait_until("nothing is chosen", |screen| !screen.contains("r reply"));
    // Who has seen it.
    choose(&mut ana);
    ana.type_in("s");
    ana.wait_for("Seen by");
    ana.wait_until("bo", |screen| row(screen, &["│", " bo "]));
    close(&mut ana);
    ana.type_in("h");
    ana.wait_for("What it said");
    ana.wait_until("the versions", |screen| row(screen, &["ok build, failed tets"]));
    assert_eq!(ana.text().matches("· first").count(), 1);
    assert!(!ana.text().contains('␛') && !ana.text().contains('\u{fffd}'), "{}", ana.text());
}
