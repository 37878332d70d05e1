//! The store: what an append costs when many wait, and when it is alone.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::sync::{Arc, mpsc};

use chat_server::store::{Append, At, Durability, Options, Origin, Store};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use protocol::ids::{Id, RoomKey, UserId};
use tokio::runtime::{Builder, Runtime};

struct Fixture {
    store: Store,
    runtime: Runtime,
    /// How many were stored, for each commit.
    stored: mpsc::Receiver<usize>,
    next: u64,
    _directory: tempfile::TempDir,
}

impl Fixture {
    fn new(durability: Durability) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let (told, stored) = mpsc::channel();
        let options = Options { durability, ..Options::default() };
        // The last commits are told when nobody listens any more.
        let on_commit = Box::new(move |commit: Arc<chat_server::store::Commit>| {
            let _ = told.send(commit.outcomes.len());
        });
        let store = Store::open(directory.path(), options, on_commit).expect("a new store opens");
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        Self { store, runtime, stored, next: 0, _directory: directory }
    }

    /// Stores `count` messages and waits until all of them are.
    fn append(&mut self, count: usize) {
        for _ in 0..count {
            self.next += 1;
            let append = Append {
                origin: Origin { shard: 0, connection: 1 },
                room: RoomKey::lobby(),
                id: Id::new(format!("{:026}", self.next)).expect("a valid id"),
                ordered: false,
                user: UserId::new("g-1").expect("a valid user"),
                sender: Arc::from("ana"),
                guest: true,
                text: "what people say in about so many words, most of the time and nearly everywhere".into(),
                reply: None,
                thread: None,
                mentions: Vec::new(),
                everyone: None,
                here: None,
                files: Vec::new(),
            };
            self.runtime.block_on(self.store.append(append)).expect("the store is open");
        }
        let mut stored = 0;
        while stored < count {
            stored += self.stored.recv().expect("the store is open");
        }
    }
}

fn append(c: &mut Criterion) {
    for (name, durability) in [("full", Durability::Full), ("normal", Durability::Normal)] {
        let mut fixture = Fixture::new(durability);
        let mut group = c.benchmark_group(format!("append until committed, {name}"));
        group.sample_size(20);
        for count in [1, 16, 256] {
            group.throughput(Throughput::Elements(count as u64));
            group.bench_with_input(BenchmarkId::from_parameter(count), &count, |b, &count| {
                b.iter(|| fixture.append(count));
            });
        }
        group.finish();
    }
}

fn page(c: &mut Criterion) {
    let mut fixture = Fixture::new(Durability::Normal);
    fixture.append(10_000);
    let mut group = c.benchmark_group("history page");
    for limit in [20_u32, 100] {
        group.throughput(Throughput::Elements(limit.into()));
        group.bench_with_input(BenchmarkId::from_parameter(limit), &limit, |b, &limit| {
            b.iter(|| {
                let page = fixture.store.page(RoomKey::lobby(), At::Before(5000), limit, 1 << 20);
                fixture.runtime.block_on(page).expect("a page")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, append, page);
criterion_main!(benches);
