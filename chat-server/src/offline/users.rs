//! `chat-server user …`

use protocol::names;
use protocol::people::Role;

use super::{Desk, Done, ask, print, print_rows, refused, unwritten};
use crate::cli::UserCommand;
use crate::command::accounts::{hash_password, new_account, new_secret};
use crate::core::secret::{Kind, Secret};
use crate::store::accounts::{By, NewAccount, NewLink};

pub(super) async fn run(desk: &Desk, what: UserCommand) -> Done {
    match what {
        UserCommand::Add { name, owner, role, bot, link } => {
            let role = if owner { Role::Owner } else { role.into() };
            add(desk, &name, role, bot, link).await
        }
        UserCommand::List => list(desk).await,
        UserCommand::Reset { name } => {
            let user = desk.user(&name).await?;
            let (secret, link) = reset_link()?;
            let expires = desk.store.make_reset(By::Server, user, link).await.map_err(unwritten)?;
            tell_reset(desk, &name, &secret, &expires)
        }
        UserCommand::Password { name } => {
            let user = desk.user(&name).await?;
            let hash = hash_password(&ask::new_password(&name)?).ok_or("the password cannot be hashed")?;
            desk.store.set_password(user, hash).await.map_err(unwritten)?;
            print(&format!("{name} has a new password, and is signed out everywhere"))
        }
        UserCommand::Deactivate { name } => {
            let user = desk.user(&name).await?;
            desk.store.set_active(By::Server, user, false).await.map_err(unwritten)?;
            print(&format!("{name} is deactivated"))
        }
        UserCommand::Reactivate { name } => {
            let user = desk.user(&name).await?;
            desk.store.set_active(By::Server, user, true).await.map_err(unwritten)?;
            print(&format!("{name} is active"))
        }
        UserCommand::Role { name, role } => {
            let user = desk.user(&name).await?;
            let me = desk.store.set_role(By::Server, user, role.into()).await.map_err(unwritten)?;
            print(&format!("{} is {}", me.name, me.role.as_str()))
        }
    }
}

async fn add(desk: &Desk, name: &str, role: Role, bot: bool, link: bool) -> Done {
    let name = names::name(name).map_err(|error| error.to_string())?;
    let password = if bot || link {
        None
    } else {
        Some(hash_password(&ask::new_password(&name)?).ok_or("the password cannot be hashed")?)
    };
    let (secret, new_link) = reset_link()?;
    let account = NewAccount { user: new_account(), name: name.clone(), bot, password };
    let added = desk.store.add_user(By::Server, account, role, link.then_some(new_link)).await;
    let added = added.map_err(unwritten)?;
    print(&format!("{name} is {}, {}", role.as_str(), added.account.user))?;
    match added.expires {
        Some(expires) => tell_reset(desk, &name, &secret, &expires),
        None => Ok(()),
    }
}

async fn list(desk: &Desk) -> Done {
    let users = desk.store.users(By::Server).await.map_err(|error| error.to_string())?;
    print_rows(users.into_iter().map(|account| {
        let state = match (account.inactive, account.bot) {
            (true, _) => "inactive",
            (false, true) => "bot",
            (false, false) => "active",
        };
        let seen = account.seen.unwrap_or_else(|| "never".to_owned());
        let role = account.role.as_str().to_owned();
        vec![account.name, role, state.to_owned(), seen, account.user.to_string()]
    }))
}

fn reset_link() -> Result<(Secret, NewLink), String> {
    let secret = new_secret(Kind::Reset).map_err(refused)?;
    let link = NewLink { id: crate::command::accounts::new_id(), hash: secret.hash() };
    Ok((secret, link))
}

fn tell_reset(desk: &Desk, name: &str, secret: &Secret, expires: &str) -> Done {
    print(&format!("{name} sets the password here, until {expires}: {}/#reset={}", desk.url, secret.expose()))
}
