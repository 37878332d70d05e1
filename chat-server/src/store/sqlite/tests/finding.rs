//! What is counted and found, against what is simple and slow.

use protocol::messages::Everyone;
use protocol::rooms::Delete;

use super::*;
use crate::core::policy::Reaches;
use crate::store::deeds::Author;

fn user(number: u32) -> UserId {
    UserId::new(format!("g-{number}")).unwrap()
}

fn guest(number: u32) -> Author {
    Author { user: user(number), name: "ana".into(), guest: true, reaches: Reaches::FULL, server: false }
}

/// One thing that happens in a room.
#[derive(Debug, Clone)]
enum Step {
    Say {
        by: u32,
        thread: bool,
        names: Option<u32>,
        calls: bool,
    },
    /// Takes one of the messages out.
    Delete(prop::sample::Index),
    /// Somebody reads up to a place, and asks what is left.
    Read {
        by: u32,
        upto: prop::sample::Index,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let say = (
        0..3_u32,
        prop::bool::weighted(0.2),
        prop::option::weighted(0.3, 0..3_u32),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(by, thread, names, calls)| Step::Say { by, thread, names, calls });
    prop_oneof![
        8 => say,
        1 => any::<prop::sample::Index>().prop_map(Step::Delete),
        3 => (0..3_u32, any::<prop::sample::Index>()).prop_map(|(by, upto)| Step::Read { by, upto }),
    ]
}

struct Said {
    seq: Seq,
    by: u32,
    thread: bool,
    names: Option<u32>,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// However a room fills, and whoever asked before: what is unread is what others said after the marker.
    #[test]
    fn unread_is_what_others_said_since(steps in prop::collection::vec(step(), 1..150)) {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let options = Options { durability: Durability::Normal, readers: 1, ..Options::default() };
            let fixture = open_with(dir.path(), options).unwrap();
            let lobby = RoomKey::lobby();
            let (mut said, mut head) = (Vec::<Said>::new(), 0);
            for (number, step) in steps.iter().enumerate() {
                match step {
                    Step::Say { by, thread, names, calls } => {
                        let root = said.iter().find(|said| !said.thread).map(|said| said.seq).filter(|_| *thread);
                        let message = Append {
                            thread: root,
                            mentions: names.iter().map(|name| user(*name)).collect(),
                            everyone: calls.then_some(Everyone::Room),
                            ..append(&lobby, *by, &format!("m{number}"), "text")
                        };
                        let (seq, _) = stored(&fixture.append([message]).await[0]);
                        let thread = root.is_some();
                        // A guest's call in a public room is none.
                        said.push(Said { seq, by: *by, thread, names: *names });
                        head = seq;
                    }
                    Step::Delete(which) if !said.is_empty() => {
                        let gone = said.remove(which.index(said.len()));
                        let delete = Delete { room: lobby.clone(), target: gone.seq, id: None };
                        let id = Id::new(format!("d{number}")).unwrap();
                        head = fixture.store.delete(Author::server(), delete, id).await.unwrap().seq;
                    }
                    Step::Delete(_) => {}
                    Step::Read { by, upto } => {
                        let upto = upto.index(usize::try_from(head).unwrap() + 1) as Seq;
                        if upto == 0 {
                            continue;
                        }
                        fixture.store.read_upto(guest(*by), lobby.clone(), upto, true).await.unwrap();
                        let sight = fixture.store.sight(guest(*by), lobby.clone()).await.unwrap().unwrap();
                        let of_others = || said.iter().filter(|said| said.seq > upto && said.by != *by);
                        let unread = of_others().filter(|said| !said.thread).count();
                        let mentions = of_others().filter(|said| said.names == Some(*by)).count();
                        assert_eq!(sight.read, Some(upto));
                        assert_eq!((sight.unread as usize, sight.mentions as usize), (unread.min(100), mentions), "{upto} of {head}");
                    }
                }
            }
        });
    }

    /// The page of a time begins with the first event that is not earlier, also where many have the same.
    #[test]
    fn a_time_leads_to_the_first_event_that_is_not_earlier(
        pauses in prop::collection::vec(0..4_i64, 1..80), asked in -3..250_i64
    ) {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let fixture = open(dir.path());
            let lobby = RoomKey::lobby();
            fixture.append(numbered(&lobby, pauses.len() as u64)).await;
            let times: Vec<i64> = pauses
                .iter()
                .scan(0, |time, pause| {
                    *time += pause;
                    Some(*time)
                })
                .collect();
            let db = rusqlite::Connection::open(dir.path().join("chat.db")).unwrap();
            for (index, time) in times.iter().enumerate() {
                let seq = i64::try_from(index).unwrap() + 1;
                db.execute("UPDATE events SET timestamp_ms = ?1 WHERE seq = ?2", [*time, seq]).unwrap();
            }
            let page = fixture.store.page(lobby, At::Since(asked), 1, 1000).await.unwrap().unwrap();
            let expected = times.iter().position(|time| *time >= asked).unwrap_or(times.len() - 1);
            assert_eq!(page.first, expected as Seq + 1);
        });
    }
}

/// More than the readers remember, and whoever said nearly all of it.
#[tokio::test]
async fn what_is_unread_is_counted_in_the_newest_events() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    let by = |user: u32, from: u64, count: u64| {
        (from..from + count)
            .map(|n| append(&RoomKey::lobby(), user, &format!("m{n}"), "text"))
            .collect::<Vec<_>>()
    };
    fixture.append(by(1, 0, 30)).await;
    fixture.append(by(2, 30, 500)).await;
    let unread = async |by: u32, upto: Seq| {
        fixture.store.read_upto(guest(by), lobby.clone(), upto, true).await.unwrap();
        fixture.store.sight(guest(by), lobby.clone()).await.unwrap().unwrap().unread
    };
    assert_eq!(unread(1, 1).await, 100, "no more are counted");
    assert_eq!(unread(2, 1).await, 29, "further back than is remembered, for one's own do not count");
    assert_eq!(unread(2, 20).await, 10);
    fixture.append(by(2, 530, 1000)).await;
    assert_eq!(unread(2, 1).await, 0, "further back than is looked at");
    fixture.append(by(1, 1530, 3)).await;
    assert_eq!((unread(2, 1).await, unread(1, 1530).await, unread(3, 1531).await), (3, 0, 2));
}
