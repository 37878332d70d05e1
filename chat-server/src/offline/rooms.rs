//! `chat-server room …`

use protocol::error::Refusal;
use protocol::ids::RoomKey;
use protocol::names;
use protocol::rooms::{Change, RoomKind, RoomRole, SetRole};
use protocol::safe_text;

use super::{Desk, Done, print, print_rows, unread};
use crate::cli::RoomCommand;
use crate::command::new_id;
use crate::store::deeds::{Author, NewRoom, Undone, refusal};

/// Rooms and members that are listed at most.
const LISTED: usize = 100_000;

pub(super) async fn run(desk: &Desk, what: RoomCommand) -> Done {
    match what {
        RoomCommand::List => list(desk).await,
        RoomCommand::Create { name, private, topic, owner } => {
            create(desk, name, private, topic, owner).await
        }
        RoomCommand::Archive { room, undo } => {
            let change = Change {
                reference: 0,
                room: key(&room)?,
                id: None,
                title: None,
                topic: None,
                announce: None,
                slow_s: None,
                archived: Some(!undo),
                seen: None,
            };
            desk.store.change_room(Author::server(), change, new_id()).await.map_err(undone)?;
            print(&format!("{room} is {}", if undo { "open again" } else { "archived" }))
        }
        RoomCommand::Members { room } => {
            let members =
                desk.store.members_for(Author::server(), key(&room)?, LISTED).await.map_err(unread)?;
            let members = members.map_err(|denied| denied.reason().to_owned())?;
            print_rows(members.members.into_iter().map(|member| {
                let name = safe_text::line(&member.user.name).into_owned();
                vec![member.user.user.to_string(), name, member.standing.as_str().to_owned()]
            }))
        }
        RoomCommand::Owner { room, name } => own(desk, key(&room)?, &name).await,
    }
}

async fn list(desk: &Desk) -> Done {
    let rooms = desk.store.room_table(LISTED).await.map_err(unread)?;
    print_rows(rooms.into_iter().map(|row| {
        let kind = match (row.record.kind, row.record.rules.archived) {
            (RoomKind::Public, false) => "public",
            (RoomKind::Private, false) => "private",
            (RoomKind::Direct, _) => "direct",
            (RoomKind::Other, false) => "other",
            (_, true) => "archived",
        };
        let owners: Vec<_> = row.owners.iter().map(|name| safe_text::line(name).into_owned()).collect();
        let title = safe_text::line(&row.record.title).into_owned();
        vec![row.record.key.to_string(), kind.to_owned(), row.members.to_string(), title, owners.join(", ")]
    }))
}

async fn create(
    desk: &Desk,
    name: String,
    private: bool,
    topic: Option<String>,
    owner: Option<String>,
) -> Done {
    // Before anything is made: a room without the owner that was asked for would be half of what was asked for.
    if let Some(owner) = &owner {
        desk.user(owner).await?;
    }
    let (key, kind) = if private {
        (RoomKey::made(false, &new_id()), RoomKind::Private)
    } else {
        let key = names::room_key(&name).and_then(RoomKey::new).map_err(|error| error.to_string())?;
        if key.is_made() {
            return Err("names of this form are the server's to give".to_owned());
        }
        (key, RoomKind::Public)
    };
    let made = NewRoom { key: key.clone(), title: name, kind, topic };
    desk.store.make_room(Author::server(), made, new_id()).await.map_err(undone)?;
    print(key.as_str())?;
    match owner {
        Some(owner) => own(desk, key, &owner).await,
        None => Ok(()),
    }
}

async fn own(desk: &Desk, room: RoomKey, name: &str) -> Done {
    let user = desk.user(name).await?;
    let asked = SetRole { reference: 0, room: room.clone(), user, role: RoomRole::Owner, id: None };
    desk.store.set_room_role(Author::server(), asked, None, new_id()).await.map_err(undone)?;
    print(&format!("{name} owns {room}"))
}

fn key(text: &str) -> Result<RoomKey, String> {
    RoomKey::new(text).map_err(|error| error.to_string())
}

fn undone(undone: Undone) -> String {
    let Refusal { reason, .. } = refusal(undone);
    reason
}
