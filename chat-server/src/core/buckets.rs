//! Many [buckets](Bucket), one for each key, in memory that has a bound whatever the keys are.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use super::limiter::{Bucket, Rate};

/// Keys of one table at a time. Each takes its own length and some 64 bytes.
pub(crate) const REMEMBERED: usize = 10_000;

/// How fast each of many may go on. At [`REMEMBERED`] keys those at rest are forgotten, and then those that are nearest
/// to it: they get what they had not used up, which is little.
#[derive(Debug)]
pub(crate) struct Buckets<K> {
    rate: Rate,
    buckets: HashMap<K, Bucket>,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, buckets: HashMap::new() }
    }

    /// How long `key` would have to wait; nothing is taken.
    pub(crate) fn wait(&self, key: &K, now: Duration) -> Duration {
        self.buckets.get(key).map_or(Duration::ZERO, |bucket| bucket.wait(self.rate, now))
    }

    /// Takes one token of `key`'s, or says when to come again.
    pub(crate) fn take(&mut self, key: &K, now: Duration) -> Result<(), Duration> {
        self.take_within(key, now, Duration::ZERO).map(drop)
    }

    /// Takes one token of `key`'s and says how long to wait before acting on it; or takes none where that would be
    /// longer than `patience`, and says when to come again.
    pub(crate) fn take_within(
        &mut self,
        key: &K,
        now: Duration,
        patience: Duration,
    ) -> Result<Duration, Duration> {
        let rate = self.rate;
        if let Some(bucket) = self.buckets.get_mut(key) {
            return bucket.take(rate, now, patience);
        }
        if self.buckets.len() >= REMEMBERED {
            self.make_room(now);
        }
        self.buckets.entry(key.clone()).or_insert_with(|| Bucket::new(rate, now)).take(rate, now, patience)
    }

    /// Gives a token back that was not needed.
    pub(crate) fn give_back(&mut self, key: &K) {
        if let Some(bucket) = self.buckets.get_mut(key) {
            bucket.give_back(self.rate);
        }
    }

    /// Has `key` begin anew.
    pub(crate) fn forget(&mut self, key: &K) {
        self.buckets.remove(key);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.buckets.len()
    }

    /// Forgets whoever is at rest; where that is not a quarter, also those that are nearest to it. Who has used up what
    /// they may is forgotten last: nobody gets new tries at one key by trying very many others. A quarter at a time, so
    /// that a flood of keys does not cost a walk through all of them for each.
    fn make_room(&mut self, now: Duration) {
        let rate = self.rate;
        self.buckets.retain(|_, bucket| !bucket.is_full(rate, now));
        let kept = REMEMBERED / 4 * 3;
        let Some(mut excess) = self.buckets.len().checked_sub(kept).filter(|&excess| excess > 0) else {
            return;
        };
        let mut waits: Vec<Duration> =
            self.buckets.values().map(|bucket| bucket.until_full(rate, now)).collect();
        let (_, &mut threshold, _) = waits.select_nth_unstable(excess - 1);
        for is_meant in [|wait, threshold| wait < threshold, |wait, threshold| wait == threshold]
            as [fn(Duration, Duration) -> bool; 2]
        {
            self.buckets.retain(|_, bucket| {
                let goes = excess > 0 && is_meant(bucket.until_full(rate, now), threshold);
                excess -= usize::from(goes);
                !goes
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 0.1, burst: 5.0 };

    #[test]
    fn a_flood_of_keys_fills_no_memory_and_sets_nobody_free() {
        let mut buckets = Buckets::new(RATE);
        let victim = usize::MAX;
        while buckets.take(&victim, Duration::ZERO).is_ok() {}
        for key in 0..REMEMBERED * 10 {
            buckets.take(&key, Duration::ZERO).unwrap();
            assert!(buckets.len() <= REMEMBERED);
        }
        assert!(buckets.take(&victim, Duration::ZERO).is_err());
        assert!(buckets.wait(&victim, Duration::ZERO) > Duration::ZERO);
        assert_eq!(buckets.wait(&victim, Duration::from_secs(10)), Duration::ZERO);
    }

    #[test]
    fn who_is_at_rest_is_forgotten_first() {
        let mut buckets = Buckets::new(RATE);
        for key in 0..REMEMBERED {
            buckets.take(&key, Duration::ZERO).unwrap();
        }
        buckets.take(&REMEMBERED, Duration::from_secs(100)).unwrap();
        assert_eq!(buckets.len(), 1);
        buckets.forget(&REMEMBERED);
        assert_eq!(buckets.len(), 0);
    }

    #[test]
    fn whoever_is_patient_goes_on_a_little_later() {
        let mut buckets = Buckets::new(RATE);
        let patience = Duration::from_secs(20);
        let taken = (0..20).map_while(|_| buckets.take_within(&1, Duration::ZERO, patience).ok());
        let waits: Vec<_> = taken.map(|wait| wait.as_secs()).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 10, 20]);
        assert_eq!(buckets.take(&2, Duration::ZERO), Ok(()), "another one does not wait");
    }
}
