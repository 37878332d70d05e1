//! Who may send a picture just now: a few at a time, and of one account one. Each is whole in memory until it is made
//! small, so the place for it is taken before anything of it is read.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::error::{ErrorCode, Refusal};
use protocol::ids::UserId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Pictures that are being sent or made small, of 5 MiB each.
const AT_A_TIME: usize = 4;
/// When to come again.
const AGAIN_MS: u64 = 2_000;

#[derive(Debug)]
pub(super) struct Uploads {
    free: Arc<Semaphore>,
    senders: Arc<Senders>,
}

#[derive(Debug, Default)]
struct Senders(Mutex<HashSet<UserId>>);

/// Somebody's place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Upload {
    user: UserId,
    senders: Arc<Senders>,
    _free: OwnedSemaphorePermit,
}

impl Default for Uploads {
    fn default() -> Self {
        Self { free: Arc::new(Semaphore::new(AT_A_TIME)), senders: Arc::default() }
    }
}

impl Uploads {
    /// Takes a place, or says when to come again.
    pub(super) fn begin(&self, user: &UserId) -> Result<Upload, Refusal> {
        let busy = |reason| Refusal::new(ErrorCode::RateLimited, reason).with_retry_ms(AGAIN_MS);
        let free = Arc::clone(&self.free).try_acquire_owned();
        let free = free.map_err(|_| busy("too many pictures are being sent at this moment"))?;
        if !self.senders.lock().insert(user.clone()) {
            return Err(busy("you are sending another picture at this moment"));
        }
        Ok(Upload { user: user.clone(), senders: Arc::clone(&self.senders), _free: free })
    }
}

impl Senders {
    fn lock(&self) -> MutexGuard<'_, HashSet<UserId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.senders.lock().remove(&self.user);
    }
}
