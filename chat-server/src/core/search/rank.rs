//! Which find is better.

use super::tokens::{Phrase, tokens};

/// How soon saying a word more often stops to count, and how much a longer text takes off (Okapi BM25's constants).
const SATURATION: f32 = 1.2;
const LENGTH: f32 = 0.75;
/// The tokens of a usual message.
const USUAL: f32 = 16.0;

/// How well a text answers what was asked for: higher is better. Only comparable within one question. How rare a word
/// is does not count, for whatever is compared has every one of them.
pub(crate) fn score(phrases: &[Phrase], text: &str) -> f32 {
    let mut all = Vec::new();
    tokens(text, |token| all.push(token.to_owned()));
    #[expect(clippy::cast_precision_loss, reason = "a text has few tokens")]
    let (length, counted) = (all.len() as f32, |phrase| count(phrase, &all) as f32);
    let weight = SATURATION * (1.0 - LENGTH + LENGTH * length / USUAL);
    phrases.iter().map(counted).map(|said| said * (SATURATION + 1.0) / (said + weight)).sum()
}

/// How often a phrase is said.
fn count(phrase: &Phrase, all: &[String]) -> usize {
    let Some((wanted, before)) = phrase.tokens.split_last() else { return 0 };
    let fits = |window: &&[String]| {
        window.split_last().is_some_and(|(last, rest)| {
            rest == before && (last == wanted || phrase.prefix && last.starts_with(wanted.as_str()))
        })
    };
    all.windows(phrase.tokens.len()).filter(fits).count()
}

#[cfg(test)]
mod tests {
    use super::super::tokens::phrase;
    use super::*;

    #[test]
    fn more_often_and_in_fewer_words_is_better() {
        let asked = [phrase("release", false).unwrap(), phrase("the plan", false).unwrap()];
        let score = |text: &str| score(&asked, text);
        assert!(
            score("release: the plan") > score("release and then, among many other things, the plan for it")
        );
        assert!(score("release release: the plan") > score("release soon: the plan"));
        assert!(score("release") > 0.0);
        assert!(score("the release plan") < score("the plan for a release"));
        assert!(score("nothing of it").abs() < f32::EPSILON);
        let asked = [phrase("rel", true).unwrap()];
        assert!(super::score(&asked, "Releases") > 0.0);
    }
}
