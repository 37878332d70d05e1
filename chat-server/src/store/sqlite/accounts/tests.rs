//! What ends by itself, and what is kept.

use protocol::error::ErrorCode;
use protocol::ids::{Id, RoomKey, UserId};
use protocol::people::{Registration, Role, Scope};

use crate::core::secret::Hash;
use crate::store::accounts::{
    By, NewAccount, NewInvite, NewLink, NewProfile, NewSession, NewToken, Registered, Whose,
};
use crate::store::{Options, Store, WorkError};

fn open(dir: &std::path::Path) -> Store {
    Store::open(dir, Options::default(), Box::new(|_| {})).unwrap()
}

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

fn hash(n: u8) -> Hash {
    [n; 32]
}

fn session(n: u8) -> NewSession {
    NewSession { id: id(&format!("s{n}")), hash: hash(n), device: "d".into(), address: "::1".into() }
}

async fn register(store: &Store, name: &str, n: u8, invite: Option<Hash>) -> Result<UserId, ErrorCode> {
    let user = UserId::new(format!("u-{n}")).unwrap();
    let account =
        NewAccount { user: user.clone(), name: name.into(), bot: false, password: Some("hash".into()) };
    let new = Registered { account, invite, session: session(n) };
    match store.register(new, Registration::Open).await {
        Ok(_) => Ok(user),
        Err(WorkError::Refused(refusal)) => Err(refusal.code),
        Err(error) => panic!("{error}"),
    }
}

/// Changes what only time changes.
fn age(dir: &std::path::Path, sql: &str) {
    let db = rusqlite::Connection::open(dir.join("chat.db")).unwrap();
    assert!(db.execute(sql, []).unwrap() > 0, "{sql}");
}

#[tokio::test]
async fn r11_sessions_tokens_and_links_end_by_their_time_and_do_not_revive() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ana = register(&store, "ana", 1, None).await.unwrap();
    let new = NewToken {
        id: id("t1"),
        hash: hash(21),
        name: "x".into(),
        scopes: vec![Scope::Read],
        rooms: Some(vec![RoomKey::lobby()]),
        days: Some(1),
    };
    store.make_token(By::Server, Whose::Any(ana.clone()), new).await.unwrap();
    let link = NewLink { id: id("i1"), hash: hash(31) };
    let invite = NewInvite { link, role: Role::Member, uses: 5, hours: Some(1), note: String::new() };
    store.make_invite(By::Server, invite).await.unwrap();
    assert_eq!(store.session(hash(1)).await.unwrap().unwrap().me.user, ana);
    let proven = store.bot_token(hash(21)).await.unwrap().unwrap();
    let reaches = proven.reaches.unwrap();
    assert!(reaches.read && !reaches.write && !reaches.person);
    assert!(store.is_invite(hash(31)).await.unwrap());
    age(dir.path(), "UPDATE sessions SET used_ms = 1");
    age(dir.path(), "UPDATE tokens SET expires_ms = 1");
    age(dir.path(), "UPDATE links SET expires_ms = 1");
    assert_eq!(store.session(hash(1)).await.unwrap(), None);
    assert_eq!(store.bot_token(hash(21)).await.unwrap(), None);
    assert!(!store.is_invite(hash(31)).await.unwrap());
    assert_eq!(register(&store, "bo", 2, Some(hash(31))).await, Err(ErrorCode::BadLink));
    // Whoever signs in sweeps the old ones away, so that no clock that is set back revives them.
    store.sign_in(ana.clone(), "hash".into(), session(9)).await.unwrap();
    let db = rusqlite::Connection::open(dir.path().join("chat.db")).unwrap();
    let left: i64 = db.query_row("SELECT count(*) FROM sessions", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 1);
}

#[tokio::test]
async fn a_password_that_changed_meanwhile_signs_nobody_in() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ana = register(&store, "ana", 1, None).await.unwrap();
    let signed_in = store.sign_in(ana, "another hash".into(), session(2)).await;
    assert!(matches!(signed_in, Err(WorkError::Refused(_))), "{signed_in:?}");
}

#[tokio::test]
async fn a_session_that_ended_changes_nothing_more() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ana = register(&store, "ana", 1, None).await.unwrap();
    store.end_session(ana.clone(), id("s1"), id("s1")).await.unwrap();
    let change = NewProfile { away: Some(true), ..NewProfile::default() };
    let WorkError::Refused(refusal) = store.change_profile(ana.clone(), id("s1"), change).await.unwrap_err()
    else {
        panic!("refused")
    };
    assert_eq!(refusal.code, ErrorCode::SignIn);
    let by = By::User { user: ana, session: id("s1") };
    assert!(store.users(by).await.is_err());
}

#[tokio::test]
async fn an_account_keeps_its_last_names_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ana = register(&store, "name0", 1, None).await.unwrap();
    for n in 1..=6 {
        let change = NewProfile { name: Some(format!("name{n}")), ..NewProfile::default() };
        store.change_profile(ana.clone(), id("s1"), change).await.unwrap();
        age(dir.path(), &format!("UPDATE account_names SET since_ms = {n} WHERE since_ms > 1000"));
    }
    let names = store.account_names().await.unwrap();
    assert_eq!(names.len(), 5);
    assert_eq!(register(&store, "name3", 2, None).await, Err(ErrorCode::NameTaken));
    register(&store, "name0", 2, None).await.unwrap();
}

#[tokio::test]
async fn of_many_devices_the_oldest_is_signed_out() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ana = register(&store, "ana", 1, None).await.unwrap();
    for n in 2..=101 {
        store.sign_in(ana.clone(), "hash".into(), session(n)).await.unwrap();
    }
    assert_eq!(store.sessions(ana, id("s2")).await.unwrap().len(), 100);
    assert_eq!(store.session(hash(1)).await.unwrap(), None);
    assert!(store.session(hash(2)).await.unwrap().is_some());
}
