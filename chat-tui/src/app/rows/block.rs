//! One block of the timeline, laid out.

use protocol::ids::{Seq, UserId};
use time::{OffsetDateTime, UtcOffset};

use super::written::{self, Line, Look, Role, Span};
use super::{Frame, GUTTER, Key, MARGIN, Part, Row, Tick};
use crate::app::room::{Outgoing, Room, Sending};
use crate::app::text::wrap;
use crate::app::timeline::{Entry, Notice, Said, moment};

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
    let text = if !room.joined {
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
                });
            }
            let tick = (frame.me == Some(&said.user)).then_some(Tick::Stored);
            let mut lines = written::rows(&said.text, frame.name, columns(frame));
            if said.edited {
                mark_edited(&mut lines, columns(frame));
            }
            body(Some(&said.user), lines, tick, false, rows);
        }
        Entry::Deleted(deleted) => {
            if !new_day && !is_new && direct(room, keys, index).is_some_and(|key| key.part == Part::Event) {
                rows.push(Row::Blank);
            }
            rows.push(Row::Head {
                user: Some(deleted.user.clone()),
                name: deleted.name.clone(),
                time: now.map(clock).unwrap_or_default(),
            });
            let text = match &deleted.by {
                Some(by) if *by == deleted.name => "deleted by its author".to_owned(),
                Some(by) => format!("deleted by {by}"),
                None => "deleted".to_owned(),
            };
            body(Some(&deleted.user), plain(&format!("({text})"), frame), None, true, rows);
        }
        Entry::Told(told) => {
            let until = told.until.and_then(|until| until.checked_to_offset(frame.offset)).map(moment);
            let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
            let reason = told.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            let columns = usize::from(frame.width.saturating_sub(GUTTER));
            rows.extend(wrap(&format!("{}{until}{reason}", told.text), columns).into_iter().map(Row::Told));
        }
        Entry::Unreadable => {
            body(None, plain("a message that this version cannot show", frame), None, true, rows);
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
        Entry::Said(said) => !room.timeline.is_hidden(&said.user),
        Entry::Deleted(deleted) => !room.timeline.is_hidden(&deleted.user),
        Entry::Told(_) | Entry::Unreadable => true,
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
        rows.push(Row::Head { user: frame.me.cloned(), name: frame.name.to_owned(), time: String::new() });
    }
    let tick = match line.state {
        Sending::Queued => Tick::Queued,
        Sending::Sent => Tick::Sent,
        Sending::Stored(_) => Tick::Stored,
        Sending::Failed(_) => Tick::Failed,
    };
    let lines = written::rows(&line.shown, frame.name, columns(frame));
    body(frame.me, lines, Some(tick), tick != Tick::Stored, rows);
    if let Sending::Failed(reason) = &line.state {
        let chosen = room.failed().is_some_and(|failed| failed.id == line.id);
        let help = if chosen { " · Alt+r retry · Alt+y copy · Alt+x discard" } else { "" };
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

fn body(user: Option<&UserId>, lines: Vec<Line>, tick: Option<Tick>, dim: bool, rows: &mut Vec<Row>) {
    let start = rows.len();
    rows.extend(lines.into_iter().map(|text| Row::Text {
        user: user.cloned(),
        text,
        tick: None,
        dim,
        picked: false,
    }));
    if let Some(Row::Text { tick: last, .. }) = rows[start..].last_mut() {
        *last = tick;
    }
}

/// Comings and goings in a row become one line; what the client says stands alone.
fn notices<'a>(notices: impl Iterator<Item = &'a Notice>, frame: Frame<'_>, rows: &mut Vec<Row>) {
    let columns = usize::from(frame.width.saturating_sub(GUTTER));
    let mut groups = Vec::new();
    for notice in notices {
        match notice {
            Notice::ComeAndGo { came, names, count } => fold(&mut groups, *came, names, *count),
            Notice::Info(text) => {
                flush(&mut groups, columns, rows);
                rows.extend(wrap(text, columns).into_iter().map(Row::Notice));
            }
            Notice::Trouble(text) => {
                flush(&mut groups, columns, rows);
                rows.extend(wrap(text, columns).into_iter().map(Row::Trouble));
            }
        }
    }
    flush(&mut groups, columns, rows);
}

/// People who came, or went, one after another; a crowd has no names.
struct Group<'a> {
    came: bool,
    names: Vec<&'a str>,
    crowd: u32,
}

fn fold<'a>(groups: &mut Vec<Group<'a>>, came: bool, names: &'a [String], count: u32) {
    if names.is_empty() {
        match groups.last_mut() {
            Some(last) if last.came == came && last.names.is_empty() => last.crowd += count,
            _ => groups.push(Group { came, names: Vec::new(), crowd: count }),
        }
        return;
    }
    for name in names {
        let back = groups
            .iter_mut()
            .filter(|group| group.came != came)
            .find_map(|group| group.names.iter().position(|other| other == name).map(|at| (group, at)));
        if let Some((group, at)) = back {
            // Who came and went, or went and is back, changed nothing.
            group.names.remove(at);
            groups.retain(|group| group.crowd > 0 || !group.names.is_empty());
            continue;
        }
        match groups.last_mut() {
            Some(last) if last.came == came && last.crowd == 0 => {
                if !last.names.contains(&name.as_str()) {
                    last.names.push(name);
                }
            }
            _ => groups.push(Group { came, names: vec![name], crowd: 0 }),
        }
    }
}

fn flush(groups: &mut Vec<Group<'_>>, columns: usize, rows: &mut Vec<Row>) {
    let tell = |group: Group<'_>| {
        let verb = if group.came { "joined" } else { "left" };
        match group.names.as_slice() {
            [] => format!("{} people {verb}", group.crowd),
            names => format!("{} {verb}", names.join(", ")),
        }
    };
    let told: Vec<String> = groups.drain(..).map(tell).collect();
    if !told.is_empty() {
        rows.extend(wrap(&told.join(" · "), columns).into_iter().map(Row::Notice));
    }
}

fn said(room: &Room, seq: Seq) -> Option<&Said> {
    match room.timeline.get(seq) {
        Some(Entry::Said(said)) if !room.timeline.is_hidden(&said.user) => Some(said),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_and_goes_at_once_is_not_told() {
        let bo = &["bo".to_owned()][..];
        let li = &["li".to_owned()][..];
        for (seen, expected) in [
            (vec![(true, bo, 1), (false, bo, 1)], ""),
            (vec![(false, bo, 1), (true, bo, 1)], ""),
            (vec![(true, bo, 1), (true, li, 1), (false, bo, 1)], "li joined"),
            (vec![(true, bo, 1), (false, bo, 1), (true, bo, 1)], "bo joined"),
            (vec![(true, bo, 1), (true, bo, 1), (false, li, 1)], "bo joined · li left"),
            (vec![(true, &[], 20), (true, &[], 3), (true, bo, 1)], "23 people joined · bo joined"),
        ] {
            let mut groups = Vec::new();
            for (came, names, count) in seen {
                fold(&mut groups, came, names, count);
            }
            let mut rows = Vec::new();
            flush(&mut groups, 80, &mut rows);
            let told = match rows.as_slice() {
                [] => "",
                [Row::Notice(told)] => told,
                other => panic!("{other:?}"),
            };
            assert_eq!(told, expected);
        }
    }
}
