//! A chat on sockets without HTTP, and clients that speak to it frame by frame.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use chat_server::store::{Options, Store};
use chat_server::ws::{Door, Mode, Shards, Unstarted, Upgrade};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

/// No event of a healthy chat takes as long as this.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Chat {
    pub(crate) door: Door,
    pub(crate) shards: Shards,
    pub(crate) store: Store,
    listener: TcpListener,
}

impl Chat {
    /// Opens the chat in a directory.
    pub(crate) async fn open(dir: &Path, shards: usize, limited: bool) -> Self {
        let unstarted = Unstarted::new(shards);
        let store = Store::open(dir, Options::default(), unstarted.on_commit()).unwrap();
        let (door, shards) = unstarted.start(store.clone(), limited).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        Self { door, shards, store, listener }
    }

    /// Ends it in good order.
    pub(crate) async fn close(self) {
        self.store.close().await;
        self.shards.close().await;
    }

    async fn connect(&self, mode: Mode) -> Client {
        let address = self.listener.local_addr().unwrap();
        let (ours, theirs) = tokio::join!(TcpStream::connect(address), self.listener.accept());
        let upgrade = Upgrade { mode, peer: IpAddr::V4(Ipv4Addr::LOCALHOST) };
        self.door.accept(theirs.unwrap().0, Bytes::new(), upgrade).await;
        let socket = WebSocketStream::from_raw_socket(ours.unwrap(), Role::Client, None).await;
        Client { socket, passed: VecDeque::new() }
    }

    /// A plain connection, greeted.
    pub(crate) async fn plain(&self, room: Option<&str>, name: &str) -> Client {
        let mut client =
            self.connect(Mode::Plain { room: room.map(str::to_owned), name: Some(name.to_owned()) }).await;
        assert_eq!(client.message().await.into_text().unwrap().as_str(), "Welcome!");
        client
    }

    /// A `chat.v1` connection before its `hello`.
    pub(crate) async fn full(&self) -> Client {
        self.connect(Mode::V1).await
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
    socket: WebSocketStream<TcpStream>,
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
