//! The permissions as a table: every frame and route, for everybody, in every kind of room. `docs/PERMISSIONS.md` is made
//! from it, and tested over the wire.
//!
//! A frame or route without a row does not compile.

use std::fmt::Write as _;

use protocol::client::ClientFrame;
use protocol::http::{Call, ROUTES};
use protocol::people::{Guests, Role};
use protocol::rooms::{RoomKind, RoomRole};

use super::{
    AccountFacts, Action, Actor, InRoom, MessageFacts, OfAccounts, OfSelf, PersonFacts, Reach, RoomFacts,
    Standing, ToAccount, ToMessage, ToPerson, decide,
};

/// Somebody, as a column.
pub(super) struct Who {
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) standing: Standing,
    pub(super) reach: Reach,
    pub(super) active: bool,
}

/// A room, as a table.
pub(super) struct Kind {
    title: &'static str,
    room: RoomKind,
    announce: bool,
    archived: bool,
}

/// What is asked for, as a row.
pub(super) struct Row {
    /// The frame's `type`.
    pub(super) frame: &'static str,
    /// Which of the things that it can ask for.
    pub(super) what: &'static str,
    pub(super) act: Act,
}

/// What a row asks policy.
#[derive(Clone, Copy)]
pub(super) enum Act {
    /// Nothing: it concerns the connection alone.
    Free,
    Server(Action<'static>),
    Room(InRoom),
    /// With whom it is done to.
    Person(ToPerson, Target),
    Message(ToMessage, Whose),
}

/// Whom something is done to in a room.
#[derive(Clone, Copy)]
pub(super) enum Target {
    Outsider,
    Member,
    Owner,
}

/// Whose message.
#[derive(Clone, Copy)]
pub(super) enum Whose {
    Own,
    Members,
}

const fn row(frame: &'static str, what: &'static str, act: Act) -> Row {
    Row { frame, what, act }
}

const NONE: Standing = Standing { role: None, invited: false, banned: false, muted: false };

const fn is(role: RoomRole) -> Standing {
    Standing { role: Some(role), ..NONE }
}

const fn who(name: &'static str, role: Role, standing: Standing) -> Who {
    Who { name, role, standing, reach: Reach::FULL, active: true }
}

const READER: Reach = Reach { write: false, person: false, ..Reach::FULL };
const WRITER: Reach = Reach { person: false, ..Reach::FULL };

/// The columns.
pub(super) const PEOPLE: [Who; 14] = [
    who("guest", Role::Guest, NONE),
    who("account", Role::Member, NONE),
    who("invited", Role::Member, Standing { invited: true, ..NONE }),
    who("member", Role::Member, is(RoomRole::Member)),
    who("muted", Role::Member, Standing { muted: true, ..is(RoomRole::Member) }),
    who("moderator", Role::Member, is(RoomRole::Moderator)),
    who("owner", Role::Member, is(RoomRole::Owner)),
    who("banned", Role::Member, Standing { banned: true, ..NONE }),
    Who { reach: READER, ..who("reading bot", Role::Member, is(RoomRole::Member)) },
    Who { reach: WRITER, ..who("bot", Role::Member, is(RoomRole::Member)) },
    who("server's moderator", Role::Moderator, NONE),
    who("admin", Role::Admin, NONE),
    who("server's owner", Role::Owner, NONE),
    Who { active: false, ..who("deactivated", Role::Member, is(RoomRole::Member)) },
];

/// The tables of rooms.
pub(super) const KINDS: [Kind; 6] = [
    Kind { title: "A public room", room: RoomKind::Public, announce: false, archived: false },
    Kind { title: "A private room", room: RoomKind::Private, announce: false, archived: false },
    Kind { title: "A direct conversation", room: RoomKind::Direct, announce: false, archived: false },
    Kind {
        title: "A public room for announcements",
        room: RoomKind::Public,
        announce: true,
        archived: false,
    },
    Kind {
        title: "A private room for announcements",
        room: RoomKind::Private,
        announce: true,
        archived: false,
    },
    Kind { title: "An archived private room", room: RoomKind::Private, announce: false, archived: true },
];

const MODERATOR: ToPerson = ToPerson::SetRole(RoomRole::Moderator);
const OWNER: ToPerson = ToPerson::SetRole(RoomRole::Owner);
const DEMOTE: ToPerson = ToPerson::SetRole(RoomRole::Member);

const HELLO: &[Row] = &[row("hello", "", Act::Server(Action::Connect))];
const MESSAGE: &[Row] = &[
    row("message", "", Act::Room(InRoom::Say)),
    row("message", "that calls `@here` or `@room`", Act::Room(InRoom::Call)),
];
const EDIT: &[Row] = &[
    row("edit", "one's own", Act::Message(ToMessage::Edit, Whose::Own)),
    row("edit", "a member's", Act::Message(ToMessage::Edit, Whose::Members)),
];
const REACT: &[Row] = &[row("react", "", Act::Message(ToMessage::React, Whose::Members))];
const PIN: &[Row] = &[row("pin", "", Act::Message(ToMessage::Pin, Whose::Members))];
const HISTORY: &[Row] = &[row("history", "", Act::Room(InRoom::Read))];
const THREAD: &[Row] = &[row("thread", "", Act::Room(InRoom::Read))];
const EDITS: &[Row] = &[row("edits", "", Act::Room(InRoom::Read))];
const PINS: &[Row] = &[row("pins", "", Act::Room(InRoom::Read))];
const SEARCH: &[Row] = &[row("search", "", Act::Server(Action::ListRooms))];
const MENTIONS: &[Row] = &[row("mentions", "", Act::Server(Action::ListRooms))];
const READERS: &[Row] = &[row("readers", "", Act::Room(InRoom::Read))];
const PREFS: &[Row] = &[row("prefs", "", Act::Server(Action::Own))];
const CREATE: &[Row] = &[
    row("create", "public", Act::Server(Action::CreatePublic)),
    row("create", "private", Act::Server(Action::CreatePrivate)),
];
const DIRECT: &[Row] = &[row("direct", "", Act::Server(Action::OpenDirect { active: true }))];
const JOIN: &[Row] = &[row("join", "", Act::Room(InRoom::Join))];
const LEAVE: &[Row] = &[row("leave", "", Act::Room(InRoom::Leave))];
const DECLINE: &[Row] = &[row("decline", "", Act::Room(InRoom::Decline))];
const CHANGE: &[Row] = &[
    row("change", "title", Act::Room(InRoom::SetTitle)),
    row("change", "topic", Act::Room(InRoom::SetTopic)),
    row("change", "slow_s", Act::Room(InRoom::SetSlow)),
    row("change", "announce", Act::Room(InRoom::SetAnnounce)),
    row("change", "archived", Act::Room(InRoom::Archive)),
    row("change", "seen", Act::Room(InRoom::SetSeen)),
];
const INVITE: &[Row] = &[row("invite", "", Act::Person(ToPerson::Invite, Target::Outsider))];
const KICK: &[Row] = &[
    row("kick", "a member", Act::Person(ToPerson::Kick, Target::Member)),
    row("kick", "an owner", Act::Person(ToPerson::Kick, Target::Owner)),
];
const BAN: &[Row] = &[
    row("ban", "a member", Act::Person(ToPerson::Ban, Target::Member)),
    row("ban", "an owner", Act::Person(ToPerson::Ban, Target::Owner)),
    row("ban", "somebody else", Act::Person(ToPerson::Ban, Target::Outsider)),
];
const UNBAN: &[Row] = &[row("unban", "", Act::Person(ToPerson::Unban, Target::Outsider))];
const MUTE: &[Row] = &[
    row("mute", "a member", Act::Person(ToPerson::Mute, Target::Member)),
    row("mute", "an owner", Act::Person(ToPerson::Mute, Target::Owner)),
];
const UNMUTE: &[Row] = &[row("unmute", "", Act::Person(ToPerson::Unmute, Target::Member))];
const ROLE: &[Row] = &[
    row("role", "to moderator", Act::Person(MODERATOR, Target::Member)),
    row("role", "to owner", Act::Person(OWNER, Target::Member)),
    row("role", "from owner to member", Act::Person(DEMOTE, Target::Owner)),
];
const DELETE: &[Row] = &[
    row("delete", "one's own", Act::Message(ToMessage::Delete, Whose::Own)),
    row("delete", "a member's", Act::Message(ToMessage::Delete, Whose::Members)),
];
const REPORT: &[Row] = &[row("report", "", Act::Message(ToMessage::Report, Whose::Members))];
const REPORTS: &[Row] = &[row("reports", "", Act::Server(Action::Reports))];
const RESOLVE: &[Row] = &[row("resolve", "", Act::Server(Action::Reports))];
const AUDIT: &[Row] = &[row("audit", "", Act::Server(Action::Audit))];
const MEMBERS: &[Row] = &[row("members", "", Act::Room(InRoom::Read))];
const ROOMS: &[Row] = &[row("rooms", "", Act::Server(Action::ListRooms))];
const NICK: &[Row] = &[row("nick", "", Act::Server(Action::Own))];
const READ: &[Row] = &[row("read", "", Act::Room(InRoom::Read))];
const READ_THREAD: &[Row] = &[row("read_thread", "", Act::Room(InRoom::Read))];
const NOTIFY: &[Row] = &[row("notify", "", Act::Room(InRoom::Read))];
const BLOCK: &[Row] = &[row("block", "", Act::Server(Action::Own))];
const DRAFT: &[Row] = &[row("draft", "", Act::Room(InRoom::Read))];
const TYPING: &[Row] = &[row("typing", "", Act::Room(InRoom::Type))];
const PRESENCE: &[Row] = &[row("presence", "", Act::Server(Action::Own))];
const PONG: &[Row] = &[row("pong", "", Act::Free)];

/// Files, which come and go over HTTP.
const FILES: &[Row] =
    &[row("upload", "", Act::Room(InRoom::Say)), row("fetch", "of a message", Act::Room(InRoom::Read))];

/// All rows, in the order of the frames.
const TABLE: [&[Row]; 42] = [
    HELLO,
    MESSAGE,
    EDIT,
    REACT,
    PIN,
    HISTORY,
    THREAD,
    EDITS,
    PINS,
    SEARCH,
    MENTIONS,
    READERS,
    CREATE,
    DIRECT,
    JOIN,
    LEAVE,
    DECLINE,
    CHANGE,
    INVITE,
    KICK,
    BAN,
    UNBAN,
    MUTE,
    UNMUTE,
    ROLE,
    DELETE,
    REPORT,
    REPORTS,
    RESOLVE,
    AUDIT,
    MEMBERS,
    ROOMS,
    NICK,
    READ,
    READ_THREAD,
    NOTIFY,
    BLOCK,
    DRAFT,
    PREFS,
    TYPING,
    PRESENCE,
    PONG,
];

/// The rows of a frame.
pub(super) fn rows_of(frame: &ClientFrame) -> &'static [Row] {
    match frame {
        ClientFrame::Hello(_) => HELLO,
        ClientFrame::Message(_) => MESSAGE,
        ClientFrame::Edit(_) => EDIT,
        ClientFrame::React(_) => REACT,
        ClientFrame::Pin(_) => PIN,
        ClientFrame::History(_) => HISTORY,
        ClientFrame::Thread(_) => THREAD,
        ClientFrame::Edits(_) => EDITS,
        ClientFrame::Pins(_) => PINS,
        ClientFrame::Search(_) => SEARCH,
        ClientFrame::Mentions(_) => MENTIONS,
        ClientFrame::Readers(_) => READERS,
        ClientFrame::Prefs(_) => PREFS,
        ClientFrame::Create(_) => CREATE,
        ClientFrame::Direct(_) => DIRECT,
        ClientFrame::Join(_) => JOIN,
        ClientFrame::Leave(_) => LEAVE,
        ClientFrame::Decline(_) => DECLINE,
        ClientFrame::Change(_) => CHANGE,
        ClientFrame::Invite(_) => INVITE,
        ClientFrame::Kick(_) => KICK,
        ClientFrame::Ban(_) => BAN,
        ClientFrame::Unban(_) => UNBAN,
        ClientFrame::Mute(_) => MUTE,
        ClientFrame::Unmute(_) => UNMUTE,
        ClientFrame::Role(_) => ROLE,
        ClientFrame::Delete(_) => DELETE,
        ClientFrame::Report(_) => REPORT,
        ClientFrame::Reports(_) => REPORTS,
        ClientFrame::Resolve(_) => RESOLVE,
        ClientFrame::Audit(_) => AUDIT,
        ClientFrame::Members(_) => MEMBERS,
        ClientFrame::Rooms(_) => ROOMS,
        ClientFrame::Nick(_) => NICK,
        ClientFrame::Read(_) => READ,
        ClientFrame::ReadThread(_) => READ_THREAD,
        ClientFrame::Notify(_) => NOTIFY,
        ClientFrame::Block(_) => BLOCK,
        ClientFrame::Draft(_) => DRAFT,
        ClientFrame::Typing(_) => TYPING,
        ClientFrame::Presence(_) => PRESENCE,
        ClientFrame::Pong(_) => PONG,
    }
}

/// A member's account, as admins have to do with it.
const ACCOUNT: AccountFacts = AccountFacts { me: false, role: Role::Member, bot: false };
/// What files' routes are asked about where no room is meant: one that everybody may read.
const PUBLIC: RoomFacts = RoomFacts {
    kind: RoomKind::Public,
    announce: false,
    archived: false,
    lobby: false,
    pair: false,
    standing: NONE,
};
const BOT: AccountFacts = AccountFacts { me: false, role: Role::Member, bot: true };

/// What a route asks of policy; `None`: nothing, it is for whoever has the right password or link.
pub(super) fn of_route(call: Call) -> Option<Action<'static>> {
    Some(match call {
        Call::About | Call::Register | Call::Login | Call::Reset | Call::Logout => return None,
        Call::Audit | Call::AuditBefore => Action::Audit,
        Call::Announce | Call::SendPiece | Call::UploadOffset => Action::Room(InRoom::Say, &PUBLIC),
        Call::Fetch | Call::FetchThumb => Action::Room(InRoom::Read, &PUBLIC),
        Call::CancelUpload => Action::Connect,
        Call::Me => Action::Self_(OfSelf::See),
        Call::ChangeProfile
        | Call::SetAvatar
        | Call::RemoveAvatar
        | Call::ChangePassword
        | Call::Sessions
        | Call::EndSessions
        | Call::EndSession
        | Call::Tokens
        | Call::MakeToken
        | Call::RevokeToken => Action::Self_(OfSelf::Change),
        Call::Avatar => Action::Accounts(OfAccounts::SeePictures),
        Call::Invites | Call::Invite | Call::RevokeInvite => Action::Accounts(OfAccounts::Invites),
        Call::Users => Action::Accounts(OfAccounts::List),
        Call::AddUser => Action::Accounts(OfAccounts::Add),
        Call::ResetUser => Action::Account(ToAccount::Reset, &ACCOUNT),
        Call::SetRole => Action::Account(ToAccount::SetRole(Role::Moderator), &ACCOUNT),
        Call::Deactivate => Action::Account(ToAccount::Deactivate, &ACCOUNT),
        Call::Reactivate => Action::Account(ToAccount::Reactivate, &ACCOUNT),
        Call::SignOutUser => Action::Account(ToAccount::EndSessions, &ACCOUNT),
        Call::TokensOf | Call::MakeTokenOf | Call::RevokeTokenOf => Action::Account(ToAccount::Tokens, &BOT),
    })
}

impl Who {
    fn actor(&self) -> Actor {
        Actor { role: self.role, active: self.active, guests: Guests::On, reach: self.reach }
    }

    /// Whether there is such a one in such a room.
    fn occurs(&self, kind: RoomKind) -> bool {
        let in_it = matches!(self.standing.role, Some(RoomRole::Member)) && !self.standing.muted;
        kind != RoomKind::Direct || self.standing == NONE || in_it
    }
}

impl Row {
    /// What policy says of it; `None` where the row has nothing to do with rooms.
    fn cell(&self, who: &Who, kind: &Kind) -> Option<String> {
        let room = RoomFacts {
            kind: kind.room,
            announce: kind.announce,
            archived: kind.archived,
            lobby: false,
            pair: kind.room == RoomKind::Direct,
            standing: who.standing,
        };
        let actor = who.actor();
        let person = |target| {
            let standing = match target {
                Target::Outsider => NONE,
                Target::Member => is(RoomRole::Member),
                Target::Owner => is(RoomRole::Owner),
            };
            PersonFacts { me: false, role: Role::Member, active: true, standing }
        };
        let decided = match self.act {
            Act::Free | Act::Server(_) => return None,
            Act::Room(deed) => decide(&actor, Action::Room(deed, &room)),
            Act::Person(deed, target) => decide(&actor, Action::Person(deed, &room, &person(target))),
            Act::Message(deed, whose) => {
                let own = matches!(whose, Whose::Own);
                let author_standing = if own { who.standing } else { is(RoomRole::Member) };
                let message = MessageFacts { own, author: Role::Member, author_standing };
                decide(&actor, Action::Message(deed, &room, &message))
            }
        };
        Some(word(decided))
    }
}

fn word(decided: Result<(), super::Denied>) -> String {
    match decided {
        Ok(()) => "yes".to_owned(),
        Err(denied) => serde_json::to_string(&denied.code()).unwrap_or_default().trim_matches('"').to_owned(),
    }
}

const PROSE: &str = "\
# Permissions

Who may do what, as one function decides it (`chat-server/src/core/policy`): what no rule allows is denied. Made from
that function by `UPDATE_GOLDEN=1 cargo test -p chat-server permissions`; a test holds both the same, and another asks
a server over the wire what stands in these tables. `yes`, or the error's code; empty where there is no such person.

- A private room or conversation that somebody may not know of is answered exactly like one that is not there: `no_room`.
  A `message` or `typing` goes only to a room that the connection has joined: whoever could not join it is told
  `not_joined`, or nothing.
- Admins and the server's owners count as owners of every public room, the server's moderators as its moderators. In
  private rooms they are what everybody is there.
- A message that calls `@here` or `@room` and may not is said all the same, and calls nobody.
- A guest is never more than a member. With `--guests read-only` guests are told `sign_in` where they would write, with
  `--guests off` everywhere.
- Nobody moderates who is not above them: owners stand above moderators, and those above everybody else.
- `upload` and `fetch` are the routes of files. What may not be fetched is `not_found`, whatever the reason; a file that no
  message has yet is there for its uploader alone.
- A bot's token is good for what its scopes say, in the rooms that it names, and never for what only a person decides.
";

/// The whole of `docs/PERMISSIONS.md`.
pub(crate) fn document() -> String {
    let mut text = PROSE.to_owned();
    let header = |text: &mut String, people: &[&Who]| {
        let names: Vec<_> = people.iter().map(|who| who.name).collect();
        let _ = writeln!(text, "| | | {} |\n|---|---|{}", names.join(" | "), "---|".repeat(names.len()));
    };
    let everywhere: Vec<&Who> =
        PEOPLE.iter().filter(|who| who.standing == NONE || who.reach != Reach::FULL || !who.active).collect();
    text.push_str("\n## Wherever one is\n\n");
    header(&mut text, &everywhere);
    for row in TABLE.iter().copied().chain([FILES]).flatten() {
        let cells: Vec<_> = everywhere
            .iter()
            .filter_map(|who| match row.act {
                Act::Free => Some("yes".to_owned()),
                Act::Server(action) => Some(word(decide(&who.actor(), action))),
                _ => None,
            })
            .collect();
        if !cells.is_empty() {
            let _ = writeln!(text, "| `{}` | {} | {} |", row.frame, row.what, cells.join(" | "));
        }
    }
    for kind in &KINDS {
        let people: Vec<_> = PEOPLE.iter().filter(|who| who.occurs(kind.room)).collect();
        let _ = writeln!(text, "\n## {}\n", kind.title);
        header(&mut text, &people);
        for row in TABLE.iter().copied().chain([FILES]).flatten() {
            let cells: Vec<_> = people.iter().filter_map(|who| row.cell(who, kind)).collect();
            if !cells.is_empty() {
                let _ = writeln!(text, "| `{}` | {} | {} |", row.frame, row.what, cells.join(" | "));
            }
        }
    }
    text.push_str("\n## Routes\n\nAccounts that something is done to are members'; tokens are a bot's.\n\n");
    header(&mut text, &everywhere);
    for route in ROUTES {
        let cells: Vec<_> = everywhere
            .iter()
            .map(|who| {
                of_route(route.call).map_or("yes".to_owned(), |action| word(decide(&who.actor(), action)))
            })
            .collect();
        let _ = writeln!(text, "| `{} {}` | | {} |", route.method, route.path, cells.join(" | "));
    }
    text
}

#[test]
fn every_frame_has_a_row_under_its_own_name() {
    let named: std::collections::BTreeSet<_> = TABLE.iter().copied().flatten().map(|row| row.frame).collect();
    assert_eq!(named, ClientFrame::TYPES.into_iter().collect());
    let pong = ClientFrame::Pong(protocol::client::Pong {});
    assert!(rows_of(&pong).iter().all(|row| row.frame == pong.kind()));
}
