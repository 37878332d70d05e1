//! What holds for any text; what holds for certain ones is in `protocol/golden/markup`.

use proptest::prelude::*;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::*;

/// Texts full of what means something.
fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[ab ]{1,3}",
        6 => "[*_~`\\[\\]()<>!#|:@\\\\-]{1,3}",
        2 => Just("\n".to_owned()),
        1 => Just("\n\n".to_owned()),
        1 => Just("\n- ".to_owned()),
        1 => Just("\n> ".to_owned()),
        1 => Just("\n  1. ".to_owned()),
        1 => Just("```".to_owned()),
        1 => Just("|-|-|\n".to_owned()),
        1 => Just("](https://a.b/".to_owned()),
        1 => Just("https://a.b/(c)".to_owned()),
        1 => Just(":tada:".to_owned()),
        1 => Just("@ana".to_owned()),
        1 => "[\u{0}-\u{a0}\u{300}\u{200d}\u{202e}\u{2028}中。（é👩🎉]{1,2}",
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

fn visit<'a>(blocks: &'a [Block], depth: usize, see: &mut impl FnMut(&'a [Inline], Option<&'a str>, usize)) {
    for block in blocks {
        match block {
            Block::Paragraph { inlines } | Block::Heading { inlines, .. } => see(inlines, None, depth),
            Block::Code { text, .. } => see(&[], Some(text), depth),
            Block::Quote { blocks } => visit(blocks, depth + 1, see),
            Block::List { items, .. } => items.iter().for_each(|item| visit(&item.blocks, depth + 1, see)),
            Block::Table { head, rows, .. } => {
                head.iter().chain(rows.iter().flatten()).for_each(|cell| see(cell, None, depth));
            }
            Block::Rule => {}
        }
    }
}

/// All that can be read in a tree.
fn words(blocks: &[Block]) -> String {
    let mut words = String::new();
    visit(blocks, 0, &mut |inlines, code, _| {
        words.push_str(&tree::plain(inlines));
        words.push_str(code.unwrap_or_default());
    });
    words
}

fn height(inlines: &[Inline]) -> usize {
    let inner = |inline: &Inline| match inline {
        Inline::Strong { inlines }
        | Inline::Em { inlines }
        | Inline::Strike { inlines }
        | Inline::Link { inlines, .. } => 1 + height(inlines),
        _ => 0,
    };
    inlines.iter().map(inner).max().unwrap_or(0)
}

proptest! {
    #[test]
    fn any_text_is_read_within_bounds(text in hostile()) {
        let tree = parse(&text);
        let mut holds = Ok(());
        visit(&tree, 0, &mut |inlines, code, depth| {
            let safe = |text: &str| safe_text::block(text) == text;
            let plain = tree::plain(inlines);
            if depth > DEPTH || height(inlines) > INLINE_DEPTH + 1 || !code.is_none_or(safe) || !every(inlines, &safe) {
                holds = Err(plain);
            }
        });
        prop_assert_eq!(holds, Ok(()));
    }

    #[test]
    fn no_word_is_lost(text in hostile()) {
        // Digits and titles of links may be: they are markup there.
        let letters = |text: &str| text.chars().filter(|c| matches!(c, 'a' | 'b' | '中' | 'é')).count();
        let mut links = 0;
        let tree = parse(&text);
        visit(&tree, 0, &mut |inlines, _, _| links += hrefs(inlines).map(|href| letters(&href)).sum::<usize>());
        let languages = tree.iter().map(lang).map(|lang| letters(&lang)).sum::<usize>();
        prop_assert!(letters(&words(&tree)) + links + languages + infos(&text) >= letters(&text));
    }

    #[test]
    fn trees_go_through_json(text in hostile()) {
        let tree = parse(&text);
        let json = serde_json::to_string(&tree).unwrap();
        prop_assert_eq!(serde_json::from_str::<Vec<Block>>(&json).unwrap(), tree);
    }

    /// What is plain `CommonMark`, and neither left out of our language nor made better in it, is read as by others.
    #[test]
    fn common_markup_is_read_as_by_others(text in common()) {
        prop_assert_eq!(told(&parse(&text)), by_others(&text), "{:?}", text);
    }
}

/// Each piece of text satisfies `safe`, and there is one of it.
fn every(inlines: &[Inline], safe: &impl Fn(&str) -> bool) -> bool {
    let pairs = inlines.windows(2).all(|two| !matches!(two, [Inline::Text { .. }, Inline::Text { .. }]));
    pairs
        && inlines.iter().all(|inline| match inline {
            Inline::Text { text } => safe(text) && !text.is_empty(),
            Inline::Code { text } => safe(text),
            Inline::Strong { inlines } | Inline::Em { inlines } | Inline::Strike { inlines } => {
                every(inlines, safe)
            }
            Inline::Link { inlines, href } => {
                let nested = |inline: &Inline| matches!(inline, Inline::Link { .. } | Inline::Mention { .. });
                every(inlines, safe) && address::is_allowed(href) && !inlines.iter().any(nested)
            }
            _ => true,
        })
}

fn hrefs(inlines: &[Inline]) -> Box<dyn Iterator<Item = String> + '_> {
    Box::new(inlines.iter().flat_map(|inline| match inline {
        Inline::Link { href, inlines } => Box::new(std::iter::once(href.clone()).chain(hrefs(inlines))),
        Inline::Strong { inlines } | Inline::Em { inlines } | Inline::Strike { inlines } => hrefs(inlines),
        _ => Box::new(std::iter::empty()),
    }))
}

fn lang(block: &Block) -> String {
    match block {
        Block::Code { lang, .. } => lang.clone(),
        Block::Quote { blocks } => blocks.iter().map(lang).collect(),
        Block::List { items, .. } => items.iter().flat_map(|item| &item.blocks).map(lang).collect(),
        _ => String::new(),
    }
}

/// Letters that may stand behind a fence, where they are not shown.
fn infos(text: &str) -> usize {
    let text = safe_text::block(text);
    let fences = text.split('\n').filter(|line| line.contains("```") || line.contains("~~~"));
    fences.map(|line| line.chars().filter(|c| matches!(c, 'a' | 'b' | '中' | 'é')).count()).sum()
}

/// Texts without what we read otherwise: lazy lines, raw HTML, definitions, underlined titles, nothing-but-signs.
fn common() -> impl Strategy<Value = String> {
    let inline = prop_oneof![
        5 => "[ab]{1,3}",
        3 => Just(" ".to_owned()),
        5 => "[*_]{1,4}",
        2 => "`{1,2}",
        1 => "[.,(]",
        1 => Just("\\*".to_owned()),
        1 => Just("[a](https://x.y)".to_owned()),
        1 => Just("[*a](<https://x.y> \"t\")".to_owned()),
    ];
    let line = prop::collection::vec(inline, 1..10).prop_map(|parts| format!("x{}x", parts.concat()));
    let block = (
        prop_oneof![Just(""), Just("# "), Just("> "), Just("- "), Just("3. "), Just("> - "), Just("- 1. ")],
        line,
    );
    prop::collection::vec(block.prop_map(|(mark, line)| format!("{mark}{line}")), 1..5)
        .prop_map(|blocks| blocks.join("\n\n"))
}

/// A tree as a flat list of what begins and ends in it, and its words.
fn told(blocks: &[Block]) -> Vec<String> {
    let mut out = Vec::new();
    for block in blocks {
        match block {
            Block::Paragraph { inlines } => inner("paragraph", &mut out, |out| told_inlines(inlines, out)),
            Block::Heading { inlines, level } => {
                inner(&format!("heading {level}"), &mut out, |out| told_inlines(inlines, out));
            }
            Block::Quote { blocks } => inner("quote", &mut out, |out| out.extend(told(blocks))),
            Block::List { start, items } => inner(&format!("list {start:?}"), &mut out, |out| {
                for item in items {
                    inner("item", out, |out| out.extend(told(&item.blocks)));
                }
            }),
            Block::Code { text, .. } => out.push(format!("code {text}")),
            Block::Table { .. } => out.push("table".to_owned()),
            Block::Rule => out.push("rule".to_owned()),
        }
    }
    out
}

fn told_inlines(inlines: &[Inline], out: &mut Vec<String>) {
    for inline in inlines {
        match inline {
            Inline::Text { text } => out.push(format!("text {text}")),
            Inline::Code { text } => out.push(format!("code {text}")),
            Inline::Strong { inlines } => inner("strong", out, |out| told_inlines(inlines, out)),
            Inline::Em { inlines } => inner("em", out, |out| told_inlines(inlines, out)),
            Inline::Strike { inlines } => inner("strike", out, |out| told_inlines(inlines, out)),
            Inline::Link { href, inlines } => {
                inner(&format!("link {href}"), out, |out| told_inlines(inlines, out));
            }
            Inline::Break => out.push("break".to_owned()),
            Inline::Mention { name } => out.push(format!("mention {name}")),
            Inline::Emoji { name } => out.push(format!("emoji {name}")),
        }
    }
}

fn inner(name: &str, out: &mut Vec<String>, fill: impl FnOnce(&mut Vec<String>)) {
    out.push(format!("<{name}>"));
    fill(out);
    out.push(format!("</{name}>"));
}

fn by_others(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut open = Vec::new();
    // Points without blank lines between them have no paragraphs there.
    let mut bare = false;
    for event in Parser::new(text) {
        let is_inline = matches!(event, Event::Text(_) | Event::Code(_))
            || matches!(&event, Event::Start(Tag::Emphasis | Tag::Strong | Tag::Link { .. }));
        if is_inline && out.last().is_some_and(|last| last == "<item>") {
            out.push("<paragraph>".to_owned());
            bare = true;
        }
        if bare
            && matches!(
                event,
                Event::Start(Tag::List(_) | Tag::Paragraph | Tag::BlockQuote(_)) | Event::End(TagEnd::Item)
            )
        {
            out.push("</paragraph>".to_owned());
            bare = false;
        }
        match event {
            Event::Start(tag) => {
                let name = match tag {
                    Tag::Paragraph => "paragraph".to_owned(),
                    Tag::Heading { level, .. } => format!("heading {}", level as usize),
                    Tag::BlockQuote(_) => "quote".to_owned(),
                    Tag::List(start) => format!("list {start:?}"),
                    Tag::Item => "item".to_owned(),
                    Tag::Emphasis => "em".to_owned(),
                    Tag::Strong => "strong".to_owned(),
                    Tag::Link { dest_url, .. } => format!("link {dest_url}"),
                    other => format!("{other:?}"),
                };
                out.push(format!("<{name}>"));
                open.push(name);
            }
            Event::End(_) => out.push(format!("</{}>", open.pop().unwrap())),
            Event::Text(more) => match out.last_mut().filter(|last| last.starts_with("text ")) {
                Some(text) => text.push_str(&more),
                None => out.push(format!("text {more}")),
            },
            Event::Code(text) => out.push(format!("code {text}")),
            other => out.push(format!("{other:?}")),
        }
    }
    out
}
