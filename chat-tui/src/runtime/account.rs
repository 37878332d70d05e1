//! Asking over HTTP, signing in and out.

use std::time::Duration;

use protocol::error::ErrorCode;
use protocol::http::{Call, Login, Register, SignedIn};

use super::shell::{Next, Shell};
use crate::api::{Answer, Failure, Hidden, Request};
use crate::app::{Effect, Msg};
use crate::cache::Account;
use crate::headless::device;
use crate::net::http::call;

impl Shell {
    /// Begins what an effect asks over HTTP; its answer comes by the channel that the loop listens to.
    pub(super) fn ask_over_http(&mut self, effect: Effect) {
        let request = match effect {
            Effect::Call(request) => *request,
            Effect::Login { name, password } => {
                let known = self.account.as_ref().and_then(|account| account.known.clone());
                let (device, known) = (Some(device()), known.map(|known| known.0));
                Request::new(Call::Login).saying(&Login { name, password: password.0, device, known })
            }
            Effect::Register { name, password, invite } => {
                let (invite, guest) = (invite.map(|invite| invite.0), self.state.token.clone());
                let device = Some(device());
                Request::new(Call::Register).saying(&Register {
                    name,
                    password: password.0,
                    invite,
                    guest,
                    device,
                })
            }
            Effect::Logout { everywhere: true } => Request::new(Call::EndSessions),
            Effect::Logout { everywhere: false } => Request::new(Call::Logout),
            _ => return,
        };
        // To sign in one proves nothing else.
        let enters = matches!(request.call, Call::Login | Call::Register | Call::Reset);
        let token = self.account.as_ref().filter(|_| !enters).map(|account| account.token.clone());
        let (address, answers) = (self.config.address.clone(), self.answers.clone());
        tokio::spawn(async move {
            let answer = call(&address, token.as_ref().map(|token| token.0.as_str()), &request).await;
            // Nobody listens any more at the end.
            let _ = answers.send((request, answer)).await;
        });
    }

    /// An answer came: what it means for this device, and for the screen.
    pub(super) fn answered(&mut self, request: Request, answer: Answer, now: Duration) -> Vec<Next> {
        match (request.call, &answer) {
            (Call::Login | Call::Register | Call::Reset, Ok(body)) => {
                let answer = self.enter(body, now).map(|()| body.clone());
                return self.take(Msg::Answered { request: Box::new(request), answer }, now);
            }
            // A session that ended is signed out of.
            (Call::Logout | Call::EndSessions, Ok(_))
            | (Call::Logout, Err(Failure { code: Some(ErrorCode::SignIn), .. })) => {
                if let Err(error) = self.profile.sign_out() {
                    let reason = format!("signed out, but what is kept here could not be removed: {error}");
                    return self.take(Msg::NotAsked(reason), now);
                }
                self.is_signed_out = true;
                return vec![Next::Quit];
            }
            _ => {}
        }
        self.take(Msg::Answered { request: Box::new(request), answer }, now)
    }

    /// Keeps whom this device is signed in as, and comes back as them.
    fn enter(&mut self, body: &Hidden, now: Duration) -> Result<(), Failure> {
        let signed_in: Option<SignedIn> = serde_json::from_str(&body.0).ok();
        let account = signed_in.and_then(Account::of);
        let account = account.ok_or_else(|| Failure::new("the server gave no token"))?;
        self.save(now);
        let kept = self.profile.sign_in(&account).and_then(|()| self.profile.load_state());
        self.state =
            kept.map_err(|error| Failure::new(format!("signed in, but it cannot be kept: {error}")))?;
        self.model.name.clone_from(&account.name);
        // The devices of this account know nothing of what was read and written here before.
        self.told_read.clear();
        for room in self.model.rooms.values_mut() {
            room.shared_draft.clear();
            room.told_drafts.clear();
        }
        self.account = Some(account);
        self.connect();
        Ok(())
    }
}
