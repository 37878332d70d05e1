//! Rooms end to end, from a client's socket to another's: what is said in the protocol is what happens.

mod chat;
mod full;
mod hello;
mod load;
mod plain;
