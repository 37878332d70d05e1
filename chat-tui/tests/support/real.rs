//! The server itself, on a port of its own.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use chat_server::{Config, Server, serve};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::{Tui, environment};

/// Everybody's.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A command with what a script says on its standard input; its exit code, and all that it printed.
pub(crate) fn script(home: &Path, server: &Real, arguments: &[&str], input: &str) -> (Option<i32>, String) {
    script_at(home, &server.url, arguments, input)
}

/// The same, at any address.
pub(crate) fn script_at(home: &Path, url: &str, arguments: &[&str], input: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat-tui"));
    command.env_clear().envs(environment(home)).args(["--url", url]).args(arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It may end before it has read all.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code(), text)
}

pub(crate) fn open(home: &Path, server: &Real, arguments: &[&str]) -> Tui {
    Tui::start(home, &[&["--url", &server.url], arguments].concat())
}

/// The owner's home, signed in by the link of the first start.
pub(crate) fn owner(server: &Real) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let input = format!("{PASSWORD}\n{}\n", server.owner_link);
    let (code, told) = script(home.path(), server, &["register", "ana"], &input);
    assert_eq!((code, told.contains("as ana (owner)")), (Some(0), true), "{told}");
    home
}

/// A picture, red above and blue below.
pub(crate) fn flag(home: &Path) -> String {
    let red = |y: u32| if y < 60 { image::Rgb([255, 0, 0]) } else { image::Rgb([0, 0, 255_u8]) };
    let path = home.join("flag.png");
    image::RgbImage::from_fn(240, 120, |_, y| red(y)).save(&path).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Closes the list that lies over the room. Escape with something right behind it would be another key.
pub(crate) fn close(tui: &mut Tui) {
    tui.type_in("\x1b");
    tui.wait_until("the list is closed", |screen| !screen.contains("Esc closes"));
}

/// A server in this process; it and its data go away when it is dropped.
pub(crate) struct Real {
    pub(crate) url: String,
    /// By which the first owner is made.
    pub(crate) owner_link: String,
    runtime: Option<Runtime>,
    stop: Option<oneshot::Sender<()>>,
    data: tempfile::TempDir,
}

impl Real {
    /// With nothing stored yet, and with what `change` makes of the default configuration.
    pub(crate) fn start(change: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config::new(data.path().join("data"));
        config.listen = "127.0.0.1:0".parse().unwrap();
        // The tests come from one address, and type faster than people.
        config.rate_limits = false;
        change(&mut config);
        let runtime = Runtime::new().unwrap();
        let server = {
            let _inside = runtime.enter();
            let listener = serve::listen(config.listen).unwrap();
            runtime.block_on(Server::start(config, listener)).unwrap()
        };
        let url = format!("http://{}", server.address());
        let owner_link = server.owner_link().expect("nobody owns it yet").to_owned();
        let (stop, stopped) = oneshot::channel::<()>();
        runtime.spawn(server.run_until(stopped));
        Self { url, owner_link, runtime: Some(runtime), stop: Some(stop), data }
    }
}

impl Real {
    /// As if all devices had not been used for half a year.
    pub(crate) fn age_sessions(&self) {
        let db = rusqlite::Connection::open(self.data.path().join("data/chat.db")).unwrap();
        db.busy_timeout(Duration::from_secs(10)).unwrap();
        let aged = db.execute("UPDATE sessions SET used_ms = used_ms - 181 * 24 * 3600 * 1000", []).unwrap();
        assert!(aged > 0);
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(2));
        }
    }
}
