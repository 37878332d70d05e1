-- Finding what one was named in, and who has read what.

-- Whom messages name, as their newest texts do.
CREATE TABLE mentions (
    user TEXT NOT NULL,
    room INTEGER NOT NULL,
    seq  INTEGER NOT NULL,
    n    INTEGER NOT NULL, -- the message's row
    PRIMARY KEY (user, room, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX mentions_by_row ON mentions (user, n);
CREATE INDEX mentions_by_place ON mentions (room, seq);

-- Messages that call everybody in their room, or whoever is there.
CREATE TABLE calls (
    room INTEGER NOT NULL,
    seq  INTEGER NOT NULL,
    n    INTEGER NOT NULL, -- the message's row
    user TEXT NOT NULL, -- who said it
    PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;

-- Up to where people have read the rooms that tell it, since they do.
ALTER TABLE rooms ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
CREATE TABLE seen (
    room INTEGER NOT NULL,
    user TEXT NOT NULL,
    upto INTEGER NOT NULL,
    PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;
