//! Draws what stands around the timeline: rooms, people, the title.

use protocol::people::Role;
use protocol::rooms::RoomRole;
use protocol::signal::PresenceState;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::theme::Theme;
use super::{lines, spread};
use crate::app::room::{Person, Sending};
use crate::app::text::{shorten, width};
use crate::app::{Model, PaneRow, Room, rooms_in_sight};

pub(super) fn rooms(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let line = |row: PaneRow| match row {
        PaneRow::Room(key) => model.rooms.get(&key).map(|room| room_line(model, room, theme, area.width)),
        PaneRow::Invitation(key) => {
            let title = &model.own.invitations.get(&key)?.title;
            let columns = usize::from(area.width).saturating_sub(3);
            Some(Line::from(vec![
                Span::styled(" +", theme.good()),
                Span::styled(shorten(&format!("◆{title}"), columns), theme.dim()),
            ]))
        }
    };
    let drawn = rooms_in_sight(model, usize::from(area.height)).into_iter().filter_map(line).collect();
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
    let calls = room.calls();
    if calls > 0 {
        count = if count.is_empty() {
            format!("@{}", calls.min(99))
        } else {
            format!("@{} {count}", calls.min(99))
        };
    } else if room.answers.unseen().next().is_some() {
        count = if count.is_empty() { "↳".to_owned() } else { format!("↳ {count}") };
    }
    if failed {
        count.push('✗');
    } else if (!current && !room.draft.is_empty()) || room.has_thread_drafts() {
        count.push('✎');
    }
    let name_columns = usize::from(columns).saturating_sub(count.chars().count() + 2);
    let name = shorten(&room.label(), name_columns);
    let style = match (current, unread > 0) {
        (true, _) => theme.accent(),
        _ if room.is_muted() || room.rules.archived => theme.dim(),
        (false, true) => theme.strong(),
        (false, false) => Style::new(),
    };
    let sign = if current { "▸" } else { " " };
    let count_style = if failed {
        theme.bad()
    } else if calls > 0 {
        theme.warn()
    } else if room.is_muted() {
        theme.dim()
    } else {
        theme.accent()
    };
    spread(
        vec![Span::styled(sign, style), Span::styled(name, style)],
        vec![Span::styled(count, count_style)],
        columns,
    )
}

pub(super) fn people(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let room = model.room();
    let rows = usize::from(area.height);
    let mut drawn: Vec<Line<'_>> =
        room.people.iter().take(rows).map(|person| person_line(model, person, theme, area.width)).collect();
    let there = |person: &&Person| person.state != PresenceState::Offline;
    let known = room.people.iter().filter(there).count();
    let present = usize::try_from(room.present).unwrap_or(usize::MAX).max(known);
    let hidden = room.people.len().max(drawn.len()) - drawn.len() + (present - known);
    if hidden > 0 && !room.people.is_empty() {
        let mut more = hidden;
        if drawn.len() == rows {
            drawn.pop();
            more += 1;
        }
        drawn.push(Line::styled(format!(" and {more} more"), theme.dim()));
    }
    lines(frame, area, drawn);
}

/// Presence, name, and on the right what they are: in the room before on the server.
fn person_line(model: &Model, person: &Person, theme: Theme, columns: u16) -> Line<'static> {
    let (sign, sign_style) = match person.state {
        PresenceState::Offline => ("·", theme.dim()),
        _ if person.away => ("◌", theme.warn()),
        PresenceState::Online => ("●", theme.good()),
        PresenceState::Idle => ("○", theme.dim()),
    };
    let blocked = model.own.blocked.contains(&person.user);
    let style = match person.state {
        _ if blocked => theme.dim().add_modifier(ratatui::style::Modifier::CROSSED_OUT),
        PresenceState::Online if !person.away => theme.person(Some(&person.user), model.hue(&person.user)),
        _ => theme.dim(),
    };
    let me = model.me.as_ref().is_some_and(|me| me.user == person.user);
    let you = if me { " (you)" } else { "" };
    let role = match person.standing {
        Some(RoomRole::Owner) => "owner",
        Some(RoomRole::Moderator) => "mod",
        _ => match person.role {
            Role::Owner | Role::Admin => "admin",
            Role::Moderator => "mod",
            Role::Guest => "guest",
            Role::Member | Role::Other => "",
        },
    };
    // A name matters more than what its person is.
    let room = usize::from(columns).saturating_sub(4);
    let left = room.saturating_sub(width(&person.name));
    let beside = |text: &str| if text.is_empty() { 0 } else { text.len() + 1 };
    let role = if beside(role) <= left { role } else { "" };
    // That it is oneself is known.
    let you = if you.len() + beside(role) <= left { you } else { "" };
    let name = shorten(&person.name, room);
    spread(
        vec![
            Span::raw(" "),
            Span::styled(sign, sign_style),
            Span::raw(" "),
            Span::styled(name, style),
            Span::styled(you, theme.dim()),
        ],
        vec![Span::styled(role, theme.dim())],
        columns,
    )
}

pub(super) fn title(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let room = model.room();
    let mut left = vec![Span::styled(room.label(), theme.strong())];
    if let Some(topic) = &room.topic {
        left.push(Span::styled(format!(" — {topic}"), theme.dim()));
    }
    let mut right = Vec::new();
    if room.rules.archived {
        right.push("archived".to_owned());
    }
    if room.rules.announce {
        right.push("announcements".to_owned());
    }
    if room.rules.slow_s > 0 {
        right.push(format!("slow: {} s", room.rules.slow_s));
    }
    if room.is_muted() {
        right.push("muted".to_owned());
    }
    match room.pins {
        0 => {}
        1 => right.push("1 pin".to_owned()),
        n => right.push(format!("{n} pins")),
    }
    match room.present {
        0 => {}
        1 => right.push("1 person here".to_owned()),
        n => right.push(format!("{n} people here")),
    }
    let right = right.join(" · ");
    let columns = usize::from(area.width);
    // The topic gives way to what holds here, and the title to nothing.
    if let [title, topic] = left.as_mut_slice() {
        let room = columns.saturating_sub(width(&title.content) + width(&right) + 2);
        topic.content = shorten(&topic.content, room).into();
    }
    lines(frame, area, vec![spread(left, vec![Span::styled(right, theme.dim())], area.width)]);
}
