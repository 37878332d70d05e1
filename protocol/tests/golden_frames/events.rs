use std::collections::BTreeMap;

use protocol::event::{Delete, Edit, Event, Folded, Message, React};
use protocol::messages::{Everyone, Replies};
use protocol::own::{
    Blocked, Drafted, Invited, Joined, Level, NotifyOf, PrefsSet, Quiet, ReadUpto, ThreadRead,
};
use protocol::rooms::{MemberChange, MemberChanged, RoomEdited, RoomKind, RoomRole};

use crate::messages::{files, pin};
use crate::{id, room, user};

pub(super) const TIMESTAMP: &str = "2026-01-25T10:00:00.123Z";

pub(super) fn message() -> Message {
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
        mentions: vec![],
        everyone: None,
        files: vec![],
        folded: None,
    }
}

pub(super) fn edit() -> Edit {
    Edit {
        room: room("lobby"),
        seq: 1045,
        id: id("01JD"),
        target: 1044,
        user: user("u-9"),
        sender: "bo".into(),
        text: "Hi all".into(),
        mentions: vec![],
        everyone: None,
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

pub(super) fn react(on: bool) -> React {
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

pub(super) fn events() -> Vec<(&'static str, Event)> {
    let own = || room(protocol::SELF_ROOM);
    let joined = MemberChanged {
        room: room("lobby"),
        seq: 1048,
        id: id("01JD"),
        user: user("u-9"),
        sender: "bo".into(),
        who: user("u-9"),
        name: "bo".into(),
        change: MemberChange::Joined,
        role: Some(RoomRole::Member),
        until: None,
        reason: None,
        timestamp: TIMESTAMP.into(),
    };
    let edited = RoomEdited {
        room: room("lobby"),
        seq: 1048,
        id: id("01JD"),
        user: user("u-9"),
        sender: "bo".into(),
        title: Some("All of us".into()),
        topic: Some("News".into()),
        announce: None,
        slow_s: None,
        archived: None,
        seen: None,
        timestamp: TIMESTAMP.into(),
    };
    let listed = Joined {
        room: own(),
        seq: 82,
        of: room("r-01jd"),
        title: "Salaries".into(),
        kind: RoomKind::Private,
        on: true,
        why: None,
        reason: None,
        until: None,
    };
    let folded = Folded {
        text: Some("Hi all".into()),
        deleted: false,
        edited: Some(TIMESTAMP.into()),
        reactions: BTreeMap::from([("👍".into(), vec![user("u-3"), user("g-1")])]),
        pinned: true,
        replies: Some(Replies {
            count: 3,
            last: 1047,
            timestamp: TIMESTAMP.into(),
            users: vec![user("u-3")],
        }),
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
        (
            "message-mentions",
            Event::Message(Message {
                message: "@cy @here look".into(),
                mentions: vec![user("u-3")],
                everyone: Some(Everyone::Here),
                ..message()
            }),
        ),
        ("message-files", Event::Message(Message { message: String::new(), files: files(), ..message() })),
        ("edit", Event::Edit(edit())),
        (
            "edit-mentions",
            Event::Edit(Edit { mentions: vec![user("u-3")], everyone: Some(Everyone::Room), ..edit() }),
        ),
        ("pin", Event::Pin(pin(true))),
        ("pin-off", Event::Pin(pin(false))),
        ("delete", Event::Delete(delete())),
        ("react-on", Event::React(react(true))),
        ("react-off", Event::React(react(false))),
        ("member", Event::Member(joined.clone())),
        (
            "member-banned",
            Event::Member(MemberChanged {
                user: user("u-1"),
                sender: "olga".into(),
                change: MemberChange::Banned,
                role: None,
                until: Some(TIMESTAMP.into()),
                reason: Some("Spam".into()),
                ..joined
            }),
        ),
        ("changed", Event::Changed(edited.clone())),
        (
            "changed-rules",
            Event::Changed(RoomEdited {
                title: None,
                topic: None,
                announce: Some(true),
                slow_s: Some(30),
                archived: Some(true),
                seen: Some(true),
                ..edited
            }),
        ),
        ("self-read", Event::Read(ReadUpto { room: own(), seq: 77, of: room("lobby"), upto: 1049 })),
        (
            "self-read-thread",
            Event::ReadThread(ThreadRead {
                room: own(),
                seq: 84,
                of: room("lobby"),
                thread: 1001,
                upto: 1049,
            }),
        ),
        (
            "self-notify",
            Event::Notify(NotifyOf { room: own(), seq: 78, of: room("lobby"), level: Level::All }),
        ),
        ("self-block", Event::Block(Blocked { room: own(), seq: 79, who: user("u-9"), on: true })),
        (
            "self-draft",
            Event::Draft(Drafted {
                room: own(),
                seq: 80,
                of: room("lobby"),
                text: "I thin".into(),
                reply: Some(1044),
                thread: Some(1001),
            }),
        ),
        (
            "self-prefs",
            Event::Prefs(PrefsSet {
                room: own(),
                seq: 83,
                keywords: vec!["deploy".into()],
                quiet: Some(Quiet { from: 1320, to: 420 }),
            }),
        ),
        (
            "self-invited",
            Event::Invited(Invited {
                room: own(),
                seq: 81,
                of: room("r-01jd"),
                title: "Salaries".into(),
                user: user("u-9"),
                sender: "bo".into(),
                on: true,
                timestamp: TIMESTAMP.into(),
            }),
        ),
        ("self-joined", Event::Joined(listed.clone())),
        (
            "self-joined-banned",
            Event::Joined(Joined {
                on: false,
                why: Some("banned".into()),
                reason: Some("Spam".into()),
                until: Some(TIMESTAMP.into()),
                ..listed
            }),
        ),
    ]
}
