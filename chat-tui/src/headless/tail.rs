//! `chat-tui tail`: a room's log, printed once and in order, over disconnections and restarts.
//!
//! Only the event right behind the last printed one is printed as it comes. Whatever else comes only says that there
//! is more: it is asked for as history, so that nothing has to be held.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};
use protocol::client::ClientFrame;
use protocol::event::Event;
use protocol::ids::{Epoch, RoomKey, Seq};
use protocol::server::ResetWhy;
use protocol::session::{Link, Place, SessionEvent};
use time::UtcOffset;
use tokio::signal::unix::{SignalKind, signal};

use super::print::{json_line, text_line};
use super::{driver, identity};
use crate::app::safe;
use crate::cache::{Profile, TailCursor};
use crate::cli::{Bot, Since};
use crate::config::Config;
use crate::net::Driver;

/// Events of one page.
const PAGE: u32 = 200;

/// Prints a room's events until it is stopped or nobody reads.
pub async fn tail(
    config: &Config,
    bot: &Bot,
    json: bool,
    since: Option<Since>,
    offset: UtcOffset,
) -> anyhow::Result<ExitCode> {
    let room = config.room.clone().unwrap_or_else(RoomKey::lobby);
    let identity = identity(config, bot)?;
    let stopped_at = identity.profile.load_tail(room.as_str()).context("cannot read where it stopped")?;
    // It only reads, and says no name: nobody is told of its coming and going. Nor is a nameless identity kept.
    let mut driver = driver(config, &identity, &room, None);
    let mut tail = Tail {
        room,
        profile: identity.profile,
        json,
        offset,
        since,
        stopped_at,
        epoch: None,
        printed: None,
        head: 0,
        asking: false,
        kept: None,
        trouble: None,
        refused: None,
    };
    let mut stop =
        [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?];
    let [terminate, interrupt, hangup] = &mut stop;
    let outcome = loop {
        if let Some(why) = driver.take_trouble() {
            let why = safe::line(&why);
            if is_news(&mut tail.trouble, &why) {
                tell(&format!("offline: {why}; trying again"));
            }
        }
        let events = driver.pump(None).events;
        let step = events.into_iter().try_for_each(|event| tail.take(event));
        if let Err(error) = step.and_then(|()| tail.flush()) {
            break Err(error);
        }
        if tail.wants_more() && tail.ask(&mut driver) {
            continue;
        }
        tokio::select! {
            () = driver.wait() => {}
            _ = terminate.recv() => break Ok(()),
            _ = interrupt.recv() => break Ok(()),
            _ = hangup.recv() => break Ok(()),
        }
    };
    driver.close().await;
    match outcome {
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
        other => other.map(|()| ExitCode::SUCCESS),
    }
}

struct Tail {
    room: RoomKey,
    profile: Profile,
    json: bool,
    offset: UtcOffset,
    since: Option<Since>,
    stopped_at: Option<TailCursor>,
    epoch: Option<Epoch>,
    /// The last place printed; known once the room is.
    printed: Option<Seq>,
    /// The newest place known.
    head: Seq,
    asking: bool,
    kept: Option<Seq>,
    /// Why there is no link, as it was told.
    trouble: Option<String>,
    /// Why the server closes, as it says before.
    refused: Option<String>,
}

impl Tail {
    fn take(&mut self, event: SessionEvent) -> anyhow::Result<()> {
        match event {
            SessionEvent::Welcome(welcome) => {
                self.trouble = None;
                self.epoch = Some(welcome.epoch);
            }
            SessionEvent::RoomJoined { info, .. } if info.room == self.room => self.begin(info.head),
            SessionEvent::Synced { room, head } if room == self.room => self.begin(head),
            SessionEvent::Event(event) if *event.event.room() == self.room => {
                self.head = self.head.max(event.event.seq());
                if self.printed.is_some_and(|printed| printed + 1 == event.event.seq()) && !self.asking {
                    self.print(&event.event)?;
                }
            }
            SessionEvent::Page(page) if page.page.room == self.room => {
                self.asking = false;
                let printed = self.printed.unwrap_or(0);
                if page.page.events.is_empty() {
                    // Nothing is left up to there: the server's retention cut it off.
                    self.printed = Some(printed.max(page.page.first.saturating_sub(1)).max(page.page.last));
                }
                for event in page.page.events.iter().filter(|event| event.seq() > printed) {
                    self.print(event)?;
                }
            }
            SessionEvent::Gap(gap) if gap.room == self.room => self.head = self.head.max(gap.to),
            SessionEvent::Reset(reset) if reset.room == self.room => {
                if matches!(reset.why, ResetWhy::Epoch | ResetWhy::Ahead) {
                    tell("the server's history was restored from a backup; going on with what is new");
                    self.printed = Some(reset.head);
                }
                self.head = reset.head;
            }
            SessionEvent::Refused { question, refusal, .. } => match &*question {
                ClientFrame::Join(_) => {
                    bail!("cannot go to {}: {}", self.room, safe::line(&refusal.reason));
                }
                ClientFrame::History(_) => bail!("no history: {}", safe::line(&refusal.reason)),
                _ => {}
            },
            SessionEvent::Unanswered { .. } => self.asking = false,
            SessionEvent::Error(refusal) => self.refused = Some(safe::line(&refusal.reason)),
            SessionEvent::Link(Link::Stopped(why)) => {
                let why = self.refused.take().unwrap_or_else(|| why.reason.to_owned());
                bail!("the server closed: {why}");
            }
            _ => {}
        }
        Ok(())
    }

    /// The room is known: settles where to begin, the first time.
    fn begin(&mut self, head: Seq) {
        self.head = self.head.max(head);
        if self.printed.is_some() {
            return;
        }
        let same_history = |cursor: &TailCursor| self.epoch.as_ref() == Some(&cursor.epoch);
        self.printed = Some(match (self.since, &self.stopped_at) {
            (Some(Since::Start), _) => 0,
            (Some(Since::After(seq)), _) => seq,
            (None, Some(cursor)) if same_history(cursor) => cursor.seq,
            (None, Some(_)) => {
                tell("the server has another history than the last time; going on with what is new");
                head
            }
            (Some(Since::Now), _) | (None, None) => head,
        });
    }

    fn wants_more(&self) -> bool {
        !self.asking && self.printed.is_some_and(|printed| printed < self.head)
    }

    fn ask(&mut self, driver: &mut Driver) -> bool {
        let after = Place::After(self.printed.unwrap_or(0));
        // Offline, the answer to the next `hello` leads here again.
        self.asking = driver.session.history(&self.room, after, PAGE).is_ok();
        self.asking
    }

    fn print(&mut self, event: &Event) -> anyhow::Result<()> {
        let line = if self.json { Some(json_line(event)?) } else { text_line(event, self.offset) };
        if let Some(line) = line {
            writeln!(io::stdout().lock(), "{line}")?;
        }
        self.printed = Some(event.seq());
        Ok(())
    }

    /// What was printed is out; only then is it kept as printed.
    fn flush(&mut self) -> anyhow::Result<()> {
        io::stdout().lock().flush()?;
        if let (Some(epoch), Some(seq)) = (&self.epoch, self.printed)
            && self.kept != Some(seq)
        {
            let cursor = TailCursor { epoch: epoch.clone(), seq };
            self.profile.save_tail(self.room.as_str(), &cursor).context("cannot keep where it stopped")?;
            self.kept = Some(seq);
        }
        Ok(())
    }
}

/// Whether this is another trouble than the one told last.
fn is_news(told: &mut Option<String>, why: &str) -> bool {
    let is_news = told.as_deref() != Some(why);
    *told = Some(why.to_owned());
    is_news
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[expect(clippy::print_stderr, reason = "beside the output, for the person who reads it")]
fn tell(text: &str) {
    eprintln!("chat-tui: {text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_trouble_is_told_once() {
        let mut told = None;
        let news = ["down", "down", "odd", "down"].map(|why| is_news(&mut told, why));
        assert_eq!(news, [true, false, true, true]);
    }
}
