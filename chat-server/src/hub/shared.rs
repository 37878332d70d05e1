//! What all shards share: the store, who is present, and the rates that span connections.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use protocol::ids::{RoomKey, UserId};
use protocol::people::Guests;
use protocol::server::ServerFrame;
use tokio::sync::Notify;

use super::{Hub, frame};
use crate::core::buckets::Buckets;
use crate::core::limiter::Rate;
use crate::core::networks::customer;
use crate::core::presence::{Link, Notice, NoticeKind, Presence};
use crate::store::Store;

/// Messages of all connections of one address.
const ADDRESS_RATE: Rate = Rate { per_second: 200.0, burst: 1000.0 };
/// Messages of all connections of one person.
const USER_RATE: Rate = Rate { per_second: 50.0, burst: 250.0 };
/// Searches of all connections of one person, and of one address.
const SEARCH_RATE: Rate = Rate { per_second: 5.0, burst: 20.0 };
const ADDRESS_SEARCH_RATE: Rate = Rate { per_second: 20.0, burst: 80.0 };
/// How long a command may be held back before it is refused.
const PATIENCE: Duration = Duration::from_secs(2);

/// Something that a room's members are told and that may be lost.
#[derive(Debug)]
pub(crate) struct Signal {
    pub(crate) room: RoomKey,
    /// One whole WebSocket frame.
    pub(crate) frame: Vec<u8>,
    pub(crate) audience: Audience,
    /// Whoever caused it need not hear of it.
    pub(crate) except: Option<UserId>,
}

/// Which of a room's connections hear of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// All.
    Everybody,
    /// Those that speak `chat.v1`.
    Full,
    /// Plain ones.
    Plain,
}

/// Whether a command may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admitted {
    /// After this wait.
    After(Duration),
    /// No; come again after this time.
    Not(Duration),
}

/// The rates that span connections.
#[derive(Debug)]
struct Rates {
    saying: Pair,
    searching: Pair,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            saying: Pair::new(USER_RATE, ADDRESS_RATE),
            searching: Pair::new(SEARCH_RATE, ADDRESS_SEARCH_RATE),
        }
    }
}

/// A person's rate and an address's, taken together.
#[derive(Debug)]
struct Pair {
    users: Buckets<UserId>,
    addresses: Buckets<IpAddr>,
}

impl Pair {
    fn new(user: Rate, address: Rate) -> Self {
        Self { users: Buckets::new(user), addresses: Buckets::new(address) }
    }

    /// Takes of both, or of neither: the wait before it may go on, or after which it may come again.
    fn take(&mut self, user: &UserId, address: IpAddr, now: Duration) -> Result<Duration, Duration> {
        let wait = self.users.take_within(user, now, PATIENCE)?;
        match self.addresses.take_within(&address, now, PATIENCE) {
            Ok(longer) => Ok(wait.max(longer)),
            Err(wait) => {
                self.users.give_back(user);
                Err(wait)
            }
        }
    }
}

/// What all shards share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) hub: Hub,
    /// Whether rates are limited at all.
    pub(crate) limited: bool,
    /// What guests may do.
    pub(crate) guests: Guests,
    presence: Mutex<Presence>,
    /// Presence has something to tell sooner than it was known.
    pub(crate) stirred: Notify,
    rates: Mutex<Rates>,
    links: AtomicU64,
    origin: Instant,
}

impl Shared {
    pub(crate) fn new(store: Store, hub: Hub, limited: bool, guests: Guests) -> Self {
        Self {
            store,
            hub,
            limited,
            guests,
            presence: Mutex::default(),
            stirred: Notify::new(),
            rates: Mutex::default(),
            links: AtomicU64::new(1),
            origin: Instant::now(),
        }
    }

    /// The monotonic time since this server started.
    pub(crate) fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// A number for a new connection, never given before.
    pub(crate) fn new_link(&self) -> Link {
        self.links.fetch_add(1, Ordering::Relaxed)
    }

    /// Who is present. Held for moments, never across an await; whoever changes something calls [`Shared::stir`].
    pub(crate) fn presence(&self) -> MutexGuard<'_, Presence> {
        // A panic under the lock leaves at worst one person's state askew, which their next connection mends.
        self.presence.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has presence looked at again.
    pub(crate) fn stir(&self) {
        self.stirred.notify_one();
    }

    /// Takes one message's worth of the rates of a person, over all connections, and of an address; IPv6 counts by /64.
    pub(crate) fn admit(&self, user: &UserId, address: IpAddr) -> Admitted {
        self.admit_by(|rates| &mut rates.saying, user, address)
    }

    /// The same for a search, which costs more than a message does.
    pub(crate) fn admit_search(&self, user: &UserId, address: IpAddr) -> Admitted {
        self.admit_by(|rates| &mut rates.searching, user, address)
    }

    fn admit_by(&self, which: fn(&mut Rates) -> &mut Pair, user: &UserId, address: IpAddr) -> Admitted {
        if !self.limited {
            return Admitted::After(Duration::ZERO);
        }
        let now = self.now();
        // Counts are whole after every statement.
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        which(&mut rates).take(user, customer(address), now).map_or_else(Admitted::Not, Admitted::After)
    }

    /// Tells a room's members something that may be lost.
    pub(crate) fn signal(
        &self,
        room: &RoomKey,
        told: &ServerFrame,
        audience: Audience,
        except: Option<UserId>,
    ) {
        self.hub.signal(Signal { room: room.clone(), frame: frame::server_frame(told), audience, except });
    }

    /// Tells rooms who came and went, whenever there is something to tell. Never ends.
    pub(crate) async fn tell_presence(&self) {
        loop {
            let (notices, next) = {
                let mut presence = self.presence();
                (presence.poll(self.now()), presence.next())
            };
            for notice in notices {
                self.tell(notice);
            }
            let wait = next.map(|at| at.saturating_sub(self.now()));
            tokio::select! {
                () = self.stirred.notified() => {}
                () = tokio::time::sleep(wait.unwrap_or(Duration::from_hours(1))) => {}
            }
        }
    }

    fn tell(&self, notice: Notice) {
        let Notice { room, kind, names, users, count, present } = notice;
        let verb = match kind {
            NoticeKind::Join => "joined the room",
            NoticeKind::Leave => "left the room",
        };
        let who = match names.as_slice() {
            [] => format!("{count} people"),
            [name] => name.clone(),
            [first @ .., last] => format!("{} and {last}", first.join(", ")),
        };
        let timestamp = crate::clock::timestamp(std::time::SystemTime::now());
        let body = protocol::signal::ComeAndGo {
            room: room.clone(),
            message: format!("{who} {verb}"),
            names,
            users,
            count,
            present,
            timestamp,
        };
        let told = match kind {
            NoticeKind::Join => ServerFrame::Join(body),
            NoticeKind::Leave => ServerFrame::Leave(body),
        };
        self.signal(&room, &told, Audience::Everybody, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_and_an_address_are_each_held_to_their_rate() {
        let mut rates = Rates::default().saying;
        let address = |n: u8| IpAddr::from([10, 0, 0, n]);
        let user = |n: usize| UserId::new(format!("g-{n}")).unwrap();
        let now = Duration::from_secs(1);
        let mut taken = 0;
        while rates.take(&user(1), address(1), now).is_ok() {
            taken += 1;
        }
        assert_eq!(taken, 250 + 100, "the burst, and what may be waited for");
        assert!(rates.take(&user(1), address(2), now).is_err(), "from wherever they come");
        let others = (2..2000).take_while(|&n| rates.take(&user(n), address(1), now).is_ok()).count();
        assert_eq!(taken + others, 1000 + 400);
    }

    #[test]
    fn whom_the_address_holds_back_loses_nothing_of_their_own() {
        let mut rates = Rates::default().saying;
        let (ana, now) = (UserId::new("g-ana").unwrap(), Duration::from_secs(1));
        let (crowd, home) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        for n in 0..1400 {
            rates.take(&UserId::new(format!("g-{n}")).unwrap(), crowd, now).unwrap();
        }
        assert!((0..500).all(|_| rates.take(&ana, crowd, now).is_err()));
        assert_eq!(rates.take(&ana, home, now), Ok(Duration::ZERO));
    }
}
