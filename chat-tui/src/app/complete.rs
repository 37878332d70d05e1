//! Tab: names of people, rooms, emojis and commands, and what may follow a command.

use super::commands::{self, Completes};
use super::timeline::Entry;
use super::{Model, fuzzy, names};

/// Emojis that are offered at most.
const EMOJIS: usize = 8;

/// Names that Tab goes through, while nothing else is pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// What may stand there, with what follows it, the likeliest first.
    candidates: Vec<String>,
    /// Which of them does.
    at: usize,
    /// The text before the cursor with it.
    before: String,
}

/// Completes what is before the cursor. Names and emojis come one after the other, whoever spoke last first; of
/// anything else that goes on in several ways, goes as far as they agree and tells them.
pub(super) fn complete(model: &mut Model) {
    let (before, first_line) = model.composer.before_cursor();
    if let Some(mut round) = model.round.take().filter(|round| round.before == before) {
        let length = round.candidates[round.at].chars().count();
        round.at = (round.at + 1) % round.candidates.len();
        put(model, round, length);
        return;
    }
    let Some(Wanted { word, candidates, suffix, in_turn }) = wanted(model, &before, first_line) else {
        return;
    };
    let folded = word.to_lowercase();
    let mut matches: Vec<String> = candidates
        .into_iter()
        .filter(|name| in_turn == Turn::Chosen || name.to_lowercase().starts_with(&folded))
        .collect();
    if in_turn == Turn::No {
        matches.sort();
    }
    let mut seen = std::collections::BTreeSet::new();
    matches.retain(|name| seen.insert(name.clone()));
    let length = word.chars().count();
    match matches.as_slice() {
        [] => {}
        [only] => model.composer.replace_before(length, &format!("{only}{suffix}")),
        names if in_turn != Turn::No => {
            let candidates = names.iter().map(|name| format!("{name}{suffix}")).collect();
            put(model, Round { candidates, at: 0, before: String::new() }, length);
        }
        [first, rest @ ..] => {
            let common = rest.iter().fold(first.as_str(), |common, name| agree(common, name));
            if common.chars().count() > length {
                model.composer.replace_before(length, common);
            }
            model.toast(matches.join("  "));
        }
    }
}

/// Puts the next one in the place of the one before it.
fn put(model: &mut Model, mut round: Round, length: usize) {
    model.composer.replace_before(length, &round.candidates[round.at]);
    round.before = model.composer.before_cursor().0;
    let others: Vec<&str> = round.candidates.iter().map(|name| name.trim_end_matches([' ', ':'])).collect();
    model.toast(others.join("  "));
    model.round = Some(round);
}

/// How several ways on are gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Not: as far as they agree.
    No,
    /// One after the other.
    Yes,
    /// The same; they were chosen by more than their beginning.
    Chosen,
}

/// What is to be completed, by what, and what follows it then.
struct Wanted {
    word: String,
    candidates: Vec<String>,
    suffix: &'static str,
    in_turn: Turn,
}

fn wanted(model: &Model, before: &str, first_line: bool) -> Option<Wanted> {
    let space = before.char_indices().rev().find(|(_, c)| c.is_whitespace());
    let start = space.map_or(0, |(at, space)| at + space.len_utf8());
    let word = before[start..].to_owned();
    let command = before.split_once(char::is_whitespace).filter(|_| first_line && before.starts_with('/'));
    let in_turn = Turn::No;
    if let Some((name, argument)) = command
        && let Some(command) = commands::all().find(|command| command.name == name)
    {
        return argument_of(model, command.completes, argument, word);
    }
    if first_line && start == 0 && word.starts_with('/') {
        let candidates = commands::all().map(|command| command.name.to_owned()).collect();
        return Some(Wanted { word, candidates, suffix: " ", in_turn });
    }
    if word.starts_with('#') {
        let candidates = names::rooms(model).into_iter().map(|room| format!("#{room}")).collect();
        return Some(Wanted { word, candidates, suffix: " ", in_turn });
    }
    if let Some(query) = word.strip_prefix(':').filter(|query| query.len() > 1) {
        let candidates = emojis(query.trim_end_matches(':'));
        return Some(Wanted { word, candidates, suffix: " ", in_turn: Turn::Chosen });
    }
    if word.is_empty() {
        return None;
    }
    let is_name = !word.starts_with('@');
    let at = if is_name { "" } else { "@" };
    let mut candidates: Vec<String> = people(model).into_iter().map(|name| format!("{at}{name}")).collect();
    if !is_name {
        candidates.extend(["@here".to_owned(), "@room".to_owned()]);
    }
    let suffix = if first_line && start == 0 && is_name { ": " } else { " " };
    Some(Wanted { word, candidates, suffix, in_turn: Turn::Yes })
}

/// Whom one may talk to here: who spoke last first, then who else is in the room.
fn people(model: &Model) -> Vec<String> {
    let me = model.me.as_ref().map(|me| &me.user);
    let spoke = model.place().timeline.events().rev().filter_map(|(_, entry)| match entry {
        Entry::Said(said) => Some(&said.user),
        _ => None,
    });
    let room = model.room();
    let mut names: Vec<String> = Vec::new();
    for user in spoke.take(500) {
        // By the name that they have now.
        if let Some(person) = room.people.iter().find(|person| person.user == *user)
            && Some(user) != me
            && !names.contains(&person.name)
        {
            names.push(person.name.clone());
        }
    }
    let others = room.people.iter().filter(|person| Some(&person.user) != me);
    names.extend(others.map(|person| person.name.clone()));
    names.extend(
        room.people.iter().filter(|person| Some(&person.user) == me).map(|person| person.name.clone()),
    );
    names
}

/// Emojis by a part of their names, best first.
fn emojis(query: &str) -> Vec<String> {
    let score = |emoji: &'static emojis::Emoji| {
        emoji
            .shortcodes()
            .filter_map(|code| fuzzy::score(query, code).map(|score| (score, code.len())))
            .max_by_key(|(score, length)| (*score, std::cmp::Reverse(*length)))
    };
    let mut found: Vec<_> =
        emojis::iter().filter_map(|emoji| Some((score(emoji)?, emoji.as_str()))).collect();
    found.sort_by_key(|((score, length), _)| (std::cmp::Reverse(*score), *length));
    found.into_iter().take(EMOJIS).map(|(_, emoji)| emoji.to_owned()).collect()
}

fn argument_of(model: &Model, completes: Completes, argument: &str, word: String) -> Option<Wanted> {
    let first = argument.split_whitespace().count() == usize::from(!word.is_empty());
    let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    let people = |word: String| {
        let at = if word.starts_with('@') { "@" } else { "" };
        let candidates = names::people(model).into_iter().map(|name| format!("{at}{name}")).collect();
        Some(Wanted { word, candidates, suffix: " ", in_turn: Turn::No })
    };
    match completes {
        // A title may have several words.
        Completes::Room => {
            let word = argument.trim_start().to_owned();
            let sign =
                word.chars().next().filter(|c| "#@◆".contains(*c)).map(String::from).unwrap_or_default();
            let candidates = names::rooms(model).into_iter().map(|room| format!("{sign}{room}")).collect();
            Some(Wanted { word, candidates, suffix: " ", in_turn: Turn::No })
        }
        Completes::People => people(word),
        Completes::Person(_) if first => people(word),
        Completes::Word(words) if first => {
            Some(Wanted { word, candidates: owned(words), suffix: " ", in_turn: Turn::No })
        }
        Completes::Person(words) => {
            Some(Wanted { word, candidates: owned(words), suffix: " ", in_turn: Turn::No })
        }
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
