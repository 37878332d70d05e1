//! Rare writes between the messages.

use protocol::event::Message;

use super::super::deed::Deed;
use super::super::writer::{Appended, Changed, NewEvent, Turn};
use super::super::{members, own};
use super::*;
use crate::store::deeds::Author;

/// Appends a message by hand, as a rarer job would an event of its own kind.
fn say(turn: &mut Turn<'_, '_>, room: &RoomKey, id: &str, text: &str) -> rusqlite::Result<Appended> {
    let (id, user) = (Id::new(id).unwrap(), UserId::new("g-1").unwrap());
    let event = NewEvent {
        room,
        id: &id,
        user: &user,
        sender: "ana",
        guest: false,
        kind: "message",
        text,
        reply: None,
        thread: None,
        extra: None,
        files: None,
    };
    turn.append(&event, |seq, timestamp| {
        Event::Message(Message {
            room: room.clone(),
            seq,
            id: id.clone(),
            user: user.clone(),
            sender: "ana".into(),
            message: text.to_owned(),
            timestamp,
            guest: false,
            reply: None,
            thread: None,
            mentions: Vec::new(),
            everyone: None,
            files: Vec::new(),
            folded: None,
        })
    })
}

fn place(appended: &Appended) -> Seq {
    match appended {
        Appended::Stored { seq, .. } => *seq,
        other => panic!("{other:?}"),
    }
}

/// Keeps the writer from its queue until the returned connection is dropped, so that what is asked meanwhile shares a
/// transaction.
fn hold_up(dir: &Path) -> rusqlite::Connection {
    let foreign = rusqlite::Connection::open(dir.join("chat.db")).unwrap();
    foreign.execute_batch("BEGIN IMMEDIATE").unwrap();
    foreign
}

#[tokio::test]
async fn work_takes_its_turn_between_the_messages_and_is_told_in_that_order() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let (lobby, ops) = (RoomKey::lobby(), RoomKey::new("ops").unwrap());
    fixture.store.create_room(ops.clone(), "Ops".into()).await.unwrap();
    let foreign = hold_up(dir.path());
    let store = &fixture.store;
    let message = |id| store.append(append(&lobby, 1, id, id));
    let work = |id: &'static str, keep: bool| {
        let (lobby, ops) = (lobby.clone(), ops.clone());
        store.handle.work(0, move |turn| {
            let seq = place(&say(turn, &lobby, id, id)?);
            say(turn, &ops, &format!("{id}-ops"), id)?;
            Ok(if keep { Ok(seq) } else { Err(seq) })
        })
    };
    let (kept, undone, again, ..) = tokio::join!(
        biased;
        work("first", true),
        async { message("a").await.unwrap(); work("undone", false).await },
        async { message("b").await.unwrap(); work("last", true).await },
        async { message("c").await.unwrap(); drop(foreign); },
    );
    assert_eq!((kept, undone, again), (Ok(1), Err(WorkError::Refused(3)), Ok(4)));
    let texts = ["first", "a", "b", "last", "c"];
    assert_eq!(fixture.texts(&lobby).await, texts);
    assert_eq!(fixture.texts(&ops).await, ["first", "last"]);
    let mut told = Vec::new();
    while told.len() < texts.len() {
        let commit = fixture.next();
        told.extend(commit.events.iter().cloned().map(Event::Message));
        told.extend(commit.facts.iter().filter(|fact| *fact.room() == lobby).cloned());
    }
    assert_eq!(
        told.iter().map(text).collect::<Vec<_>>(),
        texts,
        "no message is told before what precedes it"
    );
    fixture.append([append(&ops, 1, "d", "d"), append(&lobby, 1, "e", "e")]).await;
    assert_eq!(fixture.texts(&ops).await, ["first", "last", "d"], "an undone place is given again");
}

#[tokio::test]
async fn work_that_the_database_refuses_is_undone_alone() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    fixture.append([append(&lobby, 1, "a", "a")]).await;
    let failing = {
        let lobby = lobby.clone();
        fixture.store.handle.work(0, move |turn| {
            let new = RoomKey::new("new").unwrap();
            let made = "INSERT INTO rooms (key, skeleton, title, kind, created_ms, used_ms)
                        VALUES ('new', 'new', 'New', 'public', 0, 0)";
            turn.db().execute(made, [])?;
            say(turn, &new, "in-new", "x")?;
            say(turn, &lobby, "in-lobby", "x")?;
            // A second lobby.
            let sql = "INSERT INTO rooms (id, key, skeleton, title, kind, created_ms, used_ms)
                       SELECT 7, key, skeleton, title, kind, 0, 0 FROM rooms";
            turn.db().execute(sql, [])?;
            Ok(Ok::<(), ()>(()))
        })
    };
    assert_eq!(failing.await, Err(WorkError::Unavailable));
    assert!(fixture.store.healthy());
    let new = RoomKey::new("new").unwrap();
    let outcomes = fixture.append([append(&new, 1, "b", "x"), append(&lobby, 1, "in-lobby", "x")]).await;
    assert_eq!(refused(&outcomes[0]), ErrorCode::NoRoom, "the room is gone from memory too");
    assert_eq!(stored(&outcomes[1]), (2, false));
}

#[tokio::test]
async fn an_id_is_used_once_whatever_job_used_it() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    fixture.append([append(&lobby, 1, "a", "x")]).await;
    let work = {
        let lobby = lobby.clone();
        fixture.store.handle.work(0, move |turn| {
            let nowhere = RoomKey::new("nowhere").unwrap();
            let same = say(turn, &lobby, "a", "x")?;
            let other = say(turn, &lobby, "a", "y")?;
            let lost = say(turn, &nowhere, "b", "x")?;
            Ok(Ok::<_, ()>((same, other, lost)))
        })
    };
    let (same, other, lost) = work.await.unwrap();
    assert!(matches!(same, Appended::Repeated(ack) if ack.seq == 1 && ack.dup));
    assert_eq!((other, lost), (Appended::Reused, Appended::NoRoom));
    assert_eq!(fixture.texts(&lobby).await, ["x"]);
}

#[tokio::test]
async fn work_waits_where_the_queue_is_full_and_ends_with_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open_with(dir.path(), Options { queue: 1024, ..Options::default() }).unwrap();
    let foreign = hold_up(dir.path());
    let value = |n: u32| fixture.store.handle.work(900, move |_| Ok(Ok::<_, ()>(n)));
    let (mut first, mut second) = (Box::pin(value(1)), Box::pin(value(2)));
    tokio::select! {
        biased;
        _ = &mut second => panic!("nothing is done while the database is locked"),
        _ = &mut first => panic!("nothing is done while the database is locked"),
        () = std::future::ready(()) => {}
    }
    assert_eq!(fixture.store.handle.room.available_permits(), 0, "the first to come fills the queue");
    drop(foreign);
    assert_eq!(tokio::join!(first, second), (Ok(1), Ok(2)));
    let store = fixture.store.clone();
    fixture.store.close().await;
    assert_eq!(store.handle.work(0, |_| Ok(Ok::<_, ()>(3))).await, Err(WorkError::Unavailable));
}

/// What a join changes is one person's in one room: nobody else's facts are read anew for it, nor for what is refused.
#[tokio::test]
async fn work_says_what_it_changes() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let ops = RoomKey::new("ops").unwrap();
    fixture.store.create_room(ops.clone(), "Ops".into()).await.unwrap();
    fixture
        .store
        .handle
        .work(0, |turn| {
            turn.db().execute_batch(
                "INSERT INTO accounts (user, name, role, created_ms) VALUES ('u-1', 'ana', 'member', 0)",
            )?;
            Ok(Ok::<_, ()>(()))
        })
        .await
        .unwrap();
    let ana = UserId::new("u-1").unwrap();
    let author = Author { user: ana.clone(), guest: false, server: false, ..Author::server() };
    let changes = async |deed: fn(&mut Deed<'_, '_, '_>, &RoomKey)| {
        let room = ops.clone();
        let done = fixture.store.handle.deed(author.clone(), 0, move |done| {
            deed(done, &room);
            Ok(done.turn.changed().clone())
        });
        done.await.unwrap()
    };
    let hers = Changed::These(vec![(ops.clone(), Some(ana))]);
    let joined = changes(|deed, room| drop(members::join(deed, room, &Id::new("x").unwrap()))).await;
    assert_eq!(joined, hers);
    let again = changes(|deed, room| drop(members::join(deed, room, &Id::new("x").unwrap()))).await;
    assert_eq!(again, Changed::These(vec![]));
    let read = changes(|deed, room| drop(own::read_upto(deed, room, 1, false))).await;
    assert_eq!(read, Changed::These(vec![]));
    let left = changes(|deed, room| drop(members::leave(deed, room, &Id::new("x").unwrap()))).await;
    assert_eq!(left, hers);
    let unsaid = changes(|_, _| ()).await;
    assert_eq!(unsaid, Changed::All, "what says nothing may have changed anything");
}
