//! A server that speaks just enough `chat.v1` for the client's tests, and a `chat-tui` in a pseudo-terminal.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "a test that fails says where")]

pub(crate) mod cut;
pub(crate) mod real;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Message, WebSocket, accept_hdr};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A lobby with a log, for any number of clients that come one after another or together.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) url: String,
    log: Arc<Mutex<Log>>,
}

#[derive(Default)]
struct Log {
    /// Each event as its JSON, from seq 1.
    events: Vec<String>,
    ids: Vec<String>,
    /// Frames sent to each client as soon as it is welcomed.
    greeting: Vec<String>,
    silent: bool,
    /// The next question for history is answered by the end of the link.
    breaks: bool,
    /// The names in the hellos.
    names: Vec<Option<String>>,
    /// The tokens in the hellos.
    tokens: Vec<Option<String>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let log = Arc::new(Mutex::new(Log::default()));
        let shared = Arc::clone(&log);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let log = Arc::clone(&shared);
                thread::spawn(move || {
                    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
                    // Each client echoes the subprotocol that it asked for.
                    let accepted = accept_hdr(stream, |request: &Request, mut response: Response| {
                        assert_eq!(request.headers()["sec-websocket-protocol"], "chat.v1");
                        assert_eq!(request.uri().path(), "/ws");
                        let name = HeaderValue::from_static("chat.v1");
                        response.headers_mut().insert("sec-websocket-protocol", name);
                        Ok(response)
                    });
                    if let Ok(socket) = accepted {
                        serve(socket, &log);
                    }
                });
            }
        });
        Self { url, log }
    }

    /// Somebody else says something.
    pub(crate) fn say(&self, sender: &str, text: &str) {
        let mut log = self.log.lock().unwrap();
        let id = format!("s{}", log.events.len());
        add(&mut log, "g-other", sender, text, &id);
    }

    /// Every client is sent this, as it is, behind `welcome`.
    pub(crate) fn greet_with(&self, frame: &str) {
        self.log.lock().unwrap().greeting.push(frame.to_owned());
    }

    /// Acknowledges nothing from now on.
    pub(crate) fn fall_silent(&self) {
        self.log.lock().unwrap().silent = true;
    }

    /// Ends the link instead of answering the next question for history.
    pub(crate) fn break_at_history(&self) {
        self.log.lock().unwrap().breaks = true;
    }

    /// Under which names the clients came.
    pub(crate) fn names(&self) -> Vec<Option<String>> {
        self.log.lock().unwrap().names.clone()
    }

    /// By which tokens the clients came.
    pub(crate) fn tokens(&self) -> Vec<Option<String>> {
        self.log.lock().unwrap().tokens.clone()
    }

    /// What was said, in order.
    pub(crate) fn texts(&self) -> Vec<String> {
        let log = self.log.lock().unwrap();
        let text = |event: &String| {
            let event: serde_json::Value = serde_json::from_str(event).unwrap();
            event["message"].as_str().unwrap().to_owned()
        };
        log.events.iter().map(text).collect()
    }
}

fn add(log: &mut Log, user: &str, sender: &str, text: &str, id: &str) -> usize {
    let seq = log.events.len() + 1;
    let event = serde_json::json!({"type": "message", "room": "lobby", "seq": seq, "id": id, "user": user,
        "sender": sender, "message": text, "timestamp": "2026-11-23T10:00:00.000Z"});
    log.events.push(event.to_string());
    log.ids.push(id.to_owned());
    seq
}

fn serve(mut socket: WebSocket<std::net::TcpStream>, log: &Mutex<Log>) {
    // Where this client is in the log; `None` before its hello.
    let mut cursor = None;
    let mut name = String::new();
    loop {
        let mut out = Vec::new();
        match socket.read() {
            Ok(Message::Text(text)) => {
                let frame: serde_json::Value = serde_json::from_str(&text).unwrap();
                let mut log = log.lock().unwrap();
                if frame["type"] == "history" && std::mem::take(&mut log.breaks) {
                    return;
                }
                answer(&frame, &mut log, &mut cursor, &mut name, &mut out);
            }
            Ok(_) => {}
            Err(tokio_tungstenite::tungstenite::Error::Io(error))
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            Err(_) => return,
        }
        if let Some(cursor) = &mut cursor {
            let log = log.lock().unwrap();
            out.extend(log.events[*cursor..].iter().cloned());
            *cursor = log.events.len();
        }
        for frame in out {
            if socket.send(Message::text(frame)).is_err() {
                return;
            }
        }
    }
}

fn answer(
    frame: &serde_json::Value,
    log: &mut Log,
    cursor: &mut Option<usize>,
    name: &mut String,
    out: &mut Vec<String>,
) {
    let head = log.events.len();
    let reference = &frame["ref"];
    let mut tell = |frame: serde_json::Value| out.push(frame.to_string());
    match frame["type"].as_str().unwrap() {
        "hello" => {
            log.names.push(frame["name"].as_str().map(str::to_owned));
            log.tokens.push(frame["token"].as_str().map(str::to_owned));
            frame["name"].as_str().unwrap_or("guest").clone_into(name);
            tell(serde_json::json!({"type": "welcome", "server": "fake/1", "epoch": "e1",
                "user": {"user": "g-me", "name": name, "guest": true}, "token": "secret-token",
                "heartbeat_ms": 10_000, "limits": {"message_bytes": 65_536, "history": 200, "resume": 10_000},
                "rooms": [{"room": "lobby", "title": "Lobby", "kind": "public", "first": 1, "head": head, "present": 1}]}));
            let resumed = frame["resume"]["rooms"]["lobby"].as_u64();
            *cursor = Some(resumed.map_or(head, |seq| usize::try_from(seq).unwrap().min(head)));
            if resumed.is_some() {
                let at = cursor.replace(head).unwrap();
                out.extend(log.events[at..].iter().cloned());
                out.push(serde_json::json!({"type": "synced", "room": "lobby", "head": head}).to_string());
            }
            out.extend(log.greeting.iter().cloned());
        }
        "message" if frame["room"] != "lobby" => tell(serde_json::json!({"type": "error", "id": frame["id"],
            "code": "not_joined", "reason": "join it first", "retry": false})),
        "message" if !log.silent => {
            let id = frame["id"].as_str().unwrap();
            let seen = log.ids.iter().position(|known| known == id).map(|at| at + 1);
            let text = frame["message"].as_str().unwrap();
            let seq = seen.unwrap_or_else(|| add(log, "g-me", name, text, id));
            tell(serde_json::json!({"type": "ack", "id": id, "room": "lobby", "seq": seq,
                "timestamp": "2026-11-23T10:00:00.000Z", "dup": seen.is_some()}));
        }
        "history" => {
            let limit = usize::try_from(frame["limit"].as_u64().unwrap_or(100)).unwrap();
            let place = |key: &str| frame[key].as_u64().map(|seq| usize::try_from(seq).unwrap());
            let (from, to) = match (place("before"), place("after")) {
                (Some(before), _) => ((before - 1).saturating_sub(limit), (before - 1).min(head)),
                (None, Some(after)) => (after.min(head), (after + limit).min(head)),
                (None, None) => (head.saturating_sub(limit), head),
            };
            let events: Vec<serde_json::Value> =
                log.events[from..to].iter().map(|event| serde_json::from_str(event).unwrap()).collect();
            let more = if frame["after"].is_null() { from > 0 } else { to < head };
            tell(serde_json::json!({"type": "history", "ref": reference, "room": "lobby", "events": events,
                "first": from + 1, "last": to, "head": head, "as_of": head, "more": more}));
        }
        "members" => {
            tell(serde_json::json!({"type": "members", "ref": reference, "room": "lobby", "present": 1,
            "members": [{"user": "g-me", "name": name, "guest": true, "state": "online"}]}));
        }
        "join" => tell(serde_json::json!({"type": "error", "ref": reference, "code": "no_room",
            "reason": "there is no such room", "retry": false})),
        _ => {}
    }
}

/// A `chat-tui` in a terminal of 80 columns and 24 rows.
pub(crate) struct Tui {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    /// All bytes that the program wrote.
    pub(crate) raw: Vec<u8>,
    screen: vt100::Parser,
    /// What the terminal answers to what.
    answers: Answers,
    /// Up to where it looked for questions.
    looked: usize,
}

/// What a terminal answers, each with its question.
pub(crate) type Answers = &'static [(&'static str, &'static str)];

/// A terminal without anything.
pub(crate) const PLAIN: Answers = &[("\x1b[c", "\x1b[?62;c")];

/// The program with its files under `home` alone.
pub(crate) fn environment(home: &Path) -> Vec<(&'static str, String)> {
    let home = |dir: &str| home.join(dir).to_str().unwrap().to_owned();
    vec![
        ("HOME", home("")),
        ("XDG_STATE_HOME", home("state")),
        ("XDG_CONFIG_HOME", home("config")),
        ("TERM", "xterm-256color".to_owned()),
        ("TZ", "UTC".to_owned()),
        ("PATH", std::env::var("PATH").unwrap_or_default()),
    ]
}

impl Tui {
    pub(crate) fn start(home: &Path, arguments: &[&str]) -> Self {
        Self::start_in(home, arguments, &[])
    }

    /// In another terminal, by what the environment tells of it.
    pub(crate) fn start_in(home: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_chat-tui"));
        command.args(arguments);
        command.env_clear();
        for (key, value) in environment(home) {
            command.env(key, value);
        }
        for (key, value) in variables {
            command.env(key, value);
        }
        Self::spawn(command)
    }

    pub(crate) fn spawn(command: CommandBuilder) -> Self {
        Self::spawn_in(command, PLAIN)
    }

    /// In a terminal that answers this.
    pub(crate) fn spawn_in(command: CommandBuilder, answers: Answers) -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let writer = pair.master.take_writer().unwrap();
        let screen = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
        let raw = Vec::new();
        Self { child, master: pair.master, writer, output, raw, screen, answers, looked: 0 }
    }

    pub(crate) fn type_in(&mut self, bytes: &str) {
        self.writer.write_all(bytes.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Another size of the window.
    pub(crate) fn resize(&mut self, rows: u16, columns: u16) {
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
        self.screen.screen_mut().set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
    }

    pub(crate) fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// All that the program wrote up to now.
    pub(crate) fn written(&self) -> String {
        String::from_utf8_lossy(&self.raw).into_owned()
    }

    /// The cell where a text begins on the screen, and how it looks.
    pub(crate) fn cell(&self, text: &str) -> vt100::Cell {
        let screen = self.screen.screen();
        let (row, left) = (0..)
            .zip(screen.rows(0, 80))
            .find_map(|(row, line)| Some((row, line[..line.find(text)?].chars().count())))
            .expect("the text is on the screen");
        screen.cell(row, u16::try_from(left).unwrap()).unwrap().clone()
    }

    /// Waits until the screen shows something.
    pub(crate) fn wait_for(&mut self, what: &str) {
        self.wait_until(what, |screen| screen.contains(what));
    }

    /// Waits until the screen is as it should be.
    pub(crate) fn wait_until(&mut self, what: &str, wanted: impl Fn(&str) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !wanted(&self.text()) {
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(error) => panic!("{what} never came ({error}):\n{}", self.text()),
            }
        }
    }

    /// The colour in which the screen shows a text first.
    pub(crate) fn color_of(&self, text: &str) -> Option<vt100::Color> {
        let screen = self.screen.screen();
        let (rows, columns) = screen.size();
        (0..rows.get()).find_map(|row| {
            let cells = (0..columns.get()).filter_map(|column| screen.cell(row, column));
            let shown: Vec<String> = cells.map(|cell| cell.contents().to_owned()).collect();
            let at = (0..shown.len()).find(|&at| {
                let rest = shown[at..].iter().map(|cell| if cell.is_empty() { " " } else { cell });
                rest.collect::<String>().starts_with(text)
            })?;
            Some(screen.cell(row, u16::try_from(at).ok()?)?.fgcolor())
        })
    }

    /// The text of the box that lies over the screen, its rows joined without what is between them.
    pub(crate) fn boxed(&self) -> String {
        let inside = |row: &str| Some(row.split_once('│')?.1.rsplit_once('│')?.0.trim().to_owned());
        self.text().lines().filter_map(inside).collect()
    }

    /// How often the program wrote something.
    pub(crate) fn count(&self, what: &str) -> usize {
        self.raw.windows(what.len()).filter(|window| *window == what.as_bytes()).count()
    }

    /// Waits until the program wrote something so often.
    pub(crate) fn wait_for_bytes(&mut self, what: &str, times: usize) {
        let end = Instant::now() + PATIENCE;
        while self.count(what) < times {
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(error) => panic!("{what:?} was not written {times} times ({error}):\n{}", self.text()),
            }
        }
    }

    /// Waits for the end of the program; its exit code.
    pub(crate) fn wait_for_exit(&mut self) -> u32 {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end:\n{}", self.text()),
            }
        }
        self.child.wait().unwrap().exit_code()
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        let _ = self.child.wait();
    }

    pub(crate) fn pid(&self) -> String {
        self.child.process_id().unwrap().to_string()
    }

    /// The terminal is as the shell had it.
    pub(crate) fn assert_restored(&self) {
        let screen = self.screen.screen();
        assert!(!screen.alternate_screen(), "the alternate screen was left");
        assert!(!screen.bracketed_paste(), "bracketed paste is off");
        assert!(!screen.hide_cursor(), "the cursor is shown");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        let raw = String::from_utf8_lossy(&self.raw);
        assert_eq!(
            raw.matches("\x1b[>1u").count(),
            raw.matches("\x1b[<1u").count(),
            "the key protocol is popped"
        );
        assert_eq!(
            raw.matches("\x1b[?1004h").count(),
            raw.matches("\x1b[?1004l").count(),
            "focus events are off"
        );
        #[cfg(unix)]
        if let Some(termios) = self.master.get_termios() {
            let flags = format!("{:?}", termios.local_flags);
            assert!(flags.contains("ICANON") && flags.contains("ECHO"), "the line mode is back: {flags}");
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
        self.screen.process(bytes);
        // A terminal answers what it is when it is asked.
        let place = |raw: &[u8], question: &str| {
            raw.windows(question.len()).position(|window| window == question.as_bytes())
        };
        let next = |raw: &[u8]| {
            let asked = self
                .answers
                .iter()
                .filter_map(|(question, answer)| Some((place(raw, question)? + question.len(), *answer)));
            asked.min()
        };
        let mut all = String::new();
        while let Some((behind, answer)) = next(&self.raw[self.looked..]) {
            self.looked += behind;
            all += answer;
        }
        if !all.is_empty() {
            self.type_in(&all);
        }
    }
}

impl Drop for Tui {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
