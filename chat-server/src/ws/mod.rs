//! The WebSocket door: a socket after its handshake becomes a connection of a shard.

pub(crate) mod connection;
mod feed;
pub(crate) mod upgrade;

use std::net::IpAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use bytes::Bytes;
use protocol::people::Guests;
use tokio::net::TcpStream;

use crate::core::secret::Secret;
use crate::hub::{self, Hub, Order, ShardOutlet, Shared};
use crate::store::Store;

/// What a handshake asked for.
#[derive(Debug)]
pub struct Upgrade {
    /// The subprotocol.
    pub mode: Mode,
    /// The other side's address, as far as it is to be trusted.
    pub peer: IpAddr,
    /// The connection's place among all connections: kept until the socket is closed.
    pub slot: crate::serve::Slot,
    /// What a browser's cookie says, of a page that is ours.
    pub(crate) cookie: Option<Secret>,
}

/// The protocol's two modes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// No subprotocol: for ten-line scripts.
    Plain {
        /// The room asked for in the query.
        room: Option<String>,
        /// The nickname asked for in the query.
        name: Option<String>,
    },
    /// `chat.v1`.
    V1,
}

/// The way in for sockets; clones share it.
#[derive(Debug, Clone)]
pub struct Door {
    hub: Hub,
    shared: Arc<Shared>,
}

/// The shards' threads.
#[derive(Debug)]
pub struct Shards {
    hub: Hub,
    threads: Vec<JoinHandle<()>>,
    presence: tokio::task::JoinHandle<()>,
}

/// Shards that are not yet started, because the store that they read is not yet open.
#[derive(Debug)]
pub struct Unstarted {
    hub: Hub,
    outlets: Vec<ShardOutlet>,
}

impl Unstarted {
    /// Makes ready for `shards` threads.
    pub fn new(shards: usize) -> Self {
        let (hub, outlets) = Hub::new(shards);
        Self { hub, outlets }
    }

    /// What the store is to call at each commit.
    pub fn on_commit(&self) -> crate::store::OnCommit {
        self.hub.on_commit()
    }

    /// Starts the threads. Needs a tokio runtime around it.
    pub fn start(self, store: Store, limited: bool, guests: Guests) -> std::io::Result<(Door, Shards)> {
        let shared = Arc::new(Shared::new(store, self.hub.clone(), limited, guests));
        let threads = (0..).zip(self.outlets);
        let threads = threads
            .map(|(index, outlet)| hub::start(index, outlet, Arc::clone(&shared)))
            .collect::<Result<Vec<_>, _>>()?;
        let door = Door { hub: self.hub.clone(), shared: Arc::clone(&shared) };
        let presence = tokio::spawn(async move { shared.tell_presence().await });
        Ok((door, Shards { hub: self.hub, threads, presence }))
    }
}

impl Door {
    /// What all connections share.
    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Takes over a socket after its handshake; `leftover` is what was read of it beyond the request.
    pub async fn accept(&self, stream: TcpStream, leftover: Bytes, upgrade: Upgrade) {
        match stream.into_std() {
            Ok(stream) => self.hub.accept(stream, leftover, upgrade).await,
            Err(error) => tracing::warn!(%error, "a socket was lost between two event loops"),
        }
    }
}

impl Shards {
    /// Tells everybody that the server is about to close; what they have sent is still stored and acknowledged.
    pub async fn go_away(&self, after_ms: u64) {
        self.hub.order(|| Order::GoAway { after_ms }).await;
    }

    /// Closes every connection (1012) and waits until they are gone or were given up, some seconds at most.
    pub async fn close(self) {
        self.presence.abort();
        self.hub.order(|| Order::Close).await;
        let join = tokio::task::spawn_blocking(move || {
            for thread in self.threads {
                if thread.join().is_err() {
                    tracing::error!("a shard's thread panicked");
                }
            }
        });
        let _ = join.await;
    }
}
