//! What cannot be seen from outside: that a sign-in costs the same whether there is an account or not.

use std::time::Duration;

use protocol::error::ErrorCode;
use protocol::http::{Login, ProfileChange, Register};
use protocol::ids::UserId;
use protocol::people::{Guests, Registration};

use super::{Accounts, Asking, Caller, known};
use crate::core::identity::{Identity, Proof};
use crate::store::{Options, Store};
use crate::ws::Unstarted;

fn accounts(dir: &std::path::Path) -> (Accounts, crate::ws::Shards) {
    limited(dir, false)
}

fn limited(dir: &std::path::Path, limited: bool) -> (Accounts, crate::ws::Shards) {
    let unstarted = Unstarted::new(1);
    let store = Store::open(dir, Options::default(), unstarted.on_commit()).unwrap();
    let (door, shards) = unstarted.start(store, limited, Guests::On).unwrap();
    (Accounts::new(door.shared(), Registration::Open, 0, "http://localhost".into()), shards)
}

fn asking() -> Asking<'static> {
    Asking { address: "127.0.0.1".parse().unwrap(), known: None }
}

fn login(name: &str, password: &str) -> Login {
    Login { name: name.into(), password: password.into(), device: None, known: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn a07_every_sign_in_costs_one_hash() {
    let dir = tempfile::tempdir().unwrap();
    let (accounts, shards) = accounts(dir.path());
    let ana = Register {
        name: "ana".into(),
        password: "correct horse".into(),
        invite: None,
        guest: None,
        device: None,
    };
    accounts.register(ana, asking()).await.unwrap();
    let long = "x".repeat(5000);
    for (name, password) in [
        ("ana", "correct horse"),
        ("ana", "wrong horse"),
        ("bo", "correct horse"),
        ("", ""),
        ("ana", long.as_str()),
        (long.as_str(), "correct horse"),
    ] {
        let before = accounts.inner.passwords.hashed();
        let entered = accounts.login(login(name, password), asking()).await;
        assert_eq!(accounts.inner.passwords.hashed() - before, 1, "{name}");
        if password != "correct horse" || name != "ana" {
            assert_eq!(entered.unwrap_err().code, ErrorCode::BadLogin);
        }
    }
    close(accounts, shards).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nobody_can_have_is_not_remembered_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (accounts, shards) = limited(dir.path(), true);
    // All of them are one name, that of nobody: as if each had been tried from here.
    let mut refused = 0;
    for n in 0..8 {
        let name = format!("{}{n}", "x".repeat(600));
        let refusal = accounts.login(login(&name, "correct horse"), asking()).await.unwrap_err();
        refused += usize::from(refusal.code == ErrorCode::RateLimited);
    }
    assert_eq!(refused, 3);
    close(accounts, shards).await;
}

/// Somebody who is connected and signed in.
async fn present(accounts: &Accounts, name: &str) -> Caller {
    let asked = Register {
        name: name.into(),
        password: "correct horse".into(),
        invite: None,
        guest: None,
        device: None,
    };
    let me = accounts.register(asked, asking()).await.unwrap().me;
    let proof = Proof::Session(me.session.clone().unwrap());
    accounts.shared().presence().connect_account(1, &known(&me), None, Duration::ZERO);
    Caller { identity: Identity { user: me.user.clone(), proof }, me }
}

fn called(name: &str) -> ProfileChange {
    ProfileChange { name: Some(name.into()), ..ProfileChange::default() }
}

/// What a guest who wants this name is called.
fn guest(accounts: &Accounts, link: u64, name: &str) -> String {
    let user = UserId::new(format!("g-{link}")).unwrap();
    accounts.shared().presence().connect(link, &user, None, Some(name), "guest", Duration::ZERO).name
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_an_account_keeps_no_longer_are_free_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (accounts, shards) = accounts(dir.path());
    let ana = present(&accounts, "name0").await;
    for n in 1..=5 {
        accounts.change_profile(&ana, called(&format!("name{n}"))).await.unwrap();
    }
    assert_eq!(guest(&accounts, 10, "name5"), "name52");
    assert_eq!(guest(&accounts, 11, "name1"), "name12");
    assert_eq!(guest(&accounts, 12, "name0"), "name0", "the oldest of six");
    let refusal = accounts.change_profile(&ana, called("name0")).await.unwrap_err();
    assert_eq!(refusal.code, ErrorCode::NameTaken);
    close(accounts, shards).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_goes_on_to_its_end_when_whoever_asked_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let (accounts, shards) = accounts(dir.path());
    let ana = present(&accounts, "ana").await;
    // It has begun when the time is up, at once.
    let _ = tokio::time::timeout(Duration::ZERO, accounts.change_profile(&ana, called("anna"))).await;
    let told = async {
        while accounts.shared().presence().name(&ana.me.user).as_deref() != Some("anna") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), told).await.expect("the others are told");
    close(accounts, shards).await;
}

async fn close(accounts: Accounts, shards: crate::ws::Shards) {
    let store = accounts.store().clone();
    drop(accounts);
    shards.close().await;
    store.close().await;
}
