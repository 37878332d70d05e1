//! Which way of showing pictures a terminal has: what it is asked, and what its answers mean.
//!
//! What kind of device it is (`CSI c`) is asked last and answered by all: when that answer is there, no other one is
//! owed. Only within tmux there is none for the terminal around it; there, what comes counts whenever it comes.

use super::{Way, through_tmux};

/// kitty's test picture of one dot, which it looks at and forgets.
const KITTY: &str = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\";
/// Its name and version; the size of a cell; how many colours sixels may have; what device it is.
const REST: &str = "\x1b[>q\x1b[16t\x1b[?1;1;0S\x1b[c";
/// What device attribute stands for sixels.
const SIXEL: u16 = 4;
/// The size of a cell in dots, where nobody tells.
const CELL: (u16, u16) = (10, 20);
/// Sixels have at least so many colours.
const COLOURS: u16 = 16;

/// An answer of the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// To kitty's test picture: whether it was well.
    Kitty(bool),
    /// Its name and version.
    Version(String),
    /// What it can do, as numbers.
    Attributes(Vec<u16>),
    /// The width and height of a cell in dots.
    Cell(u16, u16),
    /// How many colours sixels may have.
    Colours(u16),
}

/// What was found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The best way.
    pub way: Way,
    /// The width and height of a cell in dots.
    pub cell: (u16, u16),
    /// How many colours sixels may have.
    pub colours: u16,
    /// Whatever is for kitty passes through tmux.
    pub in_tmux: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It shows characters and may trip over anything else, or no colours are wanted.
    Mute,
    /// GNU screen: passes nothing on that could be told apart.
    Screen,
    Tmux,
    Plain,
}

/// What is known of the terminal at hand.
#[derive(Debug, Clone)]
pub struct Detected {
    place: Place,
    /// The environment names a terminal with inline images.
    named: bool,
    kitty: bool,
    version: Option<String>,
    attributes: Option<Vec<u16>>,
    cell: Option<(u16, u16)>,
    colours: Option<u16>,
}

impl Detected {
    /// By what the environment tells, a variable at a time.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).unwrap_or_default();
        let term = set("TERM");
        let place = if matches!(term.as_str(), "" | "dumb" | "linux") || !set("NO_COLOR").is_empty() {
            Place::Mute
        } else if !set("TMUX").is_empty() || term.starts_with("tmux") {
            Place::Tmux
        } else if !set("STY").is_empty() || term.starts_with("screen") {
            Place::Screen
        } else {
            Place::Plain
        };
        let named = has_inline(&set("TERM_PROGRAM")) || set("LC_TERMINAL") == "iTerm2";
        Self { place, named, kitty: false, version: None, attributes: None, cell: None, colours: None }
    }

    /// Whether pictures may be drawn by anything but characters, if a person wants it so.
    pub fn allows(&self) -> bool {
        !matches!(self.place, Place::Mute | Place::Screen)
    }

    /// Whether it is inside tmux.
    pub fn in_tmux(&self) -> bool {
        self.place == Place::Tmux
    }

    /// What is to be written to be answered; nothing where nothing is asked.
    pub fn questions(&self) -> String {
        match self.place {
            Place::Mute | Place::Screen => String::new(),
            Place::Tmux => through_tmux(KITTY),
            Place::Plain => format!("{KITTY}{REST}"),
        }
    }

    /// Takes an answer in.
    pub fn take(&mut self, reply: Reply) {
        match reply {
            Reply::Kitty(well) => self.kitty = well,
            Reply::Version(version) => self.version = Some(version),
            Reply::Attributes(attributes) => self.attributes = Some(attributes),
            // What cannot be is as good as untold.
            Reply::Cell(wide, high) => {
                self.cell = is_cell((wide, high)).then_some((wide, high)).or(self.cell);
            }
            Reply::Colours(colours) => self.colours = Some(colours),
        }
    }

    /// All answers are there.
    pub fn is_settled(&self) -> bool {
        self.attributes.is_some()
    }

    /// What all that comes to. Before the last answer is there it is half-blocks.
    pub fn found(&self) -> Found {
        let version = self.version.as_deref();
        let placeholders = self.kitty && version.is_some_and(has_placeholders);
        let way = match self.place {
            Place::Tmux if placeholders => Way::Kitty,
            Place::Plain if self.is_settled() => {
                let sixel = self.attributes.iter().flatten().any(|attribute| *attribute == SIXEL);
                if placeholders {
                    Way::Kitty
                } else if version.map_or(self.named, has_inline) {
                    Way::Iterm
                } else if sixel && self.cell.is_some() {
                    Way::Sixel
                } else {
                    Way::Blocks
                }
            }
            _ => Way::Blocks,
        };
        Found {
            way,
            cell: self.cell.unwrap_or(CELL),
            // Who has sixels and does not tell has as many as everybody today.
            colours: self.colours.map_or(256, |colours| colours.clamp(COLOURS, 256)),
            in_tmux: self.in_tmux(),
        }
    }
}

fn is_cell((wide, high): (u16, u16)) -> bool {
    (2..=128).contains(&wide) && (4..=256).contains(&high)
}

/// Terminals that draw kitty's placeholder characters. Others answer its test picture too, and would show boxes.
fn has_placeholders(version: &str) -> bool {
    if let Some(number) = version.strip_prefix("kitty(") {
        let mut numbers =
            number.trim_end_matches(')').split('.').map_while(|number| number.parse::<u32>().ok());
        return (numbers.next(), numbers.next()) >= (Some(0), Some(28));
    }
    version.to_ascii_lowercase().starts_with("ghostty")
}

fn has_inline(program: &str) -> bool {
    program.starts_with("iTerm") || program.starts_with("WezTerm")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn detected(variables: &[(&str, &str)]) -> Detected {
        Detected::of(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn after(variables: &[(&str, &str)], replies: &[Reply]) -> Way {
        let mut detected = detected(variables);
        for reply in replies {
            detected.take(reply.clone());
        }
        detected.found().way
    }

    fn version(text: &str) -> Reply {
        Reply::Version(text.to_owned())
    }

    #[test]
    fn the_answers_tell_the_way() {
        let xterm = &[("TERM", "xterm-256color")][..];
        let yes = Reply::Kitty(true);
        let device = |attributes: &[u16]| Reply::Attributes(attributes.to_vec());
        for (replies, way) in [
            (&[yes.clone(), version("kitty(0.32.2)"), device(&[62])][..], Way::Kitty),
            (&[yes.clone(), version("kitty(0.27.1)"), device(&[62])], Way::Blocks),
            (&[yes.clone(), version("ghostty 1.1.0"), device(&[62, 22])], Way::Kitty),
            (&[yes.clone(), version("Konsole 24.08"), Reply::Cell(9, 18), device(&[62, 4])], Way::Sixel),
            (&[yes.clone(), version("WezTerm 20240203"), Reply::Cell(9, 18), device(&[65, 4])], Way::Iterm),
            (&[version("iTerm2 3.5.1"), device(&[64, 4])], Way::Iterm),
            (&[version("XTerm(379)"), Reply::Cell(10, 20), device(&[63, 4])], Way::Sixel),
            (&[Reply::Cell(0, 0), device(&[63, 4])], Way::Blocks),
            (&[Reply::Kitty(false), version("kitty(0.32.2)"), device(&[62])], Way::Blocks),
            (&[device(&[62])], Way::Blocks),
            (&[yes.clone(), version("kitty(0.32.2)")], Way::Blocks),
            (&[], Way::Blocks),
        ] {
            assert_eq!(after(xterm, replies), way, "{replies:?}");
        }
    }

    #[test]
    fn the_environment_counts_where_nothing_was_answered() {
        let device = Reply::Attributes(vec![62]);
        for (program, replies, way) in [
            ("iTerm.app", std::slice::from_ref(&device), Way::Iterm),
            // It is of the terminal in which another one was started.
            ("iTerm.app", &[version("XTerm(379)"), device.clone()], Way::Blocks),
            ("Apple_Terminal", std::slice::from_ref(&device), Way::Blocks),
        ] {
            assert_eq!(after(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", program)], replies), way);
        }
        assert_eq!(after(&[("TERM", "xterm"), ("LC_TERMINAL", "iTerm2")], &[device]), Way::Iterm);
    }

    #[test]
    fn within_tmux_only_what_passed_through_counts() {
        let tmux = &[("TERM", "tmux-256color"), ("TMUX", "/tmp/x,1,0"), ("LC_TERMINAL", "iTerm2")][..];
        assert_eq!(
            detected(tmux).questions(),
            "\x1bPtmux;\x1b\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\x1b\\\x1b\\"
        );
        let all = [Reply::Cell(10, 20), Reply::Attributes(vec![62, 4])];
        assert_eq!(after(tmux, &all), Way::Blocks);
        assert_eq!(after(tmux, &[Reply::Kitty(true)]), Way::Blocks, "it may be one without placeholders");
        assert_eq!(after(tmux, &[version("kitty(0.36.0)"), Reply::Kitty(true)]), Way::Kitty);
        assert_eq!(after(tmux, &[version("kitty(0.36.0)")]), Way::Blocks, "it is not passed on");
    }

    #[test]
    fn who_cannot_answer_is_asked_nothing() {
        for variables in [
            &[("TERM", "dumb")][..],
            &[("TERM", "linux")],
            &[("TERM", "screen-256color")],
            &[("TERM", "xterm-kitty"), ("NO_COLOR", "1")],
            &[],
        ] {
            let asked = detected(variables);
            assert_eq!((asked.questions().as_str(), asked.allows()), ("", false), "{variables:?}");
        }
        assert!(detected(&[("TERM", "xterm")]).questions().ends_with("\x1b[c"), "what all answer comes last");
    }

    fn replies() -> impl Strategy<Value = Vec<Reply>> {
        let one = prop_oneof![
            any::<bool>().prop_map(Reply::Kitty),
            "[a-zA-Z(). 0-9]{0,20}".prop_map(Reply::Version),
            prop::collection::vec(any::<u16>(), 0..6).prop_map(Reply::Attributes),
            any::<(u16, u16)>().prop_map(|(wide, high)| Reply::Cell(wide, high)),
            any::<u16>().prop_map(Reply::Colours),
        ];
        prop::collection::vec(one, 0..12)
    }

    proptest! {
        #[test]
        fn whatever_is_answered_the_figures_are_good(replies in replies()) {
            let mut detected = detected(&[("TERM", "xterm")]);
            for reply in replies {
                detected.take(reply);
            }
            let found = detected.found();
            prop_assert!(is_cell(found.cell));
            prop_assert!((16..=256).contains(&found.colours));
        }
    }
}
