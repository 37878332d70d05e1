//! Names that nobody else makes.

use std::time::{SystemTime, UNIX_EPOCH};

use protocol::ids::Id;

/// Crockford's digits.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A ULID: 48 bits of milliseconds, then 80 random ones, in 26 digits.
pub fn fresh_id() -> Id {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let number =
        (millis & 0xffff_ffff_ffff) << 80 | (u128::from(random()) << 64 | u128::from(random())) >> 48;
    Id::new(digits(number)).expect("the digits are all allowed")
}

/// A random number.
pub fn random() -> u64 {
    getrandom::u64().expect("the system has randomness")
}

fn digits(number: u128) -> String {
    (0..26).rev().map(|place| char::from(DIGITS[(number >> (5 * place) & 31) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ulids_and_differ() {
        assert_eq!(digits(0), "0".repeat(26));
        assert_eq!(digits(u128::MAX), format!("7{}", "Z".repeat(25)));
        let (one, other) = (fresh_id(), fresh_id());
        assert_ne!(one, other);
    }
}
