//! Asking over HTTP, signing in and out.

use std::io;
use std::time::Duration;

use protocol::error::ErrorCode;
use protocol::http::{Call, Login, Register, SignedIn};
use protocol::ids::Id;

use super::screen::put_outgoing;
use super::shell::{Next, Shell};
use super::transfers::Heard;
use crate::api::{Answer, Failure, Hidden, Request};
use crate::app::{Effect, Msg, update};
use crate::cache::{Account, Outbox, Unsent};
use crate::headless::{device, kept};
use crate::net::http::call;
use crate::picture;

impl Shell {
    /// Begins what an effect asks over HTTP; its answer comes by the channel that the loop listens to.
    pub(super) fn ask_over_http(&mut self, effect: Effect) {
        let request = match effect {
            Effect::Call(request) => *request,
            Effect::Picture(path) => return self.show_picture(path),
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
        let (address, heard) = (self.config.address.clone(), self.heard.clone());
        tokio::spawn(async move {
            let answer = call(&address, token.as_ref().map(|token| token.0.as_str()), &request).await;
            // Nobody listens any more at the end.
            let _ = heard.send(Heard::Answer(request, answer)).await;
        });
    }

    /// Reads a picture, which may take a slow disk a while, and sends it.
    fn show_picture(&self, path: String) {
        let token = self.account.as_ref().map(|account| account.token.clone());
        let (address, heard) = (self.config.address.clone(), self.heard.clone());
        tokio::spawn(async move {
            let request = Request::new(Call::SetAvatar);
            let read = tokio::task::spawn_blocking(move || picture::read(&path)).await;
            let read = read.unwrap_or_else(|error| Err(error.to_string()));
            let answer = match read {
                Ok(picture) => {
                    let request = request.clone().carrying(picture);
                    call(&address, token.as_ref().map(|token| token.0.as_str()), &request).await
                }
                Err(why) => Err(Failure::new(why)),
            };
            // Nobody listens any more at the end.
            let _ = heard.send(Heard::Answer(request, answer)).await;
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
                let name = self.account.as_ref().map(|account| account.name.clone()).unwrap_or_default();
                let unsent = match self.put_out(now) {
                    Ok(unsent) => unsent,
                    Err(error) => {
                        let reason =
                            format!("signed out, but what is kept here could not be removed: {error}");
                        return self.take(Msg::NotAsked(reason), now);
                    }
                };
                self.is_signed_out = true;
                let mut farewell = format!("signed out of {}", self.config.address);
                if !unsent.is_empty() {
                    farewell.push('\n');
                    farewell.push_str(&kept(&unsent, &name));
                }
                return vec![Next::Leave(farewell)];
            }
            _ => {}
        }
        self.take(Msg::Answered { request: Box::new(request), answer }, now)
    }

    /// Keeps whom this device is signed in as, and comes back as them. Whoever was signed in here before is signed out
    /// first; a session that ended by itself goes on where it was, with its unsent lines.
    fn enter(&mut self, body: &Hidden, now: Duration) -> Result<(), Failure> {
        let signed_in: Option<SignedIn> = serde_json::from_str(&body.0).ok();
        let account = signed_in.and_then(Account::of);
        let account = account.ok_or_else(|| Failure::new("the server gave no token"))?;
        // After a try that the disk did not take, only the disk may still know.
        let before = self.account.take().or_else(|| self.profile.load_account().ok().flatten());
        if let Some(before) = &before {
            self.end_session(before.token.clone());
        }
        let left = before.filter(|before| before.user != account.user);
        let entered = self.take_over(left.as_ref(), &account, now);
        let unsent =
            entered.map_err(|error| Failure::new(format!("signed in, but it cannot be kept: {error}")))?;
        self.model.name.clone_from(&account.name);
        // The devices of this account know nothing of what was read and written here before.
        self.told_read.clear();
        for room in self.model.rooms.values_mut() {
            room.forget_shared_drafts();
            room.answers.forget_told();
        }
        self.account = Some(account);
        self.connect();
        if let Some(left) = left.filter(|_| !unsent.is_empty()) {
            let _ = update(&mut self.model, Msg::NotAsked(kept(&unsent, &left.name)), now);
        }
        Ok(())
    }

    /// Takes the place of `left`, or goes on as the same one or as the guest that was here. Returns what `left` did not
    /// send.
    fn take_over(&mut self, left: Option<&Account>, account: &Account, now: Duration) -> io::Result<Unsent> {
        let mut unsent = Unsent::default();
        if left.is_some() {
            unsent = self.put_out(now)?;
        } else {
            self.save(now);
        }
        // It may find lines that this person left here before.
        drop(self.outbox.take());
        let signed_in = self.profile.sign_in(account).and_then(|()| self.profile.load_state());
        self.outbox = Some(Outbox::open(&self.profile)?);
        self.state = signed_in?;
        if left.is_some() {
            self.begin_anew();
        }
        for entry in self.outbox.iter().flat_map(Outbox::entries) {
            put_outgoing(&mut self.model, entry, now);
        }
        self.take_up_files(now);
        Ok(unsent)
    }

    /// Signs out whoever is signed in. What they did not send is kept for them, also what the disk outbox did not take.
    fn put_out(&mut self, now: Duration) -> io::Result<Unsent> {
        self.leave_files();
        self.save(now);
        let user = self.profile.load_account()?.map(|account| account.user);
        let mut unkept = Unsent::default();
        if let (Some(user), Some(driver)) = (user, self.driver.take()) {
            let on_disk: Vec<Id> =
                self.outbox.iter().flat_map(Outbox::entries).map(|line| line.id.clone()).collect();
            let lines = driver.session.outbox().map(|(line, _)| line.clone());
            unkept.lines = lines.filter(|line| !on_disk.contains(&line.id)).collect();
            self.profile.put_aside(&user, unkept.clone())?;
        }
        drop(self.outbox.take());
        let mut unsent = self.profile.sign_out()?;
        unsent.lines.extend(unkept.lines);
        Ok(unsent)
    }

    /// Tells the server that a session is not used any more. Whether it hears that changes nothing here.
    fn end_session(&self, token: Hidden) {
        let address = self.config.address.clone();
        tokio::spawn(async move { call(&address, Some(&token.0), &Request::new(Call::Logout)).await });
    }
}
