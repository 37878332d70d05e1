//! Passwords: hashed so slowly that guessing does not pay, and never so many at once that the chat would notice.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use protocol::error::{ErrorCode, Refusal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Hashes at a time: each takes 19 MiB and a core for some time.
const AT_A_TIME: usize = 2;
/// Who may wait for a hash; whoever is one too many is told to come again.
const WAITING: usize = 64;
/// When to come again.
const AGAIN_MS: u64 = 3_000;

/// What nobody's password is the hash of, made like all others: verified where there is no account, so that it takes
/// as long as where there is one.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Where passwords are hashed.
#[derive(Debug)]
pub(crate) struct Passwords {
    free: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    hashed: Arc<AtomicU64>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            free: Arc::new(Semaphore::new(AT_A_TIME)),
            queue: Arc::new(Semaphore::new(AT_A_TIME + WAITING)),
            hashed: Arc::default(),
        }
    }
}

impl Passwords {
    /// The hash of a new password, in its normal form.
    pub(crate) async fn hash(&self, password: String) -> Result<String, Refusal> {
        let hash = self.blocking(move || hash(&password)).await?;
        hash.ok_or_else(unavailable)
    }

    /// Whether a password is the one of this hash; with none it takes as long, and is not.
    pub(crate) async fn verify(
        &self,
        password: Option<String>,
        hash: Option<String>,
    ) -> Result<bool, Refusal> {
        self.blocking(move || {
            let known = password.is_some() && hash.is_some();
            let password = password.unwrap_or_default();
            let right = verify(&password, hash.as_deref().unwrap_or(NOBODY));
            known & right
        })
        .await
    }

    /// How many hashes were computed.
    #[cfg(test)]
    pub(super) fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::Relaxed)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let Ok(place) = Arc::clone(&self.queue).try_acquire_owned() else {
            let busy = Refusal::new(ErrorCode::RateLimited, "too many people sign in at this moment");
            return Err(busy.with_retry_ms(AGAIN_MS));
        };
        let turn = Arc::clone(&self.free).acquire_owned().await.map_err(|_| unavailable())?;
        self.hashed.fetch_add(1, Ordering::Relaxed);
        // Whoever asked may be gone: the places are free only when the work is done.
        let kept: (OwnedSemaphorePermit, OwnedSemaphorePermit) = (place, turn);
        let done = tokio::task::spawn_blocking(move || {
            let _kept = kept;
            work()
        });
        done.await.map_err(|_| unavailable())
    }
}

/// The hash of a password, with a salt of its own; `None` where the system has no chance to give.
pub(crate) fn hash(password: &str) -> Option<String> {
    let hash: PasswordHash = Argon2::default().hash_password(password.as_bytes()).ok()?;
    Some(hash.to_string())
}

fn verify(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

fn unavailable() -> Refusal {
    Refusal::new(ErrorCode::Unavailable, "passwords cannot be verified now")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a07_a_hash_is_computed_whether_there_is_an_account_or_not() {
        let passwords = Passwords::default();
        let right = || Some("correct horse".to_owned());
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, passwords.hash("correct horse".into()).await.unwrap(), "a salt of its own");
        let before = passwords.hashed();
        assert!(passwords.verify(right(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(Some("wrong horse".into()), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(right(), None).await.unwrap());
        assert!(!passwords.verify(None, Some(hash)).await.unwrap());
        assert_eq!(passwords.hashed() - before, 4);
        // The one that stands for nobody can be verified at all, and costs what others cost.
        assert!(PasswordHash::new(NOBODY).is_ok());
        assert!(!verify("", NOBODY));
    }

    #[tokio::test]
    async fn a06_no_more_wait_than_may() {
        let passwords = Passwords::default();
        let _taken = Arc::clone(&passwords.queue)
            .try_acquire_many_owned(u32::try_from(AT_A_TIME + WAITING).unwrap())
            .unwrap();
        let refusal = passwords.verify(None, None).await.unwrap_err();
        assert_eq!((refusal.code, refusal.retry_ms), (ErrorCode::RateLimited, Some(AGAIN_MS)));
    }
}
