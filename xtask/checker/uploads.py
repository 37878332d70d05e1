"""Uploading and fetching, with journals: what was sent, what the server said is there, what it gave out."""

from __future__ import annotations

import asyncio
import hashlib
import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from records import Answered, Fetched, Survived, Upload
from web import ask, request
from wire import Closed

# Small pieces and a rest between them, so that a kill finds uploads under way.
_PIECES = (16 << 10, 64 << 10, 200 << 10)
_SIZES = (0, 1, 3000, 70_000, 300_000, 900_000)
# Of so many uploads one is taken back, has the content of an earlier one, is a picture.
_CANCELLED, _AGAIN, _PICTURE = 0.12, 0.2, 0.15
# The most that is whole and waits for a message.
_READY = 6


class Shelf:
    """All files of a run: what they consist of, and what was told of them."""

    def __init__(self) -> None:
        self.uploads: dict[str, Upload] = {}
        self.answered: list[Answered] = []
        self.survived: list[Survived] = []
        self.fetched: list[Fetched] = []
        self.contents: dict[str, bytes] = {}

    def note(self, file: str, offset: int) -> None:
        """The server said that so much of a file is there; -1: that there is no such file."""
        upload = self.uploads[file]
        self.answered.append(Answered(file, offset, upload.said, upload.sent))
        upload.said = max(upload.said, offset)

    def look(self, data: Path) -> None:
        """Notes how much of each file is on the disk. To be called while the server is dead."""
        for upload in self.uploads.values():
            if upload.said > 0 and upload.cancelled is None and not upload.taken_out:
                self.survived.append(Survived(upload.file, upload.said, _held(data, upload, self.contents[upload.file])))


class Uploader:
    """Uploads files to a room, one after the other, for whoever says messages there. What breaks off it goes on with
    from the offset that the server says."""

    def __init__(self, name: str, port: int, room: str, shelf: Shelf, luck: random.Random, pace: float) -> None:
        self.ready: list[str] = []  # whole, and in no message yet
        self.token: Callable[[], str | None] = lambda: None
        self._name, self._port, self._room, self._shelf, self._pace = name, port, room, shelf, pace
        self._luck = luck

    async def write(self, traffic: asyncio.Event) -> None:
        while True:
            await traffic.wait()
            await asyncio.sleep(self._luck.expovariate(self._pace))
            if traffic.is_set() and self.token() and len(self.ready) < _READY:
                await self._upload(self._content())

    def _content(self) -> bytes:
        known = list(self._shelf.contents.values())
        if known and self._luck.random() < _AGAIN:
            return self._luck.choice(known[-20:])
        if self._luck.random() < _PICTURE:
            return _picture(self._luck)
        return self._luck.randbytes(self._luck.choice(_SIZES))

    async def _upload(self, content: bytes) -> None:
        said = {"room": self._room, "name": f"{self._name} ✓.bin", "size": len(content)}
        digest = hashlib.sha256(content).hexdigest()
        if self._luck.random() < 0.5:
            said["sha256"] = digest
        try:
            answer = await ask(self._port, "POST", "/api/files", self.token(), said)
        except Closed:
            return  # announced or not: nobody knows its name
        if answer.status != 201:
            raise RuntimeError(f"announcing a file was answered {answer.status}: {answer.body[:200]!r}")
        file = answer.json()["upload"]
        upload = self._shelf.uploads[file] = Upload(file, self._name, digest, len(content))
        self._shelf.contents[file] = content
        self._shelf.note(file, answer.json()["offset"])
        cancels_at = self._luck.randrange(len(content) + 1) if self._luck.random() < _CANCELLED else None
        offset = 0
        while not upload.whole:
            if cancels_at is not None and offset >= cancels_at:
                return await self._cancel(upload)
            await asyncio.sleep(self._luck.uniform(0, 0.04))
            offset = await self._send(upload, content, offset)
            if offset < 0:
                return  # it is gone, which was noted
        self.ready.append(file)

    async def _send(self, upload: Upload, content: bytes, offset: int) -> int:
        """Sends a piece; gives where to go on."""
        piece = content[offset : offset + self._luck.choice(_PIECES)]
        headers = {"Authorization": f"Bearer {self.token()}", "Upload-Offset": str(offset)}
        upload.sent = max(upload.sent, offset + len(piece))
        # Now and then the link breaks in the middle of one.
        cut = self._luck.randrange(len(piece) + 1) if self._luck.random() < 0.1 else None
        try:
            answer = await request(self._port, "PATCH", f"/api/files/{upload.file}", piece, headers, cut)
            if answer.status == 200:
                return self._told(upload, answer.json())
        except Closed:
            pass
        return await self._offset(upload)

    async def _offset(self, upload: Upload) -> int:
        """Asks until it is answered."""
        while True:
            try:
                answer = await ask(self._port, "GET", f"/api/files/{upload.file}/offset", self.token())
                if answer.status == 200:
                    return self._told(upload, answer.json())
                if answer.status == 404:
                    self._shelf.note(upload.file, -1)
                    return -1
            except Closed:
                pass
            await asyncio.sleep(self._luck.uniform(0.02, 0.1))

    def _told(self, upload: Upload, uploaded: dict) -> int:
        self._shelf.note(upload.file, uploaded["offset"])
        upload.whole = "file" in uploaded
        return uploaded["offset"]

    async def _cancel(self, upload: Upload) -> None:
        upload.cancelled = False
        while not upload.cancelled:
            try:
                answer = await ask(self._port, "DELETE", f"/api/files/{upload.file}", self.token())
                # A repeat whose first try was carried out finds nothing more.
                upload.cancelled = answer.status in (204, 404)
            except Closed:
                pass
            await asyncio.sleep(0.02)


async def fetch(port: int, file: str, shelf: Shelf, tick: Callable[[], int]) -> None:
    """Fetches a file as anybody may, and notes what came of it."""
    begin = tick()
    try:
        answer = await request(port, "GET", f"/api/files/{file}")
    except Closed:
        return
    digest = hashlib.sha256(answer.body).hexdigest() if answer.status == 200 else None
    shelf.fetched.append(Fetched(file, begin, tick(), answer.status, digest))


def _held(data: Path, upload: Upload, content: bytes) -> int:
    """So many of a file's first bytes are on the disk."""
    places = [data / "uploads" / upload.file, data / "files" / upload.sha256[:2] / upload.sha256]
    return max((_common(place.read_bytes(), content) for place in places if place.exists()), default=0)


def _common(held: bytes, content: bytes) -> int:
    if content.startswith(held):
        return len(held)
    return next((at for at, (a, b) in enumerate(zip(held, content)) if a != b), min(len(held), len(content)))


def _picture(luck: random.Random) -> bytes:
    """A PNG of random colours: the server makes a small one of it."""
    side = luck.randint(1, 40)
    rows = b"".join(b"\0" + luck.randbytes(3 * side) for _ in range(side))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
