//! The command line. Every flag has a twin in the environment and one in the configuration file.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand};

use crate::http::origin::PublicUrl;
use crate::store::Durability;

/// A chat that a team runs itself: the page, the WebSocket and the history from one program and one directory.
///
/// Without any flag it serves localhost:3000 and keeps everything in ~/.local/share/chat-server.
#[derive(Debug, Parser)]
#[command(
    name = "chat-server",
    version,
    args_conflicts_with_subcommands = false,
    subcommand_help_heading = "Commands (without one: serve)",
    after_help = "Each flag can be given in the environment (CHAT_LISTEN for --listen) or in the file named by \
        --config (listen = \"...\"). A flag goes before the environment, and that before the file.\n\n\
        Examples:\n  \
        chat-server\n  \
        chat-server --listen 0.0.0.0:3000 --public-url http://chat.lan:3000\n  \
        chat-server --listen 127.0.0.1:3000 --public-url https://chat.example.org   (behind a TLS proxy)\n  \
        chat-server backup /backups/chat-monday.db\n  \
        chat-server restore /backups/chat-monday.db --data-dir /srv/chat\n\n\
        Exit codes: 0 stopped as told, 1 failure, 2 wrong flag or configuration, 3 the address cannot be listened \
        at, 4 the data directory cannot be used."
)]
pub struct Cli {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How.
    #[command(flatten)]
    pub flags: Flags,
}

/// What to do instead of serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Copy the database to a new file; also while a server uses it
    Backup {
        /// The file to make; an existing one is not overwritten
        file: PathBuf,
    },
    /// Make a new data directory from a backup
    Restore {
        /// What `backup` made
        file: PathBuf,
    },
}

/// The flags; what is not given is `None`.
#[derive(Debug, Default, Args)]
pub struct Flags {
    /// Address and port to listen at [default: 127.0.0.1:3000]
    #[arg(long, value_name = "ADDRESS", env = "CHAT_LISTEN", hide_env = true, help_heading = "Network")]
    pub listen: Option<SocketAddr>,

    /// Under which URL people reach the chat; repeatable [default: this machine's own names at the port]
    ///
    /// Requests for other hosts, and pages of other sites, are refused. In the environment: separated by commas.
    #[arg(
        long = "public-url",
        value_name = "URL",
        env = "CHAT_PUBLIC_URL",
        hide_env = true,
        value_delimiter = ',',
        help_heading = "Network"
    )]
    pub public_urls: Vec<PublicUrl>,

    /// Connections at a time; more are turned away [default: 10000]
    #[arg(long, value_name = "N", env = "CHAT_MAX_CONNECTIONS", hide_env = true, help_heading = "Network")]
    pub max_connections: Option<u32>,

    /// Do not limit how fast anybody may send; for tests, and only when listening on this machine alone
    #[arg(
        long,
        env = "CHAT_NO_RATE_LIMITS",
        hide_env = true,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_name = "BOOL",
        value_parser = BoolishValueParser::new(),
        help_heading = "Network"
    )]
    pub no_rate_limits: Option<bool>,

    /// Where everything is kept; made if absent [default: $XDG_DATA_HOME/chat-server]
    #[arg(
        long,
        value_name = "DIR",
        env = "CHAT_DATA_DIR",
        hide_env = true,
        global = true,
        help_heading = "Data"
    )]
    pub data_dir: Option<PathBuf>,

    /// When a message counts as stored: on the disk, or handed to the system [default: full]
    #[arg(long, value_name = "WHEN", env = "CHAT_DURABILITY", hide_env = true, help_heading = "Data")]
    pub durability: Option<Durability>,

    /// A TOML file with the same names as these flags
    #[arg(
        long,
        value_name = "FILE",
        env = "CHAT_CONFIG",
        hide_env = true,
        global = true,
        help_heading = "Running"
    )]
    pub config: Option<PathBuf>,

    /// What to log, for example `debug` or `chat_server=debug,warn` [default: info]
    #[arg(
        long,
        value_name = "FILTER",
        env = "CHAT_LOG",
        hide_env = true,
        global = true,
        help_heading = "Running"
    )]
    pub log: Option<String>,

    /// Serve the page from a directory instead of the embedded one, for live editing
    #[arg(long, value_name = "DIR", env = "CHAT_WEB_DIR", hide_env = true, help_heading = "Running")]
    pub web_dir: Option<PathBuf>,
}

/// Ends the program after a command line that is not one (in one line on stderr, code 2), or that asks for help.
pub fn exit(error: &clap::Error) -> ! {
    if !error.use_stderr() {
        error.exit();
    }
    let text = error.render().to_string();
    let lines: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let line = lines.join(" ");
    let line = line.strip_prefix("error: ").unwrap_or(&line);
    // Nowhere to tell it where this fails.
    let _ = writeln!(std::io::stderr(), "chat-server: {line}; see --help");
    std::process::exit(2)
}
