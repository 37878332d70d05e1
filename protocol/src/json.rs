//! Reading a frame in two passes: first what names it, then its type's own fields.
//!
//! A frame that is refused is still answered by name, so the envelope survives where the body does not.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ids::{Id, Ref, RoomKey, Seq};
use crate::limits::MAX_SAFE_INTEGER;

/// The fields that name a frame, each kept only where it is well-formed.
#[derive(Debug, Default)]
pub(crate) struct Envelope {
    pub(crate) kind: Option<String>,
    pub(crate) id: Option<Id>,
    pub(crate) reference: Option<Ref>,
    pub(crate) room: Option<RoomKey>,
    pub(crate) seq: Option<Seq>,
    pub(crate) has_message: bool,
}

#[derive(Deserialize)]
struct RawEnvelope<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow, rename = "ref")]
    reference: Option<&'a RawValue>,
    #[serde(borrow)]
    room: Option<&'a RawValue>,
    #[serde(borrow)]
    seq: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

impl Envelope {
    /// Fails only where the text is not one JSON object.
    pub(crate) fn read(text: &str) -> Result<Self, serde_json::Error> {
        // Arrays would be taken as a struct's fields in order.
        if !text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{') {
            return Err(serde::de::Error::custom("a frame is one JSON object"));
        }
        let raw: RawEnvelope<'_> = serde_json::from_str(text)?;
        Ok(Self {
            kind: read(raw.kind),
            id: read(raw.id),
            reference: read(raw.reference).filter(|&n| n <= MAX_SAFE_INTEGER),
            room: read(raw.room),
            seq: read(raw.seq).filter(|&n| n <= MAX_SAFE_INTEGER),
            has_message: raw.message.is_some(),
        })
    }
}

fn read<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
}

/// For `deserialize_with`: an integer that JavaScript can hold.
pub(crate) fn safe_integer<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let n = u64::deserialize(deserializer)?;
    if n <= MAX_SAFE_INTEGER { Ok(n) } else { Err(serde::de::Error::custom("number over 2^53 - 1")) }
}

/// For `deserialize_with`: the same where the field may be missing.
pub(crate) fn safe_integer_option<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u64>, D::Error> {
    match Option::<u64>::deserialize(deserializer)? {
        Some(n) if n > MAX_SAFE_INTEGER => Err(serde::de::Error::custom("number over 2^53 - 1")),
        n => Ok(n),
    }
}

/// For `skip_serializing_if`: leaves out what is zero.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
pub(crate) fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// For `skip_serializing_if`: leaves out what is false.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
pub(crate) fn is_false(value: &bool) -> bool {
    !value
}
