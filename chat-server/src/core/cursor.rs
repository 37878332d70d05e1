//! Where an answer ended, as a number that says nothing else.
//!
//! What is found in several rooms is found in the order of storing, and goes on from a row of it. Told as it is, that
//! row would say how much is said on the whole server, also where whoever asks may not read. So it is told enciphered:
//! by a Feistel network (Luby and Rackoff 1988) whose rounds are a keyed hash, which makes of each number below 2^52
//! another one, and each only once. Nothing hangs on a number that no answer gave: it is a place like any other.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Of each half. Together they are a number that JavaScript holds exactly.
const BITS: u32 = 26;
const HALF: u64 = (1 << BITS) - 1;
/// Four would do against whoever may try them all in both directions.
const ROUNDS: u8 = 6;

/// Hides a row; those at or over 2^52, of which there are none, are the last one below it.
pub(crate) fn seal(secret: &[u8; 32], row: u64) -> u64 {
    let row = row.min((HALF << BITS) | HALF);
    let (mut left, mut right) = (row >> BITS, row & HALF);
    for round in 0..ROUNDS {
        (left, right) = (right, left ^ mixed(secret, round, right));
    }
    (left << BITS) | right
}

/// The row that was hidden; `None` for what is none, as nothing was hidden like that.
pub(crate) fn open(secret: &[u8; 32], sealed: u64) -> Option<u64> {
    let (mut left, mut right) = (sealed >> BITS, sealed & HALF);
    if left > HALF {
        return None;
    }
    for round in (0..ROUNDS).rev() {
        (left, right) = (right ^ mixed(secret, round, left), left);
    }
    Some((left << BITS) | right)
}

fn mixed(secret: &[u8; 32], round: u8, half: u64) -> u64 {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(b"cursor:");
    mac.update(&[round]);
    mac.update(&half.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let first = hash.iter().take(8).fold(0, |number, &byte| (number << 8) | u64::from(byte));
    first & HALF
}

#[cfg(test)]
mod tests {
    use protocol::limits::MAX_SAFE_INTEGER;

    use super::*;

    #[test]
    fn neighbours_are_far_apart_and_another_server_tells_others() {
        let sealed: Vec<u64> = (0..100).map(|row| seal(&[7; 32], row)).collect();
        let rising = sealed.windows(2).filter(|pair| pair[0] < pair[1]).count();
        assert!((20..80).contains(&rising), "{rising} of 99 say which is newer");
        assert!(sealed.iter().any(|&sealed| sealed > 1 << 50), "they say nothing of how many there are");
        assert!(sealed.iter().enumerate().all(|(row, &sealed)| seal(&[8; 32], row as u64) != sealed));
    }

    proptest::proptest! {
        #[test]
        fn what_is_hidden_is_found_again(row in 0..1_u64 << 52, secret: [u8; 32]) {
            let sealed = seal(&secret, row);
            proptest::prop_assert!(sealed <= MAX_SAFE_INTEGER);
            proptest::prop_assert_eq!(open(&secret, sealed), Some(row));
            proptest::prop_assert_eq!(open(&secret, sealed | 1 << 52), None);
        }
    }
}
