//! Draws what lies over the room.

mod hits;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};

use super::lines;
use super::theme::Theme;
use crate::app::commands::COMMANDS;
use crate::app::sheet;
use crate::app::text::{shorten, width, wrap};
use crate::app::{Form, Layer, Model, React, Sheet, switcher_matches};

/// The width of a list.
const SHEET_COLUMNS: u16 = 76;

/// The width of what is typed, in the help.
const HELP_COLUMNS: usize = 26;

/// Keys, for the help.
const KEYS: [(&str, &str); 26] = [
    ("Enter", "send"),
    ("Alt+Enter, Shift+Enter", "new line"),
    ("Up (nothing written)", "change your last message"),
    ("Up (first line)", "what was said before"),
    ("Tab", "complete a name, room, emoji or command"),
    ("Alt+z, Alt+Shift+z", "undo, redo"),
    ("Ctrl+k", "go to a room by a few letters"),
    ("Alt+Up, Alt+Down", "the room above, below"),
    ("Alt+a", "the next thing that wants you, and back"),
    ("Alt+m", "what names you"),
    ("Alt+s, Ctrl+Up", "choose a message; j and k move, and:"),
    ("  r e d y", "reply, edit, delete, copy"),
    ("  + t p u", "react, thread, pin, mark as unread"),
    ("  Enter", "go to what it answers, or to its thread"),
    ("  h i s", "what it said before, who reacted, who saw it"),
    ("PageUp, PageDown, wheel", "scroll"),
    ("Ctrl+Home, End", "oldest loaded, newest"),
    ("Esc", "to the newest; closes a thread"),
    ("Alt+r, Alt+y, Alt+x", "a failed line: retry, copy, discard"),
    ("F1", "this help"),
    ("F2, F3", "rooms, people: show or hide"),
    ("Shift + mouse", "select text (in most terminals)"),
    ("Ctrl+l", "draw anew"),
    ("Ctrl+z", "suspend (fg comes back)"),
    ("Ctrl+c, Ctrl+q", "quit"),
    ("//text", "say a line that begins with a slash"),
];

pub(super) fn draw(model: &Model, theme: Theme, frame: &mut Frame<'_>) {
    match model.layers.last() {
        Some(Layer::Name { input, error }) => name(input, error.as_deref(), &model.server, theme, frame),
        Some(Layer::Help(scroll)) => help(*scroll, theme, frame),
        Some(Layer::Switcher { query, chosen }) => switcher(model, query, *chosen, theme, frame),
        Some(Layer::Quit) => quit(model, theme, frame),
        Some(Layer::Sheet(sheet)) => draw_sheet(sheet, theme, frame),
        Some(Layer::Form(form)) => draw_form(form, &model.server, theme, frame),
        Some(Layer::React(chosen)) => react(chosen, theme, frame),
        Some(Layer::Hits(list)) => hits::draw(list, theme, frame),
        Some(Layer::Pick(_)) | None => {}
    }
}

/// Clears a box of at most this size in the middle of the screen, and returns its inside.
pub(super) fn popup(title: &str, columns: u16, rows: u16, theme: Theme, frame: &mut Frame<'_>) -> Rect {
    let whole = frame.area();
    let area = Rect {
        x: whole.x + whole.width.saturating_sub(columns) / 2,
        y: whole.y + whole.height.saturating_sub(rows) / 2,
        width: columns.min(whole.width),
        height: rows.min(whole.height),
    };
    // A wide character half under the box would tear its border.
    let wider = Rect { x: area.x.saturating_sub(1), width: area.width + 2, ..area }.intersection(whole);
    frame.render_widget(Clear, wider);
    if area.height < 4 || area.width < 8 {
        return area;
    }
    let block = Block::bordered()
        .border_style(theme.rule())
        .title(Span::styled(format!(" {title} "), theme.strong()));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

fn name(input: &str, error: Option<&str>, server: &str, theme: Theme, frame: &mut Frame<'_>) {
    let area = popup("chat-tui", 56, 10, theme, frame);
    let columns = usize::from(area.width);
    let small = area.height < 5;
    let field_row = if small { 0 } else { 3 };
    let mut drawn = Vec::new();
    if !small {
        drawn.push(Line::styled(shorten(&format!("Welcome to {server}"), columns), theme.strong()));
        drawn.push(Line::from("What should people call you?"));
        drawn.push(Line::default());
    }
    drawn.push(Line::from(vec![Span::styled("› ", theme.prompt()), Span::raw(input.to_owned())]));
    if !small {
        drawn.push(Line::default());
    }
    let text = error.unwrap_or("Letters, digits, - _ and . are fine. Enter goes in as a guest, Tab signs in to an account, Ctrl+c leaves.");
    let style = if error.is_some() { theme.bad() } else { theme.dim() };
    drawn.extend(wrap(text, columns).into_iter().map(|row| Line::styled(row, style)));
    lines(frame, area, drawn);
    let column = u16::try_from(width(input) + 2).unwrap_or(u16::MAX).min(area.width.saturating_sub(1));
    frame.set_cursor_position(Position {
        x: area.x + column,
        y: area.y + field_row.min(area.height.saturating_sub(1)),
    });
}

fn help(scroll: u16, theme: Theme, frame: &mut Frame<'_>) {
    let columns = usize::from(frame.area().width.saturating_sub(4).min(SHEET_COLUMNS - 4));
    let mut drawn = vec![Line::styled("Keys", theme.strong())];
    for (keys, what) in KEYS {
        drawn.extend(help_entry(keys, what, columns, theme));
    }
    for (about, commands) in COMMANDS {
        drawn.push(Line::default());
        drawn.push(Line::styled(*about, theme.strong()));
        for command in *commands {
            drawn.extend(help_entry(&command.written(), command.help, columns, theme));
        }
    }
    drawn.push(Line::default());
    drawn.push(Line::styled("Beside your lines", theme.strong()));
    drawn.push(Line::from("… waits here   ↑ on its way   ✓ stored   ✗ not sent"));
    let rows = u16::try_from(drawn.len()).unwrap_or(u16::MAX);
    let area = popup("Help · Esc closes · Up and Down scroll", SHEET_COLUMNS, rows + 2, theme, frame);
    let scroll = scroll.min(rows.saturating_sub(area.height));
    drawn.drain(..usize::from(scroll));
    lines(frame, area, drawn);
}

/// What is typed, and right of it, or below where there is no room, what that does.
fn help_entry(typed: &str, what: &str, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let left = |text: &str| Span::styled(format!("{text:<HELP_COLUMNS$}"), theme.accent());
    let fits = width(typed) < HELP_COLUMNS;
    let mut drawn = Vec::new();
    if !fits {
        drawn.push(Line::from(Span::styled(shorten(typed, columns), theme.accent())));
    }
    for (n, row) in wrap(what, columns.saturating_sub(HELP_COLUMNS)).into_iter().enumerate() {
        let before = if n == 0 && fits { typed } else { "" };
        drawn.push(Line::from(vec![left(before), Span::raw(row)]));
    }
    drawn
}

fn draw_sheet(sheet: &Sheet, theme: Theme, frame: &mut Frame<'_>) {
    let columns = usize::from(frame.area().width.saturating_sub(4).min(SHEET_COLUMNS - 4));
    let mut drawn = Vec::new();
    for (index, line) in sheet.lines.iter().enumerate() {
        let (text, indent, style) = match line {
            sheet::Line::Head(text) => (text, 0, ratatui::style::Style::new()),
            sheet::Line::Text(text) => (text, 2, theme.dim()),
            sheet::Line::Hint(text) => (text, 0, theme.accent()),
        };
        let first_hint = matches!(line, sheet::Line::Hint(_))
            && !matches!(sheet.lines.get(index.wrapping_sub(1)), Some(sheet::Line::Hint(_)) | None);
        if first_hint {
            drawn.push(Line::default());
        }
        let rows = wrap(text, columns.saturating_sub(indent));
        drawn.extend(rows.into_iter().map(|row| Line::styled(format!("{}{row}", " ".repeat(indent)), style)));
    }
    let rows = u16::try_from(drawn.len()).unwrap_or(u16::MAX - 2);
    let most = frame.area().height.saturating_sub(2);
    let whole = rows <= most;
    let keys = if whole { "Esc closes" } else { "Esc closes · Up and Down scroll" };
    let title = shorten(&sheet.title, columns.saturating_sub(width(keys) + 3));
    // In fewer rows there is no place for a frame.
    let height = rows.saturating_add(2).max(4);
    let area = popup(&format!("{title} · {keys}"), SHEET_COLUMNS, height, theme, frame);
    let scroll = sheet.scroll.min(rows.saturating_sub(area.height));
    drawn.drain(..usize::from(scroll));
    lines(frame, area, drawn);
}

fn draw_form(form: &Form, server: &str, theme: Theme, frame: &mut Frame<'_>) {
    let fields = u16::try_from(form.fields.len()).unwrap_or(u16::MAX);
    let label = form.fields.iter().map(|field| width(field.label)).max().unwrap_or(0) + 2;
    let area = popup(form.title(), 64, fields + 7, theme, frame);
    let columns = usize::from(area.width);
    let mut drawn = vec![Line::styled(shorten(server, columns), theme.dim()), Line::default()];
    for (index, field) in form.fields.iter().enumerate() {
        let chosen = index == form.at;
        let sign = if chosen { "› " } else { "  " };
        drawn.push(Line::from(vec![
            Span::styled(sign, theme.prompt()),
            Span::styled(
                format!("{:<label$}", field.label),
                if chosen { theme.strong() } else { theme.dim() },
            ),
            Span::raw(tail(&shown(field), columns.saturating_sub(label + 3))),
        ]));
    }
    drawn.push(Line::default());
    let told = match (&form.error, form.busy) {
        (_, true) => Some(("one moment…", theme.warn())),
        (Some(error), _) => Some((error.as_str(), theme.bad())),
        _ => None,
    };
    let keys = ("Tab or Enter: on · Shift+Tab: back · Esc: leave it", theme.dim());
    for (text, style) in told.into_iter().chain([keys]) {
        drawn.extend(wrap(text, columns).into_iter().map(|row| Line::styled(row, style)));
    }
    lines(frame, area, drawn);
    let Some(field) = form.fields.get(form.at) else { return };
    let at = label + 2 + width(&tail(&shown(field), columns.saturating_sub(label + 3)));
    let column = u16::try_from(at).unwrap_or(u16::MAX).min(area.width.saturating_sub(1));
    let row = u16::try_from(form.at + 2).unwrap_or(u16::MAX).min(area.height.saturating_sub(1));
    frame.set_cursor_position(Position { x: area.x + column, y: area.y + row });
}

fn shown(field: &crate::app::form::Field) -> String {
    if field.secret { "•".repeat(field.text.0.chars().count()) } else { field.text.0.clone() }
}

/// The end of a text, where it is longer than its place.
fn tail(text: &str, columns: usize) -> String {
    let mut rest = text;
    while width(rest) > columns {
        let mut chars = rest.chars();
        chars.next();
        rest = chars.as_str();
    }
    rest.to_owned()
}

fn switcher(model: &Model, query: &str, chosen: usize, theme: Theme, frame: &mut Frame<'_>) {
    let found = switcher_matches(model, query);
    let wanted = u16::try_from(found.len().clamp(1, 12)).unwrap_or(12);
    let area = popup("Go to room", 44, wanted + 3, theme, frame);
    let columns = usize::from(area.width);
    let mut drawn = vec![Line::from(vec![Span::styled("› ", theme.prompt()), Span::raw(query.to_owned())])];
    let rows = usize::from(area.height.saturating_sub(1)).max(1);
    let chosen = chosen.min(found.len().saturating_sub(1));
    let skipped = (chosen + 1).saturating_sub(rows);
    if found.is_empty() {
        drawn.push(Line::styled(shorten("Enter joins it, if it exists", columns), theme.dim()));
    }
    for (index, key) in found.iter().enumerate().skip(skipped).take(rows) {
        let style = if index == chosen { theme.chosen() } else { ratatui::style::Style::new() };
        let room = model.rooms.get(*key);
        let count = room.map_or(0, crate::app::Room::unread);
        let right = match room {
            None => "join".to_owned(),
            Some(_) if count > 0 => count.to_string(),
            Some(_) => String::new(),
        };
        let name = room
            .map_or_else(|| format!("#{}", crate::app::safe::line(key.as_str())), crate::app::Room::label);
        let name = shorten(&name, columns.saturating_sub(6));
        let gap = columns.saturating_sub(width(&name) + width(&right));
        drawn.push(Line::styled(format!("{name}{}{right}", " ".repeat(gap)), style));
    }
    lines(frame, area, drawn);
    let column = u16::try_from(width(query) + 2).unwrap_or(u16::MAX).min(area.width.saturating_sub(1));
    frame.set_cursor_position(Position { x: area.x + column, y: area.y });
}

fn react(react: &React, theme: Theme, frame: &mut Frame<'_>) {
    let offered = react.offered();
    let rows = u16::try_from(offered.len().max(1)).unwrap_or(1);
    let area = popup("React · Enter chooses · Esc leaves", 44, rows + 3, theme, frame);
    let columns = usize::from(area.width);
    let query = Line::from(vec![Span::styled("› ", theme.prompt()), Span::raw(react.query.clone())]);
    let mut drawn = vec![query];
    if offered.is_empty() {
        drawn.push(Line::styled(shorten("no emoji is called that", columns), theme.dim()));
    }
    let most = usize::from(area.height.saturating_sub(1)).max(1);
    let skipped = (react.chosen + 1).saturating_sub(most);
    for (index, (emoji, name)) in offered.into_iter().enumerate().skip(skipped).take(most) {
        let style = if index == react.chosen { theme.chosen() } else { ratatui::style::Style::new() };
        drawn.push(Line::styled(shorten(&format!("{emoji}  {name}"), columns), style));
    }
    lines(frame, area, drawn);
    let column = u16::try_from(width(&react.query) + 2).unwrap_or(u16::MAX).min(area.width.saturating_sub(1));
    frame.set_cursor_position(Position { x: area.x + column, y: area.y });
}

fn quit(model: &Model, theme: Theme, frame: &mut Frame<'_>) {
    let area = popup("Quit?", 52, 7, theme, frame);
    let count = model.waiting();
    let lines_wait = if count == 1 { "1 line was".to_owned() } else { format!("{count} lines were") };
    let mut text = Vec::new();
    if count > 0 {
        text.push(format!("{lines_wait} not acknowledged yet."));
    }
    text.push(match model.unkept() {
        0 => "They are kept, and sent when you come back.".to_owned(),
        _ if model.second => "They are lost if you quit this window.".to_owned(),
        1 => "1 line is not on disk, and lost if you quit.".to_owned(),
        n => format!("{n} lines are not on disk, and lost if you quit."),
    });
    let text = text.join(" ");
    let mut drawn: Vec<Line<'_>> = wrap(&text, usize::from(area.width)).into_iter().map(Line::from).collect();
    drawn.push(Line::default());
    drawn.push(Line::styled("y quits, any other key stays", theme.accent()));
    lines(frame, area, drawn);
}
