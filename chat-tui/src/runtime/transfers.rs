//! Files on their way beside the chat, and searching what is kept on this machine.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use protocol::ids::{Id, RoomKey};
use protocol::messages::File;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::shell::{Next, Shell};
use crate::api::{Answer, Failure, Hidden, Request};
use crate::app::files::{self, News};
use crate::app::finding::{HERE, Sought};
use crate::app::pictures::Picture;
use crate::app::{Effect, Model, Msg, Room, update};
use crate::cache::Profile;
use crate::link;
use crate::transfer::{Download, Server, Source, Step, download, thumb, upload};

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
            Effect::Upload { id, room, paths } => {
                let (server, profile) = (self.server(), self.profile.dir().to_owned());
                let heard = Reporter::new(id, self.heard.clone());
                self.run(id, async move {
                    let result = send_all(&server, &profile, &room, &paths, &heard).await;
                    heard.end(result.map(News::Sent)).await;
                });
            }
            Effect::Download { id, file } => {
                let server = self.server();
                let heard = Reporter::new(id, self.heard.clone());
                self.run(id, async move {
                    let result = fetch(&server, file, &heard).await;
                    heard.end(result.map(|path| News::Saved(path.display().to_string()))).await;
                });
            }
            Effect::Thumb(file) => {
                let (server, heard) = (self.server(), self.heard.clone());
                tokio::spawn(async move {
                    let picture = thumb(&server, &file).await;
                    // Nobody listens any more at the end.
                    let _ = heard.send(Heard::Thumb(file, picture)).await;
                });
            }
            Effect::Stop(id) => {
                if let Some(transfer) = self.transfers.remove(&id) {
                    transfer.abort();
                }
            }
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
            Heard::Transfer(id, news) => self.take(Msg::Transfer { id, news }, now),
        }
    }

    fn run(&mut self, id: u64, transfer: impl Future<Output = ()> + Send + 'static) {
        self.transfers.retain(|_, transfer| !transfer.is_finished());
        self.transfers.insert(id, tokio::spawn(transfer).abort_handle());
    }

    /// Where files go, and as whose.
    fn server(&self) -> Server {
        let token = self.account.as_ref().map(|account| account.token.clone());
        let token = token.or_else(|| self.state.token.clone().map(Hidden));
        Server { address: self.config.address.clone(), token }
    }
}

/// Stops by its number what is under way.
pub(super) type Transfers = std::collections::HashMap<u64, AbortHandle>;

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

    async fn end(&self, result: Result<News, Failure>) {
        let news = result.unwrap_or_else(|failure| News::Failed(failure.reason));
        // Nobody listens any more at the end.
        let _ = self.heard.send(Heard::Transfer(self.id, news)).await;
    }
}

async fn send_all(
    server: &Server,
    profile: &std::path::Path,
    room: &RoomKey,
    paths: &[String],
    heard: &Reporter,
) -> Result<Vec<File>, Failure> {
    let profile = Profile::look(profile.to_owned()).map_err(|error| Failure::new(error.to_string()))?;
    let mut sources = Vec::new();
    for path in paths {
        sources.push(Source::look(path).map_err(Failure::new)?);
    }
    let mut files = Vec::new();
    for source in &sources {
        let mut at = heard.file(source.name(), source.size);
        let begun = profile.upload_of(room, source);
        let told = |step: Step| match step {
            // Not kept, it would only be sent from its beginning the next time.
            Step::Begun(upload) => drop(profile.keep_upload(room, source, upload)),
            Step::At(offset) => at(offset),
        };
        files.push(upload(server, room, source, begun, told).await?);
        let _ = profile.forget_upload(room, source);
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

/// Tells of the files that were on their way to a room when the program ended, and how to go on with them.
pub(super) fn tell_broken_off(profile: &Profile, model: &mut Model, now: Duration) {
    for (room, source) in profile.broken_off(SystemTime::now()) {
        let label = model.rooms.get(&room).map_or_else(|| room.to_string(), Room::label);
        let notice = files::broken_off(&label, &source.name(), &source.path.to_string_lossy());
        let _ = update(model, Msg::NotAsked(notice), now);
    }
}

/// Where downloads go: as the desktop says, else `~/Downloads`.
fn downloads() -> PathBuf {
    if let Some(directory) = std::env::var_os("XDG_DOWNLOAD_DIR") {
        return directory.into();
    }
    let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from);
    home.join("Downloads")
}
