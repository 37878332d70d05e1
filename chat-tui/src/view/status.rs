//! Draws the truth: who types, whether we are connected, what waits.

use protocol::error::close;
use protocol::session::Link;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::theme::Theme;
use super::{lines, spread};
use crate::app::commands::hint_at;
use crate::app::text::{shorten, width};
use crate::app::{About, Deed, Layer, Model, answered, files};
use crate::markup::sgr::{is_coloured, meant};

/// In fewer columns a reason says nothing.
const REASON: usize = 16;

pub(super) fn typing(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    if let Some(about) = &model.place().about {
        let end = " · Esc leaves it ";
        let what = match about {
            About::Reply { seq } => format!(" reply to {}", answered(model, *seq)),
            About::Edit { .. } if is_coloured(&meant(&model.composer.text())) => {
                " edit your message · ␛[…m are its colours".to_owned()
            }
            About::Edit { .. } => " edit your message".to_owned(),
        };
        let what = shorten(&what, usize::from(area.width).saturating_sub(width(end) + 2));
        let rest = "─".repeat(usize::from(area.width).saturating_sub(2 + width(&what) + width(end)));
        let spans = vec![
            Span::styled("──", theme.rule()),
            Span::styled(what, theme.accent()),
            Span::styled(end, theme.dim()),
            Span::styled(rest, theme.rule()),
        ];
        lines(frame, area, vec![Line::from(spans)]);
        return;
    }
    let names: Vec<&str> = model.place().typing.iter().map(|typist| typist.name.as_str()).collect();
    let text = match names.as_slice() {
        [] => String::new(),
        [one] => format!(" {one} is typing… "),
        [one, two] => format!(" {one} and {two} are typing… "),
        [one, two, rest @ ..] => format!(" {one}, {two} and {} more are typing… ", rest.len()),
    };
    let columns = usize::from(area.width);
    let text = shorten(&text, columns.saturating_sub(2));
    let left = "──".chars().take(columns).collect::<String>();
    let right = "─".repeat(columns.saturating_sub(2 + width(&text)));
    lines(
        frame,
        area,
        vec![Line::from(vec![
            Span::styled(left, theme.rule()),
            Span::styled(text, theme.accent()),
            Span::styled(right, theme.rule()),
        ])],
    );
}

pub(super) fn draw(model: &Model, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let picking = match model.layers.last() {
        Some(Layer::Pick(pick)) => Some(pick.deed.hint()),
        _ => None,
    };
    // What was just done, or is being done, matters more than what goes on.
    let toast = model.toast.as_ref().map(|(toast, _)| toast.clone());
    let selects = matches!(model.layers.last(), Some(Layer::Pick(pick)) if pick.deed == Deed::Select);
    let picking_now = picking.map(str::to_owned);
    let about = if selects { toast.or(picking_now) } else { picking_now.or(toast) };
    let about = about.or_else(|| model.layers.is_empty().then(|| hint_at(model)).flatten());
    let about = about.or_else(|| files::told(model));
    if let Some(about) = about {
        let about = shorten(&about, usize::from(area.width).saturating_sub(1));
        let room = usize::from(area.width).saturating_sub(width(&about) + 2);
        let (sign, text, style) = link(model, theme, room);
        let left = if room > 10 && picking.is_none() {
            vec![Span::styled(sign, style), Span::styled(shorten(&text, room - width(sign)), style)]
        } else {
            Vec::new()
        };
        lines(frame, area, vec![spread(left, vec![Span::styled(about, theme.accent())], area.width)]);
        return;
    }
    let right = if model.second {
        "second window: unsent lines are not kept"
    } else if area.width >= 60 {
        "F1 help"
    } else {
        ""
    };
    let columns = usize::from(area.width).saturating_sub(width(right) + 4);
    let (sign, text, style) = link(model, theme, columns);
    let left = vec![Span::styled(sign, style), Span::styled(text, style)];
    lines(frame, area, vec![spread(left, vec![Span::styled(right, theme.dim())], area.width)]);
}

/// One sentence that is true; where it knows a reason, it is cut to these columns.
fn link(model: &Model, theme: Theme, columns: usize) -> (&'static str, String, Style) {
    let waiting = match model.waiting() {
        0 => String::new(),
        1 => ": 1 message waiting".to_owned(),
        n => format!(": {n} messages waiting"),
    };
    match &model.link {
        Link::Connected => {
            let name = model.my_name();
            let what = match &model.me {
                Some(me) if me.guest => " (guest)",
                Some(me) if me.away => " (away)",
                _ => "",
            };
            let elsewhere = model.rooms.values().filter(|room| room.key != model.current && !room.is_muted());
            let unread = elsewhere.filter(|room| room.unread() > 0);
            let unread = match unread.count() {
                0 => String::new(),
                1 => " · 1 other room unread".to_owned(),
                n => format!(" · {n} other rooms unread"),
            };
            let sending = if waiting.is_empty() { String::new() } else { format!(" · sending{waiting}") };
            ("● ", format!("connected as {name}{what}{sending}{unread}"), theme.good())
        }
        Link::Connecting => ("◌ ", format!("connecting to {}{waiting}", model.server), theme.warn()),
        Link::WaitingUntil(at) => {
            let left = at.saturating_sub(model.now).as_millis().div_ceil(1000);
            let when = if left == 0 { "now".to_owned() } else { format!("in {left} s") };
            let (begin, end) = (format!("offline{waiting}"), format!(" · reconnecting {when}"));
            let colon = if waiting.is_empty() { ": " } else { " · " };
            // When it goes on matters more than why it does not.
            let room = columns.saturating_sub(width(&begin) + width(colon) + width(&end));
            let why = model.trouble.as_ref().filter(|_| room >= REASON);
            let why = why.map_or_else(String::new, |why| format!("{colon}{}", shorten(why, room)));
            ("○ ", format!("{begin}{why}{end}"), theme.warn())
        }
        Link::Stopped(why) if why.code == close::SIGN_IN => {
            let why = model.sign_in.as_deref().unwrap_or(why.reason);
            let end = " · /login";
            let begin = format!("not signed in{waiting}: ");
            let room = columns.saturating_sub(width(&begin) + width(end));
            ("✗ ", format!("{begin}{}{end}", shorten(why, room)), theme.bad())
        }
        Link::Stopped(why) => {
            ("✗ ", format!("disconnected{waiting} · {} · /reconnect", why.reason), theme.bad())
        }
    }
}
