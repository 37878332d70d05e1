//! Draws what stands around the timeline: rooms, people, the title.

use protocol::signal::PresenceState;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::theme::Theme;
use super::{lines, spread};
use crate::app::room::Sending;
use crate::app::text::shorten;
use crate::app::{Model, Room, rooms_in_sight};

pub(super) fn rooms(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let drawn = rooms_in_sight(model, usize::from(area.height))
        .filter_map(|key| model.rooms.get(key))
        .map(|room| room_line(model, room, theme, area.width))
        .collect();
    lines(frame, area, drawn);
}

fn room_line(model: &Model, room: &Room, theme: Theme, columns: u16) -> Line<'static> {
    let current = room.key == model.current;
    let unread = room.unread();
    let failed = room.outgoing.iter().any(|line| matches!(line.state, Sending::Failed(_)));
    let mut count = if unread > 999 { "999+".to_owned() } else { unread.to_string() };
    if unread == 0 {
        count.clear();
    }
    if failed {
        count.push('✗');
    } else if !current && !room.draft.is_empty() {
        count.push('✎');
    }
    let name_columns = usize::from(columns).saturating_sub(count.chars().count() + 2);
    let name = shorten(&format!("#{}", room.title), name_columns);
    let style = match (current, unread > 0) {
        (true, _) => theme.accent(),
        (false, true) => theme.strong(),
        (false, false) => Style::new(),
    };
    let sign = if current { "▸" } else { " " };
    let count_style = if failed { theme.bad() } else { theme.accent() };
    spread(
        vec![Span::styled(sign, style), Span::styled(name, style)],
        vec![Span::styled(count, count_style)],
        columns,
    )
}

pub(super) fn people(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let room = model.room();
    let rows = usize::from(area.height);
    let mut drawn: Vec<Line<'_>> = Vec::new();
    for person in room.people.iter().take(rows) {
        let (sign, sign_style) = match person.state {
            PresenceState::Online => ("●", theme.good()),
            _ => ("○", theme.dim()),
        };
        let idle = person.state != PresenceState::Online;
        let style = if idle { theme.dim() } else { theme.person(Some(&person.user)) };
        let me = model.me.as_ref().is_some_and(|me| me.user == person.user);
        let you = if me { " (you)" } else { "" };
        let name = shorten(&person.name, usize::from(area.width).saturating_sub(3 + you.len()));
        drawn.push(Line::from(vec![
            Span::raw(" "),
            Span::styled(sign, sign_style),
            Span::raw(" "),
            Span::styled(name, style),
            Span::styled(you, theme.dim()),
        ]));
    }
    let hidden = usize::try_from(room.present).unwrap_or(usize::MAX).max(room.people.len()) - drawn.len();
    if hidden > 0 && !room.people.is_empty() {
        if drawn.len() == rows {
            drawn.pop();
        }
        drawn.push(Line::styled(format!(" and {hidden} more"), theme.dim()));
    }
    lines(frame, area, drawn);
}

pub(super) fn title(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let room = model.room();
    let mut left = vec![Span::styled(format!("#{}", room.title), theme.strong())];
    if let Some(topic) = &room.topic {
        left.push(Span::styled(format!(" — {topic}"), theme.dim()));
    }
    let here = match room.present {
        0 => String::new(),
        1 => "1 person here".to_owned(),
        n => format!("{n} people here"),
    };
    lines(frame, area, vec![spread(left, vec![Span::styled(here, theme.dim())], area.width)]);
}
