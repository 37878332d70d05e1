-- The record: rooms, and what happened in each.

-- One row: what was made with the database.
CREATE TABLE meta (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    epoch  TEXT NOT NULL, -- names the history that all seqs belong to
    secret BLOB NOT NULL  -- key of the hash in guests' tokens
) STRICT;

CREATE TABLE rooms (
    id         INTEGER PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,
    skeleton   TEXT NOT NULL UNIQUE, -- what the key looks like: no two rooms look alike
    title      TEXT NOT NULL,
    kind       TEXT NOT NULL,
    topic      TEXT,
    first      INTEGER NOT NULL DEFAULT 1, -- the oldest event kept
    head       INTEGER NOT NULL DEFAULT 0, -- the newest event
    creator    TEXT, -- nobody, where the server made it
    created_ms INTEGER NOT NULL,
    used_ms    INTEGER NOT NULL -- the newest event's timestamp
) STRICT;

CREATE INDEX rooms_by_use ON rooms (used_ms);

CREATE TABLE events (
    n            INTEGER PRIMARY KEY, -- in the order of storing, over all rooms
    room         INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    id           TEXT NOT NULL,
    user         TEXT NOT NULL,
    sender       TEXT NOT NULL,
    guest        INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    text         TEXT NOT NULL,
    reply        INTEGER,
    thread       INTEGER,
    timestamp_ms INTEGER NOT NULL,
    UNIQUE (room, seq),
    -- Ids begin with their time, so this index grows at its end; with the user first it would grow everywhere.
    UNIQUE (id, user)
) STRICT;
