//! Choosing a message of the room or thread on the screen, to do something to it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use protocol::client::ClientFrame;
use protocol::ids::Seq;
use protocol::messages::{EditsOf, OfRoom};
use protocol::rooms::Report;
use protocol::session::{Change, Target};

use super::timeline::Entry;
use super::{Effect, Layer, Model, files, jump, place, react};

/// Messages that a page's key moves over.
const PAGE: usize = 10;

/// A message being chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// What is to be done to it.
    pub deed: Deed,
    /// The message.
    pub seq: Seq,
}

/// What can be done to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Whatever its person wants: a key says what.
    Select,
    /// Take it out.
    Delete,
    /// Tell those who keep order, and why.
    Report(String),
}

impl Deed {
    /// What the keys do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Select => "j k · r reply · e edit · + react · t thread · y copy · o files · d delete · F1",
            Self::Delete => "Up, Down: choose · Enter: delete for everybody · Esc: leave it",
            Self::Report(_) => "Up, Down: choose · Enter: report · Esc: leave it",
        }
    }
}

/// Lets the person choose, from the newest message on.
pub(super) fn begin(model: &mut Model, deed: Deed) -> Vec<Effect> {
    match step(model, &deed, None, true) {
        Some(seq) => {
            model.layers.push(Layer::Pick(Pick { deed, seq }));
            jump::show(model, seq);
        }
        None => match deed {
            Deed::Select => model.toast("there is no message here"),
            Deed::Delete => model.complain("there is no message here that you could delete"),
            Deed::Report(_) => model.complain("there is no message here to report"),
        },
    }
    Vec::new()
}

pub(super) fn key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let Some(Layer::Pick(pick)) = model.layers.last().cloned() else { return Vec::new() };
    let to = match key.code {
        KeyCode::Up | KeyCode::Char('k') => step(model, &pick.deed, Some(pick.seq), true),
        KeyCode::Down | KeyCode::Char('j') => step(model, &pick.deed, Some(pick.seq), false),
        KeyCode::PageUp => steps(model, &pick, true, PAGE),
        KeyCode::PageDown => steps(model, &pick, false, PAGE),
        KeyCode::Home | KeyCode::Char('g') => steps(model, &pick, true, usize::MAX),
        KeyCode::End | KeyCode::Char('G') => step(model, &pick.deed, None, true),
        KeyCode::Esc | KeyCode::Char('q') => {
            leave(model);
            return Vec::new();
        }
        KeyCode::F(1) => {
            model.layers.push(Layer::Help(0));
            return Vec::new();
        }
        KeyCode::Enter if pick.deed != Deed::Select => {
            leave(model);
            return carry_out(model, pick);
        }
        _ if pick.deed == Deed::Select
            && !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) =>
        {
            return chosen(model, pick.seq, key.code);
        }
        _ => None,
    };
    if let (Some(seq), Some(Layer::Pick(pick))) = (to, model.layers.last_mut()) {
        pick.seq = seq;
        jump::show(model, seq);
    }
    Vec::new()
}

fn leave(model: &mut Model) {
    model.layers.retain(|layer| !matches!(layer, Layer::Pick(_)));
    model.place_mut().scroll = None;
}

/// A key that says what is to be done to the chosen message.
fn chosen(model: &mut Model, seq: Seq, code: KeyCode) -> Vec<Effect> {
    let room = model.current.clone();
    let Some(said) = place::said(model, seq) else {
        // Only its thread is left of it.
        return match code {
            KeyCode::Char('t') | KeyCode::Enter => {
                leave(model);
                place::open_thread(model, seq)
            }
            _ => Vec::new(),
        };
    };
    match code {
        KeyCode::Enter => {
            if let Some(quoted) = said.reply {
                return jump::to(model, &room, quoted);
            }
            leave(model);
            return place::open_thread(model, seq);
        }
        KeyCode::Char('r') => {
            leave(model);
            place::reply(model, seq);
        }
        KeyCode::Char('e') => {
            leave(model);
            place::edit(model, Target::Stored(seq));
        }
        KeyCode::Char('+' | 'a') => react::begin(model, seq),
        KeyCode::Char('t') => {
            leave(model);
            return place::open_thread(model, seq);
        }
        KeyCode::Char('p') => {
            let (target, on) = (Target::Stored(seq), !said.folded.pinned);
            return vec![Effect::Change { room, change: Change::Pin { target, on }, text: String::new() }];
        }
        KeyCode::Char('y') => {
            let text = said.text.to_string();
            model.toast("copied, if the terminal allows it");
            return vec![Effect::Copy(text)];
        }
        KeyCode::Char('o') => return files::download(model, seq),
        KeyCode::Char('l') => {
            model.toast("the link is copied, if the terminal allows it");
            return vec![Effect::CopyLink { room, seq }];
        }
        KeyCode::Char('d') => {
            let own = model.me.as_ref().is_some_and(|me| me.user == said.user);
            if !own && !model.keeps_order() {
                model.toast("only messages of one's own are deleted");
                return Vec::new();
            }
            if let Some(Layer::Pick(pick)) = model.layers.last_mut() {
                pick.deed = Deed::Delete;
            }
        }
        KeyCode::Char('u') => {
            leave(model);
            return unread_from(model, seq);
        }
        KeyCode::Char('h') => {
            let frame = EditsOf { reference: 0, room, target: seq };
            return vec![Effect::Ask(Box::new(ClientFrame::Edits(frame)))];
        }
        KeyCode::Char('s') => {
            if !model.room().rules.seen {
                model.toast("this room does not tell who has read what");
                return Vec::new();
            }
            model.wants_readers = Some(seq);
            return vec![Effect::Ask(Box::new(ClientFrame::Readers(OfRoom { reference: 0, room })))];
        }
        KeyCode::Char('i') => {
            let sheet = super::lists::reactions(model, seq);
            super::answers::show(model, sheet);
        }
        _ => {}
    }
    Vec::new()
}

/// Marks a message and what came after it as unread.
fn unread_from(model: &mut Model, seq: Seq) -> Vec<Effect> {
    let me = model.me.as_ref().map(|me| me.user.clone());
    let room = model.room_mut();
    if let Some(root) = room.thread {
        room.unread_thread_from(root, seq, me.as_ref());
        let thread = place::thread_of(room, root);
        (thread.mark, thread.kept_unread) = (Some(seq.saturating_sub(1)), true);
        model.toast("unread from there on, on all your devices");
        return vec![Effect::Keep];
    }
    room.read = seq.saturating_sub(1);
    room.mark = Some(room.read);
    room.kept_unread = true;
    room.untold_back = true;
    room.counted = None;
    model.toast("unread from there on, on all your devices");
    vec![Effect::Keep]
}

fn carry_out(model: &mut Model, pick: Pick) -> Vec<Effect> {
    // It may have gone meanwhile.
    if place::said(model, pick.seq).is_none() {
        model.complain("this message is gone already");
        return Vec::new();
    }
    let (room, target) = (model.current.clone(), pick.seq);
    match pick.deed {
        Deed::Select => Vec::new(),
        Deed::Delete => {
            let change = Change::Delete { target: Target::Stored(target) };
            vec![Effect::Change { room, change, text: String::new() }]
        }
        Deed::Report(reason) => {
            let report = Report { reference: 0, room, target, reason };
            vec![Effect::Ask(Box::new(ClientFrame::Report(report)))]
        }
    }
}

/// A page's worth of steps, or as many as there are.
fn steps(model: &Model, pick: &Pick, up: bool, most: usize) -> Option<Seq> {
    let mut to = None;
    for _ in 0..most {
        let Some(next) = step(model, &pick.deed, to.or(Some(pick.seq)), up) else { break };
        to = Some(next);
    }
    to
}

/// The next message above or below a place that something can be done to.
fn step(model: &Model, deed: &Deed, from: Option<Seq>, up: bool) -> Option<Seq> {
    let me = model.me.as_ref().map(|me| &me.user);
    let any = *deed != Deed::Delete || model.keeps_order();
    let timeline = &model.place().timeline;
    let is_here = |thread: Option<Seq>| thread.is_none() || timeline.is_sparse();
    let fits = |(seq, entry): (Seq, &Entry)| match entry {
        Entry::Said(said) => {
            let own = Some(&said.user) == me;
            let fits = (any || own) && !(matches!(deed, Deed::Report(_)) && own) && is_here(said.thread);
            (fits && !timeline.is_hidden(&said.user)).then_some(seq)
        }
        // Its thread may go on.
        Entry::Deleted(deleted) => {
            (*deed == Deed::Select && deleted.replies.is_some() && is_here(deleted.thread)).then_some(seq)
        }
        _ => None,
    };
    match (from, up) {
        (None, _) => timeline.events().rev().find_map(fits),
        (Some(from), true) => timeline.events_before(from).find_map(fits),
        (Some(from), false) => timeline.events_after(from).find_map(fits),
    }
}
