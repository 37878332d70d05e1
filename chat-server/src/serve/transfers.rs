//! Files on their way: what lets a connection live longer than others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How often it is looked whether a connection's files move.
pub(super) const ROUND: Duration = Duration::from_secs(15);
/// The bytes that must move in that time.
const BYTES: u64 = 15 * 4096;

/// What one connection's requests carry.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transfers(Arc<AtomicU64>);

/// A file that is being carried.
#[derive(Debug, Clone)]
pub(crate) struct Transfer(Arc<AtomicU64>);

impl Transfers {
    pub(crate) fn begin(&self) -> Transfer {
        Transfer(Arc::clone(&self.0))
    }

    /// Whether enough moved since the last time, at which so much had.
    pub(super) fn go_on(&self, since: &mut u64) -> bool {
        let moved = self.0.load(Ordering::Relaxed);
        let enough = moved - *since >= BYTES;
        *since = moved;
        enough
    }
}

impl Transfer {
    /// So many bytes more came, or were taken.
    pub(crate) fn moved(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_goes_on_while_its_files_move() {
        let transfers = Transfers::default();
        let mut since = 0;
        assert!(!transfers.go_on(&mut since), "it carries nothing");
        let transfer = transfers.begin();
        transfer.moved(100 << 10);
        assert!(transfers.go_on(&mut since));
        transfer.moved(1000);
        assert!(!transfers.go_on(&mut since), "too slow");
    }
}
