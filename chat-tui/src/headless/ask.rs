//! Asking a person on the terminal, or a script's standard input, for names and secrets.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, IsTerminal, Read, Write};

use anyhow::{Context, bail};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::api::Hidden;

/// The longest line that is taken, in bytes.
const MOST: u64 = 4096;

/// Who answers.
#[derive(Debug)]
pub(super) enum Asker {
    /// A person, on the terminal, wherever the standard input and output lead.
    Person(File),
    /// A script: each answer is a line of the standard input.
    Script,
}

impl Asker {
    pub(super) fn new() -> anyhow::Result<Self> {
        if !io::stdin().is_terminal() {
            return Ok(Self::Script);
        }
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
        Ok(Self::Person(terminal.context("cannot ask: there is no terminal")?))
    }

    /// A line that may be seen. A script says such things on the command line.
    pub(super) fn line(&mut self, question: &str) -> anyhow::Result<String> {
        match self {
            Self::Person(terminal) => {
                write!(terminal, "{question}")?;
                Ok(read_line(&mut *terminal)?.0.trim().to_owned())
            }
            Self::Script => bail!("name the account: chat-tui login NAME"),
        }
    }

    /// A line that nobody is to see; empty at the end of a script's input.
    pub(super) fn secret(&mut self, question: &str) -> anyhow::Result<Hidden> {
        match self {
            Self::Person(terminal) => {
                let secret = {
                    let _silence = Silence::new(terminal)?;
                    // Only now: what is answered at once would be seen, and then be lost.
                    write!(terminal, "{question}")?;
                    read_keys(&mut *terminal)
                };
                writeln!(terminal)?;
                secret
            }
            Self::Script => read_line(io::stdin().lock()),
        }
    }

    /// A new password; a person says it twice.
    pub(super) fn new_password(&mut self, name: &str) -> anyhow::Result<Hidden> {
        loop {
            let password = self.secret("New password: ")?;
            let fault = match protocol::people::new_password(&password.0, name) {
                Err(error) => Some(error.to_string()),
                Ok(_) if matches!(self, Self::Script) => None,
                Ok(_) if self.secret("Once more: ")? != password => {
                    Some("these are two different ones".to_owned())
                }
                Ok(_) => None,
            };
            match (fault, &mut *self) {
                (None, _) => return Ok(password),
                (Some(fault), Self::Person(terminal)) => writeln!(terminal, "{fault}; again, please.")?,
                (Some(fault), Self::Script) => bail!("{fault}"),
            }
        }
    }

    /// Whether a person wants that; a script said so by what it does.
    pub(super) fn agrees(&mut self, question: &str) -> anyhow::Result<bool> {
        match self {
            Self::Person(_) => {
                let answer = self.line(&format!("{question} [y/N] "))?;
                Ok(matches!(answer.as_str(), "y" | "Y" | "yes"))
            }
            Self::Script => Ok(true),
        }
    }

    /// Something for a person to know beside the answer.
    pub(super) fn tell(&mut self, text: &str) -> io::Result<()> {
        match self {
            Self::Person(terminal) => writeln!(terminal, "{text}"),
            Self::Script => Ok(()),
        }
    }
}

/// The terminal without echo, until it is dropped. Its keys come one by one, so that Ctrl+C too ends with this undone.
struct Silence {
    terminal: File,
    before: Termios,
}

impl Silence {
    fn new(terminal: &File) -> io::Result<Self> {
        let terminal = terminal.try_clone()?;
        let before = tcgetattr(&terminal)?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(&terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // The terminal may be gone.
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
    }
}

fn read_line(input: impl Read) -> anyhow::Result<Hidden> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    let mut input = io::BufReader::with_capacity(1, input);
    while bytes.len() as u64 <= MOST && !input.fill_buf()?.is_empty() {
        input.read_exact(&mut byte)?;
        if byte[0] == b'\n' {
            break;
        }
        bytes.push(byte[0]);
    }
    text(bytes)
}

/// What is typed up to Enter, with the keys that a line editor has.
fn read_keys(mut keys: impl Read) -> anyhow::Result<Hidden> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut key = [0];
    loop {
        if keys.read(&mut key)? == 0 {
            bail!("nothing was entered");
        }
        match key[0] {
            b'\n' | b'\r' => return text(bytes),
            3 | 4 | 28 => bail!("nothing was entered"),
            8 | 127 => {
                // A whole character, with all its bytes.
                while bytes.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
            }
            21 => bytes.clear(),
            byte if bytes.len() as u64 <= MOST => bytes.push(byte),
            _ => {}
        }
    }
}

fn text(mut bytes: Vec<u8>) -> anyhow::Result<Hidden> {
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    if bytes.len() as u64 > MOST {
        bail!("this is too long");
    }
    Ok(Hidden(String::from_utf8(bytes).ok().context("this is not UTF-8")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_answers_in_lines() {
        let mut input = &b"first\r\nsecond"[..];
        assert_eq!(read_line(&mut input).unwrap().0, "first");
        assert_eq!(read_line(&mut input).unwrap().0, "second");
        assert_eq!(read_line(&mut input).unwrap().0, "");
        assert!(read_line(&vec![b'x'; 5000][..]).is_err());
        assert!(read_line(&b"\xff\n"[..]).is_err());
    }

    #[test]
    fn keys_are_edited_and_may_be_given_up() {
        let typed = |keys: &str| read_keys(keys.as_bytes()).map(|typed| typed.0).ok();
        assert_eq!(typed("caf\u{e9}\u{7f}e\r").as_deref(), Some("cafe"));
        assert_eq!(typed("wrong\u{15}right\n").as_deref(), Some("right"));
        assert_eq!(typed("half\u{3}"), None);
        assert_eq!(typed("half"), None);
    }
}
