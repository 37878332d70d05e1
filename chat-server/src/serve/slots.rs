//! How many connections there are, of all kinds, and from where.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Bounds;
use crate::core::networks::{Network, customer};

/// The places for connections.
#[derive(Debug, Clone)]
pub(crate) struct Slots {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    free: Arc<Semaphore>,
    all: u32,
    per_address: usize,
    by_address: Mutex<HashMap<IpAddr, usize>>,
    failures: AtomicU64,
}

/// The place of one connection, free again when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Slot {
    _taken: Arc<Taken>,
}

#[derive(Debug)]
struct Taken {
    /// Where it is counted by address.
    address: Option<IpAddr>,
    inner: Arc<Inner>,
    _permit: OwnedSemaphorePermit,
}

impl Slots {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let all = u32::try_from(bounds.connections).unwrap_or(u32::MAX).min(1 << 28);
        Self {
            inner: Arc::new(Inner {
                free: Arc::new(Semaphore::new(all as usize)),
                all,
                per_address: bounds.connections_per_address,
                by_address: Mutex::default(),
                failures: AtomicU64::new(0),
            }),
        }
    }

    /// A place for a connection from `address`; `None` where there is none left. A trusted proxy is not counted by its
    /// address: it is everybody.
    pub(crate) fn take(&self, address: IpAddr, trusted: &[Network]) -> Option<Slot> {
        let permit = Arc::clone(&self.inner.free).try_acquire_owned().ok()?;
        let address = network(address).filter(|_| !trusted.iter().any(|proxy| proxy.contains(address)));
        if let Some(address) = address {
            let mut counts = self.inner.counts();
            let count = counts.entry(address).or_default();
            if *count >= self.inner.per_address {
                return None;
            }
            *count += 1;
        }
        let inner = Arc::clone(&self.inner);
        Some(Slot { _taken: Arc::new(Taken { address, inner, _permit: permit }) })
    }

    /// Counts a failure to accept, and tells of it at 1, 2, 4, 8 … so that a long shortage does not fill the log.
    pub(super) fn count_failure(&self, error: &io::Error) {
        let failures = self.inner.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if failures.is_power_of_two() {
            tracing::warn!(%error, failures, "connections cannot be accepted for now");
        }
    }

    /// Waits until no connection is left.
    pub(crate) async fn all_free(&self) {
        // Never closed, so this cannot fail.
        let _ = self.inner.free.acquire_many(self.inner.all).await;
    }
}

impl Inner {
    fn counts(&self) -> std::sync::MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut counts = self.inner.counts();
        if let Some(count) = counts.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&address);
            }
        }
    }
}

/// What one customer of a provider has: an IPv4 address or an IPv6 /64. Nothing for this machine itself, where a
/// proxy would be everybody.
fn network(address: IpAddr) -> Option<IpAddr> {
    Some(customer(address)).filter(|_| !address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_come_free() {
        let slots = Slots::new(Bounds { connections: 3, connections_per_address: 1, ..Bounds::default() });
        let first = slots.take("2001:db8::1".parse().unwrap(), &[]).unwrap();
        assert!(slots.take("2001:db8::2".parse().unwrap(), &[]).is_none(), "the same network");
        let clone = first.clone();
        drop(first);
        assert!(slots.take("2001:db8::2".parse().unwrap(), &[]).is_none(), "a clone is still there");
        drop(clone);
        let _taken = [
            slots.take("2001:db8::2".parse().unwrap(), &[]).unwrap(),
            slots.take("127.0.0.1".parse().unwrap(), &[]).unwrap(),
            slots.take("::ffff:127.0.0.1".parse().unwrap(), &[]).unwrap(),
        ];
        assert!(slots.take("127.0.0.1".parse().unwrap(), &[]).is_none(), "all taken");
    }

    #[test]
    fn a_trusted_proxy_is_everybody() {
        let slots = Slots::new(Bounds { connections_per_address: 1, ..Bounds::default() });
        let proxy = ["10.0.0.0/8".parse().unwrap()];
        let _first = slots.take("10.0.0.1".parse().unwrap(), &proxy).unwrap();
        assert!(slots.take("10.0.0.1".parse().unwrap(), &proxy).is_some());
        assert!(slots.take("192.0.2.1".parse().unwrap(), &proxy).is_some());
        let _second = slots.take("192.0.2.2".parse().unwrap(), &proxy).unwrap();
        assert!(slots.take("192.0.2.2".parse().unwrap(), &proxy).is_none());
    }
}
