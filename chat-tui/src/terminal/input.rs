//! What comes in from the terminal: keys, the mouse, pastes, the focus, and its answers to what it was asked.
//!
//! Read and told apart here, not by crossterm: that knows no `APC` and shows the program no device attributes, so the
//! answers about pictures would be typed into the composer. Its types of keys are kept.

mod keys;
mod parser;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io::{self, PipeReader, PipeWriter};
use std::time::Duration;

use crossterm::event::Event;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::stdio::stdin;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::OWED;
use crate::graphics::Reply;
use parser::Parser;

/// After so long without a byte, an escape is a key by itself.
const PAUSE: Duration = Duration::from_millis(30);
/// After so long without a byte, what was begun does not end any more.
const SILENCE: Duration = Duration::from_millis(300);

/// So much is read at a time, in bytes.
const PIECE: usize = 4096;
/// So many pieces wait to be told apart; what comes then waits in the terminal.
const PIECES: usize = 16;

/// Something that came from the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Its person did something.
    Event(Event),
    /// It answers.
    Reply(Reply),
}

/// The standard input, which is a terminal in raw mode.
#[derive(Debug)]
pub struct Input {
    bytes: mpsc::Receiver<Vec<u8>>,
    /// While it is open, the terminal is read from.
    _open: PipeWriter,
    resized: Signal,
    parser: Parser,
    heard: VecDeque<Heard>,
    /// When the newest byte came.
    at: Instant,
    /// When the answers are not waited for any more.
    owed_until: Instant,
}

impl Input {
    /// `asked`: the terminal was just asked something.
    pub fn new(asked: bool) -> io::Result<Self> {
        let mut parser = Parser::default();
        parser.expect(asked);
        let now = Instant::now();
        let (sender, bytes) = mpsc::channel(PIECES);
        let (closed, open) = io::pipe()?;
        std::thread::Builder::new().name("terminal".to_owned()).spawn(move || read_all(&sender, &closed))?;
        Ok(Self {
            bytes,
            _open: open,
            resized: signal(SignalKind::window_change())?,
            parser,
            heard: VecDeque::new(),
            at: now,
            owed_until: now + OWED,
        })
    }

    /// The next thing that comes; an error where the terminal is gone. Nothing is lost when this is not waited for to
    /// its end.
    pub async fn next(&mut self) -> io::Result<Heard> {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return Ok(heard);
            }
            let wait = self.wait();
            tokio::select! {
                biased;
                bytes = self.bytes.recv() => {
                    let bytes = bytes.ok_or(io::ErrorKind::UnexpectedEof)?;
                    self.at = Instant::now();
                    self.parser.feed(&bytes, &mut self.heard);
                }
                _ = self.resized.recv() => {
                    let (columns, rows) = crossterm::terminal::size()?;
                    self.heard.push_back(Heard::Event(Event::Resize(columns, rows)));
                }
                () = sleep_until(wait.unwrap_or(self.at)), if wait.is_some() => self.go_on(),
            }
        }
    }

    /// All that was asked has been answered.
    pub fn settled(&mut self) {
        self.parser.expect(false);
    }

    /// When it is to be looked at what is held back.
    fn wait(&self) -> Option<Instant> {
        let owed = self.parser.expects().then_some(self.owed_until);
        let held = match self.parser.holds() {
            parser::Holds::Nothing => None,
            parser::Holds::Escape => Some(self.at + PAUSE),
            parser::Holds::Part => Some(self.at + SILENCE),
        };
        owed.into_iter().chain(held).min()
    }

    fn go_on(&mut self) {
        let now = Instant::now();
        if now >= self.owed_until {
            self.parser.expect(false);
        }
        if now >= self.at + SILENCE {
            self.parser.give_up(&mut self.heard);
        } else if now >= self.at + PAUSE {
            self.parser.pause(&mut self.heard);
        }
    }
}

/// Reads until the terminal is gone, nobody listens, or the pipe is `closed`. A thread of its own: the terminal is
/// shared with the shell, so that it cannot be made non-blocking.
fn read_all(sender: &mpsc::Sender<Vec<u8>>, closed: &PipeReader) {
    let mut bytes = [0; PIECE];
    loop {
        let mut fds = [PollFd::from_borrowed_fd(stdin(), PollFlags::IN), PollFd::new(closed, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) if fds[1].revents().is_empty() => {}
            Err(Errno::INTR) => continue,
            Ok(_) | Err(_) => return,
        }
        match rustix::io::read(stdin(), &mut bytes) {
            Ok(count @ 1..) if sender.blocking_send(bytes[..count].to_vec()).is_ok() => {}
            Err(Errno::INTR | Errno::AGAIN) => {}
            Ok(_) | Err(_) => return,
        }
    }
}
