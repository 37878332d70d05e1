use proptest::prelude::*;

use super::*;

/// Rows as they are seen; `width` holds for each.
fn seen(text: &str, columns: usize) -> Vec<String> {
    let rows = rows(&Written::new(text), "ana", columns);
    for row in &rows {
        assert!(cells(row) <= columns.max(1), "{columns}: {row:?}");
    }
    rows.iter().map(|row| row.iter().map(|span| span.text.as_str()).collect()).collect()
}

/// What is seen, without the spaces that end a row.
fn drawn(text: &str, columns: usize) -> String {
    seen(text, columns).iter().map(|row| row.trim_end()).collect::<Vec<_>>().join("\n")
}

fn looks(text: &str) -> Vec<(String, Look)> {
    rows(&Written::new(text), "ana", 80).concat().into_iter().map(|span| (span.text, span.look)).collect()
}

fn look(role: Role, change: fn(&mut Style)) -> Look {
    let mut look = Look { role, ..Look::default() };
    change(&mut look.style);
    look
}

#[test]
fn plain_text_is_as_it_was() {
    assert_eq!(seen("Hello, world!", 20), ["Hello, world!"]);
    assert_eq!(seen("the quick brown fox", 10), ["the quick", "brown fox"]);
    assert_eq!(seen("one\ntwo\n\nthree", 20), ["one", "two", "", "three"]);
    assert_eq!(seen("", 20), [""]);
}

#[test]
fn emphasis_is_a_look_and_its_signs_are_gone() {
    let bold = look(Role::Words, |style| style.bold = true);
    assert_eq!(
        looks("a **b**c"),
        [("a ".into(), Look::default()), ("b".into(), bold), ("c".into(), Look::default())]
    );
    assert_eq!(
        looks("`x` ~~y~~"),
        [
            ("x".into(), look(Role::Code, |_| ())),
            (" ".into(), Look::default()),
            ("y".into(), look(Role::Words, |style| style.strike = true)),
        ]
    );
    assert_eq!(
        looks("**a *b***")[1],
        ("b".into(), look(Role::Words, |style| (style.bold, style.italic) = (true, true)))
    );
}

#[test]
fn a_word_of_two_looks_is_not_torn() {
    assert_eq!(seen("aa **bb**cc", 6), ["aa", "bbcc"]);
}

#[test]
fn names_are_told_from_ones_own() {
    let roles = |text: &str| looks(text).iter().map(|(_, look)| look.role).collect::<Vec<_>>();
    assert_eq!(roles("@bo"), [Role::Mention]);
    assert_eq!(roles("@ana"), [Role::Call]);
    assert_eq!(roles("@room"), [Role::Call]);
    assert_eq!(roles("**@bo**"), [Role::Mention]);
}

#[test]
fn links_tell_where_they_lead() {
    assert_eq!(seen("https://example.org/", 40), ["https://example.org/"]);
    assert_eq!(seen("[here](https://example.org/)", 60), ["here (https://example.org/)"]);
    assert_eq!(
        seen("[https://good.example](https://evil.example)", 60),
        ["https://good.example (https://evil.example)"]
    );
    assert_eq!(seen("www.example.org <ana@example.org>", 60), ["www.example.org ana@example.org"]);
}

#[test]
fn emoji_have_pictures_where_there_are_any() {
    assert_eq!(seen(":tada: :nonsense: 10:30:45", 40), ["🎉 :nonsense: 10:30:45"]);
}

#[test]
fn blocks_have_their_frames() {
    let text = "# Title\nSteps:\n1. one\n   - inner\n2. two\n- [ ] open\n- [x] done\n\n> quoted\n> > twice\n\n```rust\nfn main() {\n    x\n}\n```\n---\nend";
    insta::assert_snapshot!(drawn(text, 30), @"
    Title
    Steps:
    1. one
       • inner
    2. two

    ☐ open
    ☑ done
    │ quoted
    │ │ twice
    ┃ fn main() {
    ┃     x
    ┃ }
    ──────────────────────────────
    end
    ");
}

#[test]
fn code_has_the_colours_of_its_language() {
    let roles =
        |text: &str| looks(text).iter().map(|(text, look)| (text.clone(), look.role)).collect::<Vec<_>>();
    let rust = roles("```rust\nlet x = 1;\n```");
    assert_eq!(
        rust[1..],
        [
            ("let".into(), Role::Syntax(Class::Keyword)),
            (" x = ".into(), Role::Words),
            ("1".into(), Role::Syntax(Class::Number)),
            (";".into(), Role::Words),
        ]
    );
    assert_eq!(roles("```\nlet x = 1;\n```")[1..], [("let x = 1;".into(), Role::Words)]);
}

#[test]
fn what_does_not_fit_goes_on_behind_its_frame() {
    assert_eq!(seen("> one two three four", 16), ["│ one two three", "│ four"]);
    assert_eq!(seen("- one two three four", 16), ["• one two three", "  four"]);
    assert_eq!(seen("```\nabcdefghijklmnopq\n```", 16), ["┃ abcdefghijklmn", "┃ opq"]);
    assert_eq!(seen("> one two", 5), ["one", "two"], "there is no room for a frame");
}

#[test]
fn tables_stand_in_columns() {
    let text = "|name|n|state|\n|-|-:|:-:|\n|ana|1|up|\n|longer name|22|down|\n|李雷|333|";
    insta::assert_snapshot!(drawn(text, 40), @"
    name        │   n │ state
    ────────────┼─────┼──────
    ana         │   1 │  up
    longer name │  22 │ down
    李雷        │ 333 │
    ");
    insta::assert_snapshot!(drawn(text, 20), @"
    name   │   n │ state
    ───────┼─────┼──────
    ana    │   1 │  up
    longer │  22 │ down
    name   │     │
    李雷   │ 333 │
    ");
    assert_eq!(seen(text, 12)[..2], ["name │ n │", "state"]);
}

#[test]
fn coloured_output_is_kept_as_it_is() {
    let text = "\x1b[1;31merror\x1b[0m: **no** markup\n  here\n";
    assert_eq!(seen(text, 40), ["error: **no** markup", "  here"]);
    let red = look(Role::Words, |style| {
        (style.bold, style.fg) = (true, Some(crate::markup::sgr::Color::Palette(1)));
    });
    assert_eq!(looks(text)[0], ("error".into(), red));
    assert_eq!(Written::new(text).as_str(), "error: **no** markup\n  here\n");
    assert_eq!(looks("\x1b[30;40mhidden")[0].1.style.fg, None);
}

proptest! {
    #[test]
    fn no_row_overflows(text in "([a-z 中👩🎉*_`~>|#\\[\\]()\n-]|\n- |\n> |\n\\|a\\|b\\|\n\\|-\\|-\\|\n|```|https://a\\.b/|@ana|:tada:|\u{1b}\\[3[0-7]m){0,60}", columns in 1_usize..60) {
        seen(&text, columns);
    }
}
