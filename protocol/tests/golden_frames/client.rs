use std::collections::BTreeMap;

use protocol::client::{
    ClientFrame, Hello, History, Nick, Pong, Presence, Question, Resume, RoomQuestion, Say, Typing,
};
use protocol::signal::PresenceState;

use crate::{check, epoch, id, room};

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
    let history =
        History { reference: 7, room: lobby(), before: None, after: None, around: None, limit: None };
    let say = Say { room: Some(lobby()), message: "Hello".into(), id: Some(id("01JE")), ..Say::default() };
    let question = || RoomQuestion { reference: 8, room: "Ops Team".into() };
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
        ("history-around", ClientFrame::History(History { around: Some((1 << 53) - 1), ..history })),
        ("create", ClientFrame::Create(question())),
        ("join", ClientFrame::Join(question())),
        ("leave", ClientFrame::Leave(question())),
        ("members", ClientFrame::Members(question())),
        ("rooms", ClientFrame::Rooms(Question { reference: 9 })),
        ("nick", ClientFrame::Nick(Nick { reference: 10, name: "Zoë".into() })),
        ("typing-on", ClientFrame::Typing(Typing { room: lobby(), on: true })),
        ("typing-off", ClientFrame::Typing(Typing { room: lobby(), on: false })),
        ("presence-online", ClientFrame::Presence(Presence { state: PresenceState::Online })),
        ("presence-idle", ClientFrame::Presence(Presence { state: PresenceState::Idle })),
        ("pong", ClientFrame::Pong(Pong {})),
    ]
}

#[test]
fn client_frames_are_as_the_golden_files_say() {
    check("client", frames(), ClientFrame::parse, ClientFrame::encode);
}
