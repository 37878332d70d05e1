//! How many pieces are received at a time: each holds a connection and some memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::error::{ErrorCode, Refusal};
use protocol::ids::UserId;

use crate::core::networks::customer;

/// Of all, of one person, and of one address (IPv6: of one /64).
const ALL: usize = 256;
const PER_USER: usize = 8;
const PER_ADDRESS: usize = 32;

/// Who is being received from.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    users: HashMap<UserId, usize>,
    addresses: HashMap<IpAddr, usize>,
}

/// One place, free again when dropped.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Turns,
    user: UserId,
    address: IpAddr,
}

impl Turns {
    pub(super) fn take(&self, user: &UserId, address: IpAddr) -> Result<Turn, Refusal> {
        let address = customer(address);
        let mut counts = self.counts();
        let of_user = counts.users.get(user).copied().unwrap_or_default();
        let of_address = counts.addresses.get(&address).copied().unwrap_or_default();
        // This machine's own address is everybody behind a proxy that is not named.
        let crowded = of_address >= PER_ADDRESS && !address.is_loopback();
        if counts.all >= ALL || of_user >= PER_USER || crowded {
            let reason = "too many uploads at the same time";
            return Err(Refusal::new(ErrorCode::RateLimited, reason).with_retry_ms(1000));
        }
        counts.all += 1;
        *counts.users.entry(user.clone()).or_default() += 1;
        *counts.addresses.entry(address).or_default() += 1;
        drop(counts);
        Ok(Turn { turns: self.clone(), user: user.clone(), address })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Whole after every statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut counts = self.turns.counts();
        counts.all -= 1;
        give_back(&mut counts.users, &self.user);
        give_back(&mut counts.addresses, &self.address);
    }
}

fn give_back<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_all_places() {
        let turns = Turns::default();
        let user = |n: usize| UserId::new(format!("g-{n}")).unwrap();
        let address = |n: u8| IpAddr::from([192, 0, 2, n]);
        let held: Vec<_> = (0..PER_USER).map(|_| turns.take(&user(1), address(1)).unwrap()).collect();
        assert_eq!(turns.take(&user(1), address(2)).unwrap_err().code, ErrorCode::RateLimited);
        let others: Vec<_> =
            (0..PER_ADDRESS - PER_USER).map(|n| turns.take(&user(n + 2), address(1)).unwrap()).collect();
        assert!(turns.take(&user(99), address(1)).is_err());
        drop(held);
        turns.take(&user(1), address(1)).unwrap();
        drop(others);
        let counts = turns.counts();
        assert!(counts.all == 0 && counts.users.is_empty() && counts.addresses.is_empty());
    }
}
