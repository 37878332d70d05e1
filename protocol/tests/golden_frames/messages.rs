use protocol::event::{Message, Pin};
use protocol::messages::{Edits, File, Found, Hit, Mentioned, Pins, Reader, Readers, ThreadPage, Version};
use protocol::server::ServerFrame;
use protocol::signal::Seen;

use crate::events::{TIMESTAMP, message};
use crate::{id, room, user};

pub(super) fn pin(on: bool) -> Pin {
    Pin {
        room: room("lobby"),
        seq: 1048,
        id: id("01JD"),
        target: 1040,
        user: user("u-3"),
        sender: "cy".into(),
        on,
        timestamp: TIMESTAMP.into(),
    }
}

pub(super) fn files() -> Vec<File> {
    let picture = File {
        file: id("01JFILE"),
        name: "Büro plan.png".into(),
        size: 48_213,
        kind: "image/png".into(),
        width: Some(1280),
        height: Some(720),
        thumb: true,
    };
    let kind = "application/octet-stream".into();
    let plain = File {
        file: id("01JFILF"),
        name: "core.dump".into(),
        size: 1 << 30,
        kind,
        width: None,
        height: None,
        thumb: false,
    };
    vec![picture, plain]
}

/// Messages out of their logs.
pub(super) fn found() -> Vec<(&'static str, ServerFrame)> {
    let lobby = || room("lobby");
    let (previous, next) = (Message { seq: 1043, ..message() }, Message { seq: 1045, ..message() });
    let hit = Hit {
        message: message(),
        title: "Lobby".into(),
        previous: Some(Box::new(previous)),
        next: Some(Box::new(next)),
    };
    let last = Hit { previous: None, next: None, ..hit.clone() };
    let version = |seq, text: &str| Version { seq, text: text.into(), timestamp: TIMESTAMP.into() };
    let reader = Reader { user: user("u-3"), name: "cy".into(), upto: 1044 };
    vec![
        (
            "found",
            ServerFrame::Found(Found {
                reference: 23,
                hits: vec![hit.clone(), last.clone()],
                before: Some(5012),
                behind: 0,
            }),
        ),
        (
            "found-nothing",
            ServerFrame::Found(Found { reference: 23, hits: vec![], before: None, behind: 12 }),
        ),
        (
            "mentioned",
            ServerFrame::Mentioned(Mentioned { reference: 24, hits: vec![last], before: Some(90) }),
        ),
        (
            "thread",
            ServerFrame::Thread(ThreadPage {
                reference: 20,
                room: lobby(),
                root: Box::new(Message { seq: 1001, ..message() }),
                messages: vec![Message { thread: Some(1001), ..message() }],
                more: true,
                as_of: 1049,
            }),
        ),
        ("pins", ServerFrame::Pins(Pins { reference: 22, room: lobby(), messages: vec![message()] })),
        (
            "edits",
            ServerFrame::Edits(Edits {
                reference: 21,
                room: lobby(),
                target: 1044,
                versions: vec![version(1044, "Hi **all**"), version(1045, "Hi all")],
            }),
        ),
        ("readers", ServerFrame::Readers(Readers { reference: 25, room: lobby(), readers: vec![reader] })),
        (
            "seen",
            ServerFrame::Seen(Seen { room: lobby(), user: user("u-3"), sender: "cy".into(), upto: 1044 }),
        ),
    ]
}
