//! Pictures between the words.

use std::sync::Arc;

use protocol::event::Event;
use protocol::ids::Id;
use protocol::messages::File;
use protocol::session::{RoomEvent, SessionEvent};
use ratatui::style::Color;

use super::*;
use crate::app::Effect;
use crate::app::pictures::Picture;

fn chat(name: &str) -> (Chat, Vec<Effect>) {
    let mut chat = Chat::online(0);
    chat.model.pictures.can = true;
    chat.model.pictures.on = true;
    let mut event = message_at(1, "bo", "The new sign:");
    if let Event::Message(message) = &mut event {
        message.files.push(File {
            file: Id::new("f1").unwrap(),
            name: name.to_owned(),
            size: 4_000,
            kind: "image/png".to_owned(),
            width: Some(8),
            height: Some(5),
            thumb: true,
        });
    }
    let effects = chat.tell(SessionEvent::Event(RoomEvent { event, own: None, as_of: 0 }));
    chat.hear(2, "cleo", "Good.");
    (chat, effects)
}

fn come(chat: &mut Chat) {
    let dots = (0..40).map(|n| if n < 16 { (255, 0, 0) } else { (0, 0, 255) }).collect();
    let picture = Picture::new(8, dots).map(Arc::new);
    assert!(picture.is_some());
    chat.send(Msg::Thumb { file: Id::new("f1").unwrap(), picture });
}

#[test]
fn a_picture_stands_below_its_name() {
    let (mut chat, effects) = chat("sign.png");
    let asked = effects.iter().filter(|effect| matches!(effect, Effect::Thumb(_))).count();
    assert_eq!(asked, 1, "it is asked for once: {effects:?}");
    let rows = |shown: &str| shown.lines().filter(|row| row.contains("▏ ▀▀▀▀▀▀▀▀ ")).count();
    let place = |shown: &str| shown.lines().position(|row| row.contains("Good."));
    let before = draw(&mut chat, 60, 16);
    assert_eq!(rows(&before), 0);
    come(&mut chat);
    let after = draw(&mut chat, 60, 16);
    assert_eq!(rows(&after), 3, "{after}");
    let name = after.lines().position(|row| row.contains("sign.png")).unwrap();
    assert!(after.lines().nth(name + 1).unwrap().contains('▀'), "{after}");
    assert_eq!(place(&before), place(&after), "nothing moves when it comes");
    chat.say("/images off");
    let shown = draw(&mut chat, 60, 16);
    assert!(!shown.contains('▀') && shown.contains("sign.png"), "{shown}");
}

#[test]
fn a_picture_has_the_colours_that_there_are() {
    let (mut chat, _) = chat("sign.png");
    come(&mut chat);
    chat.send(Msg::Term(TermEvent::Resize(60, 16)));
    for (depth, upper, lower) in [
        (Depth::True, Color::Rgb(255, 0, 0), Color::Rgb(0, 0, 255)),
        (Depth::Palette, Color::Indexed(196), Color::Indexed(21)),
    ] {
        let mut terminal = Terminal::new(TestBackend::new(60, 16)).unwrap();
        terminal.draw(|frame| view(&chat.model, Theme::new(depth), frame)).unwrap();
        let cells: Vec<_> =
            terminal.backend().buffer().content().iter().filter(|cell| cell.symbol() == "▀").collect();
        assert_eq!(cells.len(), 24);
        assert!(cells[..8].iter().all(|cell| (cell.fg, cell.bg) == (upper, upper)));
        assert!(cells[8..16].iter().all(|cell| (cell.fg, cell.bg) == (lower, lower)));
        assert!(cells[16..].iter().all(|cell| (cell.fg, cell.bg) == (lower, Color::Reset)), "it ends there");
    }
}
