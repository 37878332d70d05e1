//! The chat's terminal client.
//!
//! `app` is the chat as data, `markup` what a message's text means, `api` what is asked over HTTP, `view` draws it, `graphics` is how terminals show pictures, `picture` reads one to be sent, `net` and `cache` are its shells around the socket and the disk,
//! `runtime` is the one loop that ties them together, and `headless` are the commands for scripts.

pub mod api;
pub mod app;
pub mod cache;
pub mod cli;
pub mod config;
pub mod graphics;
pub mod headless;
pub mod link;
pub mod markup;
pub mod net;
pub mod picture;
pub mod runtime;
pub mod terminal;
pub mod transfer;
pub mod view;
