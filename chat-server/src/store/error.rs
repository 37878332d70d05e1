//! What can go wrong with the store, for whoever starts the server and for whoever asks it something.

use std::path::PathBuf;

use thiserror::Error;

use super::Append;

/// Why a store was not opened, backed up or restored. Each message is one line, fit for whoever started the server.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The directory or a file in it cannot be made, read or written.
    #[error("cannot use {}: {reason}", path.display())]
    Directory {
        /// What was tried to use.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Another process has it.
    #[error("the data directory {} is in use by another chat-server{holder}", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
        /// ` (process 123)` where that is known.
        holder: String,
    },
    /// It holds something that is not ours.
    #[error("{} is not a chat-server data directory: {reason}; name an empty or new one with --data-dir", path.display())]
    Foreign {
        /// The directory or file.
        path: PathBuf,
        /// What was found there.
        reason: String,
    },
    /// A newer version wrote it.
    #[error("{} was written by a newer chat-server (schema {found}, this one knows up to {known}); upgrade", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema's number.
        found: i64,
        /// The newest that this version knows.
        known: i64,
    },
    /// It cannot be read as the database that it says it is.
    #[error("the database {} is damaged: {reason}; restore a backup into a new data directory", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// Where a backup or a restored database was to go, there is something already.
    #[error("{} exists already; nothing was overwritten", path.display())]
    Exists {
        /// What exists.
        path: PathBuf,
    },
    /// The database failed otherwise.
    #[error("the database {} failed: {reason}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// SQLite's words.
        reason: String,
    },
}

/// The store was closed, or its writer died.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the store is closed")]
pub struct Closed;

/// Why an append was not submitted; it is given back.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TryAppendError {
    /// It would have to wait.
    #[error("the store's queue is full")]
    Full(Append),
    /// The store was closed, or its writer died.
    #[error("the store is closed")]
    Closed(Append),
}

/// Why a piece of work came to nothing; nothing of it was stored.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WorkError<E> {
    /// It decided so.
    #[error("{0}")]
    Refused(E),
    /// The disk is full.
    #[error("the disk is full")]
    StorageFull,
    /// The store cannot be written.
    #[error("the store cannot be written now")]
    Unavailable,
}

/// Why nothing was read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// A search that takes too long before it finds anything.
    #[error("the question asks for too much")]
    TooMuch,
    /// The database could not be read; the words are for the log.
    #[error("the database could not be read: {0}")]
    Database(String),
}
