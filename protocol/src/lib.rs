//! The chat's wire protocol on one page.
//!
//! A connection is a WebSocket at `/ws`. Every frame is one JSON object with a `type`. There are two modes:
//!
//! * **Plain**: no subprotocol asked. The server says the text `Welcome!` and puts the client in `lobby`.
//! * **[`SUBPROTOCOL`]**: the client's first frame is [`client::Hello`], the server's is [`server::Welcome`].
//!
//! What happens in a room is a log of [`event::Event`]s, numbered by `seq` from 1 without holes. A client keeps the
//! last `seq` it has per room and says it in its next `hello`: resuming is reading the log.
//!
//! ```
//! use protocol::client::ClientFrame;
//! use protocol::server::ServerFrame;
//!
//! let frame = ClientFrame::parse(r#"{"type":"message","room":"lobby","message":"Hello","id":"01JE"}"#).unwrap();
//! let ClientFrame::Message(message) = frame else { panic!("a message") };
//! assert_eq!(message.message, "Hello");
//!
//! let frame = ServerFrame::parse(r#"{"type":"synced","room":"lobby","head":1048,"new":"field"}"#).unwrap();
//! assert!(matches!(frame, ServerFrame::Synced(synced) if synced.head == 1048));
//! ```
//!
//! This crate has no clock, randomness, IO or async: times and ids are arguments.

pub mod client;
pub mod error;
pub mod event;
pub mod file_name;
pub mod fold;
pub mod http;
pub mod ids;
mod json;
pub mod limits;
pub mod messages;
pub mod names;
pub mod own;
pub mod people;
pub mod rooms;
pub mod safe_text;
pub mod server;
pub mod session;
pub mod signal;
#[cfg(feature = "ts")]
pub mod typescript;

/// The WebSocket subprotocol of the full protocol; a breaking change is a new name.
pub const SUBPROTOCOL: &str = "chat.v1";

/// The text frame with which the server greets a plain connection.
pub const PLAIN_GREETING: &str = "Welcome!";

/// The room where everybody starts; it always exists.
pub const LOBBY: &str = "lobby";

/// The room that carries what belongs to one user alone, on all of that user's devices.
pub const SELF_ROOM: &str = "@self";
