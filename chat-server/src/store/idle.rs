//! Whether those who feed the store have anything to do.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// Counts the threads that feed the store, and which of them wait for something to happen.
///
/// The writer gathers only while all of them are busy: a commit then takes CPU from them, and more to commit is on its
/// way. Where one is idle, so is its core, and waiting would gain nothing.
#[derive(Debug, Default)]
pub(crate) struct Idle {
    threads: AtomicUsize,
    waiting: AtomicUsize,
    gathering: AtomicBool,
    writer: OnceLock<Thread>,
}

impl Idle {
    /// One more thread feeds the store.
    pub(crate) fn register(&self) {
        self.threads.fetch_add(1, Ordering::SeqCst);
    }

    /// A thread of them waits.
    pub(crate) fn wait(&self) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        if self.gathering.load(Ordering::SeqCst)
            && let Some(writer) = self.writer.get()
        {
            writer.unpark();
        }
    }

    /// It goes on.
    pub(crate) fn go_on(&self) {
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }

    /// Waits until this time, or until a registered thread has nothing to do; not at all where none is registered.
    pub(super) fn gather_until(&self, time: Instant) {
        let left = |now: Instant| time.saturating_duration_since(now);
        if !self.all_busy() || left(Instant::now()) == Duration::ZERO {
            return;
        }
        self.writer.get_or_init(thread::current);
        self.gathering.store(true, Ordering::SeqCst);
        while self.all_busy() {
            match left(Instant::now()) {
                Duration::ZERO => break,
                left => thread::park_timeout(left),
            }
        }
        self.gathering.store(false, Ordering::SeqCst);
    }

    fn all_busy(&self) -> bool {
        self.threads.load(Ordering::SeqCst) > 0 && self.waiting.load(Ordering::SeqCst) == 0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// Far longer than a test may take: who waits for it, hangs.
    const NEVER: Duration = Duration::from_hours(1);

    #[test]
    fn nobody_gathers_while_somebody_is_idle() {
        let idle = Idle::default();
        idle.gather_until(Instant::now() + NEVER);
        idle.register();
        idle.wait();
        idle.gather_until(Instant::now() + NEVER);
        idle.go_on();
        idle.gather_until(Instant::now());
    }

    #[test]
    fn gathering_ends_when_somebody_becomes_idle() {
        let idle = Arc::new(Idle::default());
        idle.register();
        let gathers = Arc::clone(&idle);
        let writer = thread::spawn(move || gathers.gather_until(Instant::now() + NEVER));
        while !idle.gathering.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        idle.wait();
        writer.join().unwrap();
    }
}
