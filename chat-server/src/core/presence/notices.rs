//! What the people in one room are told of who comes and goes.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use protocol::ids::{RoomKey, UserId};

/// Between two notices of a room.
const PACE: Duration = Duration::from_millis(500);
/// In a room of more people than this, only counts are told.
const CROWD: usize = 200;
/// A notice names at most so many people.
const NAMED: usize = 50;

/// Came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoticeKind {
    /// They came.
    Join,
    /// They went.
    Leave,
}

/// Who came to a room, or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) room: RoomKey,
    pub(crate) kind: NoticeKind,
    /// Empty in a crowd.
    pub(crate) names: Vec<String>,
    /// In the order of `names`.
    pub(crate) users: Vec<UserId>,
    pub(crate) count: u32,
    pub(crate) present: u32,
}

/// Who is seen in one room, and what is still to be told of it.
#[derive(Debug, Default)]
pub(super) struct RoomPresence {
    present: HashSet<UserId>,
    /// Gone, but not yet told: they may be back in time.
    leaving: HashMap<UserId, (Duration, String)>,
    came: Vec<UserId>,
    went: Vec<(UserId, String)>,
    quiet_until: Duration,
}

impl RoomPresence {
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.present.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn users(&self) -> impl Iterator<Item = &UserId> {
        self.present.iter()
    }

    pub(super) fn come(&mut self, user: UserId) {
        if self.leaving.remove(&user).is_some() {
            return;
        }
        if self.present.insert(user.clone()) {
            self.came.push(user);
        }
    }

    pub(super) fn go(&mut self, user: UserId, name: String, at: Duration) {
        if self.present.contains(&user) {
            self.leaving.insert(user, (at, name));
        }
    }

    /// Appends what is to be told by now.
    pub(super) fn poll(
        &mut self,
        room: &RoomKey,
        now: Duration,
        name_of: impl Fn(&UserId) -> Option<String>,
        notices: &mut Vec<Notice>,
    ) {
        let gone: Vec<_> = self.leaving.extract_if(|_, (at, _)| *at <= now).collect();
        for (user, (_, name)) in gone {
            self.present.remove(&user);
            // Whoever came and went between two notices was never told of.
            match self.came.iter().position(|came| *came == user) {
                Some(index) => drop(self.came.swap_remove(index)),
                None => self.went.push((user, name)),
            }
        }
        if now < self.quiet_until || (self.came.is_empty() && self.went.is_empty()) {
            return;
        }
        let present = self.count();
        let crowd = self.present.len() > CROWD;
        let mut tell = |kind, people: Vec<(UserId, String)>| {
            if people.is_empty() {
                return;
            }
            let count = u32::try_from(people.len()).unwrap_or(u32::MAX);
            let told = if crowd || people.len() > NAMED { Vec::new() } else { people };
            let (users, names) = told.into_iter().unzip();
            notices.push(Notice { room: room.clone(), kind, names, users, count, present });
            self.quiet_until = self.quiet_until.max(now) + PACE;
        };
        let came = std::mem::take(&mut self.came);
        tell(
            NoticeKind::Join,
            came.into_iter().filter_map(|user| name_of(&user).map(|name| (user, name))).collect(),
        );
        tell(NoticeKind::Leave, std::mem::take(&mut self.went));
    }

    /// When to poll again.
    pub(super) fn next(&self, now: Duration) -> Option<Duration> {
        let untold = !self.came.is_empty() || !self.went.is_empty();
        let told = untold.then(|| self.quiet_until.max(now));
        told.into_iter().chain(self.leaving.values().map(|(at, _)| *at)).min()
    }
}
