//! Every frame survives the wire: `parse` undoes `encode`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod asked;
mod messages;

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use protocol::client::{self, ClientFrame};
use protocol::error::{ErrorCode, Refusal};
use protocol::event::{Delete, Edit, Event, Pin, React, Unknown};
use protocol::ids::{Epoch, Id, RoomKey, Seq, UserId};
use protocol::limits::MAX_SAFE_INTEGER;
use protocol::own::{self, Level};
use protocol::people::{Profile, Role};
use protocol::rooms::{self, RoomRole, Rules};
use protocol::server::{self, RoomInfo, RoomKind, ServerFrame};
use protocol::signal::{self, ComeAndGo, PresenceState, Renamed};

use asked::{about_people, about_rooms};
use messages::{about_messages, found, message, named};

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
    let say = (of(room()), text(), of(id()), of(number()), of(number()), vec(id(), 0..3), of(text()))
        .prop_map(|(room, message, id, reply, thread, files, sender)| client::Say {
            room,
            message,
            id,
            reply,
            thread,
            files,
            sender,
        });
    let place = (of(number()), of(number()), of(number()), of(text()));
    let history = (number(), room(), place, of(any::<u32>())).prop_map(
        |(reference, room, (before, after, around, at), limit)| client::History {
            reference,
            room,
            before,
            after,
            around,
            at,
            limit,
        },
    );
    let about = || (number(), text()).prop_map(|(reference, room)| client::RoomQuestion { reference, room });
    prop_oneof![
        about_rooms(),
        about_people(),
        about_messages(),
        hello.prop_map(ClientFrame::Hello),
        say.prop_map(ClientFrame::Message),
        history.prop_map(ClientFrame::History),
        about().prop_map(ClientFrame::Join),
        about().prop_map(ClientFrame::Leave),
        about().prop_map(ClientFrame::Members),
        number().prop_map(|reference| ClientFrame::Rooms(client::Question { reference })),
        (number(), text()).prop_map(|(reference, name)| ClientFrame::Nick(client::Nick { reference, name })),
        (room(), any::<bool>(), of(number()))
            .prop_map(|(room, on, thread)| ClientFrame::Typing(client::Typing { room, on, thread })),
        state().prop_map(|state| ClientFrame::Presence(client::Presence { state })),
        Just(ClientFrame::Pong(client::Pong {})),
    ]
}

fn kind() -> impl Strategy<Value = RoomKind> {
    select(vec![RoomKind::Public, RoomKind::Private, RoomKind::Direct, RoomKind::Other])
}

fn room_role() -> impl Strategy<Value = RoomRole> {
    select(vec![RoomRole::Owner, RoomRole::Moderator, RoomRole::Member, RoomRole::Other])
}

fn event() -> impl Strategy<Value = Event> {
    let head = || (room(), number(), id(), user(), text(), text());
    let message = message().prop_map(Event::Message);
    let edit = (head(), number(), text(), named()).prop_map(
        |((room, seq, id, user, sender, timestamp), target, text, (mentions, everyone))| {
            Event::Edit(Edit { room, seq, id, target, user, sender, text, mentions, everyone, timestamp })
        },
    );
    let pin = (head(), number(), any::<bool>()).prop_map(
        |((room, seq, id, user, sender, timestamp), target, on)| {
            Event::Pin(Pin { room, seq, id, target, user, sender, on, timestamp })
        },
    );
    let delete = (head(), number()).prop_map(|((room, seq, id, user, sender, timestamp), target)| {
        Event::Delete(Delete { room, seq, id, target, user, sender, timestamp })
    });
    let react = (head(), number(), text(), any::<bool>()).prop_map(
        |((room, seq, id, user, sender, timestamp), target, emoji, on)| {
            Event::React(React { room, seq, id, target, user, sender, emoji, on, timestamp })
        },
    );
    let unknown = (room(), number()).prop_map(|(room, seq)| Event::Unknown(Unknown { room, seq }));
    prop_oneof![4 => message, 1 => edit, 1 => delete, 1 => react, 1 => pin, 2 => room_event(), 2 => own_event(), 1 => unknown]
}

/// Membership, and the room itself.
fn room_event() -> impl Strategy<Value = Event> {
    use rooms::MemberChange::{Banned, Joined, Kicked, Left, Muted, Other, Role, Unbanned, Unmuted};
    let head = || (room(), number(), id(), user(), text(), text());
    let change = select(vec![Joined, Left, Kicked, Banned, Unbanned, Muted, Unmuted, Role, Other]);
    let member = (head(), user(), text(), change, of(room_role()), of(text()), of(text())).prop_map(
        |((room, seq, id, user, sender, timestamp), who, name, change, role, until, reason)| {
            Event::Member(rooms::MemberChanged {
                room,
                seq,
                id,
                user,
                sender,
                who,
                name,
                change,
                role,
                until,
                reason,
                timestamp,
            })
        },
    );
    let rules = (of(any::<bool>()), of(any::<u32>()), of(any::<bool>()), of(any::<bool>()));
    let changed = (head(), of(text()), of(text()), rules).prop_map(
        |((room, seq, id, user, sender, timestamp), title, topic, (announce, slow_s, archived, seen))| {
            Event::Changed(rooms::RoomEdited {
                room,
                seq,
                id,
                user,
                sender,
                title,
                topic,
                announce,
                slow_s,
                archived,
                seen,
                timestamp,
            })
        },
    );
    prop_oneof![member, changed]
}

/// What is in `@self`.
fn own_event() -> impl Strategy<Value = Event> {
    let own = || RoomKey::new(protocol::SELF_ROOM).unwrap();
    prop_oneof![
        (number(), room(), number()).prop_map(move |(seq, of, upto)| Event::Read(own::ReadUpto {
            room: own(),
            seq,
            of,
            upto
        })),
        (number(), room(), number(), number()).prop_map(move |(seq, of, thread, upto)| {
            Event::ReadThread(own::ThreadRead { room: own(), seq, of, thread, upto })
        }),
        (number(), room(), select(vec![Level::All, Level::Mentions, Level::None]))
            .prop_map(move |(seq, of, level)| Event::Notify(own::NotifyOf { room: own(), seq, of, level })),
        (number(), user(), any::<bool>()).prop_map(move |(seq, who, on)| Event::Block(own::Blocked {
            room: own(),
            seq,
            who,
            on
        })),
        (number(), room(), text(), of(number()), of(number())).prop_map(
            move |(seq, of, text, reply, thread)| {
                Event::Draft(own::Drafted { room: own(), seq, of, text, reply, thread })
            }
        ),
        (number(), vec(text(), 0..3), of((any::<u16>(), any::<u16>()))).prop_map(
            move |(seq, keywords, quiet)| {
                let quiet = quiet.map(|(from, to)| own::Quiet { from, to });
                Event::Prefs(own::PrefsSet { room: own(), seq, keywords, quiet })
            }
        ),
        (number(), room(), text(), user(), text(), any::<bool>(), text()).prop_map(
            move |(seq, of, title, user, sender, on, timestamp)| {
                Event::Invited(own::Invited { room: own(), seq, of, title, user, sender, on, timestamp })
            }
        ),
        (number(), room(), text(), kind(), any::<bool>(), (of(text()), of(text()), of(text()))).prop_map(
            move |(seq, of, title, kind, on, (why, reason, until))| {
                Event::Joined(own::Joined { room: own(), seq, of, title, kind, on, why, reason, until })
            }
        ),
    ]
}

/// How a room is used, what one is in it, and where one has read it.
fn in_room() -> impl Strategy<Value = (Rules, Option<RoomRole>, Option<Seq>)> {
    let rules = (any::<bool>(), any::<u32>(), any::<bool>(), any::<bool>())
        .prop_map(|(announce, slow_s, archived, seen)| Rules { announce, slow_s, archived, seen });
    (rules, of(room_role()), of(number()))
}

fn info() -> impl Strategy<Value = RoomInfo> {
    let counts = (any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>());
    (room(), text(), kind(), of(text()), number(), number(), counts, in_room()).prop_map(
        |(
            room,
            title,
            kind,
            topic,
            first,
            head,
            (present, unread, mentions, pins),
            (rules, standing, read),
        )| RoomInfo {
            room,
            title,
            kind,
            topic,
            first,
            head,
            present,
            rules,
            standing,
            read,
            unread,
            mentions,
            pins,
            people: vec![],
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

fn role() -> impl Strategy<Value = Role> {
    select(vec![Role::Guest, Role::Member, Role::Moderator, Role::Admin, Role::Owner, Role::Other])
}

fn profile() -> impl Strategy<Value = Profile> {
    (of(0_u16..360), of(text()), of(text()), any::<bool>())
        .prop_map(|(colour, avatar, status, away)| Profile { colour, avatar, status, away })
}

/// Answers to `hello` and to questions.
fn answer() -> impl Strategy<Value = ServerFrame> {
    let who = || {
        (user(), text(), any::<bool>(), role(), profile())
            .prop_map(|(user, name, guest, role, profile)| server::User { user, name, guest, role, profile })
    };
    let limits = (any::<u64>(), any::<u32>(), any::<u64>())
        .prop_map(|(message_bytes, history, resume)| server::Limits { message_bytes, history, resume });
    let welcome =
        (text(), epoch(), who(), of(text()), any::<u64>(), (limits, any::<bool>()), vec(info(), 0..3))
            .prop_map(|(server, epoch, user, token, heartbeat_ms, (limits, read_only), rooms)| {
                ServerFrame::Welcome(Box::new(server::Welcome {
                    server,
                    epoch,
                    user,
                    token,
                    heartbeat_ms,
                    limits,
                    read_only,
                    rooms,
                }))
            });
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
    let member = (who(), state(), of(room_role())).prop_map(
        |(server::User { user, name, guest, role, profile }, state, standing)| server::Member {
            standing,
            user,
            name,
            guest,
            role,
            profile,
            state,
        },
    );
    let sentence = || {
        (who(), of(text()), of(text())).prop_map(|(server::User { user, name, .. }, until, reason)| {
            protocol::rooms::Sentence { user, name, until, reason }
        })
    };
    let sentenced = (vec(sentence(), 0..3), vec(sentence(), 0..3));
    let members = (number(), room(), vec(member, 0..3), any::<u32>(), sentenced).prop_map(
        |(reference, room, members, present, (banned, muted))| {
            ServerFrame::Members(server::Members { reference, room, members, present, banned, muted })
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
        found(),
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
        (room(), user(), text(), role(), profile()).prop_map(|(room, user, sender, role, profile)| {
            ServerFrame::Profile(signal::Profiled { room, user, sender, role, profile })
        }),
        (room(), user(), text(), any::<bool>(), of(number())).prop_map(|(room, user, sender, on, thread)| {
            ServerFrame::Typing(signal::Typing { room, user, sender, on, thread })
        }),
        (room(), user(), text(), number()).prop_map(|(room, user, sender, upto)| {
            ServerFrame::Seen(signal::Seen { room, user, sender, upto })
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
