//! What tests of the model and the view share.

use std::time::Duration;

use crossterm::event::{Event as TermEvent, KeyCode, KeyEvent, KeyModifiers};
use protocol::event::{Event, Message};
use protocol::ids::{Epoch, Id, RoomKey, Seq, UserId};
use protocol::people::{Profile, Role};
use protocol::rooms::RoomRole;
use protocol::server::{Limits, Member, Members, RoomInfo, RoomKind, User, Welcome};
use protocol::session::{Link, RoomEvent, SessionEvent};
use protocol::signal::PresenceState;
use time::UtcOffset;

use super::{Effect, Model, Msg, update};

/// A message in the lobby, a minute after the one before it.
pub(crate) fn message_at(seq: Seq, sender: &str, text: &str) -> Event {
    Event::Message(Message {
        room: RoomKey::lobby(),
        seq,
        id: Id::new(format!("m{seq}")).unwrap(),
        user: UserId::new(format!("g-{}", sender.len() * 7 + usize::from(sender.as_bytes()[0]))).unwrap(),
        sender: sender.to_owned(),
        message: text.to_owned(),
        timestamp: format!("2026-11-23T{:02}:{:02}:00.000Z", 9 + seq / 60 % 12, seq % 60),
        guest: true,
        reply: None,
        thread: None,
        mentions: Vec::new(),
        everyone: None,
        files: Vec::new(),
        folded: None,
    })
}

/// A chat whose keys and events are given as data.
pub(crate) struct Chat {
    pub(crate) model: Model,
    pub(crate) now: Duration,
}

impl Chat {
    /// As `ana`, welcomed in a lobby whose newest event is `head`.
    pub(crate) fn online(head: Seq) -> Self {
        let mut chat = Self::offline();
        chat.tell(SessionEvent::Link(Link::Connected));
        chat.tell(SessionEvent::Welcome(Box::new(welcome(head))));
        chat.tell(SessionEvent::RoomJoined { info: info("lobby", head), reference: None });
        chat
    }

    /// As `ana` with an account, in a lobby where `bo` is too, and owner of the private room `Plans`.
    pub(crate) fn signed_in() -> Self {
        let mut chat = Self::offline();
        chat.tell(SessionEvent::Link(Link::Connected));
        let mut welcome = welcome(0);
        let plans = RoomInfo {
            room: RoomKey::new(PLANS).unwrap(),
            title: "Plans".to_owned(),
            kind: RoomKind::Private,
            standing: Some(RoomRole::Owner),
            ..info("plans", 0)
        };
        welcome.user = User { guest: false, role: Role::Member, ..welcome.user };
        welcome.rooms.push(plans.clone());
        chat.tell(SessionEvent::Welcome(Box::new(welcome)));
        chat.tell(SessionEvent::RoomJoined { info: info("lobby", 0), reference: None });
        chat.tell(SessionEvent::RoomJoined { info: plans, reference: None });
        let members = vec![member("ana", Role::Member), member("bo", Role::Member)];
        let room = RoomKey::lobby();
        chat.tell(SessionEvent::Members(Members {
            reference: 1,
            room,
            members,
            present: 2,
            banned: Vec::new(),
            muted: Vec::new(),
        }));
        chat
    }

    /// Something in `@self`, as JSON without the fields that all of it has.
    pub(crate) fn own(&mut self, json: &str) -> Vec<Effect> {
        let event = Event::parse(&format!(r#"{{"room":"@self","seq":1,{json}}}"#)).unwrap();
        assert!(!matches!(event, Event::Unknown(_)), "{json}");
        self.tell(SessionEvent::Event(RoomEvent { event, own: None, as_of: 1 }))
    }

    /// Something in a room, as the whole JSON.
    pub(crate) fn happen(&mut self, json: &str) -> Vec<Effect> {
        let event = Event::parse(json).unwrap();
        assert!(!matches!(event, Event::Unknown(_)), "{json}");
        self.tell(SessionEvent::Event(RoomEvent { event, own: None, as_of: 0 }))
    }

    /// Not connected yet.
    pub(crate) fn offline() -> Self {
        let mut model = Model::new(RoomKey::lobby(), "http://localhost:3000", UtcOffset::UTC);
        model.name = "ana".to_owned();
        Self { model, now: Duration::from_secs(1) }
    }

    pub(crate) fn send(&mut self, msg: Msg) -> Vec<Effect> {
        update(&mut self.model, msg, self.now)
    }

    pub(crate) fn tell(&mut self, event: SessionEvent) -> Vec<Effect> {
        self.send(Msg::Session(Box::new(event)))
    }

    /// A live message.
    pub(crate) fn hear(&mut self, seq: Seq, sender: &str, text: &str) -> Vec<Effect> {
        let event = message_at(seq, sender, text);
        self.tell(SessionEvent::Event(RoomEvent { event, own: None, as_of: 0 }))
    }

    pub(crate) fn press(&mut self, code: KeyCode, modifiers: KeyModifiers) -> Vec<Effect> {
        self.send(Msg::Term(TermEvent::Key(KeyEvent::new(code, modifiers))))
    }

    pub(crate) fn write(&mut self, text: &str) -> Vec<Effect> {
        text.chars().flat_map(|c| self.press(KeyCode::Char(c), KeyModifiers::NONE)).collect()
    }

    /// Types a line and Enter; the effects of Enter, but for keeping the draft.
    pub(crate) fn say(&mut self, text: &str) -> Vec<Effect> {
        self.write(text);
        let mut effects = self.press(KeyCode::Enter, KeyModifiers::NONE);
        effects.retain(|effect| *effect != Effect::Keep);
        effects
    }
}

/// The key of a private room.
pub(crate) const PLANS: &str = "r-01jdepoch00000000000000000";

/// Somebody who is there, as the server lists them.
pub(crate) fn member(name: &str, role: Role) -> Member {
    Member {
        user: UserId::new(format!("g-{name}")).unwrap(),
        name: name.to_owned(),
        guest: role == Role::Guest,
        role,
        standing: None,
        profile: Profile::default(),
        state: PresenceState::Online,
    }
}

/// A room as the server tells it.
pub(crate) fn info(room: &str, head: Seq) -> RoomInfo {
    RoomInfo {
        room: RoomKey::new(room).unwrap(),
        title: room.to_owned(),
        kind: RoomKind::Public,
        topic: None,
        first: 1,
        head,
        present: 2,
        rules: protocol::rooms::Rules::default(),
        standing: None,
        read: None,
        unread: 0,
        mentions: 0,
        pins: 0,
        people: Vec::new(),
    }
}

/// What the server says first to ana, whose lobby's newest event is `head`.
pub(crate) fn welcome(head: Seq) -> Welcome {
    Welcome {
        server: "test/1".to_owned(),
        epoch: Epoch::new("e1").unwrap(),
        user: User {
            user: UserId::new("g-ana").unwrap(),
            name: "ana".to_owned(),
            guest: true,
            role: Role::Guest,
            profile: Profile::default(),
        },
        token: Some("t".to_owned()),
        heartbeat_ms: 10_000,
        limits: Limits { message_bytes: 65_536, history: 200, resume: 10_000 },
        read_only: false,
        rooms: vec![info("lobby", head)],
    }
}
