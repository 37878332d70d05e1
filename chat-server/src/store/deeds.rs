//! What people have done to rooms, to each other and to what is their own: decided and stored in one transaction.
//!
//! Each deed reads the facts, asks [`policy`](crate::core::policy), writes what changed and the events that tell of it,
//! all in its turn between the messages. What is read for somebody is filtered by the same policy, in the snapshot
//! that it is read from.

use std::collections::HashMap;
use std::sync::Arc;

use protocol::error::Refusal;
use protocol::event::Message;
use protocol::ids::{Id, RoomKey, Seq, UserId};
use protocol::messages::{Edit, Everyone, Hit, Pin, React, Reader as Receipt, Version};
use protocol::own::{Block, Draft, Notify, Prefs};
use protocol::rooms::{
    AuditEntry, Change, Delete, Moderate, Reported, RoomKind, RoomRole, Sentence, SetRole,
};
use protocol::server::{Ack, User};

#[cfg(test)]
use super::Readable;
pub(crate) use super::sqlite::deed::refusal;
use super::sqlite::{changes, deed, members, moderation, own, rooms};
use super::{At, Order, Page, Query, ReadError, RoomRecord, Store, WorkError};
use crate::core::policy::{Denied, InRoom, Reaches};

/// Who has something done.
#[derive(Debug, Clone)]
pub(crate) struct Author {
    pub(crate) user: UserId,
    /// Their name now.
    pub(crate) name: Arc<str>,
    pub(crate) guest: bool,
    /// How far what they proved reaches.
    pub(crate) reaches: Reaches,
    /// Whoever runs the server, on its command line: may do everything.
    pub(crate) server: bool,
}

impl Author {
    /// Whoever runs the server.
    pub(crate) fn server() -> Self {
        Self {
            user: UserId::new(deed::SERVER).expect("it is an id"),
            name: Arc::from("server"),
            guest: false,
            reaches: Reaches::FULL,
            server: true,
        }
    }
}

/// A deed that came to nothing.
pub(crate) type Undone = WorkError<Box<Refusal>>;

/// A room to make.
#[derive(Debug, Clone)]
pub(crate) struct NewRoom {
    /// Of a public room its first name; of a private one made by the server.
    pub(crate) key: RoomKey,
    pub(crate) title: String,
    pub(crate) kind: RoomKind,
    pub(crate) topic: Option<String>,
}

/// What is done to somebody in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    Invite,
    Kick,
    Ban,
    Unban,
    Mute,
    Unmute,
}

/// Whom a text names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) mentions: Vec<UserId>,
    /// Whom it calls beside those, if its author may.
    pub(crate) everyone: Option<Everyone>,
    /// Who is there, where that is whom it calls; nothing where they are too many to be kept one by one.
    pub(crate) here: Option<Vec<UserId>>,
}

/// A page of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thread {
    /// The message that it began with.
    pub(crate) root: Message,
    /// Its answers, oldest first.
    pub(crate) messages: Vec<Message>,
    /// There are older answers.
    pub(crate) more: bool,
    /// The room's newest event when it was read.
    pub(crate) head: Seq,
}

/// A room as somebody may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sight {
    pub(crate) record: RoomRecord,
    /// What they are there.
    pub(crate) standing: Option<RoomRole>,
    /// Up to where they have read it.
    pub(crate) read: Option<Seq>,
    /// How many messages of others came after that, outside threads; counted up to
    /// [`UNREAD`](protocol::limits::UNREAD).
    pub(crate) unread: u32,
    /// How many name them or call everybody there; counted alike, in threads as well.
    pub(crate) mentions: u32,
    /// The others in a direct conversation.
    pub(crate) people: Vec<User>,
    /// How many messages are pinned there.
    pub(crate) pins: u32,
}

/// A member of a room, as the record knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) user: User,
    pub(crate) standing: RoomRole,
}

/// Who is in a room, as the record knows them, and who was put out or silenced, as far as the reader may lift that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Roster {
    pub(crate) members: Vec<Listed>,
    pub(crate) banned: Vec<Sentence>,
    pub(crate) muted: Vec<Sentence>,
}

/// A room as whoever runs the server sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableRow {
    pub(crate) record: RoomRecord,
    pub(crate) members: u32,
    /// Their names.
    pub(crate) owners: Vec<String>,
}

/// A newest-first page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sheet<T> {
    pub(crate) rows: Vec<T>,
    /// There are older ones.
    pub(crate) more: bool,
}

/// A search of somebody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) query: Query,
    pub(crate) order: Order,
    /// From where an earlier answer ended.
    pub(crate) before: Option<u64>,
    pub(crate) limit: u32,
}

/// Messages that were found, as they are now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Finds {
    pub(crate) hits: Vec<Hit>,
    /// There may be more: ask again with it.
    pub(crate) before: Option<u64>,
    /// How many of the newest events cannot be found yet.
    pub(crate) behind: u64,
}

/// Rooms with what somebody may see of each.
pub(crate) type Sights = Vec<(RoomKey, Result<Sight, Denied>)>;

/// What was read for somebody, or why it was not.
pub(crate) type Seen<T> = Result<Result<T, Denied>, ReadError>;

impl Store {
    /// Makes a room, whose owner the author is, if they have an account.
    pub(crate) async fn make_room(&self, author: Author, room: NewRoom, id: Id) -> Result<(), Undone> {
        let bytes = room.title.len() + room.topic.as_ref().map_or(0, String::len);
        self.handle.deed(author, bytes, move |deed| rooms::make(deed, &room, &id)).await
    }

    /// The conversation of the author with others, made under this key where there is none. `names` are those of
    /// guests who are there.
    pub(crate) async fn open_direct(
        &self,
        author: Author,
        users: Vec<UserId>,
        names: HashMap<UserId, String>,
        key: RoomKey,
    ) -> Result<RoomKey, Undone> {
        self.handle
            .deed(author, 64 * users.len(), move |deed| rooms::open_direct(deed, users, &names, &key))
            .await
    }

    /// Changes a room; `id` names the event.
    pub(crate) async fn change_room(&self, author: Author, change: Change, id: Id) -> Result<(), Undone> {
        self.handle.deed(author, 1024, move |deed| rooms::change(deed, &change, &id)).await
    }

    /// Makes the author a member, as far as the room has any and needs it to be stored.
    pub(crate) async fn join_room(&self, author: Author, room: RoomKey, id: Id) -> Result<(), Undone> {
        self.handle.deed(author, 0, move |deed| members::join(deed, &room, &id)).await
    }

    /// The author is no member any more.
    pub(crate) async fn leave_room(&self, author: Author, room: RoomKey, id: Id) -> Result<(), Undone> {
        self.handle.deed(author, 0, move |deed| members::leave(deed, &room, &id)).await
    }

    /// The author does not take an invitation.
    pub(crate) async fn decline(&self, author: Author, room: RoomKey) -> Result<(), Undone> {
        self.handle.deed(author, 0, move |deed| members::decline(deed, &room)).await
    }

    /// Does something to somebody in a room. `name` is that of a guest who is there.
    pub(crate) async fn moderate(
        &self,
        author: Author,
        measure: Measure,
        asked: Moderate,
        name: Option<String>,
        id: Id,
    ) -> Result<(), Undone> {
        let work =
            move |deed: &mut deed::Deed<'_, '_, '_>| members::moderate(deed, measure, &asked, name, &id);
        self.handle.deed(author, 1024, work).await
    }

    /// Gives somebody another role in a room.
    pub(crate) async fn set_room_role(
        &self,
        author: Author,
        asked: SetRole,
        name: Option<String>,
        id: Id,
    ) -> Result<(), Undone> {
        self.handle.deed(author, 0, move |deed| members::set_role(deed, &asked, name, &id)).await
    }

    /// Gives a message another text.
    pub(crate) async fn edit(
        &self,
        author: Author,
        asked: Edit,
        named: Named,
        id: Id,
    ) -> Result<Ack, Undone> {
        let bytes = 2 * asked.text.len();
        self.handle.deed(author, bytes, move |deed| changes::edit(deed, &asked, named, &id)).await
    }

    /// Puts a reaction on a message, or takes it off.
    pub(crate) async fn react(&self, author: Author, asked: React, id: Id) -> Result<Ack, Undone> {
        self.handle.deed(author, 0, move |deed| changes::react(deed, asked, &id)).await
    }

    /// Pins a message to its room, or takes it off.
    pub(crate) async fn pin(&self, author: Author, asked: Pin, id: Id) -> Result<Ack, Undone> {
        self.handle.deed(author, 0, move |deed| changes::pin(deed, &asked, &id)).await
    }

    /// Takes a message out: out of the files, too, a few seconds later.
    pub(crate) async fn delete(&self, author: Author, asked: Delete, id: Id) -> Result<Ack, Undone> {
        let ack = self.handle.deed(author, 0, move |deed| moderation::delete(deed, &asked, &id)).await?;
        self.handle.scrub_soon();
        Ok(ack)
    }

    /// Keeps what somebody tells of a message.
    pub(crate) async fn report(
        &self,
        author: Author,
        room: RoomKey,
        target: Seq,
        reason: String,
    ) -> Result<(), Undone> {
        let bytes = reason.len();
        self.handle.deed(author, bytes, move |deed| moderation::report(deed, &room, target, &reason)).await
    }

    /// A report needs nothing more.
    pub(crate) async fn resolve(&self, author: Author, report: u64) -> Result<(), Undone> {
        self.handle.deed(author, 0, move |deed| moderation::resolve(deed, report)).await
    }

    /// A room was read up to this place; the marker moves back only with `back`. What the room is to be told of it.
    pub(crate) async fn read_upto(
        &self,
        author: Author,
        room: RoomKey,
        seq: Seq,
        back: bool,
    ) -> Result<Option<Seq>, Undone> {
        self.handle.deed(author, 0, move |deed| own::read_upto(deed, &room, seq, back)).await
    }

    /// A thread was read up to this place of its room; the marker moves back only with `back`.
    pub(crate) async fn read_thread(
        &self,
        author: Author,
        room: RoomKey,
        thread: Seq,
        seq: Seq,
        back: bool,
    ) -> Result<(), Undone> {
        self.handle.deed(author, 0, move |deed| own::read_thread(deed, &room, thread, seq, back)).await
    }

    /// What somebody wants to be told of, and when.
    pub(crate) async fn set_prefs(&self, author: Author, asked: Prefs) -> Result<(), Undone> {
        self.handle.deed(author, 1024, move |deed| own::set_prefs(deed, &asked)).await
    }

    /// Of what in a room to be told.
    pub(crate) async fn notify(&self, author: Author, asked: Notify) -> Result<(), Undone> {
        self.handle.deed(author, 0, move |deed| own::notify(deed, &asked)).await
    }

    /// Hides a person, or shows them again.
    pub(crate) async fn block(&self, author: Author, asked: Block) -> Result<(), Undone> {
        self.handle.deed(author, 0, move |deed| own::block(deed, &asked)).await
    }

    /// What is written and not yet said.
    pub(crate) async fn draft(&self, author: Author, asked: Draft) -> Result<(), Undone> {
        let bytes = asked.text.len();
        self.handle.deed(author, bytes, move |deed| own::draft(deed, &asked)).await
    }

    /// These rooms as somebody may see them, and with `all` also every room that they are a member of.
    pub(crate) async fn sights(
        &self,
        author: Author,
        rooms: Vec<RoomKey>,
        all: bool,
    ) -> Result<Sights, ReadError> {
        let guests = self.handle.guests();
        self.handle.read(move |reader| reader.sights(&author, guests, rooms, all)).await
    }

    /// One room as somebody may see it.
    pub(crate) async fn sight(&self, author: Author, room: RoomKey) -> Seen<Sight> {
        let sights = self.sights(author, vec![room], false).await?;
        Ok(sights.into_iter().next().map_or(Err(Denied::NotThere), |(_, sight)| sight))
    }

    /// Whether somebody may do something in a room, as it stands now.
    pub(crate) async fn may(&self, author: Author, room: RoomKey, deed: InRoom) -> Seen<()> {
        let guests = self.handle.guests();
        self.handle.read(move |reader| reader.may(&author, guests, &room, deed)).await
    }

    /// What somebody may search.
    #[cfg(test)]
    pub(crate) async fn readable(&self, author: Author) -> Seen<Readable> {
        let guests = self.handle.guests();
        self.handle.read(move |reader| reader.readable(&author, guests)).await
    }

    /// What answers a question, of what somebody may read. Takes up to about 250 ms; of several, some wait.
    pub(crate) async fn find(&self, author: Author, asked: Asked) -> Seen<Finds> {
        let guests = self.handle.guests();
        self.handle.read_slowly(move |reader| reader.find(&author, guests, asked)).await
    }

    /// The messages that name somebody or call everybody where they are, newest first.
    pub(crate) async fn mentioned(&self, author: Author, before: Option<u64>, limit: u32) -> Seen<Finds> {
        let guests = self.handle.guests();
        self.handle.read_slowly(move |reader| reader.mentioned(&author, guests, before, limit)).await
    }

    /// Who has read a room up to where, for somebody who may read it; nobody where the room does not tell.
    pub(crate) async fn readers_of(&self, author: Author, room: RoomKey) -> Seen<Vec<Receipt>> {
        let guests = self.handle.guests();
        self.handle.read(move |reader| reader.readers_of(&author, guests, &room)).await
    }

    /// A stretch of a log, for somebody who may read it.
    pub(crate) async fn page_for(
        &self,
        author: Author,
        room: RoomKey,
        at: At,
        limit: u32,
        max_bytes: usize,
    ) -> Seen<Page> {
        let guests = self.handle.guests();
        self.handle.read(move |reader| reader.page_for(&author, guests, &room, at, limit, max_bytes)).await
    }

    /// A page of the thread that a message is in or begins, for somebody who may read the room; `None` where there is no
    /// such message. Of at most `limit` answers and about `max_bytes` bytes of text, but at least one where there is one.
    pub(crate) async fn thread_for(
        &self,
        author: Author,
        room: RoomKey,
        of: Seq,
        before: Option<Seq>,
        limit: u32,
        max_bytes: usize,
    ) -> Seen<Option<Thread>> {
        let guests = self.handle.guests();
        let read = move |reader: &super::sqlite::Reader| {
            reader.thread_for(&author, guests, &room, of, before, limit, max_bytes)
        };
        self.handle.read(read).await
    }

    /// What is pinned in a room, the latest pinned first, for somebody who may read it.
    pub(crate) async fn pins_for(
        &self,
        author: Author,
        room: RoomKey,
        max_bytes: usize,
    ) -> Seen<Vec<Message>> {
        let guests = self.handle.guests();
        self.handle.read(move |reader| reader.pins_for(&author, guests, &room, max_bytes)).await
    }

    /// The texts that a message has had, the first one first, for somebody who may read the room; none where there is no
    /// such message. The newest of them, about `max_bytes` bytes, but at least one.
    pub(crate) async fn versions_for(
        &self,
        author: Author,
        room: RoomKey,
        of: Seq,
        max_bytes: usize,
    ) -> Seen<Vec<Version>> {
        let guests = self.handle.guests();
        self.handle.read(move |reader| reader.versions_for(&author, guests, &room, of, max_bytes)).await
    }

    /// The public rooms that are not archived, most recently used first, as somebody sees them.
    pub(crate) async fn public_rooms(&self, author: Author, limit: usize) -> Seen<Vec<Sight>> {
        let guests = self.handle.guests();
        self.handle.read(move |reader| reader.public_rooms(&author, guests, limit)).await
    }

    /// A room's members by name, for somebody who may know them, at most `limit`; as many of whom is banned or muted.
    pub(crate) async fn members_for(&self, author: Author, room: RoomKey, limit: usize) -> Seen<Roster> {
        let guests = self.handle.guests();
        self.handle.read(move |reader| reader.members_for(&author, guests, &room, limit)).await
    }

    /// All rooms, most recently used first, for whoever runs the server.
    pub(crate) async fn room_table(&self, limit: usize) -> Result<Vec<TableRow>, ReadError> {
        self.handle.read(move |reader| reader.room_table(limit)).await
    }

    /// What was reported, newest first.
    pub(crate) async fn reports(
        &self,
        author: Author,
        before: Option<u64>,
        limit: u32,
    ) -> Seen<Sheet<Reported>> {
        let guests = self.handle.guests();
        self.handle.read(move |reader| reader.reports(&author, guests, before, limit)).await
    }

    /// What was decided, newest first.
    pub(crate) async fn audit(
        &self,
        author: Author,
        before: Option<u64>,
        limit: u32,
    ) -> Seen<Sheet<AuditEntry>> {
        let guests = self.handle.guests();
        self.handle.read(move |reader| reader.audit(&author, guests, before, limit)).await
    }
}
