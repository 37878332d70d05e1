//! Draws the [`Model`]. Reads it, changes nothing, and decides nothing but looks.

mod layers;
pub mod links;
mod markup;
mod panes;
mod status;
pub mod theme;
mod timeline;

#[cfg(test)]
mod tests;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::app::layout::{PROMPT, Screen};
use crate::app::text::{shorten, width};
use crate::app::{Layer, Model};
use theme::Theme;

/// Draws one frame.
pub fn view(model: &Model, theme: Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.is_empty() {
        return;
    }
    if matches!(model.layers.last(), Some(Layer::Name { .. })) {
        layers::draw(model, theme, frame);
        return;
    }
    let screen = Screen::of(model);
    panes::rooms(model, theme, frame, screen.rooms);
    rule(theme, frame, screen.rooms_rule);
    panes::people(model, theme, frame, screen.people);
    rule(theme, frame, screen.people_rule);
    panes::title(model, theme, frame, screen.title);
    rule(theme, frame, screen.thread_rule);
    timeline::draw(model, theme, frame, &screen);
    status::typing(model, theme, frame, screen.typing);
    composer(model, theme, frame, screen.composer);
    status::draw(model, theme, frame, screen.status);
    layers::draw(model, theme, frame);
}

/// Draws lines from the top of an area, each cut to its width.
fn lines(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'_>>) {
    let area = area.intersection(frame.area());
    if !area.is_empty() {
        frame.render_widget(Paragraph::new(lines), area);
    }
}

fn rule(theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let rule = (0..area.height).map(|_| Line::styled("│", theme.rule())).collect();
    lines(frame, area, rule);
}

fn composer(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let area = area.intersection(frame.area());
    if area.is_empty() {
        return;
    }
    let prompt = area.width.saturating_sub(1).min(PROMPT);
    lines(frame, Rect { width: prompt, height: 1, ..area }, vec![Line::styled("› ", theme.prompt())]);
    let area = Rect { x: area.x + prompt, width: area.width - prompt, ..area };
    let editor = model.composer.widget();
    match model.muzzle().filter(|_| model.composer.is_empty()) {
        Some(why) => {
            let why = shorten(why, usize::from(area.width));
            lines(frame, area, vec![Line::styled(why, theme.warn())]);
        }
        None => frame.render_widget(editor, area),
    }
    if model.layers.is_empty() {
        let cursor = editor.screen_cursor();
        let (top, left) = editor.scroll_offset();
        let column = u16::try_from(cursor.col).unwrap_or(u16::MAX).saturating_sub(left);
        let row = u16::try_from(cursor.row).unwrap_or(u16::MAX).saturating_sub(top);
        frame.set_cursor_position(Position {
            x: area.x + column.min(area.width.saturating_sub(1)),
            y: area.y + row.min(area.height.saturating_sub(1)),
        });
    }
}

/// A line with a left and a right part; where both do not fit, the right one gives way.
fn spread<'a>(left: Vec<Span<'a>>, right: Vec<Span<'a>>, columns: u16) -> Line<'a> {
    let columns = usize::from(columns);
    let used = |spans: &[Span<'_>]| spans.iter().map(|span| width(&span.content)).sum::<usize>();
    let (l, r) = (used(&left), used(&right));
    let mut spans = left;
    if l + r < columns {
        spans.push(Span::raw(" ".repeat(columns - l - r)));
        spans.extend(right);
    } else if l > columns {
        let mut room = columns;
        for span in &mut spans {
            let content = shorten(&span.content, room);
            room -= width(&content).min(room);
            span.content = content.into();
        }
    }
    Line::from(spans)
}
