//! How long to wait before dialling again.

use std::time::Duration;

use crate::limits::{BACKOFF_BASE, BACKOFF_MAX};

/// splitmix64: enough for jitter, and the same from the same seed everywhere.
#[derive(Debug)]
pub(super) struct Rng(u64);

impl Rng {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Uniform below `bound`, in whole milliseconds.
    pub(super) fn below(&mut self, bound: Duration) -> Duration {
        let bound = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX);
        // The remainder's bias is far below what a jitter could show.
        Duration::from_millis(self.next() % bound.max(1))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Exponential backoff with full jitter.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// The wait before the next attempt: random below a bound that each attempt doubles.
    pub(super) fn wait(&mut self, rng: &mut Rng) -> Duration {
        let bound = BACKOFF_BASE.saturating_mul(1 << self.attempts.min(16)).min(BACKOFF_MAX);
        self.attempts = self.attempts.saturating_add(1);
        rng.below(bound)
    }

    /// The link was healthy: the next wait is short again.
    pub(super) fn reset(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n06_waits_are_spread_evenly_below_a_doubling_bound() {
        for (attempt, bound_ms) in
            [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].into_iter().enumerate()
        {
            let mut buckets = [0; 10];
            for seed in 0..2_000 {
                let (mut rng, mut backoff) = (Rng::new(seed), Backoff::default());
                for _ in 0..attempt {
                    backoff.wait(&mut rng);
                }
                let wait = backoff.wait(&mut rng).as_millis();
                assert!(wait < bound_ms, "attempt {attempt}: {wait}");
                buckets[usize::try_from(wait * 10 / bound_ms).unwrap()] += 1;
            }
            assert!(buckets.iter().all(|&n| (130..270).contains(&n)), "attempt {attempt}: {buckets:?}");
        }
    }
}
