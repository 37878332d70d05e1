//! What may be asked, and how it is written.
//!
//! `release plan "next week" rel* from:ana in:ops before:2025-12-01 after:2025-10-31 has:link`: every word and phrase
//! must be in the message, in any order. Several `from:` mean any of them, and so do several `in:`. A room is named by
//! its key or its title, a conversation by one of its people.

use std::fmt;

use thiserror::Error;
use time::{Date, Month};

use super::tokens::{self, Phrase};

/// The bytes of a question.
pub const QUERY_BYTES: usize = 1000;
/// What one question may consist of: words, phrases and filters together.
pub const QUERY_TERMS: usize = 32;
/// The letters that a prefix needs; fewer would mean a large part of all words.
const PREFIX_CHARS: usize = 2;

/// What a phrase stands between, typed or typeset.
const MARKS: [char; 4] = ['"', '“', '”', '„'];

/// A question. It has at least one thing that an index can look for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    terms: Vec<Term>,
    from: Vec<String>,
    rooms: Vec<String>,
    before: Option<Day>,
    after: Option<Day>,
    has: Vec<Has>,
}

/// Something that the text must say, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    Word(String),
    Phrase { text: String, prefix: bool },
}

/// Something that a message may have beside words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Has {
    /// An address of a page.
    Link,
    /// A file of any kind.
    File,
    /// A file that is a picture.
    Image,
}

/// A day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Day(Date);

/// Why a text is not a question; the message is fit to be shown to whoever typed it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QueryError {
    /// There is nothing to look for.
    #[error("say what to look for: a word, a \"phrase\", from:NAME, in:ROOM or has:file")]
    Empty,
    /// Over [`QUERY_BYTES`].
    #[error("a search has at most {QUERY_BYTES} bytes")]
    TooLong,
    /// Over [`QUERY_TERMS`].
    #[error("a search has at most {QUERY_TERMS} words and filters")]
    TooMany,
    /// A phrase without its end.
    #[error("a quotation mark is not closed")]
    Unclosed,
    /// A prefix that would mean nearly everything.
    #[error("at least {PREFIX_CHARS} letters must stand before the *")]
    ShortPrefix,
    /// Not a day.
    #[error("{filter}: needs a day, as in {filter}:2025-11-25")]
    Day {
        /// `before` or `after`.
        filter: &'static str,
    },
    /// A filter that can only be there once is there again.
    #[error("{filter}: can be there only once")]
    Twice {
        /// `before` or `after`.
        filter: &'static str,
    },
    /// A name without letters or digits.
    #[error("from: needs a name, as in from:ana")]
    From,
    /// A room's name without letters or digits.
    #[error("in: needs a room's name, as in in:lobby")]
    Room,
    /// Something that messages do not have.
    #[error("has: knows has:file, has:image and has:link")]
    Has,
}

impl Query {
    /// Reads a question as people type it.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        if text.len() > QUERY_BYTES {
            return Err(QueryError::TooLong);
        }
        let mut query = Self::default();
        let mut rest = text.trim_start();
        let mut terms = 0;
        while !rest.is_empty() {
            terms += 1;
            if terms > QUERY_TERMS {
                return Err(QueryError::TooMany);
            }
            rest = query.take(rest)?.trim_start();
        }
        if query.terms.is_empty() && query.from.is_empty() && query.rooms.is_empty() && query.has.is_empty() {
            return Err(QueryError::Empty);
        }
        Ok(query)
    }

    /// What the text must say.
    pub(crate) fn phrases(&self) -> impl Iterator<Item = Phrase> {
        self.terms.iter().filter_map(Term::phrase)
    }

    /// The names of whom it may be from, each as [`tokens::name`]; all, where there are none.
    pub(crate) fn from(&self) -> impl Iterator<Item = String> {
        self.from.iter().map(|name| tokens::name(name))
    }

    /// The names of the rooms that it may be in, as they were written; all, where there are none.
    pub(crate) fn rooms(&self) -> &[String] {
        &self.rooms
    }

    /// What it must have.
    pub(crate) fn has(&self) -> &[Has] {
        &self.has
    }

    /// When it was said: from the first of these milliseconds since 1970 up to, but not including, the second.
    pub(crate) fn times(&self) -> (i64, i64) {
        let after = self.after.map_or(i64::MIN, |day| day.begin_ms() + Day::MS);
        (after, self.before.map_or(i64::MAX, Day::begin_ms))
    }

    /// Takes what stands first, and gives what follows it.
    fn take<'a>(&mut self, text: &'a str) -> Result<&'a str, QueryError> {
        if let Some((quoted, rest)) = quoted(text)? {
            let (prefix, rest) = match rest.strip_prefix('*') {
                Some(rest) => (true, rest),
                None => (false, rest),
            };
            self.say(Term::Phrase { text: quoted.to_owned(), prefix })?;
            return Ok(rest);
        }
        let filter = text.split_once(':').and_then(|(key, value)| {
            let known = ["from", "in", "before", "after", "has"];
            known.into_iter().find(|known| known.eq_ignore_ascii_case(key)).map(|key| (key, value))
        });
        let Some((filter, value)) = filter else {
            let (word, rest) = word(text);
            self.say(Term::Word(word.to_owned()))?;
            return Ok(rest);
        };
        let (value, rest) = match quoted(value)? {
            Some(quoted) => quoted,
            None => word(value),
        };
        self.filter(filter, value)?;
        Ok(rest)
    }

    fn say(&mut self, term: Term) -> Result<(), QueryError> {
        let Some(phrase) = term.phrase() else { return Ok(()) };
        let last = phrase.tokens.last().map_or("", String::as_str);
        if phrase.prefix && last.chars().count() < PREFIX_CHARS && !last.starts_with(tokens::is_dense) {
            return Err(QueryError::ShortPrefix);
        }
        self.terms.push(term);
        Ok(())
    }

    fn filter(&mut self, filter: &'static str, value: &str) -> Result<(), QueryError> {
        match filter {
            "from" => {
                let name = value.trim_start_matches(|c| c == '@' || MARKS.contains(&c));
                if tokens::name(name).is_empty() {
                    return Err(QueryError::From);
                }
                self.from.push(name.to_owned());
            }
            "in" => {
                let name = value.trim_start_matches(|c| c == '#' || c == '@' || MARKS.contains(&c));
                if tokens::name(name).is_empty() {
                    return Err(QueryError::Room);
                }
                self.rooms.push(name.to_owned());
            }
            "has" => self.has.push(Has::of(value).ok_or(QueryError::Has)?),
            "before" => Day::set(&mut self.before, filter, value)?,
            _ => Day::set(&mut self.after, filter, value)?,
        }
        Ok(())
    }
}

/// As it can be read again, words first.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.terms.iter().map(Term::to_string));
        let value = |value: &str| {
            if value.contains(char::is_whitespace) { format!("\"{value}\"") } else { value.to_owned() }
        };
        parts.extend(self.from.iter().map(|name| format!("from:{}", value(name))));
        parts.extend(self.rooms.iter().map(|room| format!("in:{}", value(room))));
        parts.extend(self.before.iter().map(|day| format!("before:{day}")));
        parts.extend(self.after.iter().map(|day| format!("after:{day}")));
        parts.extend(self.has.iter().map(|has| format!("has:{}", has.word())));
        f.write_str(&parts.join(" "))
    }
}

impl Has {
    const ALL: [Self; 3] = [Self::Link, Self::File, Self::Image];

    /// As it is asked for.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::File => "file",
            Self::Image => "image",
        }
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|has| has.word().eq_ignore_ascii_case(word))
    }
}

impl Term {
    fn phrase(&self) -> Option<Phrase> {
        match self {
            Self::Word(word) => tokens::phrase(word, word.ends_with('*')),
            Self::Phrase { text, prefix } => tokens::phrase(text, *prefix),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Phrase { text, prefix } => write!(f, "\"{text}\"{}", if *prefix { "*" } else { "" }),
        }
    }
}

impl Day {
    const MS: i64 = 86_400_000;

    fn set(slot: &mut Option<Self>, filter: &'static str, value: &str) -> Result<(), QueryError> {
        let day = Self::parse(value).ok_or(QueryError::Day { filter })?;
        if slot.replace(day).is_some() {
            return Err(QueryError::Twice { filter });
        }
        Ok(())
    }

    /// `2025-11-25`, from the year 0 to 9999.
    fn parse(text: &str) -> Option<Self> {
        let number = |text: &str, digits: usize| {
            let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
            if is_number { text.parse::<u16>().ok() } else { None }
        };
        let mut parts = text.split('-');
        let year = number(parts.next()?, 4)?;
        let month = Month::try_from(u8::try_from(number(parts.next()?, 2)?).ok()?).ok()?;
        let day = u8::try_from(number(parts.next()?, 2)?).ok()?;
        if parts.next().is_some() {
            return None;
        }
        Date::from_calendar_date(i32::from(year), month, day).ok().map(Self)
    }

    fn begin_ms(self) -> i64 {
        const EPOCH: i64 = 2_440_588; // the Julian day of 1970-01-01
        (i64::from(self.0.to_julian_day()) - EPOCH) * Self::MS
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), u8::from(self.0.month()), self.0.day())
    }
}

/// What stands in quotation marks at the beginning, and what follows.
fn quoted(text: &str) -> Result<Option<(&str, &str)>, QueryError> {
    let Some(inside) = text.strip_prefix(MARKS) else { return Ok(None) };
    inside.split_once(MARKS).map(Some).ok_or(QueryError::Unclosed)
}

fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Query {
        Query::parse(text).unwrap()
    }

    #[test]
    fn everything_can_be_asked_at_once() {
        let query = parse(
            "  Release \"next week\" rel* From:@ana from:“Bo K” in:#Ops before:2025-12-01 after:2025-10-31 has:LINK \
             in:“Next week” has:image",
        );
        let tokens: Vec<_> = query.phrases().map(|phrase| (phrase.tokens.join(" "), phrase.prefix)).collect();
        let expected = [("release", false), ("next week", false), ("rel", true)];
        assert_eq!(tokens, expected.map(|(tokens, prefix)| (tokens.to_owned(), prefix)));
        assert_eq!(query.from().collect::<Vec<_>>(), ["ana", "bok"]);
        assert_eq!(query.rooms(), ["Ops", "Next week"]);
        assert_eq!(query.times(), (1_761_955_200_000, 1_764_547_200_000));
        assert_eq!(query.has(), [Has::Link, Has::Image]);
        let printed = "Release \"next week\" rel* from:ana from:\"Bo K\" in:Ops in:\"Next week\" before:2025-12-01 \
                       after:2025-10-31 has:link has:image";
        assert_eq!(query.to_string(), printed);
    }

    #[test]
    fn what_looks_odd_is_a_word() {
        for (text, tokens) in [
            ("https://example.org:80/x", "https example org 80 x"),
            ("5\" NEAR(a,b)", "5|near a b"),
            ("AND OR NOT", "and|or|not"),
            ("a - & b", "a|b"),
            ("\"foo\"bar", "foo|bar"),
            ("foo:bar -x ^y", "foo bar|x|y"),
        ] {
            let phrases: Vec<_> = parse(text).phrases().map(|phrase| phrase.tokens.join(" ")).collect();
            assert_eq!(phrases.join("|"), tokens, "{text}");
        }
    }

    #[test]
    fn refusals_say_what_to_do() {
        let day = |filter| QueryError::Day { filter };
        for (text, error) in [
            ("", QueryError::Empty),
            (" - * ", QueryError::Empty),
            ("before:2025-01-01", QueryError::Empty),
            ("\"open", QueryError::Unclosed),
            ("from:\"open", QueryError::Unclosed),
            ("a*", QueryError::ShortPrefix),
            ("x before:yesterday", day("before")),
            ("x after:2025-02-30", day("after")),
            ("x after:2025-2-3", day("after")),
            ("x before:2025-01-01 before:2025-01-02", QueryError::Twice { filter: "before" }),
            ("from: x", QueryError::From),
            ("has:cheese", QueryError::Has),
            ("in:## x", QueryError::Room),
        ] {
            assert_eq!(Query::parse(text), Err(error), "{text}");
        }
        assert_eq!(Query::parse(&"x".repeat(QUERY_BYTES + 1)), Err(QueryError::TooLong));
        assert_eq!(Query::parse(&"x ".repeat(QUERY_TERMS + 1)), Err(QueryError::TooMany));
        assert!(Query::parse("京*").is_ok(), "one of these is a word");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn a_printed_question_is_the_same_question(
            parts in prop::collection::vec(
                prop_oneof![
                    "\\PC{0,12}", "[a-z東京*\"“ :]{0,8}", "(from|in|has|before|after|FROM):[a-z\"@# ]{0,6}",
                    "(before|after):[0-9]{4}-[0-9]{2}-[0-9]{2}", Just("has:link".to_owned()), Just("has:file".to_owned()),
                ],
                0..6,
            ),
        ) {
            if let Ok(query) = Query::parse(&parts.join(" ")) {
                prop_assert_eq!(Query::parse(&query.to_string()), Ok(query.clone()), "{}", query);
            }
        }
    }
}
