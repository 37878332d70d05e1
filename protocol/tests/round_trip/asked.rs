//! What is asked about rooms and the people in them.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use protocol::client::{self, ClientFrame};
use protocol::own::{self, Level};
use protocol::rooms;

use crate::{id, kind, number, room, room_role, text, user};

/// What is asked about rooms, and kept in `@self`.
pub(super) fn about_rooms() -> impl Strategy<Value = ClientFrame> {
    let create = (number(), text(), kind(), of(text()))
        .prop_map(|(reference, room, kind, topic)| rooms::Create { reference, room, kind, topic });
    let rules = (of(any::<bool>()), of(any::<u32>()), of(any::<bool>()), of(any::<bool>()));
    let change = (number(), room(), of(id()), of(text()), of(text()), rules).prop_map(
        |(reference, room, id, title, topic, (announce, slow_s, archived, seen))| rooms::Change {
            reference,
            room,
            id,
            title,
            topic,
            announce,
            slow_s,
            archived,
            seen,
        },
    );
    prop_oneof![
        create.prop_map(ClientFrame::Create),
        change.prop_map(ClientFrame::Change),
        (number(), vec(user(), 0..4))
            .prop_map(|(reference, users)| ClientFrame::Direct(rooms::Direct { reference, users })),
        (number(), text())
            .prop_map(|(reference, room)| ClientFrame::Decline(client::RoomQuestion { reference, room })),
        (room(), number(), any::<bool>()).prop_map(|(room, seq, back)| ClientFrame::Read(own::Read {
            room,
            seq,
            back
        })),
        (room(), number(), number(), any::<bool>()).prop_map(|(room, thread, seq, back)| {
            ClientFrame::ReadThread(own::ReadThread { room, thread, seq, back })
        }),
        (number(), room(), select(vec![Level::All, Level::Mentions, Level::None]))
            .prop_map(|(reference, room, level)| ClientFrame::Notify(own::Notify { reference, room, level })),
        (number(), user(), any::<bool>()).prop_map(|(reference, user, on)| ClientFrame::Block(own::Block {
            reference,
            user,
            on
        })),
        (room(), text(), of(number()), of(number())).prop_map(|(room, text, reply, thread)| {
            ClientFrame::Draft(own::Draft { room, text, reply, thread })
        }),
    ]
}

/// What is asked about people in rooms, and what they said.
pub(super) fn about_people() -> impl Strategy<Value = ClientFrame> {
    let moderate = || {
        (number(), room(), user(), of(id()), of(number()), of(text())).prop_map(
            |(reference, room, user, id, for_s, reason)| rooms::Moderate {
                reference,
                room,
                user,
                id,
                for_s,
                reason,
            },
        )
    };
    let browse = || {
        (number(), of(number()), of(any::<u32>())).prop_map(|(reference, before, limit)| rooms::Browse {
            reference,
            before,
            limit,
        })
    };
    prop_oneof![
        moderate().prop_map(ClientFrame::Invite),
        moderate().prop_map(ClientFrame::Kick),
        moderate().prop_map(ClientFrame::Ban),
        moderate().prop_map(ClientFrame::Unban),
        moderate().prop_map(ClientFrame::Mute),
        moderate().prop_map(ClientFrame::Unmute),
        (number(), room(), user(), room_role(), of(id())).prop_map(|(reference, room, user, role, id)| {
            ClientFrame::Role(rooms::SetRole { reference, room, user, role, id })
        }),
        (room(), number(), of(id())).prop_map(|(room, target, id)| ClientFrame::Delete(rooms::Delete {
            room,
            target,
            id
        })),
        (number(), room(), number(), text()).prop_map(|(reference, room, target, reason)| {
            ClientFrame::Report(rooms::Report { reference, room, target, reason })
        }),
        browse().prop_map(ClientFrame::Reports),
        browse().prop_map(ClientFrame::Audit),
        (number(), number())
            .prop_map(|(reference, report)| ClientFrame::Resolve(rooms::Resolve { reference, report })),
    ]
}
