//! Who is banned and muted, as whoever may lift that is told.

use protocol::rooms::Sentence;
use protocol::server::{Member, Members, ServerFrame};

use crate::{room, user};

pub(crate) fn nobody_sentenced(members: Vec<Member>) -> ServerFrame {
    let room = room("lobby");
    ServerFrame::Members(Members { reference: 10, room, members, present: 3, banned: vec![], muted: vec![] })
}

pub(crate) fn members() -> ServerFrame {
    let sentence = |name: &str, until: Option<&str>, reason: Option<&str>| Sentence {
        user: user("u-9"),
        name: name.to_owned(),
        until: until.map(str::to_owned),
        reason: reason.map(str::to_owned),
    };
    ServerFrame::Members(Members {
        reference: 10,
        room: room("lobby"),
        members: vec![],
        present: 0,
        banned: vec![sentence("dan", None, Some("Spam")), sentence("eve", None, None)],
        muted: vec![sentence("flo", Some("2026-01-25T10:00:00.123Z"), None)],
    })
}
