//! The routes of `docs/PERMISSIONS.md` over the wire: each is asked by everybody, each time by somebody of their own.

use protocol::http::{Call, ROUTES};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::client::{PASSWORD, owner, request};
use crate::matrix::{Table, tables};
use crate::stage::{Stage, hash, now_ms, secret, session, token};

/// A picture of one pixel, as PNG.
const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0,
    1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde, 0, 0, 0, 12, b'I', b'D', b'A', b'T', 8, 0xd7, 0x63, 0xf8, 0xcf,
    0xc0, 0, 0, 3, 1, 1, 0, 0x18, 0xdd, 0x8d, 0xb0, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60,
    0x82,
];

/// What is sent with a request.
enum Sent {
    Nothing,
    Json(Value),
    Picture,
    /// The first piece of a file.
    Piece,
}

#[tokio::test]
async fn the_permissions_of_routes_hold_on_the_wire() {
    let stage = Stage::open().await;
    owner(&stage.server).await;
    let tables = tables();
    let table = tables.iter().find(|table| table.title == "Routes").unwrap();
    let db = stage.db();
    // Its hash is everybody's: they all have one password, and it is hashed once.
    let password: String =
        db.query_row("SELECT password FROM accounts WHERE name = 'olga'", [], |row| row.get(0)).unwrap();
    db.execute_batch("BEGIN IMMEDIATE").unwrap();
    for row in 0..ROUTES.len() {
        for (column, who) in table.people.iter().enumerate() {
            set(&db, &tag(row, column), who, &password);
        }
    }
    db.execute("INSERT INTO avatars (hash, image) VALUES ('a1', x'00')", []).unwrap();
    let guest = stage.guest("gast").await;
    let guest_token = guest.welcome["token"].as_str().unwrap();
    let blob = blob(&stage);
    for (row, route) in ROUTES.iter().enumerate().filter(|(_, route)| route.path.contains("{file}")) {
        let whole = matches!(route.call, Call::Fetch | Call::FetchThumb).then_some(&blob);
        for (column, who) in table.people.iter().enumerate() {
            let tag = tag(row, column);
            let user = if who == "guest" { guest.user.clone() } else { format!("u-p{tag}") };
            db.prepare_cached(
                "INSERT INTO files (id, room, user, name, size, hash, kind, thumb, touched_ms)
                 VALUES (?1, 1, ?2, 'x', 2, ?3, 'text/plain', 1, ?4)",
            )
            .unwrap()
            .execute(params![format!("f-{tag}"), user, whole, now_ms()])
            .unwrap();
        }
    }
    db.execute_batch("COMMIT").unwrap();

    assert_eq!(table.rows.len(), ROUTES.len());
    let (mut asked, mut wrong) = (0, Vec::new());
    for (row, route) in ROUTES.iter().enumerate() {
        let wanted = wanted(table, &format!("{} {}", route.method, route.path));
        for (column, who) in table.people.iter().enumerate() {
            let tag = tag(row, column);
            let (path, sent) = question(route.call, route.path, &tag);
            let theirs = route.path.starts_with("/api/files").then_some(guest_token);
            let got = ask(&stage, who, theirs, &tag, route.method, &path, sent).await;
            asked += 1;
            if got != wanted[column] {
                wrong.push(format!("{} {path} by {who}: {got}, not {}", route.method, wanted[column]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked} cells are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked >= 256, "only {asked} cells");
}

/// Content on the disk, with a small picture, as if it had been uploaded; its hash.
fn blob(stage: &Stage) -> Vec<u8> {
    let digest = hash("x");
    let name = digest.iter().fold(String::new(), |name, byte| format!("{name}{byte:02x}"));
    let shelf = stage.server.dir().join("data/files").join(&name[..2]);
    std::fs::create_dir_all(&shelf).unwrap();
    std::fs::write(shelf.join(&name), "xx").unwrap();
    std::fs::write(shelf.join(name + ".thumb"), PIXEL).unwrap();
    digest
}

/// A route without a row is a failure.
fn wanted<'a>(table: &'a Table, route: &str) -> &'a [String] {
    let row = table.rows.iter().find(|row| row.0 == route);
    let (_, _, cells) = row.unwrap_or_else(|| panic!("{route} has no row"));
    assert_eq!(cells.len(), table.people.len(), "{route}");
    cells
}

fn tag(row: usize, column: usize) -> String {
    format!("{row:02}{column:02}")
}

/// Makes whoever asks in one cell, with a second device and a token; and a member, a bot and links that something can be
/// done to.
fn set(db: &Connection, tag: &str, who: &str, password: &str) {
    let role = match who {
        "server's moderator" => "moderator",
        "server's owner" => "owner",
        "admin" => "admin",
        _ => "member",
    };
    let account = |name: &str, role: &str, bot: bool, active: bool| {
        db.prepare_cached(
            "INSERT INTO accounts (user, name, role, bot, active, password, created_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)",
        )
        .unwrap()
        .execute(params![format!("u-{name}"), name, role, bot, active, (!bot).then_some(password)])
        .unwrap();
        let account = db.last_insert_rowid();
        db.prepare_cached("INSERT INTO account_names (skeleton, account, since_ms) VALUES (?1, ?2, 0)")
            .unwrap()
            .execute(params![protocol::names::skeleton(name), account])
            .unwrap();
        account
    };
    let name = |kind: &str| format!("{kind}{tag}");
    let asking = account(&name("p"), role, false, who != "deactivated");
    let member = account(&name("m"), "member", false, true);
    account(&name("x"), "member", false, false);
    let bot = account(&name("b"), "member", true, true);
    for id in [name("p"), name("second")] {
        db.prepare_cached(
            "INSERT INTO sessions (id, account, hash, device, address, created_ms, used_ms)
             VALUES (?1, ?2, ?3, 'test', '127.0.0.1', ?4, ?4)",
        )
        .unwrap()
        .execute(params![format!("s-{id}"), asking, hash(&session(&id)), now_ms()])
        .unwrap();
    }
    let scopes = if who == "reading bot" { r#"["read"]"# } else { r#"["read","write"]"# };
    for (account, id) in [(asking, name("p")), (bot, name("b"))] {
        db.prepare_cached(
            "INSERT INTO tokens (id, account, hash, name, scopes, created_ms) VALUES (?1, ?2, ?3, 'test', ?4, ?5)",
        )
        .unwrap()
        .execute(params![format!("t-{id}"), account, hash(&token(&id)), scopes, now_ms()])
        .unwrap();
    }
    for (purpose, account, role) in [("invite", None, Some("member")), ("reset", Some(member), None)] {
        let secret = secret(if role.is_some() { "chat_i_" } else { "chat_r_" }, tag);
        db.prepare_cached(
            "INSERT INTO links (id, hash, purpose, account, role, uses, note, created_ms, expires_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, 1, '', 0, ?6)",
        )
        .unwrap()
        .execute(params![
            format!("{purpose}-{tag}"),
            hash(&secret),
            purpose,
            account,
            role,
            now_ms() + 3_600_000
        ])
        .unwrap();
    }
}

/// What is asked of a route in one cell: the path, and what is sent. Whoever may is answered well.
fn question(call: Call, template: &str, tag: &str) -> (String, Sent) {
    let user = match call {
        Call::TokensOf | Call::MakeTokenOf | Call::RevokeTokenOf => format!("u-b{tag}"),
        Call::Reactivate => format!("u-x{tag}"),
        _ => format!("u-m{tag}"),
    };
    let token = if call == Call::RevokeTokenOf { format!("t-b{tag}") } else { format!("t-p{tag}") };
    let path = template
        .replace("{user}", &user)
        .replace("{token}", &token)
        .replace("{session}", &format!("s-second{tag}"))
        .replace("{invite}", &format!("invite-{tag}"))
        .replace("{avatar}", "a1")
        .replace("{file}", &format!("f-{tag}"))
        .replace("{before}", "1000000");
    assert!(!path.contains('{'), "{path}");
    let new_token = json!({ "name": "x", "scopes": ["read"] });
    let sent = match call {
        Call::About
        | Call::Me
        | Call::RemoveAvatar
        | Call::Sessions
        | Call::EndSessions
        | Call::EndSession
        | Call::Tokens
        | Call::RevokeToken
        | Call::Avatar
        | Call::Invites
        | Call::RevokeInvite
        | Call::Users
        | Call::SignOutUser
        | Call::TokensOf
        | Call::RevokeTokenOf
        | Call::Audit
        | Call::AuditBefore
        | Call::UploadOffset
        | Call::CancelUpload
        | Call::Fetch
        | Call::FetchThumb => Sent::Nothing,
        Call::Announce => Sent::Json(json!({ "room": "lobby", "name": "x", "size": 2 })),
        Call::SendPiece => Sent::Piece,
        Call::Logout | Call::ResetUser | Call::Deactivate | Call::Reactivate => Sent::Json(json!({})),
        Call::Register => Sent::Json(
            json!({ "name": format!("n{tag}"), "password": PASSWORD, "invite": secret("chat_i_", tag) }),
        ),
        Call::Login => Sent::Json(json!({ "name": format!("m{tag}"), "password": PASSWORD })),
        Call::Reset => Sent::Json(json!({ "link": secret("chat_r_", tag), "password": PASSWORD })),
        Call::ChangeProfile => Sent::Json(json!({ "status": "here" })),
        Call::SetAvatar => Sent::Picture,
        Call::ChangePassword => {
            Sent::Json(json!({ "current": PASSWORD, "password": "another horse battery" }))
        }
        Call::MakeToken | Call::MakeTokenOf => Sent::Json(new_token),
        Call::Invite => Sent::Json(json!({ "role": "member" })),
        Call::AddUser => Sent::Json(json!({ "name": format!("n{tag}") })),
        Call::SetRole => Sent::Json(json!({ "role": "moderator" })),
    };
    (path, sent)
}

/// What whoever is in a column is answered: `yes`, or the code. Guests say their token where it is good for something.
async fn ask(
    stage: &Stage,
    who: &str,
    guest: Option<&str>,
    tag: &str,
    method: &str,
    path: &str,
    sent: Sent,
) -> String {
    let secret = match who {
        "guest" => guest.map(str::to_owned),
        "bot" | "reading bot" => Some(token(&format!("p{tag}"))),
        _ => Some(session(&format!("p{tag}"))),
    };
    let bearer = secret.map(|secret| format!("Bearer {secret}"));
    let mut headers = Vec::new();
    if let Some(bearer) = &bearer {
        headers.push(("Authorization", bearer.as_str()));
    }
    let body = match sent {
        Sent::Nothing => Vec::new(),
        Sent::Json(value) => {
            headers.push(("Content-Type", "application/json"));
            value.to_string().into_bytes()
        }
        Sent::Piece => {
            headers.push(("Upload-Offset", "0"));
            b"x".to_vec()
        }
        Sent::Picture => {
            headers.push(("Content-Type", "image/png"));
            PIXEL.to_vec()
        }
    };
    let answer = request(&stage.server, method, path, &headers, &body).await;
    if answer.status < 300 { "yes".to_owned() } else { answer.refused().1 }
}
