//! Draws what was said.

use protocol::ids::UserId;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::theme::Theme;
use super::{lines, markup, spread};
use crate::app::Model;
use crate::app::layout::Screen;
use crate::app::rows::{Row, Tick, viewport};
use crate::app::text::{shorten, width};

pub(super) fn draw(model: &Model, theme: Theme, frame: &mut Frame<'_>, screen: &Screen) {
    let area = screen.timeline;
    let seen = viewport(model.room(), screen.frame(model));
    let columns = area.width;
    let drawn: Vec<Line<'_>> = seen.rows.into_iter().map(|row| line(row, model, theme, columns)).collect();
    // The newest row stands just above the composer.
    let height = u16::try_from(drawn.len()).unwrap_or(u16::MAX).min(area.height);
    let place = Rect { y: area.y + area.height - height, height, ..area };
    lines(frame, place, drawn);
    if model.room().scroll.is_some() && area.height > 2 && area.width >= 20 {
        let unread = model.room().unread();
        let text = if unread > 0 {
            format!(" {unread} new below · End ")
        } else {
            " older · End: newest ".to_owned()
        };
        let text = shorten(&text, usize::from(columns));
        let wide = u16::try_from(width(&text)).unwrap_or(columns);
        let place = Rect { x: area.x + columns - wide, y: area.y + area.height - 1, width: wide, height: 1 };
        lines(frame, place, vec![Line::styled(text, theme.chosen())]);
    }
}

fn line(row: Row, model: &Model, theme: Theme, columns: u16) -> Line<'static> {
    let person = |user: Option<&UserId>| theme.person(user, user.and_then(|user| model.hue(user)));
    match row {
        Row::Blank => Line::default(),
        Row::Day(day) => ruled(&day, theme.dim(), columns),
        Row::New => ruled("new since you looked", theme.warn(), columns),
        Row::Head { user, name, time } => {
            let name = shorten(&name, usize::from(columns).saturating_sub(width(&time) + 2));
            let style = person(user.as_ref()).add_modifier(Modifier::BOLD);
            Line::from(vec![Span::styled(name, style), Span::styled(format!("  {time}"), theme.dim())])
        }
        Row::Text { user, text, tick, dim, picked } => {
            let style = match (picked, dim) {
                (true, _) => theme.chosen(),
                (_, true) => theme.dim(),
                _ => ratatui::style::Style::new(),
            };
            let mut left = vec![Span::styled("▏ ", person(user.as_ref()))];
            left.extend(text.into_iter().map(|span| markup::span(span, style, theme)));
            let right = match tick {
                None => Vec::new(),
                Some(Tick::Stored) => vec![Span::styled("✓", theme.dim())],
                Some(Tick::Sent) => vec![Span::styled("↑", theme.warn())],
                Some(Tick::Queued) => vec![Span::styled("…", theme.warn())],
                Some(Tick::Failed) => vec![Span::styled("✗", theme.bad())],
            };
            spread(left, right, columns)
        }
        Row::Failed(text) => {
            Line::from(vec![Span::styled("▏ ", theme.bad()), Span::styled(text, theme.bad())])
        }
        Row::Told(text) => Line::from(vec![Span::styled("· ", theme.dim()), Span::styled(text, theme.dim())]),
        Row::Notice(text) => Line::from(vec![Span::raw("  "), Span::styled(text, theme.dim())]),
        Row::Trouble(text) => {
            Line::from(vec![Span::styled("! ", theme.bad()), Span::styled(text, theme.warn())])
        }
        Row::Gap(text) => ruled(&text, theme.warn(), columns),
        Row::Top(text) => ruled(&text, theme.dim(), columns),
    }
}

/// A text in the middle of a rule.
fn ruled(text: &str, style: ratatui::style::Style, columns: u16) -> Line<'static> {
    let columns = usize::from(columns);
    let text = shorten(text, columns.saturating_sub(4));
    let left = columns.saturating_sub(width(&text) + 2) / 2;
    let right = columns.saturating_sub(width(&text) + 2 + left);
    Line::styled(format!("{} {text} {}", "─".repeat(left), "─".repeat(right)), style)
}
