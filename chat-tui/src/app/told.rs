//! What happened to a room and its people, in words.

use protocol::rooms::{MemberChange, MemberChanged, RoomEdited, RoomRole};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::safe;
use super::timeline::Told;

/// A change of somebody's membership, safe to draw.
pub(super) fn member(event: &MemberChanged) -> Told {
    let (by, who) = (safe::line(&event.sender), safe::line(&event.name));
    let own = event.user == event.who;
    let text = match event.change {
        MemberChange::Joined if own && event.role == Some(RoomRole::Owner) => format!("{who} made this room"),
        MemberChange::Joined if own => format!("{who} is a member now"),
        MemberChange::Joined => format!("{by} brought {who} in"),
        MemberChange::Left => format!("{who} is no member any more"),
        MemberChange::Kicked => format!("{by} put {who} out"),
        MemberChange::Banned => format!("{by} banned {who}"),
        MemberChange::Unbanned => format!("{by} ended the ban of {who}"),
        MemberChange::Muted => format!("{by} muted {who}"),
        MemberChange::Unmuted => format!("{by} ended the mute of {who}"),
        MemberChange::Role => match event.role {
            Some(role) if own => format!("{who} is {} now", a_role(role)),
            Some(role) => format!("{by} made {who} {}", a_role(role)),
            None => format!("{by} changed the role of {who}"),
        },
        MemberChange::Other => format!("the membership of {who} changed"),
    };
    let until = event.until.as_deref().and_then(|until| OffsetDateTime::parse(until, &Rfc3339).ok());
    Told { text, until, reason: event.reason.as_deref().map(safe::line) }
}

/// A change of the room, safe to draw.
pub(super) fn changed(event: &RoomEdited) -> Told {
    let by = safe::line(&event.sender);
    let mut parts = Vec::new();
    if let Some(title) = &event.title {
        parts.push(format!("{by} called this room “{}”", safe::line(title)));
    }
    match event.topic.as_deref() {
        Some("") => parts.push(format!("{by} took the topic away")),
        Some(topic) => parts.push(format!("{by} set the topic: {}", safe::line(topic))),
        None => {}
    }
    match event.announce {
        Some(true) => parts.push(format!("{by} made this a room for announcements")),
        Some(false) => parts.push(format!("{by} let everybody write here again")),
        None => {}
    }
    match event.slow_s {
        Some(0) => parts.push(format!("{by} ended slow mode")),
        Some(seconds) => {
            parts.push(format!("{by} set slow mode: a message every {}", span(u64::from(seconds))));
        }
        None => {}
    }
    match event.seen {
        Some(true) => parts.push(format!("{by} lets this room tell who has read what")),
        Some(false) => parts.push(format!("{by} lets this room tell no more who has read what")),
        None => {}
    }
    match event.archived {
        Some(true) => parts.push(format!("{by} archived this room")),
        Some(false) => parts.push(format!("{by} opened this room again")),
        None => {}
    }
    if parts.is_empty() {
        parts.push(format!("{by} changed this room"));
    }
    Told { text: parts.join(" · "), until: None, reason: None }
}

/// A role with its article.
pub(super) fn a_role(role: RoomRole) -> &'static str {
    match role {
        RoomRole::Owner => "an owner",
        RoomRole::Moderator => "a moderator",
        RoomRole::Member | RoomRole::Other => "a member",
    }
}

/// A number of seconds, for people.
pub(super) fn span(seconds: u64) -> String {
    match seconds {
        s if s >= 86_400 && s % 86_400 == 0 => format!("{} d", s / 86_400),
        s if s >= 3_600 && s % 3_600 == 0 => format!("{} h", s / 3_600),
        s if s >= 60 && s % 60 == 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

/// A span as typed: `90`, `90s`, `10m`, `2h`, `3d` or `1w`.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    digits
        .parse::<u64>()
        .ok()?
        .checked_mul(unit)
        .filter(|&seconds| seconds <= protocol::limits::MAX_SAFE_INTEGER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_told() {
        for (typed, expected) in [
            ("90", Some(90)),
            ("10m", Some(600)),
            ("2h", Some(7_200)),
            ("1w", Some(604_800)),
            ("x", None),
            ("", None),
            ("5y", None),
        ] {
            assert_eq!(seconds(typed), expected, "{typed}");
        }
        assert_eq!(["90 s", "10 min", "2 h", "7 d"], [90, 600, 7_200, 604_800].map(span));
    }

    #[test]
    fn what_happened_is_told_in_words() {
        let event = |json: &str| match protocol::event::Event::parse(json).unwrap() {
            protocol::event::Event::Member(event) => member(&event).text,
            protocol::event::Event::Changed(event) => changed(&event).text,
            other => panic!("{other:?}"),
        };
        let of = |rest: &str| {
            event(&format!(
                r#"{{"type":"member","room":"ops","seq":2,"id":"x","user":"u-1","sender":"ana","who":"u-2","name":"bo\u001b","timestamp":"",{rest}}}"#
            ))
        };
        assert_eq!(of(r#""change":"role","role":"moderator""#), "ana made bo\u{fffd} a moderator");
        assert_eq!(of(r#""change":"banned","reason":"spam""#), "ana banned bo\u{fffd}");
        assert_eq!(of(r#""change":"teleported""#), "the membership of bo\u{fffd} changed");
        let edit = r#"{"type":"changed","room":"ops","seq":2,"id":"x","user":"u-1","sender":"ana","timestamp":"","topic":"","slow_s":30}"#;
        assert_eq!(event(edit), "ana took the topic away · ana set slow mode: a message every 30 s");
    }
}
