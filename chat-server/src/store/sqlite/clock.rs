//! Times as they are stored: milliseconds since 1970, in UTC.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock that was corrected by less than this does not make a room's timestamps go back; one that was wrong by more
/// does, for else the room would stay in the wrong time until the clock has caught up.
const CORRECTION_MS: i64 = 60_000;

/// 9999-12-31T23:59:59.999Z, the last time that the format can say.
const LAST_MS: i64 = 253_402_300_799_999;

/// Now, by the machine's clock.
pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(LAST_MS)
}

/// The timestamp of an event that is stored at `now` in a room whose newest event has the timestamp `last`.
pub(super) fn stamp(last: i64, now: i64) -> i64 {
    if (0..CORRECTION_MS).contains(&last.saturating_sub(now)) { last } else { now }
}

/// RFC 3339 in UTC with milliseconds; what is out of its range is moved to the range's end.
pub(super) fn rfc3339(ms: i64) -> String {
    let since = Duration::from_millis(ms.clamp(0, LAST_MS).unsigned_abs());
    crate::clock::timestamp(UNIX_EPOCH + since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_with_milliseconds() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_764_064_800_123), "2025-11-25T10:00:00.123Z");
        assert_eq!(rfc3339(i64::MAX), "9999-12-31T23:59:59.999Z");
        assert_eq!(rfc3339(i64::MIN), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn small_steps_back_do_not_show_and_large_ones_do() {
        assert_eq!(stamp(1_000_000, 1_000_007), 1_000_007);
        assert_eq!(stamp(1_000_000, 999_900), 1_000_000);
        assert_eq!(stamp(1_000_000_000, 1_000), 1_000);
        assert_eq!(stamp(i64::MAX, 1_000), 1_000);
        assert_eq!(stamp(i64::MIN, 1_000), 1_000);
    }
}
