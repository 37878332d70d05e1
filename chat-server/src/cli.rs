//! The command line. Every flag has a twin in the environment and one in the configuration file.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use protocol::people::{Guests, Registration, Role, Scope};
use serde::Deserialize;

use crate::core::networks::Network;
use crate::http::origin::PublicUrl;
use crate::size::ByteSize;
use crate::store::Durability;
use crate::store::backup::Blobs;

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
        chat-server restore /backups/chat-monday.db --data-dir /srv/chat\n  \
        chat-server user add --owner ana            (asks for the password; while no server runs)\n  \
        chat-server invite create --uses 5\n\n\
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
    /// Copy the database to a new file, and the files of messages beside it; also while a server uses them
    Backup {
        /// The file to make; an existing one is not overwritten
        file: PathBuf,
        /// What becomes of the files of messages
        #[command(flatten)]
        files: BackupFiles,
    },
    /// Make a new data directory from a backup
    Restore {
        /// What `backup` made
        file: PathBuf,
        /// What becomes of the files of messages
        #[command(flatten)]
        files: BackupFiles,
    },
    /// Add, list and change accounts; while no server uses the data directory
    #[command(subcommand)]
    User(UserCommand),
    /// Make, list and archive rooms, and say who owns them; while no server uses the data directory
    #[command(subcommand)]
    Room(RoomCommand),
    /// Make, list and withdraw invites; while no server uses the data directory
    #[command(subcommand)]
    Invite(InviteCommand),
    /// Make, list and withdraw tokens for bots and scripts; while no server uses the data directory
    #[command(subcommand)]
    Token(TokenCommand),
}

/// Where the files of a backup are.
#[derive(Debug, Args)]
pub struct BackupFiles {
    /// The directory of the files of messages, which several backups may share [default: FILE.files]
    #[arg(long = "files", value_name = "DIR", conflicts_with = "without_files")]
    directory: Option<PathBuf>,
    /// Leave the files of messages out
    #[arg(long)]
    without_files: bool,
}

impl From<BackupFiles> for Blobs {
    fn from(files: BackupFiles) -> Self {
        match files.directory {
            _ if files.without_files => Self::Without,
            Some(directory) => Self::In(directory),
            None => Self::Beside,
        }
    }
}

/// What to do with rooms.
#[derive(Debug, Subcommand)]
pub enum RoomCommand {
    /// List all rooms: key, kind, members, title, owners
    List,
    /// Make a room; its key is printed
    Create {
        /// How it is called; of a public room also its key
        name: String,
        /// Only for who is invited
        #[arg(long, requires = "owner")]
        private: bool,
        /// What it is about
        #[arg(long)]
        topic: Option<String>,
        /// Who owns it; a public room without an owner belongs to the server
        #[arg(long, value_name = "NAME")]
        owner: Option<String>,
    },
    /// Keep a room to be read only
    Archive {
        /// Its key
        room: String,
        /// Open it again
        #[arg(long)]
        undo: bool,
    },
    /// List a room's members: id, name, role
    Members {
        /// Its key
        room: String,
    },
    /// Make somebody an owner of a room
    Owner {
        /// Its key
        room: String,
        /// The name of the account
        name: String,
    },
}

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add an account; its password is asked for, or read from standard input
    Add {
        /// How it is called
        name: String,
        /// The same as --role owner
        #[arg(long, conflicts_with_all = ["role", "bot"])]
        owner: bool,
        /// What it is
        #[arg(long, value_enum, default_value_t = RoleName::Member)]
        role: RoleName,
        /// A bot: nobody signs in to it, its tokens speak for it
        #[arg(long, conflicts_with = "link")]
        bot: bool,
        /// Print a one-time link with which its person sets the password, instead of asking for one
        #[arg(long)]
        link: bool,
    },
    /// List the accounts
    List,
    /// Print a one-time link for a new password
    Reset {
        /// Whose
        name: String,
    },
    /// Set a password, which is asked for or read from standard input; signs them out everywhere
    Password {
        /// Whose
        name: String,
    },
    /// End an account: nobody signs in to it any more, and its tokens end
    Deactivate {
        /// Whose
        name: String,
    },
    /// Undo that
    Reactivate {
        /// Whose
        name: String,
    },
    /// Change what somebody is
    Role {
        /// Who
        name: String,
        /// What they are from now on
        #[arg(value_enum)]
        role: RoleName,
    },
}

/// What to do with invites.
#[derive(Debug, Subcommand)]
pub enum InviteCommand {
    /// Make one, and print its link
    Create {
        /// What whoever uses it becomes
        #[arg(long, value_enum, default_value_t = RoleName::Member)]
        role: RoleName,
        /// How many accounts it makes
        #[arg(long, default_value_t = 1, value_name = "N")]
        uses: u32,
        /// After how many hours it ends
        #[arg(long, default_value_t = 168, value_name = "N")]
        hours: u32,
        /// For whom or what, for the list
        #[arg(long, default_value = "", value_name = "TEXT")]
        note: String,
    },
    /// List those that can still be used
    List,
    /// Withdraw one
    Revoke {
        /// Its id, as in the list
        id: String,
    },
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make one, and print it
    Create {
        /// The account that it speaks for
        user: String,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        name: String,
        /// What it is good for
        #[arg(long, value_enum, value_delimiter = ',', default_value = "read,write")]
        scope: Vec<ScopeName>,
        /// The only rooms it is good for [default: all that the account may see]
        #[arg(long, value_delimiter = ',', value_name = "ROOM")]
        room: Vec<String>,
        /// After how many days it ends [default: never]
        #[arg(long, value_name = "N")]
        days: Option<u32>,
    },
    /// List the tokens of an account
    List {
        /// The account
        user: String,
    },
    /// Withdraw one
    Revoke {
        /// The account
        user: String,
        /// Its id, as in the list
        id: String,
    },
}

/// What an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    /// Has an account
    Member,
    /// Keeps order
    Moderator,
    /// Runs the chat
    Admin,
    /// Also makes and unmakes admins
    Owner,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Member => Self::Member,
            RoleName::Moderator => Self::Moderator,
            RoleName::Admin => Self::Admin,
            RoleName::Owner => Self::Owner,
        }
    }
}

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScopeName {
    /// Following rooms and reading their history
    Read,
    /// Saying something
    Write,
}

impl From<ScopeName> for Scope {
    fn from(name: ScopeName) -> Self {
        match name {
            ScopeName::Read => Self::Read,
            ScopeName::Write => Self::Write,
        }
    }
}

/// Whether guests are let in: [`Guests`] as it is written on a command line and in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuestsName {
    /// They may read and write public rooms
    On,
    /// They may read public rooms
    ReadOnly,
    /// Everybody must sign in
    Off,
}

impl From<GuestsName> for Guests {
    fn from(name: GuestsName) -> Self {
        match name {
            GuestsName::On => Self::On,
            GuestsName::ReadOnly => Self::ReadOnly,
            GuestsName::Off => Self::Off,
        }
    }
}

/// Who may make an account: [`Registration`] as it is written on a command line and in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegistrationName {
    /// Everybody
    Open,
    /// Whoever has an invite
    Invite,
    /// Only who is added by an admin
    Closed,
}

impl From<RegistrationName> for Registration {
    fn from(name: RegistrationName) -> Self {
        match name {
            RegistrationName::Open => Self::Open,
            RegistrationName::Invite => Self::Invite,
            RegistrationName::Closed => Self::Closed,
        }
    }
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
        global = true,
        value_delimiter = ',',
        help_heading = "Network"
    )]
    pub public_urls: Vec<PublicUrl>,

    /// A proxy whose X-Forwarded-For says who asks, as an address or like 10.0.0.0/8; repeatable
    ///
    /// Name every proxy between the server and the world, and nothing else: whoever is named may say any address. In
    /// the environment: separated by commas.
    #[arg(
        long = "trusted-proxy",
        value_name = "ADDRESS",
        env = "CHAT_TRUSTED_PROXY",
        hide_env = true,
        value_delimiter = ',',
        help_heading = "Network"
    )]
    pub trusted_proxies: Vec<Network>,

    /// Whether people without an account are let in [default: on]
    #[arg(long, value_name = "WHAT", env = "CHAT_GUESTS", hide_env = true, help_heading = "People")]
    pub guests: Option<GuestsName>,

    /// Who may make an account [default: invite]
    #[arg(long, value_name = "WHO", env = "CHAT_REGISTRATION", hide_env = true, help_heading = "People")]
    pub registration: Option<RegistrationName>,

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

    /// The size of a file that is uploaded, like 500K or 2G; 0 takes none [default: 100M]
    #[arg(long, value_name = "SIZE", env = "CHAT_MAX_FILE", hide_env = true, help_heading = "Data")]
    pub max_file: Option<ByteSize>,

    /// The size of all files of one person; all guests count as one [default: 2G]
    #[arg(
        long,
        value_name = "SIZE",
        env = "CHAT_MAX_FILES_PER_USER",
        hide_env = true,
        help_heading = "Data"
    )]
    pub max_files_per_user: Option<ByteSize>,

    /// What uploads leave free on the disk, for messages [default: 256M]
    #[arg(long, value_name = "SIZE", env = "CHAT_KEEP_FREE", hide_env = true, help_heading = "Data")]
    pub keep_free: Option<ByteSize>,

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
