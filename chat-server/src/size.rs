//! Numbers of bytes as people write them.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// A number of bytes: `1500`, `100K`, `20M`, `2G`, `1T`, in steps of 1024.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "Written")]
pub struct ByteSize(pub u64);

/// Why a text is not a number of bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no size like 500K, 100M or 2G")]
pub struct ByteSizeError(String);

/// As a configuration file says it.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a size like 100M or \"2G\"")]
enum Written {
    Bytes(u64),
    Text(String),
}

impl FromStr for ByteSize {
    type Err = ByteSizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ByteSizeError(text.to_owned());
        let said = text.trim().to_ascii_uppercase();
        let said = said.strip_suffix("IB").or_else(|| said.strip_suffix('B')).unwrap_or(&said);
        let end = said.find(|c: char| !c.is_ascii_digit()).unwrap_or(said.len());
        let shift = match &said[end..] {
            "" => 0,
            "K" => 10,
            "M" => 20,
            "G" => 30,
            "T" => 40,
            _ => return Err(error()),
        };
        let number: u64 = said[..end].parse().map_err(|_| error())?;
        // No larger than what every part of the chat can count.
        let bytes =
            number.checked_mul(1 << shift).filter(|&bytes| bytes <= protocol::limits::MAX_SAFE_INTEGER);
        bytes.map(Self).ok_or_else(error)
    }
}

impl TryFrom<Written> for ByteSize {
    type Error = ByteSizeError;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written::Bytes(bytes) => bytes.to_string().parse(),
            Written::Text(text) => text.parse(),
        }
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = [(40, "T"), (30, "G"), (20, "M"), (10, "K")];
        match steps.iter().find(|(shift, _)| self.0 > 0 && self.0.trailing_zeros() >= *shift) {
            Some((shift, unit)) => write!(f, "{}{unit}", self.0 >> shift),
            None => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_written() {
        for (text, bytes, written) in [
            ("0", 0, "0"),
            ("1500", 1500, "1500"),
            ("100M", 100 << 20, "100M"),
            ("2 g", 0, ""),
            ("2g", 2 << 30, "2G"),
            ("1KiB", 1024, "1K"),
            ("5MB", 5 << 20, "5M"),
            ("", 0, ""),
            ("-1", 0, ""),
            ("9999999T", 0, ""),
            ("1.5G", 0, ""),
        ] {
            match text.parse::<ByteSize>() {
                Ok(size) => assert_eq!((size.0, size.to_string().as_str()), (bytes, written), "{text}"),
                Err(_) => assert_eq!(written, "", "{text}"),
            }
        }
    }
}
