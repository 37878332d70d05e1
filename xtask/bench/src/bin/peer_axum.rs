//! A peer: axum as its own chat example does it (a broadcast channel), with the room in the path.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use axum::extract::{Path, State, WebSocketUpgrade};
use axum::routing::any;
use futures_util::{SinkExt, StreamExt};
use tokio::sync::broadcast;

type Rooms = Arc<Mutex<HashMap<String, broadcast::Sender<Utf8Bytes>>>>;

/// Whoever falls further behind loses messages, which the bench would notice as a stall. The example has 100.
const CAPACITY: usize = 1024;
/// For the one room that is not one of very many: room for a burst.
const LOBBY_CAPACITY: usize = 65_536;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let port: u16 = std::env::args().nth(1).unwrap_or_default().parse()?;
    let app = Router::new()
        .route(
            "/ws/{room}",
            any(
                |Path(room): Path<String>, State(rooms): State<Rooms>, upgrade: WebSocketUpgrade| async move {
                    let capacity = if room == "lobby" { LOBBY_CAPACITY } else { CAPACITY };
                    let sender = rooms
                        .lock()
                        .expect("nothing panics under this lock")
                        .entry(room)
                        .or_insert_with(|| broadcast::channel(capacity).0)
                        .clone();
                    upgrade.on_upgrade(move |socket| connected(socket, sender))
                },
            ),
        )
        .with_state(Rooms::default());
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, app).await?;
    Ok(())
}

async fn connected(socket: WebSocket, room: broadcast::Sender<Utf8Bytes>) {
    let (mut to_socket, mut from_socket) = socket.split();
    let mut queue = room.subscribe();
    let mut forward = tokio::spawn(async move {
        while let Ok(text) = queue.recv().await {
            if to_socket.send(Message::Text(text)).await.is_err() {
                break;
            }
        }
    });
    let mut receive = tokio::spawn(async move {
        while let Some(Ok(Message::Text(text))) = from_socket.next().await {
            // Nobody listens only while the last one is leaving.
            let _ = room.send(text);
        }
    });
    tokio::select! {
        _ = &mut forward => receive.abort(),
        _ = &mut receive => forward.abort(),
    }
}
