//! Tab: names of people, rooms and commands.

use super::Model;
use super::commands::COMMANDS;

/// Completes the word before the cursor. With several ways on, goes as far as they agree and tells them.
pub(super) fn complete(model: &mut Model) {
    let (before, first_line) = model.composer.before_cursor();
    let start = before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let word = &before[start..];
    let at_start = first_line && start == 0;
    let wants_room = first_line && (before.starts_with("/join ") || word.starts_with('#'));
    if word.is_empty() && !wants_room {
        return;
    }
    let (candidates, suffix): (Vec<String>, &str) = if at_start && word.starts_with('/') {
        (COMMANDS.iter().map(|command| command.name.to_owned()).collect(), " ")
    } else if wants_room {
        let hash = if word.starts_with('#') { "#" } else { "" };
        let rooms = model.rooms.keys().chain(&model.open_rooms);
        (rooms.map(|room| format!("{hash}{room}")).collect(), " ")
    } else {
        let at = if word.starts_with('@') { "@" } else { "" };
        let people = model.room().people.iter();
        (people.map(|person| format!("{at}{}", person.name)).collect(), if at_start { ": " } else { " " })
    };
    let folded = word.to_lowercase();
    let mut matches: Vec<String> =
        candidates.into_iter().filter(|name| name.to_lowercase().starts_with(&folded)).collect();
    matches.sort();
    matches.dedup();
    let length = word.chars().count();
    match matches.as_slice() {
        [] => {}
        [only] => model.composer.replace_before(length, &format!("{only}{suffix}")),
        [first, rest @ ..] => {
            let common = rest.iter().fold(first.as_str(), |common, name| agree(common, name));
            if common.chars().count() > length {
                model.composer.replace_before(length, common);
            }
            model.toast(matches.join("  "));
        }
    }
}

fn agree<'a>(one: &'a str, other: &str) -> &'a str {
    let end = one.char_indices().zip(other.chars()).find(|((_, a), b)| a != b).map_or_else(
        || one.char_indices().nth(other.chars().count()).map_or(one.len(), |(at, _)| at),
        |((at, _), _)| at,
    );
    &one[..end]
}
