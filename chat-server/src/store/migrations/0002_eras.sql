-- The index of places grew everywhere: each commit wrote a page for nearly every room that it had an event of. Now it is
-- one of eras, of 16,384 rows of all rooms each, and grows only in the newest. In which eras a room has events is in
-- `stretches`.
--
-- A room's row is written only now and then: its head is a place at or before the newest event, or ahead of all events
-- where the newest were taken out. The newest place is the larger of both.

CREATE TABLE events_2 (
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
    era          INTEGER NOT NULL GENERATED ALWAYS AS (n >> 14) VIRTUAL,
    -- Ids begin with their time, so this index grows at its end; with the user first it would grow everywhere.
    UNIQUE (id, user)
) STRICT;

INSERT INTO events_2 (n, room, seq, id, user, sender, guest, kind, text, reply, thread, timestamp_ms)
    SELECT n, room, seq, id, user, sender, guest, kind, text, reply, thread, timestamp_ms
    FROM events ORDER BY n;
DROP TABLE events;
ALTER TABLE events_2 RENAME TO events;

CREATE UNIQUE INDEX events_by_place ON events (era, room, seq);

CREATE TABLE stretches (
    room  INTEGER NOT NULL,
    era   INTEGER NOT NULL,
    first INTEGER NOT NULL, -- their first seq
    PRIMARY KEY (room, era)
) STRICT, WITHOUT ROWID;

INSERT INTO stretches SELECT room, era, min(seq) FROM events GROUP BY room, era;
