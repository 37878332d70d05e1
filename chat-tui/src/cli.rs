//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

/// Chat in the terminal. Without a command, opens the chat; F1 there shows the keys.
#[derive(Debug, Parser)]
#[command(
    name = "chat-tui",
    version,
    after_help = "Settings can also stand in $XDG_CONFIG_HOME/chat-tui/config.toml, as url, name, room, profile, ca_file, images\n\
                  (auto, kitty, iterm, sixel, blocks or off) and links (true or false).\n\
                  Unsent lines, the newest history and who you are is kept in $XDG_STATE_HOME/chat-tui/PROFILE.\n\n\
                  Examples:\n  chat-tui --url https://chat.example.com --name ana\n  \
                  chat-tui login ana\n  \
                  make 2>&1 | tail -20 | chat-tui send --room ops -\n  \
                  chat-tui upload --room ops core.dump --message \"from last night\"\n  \
                  chat-tui tail --room ops --json | jq -r .message"
)]
pub struct Cli {
    /// What all commands share.
    #[command(flatten)]
    pub options: Options,
    /// What to do instead of opening the chat.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What all commands share.
#[derive(Debug, Clone, Default, Args)]
pub struct Options {
    /// The server.
    #[arg(help = "The server [default: http://localhost:3000]", long, env = "CHAT_TUI_URL", global = true)]
    pub url: Option<String>,
    /// The name to go by; asked for at the first start
    #[arg(long, env = "CHAT_TUI_NAME", global = true)]
    pub name: Option<String>,
    /// The room to go to [default: where you were, or the lobby]
    #[arg(long, short, env = "CHAT_TUI_ROOM", global = true)]
    pub room: Option<String>,
    /// Keep another identity and history under this name [default: one for each server]
    #[arg(long, env = "CHAT_TUI_PROFILE", global = true)]
    pub profile: Option<String>,
    /// Trust a server whose certificate is signed by one in this file (PEM), beside those that the system trusts
    #[arg(long, env = "CHAT_TUI_CA_FILE", global = true, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Read the settings from this file
    #[arg(long, env = "CHAT_TUI_CONFIG", global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What to do instead of opening the chat.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign in to an account; the password is asked for, or read from the standard input
    Login {
        /// The account's name; asked for where it is missing
        #[arg(value_name = "NAME")]
        who: Option<String>,
    },
    /// Make an account and sign in; whoever was here as a guest stays the same person
    ///
    /// The invite and the password are asked for. Without a terminal they are read from the standard input: the password
    /// in the first line, and in the second the invite, where one is needed.
    Register {
        /// The account's name; asked for where it is missing
        #[arg(value_name = "NAME")]
        who: Option<String>,
    },
    /// Set a new password with a one-time link, and sign in
    ///
    /// Both are asked for. Without a terminal they are read from the standard input: the password in the first line, the
    /// link in the second.
    Reset,
    /// Show a picture beside your name, or none any more
    Avatar {
        /// The picture (PNG, JPEG, GIF or WebP), or `off`
        #[arg(value_name = "FILE|off")]
        file: String,
    },
    /// Sign out, and forget what is kept here of the account
    Logout {
        /// On all devices
        #[arg(long)]
        everywhere: bool,
    },
    /// Print what was decided here, newest first, one JSON object a line: for who runs the chat
    Audit,
    /// Say something; succeeds only when the server has stored it
    ///
    /// Exit codes: 0 stored, 1 refused or impossible, 2 wrong usage, 3 not stored in time (it may be stored all the same).
    Send {
        /// What to say; `-`, or nothing, reads it from the standard input
        text: Option<String>,
        /// Give up after so many seconds
        #[arg(long, default_value = "30", value_parser = seconds)]
        timeout: Duration,
        /// Who says it
        #[command(flatten)]
        bot: Bot,
    },
    /// Open the chat at the room or message that a link leads to
    Open {
        /// The link, as the page's address bar shows it, or ROOM/NUMBER
        link: String,
    },
    /// Bring files to a room, and say one message that has them
    ///
    /// What was broken off is gone on with by the same command. Exit codes as of `send`.
    Upload {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<String>,
        /// What to say with them
        #[arg(long, short)]
        message: Option<String>,
        /// Who brings them
        #[command(flatten)]
        bot: Bot,
    },
    /// Fetch the files of a message; nothing is overwritten, and their paths are printed
    Download {
        /// The link to the message, or ROOM/NUMBER
        #[arg(value_name = "LINK")]
        message: String,
        /// Where to [default: here]
        #[arg(long, value_name = "DIRECTORY")]
        to: Option<PathBuf>,
        /// Who fetches them
        #[command(flatten)]
        bot: Bot,
    },
    /// Print what is said, and go on printing
    ///
    /// Continues where it stopped the last time; the first time, with what is said from now on.
    Tail {
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
        /// Where to begin: after this number, at the `start`, or `now`
        #[arg(long, value_parser = since, value_name = "SEQ|start|now")]
        since: Option<Since>,
        /// Who reads it
        #[command(flatten)]
        bot: Bot,
    },
}

/// As whom a script comes, where not as the profile's person.
#[derive(Debug, Clone, Default, Args)]
pub struct Bot {
    /// Where its token is.
    #[arg(
        help = "Come as the bot whose token is in this file; else in the environment, as CHAT_TUI_TOKEN",
        long,
        env = "CHAT_TUI_TOKEN_FILE",
        value_name = "FILE"
    )]
    pub token_file: Option<PathBuf>,
}

/// Where `tail` begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// With the oldest event that the server keeps.
    Start,
    /// With the next event.
    Now,
    /// After this place.
    After(u64),
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if duration > Duration::ZERO => Ok(duration),
        _ => Err("not a time to wait".to_owned()),
    }
}

fn since(text: &str) -> Result<Since, String> {
    match text {
        "start" => Ok(Since::Start),
        "now" => Ok(Since::Now),
        number => {
            number.parse().map(Since::After).map_err(|_| "neither a number nor `start` nor `now`".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
        let cli = Cli::try_parse_from(["chat-tui", "tail", "--since", "12", "--room", "ops"]).unwrap();
        assert!(matches!(
            cli.command,
            Some(Command::Tail { since: Some(Since::After(12)), json: false, .. })
        ));
        assert_eq!(cli.options.room.as_deref(), Some("ops"));
        for wrong in [["chat-tui", "tail", "--since", "x"], ["chat-tui", "send", "--timeout", "0"]] {
            assert!(Cli::try_parse_from(wrong).is_err());
        }
    }
}
