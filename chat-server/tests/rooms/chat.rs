//! A chat on a free port, and clients that speak to it frame by frame.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use chat_server::{Config, Server};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// No event of a healthy chat takes as long as this.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Chat {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Chat {
    /// Serves the chat of a directory.
    pub(crate) async fn open(dir: &Path, limited: bool) -> Self {
        let config = Config { rate_limits: limited, ..Config::new(dir.to_owned()) };
        let listener = chat_server::serve::listen((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let server = Server::start(config, listener).await.unwrap();
        let address = server.address();
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(async move { server.run_until(stopped).await });
        Self { address, stop, server }
    }

    /// Ends it in good order.
    pub(crate) async fn close(self) {
        self.stop.send(()).unwrap();
        self.server.await.unwrap();
    }

    async fn connect(&self, query: &str, subprotocol: Option<&'static str>) -> Client {
        let mut request = format!("ws://{}/ws{query}", self.address).into_client_request().unwrap();
        if let Some(subprotocol) = subprotocol {
            request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(subprotocol));
        }
        let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        Client { socket, passed: VecDeque::new() }
    }

    /// A plain connection, greeted.
    pub(crate) async fn plain(&self, room: Option<&str>, name: &str) -> Client {
        let room = room.map(|room| format!("room={room}&")).unwrap_or_default();
        let mut client = self.connect(&format!("?{room}name={name}"), None).await;
        assert_eq!(client.message().await.into_text().unwrap().as_str(), "Welcome!");
        client
    }

    /// A `chat.v1` connection before its `hello`.
    pub(crate) async fn full(&self) -> Client {
        self.connect("", Some(protocol::SUBPROTOCOL)).await
    }

    /// A greeted `chat.v1` connection, with its `welcome`.
    pub(crate) async fn greeted(&self, name: &str) -> (Client, Value) {
        let mut client = self.full().await;
        client
            .send(json!({"type": "hello", "client": "test", "conn": format!("conn-{name}"), "name": name}))
            .await;
        let welcome = client.expect("welcome").await;
        (client, welcome)
    }
}

pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Frames that were passed over while waiting for others.
    passed: VecDeque<Value>,
}

impl Client {
    pub(crate) async fn send(&mut self, frame: Value) {
        self.send_text(frame.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: impl Into<String>) {
        self.socket.send(Message::text(text.into())).await.unwrap();
    }

    pub(crate) async fn send_raw(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    /// Sends without regard to what the other side does.
    pub(crate) async fn try_send_raw(
        &mut self,
        message: Message,
    ) -> Result<(), tokio_tungstenite::tungstenite::Error> {
        self.socket.send(message).await
    }

    /// The next message of any kind.
    pub(crate) async fn message(&mut self) -> Message {
        let next = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("a frame in time");
        next.expect("an open connection").expect("a sound frame")
    }

    /// The next frame as JSON.
    pub(crate) async fn frame(&mut self) -> Value {
        loop {
            match self.message().await {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("a text frame, not {other:?}"),
            }
        }
    }

    /// The next frame of a type; what comes before it is kept for later.
    pub(crate) async fn expect(&mut self, kind: &str) -> Value {
        if let Some(index) = self.passed.iter().position(|frame| frame["type"] == kind) {
            return self.passed.remove(index).unwrap();
        }
        loop {
            let frame = self.frame().await;
            if frame["type"] == kind {
                return frame;
            }
            self.passed.push_back(frame);
        }
    }

    /// Sends frames in one go, so that they arrive in one read.
    pub(crate) async fn send_together(&mut self, frames: &[Value]) {
        for frame in frames {
            self.socket.feed(Message::text(frame.to_string())).await.unwrap();
        }
        self.socket.flush().await.unwrap();
    }

    /// The events that were passed over.
    pub(crate) fn passed_seqs(&self) -> Vec<u64> {
        let events = self.passed.iter().filter(|frame| frame["type"] == "message");
        events.map(|event| event["seq"].as_u64().unwrap()).collect()
    }

    /// Whether a frame of a type was passed over.
    pub(crate) fn passed_any(&self, kind: &str) -> bool {
        self.passed.iter().any(|frame| frame["type"] == kind)
    }

    /// The code with which the server closes.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("a close in time");
            match next {
                Some(Ok(Message::Close(Some(close)))) => return close.code.into(),
                Some(Ok(_)) => {}
                other => panic!("a close frame, not {other:?}"),
            }
        }
    }

    /// Says something and waits until it is acknowledged.
    pub(crate) async fn say(&mut self, room: &str, text: &str, id: &str) -> Value {
        self.send(json!({"type": "message", "room": room, "message": text, "id": id})).await;
        let ack = self.expect("ack").await;
        assert_eq!(ack["id"], id);
        ack
    }

    /// Asks something and waits for the answer, which names the question.
    pub(crate) async fn ask(&mut self, mut question: Value, answer: &str) -> Value {
        question["ref"] = json!(7);
        self.send(question).await;
        let answer = self.expect(answer).await;
        assert_eq!(answer["ref"], 7, "{answer}");
        answer
    }
}
