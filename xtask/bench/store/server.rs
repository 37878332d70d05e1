//! The real server on a directory, and connections that wait for each answer.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Message, WebSocket};

/// From its start until it takes connections; of a large record the end of the log may have to be read first.
const START: Duration = Duration::from_mins(1);
/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that runs; killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts the server that was built beside this program.
    pub(crate) fn start(data: &Path) -> Result<Self> {
        let program = std::env::current_exe()?.with_file_name("chat-server");
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let child = Command::new(&program)
            .args(["--listen", &address.to_string(), "--no-rate-limits", "--data-dir"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let server = Self { child, address };
        let end = Instant::now() + START;
        while TcpStream::connect(address).is_err() {
            if Instant::now() > end {
                bail!("the server takes no connections");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// A connection that was greeted, in `rooms`.
    pub(crate) fn connect(&self, name: &str, rooms: &[&str]) -> Result<Link> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut request = format!("ws://{}/ws", self.address).into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", "chat.v1".parse()?);
        let (socket, _) = tungstenite::client(request, stream).map_err(|error| anyhow::anyhow!("{error}"))?;
        let mut link = Link(socket);
        link.ask(&json!({"type": "hello", "client": "bench/1", "conn": name, "name": name}), "welcome")?;
        for room in rooms {
            link.ask(&json!({"type": "join", "ref": 1, "room": room}), "ok")?;
        }
        Ok(link)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Link(WebSocket<TcpStream>);

impl Link {
    /// The answer of this type, and how long it took until all of it was here.
    pub(crate) fn ask(&mut self, question: &Value, kind: &str) -> Result<(Duration, String)> {
        let wanted = format!("{{\"type\":\"{kind}\"");
        let text = question.to_string();
        let begin = Instant::now();
        self.0.send(Message::text(text))?;
        loop {
            let Message::Text(frame) = self.0.read()? else { continue };
            if frame.starts_with(&wanted) {
                return Ok((begin.elapsed(), frame.to_string()));
            }
            if frame.starts_with("{\"type\":\"error\"") {
                bail!("asked for {question}: {frame}");
            }
        }
    }
}
