//! Own lines that are not in the log yet: messages, and what is done to messages.

use protocol::ids::{Id, Seq};
use protocol::session::{Change, Target};

use super::Room;
use super::written::Written;

/// An own line on its way into the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its name, for life.
    pub id: Id,
    /// As written.
    pub text: String,
    /// As drawn.
    pub shown: Written,
    /// The message it answers.
    pub reply: Option<Seq>,
    /// How many files it has.
    pub files: usize,
    /// What it does to another message; none: it is a message.
    pub change: Option<Change>,
    /// How far it came.
    pub state: Sending,
    /// On disk, or on its way there: it outlives this program.
    pub kept: bool,
}

/// How far an own line came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sending {
    /// Kept on this machine; not said to the server on this connection.
    Queued,
    /// Said to the server; not acknowledged.
    Sent,
    /// Acknowledged: it is in the log at this place, and will come from there.
    Stored(Seq),
    /// Refused for good, with the reason (safe to draw). It waits for its person's decision.
    Failed(String),
}

impl Outgoing {
    /// Neither stored nor failed.
    pub fn is_waiting(&self) -> bool {
        matches!(self.state, Sending::Queued | Sending::Sent)
    }
}

impl Room {
    /// Adds or replaces an own line.
    pub fn put_outgoing(&mut self, line: &protocol::session::Outgoing, state: Sending) {
        if let Some(known) = self.outgoing.iter_mut().find(|known| known.id == line.id) {
            known.state = state;
            known.kept = true;
            known.change.clone_from(&line.change);
            return;
        }
        self.outgoing.push(Outgoing {
            id: line.id.clone(),
            shown: Written::new(&line.text),
            text: line.text.clone(),
            reply: line.reply,
            files: line.files.len(),
            change: line.change.clone(),
            state,
            kept: true,
        });
    }

    /// Own lines of the room and its threads.
    pub fn all_outgoing(&self) -> impl Iterator<Item = &Outgoing> {
        self.outgoing.iter().chain(self.threads.values().flat_map(|thread| &thread.outgoing))
    }

    /// The same by place, to be changed.
    pub fn all_lines_mut(&mut self) -> impl Iterator<Item = &mut Vec<Outgoing>> {
        let threads = self.threads.values_mut().map(|thread| &mut thread.outgoing);
        std::iter::once(&mut self.outgoing).chain(threads)
    }

    /// Own lines that are neither stored nor failed.
    pub fn waiting(&self) -> impl Iterator<Item = &Outgoing> {
        self.all_outgoing().filter(|line| line.is_waiting())
    }

    /// What is to be done to a message and is not in the log yet.
    pub fn changes_of<'a>(&'a self, target: &'a Target) -> impl Iterator<Item = &'a Outgoing> {
        let is_of =
            move |line: &&Outgoing| line.change.as_ref().is_some_and(|change| change.target() == target);
        self.outgoing.iter().filter(is_of)
    }

    /// The oldest own line that was refused for good: the one that retry, copy and discard are about.
    pub fn failed(&self) -> Option<&Outgoing> {
        self.outgoing.iter().find(|line| matches!(line.state, Sending::Failed(_)))
    }
}
