//! Of what the person is told who does not look: a bell and a notification, none while the place is in view.

use std::time::Duration;

use protocol::ids::{RoomKey, Seq};
use protocol::own::{Level, Quiet};
use protocol::rooms::RoomKind;
use time::OffsetDateTime;

use super::layout::Screen;
use super::timeline::{Entry, Said};
use super::{Effect, Layer, Model, Room, place};

/// At most so often one is alerted; what comes in between is seen with the next look.
const EVERY: Duration = Duration::from_secs(1);

/// What a new event of a room alerts of, if of anything.
pub(super) fn of(model: &mut Model, key: &RoomKey, seq: Seq) -> Option<Effect> {
    let room = model.rooms.get(key)?;
    let Some(Entry::Said(said)) = room.timeline.get(seq) else { return None };
    let is_own = model.me.as_ref().is_some_and(|me| me.user == said.user);
    if is_own || room.timeline.is_hidden(&said.user) || is_in_view(model, room, said) {
        return None;
    }
    let at = said.at.and_then(|at| at.checked_to_offset(model.offset));
    if !is_wanted(room, said, seq)
        || model.own.quiet.is_some_and(|quiet| at.is_some_and(|at| is_quiet(quiet, at)))
    {
        return None;
    }
    if model.alerted_at.is_some_and(|last| model.now < last + EVERY) {
        return None;
    }
    let title = match room.kind {
        RoomKind::Direct => said.name.clone(),
        _ => format!("{} in {}", said.name, room.label()),
    };
    let text = place::quoted(said);
    model.alerted_at = Some(model.now);
    Some(Effect::Alert { title, text })
}

fn is_in_view(model: &Model, room: &Room, said: &Said) -> bool {
    let covered = model.layers.iter().any(|layer| matches!(layer, Layer::Name { .. }));
    let is_shown = match said.thread {
        None => Screen::of(model).shows_room(model),
        thread => thread == room.thread,
    };
    model.focused && !covered && model.current == room.key && is_shown
}

fn is_wanted(room: &Room, said: &Said, seq: Seq) -> bool {
    match room.level {
        Level::None => false,
        Level::All => true,
        Level::Mentions => {
            // Whoever talks with few people is talked to.
            let to_us = room.kind == RoomKind::Direct && said.thread.is_none();
            to_us || room.timeline.is_calling(seq)
        }
    }
}

/// Whether a time of the day is one at which not to be disturbed.
fn is_quiet(quiet: Quiet, at: OffsetDateTime) -> bool {
    let minute = u16::from(at.hour()) * 60 + u16::from(at.minute());
    if quiet.from <= quiet.to {
        (quiet.from..quiet.to).contains(&minute)
    } else {
        minute >= quiet.from || minute < quiet.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_go_over_midnight() {
        let at = |hour, minute| {
            let time = time::Time::from_hms(hour, minute, 0).unwrap();
            OffsetDateTime::new_utc(time::Date::from_calendar_date(2026, time::Month::May, 1).unwrap(), time)
        };
        let night = Quiet { from: 22 * 60, to: 7 * 60 };
        for (hour, minute, quiet) in
            [(21, 59, false), (22, 0, true), (3, 0, true), (6, 59, true), (7, 0, false)]
        {
            assert_eq!(is_quiet(night, at(hour, minute)), quiet, "{hour}:{minute}");
        }
        let noon = Quiet { from: 12 * 60, to: 13 * 60 };
        assert!(is_quiet(noon, at(12, 30)) && !is_quiet(noon, at(13, 0)));
    }
}
