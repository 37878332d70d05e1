//! Files that are made from the `protocol` crate, so that they cannot contradict it: the page's type declarations
//! and the tables of `docs/PROTOCOL.md` and its companions. And the page's emoji and
//! programming languages, which are the terminal's.

mod emoji;
mod source;
mod tables;

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, bail};

const DECLARATIONS: &str = "web/js/protocol.d.ts";
const EMOJI: &str = "web/js/later/emoji.js";
/// What the terminal knows of programming languages, and the page.
const LANGUAGES: (&str, &str) = ("chat-tui/src/markup/languages.json", "web/js/later/languages.js");
const DOCUMENTS: &[&str] = &["docs/PROTOCOL.md", "docs/EVENTS.md", "docs/FRAMES.md", "docs/HTTP.md"];
/// What is said about messages and rooms goes before the events that come of it and have the same names.
const PROTOCOL_SOURCES: &[&str] = &[
    "client",
    "server",
    "messages",
    "rooms",
    "event",
    "signal",
    "http",
    "http/files",
    "people",
    "own",
    "error",
    "limits",
];

/// Writes what is stale.
pub(crate) fn write() -> Result<()> {
    for (path, wanted) in wanted()? {
        if fs::read_to_string(path).ok().as_deref() != Some(&wanted) {
            fs::write(path, wanted).with_context(|| format!("writing {path}"))?;
            println!("wrote {path}");
        }
    }
    Ok(())
}

/// Fails if a generated file is stale.
pub(crate) fn check() -> Result<()> {
    for (path, wanted) in wanted()? {
        if fs::read_to_string(path).with_context(|| format!("reading {path}"))? != wanted {
            bail!("{path} is stale: run `cargo xtask codegen`");
        }
        println!("{path} is fresh");
    }
    Ok(())
}

fn wanted() -> Result<Vec<(&'static str, String)>> {
    let mut items = Vec::new();
    for name in PROTOCOL_SOURCES {
        let path = format!("protocol/src/{name}.rs");
        let text = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
        items.extend(source::read(&text).into_iter().map(|item| (*name, item)));
    }
    let mut wanted = vec![(DECLARATIONS, protocol::typescript::declarations()), (EMOJI, emoji::module())];
    let (path, copy) = LANGUAGES;
    let list = fs::read_to_string(path).with_context(|| format!("reading {path}"))?;
    wanted.push((copy, languages(path, &list)));
    for path in DOCUMENTS {
        let document = fs::read_to_string(path).with_context(|| format!("reading {path}"))?;
        let document = fill(&document, |section| tables::section(&items, section))
            .with_context(|| format!("filling the tables of {path}"))?;
        wanted.push((path, document));
    }
    Ok(wanted)
}

/// A list in JSON as a module for the page.
fn languages(path: &str, list: &str) -> String {
    format!(
        "// Made by `cargo xtask codegen` from `{path}`; not to be edited.\n\n\
         /** @type {{{{names: string, line?: string, block?: string, strings?: string, long?: string, keywords?: string, constants?: string, keys?: string, fold?: boolean, diff?: boolean}}[]}} */\n\
         export const LANGUAGES = {};\n",
        list.trim_end()
    )
}

/// Replaces what stands between `<!-- generated: NAME -->` and `<!-- end -->`.
fn fill(document: &str, section: impl Fn(&str) -> Result<String>) -> Result<String> {
    const BEGIN: &str = "<!-- generated: ";
    const END: &str = "<!-- end -->";
    let mut filled = String::new();
    let mut rest = document;
    while let Some(at) = rest.find(BEGIN) {
        let after = &rest[at + BEGIN.len()..];
        let (name, body) = after.split_once(" -->").context("a marker without its end")?;
        let end = body.find(END).with_context(|| format!("no `{END}` after the marker of `{name}`"))?;
        filled.push_str(&rest[..at]);
        let _ = write!(filled, "{BEGIN}{name} -->\n{}\n{END}", section(name)?.trim_end());
        rest = &body[end + END.len()..];
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_is_replaced() {
        let document = "a\n<!-- generated: x -->\nold\n<!-- end -->\nb\n<!-- generated: y --><!-- end -->";
        let filled = fill(document, |name| Ok(format!("new {name}\n"))).unwrap();
        let wanted =
            "a\n<!-- generated: x -->\nnew x\n<!-- end -->\nb\n<!-- generated: y -->\nnew y\n<!-- end -->";
        assert_eq!(filled, wanted);
        assert_eq!(fill(wanted, |name| Ok(format!("new {name}\n"))).unwrap(), wanted);
        assert!(fill("<!-- generated: x -->", |_| Ok(String::new())).is_err());
    }
}
