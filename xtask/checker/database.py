"""Reads the server's database file after the run, with Python's own SQLite."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from records import Change, Event, Store, reaction


def read(directory: Path, rooms: tuple[str, ...]) -> Store:
    """What is stored of these rooms. The server must have ended: the write-ahead log is folded in by this opening."""
    with closing(sqlite3.connect(directory / "chat.db")) as database:
        verdict = database.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            raise RuntimeError(f"the database is damaged: {verdict}")
        epoch = database.execute("SELECT epoch FROM meta").fetchone()[0]
        # A room's row may be behind its events, and ahead of them where the newest were taken out.
        heads = dict(
            database.execute(
                "SELECT key, max(head, coalesce((SELECT max(seq) FROM events WHERE room = rooms.id), 0)) FROM rooms"
            )
        )
        rows = database.execute(
            "SELECT rooms.key, seq, events.id, user, text, events.kind, reply FROM events JOIN rooms ON rooms.id = events.room"
            " WHERE events.kind IN ('message', 'edit', 'react') AND rooms.key IN (SELECT value FROM json_each(?))"
            " ORDER BY rooms.key, seq",
            [json.dumps(rooms)],
        )
        store = Store(epoch, {room: heads[room] for room in rooms}, [])
        for room, seq, identity, user, text, kind, target in rows:
            if kind == "react":
                body = json.loads(text)
                store.changes.append(Change(room, seq, target, user, emoji=body["emoji"], on=body["on"]))
                text = reaction(identity, body["emoji"], body["on"], target)
            elif kind == "edit":
                store.changes.append(Change(room, seq, target, user, text=text))
            store.events.append(Event(room, seq, identity, user, text))
        return store
