//! Draws what was said.

use protocol::ids::{Seq, UserId};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::theme::Theme;
use super::{lines, markup, spread};
use crate::app::layout::Screen;
use crate::app::pictures::Cells;
use crate::app::rows::{Row, Tick, viewport};
use crate::app::text::{shorten, width};
use crate::app::timeline::Entry;
use crate::app::{Model, Room};
use crate::link;

pub(super) fn draw(model: &Model, theme: Theme, frame: &mut Frame<'_>, screen: &Screen) {
    if !screen.timeline.is_empty() {
        draw_place(model, model.room(), model.thread().is_none(), theme, frame, screen.timeline);
    }
    if model.thread().is_none() {
        return;
    }
    let thread = model.place();
    let title = vec![Span::styled("Thread", theme.strong()), Span::styled(" · Esc closes", theme.dim())];
    let root = thread.timeline.events().next().and_then(|(_, entry)| match entry {
        Entry::Said(said) => said.replies(),
        Entry::Deleted(deleted) => deleted.replies.as_ref(),
        _ => None,
    });
    let right = match root.map_or(0, |replies| replies.count) {
        1 => "1 reply".to_owned(),
        n => format!("{n} replies"),
    };
    let columns = screen.thread_title.width;
    lines(frame, screen.thread_title, vec![spread(title, vec![Span::styled(right, theme.dim())], columns)]);
    draw_place(model, thread, true, theme, frame, screen.thread);
}

fn draw_place(model: &Model, room: &Room, focus: bool, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let seen = viewport(room, Screen::frame_in(model, area, focus));
    let columns = area.width;
    let drawn: Vec<Line<'_>> =
        seen.rows.into_iter().map(|row| line(row, model, room, theme, columns)).collect();
    // The newest row stands just above the composer.
    let height = u16::try_from(drawn.len()).unwrap_or(u16::MAX).min(area.height);
    let place = Rect { y: area.y + area.height - height, height, ..area };
    lines(frame, place, drawn);
    if room.scroll.is_some() && area.height > 2 && area.width >= 20 {
        let unread = if room.timeline.is_sparse() { 0 } else { room.unread() };
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

/// How far an own message came.
fn tick(tick: Option<Tick>, theme: Theme) -> Vec<Span<'static>> {
    let (sign, style) = match tick {
        None => return Vec::new(),
        Some(Tick::Stored) => ("✓", theme.dim()),
        Some(Tick::Sent) => ("↑", theme.warn()),
        Some(Tick::Queued) => ("…", theme.warn()),
        Some(Tick::Failed) => ("✗", theme.bad()),
    };
    vec![Span::styled(sign, style)]
}

fn line(row: Row, model: &Model, room: &Room, theme: Theme, columns: u16) -> Line<'static> {
    // Whoever may read it finds it in the page, its files too.
    let permalink = |seq: Option<Seq>| {
        let to = seq.map(|seq| link::at(&model.server, &room.key, seq));
        to.map_or_else(Style::new, |to| theme.leads_to(&to))
    };
    let person = |user: Option<&UserId>| theme.person(user, user.and_then(|user| model.hue(user)));
    match row {
        Row::Blank => Line::default(),
        Row::Day(day) => ruled(&day, theme.dim(), columns),
        Row::New => ruled("new since you looked", theme.warn(), columns),
        Row::Head { user, name, time, seq } => {
            let name = shorten(&name, usize::from(columns).saturating_sub(width(&time) + 2));
            let style = person(user.as_ref()).add_modifier(Modifier::BOLD);
            let time = Span::styled(time, theme.dim().patch(permalink(seq)));
            Line::from(vec![Span::styled(name, style), Span::raw("  "), time])
        }
        Row::Text { user, text, hrefs, tick, dim, called, picked } => {
            let style = match (picked, dim) {
                (true, _) => theme.chosen(),
                (_, true) => theme.dim(),
                _ => Style::new(),
            };
            // What calls stands out by its bar, also where there are no colours.
            let bar = if called {
                Span::styled("▌ ", theme.warn())
            } else {
                Span::styled("▏ ", person(user.as_ref()))
            };
            let mut left = vec![bar];
            left.extend(text.into_iter().map(|span| markup::span(span, style, hrefs.as_ref(), theme)));
            spread(left, self::tick(tick, theme), columns)
        }
        Row::Quote { user, text } => {
            let text = shorten(&text, usize::from(columns).saturating_sub(5));
            Line::from(vec![
                Span::styled("▏ ", person(user.as_ref())),
                Span::styled("┌ ", theme.dim()),
                Span::styled(text, theme.dim()),
            ])
        }
        Row::Reactions { user, reactions } => {
            let mut spans = vec![Span::styled("▏ ", person(user.as_ref()))];
            for (text, own) in reactions {
                let style = if own { theme.accent() } else { Style::new() };
                spans.push(Span::styled(text, style));
                spans.push(Span::raw("  "));
            }
            Line::from(spans)
        }
        Row::Under { user, text, news } => {
            let style = if news { theme.accent() } else { theme.dim() };
            Line::from(vec![Span::styled("▏ ", person(user.as_ref())), Span::styled(text, style)])
        }
        Row::File { user, text, seq, tick, picked } => {
            let style = if picked { theme.chosen() } else { theme.dim() }.patch(permalink(Some(seq)));
            let left = vec![Span::styled("▏ ", person(user.as_ref())), Span::styled(text, style)];
            spread(left, self::tick(tick, theme), columns)
        }
        Row::Picture { user, cells } => {
            let mut spans = vec![Span::styled("▏ ", person(user.as_ref()))];
            match cells {
                Cells::Dots(dots) => spans.extend(dots.into_iter().map(|(upper, lower)| {
                    let style = theme.dot(upper, Style::fg);
                    let dot = lower.map_or(style, |lower| style.patch(theme.dot(lower, Style::bg)));
                    Span::styled("▀", dot)
                })),
                Cells::Marks(marks) => {
                    spans.extend(marks.into_iter().map(|mark| Span::styled(mark.symbol(), mark.style())));
                }
            }
            Line::from(spans)
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
fn ruled(text: &str, style: Style, columns: u16) -> Line<'static> {
    let columns = usize::from(columns);
    let text = shorten(text, columns.saturating_sub(4));
    let left = columns.saturating_sub(width(&text) + 2) / 2;
    let right = columns.saturating_sub(width(&text) + 2 + left);
    Line::styled(format!("{} {text} {}", "─".repeat(left), "─".repeat(right)), style)
}
