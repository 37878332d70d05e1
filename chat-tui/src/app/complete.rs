//! Tab: names of people, rooms and commands, and what may follow a command.

use super::commands::{self, Completes};
use super::{Model, names};

/// Completes what is before the cursor. With several ways on, goes as far as they agree and tells them.
pub(super) fn complete(model: &mut Model) {
    let (before, first_line) = model.composer.before_cursor();
    let Some(Wanted { word, candidates, suffix }) = wanted(model, &before, first_line) else { return };
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

/// What is to be completed, by what, and what follows it then.
struct Wanted {
    word: String,
    candidates: Vec<String>,
    suffix: &'static str,
}

fn wanted(model: &Model, before: &str, first_line: bool) -> Option<Wanted> {
    let start = before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let word = before[start..].to_owned();
    let command = before.split_once(char::is_whitespace).filter(|_| first_line && before.starts_with('/'));
    if let Some((name, argument)) = command
        && let Some(command) = commands::all().find(|command| command.name == name)
    {
        return argument_of(model, command.completes, argument, word);
    }
    if first_line && start == 0 && word.starts_with('/') {
        let candidates = commands::all().map(|command| command.name.to_owned()).collect();
        return Some(Wanted { word, candidates, suffix: " " });
    }
    if word.starts_with('#') {
        let candidates = names::rooms(model).into_iter().map(|room| format!("#{room}")).collect();
        return Some(Wanted { word, candidates, suffix: " " });
    }
    if word.is_empty() {
        return None;
    }
    let at = if word.starts_with('@') { "@" } else { "" };
    // Whom one talks to is in the room.
    let people = model.room().people.iter();
    let candidates = people.map(|person| format!("{at}{}", person.name)).collect();
    Some(Wanted { word, candidates, suffix: if first_line && start == 0 { ": " } else { " " } })
}

fn argument_of(model: &Model, completes: Completes, argument: &str, word: String) -> Option<Wanted> {
    let first = argument.split_whitespace().count() == usize::from(!word.is_empty());
    let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    let people = |word: String| {
        let at = if word.starts_with('@') { "@" } else { "" };
        let candidates = names::people(model).into_iter().map(|name| format!("{at}{name}")).collect();
        Some(Wanted { word, candidates, suffix: " " })
    };
    match completes {
        // A title may have several words.
        Completes::Room => {
            let word = argument.trim_start().to_owned();
            let sign =
                word.chars().next().filter(|c| "#@◆".contains(*c)).map(String::from).unwrap_or_default();
            let candidates = names::rooms(model).into_iter().map(|room| format!("{sign}{room}")).collect();
            Some(Wanted { word, candidates, suffix: " " })
        }
        Completes::People => people(word),
        Completes::Person(_) if first => people(word),
        Completes::Word(words) if first => Some(Wanted { word, candidates: owned(words), suffix: " " }),
        Completes::Person(words) => Some(Wanted { word, candidates: owned(words), suffix: " " }),
        Completes::Nothing | Completes::Word(_) => None,
    }
}

fn agree<'a>(one: &'a str, other: &str) -> &'a str {
    let end = one.char_indices().zip(other.chars()).find(|((_, a), b)| a != b).map_or_else(
        || one.char_indices().nth(other.chars().count()).map_or(one.len(), |(at, _)| at),
        |((at, _), _)| at,
    );
    &one[..end]
}
