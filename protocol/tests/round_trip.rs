//! Every frame survives the wire: `parse` undoes `encode`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use protocol::client::{self, ClientFrame};
use protocol::error::{ErrorCode, Refusal};
use protocol::event::{Delete, Edit, Event, Folded, Message, React, Unknown};
use protocol::ids::{Epoch, Id, RoomKey, Seq, UserId};
use protocol::limits::MAX_SAFE_INTEGER;
use protocol::server::{self, RoomInfo, RoomKind, ServerFrame};
use protocol::signal::{self, ComeAndGo, PresenceState, Renamed};

/// Any text at all: quotes, controls, every plane.
fn text() -> impl Strategy<Value = String> {
    any::<String>()
}

fn id() -> impl Strategy<Value = Id> {
    "[A-Za-z0-9_-]{1,64}".prop_map(|id| Id::new(id).unwrap())
}

fn user() -> impl Strategy<Value = UserId> {
    "[ug]-[A-Za-z0-9]{1,20}".prop_map(|user| UserId::new(user).unwrap())
}

fn epoch() -> impl Strategy<Value = Epoch> {
    "[A-Z0-9]{26}".prop_map(|epoch| Epoch::new(epoch).unwrap())
}

fn room() -> impl Strategy<Value = RoomKey> {
    prop_oneof!["[a-z0-9][a-z0-9._-]{0,40}", Just("@self".to_owned()), Just("büro".to_owned())]
        .prop_map(|room| RoomKey::new(room).unwrap())
}

fn number() -> impl Strategy<Value = Seq> {
    prop_oneof![0..100_u64, 0..=MAX_SAFE_INTEGER]
}

fn state() -> impl Strategy<Value = PresenceState> {
    select(vec![PresenceState::Online, PresenceState::Idle, PresenceState::Offline])
}

fn client_frame() -> impl Strategy<Value = ClientFrame> {
    let resume = (epoch(), btree_map(room(), number(), 0..5))
        .prop_map(|(epoch, rooms)| client::Resume { epoch, rooms });
    let hello = (text(), id(), of(text()), of(text()), of(resume))
        .prop_map(|(client, conn, token, name, resume)| client::Hello { client, conn, token, name, resume });
    let say = (of(room()), text(), of(id()), of(number()), of(number()), of(text())).prop_map(
        |(room, message, id, reply, thread, sender)| client::Say { room, message, id, reply, thread, sender },
    );
    let history = (number(), room(), of(number()), of(number()), of(number()), of(any::<u32>())).prop_map(
        |(reference, room, before, after, around, limit)| client::History {
            reference,
            room,
            before,
            after,
            around,
            limit,
        },
    );
    let about = || (number(), text()).prop_map(|(reference, room)| client::RoomQuestion { reference, room });
    prop_oneof![
        hello.prop_map(ClientFrame::Hello),
        say.prop_map(ClientFrame::Message),
        history.prop_map(ClientFrame::History),
        about().prop_map(ClientFrame::Create),
        about().prop_map(ClientFrame::Join),
        about().prop_map(ClientFrame::Leave),
        about().prop_map(ClientFrame::Members),
        number().prop_map(|reference| ClientFrame::Rooms(client::Question { reference })),
        (number(), text()).prop_map(|(reference, name)| ClientFrame::Nick(client::Nick { reference, name })),
        (room(), any::<bool>()).prop_map(|(room, on)| ClientFrame::Typing(client::Typing { room, on })),
        state().prop_map(|state| ClientFrame::Presence(client::Presence { state })),
        Just(ClientFrame::Pong(client::Pong {})),
    ]
}

fn folded() -> impl Strategy<Value = Folded> {
    (of(text()), any::<bool>(), btree_map(text(), vec(user(), 0..3), 0..3))
        .prop_map(|(text, deleted, reactions)| Folded { text, deleted, reactions })
}

fn event() -> impl Strategy<Value = Event> {
    let head = || (room(), number(), id(), user(), text(), text());
    let message = (head(), text(), any::<bool>(), of(number()), of(number()), of(folded())).prop_map(
        |((room, seq, id, user, sender, timestamp), message, guest, reply, thread, folded)| {
            Event::Message(Message {
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
                folded,
            })
        },
    );
    let edit =
        (head(), number(), text()).prop_map(|((room, seq, id, user, sender, timestamp), target, text)| {
            Event::Edit(Edit { room, seq, id, target, user, sender, text, timestamp })
        });
    let delete = (head(), number()).prop_map(|((room, seq, id, user, sender, timestamp), target)| {
        Event::Delete(Delete { room, seq, id, target, user, sender, timestamp })
    });
    let react = (head(), number(), text(), any::<bool>()).prop_map(
        |((room, seq, id, user, sender, timestamp), target, emoji, on)| {
            Event::React(React { room, seq, id, target, user, sender, emoji, on, timestamp })
        },
    );
    let unknown = (room(), number()).prop_map(|(room, seq)| Event::Unknown(Unknown { room, seq }));
    prop_oneof![4 => message, 1 => edit, 1 => delete, 1 => react, 1 => unknown]
}

fn info() -> impl Strategy<Value = RoomInfo> {
    let kind = select(vec![RoomKind::Public, RoomKind::Private, RoomKind::Direct, RoomKind::Other]);
    (room(), text(), kind, of(text()), number(), number(), any::<u32>()).prop_map(
        |(room, title, kind, topic, first, head, present)| RoomInfo {
            room,
            title,
            kind,
            topic,
            first,
            head,
            present,
        },
    )
}

fn refusal() -> impl Strategy<Value = Refusal> {
    let code = select(vec![ErrorCode::BadFrame, ErrorCode::RateLimited, ErrorCode::NoRoom, ErrorCode::Other]);
    (code, text(), of(id()), of(number()), of(room()), any::<bool>(), of(any::<u64>())).prop_map(
        |(code, reason, id, reference, room, retry, retry_ms)| Refusal {
            id,
            reference,
            room,
            code,
            reason,
            retry,
            retry_ms,
        },
    )
}

/// Answers to `hello` and to questions.
fn answer() -> impl Strategy<Value = ServerFrame> {
    let who =
        || (user(), text(), any::<bool>()).prop_map(|(user, name, guest)| server::User { user, name, guest });
    let limits = (any::<u64>(), any::<u32>(), any::<u64>())
        .prop_map(|(message_bytes, history, resume)| server::Limits { message_bytes, history, resume });
    let welcome = (text(), epoch(), who(), text(), any::<u64>(), limits, vec(info(), 0..3)).prop_map(
        |(server, epoch, user, token, heartbeat_ms, limits, rooms)| {
            ServerFrame::Welcome(Box::new(server::Welcome {
                server,
                epoch,
                user,
                token,
                heartbeat_ms,
                limits,
                rooms,
            }))
        },
    );
    let numbers = (number(), number(), number(), number());
    let page = (of(number()), room(), vec(event(), 0..4), numbers, any::<bool>()).prop_map(
        |(reference, room, events, (first, last, head, as_of), more)| {
            ServerFrame::History(server::HistoryPage {
                reference,
                room,
                events,
                first,
                last,
                head,
                as_of,
                more,
            })
        },
    );
    let member = (who(), state()).prop_map(|(server::User { user, name, guest }, state)| server::Member {
        user,
        name,
        guest,
        state,
    });
    let members = (number(), room(), vec(member, 0..3), any::<u32>()).prop_map(
        |(reference, room, members, present)| {
            ServerFrame::Members(server::Members { reference, room, members, present })
        },
    );
    prop_oneof![
        welcome,
        page,
        members,
        (number(), of(info()), of(text()))
            .prop_map(|(reference, room, name)| ServerFrame::Ok(server::Done { reference, room, name })),
        (number(), vec(info(), 0..3))
            .prop_map(|(reference, rooms)| ServerFrame::Rooms(server::Rooms { reference, rooms })),
        (id(), room(), number(), text(), any::<bool>()).prop_map(|(id, room, seq, timestamp, dup)| {
            ServerFrame::Ack(server::Ack { id, room, seq, timestamp, dup })
        }),
        refusal().prop_map(ServerFrame::Error),
    ]
}

/// What comes unasked.
fn told() -> impl Strategy<Value = ServerFrame> {
    use server::ResetWhy::{Ahead, Epoch, Gone, TooOld};
    let reset = (room(), epoch(), number(), number(), select(vec![Epoch, TooOld, Ahead, Gone])).prop_map(
        |(room, epoch, first, head, why)| ServerFrame::Reset(server::Reset { room, epoch, first, head, why }),
    );
    let come_and_go = || {
        (room(), text(), vec(text(), 0..3), vec(user(), 0..3), any::<u32>(), any::<u32>(), text()).prop_map(
            |(room, message, names, users, count, present, timestamp)| ComeAndGo {
                room,
                message,
                names,
                users,
                count,
                present,
                timestamp,
            },
        )
    };
    prop_oneof![
        reset,
        event().prop_map(ServerFrame::Event),
        (room(), number()).prop_map(|(room, head)| ServerFrame::Synced(server::Synced { room, head })),
        (info(), any::<bool>())
            .prop_map(|(room, joined)| ServerFrame::Room(server::RoomChanged { room, joined })),
        come_and_go().prop_map(ServerFrame::Join),
        come_and_go().prop_map(ServerFrame::Leave),
        (room(), user(), text(), text()).prop_map(|(room, user, from, to)| ServerFrame::Renamed(Renamed {
            room,
            user,
            from,
            to
        })),
        (room(), user(), text(), any::<bool>()).prop_map(|(room, user, sender, on)| {
            ServerFrame::Typing(signal::Typing { room, user, sender, on })
        }),
        (room(), user(), text(), state()).prop_map(|(room, user, sender, state)| {
            ServerFrame::Presence(signal::Presence { room, user, sender, state })
        }),
        btree_map(room(), number(), 0..4)
            .prop_map(|heads: BTreeMap<RoomKey, Seq>| ServerFrame::Ping(server::Ping { heads })),
        (any::<u64>(), text())
            .prop_map(|(after_ms, why)| ServerFrame::Goaway(server::Goaway { after_ms, why })),
    ]
}

proptest! {
    #[test]
    fn client_frames_survive_the_wire(frame in client_frame()) {
        prop_assert_eq!(ClientFrame::parse(&frame.encode()).unwrap(), frame);
    }

    #[test]
    fn answers_survive_the_wire(frame in answer()) {
        prop_assert_eq!(ServerFrame::parse(&frame.encode()).unwrap(), frame);
    }

    #[test]
    fn what_comes_unasked_survives_the_wire(frame in told()) {
        prop_assert_eq!(ServerFrame::parse(&frame.encode()).unwrap(), frame);
    }

    #[test]
    fn events_survive_the_wire(event in event()) {
        let text = serde_json::to_string(&event).unwrap();
        prop_assert_eq!(Event::parse(&text).unwrap(), event);
    }
}
