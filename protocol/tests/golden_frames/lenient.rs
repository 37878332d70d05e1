//! `golden/{client,server}/lenient/*.json`: frames of other versions, and what this one makes of them.

use protocol::client::{ClientFrame, Question, Say};
use protocol::error::ErrorCode;
use protocol::event::{Event, Unknown};
use protocol::server::{Ping, ResetWhy, RoomKind, ServerFrame, Synced};

use crate::{golden, id, room};

fn read(file: &str) -> String {
    std::fs::read_to_string(golden(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn server(file: &str) -> ServerFrame {
    ServerFrame::parse(&read(&format!("server/lenient/{file}.json"))).unwrap()
}

fn client(file: &str) -> Result<ClientFrame, Box<protocol::error::Refusal>> {
    ClientFrame::parse(&read(&format!("client/lenient/{file}.json")))
}

#[test]
fn p12_fields_of_later_versions_are_ignored() {
    let hello =
        Say { message: "Hello".into(), id: Some(id("01JE")), room: Some(room("lobby")), ..Say::default() };
    assert_eq!(client("unknown-field").unwrap(), ClientFrame::Message(hello));
    let synced = Synced { room: room("lobby"), head: 1048 };
    assert_eq!(server("unknown-field"), ServerFrame::Synced(synced));
}

#[test]
fn p12_types_of_later_versions_do_no_harm() {
    assert_eq!(client("unknown-type").unwrap_err().code, ErrorCode::UnknownType);
    assert_eq!(server("unknown-type"), ServerFrame::Unknown);
    let place = Unknown { room: room("lobby"), seq: 1050 };
    assert_eq!(server("unknown-event"), ServerFrame::Event(Event::Unknown(place)));
}

#[test]
fn p12_values_of_later_versions_have_a_meaning() {
    let ServerFrame::Error(refusal) = server("unknown-code") else { panic!("an error") };
    assert_eq!((refusal.code, refusal.retry), (ErrorCode::Other, true));
    let ServerFrame::Reset(reset) = server("unknown-reset") else { panic!("a reset") };
    assert_eq!(reset.why, ResetWhy::Gone);
    let ServerFrame::Rooms(rooms) = server("unknown-kind") else { panic!("rooms") };
    assert_eq!(rooms.rooms[0].kind, RoomKind::Other);
}

#[test]
fn p17_a_poisoned_event_is_a_place() {
    let place = Unknown { room: room("lobby"), seq: 1051 };
    assert_eq!(server("poisoned-event"), ServerFrame::Event(Event::Unknown(place)));
    let ServerFrame::History(page) = server("poisoned-page") else { panic!("a page") };
    assert!(matches!(page.events[..], [Event::Unknown(_), Event::Message(_)]));
}

#[test]
fn what_may_be_left_out_is_left_out() {
    let hello = Say { message: "Hello!".into(), ..Say::default() };
    assert_eq!(client("message-without-type").unwrap(), ClientFrame::Message(hello));
    assert_eq!(client("question-without-ref").unwrap(), ClientFrame::Rooms(Question { reference: 0 }));
    assert_eq!(server("ping-without-heads"), ServerFrame::Ping(Ping::default()));
}
