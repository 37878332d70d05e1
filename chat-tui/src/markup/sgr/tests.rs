//! What holds for any text; what holds for certain ones is in `protocol/golden/sgr`.

use proptest::prelude::*;

use super::*;

#[test]
fn colours_can_be_edited() {
    assert_eq!(shown("\x1b[1;31mred\x1b[0m\x1b[2J \u{9b}4mx\x07"), "␛[1;31mred␛[0m ␛[4mx");
    assert_eq!(meant("␛[1;31mred␛[m ␛ ␛[2J ␛[31"), "\x1b[1;31mred\x1b[m ␛ ␛[2J ␛[31");
    assert_eq!((shown("a ␛ b"), meant("a ␛ b")), ("a ␛ b".to_owned(), "a ␛ b".to_owned()));
}

proptest! {
    #[test]
    fn what_is_edited_means_the_same(text in "([\u{1b}\u{9b}\\[;m0-9?\r\n\t Ka中]|\u{1b}\\[[0-9;:]{0,12}m){0,60}") {
        let shown = shown(&text);
        prop_assert!(shown.chars().all(|c| matches!(c, '\n' | '\t') || !c.is_control()));
        prop_assert_eq!(runs(&meant(&shown)), runs(&text));
    }

    #[test]
    fn whatever_comes_only_safe_text_is_left(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn nothing_is_left_of_sequences(text in "([\u{1b}\u{9b}\u{9d}\u{90}\u{7}\u{9c}\\[\\]P;:m0-9?\r\n\t Ka中\u{301}\u{200d}\u{202e}]|\u{1b}\\[[0-9;:]{0,12}m){0,60}") {
        check(&text)?;
    }

    #[test]
    fn text_without_controls_stays_as_it_is_shown(text in "[a-z中 \n\\[;m]{0,60}") {
        prop_assert!(!is_coloured(&text));
        prop_assert_eq!(plain(&text), safe_text::block(&text));
    }
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let runs = runs(text);
    for run in &runs {
        prop_assert!(!run.text.is_empty());
        prop_assert!(run.text.chars().all(|c| c == '\n' || !c.is_control()));
        prop_assert_eq!(safe_text::block(&run.text), run.text.as_str());
    }
    prop_assert!(is_coloured(text) || runs.iter().all(|run| run.style == Style::default()));
    let json = serde_json::to_string(&runs).unwrap();
    prop_assert_eq!(serde_json::from_str::<Vec<Run>>(&json).unwrap(), runs);
    Ok(())
}
