//! Hands commands to the session, and gives questions their numbers.

use std::time::Duration;

use protocol::client::ClientFrame;
use protocol::ids::Ref;
use protocol::limits::HISTORY_DEFAULT;
use protocol::session::AskError;

use super::shell::Shell;
use crate::app::{Effect, Msg};

impl Shell {
    /// Hands a command to the session.
    pub(super) fn command(&mut self, effect: Effect, now: Duration, msgs: &mut Vec<Msg>) {
        let Some(driver) = &mut self.driver else { return };
        let session = &mut driver.session;
        let asked = match effect {
            Effect::Retry(id) => {
                session.retry(&id);
                return;
            }
            Effect::Discard(id) => {
                session.discard(&id, now);
                return;
            }
            Effect::Leave(room) => {
                session.leave(&room);
                return;
            }
            Effect::Typing { room, thread, on } => {
                session.typing(&room, thread, on, now);
                return;
            }
            Effect::Presence(state) => {
                session.presence(state);
                return;
            }
            Effect::Wake => {
                session.handle_wake(now);
                return;
            }
            Effect::Restart => {
                session.restart(now);
                session.handle_wake(now);
                return;
            }
            Effect::History { room, place } => {
                // It is asked for again when the link is back.
                let _ = session.history(&room, place, HISTORY_DEFAULT);
                return;
            }
            Effect::Members(room) => {
                let _ = session.members(&room);
                return;
            }
            Effect::Follow(room) => {
                session.follow(&room);
                session.handle_timeout(now);
                return;
            }
            Effect::Join(room) => session.join(&room),
            Effect::Ask(frame) => session.request(|reference| numbered(*frame, reference)),
            Effect::Nick(name) => session.nick(&name),
            Effect::Rooms => session.list_rooms(),
            _ => return,
        };
        if let Err(error) = asked {
            let reason = match error {
                AskError::Offline => "not connected: try again once you are".to_owned(),
                AskError::TooMany => error.to_string(),
            };
            msgs.push(Msg::NotAsked(reason));
        }
    }
}

/// The frame under this number, where it has one.
pub(super) fn numbered(mut frame: ClientFrame, reference: Ref) -> ClientFrame {
    let place = match &mut frame {
        ClientFrame::History(asked) => &mut asked.reference,
        ClientFrame::Create(asked) => &mut asked.reference,
        ClientFrame::Direct(asked) => &mut asked.reference,
        ClientFrame::Join(asked)
        | ClientFrame::Leave(asked)
        | ClientFrame::Decline(asked)
        | ClientFrame::Members(asked) => &mut asked.reference,
        ClientFrame::Change(asked) => &mut asked.reference,
        ClientFrame::Invite(asked)
        | ClientFrame::Kick(asked)
        | ClientFrame::Ban(asked)
        | ClientFrame::Unban(asked)
        | ClientFrame::Mute(asked)
        | ClientFrame::Unmute(asked) => &mut asked.reference,
        ClientFrame::Role(asked) => &mut asked.reference,
        ClientFrame::Report(asked) => &mut asked.reference,
        ClientFrame::Reports(asked) | ClientFrame::Audit(asked) | ClientFrame::Mentions(asked) => {
            &mut asked.reference
        }
        ClientFrame::Thread(asked) => &mut asked.reference,
        ClientFrame::Edits(asked) => &mut asked.reference,
        ClientFrame::Pins(asked) | ClientFrame::Readers(asked) => &mut asked.reference,
        ClientFrame::Search(asked) => &mut asked.reference,
        ClientFrame::Prefs(asked) => &mut asked.reference,
        ClientFrame::Resolve(asked) => &mut asked.reference,
        ClientFrame::Rooms(asked) => &mut asked.reference,
        ClientFrame::Nick(asked) => &mut asked.reference,
        ClientFrame::Notify(asked) => &mut asked.reference,
        ClientFrame::Block(asked) => &mut asked.reference,
        ClientFrame::Hello(_)
        | ClientFrame::Message(_)
        | ClientFrame::Edit(_)
        | ClientFrame::React(_)
        | ClientFrame::Pin(_)
        | ClientFrame::Delete(_)
        | ClientFrame::Read(_)
        | ClientFrame::ReadThread(_)
        | ClientFrame::Draft(_)
        | ClientFrame::Typing(_)
        | ClientFrame::Presence(_)
        | ClientFrame::Pong(_) => return frame,
    };
    *place = reference;
    frame
}
