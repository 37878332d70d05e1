//! Tables: columns as wide as what is in them, or as there is room.

use super::{Line, Span, cells, wrap};
use crate::markup::Align;

const BETWEEN: &str = " │ ";
const UNDER: &str = "─┼─";
/// No column is made narrower than this.
const NARROWEST: usize = 4;

/// Lays a table out. Where its columns do not fit side by side, each row is a row of text.
pub(super) fn rows(align: &[Align], head: &[Line], body: &[Vec<Line>], columns: usize, out: &mut Vec<Line>) {
    let Some(widths) = widths(align.len(), head, body, columns) else {
        for row in std::iter::once(head).chain(body.iter().map(Vec::as_slice)) {
            let mut line: Line = Vec::new();
            for (index, cell) in row.iter().enumerate() {
                if index > 0 {
                    line.push(Span::sign(BETWEEN));
                }
                line.extend(cell.iter().cloned());
            }
            wrap(&line, columns, out);
        }
        return;
    };
    row(align, head, &widths, out);
    let under: Vec<String> = widths.iter().map(|wide| "─".repeat(*wide)).collect();
    out.push(vec![Span::sign(under.join(UNDER))]);
    for cells in body {
        row(align, cells, &widths, out);
    }
}

/// How wide each column is; `None` where there is no room for all.
fn widths(count: usize, head: &[Line], body: &[Vec<Line>], columns: usize) -> Option<Vec<usize>> {
    let mut widths = vec![1; count];
    for row in std::iter::once(head).chain(body.iter().map(Vec::as_slice)) {
        for (wide, cell) in widths.iter_mut().zip(row) {
            *wide = (*wide).max(cells(cell));
        }
    }
    let room = columns.checked_sub(3 * count.saturating_sub(1))?;
    // The widest gives way first: a column keeps what all columns could have.
    let mut most = widths.iter().copied().max().unwrap_or(0);
    let taken = |most: usize| widths.iter().map(|wide| (*wide).min(most)).sum::<usize>();
    if taken(most) > room {
        let (mut fits, mut exceeds) = (0, most);
        while exceeds - fits > 1 {
            let middle = usize::midpoint(fits, exceeds);
            if taken(middle) > room { exceeds = middle } else { fits = middle }
        }
        most = fits;
    }
    let is_readable = widths.iter().all(|wide| *wide <= most || most >= NARROWEST);
    is_readable.then(|| widths.iter().map(|wide| (*wide).min(most)).collect())
}

fn row(align: &[Align], cells: &[Line], widths: &[usize], out: &mut Vec<Line>) {
    let cut = |(index, wide): (usize, &usize)| {
        let mut rows = Vec::new();
        wrap(cells.get(index).map_or(&[], Vec::as_slice), *wide, &mut rows);
        rows
    };
    let cut: Vec<Vec<Line>> = widths.iter().enumerate().map(cut).collect();
    let high = cut.iter().map(Vec::len).max().unwrap_or(0);
    for at in 0..high {
        let mut line = Vec::new();
        for (index, (column, wide)) in cut.iter().zip(widths).enumerate() {
            if index > 0 {
                line.push(Span::sign(BETWEEN));
            }
            let cell = column.get(at).map_or(&[][..], Vec::as_slice);
            let free = wide.saturating_sub(super::cells(cell));
            let left = match align.get(index) {
                Some(Align::Right) => free,
                Some(Align::Center) => free / 2,
                _ => 0,
            };
            let is_last = index + 1 == widths.len();
            pad(if is_last && cell.is_empty() { 0 } else { left }, &mut line);
            line.extend(cell.iter().cloned());
            pad(if is_last { 0 } else { free - left }, &mut line);
        }
        out.push(line);
    }
}

fn pad(count: usize, line: &mut Line) {
    if count > 0 {
        line.push(Span::words(" ".repeat(count)));
    }
}
