//! One block of the timeline, laid out.

use protocol::ids::{Id, Seq, UserId};
use protocol::messages::{File, Replies};
use protocol::session::Target;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use super::notices::notices;
use super::written::{self, Line, Look, Role, Span};
use super::{Frame, GUTTER, Key, MARGIN, Part, Row, Tick};
use crate::app::pictures::PER_MESSAGE;
use crate::app::place;
use crate::app::room::{Outgoing, Room, Sending};
use crate::app::text::{shorten, width, wrap};
use crate::app::timeline::{Entry, Said, moment};
use crate::app::written::Hrefs;

/// Messages of one author share a header for this long.
const RUN: time::Duration = time::Duration::minutes(10);

/// The rows of one block.
pub(super) fn block(room: &Room, keys: &[Key], index: usize, frame: Frame<'_>) -> Vec<Row> {
    let key = keys[index];
    let timeline = &room.timeline;
    let mut rows = Vec::new();
    match key.part {
        Part::Top => top(room, frame, &mut rows),
        Part::Gap => {
            let after =
                keys[..index].iter().rev().find(|key| key.part == Part::Event).map_or(0, |key| key.seq);
            let missing = key.seq.saturating_sub(after + 1);
            let plural = if missing == 1 { "" } else { "s" };
            let hope = match (timeline.is_lost(key.seq), frame.online) {
                (true, _) => "",
                (false, true) => " — loading",
                (false, false) => " — will load when connected",
            };
            rows.push(Row::Gap(format!("{missing} message{plural} missing{hope}")));
        }
        Part::Event => event(room, keys, index, frame, &mut rows),
        Part::Notices => notices(timeline.notices(key.seq).iter(), frame, &mut rows),
        Part::Outgoing(line) => {
            outgoing(room, &room.outgoing[line], starts_own_run(room, keys, index, frame), frame, &mut rows);
        }
    }
    rows
}

fn top(room: &Room, frame: Frame<'_>, rows: &mut Vec<Row>) {
    let text = if room.timeline.is_sparse() {
        if room.more { "loading older answers…" } else { "the thread begins here" }.to_owned()
    } else if !room.joined {
        let name = if room.key.is_made() { room.title.as_str() } else { room.key.as_str() };
        format!("you are not in {}: /join {name} goes there, /leave takes it off the list", room.label())
    } else if room.timeline.has_older() {
        if frame.online { "loading older messages…" } else { "older messages load when connected" }.to_owned()
    } else if room.timeline.oldest().is_some() {
        format!("the beginning of {}", room.label())
    } else if frame.online {
        format!("nothing was said in {} yet: say hello", room.label())
    } else {
        "nothing is kept on this machine yet".to_owned()
    };
    rows.push(Row::Top(text));
    notices(room.timeline.early_notices(), frame, rows);
}

fn event(room: &Room, keys: &[Key], index: usize, frame: Frame<'_>, rows: &mut Vec<Row>) {
    let seq = keys[index].seq;
    let Some(entry) = room.timeline.get(seq) else { return };
    if !is_shown(room, entry) {
        return;
    }
    let is_new = room.mark.is_some_and(|mark| first_after(room, mark) == Some(seq));
    let before = keys[..index].iter().rev().find_map(|key| match key.part {
        Part::Event => said(room, key.seq),
        _ => None,
    });
    let at = match entry {
        Entry::Said(said) => said.at,
        Entry::Deleted(deleted) => deleted.at,
        _ => None,
    };
    let now = local(at, frame.offset);
    let day = now.map(OffsetDateTime::date);
    let day_before = before.and_then(|said| local(said.at, frame.offset)).map(OffsetDateTime::date);
    let new_day = day.is_some() && day != day_before;
    if new_day && let Some(date) = day {
        rows.push(Row::Day(format!("{} {} {} {}", date.weekday(), date.day(), date.month(), date.year())));
    }
    if is_new {
        rows.push(Row::New);
    }
    match entry {
        Entry::Said(said) => {
            let direct = direct(room, keys, index);
            let runs_on =
                direct.filter(|key| key.part == Part::Event).and_then(|key| self::said(room, key.seq));
            let runs_on = runs_on.is_some_and(|before| continues(before, said));
            if !runs_on || new_day || is_new {
                // A run stands apart from the one before, but not from a line that sets it apart already.
                if !new_day && !is_new && direct.is_some_and(|key| key.part == Part::Event) {
                    rows.push(Row::Blank);
                }
                rows.push(Row::Head {
                    user: Some(said.user.clone()),
                    name: said.name.clone(),
                    time: now.map(clock).unwrap_or_default(),
                    seq: Some(seq),
                });
            }
            let tick = (frame.me == Some(&said.user)).then_some(Tick::Stored);
            if let Some(seq) = said.reply {
                rows.push(Row::Quote { user: Some(said.user.clone()), text: quote(room, seq) });
            }
            let mut lines = written::rows(&said.text, frame.name, columns(frame));
            if said.is_edited() {
                mark_edited(&mut lines, columns(frame));
            }
            let called = room.timeline.is_calling(seq);
            let start = rows.len();
            body(Some(&said.user), lines, tick, false, called, rows);
            lead(said.text.hrefs(), &mut rows[start..]);
            about(room, seq, said, frame, rows);
        }
        Entry::Deleted(deleted) => {
            if !new_day && !is_new && direct(room, keys, index).is_some_and(|key| key.part == Part::Event) {
                rows.push(Row::Blank);
            }
            rows.push(Row::Head {
                user: Some(deleted.user.clone()),
                name: deleted.name.clone(),
                time: now.map(clock).unwrap_or_default(),
                seq: Some(seq),
            });
            let text = match &deleted.by {
                Some(by) if *by == deleted.name => "deleted by its author".to_owned(),
                Some(by) => format!("deleted by {by}"),
                None => "deleted".to_owned(),
            };
            body(Some(&deleted.user), plain(&format!("({text})"), frame), None, true, false, rows);
            answers(room, seq, deleted.replies.as_ref(), frame, rows);
            pending(room, &Target::Stored(seq), frame, rows);
        }
        Entry::Told(told) => {
            let until = told.until.and_then(|until| until.checked_to_offset(frame.offset)).map(moment);
            let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
            let reason = told.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            let columns = usize::from(frame.width.saturating_sub(GUTTER));
            rows.extend(wrap(&format!("{}{until}{reason}", told.text), columns).into_iter().map(Row::Told));
        }
        Entry::Unreadable => {
            body(None, plain("a message that this version cannot show", frame), None, true, false, rows);
        }
        Entry::Change => {}
    }
    if frame.picked == Some(seq) {
        for row in rows.iter_mut() {
            if let Row::Text { picked, .. } = row {
                *picked = true;
            }
        }
    }
}

/// Whether an entry has rows.
fn is_shown(room: &Room, entry: &Entry) -> bool {
    match entry {
        Entry::Change => false,
        // What is said in a thread is shown there alone.
        Entry::Said(said) => !room.timeline.is_hidden(&said.user) && is_here(room, said.thread),
        Entry::Deleted(deleted) => !room.timeline.is_hidden(&deleted.user) && is_here(room, deleted.thread),
        Entry::Told(_) | Entry::Unreadable => true,
    }
}

fn is_here(room: &Room, thread: Option<Seq>) -> bool {
    thread.is_none() || room.timeline.is_sparse()
}

/// What stands below a message: reactions, its thread, that it is pinned, who has seen it, what waits to be done to it.
fn about(room: &Room, seq: Seq, said: &Said, frame: Frame<'_>, rows: &mut Vec<Row>) {
    for file in &said.files {
        let text = shorten(&super::super::files::label(file), columns(frame));
        rows.push(Row::File { user: Some(said.user.clone()), text, seq });
        let picture = pictured(said).any(|pictured| pictured.file == file.file);
        let cells =
            if picture { frame.pictures.rows(file, columns(frame), frame.height) } else { Vec::new() };
        rows.extend(cells.into_iter().map(|cells| Row::Picture { user: Some(said.user.clone()), cells }));
    }
    if !said.folded.reactions.is_empty() {
        let reactions = said.folded.reactions.iter().map(|(emoji, users)| {
            let own = frame.me.is_some_and(|me| users.contains(me));
            (format!("{emoji} {}", users.len()), own)
        });
        let mut row = Vec::new();
        let mut used = 0;
        for (text, own) in reactions {
            let wide = width(&text) + 2;
            if used + wide > columns(frame) && !row.is_empty() {
                rows.push(Row::Reactions {
                    user: Some(said.user.clone()),
                    reactions: std::mem::take(&mut row),
                });
                used = 0;
            }
            used += wide;
            row.push((text, own));
        }
        rows.push(Row::Reactions { user: Some(said.user.clone()), reactions: row });
    }
    if said.folded.pinned {
        rows.push(Row::Under { user: Some(said.user.clone()), text: "pinned".to_owned(), news: false });
    }
    if !room.timeline.is_sparse() {
        answers(room, seq, said.replies(), frame, rows);
    }
    if let Some(text) = seen_by(room, seq, said, frame) {
        let text = shorten(&text, columns(frame));
        rows.push(Row::Under { user: Some(said.user.clone()), text, news: false });
    }
    pending(room, &Target::Stored(seq), frame, rows);
}

/// The files of a message that are shown as pictures.
fn pictured(said: &Said) -> impl Iterator<Item = &File> {
    said.files.iter().filter(|file| file.thumb).take(PER_MESSAGE)
}

/// The files at a place whose pictures are not here.
pub(super) fn lacking(room: &Room, seq: Seq, frame: Frame<'_>) -> Vec<Id> {
    let files = said(room, seq).into_iter().flat_map(pictured);
    files.filter(|file| frame.pictures.lacks(file)).map(|file| file.file.clone()).collect()
}

fn answers(room: &Room, seq: Seq, replies: Option<&Replies>, frame: Frame<'_>, rows: &mut Vec<Row>) {
    let is_written = room.threads.get(&seq).is_some_and(|thread| !thread.draft.is_empty());
    let news = room.answers.unseen_of(seq);
    let mut parts = Vec::new();
    if let Some(replies) = replies {
        let new = if news > 0 { format!(", {news} new") } else { String::new() };
        parts.push(match replies.count {
            1 => format!("1 reply{new}"),
            n => format!("{n} replies{new}"),
        });
    }
    if is_written {
        parts.push("✎ draft".to_owned());
    }
    if let Some(replies) = replies {
        let last = OffsetDateTime::parse(&replies.timestamp, &Rfc3339).ok();
        parts.extend(local(last, frame.offset).map(|at| format!("last {}", moment(at))));
    }
    if parts.is_empty() {
        return;
    }
    let text = shorten(&format!("↳ {}", parts.join(" · ")), columns(frame));
    rows.push(Row::Under { user: None, text, news: news > 0 });
}

/// Who has seen the newest message of one's own, where the room tells.
fn seen_by(room: &Room, seq: Seq, said: &Said, frame: Frame<'_>) -> Option<String> {
    if !room.rules.seen || frame.me != Some(&said.user) || room.readers.is_empty() {
        return None;
    }
    let own = |(_, entry): &(Seq, &Entry)| matches!(entry, Entry::Said(said) if frame.me == Some(&said.user) && is_here(room, said.thread));
    let newest = room.timeline.events().rev().find(own)?.0;
    if newest != seq {
        return None;
    }
    let seen = room.readers.values().filter(|(_, upto)| *upto >= seq);
    let names: Vec<&str> = seen.map(|(name, _)| name.as_str()).collect();
    match names.as_slice() {
        [] => None,
        [names @ .., last] if names.len() < 5 && !names.is_empty() => {
            Some(format!("seen by {} and {last}", names.join(", ")))
        }
        [one] => Some(format!("seen by {one}")),
        many => Some(format!("seen by {} people", many.len())),
    }
}

/// What is to be done to a message and is not in the log yet.
fn pending(room: &Room, target: &Target, frame: Frame<'_>, rows: &mut Vec<Row>) {
    for line in room.changes_of(target) {
        change(room, line, frame, rows);
    }
}

fn change(room: &Room, line: &Outgoing, frame: Frame<'_>, rows: &mut Vec<Row>) {
    let told = place::told(line);
    if let Sending::Failed(_) = line.state {
        let told = format!("{told}{}", help(room, line));
        rows.extend(wrap(&told, columns(frame)).into_iter().map(Row::Failed));
    } else {
        let text = shorten(&told, columns(frame));
        rows.push(Row::Under { user: frame.me.cloned(), text, news: false });
    }
}

/// Whether the message that something is done to has rows, below which that stands.
pub(super) fn has_place(room: &Room, target: &Target) -> bool {
    match target {
        Target::Stored(seq) => match room.timeline.get(*seq) {
            Some(entry @ (Entry::Said(_) | Entry::Deleted(_))) => is_shown(room, entry),
            _ => false,
        },
        Target::Line(id) => room.outgoing.iter().any(|line| line.id == *id && line.change.is_none()),
    }
}

/// What can be done about a line that failed: the oldest one is what the keys are about.
fn help(room: &Room, line: &Outgoing) -> &'static str {
    let chosen = room.failed().is_some_and(|failed| failed.id == line.id);
    if chosen { " · Alt+r retry · Alt+y copy · Alt+x discard" } else { "" }
}

/// A message that is answered, on one line.
fn quote(room: &Room, seq: Seq) -> String {
    match room.timeline.get(seq) {
        Some(Entry::Said(said)) if !room.timeline.is_hidden(&said.user) => {
            format!("{}: {}", said.name, place::quoted(said))
        }
        Some(Entry::Deleted(deleted)) => format!("{}: (deleted)", deleted.name),
        _ => "an earlier message".to_owned(),
    }
}

/// The first place behind another that has rows.
fn first_after(room: &Room, seq: Seq) -> Option<Seq> {
    let mut after = room.timeline.events_after(seq);
    after.find(|(_, entry)| is_shown(room, entry)).map(|(seq, _)| seq)
}

/// The block just above that has rows, where it is an event's.
fn direct(room: &Room, keys: &[Key], index: usize) -> Option<Key> {
    let has_rows = |key: &&Key| {
        key.part != Part::Event || room.timeline.get(key.seq).is_some_and(|entry| is_shown(room, entry))
    };
    keys[..index].iter().rev().find(has_rows).copied()
}

fn outgoing(room: &Room, line: &Outgoing, header: bool, frame: Frame<'_>, rows: &mut Vec<Row>) {
    if header {
        if !matches!(room.timeline.last(), 0) {
            rows.push(Row::Blank);
        }
        let (user, name) = (frame.me.cloned(), frame.name.to_owned());
        rows.push(Row::Head { user, name, time: String::new(), seq: None });
    }
    if line.change.is_some() {
        return change(room, line, frame, rows);
    }
    let tick = match line.state {
        Sending::Queued => Tick::Queued,
        Sending::Sent => Tick::Sent,
        Sending::Stored(_) => Tick::Stored,
        Sending::Failed(_) => Tick::Failed,
    };
    if let Some(seq) = line.reply {
        rows.push(Row::Quote { user: frame.me.cloned(), text: quote(room, seq) });
    }
    let lines = written::rows(&line.shown, frame.name, columns(frame));
    let start = rows.len();
    body(frame.me, lines, Some(tick), tick != Tick::Stored, false, rows);
    lead(line.shown.hrefs(), &mut rows[start..]);
    pending(room, &Target::Line(line.id.clone()), frame, rows);
    if let Sending::Failed(reason) = &line.state {
        let help = help(room, line);
        let columns = usize::from(frame.width.saturating_sub(GUTTER));
        for row in wrap(&format!("not sent: {reason}{help}"), columns) {
            rows.push(Row::Failed(row));
        }
    }
}

fn starts_own_run(room: &Room, keys: &[Key], index: usize, frame: Frame<'_>) -> bool {
    match index.checked_sub(1).map(|index| keys[index]) {
        Some(Key { part: Part::Outgoing(_), .. }) => false,
        Some(Key { part: Part::Event, seq }) => {
            said(room, seq).is_none_or(|said| frame.me != Some(&said.user))
        }
        _ => true,
    }
}

/// The columns that a message's text has.
fn columns(frame: Frame<'_>) -> usize {
    usize::from(frame.width.saturating_sub(GUTTER + MARGIN))
}

/// What this client says in a message's place.
fn plain(text: &str, frame: Frame<'_>) -> Vec<Line> {
    wrap(text, columns(frame)).into_iter().map(|row| vec![Span::words(row)]).collect()
}

/// Tells behind the last row that it is not what was first said, or below it where there is no room.
fn mark_edited(lines: &mut Vec<Line>, columns: usize) {
    const EDITED: &str = "(edited)";
    let sign =
        |text: &str| Span { text: text.to_owned(), look: Look { role: Role::Sign, ..Look::default() } };
    match lines.last_mut() {
        Some(last) if written::cells(last) + EDITED.len() < columns => last.push(sign(&format!(" {EDITED}"))),
        _ => lines.extend(wrap(EDITED, columns).iter().map(|row| vec![sign(row)])),
    }
}

fn body(
    user: Option<&UserId>,
    lines: Vec<Line>,
    tick: Option<Tick>,
    dim: bool,
    called: bool,
    rows: &mut Vec<Row>,
) {
    let start = rows.len();
    rows.extend(lines.into_iter().map(|text| Row::Text {
        user: user.cloned(),
        text,
        hrefs: None,
        tick: None,
        dim,
        called,
        picked: false,
    }));
    if let Some(Row::Text { tick: last, .. }) = rows[start..].last_mut() {
        *last = tick;
    }
}

/// Tells rows of a message where its links lead.
fn lead(hrefs: Option<&Hrefs>, rows: &mut [Row]) {
    for row in rows {
        if let Row::Text { hrefs: own, .. } = row {
            *own = hrefs.cloned();
        }
    }
}

fn said(room: &Room, seq: Seq) -> Option<&Said> {
    match room.timeline.get(seq) {
        Some(entry @ Entry::Said(said)) if is_shown(room, entry) => Some(said),
        _ => None,
    }
}

fn continues(before: &Said, said: &Said) -> bool {
    let close = match (before.at, said.at) {
        (Some(before), Some(now)) => (now - before).abs() < RUN,
        _ => true,
    };
    before.user == said.user && before.name == said.name && close
}

fn local(at: Option<OffsetDateTime>, offset: UtcOffset) -> Option<OffsetDateTime> {
    // Near the ends of the calendar an offset leads out of it.
    at.and_then(|at| at.checked_to_offset(offset))
}

fn clock(at: OffsetDateTime) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}
