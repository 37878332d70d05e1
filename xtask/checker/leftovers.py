"""What is in the data directory at the end: files beside the rows that name them, and texts that should be gone."""

from __future__ import annotations

import asyncio
import hashlib
import time
from pathlib import Path

from records import Disk, Row, Store, blob_of, word

# Of a word so many of its last characters are looked for: in the search index a word that begins as the one before it
# is there without its beginning.
_END = 11
# So many words are looked for, each in all files.
_WORDS = 200


def words(store: Store, room: str) -> set[str]:
    """The words of the texts that were taken out of a room, those of edits as well."""
    gone = sorted(word(event.body) for event in store.events if event.room == room and event.gone)
    return set(gone[:: len(gone) // _WORDS + 1])


async def look(data: Path, rows: list[Row], waiting: set[str], words: set[str], patience: float) -> Disk:
    """What is there once a server that was just started has swept up, or the patience is over."""
    needed = {row.sha256 for row in rows if row.sha256}
    uploads = {row.file for row in rows if not row.sha256}
    end = time.monotonic() + patience
    while True:
        disk = await asyncio.to_thread(_read, data, words)
        disk.rows, disk.waiting, disk.looked_for = rows, waiting, len(words)
        swept = {blob_of(name) for name in disk.blobs} == needed and disk.parts <= uploads
        if swept and not disk.leaks or time.monotonic() > end:
            return disk
        await asyncio.sleep(0.2)


def _read(data: Path, words: set[str]) -> Disk:
    disk = Disk()
    for path in sorted(data.rglob("*")):
        try:
            content = path.read_bytes() if path.is_file() else None
        except FileNotFoundError:
            content = None  # swept up meanwhile
        if content is None:
            continue
        place = path.relative_to(data)
        if place.parts[0] == "files":
            disk.blobs[path.name] = hashlib.sha256(content).hexdigest()
        elif place.parts[0] == "uploads":
            disk.parts.add(path.name)
        disk.leaks |= {f"{word} in {place}" for word in words if word[-_END:].encode() in content}
    return disk
