//! What the model takes in, and what is to be done outside because of it.

use std::sync::Arc;

use protocol::client::ClientFrame;
use protocol::event::{Event, Message};
use protocol::ids::{Id, RoomKey, Seq};
use protocol::messages::File;
use protocol::session::{Change, Line, Place, SessionEvent};
use protocol::signal::PresenceState;

use super::files;
use super::pictures::Picture;
use crate::api::{Answer, Hidden, Request};
use crate::graphics::Found;
use crate::link::Spot;

/// What happened outside.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A key, the mouse, a paste, the focus or another size.
    Term(crossterm::event::Event),
    /// The session tells something.
    Session(Box<SessionEvent>),
    /// Events of a room from the cache, with the bounds of the log that were known.
    Cached {
        /// Which room.
        room: RoomKey,
        /// The newest stretch of its log, each event with the place up to which changes are folded into it.
        events: Vec<(Event, Seq)>,
    },
    /// A line could not be taken into the outbox; here it is again.
    NotTaken {
        /// Where it was said.
        room: RoomKey,
        /// The message in whose thread.
        thread: Option<Seq>,
        /// The line.
        text: String,
        /// Why.
        reason: String,
    },
    /// An own line is in memory only: the disk did not take it.
    NotKept(Id),
    /// A dial failed, for this reason.
    Unreachable(String),
    /// A question could not be asked.
    NotAsked(String),
    /// What came of an [`Effect::Call`], [`Effect::Login`] or [`Effect::Register`].
    Answered {
        /// What was asked.
        request: Box<Request>,
        /// What came of it.
        answer: Answer,
    },
    /// What becomes of files that are under way.
    Transfer {
        /// Which.
        id: u64,
        /// What.
        news: files::News,
    },
    /// Files of an earlier start did not come whole to the server.
    BrokenOff(files::BrokenOff),
    /// The small picture of a file came, or there is none.
    Thumb {
        /// Of which file.
        file: Id,
        /// The picture.
        picture: Option<Arc<Picture>>,
    },
    /// How the terminal shows pictures.
    Graphics(Found),
    /// What was found on this machine.
    FoundHere(Vec<Message>),
    /// What a link leads to.
    Opened(Spot),
    /// Time passed.
    Tick,
}

/// What is to be done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Say a line: into the outbox, and out from there.
    Say {
        /// Where.
        room: RoomKey,
        /// What.
        line: Line,
    },
    /// Do something to a message: into the outbox, and out from there.
    Change {
        /// Where.
        room: RoomKey,
        /// What.
        change: Change,
        /// Of an edit: the new text.
        text: String,
    },
    /// Try a failed line again.
    Retry(Id),
    /// Drop a failed line.
    Discard(Id),
    /// Ring, and notify where the terminal can.
    Alert {
        /// Who, and where; safe to write.
        title: String,
        /// What was said, on one line; safe to write.
        text: String,
    },
    /// Put a text into the terminal's clipboard.
    Copy(String),
    /// Join a room by name.
    Join(String),
    /// Ask the server something that names its answer; the shell fills in the number.
    Ask(Box<ClientFrame>),
    /// Go to a room without anybody's looking: it is on the person's other devices.
    Follow(RoomKey),
    /// Ask over HTTP. Answered by [`Msg::Answered`].
    Call(Box<Request>),
    /// Read a picture from this path and show it beside one's name. Answered like [`Effect::Call`].
    Picture(String),
    /// Sign in, keep that, and come back as that person.
    Login {
        /// The account's name.
        name: String,
        /// Its password.
        password: Hidden,
    },
    /// Make an account of this guest, keep that, and come back as that person.
    Register {
        /// How to be called.
        name: String,
        /// The password.
        password: Hidden,
        /// What was sent to us, where one is needed.
        invite: Option<Hidden>,
    },
    /// Sign out, forget the account, and end.
    Logout {
        /// On all devices.
        everywhere: bool,
    },
    /// Note that files from these paths are to be brought to a room, also over an end of the program. Behind it,
    /// [`Effect::GoOn`] begins; what becomes of it is told by [`Msg::Transfer`].
    Upload {
        /// Names it.
        id: u64,
        /// Where to.
        room: RoomKey,
        /// The message in whose thread.
        thread: Option<Seq>,
        /// Where they are, as they were typed.
        paths: Vec<String>,
    },
    /// Bring the files of an [`Effect::Upload`] or a [`Msg::BrokenOff`] to the server, from where they are there.
    GoOn(u64),
    /// Say a message whose files are there by this transfer.
    SayWith {
        /// Which.
        transfer: u64,
        /// Where.
        room: RoomKey,
        /// What.
        line: Line,
    },
    /// Fetch a file. What becomes of it is told by [`Msg::Transfer`].
    Download {
        /// Names it.
        id: u64,
        /// Which.
        file: File,
    },
    /// Fetch the small picture of a file. Answered by [`Msg::Thumb`].
    Thumb(Id),
    /// Stop a transfer, for good.
    Stop(u64),
    /// Search in what is kept on this machine. Answered by [`Msg::FoundHere`].
    SearchHere(String),
    /// Go to what a link leads to. Answered by [`Msg::Opened`], or [`Msg::NotAsked`].
    Open(String),
    /// Put the link to a message into the terminal's clipboard.
    CopyLink {
        /// Where.
        room: RoomKey,
        /// Which.
        seq: Seq,
    },
    /// Leave a room.
    Leave(RoomKey),
    /// Take another name.
    Nick(String),
    /// Which rooms are there?
    Rooms,
    /// Who is in a room?
    Members(RoomKey),
    /// Ask for a page of a room's log.
    History {
        /// Which room.
        room: RoomKey,
        /// Which page.
        place: Place,
    },
    /// Read a room's cache. Answered by [`Msg::Cached`].
    Load(RoomKey),
    /// Somebody writes here, or stopped.
    Typing {
        /// Where.
        room: RoomKey,
        /// The message in whose thread.
        thread: Option<Seq>,
        /// Writes, or stopped.
        on: bool,
    },
    /// The person is there, or idle.
    Presence(PresenceState),
    /// Keep the read markers, the drafts and the room on the screen, before long.
    Keep,
    /// Forget a room's cache: its `seq`s belong to another history.
    SetAside(RoomKey),
    /// Begin the session under this name.
    Start(String),
    /// Dial now.
    Wake,
    /// Dial again after the session stopped for good.
    Restart,
    /// Give the terminal back to the shell until it continues us.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// End.
    Quit,
}
