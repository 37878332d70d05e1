//! What is said over HTTP: accounts, sessions, invites, tokens, files.
//!
//! All under `/api`, as JSON ([`ROUTES`] is the list). What is refused is answered with a status and the JSON of a
//! [`Refusal`](crate::error::Refusal). Whoever asks proves who they are by `Authorization: Bearer` and a token, or is a
//! browser with its session's cookie; a browser (whoever says `Origin`) never sees the token of its session.

mod files;
mod routes;

use serde::{Deserialize, Serialize};
#[cfg(feature = "ts")]
use ts_rs::TS;

pub use self::files::{NewFile, UPLOAD_OFFSET, Upload, Uploaded};
pub use self::routes::{Call, For, ROUTES, Route};
use crate::ids::{Id, RoomKey, UserId};
use crate::json::{is_false, safe_integer};
use crate::people::{Guests, Profile, Registration, Role, Scope};

/// What somebody who is not signed in must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct About {
    /// The server's name and version.
    pub server: String,
    /// Whether guests are let in.
    pub guests: Guests,
    /// Who may make an account.
    pub registration: Registration,
    /// There is an owner: the one-time link that the first start printed is closed.
    pub owned: bool,
    /// The bytes that a file may have; 0 where no files are taken.
    #[serde(default, deserialize_with = "safe_integer")]
    pub max_file: u64,
}

/// Makes an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Register {
    /// How to be called, and to sign in.
    pub name: String,
    /// At least [`PASSWORD_CHARS`](crate::limits::PASSWORD_CHARS) characters.
    pub password: String,
    /// What stands behind `#invite=` in an invite; needed where registration is not open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<String>,
    /// A guest's token: the account goes on as that guest, with all that they have said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<String>,
    /// What the device is called in the list of sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// Signs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Login {
    /// The account's name.
    pub name: String,
    /// Its password.
    pub password: String,
    /// What the device is called in the list of sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// What an earlier [`SignedIn::known`] gave: others' wrong passwords do not slow this device down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
}

/// Sets a new password with a one-time link; ends all sessions of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct PasswordReset {
    /// What stands behind `#reset=` in the link.
    pub link: String,
    /// The new password.
    pub password: String,
    /// What the device is called in the list of sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// Whoever asked is signed in from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct SignedIn {
    /// Who that is.
    pub me: Me,
    /// The session's token, for `hello` and `Authorization`; a browser has it as a cookie instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Say it in the next [`Login`] from this device; a browser has it as a cookie instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Me {
    /// The immutable identity.
    pub user: UserId,
    /// The present name.
    pub name: String,
    /// What they are on this server.
    pub role: Role,
    /// What they tell of themselves.
    #[serde(default, skip_serializing_if = "Profile::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<Profile>", optional))]
    pub profile: Profile,
    /// The session that asks; missing where a bot's token does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Id>,
}

/// Changes what somebody tells of themselves; what is missing stays, and an empty text takes away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct ProfileChange {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The hue of the name, 0 to 359 degrees; -1 takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<i16>,
    /// What they are at, at most [`STATUS_CHARS`](crate::limits::STATUS_CHARS) characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// They say that they are not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away: Option<bool>,
}

/// Changes the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct PasswordChange {
    /// The one until now.
    pub current: String,
    /// The one from now on.
    pub password: String,
}

/// The devices that are signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Sessions {
    /// The one last used first.
    pub sessions: Vec<Session>,
}

/// A device that is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Session {
    /// Names it; proves nothing.
    pub session: Id,
    /// What it called itself.
    pub device: String,
    /// From where it signed in.
    pub address: String,
    /// When it signed in, RFC 3339.
    pub created: String,
    /// When it was last used, RFC 3339, give or take ten minutes.
    pub used: String,
    /// It is the one that asks.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "ts", ts(as = "Option<bool>", optional))]
    pub current: bool,
}

/// Makes a token for a bot or a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// What it is good for; at least one.
    pub scopes: Vec<Scope>,
    /// The only rooms it is good for; missing: all that its account may see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rooms: Option<Vec<RoomKey>>,
    /// After how many days it ends; missing: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// A token that was made. It is told this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct TokenMade {
    /// The secret, for `hello` and `Authorization`.
    pub secret: String,
    /// All else.
    pub token: Token,
}

/// The tokens of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Tokens {
    /// The newest first.
    pub tokens: Vec<Token>,
}

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Token {
    /// Names it; proves nothing.
    pub token: Id,
    /// What it is for.
    pub name: String,
    /// What it is good for.
    pub scopes: Vec<Scope>,
    /// The only rooms it is good for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rooms: Option<Vec<RoomKey>>,
    /// When it was made, RFC 3339.
    pub created: String,
    /// When it was last used, give or take ten minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<String>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

/// Makes an invite.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct NewInvite {
    /// What whoever uses it becomes; missing: member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// How many accounts it makes; missing: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// After how many hours it ends; missing: 168, a week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<u32>,
    /// For whom or what, for the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A link that was made. It is told this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct LinkMade {
    /// Names it; proves nothing.
    pub id: Id,
    /// The address to pass on: the secret stands behind `#invite=` or `#reset=`.
    pub link: String,
    /// The secret alone, for whoever types it.
    pub secret: String,
    /// When it ends, RFC 3339.
    pub expires: String,
}

/// The invites that can still be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Invites {
    /// The newest first.
    pub invites: Vec<InviteInfo>,
}

/// An invite, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct InviteInfo {
    /// Names it; proves nothing.
    pub invite: Id,
    /// What whoever uses it becomes.
    pub role: Role,
    /// How many accounts it can still make.
    pub uses: u32,
    /// For whom or what.
    pub note: String,
    /// The name of whoever made it; missing where the server did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When it was made, RFC 3339.
    pub created: String,
    /// When it ends.
    pub expires: String,
}

/// Everybody with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct Users {
    /// By name.
    pub users: Vec<Account>,
}

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct Account {
    /// The immutable identity.
    pub user: UserId,
    /// The present name.
    pub name: String,
    /// What they are on this server.
    pub role: Role,
    /// What they tell of themselves.
    #[serde(default, skip_serializing_if = "Profile::is_empty")]
    #[cfg_attr(feature = "ts", ts(as = "Option<Profile>", optional))]
    pub profile: Profile,
    /// It is a bot's: nobody signs in to it, its tokens speak for it.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "ts", ts(as = "Option<bool>", optional))]
    pub bot: bool,
    /// It was ended.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "ts", ts(as = "Option<bool>", optional))]
    pub inactive: bool,
    /// When it was made, RFC 3339; for admins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// When it was last there, give or take ten minutes; for admins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// How many devices are signed in; for admins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<u32>,
}

/// Makes an account for somebody else, or for a bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct NewUser {
    /// How it is called.
    pub name: String,
    /// What it is; missing: member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// It is a bot's.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "ts", ts(as = "Option<bool>", optional))]
    pub bot: bool,
}

/// An account that was made for somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS), ts(optional_fields))]
pub struct UserMade {
    /// The account.
    pub account: Account,
    /// With this link its person sets the password; missing for a bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<LinkMade>,
}

/// Changes a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(TS))]
pub struct RoleChange {
    /// The new one; not `guest`.
    pub role: Role,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_not_there() {
        let login: Login = serde_json::from_str(r#"{"name":"ana","password":"x","new":1}"#).unwrap();
        assert_eq!(login.device, None);
        assert_eq!(serde_json::to_string(&ProfileChange::default()).unwrap(), "{}");
        let unknown: NewToken = serde_json::from_str(r#"{"name":"x","scopes":["rule","read"]}"#).unwrap();
        assert_eq!(unknown.scopes, [Scope::Other, Scope::Read]);
    }
}
