//! What becomes of messages by what is done to them, in whatever order events and pages come.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use protocol::ids::{Seq, UserId};
use protocol::messages::Everyone;

use super::said::{Change, Said};
use super::{Entry, Timeline};

/// Changes that are kept; those of the oldest messages go first.
const CHANGES: usize = 20_000;

/// What was done to the messages here, and those messages before it was done.
#[derive(Debug, Clone, Default)]
pub(super) struct Folding {
    /// By the message, in the order of the log.
    changes: BTreeMap<Seq, BTreeMap<Seq, Change>>,
    count: usize,
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

impl Timeline {
    /// Notes what is done to a message.
    pub(super) fn note(&mut self, target: Seq, seq: Seq, change: Change) {
        let of = self.folding.changes.entry(target).or_default();
        if of.insert(seq, change).is_none() {
            self.folding.count += 1;
        }
        if self.folding.count > CHANGES
            && let Some((_, oldest)) = self.folding.changes.pop_first()
        {
            self.folding.count -= oldest.len();
        }
        self.refold(target);
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
        let Some(changes) = self.folding.changes.get_mut(&target) else { return };
        let mut said = base.clone();
        for change in changes.range(base.as_of + 1..).map(|(_, change)| change) {
            said.fold(change);
        }
        let mut base = base;
        if said.folded.deleted {
            base.wipe();
            changes.values_mut().for_each(Change::wipe);
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
        if let Some(changes) = self.folding.changes.remove(&seq) {
            self.folding.count -= changes.len();
        }
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
                thread.folding.changes.insert(seq, changes.clone());
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
