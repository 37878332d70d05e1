//! Files: announced, sent in pieces, and named by a `message` when they are whole.

use serde::{Deserialize, Serialize};
#[cfg(feature = "ts")]
use ts_rs::TS;

use crate::ids::{Id, RoomKey};
use crate::json::safe_integer;
use crate::messages::File;

/// Where a piece begins that is sent with `PATCH`: a header of the request. It must be where the last piece ended.
pub const UPLOAD_OFFSET: &str = "upload-offset";

/// Announces a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct NewFile {
    /// The room for whose members it is.
    pub room: RoomKey,
    /// What it is called; the server keeps what is safe of it ([`file_name`](crate::file_name)).
    pub name: String,
    /// Its bytes, at most [`About::max_file`](crate::http::About::max_file).
    #[serde(deserialize_with = "safe_integer")]
    pub size: u64,
    /// The SHA-256 of its content, 64 hexadecimal digits: what arrives and is something else is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// A file that may be sent now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Upload {
    /// Its id, from now on and for good.
    pub upload: Id,
    /// Where to begin: 0.
    #[serde(deserialize_with = "safe_integer")]
    pub offset: u64,
    /// The bytes of one piece at most.
    #[serde(deserialize_with = "safe_integer")]
    pub chunk: u64,
}

/// How much of a file is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Uploaded {
    /// So many bytes are on the server's disk; the next piece begins here.
    #[serde(deserialize_with = "safe_integer")]
    pub offset: u64,
    /// It is whole and verified: a `message` can have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<File>,
}
