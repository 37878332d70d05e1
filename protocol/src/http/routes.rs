//! Every route of the HTTP API: its method, its path, and who it is for.

/// Who a route is for, before policy looks at what is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum For {
    /// Everybody.
    All,
    /// Whoever may read public rooms: everybody, or with `--guests off` whoever is signed in.
    Readers,
    /// The same, and guests who say their token.
    Guests,
    /// Whoever is signed in with a session: not guests, and not a bot's token.
    People,
    /// Whoever is signed in, with a session or a bot's token.
    Accounts,
    /// Admins and owners, with a session.
    Admins,
}

/// What a route does, by name: whoever answers must have an answer to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "`Route::does` says it")]
pub enum Call {
    About,
    Register,
    Login,
    Reset,
    Logout,
    Me,
    ChangeProfile,
    SetAvatar,
    RemoveAvatar,
    ChangePassword,
    Sessions,
    EndSessions,
    EndSession,
    Tokens,
    MakeToken,
    RevokeToken,
    Avatar,
    Invites,
    Invite,
    RevokeInvite,
    Users,
    AddUser,
    ResetUser,
    SetRole,
    Deactivate,
    Reactivate,
    SignOutUser,
    TokensOf,
    MakeTokenOf,
    RevokeTokenOf,
    Audit,
    AuditBefore,
    Announce,
    SendPiece,
    UploadOffset,
    CancelUpload,
    Fetch,
    FetchThumb,
}

/// One route: a method, a path (`{…}` stands for one segment) and who it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Route {
    /// Its name.
    pub call: Call,
    /// `GET`, `POST`, `PATCH`, `PUT` or `DELETE`.
    pub method: &'static str,
    /// From `/api` on.
    pub path: &'static str,
    /// Who may ask.
    pub who: For,
    /// What it does, in one line: what is sent, and what comes back.
    pub does: &'static str,
}

const fn route(call: Call, method: &'static str, path: &'static str, who: For, does: &'static str) -> Route {
    Route { call, method, path, who, does }
}

/// Every route.
pub const ROUTES: &[Route] = &[
    route(
        Call::About,
        "GET",
        "/api/about",
        For::All,
        "What somebody who is not signed in must know: `About`.",
    ),
    route(
        Call::Register,
        "POST",
        "/api/register",
        For::All,
        "Makes an account and signs in: `Register` → 201 `SignedIn`.",
    ),
    route(Call::Login, "POST", "/api/login", For::All, "Signs in: `Login` → `SignedIn`."),
    route(
        Call::Reset,
        "POST",
        "/api/reset",
        For::All,
        "Sets a new password with a one-time link, and signs in: `PasswordReset` → `SignedIn`.",
    ),
    route(Call::Logout, "POST", "/api/logout", For::All, "Ends the session that asks, if it is one → 204."),
    route(Call::Me, "GET", "/api/me", For::Accounts, "Who asks: `Me`."),
    route(
        Call::ChangeProfile,
        "PATCH",
        "/api/me",
        For::People,
        "Changes name and profile: `ProfileChange` → `Me`.",
    ),
    route(
        Call::SetAvatar,
        "PUT",
        "/api/me/avatar",
        For::People,
        "Takes a picture (PNG, JPEG, GIF or WebP, the body as it is) and makes it small → `Me`.",
    ),
    route(Call::RemoveAvatar, "DELETE", "/api/me/avatar", For::People, "Takes the picture away → `Me`."),
    route(
        Call::ChangePassword,
        "POST",
        "/api/me/password",
        For::People,
        "Changes the password and ends the other sessions: `PasswordChange` → 204.",
    ),
    route(
        Call::Sessions,
        "GET",
        "/api/me/sessions",
        For::People,
        "The devices that are signed in: `Sessions`.",
    ),
    route(
        Call::EndSessions,
        "DELETE",
        "/api/me/sessions",
        For::People,
        "Signs out everywhere, here too → 204.",
    ),
    route(
        Call::EndSession,
        "DELETE",
        "/api/me/sessions/{session}",
        For::People,
        "Signs one device out → 204.",
    ),
    route(
        Call::Tokens,
        "GET",
        "/api/me/tokens",
        For::People,
        "One's own tokens for bots and scripts: `Tokens`.",
    ),
    route(Call::MakeToken, "POST", "/api/me/tokens", For::People, "Makes one: `NewToken` → 201 `TokenMade`."),
    route(Call::RevokeToken, "DELETE", "/api/me/tokens/{token}", For::People, "Withdraws one → 204."),
    route(Call::Avatar, "GET", "/api/avatars/{avatar}", For::Readers, "A picture, as PNG; it never changes."),
    route(
        Call::Invites,
        "GET",
        "/api/invites",
        For::Admins,
        "The invites that can still be used: `Invites`.",
    ),
    route(Call::Invite, "POST", "/api/invites", For::Admins, "Makes one: `NewInvite` → 201 `LinkMade`."),
    route(Call::RevokeInvite, "DELETE", "/api/invites/{invite}", For::Admins, "Withdraws one → 204."),
    route(
        Call::Users,
        "GET",
        "/api/users",
        For::People,
        "Everybody with an account: `Users`; admins see more of each.",
    ),
    route(
        Call::AddUser,
        "POST",
        "/api/users",
        For::Admins,
        "Makes an account for somebody else, or for a bot: `NewUser` → 201 `UserMade`.",
    ),
    route(
        Call::ResetUser,
        "POST",
        "/api/users/{user}/reset",
        For::Admins,
        "Makes a one-time link for a new password → 201 `LinkMade`.",
    ),
    route(
        Call::SetRole,
        "POST",
        "/api/users/{user}/role",
        For::Admins,
        "Changes a role: `RoleChange` → 204.",
    ),
    route(
        Call::Deactivate,
        "POST",
        "/api/users/{user}/deactivate",
        For::Admins,
        "Ends an account: nobody signs in to it any more → 204.",
    ),
    route(Call::Reactivate, "POST", "/api/users/{user}/reactivate", For::Admins, "Undoes that → 204."),
    route(
        Call::SignOutUser,
        "DELETE",
        "/api/users/{user}/sessions",
        For::Admins,
        "Signs somebody out everywhere → 204.",
    ),
    route(Call::TokensOf, "GET", "/api/users/{user}/tokens", For::Admins, "Somebody's tokens: `Tokens`."),
    route(
        Call::MakeTokenOf,
        "POST",
        "/api/users/{user}/tokens",
        For::Admins,
        "Makes a token for a bot's account: `NewToken` → 201 `TokenMade`.",
    ),
    route(
        Call::RevokeTokenOf,
        "DELETE",
        "/api/users/{user}/tokens/{token}",
        For::Admins,
        "Withdraws one → 204.",
    ),
    route(
        Call::Audit,
        "GET",
        "/api/audit",
        For::Admins,
        "The newest of what was decided: the frame `audit`.",
    ),
    route(
        Call::AuditBefore,
        "GET",
        "/api/audit/{before}",
        For::Admins,
        "The same of what has a lower number.",
    ),
    route(
        Call::Announce,
        "POST",
        "/api/files",
        For::Guests,
        "Announces a file to a room: `NewFile` → 201 `Upload`.",
    ),
    route(
        Call::SendPiece,
        "PATCH",
        "/api/files/{file}",
        For::Guests,
        "Takes the next piece, the body as it is; `Upload-Offset` says where it begins → `Uploaded`.",
    ),
    route(
        Call::UploadOffset,
        "GET",
        "/api/files/{file}/offset",
        For::Guests,
        "How much is there of a file of one's own: `Uploaded`.",
    ),
    route(
        Call::CancelUpload,
        "DELETE",
        "/api/files/{file}",
        For::Guests,
        "Takes a file back that no message has yet → 204.",
    ),
    route(
        Call::Fetch,
        "GET",
        "/api/files/{file}",
        For::Readers,
        "A file, or a range of it; it never changes.",
    ),
    route(
        Call::FetchThumb,
        "GET",
        "/api/files/{file}/thumb",
        For::Readers,
        "A small picture of it, as JPEG or PNG; it never changes.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_route_is_there_once_and_below_api() {
        let mut seen = HashSet::new();
        let mut calls = HashSet::new();
        for route in ROUTES {
            assert!(calls.insert(route.call), "{route:?}");
            assert!(seen.insert((route.method, route.path)), "{route:?}");
            assert!(route.path.starts_with("/api/"), "{route:?}");
            assert!(["GET", "POST", "PATCH", "PUT", "DELETE"].contains(&route.method), "{route:?}");
        }
    }
}
