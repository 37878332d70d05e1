use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::event::{Delete, Edit, Pin, React};
use crate::ids::{Id, RoomKey};
use crate::messages::{Everyone, File};

/// One thing that happens, about one of the places before it.
#[derive(Debug, Clone)]
enum Step {
    Say { thread: bool },
    Edit { everyone: bool },
    Delete,
    React { emoji: bool, on: bool },
    Pin { on: bool },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<bool>().prop_map(|thread| Step::Say { thread }),
        2 => any::<bool>().prop_map(|everyone| Step::Edit { everyone }),
        1 => Just(Step::Delete),
        3 => (any::<bool>(), any::<bool>()).prop_map(|(emoji, on)| Step::React { emoji, on }),
        1 => any::<bool>().prop_map(|on| Step::Pin { on }),
    ]
}

/// The events of a log, each with the number of a person and of the place that it is about.
fn log(steps: &[(Step, usize, u8)]) -> Vec<Event> {
    let room = RoomKey::lobby;
    let mut log: Vec<Event> = Vec::new();
    for (step, at, who) in steps {
        let seq = log.len() as Seq + 1;
        let id = Id::new(format!("e{seq}")).unwrap();
        let user = UserId::new(format!("u-{who}")).unwrap();
        let (sender, timestamp) = (format!("n{who}"), format!("t{seq}"));
        let messages: Vec<Seq> =
            log.iter().filter(|event| matches!(event, Event::Message(_))).map(Event::seq).collect();
        let target = if messages.is_empty() { None } else { Some(messages[at % messages.len()]) };
        let event = match (step, target) {
            (Step::Edit { everyone }, Some(target)) => Event::Edit(Edit {
                room: room(),
                seq,
                id,
                target,
                mentions: vec![user.clone()],
                everyone: everyone.then_some(Everyone::Here),
                user,
                sender,
                text: format!("text {seq}"),
                timestamp,
            }),
            (Step::Delete, Some(target)) => {
                Event::Delete(Delete { room: room(), seq, id, target, user, sender, timestamp })
            }
            (Step::React { emoji, on }, Some(target)) => {
                let (emoji, on) = (if *emoji { "👍" } else { "🎉" }.to_owned(), *on);
                Event::React(React { room: room(), seq, id, target, user, sender, emoji, on, timestamp })
            }
            (Step::Pin { on }, Some(target)) => {
                Event::Pin(Pin { room: room(), seq, id, target, user, sender, on: *on, timestamp })
            }
            (step, target) => Event::Message(Message {
                room: room(),
                seq,
                id,
                user,
                sender,
                message: format!("text {seq}"),
                timestamp,
                guest: false,
                reply: target,
                thread: target.filter(|_| matches!(step, Step::Say { thread: true })),
                mentions: Vec::new(),
                everyone: None,
                files: vec![file()],
                folded: None,
            }),
        };
        log.push(event);
    }
    log
}

fn file() -> File {
    let (name, kind) = ("a.txt".to_owned(), "text/plain".to_owned());
    File { file: Id::new("f").unwrap(), name, size: 3, kind, width: None, height: None, thumb: false }
}

/// A page of a log as a server answers it: the messages of `first..=last` with what happened up to `as_of`.
fn page(log: &[Event], first: Seq, last: Seq, as_of: Seq) -> Vec<Message> {
    let mut messages = Vec::new();
    for event in log {
        let Event::Message(message) = event else { continue };
        if (first..=last.min(as_of)).contains(&message.seq) {
            let (mut message, seq) = (message.clone(), message.seq);
            for change in log.iter().filter(|event| event.seq() > seq && event.seq() <= as_of) {
                if target(change) == Some(seq) {
                    apply(&mut message, change);
                }
            }
            messages.push(message);
        }
    }
    messages
}

proptest! {
    #[test]
    fn any_split_into_pages_and_live_events_gives_the_same_view(
        steps in prop::collection::vec((step(), any::<prop::sample::Index>(), 0_u8..3), 1..60),
        asked in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..6),
        began in any::<prop::sample::Index>(),
    ) {
        let steps: Vec<_> = steps.into_iter().map(|(step, at, who)| (step, at.index(1 << 20), who)).collect();
        let log = log(&steps);
        let head = log.len() as Seq;
        // The client is there from `began` on. Each page was read at some time since, and arrives at the end.
        let began = began.index(log.len()) as Seq;
        let mut view: BTreeMap<Seq, Message> = BTreeMap::new();
        let mut changes = Changes::default();
        let mut late: Vec<(Seq, Vec<Message>)> = Vec::new();
        for (cut, read) in asked {
            let as_of = began + read.index(usize::try_from(head - began).unwrap() + 1) as Seq;
            let cut = cut.index(log.len()) as Seq;
            late.push((as_of, page(&log, 1, cut, as_of)));
            late.push((as_of, page(&log, cut + 1, head, as_of)));
        }
        late.push((began, page(&log, 1, began, began)));
        for event in &log[usize::try_from(began).unwrap()..] {
            changes.note(event);
            if let Event::Message(message) = event {
                view.insert(message.seq, message.clone());
            }
            if let Some(message) = target(event).and_then(|target| view.get_mut(&target)) {
                apply(message, event);
            }
        }
        for (as_of, messages) in late {
            for mut message in messages {
                changes.apply(&mut message, as_of);
                if let Some(known) = view.get(&message.seq) {
                    prop_assert_eq!(known, &message, "a page and live events agree");
                }
                view.insert(message.seq, message);
            }
        }
        let expected: Vec<Message> = page(&log, 1, head, head);
        prop_assert_eq!(view.into_values().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn what_was_taken_out_stays_so_and_keeps_its_thread() {
    let said = (Step::Say { thread: false }, 0, 1);
    let answer = (Step::Say { thread: true }, 0, 2);
    let steps = [said, answer, (Step::Delete, 0, 1), (Step::Edit { everyone: true }, 0, 1)];
    let message = page(&log(&steps), 1, 1, 4).remove(0);
    let folded = message.folded.unwrap();
    assert!(
        folded.deleted && folded.text.is_none() && message.message.is_empty() && message.files.is_empty()
    );
    assert_eq!(folded.replies.unwrap().count, 1);
}

#[test]
fn a_reaction_counts_once_a_person_and_goes_with_the_last_one() {
    let react = |on, who| (Step::React { emoji: true, on }, 0, who);
    let steps = [(Step::Say { thread: false }, 0, 1), react(true, 1), react(true, 1), react(true, 2)];
    let folded = page(&log(&steps), 1, 1, 4).remove(0).folded.unwrap();
    assert_eq!(folded.reactions["👍"].len(), 2);
    let steps = [&steps[..], &[react(false, 1), react(false, 2)]].concat();
    assert_eq!(page(&log(&steps), 1, 1, 6).remove(0).folded, None);
}
