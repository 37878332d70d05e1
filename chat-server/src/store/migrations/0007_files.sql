-- Files: what was uploaded, what is being uploaded, and which message has it.

-- Of a message: its files, as they are told (JSON); nothing where it has none. A message with neither text nor files was
-- taken out.
ALTER TABLE events ADD COLUMN files TEXT;

CREATE TABLE files (
    n          INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    room       INTEGER NOT NULL,
    user       TEXT NOT NULL, -- who uploads it
    name       TEXT NOT NULL,
    size       INTEGER NOT NULL, -- as announced, then as it is
    wanted     BLOB, -- the SHA-256 that was announced
    synced     INTEGER NOT NULL DEFAULT 0, -- bytes of the upload that are on the disk for sure
    hash       BLOB, -- its SHA-256, by which its blob is called; nothing while it is not whole
    kind       TEXT NOT NULL DEFAULT '',
    width      INTEGER,
    height     INTEGER,
    thumb      INTEGER NOT NULL DEFAULT 0, -- there is a small picture of it
    seq        INTEGER, -- the message that has it
    touched_ms INTEGER NOT NULL -- when something came last
) STRICT;
CREATE INDEX files_by_user ON files (user, size);
CREATE INDEX files_by_hash ON files (hash) WHERE hash IS NOT NULL;
CREATE INDEX files_by_place ON files (room, seq) WHERE seq IS NOT NULL;
CREATE INDEX files_waiting ON files (touched_ms) WHERE seq IS NULL;

-- Blobs that may be needed by no file any more: looked at, and deleted from the disk, soon after.
CREATE TABLE garbage (
    hash BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE TRIGGER files_leave_garbage AFTER DELETE ON files WHEN old.hash IS NOT NULL BEGIN
    INSERT OR IGNORE INTO garbage (hash) VALUES (old.hash);
END;
