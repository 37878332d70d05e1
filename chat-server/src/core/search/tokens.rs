//! What a text is found by.
//!
//! * Letters and digits count, everything else parts them: `don't` is `don` and `t`, `example.org` two tokens.
//! * Case, compatibility forms (full width, ligatures) and accents do not count: `Ｃafé` is `cafe`. Signs that make
//!   another letter of one do (`が` is not `か`), and so do vowel signs of Indic scripts.
//! * Scripts that are written without spaces become overlapping pairs, and at the end the last character alone:
//!   `東京都` is `東京`, `京都` and `都`. So any two neighbours are found, and any one character as a beginning.
//! * A token has at most [`TOKEN_CHARS`] characters; the rest of a longer one does not count.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// The characters of a token that count.
pub(crate) const TOKEN_CHARS: usize = 64;

/// Tokens that must follow each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phrase {
    /// At least one; letters and digits only.
    pub(crate) tokens: Vec<String>,
    /// The last one may go on.
    pub(crate) prefix: bool,
}

/// Calls `each` with every token of a text, in their order.
pub(crate) fn tokens(text: &str, mut each: impl FnMut(&str)) {
    let folded = fold(text);
    let mut rest = &*folded;
    while let Some((run, dense, after)) = next_run(rest) {
        if dense {
            pairs(run, true, &mut each);
        } else {
            each(cut(run));
        }
        rest = after;
    }
}

/// What finds the texts that contain this one; `None` where it has nothing that counts. With `prefix` its last word
/// may go on.
pub(crate) fn phrase(text: &str, prefix: bool) -> Option<Phrase> {
    let folded = fold(text);
    let mut tokens = Vec::new();
    let mut goes_on = prefix;
    let mut rest = &*folded;
    while let Some((run, dense, after)) = next_run(rest) {
        let is_last = next_run(after).is_none();
        if dense {
            // What is asked for may stand in the middle of a run, where its last character does not stand alone.
            let is_one = run.chars().nth(1).is_none();
            pairs(run, is_one || !is_last, &mut |token| tokens.push(token.to_owned()));
            goes_on = prefix || is_one;
        } else {
            tokens.push(cut(run).to_owned());
            goes_on = prefix;
        }
        rest = after;
    }
    (!tokens.is_empty()).then_some(Phrase { tokens, prefix: goes_on })
}

/// A name as one token: its letters and digits, folded. Empty where it has none.
pub(crate) fn name(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).take(TOKEN_CHARS).collect()
}

/// Whether a character is of a script that is written without spaces.
pub(crate) fn is_dense(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF // Thai, Lao
        | 0x1000..=0x109F // Myanmar
        | 0x1780..=0x17FF // Khmer
        | 0x3005..=0x3007 | 0x3040..=0x30FF | 0x3100..=0x312F | 0x31A0..=0x31FF // kana, bopomofo
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF // Han
        | 0xAC00..=0xD7A3 // Hangul: words take endings
    )
}

/// Without case, accents and compatibility forms.
fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return text.to_ascii_lowercase().into();
        }
        return text.into();
    }
    // By way of the capital: `ß` and `SS`, `ς` and `σ` are the same.
    text.nfkd()
        .filter(|&c| counts(c))
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfc()
        .collect()
}

fn counts(c: char) -> bool {
    match u32::from(c) {
        0x00AD | 0x200B..=0x200F | 0x2060 | 0xFE00..=0xFE0F | 0xFEFF => false,
        0x3099 | 0x309A => true,
        code => code < 0x300 || canonical_combining_class(c) == 0,
    }
}

/// The next run of characters that count and are all dense or all not, whether they are, and what follows it.
fn next_run(text: &str) -> Option<(&str, bool, &str)> {
    let begin = text.find(char::is_alphanumeric)?;
    let text = &text[begin..];
    let dense = text.starts_with(is_dense);
    let end = text.find(|c: char| !c.is_alphanumeric() || is_dense(c) != dense).unwrap_or(text.len());
    let (run, after) = text.split_at(end);
    Some((run, dense, after))
}

/// The neighbours of a run, and its last character if `last` says so.
fn pairs(run: &str, last: bool, each: &mut impl FnMut(&str)) {
    let mut begins = run.char_indices().map(|(begin, _)| begin).chain([run.len()]);
    let (mut first, mut second) = (begins.next().unwrap_or(0), begins.next().unwrap_or(0));
    for end in begins {
        each(&run[first..end]);
        (first, second) = (second, end);
    }
    if last {
        each(&run[first..second]);
    }
}

fn cut(run: &str) -> &str {
    match run.char_indices().nth(TOKEN_CHARS) {
        Some((end, _)) => &run[..end],
        None => run,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        tokens(text, |token| all.push(token.to_owned()));
        all
    }

    fn found(text: &str, asked: &str) -> bool {
        let Some(phrase) = phrase(asked, false) else { return false };
        let all = all(text);
        all.windows(phrase.tokens.len()).any(|window| {
            let (last, rest) = window.split_last().expect("a phrase is not empty");
            let (wanted, before) = phrase.tokens.split_last().expect("a phrase is not empty");
            rest == before && if phrase.prefix { last.starts_with(wanted) } else { last == wanted }
        })
    }

    #[test]
    fn words_are_found_whatever_their_form() {
        assert_eq!(
            all("Don't visit https://Example.org/a_b!"),
            ["don", "t", "visit", "https", "example", "org", "a", "b"]
        );
        assert_eq!(
            all("Ｃafé STRASSE straße ΣΊΣΥΦΟΣ ﬁ Ⅷ"),
            ["cafe", "strasse", "strasse", "σισυφοσ", "fi", "viii"]
        );
        assert_eq!(all("co\u{ad}operate\u{200b}d हिन्दी"), ["cooperated", "हिनदी"]);
        assert_eq!(all("-- … 👍 \u{0}"), Vec::<String>::new());
        let long = "x".repeat(100);
        assert_eq!(all(&long), ["x".repeat(TOKEN_CHARS)]);
    }

    #[test]
    fn scripts_without_spaces_are_found_by_any_two_neighbours() {
        assert_eq!(all("東京都、iPhone手机 가"), ["東京", "京都", "都", "iphone", "手机", "机", "가"]);
        assert_eq!(all("ガ"), ["ガ"]);
        for asked in ["東京", "京都", "東京都", "都", "京", "都iphone", "東京都 iPhone", "手", "机"]
        {
            assert!(found("東京都iPhone手机", asked), "{asked}");
        }
        for asked in ["東都", "京iphone", "都京", "手都", "カ"] {
            assert!(!found("東京都iPhone手机ガ", asked), "{asked}");
        }
        assert!(found("สวัสดีครับ", "ครับ"));
    }

    #[test]
    fn names_are_one_token() {
        assert_eq!(name("Ana-María.2"), "anamaria2");
        assert_eq!(name("東京 都"), "東京都");
        assert_eq!(name("--"), "");
    }

    proptest! {
        #[test]
        fn tokens_hold_nothing_that_means_something_to_an_index(text in "\\PC{0,80}") {
            for token in all(&text) {
                prop_assert!(!token.is_empty() && token.chars().count() <= TOKEN_CHARS);
                prop_assert!(token.bytes().all(|byte| !byte.is_ascii() || byte.is_ascii_lowercase() || byte.is_ascii_digit()), "{token:?}");
            }
        }

        #[test]
        fn a_text_is_found_by_itself_and_by_each_of_its_words(words in prop::collection::vec("[a-zé东京都ガกข]{1,6}", 1..8)) {
            let text = words.join(" ");
            prop_assert!(found(&text, &text));
            for word in &words {
                prop_assert!(found(&text, word), "{word} in {text}");
            }
        }

        #[test]
        fn any_stretch_of_a_dense_run_is_found(run in "[東京都手机大学]{1,12}", from in 0..12usize, length in 1..6usize) {
            let stretch: String = run.chars().skip(from).take(length).collect();
            let text = format!("a{run}b");
            prop_assert!(stretch.is_empty() || found(&text, &stretch), "{stretch} in {text}");
        }
    }
}
