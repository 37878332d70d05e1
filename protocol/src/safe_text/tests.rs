use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

#[test]
fn what_is_plain_needs_no_context() {
    for c in '\0'..=char::MAX {
        if is_plain(c) {
            assert!(matches!(class(c), Class::Visible | Class::Space), "{:x}", u32::from(c));
        }
    }
}

#[test]
fn t02_ordinary_text_of_every_script_is_unchanged_and_not_copied() {
    for text in [
        "",
        "Plain, with digits 123 and (punctuation)…",
        "Zoë naïve Ångström ﬁne",
        "e\u{301}le\u{300}ve in decomposed form",
        "Việt Nam: tiếng Việt",
        "Привет, мир",
        "Γειά σου Κόσμε",
        "مرحبا بالعالم، كيف الحال؟",
        "اَلسَّلَامُ عَلَيْكُمْ",
        "می\u{200c}خواهم کتاب\u{200c}ها را",
        "שלום עולם, שָׁלוֹם",
        "नमस्ते दुनिया, क्\u{200d}ष श्री",
        "র\u{200d}্যাব",
        "ශ්\u{200d}රී ලංකා",
        "สวัสดีชาวโลก ที่นี่",
        "你好，世界",
        "こんにちは、ガギグ ｶﾞ",
        "안녕하세요 각",
        "བཀྲ་ཤིས་བདེ་ལེགས།",
        "👩\u{200d}👩\u{200d}👧\u{200d}👦 👩🏽\u{200d}🚀 ❤\u{fe0f}\u{200d}🔥 👍🏿",
        "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} 🏳\u{fe0f}\u{200d}🌈 🇩🇪🇯🇵 🏴",
        "1\u{fe0f}\u{20e3} #\u{fe0f}\u{20e3}",
        "葛\u{e0100}",
        "a\u{a0}b\u{3000}c",
    ] {
        assert!(matches!(line(text), Cow::Borrowed(same) if same == text), "{text:?} {:?}", line(text));
        assert!(matches!(block(text), Cow::Borrowed(_)), "{text:?}");
    }
    assert!(matches!(block("two\nlines\n"), Cow::Borrowed(_)));
}

/// Every introducer of a terminal's control language, in 7-bit, 8-bit and UTF-8 form, terminated in every way and
/// not at all, and cut at every character.
#[test]
fn t01_no_escape_sequence_survives() {
    let introducers = [
        "\x1b[",
        "\x1b]",
        "\x1bP",
        "\x1b_",
        "\x1b^",
        "\x1bX",
        "\x1bN",
        "\x1bO",
        "\x1b",
        "\x1b\x1b[",
        "\u{9b}",
        "\u{9d}",
        "\u{90}",
        "\u{9f}",
        "\u{9e}",
        "\u{98}",
        "\u{8e}",
    ];
    let bodies = [
        "0;title",
        "2;title",
        "4;1;?",
        "7;file:///etc/passwd",
        "8;;https://example.org/",
        "50;#1",
        "52;c;cm0gLXJmIC8=",
        "52;c;?",
        "1337;File=inline=1:AAAA",
        "2J",
        "H",
        "21t",
        "6n",
        "5n",
        "c",
        ">c",
        "?1049h",
        "?1000h",
        "?2004l",
        "201~",
        "31;1m",
        "$q\"p",
        "+q544e",
        "0;1|17/68656c6c6f",
        "999999999999A",
        "!p",
        "c",
        "#8",
        "(0",
        "%G",
    ];
    let ends = ["", "\x07", "\x1b\\", "\u{9c}", "\n", "\x18", "\x1a", "\0"];
    let mut payloads = 0;
    for introducer in introducers {
        for body in bodies {
            for end in ends {
                let payload = format!("before{introducer}{body}{end}after");
                check_is_safe(&payload);
                assert!(line(&payload).contains(MARK), "{payload:?}");
                payloads += 1;
                let cut = payload.char_indices().map(|(at, _)| at).nth(payloads % 8 + 6).unwrap();
                check_is_safe(&payload[..cut]);
                check_is_safe(&payload[cut..]);
            }
        }
    }
    assert!(payloads > 2_000);
    let every_control: String = ('\0'..'\u{a0}').filter(|c| c.is_control()).collect();
    let shown = block(&every_control).into_owned();
    assert_eq!(shown.chars().filter(|&c| c == MARK).count(), 63, "all but newline and tab: {shown:?}");
}

#[test]
fn t03_marks_do_not_tower() {
    let zalgo = format!("Z{}algo{}", "\u{301}".repeat(1000), "\u{fe0f}".repeat(1000));
    assert_eq!(line(&zalgo), format!("Z{}algo{}", "\u{301}".repeat(8), "\u{fe0f}".repeat(8)));
    let mixed = format!("a{}", "\u{301}\u{200d}".repeat(1000));
    assert!(line(&mixed).chars().count() <= 1 + 8 + 8);
    let family = format!("👩{}", "\u{200d}👩".repeat(1000));
    check_is_safe(&family);
    assert!(line(&family).contains("👩👩"), "a run of joined characters ends");
    assert_eq!(line("\u{301}x"), "\u{25cc}\u{301}x", "nothing is drawn over what is before the text");
}

fn check_is_safe(text: &str) {
    for (safe, is_block) in [(line(text), false), (block(text), true)] {
        let mut marks = 0;
        for c in safe.chars() {
            assert!(!c.is_control() || (is_block && c == '\n'), "{text:?} {safe:?}");
            assert!(!is_bidi_control(c) && !is_noncharacter(c), "{text:?} {safe:?}");
            let tag = matches!(c, '\u{e0020}'..='\u{e007f}') && safe.contains(BLACK_FLAG);
            assert!(tag || class(c) != Class::Invisible, "{text:?} {safe:?}");
            assert!(!matches!(c, '\u{2028}' | '\u{2029}'));
            marks = match class(c) {
                Class::Mark | Class::Selector => marks + 1,
                Class::Joiner => marks,
                _ => 0,
            };
            // A skin tone may also be the character that carries the others.
            assert!(marks <= MARKS_PER_BASE + 1, "{text:?} {safe:?}");
        }
        assert!(!safe.starts_with([ZWJ, ZWNJ]) && !safe.ends_with([ZWJ, ZWNJ]));
        assert!(safe.len() <= text.len() * 5, "bounded");
        let again = if is_block { block(&safe) } else { line(&safe) };
        assert_eq!(again, safe, "of {text:?}");
        assert!(matches!(again, Cow::Borrowed(_)));
    }
}

/// Texts in which dangerous characters meet.
fn hostile() -> impl Strategy<Value = String> {
    let dangerous = prop::sample::select(vec![
        '\r',
        '\n',
        '\t',
        '\x1b',
        '\u{9b}',
        '\u{202e}',
        '\u{2066}',
        '\u{61c}',
        '\u{200b}',
        ZWJ,
        ZWNJ,
        '\u{301}',
        '\u{fe0f}',
        '\u{1f3fd}',
        BLACK_FLAG,
        '\u{e0067}',
        CANCEL_TAG,
        '\u{e0001}',
        '\u{2028}',
        '\u{ffff}',
        ' ',
        'a',
        'م',
        '👩',
        '\u{115f}',
        '\u{34f}',
        '\u{20e3}',
        '\u{e0100}',
        MARK,
        DOTTED_CIRCLE,
    ]);
    prop::collection::vec(prop_oneof![6 => dangerous, 1 => any::<char>()], 0..60)
        .prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn t02_nothing_dangerous_is_left(text in hostile()) {
        check_is_safe(&text);
    }

    #[test]
    fn t02_any_text_is_made_safe(text in any::<String>()) {
        check_is_safe(&text);
    }

    #[test]
    fn cleaning_lines_apart_or_together_is_the_same(texts in prop::collection::vec(hostile(), 0..4)) {
        let texts: Vec<String> = texts.iter().map(|text| text.replace(['\r', '\n'], "")).collect();
        let mut apart = String::new();
        for text in &texts {
            writeln!(apart, "{}", block(text)).unwrap();
        }
        let mut together = texts.join("\n");
        if !texts.is_empty() {
            together.push('\n');
        }
        prop_assert_eq!(block(&together), apart);
    }
}
