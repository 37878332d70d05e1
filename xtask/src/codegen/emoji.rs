//! The emoji that have names, as a module for the page.

use std::fmt::Write as _;

use emojis::{Emoji, Group};

const HEAD: &str = "\
// Made by `cargo xtask codegen` from the names that the terminal client knows; not to be edited.

/** Groups in the order of a picker: a group's name, and its emoji, each with a space before each of its names and a comma behind. */
export const GROUPS = [
";

const TAIL: &str = "\
];

/** Emoji by their names. */
export const EMOJI = new Map(GROUPS.flatMap(([, entries = '']) => entries.split(',')).flatMap((entry) => {
  const [picture = '', ...names] = entry.split(' ');
  return names.map((name) => [name, picture]);
}));
";

pub(super) fn module() -> String {
    let mut module = HEAD.to_owned();
    for group in Group::iter() {
        let entries: Vec<String> = group.emojis().filter_map(entry).collect();
        // What a string of JavaScript cannot hold as it stands is in no emoji and in no name.
        let _ = writeln!(module, "  ['{}', '{}'],", title(group), entries.join(","));
    }
    module + TAIL
}

fn entry(emoji: &Emoji) -> Option<String> {
    let names: Vec<&str> = emoji.shortcodes().collect();
    (!names.is_empty()).then(|| format!("{emoji} {}", names.join(" ")))
}

fn title(group: Group) -> &'static str {
    match group {
        Group::SmileysAndEmotion => "Smileys",
        Group::PeopleAndBody => "People",
        Group::AnimalsAndNature => "Nature",
        Group::FoodAndDrink => "Food and drink",
        Group::TravelAndPlaces => "Places",
        Group::Activities => "Activities",
        Group::Objects => "Objects",
        Group::Symbols => "Symbols",
        Group::Flags => "Flags",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_in_it_once() {
        let module = module();
        let list = module.strip_prefix(HEAD).and_then(|list| list.strip_suffix(TAIL)).unwrap();
        let names = emojis::iter().flat_map(Emoji::shortcodes);
        for name in names {
            let there = [',', ' ', '\''].iter().map(|end| list.matches(&format!(" {name}{end}")).count());
            assert_eq!(there.sum::<usize>(), 1, "{name}");
        }
        assert!(list.contains("'🎉 tada") || list.contains(",🎉 tada"));
        assert!(!list.contains('\\'));
    }
}
