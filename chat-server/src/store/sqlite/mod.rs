//! The store on SQLite: one thread that writes, a few that read.

use std::path::Path;

use protocol::ids::{Epoch, RoomKey, UserId};

use super::{
    Append, At, Closed, CreateError, OnCommit, Options, Page, ReadError, RoomRecord, StoreError,
    TryAppendError,
};

#[derive(Debug)]
pub(super) struct Handle;
#[derive(Debug)]
pub(super) struct Reader;

impl Reader {
    pub(super) fn room(&mut self, _key: &RoomKey) -> Result<Option<RoomRecord>, ReadError> {
        unimplemented!()
    }
    pub(super) fn rooms(&mut self, _limit: usize) -> Result<Vec<RoomRecord>, ReadError> {
        unimplemented!()
    }
    pub(super) fn page(&mut self, _room: &RoomKey, _at: At, _limit: u32, _max_bytes: usize) -> Result<Option<Page>, ReadError> {
        unimplemented!()
    }
}

impl Handle {
    pub(super) fn open(_dir: &Path, _options: Options, _on_commit: OnCommit) -> Result<Self, StoreError> {
        unimplemented!()
    }
    pub(super) async fn append(&self, _append: Append) -> Result<(), Closed> {
        unimplemented!()
    }
    pub(super) fn try_append(&self, _append: Append) -> Result<(), TryAppendError> {
        unimplemented!()
    }
    pub(super) async fn create_room(&self, _k: RoomKey, _t: String, _c: UserId) -> Result<RoomRecord, CreateError> {
        unimplemented!()
    }
    pub(super) async fn read<T: Send + 'static>(
        &self,
        _work: impl FnOnce(&mut Reader) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        unimplemented!()
    }
    pub(super) fn epoch(&self) -> &Epoch {
        unimplemented!()
    }
    pub(super) fn secret(&self) -> &[u8; 32] {
        unimplemented!()
    }
    pub(super) fn healthy(&self) -> bool {
        unimplemented!()
    }
    pub(super) async fn close(&self) {
        unimplemented!()
    }
}
