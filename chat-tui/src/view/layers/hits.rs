//! Draws messages to go to.

use ratatui::Frame;
use ratatui::style::Style;
use ratatui::text::Line;

use super::{SHEET_COLUMNS, lines, popup};
use crate::app::Hits;
use crate::app::text::{shorten, width, wrap};
use crate::view::theme::Theme;

/// Each message takes two rows.
const ROWS: usize = 2;
/// What the keys do.
const KEYS: &str = "Enter goes there · Esc closes";

pub(super) fn draw(list: &Hits, theme: Theme, frame: &mut Frame<'_>) {
    let columns = usize::from(frame.area().width.saturating_sub(4).min(SHEET_COLUMNS - 4));
    let rows = u16::try_from(list.hits.len().max(1) * ROWS).unwrap_or(u16::MAX - 2).saturating_add(2);
    let title = shorten(&list.title, columns.saturating_sub(width(KEYS) + 3));
    let area = popup(&format!("{title} · {KEYS}"), SHEET_COLUMNS, rows, theme, frame);
    let columns = usize::from(area.width);
    let mut drawn = Vec::new();
    if list.hits.is_empty() {
        drawn.extend(wrap(list.none, columns).into_iter().map(|row| Line::styled(row, theme.dim())));
    }
    let most = (usize::from(area.height) / ROWS).max(1);
    let skipped = (list.chosen + 1).saturating_sub(most);
    for (index, hit) in list.hits.iter().enumerate().skip(skipped).take(most) {
        let (head, text) = if index == list.chosen {
            (theme.chosen(), theme.chosen())
        } else {
            (theme.strong(), Style::new())
        };
        drawn.push(Line::styled(shorten(&hit.head, columns), head));
        drawn.push(Line::styled(shorten(&format!("  {}", hit.text), columns), text));
    }
    lines(frame, area, drawn);
}
