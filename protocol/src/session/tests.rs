//! Scripted talks with a session: what goes in, what must come out.

mod changes;
mod joining;
mod link;
mod outbox;
mod people;
mod rooms;

use std::time::Duration;

use super::*;
use crate::client::{ClientFrame, Hello};

/// A session and its shell: everything that comes out is kept, and the disk is instant.
struct Client {
    session: Session,
    now: Duration,
    actions: Vec<Action>,
    events: Vec<SessionEvent>,
    sent: Vec<ClientFrame>,
    /// Whether entries reach the disk.
    disk: bool,
}

impl Client {
    fn new(saved: Saved) -> Self {
        let config = SessionConfig {
            client: "test/1".into(),
            conn: id("conn"),
            name: Some("ana".into()),
            token: None,
            seed: 7,
        };
        let now = Duration::from_secs(100);
        let mut client = Self {
            session: Session::new(config, saved, now),
            now,
            actions: Vec::new(),
            events: Vec::new(),
            sent: Vec::new(),
            disk: true,
        };
        client.drain();
        client
    }

    /// In the lobby, whose log is at `head`.
    fn connected(head: Seq) -> Self {
        let mut client = Self::new(Saved::default());
        client.connect(&[("lobby", head)]);
        client
    }

    /// Dials, and is welcomed as `u-1` in these rooms; forgets what came out.
    fn connect(&mut self, rooms: &[(&str, Seq)]) -> Hello {
        let hello = self.open();
        self.hear(&welcome("e1", "u-1", rooms));
        hello
    }

    fn open(&mut self) -> Hello {
        assert_eq!(self.actions.pop(), Some(Action::Connect));
        self.sent.clear();
        self.session.handle_connected(self.now);
        self.drain();
        let ClientFrame::Hello(hello) = self.sent.remove(0) else { panic!("hello comes first") };
        hello
    }

    fn hear(&mut self, text: &str) {
        self.session.handle_text(self.now, text);
        self.drain();
    }

    fn hear_event(&mut self, room: &str, seq: Seq) {
        self.hear(&message(room, seq, "u-2", &format!("m{seq}")));
    }

    fn close(&mut self, code: Option<u16>) {
        self.session.handle_closed(self.now, code);
        self.drain();
    }

    /// Cuts the link and lets the time of the next attempt come.
    fn cut(&mut self) {
        self.close(None);
        self.wait();
    }

    /// Lets the time of the next timeout come.
    fn wait(&mut self) {
        self.now = self.session.poll_timeout().expect("something to wait for").max(self.now);
        self.session.handle_timeout(self.now);
        self.drain();
    }

    fn send(&mut self, room: &str, id: &str) {
        let line = Line { text: format!("text of {id}"), ..Line::default() };
        self.session.send(key(room), self::id(id), line).unwrap();
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            self.actions.extend(std::iter::from_fn(|| self.session.poll_action()));
            while let Some(event) = self.session.poll_event() {
                if let SessionEvent::Outbox(OutboxChange::Put(outgoing)) = &event
                    && self.disk
                {
                    self.session.handle_persisted(&outgoing.id);
                }
                self.events.push(event);
            }
            let Some(text) = self.session.poll_transmit() else { break };
            self.sent.push(ClientFrame::parse(&text).unwrap());
        }
    }

    /// The events since the last look.
    fn events(&mut self) -> Vec<SessionEvent> {
        std::mem::take(&mut self.events)
    }

    /// The seqs told since the last look, and how the gaps did.
    fn told(&mut self) -> Vec<String> {
        let told = |event: SessionEvent| match event {
            SessionEvent::Event(event) => Some(event.event.seq().to_string()),
            SessionEvent::Gap(gap) => Some(format!("gap {}-{}", gap.from, gap.to)),
            SessionEvent::GapHealed(gap) => Some(format!("healed {}-{}", gap.from, gap.to)),
            SessionEvent::GapLost(gap) => Some(format!("lost {}-{}", gap.from, gap.to)),
            SessionEvent::Reset(reset) => {
                Some(format!("reset {:?} {:?} to {}", reset.why, reset.held, reset.head))
            }
            SessionEvent::Synced { head, .. } => Some(format!("synced {head}")),
            SessionEvent::RoomJoined { info, .. } => Some(format!("joined {} at {}", info.room, info.head)),
            SessionEvent::RoomLeft(room) => Some(format!("left {room}")),
            _ => None,
        };
        self.events().into_iter().filter_map(told).collect()
    }

    /// The ids of the lines sent since the last look.
    fn lines(&mut self) -> Vec<String> {
        let line = |frame: ClientFrame| match frame {
            ClientFrame::Message(say) => Some(say.id?.as_str().to_owned()),
            _ => None,
        };
        std::mem::take(&mut self.sent).into_iter().filter_map(line).collect()
    }

    /// The only question sent since the last look.
    fn question(&mut self) -> ClientFrame {
        assert_eq!(self.sent.len(), 1, "{:?}", self.sent);
        self.sent.remove(0)
    }

    /// Answers the only history question with its events.
    fn answer_history(&mut self, head: Seq) {
        let ClientFrame::History(asked) = self.question() else { panic!("a history question") };
        let first = asked.after.expect("after") + 1;
        let last = (first + u64::from(asked.limit.unwrap()) - 1).min(head);
        self.hear(&page(asked.reference, asked.room.as_str(), first, last, head));
    }
}

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

fn key(text: &str) -> RoomKey {
    RoomKey::new(text).unwrap()
}

fn info(room: &str, head: Seq) -> String {
    format!(r#"{{"room":"{room}","title":"{room}","kind":"public","first":1,"head":{head},"present":1}}"#)
}

fn welcome(epoch: &str, user: &str, rooms: &[(&str, Seq)]) -> String {
    let rooms: Vec<String> = rooms.iter().map(|(room, head)| info(room, *head)).collect();
    format!(
        r#"{{"type":"welcome","server":"s/1","epoch":"{epoch}","user":{{"user":"{user}","name":"ana","guest":true}},
        "token":"t-{user}","heartbeat_ms":10000,"limits":{{"message_bytes":65536,"history":200,"resume":10000}},
        "rooms":[{}]}}"#,
        rooms.join(",")
    )
}

fn message(room: &str, seq: Seq, user: &str, id: &str) -> String {
    format!(
        r#"{{"type":"message","room":"{room}","seq":{seq},"id":"{id}","user":"{user}","sender":"bo","message":"text of {id}","timestamp":"2026-01-01T00:00:00.000Z"}}"#
    )
}

fn page(reference: Ref, room: &str, first: Seq, last: Seq, head: Seq) -> String {
    let events: Vec<String> =
        (first..=last).map(|seq| message(room, seq, "u-2", &format!("m{seq}"))).collect();
    format!(
        r#"{{"type":"history","ref":{reference},"room":"{room}","events":[{}],"first":{first},"last":{last},"head":{head},"as_of":{head},"more":false}}"#,
        events.join(",")
    )
}

fn ack(id: &str, seq: Seq) -> String {
    format!(
        r#"{{"type":"ack","id":"{id}","room":"lobby","seq":{seq},"timestamp":"2026-01-01T00:00:00.000Z"}}"#
    )
}
