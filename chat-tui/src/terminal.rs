//! The terminal: taken over at the start, given back whatever happens.

mod alert;

use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture, KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::style::Print;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{clipboard, cursor, execute};
use ratatui::Terminal as Ratatui;
use ratatui::backend::CrosstermBackend;

use crate::app::{Model, safe};
use crate::view::{theme::Theme, view};
use alert::Alerts;

/// Whether the terminal is ours now; what was taken over is given back once.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal while the chat is on it. Given back when dropped, and by the panic hook.
#[derive(Debug)]
pub struct Terminal {
    inner: Ratatui<CrosstermBackend<BufWriter<Stdout>>>,
    theme: Theme,
    title: String,
    alerts: Alerts,
}

impl Terminal {
    /// Takes the terminal over.
    pub fn enter(theme: Theme) -> io::Result<Self> {
        let inner = Ratatui::new(CrosstermBackend::new(BufWriter::new(io::stdout())))?;
        take()?;
        std::panic::set_hook(Box::new(|panic| {
            give_back();
            tell(panic);
        }));
        let alerts = Alerts::of(|variable| std::env::var(variable).ok());
        Ok(Self { inner, theme, title: String::new(), alerts })
    }

    /// Draws a frame, all in one piece.
    pub fn draw(&mut self, model: &Model) -> io::Result<()> {
        let title = title(model);
        if title != self.title {
            execute!(self.inner.backend_mut(), SetTitle(&title))?;
            self.title = title;
        }
        let theme = self.theme;
        self.inner.draw(|frame| view(model, theme, frame))?;
        self.inner.backend_mut().flush()
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
