//! `chat-server user|room|invite|token …`: what is done to a data directory while no server uses it.
//!
//! The store is opened as a server opens it, so that the same rules hold and the same is written into the audit log;
//! whoever may run the program on the directory may do everything.

mod ask;
mod invites;
mod rooms;
mod tokens;
mod users;

use std::io::{self, Write as _};

use protocol::error::Refusal;
use protocol::ids::UserId;

use crate::cli::Command;
use crate::config::Config;
use crate::error::Error;
use crate::http::origin::Names;
use crate::store::{Options, ReadError, Store, StoreError, WorkError};

/// Does what a command says, and prints what came of it.
pub fn run(command: Command, config: &Config) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|error| Error::System { what: "start", error })?;
    let store = Store::open(&config.data_dir, Options::default(), Box::new(|_| {})).map_err(held)?;
    let desk =
        Desk { store: store.clone(), url: Names::new(&config.public_urls, config.listen).main().to_string() };
    let done = runtime.block_on(async {
        let done = match command {
            Command::User(what) => users::run(&desk, what).await,
            Command::Invite(what) => invites::run(&desk, what).await,
            Command::Room(what) => rooms::run(&desk, what).await,
            Command::Token(what) => tokens::run(&desk, what).await,
            Command::Backup { .. } | Command::Restore { .. } => unreachable!("done before, without a store"),
        };
        store.close().await;
        done
    });
    done.map_err(Error::Offline)
}

/// What the commands work with.
struct Desk {
    store: Store,
    /// What links begin with.
    url: String,
}

/// What came of a command: nothing but its output, or why not, in one line.
type Done = Result<(), String>;

impl Desk {
    /// Whom a name means.
    async fn user(&self, name: &str) -> Result<UserId, String> {
        let found = self.store.credentials(name.to_owned()).await.map_err(unread)?;
        found.map(|found| found.user).ok_or_else(|| format!("there is no account {name:?}"))
    }
}

/// Says more of a directory that a server uses.
fn held(error: StoreError) -> Error {
    match error {
        StoreError::Locked { path, holder } => {
            let holder = format!("{holder}: stop it first, or do this on its page or over /api");
            Error::Store(StoreError::Locked { path, holder })
        }
        error => error.into(),
    }
}

fn print(line: &str) -> Done {
    writeln!(io::stdout(), "{line}").map_err(|error| format!("cannot write the answer: {error}"))
}

/// A list: one line each, the fields apart by tabs, so that programs can read it.
fn print_rows(rows: impl IntoIterator<Item = Vec<String>>) -> Done {
    rows.into_iter().try_for_each(|row| print(&row.join("\t")))
}

fn refused(refusal: Refusal) -> String {
    refusal.reason
}

fn unwritten(error: WorkError<Refusal>) -> String {
    refused(crate::command::accounts::unwritten(error))
}

#[allow(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn unread(error: ReadError) -> String {
    error.to_string()
}
