//! What a person can do, told in a terminal on the server itself, beside the stories of `people` and `signing`.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod support;

use chat_server::Config;
use protocol::people::{Guests, Registration};
use support::real::{PASSWORD, Real, close, open, owner, script};

fn server(guests: Guests) -> Real {
    Real::start(|config: &mut Config| {
        config.registration = Registration::Open;
        config.guests = guests;
    })
}

/// A home where somebody just registered.
fn member(server: &Real, name: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let (code, told) = script(home.path(), server, &["register", name], &format!("{PASSWORD}\n\n"));
    assert_eq!(code, Some(0), "{told}");
    home
}

#[test]
fn a_guest_who_may_only_read_sees_why_and_writes_once_signed_in() {
    let server = server(Guests::ReadOnly);
    let ana = owner(&server);
    let home = tempfile::tempdir().unwrap();
    let mut bo = open(home.path(), &server, &["--name", "bo"]);
    bo.wait_for("› Guests may only read here: /login or /register to write");
    let (code, told) = script(ana.path(), &server, &["send", "to be read"], "");
    assert_eq!(code, Some(0), "{told}");
    bo.wait_for("to be read");
    bo.type_in("may I?\r");
    bo.wait_for("Guests may only read here");
    bo.wait_for("› may I?");
    bo.type_in("\x15/register\r");
    bo.wait_for("Make an account");
    bo.type_in(&format!("{PASSWORD}\t{PASSWORD}\t\r"));
    bo.wait_for("signed in as bo");
    bo.wait_for("Write a message");
    bo.type_in("I may\r");
    bo.wait_until("the tick", |screen| screen.lines().any(|row| row.contains("I may") && row.contains('✓')));
}

#[test]
fn bans_and_mutes_are_listed_with_their_ends_and_lifted() {
    let server = server(Guests::On);
    let (ana_home, bo_home) = (owner(&server), member(&server, "bo"));
    let mut ana = open(ana_home.path(), &server, &[]);
    ana.wait_for("connected as ana");
    ana.type_in("/create ops\r");
    ana.wait_for("▸#ops");
    let mut bo = open(bo_home.path(), &server, &["--room", "ops"]);
    bo.wait_for("▸#ops");
    ana.type_in("/mute bo 2h a pause\r");
    ana.wait_for("bo is muted for 2 h");
    bo.type_in("hm\r");
    bo.wait_for("not sent: you are muted");
    bo.type_in("\x1bx");
    bo.wait_until("the line is gone", |screen| !screen.contains("not sent"));
    ana.type_in("/ban bo 3d enough\r");
    ana.wait_for("bo is banned for 3 d");
    bo.wait_for("you were banned from #ops until");
    bo.type_in("/join ops\r");
    bo.wait_for("you are banned from this room");
    ana.type_in("/bans\r");
    ana.wait_for("Banned and muted in #ops");
    ana.wait_for("1  bo · banned until");
    ana.wait_for("enough");
    ana.wait_for("2  bo · muted until");
    close(&mut ana);
    ana.type_in("/revoke 1\r");
    ana.wait_for("bo may come again");
    bo.type_in("/join ops\r");
    bo.wait_for("▸#ops");
    ana.type_in("/unmute bo\r");
    ana.wait_for("bo may say something again");
    bo.type_in("thank you\r");
    ana.wait_for("thank you");
    ana.type_in("/bans\r");
    ana.wait_for("nobody is");
    close(&mut ana);
    // All of it is in the log that an admin reads and exports.
    let (code, told) = script(ana_home.path(), &server, &["audit"], "");
    let actions: Vec<String> = told
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["action"].as_str().unwrap().to_owned()
        })
        .collect();
    let wanted = ["unmute", "unban", "ban", "mute"];
    assert_eq!((code, actions.get(..4)), (Some(0), Some(&wanted.map(str::to_owned)[..])), "{told}");
    let (code, told) = script(bo_home.path(), &server, &["audit"], "");
    assert_eq!(code, Some(1), "not for everybody: {told}");
}

#[test]
fn a_picture_is_shown_and_taken_away() {
    let server = server(Guests::On);
    let home = owner(&server);
    let picture = home.path().join("me.gif");
    // One red dot.
    let dot = b"GIF89a\x01\0\x01\0\x80\0\0\xff\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    std::fs::write(&picture, dot).unwrap();
    std::fs::write(home.path().join("secret"), "not to be sent").unwrap();
    let mut ana = open(home.path(), &server, &[]);
    ana.wait_for("connected as ana");
    ana.type_in("/avatar ~/secret\r");
    ana.wait_for("is no picture");
    ana.type_in("/avatar ~/me.gif\r");
    ana.wait_for("your picture is shown");
    ana.type_in("/avatar off\r");
    ana.wait_for("your picture is taken away");
    let (code, told) = script(home.path(), &server, &["avatar", picture.to_str().unwrap()], "");
    assert_eq!((code, told.contains("is shown")), (Some(0), true), "{told}");
    let (code, told) = script(home.path(), &server, &["avatar", "off"], "");
    assert_eq!((code, told.contains("taken away")), (Some(0), true), "{told}");
}

#[test]
fn rooms_are_found_renamed_slowed_declined_and_left_and_groups_talk() {
    let server = server(Guests::On);
    let (ana_home, bo_home, cy_home) = (owner(&server), member(&server, "bo"), member(&server, "cy"));
    let mut ana = open(ana_home.path(), &server, &[]);
    ana.wait_for("connected as ana");
    ana.type_in("/create ops\r");
    ana.wait_for("▸#ops");
    ana.type_in("/topic what runs\r");
    ana.wait_for("ana set the topic: what runs");
    ana.type_in("/title Operations\r");
    ana.wait_for("▸#Operations");
    ana.type_in("/slow 10m\r");
    ana.wait_for("slow mode: a message every 10 min");

    // The room is found under both names.
    let mut bo = open(bo_home.path(), &server, &[]);
    bo.wait_for("connected as bo");
    bo.type_in("/browse\r");
    bo.wait_for("#Operations (ops)");
    bo.wait_for("what runs");
    close(&mut bo);
    bo.type_in("/join ops\r");
    bo.wait_for("▸#Operations");
    bo.type_in("first\r");
    ana.wait_for("first");
    bo.type_in("second\r");
    bo.wait_until("it waits", |screen| screen.lines().any(|row| row.contains("second") && row.contains('…')));
    bo.type_in("/leave\r");
    bo.wait_for("still wait to be sent");

    // An invitation that is not taken, and one that is.
    ana.type_in("/create private Plans\r");
    ana.wait_for("▸◆Plans");
    ana.type_in("/invite bo cy\r");
    ana.wait_for("bo is invited");
    ana.wait_for("cy is invited");
    bo.wait_for("+◆Plans");
    bo.type_in("/decline Plans\r");
    bo.wait_for("declined");
    bo.wait_until("it is off the list", |screen| !screen.contains("+◆Plans"));
    let mut cy = open(cy_home.path(), &server, &[]);
    cy.wait_for("ana invites you to ◆Plans");
    cy.type_in("/join Plans\r");
    cy.wait_for("▸◆Plans");
    cy.type_in("/leave\r");
    cy.wait_until("the room is left", |screen| !screen.contains("▸◆Plans"));
    ana.wait_for("cy is no member any more");

    // A conversation of three.
    ana.type_in("/dm bo cy\r");
    ana.wait_for("▸@bo, cy");
    ana.type_in("the three of us\r");
    cy.wait_for("1 other room unread");
    cy.type_in("\x1ba");
    cy.wait_for("the three of us");
    cy.type_in("indeed\r");
    ana.wait_for("indeed");
}

#[test]
fn passwords_devices_and_links_are_looked_after() {
    let server = server(Guests::On);
    let (ana_home, bo_home) = (owner(&server), member(&server, "bo"));
    let phone_home = tempfile::tempdir().unwrap();
    let (code, told) = script(phone_home.path(), &server, &["login", "bo"], &format!("{PASSWORD}\n"));
    assert_eq!(code, Some(0), "{told}");
    let mut bo = open(bo_home.path(), &server, &[]);
    let mut phone = open(phone_home.path(), &server, &[]);
    bo.wait_for("connected as bo");
    phone.wait_for("connected as bo");
    // Another password ends the other devices' sessions.
    bo.type_in("/password\r");
    bo.wait_for("Another password");
    bo.type_in(&format!("{PASSWORD}\tanother good one\tanother good one\r"));
    bo.wait_for("the password is changed; all other devices are signed out");
    phone.wait_for("not signed in");
    phone.type_in("another good one\r");
    phone.wait_for("connected as bo");
    // One device signs another one out.
    bo.type_in("/sessions\r");
    bo.wait_for("2  chat-tui on");
    let row = |screen: &str, text: &str| screen.lines().position(|row| row.contains(text));
    let this_is_first = row(&bo.text(), "this one") == row(&bo.text(), "1  chat-tui on");
    close(&mut bo);
    bo.type_in(if this_is_first { "/revoke 2\r" } else { "/revoke 1\r" });
    bo.wait_for("that device is signed out");
    phone.wait_for("not signed in");

    // Who forgot it gets a link.
    let mut ana = open(ana_home.path(), &server, &[]);
    ana.wait_for("connected as ana");
    ana.type_in("/account bo reset\r");
    ana.wait_for("A link for a new password");
    let text = ana.boxed();
    let at = text.find("chat_r_").expect("a link");
    let link: String = text[at..].chars().take("chat_r_".len() + 43).collect();
    close(&mut ana);
    let elsewhere = tempfile::tempdir().unwrap();
    let (code, told) = script(elsewhere.path(), &server, &["reset"], &format!("yet another one\n{link}\n"));
    assert_eq!((code, told.contains("as bo (member)")), (Some(0), true), "{told}");
    bo.wait_for("not signed in");
    ana.type_in("/account bo moderator\r");
    ana.wait_for("bo has another role");
    ana.type_in("/accounts\r");
    ana.wait_for("bo · moderator");
    close(&mut ana);
    // An invite with an end and so many uses, listed and withdrawn.
    ana.type_in("/invites new 3 24 member\r");
    ana.wait_for("An invite");
    close(&mut ana);
    ana.type_in("/invites\r");
    ana.wait_for("1  3 accounts as member");
    close(&mut ana);
    ana.type_in("/revoke 1\r");
    ana.wait_for("that invite is withdrawn");
    // An account for a script, and a token that is good for reading alone.
    ana.type_in("/account robot bot\r");
    ana.wait_for("the bot robot has an account now");
    ana.type_in("/account robot token watch read 7\r");
    ana.wait_for("A token: shown this once");
    let text = ana.boxed();
    let at = text.find("chat_b_").expect("a token");
    let token: String = text[at..].chars().take("chat_b_".len() + 43).collect();
    close(&mut ana);
    let file = elsewhere.path().join("token");
    std::fs::write(&file, token).unwrap();
    let send = ["send", "--token-file", file.to_str().unwrap(), "beep"];
    let (code, told) = script(elsewhere.path(), &server, &send, "");
    assert_eq!((code, told.contains("not sent")), (Some(1), true), "{told}");
}
