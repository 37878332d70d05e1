//! What is done to messages: stored once, folded into pages, and gone with what is deleted.

use std::collections::BTreeMap;

use protocol::event::{Folded, Message};
use protocol::fold;
use protocol::limits::{EMOJIS_PER_MESSAGE, PINS_PER_ROOM};
use protocol::messages;
use protocol::rooms::Delete;
use protocol::server::Ack;

use super::*;
use crate::core::policy::Reaches;
use crate::store::deeds::{Author, Named, Undone};

fn guest(n: u32) -> Author {
    let user = UserId::new(format!("g-{n}")).unwrap();
    Author { user, name: "ana".into(), guest: true, reaches: Reaches::FULL, server: false }
}

fn id(id: &str) -> Id {
    Id::new(id).unwrap()
}

fn code(undone: Undone) -> ErrorCode {
    match undone {
        WorkError::Refused(refusal) => refusal.code,
        other => panic!("{other:?}"),
    }
}

impl Fixture {
    async fn say(&self, append: Append) -> Seq {
        stored(&self.append([append]).await[0]).0
    }

    async fn edit(&self, user: u32, name: &str, target: Seq, text: &str) -> Result<Ack, Undone> {
        let asked =
            messages::Edit { room: RoomKey::lobby(), target, text: text.to_owned(), id: Some(id(name)) };
        self.store.edit(guest(user), asked, Named::default(), id(name)).await
    }

    async fn react(&self, user: u32, name: &str, target: Seq, emoji: &str, on: bool) -> Result<Ack, Undone> {
        let emoji = emoji.to_owned();
        let asked = messages::React { room: RoomKey::lobby(), target, emoji, on, id: Some(id(name)) };
        self.store.react(guest(user), asked, id(name)).await
    }

    async fn pin(&self, name: &str, target: Seq, on: bool) -> Result<Ack, Undone> {
        let asked = messages::Pin { room: RoomKey::lobby(), target, on, id: Some(id(name)) };
        self.store.pin(Author::server(), asked, id(name)).await
    }

    async fn delete(&self, user: u32, name: &str, target: Seq) -> Result<Ack, Undone> {
        let asked = Delete { room: RoomKey::lobby(), target, id: Some(id(name)) };
        self.store.delete(guest(user), asked, id(name)).await
    }

    /// The room as somebody reads it, page after page, and as of when; each page of so many events and bytes.
    async fn read(&self, forwards: bool, limit: u32, bytes: usize) -> View {
        let mut view = View::default();
        let mut at = if forwards { At::After(0) } else { At::Newest };
        loop {
            let page = self.store.page_for(guest(9), RoomKey::lobby(), at, limit, bytes).await;
            let page = page.unwrap().unwrap();
            view.page(&page.events, page.head);
            at = if forwards { At::After(page.last) } else { At::Before(page.first) };
            if !page.more {
                return view;
            }
        }
    }

    /// All events as they are in the log, after a place.
    async fn log(&self, after: Seq) -> Vec<Event> {
        let page = self.store.page(RoomKey::lobby(), At::After(after), 100_000, usize::MAX).await;
        page.unwrap().unwrap().events
    }

    async fn message(&self, seq: Seq) -> Message {
        let page = self.store.page_for(guest(9), RoomKey::lobby(), At::After(seq - 1), 1, usize::MAX).await;
        match page.unwrap().unwrap().events.remove(0) {
            Event::Message(message) => message,
            other => panic!("{other:?}"),
        }
    }
}

/// A client's view of a room: pages, and whatever comes after them.
#[derive(Debug, Default, Clone, PartialEq)]
struct View {
    messages: BTreeMap<Seq, Message>,
    /// The changes up to here are folded in, of each message.
    as_of: BTreeMap<Seq, Seq>,
}

impl View {
    fn page(&mut self, events: &[Event], as_of: Seq) {
        for event in events {
            if let Event::Message(message) = event {
                self.messages.insert(message.seq, message.clone());
                self.as_of.insert(message.seq, as_of);
            }
        }
    }

    /// An event as it is in the log.
    fn live(&mut self, event: &Event) {
        if let Some(target) = fold::target(event)
            && let Some(message) = self.messages.get_mut(&target)
            && self.as_of[&target] < event.seq()
        {
            fold::apply(message, event);
        }
        if let Event::Message(message) = event {
            self.messages.insert(message.seq, message.clone());
            self.as_of.insert(message.seq, message.seq);
        }
    }
}

#[tokio::test]
async fn an_edit_changes_what_is_read_and_keeps_what_was_said() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    let seq = fixture.say(append(&lobby, 1, "m", "frist")).await;
    let ack = fixture.edit(1, "e", seq, "first").await.unwrap();
    assert_eq!((ack.seq, ack.dup), (2, false));
    let told = fixture.next();
    let [Event::Edit(edit)] = &told.facts[..] else { panic!("{told:?}") };
    assert_eq!((edit.seq, edit.target, edit.text.as_str()), (2, seq, "first"));
    let again = fixture.edit(1, "e", seq, "first").await.unwrap();
    assert_eq!(again, Ack { dup: true, ..ack });
    for (target, text) in [(seq, "fist"), (2, "first")] {
        assert_eq!(code(fixture.edit(1, "e", target, text).await.unwrap_err()), ErrorCode::IdReused);
    }
    assert_eq!(code(fixture.edit(2, "x", seq, "mine").await.unwrap_err()), ErrorCode::Forbidden);
    assert_eq!(code(fixture.edit(1, "y", seq, " \n").await.unwrap_err()), ErrorCode::Empty);
    assert_eq!(code(fixture.edit(1, "z", 2, "no message").await.unwrap_err()), ErrorCode::NotFound);
    fixture.edit(1, "e2", seq, "First").await.unwrap();
    let message = fixture.message(seq).await;
    assert_eq!(message.message, "frist");
    let folded = message.folded.unwrap();
    assert_eq!(folded.text.as_deref(), Some("First"));
    let versions = fixture.store.versions_for(guest(3), lobby.clone(), seq, 1000).await.unwrap().unwrap();
    let texts: Vec<_> = versions.iter().map(|version| (version.seq, version.text.as_str())).collect();
    assert_eq!(texts, [(1, "frist"), (2, "first"), (3, "First")]);
    assert_eq!(folded.edited.as_ref(), Some(&versions[2].timestamp));
    let bounded = fixture.store.versions_for(guest(3), lobby, seq, 7).await.unwrap().unwrap();
    assert_eq!(bounded.len(), 1, "the newest alone");
    // What streams from a cursor is the log, to be folded by whoever reads it.
    assert!(matches!(&fixture.log(0).await[0], Event::Message(message) if message.folded.is_none()));
}

#[tokio::test]
async fn reactions_are_one_for_each_person_and_emoji_and_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let seq = fixture.say(append(&RoomKey::lobby(), 1, "m", "hello")).await;
    fixture.react(2, "a", seq, "👍", true).await.unwrap();
    fixture.react(1, "a", seq, "👍", true).await.unwrap();
    let twice = fixture.react(2, "b", seq, "👍", true).await.unwrap();
    assert_eq!((twice.seq, twice.dup), (4, false), "it has its place, and changes nothing");
    let again = fixture.react(2, "b", seq, "👍", true).await.unwrap();
    assert_eq!(again, Ack { dup: true, ..twice });
    assert_eq!(code(fixture.react(2, "b", seq, "👍", false).await.unwrap_err()), ErrorCode::IdReused);
    let users = |n: &[u32]| n.iter().map(|n| UserId::new(format!("g-{n}")).unwrap()).collect::<Vec<_>>();
    let reactions = fixture.message(seq).await.folded.unwrap().reactions;
    assert_eq!(reactions, BTreeMap::from([("👍".to_owned(), users(&[2, 1]))]));
    fixture.react(2, "c", seq, "👍", false).await.unwrap();
    fixture.react(2, "d", seq, "👍", false).await.unwrap();
    let reactions = fixture.message(seq).await.folded.unwrap().reactions;
    assert_eq!(reactions, BTreeMap::from([("👍".to_owned(), users(&[1]))]));
    fixture.react(1, "e", seq, "👍", false).await.unwrap();
    assert_eq!(fixture.message(seq).await.folded, None);
    for (n, emoji) in emojis::iter().take(EMOJIS_PER_MESSAGE).enumerate() {
        fixture.react(3, &format!("n{n}"), seq, emoji.as_str(), true).await.unwrap();
    }
    let more = emojis::iter().nth(EMOJIS_PER_MESSAGE).unwrap().as_str();
    assert_eq!(code(fixture.react(4, "f", seq, more, true).await.unwrap_err()), ErrorCode::BadEmoji);
    let known = emojis::iter().next().unwrap().as_str();
    fixture.react(4, "g", seq, known, true).await.unwrap();
}

#[tokio::test]
async fn what_is_done_to_one_message_is_bounded() {
    use crate::store::sqlite::changes::{EDITS, REACTIONS};
    let dir = tempfile::tempdir().unwrap();
    let fixture = open_with(dir.path(), Options { durability: Durability::Normal, ..Options::default() });
    let fixture = fixture.unwrap();
    let seq = fixture.say(append(&RoomKey::lobby(), 1, "m", "hello")).await;
    for n in 0..REACTIONS {
        fixture.react(n + 10, "r", seq, "👍", true).await.unwrap();
    }
    assert_eq!(code(fixture.react(2, "r", seq, "👍", true).await.unwrap_err()), ErrorCode::BadEmoji);
    fixture.react(10, "again", seq, "👍", true).await.unwrap();
    fixture.react(10, "off", seq, "👍", false).await.unwrap();
    fixture.react(2, "r", seq, "👍", true).await.unwrap();
    for n in 0..EDITS {
        fixture.edit(1, &format!("e{n}"), seq, "hello!").await.unwrap();
    }
    assert_eq!(code(fixture.edit(1, "e", seq, "hello?").await.unwrap_err()), ErrorCode::Forbidden);
    assert!(fixture.edit(1, "e0", seq, "hello!").await.unwrap().dup);
    fixture.delete(1, "d", seq).await.unwrap();
}

#[tokio::test]
async fn pins_are_listed_the_latest_first_and_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open_with(dir.path(), Options { durability: Durability::Normal, ..Options::default() });
    let fixture = fixture.unwrap();
    let lobby = RoomKey::lobby();
    let most = u64::from(PINS_PER_ROOM);
    fixture.append(numbered(&lobby, most + 1)).await;
    let denied = messages::Pin { room: lobby.clone(), target: 1, on: true, id: None };
    assert_eq!(code(fixture.store.pin(guest(1), denied, id("p")).await.unwrap_err()), ErrorCode::Forbidden);
    for seq in [3, 1, 2, 3] {
        fixture.pin(&format!("p{seq}-{}", fixture.log(0).await.len()), seq, true).await.unwrap();
    }
    let pins = async |bytes| {
        let pins = fixture.store.pins_for(guest(1), RoomKey::lobby(), bytes).await.unwrap().unwrap();
        pins.iter().map(|message| message.seq).collect::<Vec<_>>()
    };
    assert_eq!(pins(1000).await, [2, 1, 3], "one that is pinned stays where it is");
    assert_eq!(pins(1).await, [2]);
    assert_eq!(fixture.store.sight(guest(1), lobby.clone()).await.unwrap().unwrap().pins, 3);
    fixture.pin("off", 1, false).await.unwrap();
    fixture.delete(1, "del", 2).await.unwrap();
    assert_eq!(pins(1000).await, [3]);
    for seq in (1..=most + 1).filter(|seq| ![2, 3].contains(seq)) {
        fixture.pin(&format!("all{seq}"), seq, true).await.unwrap();
    }
    let next = fixture.say(append(&lobby, 1, "next", "next")).await;
    assert_eq!(code(fixture.pin("over", next, true).await.unwrap_err()), ErrorCode::Forbidden);
    fixture.pin("again", 3, true).await.unwrap();
}

#[tokio::test]
async fn what_is_said_in_a_thread_is_its_roots() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    fixture.append(numbered(&lobby, 2)).await;
    let answer =
        |user, name: &str, thread| Append { thread: Some(thread), ..append(&lobby, user, name, name) };
    assert_eq!(fixture.say(answer(2, "a", 1)).await, 3);
    let nested = answer(3, "b", 3);
    let outcomes = fixture.append([nested.clone(), nested, answer(2, "c", 1)]).await;
    assert_eq!(outcomes.iter().map(stored).collect::<Vec<_>>(), [(4, false), (4, true), (5, false)]);
    assert!(matches!(&fixture.log(3).await[0], Event::Message(message) if message.thread == Some(1)));
    assert_eq!(refused(&fixture.append([answer(2, "d", 9)]).await[0]), ErrorCode::BadFrame);
    let replies = fixture.message(1).await.folded.unwrap().replies.unwrap();
    assert_eq!((replies.count, replies.last), (3, 5));
    assert_eq!(replies.users, [UserId::new("g-2").unwrap(), UserId::new("g-3").unwrap()]);
    fixture.react(1, "r", 4, "👍", true).await.unwrap();
    fixture.delete(2, "x", 3).await.unwrap();
    let thread = async |of, before, limit, bytes| {
        let store = &fixture.store;
        let thread = store.thread_for(guest(1), RoomKey::lobby(), of, before, limit, bytes).await;
        let thread = thread.unwrap().unwrap()?;
        let seqs: Vec<_> = thread.messages.iter().map(|message| message.seq).collect();
        assert_eq!((thread.root.seq, thread.head), (1, 7));
        Some((seqs, thread.more))
    };
    for of in [1, 4] {
        assert_eq!(thread(of, None, 10, 1000).await, Some((vec![3, 4, 5], false)));
    }
    assert_eq!(thread(1, None, 2, 1000).await, Some((vec![4, 5], true)));
    assert_eq!(thread(1, Some(4), 2, 1000).await, Some((vec![3], false)));
    assert_eq!(thread(1, None, 10, 1).await, Some((vec![5], true)));
    assert_eq!(thread(9, None, 10, 1000).await, None);
    let page = fixture.store.thread_for(guest(1), lobby, 1, None, 10, 1000).await.unwrap().unwrap().unwrap();
    assert!(page.messages[0].folded.as_ref().unwrap().deleted);
    assert_eq!(page.messages[1].folded.as_ref().unwrap().reactions.len(), 1);
    assert_eq!(page.root.folded.unwrap().replies.unwrap().count, 3, "a stone still stands there");
}

#[tokio::test]
async fn what_is_deleted_leaves_no_text_and_its_commands_are_still_known() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    let said = append(&lobby, 1, "m", "the word is SWORDFISH");
    let seq = fixture.say(said.clone()).await;
    fixture.say(Append { thread: Some(seq), ..append(&lobby, 2, "t", "hm") }).await;
    let edited = fixture.edit(1, "e", seq, "the word is SWORDFISH!").await.unwrap();
    fixture.edit(1, "e2", seq, "the word is gone").await.unwrap();
    let reacted = fixture.react(2, "r", seq, "👍", true).await.unwrap();
    fixture.pin("p", seq, true).await.unwrap();
    fixture.store.report(guest(2), lobby.clone(), seq, "Oh".into()).await.unwrap();
    let deleted = fixture.delete(1, "d", seq).await.unwrap();
    assert_eq!(code(fixture.delete(1, "d", 2).await.unwrap_err()), ErrorCode::IdReused);
    let message = fixture.message(seq).await;
    let folded = message.folded.unwrap();
    assert_eq!(message.message, "");
    assert_eq!(folded, Folded { deleted: true, replies: folded.replies.clone(), ..Folded::default() });
    assert_eq!(folded.replies.unwrap().count, 1);
    for event in fixture.log(0).await {
        assert!(!format!("{event:?}").contains("SWORDFISH"), "{event:?}");
    }
    assert_eq!(fixture.store.versions_for(guest(2), lobby, seq, 1000).await.unwrap().unwrap(), []);
    assert_eq!(stored(&fixture.append([said]).await[0]), (seq, true));
    let again = fixture.edit(1, "e", seq, "the word is SWORDFISH!").await.unwrap();
    assert_eq!(again, Ack { dup: true, ..edited });
    assert_eq!(fixture.react(2, "r", seq, "👍", true).await.unwrap(), Ack { dup: true, ..reacted });
    assert_eq!(fixture.delete(1, "d", seq).await.unwrap(), Ack { dup: true, ..deleted });
    for refused in [fixture.edit(1, "e3", seq, "x").await, fixture.react(2, "r2", seq, "👍", true).await] {
        assert_eq!(code(refused.unwrap_err()), ErrorCode::NotFound);
    }
}

/// A message with files may lose its text, and is still there.
#[tokio::test]
async fn an_edit_to_nothing_is_known_from_one_that_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let seq = fixture.say(append(&RoomKey::lobby(), 1, "m", "see the file")).await;
    fixture.store.handle.sql("UPDATE events SET files = '[]'");
    let ack = fixture.edit(1, "e", seq, "").await.unwrap();
    assert_eq!(fixture.message(seq).await.folded.unwrap().text.as_deref(), Some(""));
    assert_eq!(code(fixture.edit(1, "e", seq, "other").await.unwrap_err()), ErrorCode::IdReused);
    assert_eq!(fixture.edit(1, "e", seq, "").await.unwrap(), Ack { dup: true, ..ack.clone() });
    fixture.delete(1, "d", seq).await.unwrap();
    assert_eq!(fixture.edit(1, "e", seq, "other").await.unwrap(), Ack { dup: true, ..ack });
}

/// F06: a text that is taken out is in no file any more, be it long or short, edited or not.
#[tokio::test]
async fn what_is_deleted_is_in_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let fixture = open(dir.path());
    let lobby = RoomKey::lobby();
    let has = |dir: &Path, word: &str| {
        let files = std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
        let holds = |path: &std::path::PathBuf| {
            let bytes = std::fs::read(path).unwrap();
            bytes.windows(word.len()).any(|bytes| bytes == word.as_bytes())
        };
        files.filter(holds).map(|path| path.file_name().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let texts: Vec<String> = [1, 30, 300, 3000, 6000].map(|n| "SWORDFISH ".repeat(n)).into();
    let mut seqs = Vec::new();
    for (n, text) in texts.iter().enumerate() {
        fixture
            .append(
                numbered(&lobby, 30).map(|append| Append { id: id(&format!("{}-{n}", append.id)), ..append }),
            )
            .await;
        seqs.push(fixture.say(append(&lobby, 1, &format!("m{n}"), text)).await);
    }
    for (n, (seq, text)) in seqs.iter().zip(texts.iter().rev()).enumerate() {
        fixture.edit(1, &format!("e{n}"), *seq, text).await.unwrap();
        fixture.edit(1, &format!("f{n}"), *seq, "harmless").await.unwrap();
    }
    fixture.store.indexed().await.unwrap();
    assert_ne!(has(dir.path(), "SWORDFISH"), [""; 0]);
    for (n, seq) in seqs.into_iter().enumerate() {
        fixture.delete(1, &format!("d{n}"), seq).await.unwrap();
    }
    // What a killed process leaves is cut when the next one starts.
    let left = tempfile::tempdir().unwrap();
    for name in ["chat.db", "chat.db-wal"] {
        std::fs::copy(dir.path().join(name), left.path().join(name)).unwrap();
    }
    assert_eq!(has(left.path(), "SWORDFISH"), ["chat.db-wal"]);
    let again = open(left.path());
    assert_eq!(has(left.path(), "SWORDFISH"), [""; 0]);
    drop(again);
    // Somebody reads what was before: then it has to wait.
    let reader = rusqlite::Connection::open(dir.path().join("chat.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM rooms").unwrap();
    fixture.say(append(&lobby, 1, "after", "after")).await;
    assert!(!fixture.store.handle.scrub().await);
    drop(reader);
    fixture.store.indexed().await.unwrap();
    assert!(fixture.store.handle.scrub().await);
    assert_eq!(has(dir.path(), "SWORDFISH"), [""; 0]);
    assert_eq!(fixture.texts(&lobby).await.last().unwrap(), "after");
}

/// Something done in a room.
#[derive(Debug, Clone)]
enum Act {
    Say,
    Answer(Seq),
    Edit(Seq),
    React(Seq, u8, bool),
    Pin(Seq, bool),
    Delete(Seq),
    /// Somebody opens the room, and follows it from then on.
    Open(bool, u32, usize),
}

fn act() -> impl Strategy<Value = Act> {
    let target = 1_u64..20;
    prop_oneof![
        3 => Just(Act::Say),
        2 => target.clone().prop_map(Act::Answer),
        3 => target.clone().prop_map(Act::Edit),
        4 => (target.clone(), 0_u8..3, any::<bool>()).prop_map(|(target, emoji, on)| Act::React(target, emoji, on)),
        1 => (target.clone(), any::<bool>()).prop_map(|(target, on)| Act::Pin(target, on)),
        1 => target.prop_map(Act::Delete),
        2 => (any::<bool>(), 1_u32..10, 1_usize..200).prop_map(|(forwards, limit, bytes)| Act::Open(forwards, limit, bytes)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whenever somebody opens the room and however its pages are cut: with what comes after them they show the same.
    #[test]
    fn pages_and_what_follows_them_show_the_same_to_everybody(
        acts in prop::collection::vec((act(), 1_u32..4), 1..60),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let options = Options { durability: Durability::Normal, ..Options::default() };
            let fixture = open_with(dir.path(), options).unwrap();
            let lobby = RoomKey::lobby();
            // Those who came first saw everything as it happened.
            let mut views = vec![View::default()];
            let mut followed = 0;
            for (n, (act, user)) in acts.into_iter().enumerate() {
                let name = format!("c{n}");
                // What is not there, or not theirs, is refused, and changes nothing.
                match act {
                    Act::Say => drop(fixture.append([append(&lobby, user, &name, &name)]).await),
                    Act::Answer(thread) => {
                        let answer = Append { thread: Some(thread), ..append(&lobby, user, &name, &name) };
                        fixture.append([answer]).await;
                    }
                    Act::Edit(target) => drop(fixture.edit(user, &name, target, &name).await),
                    Act::React(target, emoji, on) => {
                        let emoji = ["👍", "🎉", "❤️"][usize::from(emoji)];
                        drop(fixture.react(user, &name, target, emoji, on).await);
                    }
                    Act::Pin(target, on) => drop(fixture.pin(&name, target, on).await),
                    Act::Delete(target) => drop(fixture.delete(user, &name, target).await),
                    Act::Open(forwards, limit, bytes) => views.push(fixture.read(forwards, limit, bytes).await),
                }
                for event in fixture.log(followed).await {
                    followed = event.seq();
                    for view in &mut views {
                        view.live(&event);
                    }
                }
            }
            let wanted = fixture.read(true, 1000, usize::MAX).await.messages;
            for view in views {
                assert_eq!(view.messages, wanted);
            }
        });
    }
}
