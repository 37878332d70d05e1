//! Secrets that prove something by being known: of sessions, bots, invites and links.
//!
//! A secret is 256 bits of chance behind a prefix that says what it is for, so that it is found where it has leaked.
//! Only its hash is stored, and it is looked up by that: what a comparison could tell by its time is of the hash.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A device that is signed in.
    Session,
    /// A bot or script.
    Bot,
    /// Making an account.
    Invite,
    /// Setting a new password.
    Reset,
}

/// A secret; shows itself to nobody by accident.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret {
    kind: Kind,
    text: String,
}

/// What is stored of a secret.
pub(crate) type Hash = [u8; 32];

impl Kind {
    const ALL: [Self; 4] = [Self::Session, Self::Bot, Self::Invite, Self::Reset];

    fn prefix(self) -> &'static str {
        match self {
            Self::Session => "chat_s_",
            Self::Bot => "chat_b_",
            Self::Invite => "chat_i_",
            Self::Reset => "chat_r_",
        }
    }
}

impl Secret {
    /// Of 32 bytes of chance.
    pub(crate) fn new(kind: Kind, chance: [u8; 32]) -> Self {
        Self { kind, text: format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(chance)) }
    }

    /// What somebody says, where it has the form of a secret.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let kind = Kind::ALL.into_iter().find(|kind| text.starts_with(kind.prefix()))?;
        let rest = &text[kind.prefix().len()..];
        let good =
            rest.len() == 43 && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        good.then(|| Self { kind, text: text.to_owned() })
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn hash(&self) -> Hash {
        Sha256::digest(self.text.as_bytes()).into()
    }

    /// The secret itself, for the one who is to have it.
    pub(crate) fn expose(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({:?})", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_what_was_made_and_nothing_else() {
        for kind in Kind::ALL {
            let secret = Secret::new(kind, [0xfb; 32]);
            let parsed = Secret::parse(secret.expose()).unwrap();
            assert_eq!((parsed.kind(), parsed.hash()), (kind, secret.hash()));
            assert!(!format!("{secret:?}").contains(&secret.expose()[7..]));
        }
        let good = Secret::new(Kind::Session, [1; 32]);
        for bad in [
            "",
            "chat_s_",
            &good.expose()[..49],
            &format!("{} ", good.expose()),
            &good.expose().replace("_s_", "_x_"),
        ] {
            assert_eq!(Secret::parse(bad), None, "{bad:?}");
        }
        assert_ne!(Secret::new(Kind::Session, [1; 32]).hash(), Secret::new(Kind::Bot, [1; 32]).hash());
    }
}
