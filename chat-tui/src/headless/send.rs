//! `chat-tui send`: one line, and the truth about it.

use std::io::Read;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use protocol::client::ClientFrame;
use protocol::ids::RoomKey;
use protocol::limits::MESSAGE_BYTES;
use protocol::session::{Link, OutgoingState, SessionEvent};
use tokio::time::timeout;

use super::{driver, identity, keep_identity};
use crate::app::safe;
use crate::cli::Bot;
use crate::config::Config;
use crate::net::{Driver, fresh_id};

/// Not stored in time.
pub(super) const LATE: u8 = 3;

/// Says something, and returns when it is stored, refused, or late.
#[expect(clippy::print_stderr, reason = "a person or a script's log is told why")]
pub async fn send(
    config: &Config,
    bot: &Bot,
    text: Option<String>,
    patience: Duration,
) -> anyhow::Result<ExitCode> {
    let text = match text {
        Some(text) if text != "-" => text,
        _ => read_input(std::io::stdin().lock())?,
    };
    let room = config.room.clone().unwrap_or_else(RoomKey::lobby);
    let identity = identity(config, bot)?;
    let name = config.name.clone().or_else(|| identity.state.name.clone());
    let mut driver = driver(config, &identity, &room, name);
    let id = fresh_id();
    driver.session.send(room, id, text.into())?;
    let outcome = timeout(patience, until_stored(config, &mut driver, identity.is_new)).await;
    let trouble = driver.take_trouble();
    driver.close().await;
    match outcome {
        Ok(Ok(())) => Ok(ExitCode::SUCCESS),
        Ok(Err(error)) => Err(error),
        Err(_) => {
            let why = trouble.map(|why| format!(": {}", safe::line(&why))).unwrap_or_default();
            eprintln!("chat-tui: not acknowledged within {} s{why}", patience.as_secs_f64());
            Ok(ExitCode::from(LATE))
        }
    }
}

pub(super) async fn until_stored(config: &Config, driver: &mut Driver, is_new: bool) -> anyhow::Result<()> {
    // Why the server closes, as it says before.
    let mut refused = None;
    loop {
        let events = driver.pump(None).events;
        for event in events {
            match event {
                SessionEvent::Outgoing { state: OutgoingState::Stored { .. }, .. } => return Ok(()),
                SessionEvent::Outgoing { state: OutgoingState::Failed(why), .. } => {
                    bail!("not sent: {}", safe::line(&why.reason))
                }
                SessionEvent::Refused { question, refusal, .. } => {
                    if let ClientFrame::Join(join) = &*question {
                        bail!("cannot go to {}: {}", safe::line(&join.room), safe::line(&refusal.reason));
                    }
                }
                SessionEvent::Error(refusal) => refused = Some(safe::line(&refusal.reason)),
                SessionEvent::Link(Link::Stopped(why)) => {
                    bail!("the server closed: {}", refused.unwrap_or_else(|| why.reason.to_owned()))
                }
                SessionEvent::Welcome(welcome) if is_new => {
                    // Without a kept identity the next command is another guest; the line is said all the same.
                    let _ = keep_identity(config, &welcome);
                }
                _ => {}
            }
        }
        driver.wait().await;
    }
}

/// Reads a message; a final line break is not part of it.
fn read_input(input: impl Read) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let most = MESSAGE_BYTES as u64 + 2;
    input.take(most + 1).read_to_end(&mut bytes).context("cannot read the standard input")?;
    let text = String::from_utf8(bytes).or_else(|error| {
        // What was cut in the middle of a character is too long, not malformed.
        if error.as_bytes().len() as u64 > most {
            Ok(String::from_utf8_lossy(error.as_bytes()).into_owned())
        } else {
            Err(error)
        }
    });
    let text = text.context("the standard input is not UTF-8")?;
    let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    if text.len() > MESSAGE_BYTES {
        bail!("the standard input is longer than a message may be ({MESSAGE_BYTES} bytes)");
    }
    if text.trim().is_empty() {
        bail!("there is nothing to send");
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_is_bounded_and_must_be_text() {
        assert_eq!(read_input(&b"two\nlines\r\n"[..]).unwrap(), "two\nlines");
        assert_eq!(read_input("x".repeat(MESSAGE_BYTES).as_bytes()).unwrap().len(), MESSAGE_BYTES);
        for (input, error) in [
            ("x".repeat(MESSAGE_BYTES + 1).into_bytes(), "longer than"),
            ("é".repeat(MESSAGE_BYTES).into_bytes(), "longer than"),
            (b"\xff".to_vec(), "not UTF-8"),
            (b" \n".to_vec(), "nothing to send"),
        ] {
            let message = read_input(&input[..]).unwrap_err().to_string();
            assert!(message.contains(error), "{message}");
        }
    }
}
