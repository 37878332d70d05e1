//! How fast requests may come, by who asks and from where.

use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use protocol::error::{ErrorCode, Refusal};
use protocol::ids::UserId;

use crate::core::buckets::Buckets;
use crate::core::limiter::Rate;
use crate::core::networks::customer;

/// Requests of one account: a page that shows many people asks for many pictures at once, and then for none.
const ACCOUNT: Rate = Rate { per_second: 20.0, burst: 300.0 };
/// Requests of one network, in which a whole team may be.
const NETWORK: Rate = Rate { per_second: 100.0, burst: 1000.0 };

/// The counts.
#[derive(Debug)]
pub(super) struct Limits {
    accounts: Mutex<Buckets<UserId>>,
    networks: Mutex<Buckets<IpAddr>>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { accounts: Mutex::new(Buckets::new(ACCOUNT)), networks: Mutex::new(Buckets::new(NETWORK)) }
    }
}

impl Limits {
    /// Counts a request of a network, before it is known who asks. Of this machine none is counted: a proxy that is not
    /// said to be one would make a single network of everybody.
    pub(super) fn admit_network(&self, address: IpAddr, now: Duration) -> Result<(), Refusal> {
        let network = customer(address);
        if network.is_loopback() { Ok(()) } else { take(&self.networks, &network, now) }
    }

    /// Counts a request of an account, from wherever it comes.
    pub(super) fn admit_account(&self, user: &UserId, now: Duration) -> Result<(), Refusal> {
        take(&self.accounts, user, now)
    }
}

fn take<K: Hash + Eq + Clone>(buckets: &Mutex<Buckets<K>>, key: &K, now: Duration) -> Result<(), Refusal> {
    // Counts are whole after every statement.
    buckets.lock().unwrap_or_else(PoisonError::into_inner).take(key, now).map_err(|wait| {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
        Refusal::new(ErrorCode::RateLimited, "too many requests: wait a little").with_retry_ms(wait_ms)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_and_networks_have_counts_of_their_own() {
        let limits = Limits::default();
        let (ana, bo) = (UserId::new("u-ana").unwrap(), UserId::new("u-bo").unwrap());
        let now = Duration::ZERO;
        let taken = (0..10_000).filter(|_| limits.admit_account(&ana, now).is_ok()).count();
        assert_eq!(taken, 300);
        let refusal = limits.admit_account(&ana, now).unwrap_err();
        assert_eq!((refusal.code, refusal.retry_ms), (ErrorCode::RateLimited, Some(50)));
        limits.admit_account(&bo, now).unwrap();
        limits.admit_account(&ana, Duration::from_millis(60)).unwrap();

        let from = |address: &str| limits.admit_network(address.parse().unwrap(), now).is_ok();
        let taken = (0..10_000).filter(|n| from(&format!("2001:db8::{n:x}"))).count();
        assert_eq!(taken, 1000, "an IPv6 network is one");
        assert!(from("192.0.2.1") && (0..10_000).all(|_| from("127.0.0.1")));
    }
}
