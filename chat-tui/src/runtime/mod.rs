//! The one loop: waits for the person, the server or the time, lets the model take it in, does what follows, draws.

mod account;
mod ask;
mod devices;
mod screen;
mod shell;
mod sight;
mod transfers;

use std::io;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use crossterm::event::Event;
use time::UtcOffset;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::sleep_until;

use crate::app::jump::Jump;
use crate::app::{Msg, next_deadline};
use crate::config::Config;
use crate::graphics::Detected;
use crate::link::Spot;
use crate::terminal::Terminal;
use crate::terminal::input::{Heard as Typed, Input};
use crate::view::links;
use crate::view::theme::{Depth, Theme};
use shell::{Next, Shell};
use sight::Sight;

/// At most so often a frame is drawn; what happens in between is drawn together.
const FRAME: Duration = Duration::from_millis(16);

/// Answers over HTTP that wait to be taken; further ones wait on their connections.
const ANSWERS: usize = 16;

/// At least so often the loop looks around.
const LOOK: Duration = Duration::from_secs(10);

/// Opens the chat and returns when its person leaves, or the terminal or the system ends it; with what is still to be
/// told then.
pub async fn run(config: Config, offset: UtcOffset, spot: Option<Spot>) -> anyhow::Result<Option<String>> {
    use std::io::IsTerminal;
    anyhow::ensure!(
        io::stdin().is_terminal() && io::stdout().is_terminal(),
        "this needs a terminal; `chat-tui send` and `chat-tui tail` work without one"
    );
    let start = Instant::now();
    let (heard_tx, mut heard) = mpsc::channel(ANSWERS);
    let mut shell = Shell::open(config, offset, start, heard_tx).context("cannot open the profile")?;
    if let Some(Spot { room, seq }) = spot {
        shell.model.jump = seq.map(|seq| Jump { room: room.clone(), seq, asked: false });
        shell.model.wish = Some(room);
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let variable = |name: &str| std::env::var(name).ok();
    let depth = Depth::of(variable);
    let mut terminal = Terminal::enter(Theme::new(depth)).context("cannot take the terminal over")?;
    if !shell.config.links || !links::are_possible(variable) {
        terminal.without_links();
    }
    let (columns, rows) = terminal.size()?;
    shell.model.size = (columns, rows);
    shell.model.pictures.can = depth.has_pictures();
    let mut sight = Sight::new(Detected::of(variable), &mut terminal, &mut shell)?;
    // What the disk has is on the screen before anything is asked of the network.
    shell.take(Msg::Tick, start.elapsed());
    terminal.draw(&shell.model)?;
    shell.begin();
    let mut input = Input::new(sight.asked)?;
    let mut drawn_at = Instant::now();
    let mut dirty = true;
    let mut sleep = Sleep::new();
    let mut farewell = None;
    let ended = loop {
        let now = start.elapsed();
        let tick = next_deadline(&shell.model, now).map_or(now + LOOK, |tick| tick.min(now + LOOK));
        let tick = shell.save_at().map_or(tick, |save| tick.min(save));
        let next = tokio::select! {
            heard = input.next() => match heard {
                Ok(Typed::Event(event)) => {
                    if let Event::Resize(..) = event
                        && let Some(msg) = sight.resized(&mut terminal)?
                    {
                        shell.take(msg, start.elapsed());
                    }
                    shell.take(Msg::Term(event), start.elapsed())
                }
                Ok(Typed::Reply(reply)) => {
                    let msg = sight.take(reply, &mut terminal);
                    if sight.is_settled() {
                        input.settled();
                    }
                    msg.map(|msg| shell.take(msg, start.elapsed())).unwrap_or_default()
                }
                // The terminal is gone.
                Err(_) => break Ok(()),
            },
            around = sight.around() => {
                let msg = sight.take(around, &mut terminal);
                msg.map(|msg| shell.take(msg, start.elapsed())).unwrap_or_default()
            }
            () = shell.wait() => shell.pump(),
            Some(heard) = heard.recv() => shell.hear(heard, start.elapsed()),
            () = sleep_until((start + tick).into()) => shell.take(Msg::Tick, start.elapsed()),
            () = sleep_until((drawn_at + FRAME).into()), if dirty => {
                if terminal.draw(&shell.model).is_err() {
                    break Ok(());
                }
                drawn_at = Instant::now();
                dirty = false;
                continue;
            }
            _ = terminate.recv() => break Ok(()),
            _ = hangup.recv() => break Ok(()),
            _ = interrupt.recv() => break Ok(()),
        };
        dirty = true;
        if sleep.happened() {
            shell.wake();
        }
        let done = next.into_iter().try_for_each(|next| match next {
            Next::Copy(text) => terminal.copy(&text),
            Next::Alert { title, text } => terminal.alert(&title, &text),
            Next::Redraw => terminal.redraw(),
            Next::Suspend => terminal.suspend().map(|()| shell.wake()),
            Next::Quit => Err(io::ErrorKind::Interrupted.into()),
            Next::Leave(told) => {
                farewell = Some(told);
                Err(io::ErrorKind::Interrupted.into())
            }
        });
        match done {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => break Ok(()),
            Err(error) => break Err(error.into()),
        }
        if let Ok((columns, rows)) = terminal.size() {
            // While we slept the window may have changed.
            shell.model.size = (columns, rows);
        }
    };
    drop(input);
    // The terminal first: its person should not wait for the server.
    drop(terminal);
    shell.close().await;
    ended.map(|()| farewell)
}

/// Notices that the machine slept: the calendar's clock went on, the other one stood still.
struct Sleep {
    calendar: SystemTime,
    clock: Instant,
}

impl Sleep {
    fn new() -> Self {
        Self { calendar: SystemTime::now(), clock: Instant::now() }
    }

    /// Whether the machine slept, or its clock was set forward, since the last look. Taking one for the other only
    /// costs a question to the server.
    fn happened(&mut self) -> bool {
        let before = std::mem::replace(self, Self::new());
        let calendar = self.calendar.duration_since(before.calendar).unwrap_or_default();
        calendar > self.clock - before.clock + Duration::from_secs(5)
    }
}
