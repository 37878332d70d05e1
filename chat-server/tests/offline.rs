//! `chat-server user|invite|token …`, as people type it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "accounts/client.rs"]
#[allow(dead_code, reason = "each test program uses its share")]
mod client;
mod common;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use client::{PASSWORD, call, hello, login, say};
use common::TestServer;
use serde_json::json;

/// Runs the program on a data directory, with a line on its standard input.
fn run(data: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat-server"));
    command.args(arguments).arg("--data-dir").arg(data.join("data"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CHAT_")) {
        command.env_remove(name);
    }
    let mut child = command.spawn().unwrap();
    // It may have ended without reading it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// What it prints where it succeeds.
fn good(data: &Path, arguments: &[&str], input: &str) -> String {
    let output = run(data, arguments, input);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Its exit code and its one line where it does not.
fn bad(data: &Path, arguments: &[&str], input: &str) -> (i32, String) {
    let output = run(data, arguments, input);
    assert!(output.stdout.is_empty(), "{arguments:?}");
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(line.lines().count(), 1, "{line}");
    (output.status.code().unwrap(), line)
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_made_offline_are_there_when_the_server_is() {
    let data = Arc::new(tempfile::tempdir().unwrap());
    let password = format!("{PASSWORD}\n");
    let said = good(data.path(), &["user", "add", "--owner", "olga"], &password);
    assert!(said.starts_with("olga is owner"), "{said}");
    let (code, line) = bad(data.path(), &["user", "add", "Olga"], &password);
    assert!(code == 1 && line.contains("somebody has this name"), "{line}");
    let (code, line) = bad(data.path(), &["user", "add", "ana"], "short\n");
    assert!(code == 1 && line.contains("at least 10 characters"), "{line}");
    let link =
        good(data.path(), &["user", "add", "ana", "--link", "--public-url", "https://chat.example.org"], "");
    assert!(link.contains("https://chat.example.org/#reset=chat_r_"), "{link}");
    let invite = good(data.path(), &["invite", "create", "--uses", "2", "--note", "friends"], "");
    good(data.path(), &["user", "add", "robot", "--bot"], "");
    let token = good(data.path(), &["token", "create", "robot", "--name", "ci", "--scope", "write,read"], "");
    let (id, token) = token.trim().split_once('\t').unwrap();

    let server = TestServer::start_in(Arc::clone(&data), |config| config.rate_limits = false).await;
    assert_eq!(server.owner_link, None, "there is an owner");
    assert_eq!(login(&server, "olga", PASSWORD).await.good()["me"]["role"], "owner");
    let reset = json!({ "link": client::secret(link.trim()), "password": PASSWORD });
    assert_eq!(call(&server, "", "POST", "/api/reset", reset).await.good()["me"]["name"], "ana");
    let register = json!({ "name": "bo", "password": PASSWORD, "invite": client::secret(invite.trim()) });
    assert_eq!(call(&server, "", "POST", "/api/register", register).await.status, 201);
    let (mut robot, _) = hello(&server, token).await;
    assert_eq!(say(&mut robot, "m1", "beep").await["sender"], "robot");

    let (code, line) = bad(data.path(), &["user", "list"], "");
    assert!(code == 4 && line.contains("in use") && line.contains("stop it first"), "{line}");
    drop(robot);
    let data = server.stop().await;

    let listed = good(data.path(), &["user", "list"], "");
    let rows: Vec<Vec<&str>> = listed.lines().map(|line| line.split('\t').take(3).collect()).collect();
    let expected = [
        ["ana", "member", "active"],
        ["bo", "member", "active"],
        ["olga", "owner", "active"],
        ["robot", "member", "bot"],
    ];
    assert_eq!(rows, expected, "{listed}");
    assert!(
        good(data.path(), &["token", "list", "robot"], "")
            .starts_with(&format!("{id}\tci\tread,write\tall rooms\t"))
    );
    good(data.path(), &["token", "revoke", "robot", id], "");
    assert_eq!(good(data.path(), &["token", "list", "robot"], ""), "");
    let listed = good(data.path(), &["invite", "list"], "");
    let invite = listed.split('\t').next().unwrap();
    assert!(listed.contains("\tmember\t1\t") && listed.trim().ends_with("friends"), "{listed}");
    good(data.path(), &["invite", "revoke", invite], "");
    assert_eq!(good(data.path(), &["invite", "list"], ""), "");
    let (code, line) = bad(data.path(), &["user", "role", "olga", "member"], "");
    assert!(code == 1 && line.contains("last owner"), "{line}");
    let (code, line) = bad(data.path(), &["user", "deactivate", "olga"], "");
    assert!(code == 1 && line.contains("last owner"), "{line}");
    assert_eq!(good(data.path(), &["user", "role", "ana", "owner"], ""), "ana is owner\n");
    good(data.path(), &["user", "deactivate", "olga"], "");
    let reset = good(data.path(), &["user", "reset", "ana"], "");
    good(data.path(), &["user", "password", "ana"], "a wholly new one\n");
    let (code, line) = bad(data.path(), &["user", "reset", "nobody"], "");
    assert!(code == 1 && line.contains("there is no account"), "{line}");

    let server = TestServer::start_in(data, |config| config.rate_limits = false).await;
    assert_eq!(login(&server, "olga", PASSWORD).await.status, 401);
    assert_eq!(login(&server, "ana", PASSWORD).await.status, 401);
    assert_eq!(login(&server, "ana", "a wholly new one").await.good()["me"]["role"], "owner");
    let late = json!({ "link": client::secret(reset.trim()), "password": PASSWORD });
    assert_eq!(
        call(&server, "", "POST", "/api/reset", late).await.status,
        404,
        "the password was set meanwhile"
    );
}

#[test]
fn t08_no_password_is_taken_from_the_command_line() {
    let data = tempfile::tempdir().unwrap();
    for arguments in [&["user", "add", "ana", PASSWORD][..], &["user", "add", "ana", "--password", PASSWORD]]
    {
        let (code, line) = bad(data.path(), arguments, "");
        assert_eq!(code, 2, "{line}");
    }
    let (code, _) = bad(data.path(), &["user", "add", "ana"], "");
    assert_eq!(code, 1, "nothing was said");
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_made_offline_are_there_when_the_server_is() {
    let data = Arc::new(tempfile::tempdir().unwrap());
    let password = format!("{PASSWORD}\n");
    for name in ["ana", "bo"] {
        good(data.path(), &["user", "add", name], &password);
    }
    let room = |arguments: &[&str]| good(data.path(), &[&["room"], arguments].concat(), "");
    let refused = |arguments: &[&str]| bad(data.path(), &[&["room"], arguments].concat(), "");
    assert_eq!(room(&["create", "Ops", "--topic", "Nights"]), "ops\n");
    let made = room(&["create", "Board room", "--private", "--owner", "ana"]);
    let (key, owned) = made.split_once('\n').unwrap();
    assert!(key.starts_with("r-") && owned == format!("ana owns {key}\n"), "{made}");
    for (arguments, reason) in [
        (&["create", "ops"][..], "exists"),
        (&["create", "0ps"], "looks like"),
        (&["create", "x", "--owner", "nobody"], "there is no account"),
        (&["owner", "nowhere", "bo"], "there is no such room"),
        (&["members", "nowhere"], "there is no such room"),
        (&["archive", "nowhere"], "there is no such room"),
    ] {
        let (code, line) = refused(arguments);
        assert!(code == 1 && line.contains(reason), "{arguments:?}: {line}");
    }
    assert_eq!(refused(&["create", "Secret", "--private"]).0, 2, "a private room is somebody's");
    let listed = room(&["list"]);
    let mut rows: Vec<_> = listed.lines().collect();
    rows.sort_unstable();
    let expected = [
        "lobby\tpublic\t0\tLobby\t",
        "ops\tpublic\t0\tOps\t",
        &format!("{key}\tprivate\t1\tBoard room\tana"),
    ];
    assert_eq!(rows, expected);
    let members = room(&["members", key]);
    assert!(members.starts_with("u-") && members.ends_with("\tana\towner\n"), "{members}");
    assert_eq!(members.lines().count(), 1);
    assert_eq!(room(&["owner", "ops", "bo"]), "bo owns ops\n");
    assert_eq!(room(&["archive", "ops"]), "ops is archived\n");
    assert!(room(&["list"]).contains("ops\tarchived\t1\tOps\tbo\n"));

    let server = TestServer::start_in(Arc::clone(&data), |config| config.rate_limits = false).await;
    let ana = login(&server, "ana", PASSWORD).await.good()["token"].as_str().unwrap().to_owned();
    let (_, welcome) = hello(&server, &ana).await;
    let rooms: Vec<_> = welcome["rooms"].as_array().unwrap().iter().map(|info| &info["title"]).collect();
    assert_eq!(rooms, ["Lobby", "Board room"]);
    assert_eq!(welcome["rooms"][1]["standing"], "owner");
    let (code, line) = refused(&["list"]);
    assert!(code == 4 && line.contains("stop it first"), "{line}");
    server.stop().await;

    assert_eq!(room(&["archive", "ops", "--undo"]), "ops is open again\n");
    assert!(room(&["list"]).contains("ops\tpublic\t1\tOps\tbo\n"));
}

/// What was decided, from the command line and by people, for admins alone; over the wire and over HTTP the same.
#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_is_read_over_http_by_admins() {
    let data = Arc::new(tempfile::tempdir().unwrap());
    let password = format!("{PASSWORD}\n");
    good(data.path(), &["user", "add", "olga", "--owner"], &password);
    good(data.path(), &["user", "add", "ana"], &password);
    good(data.path(), &["room", "create", "ops", "--owner", "ana"], "");
    good(data.path(), &["room", "archive", "ops"], "");
    let server = TestServer::start_in(Arc::clone(&data), |config| config.rate_limits = false).await;
    let token =
        async |name: &str| login(&server, name, PASSWORD).await.good()["token"].as_str().unwrap().to_owned();
    let (olga, ana) = (token("olga").await, token("ana").await);
    let get = async |token: &str, path: &str| call(&server, token, "GET", path, json!(null)).await;
    let audit = get(&olga, "/api/audit").await.good();
    let entries = audit["entries"].as_array().unwrap();
    let rooms: Vec<_> = entries.iter().filter(|entry| entry["room"] == "ops").collect();
    let actions: Vec<_> = rooms.iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["archive", "role"], "{audit}");
    assert!(rooms.iter().all(|entry| entry.get("user").is_none() && entry["sender"] == "server"), "{audit}");
    assert!(rooms[1]["who"].as_str().unwrap().starts_with("u-"), "{audit}");
    let newest = rooms[0]["n"].as_u64().unwrap();
    let before = get(&olga, &format!("/api/audit/{newest}")).await.good();
    assert!(before["entries"].as_array().unwrap().iter().all(|entry| entry["n"].as_u64() < Some(newest)));
    assert_eq!(before["entries"][0], *rooms[1]);
    assert_eq!(get(&ana, "/api/audit").await.refused(), (403, "forbidden".to_owned()));
    assert_eq!(get(&ana, "/api/audit/9").await.refused(), (403, "forbidden".to_owned()));
    assert_eq!(get("", "/api/audit").await.refused(), (401, "sign_in".to_owned()));
}
