//! Guests' tokens: how a guest is known again without anything being stored.
//!
//! A token is the guest's user id with a keyed hash of it (HMAC-SHA256, RFC 2104), so it can be checked with the
//! server's secret alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use protocol::ids::UserId;
use sha2::Sha256;

/// Makes the token that proves to be this guest.
pub(crate) fn issue(secret: &[u8; 32], user: &UserId) -> String {
    let mac = keyed(secret, user).finalize().into_bytes();
    format!("{user}.{}", URL_SAFE_NO_PAD.encode(mac))
}

/// The guest that a token proves, or `None` for anything that this server did not issue. Compares in constant time.
pub(crate) fn verify(secret: &[u8; 32], token: &str) -> Option<UserId> {
    let (user, mac) = token.split_once('.')?;
    let user = UserId::new(user).ok().filter(|user| user.as_str().starts_with("g-"))?;
    let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
    keyed(secret, &user).verify_slice(&mac).is_ok().then_some(user)
}

fn keyed(secret: &[u8; 32], user: &UserId) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(b"guest:");
    mac.update(user.as_str().as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_issued_here_is_accepted() {
        let user = UserId::new("g-01").unwrap();
        let token = issue(&[7; 32], &user);
        assert_eq!(verify(&[7; 32], &token), Some(user));
        assert_eq!(verify(&[8; 32], &token), None, "another server's secret");
        assert_eq!(verify(&[7; 32], &token.replace("g-01", "g-02")), None, "another guest's hash");
        assert_eq!(verify(&[7; 32], &token[..token.len() - 1]), None);
        for junk in ["", ".", "g-01", "g-01.", "u-01.AAAA", "g-01.\u{0}"] {
            assert_eq!(verify(&[7; 32], junk), None, "{junk:?}");
        }
    }
}
