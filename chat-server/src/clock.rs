//! Times as people are told them.

use std::time::SystemTime;

use time::OffsetDateTime;
use time::macros::format_description;

/// RFC 3339 in UTC with milliseconds.
pub(crate) fn timestamp(at: SystemTime) -> String {
    let format = format_description!(
        version = 2,
        "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"
    );
    OffsetDateTime::from(at).format(&format).expect("a UTC time has every component of the format")
}
