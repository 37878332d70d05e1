//! Identifiers, checked once where they enter and trusted after. Clones share their text.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::limits::ID_CHARS;
use crate::names::{self, NameError};

/// A place in a room's log, from 1 without holes; 0 is the place before the first event.
pub type Seq = u64;

/// A number by which a client finds the answer to its question.
pub type Ref = u64;

/// Why a text is not an [`Id`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an id is 1 to {ID_CHARS} characters of A-Z a-z 0-9 _ -")]
pub struct IdError;

macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident, $error:ty, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(type = "string"))]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks (and where its kind says so, normalises) the text.
            pub fn new(text: impl AsRef<str>) -> Result<Self, $error> {
                let check: fn(&str) -> Result<Arc<str>, $error> = $check;
                check(text.as_ref()).map(Self)
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl Visitor<'_> for Text {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a string")
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        $name::new(text).map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

text_newtype! {
    /// Names a durable command, chosen by its sender; also a connection (`conn`). Ours are ULIDs.
    Id, IdError, check_id
}

text_newtype! {
    /// A user's immutable identity: `u-…` for an account, `g-…` for a guest.
    UserId, IdError, check_id
}

text_newtype! {
    /// Names the history that `seq`s belong to: made with the database, made anew when a backup is restored.
    Epoch, IdError, check_id
}

text_newtype! {
    /// A room's key: for an open room its first name, normalised ([`names::room_key`]), else made by the server
    /// (`@self`). Given once and never reassigned.
    RoomKey, NameError, |text| if text == crate::SELF_ROOM { Ok(text.into()) } else { names::room_key(text).map(Into::into) }
}

impl RoomKey {
    /// The room where everybody starts.
    pub fn lobby() -> Self {
        Self(crate::LOBBY.into())
    }

    /// The log of what belongs to one user alone, as a server tells it from that of others; on the wire it is `@self`.
    pub fn own(user: &UserId) -> Self {
        Self(format!("@{user}").into())
    }

    /// Whether it is a log of what belongs to one user alone.
    pub fn is_own(&self) -> bool {
        self.0.starts_with('@')
    }

    /// The key of a private room or a direct conversation, from an id that was never given before.
    pub fn made(direct: bool, ulid: &Id) -> Self {
        let prefix = if direct { "d-" } else { "r-" };
        Self(format!("{prefix}{}", ulid.as_str().to_ascii_lowercase()).into())
    }

    /// Whether it has the form of a private room's or a direct conversation's key, which no public room may have.
    pub fn is_made(&self) -> bool {
        let ulid = self.0.strip_prefix("r-").or_else(|| self.0.strip_prefix("d-"));
        ulid.is_some_and(|ulid| ulid.len() == 26 && ulid.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    }

    /// Whether people may create and join a room of this key, as opposed to one that the server made.
    pub fn is_open(&self) -> bool {
        !self.0.starts_with('@')
    }
}

fn check_id(text: &str) -> Result<Arc<str>, IdError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if (1..=ID_CHARS).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.into())
    } else {
        Err(IdError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_a_closed_alphabet_and_length() {
        for good in ["a", "01JC_-z", &"x".repeat(64)] {
            assert_eq!(Id::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "a b", "é", "a\u{1b}", "a.b", &"x".repeat(65)] {
            assert_eq!(Id::new(bad), Err(IdError), "{bad:?}");
        }
    }

    #[test]
    fn rooms_are_normalised_and_the_servers_own_are_known() {
        assert_eq!(RoomKey::new("Ops").unwrap().as_str(), "ops");
        assert!(RoomKey::new("ops").unwrap().is_open());
        assert!(!RoomKey::new("@self").unwrap().is_open());
        assert!(RoomKey::new("@other").is_err());
        let id = Id::new("01JDEPOCH00000000000000000").unwrap();
        let made = RoomKey::made(false, &id);
        assert!(made.is_made() && !RoomKey::lobby().is_made() && !RoomKey::new("r-and-d").unwrap().is_made());
        assert_eq!(RoomKey::new(made.as_str()), Ok(made));
        let own = RoomKey::own(&UserId::new("u-7").unwrap());
        assert!(own.is_own() && RoomKey::new(own.as_str()).is_err());
    }
}
