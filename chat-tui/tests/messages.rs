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
    let [(ana_home, mut ana), (_bo_home, mut bo)] = both(&server);
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
