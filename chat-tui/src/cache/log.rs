//! The newest stretch of each room's log: what is on the screen before the network is.
//!
//! A file holds its epoch in the first line and one event a line after it, in the order of arrival. It is not synced:
//! what a power cut takes is a hole, and holes are filled from the server.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use protocol::event::Event;
use protocol::fold;
use protocol::ids::{Epoch, RoomKey, Seq};
use serde::{Deserialize, Serialize};

use super::{Profile, private, read_if_there, set_aside, write_whole};

/// Events kept per room.
const EVENTS: usize = 2_000;
/// Bytes kept per room.
const BYTES: usize = 2 * 1024 * 1024;

/// The logs of a profile's rooms.
#[derive(Debug)]
pub struct RoomLogs {
    dir: PathBuf,
    epoch: Option<Epoch>,
    open: HashMap<RoomKey, Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    events: usize,
    bytes: usize,
}

/// What stands beside an event.
#[derive(Default, Deserialize)]
struct AsOf {
    #[serde(default)]
    as_of: Seq,
}

#[derive(Serialize, Deserialize)]
struct Header {
    epoch: Epoch,
}

impl RoomLogs {
    /// The logs of a profile; those of another epoch count as damaged.
    pub fn new(profile: &Profile, epoch: Option<Epoch>) -> Self {
        Self { dir: profile.dir().join("rooms"), epoch, open: HashMap::new() }
    }

    /// The server tells the epoch. Logs of another one are set aside when they are touched next.
    pub fn set_epoch(&mut self, epoch: &Epoch) {
        if self.epoch.as_ref() != Some(epoch) {
            self.epoch = Some(epoch.clone());
            self.open.clear();
        }
    }

    /// A room's events, oldest first, each with the place up to which changes are folded into it. Lines that cannot be
    /// read are left out.
    pub fn load(&self, room: &RoomKey) -> io::Result<Vec<(Event, Seq)>> {
        let Some(bytes) = read_if_there(&self.path(room))? else { return Ok(Vec::new()) };
        Ok(self.parse(&bytes).map(|events| events.into_values().collect()).unwrap_or_default())
    }

    /// Adds events, into which changes up to `as_of` are folded; their text is kept as it came.
    pub fn append<'a>(
        &mut self,
        room: &RoomKey,
        events: impl IntoIterator<Item = &'a Event>,
        as_of: Seq,
    ) -> io::Result<()> {
        let mut lines = Vec::new();
        let mut count = 0;
        let mut deletes = false;
        for event in events {
            deletes |= matches!(event, Event::Delete(_));
            write(&mut lines, event, as_of)?;
            count += 1;
        }
        if count == 0 || self.epoch.is_none() {
            return Ok(());
        }
        let open = self.opened(room)?;
        open.file.write_all(&lines)?;
        open.events += count;
        open.bytes += lines.len();
        // What was deleted is not kept here either: opening the log anew writes it without those texts.
        if open.events > 2 * EVENTS || open.bytes > 2 * BYTES || deletes {
            self.open.remove(room);
            self.opened(room)?;
        }
        Ok(())
    }

    /// Puts a room's log aside: its `seq`s name other events now.
    pub fn set_aside(&mut self, room: &RoomKey) -> io::Result<()> {
        self.open.remove(room);
        let path = self.path(room);
        if path.exists() { set_aside(&path) } else { Ok(()) }
    }

    /// Removes a room's log: it is not ours to read any more.
    pub fn forget(&mut self, room: &RoomKey) -> io::Result<()> {
        self.open.remove(room);
        match fs::remove_file(self.path(room)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Opens a log for appending; cuts it to its newest stretch if it grew too long, and mends its end.
    fn opened(&mut self, room: &RoomKey) -> io::Result<&mut Open> {
        if !self.open.contains_key(room) {
            let path = self.path(room);
            DirBuilder::new().recursive(true).mode(0o700).create(&self.dir)?;
            let bytes = read_if_there(&path)?.unwrap_or_default();
            let kept = match self.parse(&bytes) {
                Some(events) => events,
                None if bytes.is_empty() => BTreeMap::new(),
                None => {
                    set_aside(&path)?;
                    BTreeMap::new()
                }
            };
            let epoch = self.epoch.clone().expect("logs are written only after the epoch is known");
            let mut whole = serde_json::to_vec(&Header { epoch })?;
            whole.push(b'\n');
            let (newest, count) = newest(&kept)?;
            whole.extend_from_slice(&newest);
            if whole != bytes {
                write_whole(&path, &whole)?;
            }
            let file = private().append(true).open(&path)?;
            self.open.insert(room.clone(), Open { file, events: count, bytes: whole.len() });
        }
        Ok(self.open.get_mut(room).expect("it was just put there"))
    }

    fn parse(&self, bytes: &[u8]) -> Option<BTreeMap<Seq, (Event, Seq)>> {
        let mut lines = bytes.split(|&byte| byte == b'\n');
        let header: Header = serde_json::from_slice(lines.next()?).ok()?;
        if self.epoch.as_ref().is_some_and(|epoch| *epoch != header.epoch) {
            return None;
        }
        let mut events: BTreeMap<Seq, (Event, Seq)> = BTreeMap::new();
        for line in lines {
            let Ok(event) = serde_json::from_slice::<Event>(line) else { continue };
            let as_of = serde_json::from_slice::<AsOf>(line).unwrap_or_default().as_of;
            // A message may be here as several pages told it: the latest view of it holds.
            let seq = event.seq();
            if events.get(&seq).is_none_or(|(_, known)| *known <= as_of) {
                events.insert(seq, (event, as_of));
            }
        }
        let is_delete = |(event, _): &(Event, Seq)| matches!(event, Event::Delete(_)).then(|| event.clone());
        let deletes: Vec<Event> = events.values().filter_map(is_delete).collect();
        for delete in &deletes {
            let target = fold::target(delete)?;
            if let Some((Event::Message(message), _)) = events.get_mut(&target) {
                fold::apply(message, delete);
            }
        }
        let deleted: BTreeSet<Seq> = deletes.iter().filter_map(fold::target).collect();
        for (event, _) in events.values_mut() {
            if let Event::Edit(edit) = event
                && deleted.contains(&edit.target)
            {
                edit.text.clear();
            }
        }
        Some(events)
    }

    fn path(&self, room: &RoomKey) -> PathBuf {
        // A key is letters, digits, '-', '_' and '.', and never begins with '.'.
        self.dir.join(format!("{room}.jsonl"))
    }
}

/// A line: the event, and beside its fields the place up to which changes are folded into it.
fn write(lines: &mut Vec<u8>, event: &Event, as_of: Seq) -> io::Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        #[serde(flatten)]
        event: &'a Event,
        #[serde(skip_serializing_if = "is_zero")]
        as_of: Seq,
    }
    serde_json::to_writer(&mut *lines, &Line { event, as_of })?;
    lines.push(b'\n');
    Ok(())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(seq: &Seq) -> bool {
    *seq == 0
}

fn newest(events: &BTreeMap<Seq, (Event, Seq)>) -> io::Result<(Vec<u8>, usize)> {
    let mut lines = Vec::new();
    let mut bytes = 0;
    for (event, as_of) in events.values().rev().take(EVENTS) {
        let mut line = Vec::new();
        write(&mut line, event, *as_of)?;
        bytes += line.len();
        if bytes > BYTES {
            break;
        }
        lines.push(line);
    }
    lines.reverse();
    Ok((lines.concat(), lines.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::message_at;

    fn logs(profile: &Profile, epoch: &str) -> RoomLogs {
        RoomLogs::new(profile, Some(Epoch::new(epoch).unwrap()))
    }

    fn seqs(logs: &RoomLogs) -> Vec<Seq> {
        logs.load(&RoomKey::lobby()).unwrap().iter().map(|(event, _)| event.seq()).collect()
    }

    #[test]
    fn a_log_cut_at_any_byte_loses_only_its_last_line() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        let events: Vec<Event> = (1..=3).map(|seq| message_at(seq, "bo", "hi\u{1b}[2J")).collect();
        logs(&profile, "e1").append(&RoomKey::lobby(), &events, 0).unwrap();
        let path = dir.path().join("rooms/lobby.jsonl");
        let whole = fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let mut logs = logs(&profile, "e1");
            let before = seqs(&logs);
            assert!([1, 2, 3].starts_with(&before), "cut at {cut}: {before:?}");
            logs.append(&RoomKey::lobby(), [&message_at(9, "bo", "after")], 0).unwrap();
            let mut expected = before;
            expected.push(9);
            assert_eq!(seqs(&logs), expected, "cut at {cut}");
        }
    }

    #[test]
    fn a_log_is_bounded_and_sorted() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        let mut logs = logs(&profile, "e1");
        for start in [3_001_u64, 1, 1_001, 2_001, 4_001] {
            let page: Vec<Event> = (start..start + 1_000).map(|seq| message_at(seq, "bo", "x")).collect();
            logs.append(&RoomKey::lobby(), &page, 0).unwrap();
        }
        let seqs = seqs(&logs);
        assert!(seqs.len() <= 2 * EVENTS && seqs.is_sorted());
        assert_eq!(seqs.last(), Some(&5_000));
    }

    #[test]
    fn what_was_deleted_is_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        let mut logs = logs(&profile, "e1");
        let lobby = RoomKey::lobby();
        logs.append(&lobby, [&message_at(1, "bo", "a slip of the tongue"), &message_at(2, "bo", "fine")], 0)
            .unwrap();
        let delete = Event::parse(
            r#"{"type":"delete","room":"lobby","seq":3,"id":"d","target":1,"user":"u","sender":"ana","timestamp":""}"#,
        )
        .unwrap();
        logs.append(&lobby, [&delete], 0).unwrap();
        let path = dir.path().join("rooms/lobby.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("slip") && text.contains("fine"), "{text}");
        assert_eq!(seqs(&logs), [1, 2, 3]);
        logs.forget(&lobby).unwrap();
        logs.forget(&lobby).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_log_of_another_history_is_set_aside() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        logs(&profile, "e1").append(&RoomKey::lobby(), [&message_at(7, "bo", "old")], 0).unwrap();
        let mut logs = logs(&profile, "e2");
        assert_eq!(seqs(&logs), [] as [Seq; 0]);
        logs.append(&RoomKey::lobby(), [&message_at(1, "bo", "new")], 0).unwrap();
        assert_eq!(seqs(&logs), [1]);
        assert!(dir.path().join("rooms/lobby.damaged-1").exists());
    }
}
