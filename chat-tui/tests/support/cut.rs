//! A way to a server that breaks once, or for good, in the middle of what is sent.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use super::PATIENCE;

/// Leads to a server. Pieces of files get so many bytes through, then the connection breaks.
pub(crate) struct Cut {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
    happened: Receiver<()>,
}

struct State {
    /// Bytes of pieces until the cut; `None` behind it.
    left: Option<usize>,
    /// Nothing gets through behind the cut.
    stays: bool,
    /// The first line of each request; of a piece with where it begins.
    asked: Vec<String>,
    happened: Sender<()>,
}

impl Cut {
    pub(crate) fn start(server: &str, after: usize) -> Self {
        let server = server.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, happened) = channel();
        let state = State { left: Some(after), stays: false, asked: Vec::new(), happened: sender };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (server, state) = (TcpStream::connect(&server), Arc::clone(&shared));
                let Ok(server) = server else { return };
                thread::spawn(move || carry(stream, server, &state));
            }
        });
        Self { url, state, happened }
    }

    /// Nothing gets through any more behind the cut.
    pub(crate) fn stay_cut(&self) {
        self.state.lock().unwrap().stays = true;
    }

    /// Waits until the cut has happened.
    pub(crate) fn wait(&self) {
        self.happened.recv_timeout(PATIENCE).unwrap();
    }

    /// What was asked, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.state.lock().unwrap().asked.clone()
    }
}

/// Carries a connection both ways until it ends or is cut.
fn carry(mut client: TcpStream, mut server: TcpStream, state: &Mutex<State>) {
    let (mut back, mut answer) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut answer, &mut back);
        let _ = back.shutdown(Shutdown::Both);
    });
    let (mut head, mut is_piece) = (Some(Vec::new()), false);
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        if let Some(begun) = &mut head {
            begun.extend_from_slice(&buffer[..length]);
            if begun.windows(4).any(|window| window == b"\r\n\r\n") {
                let line = told(begun);
                is_piece = line.starts_with("PATCH ");
                state.lock().unwrap().asked.push(line);
                head = None;
            }
        }
        let mut state = state.lock().unwrap();
        let is_cut = match &mut state.left {
            Some(left) if is_piece => {
                *left = left.saturating_sub(length);
                *left == 0
            }
            Some(_) => false,
            None => state.stays,
        };
        if is_cut {
            if state.left.take().is_some() {
                let _ = state.happened.send(());
            }
            break;
        }
        drop(state);
        if server.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
    let _ = client.shutdown(Shutdown::Both);
}

/// The first line of a request, and where a piece begins.
fn told(head: &[u8]) -> String {
    let text = String::from_utf8_lossy(head).to_lowercase();
    let first = String::from_utf8_lossy(head).lines().next().unwrap_or_default().to_owned();
    match text.lines().find_map(|line| line.strip_prefix("upload-offset: ")) {
        Some(offset) => format!("{first} from {offset}"),
        None => first,
    }
}
