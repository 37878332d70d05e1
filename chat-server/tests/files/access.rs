//! Who may upload and fetch: `docs/PERMISSIONS.md` for files, and that what may not be seen is not there.

use rusqlite::params;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Answer, request};
use crate::common::within;
use crate::stage::{Person, Stage, token};
use crate::transfer::{Files, nobody, noise, of, of_guest, sha256};

/// A file that a message of a room has; its id.
async fn shared(by: &mut Person, files: &Files<'_>, room: &str, bytes: &[u8]) -> String {
    let file = files.upload(room, "x.txt", bytes).await["file"].as_str().unwrap().to_owned();
    by.does(json!({"type": "message", "room": room, "message": "", "files": [file]})).await;
    file
}

/// An answer as far as nothing in it is by chance.
fn seen(answer: &Answer) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let headers = answer.headers.iter().filter(|(name, _)| name != "date").cloned().collect();
    (answer.status, headers, answer.bytes.clone())
}

#[tokio::test]
async fn a03_a_file_is_there_for_who_may_read_its_room_and_for_nobody_else() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    stage.add("eve", "owner");
    let room = ana.makes_private("ours").await;
    ana.brings(&room, &mut bo).await;
    let files = of(&stage.server, "ana");
    let not_said = files.upload(&room, "x", b"not said").await["file"].as_str().unwrap().to_owned();
    let said = shared(&mut ana, &files, &room, b"said").await;
    let open = files.begin(&room, "x", 10).await;
    assert_eq!(of(&stage.server, "bo").get(&said).await.bytes, b"said");
    assert_eq!(files.get(&not_said).await.bytes, b"not said");

    let nothing = seen(&of(&stage.server, "eve").get("01ARZ3NDEKTSV4RRFFQ69G5FAV").await);
    assert_eq!(nothing.0, 404);
    for (who, id) in [("eve", &said), ("eve", &not_said), ("bo", &not_said), ("eve", &open), ("bo", &open)] {
        let them = of(&stage.server, who);
        assert_eq!(seen(&them.get(id).await), nothing, "{who}");
        assert_eq!(seen(&them.thumb(id).await), nothing, "{who}");
        assert_eq!(seen(&them.get_with(id, &[("Range", "bytes=0-0")]).await), nothing, "{who}");
        assert_eq!(seen(&them.get_with(id, &[("If-None-Match", "*")]).await), nothing, "{who}");
    }
    let nothing = seen(&of(&stage.server, "eve").offset("01ARZ3NDEKTSV4RRFFQ69G5FAV").await);
    for who in ["bo", "eve"] {
        let them = of(&stage.server, who);
        assert_eq!(seen(&them.offset(&open).await), nothing);
        assert_eq!(them.piece(&open, 0, b"x").await.refused(), (404, "not_found".to_owned()));
        assert_eq!(them.cancel(&open).await.refused(), (404, "not_found".to_owned()));
        assert_eq!(them.cancel(&not_said).await.refused(), (404, "not_found".to_owned()));
    }
    for bad in ["..", "%2e%2e", "a%2Fb", "x.y", &"a".repeat(65), "@"] {
        assert_eq!(files.get(bad).await.status, 404, "{bad}");
    }
    let eve = of(&stage.server, "eve").announce(&room, "x", 1).await;
    let absent = of(&stage.server, "eve").announce("r-01absent", "x", 1).await;
    assert_eq!(seen(&eve), seen(&absent));
    assert_eq!(eve.refused(), (404, "no_room".to_owned()));
}

#[tokio::test]
async fn a05_whoever_is_put_out_fetches_nothing_more() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut bo = stage.person("bo", "member").await;
    let room = ana.makes_private("ours").await;
    ana.brings(&room, &mut bo).await;
    // More than the system keeps for a connection.
    let bytes = noise(40 << 20);
    let id = shared(&mut ana, &of(&stage.server, "ana"), &room, &bytes).await;
    let open = of(&stage.server, "bo").begin(&room, "x", 10).await;

    // A download that is taken slowly, so that it is under way.
    let mut slow = within(TcpStream::connect(stage.server.address)).await.unwrap();
    let head = format!(
        "GET /api/files/{id} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\r\n",
        stage.server.address,
        crate::stage::session("bo")
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    let mut first = [0; 1000];
    within(slow.read_exact(&mut first)).await.unwrap();
    assert!(first.starts_with(b"HTTP/1.1 200"));
    ana.does(json!({"type": "kick", "room": room, "user": bo.user})).await;
    assert_eq!(of(&stage.server, "bo").get(&id).await.status, 404);
    let refused = of(&stage.server, "bo").piece(&open, 0, b"x").await.refused();
    assert_eq!(refused, (404, "no_room".to_owned()));
    // Taken no faster than the server answers others, so that it looks again on the way. What was on its way still comes.
    let mut read = 0;
    let mut piece = vec![0; 64 << 10];
    while let Ok(length @ 1..) = within(slow.read(&mut piece)).await {
        read += length;
        assert_eq!(nobody(&stage.server).get(&id).await.status, 404);
    }
    assert!(read < bytes.len() - 10_000, "all {read} bytes came");
}

#[tokio::test]
async fn bots_do_what_their_tokens_are_good_for() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let room = ana.makes_private("ours").await;
    let theirs = shared(&mut ana, &of(&stage.server, "ana"), &room, b"private").await;
    let public = shared(&mut ana, &of(&stage.server, "ana"), "lobby", b"public").await;
    for (name, scopes) in
        [("reads", r#"["read"]"#), ("writes", r#"["read","write"]"#), ("here", r#"["read"]"#)]
    {
        stage.add(name, "member");
        stage.add_token(name, scopes);
    }
    let db = stage.db();
    db.execute("UPDATE tokens SET rooms = '[\"elsewhere\"]' WHERE id = 't-here'", []).unwrap();
    db.execute(
        "INSERT INTO members (room, user, role, since_ms) SELECT id, 'u-reads', 'member', 0 FROM rooms WHERE key = ?1",
        params![room],
    )
    .unwrap();
    let bot = |name: &str| Files { server: &stage.server, token: token(name) };
    assert_eq!(bot("reads").get(&public).await.bytes, b"public");
    assert_eq!(bot("reads").get(&theirs).await.bytes, b"private");
    assert_eq!(bot("writes").get(&theirs).await.status, 404);
    assert_eq!(bot("here").get(&public).await.status, 404, "good for other rooms alone");
    assert_eq!(bot("reads").announce("lobby", "x", 1).await.refused(), (403, "forbidden".to_owned()));
    let id = bot("writes").begin("lobby", "x", 1).await;
    assert!(bot("writes").piece(&id, 0, b"x").await.good()["file"].is_object());
}

#[tokio::test]
async fn guests_come_by_their_token_and_public_rooms_are_for_everybody() {
    let stage = Stage::open().await;
    let mut ana = stage.person("ana", "member").await;
    let mut guest = stage.guest("gast").await;
    let public = shared(&mut ana, &of(&stage.server, "ana"), "lobby", b"public").await;
    assert_eq!(nobody(&stage.server).get(&public).await.bytes, b"public");
    assert_eq!(of_guest(&stage.server, &guest).get(&public).await.bytes, b"public");
    let files = of_guest(&stage.server, &guest);
    let id = files.upload("lobby", "x", b"mine").await["file"].as_str().unwrap().to_owned();
    assert_eq!(nobody(&stage.server).get(&id).await.status, 404, "not said yet");
    assert_eq!(files.get(&id).await.bytes, b"mine");
    guest.does(json!({"type": "message", "room": "lobby", "message": "", "files": [id]})).await;
    assert_eq!(nobody(&stage.server).get(&id).await.bytes, b"mine");
    assert_eq!(nobody(&stage.server).announce("lobby", "x", 1).await.refused(), (401, "sign_in".to_owned()));
    let mut forged = files.token.clone();
    forged.replace_range(2..3, "Z");
    let forged = Files { server: &stage.server, token: forged };
    assert_eq!(forged.get(&public).await.refused(), (401, "sign_in".to_owned()));
    let bearer = format!("Bearer {}", files.token);
    let me = request(&stage.server, "GET", "/api/me", &[("Authorization", &bearer)], b"").await;
    assert_eq!(me.refused(), (401, "sign_in".to_owned()), "good for files alone");
    // An address in a page of another site.
    let cross = files.get_with(&public, &[("Sec-Fetch-Site", "cross-site")]).await;
    assert_eq!(cross.refused(), (403, "bad_origin".to_owned()));
}

#[tokio::test]
async fn where_guests_are_kept_out_files_are_too() {
    for (guests, reads, code) in [
        (protocol::people::Guests::ReadOnly, 200, "sign_in"),
        (protocol::people::Guests::Off, 401, "sign_in"),
    ] {
        let server = crate::common::TestServer::start_with(|config| config.guests = guests).await;
        let stage = Stage { server };
        let mut ana = stage.person("ana", "member").await;
        let id = shared(&mut ana, &of(&stage.server, "ana"), "lobby", b"public").await;
        assert_eq!(nobody(&stage.server).get(&id).await.status, reads);
        if reads == 200 {
            let guest = stage.guest("gast").await;
            let refused = of_guest(&stage.server, &guest).announce("lobby", "x", 1).await.refused();
            assert_eq!(refused, (401, code.to_owned()));
        }
    }
}

#[tokio::test]
async fn a01_uploading_and_fetching_follow_the_table() {
    let stage = Stage::open().await;
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/PERMISSIONS.md")).unwrap();
    let mut checked = 0;
    let mut title = "";
    let mut columns: Vec<&str> = Vec::new();
    for line in text.lines() {
        if let Some(next) = line.strip_prefix("## ") {
            title = next;
        }
        let Some(row) = line.strip_prefix("| ") else { continue };
        let mut cells = row.trim_end_matches('|').split('|').map(str::trim);
        let (frame, _) = (cells.next().unwrap(), cells.next().unwrap());
        if frame.is_empty() {
            columns = cells.collect();
        } else if (frame == "`upload`" || frame == "`fetch`")
            && (title.contains("room") || title.contains("conversation"))
        {
            for (who, wanted) in columns.iter().zip(cells).filter(|(_, wanted)| !wanted.is_empty()) {
                let got = try_cell(&stage, title, frame, who, checked).await;
                let wanted = if frame == "`fetch`" && wanted != "yes" { "not_found" } else { wanted };
                let wanted = if *who == "deactivated" { "sign_in" } else { wanted };
                assert_eq!(got, wanted, "{frame} by {who}: {title}");
                checked += 1;
            }
        }
    }
    assert!(checked > 120, "{checked}");
}

/// Content on the disk, as if it had been uploaded; its hash.
fn blob(stage: &Stage, bytes: &[u8]) -> Vec<u8> {
    let name = sha256(bytes);
    let shelf = stage.server.dir().join("data/files").join(&name[..2]);
    std::fs::create_dir_all(&shelf).unwrap();
    std::fs::write(shelf.join(&name), bytes).unwrap();
    Sha256::digest(bytes).to_vec()
}

/// What a cell of the table is over the wire: `yes`, or the refusal's code.
async fn try_cell(stage: &Stage, title: &str, frame: &str, who: &str, number: usize) -> String {
    let db = stage.db();
    let kind = if title.contains("conversation") {
        "direct"
    } else if title.contains("private") {
        "private"
    } else {
        "public"
    };
    let key = if kind == "public" { format!("cell-{number}") } else { format!("r-01cell{number:0>20}") };
    db.execute(
        "INSERT INTO rooms (key, skeleton, title, kind, announce, archived, head, created_ms, used_ms)
         VALUES (?1, ?1, ?1, ?2, ?3, ?4, 0, 0, 0)",
        params![key, kind, title.contains("announcements"), title.contains("archived")],
    )
    .unwrap();
    let room = db.last_insert_rowid();
    let account = format!("{}-{number}", who.replace("'s ", "-").replace(' ', "-"));
    let user = format!("u-{account}");
    let role = match who {
        "server's moderator" => "moderator",
        "admin" => "admin",
        "server's owner" => "owner",
        _ => "member",
    };
    let guest = if who == "guest" { Some(stage.guest(&format!("g{number}")).await) } else { None };
    if guest.is_none() {
        stage.add(&account, role);
    }
    let standing = match who {
        "member" | "muted" | "reading bot" | "bot" | "deactivated" => Some("member"),
        "moderator" | "owner" => Some(who),
        _ => None,
    };
    if let Some(standing) = standing {
        db.execute(
            "INSERT INTO members (room, user, role, since_ms) VALUES (?1, ?2, ?3, 0)",
            params![room, user, standing],
        )
        .unwrap();
    }
    match who {
        "invited" => {
            db.execute("INSERT INTO invitations (room, user, ms) VALUES (?1, ?2, 0)", params![room, user])
        }
        "banned" => db.execute("INSERT INTO bans (room, user) VALUES (?1, ?2)", params![room, user]),
        "muted" => db.execute("INSERT INTO mutes (room, user) VALUES (?1, ?2)", params![room, user]),
        "deactivated" => db.execute("UPDATE accounts SET active = 0 WHERE user = ?1", params![user]),
        _ => Ok(0),
    }
    .unwrap();
    let files = match who {
        "guest" => of_guest(&stage.server, guest.as_ref().unwrap()),
        "reading bot" | "bot" => {
            let scopes = if who == "bot" { r#"["read","write"]"# } else { r#"["read"]"# };
            stage.add_token(&account, scopes);
            Files { server: &stage.server, token: token(&account) }
        }
        _ => of(&stage.server, &account),
    };
    let answer = if frame == "`upload`" {
        files.announce(&key, "x", 1).await
    } else {
        let blob = blob(stage, &noise(16));
        let id = format!("cellfile{number}");
        db.execute(
            "INSERT INTO files (id, room, user, name, size, hash, kind, seq, touched_ms)
             VALUES (?1, ?2, 'u-x', 'x', 16, ?3, 'text/plain', 1, 0)",
            params![id, room, blob],
        )
        .unwrap();
        files.get(&id).await
    };
    if answer.status < 300 { "yes".to_owned() } else { answer.refused().1 }
}
