//! The terminal: taken over at the start, given back whatever happens.

mod alert;
mod gallery;
pub mod input;
mod screen;
pub mod tmux;

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Stdout, Write};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture, KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::style::Print;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{clipboard, cursor, execute};
use ratatui::Terminal as Ratatui;
use rustix::stdio::stdin;
use rustix::termios::{QueueSelector, tcflush};

use crate::app::{Model, safe};
use crate::graphics::{Detected, Found, Mark, Way};
use crate::view::links::Links;
use crate::view::{theme::Theme, view};
use alert::Alerts;
use gallery::Gallery;
use screen::Screen;

/// After so long the terminal owes no answers any more.
const OWED: Duration = Duration::from_secs(5);

/// A frame of words fits in, and is then written in one piece.
const BUFFER: usize = 64 * 1024;

/// Whether the terminal is ours now; what was taken over is given back once.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal while the chat is on it. Given back when dropped, and by the panic hook.
#[derive(Debug)]
pub struct Terminal {
    inner: Ratatui<Screen<BufWriter<Stdout>>>,
    theme: Theme<'static>,
    title: String,
    alerts: Alerts,
    /// None where links are not to be clicked.
    links: Option<Rc<Links>>,
    gallery: Gallery,
    /// How the pictures on the screen were drawn.
    drawn: Option<(Way, (u16, u16))>,
    in_tmux: bool,
    /// How many colours sixels may have.
    colours: u16,
    /// Until when the terminal may owe answers.
    owed: Option<Instant>,
}

impl Terminal {
    /// Takes the terminal over.
    pub fn enter(theme: Theme<'static>) -> io::Result<Self> {
        let links = Rc::new(Links::default());
        let out = BufWriter::with_capacity(BUFFER, io::stdout());
        let inner = Ratatui::new(Screen::new(out, Rc::clone(&links)))?;
        take()?;
        std::panic::set_hook(Box::new(|panic| {
            give_back();
            tell(panic);
        }));
        let alerts = Alerts::of(|variable| std::env::var(variable).ok());
        Ok(Self {
            inner,
            theme,
            title: String::new(),
            alerts,
            links: Some(links),
            gallery: Gallery::default(),
            drawn: None,
            in_tmux: false,
            colours: 256,
            owed: None,
        })
    }

    /// Draws links as text from now on.
    pub fn without_links(&mut self) {
        self.links = None;
    }

    /// Asks the terminal how it shows pictures; whether there was anything to ask. What a terminal draws that does not
    /// know the questions is wiped away.
    pub fn ask(&mut self, detected: &Detected) -> io::Result<bool> {
        let questions = detected.questions();
        self.in_tmux = detected.in_tmux();
        if questions.is_empty() {
            return Ok(false);
        }
        self.owed = Some(Instant::now() + OWED);
        execute!(self.inner.backend_mut(), Print(questions), Clear(ClearType::All))?;
        Ok(true)
    }

    /// Asks anew how large a cell is.
    pub fn ask_for_cell(&mut self) -> io::Result<()> {
        execute!(self.inner.backend_mut(), Print("\x1b[16t"))
    }

    /// Takes in what came of it; `settled`: there is no more to come.
    pub fn found(&mut self, found: Found, settled: bool) {
        self.colours = found.colours;
        self.owed.take_if(|_| settled);
    }

    /// Draws a frame, all in one piece.
    pub fn draw(&mut self, model: &Model) -> io::Result<()> {
        let title = title(model);
        if title != self.title {
            execute!(self.inner.backend_mut(), SetTitle(&title))?;
            self.title = title;
        }
        if self.links.as_ref().is_some_and(|links| links.is_full()) {
            self.forget_links()?;
        }
        let (way, cell) = (model.pictures.way(), model.pictures.cell);
        let look = (way, if way.is_graphic() { cell } else { (0, 0) });
        if self.drawn.replace(look).is_some_and(|drawn| drawn != look) {
            self.put_away_pictures()?;
            self.inner.clear()?;
        }
        self.inner.backend_mut().way = way;
        let theme = Theme { links: self.links.as_deref(), ..self.theme };
        let mut shown = BTreeSet::new();
        self.inner.draw(|frame| {
            view(model, theme, frame);
            shown.extend(frame.buffer_mut().content().iter().filter_map(Mark::of).map(|mark| mark.shown));
        })?;
        let screen = self.inner.backend_mut();
        let pieces = std::mem::take(&mut screen.pieces);
        if std::mem::take(&mut screen.wiped) {
            // The pictures may be wiped away as well.
            let gone = self.gallery.clear(self.in_tmux);
            screen.write_all(gone.as_bytes())?;
        }
        let found = Found { way, cell, colours: self.colours, in_tmux: self.in_tmux };
        let drawn = self.gallery.show(found, &shown, &pieces, |number| model.pictures.pixels(number));
        if !drawn.is_empty() {
            // A cursor that is seen on its way blots out what it goes over, in xterm.
            let (hide, show) = if screen.cursor { ("\x1b[?25l", "\x1b[?25h") } else { ("", "") };
            write!(screen, "{hide}{drawn}{show}")?;
        }
        Write::flush(screen)
    }

    fn forget_links(&mut self) -> io::Result<()> {
        if let Some(links) = &self.links {
            links.forget();
        }
        self.inner.clear()
    }

    /// The terminal keeps no picture of ours.
    fn put_away_pictures(&mut self) -> io::Result<()> {
        let gone = self.gallery.clear(self.in_tmux);
        execute!(self.inner.backend_mut(), Print(gone))
    }

    /// The size in columns and rows.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        self.inner.size().map(|size| (size.width, size.height))
    }

    /// Forgets what is on the screen, so that the next frame is drawn whole.
    pub fn redraw(&mut self) -> io::Result<()> {
        self.inner.clear()
    }

    /// Puts a text into the terminal's clipboard, where it allows that.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        execute!(self.inner.backend_mut(), clipboard::CopyToClipboard::to_clipboard_from(text))
    }

    /// Rings, and notifies where the terminal can. Both texts are safe to write.
    pub fn alert(&mut self, title: &str, text: &str) -> io::Result<()> {
        let written = self.alerts.written(title, text);
        execute!(self.inner.backend_mut(), Print(written))
    }

    /// Gives the terminal to the shell and sleeps until the shell continues us.
    pub fn suspend(&mut self) -> io::Result<()> {
        self.put_away_pictures()?;
        give_back();
        let stopped = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP);
        take()?;
        self.title.clear();
        stopped?;
        self.redraw()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.put_away_pictures();
        if self.owed.is_some_and(|until| Instant::now() < until) {
            // An answer that comes before the shell is back is not typed there.
            let _ = tcflush(stdin(), QueueSelector::IFlush);
        }
        give_back();
    }
}

fn take() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    let mut out = io::stdout();
    execute!(
        out,
        // The title as it was, kept by the terminal.
        Print("\x1b[22;0t"),
        EnterAlternateScreen,
        EnableMouseCapture,
        EnableBracketedPaste,
        EnableFocusChange,
    )?;
    if wider_keys() {
        execute!(out, PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES))?;
    }
    Ok(())
}

/// Undoes [`take`]; each step is tried whatever became of the others, as the terminal may be gone.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    if wider_keys() {
        let _ = execute!(out, PopKeyboardEnhancementFlags);
    }
    let _ = execute!(
        out,
        DisableFocusChange,
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        cursor::Show,
        Print("\x1b[23;0t"),
    );
    let _ = disable_raw_mode();
}

/// Shift+Enter needs the wider key protocol. It is asked for without a query, whose answer some terminals owe for
/// seconds; those that do not know it ignore it, but for the Linux console.
fn wider_keys() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term != "linux" && term != "dumb")
}

/// Says why the program fails. The reason may quote what others wrote.
#[expect(clippy::print_stderr, reason = "the terminal is the shell's again")]
fn tell(panic: &std::panic::PanicHookInfo<'_>) {
    eprintln!("chat-tui failed, and it is not your fault: {}", safe::block(&panic.to_string()));
    let backtrace = std::backtrace::Backtrace::capture();
    if backtrace.status() == std::backtrace::BacktraceStatus::Captured {
        eprintln!("{}", safe::block(&backtrace.to_string()));
    }
}

fn title(model: &Model) -> String {
    let unread = model.unread();
    let count = if unread > 0 { format!("({unread}) ") } else { String::new() };
    format!("{count}{} · chat", model.room().label())
}
