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
