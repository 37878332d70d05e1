//! From what is committed to the sockets.
//!
//! Every connection belongs to one *shard*, a thread with its own event loop, and every shard that has members of a
//! room keeps that room's newest events as a [`tail`]. A commit is encoded once per shard; a member is a cursor in the
//! tail, and one flush pass writes each member what is new to it, without a queue, a task or a copy per member.
//! Whoever falls behind the tail reads the store from the same cursor ([`catch_up`]), so live delivery, catching up
//! and resuming after a week are one mechanism.
//!
//! The flush is the only writer of a socket. What is for one connection alone goes through its [`replies`].

mod catch_up;
mod cut;
mod flush;
pub(crate) mod frame;
mod members;
mod newcomers;
mod pulse;
mod replies;
mod rooms;
mod round;
mod run;
mod shard;
mod shared;
pub(crate) mod tail;
#[cfg(test)]
mod tests;

pub(crate) use pulse::Pulse;
pub(crate) use run::start;
pub(crate) use shard::{Connection, Shard, ShardRef};
pub(crate) use shared::{Admitted, Audience, Shared, Signal};

pub(crate) use frame::{binary as binary_frame, server_frame as encode_frame};
pub(crate) use newcomers::at_hand;
use replies::Replies;
pub(crate) use rooms::{Loaded, load};

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use protocol::ids::{RoomKey, UserId};
use tokio::sync::mpsc;

use crate::core::presence::Link;
use crate::store::{Commit, OnCommit};
use crate::ws::Upgrade;

/// Commits that may wait for a shard; beyond it the store's writer waits.
const COMMITS_WAITING: usize = 64;
/// Orders that may wait for a shard; beyond it signals are dropped and new connections wait.
const ORDERS_WAITING: usize = 1024;

/// What a shard is asked to do.
#[derive(Debug)]
pub(crate) enum Order {
    /// Take over a socket after its handshake.
    Accept { stream: std::net::TcpStream, leftover: Bytes, upgrade: Upgrade },
    /// Tell a room's members something that may be lost.
    Signal(Arc<Signal>),
    /// Tell all connections of a user but one, as far as what proved them is good for the room that is told of.
    Tell { user: UserId, except: Link, room: RoomKey, frame: Arc<Vec<u8>> },
    /// Another connection took this one's place.
    Replace(Link),
    /// Tell everybody that the server is about to close, and take no more commands.
    GoAway { after_ms: u64 },
    /// Close every connection and end once they are gone.
    Close,
}

/// The way to every shard; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Hub {
    shards: Arc<[ShardInlet]>,
    turn: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct ShardInlet {
    commits: mpsc::Sender<Arc<Commit>>,
    orders: mpsc::Sender<Order>,
}

/// Where one shard hears from the others.
#[derive(Debug)]
pub(crate) struct ShardOutlet {
    commits: mpsc::Receiver<Arc<Commit>>,
    orders: mpsc::Receiver<Order>,
}

impl Hub {
    /// The ways to `count` shards that are still to be started.
    pub(crate) fn new(count: usize) -> (Self, Vec<ShardOutlet>) {
        let (inlets, outlets): (Vec<_>, Vec<_>) = (0..count.max(1))
            .map(|_| {
                let (commits, commits_out) = mpsc::channel(COMMITS_WAITING);
                let (orders, orders_out) = mpsc::channel(ORDERS_WAITING);
                (ShardInlet { commits, orders }, ShardOutlet { commits: commits_out, orders: orders_out })
            })
            .unzip();
        (Self { shards: inlets.into(), turn: Arc::default() }, outlets)
    }

    /// Hands each commit to every shard; waits where one is behind, so the record never runs away from the sockets.
    pub(crate) fn on_commit(&self) -> OnCommit {
        let shards = Arc::clone(&self.shards);
        Box::new(move |commit| {
            for shard in shards.iter() {
                // A shard that has ended has no connections to tell.
                let _ = shard.commits.blocking_send(Arc::clone(&commit));
            }
        })
    }

    /// Gives a socket to the next shard in turn.
    pub(crate) async fn accept(&self, stream: std::net::TcpStream, leftover: Bytes, upgrade: Upgrade) {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.shards.len();
        let _ = self.shards[turn].orders.send(Order::Accept { stream, leftover, upgrade }).await;
    }

    /// Tells every shard something that may be lost: a shard whose orders are full misses it.
    pub(crate) fn signal(&self, signal: Signal) {
        let signal = Arc::new(signal);
        for shard in self.shards.iter() {
            let _ = shard.orders.try_send(Order::Signal(Arc::clone(&signal)));
        }
    }

    /// Gives every shard an order that must arrive, made anew for each.
    pub(crate) async fn order(&self, order: impl Fn() -> Order) {
        for shard in self.shards.iter() {
            let _ = shard.orders.send(order()).await;
        }
    }
}
