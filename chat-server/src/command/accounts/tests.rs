//! What cannot be seen from outside: that a sign-in costs the same whether there is an account or not.

use std::sync::Arc;

use protocol::error::ErrorCode;
use protocol::http::{Login, Register};
use protocol::people::{Guests, Registration};

use super::{Accounts, Asking};
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
    let store = Arc::clone(&accounts.inner).shared.store.clone();
    drop(accounts);
    shards.close().await;
    store.close().await;
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
    let store = Arc::clone(&accounts.inner).shared.store.clone();
    drop(accounts);
    shards.close().await;
    store.close().await;
}
