use std::collections::BTreeMap;

use protocol::client::{
    ClientFrame, Hello, History, Nick, Pong, Presence, Question, Resume, RoomQuestion, Say, Typing,
};
use protocol::messages::{Edit, EditsOf, OfRoom, Pin, React, Search, SearchOrder, ThreadOf};
use protocol::own::{Block, Draft, Level, Notify, Prefs, Quiet, Read, ReadThread};
use protocol::rooms::{Browse, Change, Create, Delete, Direct, Moderate, Report, Resolve, RoomRole, SetRole};
use protocol::server::RoomKind;
use protocol::signal::PresenceState;

use crate::{check, epoch, id, room, user};

fn frames() -> Vec<(&'static str, ClientFrame)> {
    let lobby = || room("lobby");
    let hello = Hello {
        client: "chat-tui/0.1.0".into(),
        conn: id("01JDCONN000000000000000000"),
        token: None,
        name: None,
        resume: None,
    };
    let resume = Resume {
        epoch: epoch("01JDEPOCH00000000000000000"),
        rooms: BTreeMap::from([(lobby(), 1043), (room("ops"), 0), (room("@self"), 70)]),
    };
    let history = History {
        reference: 7,
        room: lobby(),
        before: None,
        after: None,
        around: None,
        at: None,
        limit: None,
    };
    let say = Say { room: Some(lobby()), message: "Hello".into(), id: Some(id("01JE")), ..Say::default() };
    let question = || RoomQuestion { reference: 8, room: "Ops Team".into() };
    let create = Create { reference: 8, room: "Ops Team".into(), kind: RoomKind::Public, topic: None };
    let change = Change {
        reference: 11,
        room: lobby(),
        id: Some(id("01JE")),
        title: Some("All of us".into()),
        topic: Some(String::new()),
        announce: None,
        slow_s: None,
        archived: None,
        seen: None,
    };
    let plain =
        Moderate { reference: 12, room: lobby(), user: user("u-9"), id: None, for_s: None, reason: None };
    let moderate = Moderate {
        id: Some(id("01JE")),
        for_s: Some(3600),
        reason: Some("Spam, again".into()),
        ..plain.clone()
    };
    vec![
        ("hello", ClientFrame::Hello(hello.clone())),
        (
            "hello-resume",
            ClientFrame::Hello(Hello {
                token: Some("g-7.abc".into()),
                name: Some("ana".into()),
                resume: Some(resume),
                ..hello
            }),
        ),
        ("message", ClientFrame::Message(say.clone())),
        ("message-reply", ClientFrame::Message(Say { reply: Some(1044), ..say.clone() })),
        ("message-thread", ClientFrame::Message(Say { reply: Some(1044), thread: Some(1001), ..say.clone() })),
        (
            "message-files",
            ClientFrame::Message(Say { message: String::new(), files: vec![id("01JFILE"), id("01JFILF")], ..say.clone() }),
        ),
        (
            "message-plain",
            ClientFrame::Message(Say {
                room: None,
                id: None,
                sender: Some("ana".into()),
                message: "Hello, world!".into(),
                ..say.clone()
            }),
        ),
        (
            "message-text",
            ClientFrame::Message(Say {
                message: "quotes \" and \\, line\nbreak, NUL \0, ESC \u{1b}, \u{2028}, مرحبا 你好 👩\u{200d}🚀 </script>".into(),
                ..say
            }),
        ),
        ("history", ClientFrame::History(history.clone())),
        ("history-before", ClientFrame::History(History { before: Some(1044), limit: Some(100), ..history.clone() })),
        ("history-after", ClientFrame::History(History { after: Some(0), ..history.clone() })),
        (
            "history-at",
            ClientFrame::History(History { at: Some("2026-01-25T00:00:00Z".into()), ..history.clone() }),
        ),
        ("history-around", ClientFrame::History(History { around: Some((1 << 53) - 1), ..history })),
        ("create", ClientFrame::Create(create.clone())),
        (
            "create-private",
            ClientFrame::Create(Create {
                room: "Salaries 2027".into(),
                kind: RoomKind::Private,
                topic: Some("Who gets what".into()),
                ..create
            }),
        ),
        ("direct", ClientFrame::Direct(Direct { reference: 12, users: vec![user("u-9"), user("u-3")] })),
        ("decline", ClientFrame::Decline(question())),
        ("change", ClientFrame::Change(change.clone())),
        (
            "change-rules",
            ClientFrame::Change(Change {
                title: None,
                topic: None,
                announce: Some(true),
                slow_s: Some(30),
                archived: Some(false),
                seen: Some(true),
                id: None,
                ..change
            }),
        ),
        ("invite", ClientFrame::Invite(plain.clone())),
        ("kick", ClientFrame::Kick(Moderate { reason: Some("Spam".into()), ..plain.clone() })),
        ("ban", ClientFrame::Ban(moderate.clone())),
        ("unban", ClientFrame::Unban(plain.clone())),
        ("mute", ClientFrame::Mute(moderate)),
        ("unmute", ClientFrame::Unmute(plain)),
        (
            "role",
            ClientFrame::Role(SetRole {
                reference: 13,
                room: lobby(),
                user: user("u-9"),
                role: RoomRole::Moderator,
                id: Some(id("01JE")),
            }),
        ),
        ("delete", ClientFrame::Delete(Delete { room: lobby(), target: 1044, id: Some(id("01JF")) })),
        ("edit", ClientFrame::Edit(Edit { room: lobby(), target: 1044, text: "Hi all".into(), id: Some(id("01JG")) })),
        (
            "react",
            ClientFrame::React(React { room: lobby(), target: 1044, emoji: "👍🏽".into(), on: true, id: Some(id("01JH")) }),
        ),
        ("react-off", ClientFrame::React(React { room: lobby(), target: 1044, emoji: "🎉".into(), on: false, id: None })),
        ("pin", ClientFrame::Pin(Pin { room: lobby(), target: 1044, on: true, id: Some(id("01JK")) })),
        (
            "thread",
            ClientFrame::Thread(ThreadOf { reference: 20, room: lobby(), root: 1001, before: Some(1044), limit: Some(50) }),
        ),
        ("edits", ClientFrame::Edits(EditsOf { reference: 21, room: lobby(), target: 1044 })),
        ("pins", ClientFrame::Pins(OfRoom { reference: 22, room: lobby() })),
        (
            "search",
            ClientFrame::Search(Search {
                reference: 23,
                query: "\"next week\" from:ana has:file".into(),
                order: SearchOrder::Rank,
                before: None,
                limit: Some(20),
            }),
        ),
        ("mentions", ClientFrame::Mentions(Browse { reference: 24, before: Some(90), limit: None })),
        ("readers", ClientFrame::Readers(OfRoom { reference: 25, room: lobby() })),
        (
            "prefs",
            ClientFrame::Prefs(Prefs {
                reference: 26,
                keywords: vec!["deploy".into(), "on call".into()],
                quiet: Some(Quiet { from: 1320, to: 420 }),
            }),
        ),
        (
            "report",
            ClientFrame::Report(Report { reference: 14, room: lobby(), target: 1044, reason: "Rude".into() }),
        ),
        ("reports", ClientFrame::Reports(Browse { reference: 15, before: None, limit: None })),
        ("resolve", ClientFrame::Resolve(Resolve { reference: 16, report: 3 })),
        ("audit", ClientFrame::Audit(Browse { reference: 17, before: Some(90), limit: Some(50) })),
        ("read", ClientFrame::Read(Read { room: lobby(), seq: 1049, back: false })),
        ("read-back", ClientFrame::Read(Read { room: lobby(), seq: 1040, back: true })),
        (
            "read-thread",
            ClientFrame::ReadThread(ReadThread { room: lobby(), thread: 1001, seq: 1049, back: false }),
        ),
        (
            "read-thread-back",
            ClientFrame::ReadThread(ReadThread { room: lobby(), thread: 1001, seq: 1001, back: true }),
        ),
        ("notify", ClientFrame::Notify(Notify { reference: 18, room: lobby(), level: Level::None })),
        ("block", ClientFrame::Block(Block { reference: 19, user: user("u-9"), on: true })),
        ("draft", ClientFrame::Draft(Draft { room: lobby(), text: "I thin".into(), reply: Some(1044), thread: None })),
        ("draft-thread", ClientFrame::Draft(Draft { room: lobby(), text: "And".into(), reply: None, thread: Some(1001) })),
        ("join", ClientFrame::Join(question())),
        ("leave", ClientFrame::Leave(question())),
        ("members", ClientFrame::Members(question())),
        ("rooms", ClientFrame::Rooms(Question { reference: 9 })),
        ("nick", ClientFrame::Nick(Nick { reference: 10, name: "Zoë".into() })),
        ("typing-on", ClientFrame::Typing(Typing { room: lobby(), on: true, thread: None })),
        ("typing-off", ClientFrame::Typing(Typing { room: lobby(), on: false, thread: None })),
        ("typing-thread", ClientFrame::Typing(Typing { room: lobby(), on: true, thread: Some(1001) })),
        ("presence-online", ClientFrame::Presence(Presence { state: PresenceState::Online })),
        ("presence-idle", ClientFrame::Presence(Presence { state: PresenceState::Idle })),
        ("pong", ClientFrame::Pong(Pong {})),
    ]
}

#[test]
fn client_frames_are_as_the_golden_files_say() {
    let kinds: std::collections::BTreeSet<&str> = frames().iter().map(|(_, frame)| frame.kind()).collect();
    assert_eq!(kinds, ClientFrame::TYPES.into_iter().collect(), "each type has an example");
    check("client", frames(), ClientFrame::parse, ClientFrame::encode);
}
