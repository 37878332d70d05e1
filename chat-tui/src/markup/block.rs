//! Blocks: from lines to paragraphs, lists and their kin.
//!
//! A quote or a point of a list hands the lines that are its own, less their margin, to the same function again. So a
//! line is looked at once for each level it stands in, and there are at most [`DEPTH`] of them.

use protocol::safe_text;

use super::inline::inlines;
use super::tree::{Align, Block, Item};
use super::{COLUMNS, DEPTH, LANG_BYTES};

/// The blocks of some lines, `depth` quotes and lists down. Lines hold no tabs and no line breaks.
pub(super) fn blocks(lines: &[&str], depth: usize) -> Vec<Block> {
    let mut found = Vec::new();
    let mut paragraph: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        if is_blank(line) {
            flush(&mut paragraph, &mut found);
            at += 1;
            continue;
        }
        if let Some((table, used)) = table(&paragraph, &lines[at..], depth) {
            paragraph.pop();
            flush(&mut paragraph, &mut found);
            found.push(table);
            at += used;
            continue;
        }
        let Some(start) = start(line, !paragraph.is_empty(), depth) else {
            paragraph.push(line.trim_matches(' '));
            at += 1;
            continue;
        };
        if matches!(start, Start::Quote) {
            let quoted = quoted(&lines[at..]);
            if quoted.iter().all(|line| is_blank(line)) {
                // A quote of nothing is signs that somebody typed.
                paragraph.extend(lines[at..at + quoted.len()].iter().map(|line| line.trim_matches(' ')));
            } else {
                flush(&mut paragraph, &mut found);
                found.push(Block::Quote { blocks: blocks(&quoted, depth + 1) });
            }
            at += quoted.len();
            continue;
        }
        flush(&mut paragraph, &mut found);
        let (block, used) = match start {
            Start::Indented => indented(&lines[at..]),
            Start::Fence(fence) => fenced(&fence, &lines[at..]),
            Start::Item(marker) => list(marker, &lines[at..], depth),
            Start::Heading { level, text } => (Block::Heading { level, inlines: inlines(text) }, 1),
            Start::Rule | Start::Quote => (Block::Rule, 1),
        };
        found.push(block);
        at += used;
    }
    flush(&mut paragraph, &mut found);
    found
}

fn flush(paragraph: &mut Vec<&str>, found: &mut Vec<Block>) {
    if !paragraph.is_empty() {
        found.push(Block::Paragraph { inlines: inlines(&paragraph.join("\n")) });
        paragraph.clear();
    }
}

/// What a line begins.
enum Start<'a> {
    Indented,
    Fence(Fence<'a>),
    Heading { level: u8, text: &'a str },
    Rule,
    Quote,
    Item(Marker),
}

fn start(line: &str, in_paragraph: bool, depth: usize) -> Option<Start<'_>> {
    if spaces(line) >= 4 {
        return (!in_paragraph).then_some(Start::Indented);
    }
    if let Some(fence) = fence(line) {
        return Some(Start::Fence(fence));
    }
    if let Some((level, text)) = heading(line) {
        return Some(Start::Heading { level, text });
    }
    if is_rule(line) {
        return Some(Start::Rule);
    }
    if depth >= DEPTH {
        return None;
    }
    if line.trim_start_matches(' ').starts_with('>') {
        return Some(Start::Quote);
    }
    let marker = marker(line)?;
    let begins = !marker.is_empty && (!in_paragraph || matches!(marker.number, None | Some(1)));
    begins.then_some(Start::Item(marker))
}

fn is_blank(line: &str) -> bool {
    line.bytes().all(|byte| byte == b' ')
}

fn spaces(line: &str) -> usize {
    line.bytes().take_while(|byte| *byte == b' ').count()
}

/// A line less at most `count` spaces at its begin.
fn outdented(line: &str, count: usize) -> &str {
    &line[spaces(line).min(count)..]
}

fn code(lang: &str, lines: &[&str]) -> Block {
    Block::Code { lang: lang.to_owned(), text: safe_text::block(&lines.join("\n")).into_owned() }
}

fn indented(lines: &[&str]) -> (Block, usize) {
    let belongs = |line: &&&str| is_blank(line) || spaces(line) >= 4;
    let mut used = lines.iter().take_while(belongs).count();
    while is_blank(lines[used - 1]) {
        used -= 1;
    }
    let inner: Vec<&str> = lines[..used].iter().map(|line| outdented(line, 4)).collect();
    (code("", &inner), used)
}

struct Fence<'a> {
    indent: usize,
    mark: char,
    length: usize,
    lang: &'a str,
}

fn fence(line: &str) -> Option<Fence<'_>> {
    let indent = spaces(line);
    let rest = &line[indent..];
    let mark = rest.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let info = rest.trim_start_matches(mark);
    let length = rest.len() - info.len();
    if length < 3 || (mark == '`' && info.contains('`')) {
        return None;
    }
    let word = info.trim_start_matches(' ').split(' ').next().unwrap_or_default();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"+#._-".contains(&byte);
    let lang = if word.len() <= LANG_BYTES && word.bytes().all(is_name) { word } else { "" };
    Some(Fence { indent, mark, length, lang })
}

fn fenced(open: &Fence<'_>, lines: &[&str]) -> (Block, usize) {
    let closes = |line: &&str| {
        let rest = line.trim_matches(' ');
        spaces(line) < 4 && rest.len() >= open.length && rest.chars().all(|c| c == open.mark)
    };
    let body = &lines[1..];
    let end = body.iter().position(closes);
    let inner: Vec<&str> =
        body[..end.unwrap_or(body.len())].iter().map(|line| outdented(line, open.indent)).collect();
    (code(open.lang, &inner), end.map_or(lines.len(), |end| end + 2))
}

/// A title of nothing is a sign that somebody typed.
fn heading(line: &str) -> Option<(u8, &str)> {
    let line = line.trim_matches(' ');
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    if !(1..=6).contains(&level) || !text.starts_with(' ') {
        return None;
    }
    let open = text.trim_end_matches('#');
    let text = if open.ends_with(' ') { open } else { text };
    let text = text.trim_matches(' ');
    let level = u8::try_from(level).unwrap_or(6);
    (!text.is_empty()).then_some((level, text))
}

fn is_rule(line: &str) -> bool {
    let Some(mark) = line.bytes().find(|byte| *byte != b' ') else { return false };
    let marks = line.bytes().filter(|byte| *byte == mark).count();
    b"-*_".contains(&mark) && marks >= 3 && line.bytes().all(|byte| byte == mark || byte == b' ')
}

/// The quote's lines from here on, less their signs.
fn quoted<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let strip = |line: &&'a str| {
        let rest = &line[spaces(line)..];
        let rest = rest.strip_prefix('>').filter(|_| spaces(line) < 4)?;
        Some(rest.strip_prefix(' ').unwrap_or(rest))
    };
    lines.iter().map_while(strip).collect()
}

/// What stands before a point of a list.
struct Marker {
    /// Points of one list have the same.
    sign: u8,
    number: Option<u32>,
    /// Where its text begins, and that of the lines which belong to it.
    margin: usize,
    is_empty: bool,
}

fn marker(line: &str) -> Option<Marker> {
    let indent = spaces(line);
    let rest = &line[indent..];
    let digits = rest.bytes().take(10).take_while(u8::is_ascii_digit).count();
    let sign = *rest.as_bytes().get(digits)?;
    let fits = if digits == 0 { b"-+*".contains(&sign) } else { digits < 10 && b".)".contains(&sign) };
    if !fits {
        return None;
    }
    let number = rest[..digits].parse().ok();
    let text = &rest[digits + 1..];
    let is_empty = is_blank(text);
    let gap = match spaces(text) {
        _ if is_empty => 1,
        0 => return None,
        gap @ 1..=4 => gap,
        _ => 1,
    };
    Some(Marker { sign, number, margin: indent + digits + 1 + gap, is_empty })
}

fn list(first: Marker, lines: &[&str], depth: usize) -> (Block, usize) {
    let (sign, number) = (first.sign, first.number);
    let mut items = Vec::new();
    let mut used = 0;
    let mut next = Some(first);
    while let Some(marker) = next {
        let mut inner = vec![lines[used].get(marker.margin..).unwrap_or_default()];
        used += 1;
        let mut blank = 0;
        while let Some(line) = lines.get(used + blank) {
            if is_blank(line) {
                // A point without a first line does not reach over a gap.
                if marker.is_empty && inner.len() == 1 {
                    break;
                }
                blank += 1;
            } else if spaces(line) < marker.margin {
                break;
            } else {
                inner.extend(std::iter::repeat_n("", blank));
                inner.push(&line[marker.margin..]);
                used += blank + 1;
                blank = 0;
            }
        }
        let task = task(inner[0]);
        if task.is_some() {
            inner[0] = &inner[0][4..];
        }
        items.push(Item { task, blocks: blocks(&inner, depth + 1) });
        let gap = lines[used..].iter().take_while(|line| is_blank(line)).count();
        next = lines.get(used + gap).and_then(|line| {
            let same = marker_of_list(line)?;
            (same.sign == sign && same.number.is_some() == number.is_some()).then_some(same)
        });
        if next.is_some() {
            used += gap;
        }
    }
    (Block::List { start: number, items }, used)
}

fn marker_of_list(line: &str) -> Option<Marker> {
    if spaces(line) >= 4 || is_rule(line) { None } else { marker(line) }
}

fn task(line: &str) -> Option<bool> {
    let rest = line.strip_prefix('[')?;
    let done = match rest.as_bytes().first()? {
        b' ' => false,
        b'x' | b'X' => true,
        _ => return None,
    };
    let text = rest[1..].strip_prefix("] ")?;
    (!is_blank(text)).then_some(done)
}

/// The table whose head is the paragraph's last line, and the lines that it takes from here on.
fn table(paragraph: &[&str], lines: &[&str], depth: usize) -> Option<(Block, usize)> {
    let head = paragraph.last().filter(|head| head.contains('|'))?;
    let align = alignment(lines[0])?;
    let head = cells(head, COLUMNS + 1);
    if head.len() != align.len() {
        return None;
    }
    let is_row = |line: &&&str| {
        !is_blank(line) && spaces(line) < 4 && line.contains('|') && start(line, true, depth).is_none()
    };
    let read = |cells: Vec<String>| cells.iter().map(|cell| inlines(cell)).collect();
    let rows: Vec<Vec<_>> =
        lines[1..].iter().take_while(is_row).map(|line| read(cells(line, align.len()))).collect();
    let used = rows.len() + 1;
    Some((Block::Table { align, head: read(head), rows }, used))
}

/// How columns stand, if that is what a line tells.
fn alignment(line: &str) -> Option<Vec<Align>> {
    if !line.contains('|') || !line.bytes().all(|byte| b"|-: ".contains(&byte)) {
        return None;
    }
    let cells = cells(line, COLUMNS + 1);
    if cells.len() > COLUMNS {
        return None;
    }
    let align = |cell: &String| {
        let inner = cell.strip_prefix(':').unwrap_or(cell);
        let dashes = inner.strip_suffix(':').unwrap_or(inner);
        if dashes.is_empty() || !dashes.bytes().all(|byte| byte == b'-') {
            return None;
        }
        Some(match (cell.starts_with(':'), inner.ends_with(':')) {
            (false, false) => Align::None,
            (true, false) => Align::Left,
            (false, true) => Align::Right,
            (true, true) => Align::Center,
        })
    };
    cells.iter().map(align).collect()
}

/// A row's cells; the last of at most `most` has all that is left.
fn cells(line: &str, most: usize) -> Vec<String> {
    let row = line.trim_matches(' ');
    let row = row.strip_prefix('|').unwrap_or(row);
    let row = if row.ends_with("\\|") { row } else { row.strip_suffix('|').unwrap_or(row) };
    let mut cells = vec![String::new()];
    let mut rest = row.chars().peekable();
    while let Some(c) = rest.next() {
        let count = cells.len();
        let cell = &mut cells[count - 1];
        match c {
            '\\' if rest.next_if_eq(&'|').is_some() => cell.push('|'),
            '|' if count < most => cells.push(String::new()),
            c => cell.push(c),
        }
    }
    cells.iter().map(|cell| cell.trim_matches(' ').to_owned()).collect()
}
