//! Addresses: which ones are trusted to speak for others, and which ones count as one.

use ::core::net::IpAddr;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// An address, or all addresses that begin alike: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// Why a text is not a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address like 10.0.0.7 or 10.0.0.0/8")]
pub struct NetworkError(String);

impl Network {
    /// Whether an address is in it.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let rest = 32 - u32::from(self.prefix);
                u64::from(own.to_bits()) >> rest == u64::from(other.to_bits()) >> rest
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let rest = 128 - u32::from(self.prefix);
                let head = |bits: u128| bits.checked_shr(rest).unwrap_or(0);
                head(own.to_bits()) == head(other.to_bits())
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || NetworkError(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u8>().map_err(|_| error())?)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| error())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(bits);
        if prefix > bits { Err(error()) } else { Ok(Self { address, prefix }) }
    }
}

impl TryFrom<String> for Network {
    type Error = NetworkError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// Who really asks: behind proxies that are trusted, the last address that the nearest untrusted one had.
///
/// `forwarded` is what the lines of `X-Forwarded-For` say, in their order. It is read from its end, for its beginning
/// may be anybody's invention; what is no address ends the search.
pub(crate) fn client(peer: IpAddr, trusted: &[Network], forwarded: &[&str]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut address = peer.to_canonical();
    let said = forwarded.iter().rev().flat_map(|line| line.rsplit(',')).map(str::trim);
    for said in said {
        if !is_trusted(address) {
            break;
        }
        let Ok(next) = said.parse::<IpAddr>() else { break };
        address = next.to_canonical();
    }
    address
}

/// What one customer of a provider has: an IPv4 address or an IPv6 /64.
pub(crate) fn customer(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn networks_hold_what_begins_alike() {
        let holds = |network: &str, address: &str| network.parse::<Network>().unwrap().contains(ip(address));
        assert!(holds("10.0.0.0/8", "10.200.3.4"));
        assert!(!holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("10.0.0.7", "10.0.0.7") && !holds("10.0.0.7", "10.0.0.8"));
        assert!(holds("127.0.0.1", "::ffff:127.0.0.1"), "as a dual socket shows it");
        assert!(holds("0.0.0.0/0", "255.1.2.3") && holds("::/0", "ffff::1"));
        assert!(holds("fd00::/8", "fd12::1") && !holds("fd00::/8", "fe80::1") && !holds("::/0", "1.2.3.4"));
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "a", "1.2.3.4/", "1.2.3.4/-1"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }

    #[test]
    fn only_trusted_proxies_speak_for_others() {
        let trusted = ["127.0.0.1".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let asks = |peer: &str, lines: &[&str]| client(ip(peer), &trusted, lines).to_string();
        assert_eq!(asks("127.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(
            asks("127.0.0.1", &["6.6.6.6, 203.0.113.9, 10.1.1.1"]),
            "203.0.113.9",
            "the first is invented"
        );
        assert_eq!(asks("127.0.0.1", &["6.6.6.6", "203.0.113.9"]), "203.0.113.9", "two lines are one list");
        assert_eq!(asks("203.0.113.9", &["6.6.6.6"]), "203.0.113.9", "not a proxy of ours");
        assert_eq!(asks("127.0.0.1", &["unknown"]), "127.0.0.1");
        assert_eq!(asks("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(asks("127.0.0.1", &["10.1.1.1, 10.1.1.2"]), "10.1.1.1", "somebody within");
        assert_eq!(client(ip("127.0.0.1"), &[], &["6.6.6.6"]).to_string(), "127.0.0.1");
    }
}
