//! A running server: its parts, wired, and how they are stopped.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::command::accounts::Accounts;
use crate::config::Config;
use crate::error::Error;
use crate::files::{self, Files};
use crate::http::assets::Assets;
use crate::http::origin::Names;
use crate::serve::Slots;
use crate::store::{Options, Store};
use crate::ws::{Shards, Unstarted};
use crate::{PublicUrl, http, serve};

/// The time over which clients spread their return.
const RETURN_MS: u64 = 2_000;
/// From telling clients that the server goes away until their sockets are closed: what they have sent is stored.
const FAREWELL: Duration = Duration::from_millis(250);
/// What each step of the stop may take; together less than ten seconds.
const CLOSE_SOCKETS: Duration = Duration::from_secs(5);
const CLOSE_REQUESTS: Duration = Duration::from_secs(1);
const CLOSE_STORE: Duration = Duration::from_secs(3);

/// A server that accepts connections. Shows itself as the line that whoever started it wants to see.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    url: PublicUrl,
    /// By which the first owner is made, while there is none.
    owner_link: Option<String>,
    data_dir: PathBuf,
    store: Store,
    shards: Shards,
    slots: Slots,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
    /// Deletes files that nobody needs.
    keeping: JoinHandle<()>,
    /// Ends sessions and tokens whose time is over.
    ending: JoinHandle<()>,
}

/// Serves at `listener` until `shutdown` is over, then stops in good order.
pub async fn run(config: Config, listener: TcpListener, shutdown: impl Future) -> Result<(), Error> {
    Server::start(config, listener).await?.run_until(shutdown).await;
    Ok(())
}

impl Server {
    /// Opens the store and begins to accept connections. `listener` is best made by [`serve::listen`].
    pub async fn start(config: Config, listener: TcpListener) -> Result<Self, Error> {
        let system = |what| move |error: io::Error| Error::System { what, error };
        let address = listener.local_addr().map_err(system("tell the address"))?;
        listener.set_nonblocking(true).map_err(system("listen without blocking"))?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(system("listen"))?;
        if config.is_exposed() {
            tracing::warn!(
                "{} can be reached from outside and there is no TLS: anybody on the way can read and change what is \
                 said. Put a TLS proxy before it, listen at 127.0.0.1 and name its https:// address with --public-url.",
                config.listen
            );
        }

        let shards = Unstarted::new(thread::available_parallelism().map_or(1, usize::from));
        let stirred = Arc::default();
        let on_commit = files::watch_commits(shards.on_commit(), Arc::clone(&stirred));
        let options = Options { durability: config.durability, guests: config.guests, ..Options::default() };
        let data_dir = config.data_dir.clone();
        let store =
            tokio::task::spawn_blocking(move || Store::open(&data_dir, options, on_commit)).await.map_err(
                |error| Error::System { what: "open the store", error: io::Error::other(error) },
            )??;
        let (door, shards) = shards
            .start(store.clone(), config.rate_limits, config.guests)
            .map_err(system("start threads"))?;

        let names = Names::new(&config.public_urls, address);
        let url = names.main().clone();
        let assets = config.web_dir.map_or_else(Assets::embedded, Assets::directory);
        let accounts = Accounts::new(door.shared(), config.registration, config.files.file, url.to_string());
        let failed =
            |reason: String| Error::System { what: "read the accounts", error: io::Error::other(reason) };
        accounts.keep_names().await.map_err(|error| failed(error.to_string()))?;
        let owner_link = accounts.owner_link().await;
        let ending = tokio::spawn(accounts.clone().end_old());
        let files = Files::new(store.clone(), &config.data_dir, config.files, stirred);
        let keeping = files.keep();
        let routes = http::routes(store.clone(), door, accounts, files, assets, names);
        let slots = Slots::new(config.bounds);
        let (stop, stopping) = watch::channel(false);
        let trusted = config.trusted_proxies.into();
        let serving = serve::serve(listener, routes, slots.clone(), config.bounds, trusted, stopping);
        let accepting = tokio::spawn(serving);
        Ok(Self {
            address,
            url,
            owner_link,
            data_dir: config.data_dir,
            store,
            shards,
            slots,
            stop,
            accepting,
            keeping,
            ending,
        })
    }

    /// Where it listens: the port is known even where any was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// By which the first owner is made, while there is none.
    pub fn owner_link(&self) -> Option<&str> {
        self.owner_link.as_deref()
    }

    /// The record.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Serves until `shutdown` is over. Then nobody is accepted any more, everybody is told and what was sent is stored
    /// and acknowledged before the sockets are closed; in less than ten seconds.
    pub async fn run_until(self, shutdown: impl Future) {
        shutdown.await;
        tracing::info!("stopping");
        // Nobody listens where the accept loop is gone already.
        let _ = self.stop.send(true);
        if let Err(error) = self.accepting.await {
            tracing::error!(%error, "the accept loop had ended");
        }
        self.keeping.abort();
        self.ending.abort();
        self.shards.go_away(RETURN_MS).await;
        tokio::time::sleep(FAREWELL).await;
        if timeout(CLOSE_SOCKETS, self.shards.close()).await.is_err() {
            tracing::warn!("some connections did not close in time");
        }
        if timeout(CLOSE_REQUESTS, self.slots.all_free()).await.is_err() {
            tracing::debug!("some requests were broken off");
        }
        if timeout(CLOSE_STORE, self.store.close()).await.is_err() {
            tracing::warn!(
                "the database did not close in time; it is whole, and the next start takes a little longer"
            );
        }
        tracing::info!("stopped");
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = env!("CARGO_PKG_VERSION");
        write!(f, "chat-server {version} at {}, data in {}", self.url, self.data_dir.display())?;
        if let Some(link) = &self.owner_link {
            write!(f, "\nThere is no owner yet. Whoever opens this link first makes that account: {link}")?;
        }
        Ok(())
    }
}
