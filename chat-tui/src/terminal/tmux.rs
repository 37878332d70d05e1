//! What tmux says of the terminal around it, which cannot be asked through it: the answer would be tmux's own.

use std::process::{Command, Stdio};

/// The longest name that is looked at, in bytes.
const LONGEST: usize = 100;

/// The name and version of the terminal around tmux, as it told tmux. Waits for tmux.
pub fn terminal_around() -> Option<String> {
    let mut command = Command::new("tmux");
    command.args(["display-message", "-p", "#{client_termtype}"]).stdin(Stdio::null()).stderr(Stdio::null());
    named(&command.output().ok()?.stdout)
}

fn named(told: &[u8]) -> Option<String> {
    let line = std::str::from_utf8(told).ok()?.lines().next()?.trim();
    (!line.is_empty() && line.len() <= LONGEST).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_is_taken() {
        assert_eq!(named(b"kitty(0.36.4)\nmore\n").as_deref(), Some("kitty(0.36.4)"));
        assert_eq!((named(b"\n"), named(b""), named(&[0xff]), named(&[b'a'; 101])), (None, None, None, None));
    }
}
