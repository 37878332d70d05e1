//! `docs/PERMISSIONS.md` over the wire: every cell is asked of a server, in a room of its own.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::stage::{Person, Stage, now_ms, rand_id};

/// A table of the document: its title, its columns, and its rows with a cell for each column.
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) people: Vec<String>,
    pub(crate) rows: Vec<(String, String, Vec<String>)>,
}

pub(crate) fn tables() -> Vec<Table> {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/PERMISSIONS.md")).unwrap();
    let mut tables: Vec<Table> = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            tables.push(Table { title: title.to_owned(), people: Vec::new(), rows: Vec::new() });
        } else if let (Some(table), Some(row)) = (tables.last_mut(), line.strip_prefix("| ")) {
            let mut cells = row.trim_end_matches('|').split('|').map(|cell| cell.trim().to_owned());
            let (frame, what) = (cells.next().unwrap(), cells.next().unwrap());
            if frame.is_empty() {
                table.people = cells.collect();
            } else {
                table.rows.push((frame.trim_matches('`').to_owned(), what, cells.collect()));
            }
        }
    }
    tables
}

/// What is not answered, so that a cell of it cannot be seen by its sender; and what is asked over HTTP (`files/access`).
const SILENT: [&str; 9] =
    ["hello", "typing", "presence", "pong", "read", "read_thread", "draft", "upload", "fetch"];

/// What the server keeps beside the events that were written behind its back.
const STRETCHES: &str =
    "INSERT OR IGNORE INTO stretches SELECT room, era, min(seq) FROM events GROUP BY room, era";

/// One cell, with the room that was made for it.
struct Cell {
    who: String,
    frame: String,
    what: String,
    wanted: String,
    room: String,
    /// What stands in the same column for the rows that tell whether the room can be read and joined.
    reads: bool,
}

#[tokio::test]
async fn the_permissions_hold_on_the_wire() {
    let stage = Stage::open().await;
    let mut people = everybody(&stage).await;
    let tables = tables();
    let db = stage.db();
    let mut cells = Vec::new();
    db.execute_batch("BEGIN IMMEDIATE").unwrap();
    for (number, table) in tables.iter().enumerate().filter(|(_, table)| is_room(&table.title)) {
        let column = |frame: &str| table.rows.iter().find(|row| row.0 == frame).map(|row| &row.2).unwrap();
        let reads = column("history");
        for (row, (frame, what, wanted)) in table.rows.iter().enumerate() {
            for (index, who) in table.people.iter().enumerate() {
                let room = make_room(
                    &db,
                    &table.title,
                    &format!("{number:02}{row:02}{index:02}"),
                    who,
                    &people[who].user,
                );
                cells.push(Cell {
                    who: who.clone(),
                    frame: frame.clone(),
                    what: what.clone(),
                    wanted: wanted[index].clone(),
                    room,
                    reads: reads[index] == "yes",
                });
            }
        }
    }
    db.execute_batch(STRETCHES).unwrap();
    db.execute("UPDATE accounts SET active = 0 WHERE user = 'u-deactivated'", []).unwrap();
    db.execute_batch("COMMIT").unwrap();

    let mut asked = 0;
    let mut wrong = Vec::new();
    for cell in cells.iter().filter(|cell| !SILENT.contains(&cell.frame.as_str())) {
        let person = people.get_mut(&cell.who).unwrap();
        let (got, wanted) = try_cell(person, cell).await;
        asked += 1;
        if got != wanted {
            wrong.push(format!(
                "{} {} by {} in {}: {got}, not {wanted}",
                cell.frame, cell.what, cell.who, cell.room
            ));
        }
    }
    for (frame, what, people_of, row) in everywhere(&tables) {
        for (who, wanted) in people_of.iter().zip(row) {
            let person = people.get_mut(who.as_str()).unwrap();
            let Some(question) = server_question(&frame, &what) else { continue };
            let answer = person.ask(question).await;
            asked += 1;
            if code(&answer) != *wanted {
                wrong.push(format!("{frame} {what} by {who}: {answer}, not {wanted}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked} cells are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked >= 800, "only {asked} cells");
}

/// A03: what may not be seen is answered byte for byte like what is not there.
#[tokio::test]
async fn a_secret_room_is_answered_like_none() {
    let stage = Stage::open().await;
    let mut people = everybody(&stage).await;
    let tables = tables();
    let db = stage.db();
    let (mut compared, mut cells) = (0, Vec::new());
    for (number, table) in tables.iter().enumerate().filter(|(_, table)| is_room(&table.title)) {
        for (index, who) in table.people.iter().enumerate() {
            let rows = table.rows.iter().filter(|row| row.2[index] == "no_room").collect::<Vec<_>>();
            if !rows.is_empty() {
                let tag = format!("{number:02}99{index:02}");
                let room = make_room(&db, &table.title, &tag, who, &people[who].user);
                cells.push((who.clone(), room, rows));
            }
        }
    }
    db.execute_batch(STRETCHES).unwrap();
    for (who, room, rows) in cells {
        let person = people.get_mut(&who).unwrap();
        let absent: String = room.chars().map(|c| if c.is_ascii_digit() { '7' } else { c }).collect();
        for (frame, what, _) in rows.into_iter().filter(|row| !SILENT.contains(&row.0.as_str())) {
            let Some(question) = room_question(frame, what, &room) else { continue };
            let there = strip(person.ask(question).await, &room);
            let not_there = strip(person.ask(room_question(frame, what, &absent).unwrap()).await, &absent);
            assert_eq!(there, not_there, "{frame} {what} by {who}");
            compared += 1;
        }
    }
    assert!(compared > 50, "{compared}");
}

/// An answer without what names the question.
fn strip(mut answer: Value, room: &str) -> String {
    answer["ref"] = Value::Null;
    answer["id"] = Value::Null;
    answer.to_string().replace(room, "ROOM")
}

fn is_room(title: &str) -> bool {
    title.contains("room") || title.contains("conversation")
}

fn everywhere(tables: &[Table]) -> Vec<(String, String, &[String], &[String])> {
    let table = tables.iter().find(|table| table.title == "Wherever one is").unwrap();
    let rows = table.rows.iter().filter(|row| !SILENT.contains(&row.0.as_str()));
    rows.map(|(frame, what, cells)| (frame.clone(), what.clone(), &table.people[..], &cells[..])).collect()
}

/// One person for each column, connected; and those whom things are done to.
async fn everybody(stage: &Stage) -> BTreeMap<String, Person> {
    let mut people = BTreeMap::new();
    for (name, role) in [
        ("account", "member"),
        ("invited", "member"),
        ("member", "member"),
        ("muted", "member"),
        ("moderator", "member"),
        ("owner", "member"),
        ("banned", "member"),
        ("server's moderator", "moderator"),
        ("admin", "admin"),
        ("server's owner", "owner"),
        ("deactivated", "member"),
    ] {
        let account = name.replace("'s ", "-");
        people.insert(name.to_owned(), stage.person(&account, role).await);
    }
    for (name, scopes) in [("reading bot", r#"["read"]"#), ("bot", r#"["read","write"]"#)] {
        let account = name.replace(' ', "-");
        stage.add(&account, "member");
        stage.add_token(&account, scopes);
        people.insert(name.to_owned(), stage.bot(&account).await);
    }
    people.insert("guest".to_owned(), stage.guest("gast").await);
    for name in ["t-member", "t-owner", "t-owner2", "t-outsider"] {
        stage.add(name, "member");
    }
    stage
        .db()
        .execute_batch(
            "INSERT INTO events (room, seq, id, user, sender, guest, kind, text, timestamp_ms)
             VALUES (1, 1, 'first', 'u-t-member', 'x', 0, 'message', 'x', 0);
             UPDATE rooms SET head = 1 WHERE id = 1;
             INSERT INTO reports (n, ms, user, sender, reason, room, target, who, name, text)
             VALUES (1, 0, 'u-x', 'x', '', 1, 1, 'u-t-member', 'x', 'x')",
        )
        .unwrap();
    people
}

/// A room as a table says, with the column's person in it as they are to be; its key.
fn make_room(db: &Connection, title: &str, tag: &str, who: &str, user: &str) -> String {
    let (kind, key) = if title.contains("conversation") {
        ("direct", format!("d-01cell{tag:0>20}"))
    } else if title.contains("private") {
        ("private", format!("r-01cell{tag:0>20}"))
    } else {
        ("public", format!("cell-{tag}"))
    };
    let people = (kind == "direct").then(|| format!("u-{tag} u-t-member"));
    db.prepare_cached(
        "INSERT INTO rooms (key, skeleton, title, kind, announce, archived, people, head, created_ms, used_ms)
         VALUES (?1, ?1, ?1, ?2, ?3, ?4, ?5, 2, ?6, ?6)",
    )
    .unwrap()
    .execute(params![key, kind, title.contains("announcements"), title.contains("archived"), people, now_ms()])
    .unwrap();
    let room = db.last_insert_rowid();
    let mut members = vec![("u-t-member", "member")];
    if kind != "direct" {
        // Two, so that one of them can step down.
        members.extend([("u-t-owner", "owner"), ("u-t-owner2", "owner")]);
    }
    match who {
        "member" | "muted" | "reading bot" | "bot" | "deactivated" => members.push((user, "member")),
        "moderator" | "owner" => members.push((user, who)),
        _ => {}
    }
    for (user, role) in members {
        db.prepare_cached("INSERT INTO members (room, user, role, since_ms) VALUES (?1, ?2, ?3, 0)")
            .unwrap()
            .execute(params![room, user, role])
            .unwrap();
    }
    for (table, name) in [
        ("invitations (room, user, ms)", "invited"),
        ("bans (room, user, until_ms)", "banned"),
        ("mutes (room, user, until_ms)", "muted"),
    ] {
        if who == name {
            let over = if name == "invited" { Some(0) } else { None };
            db.prepare_cached(&format!("INSERT INTO {table} VALUES (?1, ?2, ?3)"))
                .unwrap()
                .execute(params![room, user, over])
                .unwrap();
        }
    }
    for (seq, author) in [(1, "u-t-member"), (2, user)] {
        db.prepare_cached(
            "INSERT INTO events (room, seq, id, user, sender, guest, kind, text, timestamp_ms)
             VALUES (?1, ?2, ?3, ?4, 'x', 0, 'message', 'x', 0)",
        )
        .unwrap()
        .execute(params![room, seq, format!("e{tag}-{seq}"), author])
        .unwrap();
    }
    key
}

/// What a cell gives, and what it should.
async fn try_cell(person: &mut Person, cell: &Cell) -> (String, String) {
    let join = json!({"type": "join", "room": cell.room});
    let by_connection = cell.frame == "message" || (cell.frame == "leave" && cell.who == "guest");
    if by_connection && cell.reads {
        person.does(join).await;
    }
    let mut got = code(&person.ask(room_question(&cell.frame, &cell.what, &cell.room).unwrap()).await);
    if cell.what.contains("calls") && got == "yes" {
        // It is said, and calls everybody or nobody.
        let said = person.event(&cell.room, "message").await;
        if said.get("everyone").is_none() {
            "forbidden".clone_into(&mut got);
        }
    }
    if by_connection && cell.reads && got != "no_room" {
        person.ask(json!({"type": "leave", "room": cell.room})).await;
    }
    // What is said goes only where the connection is.
    let wanted = if cell.frame == "message" && !cell.reads && cell.wanted != "forbidden" {
        "not_joined".to_owned()
    } else {
        cell.wanted.clone()
    };
    (got, wanted)
}

fn code(answer: &Value) -> String {
    if answer["type"] == "error" { answer["code"].as_str().unwrap().to_owned() } else { "yes".to_owned() }
}

fn room_question(frame: &str, what: &str, room: &str) -> Option<Value> {
    let target = match what {
        "a member" | "to moderator" | "to owner" => "u-t-member",
        "an owner" | "from owner to member" => "u-t-owner",
        _ if frame == "unmute" => "u-t-member",
        _ => "u-t-outsider",
    };
    let values: HashMap<&str, Value> = HashMap::from([
        ("title", json!(format!("T {room}"))),
        ("topic", json!("About it")),
        ("slow_s", json!(5)),
        ("announce", json!(true)),
        ("archived", json!(true)),
        ("seen", json!(true)),
    ]);
    Some(match frame {
        "message" if what.is_empty() => json!({"type": frame, "room": room, "message": "x"}),
        "message" => json!({"type": frame, "room": room, "message": "@room x"}),
        "edit" => json!({"type": frame, "room": room, "target": whose(what), "text": "y"}),
        "react" => json!({"type": frame, "room": room, "target": 1, "emoji": "👍", "on": true}),
        "pin" => json!({"type": frame, "room": room, "target": 1, "on": true}),
        "thread" => json!({"type": frame, "room": room, "root": 1}),
        "edits" => json!({"type": frame, "room": room, "target": 1}),
        "history" => json!({"type": frame, "room": room, "limit": 1}),
        "join" | "leave" | "decline" | "members" | "pins" | "readers" => json!({"type": frame, "room": room}),
        "change" => json!({"type": frame, "room": room, what: values[what]}),
        "invite" | "kick" | "ban" | "unban" | "mute" | "unmute" => {
            json!({"type": frame, "room": room, "user": target})
        }
        "role" => {
            let role = what.rsplit(' ').next().unwrap();
            json!({"type": frame, "room": room, "user": target, "role": role})
        }
        "delete" => json!({"type": frame, "room": room, "target": whose(what)}),
        "report" => json!({"type": frame, "room": room, "target": 1, "reason": "x"}),
        "notify" => json!({"type": frame, "room": room, "level": "all"}),
        _ => return None,
    })
}

/// The message of the column's person, or the other one's.
fn whose(what: &str) -> u64 {
    if what == "one's own" { 2 } else { 1 }
}

fn server_question(frame: &str, what: &str) -> Option<Value> {
    Some(match frame {
        "create" => json!({"type": frame, "room": format!("new-{}", rand_id()), "kind": what}),
        "direct" => json!({"type": frame, "users": ["u-t-member"]}),
        "rooms" | "reports" | "audit" | "mentions" => json!({"type": frame}),
        "search" => json!({"type": frame, "query": "x"}),
        "prefs" => json!({"type": frame, "keywords": ["x"]}),
        "resolve" => json!({"type": frame, "report": 1}),
        "block" => json!({"type": frame, "user": "u-t-member", "on": true}),
        _ => return None,
    })
}
