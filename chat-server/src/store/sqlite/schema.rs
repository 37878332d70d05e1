//! Opening the database: whose it is, which version, and how its connections are set.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use protocol::ids::Epoch;
use protocol::names;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, params};

use super::clock;
use crate::store::directory::reason;
use crate::store::{Durability, StoreError};

/// "chat", in the database's header.
const APPLICATION_ID: i64 = 0x6368_6174;

/// From this schema on what is taken out is overwritten.
const OVERWRITES: i64 = 5;
/// A database of so many pages is rewritten where that may be needed: 256 MiB.
const REWRITTEN: i64 = 65_536;

/// Each brings the schema from its index to the next number, in one transaction.
const MIGRATIONS: [&str; 8] = [
    include_str!("../migrations/0001_start.sql"),
    include_str!("../migrations/0002_eras.sql"),
    include_str!("../migrations/0003_accounts.sql"),
    include_str!("../migrations/0004_rooms.sql"),
    include_str!("../migrations/0005_messages.sql"),
    include_str!("../migrations/0006_finding.sql"),
    include_str!("../migrations/0007_files.sql"),
    include_str!("../migrations/0008_mentions.sql"),
];

/// From which version on there are accounts.
pub(super) const ACCOUNTS: i64 = 3;

/// How long one attempt to get the write lock waits; the writer repeats it.
pub(super) const BUSY: Duration = Duration::from_secs(1);

/// What was made with the database.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) epoch: Epoch,
    pub(crate) secret: [u8; 32],
}

/// Opens the database for writing, makes it if it is absent and brings an older schema up to date.
pub(super) fn open_for_writing(
    path: &Path,
    durability: Durability,
) -> Result<(Connection, Identity), StoreError> {
    let absent = !path.exists();
    if !absent {
        inspect(path)?;
    }
    let mut db = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(|error| explain(path, &error))?;
    if absent {
        protect(path)?;
    }
    prepare(&mut db, durability).map_err(|error| explain(path, &error))?;
    if db.is_readonly(MAIN_DB).map_err(|error| explain(path, &error))? {
        return Err(StoreError::Directory { path: path.into(), reason: "the database is read-only".into() });
    }
    let identity = identity(path, &db)?;
    Ok((db, identity))
}

/// Opens the database for reading only.
pub(crate) fn open_for_reading(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> rusqlite::Result<Connection> {
        let db = Connection::open_with_flags(path, flags)?;
        db.busy_timeout(BUSY)?;
        db.set_prepared_statement_cache_capacity(64);
        db.pragma_update(None, "trusted_schema", false)?;
        db.pragma_update(None, "cell_size_check", true)?;
        Ok(db)
    };
    open().map_err(|error| explain(path, &error))
}

/// Makes sure, without writing, that a file is a database of ours that this version can use.
pub(crate) fn inspect(path: &Path) -> Result<(), StoreError> {
    let foreign = |reason: &str| StoreError::Foreign { path: path.into(), reason: reason.into() };
    let unusable = |error: io::Error| StoreError::Directory { path: path.into(), reason: reason(&error) };
    if !fs::metadata(path).map_err(unusable)?.is_file() {
        return Err(foreign("the database is not a file"));
    }
    let mut magic = Vec::new();
    File::open(path).and_then(|file| file.take(16).read_to_end(&mut magic)).map_err(unusable)?;
    if magic.is_empty() {
        // What a first start leaves that was killed before it wrote anything.
        return Ok(());
    }
    if magic != b"SQLite format 3\0" {
        return Err(foreign("the file is not an SQLite database"));
    }
    let db = open_for_reading(path)?;
    let read = || -> rusqlite::Result<(i64, i64, i64)> {
        let number = |sql: &str| db.query_row(sql, [], |row| row.get(0));
        Ok((
            number("PRAGMA application_id")?,
            number("PRAGMA user_version")?,
            number("SELECT count(*) FROM sqlite_schema")?,
        ))
    };
    let (application, version, tables) = read().map_err(|error| explain(path, &error))?;
    let known = newest();
    match (application, version) {
        (0, 0) if tables == 0 => Ok(()),
        (APPLICATION_ID, 1..) if version <= known => Ok(()),
        (APPLICATION_ID, _) if version > known => {
            Err(StoreError::Newer { path: path.into(), found: version, known })
        }
        _ => Err(foreign("the database belongs to another application")),
    }
}

/// The version that this program makes of a schema.
pub(super) fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// What an SQLite error means to whoever started the server.
pub(crate) fn explain(path: &Path, error: &rusqlite::Error) -> StoreError {
    let path = path.into();
    let reason = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged { path, reason },
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            StoreError::Directory { path, reason }
        }
        _ => StoreError::Database { path, reason },
    }
}

/// A name for a new history.
pub(crate) fn new_epoch() -> Result<Epoch, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(Epoch::new(format!("{:032x}", u128::from_be_bytes(bytes))).expect("32 hexadecimal digits are an id"))
}

fn prepare(db: &mut Connection, durability: Durability) -> rusqlite::Result<()> {
    db.busy_timeout(BUSY)?;
    db.set_prepared_statement_cache_capacity(64);
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "cell_size_check", true)?;
    db.pragma_update(None, "page_size", 4096)?;
    // What is taken out is overwritten, not only forgotten.
    db.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    db.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    let synchronous = match durability {
        Durability::Full => "full",
        Durability::Normal => "normal",
    };
    db.pragma_update(None, "synchronous", synchronous)?;
    db.pragma_update(None, "wal_autocheckpoint", 4000)?;
    // The log is cut back to this after it was copied into the database, however long a reader had held it up.
    db.pragma_update(None, "journal_size_limit", 64 << 20)?;
    db.pragma_update(None, "cache_size", -8192)?;
    migrate(db)
}

fn migrate(db: &mut Connection) -> rusqlite::Result<()> {
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if (1..OVERWRITES).contains(&version) {
        // Before the schema says that it was done: whoever is killed at it does it again.
        rewrite(db)?;
    }
    for (number, sql) in (1_i64..).zip(MIGRATIONS).filter(|&(number, _)| number > version) {
        if version > 0 {
            tracing::info!(number, "bringing the database to a new schema; a large one takes a while");
        }
        let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        transaction.execute_batch(sql)?;
        if number == 1 {
            create_contents(&transaction)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Leaves nothing in unused places, where earlier versions left what was taken out; unless that would take long.
fn rewrite(db: &Connection) -> rusqlite::Result<()> {
    let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    if pages > REWRITTEN {
        tracing::warn!(
            "texts that were deleted by earlier versions may still be in the file: see OPERATIONS.md"
        );
    } else if let Err(error) = db.execute_batch("VACUUM") {
        tracing::warn!(%error, "texts that were deleted by earlier versions may still be in the file");
    }
    Ok(())
}

/// What a new database holds: its identity, and the lobby.
fn create_contents(db: &Connection) -> rusqlite::Result<()> {
    let random = |error: getrandom::Error| rusqlite::Error::ToSqlConversionFailure(error.to_string().into());
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(random)?;
    let epoch = new_epoch().map_err(random)?;
    db.execute("INSERT INTO meta (one, epoch, secret) VALUES (1, ?1, ?2)", params![epoch.as_str(), secret])?;
    db.execute(
        "INSERT INTO rooms (key, skeleton, title, kind, created_ms, used_ms) VALUES (?1, ?2, 'Lobby', 'public', ?3, ?3)",
        params![protocol::LOBBY, names::skeleton(protocol::LOBBY), clock::now_ms()],
    )?;
    Ok(())
}

fn identity(path: &Path, db: &Connection) -> Result<Identity, StoreError> {
    let damaged = |reason: &str| StoreError::Damaged { path: path.into(), reason: reason.into() };
    let (epoch, secret): (String, Vec<u8>) = db
        .query_row("SELECT epoch, secret FROM meta WHERE one = 1", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(|error| match error {
            rusqlite::Error::QueryReturnedNoRows => damaged("its identity is missing"),
            error => explain(path, &error),
        })?;
    let epoch = Epoch::new(epoch).map_err(|_| damaged("its epoch is not one"))?;
    let secret = secret.try_into().map_err(|_| damaged("its secret is not one"))?;
    Ok(Identity { epoch, secret })
}

/// Nobody else on the machine may read what is said.
pub(super) fn protect(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))
            .map_err(|error| StoreError::Directory { path: path.into(), reason: reason(&error) })?;
    }
    Ok(())
}
