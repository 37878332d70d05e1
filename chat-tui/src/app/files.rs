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
    /// How it goes.
    pub course: Course,
}

/// How a transfer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// It goes on as soon as there is a connection.
    Waits,
    /// Nothing was told of it yet.
    Begins,
    /// Since this time, when so many bytes were there.
    Goes(Duration, u64),
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
    /// The way to the server broke, for this reason: it goes on later.
    Broken(String),
    /// It came to nothing.
    Failed(String),
}

/// A message of an earlier start whose files did not come whole to the server.
#[derive(Debug, Clone)]
pub struct BrokenOff {
    /// Names it here.
    pub id: u64,
    /// Where it is to be said.
    pub room: RoomKey,
    /// In whose message's thread.
    pub thread: Option<Seq>,
    /// Its files' names.
    pub names: Vec<String>,
    /// Why it is not gone on with, if so.
    pub obstacle: Option<&'static str>,
}

impl Transfer {
    /// How far it is, in one line.
    pub fn told(&self, now: Duration) -> String {
        let arrow = if self.up { '↑' } else { '↓' };
        let told = match self.course {
            Course::Waits => "waits for the connection".to_owned(),
            Course::Begins => "begins".to_owned(),
            Course::Goes(since, first) => {
                let moved = self.at.saturating_sub(first);
                progress(self.at, self.size, moved, now.saturating_sub(since))
            }
        };
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
    let Some(id) = begin(model, true, safe::line(file_name(&paths[0])), thread) else { return Vec::new() };
    let mut effects = vec![Effect::Upload { id, room, thread, paths }];
    if model.is_online() {
        effects.push(Effect::GoOn(id));
    } else {
        model.say("there is no connection: the files go as soon as there is one");
    }
    effects
}

/// The last part of a path as it was typed.
fn file_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(path)
}

/// Fetches the files of a message.
pub(super) fn download(model: &mut Model, seq: Seq) -> Vec<Effect> {
    let files = place::said(model, seq).map(|said| said.files.clone()).unwrap_or_default();
    if files.is_empty() {
        model.toast("this message has no files");
    }
    if !model.is_online() {
        model.complain("there is no connection");
        return Vec::new();
    }
    let mut effects = Vec::new();
    for file in files {
        let Some(id) = begin(model, false, safe::line(&file.name), None) else { break };
        effects.push(Effect::Download { id, file });
    }
    effects
}

/// `/cancel`: stops what is under way.
pub(super) fn cancel(model: &mut Model) -> Vec<Effect> {
    let stopped = std::mem::take(&mut model.transfers);
    if stopped.is_empty() {
        model.toast("no file is under way");
        return Vec::new();
    }
    let names: Vec<&str> = stopped.iter().map(|transfer| transfer.name.as_str()).collect();
    model.say(format!("stopped: {}", names.join(", ")));
    stopped.iter().map(|transfer| Effect::Stop(transfer.id)).collect()
}

fn begin(model: &mut Model, up: bool, name: String, thread: Option<Seq>) -> Option<u64> {
    if model.transfers.len() >= AT_ONCE {
        model.complain(format!("{AT_ONCE} transfers are under way already"));
        return None;
    }
    model.last_transfer += 1;
    let (id, room) = (model.last_transfer, model.current.clone());
    let course = if model.is_online() { Course::Begins } else { Course::Waits };
    model.transfers.push(Transfer { id, up, name, room, thread, at: 0, size: 0, course });
    Some(id)
}

/// Tells of a message of an earlier start whose files did not come whole to the server; it waits to be gone on with.
pub(super) fn broken_off(model: &mut Model, broken: BrokenOff) {
    let BrokenOff { id, room, thread, names, obstacle } = broken;
    model.last_transfer = model.last_transfer.max(id);
    let label = model.rooms.get(&room).map_or_else(|| safe::line(room.as_str()), super::Room::label);
    let name = names.iter().map(|name| safe::line(name)).collect::<Vec<_>>().join(", ");
    let what = format!("{name} did not come whole to {label} before the end");
    match obstacle {
        Some(why) => model.complain(format!("{what} and is not sent, for {why}: /upload does that anew")),
        None => {
            model.say(format!("{what}: it goes on now · /cancel stops it"));
            let course = Course::Waits;
            model.transfers.push(Transfer { id, up: true, name, room, thread, at: 0, size: 0, course });
        }
    }
}

/// There is a connection: what waited for it goes on.
pub(super) fn go_on(model: &mut Model) -> Vec<Effect> {
    let waits = model.transfers.iter_mut().filter(|transfer| transfer.course == Course::Waits);
    waits
        .map(|transfer| {
            transfer.course = Course::Begins;
            Effect::GoOn(transfer.id)
        })
        .collect()
}

/// Takes in what became of a transfer; one that was stopped is nobody's any more.
pub(super) fn take(model: &mut Model, id: u64, news: News) -> Vec<Effect> {
    let Some(place) = model.transfers.iter().position(|transfer| transfer.id == id) else {
        return Vec::new();
    };
    let (now, transfer) = (model.now, &mut model.transfers[place]);
    match news {
        News::At { name, at, size } => {
            let name = safe::line(&name);
            let goes = matches!(transfer.course, Course::Goes(..));
            if !goes || transfer.name != name || transfer.size != size {
                (transfer.name, transfer.size, transfer.course) = (name, size, Course::Goes(now, at));
            }
            transfer.at = at;
        }
        News::Broken(why) => {
            transfer.course = Course::Waits;
            let why = safe::line(&why);
            let told = format!("{}: {why}; it goes on when there is a connection again", transfer.name);
            model.complain(told);
        }
        News::Sent(files) => {
            let transfer = model.transfers.remove(place);
            let files = files.into_iter().map(|file| file.file).collect();
            let line = Line { thread: transfer.thread, files, ..Line::default() };
            return vec![Effect::SayWith { transfer: id, room: transfer.room, line }];
        }
        News::Saved(path) => {
            let transfer = model.transfers.remove(place);
            model.say(format!("{} is in {}", transfer.name, safe::line(&path)));
        }
        News::Failed(why) => {
            let transfer = model.transfers.remove(place);
            let what = if transfer.up { "not sent" } else { "not fetched" };
            model.complain(format!("{}: {what}: {}", transfer.name, safe::line(&why)));
        }
    }
    Vec::new()
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
