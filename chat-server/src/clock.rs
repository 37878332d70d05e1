//! Times as people are told them.

use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// RFC 3339 in UTC with milliseconds.
pub(crate) fn timestamp(at: SystemTime) -> String {
    let format = format_description!(
        version = 2,
        "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"
    );
    OffsetDateTime::from(at).format(&format).expect("a UTC time has every component of the format")
}

/// The milliseconds since 1970 of a time in RFC 3339, with whatever offset; `None` where it is none.
pub(crate) fn ms(text: &str) -> Option<i64> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_written() {
        assert_eq!(ms("2025-11-25T10:00:00.123Z"), Some(1_764_064_800_123));
        assert_eq!(ms("2025-11-25T11:00:00+01:00"), Some(1_764_064_800_000));
        assert_eq!(ms("1969-12-31T23:59:59.999Z"), Some(-1));
        for text in ["", "2025-11-25", "2025-11-25T10:00:00", "2025-02-30T10:00:00Z", "x".repeat(99).as_str()]
        {
            assert_eq!(ms(text), None, "{text}");
        }
    }
}
