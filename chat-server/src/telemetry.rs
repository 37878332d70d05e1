//! What the server tells of itself: lines on stderr.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

use crate::error::Error;

/// Starts to log what `filter` lets through, for example `info` or `chat_server=debug,warn`.
///
/// Control characters in what is logged are escaped, so that nobody's text can forge a line or drive a terminal.
pub fn init(filter: &str) -> Result<(), Error> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| Error::Config(format!("--log {filter:?} is not a filter: {error}")))?;
    // It fails only where somebody logs already, as in tests.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .try_init();
    Ok(())
}
