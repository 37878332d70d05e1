//! The accept loop: from a listening socket to HTTP/1 requests, with bounds on what anybody can hold.
//!
//! hyper serves each connection; the routes are warp's. A connection that becomes a WebSocket leaves hyper, but keeps
//! its [`Slot`], by which all connections are counted.

mod slots;
mod transfers;

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::Service as _;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use warp::filters::BoxedFilter;
use warp::reply::Response;

pub use self::slots::Slot;
pub(crate) use self::slots::Slots;
pub(crate) use self::transfers::{Transfer, Transfers};
use crate::core::networks::{self, Network};

/// Connections that the system keeps until they are accepted.
const BACKLOG: i32 = 4096;
/// Bytes of a request's head, and of what hyper reads ahead.
const HEAD_BYTES: usize = 16 * 1024;
const HEADERS: usize = 64;
/// How long to wait when the system has no file descriptor for a new connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Said to whoever is one too many.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Length: 33\r\n\r\nThis chat has no room for more.\r\n";

/// What anybody may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Connections at a time, of all kinds.
    pub connections: usize,
    /// Connections at a time from one address; those from this machine itself are not counted.
    pub connections_per_address: usize,
    /// From accepting a connection to its first byte; then from the start of a request's head, or the end of the
    /// request before, until the head is complete.
    pub head: Duration,
    /// From accepting a connection until it must be done or have become a WebSocket; one that carries files may go on
    /// as long as they move.
    pub http: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_address: 1_000,
            head: Duration::from_secs(10),
            http: Duration::from_mins(2),
        }
    }
}

/// Who is on the other side: an extension of every request.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    pub(crate) slot: Slot,
    /// Files on their way over this connection.
    pub(crate) transfers: Transfers,
}

/// Listens at an address. Accepted sockets inherit that small frames are sent at once.
pub fn listen(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Lets this process have as many file descriptors as the system allows it: each connection takes one.
pub fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}

/// Accepts and serves connections until `stop` says true; then requests that are being answered are still answered.
pub(crate) async fn serve(
    listener: TcpListener,
    routes: BoxedFilter<(Response,)>,
    slots: Slots,
    bounds: Bounds,
    trusted: Arc<[Network]>,
    mut stop: watch::Receiver<bool>,
) {
    let stopping = stop.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|&stop| stop) => return,
        };
        match accepted {
            Ok((stream, address)) => match slots.take(address.ip(), &trusted) {
                Some(slot) => {
                    let peer =
                        Peer { address: address.ip().to_canonical(), slot, transfers: Transfers::default() };
                    let serving = serve_one(
                        stream,
                        peer,
                        routes.clone(),
                        bounds,
                        Arc::clone(&trusted),
                        stopping.clone(),
                    );
                    tokio::spawn(serving);
                }
                None => refuse(&stream),
            },
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                slots.count_failure(&error);
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve_one(
    stream: TcpStream,
    peer: Peer,
    routes: BoxedFilter<(Response,)>,
    bounds: Bounds,
    trusted: Arc<[Network]>,
    mut stop: watch::Receiver<bool>,
) {
    // Nothing is set up for whoever has said nothing yet: hyper would hold 16 KiB of buffers for it.
    let mut first = [0];
    let asked = tokio::select! {
        peeked = tokio::time::timeout(bounds.head, stream.peek(&mut first)) => matches!(peeked, Ok(Ok(1..))),
        _ = stop.wait_for(|&stop| stop) => false,
    };
    if !asked {
        return tracing::debug!("nothing was asked");
    }
    // On the heap from here on: the task is small before the first byte, and when it is a WebSocket.
    Box::pin(serve_http(stream, peer, routes, bounds, trusted, stop)).await;
}

async fn serve_http(
    stream: TcpStream,
    peer: Peer,
    routes: BoxedFilter<(Response,)>,
    bounds: Bounds,
    trusted: Arc<[Network]>,
    mut stop: watch::Receiver<bool>,
) {
    let transfers = peer.transfers.clone();
    let routes = TowerToHyperService::new(warp::service(routes));
    let service = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        let mut peer = peer.clone();
        peer.address = client_of(peer.address, &trusted, request.headers());
        request.extensions_mut().insert(peer);
        let answer = routes.call(request);
        async move { answer.await.map_err(|error: Infallible| error) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head)
        .max_headers(HEADERS)
        .max_buf_size(HEAD_BYTES)
        // Who has said all that they ask, and says so, is answered all the same.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    let deadline = tokio::time::sleep(bounds.http);
    tokio::pin!(deadline);
    let mut stopping = false;
    let mut moved = 0;
    loop {
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = &mut deadline => {
                if !transfers.go_on(&mut moved) {
                    return tracing::debug!("an HTTP connection took too long");
                }
                deadline.as_mut().reset(tokio::time::Instant::now() + transfers::ROUND);
                continue;
            }
            _ = stop.wait_for(|&stop| stop), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
                continue;
            }
        };
        if let Err(error) = ended {
            // Broken off, too slow or not HTTP: the other side's business.
            tracing::debug!(%error, "an HTTP connection ended badly");
        }
        return;
    }
}

/// Who asks: behind a proxy that is trusted, whom that says.
fn client_of(peer: IpAddr, trusted: &[Network], headers: &http::HeaderMap) -> IpAddr {
    if trusted.is_empty() {
        return peer;
    }
    let said = headers.get_all("x-forwarded-for").iter().map(|line| line.to_str().unwrap_or_default());
    networks::client(peer, trusted, &said.collect::<Vec<_>>())
}

/// Tells a connection that is one too many, without waiting for it.
fn refuse(stream: &TcpStream) {
    // What it does not take at once is lost: the answer is only a courtesy.
    let _ = stream.try_write(FULL);
}

/// Whether accepting failed because of the one who came, so that the next may be accepted at once.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
