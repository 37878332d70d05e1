//! A peer: warp as its own chat example does it, with the room in the path.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{SinkExt, StreamExt};
use tokio::sync::{RwLock, mpsc};
use warp::Filter;
use warp::ws::{Message, WebSocket};

type Users = HashMap<usize, mpsc::UnboundedSender<Message>>;
type Rooms = Arc<RwLock<HashMap<String, Users>>>;

static NEXT_USER: AtomicUsize = AtomicUsize::new(1);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let port: u16 = std::env::args().nth(1).unwrap_or_default().parse()?;
    let rooms = Rooms::default();
    let route = warp::path!("ws" / String)
        .and(warp::ws())
        .and(warp::any().map(move || rooms.clone()))
        .map(|room, ws: warp::ws::Ws, rooms| ws.on_upgrade(move |socket| connected(socket, room, rooms)));
    warp::serve(route).run(([127, 0, 0, 1], port)).await;
    Ok(())
}

async fn connected(socket: WebSocket, room: String, rooms: Rooms) {
    let me = NEXT_USER.fetch_add(1, Ordering::Relaxed);
    let (mut to_socket, mut from_socket) = socket.split();
    let (sender, mut queue) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(message) = queue.recv().await {
            if to_socket.send(message).await.is_err() {
                break;
            }
        }
    });
    rooms.write().await.entry(room.clone()).or_default().insert(me, sender);
    while let Some(Ok(message)) = from_socket.next().await {
        let Ok(text) = message.to_str() else { continue };
        if let Some(users) = rooms.read().await.get(&room) {
            for user in users.values() {
                // A user who has just gone is taken out by their own task.
                let _ = user.send(Message::text(text));
            }
        }
    }
    if let Some(users) = rooms.write().await.get_mut(&room) {
        users.remove(&me);
    }
}
