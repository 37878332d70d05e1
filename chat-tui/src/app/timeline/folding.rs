//! What becomes of messages by what is done to them, in whatever order events and pages come.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use protocol::ids::{Seq, UserId};
use protocol::messages::Everyone;

use super::said::{Change, Said};
use super::{Entry, Timeline};

/// Changes that are kept; those of the oldest messages go first.
const CHANGES: usize = 20_000;
/// Bytes of the texts of edits that are kept.
const TEXTS: usize = 8 * 1024 * 1024;

/// What was done to the messages here, and those messages before it was done.
#[derive(Debug, Clone, Default)]
pub(super) struct Folding {
    /// By the message, in the order of the log.
    changes: BTreeMap<Seq, BTreeMap<Seq, Change>>,
    count: usize,
    /// Of the texts of edits.
    bytes: usize,
    /// The newest edit of each message; only that has its text.
    edits: BTreeMap<Seq, Seq>,
    /// Changes that were folded into messages.
    #[cfg(test)]
    pub(super) folds: usize,
    /// Messages that were changed here, as they came.
    bases: BTreeMap<Seq, Said>,
}

/// Whom a message is to call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watch {
    /// Who looks.
    pub me: Option<UserId>,
    /// Words that count as being named.
    pub keywords: Vec<String>,
}

impl Watch {
    /// Whether a message of somebody else names who looks, or calls all.
    pub fn is_called(&self, said: &Said) -> bool {
        let Some(me) = self.me.as_ref().filter(|me| **me != said.user) else { return false };
        said.mentions.contains(me)
            || matches!(said.everyone, Some(Everyone::Here | Everyone::Room))
            || self.keywords.iter().any(|word| has_word(&said.text, word))
    }
}

/// Whether a text has a word, or words, as a whole, in any case.
fn has_word(text: &str, word: &str) -> bool {
    let (text, word) = (text.to_lowercase(), word.to_lowercase());
    if word.is_empty() {
        return false;
    }
    // Where a word ends is only known of letters that are written with spaces.
    let goes_on = |outside: Option<char>, end: Option<char>| {
        outside.is_some_and(char::is_alphanumeric) && end.is_some_and(|c| c.is_ascii_alphanumeric())
    };
    let (first, last) = (word.chars().next(), word.chars().next_back());
    text.match_indices(&word).any(|(at, found)| {
        let (before, after) = (text[..at].chars().next_back(), text[at + found.len()..].chars().next());
        !goes_on(before, first) && !goes_on(after, last)
    })
}

impl Folding {
    /// Keeps a change; says whether it is the newest of its message, or `None` where it is known.
    fn keep(&mut self, target: Seq, seq: Seq, mut change: Change) -> Option<bool> {
        let of = self.changes.entry(target).or_default();
        if of.contains_key(&seq) {
            return None;
        }
        let is_newest = of.last_key_value().is_none_or(|(last, _)| *last < seq);
        if change.is_edit() {
            let newest = self.edits.entry(target).or_insert(seq);
            if *newest > seq {
                change.wipe();
            } else if *newest < seq {
                let older = std::mem::replace(newest, seq);
                self.bytes -= of.get(&older).map_or(0, Change::bytes);
                if let Some(older) = of.get_mut(&older) {
                    older.wipe();
                }
            }
        }
        self.bytes += change.bytes();
        self.count += 1;
        of.insert(seq, change);
        Some(is_newest)
    }

    /// Forgets what was done to a message; says up to where.
    fn drop_changes(&mut self, target: Seq) -> Option<Seq> {
        let changes = self.changes.remove(&target)?;
        self.count -= changes.len();
        self.bytes -= changes.values().map(Change::bytes).sum::<usize>();
        self.edits.remove(&target);
        changes.last_key_value().map(|(seq, _)| *seq)
    }

    /// A message is gone: no text of it is kept.
    fn wipe(&mut self, target: Seq) {
        let Some(changes) = self.changes.get_mut(&target) else { return };
        self.bytes -= changes.values().map(Change::bytes).sum::<usize>();
        changes.values_mut().for_each(Change::wipe);
    }
}

impl Timeline {
    /// Notes what is done to a message.
    pub(super) fn note(&mut self, target: Seq, seq: Seq, change: Change) {
        let Some(is_newest) = self.folding.keep(target, seq, change) else { return };
        // Most changes come in their order: then all before it is in the message already.
        if !(is_newest && self.fold_newest(target, seq)) {
            self.refold(target);
        }
        while (self.folding.count > CHANGES || self.folding.bytes > TEXTS)
            && let Some(oldest) = self.folding.changes.keys().next().copied()
        {
            self.settle(oldest);
        }
    }

    /// Folds the newest change into its message as it stands; `false` where that is not enough.
    fn fold_newest(&mut self, target: Seq, seq: Seq) -> bool {
        let Some(entry) = self.events.get_mut(&target) else { return true };
        let Some(change) = self.folding.changes.get(&target).and_then(|changes| changes.get(&seq)) else {
            return false;
        };
        match entry {
            Entry::Said(said) if !change.is_delete() => {
                if seq <= said.as_of {
                    return true;
                }
                self.folding.bases.entry(target).or_insert_with(|| (**said).clone());
                let before = said.text.len();
                said.fold(change);
                self.bytes = self.bytes - before + said.text.len();
                if change.is_edit() {
                    let calls = self.watch.is_called(said);
                    if calls {
                        self.calls.insert(target)
                    } else {
                        self.calls.remove(&target)
                    };
                }
            }
            Entry::Deleted(deleted) if !change.is_delete() && !change.is_edit() => {
                let Some(base) = self.folding.bases.get(&target) else { return false };
                if seq <= base.as_of {
                    return true;
                }
                // Only answers in its thread still come to it.
                let mut said = base.clone();
                said.folded.replies = deleted.replies.take();
                said.fold(change);
                deleted.replies = said.folded.replies;
            }
            Entry::Said(_) | Entry::Deleted(_) => return false,
            _ => return true,
        }
        #[cfg(test)]
        {
            self.folding.folds += 1;
        }
        true
    }

    /// Forgets what was done to a message one by one: what came of it stands.
    fn settle(&mut self, target: Seq) {
        let Some(upto) = self.folding.drop_changes(target) else { return };
        match self.events.get_mut(&target) {
            Some(Entry::Said(said)) => {
                said.as_of = said.as_of.max(upto);
                self.folding.bases.remove(&target);
            }
            Some(Entry::Deleted(deleted)) => {
                if let Some(base) = self.folding.bases.get_mut(&target) {
                    base.as_of = base.as_of.max(upto);
                    base.folded.replies.clone_from(&deleted.replies);
                }
            }
            _ => {}
        }
    }

    /// Puts a message in its place, unless a newer view of it stands there.
    pub(super) fn put(&mut self, seq: Seq, said: Said) {
        let known = match (self.folding.bases.get(&seq), self.events.get(&seq)) {
            (Some(base), _) => Some(base.as_of),
            (None, Some(Entry::Said(said))) => Some(said.as_of),
            (None, Some(_)) => Some(Seq::MAX),
            (None, None) => None,
        };
        if known.is_some_and(|known| known >= said.as_of) {
            return;
        }
        let is_deleted = said.folded.deleted;
        self.folding.bases.remove(&seq);
        if is_deleted {
            self.folding.bases.insert(seq, said.clone());
        }
        let by = self.deleter(seq);
        self.set(seq, said.entry(by));
        self.refold(seq);
    }

    /// Lays what was done to a message over it.
    fn refold(&mut self, target: Seq) {
        let Some(entry) = self.events.get(&target) else { return };
        let base = match (self.folding.bases.get(&target), entry) {
            (Some(base), _) => base.clone(),
            (None, Entry::Said(said)) => (**said).clone(),
            _ => return,
        };
        let by = self.deleter(target);
        let Some(changes) = self.folding.changes.get(&target) else { return };
        let mut said = base.clone();
        for change in changes.range(base.as_of + 1..).map(|(_, change)| change) {
            said.fold(change);
            #[cfg(test)]
            {
                self.folding.folds += 1;
            }
        }
        let mut base = base;
        if said.folded.deleted {
            base.wipe();
            self.folding.wipe(target);
        }
        self.folding.bases.insert(target, base);
        self.set(target, said.entry(by));
    }

    fn deleter(&self, seq: Seq) -> Option<String> {
        let mut changes = self.folding.changes.get(&seq)?.values();
        changes.find(|change| change.is_delete()).map(|change| change.by.clone())
    }

    fn set(&mut self, seq: Seq, entry: Entry) {
        if let Some(old) = self.events.get(&seq) {
            self.bytes -= super::weight(old);
        }
        self.bytes += super::weight(&entry);
        let calls = matches!(&entry, Entry::Said(said) if self.watch.is_called(said));
        if calls {
            self.calls.insert(seq);
        } else {
            self.calls.remove(&seq);
        }
        self.events.insert(seq, entry);
    }

    /// Forgets what was kept beside a message that is dropped.
    pub(super) fn forget(&mut self, seq: Seq) {
        self.calls.remove(&seq);
        self.folding.bases.remove(&seq);
        self.folding.drop_changes(seq);
    }

    /// Learns whom messages are to call.
    pub fn watch(&mut self, watch: &Arc<Watch>) {
        if Arc::ptr_eq(&self.watch, watch) {
            return;
        }
        self.watch = Arc::clone(watch);
        let calls = self.events.iter().filter_map(|(seq, entry)| match entry {
            Entry::Said(said) if self.watch.is_called(said) => Some(*seq),
            _ => None,
        });
        self.calls = calls.collect::<BTreeSet<Seq>>();
    }

    /// Whether a message calls who looks.
    pub fn is_calling(&self, seq: Seq) -> bool {
        self.calls.contains(&seq)
    }

    /// The messages behind a place that call who looks, oldest first.
    pub fn calls_after(&self, seq: Seq) -> impl Iterator<Item = Seq> {
        let shown = |seq: &&Seq| matches!(self.events.get(seq), Some(Entry::Said(said)) if !self.is_hidden(&said.user));
        self.calls.range(seq + 1..).filter(shown).copied()
    }

    /// The thread that begins with a message, as far as it is here.
    #[must_use]
    pub fn thread(&self, root: Seq) -> Self {
        let mut thread = Self {
            hidden: Arc::clone(&self.hidden),
            watch: Arc::clone(&self.watch),
            first: self.first,
            sparse: true,
            ..Self::default()
        };
        let belongs = |seq: Seq, entry: &Entry| match entry {
            _ if seq == root => true,
            Entry::Said(said) => said.thread == Some(root),
            Entry::Deleted(deleted) => deleted.thread == Some(root),
            _ => false,
        };
        for (&seq, entry) in self.events.iter().filter(|(seq, entry)| belongs(**seq, entry)) {
            if let Some(base) = self.folding.bases.get(&seq) {
                thread.folding.bases.insert(seq, base.clone());
            }
            if let Some(changes) = self.folding.changes.get(&seq) {
                thread.folding.count += changes.len();
                thread.folding.bytes += changes.values().map(Change::bytes).sum::<usize>();
                thread.folding.changes.insert(seq, changes.clone());
                if let Some(edit) = self.folding.edits.get(&seq) {
                    thread.folding.edits.insert(seq, *edit);
                }
            }
            thread.set(seq, entry.clone());
            thread.head = thread.head.max(seq);
        }
        thread
    }

    /// Whether a place belongs to a thread that holds only some of its room's places.
    pub fn is_sparse(&self) -> bool {
        self.sparse
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_whole_words_in_any_case() {
        for (text, word, found) in [
            ("the Deploy is on", "deploy", true),
            ("deployment", "deploy", false),
            ("redeploy", "deploy", false),
            ("(deploy)", "deploy", true),
            ("c++ it is", "c++", true),
            ("on call today", "on call", true),
            ("明天部署吧", "部署", true),
            ("x", "", false),
        ] {
            assert_eq!(has_word(text, word), found, "{text} {word}");
        }
    }
}
