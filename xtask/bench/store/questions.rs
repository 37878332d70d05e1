//! What is searched for.

use crate::record::key;
use crate::texts::{Numbers, character, word};

/// Hits that are asked for.
pub(crate) const HITS: usize = 20;

/// A kind of search.
pub(crate) struct Question {
    pub(crate) what: &'static str,
    /// The best first; otherwise the newest.
    pub(crate) ranked: bool,
    /// One of its kind.
    pub(crate) words: fn(&mut Numbers) -> String,
}

/// All of them.
#[rustfmt::skip]
pub(crate) const QUESTIONS: &[Question] = &[
    Question { what: "a rare word", ranked: false, words: rare },
    Question { what: "a medium word", ranked: false, words: medium },
    Question { what: "a common word", ranked: false, words: common },
    Question { what: "a common word, best first", ranked: true, words: common },
    Question { what: "a common and a medium word", ranked: false, words: |numbers| {
        format!("{} {}", common(numbers), medium(numbers))
    } },
    Question { what: "a phrase of two common words", ranked: false, words: |numbers| {
        format!("\"{} {}\"", word(numbers.below(30) as usize), word(numbers.below(30) as usize))
    } },
    Question { what: "a prefix", ranked: false, words: |numbers| format!("{}*", medium(numbers)) },
    Question { what: "a beginning of two letters", ranked: false, words: two_letters },
    Question { what: "a beginning of three letters", ranked: false, words: |numbers| {
        let (first, second) = (word(numbers.below(80) as usize), word(numbers.below(80) as usize));
        format!("{first}{}*", &second[..1])
    } },
    Question { what: "four beginnings of two letters", ranked: false, words: |numbers| {
        [0; 4].map(|_| two_letters(numbers)).join(" ")
    } },
    Question { what: "a beginning of two letters and a rare word", ranked: false, words: |numbers| {
        format!("{} {}", two_letters(numbers), rare(numbers))
    } },
    Question { what: "sixteen common words", ranked: false, words: |numbers| {
        let first = numbers.below(5) as usize;
        (first..first + 16).map(word).collect::<Vec<_>>().join(" ")
    } },
    Question { what: "a medium word in one room", ranked: false, words: |numbers| {
        format!("{} in:{}", medium(numbers), key(numbers.below(100) as usize).as_str())
    } },
    Question { what: "a common word of one person", ranked: false, words: |numbers| {
        format!("{} from:\"speaker {}\"", common(numbers), numbers.below(500))
    } },
    Question { what: "a common word with a link", ranked: false, words: |numbers| {
        format!("{} has:link", common(numbers))
    } },
    Question { what: "a medium word between two days", ranked: false, words: |numbers| {
        format!("{} after:2020-01-01 before:2100-01-01", medium(numbers))
    } },
    Question { what: "two characters without spaces", ranked: false, words: |numbers| {
        [numbers.below(30), numbers.below(30)].map(|rank| character(rank as usize)).iter().collect()
    } },
    Question { what: "four characters without spaces", ranked: false, words: |numbers| {
        [0; 4].map(|_| character(numbers.below(30) as usize)).iter().collect()
    } },
];

fn rare(numbers: &mut Numbers) -> String {
    word(20_000 + numbers.below(10_000) as usize)
}

fn medium(numbers: &mut Numbers) -> String {
    word(500 + numbers.below(500) as usize)
}

fn common(numbers: &mut Numbers) -> String {
    word(numbers.below(10) as usize)
}

fn two_letters(numbers: &mut Numbers) -> String {
    format!("{}*", word(numbers.below(80) as usize))
}
