//! Rooms end to end, from a client's socket to another's: what is said in the protocol is what happens.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod chat;
mod full;
mod hello;
mod load;
mod plain;
