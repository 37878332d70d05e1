//! The chat server: one binary with the web page, the WebSocket and the record.

pub mod store;
