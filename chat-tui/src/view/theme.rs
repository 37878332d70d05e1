//! Colours and emphasis: readable on dark and on light, and without any colour.

mod hue;
mod shade;

use protocol::ids::UserId;
use ratatui::style::{Color, Modifier, Style};

use super::links::Links;
use crate::app::pictures::Dot;
use crate::markup::highlight::Class;
use crate::markup::sgr;

/// Palette places that stand out from black and from white alike; one per person, by identity.
const PEOPLE: [u8; 12] = [31, 64, 130, 97, 132, 62, 29, 167, 136, 66, 133, 69];
/// The same for a terminal that has only its own few.
const FEW: [Color; 6] = [Color::Cyan, Color::Green, Color::Yellow, Color::Magenta, Color::Red, Color::Blue];
const GOOD: (u8, Color) = (64, Color::Green);
const BAD: (u8, Color) = (167, Color::Red);
const WARN: (u8, Color) = (136, Color::Yellow);
const ACCENT: (u8, Color) = (69, Color::Blue);
const CODE: (u8, Color) = (133, Color::Magenta);

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// None, or none are wanted; see <https://no-color.org>.
    None,
    /// Those that its person chose: eight, and brighter ones.
    Few,
    /// The palette of 256.
    Palette,
    /// All.
    True,
}

/// How things look.
#[derive(Debug, Clone, Copy)]
pub struct Theme<'a> {
    /// What colours there are.
    pub depth: Depth,
    /// Where the addresses of links are kept; none where links are only text.
    pub links: Option<&'a Links>,
}

impl Depth {
    /// By what the environment tells of the terminal, a variable at a time.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).unwrap_or_default();
        let (term, colours) = (set("TERM"), set("COLORTERM"));
        if !set("NO_COLOR").is_empty() || term == "dumb" {
            return Self::None;
        }
        if matches!(colours.as_str(), "truecolor" | "24bit") || term.ends_with("-direct") {
            return Self::True;
        }
        if term.contains("256color") || !colours.is_empty() { Self::Palette } else { Self::Few }
    }
}

impl Depth {
    /// Whether pictures can be told from one another.
    pub fn has_pictures(self) -> bool {
        matches!(self, Self::Palette | Self::True)
    }
}

impl Theme<'_> {
    /// With these colours, and links as text.
    pub fn new(depth: Depth) -> Self {
        Self { depth, links: None }
    }

    /// What leads somewhere, beside its looks.
    pub fn leads_to(self, href: &str) -> Style {
        let mark = self.links.and_then(|links| links.mark(href));
        mark.map_or_else(Style::new, |mark| Style::new().underline_color(mark))
    }

    /// A person's colour: of the hue that they chose, else the same on every day and machine.
    pub fn person(self, user: Option<&UserId>, hue: Option<u16>) -> Style {
        let Some(user) = user else { return self.dim() };
        if let Some(hue) = hue {
            return self.hue(hue);
        }
        // FNV-1a: stable over versions, unlike the standard library's hasher.
        let hash = user.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let place = usize::try_from((hash >> 32) % PEOPLE.len() as u64).unwrap_or(0);
        self.tint((PEOPLE[place], FEW[place % FEW.len()]))
    }

    /// A hue, as light as can be read on black and on white alike.
    fn hue(self, hue: u16) -> Style {
        match self.depth {
            Depth::None => Style::new(),
            Depth::Few => Style::new().fg(hue::few(hue)),
            Depth::Palette => Style::new().fg(Color::Indexed(hue::palette(hue))),
            Depth::True => {
                let (red, green, blue) = hue::readable(hue);
                Style::new().fg(Color::Rgb(red, green, blue))
            }
        }
    }

    /// A colour that an author chose, as near as the terminal has it.
    pub fn shade(self, color: sgr::Color) -> Option<Color> {
        shade::shade(color, self.depth)
    }

    /// A dot of a picture, put into a style; nothing where there are too few colours.
    pub fn dot(self, (red, green, blue): Dot, put: impl Fn(Style, Color) -> Style) -> Style {
        match self.depth {
            Depth::None | Depth::Few => Style::new(),
            Depth::Palette => put(Style::new(), Color::Indexed(hue::nearest((red, green, blue)))),
            Depth::True => put(Style::new(), Color::Rgb(red, green, blue)),
        }
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
        match self.depth {
            Depth::None => Style::new().add_modifier(Modifier::ITALIC),
            _ => self.tint(CODE),
        }
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

    fn tint(self, (place, few): (u8, Color)) -> Style {
        match self.depth {
            Depth::None => Style::new(),
            Depth::Few => Style::new().fg(few),
            Depth::Palette | Depth::True => Style::new().fg(Color::Indexed(place)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_can_be_read_on_black_and_on_white() {
        for color in PEOPLE.into_iter().chain([GOOD, BAD, WARN, ACCENT, CODE].map(|(place, _)| place)) {
            let l = hue::luminance(hue::cube(color));
            let (on_black, on_white) = ((l + 0.05) / 0.05, 1.05 / (l + 0.05));
            assert!(on_black >= 3.0 && on_white >= 3.0, "{color}: {on_black:.1} {on_white:.1}");
        }
    }

    #[test]
    fn the_environment_tells_how_many_colours_there_are() {
        for (term, colours, no_color, depth) in [
            ("xterm-256color", "", "", Depth::Palette),
            ("xterm-256color", "truecolor", "", Depth::True),
            ("tmux-256color", "24bit", "", Depth::True),
            ("xterm-direct", "", "", Depth::True),
            ("linux", "", "", Depth::Few),
            ("xterm", "", "", Depth::Few),
            ("xterm", "yes", "", Depth::Palette),
            ("dumb", "truecolor", "", Depth::None),
            ("xterm-256color", "truecolor", "1", Depth::None),
        ] {
            let variable = |name: &str| {
                let value = match name {
                    "TERM" => term,
                    "COLORTERM" => colours,
                    "NO_COLOR" => no_color,
                    other => panic!("{other} is not asked for"),
                };
                Some(value.to_owned())
            };
            assert_eq!(Depth::of(variable), depth, "{term} {colours} {no_color}");
        }
        assert_eq!(Depth::of(|_| None), Depth::Few);
    }

    #[test]
    fn a_chosen_hue_is_drawn_with_what_the_terminal_has() {
        let user = UserId::new("u-1").unwrap();
        let drawn = |depth| Theme::new(depth).person(Some(&user), Some(120)).fg;
        assert_eq!(drawn(Depth::None), None);
        assert_eq!(drawn(Depth::Few), Some(Color::Green));
        assert_eq!(drawn(Depth::Palette), Some(Color::Indexed(hue::palette(120))));
        let (red, green, blue) = hue::readable(120);
        assert_eq!(drawn(Depth::True), Some(Color::Rgb(red, green, blue)));
    }

    #[test]
    fn without_colour_nothing_is_coloured() {
        let theme = Theme::new(Depth::None);
        let user = UserId::new("u-1").unwrap();
        let people = [None, Some(40)].map(|hue| theme.person(Some(&user), hue));
        for style in people.into_iter().chain([theme.good(), theme.warn(), theme.bad(), theme.accent()]) {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }
}
