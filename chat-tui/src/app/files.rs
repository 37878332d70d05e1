//! Files on their way to a room or from it, as the person sees them.

use std::fmt::Write as _;
use std::time::Duration;

use protocol::ids::{RoomKey, Seq};
use protocol::limits::FILES_PER_MESSAGE;
use protocol::messages::File;
use protocol::session::Line;

use super::{Effect, Model, place, safe};

/// So many are under way at a time.
const AT_ONCE: usize = 8;

/// Files that are under way together: those of one message up, or one down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Names it here.
    pub id: u64,
    /// To the server, or from it.
    pub up: bool,
    /// The file that is under way, safe to draw.
    pub name: String,
    /// Where the message is, or is to be said.
    pub room: RoomKey,
    /// The message in whose thread.
    pub thread: Option<Seq>,
    /// Bytes that are there.
    pub at: u64,
    /// Bytes of the whole.
    pub size: u64,
    /// Since when, and with how many bytes there.
    pub began: (Duration, u64),
}

/// What becomes of a transfer.
#[derive(Debug, Clone)]
pub enum News {
    /// The next file, or how far it is.
    At {
        /// Its name.
        name: String,
        /// Bytes that are there.
        at: u64,
        /// Bytes of the whole.
        size: u64,
    },
    /// All are there: the message can be said.
    Sent(Vec<File>),
    /// It is here, under this path.
    Saved(String),
    /// It came to nothing.
    Failed(String),
}

impl Transfer {
    /// How far it is, in one line.
    pub fn told(&self, now: Duration) -> String {
        let (since, first) = self.began;
        let moved = self.at.saturating_sub(first);
        let arrow = if self.up { '↑' } else { '↓' };
        let told = progress(self.at, self.size, moved, now.saturating_sub(since));
        format!("{arrow} {}: {told}", self.name)
    }
}

/// A file of a message, in one line; its name is safe to draw already.
pub(crate) fn label(file: &File) -> String {
    let sign = if file.kind.starts_with("image/") { '▣' } else { '▤' };
    let pixels = match (file.width, file.height) {
        (Some(width), Some(height)) => format!(" · {width}×{height}"),
        _ => String::new(),
    };
    format!("{sign} {} · {}{pixels}", file.name, bytes(file.size))
}

/// How far what is under way is, in one line.
pub fn told(model: &Model) -> Option<String> {
    let told: Vec<String> = model.transfers.iter().map(|transfer| transfer.told(model.now)).collect();
    (!told.is_empty()).then(|| format!("{} · /cancel", told.join(" · ")))
}

/// `/upload PATH …`: a path with spaces stands in quotation marks.
pub(super) fn upload(model: &mut Model, argument: &str) -> Vec<Effect> {
    let paths = match paths(argument) {
        Ok(paths) if paths.is_empty() => {
            model.complain("/upload FILE …: which files? \"quotes\" go round a name with spaces");
            return Vec::new();
        }
        Ok(paths) => paths,
        Err(why) => {
            model.complain(why);
            return Vec::new();
        }
    };
    if paths.len() > FILES_PER_MESSAGE {
        model.complain(format!("a message has at most {FILES_PER_MESSAGE} files"));
        return Vec::new();
    }
    let (room, thread) = (model.current.clone(), model.thread());
    let name = safe::line(&paths[0]);
    match begin(model, true, name, 0, thread) {
        Some(id) => vec![Effect::Upload { id, room, paths }],
        None => Vec::new(),
    }
}

/// Fetches the files of a message.
pub(super) fn download(model: &mut Model, seq: Seq) -> Vec<Effect> {
    let files = place::said(model, seq).map(|said| said.files.clone()).unwrap_or_default();
    if files.is_empty() {
        model.toast("this message has no files");
    }
    let mut effects = Vec::new();
    for file in files {
        let Some(id) = begin(model, false, safe::line(&file.name), file.size, None) else { break };
        effects.push(Effect::Download { id, file });
    }
    effects
}

/// `/cancel`: stops what is under way.
pub(super) fn cancel(model: &mut Model) -> Vec<Effect> {
    if model.transfers.is_empty() {
        model.toast("no file is under way");
    }
    let stopped = std::mem::take(&mut model.transfers);
    stopped.into_iter().map(|transfer| Effect::Stop(transfer.id)).collect()
}

fn begin(model: &mut Model, up: bool, name: String, size: u64, thread: Option<Seq>) -> Option<u64> {
    if !model.is_online() {
        model.complain("there is no connection: files go when it is back");
        return None;
    }
    if model.transfers.len() >= AT_ONCE {
        model.complain(format!("{AT_ONCE} transfers are under way already"));
        return None;
    }
    model.last_transfer += 1;
    let (id, room) = (model.last_transfer, model.current.clone());
    model.transfers.push(Transfer { id, up, name, room, thread, at: 0, size, began: (model.now, 0) });
    Some(id)
}

/// Takes in what became of a transfer; one that was stopped is nobody's any more.
pub(super) fn take(model: &mut Model, id: u64, news: News) -> Vec<Effect> {
    let Some(place) = model.transfers.iter().position(|transfer| transfer.id == id) else {
        return Vec::new();
    };
    if let News::At { name, at, size } = news {
        let (now, transfer) = (model.now, &mut model.transfers[place]);
        let name = safe::line(&name);
        if transfer.name != name || transfer.size != size {
            (transfer.name, transfer.size, transfer.began) = (name, size, (now, at));
        }
        transfer.at = at;
        return Vec::new();
    }
    let transfer = model.transfers.remove(place);
    match news {
        News::Sent(files) => {
            let files = files.into_iter().map(|file| file.file).collect();
            let line = Line { thread: transfer.thread, files, ..Line::default() };
            return vec![Effect::Say { room: transfer.room, line }];
        }
        News::Saved(path) => model.say(format!("{} is in {}", transfer.name, safe::line(&path))),
        News::Failed(why) => {
            let what = if transfer.up { "not sent" } else { "not fetched" };
            model.complain(format!("{}: {what}: {}", transfer.name, safe::line(&why)));
        }
        News::At { .. } => {}
    }
    Vec::new()
}

/// What is told of a file that did not come whole to a room, before the program ended.
pub fn broken_off(room: &str, name: &str, path: &str) -> String {
    let quoted: String = path
        .chars()
        .flat_map(|c| {
            let special = c.is_whitespace() || matches!(c, '\\' | '"' | '\'');
            special.then_some('\\').into_iter().chain([c])
        })
        .collect();
    safe::line(&format!("{name} is not whole in {room} yet: go there and /upload {quoted} goes on with it"))
}

/// Words, and what stands in quotation marks as one; a backslash takes the next character as it is.
fn paths(text: &str) -> Result<Vec<String>, String> {
    let mut paths = Vec::new();
    let (mut path, mut quote, mut begun) = (String::new(), None, false);
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (c, quote) {
            ('\\', _) => path.extend(characters.next()),
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => quote = Some(c),
            (c, None) if c.is_whitespace() => {
                if begun {
                    paths.push(std::mem::take(&mut path));
                }
                begun = false;
                continue;
            }
            (c, _) => path.push(c),
        }
        begun = true;
    }
    if quote.is_some() {
        return Err("a quotation mark is not closed".to_owned());
    }
    if begun {
        paths.push(path);
    }
    Ok(paths)
}

/// `3.1 of 12 MiB, 25 %, 1.2 MiB/s`.
pub(crate) fn progress(length: u64, size: u64, moved: u64, took: Duration) -> String {
    let share = if size == 0 { 100 } else { u128::from(length) * 100 / u128::from(size) };
    let mut text = format!("{} of {}, {share} %", bytes(length), bytes(size));
    if moved > 0 && took >= Duration::from_millis(500) {
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let _ = write!(text, ", {}/s", bytes(moved.saturating_mul(1000) / millis));
    }
    text
}

/// A number of bytes as people read it: two digits at least, of the largest unit.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut unit, mut scale) = (0, 1_u64);
    while unit + 1 < UNITS.len() && number / scale >= 1024 {
        (unit, scale) = (unit + 1, scale * 1024);
    }
    let (whole, tenth) = (number / scale, number % scale * 10 / scale);
    if unit == 0 || whole >= 10 {
        format!("{whole} {}", UNITS[unit])
    } else {
        format!("{whole}.{tenth} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_broken_off_is_gone_on_with_by_what_is_told() {
        let told = broken_off("#Lobby", "b c.png", "/a/b c's \\.png");
        let command = told.split_once("/upload ").unwrap().1.strip_suffix(" goes on with it").unwrap();
        assert_eq!(paths(command).unwrap(), ["/a/b c's \\.png"]);
        assert!(told.starts_with("b c.png is not whole in #Lobby yet"), "{told}");
    }

    #[test]
    fn names_with_spaces_stand_in_quotation_marks() {
        let read = |text: &str| paths(text).unwrap();
        assert_eq!(read("a.png  'b c.png' \"d'e\" f\\ g"), ["a.png", "b c.png", "d'e", "f g"]);
        assert_eq!(read("  "), [""; 0]);
        assert_eq!(read("''"), [""]);
        assert!(paths("\"a").is_err());
    }

    #[test]
    fn numbers_are_told_as_people_read_them() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(12 * 1024 * 1024), "12 MiB");
        assert_eq!(bytes(u64::MAX), "16777215 TiB");
        assert_eq!(progress(0, 0, 0, Duration::ZERO), "0 B of 0 B, 100 %");
        let told = progress(3 << 20, 12 << 20, 2 << 20, Duration::from_secs(2));
        assert_eq!(told, "3.0 MiB of 12 MiB, 25 %, 1.0 MiB/s");
    }
}
