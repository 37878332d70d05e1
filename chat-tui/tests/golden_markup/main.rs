//! `protocol/golden/markup`, `sgr` and `highlight`: what both clients must make of a message's text.
//!
//! `UPDATE_GOLDEN=1 cargo test -p chat-tui --test golden_markup` writes the files anew from the texts in here; read
//! their difference.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod code;
mod coloured;
mod texts;

use std::fmt::Write as _;
use std::path::PathBuf;

use chat_tui::markup::{Block, highlight, parse, sgr};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A text, what it is about, and how often it stands in a row.
type Text = (&'static str, &'static str, usize);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Case<T> {
    name: String,
    source: String,
    #[serde(default = "once", skip_serializing_if = "is_once")]
    repeat: usize,
    #[serde(flatten)]
    wanted: T,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Read {
    tree: Vec<Block>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Coloured {
    coloured: bool,
    runs: Vec<sgr::Run>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Highlighted {
    lang: String,
    parts: Vec<(Option<highlight::Class>, String)>,
}

#[test]
fn markup_is_read_as_the_golden_files_tell() {
    let read = |source: &str| Read { tree: parse(source) };
    for (topic, texts) in texts::TOPICS {
        hold(&format!("markup/{topic}.json"), texts, read);
    }
    assert!(texts::TOPICS.iter().map(|(_, texts)| texts.len()).sum::<usize>() > 150);
}

#[test]
fn colours_are_kept_as_the_golden_files_tell() {
    let read = |source: &str| Coloured { coloured: sgr::is_coloured(source), runs: sgr::runs(source) };
    for (topic, texts) in coloured::TOPICS {
        hold(&format!("sgr/{topic}.json"), texts, read);
    }
}

#[test]
fn code_has_the_colours_that_the_golden_files_tell() {
    for (lang, texts) in code::LANGUAGES {
        let read = |source: &str| {
            let parts = highlight::parts(lang, source);
            let parts = parts.into_iter().map(|(class, text)| (class, text.to_owned())).collect();
            Highlighted { lang: (*lang).to_owned(), parts }
        };
        hold(&format!("highlight/{lang}.json"), texts, read);
    }
}

fn hold<T>(file: &str, texts: &[Text], read: impl Fn(&str) -> T)
where
    T: std::fmt::Debug + PartialEq + Serialize + DeserializeOwned,
{
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../protocol/golden").join(file);
    let case = |(name, source, repeat): &Text| Case {
        name: (*name).to_owned(),
        source: (*source).to_owned(),
        repeat: *repeat,
        wanted: read(&source.repeat(*repeat)),
    };
    let cases: Vec<Case<T>> = texts.iter().map(case).collect();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let mut text = String::new();
        for case in &cases {
            let sign = if text.is_empty() { '[' } else { ',' };
            write!(text, "{sign}\n{}", escaped(&serde_json::to_string(case).unwrap())).unwrap();
        }
        std::fs::write(&path, text + "\n]\n").unwrap();
    }
    let kept: Vec<Case<T>> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    for (kept, case) in kept.iter().zip(&cases) {
        assert_eq!(kept, case, "{file}: {}", case.name);
    }
    assert_eq!(kept.len(), cases.len(), "{file}");
}

/// What cannot be seen, or moves other text, is escaped.
fn escaped(json: &str) -> String {
    let mut out = String::new();
    for c in json.chars() {
        match c {
            '\u{7f}'..='\u{a0}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}'
            | '\u{2060}'..='\u{206f}'
            | '\u{61c}'
            | '\u{feff}' => {
                write!(out, "\\u{:04x}", u32::from(c)).unwrap();
            }
            c => out.push(c),
        }
    }
    out
}

fn once() -> usize {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_once(count: &usize) -> bool {
    *count == 1
}
