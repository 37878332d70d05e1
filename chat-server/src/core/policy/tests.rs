//! The policy against its principles: nothing unallowed, nothing gained by losing a right, nothing told of what is secret.

use proptest::prelude::*;
use proptest::sample::select;
use protocol::people::{Guests, Role};
use protocol::rooms::{RoomKind, RoomRole};

use super::*;

fn role() -> impl Strategy<Value = Role> {
    select(vec![Role::Other, Role::Guest, Role::Member, Role::Moderator, Role::Admin, Role::Owner])
}

fn room_role() -> impl Strategy<Value = Option<RoomRole>> {
    select(vec![
        None,
        Some(RoomRole::Other),
        Some(RoomRole::Member),
        Some(RoomRole::Moderator),
        Some(RoomRole::Owner),
    ])
}

fn reach() -> impl Strategy<Value = Reach> {
    any::<[bool; 4]>().prop_map(|[read, write, here, person]| Reach { read, write, here, person })
}

fn actor() -> impl Strategy<Value = Actor> {
    let guests = select(vec![Guests::On, Guests::ReadOnly, Guests::Off]);
    (role(), any::<bool>(), guests, reach()).prop_map(|(role, active, guests, reach)| Actor {
        role,
        active,
        guests,
        reach,
    })
}

fn standing() -> impl Strategy<Value = Standing> {
    (room_role(), any::<[bool; 3]>()).prop_map(|(role, [invited, banned, muted])| Standing {
        role,
        invited,
        banned,
        muted,
    })
}

fn room() -> impl Strategy<Value = RoomFacts> {
    let kind = select(vec![RoomKind::Public, RoomKind::Private, RoomKind::Direct, RoomKind::Other]);
    (kind, any::<[bool; 4]>(), standing()).prop_map(|(kind, [announce, archived, lobby, pair], standing)| {
        RoomFacts { kind, announce, archived, lobby, pair, standing }
    })
}

fn person() -> impl Strategy<Value = PersonFacts> {
    (any::<bool>(), role(), any::<bool>(), standing()).prop_map(|(me, role, active, standing)| PersonFacts {
        me,
        role,
        active,
        standing,
    })
}

fn message() -> impl Strategy<Value = MessageFacts> {
    (any::<bool>(), role(), standing()).prop_map(|(own, author, author_standing)| MessageFacts {
        own,
        author,
        author_standing,
    })
}

const IN_ROOM: [InRoom; 13] = [
    InRoom::Read,
    InRoom::Join,
    InRoom::Leave,
    InRoom::Decline,
    InRoom::Say,
    InRoom::Call,
    InRoom::Type,
    InRoom::SetTitle,
    InRoom::SetTopic,
    InRoom::SetSlow,
    InRoom::SetAnnounce,
    InRoom::SetSeen,
    InRoom::Archive,
];

fn to_person() -> impl Strategy<Value = ToPerson> {
    let roles =
        [RoomRole::Other, RoomRole::Member, RoomRole::Moderator, RoomRole::Owner].map(ToPerson::SetRole);
    let others =
        [ToPerson::Invite, ToPerson::Kick, ToPerson::Ban, ToPerson::Unban, ToPerson::Mute, ToPerson::Unmute];
    select(others.into_iter().chain(roles).collect::<Vec<_>>())
}

/// All that may be asked about one room.
fn about(
    room: &RoomFacts,
    person: &PersonFacts,
    message: &MessageFacts,
    deed: ToPerson,
    visit: impl FnMut(Action<'_>),
) {
    let mut visit = visit;
    for deed in IN_ROOM {
        visit(Action::Room(deed, room));
    }
    visit(Action::Person(deed, room, person));
    for deed in [ToMessage::Edit, ToMessage::Delete, ToMessage::React, ToMessage::Pin, ToMessage::Report] {
        visit(Action::Message(deed, room, message));
    }
}

/// What somebody has less of.
fn weaker(actor: &Actor, room: &RoomFacts) -> Vec<(Actor, RoomFacts)> {
    let mut all = Vec::new();
    for role in [Role::Other, Role::Guest, Role::Member, Role::Moderator, Role::Admin]
        .into_iter()
        .filter(|role| *role < actor.role)
    {
        all.push((Actor { role, ..*actor }, *room));
    }
    all.push((Actor { active: false, ..*actor }, *room));
    for guests in [Guests::ReadOnly, Guests::Off] {
        if actor.guests == Guests::On || guests == Guests::Off {
            all.push((Actor { guests, ..*actor }, *room));
        }
    }
    let reach = actor.reach;
    for less in [
        Reach { read: false, ..reach },
        Reach { write: false, ..reach },
        Reach { here: false, ..reach },
        Reach { person: false, ..reach },
    ] {
        all.push((Actor { reach: less, ..*actor }, *room));
    }
    let standing = room.standing;
    let lower = [None, Some(RoomRole::Other), Some(RoomRole::Member), Some(RoomRole::Moderator)];
    let rank = |role: Option<RoomRole>| role.map_or(-1, |role| i16::from(role.rank()));
    for role in lower.into_iter().filter(|role| rank(*role) < rank(standing.role)) {
        all.push((*actor, RoomFacts { standing: Standing { role, ..standing }, ..*room }));
    }
    for less in [
        Standing { invited: false, ..standing },
        Standing { banned: true, ..standing },
        Standing { muted: true, ..standing },
    ] {
        all.push((*actor, RoomFacts { standing: less, ..*room }));
    }
    all.push((*actor, RoomFacts { archived: true, ..*room }));
    all.push((*actor, RoomFacts { announce: true, ..*room }));
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn removing_a_right_never_grants_one(
        actor in actor(), room in room(), person in person(), message in message(), deed in to_person()
    ) {
        for (less, less_room) in weaker(&actor, &room) {
            let mut granted = Vec::new();
            about(&less_room, &person, &message, deed, |action| granted.push(decide(&less, action).is_ok()));
            let mut before = Vec::new();
            about(&room, &person, &message, deed, |action| before.push(decide(&actor, action).is_ok()));
            for (index, granted) in granted.into_iter().enumerate() {
                prop_assert!(!granted || before[index], "{index}: {less:?} {less_room:?}");
            }
        }
    }

    /// A03: whoever may not know of a room is answered as if it were not there, whatever they ask and whatever it is.
    #[test]
    fn what_is_secret_is_not_there(
        actor in actor(), room in room(), person in person(), message in message(), deed in to_person()
    ) {
        let secret = RoomFacts { standing: Standing { role: None, invited: false, ..room.standing }, ..room };
        prop_assume!(secret.kind != RoomKind::Public);
        let mut answers = Vec::new();
        about(&secret, &person, &message, deed, |action| answers.push(decide(&actor, action)));
        let mut of_absent = Vec::new();
        about(&RoomFacts::absent(), &person, &message, deed, |action| of_absent.push(decide(&actor, action)));
        prop_assert_eq!(&answers, &of_absent);
        prop_assert!(answers.iter().all(Result::is_err));
    }

    /// Nobody does anything to who stands as high as they do, and nobody without an account rules.
    #[test]
    fn nobody_moderates_upwards(actor in actor(), room in room(), person in person(), deed in to_person()) {
        let above = PersonFacts { role: actor.role.max(person.role), ..person };
        let above = PersonFacts { standing: Standing { role: Some(RoomRole::Owner), ..above.standing }, ..above };
        prop_assume!(above.role >= Role::Member);
        for deed in [ToPerson::Kick, ToPerson::Ban, ToPerson::Mute] {
            prop_assert!(decide(&actor, Action::Person(deed, &room, &above)).is_err());
        }
        if actor.role < Role::Member {
            prop_assert!(decide(&actor, Action::Person(deed, &room, &person)).is_err());
        }
    }

    /// Rules over accounts: admins are made by owners alone, and a bot's token rules nothing.
    #[test]
    fn accounts_are_ruled_from_above(actor in actor(), role in role(), to in role(), me in any::<bool>(), bot in any::<bool>()) {
        let account = AccountFacts { me, role, bot };
        for deed in [ToAccount::Deactivate, ToAccount::SetRole(to), ToAccount::Reset, ToAccount::Tokens] {
            if decide(&actor, Action::Account(deed, &account)).is_ok() {
                prop_assert!(actor.role >= Role::Admin && actor.reach.person && actor.active);
                prop_assert!(me || actor.role == Role::Owner || role < actor.role);
                if let ToAccount::SetRole(to) = deed {
                    prop_assert!(actor.role == Role::Owner || to < actor.role);
                }
            }
        }
    }
}

#[test]
fn what_is_good_for_some_rooms_is_not_for_ones_own() {
    let actor = |reach| Actor { role: Role::Member, active: true, guests: Guests::On, reach };
    assert_eq!(decide(&actor(Reach::FULL), Action::Own), Ok(()));
    let elsewhere = Reach { here: false, ..Reach::FULL };
    assert_eq!(decide(&actor(elsewhere), Action::Own), Err(Denied::NotThere));
    assert_eq!(decide(&actor(Reach { read: false, ..Reach::FULL }), Action::Own), Err(Denied::Forbidden));
}

#[test]
fn one_who_is_gone_may_do_nothing() {
    let actor = Actor { role: Role::Owner, active: false, guests: Guests::On, reach: Reach::FULL };
    for action in [Action::Connect, Action::Own, Action::Audit, Action::ListRooms, Action::CreatePublic] {
        assert_eq!(decide(&actor, action), Err(Denied::SignIn));
    }
}
