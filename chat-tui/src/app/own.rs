//! What is one's own on all devices, as `@self` tells it: rooms, invitations, markers, drafts, whom to hide.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use protocol::event::Event;
use protocol::ids::{RoomKey, UserId};
use protocol::own::{Drafted, Invited, Joined, Level, PrefsSet, Quiet};
use protocol::rooms::RoomKind;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::timeline::Watch;
use super::{Effect, Model, place, safe};

/// What is one's own.
#[derive(Debug, Clone, Default)]
pub struct Own {
    /// Whom to hide.
    pub blocked: Arc<BTreeSet<UserId>>,
    /// Of what to be told, per room; also of rooms that we are not in.
    pub levels: BTreeMap<RoomKey, Level>,
    /// Whom messages are to call: who we are, and our words.
    pub watch: Arc<Watch>,
    /// When not to be disturbed.
    pub quiet: Option<Quiet>,
    /// Invitations that stand.
    pub invitations: BTreeMap<RoomKey, Invitation>,
}

/// Somebody invites us to a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// What the room is called, safe to draw.
    pub title: String,
    /// Who invites, safe to draw.
    pub by: String,
    /// Who that is.
    pub user: UserId,
}

/// Takes in an event of the own room.
pub(super) fn take(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::Read(read) => {
            if let Some(room) = model.rooms.get_mut(&read.of) {
                room.learn_read(read.upto);
                return vec![Effect::Keep];
            }
        }
        Event::ReadThread(read) => {
            let me = model.me.as_ref().map(|me| me.user.clone());
            if let Some(room) = model.rooms.get_mut(&read.of) {
                room.learn_thread_read(read.thread, read.upto, me.as_ref());
                return vec![Effect::Keep];
            }
        }
        Event::Notify(notify) => {
            if let Some(room) = model.rooms.get_mut(&notify.of) {
                room.level = notify.level;
            }
            model.own.levels.insert(notify.of, notify.level);
        }
        Event::Block(block) => {
            let blocked = Arc::make_mut(&mut model.own.blocked);
            if block.on {
                blocked.insert(block.who);
            } else {
                blocked.remove(&block.who);
            }
            return vec![Effect::Keep];
        }
        Event::Draft(draft) => take_draft(model, &draft),
        Event::Prefs(prefs) => take_prefs(model, &prefs),
        Event::Invited(invited) => take_invitation(model, invited),
        Event::Joined(joined) => return take_room(model, &joined),
        _ => {}
    }
    Vec::new()
}

fn take_draft(model: &mut Model, draft: &Drafted) {
    let here = draft.of == model.current && draft.thread == model.thread();
    let written = model.draft_here();
    let editing = matches!(model.place().about, Some(super::About::Edit { .. }));
    let Some(room) = model.rooms.get_mut(&draft.of) else { return };
    let place = match draft.thread {
        Some(root) if draft.text.is_empty() && !room.threads.contains_key(&root) => return,
        Some(root) => place::thread_of(room, root),
        None => room,
    };
    let written = if here { written } else { place.draft.clone() };
    let Some(text) = place.learn_draft(&draft.text, draft.reply, &written) else { return };
    place.answer(draft.reply);
    match &mut place.about {
        Some(super::About::Edit { draft, .. }) if here => *draft = text,
        _ if here && !editing => model.composer.set(&text),
        _ => place.draft = text,
    }
}

fn take_prefs(model: &mut Model, prefs: &PrefsSet) {
    model.own.quiet = prefs.quiet;
    let keywords: Vec<String> = prefs.keywords.iter().map(|word| safe::line(word)).collect();
    if keywords != model.own.watch.keywords {
        Arc::make_mut(&mut model.own.watch).keywords = keywords;
        // A timeline knows another watch by its place in memory.
        model.own.watch = Arc::new((*model.own.watch).clone());
    }
}

fn take_invitation(model: &mut Model, invited: Invited) {
    if !invited.on {
        model.own.invitations.remove(&invited.of);
        return;
    }
    let (title, by) = (safe::line(&invited.title), safe::line(&invited.sender));
    if model.own.blocked.contains(&invited.user) {
        return;
    }
    let invitation = Invitation { title: title.clone(), by: by.clone(), user: invited.user };
    if model.own.invitations.insert(invited.of, invitation).is_none() {
        model.say(format!("{by} invites you to ◆{title}: /join {title}, or /decline {title}"));
    }
}

fn take_room(model: &mut Model, joined: &Joined) -> Vec<Effect> {
    if joined.on {
        model.own.invitations.remove(&joined.of);
        let is_in = model.rooms.get(&joined.of).is_some_and(|room| room.joined);
        return if is_in { Vec::new() } else { vec![Effect::Follow(joined.of.clone())] };
    }
    let title = safe::line(&joined.title);
    let sign = if joined.kind == RoomKind::Private { "◆" } else { "#" };
    let Some(why) = joined.why.as_deref() else { return Vec::new() };
    match model.rooms.get_mut(&joined.of) {
        Some(room) if room.put_out => return Vec::new(),
        Some(room) => room.put_out = true,
        // Read anew after a start: it was told when it happened.
        None if !model.own_gone.remove(&joined.of) => return Vec::new(),
        None => {}
    }
    let reason = joined.reason.as_deref().map(|reason| format!(": {}", safe::line(reason)));
    let until = joined.until.as_deref().and_then(|until| OffsetDateTime::parse(until, &Rfc3339).ok());
    let until = until.and_then(|until| until.checked_to_offset(model.offset)).map(super::timeline::moment);
    let what = match why {
        "banned" => "banned from",
        _ => "put out of",
    };
    let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
    model.complain(format!("you were {what} {sign}{title}{until}{}", reason.unwrap_or_default()));
    Vec::new()
}
