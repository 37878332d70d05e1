//! Text measured and cut the way a terminal draws it: by grapheme clusters and their cells.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The cells that a text takes on one row.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(cell_width).sum()
}

/// Cuts a text into rows of at most `columns` cells, at spaces where there are any. Line breaks in the text are kept;
/// a text always has at least one row. A cluster wider than `columns` is replaced by `·`, so no row ever overflows.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut rows = Vec::new();
    for line in text.split('\n') {
        wrap_line(line, columns, &mut rows);
    }
    rows
}

/// Shortens a text to at most `columns` cells; what was cut shows as `…`.
pub fn shorten(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for cluster in text.graphemes(true) {
        let wide = cell_width(cluster);
        if used + wide + 1 > columns {
            break;
        }
        kept.push_str(cluster);
        used += wide;
    }
    if columns > 0 {
        kept.push('…');
    }
    kept
}

fn wrap_line(line: &str, columns: usize, rows: &mut Vec<String>) {
    let mut row = String::new();
    let mut used = 0;
    for (word, class) in pieces(line) {
        let wide = width(word);
        if used + wide <= columns {
            row.push_str(word);
            used += wide;
            continue;
        }
        if class == Class::Space {
            // The space at which a row is cut is not drawn.
            rows.push(std::mem::take(&mut row));
            used = 0;
            continue;
        }
        if used > 0 && wide <= columns {
            rows.push(std::mem::take(&mut row).trim_end().to_owned());
            row.push_str(word);
            used = wide;
            continue;
        }
        for cluster in word.graphemes(true) {
            let (cluster, wide) =
                if cell_width(cluster) > columns { ("·", 1) } else { (cluster, cell_width(cluster)) };
            if used + wide > columns {
                rows.push(std::mem::take(&mut row));
                used = 0;
            }
            row.push_str(cluster);
            used += wide;
        }
    }
    rows.push(row);
}

/// What a terminal makes of a text.
pub(super) trait Cells {
    /// The cells that it takes on one row.
    fn cells(&self) -> usize;
}

impl Cells for str {
    fn cells(&self) -> usize {
        width(self)
    }
}

fn cell_width(cluster: &str) -> usize {
    // A tab has no width of its own; it is drawn as one space.
    if cluster == "\t" { 1 } else { cluster.width() }
}

/// Runs of spaces and runs of anything else, by turns; wide characters (which may be cut anywhere) one by one.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = (&str, Class)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut clusters = rest.grapheme_indices(true);
        let (_, first) = clusters.next()?;
        let kind = class(first);
        let end = if kind == Class::Wide {
            first.len()
        } else {
            clusters.find(|(_, cluster)| class(cluster) != kind).map_or(rest.len(), |(at, _)| at)
        };
        let (word, tail) = rest.split_at(end);
        rest = tail;
        Some((word, kind))
    })
}

/// What decides where a row may be cut.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) enum Class {
    Space,
    Wide,
    Word,
}

fn class(cluster: &str) -> Class {
    match cluster {
        " " => Class::Space,
        wide if cell_width(wide) > 1 => Class::Wide,
        _ => Class::Word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_cut_at_spaces_and_by_cells() {
        assert_eq!(wrap("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(wrap("abcdefghijkl", 5), ["abcde", "fghij", "kl"]);
        assert_eq!(wrap("李雷和韩梅梅", 5), ["李雷", "和韩", "梅梅"]);
        assert_eq!(wrap("a\n\nb", 5), ["a", "", "b"]);
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("    indented", 20), ["    indented"]);
        assert_eq!(wrap("世", 1), ["·"]);
    }

    #[test]
    fn joined_emoji_are_never_torn() {
        let family = "👨‍👩‍👧‍👦";
        for row in wrap(&family.repeat(4), 5) {
            assert!(row.graphemes(true).all(|cluster| cluster == family), "{row:?}");
        }
    }

    #[test]
    fn shortening_counts_cells() {
        assert_eq!(shorten("general", 7), "general");
        assert_eq!(shorten("general", 5), "gene…");
        assert_eq!(shorten("李雷和", 4), "李…");
        assert_eq!(shorten("x", 0), "");
    }

    proptest::proptest! {
        #[test]
        fn no_row_overflows_and_nothing_visible_is_lost(text in "[a-z \u{4e00}-\u{4e10}🙂👍]{0,60}", columns in 2_usize..30) {
            let rows = wrap(&text, columns);
            for row in &rows {
                proptest::prop_assert!(width(row) <= columns, "{row:?}");
            }
            let visible = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            proptest::prop_assert_eq!(visible(&rows.concat()), visible(&text));
        }
    }
}
