//! Tokens that can be checked with the server's secret alone, because they are what they say with a keyed hash of it
//! (HMAC-SHA256, RFC 2104): nothing is stored.
//!
//! A guest's proves who the guest is. A device's proves only that it was signed in to an account before; it signs nobody
//! in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use protocol::ids::UserId;
use sha2::Sha256;

/// Makes the token that proves to be this guest.
pub(crate) fn issue(secret: &[u8; 32], user: &UserId) -> String {
    let mac = keyed(secret, b"guest:", user).finalize().into_bytes();
    format!("{user}.{}", URL_SAFE_NO_PAD.encode(mac))
}

/// The guest that a token proves, or `None` for anything that this server did not issue. Compares in constant time.
pub(crate) fn verify(secret: &[u8; 32], token: &str) -> Option<UserId> {
    let (user, mac) = token.split_once('.')?;
    let user = UserId::new(user).ok().filter(|user| user.as_str().starts_with("g-"))?;
    let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
    keyed(secret, b"guest:", &user).verify_slice(&mac).is_ok().then_some(user)
}

/// Makes the token of a device that has signed in to an account; `device` is 16 bytes of chance in hexadecimal.
pub(crate) fn issue_known(secret: &[u8; 32], user: &UserId, device: u128) -> String {
    let device = format!("{device:032x}");
    let mac = known(secret, user, &device).finalize().into_bytes();
    format!("{device}.{}", URL_SAFE_NO_PAD.encode(mac))
}

/// Names the device, where this token says that it has signed in to `user`'s account before.
pub(crate) fn verify_known<'a>(secret: &[u8; 32], user: &UserId, token: &'a str) -> Option<&'a str> {
    let (device, mac) = token.split_once('.')?;
    let mac = URL_SAFE_NO_PAD.decode(mac).ok().filter(|_| device.len() == 32)?;
    known(secret, user, device).verify_slice(&mac).is_ok().then_some(device)
}

fn known(secret: &[u8; 32], user: &UserId, device: &str) -> Hmac<Sha256> {
    let mut mac = keyed(secret, b"device:", user);
    mac.update(b":");
    mac.update(device.as_bytes());
    mac
}

fn keyed(secret: &[u8; 32], purpose: &[u8], user: &UserId) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(purpose);
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

    #[test]
    fn a_device_is_known_to_its_own_account_alone() {
        let (ana, bo) = (UserId::new("u-1").unwrap(), UserId::new("u-2").unwrap());
        let token = issue_known(&[7; 32], &ana, 5);
        assert_eq!(verify_known(&[7; 32], &ana, &token), Some("00000000000000000000000000000005"));
        assert_eq!(verify_known(&[7; 32], &bo, &token), None);
        assert_eq!(verify_known(&[8; 32], &ana, &token), None);
        assert_eq!(verify_known(&[7; 32], &ana, &issue(&[7; 32], &ana)), None, "a token for something else");
    }
}
