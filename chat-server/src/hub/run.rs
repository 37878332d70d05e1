//! A shard's thread: one event loop that owns its connections' sockets.

use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::LocalSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::shard::{Shard, ShardRef};
use super::{Order, ShardOutlet, Shared};
use crate::ws::connection;

/// How long closing connections may take before they are cut.
const CLOSE_PATIENCE: Duration = Duration::from_secs(3);

/// Starts a shard's thread. It ends after [`Order::Close`], once everybody is gone.
pub(crate) fn start(index: u32, outlet: ShardOutlet, shared: Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
    let idle = shared.store.idle();
    idle.register();
    let (waits, goes_on) = (Arc::clone(idle), Arc::clone(idle));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_park(move || waits.wait())
        .on_thread_unpark(move || goes_on.go_on())
        .build()?;
    std::thread::Builder::new().name(format!("shard-{index}")).spawn(move || {
        let _whole = Whole;
        let local = LocalSet::new();
        local.block_on(&runtime, run(index, outlet, shared));
    })
}

/// Ends the process if a shard's own loop panics: half a server would look alive and serve nobody. Nothing is lost by
/// it, for what was acknowledged is on disk.
struct Whole;

impl Drop for Whole {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("a shard failed: the process ends, to be started anew");
            std::process::abort();
        }
    }
}

async fn run(index: u32, outlet: ShardOutlet, shared: Arc<Shared>) {
    let ShardOutlet { mut commits, mut orders } = outlet;
    let work = Rc::new(Notify::new());
    let shard = Shard::new(index, Arc::clone(&shared), Rc::clone(&work));
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut closing = None;
    loop {
        while let Ok(commit) = commits.try_recv() {
            shard.borrow_mut().apply(&commit);
        }
        while let Ok(order) = orders.try_recv() {
            closing = closing.or(follow(&shard, order));
        }
        let (more, next) = {
            let mut shard = shard.borrow_mut();
            shard.wake_rested();
            (shard.flush_turn(), shard.next_rested())
        };
        if closing.is_some_and(|since| shard.borrow().is_empty() || shared.now() > since + 2 * CLOSE_PATIENCE)
        {
            return;
        }
        if more {
            tokio::select! {
                biased;
                _ = seconds.tick() => second(&shard, closing),
                () = tokio::task::yield_now() => {}
            }
            continue;
        }
        tokio::select! {
            Some(commit) = commits.recv() => shard.borrow_mut().apply(&commit),
            Some(order) = orders.recv() => closing = closing.or(follow(&shard, order)),
            () = work.notified() => {}
            () = tokio::time::sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {}
            _ = seconds.tick() => second(&shard, closing),
        }
    }
}

/// A second is over.
fn second(shard: &ShardRef, closing: Option<Duration>) {
    let mut shard = shard.borrow_mut();
    shard.tick();
    if closing.is_some_and(|since| shard.shared.now() > since + CLOSE_PATIENCE) {
        shard.cut_all();
    }
}

/// Does what an order says; answers with the time where it is the one to end.
fn follow(shard: &ShardRef, order: Order) -> Option<Duration> {
    match order {
        Order::Accept { stream, leftover, upgrade } => {
            match connection::open(shard, stream, &leftover, upgrade) {
                Ok(serving) => drop(tokio::task::spawn_local(serving)),
                Err(error) => tracing::warn!(%error, "a socket was lost between two event loops"),
            }
        }
        Order::Signal(signal) => shard.borrow_mut().signal(&signal),
        Order::Tell { user, except, room, frame } => {
            shard.borrow_mut().tell_user(&user, except, &room, &frame);
        }
        Order::Replace(link) => {
            shard.borrow_mut().close(
                link,
                protocol::error::close::REPLACED,
                "another connection took this one's place",
            );
        }
        Order::GoAway { after_ms } => shard.borrow_mut().go_away(after_ms),
        Order::Close => {
            let mut shard = shard.borrow_mut();
            shard.going_away = true;
            shard.close_all();
            return Some(shard.shared.now());
        }
    }
    None
}
