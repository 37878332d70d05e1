//! Why the server did not start or did not go on, each with its exit code.

use std::io;
use std::net::SocketAddr;

use thiserror::Error;

use crate::store::StoreError;
use crate::store::directory::reason;

/// What ends the program. Each message is one line for whoever started it.
#[derive(Debug, Error)]
pub enum Error {
    /// A flag, an environment variable or the configuration file does not say what it could.
    #[error("{0}")]
    Config(String),
    /// The address cannot be listened at.
    #[error("cannot listen at {address}: {}", reason(.error))]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        error: io::Error,
    },
    /// The data directory cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What a command asked was refused.
    #[error("{0}")]
    Offline(String),
    /// The system refused something that a server needs.
    #[error("the system refused to {what}: {}", reason(.error))]
    System {
        /// What was tried.
        what: &'static str,
        /// Why not.
        error: io::Error,
    },
}

impl Error {
    /// The program's exit code: 2 a wrong flag or configuration, 3 the address, 4 the data directory, 1 the rest.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::System { .. } | Self::Offline(_) => 1,
            Self::Config(_) => 2,
            Self::Listen { .. } => 3,
            Self::Store(_) => 4,
        }
    }
}
