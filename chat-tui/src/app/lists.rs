//! Lists about messages: those found, named or pinned, from which one goes to them; who reacted, who has read, and what
//! was written before.

use crossterm::event::{KeyCode, KeyEvent};
use protocol::client::ClientFrame;
use protocol::event::Message;
use protocol::ids::{RoomKey, Seq};
use protocol::messages::{Edits, Hit, Mentioned, Pins};
use protocol::rooms::Browse;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use super::sheet::{Line, Sheet};
use super::timeline::{Said, moment};
use super::written::Written;
use super::{Effect, Layer, Model, jump, names, place, safe};

/// Messages of one's rooms, to go to one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hits {
    /// What they have in common.
    pub title: String,
    /// In the order of the list.
    pub hits: Vec<Found>,
    /// The chosen one.
    pub chosen: usize,
    /// Where there may be more: what asks for them.
    pub more: Option<Box<ClientFrame>>,
    /// That was asked, and not answered yet.
    pub asked: bool,
    /// What is said where there are none.
    pub none: &'static str,
}

/// A message in a list, safe to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// In which room.
    pub room: RoomKey,
    /// Where in its log.
    pub seq: Seq,
    /// Who, where, when.
    pub head: String,
    /// What it says, on one line.
    pub text: String,
}

impl Found {
    fn new(message: Message, title: &str, offset: UtcOffset) -> Self {
        let (room, seq) = (message.room.clone(), message.seq);
        let said = Said::new(message, 0);
        let when = said.at.and_then(|at| at.checked_to_offset(offset)).map(moment).unwrap_or_default();
        let title = if title.is_empty() { String::new() } else { format!(" · {title}") };
        let deleted = said.folded.deleted;
        let text = if deleted { "(deleted)".to_owned() } else { place::quoted(&said) };
        Self { room, seq, head: format!("{}{title} · {when}", said.name), text }
    }
}

/// What names us, as the server tells it.
pub(super) fn mentions(model: &mut Model, mentioned: Mentioned) {
    let hits = mentioned.hits.into_iter().map(|hit| found(model, hit)).collect();
    let more = mentioned.before.map(|before| {
        Box::new(ClientFrame::Mentions(Browse { reference: 0, before: Some(before), limit: None }))
    });
    add(
        model,
        Hits {
            title: "What names you".to_owned(),
            hits,
            more,
            none: "nothing names you yet",
            ..Hits::default()
        },
    );
}

/// A message of this machine.
pub(super) fn found_here(model: &Model, message: Message) -> Found {
    let title =
        model.rooms.get(&message.room).map_or_else(|| safe::line(message.room.as_str()), super::Room::label);
    Found::new(message, &title, model.offset)
}

/// A message that the server found.
pub(super) fn found(model: &Model, hit: Hit) -> Found {
    let title = match model.rooms.get(&hit.message.room) {
        Some(room) => room.label(),
        None => safe::line(&hit.title),
    };
    Found::new(hit.message, &title, model.offset)
}

/// What is pinned in a room.
pub(super) fn pins(model: &mut Model, pins: Pins) {
    let label = model.rooms.get(&pins.room).map(super::Room::label).unwrap_or_default();
    if let Some(room) = model.rooms.get_mut(&pins.room) {
        room.pins = u32::try_from(pins.messages.len()).unwrap_or(u32::MAX);
    }
    let offset = model.offset;
    let hits = pins.messages.into_iter().map(|message| Found::new(message, "", offset)).collect();
    let title = format!("Pinned in {label}");
    add(
        model,
        Hits { title, hits, none: "nothing is pinned here; select a message, p pins it", ..Hits::default() },
    );
}

/// Shows a list, or adds a further part to the one that asked for it.
pub(super) fn add(model: &mut Model, mut list: Hits) {
    if let Some(Layer::Hits(shown)) = model.layers.last_mut()
        && shown.title == list.title
        && std::mem::take(&mut shown.asked)
    {
        shown.hits.append(&mut list.hits);
        shown.more = list.more;
        return;
    }
    model.layers.retain(|layer| !matches!(layer, Layer::Hits(_) | Layer::Sheet(_)));
    model.layers.push(Layer::Hits(list));
}

/// What was asked was not answered: it may be asked again.
pub(super) fn not_told(model: &mut Model) {
    for layer in &mut model.layers {
        if let Layer::Hits(list) = layer {
            list.asked = false;
        }
    }
}

pub(super) fn key(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let Some(Layer::Hits(list)) = model.layers.last_mut() else { return Vec::new() };
    let last = list.hits.len().saturating_sub(1);
    match key.code {
        KeyCode::Up | KeyCode::Char('k') => list.chosen = list.chosen.saturating_sub(1),
        KeyCode::Down | KeyCode::Char('j') if list.chosen >= last => {
            // Asked twice, the same would be told twice.
            let more = list.more.clone().filter(|_| !list.asked);
            list.asked |= more.is_some();
            return more.map(|frame| vec![Effect::Ask(frame)]).unwrap_or_default();
        }
        KeyCode::Down | KeyCode::Char('j') => list.chosen += 1,
        KeyCode::PageDown => list.chosen = (list.chosen + 5).min(last),
        KeyCode::PageUp => list.chosen = list.chosen.saturating_sub(5),
        KeyCode::Home => list.chosen = 0,
        KeyCode::Enter => {
            let wanted = list.hits.get(list.chosen).map(|hit| (hit.room.clone(), hit.seq));
            model.layers.pop();
            if let Some((room, seq)) = wanted {
                return jump::to(model, &room, seq);
            }
        }
        KeyCode::Esc | KeyCode::Char('q') => {
            model.layers.pop();
        }
        _ => {}
    }
    Vec::new()
}

/// Who reacted to a message.
pub(super) fn reactions(model: &Model, seq: Seq) -> Sheet {
    let mut sheet = Sheet::new("Reactions");
    if let Some(said) = place::said(model, seq) {
        for (emoji, users) in &said.folded.reactions {
            let names: Vec<String> = users.iter().map(|user| names::name_of(model, user)).collect();
            sheet.lines.push(Line::Head(format!("{emoji} {}", names.join(", "))));
        }
    }
    if sheet.lines.is_empty() {
        sheet.lines.push(Line::Text("nobody reacted".to_owned()));
    }
    sheet
}

/// What a message said before.
pub(super) fn edits(model: &Model, edits: &Edits) -> Sheet {
    let mut sheet = Sheet::new("What it said");
    for version in edits.versions.iter().rev() {
        let at = OffsetDateTime::parse(&version.timestamp, &Rfc3339).ok();
        let at = at.and_then(|at| at.checked_to_offset(model.offset)).map(moment).unwrap_or_default();
        let first = if version.seq == edits.target { " · first" } else { "" };
        sheet.lines.push(Line::Text(format!("{at}{first}")));
        sheet.lines.push(Line::Head(Written::new(&version.text).to_string()));
    }
    sheet
}

/// Who has read a message.
pub(super) fn readers(model: &Model, seq: Seq) -> Sheet {
    let mut sheet = Sheet::new("Seen by");
    for (name, _) in model.room().readers.values().filter(|(_, upto)| *upto >= seq) {
        sheet.lines.push(Line::Head(name.clone()));
    }
    if sheet.lines.is_empty() {
        sheet.lines.push(Line::Text("nobody yet".to_owned()));
    }
    sheet
}
