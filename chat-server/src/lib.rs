//! The chat server: one binary with the web page, the WebSocket and the record.
//!
//! [`Server::start`] is the one place where the parts are wired: the doors ([`ws`], `http`) turn what clients ask into
//! commands, commands read and write the [`store`], and the hub brings what was committed to everybody's socket.

#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench;
pub mod cli;
mod clock;
mod command;
mod config;
mod core;
mod error;
mod files;
mod http;
mod hub;
pub mod offline;
#[cfg(test)]
mod permissions;
pub mod serve;
mod server;
mod size;
pub mod store;
pub mod telemetry;
pub mod ws;

pub use self::config::Config;
pub use self::core::networks::{Network, NetworkError};
pub use self::error::Error;
pub use self::files::Limits as FileLimits;
pub use self::http::origin::{PublicUrl, PublicUrlError};
pub use self::server::{Server, run};
pub use self::size::{ByteSize, ByteSizeError};
