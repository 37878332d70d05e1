//! A line of several looks, cut into rows: at spaces where there are any, and never within a cluster.

use unicode_segmentation::UnicodeSegmentation;

use super::{Line, Look, Span};
use crate::app::text::{Cells, Class, pieces};

/// Cuts a line into rows of at most `columns` cells; a line has at least one row. A cluster wider than `columns` is
/// replaced by `·`.
pub(super) fn wrap(line: &[Span], columns: usize, rows: &mut Vec<Line>) {
    let columns = columns.max(1);
    let mut row = Row::default();
    for word in words(line) {
        if row.used + word.wide <= columns {
            row.push(&word);
        } else if word.class == Class::Space {
            // The space at which a row is cut is not drawn.
            rows.push(row.take());
        } else if row.used > 0 && word.wide <= columns {
            rows.push(trimmed(row.take()));
            row.push(&word);
        } else {
            for &(text, look) in &word.parts {
                for cluster in text.graphemes(true) {
                    let (cluster, wide) =
                        if cluster.cells() > columns { ("·", 1) } else { (cluster, cluster.cells()) };
                    if row.used + wide > columns {
                        rows.push(row.take());
                    }
                    row.add(cluster, look);
                    row.used += wide;
                }
            }
        }
    }
    rows.push(row.take());
}

/// Text that is not cut while it fits, of one look or several: `**un**cut`.
struct Word<'a> {
    class: Class,
    parts: Vec<(&'a str, Look)>,
    wide: usize,
}

fn words(line: &[Span]) -> Vec<Word<'_>> {
    let mut words: Vec<Word<'_>> = Vec::new();
    for span in line {
        for (text, class) in pieces(&span.text) {
            let wide = text.cells();
            match words.last_mut() {
                Some(last) if last.class == class && class == Class::Word => {
                    last.parts.push((text, span.look));
                    last.wide += wide;
                }
                _ => words.push(Word { class, parts: vec![(text, span.look)], wide }),
            }
        }
    }
    words
}

#[derive(Default)]
struct Row {
    line: Line,
    used: usize,
}

impl Row {
    fn push(&mut self, word: &Word<'_>) {
        for &(text, look) in &word.parts {
            self.add(text, look);
        }
        self.used += word.wide;
    }

    fn add(&mut self, text: &str, look: Look) {
        match self.line.last_mut() {
            Some(last) if last.look == look => last.text.push_str(text),
            _ => self.line.push(Span { text: text.to_owned(), look }),
        }
    }

    fn take(&mut self) -> Line {
        self.used = 0;
        std::mem::take(&mut self.line)
    }
}

fn trimmed(mut line: Line) -> Line {
    while let Some(last) = line.last_mut() {
        last.text.truncate(last.text.trim_end_matches(' ').len());
        if !last.text.is_empty() {
            break;
        }
        line.pop();
    }
    line
}
