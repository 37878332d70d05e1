//! Messages with files: each file is taken by one message, in the transaction that stores it.

use protocol::error::ErrorCode;
use rusqlite::params;

use super::Decision;
use super::append::{Appended, Appender};
use super::grants::Denial;
use crate::store::Append;
use crate::store::sqlite::files;

/// Appends a message with the files that it names.
pub(super) fn append(appender: &mut Appender<'_>, message: &mut Append) -> rusqlite::Result<Decision> {
    if message.files.is_empty() {
        return Ok(Decision::Append(appender.say(message, None)?, Vec::new()));
    }
    let Some(files) = files::attachable(appender.db, message)? else {
        // A repeat of a message that was deleted since, with its files, is answered as it was.
        let is_repeat = appender
            .db
            .prepare_cached("SELECT 1 FROM events WHERE id = ?1 AND user = ?2")?
            .exists(params![message.id.as_str(), message.user.as_str()])?;
        if is_repeat {
            return Ok(Decision::Append(appender.say(message, None)?, Vec::new()));
        }
        return Ok(Decision::Denied(Denial {
            code: ErrorCode::BadFile,
            reason: "a message has files that its sender has uploaded to its room, each once",
            retry_ms: None,
        }));
    };
    let json = serde_json::to_string(&files).expect("files are texts and numbers");
    let appended = appender.say(message, Some(&json))?;
    if let Appended::Stored { seq, .. } = appended {
        files::bind(appender.db, &files, seq)?;
    }
    Ok(Decision::Append(appended, files))
}
