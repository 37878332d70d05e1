//! The newest stretch of each room's log: what is on the screen before the network is.
//!
//! A file holds its epoch in the first line and one event a line after it, in the order of arrival. It is not synced:
//! what a power cut takes is a hole, and holes are filled from the server.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use protocol::event::{Event, Message};
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
    /// Rooms in whose files texts stand that were taken out.
    unclean: BTreeSet<RoomKey>,
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
        let dir = profile.dir().join("rooms");
        Self { dir, epoch, open: HashMap::new(), unclean: BTreeSet::new() }
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

    /// A room's messages as they were last, oldest first.
    pub fn messages(&self, room: &RoomKey) -> io::Result<Vec<Message>> {
        let Some(bytes) = read_if_there(&self.path(room))? else { return Ok(Vec::new()) };
        let mut events = self.parse(&bytes).unwrap_or_default();
        let is_edit = |(event, _): &(Event, Seq)| matches!(event, Event::Edit(_)).then(|| event.clone());
        let edits: Vec<Event> = events.values().filter_map(is_edit).collect();
        for edit in edits {
            if let Some(target) = fold::target(&edit)
                && let Some((Event::Message(message), as_of)) = events.get_mut(&target)
                && edit.seq() > *as_of
            {
                fold::apply(message, &edit);
            }
        }
        let message = |(event, _)| match event {
            Event::Message(message) => Some(message),
            _ => None,
        };
        Ok(events.into_values().filter_map(message).collect())
    }

    /// Adds events, into which changes up to `as_of` are folded; their text is kept as it came. What they take out stands
    /// in the file until [`scrub`](Self::scrub).
    pub fn append<'a>(
        &mut self,
        room: &RoomKey,
        events: impl IntoIterator<Item = &'a Event>,
        as_of: Seq,
    ) -> io::Result<()> {
        let mut lines = Vec::new();
        let mut count = 0;
        let mut takes_out = false;
        for event in events {
            takes_out |= match event {
                Event::Delete(_) => true,
                Event::Message(message) => is_taken_out(message),
                _ => false,
            };
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
        if open.events > 2 * EVENTS || open.bytes > 2 * BYTES {
            self.open.remove(room);
            self.opened(room)?;
        } else if takes_out {
            self.unclean.insert(room.clone());
        }
        Ok(())
    }

    /// Whether [`scrub`](Self::scrub) has something to do.
    pub fn is_unclean(&self) -> bool {
        !self.unclean.is_empty()
    }

    /// Takes out of the files what was taken out of the rooms since the last time.
    pub fn scrub(&mut self) -> io::Result<()> {
        let mut outcome = Ok(());
        for room in std::mem::take(&mut self.unclean) {
            // Opening a log anew writes it without those texts.
            self.open.remove(&room);
            if let Err(error) = self.opened(&room).map(drop) {
                self.unclean.insert(room);
                outcome = Err(error);
            }
        }
        outcome
    }

    /// Puts a room's log aside: its `seq`s name other events now.
    pub fn set_aside(&mut self, room: &RoomKey) -> io::Result<()> {
        self.open.remove(room);
        let path = self.path(room);
        if path.exists() { set_aside(&path) } else { Ok(()) }
    }

    /// Removes a room's log, and what was set aside of it: it is not ours to read any more.
    pub fn forget(&mut self, room: &RoomKey) -> io::Result<()> {
        self.open.remove(room);
        self.unclean.remove(room);
        let there = |error: &io::Error| error.kind() != io::ErrorKind::NotFound;
        let mut outcome =
            fs::remove_file(self.path(room)).or_else(|error| if there(&error) { Err(error) } else { Ok(()) });
        let aside = format!("{room}.damaged");
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(&aside)) {
                outcome = fs::remove_file(entry.path()).and(outcome);
            }
        }
        outcome
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
        let mut deleted: BTreeSet<Seq> = deletes.iter().filter_map(fold::target).collect();
        let taken_out = |(seq, (event, _)): (&Seq, &(Event, Seq))| {
            matches!(event, Event::Message(message) if is_taken_out(message)).then_some(*seq)
        };
        deleted.extend(events.iter().filter_map(taken_out));
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

fn is_taken_out(message: &Message) -> bool {
    message.folded.as_ref().is_some_and(|folded| folded.deleted)
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
        assert!(logs.is_unclean());
        logs.scrub().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("slip") && text.contains("fine"), "{text}");
        assert_eq!((seqs(&logs), logs.is_unclean()), (vec![1, 2, 3], false));
        logs.append(&lobby, [&message_at(4, "bo", "later")], 0).unwrap();
        assert_eq!(seqs(&logs), [1, 2, 3, 4]);
    }

    #[test]
    fn what_a_page_tells_to_be_deleted_is_not_kept_nor_what_it_was_edited_to() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        let mut logs = logs(&profile, "e1");
        let lobby = RoomKey::lobby();
        logs.append(&lobby, [&message_at(1, "bo", "a slip"), &edit(2, "another slip")], 0).unwrap();
        let Event::Message(mut stone) = message_at(1, "bo", "") else { panic!("a message") };
        stone.folded = Some(protocol::event::Folded { deleted: true, ..Default::default() });
        // Its delete is on another page.
        logs.append(&lobby, [&Event::Message(stone)], 9).unwrap();
        logs.scrub().unwrap();
        let text = fs::read_to_string(dir.path().join("rooms/lobby.jsonl")).unwrap();
        assert!(!text.contains("slip"), "{text}");
        assert_eq!(seqs(&logs), [1, 2]);
    }

    #[test]
    fn messages_are_as_they_were_last() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        let mut logs = logs(&profile, "e1");
        let lobby = RoomKey::lobby();
        let text = |logs: &RoomLogs| {
            let messages = logs.messages(&lobby).unwrap();
            let folded = messages[0].folded.clone().and_then(|folded| folded.text);
            (messages.len(), folded.unwrap_or_else(|| messages[0].message.clone()))
        };
        logs.append(&lobby, [&message_at(1, "bo", "at noon"), &edit(2, "at one")], 0).unwrap();
        assert_eq!(text(&logs), (1, "at one".to_owned()));
        let Event::Message(mut newer) = message_at(1, "bo", "at noon") else { panic!("a message") };
        newer.folded =
            Some(protocol::event::Folded { text: Some("at two".to_owned()), ..Default::default() });
        logs.append(&lobby, [&Event::Message(newer)], 5).unwrap();
        assert_eq!(text(&logs), (1, "at two".to_owned()), "a page told it later");
    }

    #[test]
    fn of_a_room_that_is_not_ours_any_more_nothing_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        let lobby = RoomKey::lobby();
        logs(&profile, "e1").append(&lobby, [&message_at(7, "bo", "old")], 0).unwrap();
        let mut logs = logs(&profile, "e2");
        let (old, other) = (dir.path().join("rooms/lobby.damaged-1"), dir.path().join("rooms/lobby2.jsonl"));
        logs.append(&lobby, [&message_at(1, "bo", "new")], 0).unwrap();
        fs::write(&other, "").unwrap();
        assert!(old.exists());
        logs.forget(&lobby).unwrap();
        logs.forget(&lobby).unwrap();
        assert!(!dir.path().join("rooms/lobby.jsonl").exists() && !old.exists() && other.exists());
    }

    /// An edit of the first message.
    fn edit(seq: Seq, text: &str) -> Event {
        let json = format!(
            r#"{{"type":"edit","room":"lobby","seq":{seq},"id":"e{seq}","target":1,"user":"u","sender":"bo","text":"{text}","timestamp":""}}"#
        );
        Event::parse(&json).unwrap()
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
