-- What later events make of messages.

-- Of a message or an edit, whom its text names and calls, as JSON.
ALTER TABLE events ADD COLUMN extra TEXT;

-- The edits of a message, and the messages of a thread.
CREATE INDEX events_by_target ON events (room, reply, seq) WHERE kind = 'edit';
CREATE INDEX events_by_thread ON events (room, thread, seq) WHERE thread IS NOT NULL;

-- One row for each message that something was done to: the log folded into it, in the transaction of each event. Texts
-- are not here, but in their events alone, where a deletion finds them.
CREATE TABLE message_state (
    room      INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    edit      INTEGER, -- the row of the newest edit
    reactions INTEGER NOT NULL DEFAULT 0, -- how many rows of reactions
    pin       INTEGER, -- the seq of the event that pinned it
    replies   INTEGER NOT NULL DEFAULT 0, -- messages in its thread, also those that were taken out
    reply     INTEGER, -- the seq of the newest of them,
    reply_ms  INTEGER, -- and when that was
    repliers  TEXT, -- who wrote there, the latest first, as JSON
    PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_state_by_pin ON message_state (room, pin) WHERE pin IS NOT NULL;

CREATE TABLE reactions (
    room  INTEGER NOT NULL,
    seq   INTEGER NOT NULL, -- the message
    emoji TEXT NOT NULL,
    user  TEXT NOT NULL,
    at    INTEGER NOT NULL, -- the seq of the event that put it on
    PRIMARY KEY (room, seq, emoji, user)
) STRICT, WITHOUT ROWID;

-- Threads could be written before they were told of.
INSERT INTO message_state (room, seq, replies, reply, reply_ms, repliers)
    SELECT room, thread, count(*), max(seq), timestamp_ms, json_array(user)
    FROM events WHERE kind = 'message' AND thread IS NOT NULL GROUP BY room, thread;
