//! All commands: for the help, and for the completion.

/// A command: its name, what follows it, and what it does.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// With its slash.
    pub name: &'static str,
    /// What follows it, if anything.
    pub argument: &'static str,
    /// What it does.
    pub help: &'static str,
    /// What Tab completes behind it.
    pub completes: Completes,
}

impl Command {
    /// How it is written.
    pub fn written(&self) -> String {
        format!("{} {}", self.name, self.argument).trim_end().to_owned()
    }
}

/// What Tab completes behind a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completes {
    /// Nothing of its own.
    Nothing,
    /// The name of a room, up to the end of the line.
    Room,
    /// People's names, any number of them.
    People,
    /// One name, and behind it one of these words.
    Person(&'static [&'static str]),
    /// One of these words.
    Word(&'static [&'static str]),
}

use Completes::{Nothing, People, Person, Room, Word};

const ROLES: &[&str] = &["owner", "moderator", "member"];
const IMAGES: &[&str] = &["auto", "kitty", "iterm", "sixel", "blocks", "off"];
const DEEDS: &[&str] = &[
    "owner",
    "admin",
    "moderator",
    "member",
    "reset",
    "deactivate",
    "reactivate",
    "signout",
    "tokens",
    "token",
];

/// All commands, in the order of the help, by what they are about.
pub const COMMANDS: &[(&str, &[Command])] = &[
    (
        "Rooms",
        &[
            command("/browse", "", "which public rooms there are", Nothing),
            command("/join", "ROOM", "go to a room, or take an invitation", Room),
            command("/create", "[private] NAME", "make a room and go there", Word(&["private"])),
            command("/dm", "NAME …", "talk with one person, or a few", People),
            command("/decline", "ROOM", "do not take an invitation", Room),
            command("/leave", "", "leave this room", Nothing),
            command("/who", "", "who is in this room", Nothing),
            command(
                "/notify",
                "all|mentions|none",
                "of what here to be told",
                Word(&["all", "mentions", "none"]),
            ),
            command("/pins", "", "what is pinned here", Nothing),
        ],
    ),
    (
        "Running a room",
        &[
            command("/invite", "NAME …", "invite to this private room", People),
            command("/title", "TEXT", "what this room is called", Nothing),
            command("/topic", "[TEXT]", "what this room is about; nothing takes it away", Nothing),
            command("/announce", "on|off", "only owners and moderators write here", Word(&["on", "off"])),
            command("/slow", "TIME|off", "a pause between two messages of one member", Word(&["off"])),
            command("/seen", "on|off", "whether this room tells who has read what", Word(&["on", "off"])),
            command("/archive", "[undo]", "keep this room to be read only", Word(&["undo"])),
            command("/role", "NAME ROLE", "make somebody an owner, moderator or member", Person(ROLES)),
            command("/kick", "NAME [REASON]", "put somebody out", Person(&[])),
            command("/ban", "NAME [TIME] [REASON]", "put somebody out, for 10m, 2h, 3d or ever", Person(&[])),
            command("/unban", "NAME", "end a ban", Person(&[])),
            command("/mute", "NAME [TIME] [REASON]", "let somebody say nothing here", Person(&[])),
            command("/unmute", "NAME", "end that", Person(&[])),
            command("/bans", "", "who is banned or muted here, and until when", Nothing),
            command("/reports", "", "what was reported", Nothing),
            command("/resolve", "N", "a report needs nothing more", Nothing),
            command("/audit", "", "what was decided", Nothing),
        ],
    ),
    (
        "Messages",
        &[
            command("/select", "", "choose a message, to do something to it", Nothing),
            command("/delete", "", "choose a message and delete it", Nothing),
            command("/search", "WORDS", "find messages: also from: in: before: after: has:", Nothing),
            command("/date", "DAY", "go to a day of this room: 2026-11-23", Nothing),
            command("/unread", "", "go to the first message that you have not read", Nothing),
            command("/open", "LINK", "go to the message that a link leads to", Nothing),
            command("/upload", "FILE …", "send files to this room", Nothing),
            command("/cancel", "", "stop the files that are under way", Nothing),
            command("/mentions", "", "what names you, in all your rooms", Nothing),
            command("/keywords", "[WORD, …|off]", "words that count as being named", Word(&["off"])),
            command("/quiet", "[FROM-TO|off]", "when not to be disturbed: 22:00-07:00", Word(&["off"])),
        ],
    ),
    (
        "People",
        &[
            command("/profile", "[NAME]", "who somebody is", Person(&[])),
            command("/report", "REASON", "choose a message and report it", Nothing),
            command("/block", "NAME", "hide somebody from you, on all your devices", Person(&[])),
            command("/unblock", "NAME", "show them again", Person(&[])),
        ],
    ),
    (
        "You",
        &[
            command("/nick", "NAME", "take another name", Nothing),
            command("/status", "[TEXT]", "what you are at", Nothing),
            command("/away", "[off]", "say that you are not there", Word(&["off"])),
            command("/colour", "0-359|off", "the hue of your name", Word(&["off"])),
            command(
                "/avatar",
                "FILE|off",
                "the picture beside your name, where one is shown",
                Word(&["off"]),
            ),
            command("/login", "[NAME]", "sign in", Nothing),
            command("/register", "[INVITE]", "make an account, and stay who you are", Nothing),
            command("/logout", "[everywhere]", "sign out", Word(&["everywhere"])),
            command("/password", "", "change your password", Nothing),
            command("/sessions", "", "the devices that are signed in", Nothing),
            command("/tokens", "[new NAME SCOPE]", "tokens for your scripts", Word(&["new"])),
            command("/revoke", "N", "withdraw what has this number in the list shown", Nothing),
        ],
    ),
    (
        "Running the chat",
        &[
            command("/invites", "[new USES HOURS ROLE]", "links that make accounts", Word(&["new"])),
            command("/accounts", "", "who has an account", Nothing),
            command("/account", "NAME WHAT", "a role, reset, deactivate, signout …", Person(DEEDS)),
        ],
    ),
    (
        "This window",
        &[
            command("/retry", "", "try the lines again that were not sent", Nothing),
            command("/discard", "", "drop the lines that were not sent", Nothing),
            command(
                "/images",
                "auto|off|HOW",
                "show pictures, or only name them; HOW: blocks, sixel …",
                Word(IMAGES),
            ),
            command("/reconnect", "", "connect now", Nothing),
            command("/help", "", "keys and commands", Nothing),
            command("/quit", "", "leave the chat", Nothing),
        ],
    ),
];

const fn command(
    name: &'static str,
    argument: &'static str,
    help: &'static str,
    completes: Completes,
) -> Command {
    Command { name, argument, help, completes }
}

/// All of them, whatever they are about.
pub fn all() -> impl Iterator<Item = &'static Command> {
    COMMANDS.iter().flat_map(|(_, commands)| commands.iter())
}
