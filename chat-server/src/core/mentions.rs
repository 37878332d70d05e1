//! Whom a text names: `@name`, `@here`, `@room`.
//!
//! What is a name here is what clients show as one: not within a word or an address, and not in code.

use protocol::limits::{MENTIONS, NAME_CHARS};
use protocol::messages::Everyone;
use unicode_normalization::char::is_combining_mark;

/// Names that are looked at in one text: some are nobody's.
const LOOKED_AT: usize = 4 * MENTIONS;

/// The names in a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Names<'a> {
    /// As they are written, each once; whether there are such people is not known here.
    pub(crate) people: Vec<&'a str>,
    /// Whom it calls beside those.
    pub(crate) everyone: Option<Everyone>,
}

/// The names in a text.
pub(crate) fn names(text: &str) -> Names<'_> {
    let mut names = Names::default();
    if !text.contains('@') {
        return names;
    }
    let mut looked_at = 0;
    let mut at = 0;
    let mut words = Words::default();
    let mut unclosed = Vec::new();
    while let Some(found) = text[at..].find(['@', '`', '~', '\\']) {
        at += found;
        let rest = &text[at..];
        at += match rest.as_bytes()[0] {
            b'\\' => 1 + rest.as_bytes().get(1).filter(|byte| byte.is_ascii_punctuation()).map_or(0, |_| 1),
            b'`' | b'~' => code(text, at, &mut unclosed),
            _ => {
                looked_at += 1;
                if looked_at > LOOKED_AT {
                    break;
                }
                name(text, at, words.beginning(text, at)).map_or(1, |name| {
                    names.add(name);
                    1 + name.len()
                })
            }
        };
    }
    names
}

impl<'a> Names<'a> {
    fn add(&mut self, name: &'a str) {
        match name {
            "room" => self.everyone = Some(Everyone::Room),
            "here" => self.everyone = self.everyone.or(Some(Everyone::Here)),
            _ if self.people.contains(&name) => {}
            _ => self.people.push(name),
        }
    }
}

/// Where words begin, found going forward: what was looked at is not looked at again.
#[derive(Default)]
struct Words {
    /// Up to here.
    upto: usize,
    /// The last one's beginning.
    begin: usize,
}

impl Words {
    /// Where the word begins that `at` is in or behind.
    fn beginning(&mut self, text: &str, at: usize) -> usize {
        let new = &text[self.upto..at];
        if let Some(space) = new.rfind(char::is_whitespace) {
            let wide = new[space..].chars().next().map_or(0, char::len_utf8);
            self.begin = self.upto + space + wide;
        }
        self.upto = at;
        self.begin
    }
}

/// The name that the sign at `at` introduces, in a word that begins at `word`.
fn name(text: &str, at: usize, word: usize) -> Option<&str> {
    let before = text[..at].trim_end_matches('_');
    let is_part = match before.chars().next_back() {
        Some(c) => matches!(c, '@' | '/') || (is_word(c) && !is_east_asian(c)),
        None => false,
    };
    let word = &text[word..at];
    if is_part || word.starts_with("http://") || word.starts_with("https://") {
        return None;
    }
    let rest = &text[at + 1..];
    let is_in_name = |c: char| is_word(c) || matches!(c, '-' | '_' | '.');
    let mut end = 0;
    for (count, c) in rest.chars().take_while(|&c| is_in_name(c)).enumerate() {
        if count == NAME_CHARS {
            return None;
        }
        end += c.len_utf8();
    }
    let name = rest[..end].trim_end_matches(['-', '_', '.']);
    name.starts_with(char::is_alphanumeric).then_some(name)
}

/// The bytes of the code that begins at `at` with its marks; of the marks alone where it never ends and so is none.
/// `unclosed` are the numbers of marks that no code behind the ones looked at before ends with: each is sought once.
fn code(text: &str, at: usize, unclosed: &mut Vec<usize>) -> usize {
    let rest = &text[at..];
    let sign = &rest[..1];
    let marks = rest.len() - rest.trim_start_matches(sign).len();
    if marks >= 3 && begins_line(&text[..at]) {
        // Up to its end, or to that of the text.
        let mut lines = rest.split_inclusive('\n');
        let mut end = lines.next().map_or(0, str::len);
        for line in lines {
            end += line.len();
            let shown = line.trim();
            if shown.len() >= marks && shown.trim_start_matches(sign).is_empty() {
                break;
            }
        }
        return end;
    }
    if sign == "~" || unclosed.contains(&marks) {
        return marks;
    }
    let mut from = marks;
    while let Some(found) = rest[from..].find('`') {
        let run = &rest[from + found..];
        let length = run.len() - run.trim_start_matches('`').len();
        from += found + length;
        if length == marks {
            return from;
        }
    }
    unclosed.push(marks);
    marks
}

/// Whether there is no more than an indent of up to three spaces on the last line.
fn begins_line(text: &str) -> bool {
    let before = text.trim_end_matches(' ');
    text.len() - before.len() <= 3 && (before.is_empty() || before.ends_with('\n'))
}

/// A letter, a digit, or a mark on one.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Of the scripts that are written without spaces between words.
fn is_east_asian(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(text: &str) -> Vec<&str> {
        names(text).people
    }

    #[test]
    fn names_stand_alone_or_beside_signs() {
        assert_eq!(people("@ana hello (@bo), \"@cy\"; @di."), ["ana", "bo", "cy", "di"]);
        assert_eq!(people("**@ana** _@bo_ 你好@李雷 @j.doe-2_x... @ana"), ["ana", "bo", "李雷", "j.doe-2_x"]);
        assert_eq!(people("ana@example.org a_@b x/@y @@z @ @- @. @_x_"), [""; 0]);
        assert_eq!(people("https://example.org/?by=@ana @bo"), ["bo"]);
        let long = "a".repeat(NAME_CHARS);
        assert_eq!(people(&format!("@{long} @{long}b")), [&long]);
    }

    #[test]
    fn code_names_nobody() {
        assert_eq!(people("`@ana` ``@b`o`` @cy \\@di `@ed"), ["cy", "ed"]);
        assert_eq!(people("```rust\n@ana\n```\n@bo"), ["bo"]);
        assert_eq!(people("~~~\n@ana\n```\n@cy\n~~~~\n@bo ~~@di~~"), ["bo", "di"]);
        assert_eq!(people("@bo\n```\n@ana"), ["bo"], "up to the end of the text");
        assert_eq!(people("a ``` @bo"), ["bo"]);
    }

    #[test]
    fn everybody_is_called_by_two_words() {
        assert_eq!(names("@here!").everyone, Some(Everyone::Here));
        assert_eq!(names("@room and @here").everyone, Some(Everyone::Room));
        assert_eq!(names("@rooms, `@room`, here").everyone, None);
    }

    #[test]
    fn hostile_texts_are_read_in_one_go() {
        let begin = std::time::Instant::now();
        for hostile in ["\\```", "~a", "~~~a", "`a``", "!@", "_@"] {
            names(&format!("{}@", hostile.repeat(60_000 / hostile.len())));
        }
        assert!(begin.elapsed() < std::time::Duration::from_secs(2), "{:?}", begin.elapsed());
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_said_is_read_in_bounds(text in "[@`~\\\\a_.é李 \\n/]{0,200}") {
            let found = names(&text);
            proptest::prop_assert!(found.people.len() <= LOOKED_AT);
            for name in found.people {
                let written = format!("@{name}");
                proptest::prop_assert!(text.contains(&written));
            }
        }

        /// Each mark on its own, with all that is before it.
        #[test]
        fn what_is_remembered_changes_nothing(text in "[@`~\\\\a_ \\n/]{0,60}(https?://)?[@`~\\\\a ]{0,60}") {
            let mut words = Words::default();
            for (at, _) in text.match_indices('@') {
                let word = text[..at].rsplit(char::is_whitespace).next().unwrap_or_default();
                proptest::prop_assert_eq!(&text[words.beginning(&text, at)..at], word);
            }
            for (at, _) in text.match_indices(['`', '~']) {
                let line = text[..at].rsplit('\n').next().unwrap_or_default();
                let begins = line.len() <= 3 && line.bytes().all(|byte| byte == b' ');
                proptest::prop_assert_eq!(begins_line(&text[..at]), begins);
            }
        }

        #[test]
        fn hostile_texts_end(sign in "[@`~\\\\]{1,3}") {
            names(&sign.repeat(20_000));
        }
    }
}
