//! `chat-server invite …`

use protocol::http::NewInvite;
use protocol::ids::Id;

use super::{Desk, Done, print, print_rows, refused, unwritten};
use crate::cli::InviteCommand;
use crate::command::accounts::new_invite;
use crate::store::accounts::By;

pub(super) async fn run(desk: &Desk, what: InviteCommand) -> Done {
    match what {
        InviteCommand::Create { role, uses, hours, note } => {
            let asked =
                NewInvite { role: Some(role.into()), uses: Some(uses), hours: Some(hours), note: Some(note) };
            let (secret, new) = new_invite(&asked).map_err(refused)?;
            let expires = desk.store.make_invite(By::Server, new).await.map_err(unwritten)?;
            print(&format!("until {expires}: {}/#invite={}", desk.url, secret.expose()))
        }
        InviteCommand::List => {
            let invites = desk.store.invites(By::Server).await.map_err(|error| error.to_string())?;
            print_rows(invites.into_iter().map(|invite| {
                let (role, uses) = (invite.role.as_str().to_owned(), invite.uses.to_string());
                vec![invite.invite.to_string(), role, uses, invite.expires, invite.note]
            }))
        }
        InviteCommand::Revoke { id } => {
            let id = Id::new(&id).map_err(|error| error.to_string())?;
            desk.store.revoke_invite(By::Server, id.clone()).await.map_err(unwritten)?;
            print(&format!("{id} is withdrawn"))
        }
    }
}
