//! How fast somebody may go on: a token bucket that answers with how long to wait.

use std::time::Duration;

/// A rate with a burst.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rate {
    /// Tokens gained each second.
    pub(crate) per_second: f64,
    /// Tokens of a full bucket.
    pub(crate) burst: f64,
}

/// A bucket of tokens that may be overdrawn: whoever takes one too many waits until it would be there.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    tokens: f64,
    updated: Duration,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(rate: Rate, now: Duration) -> Self {
        Self { tokens: rate.burst, updated: now }
    }

    /// Takes one token and says how long to wait before acting on it, or takes none where the wait would exceed
    /// `patience` and says when to come again.
    pub(crate) fn take(
        &mut self,
        rate: Rate,
        now: Duration,
        patience: Duration,
    ) -> Result<Duration, Duration> {
        let wait = self.wait(rate, now);
        self.tokens = self.level(rate, now);
        self.updated = self.updated.max(now);
        if wait > patience {
            return Err(wait);
        }
        self.tokens -= 1.0;
        Ok(wait)
    }

    /// Gives a token back that was not needed.
    pub(crate) fn give_back(&mut self, rate: Rate) {
        self.tokens = (self.tokens + 1.0).min(rate.burst);
    }

    /// How long to wait for one token; nothing is taken.
    pub(crate) fn wait(&self, rate: Rate, now: Duration) -> Duration {
        let missing = 1.0 - self.level(rate, now);
        Duration::from_secs_f64((missing / rate.per_second).max(0.0))
    }

    /// Whether it is full again, so that it need not be remembered.
    pub(crate) fn is_full(&self, rate: Rate, now: Duration) -> bool {
        self.until_full(rate, now).is_zero()
    }

    /// How long until it is full again.
    pub(crate) fn until_full(&self, rate: Rate, now: Duration) -> Duration {
        Duration::from_secs_f64(((rate.burst - self.level(rate, now)) / rate.per_second).max(0.0))
    }

    fn level(&self, rate: Rate, now: Duration) -> f64 {
        let gained = now.saturating_sub(self.updated).as_secs_f64() * rate.per_second;
        (self.tokens + gained).min(rate.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 10.0, burst: 3.0 };
    const PATIENCE: Duration = Duration::from_millis(250);

    #[test]
    fn a_burst_is_free_then_one_waits_then_one_is_refused() {
        let mut bucket = Bucket::new(RATE, Duration::ZERO);
        let waits: Vec<_> = (0..7).map(|_| bucket.take(RATE, Duration::ZERO, PATIENCE)).collect();
        let ms = Duration::from_millis;
        let expected =
            [Ok(ms(0)), Ok(ms(0)), Ok(ms(0)), Ok(ms(100)), Ok(ms(200)), Err(ms(300)), Err(ms(300))];
        assert_eq!(waits, expected);
        assert_eq!(bucket.take(RATE, ms(300), PATIENCE), Ok(ms(0)));
        assert!(!bucket.is_full(RATE, ms(300)));
        assert!(bucket.is_full(RATE, ms(3000)));
    }

    proptest::proptest! {
        #[test]
        fn never_faster_than_the_rate(steps in proptest::collection::vec(0_u64..400, 1..200)) {
            let mut bucket = Bucket::new(RATE, Duration::ZERO);
            let (mut now, mut taken, mut last) = (Duration::ZERO, 0_u32, Duration::ZERO);
            for step in steps {
                now += Duration::from_millis(step);
                if let Ok(wait) = bucket.take(RATE, now, PATIENCE) {
                    taken += 1;
                    last = last.max(now + wait);
                }
            }
            proptest::prop_assert!(f64::from(taken) <= RATE.burst + last.as_secs_f64() * RATE.per_second + 1e-6);
        }
    }
}
