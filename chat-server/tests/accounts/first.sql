-- A database as the first version made it: its schema, and what some people said.

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

PRAGMA application_id = 1667785076;
PRAGMA user_version = 1;

INSERT INTO meta (one, epoch, secret) VALUES
    (1, '0123456789abcdef', x'0707070707070707070707070707070707070707070707070707070707070707');
INSERT INTO rooms (id, key, skeleton, title, kind, head, created_ms, used_ms) VALUES
    (1, 'lobby', 'lobby', 'Lobby', 'public', 2, 1764064800000, 1764064802000);
INSERT INTO rooms (id, key, skeleton, title, kind, topic, head, creator, created_ms, used_ms) VALUES
    (2, 'ops', 'ops', 'Ops', 'public', 'Nights', 1, 'g-01ANA', 1764064801000, 1764064803000);
INSERT INTO events (n, room, seq, id, user, sender, guest, kind, text, reply, timestamp_ms) VALUES
    (1, 1, 1, 'm1', 'g-01ANA', 'ana', 1, 'message', 'first words', NULL, 1764064801000),
    (2, 1, 2, 'm2', 'g-02BO', 'bo', 1, 'message', 'an answer', 1, 1764064802000),
    (3, 2, 1, 'm1', 'g-02BO', 'bo', 1, 'message', 'in ops', NULL, 1764064803000);
