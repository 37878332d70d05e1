//! The commands for scripts, on the same session as the chat itself.

mod account;
mod ask;
mod audit;
mod files;
mod print;
mod send;
mod tail;

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail, ensure};

use protocol::ids::RoomKey;
use protocol::session::{Saved, SessionConfig};

pub use account::{avatar, login, logout, register, reset};
pub(crate) use account::{device, kept};
pub use audit::audit;
pub use files::{download_files, upload_files};
pub use send::send;
pub use tail::tail;

use crate::api::Hidden;
use crate::cache::{Profile, State};
use crate::cli::Bot;
use crate::config::Config;
use crate::net::{Address, Driver, fresh_id, random};

/// The longest token, in bytes.
const TOKEN: u64 = 512;

/// As whom a command comes.
#[derive(Debug)]
struct Identity {
    profile: Profile,
    state: State,
    /// Proves it.
    token: Option<Hidden>,
    /// It is nobody whom the server knows yet.
    is_new: bool,
}

/// A bot, or whoever the profile's person is: looks into the profile without its lock, so that any number of commands
/// run beside the chat, each with a connection of its own.
fn identity(config: &Config, bot: &Bot) -> anyhow::Result<Identity> {
    let profile = Profile::look(config.profile.clone()).context("cannot read the profile")?;
    if let Some(token) = bot_token(bot)? {
        return Ok(Identity { profile, state: State::default(), token: Some(token), is_new: false });
    }
    let mut state = profile.load_state().context("cannot read the profile")?;
    let account = profile.load_account().context("cannot read the profile")?;
    // Under another name it is somebody else, who shares nothing with the profile's owner.
    if config.name_is_explicit && state.name.is_some() && state.name != config.name {
        state = State::default();
        return Ok(Identity { profile, state, token: None, is_new: true });
    }
    let token = account.map(|account| account.token).or_else(|| state.token.clone().map(Hidden));
    let is_new = token.is_none();
    Ok(Identity { profile, state, token, is_new })
}

/// A bot's token, from a file or the environment: on a command line everybody on the machine could read it.
fn bot_token(bot: &Bot) -> anyhow::Result<Option<Hidden>> {
    let text = match &bot.token_file {
        Some(path) => {
            read_token(path).with_context(|| format!("cannot read the token in {}", path.display()))?
        }
        None => match std::env::var("CHAT_TUI_TOKEN") {
            Ok(text) => text,
            Err(std::env::VarError::NotPresent) => return Ok(None),
            Err(error) => bail!("the token in CHAT_TUI_TOKEN: {error}"),
        },
    };
    let token = text.trim();
    ensure!(!token.is_empty(), "the token is empty");
    ensure!(token.chars().all(|c| c.is_ascii_graphic()), "this is not a token");
    Ok(Some(Hidden(token.to_owned())))
}

fn read_token(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(TOKEN).read_to_string(&mut text)?;
    Ok(text)
}

/// A session in one room, from now on, that asks for this name.
fn driver(config: &Config, identity: &Identity, room: &RoomKey, name: Option<String>) -> Driver {
    let address: Address = config.address.clone();
    let session = SessionConfig {
        client: client_name(),
        conn: fresh_id(),
        name,
        token: identity.token.as_ref().map(|token| token.0.clone()),
        seed: random(),
    };
    let mut saved = Saved::default();
    saved.rooms.insert(room.clone(), None);
    Driver::new(address, session, saved, Instant::now())
}

/// What the client calls itself to the server.
pub(crate) fn client_name() -> String {
    concat!("chat-tui/", env!("CARGO_PKG_VERSION")).to_owned()
}

/// Keeps a first identity, so that the next command is the same user; a second one at the same moment is not kept.
fn keep_identity(config: &Config, welcome: &protocol::server::Welcome) -> io::Result<()> {
    let profile = Profile::open(config.profile.clone())?;
    if !profile.is_owner() {
        return Ok(());
    }
    let mut state = profile.load_state()?;
    if state.token.is_none() && profile.load_account()?.is_none() {
        state.token.clone_from(&welcome.token);
        state.user = Some(welcome.user.user.clone());
        state.name = Some(welcome.user.name.clone());
        state.epoch = Some(welcome.epoch.clone());
        profile.save_state(&state)?;
    }
    Ok(())
}
