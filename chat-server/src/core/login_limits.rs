//! How often somebody may try to sign in.
//!
//! Guessing is slowed down by three counts: of one name from one network, of one network over all names, and of one
//! name over all networks. The last would let anybody keep somebody else out, so a device that was signed in before
//! has a count of its own instead. Nobody is ever shut out for longer than it takes to gain one try, and what went
//! well costs nothing.

use ::core::net::IpAddr;
use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use super::limiter::{Bucket, Rate};
use super::networks::customer;

/// One name from one network.
const PAIR: Rate = Rate { per_second: 6.0 / 60.0, burst: 5.0 };
/// One network, or one name from everywhere, or one known device.
const TEN_A_MINUTE: Rate = Rate { per_second: 10.0 / 60.0, burst: 10.0 };
/// Counts of a kind before those that are at rest are forgotten.
const REMEMBERED: usize = 10_000;

/// Who tries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Try<'a> {
    pub(crate) address: IpAddr,
    /// Whose account it would be, by what the name looks like; whether there is one does not matter.
    pub(crate) name: &'a str,
    /// The device, where it has proved that it was signed in to this very account before.
    pub(crate) known: Option<&'a str>,
}

/// The counts.
#[derive(Debug, Default)]
pub(crate) struct LoginLimits {
    pairs: HashMap<(IpAddr, String), Bucket>,
    networks: HashMap<IpAddr, Bucket>,
    names: HashMap<String, Bucket>,
    devices: HashMap<String, Bucket>,
}

impl LoginLimits {
    /// Counts a try, or says when to come again.
    pub(crate) fn admit(&mut self, who: Try<'_>, now: Duration) -> Result<(), Duration> {
        if let Some(device) = who.known {
            return take(&mut self.devices, device.to_owned(), TEN_A_MINUTE, now);
        }
        let network = customer(who.address);
        // A proxy on this machine that is not said to be one would make a single network of everybody.
        if !network.is_loopback() {
            take(&mut self.networks, network, TEN_A_MINUTE, now)?;
        }
        take(&mut self.pairs, (network, who.name.to_owned()), PAIR, now)?;
        take(&mut self.names, who.name.to_owned(), TEN_A_MINUTE, now)
    }

    /// A try went well: it was none.
    pub(crate) fn succeeded(&mut self, who: Try<'_>) {
        if let Some(device) = who.known {
            self.devices.remove(device);
            return;
        }
        let network = customer(who.address);
        self.pairs.remove(&(network, who.name.to_owned()));
        // Whoever has an account of their own must not thereby get more guesses at others.
        if let Some(bucket) = self.networks.get_mut(&network) {
            bucket.give_back(TEN_A_MINUTE);
        }
        if let Some(bucket) = self.names.get_mut(who.name) {
            bucket.give_back(TEN_A_MINUTE);
        }
    }

    /// Counts something else that guesses could be made with: an invite, a link.
    pub(crate) fn admit_secret(&mut self, address: IpAddr, now: Duration) -> Result<(), Duration> {
        let network = customer(address);
        if network.is_loopback() { Ok(()) } else { take(&mut self.networks, network, TEN_A_MINUTE, now) }
    }
}

fn take<K: Hash + Eq>(
    buckets: &mut HashMap<K, Bucket>,
    key: K,
    rate: Rate,
    now: Duration,
) -> Result<(), Duration> {
    if buckets.len() > REMEMBERED {
        buckets.retain(|_, bucket| !bucket.is_full(rate, now));
    }
    buckets.entry(key).or_insert_with(|| Bucket::new(rate, now)).take(rate, now, Duration::ZERO).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(address: &str, name: &'a str) -> Try<'a> {
        Try { address: address.parse().unwrap(), name, known: None }
    }

    fn tries(limits: &mut LoginLimits, who: Try<'_>, now: Duration) -> usize {
        (0..100).filter(|_| limits.admit(who, now).is_ok()).count()
    }

    #[test]
    fn a06_guessing_is_slow_from_anywhere() {
        let mut limits = LoginLimits::default();
        assert_eq!(tries(&mut limits, of("192.0.2.1", "ana"), Duration::ZERO), 5);
        let wait = limits.admit(of("192.0.2.1", "ana"), Duration::ZERO).unwrap_err();
        assert!(wait <= Duration::from_secs(10), "nobody is shut out: {wait:?}");
        let mut limits = LoginLimits::default();
        let names: Vec<String> = (0..100).map(|n| format!("name{n}")).collect();
        let sprayed = names.iter().filter(|name| limits.admit(of("192.0.2.1", name), Duration::ZERO).is_ok());
        assert_eq!(sprayed.count(), 10, "one network over many names");
        let mut limits = LoginLimits::default();
        let addresses: Vec<String> = (0..100).map(|n| format!("2001:db8:0:{n}::1")).collect();
        let spread = addresses.iter().filter(|from| limits.admit(of(from, "ana"), Duration::ZERO).is_ok());
        assert_eq!(spread.count(), 10, "many networks on one name");
        let mut limits = LoginLimits::default();
        let rotated = (0..100).map(|n| format!("2001:db8::{n:x}"));
        let rotated = rotated.filter(|from| limits.admit(of(from, "ana"), Duration::ZERO).is_ok());
        assert_eq!(rotated.count(), 5, "an IPv6 network is one");
    }

    #[test]
    fn a06_a_known_device_is_not_kept_out_by_others() {
        let mut limits = LoginLimits::default();
        for n in 0..200 {
            let _ = limits.admit(of(&format!("192.0.2.{n}"), "ana"), Duration::ZERO);
        }
        assert!(limits.admit(of("198.51.100.1", "ana"), Duration::ZERO).is_err());
        let known = Try { known: Some("device"), ..of("198.51.100.1", "ana") };
        assert_eq!(tries(&mut limits, known, Duration::ZERO), 10, "and is slow by itself");
    }

    #[test]
    fn what_went_well_costs_nothing() {
        let mut limits = LoginLimits::default();
        for _ in 0..1000 {
            limits.admit(of("192.0.2.1", "ana"), Duration::ZERO).unwrap();
            limits.succeeded(of("192.0.2.1", "ana"));
        }
        // An own account is no key to another one.
        let mut guesses = 0;
        for _ in 0..100 {
            guesses += usize::from(limits.admit(of("192.0.2.1", "bo"), Duration::ZERO).is_ok());
            if limits.admit(of("192.0.2.1", "ana"), Duration::ZERO).is_ok() {
                limits.succeeded(of("192.0.2.1", "ana"));
            }
        }
        assert_eq!(guesses, 5);
    }

    #[test]
    fn counts_are_forgotten() {
        let mut limits = LoginLimits::default();
        for n in 0..=REMEMBERED {
            let _ = limits.admit(of("127.0.0.1", &format!("n{n}")), Duration::ZERO);
        }
        let _ = limits.admit(of("127.0.0.1", "x"), Duration::from_secs(100));
        assert!(limits.pairs.len() < 10 && limits.names.len() < 10);
    }
}
