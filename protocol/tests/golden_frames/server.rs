use std::collections::BTreeMap;

use protocol::event::{Event, Unknown};
use protocol::people::{Profile, Role};
use protocol::rooms::{Audit, AuditEntry, Reported, Reports, RoomRole, Rules};
use protocol::server::{
    Ack, Done, Goaway, HistoryPage, Limits, Member, Ping, Reset, ResetWhy, RoomChanged, RoomInfo, RoomKind,
    Rooms, ServerFrame, Synced, User, Welcome,
};
use protocol::signal::{ComeAndGo, Presence, PresenceState, Profiled, Renamed, Typing};

use crate::errors::errors;
use crate::events::{TIMESTAMP, edit, events, message, react};
use crate::messages::found;
use crate::{check, epoch, id, room, user};

fn info(name: &str, topic: Option<&str>) -> RoomInfo {
    RoomInfo {
        room: room(name),
        title: name.to_uppercase(),
        kind: RoomKind::Public,
        topic: topic.map(Into::into),
        first: 1,
        head: 1048,
        present: 3,
        rules: Rules::default(),
        standing: None,
        read: None,
        unread: 0,
        mentions: 0,
        pins: 0,
        people: vec![],
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

fn profile() -> Profile {
    let avatar = Some("5f2c8a1e9b3d4c7f6a0e1d2c3b4a5968".into());
    Profile { colour: Some(210), avatar, status: Some("at lunch".into()), away: true }
}

fn frames() -> Vec<(&'static str, ServerFrame)> {
    let lobby = || room("lobby");
    let welcome = Welcome {
        server: "chat-server/0.1.0".into(),
        epoch: epoch("01JDEPOCH00000000000000000"),
        user: User {
            user: user("u-7"),
            name: "ana".into(),
            guest: false,
            role: Role::Admin,
            profile: profile(),
        },
        token: None,
        heartbeat_ms: 10_000,
        limits: Limits { message_bytes: 65_536, history: 200, resume: 10_000 },
        read_only: false,
        rooms: vec![info("lobby", Some("All of us")), info("ops", None)],
    };
    let guest = User {
        user: user("g-1"),
        name: "李雷".into(),
        guest: true,
        role: Role::Guest,
        profile: Profile::default(),
    };
    let reset =
        |why| ServerFrame::Reset(Reset { room: lobby(), epoch: epoch("01JD"), first: 1, head: 9000, why });
    let ack = Ack { id: id("01JE"), room: lobby(), seq: 1049, timestamp: TIMESTAMP.into(), dup: false };
    let done = Done { reference: 9, room: None, name: None };
    let member = |name: &str, guest, state| Member {
        user: user("u-9"),
        name: name.into(),
        guest,
        role: if guest { Role::Guest } else { Role::Member },
        standing: if guest { None } else { Some(RoomRole::Moderator) },
        profile: if name == "bo" { profile() } else { Profile::default() },
        state,
    };
    let presence = |state| {
        ServerFrame::Presence(Presence { room: lobby(), user: user("u-9"), sender: "bo".into(), state })
    };
    let typing = |on, thread| {
        ServerFrame::Typing(Typing { room: lobby(), user: user("u-9"), sender: "bo".into(), on, thread })
    };
    let kind =
        |kind| ServerFrame::Room(RoomChanged { room: RoomInfo { kind, ..info("ops", None) }, joined: true });
    let mut frames = vec![
        ("welcome", ServerFrame::Welcome(Box::new(welcome.clone()))),
        (
            "welcome-guest",
            ServerFrame::Welcome(Box::new(Welcome {
                user: guest,
                token: Some("g-1.abc".into()),
                read_only: true,
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
            crate::sentences::nobody_sentenced(vec![
                member("ana", true, PresenceState::Online),
                member("bo", false, PresenceState::Idle),
                member("cy", false, PresenceState::Offline),
            ]),
        ),
        ("members-sentenced", crate::sentences::members()),
        (
            "rooms",
            ServerFrame::Rooms(Rooms {
                reference: 11,
                rooms: vec![info("ops", Some("Nights")), info("lobby", None)],
            }),
        ),
        (
            "room-rules",
            ServerFrame::Ok(Done {
                reference: 9,
                name: None,
                room: Some(RoomInfo {
                    kind: RoomKind::Private,
                    rules: Rules { announce: true, slow_s: 30, archived: true, seen: true },
                    standing: Some(RoomRole::Owner),
                    read: Some(1040),
                    unread: 3,
                    mentions: 1,
                    pins: 2,
                    ..info("r-01jd", None)
                }),
            }),
        ),
        (
            "audit",
            ServerFrame::Audit(Audit {
                reference: 17,
                entries: vec![
                    AuditEntry {
                        n: 89,
                        timestamp: TIMESTAMP.into(),
                        user: Some(user("u-1")),
                        sender: "olga".into(),
                        action: "ban".into(),
                        room: Some(lobby()),
                        who: Some(user("u-9")),
                        target: None,
                        detail: Some("for 1 h: Spam".into()),
                    },
                    AuditEntry {
                        n: 88,
                        timestamp: TIMESTAMP.into(),
                        user: None,
                        sender: "server".into(),
                        action: "archive".into(),
                        room: Some(lobby()),
                        who: None,
                        target: Some(1044),
                        detail: None,
                    },
                ],
                more: true,
            }),
        ),
        (
            "reports",
            ServerFrame::Reports(Reports {
                reference: 15,
                reports: vec![Reported {
                    n: 3,
                    timestamp: TIMESTAMP.into(),
                    user: user("u-7"),
                    sender: "ana".into(),
                    reason: "Rude".into(),
                    room: lobby(),
                    target: 1044,
                    who: user("u-9"),
                    name: "bo".into(),
                    text: "Hi **all**".into(),
                    resolved: false,
                }],
                more: false,
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
        (
            "profile",
            ServerFrame::Profile(Profiled {
                room: lobby(),
                user: user("u-9"),
                sender: "bo".into(),
                role: Role::Moderator,
                profile: profile(),
            }),
        ),
        ("typing-on", typing(true, None)),
        ("typing-off", typing(false, None)),
        ("typing-thread", typing(true, Some(1001))),
        ("presence-online", presence(PresenceState::Online)),
        ("presence-idle", presence(PresenceState::Idle)),
        ("presence-offline", presence(PresenceState::Offline)),
        ("ping", ServerFrame::Ping(Ping { heads: BTreeMap::from([(lobby(), 1049), (room("@self"), 77)]) })),
        ("ping-empty", ServerFrame::Ping(Ping::default())),
        ("goaway", ServerFrame::Goaway(Goaway { after_ms: 1730, why: "restart".into() })),
    ];
    frames.extend(found());
    frames.extend(events().into_iter().map(|(name, event)| (name, ServerFrame::Event(event))));
    frames.extend(pages().into_iter().map(|(name, page)| (name, ServerFrame::History(page))));
    frames.extend(errors().into_iter().map(|(name, refusal)| (name, ServerFrame::Error(refusal))));
    frames
}

#[test]
fn server_frames_are_as_the_golden_files_say() {
    check("server", frames(), ServerFrame::parse, ServerFrame::encode);
}
