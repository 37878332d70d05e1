//! `hello`: who a connection is, which rooms it is in, and from where it goes on.

use std::collections::BTreeMap;

use protocol::client::{ClientFrame, Hello};
use protocol::error::close;
use protocol::http::Me;
use protocol::ids::{RoomKey, Seq, UserId};
use protocol::limits::{HEARTBEAT, HISTORY_EVENTS, MESSAGE_BYTES, RESUME_EVENTS, ROOMS_PER_CONNECTION};
use protocol::people::{Guests, Role};
use protocol::server::{Limits, Reset, ResetWhy, RoomInfo, ServerFrame, User, Welcome};

use super::rooms::{own_or, wire_key};
use super::{Client, Next, accounts};
use crate::core::identity::Identity;
use crate::core::policy::{Action, Actor, Denied, InRoom, RoomFacts, Standing, decide};
use crate::core::token;
use crate::hub::{Loaded, Order, at_hand, load};
use crate::store::deeds::Sight;
use crate::store::{ReadError, RoomRecord};

/// The server's name and version.
const SERVER: &str = concat!("chat-server/", env!("CARGO_PKG_VERSION"));

/// What a connection is to be in.
struct Places {
    rooms: Vec<Placed>,
    /// What it cannot be in.
    resets: Vec<Reset>,
}

struct Placed {
    loaded: Loaded,
    cursor: Option<Seq>,
    sight: Sight,
}

impl Client {
    pub(super) async fn hello(&mut self, text: &str) -> Next {
        match ClientFrame::parse(text) {
            Ok(ClientFrame::Hello(hello)) => self.greet(hello).await,
            Ok(_) => self.expect_hello(None),
            Err(refusal) => self.expect_hello(Some(*refusal)),
        }
    }

    async fn greet(&mut self, hello: Hello) -> Next {
        self.with_shard(|shard| shard.greeting(self.link));
        let store = self.shared.store.clone();
        let (stamp, proof) = (self.any_stamp(), self.prove(hello.token.as_deref()).await);
        let (identity, me) = match proof {
            Ok(proven) => proven,
            Err(next) => return next,
        };
        let user = identity.user.clone();
        self.identity = Some(identity.clone());
        let same_history = hello.resume.as_ref().is_none_or(|resume| resume.epoch == *store.epoch());
        let mut wanted: BTreeMap<RoomKey, Option<Seq>> = hello
            .resume
            .map(|resume| resume.rooms.into_iter().map(|(room, cursor)| (room, Some(cursor))).collect())
            .unwrap_or_default();
        wanted.entry(RoomKey::lobby()).or_default();
        if wanted.len() > ROOMS_PER_CONNECTION {
            return self.close(close::BAD_PROTOCOL, "too many rooms");
        }

        let name = self.connect(&user, Some(hello.conn), hello.name.as_deref(), me.as_ref()).await;
        if let Err(next) = self.still(&identity, hello.token.as_deref(), stamp).await {
            return next;
        }
        self.cookie = None;
        let session = self.identity.as_ref().and_then(Identity::session).cloned();
        let reaches = identity.reaches();
        self.with_shard(|shard| shard.identify(self.link, user.clone(), session, &reaches));
        let Places { rooms, mut resets } = match self.find_places(&user, wanted).await {
            Ok(places) => places,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be greeted");
                return self.close(close::INTERNAL, "the store cannot be read now");
            }
        };
        // From here on without a wait: nothing may be sent between `welcome` and what it tells.
        let mut shard = self.shard.borrow_mut();
        let mut infos: Vec<RoomInfo> = Vec::new();
        for Placed { loaded, cursor, sight } in &rooms {
            shard.note_pins(loaded, sight.record.head, sight.pins);
            let cursor = cursor.filter(|_| same_history);
            let Some(mut joined) = shard.enter(self.link, loaded, cursor, sight.record.head) else {
                continue;
            };
            if !same_history {
                joined.reset = Some(Reset {
                    room: joined.info.room.clone(),
                    epoch: store.epoch().clone(),
                    first: joined.info.first,
                    head: joined.info.head,
                    why: ResetWhy::Epoch,
                });
            }
            self.complete(&mut joined.info, sight.clone());
            infos.push(joined.info);
            resets.extend(joined.reset);
        }
        infos.sort_by_key(|info| info.room.as_str() != protocol::LOBBY);
        let is_silent_guest = me.is_none() && self.shared.guests != Guests::On;
        let read_only = is_silent_guest || !identity.reaches().write;
        let welcome = Welcome {
            server: SERVER.to_owned(),
            epoch: store.epoch().clone(),
            token: me.is_none().then(|| token::issue(store.secret(), &user)),
            user: User {
                user,
                name,
                guest: me.is_none(),
                role: me.as_ref().map_or(Role::Guest, |me| me.role),
                profile: me.map(|me| me.profile).unwrap_or_default(),
            },
            heartbeat_ms: u64::try_from(HEARTBEAT.as_millis()).unwrap_or(u64::MAX),
            limits: Limits {
                message_bytes: MESSAGE_BYTES as u64,
                history: HISTORY_EVENTS,
                resume: RESUME_EVENTS,
            },
            read_only,
            rooms: infos,
        };
        shard.reply(self.link, &ServerFrame::Welcome(Box::new(welcome)));
        for reset in resets {
            shard.reply(self.link, &ServerFrame::Reset(reset));
        }
        shard.begin(self.link);
        drop(shard);
        drop(rooms);
        Next::Greeted
    }

    /// Finds the rooms that a connection is to be in, as its person may see them now: those that it asks for, and those
    /// that an account is a member of. What is not there, or not for them, is `gone`.
    async fn find_places(
        &self,
        user: &UserId,
        wanted: BTreeMap<RoomKey, Option<Seq>>,
    ) -> Result<Places, ReadError> {
        if let Some(placed) = self.newcomers_place(&wanted) {
            return Ok(Places { rooms: vec![placed], resets: Vec::new() });
        }
        loop {
            let stamp = self.stamp(user);
            let keys = wanted.keys().map(|key| own_or(user, key.clone())).collect();
            let sights = self.shared.store.sights(self.author(user), keys, !self.is_guest()).await?;
            let mut places = Places { rooms: Vec::new(), resets: Vec::new() };
            for (key, sight) in sights {
                let cursor = wanted.get(&wire_key(&key)).copied().flatten();
                let loaded = match &sight {
                    Ok(_) if places.rooms.len() < ROOMS_PER_CONNECTION => {
                        load(&self.shard, &key, cursor).await?
                    }
                    _ => None,
                };
                if let (Some(loaded), Ok(sight)) = (loaded, sight) {
                    places.rooms.push(Placed { loaded, cursor, sight });
                } else if wanted.contains_key(&wire_key(&key)) {
                    let (room, epoch) = (wire_key(&key), self.shared.store.epoch().clone());
                    places.resets.push(Reset { room, epoch, first: 1, head: 0, why: ResetWhy::Gone });
                }
            }
            if self.stamp(user) == stamp {
                return Ok(places);
            }
        }
    }

    /// The lobby as somebody sees it of whom the record can hold nothing yet, where the shard knows all of that.
    fn newcomers_place(&self, wanted: &BTreeMap<RoomKey, Option<Seq>>) -> Option<Placed> {
        let is_all = wanted.len() == 1 && wanted.get(&RoomKey::lobby()) == Some(&None);
        if !(self.is_new && is_all) {
            return None;
        }
        let (loaded, record) = at_hand(&self.shard, &RoomKey::lobby())?;
        self.newcomer_may_read(&record).ok()?;
        let pins = self.with_shard(|shard| shard.pins(&loaded))?;
        let (people, standing, read) = (Vec::new(), None, None);
        let sight = Sight { record, standing, read, unread: 0, mentions: 0, people, pins };
        Some(Placed { loaded, cursor: None, sight })
    }

    /// Whether a guest who was made at this moment may read a public room.
    pub(super) fn newcomer_may_read(&self, record: &RoomRecord) -> Result<(), Denied> {
        let facts = RoomFacts {
            kind: record.kind,
            announce: record.rules.announce,
            archived: record.rules.archived,
            lobby: record.key.as_str() == protocol::LOBBY,
            pair: false,
            standing: Standing::default(),
        };
        decide(&Actor::guest(self.shared.guests), Action::Room(InRoom::Read, &facts))
    }

    /// Makes the connection this user's, and replaces older ones of the same `conn`; tells the name.
    pub(super) async fn connect(
        &mut self,
        user: &UserId,
        conn: Option<protocol::ids::Id>,
        name: Option<&str>,
        me: Option<&Me>,
    ) -> String {
        let now = self.shared.now();
        let connected = match me {
            Some(me) => self.shared.presence().connect_account(self.link, &accounts::known(me), conn, now),
            None => self.shared.presence().connect(self.link, user, conn, name, "guest", now),
        };
        self.shared.stir();
        self.user = Some(user.clone());
        if let Some(change) = connected.renamed {
            self.tell_renamed(user, change);
        }
        for older in connected.replaces {
            self.shared.hub.order(|| Order::Replace(older)).await;
        }
        connected.name
    }
}
