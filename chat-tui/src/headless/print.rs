//! Events as lines for a pipe or a terminal: in either form no byte of them can drive a terminal.

use std::fmt::Write;

use protocol::event::Event;
use protocol::messages::File;
use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use crate::app::files::label;
use crate::app::safe;
use crate::app::written::Written;

/// An event for people: time, name, text; further lines of a text are indented. `None` where there is nothing to read.
pub(super) fn text_line(event: &Event, offset: UtcOffset) -> Option<String> {
    let Event::Message(message) = event else { return None };
    let at =
        OffsetDateTime::parse(&message.timestamp, &Rfc3339).ok().and_then(|at| at.checked_to_offset(offset));
    let at = at.map_or_else(
        || "????-??-?? ??:??".to_owned(),
        |at| format!("{} {:02}:{:02}", at.date(), at.hour(), at.minute()),
    );
    let folded = message.folded.clone().unwrap_or_default();
    let text = match (folded.deleted, folded.text) {
        (true, _) => "(deleted)".to_owned(),
        (false, Some(text)) => text,
        (false, None) => message.message.clone(),
    };
    let text = Written::new(&text);
    let mut parts: Vec<String> =
        Some(text.replace('\n', "\n    ")).filter(|text| !text.is_empty()).into_iter().collect();
    for file in &message.files {
        let (name, kind) = (safe::line(&file.name), safe::line(&file.kind));
        parts.push(label(&File { name, kind, ..file.clone() }));
    }
    Some(format!("{at} {}: {}", safe::line(&message.sender), parts.join("\n    ")))
}

/// An event, or something else that people said a part of, as one line of JSON. Its texts are what was said, to the byte, once parsed: what could drive a terminal or
/// deceive an eye is written as an escape.
pub(super) fn json_line(event: &impl Serialize) -> serde_json::Result<String> {
    let json = serde_json::to_string(event)?;
    let mut line = String::with_capacity(json.len());
    for c in json.chars() {
        if is_plain(c) {
            line.push(c);
            continue;
        }
        // Outside of texts JSON is ASCII, so that an escape is always inside of one.
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(line, "\\u{unit:04x}").expect("a string takes everything");
        }
    }
    Ok(line)
}

fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{70f}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::message_at;

    const HOSTILE: &str = "\u{1b}]52;c;eA==\u{7}\u{9b}2J\u{202e}x\u{200b}\u{e0041}\r\nbo: \"fake\" é👍🏽";

    #[test]
    fn json_is_exact_and_harmless() {
        let event = message_at(1, "bo", HOSTILE);
        let line = json_line(&event).unwrap();
        assert!(line.chars().all(is_plain), "{line:?}");
        assert!(line.contains("é👍🏽"));
        assert_eq!(Event::parse(&line).unwrap(), event);
    }

    #[test]
    fn text_is_harmless_and_nobody_speaks_for_another() {
        let line = text_line(&message_at(1, "bo", HOSTILE), UtcOffset::UTC).unwrap();
        assert!(line.chars().all(|c| c == '\n' || !c.is_control()), "{line:?}");
        let mut rows = line.lines();
        assert!(rows.next().unwrap().starts_with("2026-11-23 09:01 bo: "));
        assert!(rows.all(|row| row.starts_with("    ")));
        let coloured = text_line(&message_at(1, "bo", "\x1b[31mred\x1b[0m"), UtcOffset::UTC).unwrap();
        assert!(coloured.ends_with("bo: red"), "{coloured:?}");
    }

    #[test]
    fn files_are_named() {
        let Event::Message(mut message) = message_at(1, "bo", "") else { panic!("a message") };
        let file = |name: &str, kind: &str| {
            let json = format!(r#"{{"file":"f1","name":"{name}","size":10,"kind":"{kind}"}}"#);
            serde_json::from_str(&json).unwrap()
        };
        message.files = vec![file("a\\u001b[2Jb.png", "image/png"), file("c.txt", "text/plain")];
        let line = |message: &protocol::event::Message| {
            text_line(&Event::Message(message.clone()), UtcOffset::UTC).unwrap()
        };
        assert!(
            line(&message).ends_with("bo: ▣ a\u{fffd}[2Jb.png · 10 B\n    ▤ c.txt · 10 B"),
            "{}",
            line(&message)
        );
        message.message = "look".to_owned();
        message.files.pop();
        assert!(line(&message).ends_with("bo: look\n    ▣ a\u{fffd}[2Jb.png · 10 B"));
    }
}
