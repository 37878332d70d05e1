//! Code in colours: what in it is a comment, a string, a number, a word of the language. Pure.
//!
//! One reader for all languages, told apart by `languages.json`, which `cargo xtask codegen` hands on to the page:
//! `web/js/later/highlight.js` is this file's twin, and `protocol/golden/highlight` holds both to the same colours. It
//! goes over the text once and may be wrong in the corners of a language; what it is wrong about is only a colour.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// Longer code has no colours.
pub const BYTES: usize = 32 * 1024;

/// What a part of code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// For people.
    Comment,
    /// A text.
    String,
    /// A number, or another constant.
    Number,
    /// A word of the language.
    Keyword,
    /// What is called, or given a value.
    Name,
    /// A line that came.
    Added,
    /// A line that went.
    Removed,
}

/// The parts of some code, in order and without gaps; `None` is what has no class, and the whole of it where the
/// language is not known or the code is longer than [`BYTES`].
pub fn parts<'a>(lang: &str, text: &'a str) -> Vec<(Option<Class>, &'a str)> {
    let name = lang.to_ascii_lowercase();
    match LANGUAGES.get(name.as_str()) {
        Some(language) if text.len() <= BYTES => {
            let mut reader = Reader::new(language, text);
            if language.diff {
                reader.diff();
            } else {
                reader.read();
            }
            reader.parts
        }
        _ if text.is_empty() => Vec::new(),
        _ => vec![(None, text)],
    }
}

/// A language as the file tells it; lists have spaces between.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Told {
    names: String,
    line: String,
    block: String,
    strings: String,
    long: String,
    keywords: String,
    constants: String,
    keys: String,
    fold: bool,
    diff: bool,
}

struct Language {
    /// What begins a comment up to the line's end.
    line: Vec<String>,
    /// What begins and ends a comment.
    block: Option<(String, String)>,
    /// What begins and ends a string, and whether that may go over lines; the longest first.
    strings: Vec<(String, bool)>,
    keywords: HashSet<String>,
    constants: HashSet<String>,
    /// What follows the name of a value.
    keys: Option<char>,
    /// Words are the same in any case.
    fold: bool,
    diff: bool,
}

static LANGUAGES: LazyLock<HashMap<String, &'static Language>> = LazyLock::new(|| {
    let told: Vec<Told> = serde_json::from_str(include_str!("languages.json")).expect("the file is ours");
    let mut languages = HashMap::new();
    for told in told {
        let list = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let long = list(&told.long).into_iter().map(|sign| (sign, true));
        let language: &Language = Box::leak(Box::new(Language {
            line: list(&told.line),
            block: told.block.split_once(' ').map(|(begin, end)| (begin.to_owned(), end.to_owned())),
            strings: long.chain(list(&told.strings).into_iter().map(|sign| (sign, false))).collect(),
            keywords: list(&told.keywords).into_iter().collect(),
            constants: list(&told.constants).into_iter().collect(),
            keys: told.keys.chars().next(),
            fold: told.fold,
            diff: told.diff,
        }));
        languages.extend(list(&told.names).into_iter().map(|name| (name, language)));
    }
    languages
});

struct Reader<'a> {
    language: &'static Language,
    text: &'a str,
    /// Where it reads.
    at: usize,
    /// Where the part without a class begins.
    from: usize,
    parts: Vec<(Option<Class>, &'a str)>,
    /// For each kind of string: up to where no end of one was found.
    endless: Vec<usize>,
    /// Characters that were looked at for the ends of strings.
    #[cfg(test)]
    looked_at: usize,
}

impl<'a> Reader<'a> {
    fn new(language: &'static Language, text: &'a str) -> Self {
        Self {
            language,
            text,
            at: 0,
            from: 0,
            parts: Vec::new(),
            endless: vec![0; language.strings.len()],
            #[cfg(test)]
            looked_at: 0,
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// A part of so many bytes.
    fn take(&mut self, class: Class, bytes: usize) {
        if self.from < self.at {
            self.parts.push((None, &self.text[self.from..self.at]));
        }
        self.parts.push((Some(class), &self.rest()[..bytes]));
        self.at += bytes;
        self.from = self.at;
    }

    fn end(&mut self) {
        if self.from < self.text.len() {
            self.parts.push((None, &self.text[self.from..]));
        }
    }

    fn diff(&mut self) {
        for line in self.text.split_inclusive('\n') {
            match line.as_bytes().first() {
                Some(b'+') => self.take(Class::Added, line.len()),
                Some(b'-') => self.take(Class::Removed, line.len()),
                Some(b'@') => self.take(Class::Comment, line.len()),
                _ => self.at += line.len(),
            }
        }
        self.end();
    }

    fn read(&mut self) {
        let mut before = ' ';
        while let Some(c) = self.rest().chars().next() {
            let start = self.at;
            if let Some(bytes) = self.comment(before) {
                self.take(Class::Comment, bytes);
            } else if let Some(bytes) = self.string() {
                let class = if self.is_key(bytes) { Class::Name } else { Class::String };
                self.take(class, bytes);
            } else if is_word(c) {
                self.word(c);
            } else {
                self.at += c.len_utf8();
            }
            before = self.text[start..self.at].chars().next_back().unwrap_or(' ');
        }
        self.end();
    }

    fn comment(&self, before: char) -> Option<usize> {
        let rest = self.rest();
        if let Some((begin, end)) = &self.language.block
            && let Some(inner) = rest.strip_prefix(begin.as_str())
        {
            return Some(inner.find(end.as_str()).map_or(rest.len(), |at| begin.len() + at + end.len()));
        }
        // A `#` is a comment where a word could begin: `$#` is none.
        let begins = |sign: &String| rest.starts_with(sign) && (sign != "#" || before.is_whitespace());
        self.language.line.iter().any(begins).then(|| rest.find('\n').unwrap_or(rest.len()))
    }

    fn string(&mut self) -> Option<usize> {
        let rest = self.rest();
        let mut kinds = self.language.strings.iter().enumerate();
        let (kind, (sign, is_long)) = kinds.find(|(_, (sign, _))| rest.starts_with(sign))?;
        // What the last search passed over without an end was escaped: from there it would find no end either.
        if self.at < self.endless[kind] {
            return None;
        }
        let mut at = sign.len();
        while let Some(c) = rest[at..].chars().next() {
            #[cfg(test)]
            {
                self.looked_at += 1;
            }
            if rest[at..].starts_with(sign) {
                return Some(at + sign.len());
            }
            if c == '\n' && !is_long {
                break;
            }
            let escaped = if c == '\\' { rest[at + 1..].chars().next() } else { None };
            at += c.len_utf8() + escaped.filter(|c| *c != '\n').map_or(0, char::len_utf8);
        }
        if *is_long {
            return Some(rest.len());
        }
        self.endless[kind] = self.at + at;
        None
    }

    fn word(&mut self, first: char) {
        let rest = self.rest();
        if first.is_ascii_digit() {
            let bytes = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.'))
                .unwrap_or(rest.len());
            return self.take(Class::Number, bytes);
        }
        let bytes = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        let word = if self.language.fold { rest[..bytes].to_lowercase() } else { rest[..bytes].to_owned() };
        if self.is_key(bytes) {
            self.take(Class::Name, bytes);
        } else if self.language.keywords.contains(&word) {
            self.take(Class::Keyword, bytes);
        } else if self.language.constants.contains(&word) {
            self.take(Class::Number, bytes);
        } else if rest[bytes..].starts_with('(') {
            self.take(Class::Name, bytes);
        } else {
            self.at += bytes;
        }
    }

    /// Whether what is so many bytes long is the name of a value that follows.
    fn is_key(&self, bytes: usize) -> bool {
        let behind = self.rest()[bytes..].trim_start_matches(' ');
        self.language.keys.is_some_and(|sign| behind.starts_with(sign))
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_code_has_no_colours() {
        let code = "let x = 1; ".repeat(BYTES / 11 + 1);
        assert_eq!(parts("rust", &code), [(None, code.as_str())]);
        assert!(parts("rust", &code[..BYTES]).len() > 1);
    }

    #[test]
    fn a_string_without_an_end_is_looked_through_once() {
        let text = format!("\"{}\n\"x\"", "\\\"".repeat(5_000));
        let mut reader = Reader::new(LANGUAGES["rust"], &text);
        reader.read();
        assert!(reader.looked_at < text.len(), "{} of {}", reader.looked_at, text.len());
        assert_eq!(reader.parts.last(), Some(&(Some(Class::String), "\"x\"")), "the next line has its own");
    }

    #[test]
    fn no_name_stands_for_two_languages() {
        let told: Vec<Told> = serde_json::from_str(include_str!("languages.json")).unwrap();
        let names = told.iter().flat_map(|told| told.names.split_whitespace()).count();
        assert_eq!(names, LANGUAGES.len());
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_added(
            text in "([a-z0-9 \\n\"'`#/*(){}<>:=+@\\\\-]|中|👩‍🚀|let |fn |--|\"\"\"){0,60}",
            lang in prop::sample::select(LANGUAGES.keys().cloned().collect::<Vec<_>>()),
        ) {
            let parts = parts(&lang, &text);
            prop_assert!(parts.iter().all(|(_, part)| !part.is_empty()));
            prop_assert_eq!(parts.iter().map(|(_, part)| *part).collect::<String>(), text);
        }
    }
}
