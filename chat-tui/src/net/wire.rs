//! One WebSocket, from the dial to its end, in two small tasks.

use std::fmt;
use std::io::ErrorKind;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use protocol::limits::FRAME_BYTES;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};

use super::{Address, tls};

/// From the dial to the end of the handshake.
const DIAL: Duration = Duration::from_secs(10);
/// Frames between the socket and the loop, each way; the socket waits when they are full.
const FRAMES: usize = 32;
/// The server's largest frame: a history page of many small messages, generously.
const MAX_FRAME: usize = 8 * FRAME_BYTES;

/// What happened to the socket.
#[derive(Debug)]
pub(super) enum WireEvent {
    /// The time ran out.
    Nothing,
    /// It takes frames again.
    Room,
    /// The handshake is done.
    Connected,
    /// A frame came.
    Text(String),
    /// It ended; no more events come.
    Closed {
        /// The server's close code.
        code: Option<u16>,
        /// Why the dial failed, for people.
        why: Option<String>,
    },
}

/// One connection. Dropping it drops the connection.
pub(super) struct Wire {
    out: mpsc::Sender<String>,
    events: mpsc::Receiver<WireEvent>,
    task: Aborted,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").finish_non_exhaustive()
    }
}

impl Wire {
    pub(super) fn dial(address: Address) -> Self {
        let (out, out_rx) = mpsc::channel(FRAMES);
        let (events_tx, events) = mpsc::channel(FRAMES);
        let task = tokio::spawn(async move {
            let (code, why) = live(&address, out_rx, &events_tx).await;
            // Nobody listens any more after a drop.
            let _ = events_tx.send(WireEvent::Closed { code, why }).await;
        });
        Self { out, events, task: Aborted(task) }
    }

    /// The next event; if `blocked`, also when there is room for a frame again.
    pub(super) async fn next(&mut self, blocked: bool) -> WireEvent {
        tokio::select! {
            event = self.events.recv() => event.unwrap_or(WireEvent::Closed { code: None, why: None }),
            permit = self.out.reserve(), if blocked => match permit {
                Ok(_) => WireEvent::Room,
                // The end is told by the other channel.
                Err(_) => std::future::pending().await,
            },
        }
    }

    /// Hands a frame to the socket; gives it back where there is no room.
    pub(super) fn try_send(&self, text: String) -> Option<String> {
        match self.out.try_send(text) {
            // A closed wire takes everything: its end is about to be told, and the session sends again what matters.
            Ok(()) | Err(TrySendError::Closed(_)) => None,
            Err(TrySendError::Full(text)) => Some(text),
        }
    }

    /// Sends what was handed over, then a close frame, and waits for the server's.
    pub(super) async fn close(self) {
        let Self { out, mut events, mut task } = self;
        drop(out);
        loop {
            tokio::select! {
                _ = &mut task.0 => return,
                // Frames that still come are nobody's.
                event = events.recv() => if event.is_none() { return },
            }
        }
    }
}

impl Drop for Aborted {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Aborted(JoinHandle<()>);

/// Makes TLS work; to be called once, before the first dial.
pub fn install_crypto() {
    // An error means that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

async fn live(
    address: &Address,
    mut out: mpsc::Receiver<String>,
    events: &mpsc::Sender<WireEvent>,
) -> (Option<u16>, Option<String>) {
    let socket = match timeout(DIAL, dial(address)).await {
        Ok(Ok(socket)) => socket,
        Ok(Err(error)) => return (None, Some(explain(&error, address.authority()))),
        Err(_) => return (None, Some("the server does not answer".to_owned())),
    };
    if events.send(WireEvent::Connected).await.is_err() {
        return (None, None);
    }
    let (mut sink, mut stream) = socket.split();
    // Writing has its own task, so that a server that does not read cannot stop us reading.
    let writer = Aborted(tokio::spawn(async move {
        while let Some(text) = out.recv().await {
            if sink.send(Message::text(text)).await.is_err() {
                return;
            }
        }
        // Whatever comes of it, this is the end.
        let _ = sink.close().await;
    }));
    let mut code = None;
    while let Some(Ok(message)) = stream.next().await {
        match message {
            Message::Text(text) if events.send(WireEvent::Text(text.as_str().to_owned())).await.is_err() => {
                break;
            }
            Message::Close(frame) => code = frame.map(|frame| u16::from(frame.code)),
            _ => {}
        }
    }
    drop(writer);
    (code, None)
}

async fn dial(address: &Address) -> Result<Socket, Error> {
    let mut request = address.websocket().into_client_request()?;
    request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol::SUBPROTOCOL));
    let config = WebSocketConfig::default()
        .read_buffer_size(16 * 1024)
        .write_buffer_size(0)
        .max_message_size(Some(MAX_FRAME))
        .max_frame_size(Some(MAX_FRAME));
    let connector = address.tls()?.map(Connector::Rustls);
    let (socket, _) = connect_async_tls_with_config(request, Some(config), true, connector).await?;
    Ok(socket)
}

fn explain(error: &Error, host: &str) -> String {
    match error {
        Error::Http(response) => format!("this is no chat server: it answers {}", response.status()),
        Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
            format!("nothing listens at {host} — is chat-server running?")
        }
        Error::Io(error) => tls::distrust(error).map_or_else(|| error.to_string(), str::to_owned),
        other => other.to_string(),
    }
}
