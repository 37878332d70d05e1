//! `chat-server token …`

use protocol::http::NewToken;
use protocol::ids::{Id, RoomKey};

use super::{Desk, Done, print, print_rows, refused, unwritten};
use crate::cli::TokenCommand;
use crate::command::accounts::new_token;
use crate::store::accounts::{By, Whose};

pub(super) async fn run(desk: &Desk, what: TokenCommand) -> Done {
    match what {
        TokenCommand::Create { user, name, scope, room, days } => {
            let user = desk.user(&user).await?;
            let rooms: Result<Vec<RoomKey>, _> = room.iter().map(RoomKey::new).collect();
            let rooms = rooms.map_err(|error| error.to_string())?;
            let rooms = (!rooms.is_empty()).then_some(rooms);
            let scopes = scope.into_iter().map(Into::into).collect();
            let (secret, new) = new_token(NewToken { name, scopes, rooms, days }).map_err(refused)?;
            let token = desk.store.make_token(By::Server, Whose::Any(user), new).await.map_err(unwritten)?;
            print(&format!("{}\t{}", token.token, secret.expose()))
        }
        TokenCommand::List { user } => {
            let user = desk.user(&user).await?;
            let tokens = desk.store.tokens(By::Server, Whose::Any(user)).await;
            print_rows(tokens.map_err(|error| error.to_string())?.into_iter().map(|token| {
                let scopes: Vec<String> =
                    token.scopes.iter().map(|scope| format!("{scope:?}").to_lowercase()).collect();
                let rooms = token.rooms.map(|rooms| rooms.iter().map(RoomKey::to_string).collect::<Vec<_>>());
                let rooms = rooms.map_or_else(|| "all rooms".to_owned(), |rooms| rooms.join(","));
                let used = token.used.unwrap_or_else(|| "never used".to_owned());
                let expires = token.expires.unwrap_or_else(|| "never ends".to_owned());
                vec![token.token.to_string(), token.name, scopes.join(","), rooms, used, expires]
            }))
        }
        TokenCommand::Revoke { user, id } => {
            let user = desk.user(&user).await?;
            let id = Id::new(&id).map_err(|error| error.to_string())?;
            desk.store.revoke_token(By::Server, Whose::Any(user), id.clone()).await.map_err(unwritten)?;
            print(&format!("{id} is withdrawn"))
        }
    }
}
