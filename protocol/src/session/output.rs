//! What a session tells its shell.

use std::time::Duration;

use crate::client::ClientFrame;
use crate::error::{ErrorCode, Refusal};
use crate::event::Event;
use crate::ids::{Id, Ref, RoomKey, Seq};
use crate::messages::{Edits, Found, Mentioned, Pins, Readers, ThreadPage};
use crate::rooms::{Audit, Reports};
use crate::server::{HistoryPage, Members, ResetWhy, RoomChanged, RoomInfo, Rooms, Welcome};
use crate::session::Outgoing;
use crate::signal::{ComeAndGo, Presence, Profiled, Renamed, Seen, Typing};

/// What the shell has to do with its one WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Dial the server (asking for [`SUBPROTOCOL`](crate::SUBPROTOCOL)) and tell the outcome by
    /// [`handle_connected`](super::Session::handle_connected) or [`handle_closed`](super::Session::handle_closed).
    Connect,
    /// Drop the link, or the dial under way. The shell MUST NOT pass anything of it on any more, its end neither.
    Close,
}

/// The truth about the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Dialling, or waiting for `welcome`.
    Connecting,
    /// Welcomed: commands go out.
    Connected,
    /// Down; the next attempt is at this time.
    WaitingUntil(Duration),
    /// Down for good: only [`restart`](super::Session::restart) dials again.
    Stopped(Stopped),
}

/// Why a session does not come back by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// The close code ([`close`](crate::error::close)).
    pub code: u16,
    /// One sentence for people.
    pub reason: &'static str,
}

/// Something the shell shows, or writes to its disk.
///
/// Events come in the order in which they happened; the shell MUST apply them in that order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEvent {
    /// The link is in another state.
    Link(Link),
    /// The server accepted the connection. To be written to disk: `token`, `epoch`, `user`.
    Welcome(Box<Welcome>),
    /// The next event of a room that this session is in. Per room these come in the order of `seq`, each once and
    /// without a hole: `seq` is one above the room's cursor, except after [`Reset`](Self::Reset),
    /// [`GapLost`](Self::GapLost) and [`RoomJoined`](Self::RoomJoined), which say where the cursor went.
    Event(RoomEvent),
    /// The answer to [`history`](super::Session::history). Of a room that this session is in, it is cut at the room's
    /// cursor: what is above comes as [`Event`](Self::Event).
    Page(Page),
    /// Events `from..=to` did not arrive; they are being fetched. Nothing behind them is shown until then.
    Gap(Gap),
    /// The events of the gap have all been told.
    GapHealed(Gap),
    /// The events `from..=to` cannot be had any more; the cursor is now `to`. The shell shows that they are missing.
    GapLost(Gap),
    /// The room's cursor cannot be resumed; it is now `head`. The shell keeps what it has, marks the gap and pages anew.
    Reset(RoomReset),
    /// All events up to the head of the moment of resuming have been told: the room is live.
    Synced {
        /// Which room.
        room: RoomKey,
        /// The room's cursor.
        head: Seq,
    },
    /// What the disk outbox must contain from now on. See [`Session::send`](super::Session::send).
    Outbox(OutboxChange),
    /// An own line changed its state.
    Outgoing {
        /// Which line.
        id: Id,
        /// Where it is now.
        state: OutgoingState,
    },
    /// This session is in the room from now on; events follow its cursor, which is `info.head`. What the shell holds
    /// of the room from before may have a gap up to there.
    RoomJoined {
        /// The room.
        info: RoomInfo,
        /// The question that this answers; none where the session joined by itself.
        reference: Option<Ref>,
    },
    /// What is known of a room that this session is in was told anew.
    RoomInfo(RoomInfo),
    /// This session is not in the room any more.
    RoomLeft(RoomKey),
    /// Another connection of this user joined or left a room.
    RoomElsewhere(RoomChanged),
    /// The answer to [`members`](super::Session::members).
    Members(Members),
    /// What was reported, as asked.
    Reports(Reports),
    /// What was decided, as asked.
    Audit(Audit),
    /// The answer to a search.
    Found(Found),
    /// The answer to [`ClientFrame::Mentions`].
    Mentioned(Mentioned),
    /// The answer to [`ClientFrame::Thread`].
    Thread(ThreadPage),
    /// The answer to [`ClientFrame::Pins`].
    Pins(Pins),
    /// The answer to [`ClientFrame::Edits`].
    Edits(Edits),
    /// The answer to [`ClientFrame::Readers`].
    Readers(Readers),
    /// The answer to [`rooms`](super::Session::list_rooms).
    Rooms(Rooms),
    /// What was asked by [`request`](super::Session::request) was carried out.
    Done {
        /// The question.
        question: Box<ClientFrame>,
        /// Its number.
        reference: Ref,
    },
    /// The answer to [`nick`](super::Session::nick): the name from now on.
    Named(String),
    /// Somebody came to a room.
    Came(ComeAndGo),
    /// Somebody went.
    Went(ComeAndGo),
    /// Somebody goes by another name.
    Renamed(Renamed),
    /// Somebody's role changed, or what they tell of themselves.
    Profile(Profiled),
    /// Somebody types, or stopped.
    Typing(Typing),
    /// Somebody's state changed.
    Presence(Presence),
    /// Somebody has read a room up to a place.
    Seen(Seen),
    /// A question was refused. A room that could not be joined is not in this session.
    Refused {
        /// The question.
        question: Box<ClientFrame>,
        /// Its number.
        reference: Ref,
        /// Why.
        refusal: Refusal,
    },
    /// The link went down before the question was answered. It may have been carried out; ask anew.
    Unanswered {
        /// The question.
        question: Box<ClientFrame>,
        /// Its number.
        reference: Ref,
    },
    /// The server refused something that it does not name.
    Error(Refusal),
    /// The server is about to close; the session comes back by itself.
    Goaway {
        /// Why, in one word.
        why: String,
    },
}

/// One event of a room's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomEvent {
    /// The event; its room and `seq` are in it.
    pub event: Event,
    /// This user's own command of this id made it. A line of that id that the shell shows already is this one.
    pub own: Option<Id>,
    /// Changes with `seq <= as_of` are folded into the event already and must not be applied to it again.
    pub as_of: Seq,
}

/// A page of history that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The question's number.
    pub reference: Ref,
    /// What was asked.
    pub place: Place,
    /// The answer.
    pub page: HistoryPage,
}

/// Where a page of history is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The newest page.
    Newest,
    /// The page that ends just before this place.
    Before(Seq),
    /// The page that begins just after this place.
    After(Seq),
    /// The page with this place in its middle.
    Around(Seq),
    /// The one with the first event of this time (RFC 3339) or later in its middle.
    At(String),
}

/// A stretch of a room's log that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Whose log.
    pub room: RoomKey,
    /// The first missing place.
    pub from: Seq,
    /// The last missing place, as far as is known.
    pub to: Seq,
}

/// A cursor that could not be resumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomReset {
    /// Whose.
    pub room: RoomKey,
    /// Where the cursor was. With [`ResetWhy::Epoch`] it belongs to another history: the same numbers name other
    /// events now.
    pub held: Option<Seq>,
    /// The oldest event still kept.
    pub first: Seq,
    /// The cursor now. With [`ResetWhy::Gone`] the room is not in this session any more ([`SessionEvent::RoomLeft`] follows).
    pub head: Seq,
    /// Why.
    pub why: ResetWhy,
}

/// What to do to the disk outbox; it is the fold of all of these over what it held at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboxChange {
    /// Add the entry, or replace the one with its id in its place. When it is on disk the shell MUST call
    /// [`handle_persisted`](super::Session::handle_persisted) with its id, once for each `Put` and in their order; when
    /// it cannot be written, [`handle_not_persisted`](super::Session::handle_not_persisted) instead.
    Put(Outgoing),
    /// Take the entry out.
    Remove(Id),
}

/// Where an own line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutgoingState {
    /// Waits to be sent (for the disk, the link, or the server's leave).
    Queued,
    /// Sent, not answered yet.
    Sent,
    /// On the server's disk. Its event comes, or came, in the room's log.
    Stored {
        /// Its place there.
        seq: Seq,
        /// When it was stored.
        timestamp: String,
    },
    /// Not stored, and not tried again by itself. The text is kept until `retry` or `discard`.
    Failed(Failure),
}

/// Why a line was not stored.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Failure {
    /// The server's code; none where the session itself would not send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ErrorCode>,
    /// One sentence for people.
    pub reason: String,
}
