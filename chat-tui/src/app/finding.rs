//! Finding messages again: by what they say, by their day, by a link.

use protocol::client::ClientFrame;
use protocol::event::{Event, Message};
use protocol::ids::{RoomKey, Seq};
use protocol::messages::{Found, Search, SearchOrder};
use protocol::session::Place;
use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, Time};

use super::lists::{self, Hits};
use super::timeline::Entry;
use super::{Effect, Model, jump, safe};

/// Messages of this machine that are shown at most.
pub const HERE: usize = 200;

/// `/search QUERY`: on the server, or without a connection in what is here.
pub(super) fn search(model: &mut Model, query: &str) -> Vec<Effect> {
    if query.is_empty() {
        model.complain(
            "/search WORDS: also \"phrases\", begin*, from:NAME, in:ROOM, before:DAY, after:DAY, has:file",
        );
        return Vec::new();
    }
    query.clone_into(&mut model.searched);
    if model.is_online() {
        return vec![ask(query, None)];
    }
    vec![Effect::SearchHere(query.to_owned())]
}

fn ask(query: &str, before: Option<u64>) -> Effect {
    Effect::Ask(Box::new(frame(query, before)))
}

fn frame(query: &str, before: Option<u64>) -> ClientFrame {
    let (query, order) = (query.to_owned(), SearchOrder::Newest);
    ClientFrame::Search(Search { reference: 0, query, order, before, limit: None })
}

/// What the server found.
pub(super) fn found(model: &mut Model, found: Found) {
    let query = model.searched.clone();
    let more = found.before.map(|before| Box::new(frame(&query, Some(before))));
    let hits = found.hits.into_iter().map(|hit| lists::found(model, hit)).collect();
    let title = format!("Found: {}", safe::line(&query));
    lists::add(model, Hits { title, hits, more, none: "nothing says that", ..Hits::default() });
}

/// What was found on this machine, newest first.
pub(super) fn found_here(model: &mut Model, mut messages: Vec<Message>) {
    messages.sort_by(|one, other| other.timestamp.cmp(&one.timestamp));
    messages.truncate(HERE);
    let hits = messages.into_iter().map(|message| lists::found_here(model, message)).collect();
    let title = format!("Found on this machine: {}", safe::line(&model.searched));
    let none = "nothing that is kept on this machine says that";
    lists::add(model, Hits { title, hits, none, ..Hits::default() });
}

/// What a search on this machine looks for: words and phrases, and who said it where. What it does not know is a word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sought {
    words: Vec<String>,
    from: Vec<String>,
    rooms: Vec<String>,
}

impl Sought {
    /// Reads a search as it was typed.
    pub fn read(query: &str) -> Self {
        let mut sought = Self::default();
        let mut rest = query.trim();
        while !rest.is_empty() {
            let (word, after) = match rest.strip_prefix('"').and_then(|text| text.split_once('"')) {
                Some(quoted) => quoted,
                None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
            };
            let word = word.to_lowercase();
            match word.split_once(':') {
                Some(("from", name)) => sought.from.push(name.trim_start_matches('@').to_owned()),
                Some(("in", room)) => sought.rooms.push(room.trim_start_matches('#').to_owned()),
                _ => {
                    let word = word.trim_end_matches('*').to_owned();
                    sought.words.extend(Some(word).filter(|word| !word.is_empty()));
                }
            }
            rest = after.trim_start();
        }
        sought
    }

    /// Whether a room is to be looked through.
    pub fn wants(&self, room: &RoomKey, title: &str) -> bool {
        let title = title.to_lowercase();
        self.rooms.is_empty() || self.rooms.iter().any(|wanted| wanted == room.as_str() || *wanted == title)
    }

    /// The message, with what later events made of it, if it answers.
    pub fn finds(&self, message: Message) -> Option<Message> {
        let folded = message.folded.as_ref();
        let text = folded.and_then(|folded| folded.text.as_ref()).unwrap_or(&message.message).to_lowercase();
        let sender = message.sender.to_lowercase();
        let fits = !folded.is_some_and(|folded| folded.deleted)
            && self.words.iter().all(|word| text.contains(word))
            && (self.from.is_empty() || self.from.contains(&sender));
        fits.then_some(message)
    }
}

/// `/date 2026-11-23`: goes to the first message of a day.
pub(super) fn date(model: &mut Model, argument: &str) -> Vec<Effect> {
    let Some(day) = day(argument) else {
        model.complain("/date 2026-11-23: which day?");
        return Vec::new();
    };
    if !model.is_online() {
        model.complain("there is no connection");
        return Vec::new();
    }
    let at = day.with_time(Time::MIDNIGHT).assume_offset(model.offset);
    let Ok(at) = at.format(&Rfc3339) else { return Vec::new() };
    model.wants_day = Some((model.current.clone(), at.clone()));
    vec![Effect::History { room: model.current.clone(), place: Place::At(at) }]
}

fn day(text: &str) -> Option<Date> {
    let mut parts = text.trim().splitn(3, '-');
    let year: i32 = parts.next()?.parse().ok().filter(|year| (0..=9999).contains(year))?;
    let month = Month::try_from(parts.next()?.parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(year, month, parts.next()?.parse().ok()?).ok()
}

/// When the messages of a page of a day were said; of other pages nothing is needed.
pub(super) fn times(asked: &Place, events: &[Event]) -> Vec<(Seq, String)> {
    if !matches!(asked, Place::At(_)) {
        return Vec::new();
    }
    let said = events.iter().filter(|event| matches!(event, Event::Message(_)));
    said.filter_map(|event| Some((event.seq(), event.timestamp()?.to_owned()))).collect()
}

/// The page of a day came: goes to its first message of that time or later, or to the last one before.
pub(super) fn day_came(
    model: &mut Model,
    room: &RoomKey,
    place: &Place,
    events: &[(Seq, String)],
) -> Vec<Effect> {
    let Place::At(asked) = place else { return Vec::new() };
    let Some((wanted, at)) = model.wants_day.take() else { return Vec::new() };
    if wanted != *room || at != *asked || *room != model.current {
        return Vec::new();
    }
    let Ok(at) = OffsetDateTime::parse(&at, &Rfc3339) else { return Vec::new() };
    let since = |time: &str| OffsetDateTime::parse(time, &Rfc3339).is_ok_and(|time| time >= at);
    let first = events.iter().find(|(_, time)| since(time)).or(events.last());
    let Some((seq, _)) = first else {
        model.toast("nothing was said here");
        return Vec::new();
    };
    jump::to(model, room, *seq)
}

/// `/unread`: goes to the first message that was not read yet.
pub(super) fn unread(model: &mut Model) -> Vec<Effect> {
    let (room, current) = (model.room(), model.current.clone());
    let read = room.mark.unwrap_or(room.read);
    let next = room
        .timeline
        .events_after(read)
        .find_map(|(seq, entry)| matches!(entry, Entry::Said(said) if said.thread.is_none()).then_some(seq));
    let Some(seq) = next else {
        model.toast("everything here is read");
        return Vec::new();
    };
    jump::to(model, &current, seq)
}

/// `/open LINK`: goes to the room or message of a link to this server.
pub(super) fn open(model: &mut Model, argument: &str) -> Vec<Effect> {
    if argument.is_empty() {
        model.complain("/open LINK: which one?");
        return Vec::new();
    }
    vec![Effect::Open(argument.to_owned())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_others_refused() {
        assert_eq!(day("2026-11-23"), Date::from_calendar_date(2026, Month::November, 23).ok());
        for wrong in ["", "2026", "2026-13-01", "2026-02-30", "yesterday", "-1-1-1", "2026-11-23-1"] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_here_is_found_by_words_names_and_rooms() {
        let event = |sender: &str, text: &str| {
            let text = format!(
                r#"{{"type":"message","room":"lobby","seq":1,"id":"a","user":"u-1","sender":"{sender}","message":"{text}","timestamp":""}}"#
            );
            let Event::Message(message) = Event::parse(&text).unwrap() else { panic!("a message") };
            message
        };
        let finds = |query: &str, sender: &str, text: &str| {
            let sought = Sought::read(query);
            sought.wants(&RoomKey::lobby(), "The Hall") && sought.finds(event(sender, text)).is_some()
        };
        assert!(finds("Release rel*", "ana", "the RELEASE is out"));
        assert!(finds("\"next week\" from:@Ana in:#lobby", "ana", "not before next week"));
        assert!(!finds("\"next week\"", "ana", "next release, this week"));
        assert!(!finds("release from:bo", "ana", "release"));
        assert!(!finds("release in:ops", "ana", "release"));
        assert!(!finds("release in:hall", "ana", "release"));
    }
}
