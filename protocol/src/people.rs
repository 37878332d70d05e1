//! People: their roles, what they tell of themselves, and what a password must be.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use thiserror::Error;
#[cfg(feature = "ts")]
use ts_rs::TS;
use unicode_normalization::UnicodeNormalization;

use crate::json::is_false;
use crate::limits::{PASSWORD_BYTES, PASSWORD_CHARS, STATUS_CHARS};
use crate::names;

/// What somebody is on the whole server; each may do what those before it may.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Not signed in.
    #[default]
    Guest,
    /// Has an account.
    Member,
    /// Keeps order among guests and members.
    Moderator,
    /// Runs the chat: accounts, invites, all public rooms.
    Admin,
    /// May also make and unmake admins and owners; there is always one.
    Owner,
    /// A role this version does not know: below all others, and may do nothing.
    #[serde(other)]
    Other,
}

impl PartialOrd for Role {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Role {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl Role {
    /// The word for it on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Moderator => "moderator",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Other => 0,
            Self::Guest => 1,
            Self::Member => 2,
            Self::Moderator => 3,
            Self::Admin => 4,
            Self::Owner => 5,
        }
    }

    /// The role of an account that this word names; `None` for any other word, `guest` too.
    pub fn of_account(word: &str) -> Option<Self> {
        [Self::Member, Self::Moderator, Self::Admin, Self::Owner]
            .into_iter()
            .find(|role| role.as_str() == word)
    }
}

/// What somebody with an account tells of themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Profile {
    /// The hue of their name, 0 to 359 degrees; screens choose how light it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<u16>,
    /// Names their picture: `GET /api/avatars/{avatar}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// What they are at, in a few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// They say that they are not there, whatever their devices say.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "ts", ts(as = "Option<bool>", optional))]
    pub away: bool,
}

impl Profile {
    /// Whether nothing is told.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Whether guests are let in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
#[serde(rename_all = "snake_case")]
pub enum Guests {
    /// They may read and write public rooms.
    #[default]
    On,
    /// They may read public rooms.
    #[serde(alias = "read-only")]
    ReadOnly,
    /// Everybody must sign in.
    #[serde(other)]
    Off,
}

/// Who may make an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Everybody.
    Open,
    /// Whoever has an invite.
    #[default]
    Invite,
    /// Only who is added by an admin.
    #[serde(other)]
    Closed,
}

/// What a bot's token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Following rooms and reading their history.
    Read,
    /// Saying something, and all else that a room's log shows.
    Write,
    /// A scope this version does not know: good for nothing.
    #[serde(other)]
    Other,
}

/// Why a text is not good enough as a password; the message is fit for whoever typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// Soon guessed.
    #[error("a password has at least {PASSWORD_CHARS} characters")]
    Short,
    /// Over the bound.
    #[error("a password has at most {PASSWORD_BYTES} bytes")]
    Long,
    /// A word of the list that every guesser begins with, the own name, or a few characters again and again.
    #[error("this password would soon be guessed")]
    Guessable,
}

/// What guessers begin with, as far as it is long enough; compared in lower case and without what stands behind.
const COMMON: [&str; 14] = [
    "0123456789",
    "1234567890",
    "1q2w3e4r5t",
    "1qaz2wsx3edc",
    "abcdefghij",
    "adminadmin",
    "changeme",
    "chatchat",
    "iloveyou",
    "letmein",
    "passw0rd",
    "password",
    "qwertyuiop",
    "qwertzuiop",
];

/// Checks a new password for an account of this name and returns its normal form (NFC), which is what is hashed.
pub fn new_password(text: &str, name: &str) -> Result<String, PasswordError> {
    let password = password(text).ok_or(PasswordError::Long)?;
    if password.chars().count() < PASSWORD_CHARS {
        return Err(PasswordError::Short);
    }
    let folded = password.to_lowercase();
    let core = folded.trim_end_matches(|c: char| !c.is_alphabetic());
    let mut different: Vec<char> = folded.chars().collect();
    different.sort_unstable();
    different.dedup();
    let known = COMMON.iter().any(|word| *word == core || *word == folded || core == word.repeat(2));
    let own = !name.is_empty() && names::skeleton(core) == names::skeleton(name);
    if known || own || different.len() < 5 { Err(PasswordError::Guessable) } else { Ok(password) }
}

/// The normal form of a password that somebody says; `None` where it is too long to be one.
pub fn password(text: &str) -> Option<String> {
    if text.len() > PASSWORD_BYTES {
        return None;
    }
    Some(text.nfc().collect::<String>()).filter(|password| password.len() <= PASSWORD_BYTES)
}

/// Why a text is not a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a status is one line of at most {STATUS_CHARS} characters")]
pub struct StatusError;

/// Checks a status and returns it trimmed, or `None` where nothing is left of it.
pub fn status(text: &str) -> Result<Option<String>, StatusError> {
    let text: String = text.trim().nfc().collect();
    if text.chars().count() > STATUS_CHARS || text.chars().any(char::is_control) {
        return Err(StatusError);
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_ordered_and_have_words() {
        assert!(Role::Owner > Role::Admin && Role::Admin > Role::Moderator);
        assert!(Role::Moderator > Role::Member && Role::Member > Role::Guest && Role::Guest > Role::Other);
        for role in [Role::Member, Role::Moderator, Role::Admin, Role::Owner] {
            assert_eq!(Role::of_account(role.as_str()), Some(role));
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{}\"", role.as_str()));
        }
        for word in ["guest", "other", "Owner", ""] {
            assert_eq!(Role::of_account(word), None, "{word}");
        }
        assert_eq!(serde_json::from_str::<Role>("\"emperor\"").unwrap(), Role::Other);
    }

    #[test]
    fn what_is_soon_guessed_is_no_password() {
        let check = |text: &str| new_password(text, "ana.maria");
        assert_eq!(check("short"), Err(PasswordError::Short));
        assert_eq!(check(&"long".repeat(300)), Err(PasswordError::Long));
        for bad in [
            "password123",
            "Password2026!",
            "1234567890",
            "aaaaaaaaaaaa",
            "ababababab",
            "Ana.Maria99",
            "LetMeInLetMeIn",
        ] {
            assert_eq!(check(bad), Err(PasswordError::Guessable), "{bad}");
        }
        for good in ["correct horse", "пароль-на-дворе", "x7!kQ9#mZ2"] {
            assert_eq!(check(good).as_deref(), Ok(good));
        }
        // As typed on keyboards that compose differently.
        assert_eq!(check("cafe\u{301} au lait"), check("café au lait"));
        assert_eq!(password(&"x".repeat(PASSWORD_BYTES + 1)), None);
    }

    #[test]
    fn a_status_is_one_line() {
        assert_eq!(status(" at lunch "), Ok(Some("at lunch".into())));
        assert_eq!(status("  "), Ok(None));
        assert_eq!(status("a\nb"), Err(StatusError));
        assert_eq!(status(&"x".repeat(101)), Err(StatusError));
    }
}
