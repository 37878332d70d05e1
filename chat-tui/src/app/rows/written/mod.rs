//! What somebody wrote, as rows of a given width.

mod table;
mod wrap;

use crate::app::text::width;
use crate::app::written::{Meaning, Written};
use crate::markup::highlight::{Class, parts};
use crate::markup::sgr::Style;
use crate::markup::tree::plain;
use crate::markup::{Block, Inline, Item};
use wrap::wrap;

/// What stands left of code, and of a quote.
const CODE: &str = "┃ ";
const QUOTE: &str = "│ ";
/// Below this width nothing is set in: text matters more than its frame.
const NARROW: usize = 12;

/// Text of one look, within a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What is drawn.
    pub text: String,
    /// How.
    pub look: Look,
}

/// How text looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    /// What it is.
    pub role: Role,
    /// Emphasis, and colours that its author chose.
    pub style: Style,
    /// Which link of its message it belongs to.
    pub link: Option<u16>,
}

/// What a text is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Role {
    /// Words.
    #[default]
    Words,
    /// What stands for markup: a point, a frame, an address behind its text.
    Sign,
    /// Code in a line.
    Code,
    /// A part of code in a block.
    Syntax(Class),
    /// Where a link can be pressed, or read off.
    Link,
    /// Somebody's name.
    Mention,
    /// One's own name, or that of all who are here.
    Call,
}

impl Span {
    /// Words of no special look.
    pub fn words(text: impl Into<String>) -> Self {
        Self { text: text.into(), look: Look::default() }
    }

    fn sign(text: impl Into<String>) -> Self {
        Self { text: text.into(), look: Look { role: Role::Sign, ..Look::default() } }
    }
}

/// A row: its spans from the left.
pub type Line = Vec<Span>;

/// The cells of a row.
pub(super) fn cells(line: &[Span]) -> usize {
    line.iter().map(|span| width(&span.text)).sum()
}

/// Lays a text out, in rows of at most `columns` cells; there is at least one. `me` is who reads it.
pub(super) fn rows(written: &Written, me: &str, columns: usize) -> Vec<Line> {
    let columns = columns.max(1);
    let mut rows = match written.meaning() {
        Meaning::Blocks(found) => {
            let hrefs = written.hrefs().map_or(&[][..], |hrefs| hrefs);
            Layout { me, hrefs }.blocks(found, columns)
        }
        Meaning::Coloured(runs) => {
            let parts = runs
                .iter()
                .map(|run| (run.text.as_str(), Look { style: legible(run.style), ..Look::default() }));
            let mut rows = Vec::new();
            let mut lines = lines(parts);
            // What a program wrote ends with a line break, behind which nothing is.
            lines.pop_if(|last| cells(last) == 0);
            for line in lines {
                wrap(&line, columns, &mut rows);
            }
            rows
        }
    };
    if rows.is_empty() {
        rows.push(Vec::new());
    }
    rows
}

/// Cuts parts at their line breaks.
fn lines<'a>(parts: impl Iterator<Item = (&'a str, Look)>) -> Vec<Line> {
    let mut lines = vec![Vec::new()];
    for (text, look) in parts {
        for (index, text) in text.split('\n').enumerate() {
            if index > 0 {
                lines.push(Vec::new());
            }
            if let Some(line) = lines.last_mut()
                && !text.is_empty()
            {
                line.push(Span { text: text.to_owned(), look });
            }
        }
    }
    lines
}

/// Text in the colour of its ground would be hidden.
fn legible(style: Style) -> Style {
    if style.fg.is_some() && style.fg == style.bg { Style { fg: None, ..style } } else { style }
}

struct Layout<'a> {
    me: &'a str,
    /// Where links lead that can be clicked.
    hrefs: &'a [String],
}

impl Layout<'_> {
    fn blocks(&self, blocks: &[Block], columns: usize) -> Vec<Line> {
        let mut rows = Vec::new();
        for (index, block) in blocks.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| &blocks[before]);
            if before.is_some_and(|before| is_apart(before, block)) {
                rows.push(Vec::new());
            }
            self.block(block, columns, &mut rows);
        }
        rows
    }

    fn block(&self, block: &Block, columns: usize, rows: &mut Vec<Line>) {
        match block {
            Block::Paragraph { inlines } => self.inlines(inlines, Look::default(), columns, rows),
            Block::Heading { inlines, level } => {
                let style = Style { bold: true, underline: *level == 1, ..Style::default() };
                self.inlines(inlines, Look { style, ..Look::default() }, columns, rows);
            }
            Block::Code { lang, text } => {
                let sign = Span::sign(CODE);
                within(&sign, &sign.clone(), columns, rows, |columns| {
                    let parts = parts(lang, text).into_iter().map(|(class, text)| {
                        (text, Look { role: class.map_or(Role::Words, Role::Syntax), ..Look::default() })
                    });
                    let mut rows = Vec::new();
                    for line in lines(parts) {
                        wrap(&line, columns, &mut rows);
                    }
                    rows
                });
            }
            Block::Quote { blocks } => {
                let sign = Span::sign(QUOTE);
                within(&sign, &sign.clone(), columns, rows, |columns| self.blocks(blocks, columns));
            }
            Block::List { start, items } => {
                for (number, item) in (u64::from(start.unwrap_or(0))..).zip(items) {
                    self.item(item, start.map(|_| number), columns, rows);
                }
            }
            Block::Table { align, head, rows: body } => {
                let row = |cells: &[Vec<Inline>], bold: bool| {
                    let style = Style { bold, ..Style::default() };
                    cells.iter().map(|cell| self.line(cell, Look { style, ..Look::default() })).collect()
                };
                let body: Vec<Vec<Line>> = body.iter().map(|cells| row(cells, false)).collect();
                table::rows(align, &row(head, true), &body, columns, rows);
            }
            Block::Rule => rows.push(vec![Span::sign("─".repeat(columns))]),
        }
    }

    fn item(&self, item: &Item, number: Option<u64>, columns: usize, rows: &mut Vec<Line>) {
        let task = match item.task {
            Some(true) => "☑ ",
            Some(false) => "☐ ",
            None => "",
        };
        let marker = match number {
            Some(number) => format!("{number}. {task}"),
            None if task.is_empty() => "• ".to_owned(),
            None => task.to_owned(),
        };
        let margin = " ".repeat(width(&marker));
        within(&Span::sign(marker), &Span::words(margin), columns, rows, |columns| {
            let rows = self.blocks(&item.blocks, columns);
            if rows.is_empty() { vec![Vec::new()] } else { rows }
        });
    }

    fn inlines(&self, inlines: &[Inline], look: Look, columns: usize, rows: &mut Vec<Line>) {
        let mut lines = vec![Vec::new()];
        self.spans(inlines, look, &mut lines);
        for line in lines {
            wrap(&line, columns, rows);
        }
    }

    /// What stands in one line.
    fn line(&self, inlines: &[Inline], look: Look) -> Line {
        let mut lines = vec![Vec::new()];
        self.spans(inlines, look, &mut lines);
        lines.concat()
    }

    fn spans(&self, inlines: &[Inline], look: Look, lines: &mut Vec<Line>) {
        for inline in inlines {
            let mut push = |text: &str, role: Role| {
                if let Some(line) = lines.last_mut() {
                    line.push(Span { text: text.to_owned(), look: Look { role, ..look } });
                }
            };
            let styled = |change: fn(&mut Style)| {
                let mut look = look;
                change(&mut look.style);
                look
            };
            match inline {
                Inline::Text { text } => push(text, look.role),
                Inline::Code { text } => push(text, Role::Code),
                Inline::Strong { inlines } => self.spans(inlines, styled(|style| style.bold = true), lines),
                Inline::Em { inlines } => self.spans(inlines, styled(|style| style.italic = true), lines),
                Inline::Strike { inlines } => self.spans(inlines, styled(|style| style.strike = true), lines),
                Inline::Link { href, inlines } => {
                    let link = self.hrefs.iter().position(|known| known == href);
                    let link = link.and_then(|link| u16::try_from(link).ok());
                    self.spans(inlines, Look { role: Role::Link, link, ..look }, lines);
                    // Where it leads is told wherever its text does not say so.
                    if !leads_there(&plain(inlines), href)
                        && let Some(line) = lines.last_mut()
                    {
                        line.push(Span::sign(" ("));
                        let look = Look { role: Role::Sign, link, ..Look::default() };
                        line.push(Span { text: crate::app::safe::line(href), look });
                        line.push(Span::sign(")"));
                    }
                }
                Inline::Break => lines.push(Vec::new()),
                Inline::Mention { name } => {
                    let is_call = name == self.me || matches!(name.as_str(), "here" | "room");
                    push(&format!("@{name}"), if is_call { Role::Call } else { Role::Mention });
                }
                Inline::Emoji { name } => match emojis::get_by_shortcode(name) {
                    Some(emoji) => push(emoji.as_str(), look.role),
                    None => push(&format!(":{name}:"), look.role),
                },
            }
        }
    }
}

fn leads_there(text: &str, href: &str) -> bool {
    text == href || ["http://", "mailto:"].iter().any(|scheme| href.strip_prefix(scheme) == Some(text))
}

/// Whether an empty row stands between two blocks: where nothing else tells them apart.
fn is_apart(before: &Block, block: &Block) -> bool {
    matches!(
        (before, block),
        (Block::Paragraph { .. }, Block::Paragraph { .. })
            | (Block::Quote { .. }, Block::Quote { .. })
            | (Block::List { .. }, Block::List { .. })
            | (Block::Code { .. }, Block::Code { .. })
            | (_, Block::Heading { .. } | Block::Table { .. })
            | (Block::Table { .. }, _)
    )
}

/// Rows behind a sign, and behind another below the first.
fn within(
    first: &Span,
    others: &Span,
    columns: usize,
    rows: &mut Vec<Line>,
    inner: impl FnOnce(usize) -> Vec<Line>,
) {
    let wide = width(&first.text);
    if columns < wide + NARROW {
        rows.extend(inner(columns));
        return;
    }
    for (index, line) in inner(columns - wide).into_iter().enumerate() {
        let sign = if index == 0 { first } else { others };
        rows.push(std::iter::once(sign.clone()).chain(line).collect());
    }
}

#[cfg(test)]
mod tests;
