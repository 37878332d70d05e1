//! Finds out, while the chat goes on, how the terminal shows pictures. Until that is known they are half-blocks.

use std::io;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::app::Msg;
use crate::app::pictures::Choice;
use crate::graphics::{Detected, Found, Reply};
use crate::net::random;
use crate::terminal::Terminal;
use crate::terminal::tmux::terminal_around;

use super::shell::Shell;

/// What is known of the terminal.
pub(super) struct Sight {
    detected: Detected,
    found: Found,
    /// It was asked.
    pub(super) asked: bool,
    around: mpsc::Receiver<String>,
}

impl Sight {
    /// Asks the terminal; who wants no pictures need not know.
    pub(super) fn new(
        mut detected: Detected,
        terminal: &mut Terminal,
        shell: &mut Shell,
    ) -> io::Result<Self> {
        if let Some((wide, high)) = cell_by_window() {
            detected.take(Reply::Cell(wide, high));
        }
        let found = detected.found();
        let pictures = &mut shell.model.pictures;
        pictures.open = detected.allows();
        pictures.cell = found.cell;
        let [low, high, ..] = random().to_le_bytes();
        pictures.next = u16::from_le_bytes([low, high]);
        let asked = shell.config.images != Choice::Off && terminal.ask(&detected)?;
        let (told, around) = mpsc::channel(1);
        if asked && detected.in_tmux() {
            spawn_blocking(move || terminal_around().map(|around| told.try_send(around)));
        }
        Ok(Self { detected, found, asked, around })
    }

    /// What tmux says of the terminal around it; waits for ever where that is not asked.
    pub(super) async fn around(&mut self) -> Reply {
        match self.around.recv().await {
            Some(around) => Reply::Version(around),
            None => std::future::pending().await,
        }
    }

    /// Takes an answer in; what the chat is to know of it.
    pub(super) fn take(&mut self, reply: Reply, terminal: &mut Terminal) -> Option<Msg> {
        self.detected.take(reply);
        let found = self.detected.found();
        terminal.found(found, self.is_settled());
        (std::mem::replace(&mut self.found, found) != found).then_some(Msg::Graphics(found))
    }

    /// No answer is owed any more.
    pub(super) fn is_settled(&self) -> bool {
        self.detected.is_settled()
    }

    /// The window has another size: so may a cell.
    pub(super) fn resized(&mut self, terminal: &mut Terminal) -> io::Result<Option<Msg>> {
        if let Some((wide, high)) = cell_by_window() {
            return Ok(self.take(Reply::Cell(wide, high), terminal));
        }
        if self.found.way.is_graphic() && !self.found.in_tmux {
            terminal.ask_for_cell()?;
        }
        Ok(None)
    }
}

/// The width and height of a cell in dots, where the system knows the window's.
fn cell_by_window() -> Option<(u16, u16)> {
    let window = crossterm::terminal::window_size().ok()?;
    let cell = (window.width.checked_div(window.columns)?, window.height.checked_div(window.rows)?);
    (cell.0 > 0 && cell.1 > 0).then_some(cell)
}
