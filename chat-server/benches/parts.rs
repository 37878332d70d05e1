//! The steps of a message through the server, one at a time.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::hint::black_box;
use std::time::Duration;

use chat_server::bench::{Rules, Tail, encode};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use protocol::client::ClientFrame;
use protocol::event::Message;
use protocol::ids::{Id, RoomKey, Seq, UserId};

const TAIL_BYTES: usize = 256 * 1024;

fn message(seq: Seq) -> Message {
    Message {
        room: RoomKey::lobby(),
        seq,
        id: Id::new(format!("01HF{seq:022}")).expect("a valid id"),
        user: UserId::new("g-01HF0000000000000000000000").expect("a valid user"),
        sender: "ana".into(),
        message: "x".repeat(100),
        timestamp: "2025-11-23T08:00:00.000Z".into(),
        guest: true,
        reply: None,
        thread: None,
        mentions: Vec::new(),
        everyone: None,
        files: Vec::new(),
        folded: None,
    }
}

fn parsing(c: &mut Criterion) {
    let texts = [
        (
            "parse a message",
            format!(r#"{{"type":"message","room":"lobby","id":"01HF","message":"{}"}}"#, "x".repeat(100)),
        ),
        (
            "parse a long message",
            format!(r#"{{"type":"message","room":"lobby","id":"01HF","message":"{}"}}"#, "é\\n".repeat(5000)),
        ),
        (
            "parse a history question",
            r#"{"type":"history","ref":7,"room":"lobby","before":100,"limit":50}"#.to_owned(),
        ),
    ];
    for (name, text) in texts {
        c.bench_function(name, |b| b.iter(|| ClientFrame::parse(black_box(&text)).is_ok()));
    }
}

fn encoding(c: &mut Criterion) {
    let message = message(1);
    let mut out = Vec::with_capacity(1024);
    c.bench_function("encode a message", |b| {
        b.iter(|| {
            out.clear();
            encode(&mut out, black_box(&message));
            out.len()
        });
    });
}

fn tail(c: &mut Criterion) {
    let messages: Vec<Message> = (1..=4096).map(message).collect();
    let mut group = c.benchmark_group("tail");
    group.throughput(Throughput::Elements(messages.len() as u64));
    group.bench_function("push, and cut where it is full", |b| {
        b.iter_batched_ref(
            || Tail::new(TAIL_BYTES),
            |tail| messages.iter().for_each(|message| tail.push(message)),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

/// A thousand members, each at another place, whose sockets take everything: what a flush costs beside its sends.
fn flush(c: &mut Criterion) {
    let mut tail = Tail::new(TAIL_BYTES);
    let mut places = Vec::new();
    for seq in 1..=256 {
        places.push(tail.end());
        tail.push(&message(seq));
    }
    let members: Vec<u64> = (0..1000).map(|member| places[member * 7 % places.len()]).collect();
    let mut group = c.benchmark_group("flush");
    group.throughput(Throughput::Elements(members.len() as u64));
    group.bench_function("1000 members, without the writes", |b| {
        b.iter(|| members.iter().filter_map(|&at| tail.visit(black_box(at), <[u8]>::len)).count());
    });
    group.bench_function("1000 members, half a frame taken", |b| {
        b.iter(|| {
            members.iter().filter_map(|&at| tail.visit(black_box(at), |owed| owed.len().min(100))).count()
        });
    });
    group.finish();
}

fn rules(c: &mut Criterion) {
    let room = RoomKey::lobby();
    let id = Id::new("01HF").expect("a valid id");
    let mut rules = Rules::new(1000.0, 1000.0);
    let mut now = Duration::ZERO;
    c.bench_function("rules: rate and order of one message", |b| {
        b.iter(|| {
            now += Duration::from_millis(1);
            rules.admit(black_box(&room), black_box(&id), now)
        });
    });
}

criterion_group!(benches, parsing, encoding, tail, flush, rules);
criterion_main!(benches);
