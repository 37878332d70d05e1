//! Telling everybody what became of their jobs.

use std::sync::Arc;

use protocol::error::{ErrorCode, Refusal};
use protocol::messages::File;
use protocol::server::Ack;

use super::append::Appended;
use super::job::Job;
use super::work::{Done, Made, Work};
use super::{Decision, Failure};
use crate::store::sqlite::{clock, rows};
use crate::store::{Append, Commit, OnCommit, Outcome};

/// What is to be told of one transaction, in the order of its jobs.
#[derive(Default)]
pub(super) struct Told {
    /// More than one where a message follows the facts of a piece of work.
    commits: Vec<Commit>,
    answers: Vec<(Box<dyn Work>, Option<Failure>)>,
    /// The last time that was told, in words: most events of a transaction have the same.
    said: Option<(i64, String)>,
}

impl Told {
    /// Files what the committed transaction made of a job.
    pub(super) fn settle(&mut self, job: Job, decision: Decision) {
        match (job, decision) {
            (Job::Append(append, _), Decision::Append(appended, files)) => {
                self.append(append, appended, files);
            }
            (Job::Append(append, _), Decision::Denied(denied)) => {
                let refusal = rows::refusal(&append, denied.code, denied.reason);
                let refusal = denied.retry_ms.into_iter().fold(refusal, Refusal::with_retry_ms);
                self.commit().outcomes.push((append.origin, Outcome::Refused(refusal)));
            }
            (Job::Append(append, _), _) => {
                let reason = "an earlier message of yours was refused and must come first";
                self.refuse_append(&append, ErrorCode::Unavailable, reason);
            }
            (Job::Work(work, _), Decision::Work(Done::Kept(made))) => {
                let Made { facts, own, cuts, changed: _ } = made;
                if !(facts.is_empty() && own.is_empty() && cuts.is_empty()) {
                    let commit = self.commit();
                    commit.facts.extend(facts);
                    commit.own.extend(own);
                    commit.cuts.extend(cuts);
                }
                self.answers.push((work, None));
            }
            (Job::Work(work, _), Decision::Work(Done::Undone(failure))) => self.answers.push((work, failure)),
            _ => {}
        }
    }

    /// Files that nothing came of a job.
    pub(super) fn refuse(&mut self, job: Job, failure: Failure) {
        match job {
            Job::Append(append, _) => {
                let (code, reason) = match failure {
                    Failure::Full => {
                        (ErrorCode::StorageFull, "the server's disk is full; nothing was stored")
                    }
                    Failure::Busy | Failure::Broken => {
                        (ErrorCode::Unavailable, "the server cannot store messages now")
                    }
                };
                self.refuse_append(&append, code, reason);
            }
            Job::Work(work, _) => self.answers.push((work, Some(failure))),
            Job::Close | Job::Scrub(_) => {}
            #[cfg(test)]
            Job::Sql(_) => {}
        }
    }

    /// Tells all of it: events and outcomes first, so that whoever gets an answer finds them told.
    pub(super) fn tell(self, on_commit: &mut OnCommit) {
        for commit in self.commits {
            on_commit(Arc::new(commit));
        }
        for (work, undone) in self.answers {
            work.answer(undone);
        }
    }

    fn append(&mut self, append: Append, appended: Appended, files: Vec<File>) {
        let origin = append.origin;
        let outcome = match appended {
            Appended::Stored { seq, ms } => {
                let timestamp = self.timestamp(ms);
                let (id, room) = (append.id.clone(), append.room.clone());
                let ack = Ack { id, room, seq, timestamp: timestamp.clone(), dup: false };
                self.commit_of_messages().events.push(rows::stored(append, files, seq, timestamp));
                Outcome::Stored(ack)
            }
            Appended::Repeated(ack) => Outcome::Stored(ack),
            Appended::Reused => {
                let reason = "this id was used before for another message";
                return self.refuse_append(&append, ErrorCode::IdReused, reason);
            }
            Appended::NoRoom => {
                return self.refuse_append(&append, ErrorCode::NoRoom, "there is no such room");
            }
            Appended::NoThread => {
                let reason = "`thread` names a message of the room";
                return self.refuse_append(&append, ErrorCode::BadFrame, reason);
            }
        };
        self.commit().outcomes.push((origin, outcome));
    }

    fn refuse_append(&mut self, append: &Append, code: ErrorCode, reason: &str) {
        let outcome = Outcome::Refused(rows::refusal(append, code, reason));
        self.commit().outcomes.push((append.origin, outcome));
    }

    fn timestamp(&mut self, ms: i64) -> String {
        match &self.said {
            Some((at, said)) if *at == ms => said.clone(),
            _ => self.said.insert((ms, clock::rfc3339(ms))).1.clone(),
        }
    }

    fn commit(&mut self) -> &mut Commit {
        if self.commits.is_empty() {
            self.commits.push(Commit::default());
        }
        self.commits.last_mut().expect("there is one")
    }

    /// The commit that a new message goes to: not one whose facts it would come before.
    fn commit_of_messages(&mut self) -> &mut Commit {
        if self.commits.last().is_some_and(|commit| !commit.facts.is_empty() || !commit.cuts.is_empty()) {
            self.commits.push(Commit::default());
        }
        self.commit()
    }
}
