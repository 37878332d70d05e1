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
