//! Finding names by a few of their letters.

/// How well a query fits a name: higher is better, `None` where its letters are not all there in order.
///
/// Letters at the start of the name, at the start of a word, and in a row count more; of equal ones the shorter wins.
pub fn score(query: &str, name: &str) -> Option<i64> {
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let mut score = -i64::try_from(name.len()).unwrap_or(i64::MAX);
    let mut next = 0;
    let mut last = None;
    for letter in query.to_lowercase().chars().filter(|c| !c.is_whitespace()) {
        let at = next + name.get(next..)?.iter().position(|&c| c == letter)?;
        let starts_word = at == 0 || !name[at - 1].is_alphanumeric();
        score += if at == 0 {
            40
        } else if starts_word {
            20
        } else {
            5
        };
        if last.is_some_and(|last| last + 1 == at) {
            score += 15;
        }
        last = Some(at);
        next = at + 1;
    }
    Some(score)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_fits_score_higher() {
        assert_eq!(score("xyz", "lobby"), None);
        assert!(score("", "lobby").is_some());
        assert!(score("op", "ops") > score("op", "shop"));
        assert!(score("oe", "ops-eu") > score("oe", "someone"));
        assert!(score("ops", "ops") > score("ops", "ops-eu"));
    }
}
