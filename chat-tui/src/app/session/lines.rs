//! Own lines on their way into the log, as the session tells of them.

use protocol::ids::Id;
use protocol::session::{Failure, Outgoing, OutgoingState, Target};

use crate::app::room::Sending;
use crate::app::{About, Model, Room, place, safe};

pub(super) fn put_line(model: &mut Model, line: &Outgoing) {
    let room = model.rooms.entry(line.room.clone()).or_insert_with(|| Room::new(line.room.clone()));
    let state = line.failed.as_ref().map_or(Sending::Queued, failed);
    // Its target may have got its place meanwhile, which decides where it is shown at first.
    if let Some(known) = room.all_lines_mut().flatten().find(|known| known.id == line.id) {
        known.state = state;
        known.kept = true;
        known.change.clone_from(&line.change);
        return;
    }
    place::of_line(room, line).put_outgoing(line, state);
}

/// A line was discarded; one that is stored stays until the log has it.
pub(super) fn remove_line(model: &mut Model, id: &Id) {
    for lines in model.rooms.values_mut().flat_map(Room::all_lines_mut) {
        lines.retain(|line| {
            line.id != *id || (matches!(line.state, Sending::Stored(_)) && line.change.is_none())
        });
    }
}

pub(super) fn set_state(model: &mut Model, id: &Id, state: &OutgoingState) {
    for room in model.rooms.values_mut() {
        let stored = match state {
            OutgoingState::Stored { seq, .. } => room.timeline.get(*seq).is_some(),
            _ => false,
        };
        if let OutgoingState::Stored { seq, .. } = state {
            // It is being changed: from now on that is done to the message in the log.
            for about in
                [&mut room.about].into_iter().chain(room.threads.values_mut().map(|thread| &mut thread.about))
            {
                if let Some(About::Edit { target, .. }) = about
                    && *target == Target::Line(id.clone())
                {
                    *target = Target::Stored(*seq);
                }
            }
        }
        for lines in room.all_lines_mut() {
            let Some(index) = lines.iter().position(|line| line.id == *id) else { continue };
            lines[index].state = match state {
                OutgoingState::Queued => Sending::Queued,
                OutgoingState::Sent => Sending::Sent,
                OutgoingState::Stored { seq, .. } => Sending::Stored(*seq),
                OutgoingState::Failed(why) => failed(why),
            };
            if stored {
                lines.remove(index);
            }
        }
    }
}

fn failed(why: &Failure) -> Sending {
    Sending::Failed(safe::line(&why.reason))
}
