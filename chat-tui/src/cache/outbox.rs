//! Own lines that the server has not acknowledged, on disk before they are first sent.
//!
//! The file is a journal of changes; a line that a crash cut short was never sent, and is ignored. It is
//! written anew from time to time.

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use protocol::ids::Id;
use protocol::session::{OutboxChange, Outgoing};
use serde::{Deserialize, Serialize};

use super::{Profile, aside, private, read_if_there, replace, sync_name};

/// Changes after which the journal is written anew.
const CHANGES: usize = 1_000;

/// The disk outbox of the process that owns the profile.
#[derive(Debug)]
pub struct Outbox {
    path: PathBuf,
    file: File,
    entries: Vec<Outgoing>,
    changes: usize,
    /// The file ends with a piece of a record that could not be cut off.
    torn: bool,
    /// The file's name may not outlive a power cut yet.
    renamed: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Put(Outgoing),
    Remove(Id),
}

impl Outbox {
    /// Opens the journal and reads what waits. A journal damaged in its middle is copied aside; what can be read of it
    /// is kept.
    pub fn open(profile: &Profile) -> io::Result<Self> {
        let path = profile.dir().join("outbox.jsonl");
        let bytes = read_if_there(&path)?.unwrap_or_default();
        let (entries, damaged) = fold(&bytes);
        // Rewritten whole, so that a line cut short does not spoil the next one.
        let (file, torn) = match rewrite(&path, &entries, damaged) {
            Ok(file) => (file, false),
            // On a full disk what is there goes on as it is: whoever only reads what others say needs no room.
            Err(error) if bytes.is_empty() => return Err(error),
            Err(_) => (private().write(true).open(&path)?, !bytes.ends_with(b"\n")),
        };
        Ok(Self { path, file, entries, changes: 0, torn, renamed: false })
    }

    /// What waits, oldest first.
    pub fn entries(&self) -> &[Outgoing] {
        &self.entries
    }

    /// Makes a change and, where it adds a line, returns only when that is on disk.
    pub fn apply(&mut self, change: &OutboxChange) -> io::Result<()> {
        let (record, durable) = match change {
            OutboxChange::Put(entry) => (Change::Put(entry.clone()), true),
            OutboxChange::Remove(id) => (Change::Remove(id.clone()), false),
        };
        if durable && self.renamed {
            sync_name(&self.path)?;
            self.renamed = false;
        }
        let mut line = serde_json::to_vec(&record)?;
        line.push(b'\n');
        if self.torn {
            line.insert(0, b'\n');
        }
        let end = self.file.seek(io::SeekFrom::End(0))?;
        let written =
            self.file.write_all(&line).and_then(|()| if durable { self.file.sync_data() } else { Ok(()) });
        if let Err(error) = written {
            // Half a line would swallow the next one.
            self.torn |= self.file.set_len(end).is_err();
            return Err(error);
        }
        self.torn = false;
        change_entries(&mut self.entries, record);
        self.changes += 1;
        if self.changes > CHANGES {
            // The change is on disk: that the journal could not be made shorter is no failure of it.
            let _ = self.shrink();
            self.changes = 0;
        }
        Ok(())
    }

    /// Writes the journal anew, with nothing in it but what waits.
    fn shrink(&mut self) -> io::Result<()> {
        self.file = replace(&self.path, &journal(&self.entries)?)?;
        self.renamed = true;
        sync_name(&self.path)?;
        self.renamed = false;
        Ok(())
    }
}

#[cfg(test)]
impl Outbox {
    /// From now on the disk is full.
    pub(crate) fn fill(&mut self) {
        self.file = super::private().write(true).open("/dev/full").unwrap();
    }
}

fn rewrite(path: &Path, entries: &[Outgoing], damaged: bool) -> io::Result<File> {
    if damaged {
        // The journal keeps its name until the new one takes it.
        let aside = aside(path);
        fs::hard_link(path, &aside).or_else(|_| fs::copy(path, &aside).map(drop))?;
    }
    let file = replace(path, &journal(entries)?)?;
    sync_name(path)?;
    Ok(file)
}

fn fold(bytes: &[u8]) -> (Vec<Outgoing>, bool) {
    let mut entries = Vec::new();
    let mut damaged = false;
    let mut lines = bytes.split(|&byte| byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        let is_cut = lines.peek().is_none();
        match serde_json::from_slice(line) {
            Ok(change) => change_entries(&mut entries, change),
            Err(_) => damaged |= !is_cut && !line.is_empty(),
        }
    }
    (entries, damaged)
}

fn change_entries(entries: &mut Vec<Outgoing>, change: Change) {
    match change {
        Change::Put(entry) => match entries.iter_mut().find(|other| other.id == entry.id) {
            Some(other) => *other = entry,
            None => entries.push(entry),
        },
        Change::Remove(id) => entries.retain(|entry| entry.id != id),
    }
}

fn journal(entries: &[Outgoing]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut bytes, &Change::Put(entry.clone()))?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use protocol::ids::RoomKey;

    use super::*;

    fn entry(id: &str) -> Outgoing {
        Outgoing {
            id: Id::new(id).unwrap(),
            room: RoomKey::lobby(),
            text: format!("text of {id}\nsecond line"),
            reply: None,
            thread: None,
            files: Vec::new(),
            change: None,
            user: None,
            failed: None,
        }
    }

    fn ids(outbox: &Outbox) -> Vec<&str> {
        outbox.entries().iter().map(|entry| entry.id.as_str()).collect()
    }

    #[test]
    fn what_was_put_is_there_after_a_crash_at_any_byte() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        let mut outbox = Outbox::open(&profile).unwrap();
        let mut ends = vec![0];
        let path = dir.path().join("outbox.jsonl");
        for id in ["a", "b", "c"] {
            outbox.apply(&OutboxChange::Put(entry(id))).unwrap();
            ends.push(fs::metadata(&path).unwrap().len());
        }
        let whole = fs::read(&path).unwrap();
        for cut in 0..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let mut outbox = Outbox::open(&profile).unwrap();
            // A last line that lacks only its line break is whole.
            let complete = ends.iter().filter(|&&end| end > 0 && end <= cut as u64 + 1).count();
            assert_eq!(ids(&outbox), ["a", "b", "c"][..complete], "cut at {cut}");
            outbox.apply(&OutboxChange::Put(entry("d"))).unwrap();
            assert_eq!(ids(&Outbox::open(&profile).unwrap()).last(), Some(&"d"), "cut at {cut}");
        }
    }

    #[test]
    fn the_journal_does_not_grow_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        let mut outbox = Outbox::open(&profile).unwrap();
        outbox.apply(&OutboxChange::Put(entry("stays"))).unwrap();
        for n in 0..CHANGES {
            let id = Id::new(format!("n{n}")).unwrap();
            outbox.apply(&OutboxChange::Remove(id)).unwrap();
        }
        assert!(fs::metadata(dir.path().join("outbox.jsonl")).unwrap().len() < 500);
        assert_eq!(ids(&Outbox::open(&profile).unwrap()), ["stays"]);
    }

    #[test]
    fn a_journal_that_cannot_be_made_shorter_still_takes_lines() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        let mut outbox = Outbox::open(&profile).unwrap();
        // A directory in the way of the new journal's temporary name.
        let name = format!("outbox.{}.new", std::process::id());
        fs::create_dir(dir.path().join(name)).unwrap();
        outbox.changes = CHANGES;
        outbox.apply(&OutboxChange::Put(entry("a"))).unwrap();
        fs::remove_dir(dir.path().join(format!("outbox.{}.new", std::process::id()))).unwrap();
        outbox.changes = CHANGES;
        outbox.apply(&OutboxChange::Put(entry("b"))).unwrap();
        outbox.apply(&OutboxChange::Put(entry("c"))).unwrap();
        assert_eq!(ids(&Outbox::open(&profile).unwrap()), ["a", "b", "c"]);
    }

    #[test]
    fn what_waits_is_there_although_the_journal_cannot_be_written_anew() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        Outbox::open(&profile).unwrap().apply(&OutboxChange::Put(entry("a"))).unwrap();
        let path = dir.path().join("outbox.jsonl");
        let whole = fs::read(&path).unwrap();
        fs::create_dir(dir.path().join(format!("outbox.{}.new", std::process::id()))).unwrap();
        for (there, waits) in
            [(whole.clone(), vec!["a", "b"]), ([&whole[..], b"{\"put\""].concat(), vec!["a", "b"])]
        {
            fs::write(&path, there).unwrap();
            let mut outbox = Outbox::open(&profile).unwrap();
            outbox.apply(&OutboxChange::Put(entry("b"))).unwrap();
            assert_eq!(ids(&Outbox::open(&profile).unwrap()), waits);
        }
    }

    #[test]
    fn removed_lines_are_gone_and_damage_in_the_middle_spares_the_rest() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(dir.path().to_owned()).unwrap();
        let mut outbox = Outbox::open(&profile).unwrap();
        for id in ["a", "b", "c"] {
            outbox.apply(&OutboxChange::Put(entry(id))).unwrap();
        }
        outbox.apply(&OutboxChange::Remove(Id::new("b").unwrap())).unwrap();
        assert_eq!(ids(&Outbox::open(&profile).unwrap()), ["a", "c"]);
        let path = dir.path().join("outbox.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen("\"put\"", "\"p\u{0}t\"", 1)).unwrap();
        assert_eq!(ids(&Outbox::open(&profile).unwrap()), ["c"]);
        assert!(dir.path().join("outbox.damaged-1").exists());
    }
}
