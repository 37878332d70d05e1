//! What is being written in rooms and threads, here and on the person's other devices.

use protocol::ids::Seq;

use super::Room;
use super::place::{self, About};
use super::written::editable;

/// Drafts told to other devices that are remembered until they come back.
const TOLD_DRAFTS: usize = 8;

impl Room {
    /// Learns the draft of another device, and what it answers. Returns it where it takes the place of `here`, what is
    /// written on this one.
    pub fn learn_draft(&mut self, text: &str, reply: Option<Seq>, here: &str) -> Option<String> {
        let draft = (editable(text), reply);
        if let Some(at) = self.told_drafts.iter().position(|told| *told == draft) {
            // One's own, come back.
            self.told_drafts.drain(..=at);
            return None;
        }
        // What was written here since then is newer, and will be told.
        let (text, _) = draft;
        let is_known = here == self.shared_draft && self.reply() == self.shared_reply;
        let is_news = is_known && (here != text || self.reply() != reply);
        self.shared_draft.clone_from(&text);
        self.shared_reply = reply;
        is_news.then_some(text)
    }

    /// The draft that our other devices do not know yet, where what is written here is another one or answers another
    /// message.
    pub fn untold_draft(&mut self, here: &str) -> Option<(String, Option<Seq>)> {
        // A command is nobody's business.
        let text = if here.starts_with('/') && !here.starts_with("//") { "" } else { here };
        let reply = self.reply().filter(|_| !text.is_empty());
        let is_known = text == self.shared_draft && reply == self.shared_reply;
        if is_known || text.len() > protocol::limits::DRAFT_BYTES {
            return None;
        }
        text.clone_into(&mut self.shared_draft);
        self.shared_reply = reply;
        self.told_drafts.push_back((text.to_owned(), reply));
        if self.told_drafts.len() > TOLD_DRAFTS {
            self.told_drafts.pop_front();
        }
        Some((text.to_owned(), reply))
    }

    /// Other devices know nothing of what is written here and in its threads.
    pub fn forget_shared_drafts(&mut self) {
        self.shared_draft.clear();
        self.shared_reply = None;
        self.told_drafts.clear();
        self.threads.values_mut().for_each(Self::forget_shared_drafts);
    }

    /// The message that the line being written answers.
    pub fn reply(&self) -> Option<Seq> {
        self.about.as_ref().and_then(About::reply)
    }

    /// The line being written answers this message, or none; one that changes a message goes on with that.
    pub fn answer(&mut self, reply: Option<Seq>) {
        if !matches!(self.about, Some(About::Edit { .. })) {
            self.about = reply.map(|seq| About::Reply { seq });
        }
    }

    /// The place of a thread, whether or not anything of it is here.
    pub fn thread_mut(&mut self, root: Seq) -> &mut Self {
        place::thread_of(self, root)
    }

    /// Whether something is being written in one of its threads that is not on the screen.
    pub fn has_thread_drafts(&self) -> bool {
        self.threads.values().any(|thread| !thread.draft.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use protocol::ids::RoomKey;

    use super::*;

    #[test]
    fn drafts_of_other_devices_come_and_never_replace_what_is_newer() {
        let mut room = Room::new(RoomKey::lobby());
        assert_eq!(room.learn_draft("from the phone", None, ""), Some("from the phone".to_owned()));
        assert_eq!(room.untold_draft("from the phone"), None);
        assert_eq!(
            room.untold_draft("from the phone, and here"),
            Some(("from the phone, and here".to_owned(), None))
        );
        assert_eq!(room.untold_draft("more"), Some(("more".to_owned(), None)));
        // Both come back, while more was written.
        assert_eq!(room.learn_draft("from the phone, and here", None, "more and"), None);
        assert_eq!(room.learn_draft("more", None, "more and"), None);
        assert_eq!(
            room.learn_draft("the phone again", None, "more and"),
            None,
            "what is written here is kept"
        );
        let mut untold = |here: &str| room.untold_draft(here).map(|(text, _)| text);
        assert_eq!(untold("more and").as_deref(), Some("more and"));
        assert_eq!(untold("/nick x").as_deref(), Some(""), "a command is not told");
        assert_eq!(untold("//x").as_deref(), Some("//x"));
        assert_eq!(room.untold_draft(&"x".repeat(20_000)), None);
    }

    #[test]
    fn a_draft_comes_with_what_it_answers() {
        let mut room = Room::new(RoomKey::lobby());
        assert_eq!(room.learn_draft("soon", Some(7), ""), Some("soon".to_owned()));
        room.answer(Some(7));
        assert_eq!(room.untold_draft("soon"), None);
        // On the other device the same words answer nothing any more.
        assert_eq!(room.learn_draft("soon", None, "soon"), Some("soon".to_owned()));
        room.answer(None);
        room.answer(Some(9));
        assert_eq!(room.untold_draft("soon"), Some(("soon".to_owned(), Some(9))));
        assert_eq!(room.learn_draft("soon", Some(9), "soon"), None, "one's own, come back");
        assert_eq!(room.untold_draft(""), Some((String::new(), None)), "nothing answers nothing");
        // Coloured output comes as signs, and is not told back as something else.
        assert_eq!(room.learn_draft("\u{1b}[31mred", None, ""), None, "the answer begun here is newer");
        room.answer(None);
        assert_eq!(room.learn_draft("\u{1b}[32mgreen", None, "␛[31mred"), Some("␛[32mgreen".to_owned()));
        assert_eq!(room.untold_draft("␛[32mgreen"), None);
    }
}
