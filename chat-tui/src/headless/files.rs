//! `chat-tui upload` and `chat-tui download`.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use protocol::client::ClientFrame;
use protocol::event::{Event, Message};
use protocol::ids::{RoomKey, Seq};
use protocol::limits::{FILES_PER_MESSAGE, MESSAGE_BYTES};
use protocol::messages::File;
use protocol::session::{Line, Link, OutgoingState, Place, SessionEvent};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

use super::send::{LATE, until_stored};
use super::{Identity, driver, identity, keep_identity};
use crate::app::files::progress;
use crate::app::safe;
use crate::cli::Bot;
use crate::config::Config;
use crate::link::{self, Spot};
use crate::net::{Driver, fresh_id};
use crate::transfer::{Download, Server, Source, Step, download, upload};

/// For the message to be stored, or to come.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at how far it is.
const GLANCE: Duration = Duration::from_millis(200);

/// Brings files to a room, and says one message that has them.
#[expect(clippy::print_stderr, reason = "a person or a script's log is told why")]
pub async fn upload_files(
    config: &Config,
    bot: &Bot,
    paths: &[String],
    text: Option<String>,
) -> anyhow::Result<ExitCode> {
    ensure!(paths.len() <= FILES_PER_MESSAGE, "a message has at most {FILES_PER_MESSAGE} files");
    let text = text.unwrap_or_default();
    ensure!(text.len() <= MESSAGE_BYTES, "the message is longer than {MESSAGE_BYTES} bytes");
    let looked: Result<Vec<Source>, String> = paths.iter().map(|path| Source::look(path)).collect();
    let sources = looked.map_err(|why| anyhow::anyhow!("{}", safe::line(&why)))?;
    let room = config.room.clone().unwrap_or_else(RoomKey::lobby);
    let identity = identity(config, bot)?;
    let (mut driver, server) = connect(config, &identity, &room).await?;
    let mut files = Vec::new();
    for source in &sources {
        let name = safe::line(&source.name());
        let begun = identity.profile.upload_of(&room, source);
        let mut glance = Glance::new(name.clone(), source.size);
        let told = |step: Step| match step {
            // Not kept, it would only be sent from its beginning the next time.
            Step::Begun(id) => drop(identity.profile.keep_upload(&room, source, id)),
            Step::At(offset) => glance.at(offset),
        };
        let file = tokio::select! {
            file = upload(&server, &room, source, begun, told) => file,
            // The link is kept meanwhile: a guest who goes is nobody's room any more.
            error = keep_up(&mut driver) => return Err(error),
        };
        glance.end();
        let file = file.map_err(|why| anyhow::anyhow!("{name}: {}", safe::line(&why.failure().reason)))?;
        files.push(file.file);
    }
    let line = Line { text, files, ..Line::default() };
    driver.session.send(room.clone(), fresh_id(), line)?;
    let outcome = timeout(PATIENCE, until_stored(config, &mut driver, false)).await;
    driver.close().await;
    for source in &sources {
        // At worst the server is asked for it in vain.
        let _ = identity.profile.forget_upload(&room, source);
    }
    let Ok(outcome) = outcome else {
        eprintln!("chat-tui: the files are there, but the message was not acknowledged in time");
        return Ok(ExitCode::from(LATE));
    };
    outcome.map(|()| ExitCode::SUCCESS)
}

/// Fetches the files of a message, each to where nothing is overwritten, and prints their paths. Stopped, it leaves no
/// part of a file.
pub async fn download_files(
    config: &Config,
    bot: &Bot,
    message: &str,
    directory: Option<PathBuf>,
) -> anyhow::Result<ExitCode> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::select! {
        done = fetch(config, bot, message, directory) => done,
        _ = interrupt.recv() => Ok(ExitCode::from(130)),
        _ = terminate.recv() => Ok(ExitCode::from(143)),
        _ = hangup.recv() => Ok(ExitCode::from(129)),
    }
}

async fn fetch(
    config: &Config,
    bot: &Bot,
    message: &str,
    directory: Option<PathBuf>,
) -> anyhow::Result<ExitCode> {
    let Spot { room, seq } = link::read(message, &config.address)?;
    let seq = seq.context("the link names no message")?;
    let directory = directory.unwrap_or_else(|| PathBuf::from("."));
    ensure!(directory.is_dir(), "{} is not a directory", directory.display());
    let identity = identity(config, bot)?;
    let (mut driver, server) = connect(config, &identity, &RoomKey::lobby()).await?;
    let files = timeout(PATIENCE, files_of(&mut driver, &room, seq))
        .await
        .context("the server does not answer")??;
    driver.close().await;
    ensure!(!files.is_empty(), "this message has no files");
    for file in files {
        let mut glance = Glance::new(safe::line(&file.name), file.size);
        let name = safe::line(&file.name);
        let wanted = Download { file, directory: directory.clone() };
        let path = download(&server, &wanted, |length| glance.at(length)).await;
        glance.end();
        let path = path.map_err(|why| anyhow::anyhow!("{name}: {}", safe::line(&why.reason)))?;
        match writeln!(io::stdout(), "{}", path.display()) {
            // Whoever does not want to know where they are gets them all the same.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            written => written.context("cannot write")?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A session that is welcomed, and what proves to the server's HTTP side who it is.
async fn connect(config: &Config, identity: &Identity, room: &RoomKey) -> anyhow::Result<(Driver, Server)> {
    let name = config.name.clone().or_else(|| identity.state.name.clone());
    let mut driver = driver(config, identity, room, name);
    let welcomed = timeout(PATIENCE, welcome(&mut driver)).await;
    let Ok(welcome) = welcomed else {
        let why = driver.take_trouble().map(|why| format!(": {}", safe::line(&why))).unwrap_or_default();
        bail!("not connected within {} s{why}", PATIENCE.as_secs())
    };
    let welcome = welcome?;
    if identity.is_new {
        // Without a kept identity the next command is another guest.
        let _ = keep_identity(config, &welcome);
    }
    let token = welcome.token.clone().map(crate::api::Hidden).or_else(|| identity.token.clone());
    Ok((driver, Server { address: config.address.clone(), token }))
}

async fn welcome(driver: &mut Driver) -> anyhow::Result<Box<protocol::server::Welcome>> {
    let mut refused = None;
    loop {
        for event in driver.pump(None).events {
            match event {
                SessionEvent::Welcome(welcome) => return Ok(welcome),
                SessionEvent::Error(refusal) => refused = Some(safe::line(&refusal.reason)),
                SessionEvent::Link(Link::Stopped(why)) => {
                    bail!("the server closed: {}", refused.unwrap_or_else(|| why.reason.to_owned()))
                }
                _ => {}
            }
        }
        driver.wait().await;
    }
}

/// Keeps the link while something else is under way; ends only with what makes all of it vain.
async fn keep_up(driver: &mut Driver) -> anyhow::Error {
    loop {
        for event in driver.pump(None).events {
            match event {
                SessionEvent::Refused { question, refusal, .. } => {
                    if let ClientFrame::Join(join) = &*question {
                        let (room, why) = (safe::line(&join.room), safe::line(&refusal.reason));
                        return anyhow::anyhow!("cannot go to {room}: {why}");
                    }
                }
                SessionEvent::Outgoing { state: OutgoingState::Failed(why), .. } => {
                    return anyhow::anyhow!("not sent: {}", safe::line(&why.reason));
                }
                SessionEvent::Link(Link::Stopped(why)) => {
                    return anyhow::anyhow!("the server closed: {}", why.reason);
                }
                _ => {}
            }
        }
        driver.wait().await;
    }
}

async fn files_of(driver: &mut Driver, room: &RoomKey, seq: Seq) -> anyhow::Result<Vec<File>> {
    let mut asked = None;
    loop {
        for event in driver.pump(None).events {
            match event {
                SessionEvent::Page(page) => {
                    let message = page.page.events.into_iter().find_map(|event| match event {
                        Event::Message(Message { seq: at, files, .. }) if at == seq => Some(files),
                        _ => None,
                    });
                    return message.context("there is no such message");
                }
                SessionEvent::Refused { refusal, .. } => bail!("{}", safe::line(&refusal.reason)),
                SessionEvent::Unanswered { .. } => asked = None,
                _ => {}
            }
        }
        if asked.is_none() {
            // Without a link it is asked when there is one again.
            asked = driver.session.history(room, Place::Around(seq), 1).ok();
            if asked.is_some() {
                continue;
            }
        }
        driver.wait().await;
    }
}

/// Tells a person how far a file is, on one row of the terminal.
struct Glance {
    name: String,
    size: u64,
    began: Instant,
    first: Option<u64>,
    last: Option<Instant>,
    shown: bool,
}

impl Glance {
    fn new(name: String, size: u64) -> Self {
        let shown = io::stderr().is_terminal();
        Self { name, size, began: Instant::now(), first: None, last: None, shown }
    }

    fn at(&mut self, length: u64) {
        let first = *self.first.get_or_insert(length);
        let due = self.last.is_none_or(|last| last.elapsed() >= GLANCE);
        if !self.shown || !due {
            return;
        }
        self.last = Some(Instant::now());
        let told = progress(length, self.size, length.saturating_sub(first), self.began.elapsed());
        let _ = write!(io::stderr(), "\r\x1b[K{}: {told}", self.name);
    }

    fn end(&mut self) {
        if self.shown && self.last.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
