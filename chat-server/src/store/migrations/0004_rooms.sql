-- Rooms with members: who is in which, as what, and what was decided about it.

ALTER TABLE rooms ADD COLUMN announce INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN slow_s INTEGER NOT NULL DEFAULT 0; -- seconds between two messages of a member
ALTER TABLE rooms ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
-- Of a direct conversation: all its people, in order, so that there is one of each set. Nothing where one of them left.
ALTER TABLE rooms ADD COLUMN people TEXT;
CREATE UNIQUE INDEX rooms_by_people ON rooms (people) WHERE people IS NOT NULL;
CREATE INDEX rooms_by_creator ON rooms (creator);

CREATE TABLE members (
    room     INTEGER NOT NULL,
    user     TEXT NOT NULL,
    role     TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    hidden   INTEGER NOT NULL DEFAULT 0, -- of a conversation that was opened by whom they hide: not among theirs
    PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_user ON members (user);

CREATE TABLE invitations (
    room INTEGER NOT NULL,
    user TEXT NOT NULL,
    ms   INTEGER NOT NULL,
    PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX invitations_by_user ON invitations (user);

-- What keeps somebody out of a room, or silent in it; over at its time, or never. The name is that of then.
CREATE TABLE bans (
    room     INTEGER NOT NULL,
    user     TEXT NOT NULL,
    until_ms INTEGER,
    name     TEXT NOT NULL DEFAULT '',
    reason   TEXT,
    PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;
CREATE TABLE mutes (
    room     INTEGER NOT NULL,
    user     TEXT NOT NULL,
    until_ms INTEGER,
    name     TEXT NOT NULL DEFAULT '',
    reason   TEXT,
    PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;

-- What was decided; only ever added to.
CREATE TABLE audit (
    n      INTEGER PRIMARY KEY,
    ms     INTEGER NOT NULL,
    user   TEXT, -- nobody: whoever runs the server, on its command line
    sender TEXT NOT NULL,
    action TEXT NOT NULL,
    room   TEXT, -- its key
    who    TEXT,
    target INTEGER,
    detail TEXT
) STRICT;

CREATE TABLE reports (
    n        INTEGER PRIMARY KEY,
    ms       INTEGER NOT NULL,
    user     TEXT NOT NULL,
    sender   TEXT NOT NULL,
    reason   TEXT NOT NULL,
    room     INTEGER NOT NULL,
    target   INTEGER NOT NULL,
    who      TEXT NOT NULL, -- who said it, and under which name
    name     TEXT NOT NULL,
    text     TEXT NOT NULL, -- as it was reported; empty once the message is deleted
    resolved INTEGER NOT NULL DEFAULT 0,
    UNIQUE (room, target, user)
) STRICT;

-- What belongs to one user: the log of the room @self, of which only the newest event per key is kept.
CREATE TABLE own_heads (
    user TEXT PRIMARY KEY,
    head INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE own (
    user TEXT NOT NULL,
    key  TEXT NOT NULL, -- what it is about: kind:room or kind:user
    seq  INTEGER NOT NULL,
    body TEXT NOT NULL, -- the event as JSON
    PRIMARY KEY (user, key)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX own_by_seq ON own (user, seq);
