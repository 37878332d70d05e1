//! The message that something is to be done to.

use protocol::error::{ErrorCode, Refusal};
use protocol::ids::{Id, RoomKey, Seq, UserId};
use protocol::people::Role;
use protocol::server::Ack;
use rusqlite::{OptionalExtension, params};

use super::deed::{Deed, Done, Stop};
use super::facts::{self, Place};
use super::rows::{self, to_sql};
use crate::core::policy::{Action, Denied, MessageFacts, Standing, ToMessage};

/// What there is to know of a message before something is done to it.
pub(super) struct Said {
    pub(super) user: UserId,
    pub(super) sender: String,
    /// As it was first.
    pub(super) text: String,
    pub(super) timestamp_ms: i64,
    pub(super) has_files: bool,
}

/// What came of looking for a message.
pub(super) enum Found {
    Said(Place, Said),
    /// The author has done this already.
    Done(Ack),
}

/// A message to which the author may do this, by a command of this id, kind and body. What is no message any more is
/// refused as not found, but only to whom the room is there.
pub(super) fn find(
    deed: &Deed<'_, '_, '_>,
    room: &RoomKey,
    target: Seq,
    action: ToMessage,
    command: Option<(&Id, &str, &str)>,
) -> Done<Found> {
    let place = deed.look(room)?;
    let room_facts = facts::room_facts(place.as_ref(), deed.now());
    let nobodys = MessageFacts {
        own: matches!(action, ToMessage::Delete | ToMessage::Edit),
        author: Role::Guest,
        author_standing: Standing::default(),
    };
    if let Some((id, kind, body)) = command
        && let Some(ack) = deed.was_done_to(room, place.as_ref(), id, (kind, Some((target, body))))?
    {
        return Ok(Found::Done(ack));
    }
    let Some(place) = place else {
        deed.permit_at(room, Action::Message(action, &room_facts, &nobodys))?;
        return Err(Denied::NotThere.into());
    };
    let sql = format!(
        "SELECT user, sender, text, timestamp_ms, files IS NOT NULL FROM events WHERE {} AND {}",
        rows::AT_PLACE,
        rows::STANDS
    );
    let said: Option<(String, Said)> = deed
        .db()
        .prepare_cached(&sql)?
        .query_row(params![place.row, to_sql(target)], |row| {
            let (sender, text, timestamp_ms, has_files) =
                (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
            let user = deed.author.user.clone();
            Ok((row.get(0)?, Said { user, sender, text, timestamp_ms, has_files }))
        })
        .optional()?;
    let Some((user, said)) = said else {
        // As of one's own, of which most is allowed: whoever may not even that is told so instead.
        deed.permit_at(room, Action::Message(action, &room_facts, &nobodys))?;
        return Err(no_message());
    };
    let user = UserId::new(user).map_err(|_| no_message())?;
    let own = user == deed.author.user;
    let (author, _, _) = facts::target(deed.db(), &place, &user, own, deed.now())?;
    let message = MessageFacts { own, author: author.role, author_standing: author.standing };
    deed.permit_at(room, Action::Message(action, &room_facts, &message))?;
    Ok(Found::Said(place, Said { user, ..said }))
}

fn no_message() -> Stop {
    Refusal::new(ErrorCode::NotFound, "there is no such message").into()
}
