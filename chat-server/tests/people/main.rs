//! People in rooms end to end: who may do what, what becomes of whoever is put out, and what is one's own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../accounts/client.rs"]
#[allow(dead_code, reason = "each test program uses its share")]
mod client;
#[path = "../common/mod.rs"]
mod common;

mod finding;
mod leaks;
mod matrix;
mod messages;
mod named;
mod newcomers;
mod own;
mod quotas;
mod repeats;
mod rooms;
mod routes;
mod stage;
mod upgrade;
