//! A password from whoever sits at the terminal, who does not see it, or from a line of standard input. It is never
//! said on the command line, which everybody on the machine can read.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use protocol::people;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// A new password for an account of this name, in its normal form.
pub(super) fn new_password(name: &str) -> Result<String, String> {
    let stdin = io::stdin();
    let said = if stdin.is_terminal() {
        let first = unseen(&format!("Password for {name}: "))?;
        if unseen("Again: ")? != first {
            return Err("these are two different passwords".to_owned());
        }
        first
    } else {
        line()?
    };
    people::new_password(&said, name).map_err(|error| error.to_string())
}

fn unseen(question: &str) -> Result<String, String> {
    let _ = write!(io::stderr(), "{question}").and_then(|()| io::stderr().flush());
    let hidden = Hidden::new();
    let said = line();
    drop(hidden);
    let _ = writeln!(io::stderr());
    said
}

fn line() -> Result<String, String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(|error| format!("cannot read the password: {error}"))?;
    let line = line.strip_suffix('\n').unwrap_or(&line);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

/// The terminal shows nothing of what is typed until this is dropped.
struct Hidden(Option<Termios>);

impl Hidden {
    fn new() -> Self {
        let stdin = io::stdin();
        let before = tcgetattr(&stdin).ok();
        if let Some(before) = &before {
            let mut hidden = before.clone();
            hidden.local_modes.remove(LocalModes::ECHO);
            // Where it cannot be hidden, it is seen: the person notices.
            let _ = tcsetattr(&stdin, OptionalActions::Flush, &hidden);
        }
        Self(before)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(io::stdin(), OptionalActions::Flush, before);
        }
    }
}
