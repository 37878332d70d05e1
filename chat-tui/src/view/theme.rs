//! Colours and emphasis: readable on dark and on light, and without any colour.

use protocol::ids::UserId;
use ratatui::style::{Color, Modifier, Style};

use crate::markup::highlight::Class;

/// Palette places that stand out from black and from white alike; one per person, by identity.
const PEOPLE: [u8; 12] = [31, 64, 130, 97, 132, 62, 29, 167, 136, 66, 133, 69];
const GOOD: u8 = 64;
const BAD: u8 = 167;
const WARN: u8 = 136;
const ACCENT: u8 = 69;
const CODE: u8 = 133;

/// How things look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Whether colours are wanted; see <https://no-color.org>.
    pub color: bool,
}

impl Theme {
    /// A person's colour: the same on every day and machine.
    pub fn person(self, user: Option<&UserId>) -> Style {
        let Some(user) = user else { return self.dim() };
        // FNV-1a: stable over versions, unlike the standard library's hasher.
        let hash = user.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let place = usize::try_from((hash >> 32) % PEOPLE.len() as u64).unwrap_or(0);
        self.tint(PEOPLE[place])
    }

    /// What matters less.
    pub fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Lines between the parts of the screen.
    pub fn rule(self) -> Style {
        self.dim()
    }

    /// What went well.
    pub fn good(self) -> Style {
        self.tint(GOOD)
    }

    /// What is not as it should be, and mends itself.
    pub fn warn(self) -> Style {
        self.tint(WARN)
    }

    /// What went wrong.
    pub fn bad(self) -> Style {
        self.tint(BAD)
    }

    /// What the eye should find.
    pub fn accent(self) -> Style {
        self.tint(ACCENT).add_modifier(Modifier::BOLD)
    }

    /// Code within a line.
    pub fn code(self) -> Style {
        if self.color { self.tint(CODE) } else { Style::new().add_modifier(Modifier::ITALIC) }
    }

    /// A part of code in a block.
    pub fn syntax(self, class: Class) -> Style {
        match class {
            Class::Comment => self.dim(),
            Class::String | Class::Added => self.tint(GOOD),
            Class::Number => self.tint(WARN),
            Class::Keyword => self.tint(CODE),
            Class::Name => self.tint(ACCENT),
            Class::Removed => self.tint(BAD),
        }
    }

    /// Where a link leads, or what leads there.
    pub fn link(self) -> Style {
        self.tint(ACCENT).add_modifier(Modifier::UNDERLINED)
    }

    /// Somebody's name in a message.
    pub fn mention(self) -> Style {
        self.accent()
    }

    /// The sign before the composer.
    pub fn prompt(self) -> Style {
        self.accent()
    }

    /// The chosen one of a list.
    pub fn chosen(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A name or title.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    fn tint(self, color: u8) -> Style {
        if self.color { Style::new().fg(Color::Indexed(color)) } else { Style::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The relative luminance of a place in the 6x6x6 cube of the 256 colours (WCAG 2.2).
    fn luminance(color: u8) -> f64 {
        let level = |n: u8| if n == 0 { 0.0 } else { f64::from(55 + 40 * u16::from(n)) / 255.0 };
        let linear = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
        let n = color - 16;
        0.2126 * linear(level(n / 36)) + 0.7152 * linear(level(n / 6 % 6)) + 0.0722 * linear(level(n % 6))
    }

    #[test]
    fn every_colour_can_be_read_on_black_and_on_white() {
        for color in PEOPLE.into_iter().chain([GOOD, BAD, WARN, ACCENT, CODE]) {
            let l = luminance(color);
            let (on_black, on_white) = ((l + 0.05) / 0.05, 1.05 / (l + 0.05));
            assert!(on_black >= 3.0 && on_white >= 3.0, "{color}: {on_black:.1} {on_white:.1}");
        }
    }

    #[test]
    fn without_colour_nothing_is_coloured() {
        let theme = Theme { color: false };
        let user = UserId::new("u-1").unwrap();
        for style in [theme.person(Some(&user)), theme.good(), theme.warn(), theme.bad(), theme.accent()] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }
}
