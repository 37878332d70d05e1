//! What people and open rooms may be called, and when two names look too much alike.
//!
//! The rules follow Unicode TR39: characters come from its identifier profile, and two names with the same
//! [`skeleton`] (confusable, section 4) cannot both exist.

use std::sync::LazyLock;

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_security::GeneralSecurityProfile;
use unicode_security::confusable_detection::skeleton as confusable_skeleton;

use crate::limits::{NAME_CHARS, ROOM_BYTES};

/// Names that would be mistaken for the chat itself or for a group mention.
const RESERVED: [&str; 8] = ["all", "channel", "everyone", "here", "room", "self", "server", "system"];

static RESERVED_SKELETONS: LazyLock<[String; RESERVED.len()]> = LazyLock::new(|| RESERVED.map(skeleton));

/// Why a text is not a name; the message is fit to be shown to whoever typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("a name needs at least one character")]
    Empty,
    /// Over the bound for its kind.
    #[error("a name has at most {NAME_CHARS} characters, a room's at most {ROOM_BYTES} bytes")]
    TooLong,
    /// A character outside letters, digits, `-`, `_` and `.`.
    #[error("a name is made of letters, digits, '-', '_' and '.'; {0:?} is none of them")]
    Character(char),
    /// It must begin with a letter or digit.
    #[error("a name begins with a letter or a digit")]
    Start,
    /// Kept for the chat itself.
    #[error("this name is reserved")]
    Reserved,
}

/// Checks a person's name and returns it in its normal form (trimmed, NFC).
///
/// 1 to [`NAME_CHARS`] characters: letters, marks and digits of any script in everyday use, `-`, `_`, `.`.
pub fn name(text: &str) -> Result<String, NameError> {
    let name: String = text.trim().nfc().collect();
    if name.chars().count() > NAME_CHARS {
        return Err(NameError::TooLong);
    }
    check_characters(&name)?;
    if RESERVED_SKELETONS.contains(&skeleton(&name)) {
        return Err(NameError::Reserved);
    }
    Ok(name)
}

/// Checks an open room's name and returns the key it has (trimmed, NFC, lower case), at most [`ROOM_BYTES`] bytes.
pub fn room_key(text: &str) -> Result<String, NameError> {
    let text = text.trim();
    let text = text.strip_prefix('#').unwrap_or(text);
    if is_plain_key(text) {
        return Ok(text.to_owned());
    }
    let key: String = text.nfc().flat_map(char::to_lowercase).nfc().collect();
    if key.len() > ROOM_BYTES {
        return Err(NameError::TooLong);
    }
    check_characters(&key)?;
    Ok(key)
}

/// Whether a text is a key as it stands, as it usually is: nothing to normalise, and nothing but ASCII.
fn is_plain_key(text: &str) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= ROOM_BYTES
        && text.as_bytes().first().is_some_and(is_plain)
        && text.bytes().all(|byte| is_plain(&byte) || matches!(byte, b'-' | b'_' | b'.'))
}

/// The nearest allowed name to what somebody asked for, or `None` where nothing of it can be kept.
pub fn adapt(text: &str) -> Option<String> {
    let kept: String = text
        .nfc()
        .filter(|&c| is_allowed(c))
        .skip_while(|&c| !c.is_alphanumeric())
        .take(NAME_CHARS)
        .collect();
    name(&kept).ok()
}

/// The TR39 skeleton of a name, case folded: equal for names that look alike.
pub fn skeleton(name: &str) -> String {
    let folded: String = name.nfkc().flat_map(char::to_lowercase).collect();
    confusable_skeleton(&folded).flat_map(char::to_lowercase).collect()
}

fn check_characters(text: &str) -> Result<(), NameError> {
    let first = text.chars().next().ok_or(NameError::Empty)?;
    if let Some(stranger) = text.chars().find(|&c| !is_allowed(c)) {
        return Err(NameError::Character(stranger));
    }
    if first.is_alphanumeric() { Ok(()) } else { Err(NameError::Start) }
}

fn is_allowed(c: char) -> bool {
    matches!(c, '-' | '_' | '.') || (c.identifier_allowed() && (c.is_alphanumeric() || is_combining_mark(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_scripts_are_kept() {
        for good in ["ana", "Zoë", "李雷", "Мария", "نور", "देवी", "j.doe-2_x", "x"] {
            assert_eq!(name(good).as_deref(), Ok(good.nfc().collect::<String>().as_str()), "{good}");
        }
    }

    #[test]
    fn what_could_deceive_is_refused() {
        assert_eq!(name("  "), Err(NameError::Empty));
        assert_eq!(name("a b"), Err(NameError::Character(' ')));
        assert_eq!(name("a\u{200b}b"), Err(NameError::Character('\u{200b}')));
        assert_eq!(name("a\u{202e}b"), Err(NameError::Character('\u{202e}')));
        assert_eq!(name("\u{1b}[2J"), Err(NameError::Character('\u{1b}')));
        assert_eq!(name("-ana"), Err(NameError::Start));
        assert_eq!(name("Ѕystem"), Err(NameError::Reserved), "a Cyrillic capital");
        assert_eq!(name(&"a".repeat(33)), Err(NameError::TooLong));
        assert_eq!(room_key(&"é".repeat(33)), Err(NameError::TooLong));
    }

    #[test]
    fn a_key_is_its_own_key() {
        for (text, key) in [("#Ops", "ops"), (" a.b-c_1 ", "a.b-c_1"), ("1a", "1a"), ("É", "é")] {
            assert_eq!(room_key(text).as_deref(), Ok(key));
            assert_eq!(room_key(key).as_deref(), Ok(key));
        }
        for bad in ["", "-a", ".a", "a b", "a\u{0}", &"a".repeat(ROOM_BYTES + 1)] {
            assert!(room_key(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn look_alikes_share_a_skeleton() {
        assert_eq!(skeleton("ana"), skeleton("аnа"), "Cyrillic a");
        assert_eq!(skeleton("Ana"), skeleton("ana"));
        assert_ne!(skeleton("ana"), skeleton("anna"));
    }

    #[test]
    fn room_keys_are_lower_case() {
        assert_eq!(room_key(" #Ops.EU ").as_deref(), Ok("ops.eu"));
        assert_eq!(room_key("Büro").as_deref(), Ok("büro"));
    }

    #[test]
    fn adapting_keeps_what_it_can() {
        assert_eq!(adapt("  Ana Maria! ").as_deref(), Some("AnaMaria"));
        assert_eq!(adapt("\u{1b}[31mbo"), Some("31mbo".into()));
        assert_eq!(adapt("🙂"), None);
        assert_eq!(adapt("system"), None);
    }

    proptest::proptest! {
        #[test]
        fn names_are_stable(text in "\\PC{0,40}") {
            if let Ok(once) = name(&text) {
                proptest::prop_assert_eq!(name(&once), Ok(once.clone()));
            }
            if let Ok(once) = room_key(&text) {
                proptest::prop_assert_eq!(room_key(&once), Ok(once.clone()));
            }
            if let Some(adapted) = adapt(&text) {
                proptest::prop_assert_eq!(name(&adapted), Ok(adapted.clone()));
            }
        }
    }
}
