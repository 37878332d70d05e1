//! Choosing a message of the room on the screen, for what is done to one.

use crossterm::event::{KeyCode, KeyEvent};
use protocol::client::ClientFrame;
use protocol::ids::Seq;
use protocol::rooms::Report;

use super::layout::Screen;
use super::timeline::Entry;
use super::{Effect, Layer, Model, rows};

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
    /// Take it out.
    Delete,
    /// Tell those who keep order, and why.
    Report(String),
}

impl Deed {
    /// What the keys do.
    pub fn hint(&self) -> &'static str {
        match self {
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
            show(model, seq);
        }
        None => match deed {
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
        KeyCode::PageUp => steps(model, &pick, true),
        KeyCode::PageDown => steps(model, &pick, false),
        KeyCode::Enter => {
            model.layers.pop();
            model.room_mut().scroll = None;
            return carry_out(model, pick);
        }
        KeyCode::Esc | KeyCode::Char('q') => {
            model.layers.pop();
            model.room_mut().scroll = None;
            return Vec::new();
        }
        _ => None,
    };
    if let (Some(seq), Some(Layer::Pick(pick))) = (to, model.layers.last_mut()) {
        pick.seq = seq;
        show(model, seq);
    }
    Vec::new()
}

fn carry_out(model: &mut Model, pick: Pick) -> Vec<Effect> {
    // It may have gone meanwhile.
    if !matches!(model.room().timeline.get(pick.seq), Some(Entry::Said(_))) {
        model.complain("this message is gone already");
        return Vec::new();
    }
    let (room, target) = (model.current.clone(), pick.seq);
    match pick.deed {
        Deed::Delete => vec![Effect::Delete { room, target }],
        Deed::Report(reason) => {
            let report = Report { reference: 0, room, target, reason };
            vec![Effect::Ask(Box::new(ClientFrame::Report(report)))]
        }
    }
}

/// A page's worth of steps, or as many as there are.
fn steps(model: &Model, pick: &Pick, up: bool) -> Option<Seq> {
    let mut to = None;
    for _ in 0..PAGE {
        to = step(model, &pick.deed, to.or(Some(pick.seq)), up).or(to);
    }
    to
}

/// The next message above or below a place that something can be done to.
fn step(model: &Model, deed: &Deed, from: Option<Seq>, up: bool) -> Option<Seq> {
    let me = model.me.as_ref().map(|me| &me.user);
    let any = *deed != Deed::Delete || model.keeps_order();
    let fits = |(seq, entry): (Seq, &Entry)| match entry {
        Entry::Said(said) => {
            let own = Some(&said.user) == me;
            let fits = (any || own) && !(matches!(deed, Deed::Report(_)) && own);
            (fits && !model.room().timeline.is_hidden(&said.user)).then_some(seq)
        }
        _ => None,
    };
    let events = model.room().timeline.events();
    match (from, up) {
        (None, _) => events.rev().find_map(fits),
        (Some(from), true) => events.rev().filter(|(seq, _)| *seq < from).find_map(fits),
        (Some(from), false) => events.filter(|(seq, _)| *seq > from).find_map(fits),
    }
}

/// Scrolls so that the message is in sight.
fn show(model: &mut Model, seq: Seq) {
    let frame = Screen::of(model).frame(model);
    if !rows::is_in_sight(model.room(), frame, seq) {
        let anchor = rows::at(model.room(), frame, seq);
        model.room_mut().scroll = anchor;
    }
}
