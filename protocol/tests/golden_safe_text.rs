//! `golden/safe_text.json`: what both clients must make of remote text.
//!
//! `UPDATE_GOLDEN=1 cargo test -p protocol` writes the file anew from the texts below; read its difference.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::Path;

use protocol::safe_text;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Case {
    name: String,
    #[serde(rename = "in")]
    text: String,
    line: String,
    block: String,
}

/// Names and texts.
fn texts() -> Vec<(&'static str, String)> {
    let short = [
        ("nothing", ""),
        ("plain", "Hello, world! 123 (a-b_c) ~"),
        ("newline", "one\ntwo"),
        ("carriage return and newline", "one\r\ntwo\r\n"),
        ("carriage returns before a newline", "one\r\r\ntwo"),
        ("carriage return alone overwrites", "harmless\rrm -rf"),
        ("tab", "a\tb\t\tc"),
        ("line separator", "one\u{2028}two"),
        ("paragraph separator", "one\u{2029}two"),
        ("next line is a control", "one\u{85}two"),
        ("vertical tab and form feed", "a\u{b}b\u{c}c"),
        ("blank lines", "\n\n a \n\n"),
        ("null", "a\0b"),
        ("delete and backspace", "abc\u{8}\u{7f}"),
        ("bell", "\u{7}"),
        ("clear the screen", "\u{1b}[2J\u{1b}[H"),
        ("colour", "\u{1b}[31;1mred\u{1b}[0m"),
        ("8-bit CSI", "\u{9b}31m"),
        ("window title", "\u{1b}]0;owned\u{7}"),
        ("window title, 8-bit", "\u{9d}2;owned\u{9c}"),
        ("clipboard", "\u{1b}]52;c;cm0gLXJmIC8=\u{1b}\\"),
        ("hyperlink", "\u{1b}]8;;https://example.org/\u{1b}\\text\u{1b}]8;;\u{1b}\\"),
        ("device control", "\u{1b}P$q\"p\u{1b}\\"),
        ("application command", "\u{1b}_Gi=1;AAAA\u{1b}\\"),
        ("status report", "\u{1b}[6n\u{1b}[21t\u{1b}[c"),
        ("paste end", "\u{1b}[201~rm -rf\n"),
        ("unterminated", "\u{1b}]0;"),
        ("right-to-left override", "photo_\u{202e}gpj.exe"),
        ("bidi marks", "a\u{200e}b\u{200f}c\u{61c}d"),
        ("bidi embeddings", "\u{202a}a\u{202b}b\u{202c}c\u{202d}d\u{202e}e"),
        ("bidi isolates", "\u{2066}a\u{2067}b\u{2068}c\u{2069}"),
        ("zero-width space", "ad\u{200b}min"),
        ("word joiner and invisible operators", "a\u{2060}b\u{2061}c\u{2062}d\u{2063}e\u{2064}f"),
        ("byte order mark", "\u{feff}text\u{feff}"),
        ("soft hyphen", "co\u{ad}operate"),
        ("Hangul fillers", "a\u{115f}b\u{1160}c\u{3164}d\u{ffa0}e"),
        ("Mongolian vowel separator", "a\u{180e}b"),
        ("combining grapheme joiner", "a\u{34f}b"),
        ("deprecated format characters", "a\u{206a}b\u{206f}c"),
        ("annotation characters", "a\u{fff9}b\u{fffa}c\u{fffb}d"),
        ("language tag and tags", "a\u{e0001}\u{e0061}\u{e0062}b\u{e007f}"),
        ("only invisible", "\u{200b}\u{200c}\u{200d}\u{feff}"),
        ("noncharacters", "a\u{fffe}b\u{ffff}c\u{fdd0}d\u{1ffff}e\u{10ffff}"),
        ("private use is a character", "\u{f8ff} \u{e0b0} \u{f0000}"),
        ("replacement character is left", "a\u{fffd}b"),
        ("joiner at the start", "\u{200d}a"),
        ("joiner at the end", "a\u{200d}"),
        ("joiner before a space", "a\u{200c} b"),
        ("joiner before a newline", "a\u{200d}\nb"),
        ("joiners in a row", "a\u{200c}\u{200d}\u{200c}b"),
        ("joiner, then something invisible", "a\u{200d}\u{200b}b"),
        ("Arabic", "مرحبا بالعالم، كيف الحال؟"),
        ("Arabic with vowels", "اَلسَّلَامُ"),
        ("Persian with non-joiners", "می\u{200c}خواهم کتاب\u{200c}ها"),
        ("Hebrew", "שלום עולם, שָׁלוֹם"),
        ("Hindi", "नमस्ते, क्\u{200d}ष श्री"),
        ("Bengali, joiner before a mark", "র\u{200d}\u{9cd}যাব"),
        ("Thai", "สวัสดีชาวโลก ที่นี่"),
        ("Chinese, Japanese, Korean", "你好 こんにちは ガギグ 안녕하세요"),
        ("Vietnamese, decomposed", "Vie\u{302}\u{323}t"),
        ("emoji family", "👩\u{200d}👩\u{200d}👧\u{200d}👦"),
        ("emoji with skin tone and joiner", "👩🏽\u{200d}🚀 👍🏿"),
        ("skin tone alone", "\u{1f3fd} \u{1f3fd}"),
        ("emoji heart on fire", "❤\u{fe0f}\u{200d}🔥"),
        ("flags", "🇩🇪🇯🇵 🏳\u{fe0f}\u{200d}🌈"),
        ("flag of Scotland", "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}"),
        ("flag tags without an end", "🏴\u{e0067}\u{e0062}\u{e0073}x"),
        ("flag tags too many", "🏴\u{e0061}\u{e0061}\u{e0061}\u{e0061}\u{e0061}\u{e0061}\u{e0061}\u{e007f}"),
        ("flag tags too few", "🏴\u{e0061}\u{e0062}\u{e007f}"),
        (
            "flag, then something invisible, then tags",
            "🏴\u{200b}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
        ),
        ("keycap", "1\u{fe0f}\u{20e3}"),
        ("ideographic variation", "葛\u{e0100}"),
        ("selector without a character", "\u{fe0f}a \u{fe0f}b"),
        ("Mongolian selector", "\u{1820}\u{180b}"),
        ("mark without a character", "\u{301}a"),
        ("mark after a space", "a \u{301}b"),
        ("mark after a newline", "a\n\u{301}b"),
        ("mark after something forbidden", "\u{1b}\u{301}"),
        ("spaces of all kinds", "a\u{a0}b\u{2003}c\u{3000}d\u{202f}e"),
        ("markup is text", "<script>alert(1)</script> &amp; <b>"),
    ];
    let mut texts: Vec<(&'static str, String)> =
        short.into_iter().map(|(name, text)| (name, text.to_owned())).collect();
    texts.extend([
        ("all C0 and C1 controls", ('\0'..'\u{a0}').filter(|c| c.is_control()).collect()),
        ("a tower of marks", format!("Z{}a", "\u{301}".repeat(20))),
        ("a tower of selectors", format!("x{}y", "\u{fe0f}".repeat(12))),
        ("a tower of skin tones", format!("👍{}", "\u{1f3fb}".repeat(12))),
        ("eight marks are left", format!("a{}", "\u{300}".repeat(8))),
        ("marks and joiners", format!("a{}b", "\u{301}\u{200d}".repeat(12))),
        ("a family without end", format!("👩{}", "\u{200d}👩".repeat(12))),
        ("joined letters, twice", format!("{} {}", "ب\u{200d}".repeat(4), "ب\u{200d}".repeat(11))),
    ]);
    texts
}

#[test]
fn safe_text_is_as_the_golden_file_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/safe_text.json");
    let made: Vec<Case> = texts()
        .into_iter()
        .map(|(name, text)| Case {
            name: name.to_owned(),
            line: safe_text::line(&text).into_owned(),
            block: safe_text::block(&text).into_owned(),
            text,
        })
        .collect();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, visible_json(&made)).unwrap();
    }
    let golden: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert!(golden.len() >= 60);
    for (made, golden) in made.iter().zip(&golden) {
        assert_eq!(made, golden);
    }
    assert_eq!(made.len(), golden.len());
}

/// One case a line, all but ASCII escaped: the file is about characters that are not seen.
fn visible_json(cases: &[Case]) -> String {
    let lines: Vec<String> = cases.iter().map(|case| serde_json::to_string(case).unwrap()).collect();
    let json = format!("[\n{}\n]\n", lines.join(",\n"));
    let mut visible = String::new();
    for c in json.chars() {
        if c.is_ascii() && c != '\u{7f}' {
            visible.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(visible, "\\u{unit:04x}").unwrap();
            }
        }
    }
    visible
}
