//! `hello`: who a connection is, which rooms it is in, and from where it goes on.

use std::collections::BTreeMap;

use protocol::client::{ClientFrame, Hello};
use protocol::error::close;
use protocol::ids::{RoomKey, Seq, UserId};
use protocol::limits::{HEARTBEAT, HISTORY_EVENTS, MESSAGE_BYTES, RESUME_EVENTS, ROOMS_PER_CONNECTION};
use protocol::server::{Limits, Reset, ResetWhy, RoomInfo, ServerFrame, User, Welcome};

use super::{Client, Next, new_guest};
use crate::core::token;
use crate::hub::{Order, load};

/// The server's name and version.
const SERVER: &str = concat!("chat-server/", env!("CARGO_PKG_VERSION"));

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
        let proven = hello.token.as_deref().and_then(|token| token::verify(store.secret(), token));
        let user = proven.unwrap_or_else(new_guest);
        let same_history = hello.resume.as_ref().is_none_or(|resume| resume.epoch == *store.epoch());
        let mut wanted: BTreeMap<RoomKey, Option<Seq>> = hello
            .resume
            .map(|resume| resume.rooms.into_iter().map(|(room, cursor)| (room, Some(cursor))).collect())
            .unwrap_or_default();
        wanted.entry(RoomKey::lobby()).or_default();
        if wanted.len() > ROOMS_PER_CONNECTION {
            return self.close(close::BAD_PROTOCOL, "too many rooms");
        }

        let mut rooms = Vec::new();
        let mut resets = Vec::new();
        for (key, cursor) in wanted {
            let loaded = if key.is_open() { load(&self.shard, &key, cursor).await } else { Ok(None) };
            match loaded {
                Ok(Some(loaded)) => rooms.push((loaded, cursor)),
                Ok(None) => {
                    let epoch = store.epoch().clone();
                    resets.push(Reset { room: key, epoch, first: 1, head: 0, why: ResetWhy::Gone });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be greeted");
                    return self.close(close::INTERNAL, "the store cannot be read now");
                }
            }
        }

        let name = self.connect(&user, Some(hello.conn), hello.name.as_deref()).await;
        // From here on without a wait: nothing may be sent between `welcome` and what it tells.
        let mut shard = self.shard.borrow_mut();
        shard.identify(self.link, user.clone());
        let mut infos: Vec<RoomInfo> = Vec::new();
        for (loaded, cursor) in &rooms {
            let cursor = cursor.filter(|_| same_history);
            let Some(mut joined) = shard.enter(self.link, loaded, cursor) else { continue };
            if !same_history {
                joined.reset = Some(Reset {
                    room: joined.info.room.clone(),
                    epoch: store.epoch().clone(),
                    first: joined.info.first,
                    head: joined.info.head,
                    why: ResetWhy::Epoch,
                });
            }
            infos.push(joined.info);
            resets.extend(joined.reset);
        }
        infos.sort_by_key(|info| info.room.as_str() != protocol::LOBBY);
        let welcome = Welcome {
            server: SERVER.to_owned(),
            epoch: store.epoch().clone(),
            token: token::issue(store.secret(), &user),
            user: User { user, name, guest: true },
            heartbeat_ms: u64::try_from(HEARTBEAT.as_millis()).unwrap_or(u64::MAX),
            limits: Limits {
                message_bytes: MESSAGE_BYTES as u64,
                history: HISTORY_EVENTS,
                resume: RESUME_EVENTS,
            },
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

    /// Makes the connection this user's, and replaces older ones of the same `conn`; tells the name.
    pub(super) async fn connect(
        &mut self,
        user: &UserId,
        conn: Option<protocol::ids::Id>,
        name: Option<&str>,
    ) -> String {
        let now = self.shared.now();
        let connected = self.shared.presence().connect(self.link, user, conn, name, "guest", now);
        self.shared.stir();
        self.user = Some(user.clone());
        for older in connected.replaces {
            self.shared.hub.order(|| Order::Replace(older)).await;
        }
        connected.name
    }
}
