//! Gives a question its number.

use protocol::client::ClientFrame;
use protocol::ids::Ref;

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
        | ClientFrame::Draft(_)
        | ClientFrame::Typing(_)
        | ClientFrame::Presence(_)
        | ClientFrame::Pong(_) => return frame,
    };
    *place = reference;
    frame
}
