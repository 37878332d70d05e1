//! What belongs to one person: how much of it is kept.

use protocol::own::Draft;

use super::*;
use crate::core::policy::Reaches;
use crate::store::deeds::{Author, Undone};

fn guest() -> Author {
    let user = UserId::new("g-1").unwrap();
    Author { user, name: "ana".into(), guest: true, reaches: Reaches::FULL, server: false }
}

fn code(undone: Undone) -> ErrorCode {
    match undone {
        WorkError::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    }
}

/// A room with so many messages.
async fn room_of(dir: &Path, messages: usize) -> Fixture {
    let fixture = open_with(dir, Options { durability: Durability::Normal, ..Options::default() }).unwrap();
    let said = (0..messages).map(|n| append(&RoomKey::lobby(), 1, &format!("m{n}"), "hello"));
    fixture.append(said.collect::<Vec<_>>()).await;
    fixture
}

impl Fixture {
    async fn draft(&self, thread: Option<Seq>, text: &str) -> Result<(), Undone> {
        let draft = Draft { room: RoomKey::lobby(), text: text.to_owned(), reply: None, thread };
        self.store.draft(guest(), draft).await
    }

    async fn read_thread(&self, thread: Seq, seq: Seq) -> Result<(), Undone> {
        self.store.read_thread(guest(), RoomKey::lobby(), thread, seq, false).await
    }

    async fn own(&self) -> Vec<Event> {
        let room = RoomKey::own(&guest().user);
        self.store.page(room, At::After(0), 1000, usize::MAX).await.unwrap().unwrap().events
    }

    /// The threads whose markers are kept, those that moved longest ago first.
    async fn threads(&self) -> Vec<Seq> {
        let marker =
            |event: Event| if let Event::ReadThread(read) = event { Some(read.thread) } else { None };
        self.own().await.into_iter().filter_map(marker).collect()
    }
}

#[tokio::test]
async fn emptied_drafts_of_threads_make_room() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = room_of(dir.path(), 1).await;
    for thread in 1..=500 {
        fixture.draft(Some(thread), "so").await.unwrap();
    }
    assert_eq!(code(fixture.draft(Some(501), "more").await.unwrap_err()), ErrorCode::Forbidden);
    fixture.draft(Some(7), "").await.unwrap();
    fixture.draft(Some(501), "more").await.unwrap();
    fixture.draft(Some(8), "").await.unwrap();
    let read = fixture.store.read_upto(guest(), RoomKey::lobby(), 1, false).await;
    assert_eq!(read.unwrap(), None, "kept, and not to be told");
}

#[tokio::test]
async fn threads_markers_make_room_those_first_that_moved_longest_ago() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = room_of(dir.path(), 510).await;
    fixture.draft(None, "for all").await.unwrap();
    for thread in 1..=499 {
        fixture.read_thread(thread, 500).await.unwrap();
    }
    fixture.read_thread(1, 501).await.unwrap();
    fixture.read_thread(500, 501).await.unwrap();
    let threads = fixture.threads().await;
    assert_eq!((threads.first(), threads.len()), (Some(&52), 499 - 50 + 1), "all but the oldest fifty");
    assert_eq!(threads[threads.len() - 2..], [1, 500], "one that moved is new");
    // What is not a thread's stays, and has room as well.
    for thread in 501..=549 {
        fixture.draft(Some(thread), "so").await.unwrap();
    }
    fixture.store.read_upto(guest(), RoomKey::lobby(), 9, false).await.unwrap();
    assert_eq!(fixture.threads().await.first(), Some(&102));
    let own = fixture.own().await;
    assert!(own.iter().any(|event| matches!(event, Event::Draft(draft) if draft.text == "for all")));
    assert!(own.iter().any(|event| matches!(event, Event::Read(read) if read.upto == 9)));
}
