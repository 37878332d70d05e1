//! `chat-tui audit`: the log of what was decided, to be kept elsewhere.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use protocol::http::Call;
use protocol::rooms::Audit;

use super::account::signed_in;
use super::print::json_line;
use crate::api::Request;
use crate::app::safe;
use crate::config::Config;
use crate::net::http::call;

/// Prints all of it, newest first, a page at a time. Who reads it no further, as `head` does, ends it.
pub async fn audit(config: &Config) -> anyhow::Result<ExitCode> {
    let account = signed_in(config)?;
    let mut request = Request::new(Call::Audit);
    loop {
        let answer = call(&config.address, Some(&account.token.0), &request).await;
        let page = answer.map_err(|failure| anyhow::anyhow!("{}", safe::line(&failure.reason)))?;
        let page: Audit = serde_json::from_str(&page.0).context("the server's answer cannot be read")?;
        let mut lines = String::new();
        for entry in &page.entries {
            lines.push_str(&json_line(entry)?);
            lines.push('\n');
        }
        match io::stdout().lock().write_all(lines.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
            written => written.context("cannot write")?,
        }
        match page.entries.last().filter(|_| page.more) {
            Some(oldest) => request = Request::new(Call::AuditBefore).with(oldest.n),
            None => return Ok(ExitCode::SUCCESS),
        }
    }
}
