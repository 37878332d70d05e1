//! The commands for scripts, on the same session as the chat itself.

mod print;
mod send;
mod tail;

use std::time::Instant;

use protocol::ids::RoomKey;
use protocol::session::{Saved, SessionConfig};

pub use send::send;
pub use tail::tail;

use crate::cache::{Profile, State};
use crate::config::Config;
use crate::net::{Address, Driver, fresh_id, random};

/// Looks into the profile to be the same user as the chat, without its lock: any number of commands run beside the chat,
/// each with a connection of its own.
fn identity(config: &Config) -> std::io::Result<(Profile, State)> {
    let profile = Profile::look(config.profile.clone())?;
    let mut state = profile.load_state()?;
    // Under another name it is somebody else, who shares nothing with the profile's owner.
    if config.name_is_explicit && state.name.is_some() && state.name != config.name {
        state = State::default();
    }
    Ok((profile, state))
}

/// A session in one room, from now on, that asks for this name.
fn driver(config: &Config, state: &State, room: &RoomKey, name: Option<String>) -> Driver {
    let address: Address = config.address.clone();
    let session = SessionConfig {
        client: client_name(),
        conn: fresh_id(),
        name,
        token: state.token.clone(),
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
fn keep_identity(config: &Config, welcome: &protocol::server::Welcome) -> std::io::Result<()> {
    let profile = Profile::open(config.profile.clone())?;
    if !profile.is_owner() {
        return Ok(());
    }
    let mut state = profile.load_state()?;
    if state.token.is_none() {
        state.token.clone_from(&welcome.token);
        state.user = Some(welcome.user.user.clone());
        state.name = Some(welcome.user.name.clone());
        state.epoch = Some(welcome.epoch.clone());
        profile.save_state(&state)?;
    }
    Ok(())
}
