//! What a person's other devices are to know.

use protocol::client::ClientFrame;
use protocol::own::{Draft, Read, ReadThread};
use protocol::session::Link;

use super::shell::Shell;
use crate::app::Room;

impl Shell {
    /// Says what was read and what is being written, where the others do not know it yet.
    pub(super) fn tell_other_devices(&mut self) {
        let Some(driver) = self.driver.as_mut().filter(|driver| *driver.session.link() == Link::Connected)
        else {
            return;
        };
        let (here, thread_here) = (self.model.current.clone(), self.model.thread());
        let written = self.model.draft_here();
        for (key, room) in self.model.rooms.iter_mut().filter(|(_, room)| room.joined) {
            let told = self.told_read.entry(key.clone()).or_default();
            let back = room.untold_back;
            let read = Read { room: key.clone(), seq: room.read, back };
            if (back || room.read > *told) && driver.session.note(&ClientFrame::Read(read)) {
                *told = room.read;
                room.untold_back = false;
            }
            for (thread, seq, back) in room.answers.untold() {
                let read = ReadThread { room: key.clone(), thread, seq, back };
                if driver.session.note(&ClientFrame::ReadThread(read)) {
                    room.answers.told(thread);
                }
            }
            let Room { draft, threads, .. } = room;
            let threads = threads.iter().map(|(root, thread)| (Some(*root), thread.draft.clone()));
            for (thread, draft) in std::iter::once((None, draft.clone())).chain(threads).collect::<Vec<_>>() {
                let is_here = *key == here && thread == thread_here;
                let text = if is_here { written.clone() } else { draft };
                let place = match thread {
                    Some(root) => room.threads.get_mut(&root),
                    None => Some(&mut *room),
                };
                let Some(place) = place else { continue };
                if let Some((text, reply)) = place.untold_draft(&text) {
                    let draft = Draft { room: key.clone(), text, reply, thread };
                    driver.session.note(&ClientFrame::Draft(draft));
                }
            }
        }
    }
}
