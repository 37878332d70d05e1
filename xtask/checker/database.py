"""Reads the server's database file after the run, with Python's own SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from records import Change, Event, Row, Store, deletion, reaction


def read(directory: Path, rooms: tuple[str, ...], body_of: Callable[[str], str]) -> Store:
    """What is stored of these rooms. The server must have ended: the write-ahead log is folded in by this opening. What
    was said by an id is asked for where it is gone."""
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
            "SELECT rooms.key, seq, events.id, user, text, events.kind, reply, files"
            " FROM events JOIN rooms ON rooms.id = events.room"
            " WHERE events.kind IN ('message', 'edit', 'react', 'delete') AND rooms.key IN (SELECT value FROM json_each(?))"
            " ORDER BY rooms.key, seq",
            [json.dumps(rooms)],
        )
        store = Store(epoch, {room: heads[room] for room in rooms}, [])
        for room, seq, identity, user, text, kind, target, files in rows:
            gone = not text and not files
            if kind == "react":
                body = json.loads(text)
                store.changes.append(Change(room, seq, target, user, emoji=body["emoji"], on=body["on"]))
                text = reaction(identity, body["emoji"], body["on"], target)
            elif kind == "delete":
                store.changes.append(Change(room, seq, target, user))
                text, gone = deletion(identity, target), False
            elif kind == "edit":
                store.changes.append(Change(room, seq, target, user, text=text))
            named = tuple(file["file"] for file in json.loads(files or "[]"))
            body = body_of(identity) if gone else text
            store.events.append(Event(room, seq, identity, user, body, named, gone))
        return store


def files(directory: Path) -> tuple[list[Row], set[str]]:
    """The files that the database names, and the hashes of the blobs that are to be deleted."""
    with closing(sqlite3.connect(directory / "chat.db")) as database:
        rows = database.execute("SELECT id, lower(hex(hash)), seq FROM files").fetchall()
        waiting = {row[0] for row in database.execute("SELECT lower(hex(hash)) FROM garbage")}
    return [Row(file, digest or None, seq) for file, digest, seq in rows], waiting
