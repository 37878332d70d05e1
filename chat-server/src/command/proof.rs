//! Who a connection is: by a token in its `hello`, by a browser's cookie, or nobody but a guest.

use protocol::error::{ErrorCode, Refusal, close};
use protocol::http::Me;
use protocol::ids::UserId;

use super::{Client, Next, accounts, new_guest};
use crate::core::identity::Identity;
use crate::core::policy::{Action, Actor, decide};
use crate::core::secret::{Kind, Secret};
use crate::core::token;
use crate::store::ReadError;

/// Whom something proves to be; an account with what everybody may know of it.
pub(super) type Proven = (Identity, Option<Me>);

impl Client {
    /// Who says a `hello` with this token. A token of a session or a bot goes before the browser's cookie, and that
    /// before a guest's token. What proves nothing any more makes nobody a guest: the connection is being closed then,
    /// and so where guests are not let in.
    pub(super) async fn prove(&mut self, token: Option<&str>) -> Result<Proven, Next> {
        let said = token.and_then(Secret::parse);
        let Some(secret) = said.or_else(|| self.cookie.clone()) else { return self.prove_guest(token).await };
        let refusal = match secret.kind() {
            Kind::Session | Kind::Bot => match accounts::prove(&self.shared.store, &secret).await {
                Ok(Some(caller)) => return Ok((caller.identity, Some(caller.me))),
                Ok(None) => accounts::signed_out(),
                Err(error) => return Err(self.cannot_tell(&error)),
            },
            Kind::Invite | Kind::Reset => accounts::signed_out(),
        };
        Err(self.turn_away(refusal))
    }

    async fn prove_guest(&mut self, token: Option<&str>) -> Result<Proven, Next> {
        self.admit_guest()?;
        let known = token.and_then(|token| token::verify(self.shared.store.secret(), token));
        self.is_new = known.is_none();
        let Some(user) = known else { return Ok((Identity::guest(new_guest()), None)) };
        match self.shared.store.has_account(user.clone()).await {
            Ok(false) => Ok((Identity::guest(user), None)),
            Ok(true) => {
                let reason = "this guest has an account now: sign in";
                Err(self.turn_away(Refusal::new(ErrorCode::SignIn, reason)))
            }
            Err(error) => Err(self.cannot_tell(&error)),
        }
    }

    /// Turns guests away where they are not let in, and says why.
    pub(super) fn admit_guest(&self) -> Result<(), Next> {
        if decide(&Actor::guest(self.shared.guests), Action::Connect).is_err() {
            let refusal = Refusal::new(ErrorCode::SignIn, "guests are not let in here: sign in");
            return Err(self.turn_away(refusal));
        }
        Ok(())
    }

    /// Proves anew what was proved before something was put an end to: a session that ended meanwhile does not slip in
    /// behind its end.
    pub(super) async fn still(
        &mut self,
        identity: &Identity,
        token: Option<&str>,
        mut stamp: u64,
    ) -> Result<(), Next> {
        while self.any_stamp() != stamp {
            stamp = self.any_stamp();
            let guest: Option<UserId> = identity.is_guest().then(|| identity.user.clone());
            let own = guest.map(|user| token::issue(self.shared.store.secret(), &user));
            let (again, _) = match &own {
                Some(own) => self.prove_guest(Some(own)).await?,
                None => self.prove(token).await?,
            };
            if again.user != identity.user || again.session() != identity.session() {
                return Err(self.turn_away(accounts::signed_out()));
            }
        }
        Ok(())
    }

    /// Changes whenever anybody may have been put out of something.
    pub(super) fn any_stamp(&self) -> u64 {
        self.with_shard(|shard| shard.cuts.any())
    }

    fn turn_away(&self, refusal: Refusal) -> Next {
        let reason = refusal.reason.clone();
        self.refuse(refusal);
        self.close(close::SIGN_IN, &reason)
    }

    fn cannot_tell(&self, error: &ReadError) -> Next {
        tracing::warn!(%error, "who a connection is could not be read");
        self.close(close::INTERNAL, "the store cannot be read now")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::net::Ipv4Addr;
    use std::rc::Rc;
    use std::sync::{Arc, Mutex};

    use protocol::ids::{Id, RoomKey};
    use protocol::people::{Guests, Registration};
    use tempfile::TempDir;

    use super::*;
    use crate::core::identity::Proof;
    use crate::hub::{Hub, Shard, ShardRef, Shared, load};
    use crate::store::accounts::{NewAccount, NewSession, Registered};
    use crate::store::{Commit, Options, Store};

    /// A shard that hears of commits when the test says so.
    struct Stage {
        _dir: TempDir,
        store: Store,
        shard: ShardRef,
        commits: Arc<Mutex<VecDeque<Arc<Commit>>>>,
    }

    impl Stage {
        fn open() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let commits = Arc::<Mutex<VecDeque<Arc<Commit>>>>::default();
            let heard = Arc::clone(&commits);
            let on_commit = Box::new(move |commit| heard.lock().unwrap().push_back(commit));
            let store = Store::open(dir.path(), Options::default(), on_commit).unwrap();
            let shared = Arc::new(Shared::new(store.clone(), Hub::new(1).0, false, Guests::On));
            Self { _dir: dir, store, shard: Shard::new(0, shared, Rc::default()), commits }
        }

        fn client(&self) -> Client {
            Client::new(Rc::clone(&self.shard), 1, Ipv4Addr::LOCALHOST.into(), None)
        }

        fn hear(&self) {
            for commit in self.commits.lock().unwrap().drain(..) {
                self.shard.borrow_mut().apply(&commit);
            }
        }

        /// Makes an account with a session; the session's token.
        async fn register(&self, user: &UserId, n: u8) -> Secret {
            let secret = Secret::new(Kind::Session, [n; 32]);
            let (device, address) = ("test".to_owned(), "127.0.0.1".to_owned());
            let id = Id::new(format!("s{n}")).unwrap();
            let session = NewSession { id, hash: secret.hash(), device, address };
            let account =
                NewAccount { user: user.clone(), name: format!("name{n}"), bot: false, password: None };
            let new = Registered { account, invite: None, session };
            self.store.register(new, Registration::Open).await.unwrap();
            self.hear();
            secret
        }

        async fn end(&self, user: &UserId, session: &str) {
            let session = Id::new(session).unwrap();
            self.store.end_session(user.clone(), session.clone(), session).await.unwrap();
            self.hear();
        }
    }

    fn user(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    #[tokio::test]
    async fn a_session_that_ends_while_its_hello_waits_does_not_slip_in() {
        let stage = Stage::open();
        let (ana, bo) = (user("u-ana"), user("u-bo"));
        let token = stage.register(&ana, 1).await;
        stage.register(&bo, 2).await;
        let mut client = stage.client();
        let stamp = client.any_stamp();
        let (identity, me) = client.prove(Some(token.expose())).await.unwrap();
        assert_eq!((&identity.user, me.unwrap().name.as_str()), (&ana, "name1"));
        assert!(matches!(&identity.proof, Proof::Session(id) if id.as_str() == "s1"));
        assert_eq!(client.still(&identity, Some(token.expose()), stamp).await, Ok(()));
        stage.end(&bo, "s2").await;
        assert_ne!(client.any_stamp(), stamp);
        assert_eq!(
            client.still(&identity, Some(token.expose()), stamp).await,
            Ok(()),
            "another's is no matter"
        );
        stage.end(&ana, "s1").await;
        assert_eq!(client.still(&identity, Some(token.expose()), stamp).await, Err(Next::Stop));
    }

    #[tokio::test]
    async fn whoever_is_new_costs_the_store_nothing_where_the_room_is_known() {
        let stage = Stage::open();
        let known = token::issue(stage.store.secret(), &user("g-known"));
        let hello = |token: Option<&str>| {
            serde_json::json!({"type": "hello", "client": "test", "conn": "c", "token": token}).to_string()
        };
        // Somebody is there.
        let _lobby = load(&stage.shard, &RoomKey::lobby(), None).await.unwrap();
        assert_eq!(stage.client().hello(&hello(None)).await, Next::Greeted);
        assert_eq!(stage.client().hello(&hello(Some(&known))).await, Next::Greeted);
        stage.store.clone().close().await;
        assert_eq!(stage.client().hello(&hello(None)).await, Next::Greeted);
        assert_eq!(stage.client().hello(&hello(Some("g-unknown.AAAA"))).await, Next::Greeted);
        assert_eq!(stage.client().open_plain(None, None).await, Next::Go);
        assert_eq!(
            stage.client().hello(&hello(Some(&known))).await,
            Next::Stop,
            "of whom something may be kept"
        );
    }

    #[tokio::test]
    async fn a_guest_who_registers_while_their_hello_waits_is_no_guest() {
        let stage = Stage::open();
        let gast = user("g-gast");
        let token = token::issue(stage.store.secret(), &gast);
        let mut client = stage.client();
        let stamp = client.any_stamp();
        let (identity, _) = client.prove(Some(&token)).await.unwrap();
        assert_eq!((&identity.user, &identity.proof), (&gast, &Proof::Guest));
        stage.register(&gast, 1).await;
        assert_eq!(client.still(&identity, Some(&token), stamp).await, Err(Next::Stop));
    }
}
