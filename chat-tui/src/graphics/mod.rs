//! Pictures on a terminal: which way it can show them, and what is written for it. Data in, data out.
//!
//! Own code rather than `ratatui-image`, which (at 12.0.0-rc.3) reads the answers of the terminal by blocking at the
//! start, leaves late ones to be typed, and never deletes what it sent: a chat runs for weeks.

pub mod detect;
pub mod iterm;
pub mod kitty;
pub mod mark;
pub mod pixels;
pub mod sixel;

pub use detect::{Detected, Found, Reply};
pub use mark::Mark;
pub use pixels::Pixels;

/// A way to show a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Way {
    /// Half-blocks: characters and colours alone.
    #[default]
    Blocks,
    /// kitty's graphics protocol, placed by its placeholder characters.
    Kitty,
    /// Inline images as `iTerm2` has them.
    Iterm,
    /// Sixels.
    Sixel,
}

impl Way {
    /// All of them, by the names that people say.
    pub const NAMES: [(&'static str, Self); 4] =
        [("kitty", Self::Kitty), ("iterm", Self::Iterm), ("sixel", Self::Sixel), ("blocks", Self::Blocks)];

    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(other, _)| *other == name).map(|(_, way)| *way)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, way)| *way == self).map_or("blocks", |(name, _)| name)
    }

    /// What is to be passed on by tmux, where it runs in that.
    pub fn is_graphic(self) -> bool {
        self != Self::Blocks
    }
}

/// Wraps a sequence for tmux, which passes it on to the terminal around it where `allow-passthrough` is on.
pub fn through_tmux(sequence: &str) -> String {
    format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))
}
