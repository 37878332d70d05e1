//! People in rooms end to end: who may do what, what becomes of whoever is put out, and what is one's own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../common/mod.rs"]
mod common;

mod leaks;
mod matrix;
mod own;
mod repeats;
mod rooms;
mod stage;
mod upgrade;
