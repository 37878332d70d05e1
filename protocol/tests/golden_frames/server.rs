use std::collections::BTreeMap;

use protocol::error::{ErrorCode, Refusal};
use protocol::event::{Delete, Edit, Event, Folded, Message, React, Unknown};
use protocol::server::{
    Ack, Done, Goaway, HistoryPage, Limits, Member, Members, Ping, Reset, ResetWhy, RoomChanged, RoomInfo,
    RoomKind, Rooms, ServerFrame, Synced, User, Welcome,
};
use protocol::signal::{ComeAndGo, Presence, PresenceState, Renamed, Typing};

use crate::{check, epoch, id, room, user};

const TIMESTAMP: &str = "2026-01-25T10:00:00.123Z";

fn message() -> Message {
    Message {
        room: room("lobby"),
        seq: 1044,
        id: id("01JD"),
        user: user("u-9"),
        sender: "bo".into(),
        message: "Hi **all**".into(),
        timestamp: TIMESTAMP.into(),
        guest: false,
        reply: None,
        thread: None,
        folded: None,
    }
}

fn edit() -> Edit {
    Edit {
        room: room("lobby"),
        seq: 1045,
        id: id("01JD"),
        target: 1044,
        user: user("u-9"),
        sender: "bo".into(),
        text: "Hi all".into(),
        timestamp: TIMESTAMP.into(),
    }
}

fn delete() -> Delete {
    Delete {
        room: room("lobby"),
        seq: 1046,
        id: id("01JD"),
        target: 1044,
        user: user("u-9"),
        sender: "bo".into(),
        timestamp: TIMESTAMP.into(),
    }
}

fn react(on: bool) -> React {
    React {
        room: room("lobby"),
        seq: 1047,
        id: id("01JD"),
        target: 1040,
        user: user("u-3"),
        sender: "cy".into(),
        emoji: "👍".into(),
        on,
        timestamp: TIMESTAMP.into(),
    }
}

fn info(name: &str, topic: Option<&str>) -> RoomInfo {
    RoomInfo {
        room: room(name),
        title: name.to_uppercase(),
        kind: RoomKind::Public,
        topic: topic.map(Into::into),
        first: 1,
        head: 1048,
        present: 3,
    }
}

fn come_and_go(crowd: bool) -> ComeAndGo {
    ComeAndGo {
        room: room("lobby"),
        message: if crowd { "30 people came or went".into() } else { "ana and bo were there".into() },
        names: if crowd { vec![] } else { vec!["ana".into(), "bo".into()] },
        users: if crowd { vec![] } else { vec![user("g-1"), user("u-9")] },
        count: if crowd { 30 } else { 2 },
        present: 40,
        timestamp: TIMESTAMP.into(),
    }
}

fn events() -> Vec<(&'static str, Event)> {
    let folded = Folded {
        text: Some("Hi all".into()),
        deleted: false,
        reactions: BTreeMap::from([("👍".into(), vec![user("u-3"), user("g-1")])]),
    };
    vec![
        ("message", Event::Message(message())),
        ("message-guest", Event::Message(Message { guest: true, user: user("g-1"), ..message() })),
        ("message-reply", Event::Message(Message { reply: Some(1040), thread: Some(1001), ..message() })),
        ("message-folded", Event::Message(Message { folded: Some(folded), ..message() })),
        (
            "message-deleted",
            Event::Message(Message {
                message: String::new(),
                folded: Some(Folded { deleted: true, ..Folded::default() }),
                ..message()
            }),
        ),
        ("edit", Event::Edit(edit())),
        ("delete", Event::Delete(delete())),
        ("react-on", Event::React(react(true))),
        ("react-off", Event::React(react(false))),
    ]
}

fn pages() -> Vec<(&'static str, HistoryPage)> {
    let page = HistoryPage {
        reference: Some(7),
        room: room("lobby"),
        events: vec![
            Event::Message(message()),
            Event::Edit(edit()),
            Event::Unknown(Unknown { room: room("lobby"), seq: 1046 }),
            Event::React(react(true)),
        ],
        first: 1044,
        last: 1047,
        head: 1049,
        as_of: 1049,
        more: true,
    };
    let empty =
        HistoryPage { events: vec![], first: 1, last: 0, head: 0, as_of: 0, more: false, ..page.clone() };
    vec![
        ("history", page.clone()),
        ("history-plain", HistoryPage { reference: None, ..page }),
        ("history-empty", empty),
    ]
}

fn errors() -> Vec<(&'static str, Refusal)> {
    let slow = Refusal::new(ErrorCode::RateLimited, "slow down").with_room(Some(room("lobby")));
    let codes = [
        ("error-bad_frame", ErrorCode::BadFrame),
        ("error-unknown_type", ErrorCode::UnknownType),
        ("error-hello_expected", ErrorCode::HelloExpected),
        ("error-unexpected_hello", ErrorCode::UnexpectedHello),
        ("error-bad_name", ErrorCode::BadName),
        ("error-name_taken", ErrorCode::NameTaken),
        ("error-room_exists", ErrorCode::RoomExists),
        ("error-no_room", ErrorCode::NoRoom),
        ("error-not_joined", ErrorCode::NotJoined),
        ("error-too_many_rooms", ErrorCode::TooManyRooms),
        ("error-empty", ErrorCode::Empty),
        ("error-too_long", ErrorCode::TooLong),
        ("error-id_reused", ErrorCode::IdReused),
        ("error-rate_limited", ErrorCode::RateLimited),
        ("error-storage_full", ErrorCode::StorageFull),
        ("error-unavailable", ErrorCode::Unavailable),
    ];
    let mut errors: Vec<_> =
        codes.into_iter().map(|(name, code)| (name, Refusal::new(code, "one sentence"))).collect();
    errors.extend([
        ("error-of-id", slow.clone().with_id(Some(id("01JE"))).with_retry_ms(1200)),
        ("error-of-ref", slow.with_ref(Some(7))),
    ]);
    errors
}

fn frames() -> Vec<(&'static str, ServerFrame)> {
    let lobby = || room("lobby");
    let welcome = Welcome {
        server: "chat-server/0.1.0".into(),
        epoch: epoch("01JDEPOCH00000000000000000"),
        user: User { user: user("u-7"), name: "ana".into(), guest: false },
        token: "u-7.abc".into(),
        heartbeat_ms: 10_000,
        limits: Limits { message_bytes: 65_536, history: 200, resume: 10_000 },
        rooms: vec![info("lobby", Some("All of us")), info("ops", None)],
    };
    let guest = User { user: user("g-1"), name: "李雷".into(), guest: true };
    let reset =
        |why| ServerFrame::Reset(Reset { room: lobby(), epoch: epoch("01JD"), first: 1, head: 9000, why });
    let ack = Ack { id: id("01JE"), room: lobby(), seq: 1049, timestamp: TIMESTAMP.into(), dup: false };
    let done = Done { reference: 9, room: None, name: None };
    let member = |name: &str, guest, state| Member { user: user("u-9"), name: name.into(), guest, state };
    let presence = |state| {
        ServerFrame::Presence(Presence { room: lobby(), user: user("u-9"), sender: "bo".into(), state })
    };
    let typing =
        |on| ServerFrame::Typing(Typing { room: lobby(), user: user("u-9"), sender: "bo".into(), on });
    let kind =
        |kind| ServerFrame::Room(RoomChanged { room: RoomInfo { kind, ..info("ops", None) }, joined: true });
    let mut frames = vec![
        ("welcome", ServerFrame::Welcome(Box::new(welcome.clone()))),
        (
            "welcome-guest",
            ServerFrame::Welcome(Box::new(Welcome {
                user: guest,
                rooms: vec![info("lobby", None)],
                ..welcome
            })),
        ),
        ("synced", ServerFrame::Synced(Synced { room: lobby(), head: 1048 })),
        ("reset-epoch", reset(ResetWhy::Epoch)),
        ("reset-too_old", reset(ResetWhy::TooOld)),
        ("reset-ahead", reset(ResetWhy::Ahead)),
        ("reset-gone", reset(ResetWhy::Gone)),
        ("ack", ServerFrame::Ack(ack.clone())),
        ("ack-dup", ServerFrame::Ack(Ack { dup: true, ..ack })),
        ("ok", ServerFrame::Ok(done.clone())),
        ("ok-room", ServerFrame::Ok(Done { room: Some(info("ops", None)), ..done.clone() })),
        ("ok-name", ServerFrame::Ok(Done { name: Some("anna".into()), ..done })),
        (
            "members",
            ServerFrame::Members(Members {
                reference: 10,
                room: lobby(),
                members: vec![
                    member("ana", true, PresenceState::Online),
                    member("bo", false, PresenceState::Idle),
                    member("cy", false, PresenceState::Offline),
                ],
                present: 3,
            }),
        ),
        (
            "rooms",
            ServerFrame::Rooms(Rooms {
                reference: 11,
                rooms: vec![info("ops", Some("Nights")), info("lobby", None)],
            }),
        ),
        ("room-joined", kind(RoomKind::Public)),
        ("room-private", kind(RoomKind::Private)),
        ("room-direct", kind(RoomKind::Direct)),
        ("room-left", ServerFrame::Room(RoomChanged { room: info("ops", None), joined: false })),
        ("join", ServerFrame::Join(come_and_go(false))),
        ("join-crowd", ServerFrame::Join(come_and_go(true))),
        ("leave", ServerFrame::Leave(come_and_go(false))),
        ("leave-crowd", ServerFrame::Leave(come_and_go(true))),
        (
            "renamed",
            ServerFrame::Renamed(Renamed {
                room: lobby(),
                user: user("g-1"),
                from: "ana".into(),
                to: "anna".into(),
            }),
        ),
        ("typing-on", typing(true)),
        ("typing-off", typing(false)),
        ("presence-online", presence(PresenceState::Online)),
        ("presence-idle", presence(PresenceState::Idle)),
        ("presence-offline", presence(PresenceState::Offline)),
        ("ping", ServerFrame::Ping(Ping { heads: BTreeMap::from([(lobby(), 1049), (room("@self"), 77)]) })),
        ("ping-empty", ServerFrame::Ping(Ping::default())),
        ("goaway", ServerFrame::Goaway(Goaway { after_ms: 1730, why: "restart".into() })),
    ];
    frames.extend(events().into_iter().map(|(name, event)| (name, ServerFrame::Event(event))));
    frames.extend(pages().into_iter().map(|(name, page)| (name, ServerFrame::History(page))));
    frames.extend(errors().into_iter().map(|(name, refusal)| (name, ServerFrame::Error(refusal))));
    frames
}

#[test]
fn server_frames_are_as_the_golden_files_say() {
    check("server", frames(), ServerFrame::parse, ServerFrame::encode);
}
