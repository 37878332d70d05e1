//! Files on their way beside the chat, and searching what is kept on this machine.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use protocol::http::Call;
use protocol::ids::{Id, RoomKey, Seq};
use protocol::messages::File;
use protocol::session::Line;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::shell::{Next, Shell};
use crate::api::{Answer, Failure, Hidden, Request};
use crate::app::files::{BrokenOff, News};
use crate::app::finding::{HERE, Sought};
use crate::app::pictures::Picture;
use crate::app::{Effect, Msg, update};
use crate::cache::{Outbox, Profile, Sending};
use crate::link;
use crate::net::fresh_id;
use crate::net::http::call;
use crate::transfer::{Download, NotSent, Server, Source, Step, download, thumb, upload};

/// Between two reports of how far a file is.
const PACE: Duration = Duration::from_millis(200);

/// What comes back from beside the chat.
#[derive(Debug)]
pub(super) enum Heard {
    /// The answer to a request over HTTP.
    Answer(Request, Answer),
    /// What becomes of a transfer.
    Transfer(u64, News),
    /// The small picture of a file.
    Thumb(Id, Option<Picture>),
}

impl Shell {
    /// Begins or stops what is done beside the chat.
    pub(super) fn beside(&mut self, effect: Effect, msgs: &mut Vec<Msg>, next: &mut Vec<Next>) {
        match effect {
            Effect::Upload { id, room, thread, paths } => msgs.extend(self.note(id, room, thread, &paths)),
            Effect::GoOn(id) => self.go_on(id),
            Effect::SayWith { transfer, room, line } => self.say_with(transfer, room, line, msgs),
            Effect::Download { id, file } => {
                let server = self.server();
                let heard = Reporter::new(id, self.heard.clone());
                self.run(id, async move {
                    let news = match fetch(&server, file, &heard).await {
                        Ok(path) => News::Saved(path.display().to_string()),
                        Err(failure) => News::Failed(failure.reason),
                    };
                    heard.end(news).await;
                });
            }
            Effect::Thumb(file) => {
                let (server, heard) = (self.server(), self.heard.clone());
                let needs = self.model.pictures.needs();
                tokio::spawn(async move {
                    let picture = thumb(&server, &file, needs).await;
                    // Nobody listens any more at the end.
                    let _ = heard.send(Heard::Thumb(file, picture)).await;
                });
            }
            Effect::Stop(id) => self.stop(id),
            Effect::SearchHere(query) => {
                let sought = Sought::read(&query);
                let rooms = self.model.rooms.iter().filter(|(key, room)| sought.wants(key, &room.title));
                let mut found = Vec::new();
                for (room, _) in rooms {
                    // What cannot be read of a cache is not found in it.
                    let newest = self.logs.messages(room).unwrap_or_default().into_iter().rev();
                    found.extend(newest.filter_map(|message| sought.finds(message)).take(HERE));
                }
                msgs.push(Msg::FoundHere(found));
            }
            Effect::Open(text) => msgs.push(match link::read(&text, &self.config.address) {
                Ok(spot) => Msg::Opened(spot),
                Err(why) => Msg::NotAsked(why.to_string()),
            }),
            Effect::CopyLink { room, seq } => {
                next.push(Next::Copy(link::to(&self.config.address, &room, seq)));
            }
            _ => {}
        }
    }

    /// Takes in what comes back.
    pub(super) fn hear(&mut self, heard: Heard, now: Duration) -> Vec<Next> {
        match heard {
            Heard::Answer(request, answer) => self.answered(request, answer, now),
            Heard::Thumb(file, picture) => {
                self.take(Msg::Thumb { file, picture: picture.map(Arc::new) }, now)
            }
            Heard::Transfer(id, news) => {
                if let News::Failed(_) = news {
                    self.forget(id);
                }
                self.take(Msg::Transfer { id, news }, now)
            }
        }
    }

    /// Tells of the messages whose files were on their way when this person was last here. They go on when there is a
    /// connection.
    pub(super) fn take_up_files(&mut self, now: Duration) {
        if !self.profile.is_owner() {
            return;
        }
        for sending in self.profile.sendings() {
            let others = sending.user.is_some() && sending.user != self.state.user;
            let is_here = self.transfers.sending.values().any(|other| other.id == sending.id);
            if others || is_here {
                continue;
            }
            let is_said = self.outbox.iter().flat_map(Outbox::entries).any(|line| line.id == sending.id);
            let obstacle = sending.obstacle(SystemTime::now());
            if is_said || obstacle.is_some() {
                let _ = self.profile.forget_sending(&sending.id);
            }
            if is_said {
                continue;
            }
            let id = self.model.last_transfer + 1;
            let (room, thread) = (sending.room.clone(), sending.thread);
            let names = sending.sources.iter().map(Source::name).collect();
            let broken = BrokenOff { id, room, thread, names, obstacle };
            let _ = update(&mut self.model, Msg::BrokenOff(broken), now);
            if obstacle.is_none() {
                self.transfers.sending.insert(id, sending);
            }
        }
    }

    /// Somebody else is here: nothing of the other one's goes on, and what was on its way is kept for them.
    pub(super) fn leave_files(&mut self) {
        for (_, transfer) in self.transfers.running.drain() {
            transfer.abort();
        }
        self.transfers.sending.clear();
    }

    /// What is in the outbox by now need not be remembered as on its way.
    pub(super) fn forget_said(&mut self) {
        for id in std::mem::take(&mut self.transfers.said) {
            let is_kept = self.outbox.iter().flat_map(Outbox::entries).any(|line| line.id == id);
            if is_kept && self.profile.is_owner() {
                // At worst it is said once more under its id, which changes nothing.
                let _ = self.profile.forget_sending(&id);
            }
        }
    }

    /// Notes a message whose files begin their way; what is in the way of that.
    fn note(&mut self, transfer: u64, room: RoomKey, thread: Option<Seq>, paths: &[String]) -> Option<Msg> {
        let failed = |why: String| Some(Msg::Transfer { id: transfer, news: News::Failed(why) });
        let mut sources: Vec<Source> = Vec::new();
        for path in paths {
            let source = match Source::look(path) {
                Ok(source) => source,
                Err(why) => return failed(why),
            };
            let is_under_way = self.transfers.sending.values().any(|other| other.has(&room, &source));
            if is_under_way || sources.contains(&source) {
                return failed("it is on its way there already".to_owned());
            }
            sources.push(source);
        }
        let (id, user) = (fresh_id(), self.state.user.clone());
        let sending = Sending { id, user, room, thread, sources, since: SystemTime::now() };
        let kept = if self.profile.is_owner() { self.profile.keep_sending(&sending) } else { Ok(()) };
        self.transfers.sending.insert(transfer, sending);
        kept.err().map(|error| {
            Msg::NotAsked(format!("that files are on their way cannot be kept on disk: {error}"))
        })
    }

    fn go_on(&mut self, id: u64) {
        let Some(sending) = self.transfers.sending.get(&id).cloned() else { return };
        let (server, profile) = (self.server(), self.profile.dir().to_owned());
        let heard = Reporter::new(id, self.heard.clone());
        self.run(id, async move {
            let news = match send_all(&server, &profile, &sending, &heard).await {
                Ok(files) => News::Sent(files),
                Err(NotSent::Yet(failure)) => News::Broken(failure.reason),
                Err(NotSent::Ever(failure)) => News::Failed(failure.reason),
            };
            heard.end(news).await;
        });
    }

    /// Says the message whose files are there, under the name that it has since they began their way.
    fn say_with(&mut self, transfer: u64, room: RoomKey, line: Line, msgs: &mut Vec<Msg>) {
        let Some(sending) = self.transfers.sending.remove(&transfer) else { return };
        for source in &sending.sources {
            // At worst the server is asked for it in vain.
            let _ = self.profile.forget_upload(&sending.room, source);
        }
        self.transfers.said.push(sending.id.clone());
        self.say(room, sending.id, line, msgs);
    }

    /// Stops a transfer for good: what is there of its files is given back.
    fn stop(&mut self, id: u64) {
        if let Some(transfer) = self.transfers.running.remove(&id) {
            transfer.abort();
        }
        let Some(sending) = self.forget(id) else { return };
        for source in &sending.sources {
            let Some(upload) = self.profile.upload_of(&sending.room, source) else { continue };
            let _ = self.profile.forget_upload(&sending.room, source);
            let Server { address, token } = self.server();
            let request = Request::new(Call::CancelUpload).with(&upload).quietly();
            // Otherwise the server forgets it in a day.
            tokio::spawn(async move {
                call(&address, token.as_ref().map(|token| token.0.as_str()), &request).await
            });
        }
    }

    /// What this transfer was to bring is not on its way any more.
    fn forget(&mut self, id: u64) -> Option<Sending> {
        let sending = self.transfers.sending.remove(&id)?;
        if self.profile.is_owner() {
            // At worst the next start tells of it.
            let _ = self.profile.forget_sending(&sending.id);
        }
        Some(sending)
    }

    fn run(&mut self, id: u64, transfer: impl Future<Output = ()> + Send + 'static) {
        let running = &mut self.transfers.running;
        running.retain(|_, transfer| !transfer.is_finished());
        running.insert(id, tokio::spawn(transfer).abort_handle());
    }

    /// Where files go, and as whose.
    fn server(&self) -> Server {
        let token = self.account.as_ref().map(|account| account.token.clone());
        let token = token.or_else(|| self.state.token.clone().map(Hidden));
        Server { address: self.config.address.clone(), token }
    }
}

/// What is under way beside the chat, by the numbers that the model gave it.
#[derive(Debug, Default)]
pub(super) struct Transfers {
    /// Stops it.
    running: HashMap<u64, AbortHandle>,
    /// Messages that are said when their files are there.
    sending: HashMap<u64, Sending>,
    /// Those that were just said.
    said: Vec<Id>,
}

/// Tells how far a transfer is, not more often than anybody can read.
struct Reporter {
    id: u64,
    heard: mpsc::Sender<Heard>,
}

impl Reporter {
    fn new(id: u64, heard: mpsc::Sender<Heard>) -> Self {
        Self { id, heard }
    }

    /// For one file.
    fn file(&self, name: String, size: u64) -> impl FnMut(u64) + Send + use<> {
        let (id, heard, mut last) = (self.id, self.heard.clone(), None::<Instant>);
        move |at| {
            let due = at == size || last.is_none_or(|last| last.elapsed() >= PACE);
            if due {
                last = Some(Instant::now());
                // One report fewer does no harm.
                let _ = heard.try_send(Heard::Transfer(id, News::At { name: name.clone(), at, size }));
            }
        }
    }

    async fn end(&self, news: News) {
        // Nobody listens any more at the end.
        let _ = self.heard.send(Heard::Transfer(self.id, news)).await;
    }
}

async fn send_all(
    server: &Server,
    profile: &Path,
    sending: &Sending,
    heard: &Reporter,
) -> Result<Vec<File>, NotSent> {
    let profile = Profile::look(profile.to_owned());
    let profile = profile.map_err(|error| NotSent::Ever(Failure::new(error.to_string())))?;
    let room = &sending.room;
    let mut files = Vec::new();
    for source in &sending.sources {
        let mut at = heard.file(source.name(), source.size);
        let begun = profile.upload_of(room, source);
        let told = |step: Step| match step {
            // Not kept, it would only be sent from its beginning the next time.
            Step::Begun(upload) => drop(profile.keep_upload(room, source, upload)),
            Step::At(offset) => at(offset),
        };
        files.push(upload(server, room, source, begun, told).await?);
    }
    Ok(files)
}

async fn fetch(server: &Server, file: File, heard: &Reporter) -> Result<PathBuf, Failure> {
    let directory = downloads();
    std::fs::create_dir_all(&directory)
        .map_err(|error| Failure::new(format!("cannot make {}: {error}", directory.display())))?;
    let at = heard.file(file.name.clone(), file.size);
    download(server, &Download { file, directory }, at).await
}

/// Where downloads go: as the desktop says, else `~/Downloads`.
fn downloads() -> PathBuf {
    if let Some(directory) = std::env::var_os("XDG_DOWNLOAD_DIR") {
        return directory.into();
    }
    let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from);
    home.join("Downloads")
}
