//! What a message is, what is done to it, and finding it again.

use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use protocol::client::ClientFrame;
use protocol::event::{Folded, Message};
use protocol::ids::UserId;
use protocol::messages::{self, Everyone};
use protocol::server::ServerFrame;
use protocol::{own, rooms};

use crate::{id, number, room, text, user};

/// What is done to messages, and finding them again.
pub(super) fn about_messages() -> impl Strategy<Value = ClientFrame> {
    use messages::SearchOrder::{Newest, Rank};
    let at = || (room(), number(), of(id()));
    let quiet = (any::<u16>(), any::<u16>()).prop_map(|(from, to)| own::Quiet { from, to });
    let of_room = || (number(), room()).prop_map(|(reference, room)| messages::OfRoom { reference, room });
    prop_oneof![
        (at(), text()).prop_map(|((room, target, id), text)| {
            ClientFrame::Edit(messages::Edit { room, target, text, id })
        }),
        (at(), text(), any::<bool>()).prop_map(|((room, target, id), emoji, on)| {
            ClientFrame::React(messages::React { room, target, emoji, on, id })
        }),
        (at(), any::<bool>()).prop_map(|((room, target, id), on)| {
            ClientFrame::Pin(messages::Pin { room, target, on, id })
        }),
        (number(), room(), number(), of(number()), of(any::<u32>())).prop_map(
            |(reference, room, root, before, limit)| {
                ClientFrame::Thread(messages::ThreadOf { reference, room, root, before, limit })
            }
        ),
        (number(), room(), number()).prop_map(|(reference, room, target)| {
            ClientFrame::Edits(messages::EditsOf { reference, room, target })
        }),
        of_room().prop_map(ClientFrame::Pins),
        of_room().prop_map(ClientFrame::Readers),
        (number(), text(), select(vec![Newest, Rank]), of(number()), of(any::<u32>())).prop_map(
            |(reference, query, order, before, limit)| {
                ClientFrame::Search(messages::Search { reference, query, order, before, limit })
            }
        ),
        (number(), of(number()), of(any::<u32>())).prop_map(|(reference, before, limit)| {
            ClientFrame::Mentions(rooms::Browse { reference, before, limit })
        }),
        (number(), vec(text(), 0..3), of(quiet)).prop_map(|(reference, keywords, quiet)| {
            ClientFrame::Prefs(own::Prefs { reference, keywords, quiet })
        }),
    ]
}

fn folded() -> impl Strategy<Value = Folded> {
    let replies = (any::<u32>(), number(), text(), vec(user(), 0..3))
        .prop_map(|(count, last, timestamp, users)| messages::Replies { count, last, timestamp, users });
    let marks = (any::<bool>(), any::<bool>(), of(replies));
    (of(text()), of(text()), marks, btree_map(text(), vec(user(), 0..3), 0..3)).prop_map(
        |(text, edited, (deleted, pinned, replies), reactions)| Folded {
            text,
            edited,
            deleted,
            reactions,
            pinned,
            replies,
        },
    )
}

/// Whom a text names, and calls.
pub(super) fn named() -> impl Strategy<Value = (Vec<UserId>, Option<Everyone>)> {
    (vec(user(), 0..3), of(select(vec![Everyone::Here, Everyone::Room, Everyone::Other])))
}

fn file() -> impl Strategy<Value = messages::File> {
    (id(), text(), number(), text(), of(any::<u32>()), of(any::<u32>()), any::<bool>()).prop_map(
        |(file, name, size, kind, width, height, thumb)| messages::File {
            file,
            name,
            size,
            kind,
            width,
            height,
            thumb,
        },
    )
}

/// On the heap, as the next: one in another in another would not fit on a test's stack.
pub(super) fn message() -> BoxedStrategy<Message> {
    let head = (room(), number(), id(), user(), text(), text());
    let places = (any::<bool>(), of(number()), of(number()));
    (head, text(), places, named(), vec(file(), 0..2), of(folded()))
        .prop_map(
            |(
                (room, seq, id, user, sender, timestamp),
                message,
                (guest, reply, thread),
                (mentions, everyone),
                files,
                folded,
            )| Message {
                room,
                seq,
                id,
                user,
                sender,
                message,
                timestamp,
                guest,
                reply,
                thread,
                mentions,
                everyone,
                files,
                folded,
            },
        )
        .boxed()
}

/// Messages out of their logs.
pub(super) fn found() -> BoxedStrategy<ServerFrame> {
    let hit = || {
        (message(), text(), of(message()), of(message())).prop_map(|(message, title, previous, next)| {
            let (previous, next) = (previous.map(Box::new), next.map(Box::new));
            messages::Hit { message, title, previous, next }
        })
    };
    let version = (number(), text(), text()).prop_map(|(seq, text, timestamp)| messages::Version {
        seq,
        text,
        timestamp,
    });
    let reader =
        (user(), text(), number()).prop_map(|(user, name, upto)| messages::Reader { user, name, upto });
    prop_oneof![
        (number(), vec(hit(), 0..3), of(number()), number()).prop_map(|(reference, hits, before, behind)| {
            ServerFrame::Found(messages::Found { reference, hits, before, behind })
        }),
        (number(), vec(hit(), 0..3), of(number())).prop_map(|(reference, hits, before)| {
            ServerFrame::Mentioned(messages::Mentioned { reference, hits, before })
        }),
        (number(), room(), message(), vec(message(), 0..3), any::<bool>(), number()).prop_map(
            |(reference, room, root, messages, more, as_of)| {
                let root = Box::new(root);
                ServerFrame::Thread(messages::ThreadPage { reference, room, root, messages, more, as_of })
            }
        ),
        (number(), room(), vec(message(), 0..3)).prop_map(|(reference, room, messages)| {
            ServerFrame::Pins(messages::Pins { reference, room, messages })
        }),
        (number(), room(), number(), vec(version, 0..3)).prop_map(|(reference, room, target, versions)| {
            ServerFrame::Edits(messages::Edits { reference, room, target, versions })
        }),
        (number(), room(), vec(reader, 0..3)).prop_map(|(reference, room, readers)| {
            ServerFrame::Readers(messages::Readers { reference, room, readers })
        }),
    ]
    .boxed()
}
