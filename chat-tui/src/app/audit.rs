//! What was decided, in words.

use protocol::ids::UserId;
use protocol::rooms::{AuditEntry, RoomRole};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Model, names, safe, timeline, told};

/// The fields of a room's change, as the log keeps them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Changes {
    title: Option<String>,
    topic: Option<String>,
    announce: Option<bool>,
    slow_s: Option<u32>,
}

/// What somebody did, and what else is known of it; both safe to draw.
pub(super) fn entry(model: &Model, entry: &AuditEntry) -> (String, String) {
    let by = if entry.sender.is_empty() { "the server".to_owned() } else { safe::line(&entry.sender) };
    let detail = entry.detail.as_deref().unwrap_or_default();
    let is_own = entry.who.is_none() || entry.who == entry.user;
    let whom = |who: &UserId| names::name_of(model, who);
    let who = entry.who.as_ref().map(whom).unwrap_or_default();
    let room = entry.room.as_ref().map(|room| names::label_of(model, room)).unwrap_or_default();
    let message = entry.target.map(|seq| format!("message {seq}")).unwrap_or_default();
    let plain = safe::line(detail);
    let (what, detail) = match entry.action.as_str() {
        "kick" => (format!("put {who} out of {room}"), plain),
        "ban" => (format!("banned {who} from {room}"), until(model, detail)),
        "unban" => (format!("ended the ban of {who} in {room}"), plain),
        "mute" => (format!("muted {who} in {room}"), until(model, detail)),
        "unmute" => (format!("ended the mute of {who} in {room}"), plain),
        "role" if !room.is_empty() => match RoomRole::of(detail) {
            Some(role) => (format!("made {who} {} of {room}", told::a_role(role)), String::new()),
            None => (format!("changed the role of {who} in {room}"), plain),
        },
        "role" => (format!("gave {who} the role {plain}"), String::new()),
        "change" => (format!("changed {room}"), changes(detail)),
        "archive" => (format!("archived {room}"), archived(detail)),
        "unarchive" => (format!("opened {room} again"), archived(detail)),
        "invite" => ("made an invite".to_owned(), plain),
        "delete" => (format!("deleted {message} of {who} in {room}"), plain),
        "register" => (format!("made an account as {plain}"), String::new()),
        "add" => (format!("made an account for {who} as {plain}"), String::new()),
        "password" if is_own => ("set a new password".to_owned(), plain),
        "password" => (format!("set a new password for {who}"), plain),
        "password by link" => ("set a new password with a link".to_owned(), plain),
        "reset" => (format!("made {who} a link for a new password"), plain),
        "deactivate" => (format!("deactivated {who}"), plain),
        "reactivate" => (format!("let {who} sign in again"), plain),
        "sign out" => (format!("signed {who} out everywhere"), plain),
        "token" if is_own => (format!("made the token {plain}"), String::new()),
        "token" => (format!("made the token {plain} for {who}"), String::new()),
        // An action that has no words here yet.
        other => {
            let parts = [safe::line(other), who, room, message];
            let parts = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
            (parts.join(" · "), plain)
        }
    };
    (format!("{by} {what}"), detail)
}

/// `until TIME: REASON`, with the time as people read it here.
fn until(model: &Model, detail: &str) -> String {
    let Some(rest) = detail.strip_prefix("until ") else { return safe::line(detail) };
    let (at, reason) = rest.split_once(": ").unwrap_or((rest, ""));
    let at = OffsetDateTime::parse(at, &Rfc3339).ok().and_then(|at| at.checked_to_offset(model.offset));
    match (at, reason) {
        (None, _) => safe::line(detail),
        (Some(at), "") => format!("until {}", timeline::moment(at)),
        (Some(at), reason) => format!("until {}: {}", timeline::moment(at), safe::line(reason)),
    }
}

fn changes(detail: &str) -> String {
    let Ok(changes) = serde_json::from_str::<Changes>(detail) else { return safe::line(detail) };
    let mut parts = Vec::new();
    parts.extend(changes.title.map(|title| format!("the title: {}", safe::line(&title))));
    parts.extend(changes.topic.map(|topic| match topic.as_str() {
        "" => "no topic any more".to_owned(),
        topic => format!("the topic: {}", safe::line(topic)),
    }));
    let announce = |on| if on { "for announcements" } else { "everybody may write" }.to_owned();
    parts.extend(changes.announce.map(announce));
    parts.extend(changes.slow_s.map(|seconds| match seconds {
        0 => "no slow mode any more".to_owned(),
        seconds => format!("a message every {}", told::span(u64::from(seconds))),
    }));
    if parts.is_empty() { safe::line(detail) } else { parts.join(" · ") }
}

/// Nothing where the action says it all: what the log keeps of it is JSON.
fn archived(detail: &str) -> String {
    if detail.starts_with('{') { String::new() } else { safe::line(detail) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{Chat, PLANS};

    #[test]
    fn what_was_decided_is_told_in_words() {
        let chat = Chat::signed_in();
        let told = |json: &str| {
            let json = format!(
                r#"{{"n":1,"timestamp":"2026-11-23T10:00:00.000Z","user":"g-ana","sender":"ana","room":"{PLANS}","who":"g-bo",{json}}}"#
            );
            let (what, detail) = entry(&chat.model, &serde_json::from_str(&json).unwrap());
            format!("{what} / {detail}")
        };
        for (json, words) in [
            (
                r#""action":"mute","detail":"until 2026-11-23T12:29:58.433Z: read the rules\u001b""#,
                "ana muted bo in ◆Plans / until 23 Nov 12:29: read the rules\u{fffd}",
            ),
            (r#""action":"ban","detail":"spam""#, "ana banned bo from ◆Plans / spam"),
            (r#""action":"role","detail":"moderator""#, "ana made bo a moderator of ◆Plans / "),
            (
                r#""action":"change","detail":"{\"slow_s\":30,\"topic\":\"tents\"}""#,
                "ana changed ◆Plans / the topic: tents · a message every 30 s",
            ),
            (r#""action":"change","detail":"{broken""#, "ana changed ◆Plans / {broken"),
            (r#""action":"delete","target":7"#, "ana deleted message 7 of bo in ◆Plans / "),
            (r#""action":"frobnicate","detail":"x""#, "ana frobnicate · bo · ◆Plans / x"),
        ] {
            assert_eq!(told(json), words);
        }
    }
}
