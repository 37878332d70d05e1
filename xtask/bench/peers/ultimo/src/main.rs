//! A peer: ultimo as in its own websocket-chat example, with a route for each room.

use async_trait::async_trait;
use serde_json::value::RawValue;
use ultimo::prelude::Ultimo;
use ultimo::websocket::{Message, WebSocket, WebSocketConfig, WebSocketHandler};

/// The example's 100 would lose messages under load, and 1024, its default, in a burst.
const QUEUE: usize = 65_536;
/// As many as the scenarios use beside the lobby.
const ROOMS: usize = 1000;

struct Chat {
    room: String,
}

#[async_trait]
impl WebSocketHandler for Chat {
    type Data = ();

    async fn on_open(&self, socket: &WebSocket<()>) {
        if let Err(error) = socket.subscribe(&self.room).await {
            eprintln!("no subscription: {error}");
        }
    }

    async fn on_message(&self, socket: &WebSocket<()>, message: Message) {
        let Message::Text(text) = message else { return };
        // Checked as in the example, and cheaper than its tree.
        let Ok(json) = serde_json::from_str::<&RawValue>(&text) else { return };
        if let Err(error) = socket.publish(&self.room, &json).await {
            eprintln!("not published: {error}");
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).unwrap_or_default().parse()?;
    let config = || WebSocketConfig {
        ping_interval: None,
        max_write_queue_size: QUEUE,
        ..WebSocketConfig::default()
    };
    let mut app = Ultimo::new();
    let rooms = std::iter::once("lobby".to_owned()).chain((0..ROOMS).map(|room| format!("b{room}")));
    for room in rooms {
        app.websocket_with_config(&format!("/ws/{room}"), Chat { room }, config());
    }
    Ok(app.listen(&format!("127.0.0.1:{port}")).await?)
}
