//! How long the writer gathers before it commits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::store::Idle;

/// While more comes, the writer rests so many times as long as the last commit kept a core busy: it takes at most a
/// fifth of one from those who read from sockets and write to them.
///
/// A commit costs some hundred microseconds of CPU however little is in it. Without a rest a busy room would give each
/// message a commit of its own.
const REST: u32 = 4;
/// It rests no longer than this.
const LONGEST_REST: Duration = Duration::from_millis(4);
/// Jobs of a commit, on average, above which several senders are at work: whoever waits for an answer before saying
/// more would only be slowed down.
const CROWD: f32 = 1.1;

/// Decides how long to gather.
#[derive(Debug)]
pub(in crate::store::sqlite) struct Pace {
    idle: Arc<Idle>,
    /// Jobs of a commit, averaged over about the last eight.
    crowd: f32,
    /// What this thread had used of a core when the last commit ended.
    used: Duration,
    /// No commit before this time.
    rested: Option<Instant>,
}

impl Pace {
    pub(in crate::store::sqlite) fn new(idle: Arc<Idle>) -> Self {
        Self { idle, crowd: 0.0, used: Duration::ZERO, rested: None }
    }

    /// Waits for more than the job that is there, if more is to be expected.
    pub(super) fn gather(&self) {
        if let Some(rested) = self.rested {
            self.idle.gather_until(rested);
        }
    }

    /// A commit of so many jobs has ended.
    pub(super) fn committed(&mut self, jobs: usize) {
        self.note(jobs, Instant::now(), cpu_time());
    }

    fn note(&mut self, jobs: usize, now: Instant, used: Duration) {
        let took = used.saturating_sub(self.used);
        self.used = used;
        let jobs = u16::try_from(jobs).unwrap_or(u16::MAX);
        self.crowd += (f32::from(jobs) - self.crowd) / 8.0;
        self.rested = (self.crowd > CROWD).then(|| now + (took * REST).min(LONGEST_REST));
    }
}

/// What this thread has used of a core so far.
#[cfg(unix)]
fn cpu_time() -> Duration {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(used).unwrap_or_default()
}

/// Not to be known: the writer does not rest.
#[cfg(not(unix))]
fn cpu_time() -> Duration {
    Duration::ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: Duration = Duration::from_micros(150);

    /// How long the writer rests after the last of these commits.
    fn rest_after(commits: &[usize], took: Duration) -> Option<Duration> {
        let mut pace = Pace::new(Arc::default());
        let now = Instant::now();
        for (before, &jobs) in (0..).zip(commits) {
            pace.note(jobs, now, took * (before + 1));
        }
        pace.rested.map(|rested| rested - now)
    }

    #[test]
    fn a_lone_sender_never_waits() {
        assert_eq!(rest_after(&[1; 50], COMMIT), None);
    }

    #[test]
    fn a_crowd_waits_as_long_as_the_writer_rests() {
        assert_eq!(rest_after(&[1, 3, 9], COMMIT), Some(COMMIT * REST));
        assert_eq!(rest_after(&[10], Duration::from_secs(1)), Some(LONGEST_REST));
    }

    #[test]
    fn after_a_crowd_a_lone_sender_soon_stops_waiting() {
        assert_eq!(rest_after(&[[16].as_slice(), &[1; 50]].concat(), COMMIT), None);
    }

    #[cfg(unix)]
    #[test]
    fn what_a_thread_does_counts_as_used() {
        let before = cpu_time();
        while cpu_time() == before {}
        assert!(cpu_time() > before);
    }
}
