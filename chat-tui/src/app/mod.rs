//! What the chat looks like and does, as data: one [`Model`], changed only by [`update()`], drawn by `view`.
//!
//! Nothing in here knows a clock, a disk, a socket or a terminal. What is to be done outside is returned as
//! [`Effect`]s; what happened outside comes in as [`Msg`]s. All remote text passes [`safe`] on its way in.

mod alert;
mod answers;
mod audit;
pub mod commands;
pub mod complete;
pub mod composer;
pub mod files;
pub mod finding;
pub mod form;
pub mod fuzzy;
pub mod jump;
mod keys;
pub mod layout;
pub mod lists;
mod names;
pub mod own;
mod pick;
pub mod pictures;
mod place;
pub mod react;
pub mod room;
pub mod rows;
pub mod safe;
mod session;
pub mod sheet;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod text;
pub mod timeline;
mod told;
mod update;
pub mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use protocol::client::ClientFrame;
use protocol::event::Event;
use protocol::ids::{Id, RoomKey, Seq, UserId};
use protocol::limits::MESSAGE_BYTES;
use protocol::messages::File;
use protocol::people::{Guests, Profile, Role};
use protocol::session::{Change, Line, Link, Place, SessionEvent};
use protocol::signal::PresenceState;
use time::UtcOffset;

use crate::api::{Answer, Hidden, Request};
use crate::link::Spot;
pub use composer::{Composer, Memory};
pub use form::Form;
pub(crate) use keys::{Place as PaneRow, matches as switcher_matches, rooms_in_sight};
pub use lists::Hits;
pub use own::Own;
pub use pick::{Deed, Pick};
pub use place::About;
pub use react::React;
pub use room::Room;
pub use sheet::Sheet;
pub use update::{next_deadline, update};

/// Everything that is on the screen, and nothing else.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub struct Model {
    /// The terminal's columns and rows.
    pub size: (u16, u16),
    /// Who we are, as the server says; `None` until it first did.
    pub me: Option<Me>,
    /// The name to ask for.
    pub name: String,
    /// The server, for the person.
    pub server: String,
    /// The truth about the link.
    pub link: Link,
    /// Why the newest dial failed, safe to draw; `None` once connected.
    pub trouble: Option<String>,
    /// The rooms we are in, by key, and those that hold lines which were not sent.
    pub rooms: BTreeMap<RoomKey, Room>,
    /// The room on the screen; always one of `rooms`.
    pub current: RoomKey,
    /// A room to go to as soon as we are connected.
    pub wish: Option<RoomKey>,
    /// Another name to take as soon as we are connected.
    pub wish_name: Option<String>,
    /// Where lines are written.
    pub composer: Composer,
    /// What lies over the room, the topmost last.
    pub layers: Vec<Layer>,
    /// Whether the rooms and people panes are shown; `None`: as the width allows.
    pub panes: Panes,
    /// The terminal has the focus, as far as it tells.
    pub focused: bool,
    /// Nothing is kept on disk, because another `chat-tui` keeps it.
    pub second: bool,
    /// Local time.
    pub offset: UtcOffset,
    /// The largest message the server takes, in bytes.
    pub message_bytes: usize,
    /// A remark in the status line, and when it goes.
    pub toast: Option<(String, Duration)>,
    /// When the person last did something.
    pub active_at: Duration,
    /// What we last told the others about that.
    pub presence: PresenceState,
    /// The time of the newest message handled, by which countdowns are drawn.
    pub now: Duration,
    /// Names of open rooms, as far as they were told; for completion and the switcher.
    pub open_rooms: Vec<RoomKey>,
    /// The person asked for the list of open rooms, which did not come yet.
    pub wants_list: bool,
    /// The person asked who is banned and muted, which was not told yet.
    pub wants_bans: bool,
    /// What guests may do on this server, as far as it was told.
    pub guests: Guests,
    /// What is one's own, the same on all devices.
    pub own: Own,
    /// Rooms that were just taken from us; why is told behind it.
    pub own_gone: BTreeSet<RoomKey>,
    /// Everybody with an account, as far as it was told; for completion, and for naming who is not here.
    pub accounts: Vec<Known>,
    /// The hues that people chose for their names, in degrees.
    pub hues: BTreeMap<UserId, u16>,
    /// A command that names somebody unknown: carried out once it was told who there is.
    pub again: Option<String>,
    /// What the numbers of the list shown last stand for.
    pub listed: sheet::Listed,
    /// Why the server asks to sign in, safe to draw.
    pub sign_in: Option<String>,
    /// Names that Tab goes through.
    pub round: Option<complete::Round>,
    /// The room that one was in before going to what wanted one.
    pub back_to: Option<RoomKey>,
    /// When the person was last alerted.
    pub alerted_at: Option<Duration>,
    /// A message to go to as soon as it is here.
    pub jump: Option<jump::Jump>,
    /// The person asked who has read a message, which was not told yet.
    pub wants_readers: Option<Seq>,
    /// Files on their way, the oldest first.
    pub transfers: Vec<files::Transfer>,
    /// Names the newest transfer.
    pub last_transfer: u64,
    /// Pictures of messages.
    pub pictures: pictures::Pictures,
    /// What was last searched for.
    pub searched: String,
    /// A day to go to, in a room, as soon as it is here (RFC 3339).
    pub wants_day: Option<(RoomKey, String)>,
}

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Who.
    pub user: UserId,
    /// The present name, safe to draw.
    pub name: String,
}

/// Who we are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// The immutable identity.
    pub user: UserId,
    /// The present name, safe to draw.
    pub name: String,
    /// Not signed in.
    pub guest: bool,
    /// What we are on the whole server.
    pub role: Role,
    /// We say that we are not there.
    pub away: bool,
}

/// Which panes the person wants; `None`: as the width allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Panes {
    /// The rooms, left.
    pub rooms: Option<bool>,
    /// The people, right.
    pub people: Option<bool>,
}

/// What may lie over the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    /// The first start: who are you?
    Name {
        /// What was typed.
        input: String,
        /// Why it cannot be.
        error: Option<String>,
    },
    /// Keys and commands; scrolled by so many rows.
    Help(u16),
    /// Rooms by a few letters.
    Switcher {
        /// The letters.
        query: String,
        /// The chosen one of the matches.
        chosen: usize,
    },
    /// Really leave, though lines wait?
    Quit,
    /// A list, or what was made and is told once.
    Sheet(Sheet),
    /// Fields to fill in: signing in, a new password.
    Form(Form),
    /// A message is being chosen.
    Pick(Pick),
    /// An emoji is being chosen for a message.
    React(React),
    /// Messages to go to.
    Hits(Hits),
}

/// What happened outside.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "each is made, moved once and taken in")]
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
    /// The small picture of a file came, or there is none.
    Thumb {
        /// Of which file.
        file: Id,
        /// The picture.
        picture: Option<Arc<pictures::Picture>>,
    },
    /// What was found on this machine.
    FoundHere(Vec<protocol::event::Message>),
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
    /// Bring files from these paths to a room. What becomes of it is told by [`Msg::Transfer`].
    Upload {
        /// Names it.
        id: u64,
        /// Where to.
        room: RoomKey,
        /// Where they are, as they were typed.
        paths: Vec<String>,
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
    /// Stop a transfer.
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

impl Model {
    /// The chat before anything happened: one room, not connected.
    pub fn new(room: RoomKey, server: &str, offset: UtcOffset) -> Self {
        Self {
            size: (80, 24),
            me: None,
            name: String::new(),
            server: safe::line(server),
            link: Link::Connecting,
            trouble: None,
            rooms: BTreeMap::from([(room.clone(), Room::joined(room.clone()))]),
            current: room,
            wish: None,
            wish_name: None,
            composer: Composer::default(),
            layers: Vec::new(),
            panes: Panes::default(),
            focused: true,
            second: false,
            offset,
            message_bytes: MESSAGE_BYTES,
            toast: None,
            active_at: Duration::ZERO,
            presence: PresenceState::Online,
            now: Duration::ZERO,
            open_rooms: Vec::new(),
            wants_list: false,
            wants_bans: false,
            guests: Guests::default(),
            own: Own::default(),
            own_gone: BTreeSet::new(),
            accounts: Vec::new(),
            hues: BTreeMap::new(),
            again: None,
            listed: sheet::Listed::Nothing,
            sign_in: None,
            round: None,
            back_to: None,
            alerted_at: None,
            jump: None,
            wants_readers: None,
            transfers: Vec::new(),
            last_transfer: 0,
            pictures: pictures::Pictures::default(),
            searched: String::new(),
            wants_day: None,
        }
    }

    /// The room on the screen.
    pub fn room(&self) -> &Room {
        self.rooms.get(&self.current).expect("the current room is one of the rooms")
    }

    /// The room on the screen, to be changed.
    pub fn room_mut(&mut self) -> &mut Room {
        self.rooms.get_mut(&self.current).expect("the current room is one of the rooms")
    }

    /// Whether commands go out.
    pub fn is_online(&self) -> bool {
        self.link == Link::Connected
    }

    /// Own lines that are neither stored nor refused for good.
    pub fn waiting(&self) -> usize {
        self.rooms.values().flat_map(Room::all_outgoing).filter(|line| line.is_waiting()).count()
    }

    /// Own lines that are lost with this program: what waits in a second window, and what the disk did not take.
    pub fn unkept(&self) -> usize {
        let lines = self.rooms.values().flat_map(Room::all_outgoing);
        let open = lines.filter(|line| !matches!(line.state, room::Sending::Stored(_)));
        open.filter(|line| self.second || !line.kept).count()
    }

    /// Unread messages in all rooms that are not muted.
    pub fn unread(&self) -> u64 {
        self.rooms.values().filter(|room| !room.is_muted()).map(Room::unread).sum()
    }

    /// Whether somebody is signed in to an account here.
    pub fn is_signed_in(&self) -> bool {
        self.me.as_ref().is_some_and(|me| !me.guest)
    }

    /// The hue that somebody chose for their name.
    pub fn hue(&self, user: &UserId) -> Option<u16> {
        self.hues.get(user).copied()
    }

    fn learn_hue(&mut self, user: &UserId, profile: &Profile) {
        match profile.colour {
            Some(hue) => self.hues.insert(user.clone(), hue),
            None => self.hues.remove(user),
        };
    }

    /// The rooms as they are listed: public ones, private ones, conversations; each by title.
    pub fn rooms_in_order(&self) -> Vec<&Room> {
        let mut rooms: Vec<&Room> = self.rooms.values().collect();
        rooms.sort_by_cached_key(|room| (room.rank(), room.title.to_lowercase(), room.key.clone()));
        rooms
    }

    /// The name our lines go by.
    pub fn my_name(&self) -> &str {
        self.me.as_ref().map_or(&self.name, |me| &me.name)
    }

    /// The newest place read, per room: what is kept between two starts.
    pub fn read_markers(&self) -> impl Iterator<Item = (&RoomKey, Seq)> {
        self.rooms.iter().map(|(key, room)| (key, room.read))
    }

    fn say(&mut self, text: impl Into<String>) {
        self.place_mut().timeline.notice(timeline::Notice::Info(text.into()));
    }

    fn complain(&mut self, text: impl Into<String>) {
        self.place_mut().timeline.notice(timeline::Notice::Trouble(text.into()));
    }

    fn toast(&mut self, text: impl Into<String>) {
        self.toast = Some((text.into(), self.now + Duration::from_secs(5)));
    }
}
