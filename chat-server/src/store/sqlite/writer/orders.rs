//! A sender's own order, when something had to be refused.

use std::collections::HashMap;

use super::job::Job;
use crate::core::send_order::SendOrder;
use crate::store::{Append, Origin};

/// How many connections with refused messages the writer remembers.
const REMEMBERED: usize = 20_000;

/// Which message each connection must send again before later ones of the room are stored.
///
/// Without it a message could be stored while an earlier one, refused because the disk was full, waits for its retry.
#[derive(Debug, Default)]
pub(super) struct Orders(HashMap<Origin, SendOrder>);

impl Orders {
    pub(super) fn admit(&mut self, append: &Append) -> bool {
        self.0.get_mut(&append.origin).is_none_or(|order| order.admit(&append.room, &append.id))
    }

    /// Takes note of what was refused for now. Connections are forgotten when there are too many: some may be gone.
    pub(super) fn refuse(&mut self, batch: &[Job]) {
        if self.0.len() > REMEMBERED {
            self.0.clear();
        }
        for job in batch {
            if let Job::Append(append, _) = job {
                self.refuse_one(append);
            }
        }
    }

    /// The same for one message.
    pub(super) fn refuse_one(&mut self, append: &Append) {
        if append.ordered {
            self.0.entry(append.origin).or_default().refuse(append.room.clone(), append.id.clone());
        }
    }
}
