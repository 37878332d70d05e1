//! The program itself: killed in the middle of an upload; and its files in a backup.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::stage::{Stage, session};
use crate::transfer::{noise, of, sha256};

/// The program, deaf to the environment of whoever runs the tests.
fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat-server"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CHAT_")) {
        command.env_remove(name);
    }
    command
}

/// A started server, killed with the test.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(data: &Path) -> Self {
        let data = data.to_str().unwrap();
        let mut child = program(&["--listen", "127.0.0.1:0", "--data-dir", data]).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = line.split(' ').find(|word| word.starts_with("http://")).expect("a URL");
        let address = url.trim_start_matches("http://").trim_end_matches([',', '\n']).to_owned();
        Self { child, address }
    }

    fn connect(&self, head: &str, body: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let bearer = session("ana");
        write!(stream, "{head}Host: {}\r\nAuthorization: Bearer {bearer}\r\n\r\n", self.address).unwrap();
        stream.write_all(body).unwrap();
        stream
    }

    /// A request that is answered with JSON.
    fn ask(&self, line: &str, headers: &str, body: &[u8]) -> Value {
        let length = body.len();
        let head = format!("{line} HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}");
        let mut answer = String::new();
        self.connect(&head, body).read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
    }

    fn get(&self, path: &str) -> Vec<u8> {
        let mut answer = Vec::new();
        let head = format!("GET {path} HTTP/1.1\r\nConnection: close\r\n");
        self.connect(&head, b"").read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        answer.split_off(end)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already where this fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A data directory in which `ana` has an account.
async fn directory() -> std::sync::Arc<tempfile::TempDir> {
    let stage = Stage::open().await;
    stage.add("ana", "member");
    stage.server.stop().await
}

#[tokio::test]
async fn f02_an_upload_goes_on_after_the_server_was_killed_in_its_middle() {
    const PIECE: usize = 1 << 20;
    let dir = directory().await;
    let data = dir.path().join("data");
    let bytes = noise(3 * PIECE);
    let server = Running::start(&data);
    let new = json!({"room": "lobby", "name": "x", "size": bytes.len(), "sha256": sha256(&bytes)});
    let json = "Content-Type: application/json\r\n";
    let upload = server.ask("POST /api/files", json, new.to_string().as_bytes());
    let id = upload["upload"].as_str().unwrap().to_owned();
    let line = format!("PATCH /api/files/{id}");
    let synced = server.ask(&line, "Upload-Offset: 0\r\n", &bytes[..PIECE]);
    assert_eq!(synced, json!({"offset": PIECE}));
    // Half of the next piece, some of which is on the disk when the server dies.
    let head = format!("{line} HTTP/1.1\r\nUpload-Offset: {PIECE}\r\nContent-Length: {PIECE}\r\n");
    let half = server.connect(&head, &bytes[PIECE..PIECE + PIECE / 2]);
    let path = data.join("uploads").join(&id);
    crate::common::within(async {
        while std::fs::metadata(&path).unwrap().len() <= PIECE as u64 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    drop(server);
    drop(half);

    let server = Running::start(&data);
    let offset = server.ask(&format!("GET /api/files/{id}/offset"), "", b"");
    assert_eq!(offset, json!({"offset": PIECE}), "as far as it was synced");
    let mut at = PIECE;
    let mut answer = Value::Null;
    while at < bytes.len() {
        answer = server.ask(&line, &format!("Upload-Offset: {at}\r\n"), &bytes[at..at + PIECE]);
        at += PIECE;
    }
    assert_eq!(answer["file"]["size"], bytes.len(), "verified by its hash: {answer}");
    assert!(server.get(&format!("/api/files/{id}")) == bytes);
    assert_eq!(std::fs::read_dir(data.join("uploads")).unwrap().count(), 0);
}

fn run(arguments: &[&str]) -> (i32, String) {
    let Output { status, stderr, .. } = program(arguments).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

#[tokio::test]
async fn r18_a_backup_holds_the_files_and_a_restored_chat_gives_them_out() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let files = of(&stage.server, "ana");
    let bytes = noise(100_000);
    let id = files.upload("lobby", "x", &bytes).await["file"].as_str().unwrap().to_owned();
    ana.does(json!({"type": "message", "room": "lobby", "message": "", "files": [id]})).await;
    let gone =
        files.upload("lobby", "y", b"deleted before the backup").await["file"].as_str().unwrap().to_owned();
    let said = json!({"type": "message", "room": "lobby", "message": "", "files": [gone]});
    let seq = ana.does(said).await["seq"].clone();
    ana.does(json!({"type": "delete", "room": "lobby", "target": seq})).await;

    let dir = stage.server.dir().to_owned();
    let path = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let (data, copy, again) = (path("data"), path("copy.db"), path("again.db"));
    assert_eq!(run(&["backup", &copy, "--data-dir", &data]), (0, String::new()), "while the server runs");
    let (code, error) = run(&["backup", &copy, "--data-dir", &data]);
    assert!(code == 4 && error.contains("exists already"), "{error}");
    assert_eq!(
        run(&["backup", &again, "--files", &path("copy.db.files"), "--data-dir", &data]).0,
        0,
        "shared"
    );
    assert_eq!(std::fs::read_dir(path("copy.db.files")).unwrap().count(), 1, "one blob, on one shelf");

    let restored = path("restored");
    assert_eq!(run(&["restore", &copy, "--data-dir", &restored]), (0, String::new()));
    let db = Connection::open(dir.join("restored/chat.db")).unwrap();
    db.execute_batch(&format!(
        "INSERT INTO sessions (id, account, hash, device, address, created_ms, used_ms)
         SELECT 's-1', id, x'{}', 't', '127.0.0.1', {now}, {now} FROM accounts WHERE user = 'u-ana'",
        sha256(session("ana").as_bytes()),
        now = crate::stage::now_ms(),
    ))
    .unwrap();
    drop(db);
    let server = Running::start(Path::new(&restored));
    assert!(server.get(&format!("/api/files/{id}")) == bytes);
    drop(server);

    let moved = path("elsewhere");
    std::fs::rename(path("copy.db.files"), &moved).unwrap();
    let (code, error) = run(&["restore", &copy, "--data-dir", &path("none")]);
    assert!(code == 4 && error.contains("copy.db.files") && error.contains("--without-files"), "{error}");
    assert!(!dir.join("none/chat.db").exists());
    assert_eq!(run(&["restore", &copy, "--files", &moved, "--data-dir", &path("none")]), (0, String::new()));
    assert_eq!(run(&["restore", &copy, "--without-files", "--data-dir", &path("bare")]), (0, String::new()));
    assert!(!dir.join("bare/files").exists());
}
