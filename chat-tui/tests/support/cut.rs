//! A way to a server that breaks or goes nowhere in the middle of what is sent.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use super::PATIENCE;

/// What happens to the connection that carries the last byte that gets through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// It breaks; others go on.
    Break,
    /// It takes all, and passes nothing on.
    Swallow,
}

/// Leads to a server. Pieces of files get so many bytes through; then something happens.
pub(crate) struct Cut {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
    happened: Receiver<()>,
}

struct State {
    /// Bytes of pieces that get through; `None` when they did.
    left: Option<usize>,
    then: Then,
    /// The first line of each request; of a piece with where it begins.
    asked: Vec<String>,
    /// Bytes of pieces that got through, with their heads.
    carried: usize,
    happened: Sender<()>,
}

impl Cut {
    pub(crate) fn start(server: &str, after: usize, then: Then) -> Self {
        let server = server.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let (sender, happened) = channel();
        let state = State { left: Some(after), then, asked: Vec::new(), carried: 0, happened: sender };
        let state = Arc::new(Mutex::new(state));
        let (shared, name) = (Arc::clone(&state), authority.clone());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(to) = TcpStream::connect(&server) else { return };
                let way = Way { client, to, state: Arc::clone(&shared) };
                let (name, server) = (name.clone(), server.clone());
                thread::spawn(move || way.carry(&name, &server));
            }
        });
        Self { url: format!("http://{authority}"), state, happened }
    }

    /// A way on which nothing happens, to see what is asked on it.
    pub(crate) fn whole(server: &str) -> Self {
        Self::start(server, usize::MAX, Then::Break)
    }

    /// Waits until it has happened.
    pub(crate) fn wait(&self) {
        self.happened.recv_timeout(PATIENCE).unwrap();
    }

    /// Waits until something is asked about files.
    pub(crate) fn wait_for(&self, what: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.asked().iter().any(|line| line.contains(what)) {
            assert!(Instant::now() < end, "{what} is not asked: {:?}", self.asked());
            thread::yield_now();
        }
    }

    /// What was asked about files, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = &self.state.lock().unwrap().asked;
        asked.iter().filter(|line| line.contains(" /api/files")).cloned().collect()
    }

    /// Bytes of pieces that got through, with their heads.
    pub(crate) fn carried(&self) -> usize {
        self.state.lock().unwrap().carried
    }
}

/// One connection.
struct Way {
    client: TcpStream,
    to: TcpStream,
    state: Arc<Mutex<State>>,
}

impl Way {
    /// Carries both ways until one end is gone or it happens.
    fn carry(mut self, name: &str, server: &str) {
        let (mut back, mut answer) = (self.client.try_clone().unwrap(), self.to.try_clone().unwrap());
        thread::spawn(move || {
            let _ = std::io::copy(&mut answer, &mut back);
            let _ = back.shutdown(Shutdown::Both);
        });
        let mut buffer = vec![0; 16 * 1024];
        let mut head = Vec::new();
        let begin = loop {
            match self.client.read(&mut buffer) {
                Ok(length @ 1..) => head.extend_from_slice(&buffer[..length]),
                _ => return self.end(),
            }
            if let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
        };
        let text = String::from_utf8(head[..begin].to_vec()).unwrap();
        let is_piece = text.starts_with("PATCH ");
        self.state.lock().unwrap().asked.push(told(&text));
        // The server answers to its own name alone.
        let mut part = text.replace(name, server).into_bytes();
        part.extend_from_slice(&head[begin..]);
        loop {
            if self.happens(is_piece, part.len()) || self.to.write_all(&part).is_err() {
                return self.end();
            }
            match self.client.read(&mut buffer) {
                Ok(length @ 1..) => part = buffer[..length].to_vec(),
                _ => return self.end(),
            }
        }
    }

    /// Whether it ends here, before so many further bytes.
    fn happens(&self, is_piece: bool, bytes: usize) -> bool {
        let mut state = self.state.lock().unwrap();
        let Some(left) = state.left.as_mut().filter(|_| is_piece) else { return false };
        *left = left.saturating_sub(bytes);
        if *left > 0 {
            state.carried += bytes;
            return false;
        }
        state.left = None;
        let _ = state.happened.send(());
        let swallows = state.then == Then::Swallow;
        drop(state);
        if swallows {
            // Whoever sends sees nothing of it, until they end.
            let _ = std::io::copy(&mut &self.client, &mut std::io::sink());
        }
        true
    }

    fn end(&self) {
        let _ = self.to.shutdown(Shutdown::Both);
        let _ = self.client.shutdown(Shutdown::Both);
    }
}

/// The first line of a request, and where a piece begins.
fn told(head: &str) -> String {
    let first = head.lines().next().unwrap_or_default();
    let offset =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("upload-offset: ").map(str::to_owned));
    match offset {
        Some(offset) => format!("{first} from {offset}"),
        None => first.to_owned(),
    }
}
