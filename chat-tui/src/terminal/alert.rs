//! The bell, and a notification in the words of the terminal at hand.

/// How a terminal is told of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By the bell alone.
    Bell,
    /// OSC 9: `iTerm2`, kitty, `WezTerm`, Ghostty, Windows Terminal and others.
    Nine,
    /// OSC 777: rxvt-unicode, foot, and terminals made with VTE.
    Seven,
}

/// How the terminal at hand is told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Alerts {
    way: Way,
    /// It is inside tmux, which passes on what is wrapped for it, where it is allowed to.
    in_tmux: bool,
}

impl Alerts {
    /// By what the environment tells of the terminal, a variable at a time.
    pub(super) fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).unwrap_or_default();
        let term = set("TERM");
        let in_tmux = !set("TMUX").is_empty();
        let way = if term == "dumb" || term == "linux" {
            Way::Bell
        } else if term.starts_with("rxvt") || term.starts_with("foot") || !set("VTE_VERSION").is_empty() {
            Way::Seven
        } else {
            Way::Nine
        };
        Self { way, in_tmux }
    }

    /// What is written: the bell, then the notification. The title and the text have no control characters.
    pub(super) fn written(self, title: &str, text: &str) -> String {
        let notification = match self.way {
            Way::Bell => return "\x07".to_owned(),
            // A number before a semicolon would be another command.
            Way::Nine => format!("\x1b]9;{title}: {text}\x1b\\"),
            Way::Seven => {
                format!("\x1b]777;notify;{};{}\x1b\\", title.replace(';', ","), text.replace(';', ","))
            }
        };
        if self.in_tmux {
            return format!("\x07\x1bPtmux;{}\x1b\\", notification.replace('\x1b', "\x1b\x1b"));
        }
        format!("\x07{notification}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_terminal_is_told_in_its_own_words() {
        let alerts = |term: &str, tmux: &str, vte: &str| {
            let variable = |name: &str| match name {
                "TERM" => Some(term.to_owned()),
                "TMUX" => Some(tmux.to_owned()),
                "VTE_VERSION" => Some(vte.to_owned()),
                other => panic!("{other} is not asked for"),
            };
            Alerts::of(variable).written("bo in #ops", "a; b")
        };
        assert_eq!(alerts("linux", "", ""), "\x07");
        assert_eq!(alerts("xterm-kitty", "", ""), "\x07\x1b]9;bo in #ops: a; b\x1b\\");
        assert_eq!(alerts("foot", "", ""), "\x07\x1b]777;notify;bo in #ops;a, b\x1b\\");
        assert_eq!(alerts("xterm-256color", "", "7600"), "\x07\x1b]777;notify;bo in #ops;a, b\x1b\\");
        let wrapped = "\x07\x1bPtmux;\x1b\x1b]9;bo in #ops: a; b\x1b\x1b\\\x1b\\";
        assert_eq!(alerts("tmux-256color", "/tmp/tmux-0/default,1,0", ""), wrapped);
    }
}
