//! What this client said and the server has not acknowledged.

use serde::{Deserialize, Serialize};

use crate::ids::{Id, RoomKey, Seq, UserId};
use crate::session::Failure;

/// The bytes of text that may wait in the outbox; beyond it [`send`](super::Session::send) refuses.
pub const OUTBOX_BYTES: usize = 16 * 1024 * 1024;

/// One entry of the outbox, as it is kept on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// Names it to the server, over all repeats.
    pub id: Id,
    /// Where it is said.
    pub room: RoomKey,
    /// The text.
    pub text: String,
    /// The message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Seq>,
    /// Who says it; none until the server first told who this client is. It is never sent as somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Why it is not tried any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Failure>,
}
