//! How what somebody wrote looks: its roles by the theme, its emphasis and colours as its author chose them.

use ratatui::style::{Modifier, Style};
use ratatui::text::Span;

use super::theme::Theme;
use crate::app::rows::{self, Look, Role};
use crate::app::written::Hrefs;
use crate::markup::sgr;

/// A span as it is drawn on top of the row's style; `links` are those of its message.
pub(super) fn span(span: rows::Span, row: Style, links: Option<&Hrefs>, theme: Theme) -> Span<'static> {
    let style = row.patch(role(span.look.role, theme)).patch(emphasis(span.look, theme));
    let link = span.look.link.and_then(|link| links?.get(usize::from(link)));
    let style = link.map_or(style, |href| style.patch(theme.leads_to(href)));
    Span::styled(span.text, style)
}

fn role(role: Role, theme: Theme) -> Style {
    match role {
        Role::Words => Style::new(),
        Role::Sign => theme.dim(),
        Role::Code => theme.code(),
        Role::Syntax(class) => theme.syntax(class),
        Role::Link => theme.link(),
        Role::Mention => theme.mention(),
        Role::Call => theme.mention().add_modifier(Modifier::REVERSED),
    }
}

fn emphasis(look: Look, theme: Theme) -> Style {
    let sgr::Style { fg, bg, bold, dim, italic, underline, strike, inverse } = look.style;
    let modifiers = [
        (bold, Modifier::BOLD),
        (dim, Modifier::DIM),
        (italic, Modifier::ITALIC),
        (underline, Modifier::UNDERLINED),
        (strike, Modifier::CROSSED_OUT),
        (inverse, Modifier::REVERSED),
    ];
    let mut style = Style::new();
    for (_, modifier) in modifiers.into_iter().filter(|(on, _)| *on) {
        style = style.add_modifier(modifier);
    }
    style.fg = fg.and_then(|color| theme.shade(color));
    style.bg = bg.and_then(|color| theme.shade(color));
    style
}
