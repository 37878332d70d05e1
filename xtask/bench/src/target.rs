//! The servers that are measured: ours, and the peers that are written for this.

use std::env;
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::link::Dialect;
use crate::process::{self, Cores, Running};

#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) dialect: Dialect,
    /// Whether `--quick` starts it.
    pub(crate) quick: bool,
    program: Program,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Program {
    Ours,
    /// Built with this crate.
    Rust(&'static str),
    /// A package of its own, below `peers`.
    Cargo(&'static str),
    Node(&'static str),
    Bun(&'static str),
    /// In this environment variable.
    Named(&'static str),
}

#[rustfmt::skip]
pub(crate) const TARGETS: &[Target] = &[
    Target { name: "ours", title: "chat-server, durable", dialect: Dialect::Chat, quick: true, program: Program::Ours },
    Target { name: "uws", title: "uWebSockets' publish", dialect: Dialect::Relay, quick: true, program: Program::Named(UWS) },
    Target { name: "bun", title: "Bun's publish", dialect: Dialect::Relay, quick: true, program: Program::Bun("bun.mjs") },
    Target { name: "warp", title: "warp 0.4 as in its chat example", dialect: Dialect::Relay, quick: true, program: Program::Rust("peer-warp") },
    Target { name: "axum", title: "axum 0.8 as in its chat example", dialect: Dialect::Relay, quick: false, program: Program::Rust("peer-axum") },
    Target { name: "ultimo", title: "ultimo 0.9 as in its chat example", dialect: Dialect::Relay, quick: false, program: Program::Cargo("ultimo") },
    Target { name: "ws", title: "node with ws 8", dialect: Dialect::Relay, quick: false, program: Program::Node("ws.mjs") },
];

/// Names the program that was made from `peers/uws.cpp`, if there is one.
const UWS: &str = "UWS_PEER";
/// As Bun names the machine's architecture.
const BUN_ARCH: &str = if cfg!(target_arch = "aarch64") { "aarch64" } else { "x64" };
/// From start to the first accepted connection.
const START: Duration = Duration::from_secs(15);

/// Where things are built and written.
#[derive(Debug)]
pub(crate) struct Directories {
    /// Built programs.
    programs: PathBuf,
    /// Raw results.
    pub(crate) output: PathBuf,
    /// The peers' scripts with their packages.
    scripts: PathBuf,
    data: PathBuf,
}

impl Directories {
    pub(crate) fn prepare() -> Result<Self> {
        let programs = crate::programs()?;
        let output = programs.parent().context("the target directory")?.join("bench");
        let scripts = output.join("peers");
        fs::create_dir_all(&scripts)?;
        for file in ["package.json", "package-lock.json", "ws.mjs", "bun.mjs"] {
            fs::copy(sources().join(file), scripts.join(file)).with_context(|| format!("copying {file}"))?;
        }
        let data = output.join(format!("data-{}", std::process::id()));
        Ok(Self { programs, output, scripts, data })
    }
}

impl Drop for Directories {
    fn drop(&mut self) {
        // Absent if our server was never started.
        let _ = fs::remove_dir_all(&self.data);
    }
}

/// Where the peers are written.
fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

/// A server under measurement.
#[derive(Debug)]
pub(crate) struct Server {
    running: Running,
    pub(crate) address: SocketAddr,
    pub(crate) dialect: Dialect,
}

impl Server {
    pub(crate) fn pid(&self) -> u32 {
        self.running.pid()
    }
}

impl Target {
    /// Whether this server can be run here; if it cannot, says why: the table will lack it.
    pub(crate) fn prepare_or_say(&self, directories: &Directories) -> bool {
        match self.prepare(directories) {
            Ok(()) => true,
            Err(error) => {
                eprintln!("{} is left out: {error:#}", self.name);
                false
            }
        }
    }

    fn prepare(&self, directories: &Directories) -> Result<()> {
        let program = match self.program {
            Program::Named(variable) if env::var_os(variable).is_none() => {
                bail!("{variable} names no program");
            }
            Program::Ours | Program::Rust(_) | Program::Named(_) => self.path(directories),
            Program::Cargo(name) => {
                let manifest = sources().join(name).join("Cargo.toml");
                let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
                cargo.args(["build", "--release", "--locked", "--quiet", "--manifest-path"]).arg(manifest);
                cargo.arg("--target-dir").arg(directories.output.join(name));
                let status = cargo.stdin(Stdio::null()).status().context("starting cargo")?;
                if !status.success() {
                    bail!("cargo build: {status}");
                }
                self.path(directories)
            }
            Program::Node(_) | Program::Bun(_) => {
                if !directories.scripts.join("node_modules/ws").exists() {
                    let mut npm = Command::new("npm");
                    npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(&directories.scripts);
                    let status = npm.stdin(Stdio::null()).status().context("starting npm")?;
                    if !status.success() {
                        bail!("npm ci: {status}");
                    }
                }
                if matches!(self.program, Program::Node(_)) {
                    return Ok(());
                }
                self.path(directories)
            }
        };
        if !program.exists() {
            bail!("{} is not built", program.display());
        }
        Ok(())
    }

    fn path(&self, directories: &Directories) -> PathBuf {
        match self.program {
            Program::Ours => directories.programs.join("chat-server"),
            Program::Rust(name) => directories.programs.join(name),
            Program::Cargo(name) => {
                directories.output.join(name).join("release").join(format!("peer-{name}"))
            }
            Program::Named(variable) => PathBuf::from(env::var_os(variable).unwrap_or_default()),
            Program::Node(_) => PathBuf::from("node"),
            Program::Bun(_) => {
                // Its install script moves the program; where npm runs no scripts it lies where it came.
                let unmoved = format!("node_modules/@oven/bun-linux-{BUN_ARCH}/bin/bun");
                let unmoved = directories.scripts.join(unmoved);
                if unmoved.exists() { unmoved } else { directories.scripts.join("node_modules/.bin/bun") }
            }
        }
    }

    /// Starts it on a free port of the loopback and waits until it accepts.
    pub(crate) fn start(&self, directories: &Directories, cores: Cores) -> Result<Server> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let program = self.path(directories);
        let port = address.port().to_string();
        let listen = address.to_string();
        let data = directories.data.to_string_lossy();
        let args: Vec<&str> = match self.program {
            Program::Ours => {
                let _ = fs::remove_dir_all(&directories.data);
                vec!["--listen", &listen, "--data-dir", &data, "--no-rate-limits"]
            }
            Program::Rust(_) | Program::Cargo(_) | Program::Named(_) => vec![&port],
            Program::Node(script) | Program::Bun(script) => vec![script, &port],
        };
        let mut command = process::on_cores(cores, &program.to_string_lossy(), &args);
        command.current_dir(&directories.scripts).env("CHAT_LOG", "warn");
        let running = Running(command.spawn().with_context(|| format!("starting {}", program.display()))?);
        let mut server = Server { running, address, dialect: self.dialect };
        let begin = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = server.running.0.try_wait()? {
                bail!("{} ended at its start: {status}", self.name);
            }
            if begin.elapsed() > START {
                bail!("{} does not accept connections", self.name);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(server)
    }
}
