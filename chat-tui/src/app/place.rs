//! The place that is written in: the room on the screen, or one of its threads. What a line there is about.

use protocol::client::ClientFrame;
use protocol::ids::Seq;
use protocol::messages::ThreadOf;
use protocol::session::{Change, Line, Target};

use super::room::{Outgoing, Sending};
use super::text::shorten;
use super::timeline::{Entry, Said};
use super::written::{Meaning, Written};
use super::{Effect, Layer, Model, Room};
use crate::markup::tree::plain;
use crate::markup::{Block, sgr};

/// Threads of a room that are kept open in memory, beside those with unsent lines or drafts.
const THREADS: usize = 20;
/// The columns of a quoted line, at most.
const QUOTE: usize = 200;

/// What the line being written is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// It answers a message.
    Reply {
        /// The message.
        seq: Seq,
    },
    /// It takes the place of what a message said.
    Edit {
        /// The message.
        target: Target,
        /// What was being written before.
        draft: String,
    },
}

impl About {
    /// The message that is answered.
    pub fn reply(&self) -> Option<Seq> {
        match self {
            Self::Reply { seq } => Some(*seq),
            Self::Edit { .. } => None,
        }
    }
}

impl Model {
    /// The room or thread that is looked at and written in.
    pub fn place(&self) -> &Room {
        let room = self.room();
        room.thread.and_then(|root| room.threads.get(&root)).unwrap_or(room)
    }

    /// The same, to be changed.
    pub fn place_mut(&mut self) -> &mut Room {
        let room = self.room_mut();
        match room.thread.filter(|root| room.threads.contains_key(root)) {
            Some(root) => room.threads.get_mut(&root).expect("it was just there"),
            None => room,
        }
    }

    /// What is being written here and worth keeping: while a message is edited, what was written before.
    pub fn draft_here(&self) -> String {
        match &self.place().about {
            Some(About::Edit { draft, .. }) => draft.clone(),
            _ => self.composer.draft(),
        }
    }

    /// The thread on the screen.
    pub fn thread(&self) -> Option<Seq> {
        self.room().thread
    }
}

/// The message at a place of what is looked at.
pub(super) fn said(model: &Model, seq: Seq) -> Option<&Said> {
    match model.place().timeline.get(seq).or_else(|| model.room().timeline.get(seq)) {
        Some(Entry::Said(said)) => Some(said),
        _ => None,
    }
}

/// A text on one line.
pub(super) fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    shorten(&line, QUOTE)
}

/// Says what was written: a message, an answer, or the new text of a message.
pub(super) fn say(model: &mut Model, text: String) -> Vec<Effect> {
    let (room, thread) = (model.current.clone(), model.thread());
    let place = model.place_mut();
    let about = place.about.take();
    let reply = match about {
        Some(About::Edit { target, draft }) => {
            model.composer.set(&draft);
            return edited(model, target, text);
        }
        Some(About::Reply { seq }) => Some(seq),
        None => None,
    };
    place.scroll = None;
    place.mark = None;
    let line = Line { text, reply, thread, ..Line::default() };
    vec![Effect::Say { room: room.clone(), line }, Effect::Typing { room, thread, on: false }]
}

fn edited(model: &Model, target: Target, text: String) -> Vec<Effect> {
    let room = model.current.clone();
    let typing = Effect::Typing { room: room.clone(), thread: model.thread(), on: false };
    let is_same = |before: &Written| sgr::meant(before.editable()) == text;
    let same = match &target {
        Target::Stored(seq) => said(model, *seq).is_some_and(|said| is_same(&said.text)),
        Target::Line(id) => model.place().outgoing.iter().any(|line| line.id == *id && is_same(&line.shown)),
    };
    if same {
        return vec![typing];
    }
    vec![Effect::Change { room, change: Change::Edit { target }, text }, typing]
}

/// Begins to answer a message.
pub(super) fn reply(model: &mut Model, seq: Seq) {
    if said(model, seq).is_none() {
        return;
    }
    leave_edit(model);
    model.place_mut().about = Some(About::Reply { seq });
}

/// What is answered, in a few words that are safe to draw.
pub fn answered(model: &Model, seq: Seq) -> String {
    match said(model, seq) {
        Some(said) => format!("{}: {}", said.name, quoted(said)),
        None => "an earlier message".to_owned(),
    }
}

/// A message on one line; one that has only files by their names.
pub(super) fn quoted(said: &Said) -> String {
    if said.text.trim().is_empty() {
        return said.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(", ");
    }
    match said.text.meaning() {
        Meaning::Blocks([Block::Paragraph { inlines } | Block::Heading { inlines, .. }, rest @ ..]) => {
            let more = if rest.is_empty() { "" } else { " …" };
            one_line(&format!("{}{more}", plain(inlines)))
        }
        _ => one_line(&said.text),
    }
}

/// Begins to change what a message of one's own says.
pub(super) fn edit(model: &mut Model, target: Target) {
    let text = match &target {
        Target::Stored(seq) => {
            let me = model.me.as_ref().map(|me| &me.user);
            let own = said(model, *seq).filter(|said| Some(&said.user) == me);
            own.map(|said| said.text.editable().to_owned())
        }
        Target::Line(id) => {
            let line = model.place().outgoing.iter().find(|line| line.id == *id);
            line.map(|line| line.shown.editable().to_owned())
        }
    };
    let Some(text) = text else {
        model.toast("only messages of one's own are changed");
        return;
    };
    leave_edit(model);
    let draft = model.composer.draft();
    model.composer.set(&text);
    model.place_mut().about = Some(About::Edit { target, draft });
}

/// Begins to change the newest message of one's own here; says whether there is one.
pub(super) fn edit_last(model: &mut Model) -> bool {
    let unstored = |line: &&Outgoing| line.change.is_none() && line.is_waiting();
    if let Some(line) = model.place().outgoing.iter().rev().find(unstored) {
        let target = Target::Line(line.id.clone());
        edit(model, target);
        return true;
    }
    let me = model.me.as_ref().map(|me| &me.user);
    let place = model.place();
    let in_thread = place.timeline.is_sparse();
    let last = place.timeline.events().rev().find_map(|(seq, entry)| match entry {
        Entry::Said(said) if Some(&said.user) == me && (in_thread || said.thread.is_none()) => Some(seq),
        _ => None,
    });
    let Some(seq) = last else { return false };
    edit(model, Target::Stored(seq));
    true
}

/// The line being written is about nothing any more; one that was to change a message goes.
pub(super) fn leave_about(model: &mut Model) -> bool {
    if model.place().about.is_none() {
        return false;
    }
    leave_edit(model);
    model.place_mut().about = None;
    true
}

fn leave_edit(model: &mut Model) {
    if let Some(About::Edit { draft, .. }) = &model.place().about {
        let draft = draft.clone();
        model.place_mut().about = None;
        model.composer.set(&draft);
    }
}

/// Opens the thread that begins with a message, or that it is in.
pub(super) fn open_thread(model: &mut Model, seq: Seq) -> Vec<Effect> {
    let root = match model.room().timeline.get(seq).or_else(|| model.place().timeline.get(seq)) {
        Some(Entry::Said(said)) => said.thread.unwrap_or(seq),
        Some(Entry::Deleted(deleted)) => deleted.thread.unwrap_or(seq),
        _ => seq,
    };
    if model.thread() == Some(root) {
        return Vec::new();
    }
    let mut effects = put_aside(model);
    let room = model.room_mut();
    let mark = room.answers.mark(root);
    let thread = thread_of(room, root);
    (thread.stale, thread.kept_unread, thread.mark) = (false, false, mark);
    room.thread = Some(root);
    forget_threads(room);
    take_up(model);
    effects.extend(ask_thread(model, root, None));
    effects.push(Effect::Keep);
    effects
}

/// Asks for a page of a thread.
pub(super) fn ask_thread(model: &Model, root: Seq, before: Option<Seq>) -> Vec<Effect> {
    if !model.is_online() {
        return Vec::new();
    }
    let room = model.current.clone();
    let frame = ClientFrame::Thread(ThreadOf { reference: 0, room, root, before, limit: None });
    vec![Effect::Ask(Box::new(frame))]
}

/// Closes the thread on the screen; says whether there was one.
pub(super) fn close_thread(model: &mut Model) -> Option<Vec<Effect>> {
    model.thread()?;
    model.layers.retain(|layer| !matches!(layer, Layer::Pick(_)));
    let mut effects = put_aside(model);
    model.room_mut().thread = None;
    take_up(model);
    effects.push(Effect::Keep);
    Some(effects)
}

/// A room's thread, begun with what is here of it.
pub(super) fn thread_of(room: &mut Room, root: Seq) -> &mut Room {
    let Room { threads, timeline, key, title, kind, rules, .. } = room;
    threads.entry(root).or_insert_with(|| {
        let timeline = timeline.thread(root);
        let (title, kind, rules) = (title.clone(), *kind, rules.clone());
        Room { title, kind, rules, timeline, loaded: true, ..Room::joined(key.clone()) }
    })
}

/// Threads that nobody looks at are read anew when they are opened again.
fn forget_threads(room: &mut Room) {
    let mut over = room.threads.len().saturating_sub(THREADS);
    let open = room.thread;
    room.threads.retain(|root, thread| {
        let goes = over > 0 && Some(*root) != open && thread.outgoing.is_empty() && thread.draft.is_empty();
        over -= usize::from(goes);
        !goes
    });
}

/// Puts aside what is being written here, before another place is gone to.
pub(super) fn put_aside(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    leave_edit(model);
    let (room, thread) = (model.current.clone(), model.thread());
    let draft = model.composer.text();
    if !draft.is_empty() {
        effects.push(Effect::Typing { room, thread, on: false });
    }
    let memory = model.composer.switch("", super::composer::Memory::default());
    let place = model.place_mut();
    place.draft = draft;
    place.memory = memory;
    place.mark = None;
    place.trim();
    effects
}

/// Takes up what was being written here.
pub(super) fn take_up(model: &mut Model) {
    let place = model.place_mut();
    let (draft, memory) = (std::mem::take(&mut place.draft), std::mem::take(&mut place.memory));
    let _ = model.composer.switch(&draft, memory);
}

/// Where an own line is shown: in its thread, or in its room.
pub(super) fn of_line<'a>(room: &'a mut Room, line: &protocol::session::Outgoing) -> &'a mut Room {
    let stored = match line.change.as_ref().map(Change::target) {
        Some(Target::Stored(seq)) => match room.timeline.get(*seq) {
            Some(Entry::Said(said)) => said.thread,
            _ => None,
        },
        Some(Target::Line(id)) => {
            let holds = |thread: &Room| thread.outgoing.iter().any(|other| other.id == *id);
            room.threads.iter().find(|(_, thread)| holds(thread)).map(|(root, _)| *root)
        }
        None => line.thread,
    };
    match stored {
        Some(root) if line.change.is_none() || room.threads.contains_key(&root) => thread_of(room, root),
        _ => room,
    }
}

/// What is done to a message, in a few words that are safe to draw.
pub(super) fn told(line: &Outgoing) -> String {
    let what = match &line.change {
        Some(Change::Edit { .. }) => format!("edit: {}", one_line(&line.shown)),
        Some(Change::Delete { .. }) => "delete".to_owned(),
        Some(Change::React { emoji, on: true, .. }) => format!("react with {}", super::safe::line(emoji)),
        Some(Change::React { emoji, .. }) => format!("take {} back", super::safe::line(emoji)),
        Some(Change::Pin { on: true, .. }) => "pin".to_owned(),
        Some(Change::Pin { .. }) => "unpin".to_owned(),
        None => one_line(&line.shown),
    };
    match &line.state {
        Sending::Failed(why) => format!("not done ({what}): {why}"),
        Sending::Sent | Sending::Stored(_) => format!("↑ {what}"),
        Sending::Queued => format!("… {what}"),
    }
}
