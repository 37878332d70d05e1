//! Accounts over real HTTP and `/ws`, spoken by clients that are not ours.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod browser;
mod client;
#[path = "../common/mod.rs"]
mod common;
mod guests;
mod limits;
mod owners;
mod people;
mod register;
mod secrets;
mod sign_in;
mod upgrade;
