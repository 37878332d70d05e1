//! How often somebody may try to sign in.
//!
//! Guessing is slowed down by three counts: of one name from one network, of one network over all names, and of one
//! name over all networks. A try that any of them refuses is counted by none. From one network come at most half of the
//! tries that a name has, so that nobody alone keeps somebody else out; many networks together could, so a device that
//! was signed in before has a count of its own instead, and a link for a new password is no try at a name. Nobody is
//! ever shut out for longer than it takes to gain one try, and what went well costs nothing.

use ::core::net::IpAddr;
use std::time::Duration;

use super::buckets::Buckets;
use super::limiter::Rate;
use super::networks::customer;

/// One network, or one name from everywhere, or one known device.
const TEN_A_MINUTE: Rate = Rate { per_second: 10.0 / 60.0, burst: 10.0 };
/// One name from one network: half of what the name has.
const PAIR: Rate = Rate { per_second: TEN_A_MINUTE.per_second / 2.0, burst: TEN_A_MINUTE.burst / 2.0 };

/// Who tries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Try<'a> {
    pub(crate) address: IpAddr,
    /// Whose account it would be, by what the name looks like, which has a bound; whether there is one does not
    /// matter.
    pub(crate) name: &'a str,
    /// The device, where it has proved that it was signed in to this very account before.
    pub(crate) known: Option<&'a str>,
}

/// The counts.
#[derive(Debug)]
pub(crate) struct LoginLimits {
    pairs: Buckets<(IpAddr, String)>,
    networks: Buckets<IpAddr>,
    names: Buckets<String>,
    devices: Buckets<String>,
}

impl Default for LoginLimits {
    fn default() -> Self {
        Self {
            pairs: Buckets::new(PAIR),
            networks: Buckets::new(TEN_A_MINUTE),
            names: Buckets::new(TEN_A_MINUTE),
            devices: Buckets::new(TEN_A_MINUTE),
        }
    }
}

impl LoginLimits {
    /// Counts a try, or says when to come again.
    pub(crate) fn admit(&mut self, who: Try<'_>, now: Duration) -> Result<(), Duration> {
        if let Some(device) = who.known {
            return self.devices.take(&device.to_owned(), now);
        }
        let network = customer(who.address);
        let name = who.name.to_owned();
        let pair = (network, name.clone());
        // A proxy on this machine that is not said to be one would make a single network of everybody.
        let counted = !network.is_loopback();
        let by_network = if counted { self.networks.wait(&network, now) } else { Duration::ZERO };
        let wait = by_network.max(self.pairs.wait(&pair, now)).max(self.names.wait(&name, now));
        if !wait.is_zero() {
            return Err(wait);
        }
        if counted {
            self.networks.take(&network, now)?;
        }
        self.pairs.take(&pair, now)?;
        self.names.take(&name, now)
    }

    /// A try went well: it was none.
    pub(crate) fn succeeded(&mut self, who: Try<'_>) {
        if let Some(device) = who.known {
            self.devices.forget(&device.to_owned());
            return;
        }
        let network = customer(who.address);
        let name = who.name.to_owned();
        // Whoever has an account of their own must not thereby get more guesses at others.
        self.networks.give_back(&network);
        self.names.give_back(&name);
        self.pairs.forget(&(network, name));
    }

    /// Counts something else that guesses could be made with: an invite, a link.
    pub(crate) fn admit_secret(&mut self, address: IpAddr, now: Duration) -> Result<(), Duration> {
        let network = customer(address);
        if network.is_loopback() { Ok(()) } else { self.networks.take(&network, now) }
    }
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
        assert!(wait <= Duration::from_secs(12), "nobody is shut out: {wait:?}");
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
    fn a06_one_network_alone_keeps_nobody_out() {
        let mut limits = LoginLimits::default();
        let from = |second: u64| Duration::from_secs(second);
        for second in 0..600 {
            let _ = limits.admit(of("192.0.2.1", "ana"), from(second));
        }
        assert_eq!(tries(&mut limits, of("198.51.100.1", "ana"), from(600)), 5, "ana herself");
    }

    #[test]
    fn a_try_that_is_refused_costs_nothing() {
        let mut limits = LoginLimits::default();
        for n in 0..10 {
            limits.admit(of(&format!("192.0.2.{n}"), "ana"), Duration::ZERO).unwrap();
        }
        // Refused for the name's sake, which is no reason to refuse this network later.
        assert_eq!(tries(&mut limits, of("198.51.100.1", "ana"), Duration::ZERO), 0);
        assert_eq!(tries(&mut limits, of("198.51.100.1", "bo"), Duration::ZERO), 5);
        assert_eq!(tries(&mut limits, of("198.51.100.1", "ana"), Duration::from_secs(30)), 5);
    }
}
