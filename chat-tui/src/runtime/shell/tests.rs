//! The shell, without a terminal.

use std::path::Path;

use crossterm::event::{Event as TermEvent, KeyCode, KeyEvent, KeyModifiers};

use super::*;
use crate::app::pictures::Choice;
use crate::net::Address;

fn open(profile: &Path) -> Shell {
    let config = Config {
        address: Address::parse("http://localhost:1").unwrap(),
        name: Some("ana".to_owned()),
        name_is_explicit: false,
        room: None,
        images: Choice::Off,
        links: false,
        profile: profile.to_owned(),
        profile_is_named: true,
    };
    let (heard, _) = mpsc::channel(1);
    Shell::open(config, UtcOffset::UTC, Instant::now(), heard).unwrap()
}

#[test]
fn a_draft_outlives_a_crash_before_the_first_welcome() {
    let dir = tempfile::tempdir().unwrap();
    let mut shell = open(dir.path());
    for c in "half a thought".chars() {
        let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        shell.take(Msg::Term(TermEvent::Key(key)), Duration::from_millis(1_500));
    }
    let at = shell.save_at().expect("it is to be kept");
    assert!(at <= Duration::from_millis(2_500));
    shell.take(Msg::Tick, at);
    assert_eq!(shell.save_at(), None);
    // Dropped, not closed.
    drop(shell);
    assert_eq!(open(dir.path()).model.composer.text(), "half a thought");
}

fn press(shell: &mut Shell, code: KeyCode, modifiers: KeyModifiers, now: Duration) {
    shell.take(Msg::Term(TermEvent::Key(KeyEvent::new(code, modifiers))), now);
}

/// Somebody's message comes from the log.
fn hear(shell: &mut Shell, now: Duration) {
    let event = r#"{"type":"message","room":"lobby","seq":1,"id":"m1","user":"u-bo","sender":"bo","message":"where?","timestamp":"2026-11-23T10:00:00.000Z"}"#;
    let event = protocol::session::RoomEvent { event: Event::parse(event).unwrap(), own: None, as_of: 0 };
    shell.take(Msg::Session(Box::new(SessionEvent::Event(event))), now);
}

#[test]
fn drafts_of_threads_and_what_is_answered_outlive_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let mut shell = open(dir.path());
    let now = Duration::from_millis(1_500);
    hear(&mut shell, now);
    press(&mut shell, KeyCode::Char('s'), KeyModifiers::ALT, now);
    press(&mut shell, KeyCode::Char('t'), KeyModifiers::NONE, now);
    assert_eq!(shell.model.thread(), Some(1));
    shell.take(Msg::Term(TermEvent::Paste("in the thread".to_owned())), now);
    let at = shell.save_at().expect("it is to be kept");
    shell.take(Msg::Tick, at);
    press(&mut shell, KeyCode::Esc, KeyModifiers::NONE, at);
    press(&mut shell, KeyCode::Char('s'), KeyModifiers::ALT, at);
    press(&mut shell, KeyCode::Char('r'), KeyModifiers::NONE, at);
    shell.take(Msg::Term(TermEvent::Paste("an answer".to_owned())), at);
    let at = shell.save_at().expect("it is to be kept");
    shell.take(Msg::Tick, at);
    drop(shell);

    let mut shell = open(dir.path());
    assert_eq!(shell.model.composer.text(), "an answer");
    assert_eq!(shell.model.place().reply(), Some(1));
    assert!(shell.model.room().has_thread_drafts());
    hear(&mut shell, now);
    press(&mut shell, KeyCode::Char('s'), KeyModifiers::ALT, now);
    press(&mut shell, KeyCode::Char('t'), KeyModifiers::NONE, now);
    assert_eq!(shell.model.composer.text(), "in the thread");
    assert_eq!(shell.model.place().timeline.events().count(), 1, "with the message it began with");
}
