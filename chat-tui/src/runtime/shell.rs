//! Does what the model wants: commands to the session, files, and what is left for the terminal.

use std::collections::BTreeMap;
use std::future;
use std::io;
use std::time::{Duration, Instant};

use protocol::SELF_ROOM;
use protocol::event::Event;
use protocol::ids::{Id, RoomKey, Seq};
use protocol::session::{Change, Line, OutgoingState, Saved, SessionConfig, SessionEvent};
use time::UtcOffset;
use tokio::sync::mpsc;

use super::screen::{kept, model, put_outgoing};
use super::transfers::{Heard, Transfers};
use crate::app::{Effect, Layer, Model, Msg, update};
use crate::cache::{Account, Outbox, Profile, RoomLogs, State};
use crate::config::Config;
use crate::headless::client_name;
use crate::net::{Driver, fresh_id, random};

/// Read markers are written at most this often.
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// So long after the last key the person rests: what is typed and sent in one go is never told as a draft.
const REST: Duration = Duration::from_millis(300);

/// What only the terminal can do.
#[derive(Debug)]
pub(super) enum Next {
    Copy(String),
    Alert {
        title: String,
        text: String,
    },
    Redraw,
    Suspend,
    Quit,
    /// End, with this told on the shell's screen.
    Leave(String),
}

/// The model with everything around it but the terminal.
#[derive(Debug)]
pub(super) struct Shell {
    pub(super) model: Model,
    pub(super) config: Config,
    start: Instant,
    pub(super) driver: Option<Driver>,
    pub(super) profile: Profile,
    pub(super) state: State,
    /// Whom this device is signed in as.
    pub(super) account: Option<Account>,
    /// It signed out: nothing is kept any more.
    pub(super) is_signed_out: bool,
    /// Where it is told what came of what is done beside the chat.
    pub(super) heard: mpsc::Sender<Heard>,
    /// Files under way.
    pub(super) transfers: Transfers,
    /// Up to where our other devices know that a room was read.
    pub(super) told_read: BTreeMap<RoomKey, Seq>,
    /// None in a second window: what it says lives in memory.
    pub(super) outbox: Option<Outbox>,
    pub(super) logs: RoomLogs,
    save_at: Option<Duration>,
    saved_at: Duration,
    /// When the person last pressed a key.
    typed_at: Duration,
}

impl Shell {
    /// Reads what the profile has; the model shows it, and nothing is connected yet.
    pub(super) fn open(
        config: Config,
        offset: UtcOffset,
        start: Instant,
        heard: mpsc::Sender<Heard>,
    ) -> io::Result<Self> {
        let profile = Profile::open(config.profile.clone())?;
        let mut state = profile.load_state()?;
        let mut account = profile.load_account()?;
        let second = !profile.is_owner();
        let another = config.name_is_explicit && state.name.is_some() && state.name != config.name;
        if second && another {
            // A second window under another name is another person.
            state = State::default();
            account = None;
        }
        let outbox = if second { None } else { Some(Outbox::open(&profile)?) };
        let logs = RoomLogs::new(&profile, state.epoch.clone());
        let mut model = model(&config, &state, account.as_ref(), offset);
        model.second = second;
        // An account is called what it is called; only a guest is renamed by starting it under another name.
        if another && state.token.is_some() && account.is_none() {
            model.wish_name.clone_from(&config.name);
        }
        if second {
            let notice = "another chat-tui has this profile open: this window keeps nothing on disk, and what is not sent \
                          when it is closed is lost";
            let _ = update(&mut model, Msg::NotAsked(notice.to_owned()), start.elapsed());
        }
        for entry in outbox.iter().flat_map(Outbox::entries) {
            put_outgoing(&mut model, entry, start.elapsed());
        }
        let mut shell = Self {
            model,
            config,
            start,
            driver: None,
            profile,
            state,
            account,
            is_signed_out: false,
            heard,
            transfers: Transfers::default(),
            told_read: BTreeMap::new(),
            outbox,
            logs,
            save_at: None,
            saved_at: Duration::ZERO,
            typed_at: Duration::ZERO,
        };
        shell.take_up_files(start.elapsed());
        Ok(shell)
    }

    /// Connects, unless the person has to say a name first.
    pub(super) fn begin(&mut self) {
        if !matches!(self.model.layers.last(), Some(Layer::Name { .. })) {
            self.connect();
        }
    }

    /// Lets the model take something in and does what follows from it.
    pub(super) fn take(&mut self, msg: Msg, now: Duration) -> Vec<Next> {
        if matches!(msg, Msg::Term(_)) {
            self.typed_at = now;
        }
        let mut next = Vec::new();
        let mut msgs = vec![msg];
        while let Some(msg) = msgs.pop() {
            for effect in update(&mut self.model, msg, now) {
                self.carry_out(effect, now, &mut msgs, &mut next);
            }
        }
        if self.save_at.is_some_and(|at| at <= now) {
            self.save(now);
        }
        next.extend(self.pump());
        self.forget_said();
        next
    }

    /// Lets the model take in what the session tells, until there is no more.
    pub(super) fn pump(&mut self) -> Vec<Next> {
        let mut next = Vec::new();
        loop {
            let Some(driver) = &mut self.driver else { return next };
            let now = driver.now();
            if let Some(why) = driver.take_trouble() {
                let _ = update(&mut self.model, Msg::Unreachable(why), now);
            }
            let pumped = driver.pump(self.outbox.as_mut());
            if let Some(error) = pumped.failure {
                let reason = format!("what was sent cannot be noted on disk: {error}");
                let _ = update(&mut self.model, Msg::NotAsked(reason), now);
            }
            if pumped.events.is_empty() {
                return next;
            }
            for event in pumped.events {
                self.keep(&event);
                let mut msgs = vec![Msg::Session(Box::new(event))];
                while let Some(msg) = msgs.pop() {
                    for effect in update(&mut self.model, msg, now) {
                        self.carry_out(effect, now, &mut msgs, &mut next);
                    }
                }
            }
            for id in pumped.not_kept {
                let _ = update(&mut self.model, Msg::NotKept(id), now);
            }
        }
    }

    /// Waits for the server or the session's clock.
    pub(super) async fn wait(&mut self) {
        match &mut self.driver {
            Some(driver) => driver.wait().await,
            None => future::pending().await,
        }
    }

    /// The machine slept, or the program did: the link may be dead without a word.
    pub(super) fn wake(&mut self) {
        if let Some(driver) = &mut self.driver {
            let now = driver.now();
            driver.session.handle_wake(now);
        }
        // Only keys lead to something for the terminal.
        self.pump();
    }

    /// When something is to be written that may wait.
    pub(super) fn save_at(&self) -> Option<Duration> {
        self.save_at
    }

    /// Writes what is not written yet and says goodbye to the server.
    pub(super) async fn close(mut self) {
        self.typed_at = Duration::ZERO;
        self.save(self.start.elapsed());
        if let Some(driver) = self.driver.take() {
            driver.close().await;
        }
    }

    fn carry_out(&mut self, effect: Effect, now: Duration, msgs: &mut Vec<Msg>, next: &mut Vec<Next>) {
        match effect {
            Effect::Start(_) => self.connect(),
            Effect::Copy(text) => next.push(Next::Copy(text)),
            Effect::Alert { title, text } => next.push(Next::Alert { title, text }),
            Effect::Redraw => next.push(Next::Redraw),
            Effect::Suspend => next.push(Next::Suspend),
            Effect::Quit => next.push(Next::Quit),
            Effect::Keep => {
                let soon = self.saved_at + SAVE_EVERY;
                self.save_at = self.save_at.or(Some(soon.max(now)));
            }
            Effect::Load(room) => match self.logs.load(&room) {
                Ok(events) => msgs.push(Msg::Cached { room, events }),
                Err(error) => msgs.push(Msg::NotAsked(format!("the kept history cannot be read: {error}"))),
            },
            Effect::SetAside(room) => {
                if self.profile.is_owner()
                    && let Err(error) = self.logs.set_aside(&room)
                {
                    msgs.push(Msg::NotAsked(format!("the old history cannot be set aside: {error}")));
                }
            }
            Effect::Say { room, line } => self.say(room, fresh_id(), line, msgs),
            Effect::Change { room, change, text } => self.change(room, change, text, msgs),
            Effect::Call(_)
            | Effect::Picture(_)
            | Effect::Login { .. }
            | Effect::Register { .. }
            | Effect::Logout { .. } => {
                self.ask_over_http(effect);
            }
            Effect::Upload { .. }
            | Effect::GoOn(_)
            | Effect::SayWith { .. }
            | Effect::Download { .. }
            | Effect::Thumb(_)
            | Effect::Stop(_)
            | Effect::SearchHere(_)
            | Effect::Open(_)
            | Effect::CopyLink { .. } => self.beside(effect, msgs, next),
            other => self.command(other, now, msgs),
        }
    }

    pub(super) fn say(&mut self, room: RoomKey, id: Id, line: Line, msgs: &mut Vec<Msg>) {
        let Some(driver) = &mut self.driver else { return };
        if let Err(error) = driver.session.send(room.clone(), id, line.clone()) {
            let (thread, text) = (line.thread, line.text);
            msgs.push(Msg::NotTaken { room, thread, text, reason: error.to_string() });
        }
    }

    fn change(&mut self, room: RoomKey, change: Change, text: String, msgs: &mut Vec<Msg>) {
        let Some(driver) = &mut self.driver else { return };
        let Err(error) = driver.session.change(room.clone(), fresh_id(), change, text.clone()) else {
            return;
        };
        let reason = error.to_string();
        // What was to replace a message is not lost.
        msgs.push(if text.is_empty() {
            Msg::NotAsked(reason)
        } else {
            Msg::NotTaken { room, thread: self.model.thread(), text, reason }
        });
    }

    /// Writes what the session tells to disk, before it is shown.
    fn keep(&mut self, event: &SessionEvent) {
        let now = self.start.elapsed();
        match event {
            SessionEvent::Welcome(welcome) => {
                self.logs.set_epoch(&welcome.epoch);
                let read = welcome.rooms.iter().filter_map(|info| Some((info.room.clone(), info.read?)));
                self.told_read.extend(read);
                if let Some(token) = &welcome.token {
                    self.state.token = Some(token.clone());
                }
                self.state.user = Some(welcome.user.user.clone());
                self.state.name = Some(welcome.user.name.clone());
                self.state.epoch = Some(welcome.epoch.clone());
                self.save(now);
            }
            SessionEvent::Named(name) => self.state.name = Some(name.clone()),
            SessionEvent::Event(event) => {
                if let Event::Read(read) = &event.event {
                    // It was marked as unread on another device: what is read here again is to be told.
                    let told = self.told_read.entry(read.of.clone()).or_default();
                    *told = read.upto.min(*told);
                }
                self.log(event.event.room(), std::slice::from_ref(&event.event), event.as_of);
            }
            SessionEvent::Page(page) => self.log(&page.page.room, &page.page.events, page.page.as_of),
            SessionEvent::RoomLeft(room) if room.is_made() => {
                self.save_at = Some(now);
                if self.profile.is_owner() {
                    // What is left on the disk is for nobody here; that it cannot be removed changes nothing.
                    let _ = self.logs.forget(room);
                }
            }
            SessionEvent::RoomLeft(_) | SessionEvent::RoomJoined { .. } => self.save_at = Some(now),
            _ => {}
        }
    }

    fn log(&mut self, room: &RoomKey, events: &[Event], as_of: Seq) {
        // What is one's own is read anew at each start.
        if !self.profile.is_owner() || room.is_own() {
            return;
        }
        let appended = self.logs.append(room, events, as_of);
        if self.logs.is_unclean() {
            // What was deleted goes from the disk, too: once for many, as a log is written anew for it.
            let soon = self.saved_at + SAVE_EVERY;
            self.save_at = self.save_at.or(Some(soon.max(self.start.elapsed())));
        }
        if let Err(error) = appended {
            let reason = format!("the history cannot be kept on disk: {error}");
            let _ = update(&mut self.model, Msg::NotAsked(reason), self.start.elapsed());
        }
    }

    pub(super) fn save(&mut self, now: Duration) {
        self.save_at = None;
        self.saved_at = now;
        let rests_at = self.typed_at + REST;
        if now < rests_at {
            self.save_at = Some(rests_at);
        } else {
            self.tell_other_devices();
        }
        if !self.profile.is_owner() || self.is_signed_out {
            return;
        }
        // What could not be written anew now is with the next save.
        let _ = self.logs.scrub();
        self.state.blocked = (*self.model.own.blocked).clone();
        self.state.current = Some(self.model.current.clone());
        let mut rooms: BTreeMap<RoomKey, Option<Seq>> = match &self.driver {
            Some(driver) => driver.session.rooms().map(|(key, cursor)| (key.clone(), cursor)).collect(),
            None => self.state.rooms.iter().map(|(key, room)| (key.clone(), room.cursor)).collect(),
        };
        // Everybody is in the lobby, and may write there before the server first said so.
        rooms.entry(RoomKey::lobby()).or_default();
        rooms.retain(|key, _| !key.is_own());
        let kept = rooms.into_iter().map(|(key, cursor)| (key.clone(), kept(&self.model, &key, cursor)));
        self.state.rooms = kept.collect();
        if let Err(error) = self.profile.save_state(&self.state) {
            let reason = format!("what was read cannot be kept on disk: {error}");
            let _ = update(&mut self.model, Msg::NotAsked(reason), now);
        }
    }

    /// Somebody else is here: shows nothing but what the disk has of them.
    pub(super) fn begin_anew(&mut self) {
        let config = Config { room: None, name: None, ..self.config.clone() };
        let mut model = model(&config, &self.state, self.account.as_ref(), self.model.offset);
        // The terminal is the same; pictures are another person's to see.
        model.pictures = self.model.pictures.anew();
        let old = &self.model;
        self.model = Model {
            size: old.size,
            focused: old.focused,
            panes: old.panes,
            presence: old.presence,
            active_at: old.active_at,
            now: old.now,
            // What the other one's transfers still tell is nobody's.
            last_transfer: old.last_transfer,
            layers: Vec::new(),
            ..model
        };
        self.logs = RoomLogs::new(&self.profile, self.state.epoch.clone());
    }

    pub(super) fn connect(&mut self) {
        let name = Some(self.model.name.clone()).filter(|name| !name.is_empty());
        let session = SessionConfig {
            client: client_name(),
            conn: fresh_id(),
            name,
            token: self
                .account
                .as_ref()
                .map(|account| account.token.0.clone())
                .or_else(|| self.state.token.clone()),
            seed: random(),
        };
        let mut rooms: BTreeMap<RoomKey, Option<Seq>> =
            self.state.rooms.iter().map(|(key, room)| (key.clone(), room.cursor)).collect();
        rooms.insert(RoomKey::new(SELF_ROOM).expect("it is a room's key"), None);
        let mut outbox = self.outbox.as_ref().map(|outbox| outbox.entries().to_vec()).unwrap_or_default();
        // What the disk did not take is in the last session alone.
        let before = self.driver.take();
        for (line, _) in before.iter().flat_map(|driver| driver.session.outbox()) {
            if outbox.iter().all(|other| other.id != line.id) {
                outbox.push(line.clone());
            }
        }
        let saved = Saved { epoch: self.state.epoch.clone(), user: self.state.user.clone(), rooms, outbox };
        let driver = Driver::new(self.config.address.clone(), session, saved, self.start);
        let states: Vec<(Id, OutgoingState)> =
            driver.session.outbox().map(|(entry, state)| (entry.id.clone(), state)).collect();
        self.driver = Some(driver);
        for (id, state) in states {
            let event = SessionEvent::Outgoing { id, state };
            let _ = update(&mut self.model, Msg::Session(Box::new(event)), self.start.elapsed());
        }
        self.pump();
    }
}

#[cfg(test)]
mod tests;
