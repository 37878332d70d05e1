//! Files over real HTTP and `/ws`, spoken by clients that are not ours.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
#[allow(dead_code, reason = "these tests use their share")]
#[path = "../accounts/client.rs"]
mod client;
#[path = "../common/mod.rs"]
mod common;
mod fetch;
mod keep;
mod messages;
mod pictures;
mod program;
#[allow(dead_code, reason = "these tests use their share")]
#[path = "../people/stage.rs"]
mod stage;
mod transfer;
mod upload;
