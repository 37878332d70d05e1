-- Accounts: who somebody is, and what proves it. Of whatever proves something only the SHA-256 is here.

CREATE TABLE accounts (
    id         INTEGER PRIMARY KEY,
    user       TEXT NOT NULL UNIQUE, -- as in events: that of a guest who registered stays the guest's
    name       TEXT NOT NULL,
    role       TEXT NOT NULL,
    bot        INTEGER NOT NULL DEFAULT 0,
    active     INTEGER NOT NULL DEFAULT 1,
    password   TEXT, -- its hash (PHC); nobody signs in without one
    colour     INTEGER,
    avatar     TEXT,
    status     TEXT,
    away       INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL,
    seen_ms    INTEGER
) STRICT;

-- What accounts are called, and were: former names stay with whom old mentions mean.
CREATE TABLE account_names (
    skeleton TEXT PRIMARY KEY,
    account  INTEGER NOT NULL,
    since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX account_names_by_account ON account_names (account);

-- Devices that are signed in.
CREATE TABLE sessions (
    n          INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    account    INTEGER NOT NULL,
    hash       BLOB NOT NULL UNIQUE,
    device     TEXT NOT NULL,
    address    TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    used_ms    INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_account ON sessions (account);

-- Bots and scripts.
CREATE TABLE tokens (
    n          INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    account    INTEGER NOT NULL,
    hash       BLOB NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    scopes     TEXT NOT NULL, -- JSON
    rooms      TEXT, -- JSON; nothing: all that the account may see
    created_ms INTEGER NOT NULL,
    used_ms    INTEGER,
    expires_ms INTEGER
) STRICT;
CREATE INDEX tokens_by_account ON tokens (account);

-- Invites, and one-time links for a new password.
CREATE TABLE links (
    n          INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    hash       BLOB NOT NULL UNIQUE,
    purpose    TEXT NOT NULL, -- invite, reset
    account    INTEGER, -- of a reset: whose password
    role       TEXT, -- of an invite: what whoever uses it becomes
    uses       INTEGER NOT NULL, -- that are left
    note       TEXT NOT NULL,
    creator    INTEGER, -- nobody: the server, or its command line
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE avatars (
    hash  TEXT PRIMARY KEY,
    image BLOB NOT NULL -- PNG
) STRICT, WITHOUT ROWID;
