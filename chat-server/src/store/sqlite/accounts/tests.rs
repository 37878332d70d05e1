//! What ends by itself, and what is kept.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use protocol::error::ErrorCode;
use protocol::ids::{Id, RoomKey, UserId};
use protocol::people::{Registration, Role, Scope};

use crate::core::secret::Hash;
use crate::store::accounts::{
    By, NewAccount, NewInvite, NewLink, NewProfile, NewSession, NewToken, Registered, Whose,
};
use crate::store::sqlite::backup::{Blobs, backup, restore};
use crate::store::{Commit, Cut, Options, Store, WorkError};

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

/// Somebody with this role, and who they are where they do something.
async fn with_role(store: &Store, name: &str, n: u8, role: Role) -> (UserId, By) {
    let user = register(store, name, n, None).await.unwrap();
    store.set_role(By::Server, user.clone(), role).await.unwrap();
    (user.clone(), By::User { user, session: id(&format!("s{n}")) })
}

fn invite(n: u8, role: Role) -> NewInvite {
    let link = NewLink { id: id(&format!("i{n}")), hash: hash(n) };
    NewInvite { link, role, uses: 5, hours: None, note: String::new() }
}

fn reset(n: u8) -> NewLink {
    NewLink { id: id(&format!("r{n}")), hash: hash(n) }
}

#[tokio::test]
async fn a_link_is_worth_no_more_than_its_maker_is_now() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (_, olga) = with_role(&store, "olga", 1, Role::Owner).await;
    let (paul, by_paul) = with_role(&store, "paul", 2, Role::Owner).await;
    let (adam, _) = with_role(&store, "adam", 3, Role::Admin).await;
    for (n, role) in [(31, Role::Owner), (32, Role::Moderator), (33, Role::Member)] {
        store.make_invite(by_paul.clone(), invite(n, role)).await.unwrap();
    }
    store.make_reset(by_paul.clone(), adam, reset(34)).await.unwrap();
    store.set_role(olga.clone(), paul.clone(), Role::Admin).await.unwrap();
    // An admin invites moderators and members, and has nothing to say about other admins.
    let live =
        [store.is_invite(hash(31)).await, store.is_invite(hash(32)).await, store.is_invite(hash(33)).await];
    assert_eq!(live.map(Result::unwrap), [false, true, true]);
    assert_eq!(register(&store, "x", 11, Some(hash(31))).await, Err(ErrorCode::BadLink));
    assert_eq!(store.reset_of(hash(34)).await.unwrap(), None);
    register(&store, "moe", 12, Some(hash(32))).await.unwrap();
    store.set_role(olga.clone(), paul.clone(), Role::Member).await.unwrap();
    for n in [31, 32, 33] {
        assert!(!store.is_invite(hash(n)).await.unwrap());
        assert_eq!(register(&store, "x", 13, Some(hash(n))).await, Err(ErrorCode::BadLink));
    }
    // What was taken back does not come back with the role.
    store.set_role(olga, paul, Role::Owner).await.unwrap();
    assert!(!store.is_invite(hash(33)).await.unwrap());
}

#[tokio::test]
async fn a_link_that_outlived_its_makers_role_is_looked_at_when_it_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    with_role(&store, "olga", 1, Role::Owner).await;
    let (_, paul) = with_role(&store, "paul", 2, Role::Owner).await;
    let (adam, _) = with_role(&store, "adam", 3, Role::Admin).await;
    store.make_invite(paul.clone(), invite(31, Role::Owner)).await.unwrap();
    store.make_reset(paul, adam, reset(32)).await.unwrap();
    age(dir.path(), "UPDATE accounts SET role = 'member' WHERE name = 'paul'");
    assert!(!store.is_invite(hash(31)).await.unwrap());
    assert_eq!(register(&store, "x", 11, Some(hash(31))).await, Err(ErrorCode::BadLink));
    let used = store.reset(hash(32), "hash".into(), session(12)).await;
    assert!(matches!(used, Err(WorkError::Refused(_))), "{used:?}");
}

#[tokio::test]
async fn nobody_gets_hold_of_who_rose_above_them() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    with_role(&store, "olga", 1, Role::Owner).await;
    let (_, adam) = with_role(&store, "adam", 2, Role::Admin).await;
    let (mia, _) = with_role(&store, "mia", 3, Role::Member).await;
    store.make_reset(adam, mia.clone(), reset(31)).await.unwrap();
    assert!(store.reset_of(hash(31)).await.unwrap().is_some());
    store.set_role(By::Server, mia, Role::Owner).await.unwrap();
    assert_eq!(store.reset_of(hash(31)).await.unwrap(), None);
    let used = store.reset(hash(31), "hash".into(), session(12)).await;
    assert!(matches!(used, Err(WorkError::Refused(_))), "{used:?}");
}

#[tokio::test]
async fn a_bot_is_no_owner() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let bot = |n: u8| NewAccount {
        user: UserId::new(format!("u-{n}")).unwrap(),
        name: format!("bot{n}"),
        bot: true,
        password: None,
    };
    assert!(store.add_user(By::Server, bot(7), Role::Owner, None).await.is_err());
    let made = store.add_user(By::Server, bot(8), Role::Admin, None).await.unwrap();
    assert!(store.set_role(By::Server, made.account.user, Role::Owner).await.is_err());
    // Of an older version.
    age(dir.path(), "UPDATE accounts SET role = 'owner' WHERE bot = 1");
    assert!(!store.has_owner().await.unwrap());
    assert!(store.make_owner_link(reset(9)).await.unwrap(), "the first owner is still to be made");
    let (olga, _) = with_role(&store, "olga", 1, Role::Owner).await;
    assert!(store.set_role(By::Server, olga.clone(), Role::Member).await.is_err());
    assert!(store.set_active(By::Server, olga, false).await.is_err());
}

#[tokio::test]
async fn what_is_over_is_ended_without_anybody_asking() {
    let dir = tempfile::tempdir().unwrap();
    let cuts = Arc::<Mutex<Vec<Cut>>>::default();
    let told = Arc::clone(&cuts);
    let on_commit = move |commit: Arc<Commit>| told.lock().unwrap().extend(commit.cuts.iter().cloned());
    let store = Store::open(dir.path(), Options::default(), Box::new(on_commit)).unwrap();
    let ana = register(&store, "ana", 1, None).await.unwrap();
    store.sign_in(ana.clone(), "hash".into(), session(2)).await.unwrap();
    for (n, days) in [(1, Some(1)), (2, Some(2)), (3, None)] {
        let (id, rooms) = (id(&format!("t{n}")), None);
        let new =
            NewToken { id, hash: hash(20 + n), name: "x".into(), scopes: vec![Scope::Read], rooms, days };
        store.make_token(By::Server, Whose::Any(ana.clone()), new).await.unwrap();
    }
    let day = Duration::from_hours(24);
    let next = store.end_old().await.unwrap().unwrap();
    assert!(next <= day && next > day / 2, "{next:?}");
    age(dir.path(), "UPDATE sessions SET used_ms = 1 WHERE id = 's1'");
    age(dir.path(), "UPDATE tokens SET expires_ms = 1 WHERE id = 't1'");
    cuts.lock().unwrap().clear();
    let next = store.end_old().await.unwrap().unwrap();
    assert!(next <= 2 * day && next > day, "{next:?}");
    assert_eq!(*cuts.lock().unwrap(), [Cut::Session(id("s1")), Cut::Session(id("t1"))]);
    assert!(store.session(hash(2)).await.unwrap().is_some());
    assert!(
        store.bot_token(hash(22)).await.unwrap().is_some()
            && store.bot_token(hash(23)).await.unwrap().is_some()
    );
}

#[tokio::test]
async fn nothing_that_proves_somebody_comes_back_with_a_backup() {
    let dir = tempfile::tempdir().unwrap();
    let (data, copy, restored) =
        (dir.path().join("data"), dir.path().join("copy.db"), dir.path().join("restored"));
    let store = open(&data);
    let (ana, by_ana) = with_role(&store, "ana", 1, Role::Owner).await;
    let (id, rooms) = (id("t1"), None);
    let new = NewToken { id, hash: hash(21), name: "x".into(), scopes: vec![Scope::Read], rooms, days: None };
    store.make_token(By::Server, Whose::Any(ana), new).await.unwrap();
    store.make_invite(by_ana, invite(31, Role::Member)).await.unwrap();
    backup(&data, &copy, &Blobs::Beside).unwrap();
    store.close().await;
    restore(&copy, &restored, &Blobs::Beside).unwrap();
    let store = open(&restored);
    assert_eq!(store.session(hash(1)).await.unwrap(), None);
    assert_eq!(store.bot_token(hash(21)).await.unwrap(), None);
    assert!(!store.is_invite(hash(31)).await.unwrap());
    assert!(store.credentials("ana".into()).await.unwrap().is_some(), "the account does");
}
