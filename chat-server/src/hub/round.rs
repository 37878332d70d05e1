//! Rounds of the flush through a room, and the rest between two of a hot one.

use std::time::Duration;

use protocol::ids::Seq;
use tokio::time::Instant;

use super::shard::Shard;

/// With so many events for each member a round is worth its sends: the room is not made to wait for more.
const WORTH_A_ROUND: Seq = 4;
/// A shorter round is not worth a rest.
const SHORT: Duration = Duration::from_millis(1);
/// The longest rest.
const LONGEST_REST: Duration = Duration::from_millis(5);

/// One round: every member is visited once, each up to the newest event of that moment.
#[derive(Debug)]
pub(super) struct Round {
    /// Members still to be visited in it.
    pub(super) left: usize,
    began: Instant,
    /// The room's head when it began.
    head: Seq,
}

impl Round {
    pub(super) fn new(members: usize, head: Seq) -> Self {
        Self { left: members, began: Instant::now(), head }
    }

    /// How long a room rests after this round while there is more to send already: as long as the round took.
    ///
    /// What one send costs hardly depends on how much is in it, so a room that goes round without a rest sends each
    /// event to each member on its own and is busy with that. Resting, it is at most half of the time, and sends
    /// several at once. A room where nothing came during the round never rests.
    fn rest(&self, now: Instant, head: Seq) -> Duration {
        let took = now.saturating_duration_since(self.began);
        if took < SHORT || head - self.head >= WORTH_A_ROUND {
            Duration::ZERO
        } else {
            took.min(LONGEST_REST)
        }
    }
}

impl Shard {
    /// A round through a room has ended and there is more to send: begins the next, at once or after a rest.
    pub(super) fn end_round(&mut self, room: usize) {
        let entry = &mut self.rooms[room];
        let now = Instant::now();
        let rest = entry.round.rest(now, entry.tail.head());
        if rest.is_zero() {
            self.begin_round(room);
        } else {
            self.resting.push((now + rest, room));
        }
    }

    /// Has a room's members visited.
    pub(super) fn begin_round(&mut self, room: usize) {
        let entry = &mut self.rooms[room];
        entry.round = Round::new(entry.members.len(), entry.tail.head());
        self.dirty_rooms.push_back(room);
    }

    /// When the first resting room goes on.
    pub(super) fn next_rested(&self) -> Option<Instant> {
        self.resting.iter().map(|&(until, _)| until).min()
    }

    /// Has the rooms that have rested go on.
    pub(super) fn wake_rested(&mut self) {
        if self.resting.is_empty() {
            return;
        }
        let now = Instant::now();
        let rested: Vec<_> = self.resting.extract_if(.., |(until, _)| *until <= now).collect();
        for (_, room) in rested {
            self.begin_round(room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(took_ms: u64, events: Seq) -> Duration {
        let round = Round::new(1000, 10);
        round.rest(round.began + Duration::from_millis(took_ms), 10 + events)
    }

    #[test]
    fn a_room_rests_as_long_as_its_round_took_but_not_long() {
        assert_eq!(rest(3, 2), Duration::from_millis(3));
        assert_eq!(rest(300, 2), LONGEST_REST);
    }

    #[test]
    fn a_short_round_or_a_full_one_needs_no_rest() {
        assert_eq!(rest(0, 2), Duration::ZERO);
        assert_eq!(rest(5, WORTH_A_ROUND), Duration::ZERO);
    }
}
