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
mod drafts;
pub mod effect;
pub mod files;
pub mod finding;
pub mod form;
pub mod fuzzy;
mod gone;
pub mod jump;
mod keys;
pub mod layout;
pub mod lists;
mod names;
mod outgoing;
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
pub mod threads;
pub mod timeline;
mod told;
mod update;
pub mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use protocol::ids::{RoomKey, Seq, UserId};
use protocol::limits::MESSAGE_BYTES;
use protocol::people::{Guests, Profile, Role};
use protocol::session::Link;
use protocol::signal::PresenceState;
use time::UtcOffset;

pub use composer::{Composer, Memory};
pub use effect::{Effect, Msg};
pub use form::Form;
pub(crate) use keys::{Place as PaneRow, matches as switcher_matches, rooms_in_sight};
pub use lists::Hits;
pub use own::Own;
pub use pick::{Deed, Pick};
pub use place::{About, answered};
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
