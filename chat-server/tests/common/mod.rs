//! A real server on a port of its own, with a data directory that goes away with the test.

#![allow(dead_code, reason = "each test program uses its share")]

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chat_server::{Config, Server, serve};
use futures_util::{SinkExt as _, StreamExt as _};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async};

/// No test waits longer than this for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a future gives, or a failed test.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it takes too long")
}

/// A server in this process.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    /// By which the first owner is made, where there was none at the start.
    pub(crate) owner_link: Option<String>,
    data: Arc<TempDir>,
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

impl TestServer {
    /// With rate limits off and nothing stored yet.
    pub(crate) async fn start() -> Self {
        Self::start_with(|config| config.rate_limits = false).await
    }

    /// With what `change` makes of the default configuration.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_in(Arc::new(tempfile::tempdir().unwrap()), change).await
    }

    /// On a directory that a stopped server gave back.
    pub(crate) async fn start_in(data: Arc<TempDir>, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new(data.path().join("data"));
        config.listen = "127.0.0.1:0".parse().unwrap();
        change(&mut config);
        let listener = serve::listen(config.listen).unwrap();
        let server = within(Server::start(config, listener)).await.unwrap();
        let address = server.address();
        let owner_link = server.owner_link().map(str::to_owned);
        let (stop, stopped) = oneshot::channel();
        let done = tokio::spawn(server.run_until(stopped));
        Self { address, owner_link, data, stop, done }
    }

    /// The directory that holds the data directory `data`.
    pub(crate) fn dir(&self) -> &Path {
        self.data.path()
    }

    /// Stops in good order, and gives back the directory for the next start.
    pub(crate) async fn stop(self) -> Arc<TempDir> {
        self.stop.send(()).expect("it runs");
        within(self.done).await.unwrap();
        self.data
    }

    /// A connection in plain mode; `query` is empty or like `?name=ana`.
    pub(crate) async fn plain(&self, query: &str) -> Client {
        self.connect(query, None).await.unwrap()
    }

    /// A connection in `chat.v1`, before its `hello`.
    pub(crate) async fn full(&self) -> Client {
        self.connect("", Some("chat.v1")).await.unwrap()
    }

    /// A handshake that may be refused.
    pub(crate) async fn connect(&self, query: &str, protocol: Option<&'static str>) -> Result<Client, Error> {
        self.connect_with(query, protocol, &[]).await
    }

    /// The same with more headers, as a browser says them.
    pub(crate) async fn connect_with(
        &self,
        query: &str,
        protocol: Option<&'static str>,
        headers: &[(&'static str, &str)],
    ) -> Result<Client, Error> {
        let url = format!("ws://127.0.0.1:{}/ws{query}", self.address.port());
        let mut request = url.into_client_request().unwrap();
        if let Some(protocol) = protocol {
            request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(protocol));
        }
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        let stream = within(TcpStream::connect(self.address)).await.unwrap();
        // Large where another crate of the workspace switches TLS on.
        let handshake = Box::pin(client_async(request, MaybeTlsStream::Plain(stream)));
        let (socket, response) = within(handshake).await?;
        let chosen =
            response.headers().get("sec-websocket-protocol").map(|value| value.to_str().unwrap().to_owned());
        Ok(Client { socket, protocol: chosen })
    }
}

/// A WebSocket client that is not ours.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The subprotocol that the server chose.
    pub(crate) protocol: Option<String>,
}

impl Client {
    pub(crate) async fn send(&mut self, text: impl Into<String>) {
        within(self.socket.send(Message::text(text.into()))).await.unwrap();
    }

    /// The next text or binary message, or the close.
    pub(crate) async fn next(&mut self) -> Message {
        loop {
            let message = within(self.socket.next()).await.expect("not at the end").unwrap();
            if !matches!(message, Message::Ping(_) | Message::Pong(_)) {
                return message;
            }
        }
    }

    /// The next message, which must be a text.
    pub(crate) async fn text(&mut self) -> String {
        match self.next().await {
            Message::Text(text) => text.as_str().to_owned(),
            message => panic!("not a text: {message:?}"),
        }
    }

    /// The next frame of this `type`, past others.
    pub(crate) async fn frame(&mut self, kind: &str) -> serde_json::Value {
        loop {
            let text = self.text().await;
            if let Ok(frame) = serde_json::from_str::<serde_json::Value>(&text)
                && frame["type"] == kind
            {
                return frame;
            }
        }
    }

    /// How the server closes, past other messages.
    pub(crate) async fn close(&mut self) -> Option<CloseFrame> {
        loop {
            if let Message::Close(frame) = self.next().await {
                return frame;
            }
        }
    }
}
